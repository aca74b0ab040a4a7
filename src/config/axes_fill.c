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

static enum cs_code list_label(const struct cs_json *at, const struct cs_list *list, struct cs_axis *axis, int64_t i,
                               struct cs_error *error)
{
    size_t used = 0;
    set_label(axis->labels[i], "default");
    for (int32_t j = 0; j < list->count; j++) {
        const int length =
            snprintf(axis->labels[i] + used, CS_NAME_MAX - used, "%s%d", j > 0 ? "+" : "", (int)list->values[j]);
        if (length < 0 || (size_t)length >= CS_NAME_MAX - used) {
            return cs_json_fail(at, error, "too long for a label of %d characters.", CS_NAME_MAX - 1);
        }
        used += (size_t)length;
    }
    return CS_OK;
}

/* Flags keep their number only; choices, sets and lists have a text besides. */
static enum cs_code fill_choices(const struct cs_json *at, struct cs_axis *axis, const struct cs_json **places,
                                 struct cs_error *error)
{
    const struct cs_setting *setting = axis->setting;
    int64_t i = 0;
    for (const struct cs_json *member = at->first; member != NULL; member = member->next, i++) {
        places[i] = member;
        if (setting->type == CS_FLAG) {
            bool value = false;
            CS_TRY(cs_json_flag(member, &value, error));
            axis->numbers[i] = value ? 1.0 : 0.0;
            set_label(axis->labels[i], value ? "true" : "false");
        } else if (setting->type == CS_CHOICE) {
            int32_t value = 0;
            CS_TRY(cs_json_choice(member, setting->names, &value, error));
            axis->numbers[i] = (double)value;
            (void)cs_choice_name(setting->names, value, axis->labels[i], CS_NAME_MAX);
        } else if (setting->type == CS_SET) {
            uint32_t bits = 0;
            CS_TRY(cs_read_set(member, setting->names, true, &bits, error));
            axis->numbers[i] = (double)bits;
            if (!cs_set_label(setting->names, bits, axis->labels[i], CS_NAME_MAX)) {
                return cs_json_fail(member, error, "too long for a label of %d characters.", CS_NAME_MAX - 1);
            }
        } else {
            CS_TRY(cs_read_list(member, setting, &axis->lists[i], error));
            CS_TRY(list_label(member, &axis->lists[i], axis, i, error));
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
    if (axis->setting != NULL && axis->setting->type == CS_FLAG) {
        free(axis->labels);
        axis->labels = NULL;
    }
    return code;
}
