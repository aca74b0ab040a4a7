/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "cs_sweep/number.h"
#include "library/read.h"
#include "reader.h"

static enum cs_code no_memory(struct cs_error *error)
{
    return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the axes.");
}

struct label {
    const char *text;
    const struct cs_json *at;
    int64_t index;
};

static int compare_labels(const void *a, const void *b)
{
    const struct label *left = a, *right = b;
    const int order = strcmp(left->text, right->text);
    return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

/* One entry of the library under two names. Model dimensions are no entries, and have been compared by their labels. */
static enum cs_code refuse_aliases(const struct cs_library *library, const struct cs_axis *axis,
                                   const struct cs_json **places, struct cs_error *error)
{
    const bool models = axis->kind == CS_AXIS_MODEL;
    for (int64_t i = 0; i < axis->size && axis->indices != NULL; i++) {
        if (models && library->models[axis->indices[i]].from_law) {
            continue;
        }
        for (int64_t j = 0; j < i; j++) {
            if (axis->indices[i] == axis->indices[j]) {
                return cs_json_fail(places[i], error, "\"%s\" and \"%s\" are the same; give one of them.",
                                    axis->labels[j], axis->labels[i]);
            }
        }
    }
    return CS_OK;
}

static enum cs_code refuse_repeats(const struct cs_axis *axis, const struct cs_json **places, struct cs_error *error)
{
    struct label *labels = malloc((size_t)axis->size * sizeof *labels);
    if (labels == NULL) {
        return no_memory(error);
    }
    for (int64_t i = 0; i < axis->size; i++) {
        labels[i] = (struct label){axis->labels[i], places[i], i};
    }
    qsort(labels, (size_t)axis->size, sizeof *labels, compare_labels);
    enum cs_code code = CS_OK;
    for (int64_t i = 1; i < axis->size && code == CS_OK; i++) {
        if (strcmp(labels[i - 1].text, labels[i].text) == 0) {
            code = cs_json_fail(labels[i].at, error, "\"%s\" is given twice.", labels[i].text);
        }
    }
    free(labels);
    return code;
}

static void set_label(char *label, const char *text)
{
    (void)snprintf(label, CS_NAME_MAX, "%s", text);
}

static enum cs_code fill_d_models(const struct cs_json *at, struct cs_config *config, struct cs_axis *axis,
                                  int64_t *next, const struct cs_json **places, struct cs_error *error)
{
    struct cs_library *library = &config->library;
    double count = 0.0;
    CS_TRY(cs_count_numbers(at, &cs_axis_d_models, &count, error));
    double *numbers = malloc((size_t)count * sizeof *numbers);
    if (numbers == NULL) {
        return no_memory(error);
    }
    enum cs_code code = cs_expand_numbers(at, &cs_axis_d_models, (int64_t)count, numbers, error);
    const struct cs_json *place = at->type == CS_JSON_ARRAY ? at->first : at;
    for (int64_t i = 0; i < (int64_t)count && code == CS_OK; i++) {
        int32_t *index = &axis->indices[*next];
        code = cs_add_d_model((int64_t)numbers[i], library, index, error);
        if (code == CS_OK) {
            (void)snprintf(axis->labels[*next], CS_NAME_MAX, "%lld", (long long)numbers[i]);
            set_label(library->models[*index].architecture.name, axis->labels[*next]);
            places[(*next)++] = place;
            place = at->type == CS_JSON_ARRAY ? place->next : at;
        }
    }
    free(numbers);
    return code;
}

/* A name of the library, or an entry that stands in the configuration itself; or model dimensions. */
static enum cs_code fill_entry(const struct cs_json *at, struct cs_config *config, struct cs_axis *axis, int64_t *next,
                               const struct cs_json **places, struct cs_error *error)
{
    const enum cs_entry_kind kind = cs_main_axes[axis->kind].entries;
    if (axis->kind == CS_AXIS_MODEL && cs_only_d_model(at) != NULL) {
        return fill_d_models(cs_only_d_model(at), config, axis, next, places, error);
    }
    CS_TRY(cs_take_entry(at, kind, &config->library, &axis->indices[*next], error));
    const struct cs_json *name = at->type == CS_JSON_OBJECT ? cs_json_member(at, cs_entry_row(kind)->name_key) : at;
    set_label(axis->labels[*next], name->string);
    places[(*next)++] = at;
    return CS_OK;
}

static enum cs_code fill_entries(const struct cs_json *at, struct cs_config *config, struct cs_axis *axis,
                                 const struct cs_json **places, struct cs_error *error)
{
    int64_t next = 0;
    if (at->type == CS_JSON_OBJECT) {
        return fill_entry(at, config, axis, &next, places, error);
    }
    for (const struct cs_json *member = at->first; member != NULL; member = member->next) {
        CS_TRY(fill_entry(member, config, axis, &next, places, error));
    }
    return CS_OK;
}

/* Appends a name to a label, after a plus where it is not the first. */
static bool join(char *label, const char *name)
{
    const size_t used = strlen(label);
    const int length = snprintf(label + used, CS_NAME_MAX - used, "%s%s", used > 0 ? "+" : "", name);
    return length >= 0 && (size_t)length < CS_NAME_MAX - used;
}

/* The i-th value of an axis over a setting as text; false where it does not fit. */
static bool label_value(const struct cs_axis *axis, int64_t i)
{
    const struct cs_setting *setting = axis->setting;
    char *label = axis->labels[i], name[CS_NAME_MAX];
    bool fits = true;
    if (setting->type == CS_LIST) {
        for (int32_t j = 0; j < axis->lists[i].count; j++) {
            (void)snprintf(name, sizeof name, "%d", (int)axis->lists[i].values[j]);
            fits = fits && join(label, name);
        }
        return fits && (axis->lists[i].count > 0 ||
                        join(label, cs_choice_name(setting->names, axis->lists[i].name, name, sizeof name)));
    }
    if (setting->type == CS_SET) {
        for (int32_t j = 0; j < 32; j++) {
            if (((uint32_t)axis->numbers[i] >> j & 1u) != 0) {
                fits = fits && join(label, cs_choice_name(setting->names, j, name, sizeof name));
            }
        }
        return fits;
    }
    return join(label, cs_choice_name(setting->type == CS_FLAG ? "false|true" : setting->names,
                                      (int32_t)axis->numbers[i], name, sizeof name));
}

static enum cs_code fill_choices(const struct cs_json *at, struct cs_axis *axis, const struct cs_json **places,
                                 struct cs_error *error)
{
    int64_t i = 0;
    for (const struct cs_json *member = at->first; member != NULL; member = member->next, i++) {
        places[i] = member;
        CS_TRY(cs_read_value(member, axis->setting, true, &axis->numbers[i],
                             axis->lists != NULL ? &axis->lists[i] : NULL, error));
        if (!label_value(axis, i)) {
            return cs_json_fail(member, error, "too long for a label of %d characters.", CS_NAME_MAX - 1);
        }
    }
    return CS_OK;
}

enum cs_code cs_fill_labelled(const struct cs_axis_plan *plan, struct cs_config *config, struct cs_axis *axis,
                              struct cs_error *error)
{
    const struct cs_json **places = calloc((size_t)axis->size, sizeof *places);
    enum cs_code code = CS_OK;
    if (places == NULL) {
        return no_memory(error);
    }
    code = axis->kind == CS_AXIS_SETTING ? fill_choices(plan->at, axis, places, error)
                                         : fill_entries(plan->at, config, axis, places, error);
    if (code == CS_OK) {
        code = refuse_repeats(axis, places, error);
    }
    if (code == CS_OK) {
        code = refuse_aliases(&config->library, axis, places, error);
    }
    free(places);
    if (axis->setting != NULL && axis->setting->type == CS_FLAG) { /* its numbers say all */
        free(axis->labels);
        axis->labels = NULL;
    }
    return code;
}
