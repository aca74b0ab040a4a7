/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration narrowed to one point: each axis keeps one value. A value of one of the five axes that the
 * configuration does not hold is read as if it stood there, so that the same rules and messages serve. */
#include <stdio.h>
#include <string.h>

#include "axes.h"
#include "cs_sweep/number.h"
#include "cs_sweep/text.h"
#include "reader.h"

/* The number of {"factor": number}; false where the text is none. */
static bool parse_factor(const char *text, double *number)
{
    struct cs_json_document document;
    struct cs_error ignored;
    const bool parsed = cs_json_parse("--set", text, strlen(text), &document, &ignored) == CS_OK;
    const struct cs_json *factor = parsed ? cs_json_member(document.root, "factor") : NULL;
    const bool found = factor != NULL && factor->type == CS_JSON_NUMBER && document.root->count == 1;
    if (found) {
        *number = factor->number;
    }
    cs_json_free(&document);
    return found;
}

/* Place of a text on an axis: by label, or as a number, flag or factor; -1 where it is not. */
static int64_t position(const struct cs_axis *axis, const char *text)
{
    double number = cs_choice_index("false|true", text);
    const bool is_number =
        number >= 0.0 || cs_parse_number(text, strlen(text), &number) || (axis->factor && parse_factor(text, &number));
    for (int64_t i = 0; i < axis->size; i++) {
        if (axis->labels != NULL ? strcmp(axis->labels[i], text) == 0 : is_number && axis->numbers[i] == number) {
            return i;
        }
    }
    return -1;
}

static void keep_one(struct cs_axis *axis, int64_t i)
{
    axis->size = 1;
    if (axis->numbers != NULL) {
        axis->numbers[0] = axis->numbers[i];
    }
    if (axis->lists != NULL) {
        axis->lists[0] = axis->lists[i];
    }
    if (axis->labels != NULL) {
        memmove(axis->labels[0], axis->labels[i], sizeof axis->labels[0]);
    }
    if (axis->indices != NULL) {
        axis->indices[0] = axis->indices[i];
    }
}

static void enclose(struct cs_json *parent, enum cs_json_type type, struct cs_json *child, int32_t count)
{
    parent->type = type;
    parent->origin = child->origin;
    parent->first = child;
    parent->count = count;
}

static void name(struct cs_json *member, const char *key)
{
    member->key = key;
    member->key_length = (int32_t)strlen(key);
}

/* A value that the axis does not hold: a name of the library, a model dimension, a year, g CO2e per kWh. The values
 * have no parents, so that messages name the option and not a place in a file. */
static enum cs_code take_from_library(const char *text, struct cs_config *config, struct cs_axis *axis,
                                      struct cs_error *error)
{
    char origin[160], region[CS_NAME_MAX + 8];
    snprintf(origin, sizeof origin, "%s %.100s", cs_main_axes[axis->kind].option, text);
    struct cs_json value = {.type = CS_JSON_STRING, .string = text, .origin = origin};
    struct cs_json label = {.type = CS_JSON_STRING, .string = region, .origin = origin, .next = &value};
    struct cs_json object = {.type = CS_JSON_NULL}, list = {.type = CS_JSON_NULL};
    struct cs_axis_plan plan = {.at = &list, .kind = axis->kind, .count = 1.0};
    if (axis->kind != CS_AXIS_HARDWARE && axis->kind != CS_AXIS_QAT &&
        cs_parse_number(text, strlen(text), &value.number)) {
        value.type = CS_JSON_NUMBER;
    }
    enclose(&list, CS_JSON_ARRAY, &value, 1);
    if (axis->kind == CS_AXIS_MODEL && value.type == CS_JSON_NUMBER) {
        name(&list, "d_model");
        enclose(&object, CS_JSON_OBJECT, &list, 1);
        plan.at = &object;
    } else if (axis->kind == CS_AXIS_REGION && value.type == CS_JSON_NUMBER) {
        snprintf(region, sizeof region, "%.*s g/kWh", CS_NAME_MAX, text);
        name(&label, "region");
        name(&value, "g_per_kwh");
        enclose(&object, CS_JSON_OBJECT, &label, 2);
        enclose(&list, CS_JSON_ARRAY, &object, 1);
    }
    axis->size = 1;
    return axis->kind == CS_AXIS_YEAR ? cs_expand_numbers(&list, &cs_axis_years, 1, axis->numbers, error)
                                      : cs_fill_labelled(&plan, config, axis, error);
}

static bool sets_path(const char *set, const char *path)
{
    const size_t length = strlen(path);
    return strncmp(set, path, length) == 0 && set[length] == '=';
}

bool cs_set_picks(const struct cs_json *root, const char *set)
{
    const struct cs_json *axes = cs_json_member(root, "axes");
    for (const struct cs_json *at = axes != NULL ? axes->first : NULL; at != NULL; at = at->next) {
        if (strchr(at->key, '.') != NULL && sets_path(set, at->key)) {
            return true;
        }
    }
    return false;
}

enum cs_code cs_narrow_axis(const struct cs_bundle *bundle, struct cs_config *config, struct cs_axis *axis,
                            struct cs_error *error)
{
    const char *const wanted = axis->kind < CS_MAIN_AXIS_COUNT ? bundle->wanted[axis->kind] : NULL;
    int64_t kept = 0;
    if (wanted != NULL && position(axis, wanted) < 0) {
        return take_from_library(wanted, config, axis, error);
    }
    if (wanted != NULL) {
        kept = position(axis, wanted);
    }
    for (int32_t i = 0; i < bundle->set_count; i++) {
        if (sets_path(bundle->sets[i], axis->path)) {
            kept = position(axis, bundle->sets[i] + strlen(axis->path) + 1);
            if (kept < 0) {
                return cs_fail(error, CS_ERROR_USAGE, "--set %s: the configuration's axis %s does not hold this value.",
                               bundle->sets[i], axis->path);
            }
        }
    }
    keep_one(axis, kept);
    return CS_OK;
}
