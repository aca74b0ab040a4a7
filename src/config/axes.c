/* SPDX-License-Identifier: BSD-3-Clause */
/* "axes": counted first, so that a grid that is too large is refused before a range of it is expanded. */
#include "axes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "device.h"
#include "library/read.h"

static enum cs_code no_memory(struct cs_error *error)
{
    return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the axes.");
}

/* ---- the axes: which there are, and how long ---- */
static bool is_numeric(const struct cs_axis_plan *plan)
{
    return plan->kind == CS_AXIS_YEAR || plan->kind == CS_AXIS_DEVICE ||
           (plan->kind == CS_AXIS_SETTING && (plan->setting->type == CS_REAL || plan->setting->type == CS_COUNT));
}

static struct cs_number_kind kind_of(const struct cs_axis_plan *plan)
{
    if (plan->kind == CS_AXIS_YEAR) {
        return cs_axis_years;
    }
    if (plan->kind == CS_AXIS_DEVICE) {
        return cs_device_kind_of(plan->field, plan->factor);
    }
    return cs_setting_kind_of(plan->setting);
}

const struct cs_json *cs_only_d_model(const struct cs_json *at)
{
    return at->type == CS_JSON_OBJECT && at->count == 1 ? cs_json_member(at, "d_model") : NULL;
}

static enum cs_code count_named(const struct cs_json *at, double *count, struct cs_error *error)
{
    CS_TRY(cs_json_array(at, error));
    CS_TRY(cs_json_few(at, error));
    *count = at->count;
    return CS_OK;
}

static enum cs_code count_models(const struct cs_json *at, double *count, struct cs_error *error)
{
    if (at->type == CS_JSON_OBJECT) {
        static const char *const keys[] = {"d_model"};
        const struct cs_json *d_model = NULL;
        CS_TRY(cs_json_known_keys(at, 1, keys, error));
        CS_TRY(cs_json_require(at, "d_model", &d_model, error));
        return cs_count_numbers(d_model, &cs_axis_d_models, count, error);
    }
    CS_TRY(count_named(at, count, error));
    for (const struct cs_json *member = at->first; member != NULL; member = member->next) {
        if (cs_only_d_model(member) != NULL) {
            double more = 0.0;
            CS_TRY(cs_count_numbers(cs_only_d_model(member), &cs_axis_d_models, &more, error));
            *count += more - 1.0;
        }
    }
    return CS_OK;
}

static enum cs_code count_axis(struct cs_axis_plan *plan, struct cs_error *error)
{
    if (is_numeric(plan)) {
        const struct cs_number_kind kind = kind_of(plan);
        return cs_count_numbers(plan->at, &kind, &plan->count, error);
    }
    return plan->kind == CS_AXIS_MODEL ? count_models(plan->at, &plan->count, error)
                                       : count_named(plan->at, &plan->count, error);
}

const struct cs_main_axis cs_main_axes[CS_MAIN_AXIS_COUNT] = {
#define ROW(kind, ...) [CS_AXIS_##kind] = {__VA_ARGS__},
    CS_MAIN_AXES(ROW)
#undef ROW
};

int32_t cs_config_axis(const struct cs_config *config, enum cs_axis_kind kind)
{
    for (int32_t i = 0; i < config->axis_count; i++) {
        if (config->axes[i].kind == kind) {
            return i;
        }
    }
    return -1;
}

