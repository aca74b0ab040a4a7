/* SPDX-License-Identifier: BSD-3-Clause */
#include "locate.h"

#include "cs_sweep/text.h"

#include <stdlib.h>
#include <string.h>

static enum cs_code read_bundle(const struct cs_point_request *request, struct cs_bundle *bundle,
                                struct cs_error *error)
{
    if (request->config_text == NULL) {
        return cs_bundle_read(request->config, request->set_count, request->sets, bundle, error);
    }
    CS_TRY(cs_bundle_read(NULL, request->set_count, request->sets, bundle, error));
    free(bundle->config_name);
    bundle->config = cs_copy_text(request->config_text, strlen(request->config_text));
    bundle->config_name = cs_copy_text(request->config, strlen(request->config));
    return bundle->config != NULL && bundle->config_name != NULL
               ? CS_OK
               : cs_fail(error, CS_ERROR_MEMORY, "There is not enough memory.");
}

/* The value that an axis is narrowed to. */
static const char *name_value(const struct cs_axis *axis, char *name, size_t size)
{
    snprintf(name, size, "%s", axis->labels != NULL ? axis->labels[0] : cs_text_number(axis->numbers[0]).at);
    return name;
}

static void fill(const struct cs_config *config, struct cs_point *point)
{
    char *const names[CS_MAIN_AXIS_COUNT] = {[CS_AXIS_MODEL] = point->model,
                                             [CS_AXIS_HARDWARE] = point->hardware,
                                             [CS_AXIS_QAT] = point->qat,
                                             [CS_AXIS_REGION] = point->region};
    for (int32_t i = 0; i < CS_MAIN_AXIS_COUNT; i++) {
        if (names[i] != NULL) {
            name_value(&config->axes[cs_config_axis(config, (enum cs_axis_kind)i)], names[i], CS_NAME_MAX);
        }
    }
    const struct cs_axis *const place = &config->axes[cs_config_axis(config, CS_AXIS_REGION)];
    const struct cs_region *const region = &config->library.regions[place->indices[0]];
    point->has_carbon = true;
    point->place = cs_region_place(&point->design.carbon, region);
    point->from_law = point->design.model->from_law;
    point->objective = (enum cs_objective)point->design.settings.search.objective;
    size_t used = (size_t)snprintf(point->title, sizeof point->title, "%s%s on %s, year %s, QAT %s, %s (%s g CO2e/kWh)",
                                   point->from_law ? "d_model " : "", point->model, point->hardware,
                                   cs_text_number(point->design.years).at, point->qat, point->region,
                                   cs_text_number(point->place.g_per_kwh).at);
    for (int32_t i = 0; i < config->axis_count && used < sizeof point->title; i++) {
        const struct cs_axis *const axis = &config->axes[i];
        char value[CS_NAME_MAX];
        if (axis->kind >= CS_MAIN_AXIS_COUNT) {
            used += (size_t)snprintf(point->title + used, sizeof point->title - used, ", %s %s%s", axis->path,
                                     axis->factor ? "x " : "", name_value(axis, value, sizeof value));
        }
    }
}

enum cs_code cs_point_locate(const struct cs_point_request *request, struct cs_config *config, struct cs_point *point,
                             struct cs_error *error)
{
    const int64_t coordinates[CS_AXES_MAX] = {0};
    struct cs_bundle bundle = {0};
    struct cs_grid grid;
    memset(config, 0, sizeof *config);
    enum cs_code code = read_bundle(request, &bundle, error);
    if (code == CS_OK) {
        code = cs_bundle_add_devices(request->devices, &bundle, error);
    }
    if (code == CS_OK) {
        bundle.one_point = true;
        memcpy(bundle.wanted, request->wanted, sizeof bundle.wanted);
        code = cs_config_parse(&bundle, config, error);
    }
    cs_bundle_free(&bundle);
    if (code == CS_OK) {
        code = cs_grid_init(config, &grid, error);
    }
    if (code == CS_OK) {
        cs_grid_point(&grid, coordinates, &point->design);
        fill(config, point);
    }
    return code;
}
