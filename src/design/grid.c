/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <string.h>

#include "cs_sweep/design.h"

bool cs_axis_read_by(const struct cs_axis *axis, unsigned scopes)
{
    return (axis->scopes & scopes) != 0;
}

static unsigned plan_scopes(const struct cs_config *config)
{
    unsigned scopes = CS_SCOPE_ARCHITECTURE | CS_SCOPE_SEARCH;
    if (cs_config_takes(config, "search.objective", CS_MIN_ENERGY)) {
        scopes |= CS_SCOPE_POWER;
    }
    if (cs_config_takes(config, "search.objective", CS_MIN_CARBON)) {
        scopes |= CS_SCOPE_POWER | CS_SCOPE_EMBODIED | CS_SCOPE_OPERATION;
    }
    if (cs_config_takes(config, "search.objective", CS_MIN_COST)) {
        scopes |= CS_SCOPE_POWER | CS_SCOPE_COST;
    }
    return scopes;
}

enum cs_code cs_grid_init(const struct cs_config *config, struct cs_grid *grid, struct cs_error *error)
{
    memset(grid, 0, sizeof *grid);
    grid->config = config;
    grid->plan_scopes = plan_scopes(config);
    grid->points = 1;
    grid->searches = 1;
    grid->plans_per_search = 1 + (int32_t)config->settings.search.alternatives;
    grid->least_carbon = cs_config_takes(config, "search.least_carbon", 1) &&
                         cs_config_takes(config, "search.objective", CS_MIN_DEVICES);
    for (int32_t i = 0; i < config->axis_count; i++) {
        const struct cs_axis *axis = &config->axes[i];
        if (axis->size < 1 || grid->points > INT64_MAX / axis->size) {
            return cs_fail(error, CS_ERROR_CONFIG, "The axis %s has %lld values.", axis->name, (long long)axis->size);
        }
        grid->points *= axis->size;
        if (!cs_axis_read_by(axis, grid->plan_scopes)) {
            continue;
        }
        if (axis->kind == CS_AXIS_REGION) {
            grid->plans_per_search *= (int32_t)axis->size;
        } else {
            grid->search_axes[grid->search_axis_count++] = i;
            grid->searches *= axis->size;
        }
    }
    grid->records_per_search = grid->plans_per_search + (grid->least_carbon ? 1 : 0);
    return CS_OK;
}

void cs_grid_coordinates(const struct cs_grid *grid, int64_t search, int64_t coordinates[CS_AXES_MAX])
{
    memset(coordinates, 0, CS_AXES_MAX * sizeof *coordinates);
    for (int32_t i = grid->search_axis_count - 1; i >= 0; i--) {
        const int64_t size = grid->config->axes[grid->search_axes[i]].size;
        coordinates[grid->search_axes[i]] = search % size;
        search /= size;
    }
}

int64_t cs_grid_search_of(const struct cs_grid *grid, const int64_t *coordinates)
{
    int64_t search = 0;
    for (int32_t i = 0; i < grid->search_axis_count; i++) {
        const int32_t axis = grid->search_axes[i];
        search = search * grid->config->axes[axis].size + coordinates[axis];
    }
    return search;
}

int32_t cs_grid_record_of(const struct cs_grid *grid, const int64_t *coordinates)
{
    const int32_t region = cs_config_axis(grid->config, CS_AXIS_REGION);
    if (!cs_axis_read_by(&grid->config->axes[region], grid->plan_scopes)) {
        return 0;
    }
    return (int32_t)coordinates[region] * (1 + (int32_t)grid->config->settings.search.alternatives);
}

static void apply_axes(const struct cs_config *config, const int64_t *coordinates, struct cs_settings *settings)
{
    for (int32_t i = 0; i < config->axis_count; i++) {
        const struct cs_axis *axis = &config->axes[i];
        if (axis->kind != CS_AXIS_SETTING) {
            continue;
        }
        if (axis->lists != NULL) {
            *cs_setting_list(settings, axis->setting) = axis->lists[coordinates[i]];
        } else {
            cs_setting_put(settings, axis->setting, axis->numbers[coordinates[i]]);
        }
    }
}

/* Value of one of the five axes: its index into the library, or the year. */
static int64_t coordinate(const struct cs_config *config, const int64_t *coordinates, enum cs_axis_kind kind)
{
    const int32_t i = cs_config_axis(config, kind);
    const struct cs_axis *axis = &config->axes[i];
    return axis->indices != NULL ? axis->indices[coordinates[i]] : (int64_t)axis->numbers[coordinates[i]];
}

/* The device of a point before its projection: the library's, with the network that joined it where the model was
 * trained, as the section "device" changes it, then the axes. */
static void device_at(const struct cs_config *config, const int64_t *coordinates, struct cs_device *device)
{
    const int32_t hardware = cs_config_axis(config, CS_AXIS_HARDWARE);
    const struct cs_model *model = &config->library.models[coordinate(config, coordinates, CS_AXIS_MODEL)];
    struct cs_device own = config->library.devices[coordinate(config, coordinates, CS_AXIS_HARDWARE)];
    if (strcmp(model->scale_out_device, config->axes[hardware].labels[coordinates[hardware]]) == 0) {
        own.scale_out_bandwidth = model->scale_out_bandwidth;
    }
    (void)cs_config_device(config, &own, device, NULL); /* the reader has tried every device of the axis */
    for (int32_t k = 0; k < 2 * config->axis_count; k++) {
        const int32_t i = k % config->axis_count;
        const struct cs_axis *axis = &config->axes[i];
        if (axis->kind == CS_AXIS_DEVICE && cs_device_declares(axis->field) == (k >= config->axis_count)) {
            const struct cs_device_change change = {axis->field, axis->factor, axis->numbers[coordinates[i]]};
            cs_device_apply(&change, device);
        }
    }
}