static bool is_main(const char *key)
{
    for (int32_t i = 0; i < CS_MAIN_AXIS_COUNT; i++) {
        if (strcmp(cs_main_axes[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

static enum cs_code unknown_axis(const struct cs_json *at, struct cs_error *error)
{
    enum { NAMES_MAX = 512 };
    char paths[NAMES_MAX][96];
    const char *names[NAMES_MAX];
    char suggestion[256];
    int32_t count = 0, rows = 0, fields = 0;
    const struct cs_device_field *field = cs_device_fields(&fields);
    const struct cs_setting *table = cs_settings_table(&rows);
    for (int32_t i = 0; i < CS_MAIN_AXIS_COUNT; i++) {
        names[count++] = cs_main_axes[i].key;
    }
    for (int32_t i = 0; i < rows && count < NAMES_MAX; i++) {
        if (table[i].scopes != CS_SCOPE_NONE) {
            (void)snprintf(paths[count], sizeof paths[count], "%s.%s", table[i].section, table[i].name);
            if (strcmp(table[i].name, at->key) == 0) {
                return cs_json_fail_key(at, error, "unknown axis; did you mean \"%s\"?", paths[count]);
            }
            names[count] = paths[count];
            count++;
        }
    }
    for (int32_t i = 0; i < fields && count < NAMES_MAX; i++) {
        (void)snprintf(paths[count], sizeof paths[count], CS_DEVICE_SECTION ".%s", field[i].key);
        if (strcmp(field[i].key, at->key) == 0) {
            return cs_json_fail_key(at, error, "unknown axis; did you mean \"%s\"?", paths[count]);
        }
        names[count] = paths[count];
        count++;
    }
    (void)cs_json_suggest(at->key, count, names, suggestion, sizeof suggestion);
    return cs_json_fail_key(at, error, "unknown axis%s", suggestion);
}

/* Values of a device field, or {"factor": values}. */
static enum cs_code plan_device(struct cs_axis_plan *plan, struct cs_error *error)
{
    static const char *const keys[] = {"factor"};
    const struct cs_json *factors = cs_device_factor(plan->at);
    plan->field = cs_device_path(plan->at->key);
    if (factors != NULL) {
        CS_TRY(cs_json_known_keys(plan->at, 1, keys, error));
        plan->factor = true;
        plan->at = factors;
    }
    return CS_OK;
}

static enum cs_code plan_main(const struct cs_json *axes, int32_t kind, struct cs_axis_plan *plan,
                              struct cs_error *error)
{
    *plan = (struct cs_axis_plan){.kind = (enum cs_axis_kind)kind};
    return cs_json_require(axes, cs_main_axes[kind].key, &plan->at, error);
}

/* Fills plans in the order of the dimensions: model, hardware, year, qat, settings as given, region. */
static enum cs_code plan_axes(const struct cs_json *axes, struct cs_axis_plan plans[CS_AXES_MAX], int32_t *count,
                              struct cs_error *error)
{
    for (const struct cs_json *at = axes->first; at != NULL; at = at->next) {
        if (!is_main(at->key) && cs_setting_find(at->key) == NULL && cs_device_path(at->key) == NULL) {
            return unknown_axis(at, error);
        }
    }
    for (*count = 0; *count < CS_AXIS_REGION; (*count)++) {
        CS_TRY(plan_main(axes, *count, &plans[*count], error));
    }
    for (const struct cs_json *at = axes->first; at != NULL; at = at->next) {
        struct cs_axis_plan plan = {.at = at, .kind = CS_AXIS_SETTING, .setting = cs_setting_find(at->key)};
        if (is_main(at->key)) {
            continue;
        }
        if (plan.setting == NULL) {
            plan.kind = CS_AXIS_DEVICE;
            CS_TRY(plan_device(&plan, error));
        } else if (plan.setting->scopes == CS_SCOPE_NONE) {
            return cs_json_fail_key(at, error, "this setting cannot be an axis: no result of a point depends on it.");
        }
        if (*count == CS_AXES_MAX - 1) {
            return cs_json_fail_key(at, error, "more than %d axes.", CS_AXES_MAX);
        }
        plans[(*count)++] = plan;
    }
    return plan_main(axes, CS_AXIS_REGION, &plans[(*count)++], error);
}

/* ---- filling them ---- */
/* What the axis is called, what reads it, and what its numbers are. */
static void describe(const struct cs_axis_plan *plan, struct cs_axis *axis)
{
    axis->kind = plan->kind;
    axis->setting = plan->setting;
    axis->size = (int64_t)plan->count;
    axis->field = plan->field;
    axis->factor = plan->factor;
    (void)snprintf(axis->path, sizeof axis->path, "%s", (plan->factor ? plan->at->parent : plan->at)->key);
    if (plan->field != NULL) {
        (void)snprintf(axis->name, sizeof axis->name, "%s", plan->field->key);
        axis->type = plan->factor ? CS_REAL : plan->field->type;
        axis->scopes = plan->field->scopes;
        axis->unit = plan->factor ? "1" : plan->field->unit;
        axis->meaning = plan->field->meaning;
    } else if (plan->setting != NULL) {
        (void)snprintf(axis->name, sizeof axis->name, "%s", plan->setting->name);
        axis->type = plan->setting->type;
        axis->scopes = plan->setting->scopes;
        axis->unit = plan->setting->unit;
        axis->meaning = plan->setting->meaning;
    } else {
        const struct cs_main_axis *row = &cs_main_axes[plan->kind];
        (void)snprintf(axis->name, sizeof axis->name, "%s", row->dimension);
        axis->scopes = row->scopes;
        axis->unit = row->unit;
        axis->meaning = row->meaning;
    }
}

static enum cs_code fill_axis(const struct cs_axis_plan *plan, struct cs_config *config, struct cs_error *error)
{
    struct cs_axis *axis = &config->axes[config->axis_count];
    const size_t size = (size_t)plan->count;
    describe(plan, axis);
    config->axis_count++;
    const bool numeric = is_numeric(plan);
    if (numeric || plan->kind == CS_AXIS_SETTING) {
        axis->numbers = calloc(size, sizeof *axis->numbers);
    }
    if (plan->kind == CS_AXIS_SETTING && plan->setting->type == CS_LIST) {
        axis->lists = calloc(size, sizeof *axis->lists);
    }
    if (!numeric) {
        axis->labels = calloc(size, sizeof *axis->labels);
    }
    if (!numeric && plan->kind != CS_AXIS_SETTING) {
        axis->indices = calloc(size, sizeof *axis->indices);
    }
    if ((numeric && axis->numbers == NULL) || (!numeric && axis->labels == NULL) ||
        (axis->indices == NULL && axis->numbers == NULL) ||
        (axis->setting != NULL && axis->setting->type == CS_LIST && axis->lists == NULL)) {
        return no_memory(error);
    }
    if (numeric) {
        const struct cs_number_kind kind = kind_of(plan);
        CS_TRY(cs_expand_numbers(plan->at, &kind, axis->size, axis->numbers, error));
        return plan->kind == CS_AXIS_DEVICE ? cs_check_device_axis(plan->at, config, axis, error) : CS_OK;
    }
    return cs_fill_labelled(plan, config, axis, error);
}

enum cs_code cs_read_axes(const struct cs_bundle *bundle, const struct cs_json *root, struct cs_config *config,
                          struct cs_error *error)
{
    struct cs_axis_plan plans[CS_AXES_MAX];
    const struct cs_json *axes = NULL;
    int32_t count = 0;
    double points = 1.0;
    CS_TRY(cs_json_require(root, "axes", &axes, error));
    CS_TRY(cs_json_object(axes, error));
    CS_TRY(plan_axes(axes, plans, &count, error));
    for (int32_t i = 0; i < count; i++) {
        CS_TRY(count_axis(&plans[i], error));
        points *= plans[i].count;
    }
    if (points > (double)config->settings.limits.points) {
        char text[CS_NUMBER_TEXT_MAX];
        return cs_json_fail(
            axes, error, "the grid has %s points, more than limits.points, %lld; shorten an axis or raise the limit.",
            cs_format_number(points, text), (long long)config->settings.limits.points);
    }
    for (int32_t i = 0; i < count; i++) {
        if (plans[i].count > (double)CS_AXIS_VALUES_MAX) {
            char text[CS_NUMBER_TEXT_MAX];
            return cs_json_fail(plans[i].at, error, "%s values; one axis has at most %d.",
                                cs_format_number(plans[i].count, text), CS_AXIS_VALUES_MAX);
        }
    }
    for (int32_t i = 0; i < count; i++) {
        CS_TRY(fill_axis(&plans[i], config, error));
        if (bundle->one_point) {
            CS_TRY(cs_narrow_axis(bundle, config, &config->axes[i], error));
        }
        if (plans[i].kind == CS_AXIS_HARDWARE) {
            CS_TRY(cs_read_device_section(root, config, error));
        }
    }
    return CS_OK;
}
