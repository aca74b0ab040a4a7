/* SPDX-License-Identifier: BSD-3-Clause */
#include "locate.h"

#include "cs_sweep/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIVE = CS_MAIN_AXIS_COUNT, SET_LENGTH = 320 };

/* The five axes that every grid has, and what the user said of each. */
struct place {
    enum cs_axis_kind kind;
    const char *axis, *option, *wanted;
    bool replaced; /* the configuration's axis does not hold it: an axis of this one value takes its place */
    char set[SET_LENGTH];
};

/* Sets that choose a value on an axis that the configuration has, and the others. */
struct chosen {
    int32_t set_count, pick_count;
    const char **sets;
    const char *picks[CS_AXES_MAX];
};

static bool only_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static char *copy_of(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *const copy = malloc(size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

static enum cs_code read_bundle(const struct cs_point_request *request, int32_t set_count, const char *const *sets,
                                struct cs_bundle *bundle, struct cs_error *error)
{
    if (request->config_text == NULL) {
        return cs_bundle_read(request->config, set_count, sets, bundle, error);
    }
    CS_TRY(cs_bundle_read(NULL, set_count, sets, bundle, error));
    free(bundle->config);
    free(bundle->config_name);
    bundle->config = copy_of(request->config_text);
    bundle->config_name = copy_of(request->config);
    return bundle->config != NULL && bundle->config_name != NULL
               ? CS_OK
               : cs_fail(error, CS_ERROR_MEMORY, "There is not enough memory.");
}

static enum cs_code parse(const struct cs_point_request *request, int32_t set_count, const char *const *sets,
                          struct cs_config *config, struct cs_error *error)
{
    struct cs_bundle bundle;
    memset(&bundle, 0, sizeof bundle);
    enum cs_code code = read_bundle(request, set_count, sets, &bundle, error);
    if (code == CS_OK) {
        code = cs_config_parse(&bundle, config, error);
    }
    cs_bundle_free(&bundle);
    return code;
}

static const struct cs_axis *axis_of(const struct cs_config *config, enum cs_axis_kind kind, int32_t *index)
{
    *index = cs_config_axis(config, kind);
    return &config->axes[*index];
}

/* Position of a text on an axis: by label, or as a number; -1 where it is not. */
static int64_t position(const struct cs_axis *axis, const char *text)
{
    double number = 0;
    const bool is_number = cs_parse_number(text, strlen(text), &number);
    for (int64_t i = 0; i < axis->size; i++) {
        if (axis->labels != NULL ? strcmp(axis->labels[i], text) == 0
                                 : axis->numbers != NULL && is_number && axis->numbers[i] == number) {
            return i;
        }
    }
    return -1;
}

/* "axes.NAME=..." with one value. Quotes and backslashes are no part of any name. */
static enum cs_code write_set(struct place *place, struct cs_error *error)
{
    double number = 0;
    const char *const text = place->wanted;
    const bool is_number = cs_parse_number(text, strlen(text), &number);
    int length = 0;
    if (strpbrk(text, "\"\\") != NULL || strlen(text) >= CS_NAME_MAX) {
        return cs_fail(error, CS_ERROR_USAGE, "\"%.80s\" is no name of a %s: at most %d characters, no quotes.", text,
                       place->axis, CS_NAME_MAX - 1);
    }
    switch (place->kind) {
    case CS_AXIS_MODEL:
        length = snprintf(place->set, sizeof place->set,
                          only_digits(text) ? "axes.model={\"d_model\":[%s]}" : "axes.model=[\"%s\"]", text);
        break;
    case CS_AXIS_YEAR:
        if (!is_number) {
            return cs_fail(error, CS_ERROR_USAGE,
                           "--year %s is not a number; it counts the years of projection, 0 being "
                           "the device as sold.",
                           text);
        }
        length = snprintf(place->set, sizeof place->set, "axes.year=[%s]", text);
        break;
    case CS_AXIS_REGION:
        length = is_number ? snprintf(place->set, sizeof place->set,
                                      "axes.carbon_intensity=[{\"region\":\"%s g/kWh\",\"g_per_kwh\":%s}]", text, text)
                           : snprintf(place->set, sizeof place->set, "axes.carbon_intensity=[\"%s\"]", text);
        break;
    case CS_AXIS_HARDWARE:
    case CS_AXIS_QAT:
    case CS_AXIS_SETTING:
    default:
        length = snprintf(place->set, sizeof place->set, "axes.%s=[\"%s\"]", place->axis, text);
        break;
    }
    place->replaced = true;
    return length < (int)sizeof place->set ? CS_OK : cs_fail(error, CS_ERROR_USAGE, "\"%.80s\" is too long.", text);
}

/* A set whose path is one of the configuration's axes picks a value on it. */
static bool picks_on_axis(const struct cs_config *config, const char *set)
{
    const char *const equals = strchr(set, '=');
    for (int32_t i = 0; equals != NULL && i < config->axis_count; i++) {
        const struct cs_axis *const axis = &config->axes[i];
        const size_t length = (size_t)(equals - set);
        if (axis->kind == CS_AXIS_SETTING && strlen(axis->path) == length && strncmp(axis->path, set, length) == 0) {
            return true;
        }
    }
    return false;
}

static void part_sets(const struct cs_point_request *request, const struct cs_config *config, struct chosen *chosen)
{
    for (int32_t i = 0; i < request->set_count; i++) {
        if (config != NULL && chosen->pick_count < CS_AXES_MAX && picks_on_axis(config, request->sets[i])) {
            chosen->picks[chosen->pick_count++] = request->sets[i];
        } else {
            chosen->sets[chosen->set_count++] = request->sets[i];
        }
    }
}

/* What the configuration's own axes hold, so that its models, devices and regions can be named. */
static enum cs_code look_at_axes(const struct cs_point_request *request, struct place *places, struct chosen *chosen,
                                 struct cs_error *error)
{
    struct cs_config own;
    memset(&own, 0, sizeof own);
    enum cs_code code = CS_OK;
    if (request->config != NULL) {
        code = parse(request, 0, NULL, &own, error);
    }
    if (code == CS_OK) {
        part_sets(request, request->config != NULL ? &own : NULL, chosen);
    }
    for (int32_t i = 0; code == CS_OK && i < FIVE; i++) {
        int32_t index = 0;
        const struct cs_axis *const axis = request->config != NULL ? axis_of(&own, places[i].kind, &index) : NULL;
        if (places[i].wanted != NULL && (axis == NULL || position(axis, places[i].wanted) < 0)) {
            code = write_set(&places[i], error);
        }
    }
    cs_config_free(&own);
    return code;
}

static enum cs_code pick(const struct cs_config *config, const char *set, int64_t *coordinates, struct cs_error *error)
{
    const char *const equals = strchr(set, '=');
    for (int32_t i = 0; i < config->axis_count; i++) {
        const struct cs_axis *const axis = &config->axes[i];
        const size_t length = (size_t)(equals - set);
        if (axis->kind == CS_AXIS_SETTING && strlen(axis->path) == length && strncmp(axis->path, set, length) == 0) {
            coordinates[i] = position(axis, equals + 1);
            if (coordinates[i] < 0) {
                return cs_fail(error, CS_ERROR_USAGE, "--set %s: the configuration's axis %s does not hold this value.",
                               set, axis->path);
            }
        }
    }
    return CS_OK;
}

static enum cs_code coordinates_of(const struct cs_config *config, const struct place *places,
                                   const struct chosen *chosen, int64_t *coordinates, struct cs_error *error)
{
    for (int32_t i = 0; i < FIVE; i++) {
        int32_t index = 0;
        const struct cs_axis *const axis = axis_of(config, places[i].kind, &index);
        coordinates[index] = places[i].wanted == NULL || places[i].replaced ? 0 : position(axis, places[i].wanted);
        if (coordinates[index] < 0) {
            return cs_fail(error, CS_ERROR_USAGE, "--set has taken \"%s\" off the axis %s.", places[i].wanted,
                           places[i].axis);
        }
    }
    for (int32_t i = 0; i < chosen->pick_count; i++) {
        CS_TRY(pick(config, chosen->picks[i], coordinates, error));
    }
    return CS_OK;
}

static void name_axis_value(const struct cs_axis *axis, int64_t coordinate, char *name, size_t size)
{
    if (axis->labels != NULL) {
        snprintf(name, size, "%s", axis->labels[coordinate]);
    } else if (axis->numbers != NULL) {
        snprintf(name, size, "%s", cs_text_number(axis->numbers[coordinate]).at);
    } else {
        snprintf(name, size, "value %" PRId64, coordinate + 1);
    }
}

static void fill(const struct cs_config *config, const int64_t *coordinates, struct cs_point *point)
{
    int32_t index = 0;
    size_t used = 0;
    const struct cs_axis *axis = axis_of(config, CS_AXIS_MODEL, &index);
    name_axis_value(axis, coordinates[index], point->model, sizeof point->model);
    axis = axis_of(config, CS_AXIS_HARDWARE, &index);
    name_axis_value(axis, coordinates[index], point->hardware, sizeof point->hardware);
    axis = axis_of(config, CS_AXIS_QAT, &index);
    name_axis_value(axis, coordinates[index], point->qat, sizeof point->qat);
    axis = axis_of(config, CS_AXIS_REGION, &index);
    name_axis_value(axis, coordinates[index], point->region, sizeof point->region);
    const struct cs_region *const region = &config->library.regions[axis->indices[coordinates[index]]];
    point->has_carbon = true;
    point->g_per_kwh = region->g_per_kwh;
    point->region_pue = region->pue;
    point->from_law = point->design.model->from_law;
    point->objective = (enum cs_objective)point->design.settings.search.objective;
    used = (size_t)snprintf(point->title, sizeof point->title, "%s%s on %s, year %s, QAT %s, %s (%s g CO2e/kWh)",
                            point->from_law ? "d_model " : "", point->model, point->hardware,
                            cs_text_number(point->design.years).at, point->qat, point->region,
                            cs_text_number(region->g_per_kwh).at);
    for (int32_t i = 0; i < config->axis_count && used < sizeof point->title; i++) {
        if (config->axes[i].kind == CS_AXIS_SETTING) {
            char value[CS_NAME_MAX];
            name_axis_value(&config->axes[i], coordinates[i], value, sizeof value);
            used += (size_t)snprintf(point->title + used, sizeof point->title - used, ", %s %s", config->axes[i].path,
                                     value);
        }
    }
}

/* The reader speaks of the axis that an option stands for: name the option instead. */
static void name_option(const struct place *places, struct cs_error *error)
{
    for (int32_t i = 0; i < FIVE; i++) {
        char start[SET_LENGTH + 16], message[sizeof error->message];
        const size_t length = (size_t)snprintf(start, sizeof start, "--set %s: ", places[i].set);
        if (!places[i].replaced || strncmp(error->message, start, length) != 0) {
            continue;
        }
        const char *const path_end = strstr(error->message + length, ": ");
        snprintf(message, sizeof message, "%s %s: %s", places[i].option, places[i].wanted,
                 path_end != NULL ? path_end + 2 : error->message + length);
        memcpy(error->message, message, sizeof message);
        return;
    }
}

enum cs_code cs_point_locate(const struct cs_point_request *request, struct cs_config *config, struct cs_point *point,
                             struct cs_error *error)
{
    const char *const wanted[FIVE] = {
        [CS_AXIS_MODEL] = request->model, [CS_AXIS_HARDWARE] = request->hardware, [CS_AXIS_YEAR] = request->year,
        [CS_AXIS_QAT] = request->qat,     [CS_AXIS_REGION] = request->region,
    };
    struct place places[FIVE];
    for (int32_t i = 0; i < FIVE; i++) {
        places[i] = (struct place){.kind = (enum cs_axis_kind)i,
                                   .axis = cs_main_axes[i].key,
                                   .option = cs_main_axes[i].option,
                                   .wanted = wanted[i]};
    }
    struct chosen chosen = {.sets = malloc(((size_t)request->set_count + FIVE) * sizeof(char *))};
    int64_t coordinates[CS_AXES_MAX] = {0};
    struct cs_grid grid;
    memset(config, 0, sizeof *config);
    if (chosen.sets == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "There is not enough memory.");
    }
    enum cs_code code = look_at_axes(request, places, &chosen, error);
    for (int32_t i = 0; code == CS_OK && i < FIVE; i++) {
        if (places[i].replaced) {
            chosen.sets[chosen.set_count++] = places[i].set;
        }
    }
    if (code == CS_OK) {
        code = parse(request, chosen.set_count, chosen.sets, config, error);
        if (code != CS_OK) {
            name_option(places, error);
        }
    }
    if (code == CS_OK) {
        code = coordinates_of(config, places, &chosen, coordinates, error);
    }
    if (code == CS_OK) {
        code = cs_grid_init(config, &grid, error);
    }
    if (code == CS_OK) {
        cs_grid_point(&grid, coordinates, &point->design);
        point->design.carbon.device = &point->design.problem.device;
        point->design.space.settings = &point->design.settings.search;
        fill(config, coordinates, point);
    }
    free(chosen.sets);
    return code;
}