/* What a model states of its own run serves, unless the configuration says otherwise. */
static void take_run(const struct cs_config *config, const struct cs_model *model, struct cs_settings *settings)
{
    if (model->seq_len > 0 && !config->seq_len_given) {
        settings->training.seq_len = model->seq_len;
    }
    if (model->global_batch > 0 && !config->batch_given) {
        settings->training.global_batch = model->global_batch;
    }
    if (model->goodput > 0.0 && !config->goodput_given) {
        settings->training.goodput = model->goodput;
    }
    if (model->stack > 0 && !config->stack_given) {
        settings->training.stack = model->stack - 1;
    }
    if (model->stack_year > 0 && !config->stack_year_given) {
        settings->training.stack_year = model->stack_year;
    }
    if (model->schedule > 0 && !config->schedules_given) {
        settings->search.schedules = 1u << (model->schedule - 1);
    }
    if (model->recompute > 0 && !config->recompute_given) {
        settings->search.recompute = 1u << (model->recompute - 1);
    }
}

void cs_grid_point(const struct cs_grid *grid, const int64_t *coordinates, struct cs_design_point *point)
{
    const struct cs_config *config = grid->config;
    const struct cs_library *library = &config->library;
    memset(point, 0, sizeof *point);
    point->settings = config->settings;
    apply_axes(config, coordinates, &point->settings);
    struct cs_settings *settings = &point->settings;

    point->model = &library->models[coordinate(config, coordinates, CS_AXIS_MODEL)];
    struct cs_architecture architecture = point->model->architecture;
    double tokens = settings->training.tokens;
    if (point->model->from_law) {
        cs_architecture_from_d_model(&settings->scaling_law, architecture.d_model, &architecture);
        memcpy(architecture.name, point->model->architecture.name, sizeof architecture.name);
    } else {
        take_run(config, point->model, settings);
        tokens = config->tokens_given ? tokens : point->model->tokens;
        architecture.learned_positions = point->model->learned_positions ? settings->training.seq_len : 0;
    }
    struct cs_law law;
    cs_law_evaluate(&settings->scaling_law, &settings->training, &architecture, point->model->from_law, tokens, &law);

    struct cs_device sold, device;
    device_at(config, coordinates, &sold);
    point->years = (double)coordinate(config, coordinates, CS_AXIS_YEAR);
    cs_device_project(&sold, &settings->projection, point->years, &device);
    const struct cs_qat *qat = &library->qat_levels[coordinate(config, coordinates, CS_AXIS_QAT)];
    cs_problem_init(&point->problem, &architecture, &law, &device, &qat->precision, &settings->training);
    point->own_batch = point->model->global_batch > 0 && !config->batch_given;
    if (point->own_batch) {
        point->problem.ramp = point->model->ramp;
    }
    cs_space_set_free(&settings->search, &point->space);
    point->space.whole_heads = !point->model->from_law; /* heads of a d_model come from a law and need not divide */
    cs_carbon_inputs_init(&sold, &device, settings, point->years, &point->carbon);
}

struct cs_place cs_region_place(const struct cs_carbon_inputs *inputs, const struct cs_region *region)
{
    const struct cs_water *const water = &inputs->water;
    return (struct cs_place){
        .g_per_kwh = region->g_per_kwh * cs_grid_factor(&inputs->projection, region->trend, inputs->years),
        .g_today = region->g_per_kwh,
        .pue = cs_pue(&inputs->carbon, region->pue),
        .l_per_kwh = water->site_l_per_kwh + (region->l_per_kwh > 0.0 ? region->l_per_kwh : water->grid_l_per_kwh),
    };
}

struct cs_place cs_grid_mean_place(const struct cs_grid *grid, const struct cs_carbon_inputs *inputs)
{
    const struct cs_config *config = grid->config;
    const struct cs_axis *axis = &config->axes[cs_config_axis(config, CS_AXIS_REGION)];
    double sum = 0.0;
    for (int64_t i = 0; i < axis->size; i++) {
        const struct cs_place place = cs_region_place(inputs, &config->library.regions[axis->indices[i]]);
        sum += place.pue * place.g_per_kwh;
    }
    return (struct cs_place){.g_per_kwh = sum / (double)axis->size, .pue = 1.0};
}

/* Fitted to the search times of every 101st point of configs/full.json, of which it explains the order by a rank
 * correlation of .7: more layers and experts, and more than eight devices in the scale-up domain. What else moves the
 * time, where the first feasible plan lies, is not known before. */
double cs_grid_cost(const struct cs_grid *grid, int64_t search)
{
    const struct cs_config *config = grid->config;
    int64_t coordinates[CS_AXES_MAX];
    cs_grid_coordinates(grid, search, coordinates);
    const struct cs_model *model = &config->library.models[coordinate(config, coordinates, CS_AXIS_MODEL)];
    struct cs_device device;
    device_at(config, coordinates, &device);
    const double d_model = (double)model->architecture.d_model;
    const struct cs_scaling_law *law = &config->settings.scaling_law;
    const double layers = model->from_law ? cs_layers_of_d_model(law, d_model) : (double)model->architecture.layers;
    const double experts = model->from_law ? cs_experts_of_d_model(law, d_model) : (double)model->architecture.experts;
    return sqrt(layers) * pow(experts, 0.4) * (device.domain > 8.0 ? 1.8 : 1.0);
}
