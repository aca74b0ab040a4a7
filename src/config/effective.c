/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration in effect: every setting, and each axis with all that its values stand for. It is a configuration
 * itself, and gives the same sweep without any data file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/text.h"
#include "device.h"
#include "library/read.h"
#include "json/write.h"

static void write_set(struct cs_emit *emit, const char *key, const char *names, uint32_t bits)
{
    cs_emit_array(emit, key);
    for (int32_t i = 0; i < 32; i++) {
        if ((bits >> i & 1u) != 0) {
            char name[CS_NAME_MAX];
            cs_emit_text(emit, NULL, cs_choice_name(names, i, name, sizeof name));
        }
    }
    cs_emit_array_end(emit);
}

static void write_list(struct cs_emit *emit, const char *key, const char *names, const struct cs_list *list)
{
    if (list != NULL && list->count == 0) {
        char name[CS_NAME_MAX];
        cs_emit_text(emit, key, cs_choice_name(names, list->name, name, sizeof name));
        return;
    }
    cs_emit_array(emit, key);
    for (int32_t i = 0; list != NULL && i < list->count; i++) {
        cs_emit_real(emit, NULL, list->values[i]);
    }
    cs_emit_array_end(emit);
}

static void write_value(struct cs_emit *emit, const char *key, const struct cs_setting *row, double value,
                        const struct cs_list *list)
{
    char name[CS_NAME_MAX];
    switch (row->type) {
    case CS_FLAG:
        cs_emit_bool(emit, key, value != 0.0);
        break;
    case CS_CHOICE:
        cs_emit_text(emit, key, cs_choice_name(row->names, (int32_t)value, name, sizeof name));
        break;
    case CS_SET:
        write_set(emit, key, row->names, (uint32_t)value);
        break;
    case CS_LIST:
        write_list(emit, key, row->names, list);
        break;
    case CS_REAL:
    case CS_COUNT:
    default:
        cs_emit_real(emit, key, value);
        break;
    }
}

/* What a model states itself is in effect unless the configuration gives these: given or not is part of the meaning. */
static bool in_effect(const struct cs_config *config, const struct cs_setting *row)
{
    const struct {
        const char *section, *name;
        bool given;
    } facts[] = {
        {"training", "seq_len", config->seq_len_given},     {"training", "tokens_per_parameter", config->tokens_given},
        {"training", "tokens_basis", config->tokens_given}, {"training", "tokens", config->tokens_given},
        {"training", "global_batch", config->batch_given},  {"training", "goodput", config->goodput_given},
        {"search", "schedules", config->schedules_given},   {"search", "recompute", config->recompute_given},
        {"training", "stack", config->stack_given},         {"training", "stack_year", config->stack_year_given}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        if (strcmp(row->section, facts[i].section) == 0 && strcmp(row->name, facts[i].name) == 0) {
            return facts[i].given;
        }
    }
    return true;
}

/* Settings that a model may state itself are left out only where one does. */
static bool models_state(const struct cs_config *config)
{
    const struct cs_axis *models = &config->axes[cs_config_axis(config, CS_AXIS_MODEL)];
    for (int64_t i = 0; i < models->size; i++) {
        const struct cs_model *model = &config->library.models[models->indices[i]];
        if (model->seq_len > 0 || model->tokens > 0.0 || model->global_batch > 0 || model->goodput > 0.0 ||
            model->schedule > 0 || model->recompute > 0 || model->stack > 0 || model->stack_year > 0) {
            return true;
        }
    }
    return false;
}

static void write_settings(const struct cs_config *config, struct cs_emit *emit)
{
    int32_t count = 0;
    const struct cs_setting *table = cs_settings_table(&count);
    const bool omit = models_state(config);
    struct cs_settings settings = config->settings;
    for (int32_t i = 0; i < count; i++) {
        const struct cs_setting *row = &table[i];
        if (i == 0 || strcmp(row->section, table[i - 1].section) != 0) {
            cs_emit_object(emit, row->section);
        }
        if (!omit || in_effect(config, row)) {
            const struct cs_list *list = row->type == CS_LIST ? cs_setting_list(&settings, row) : NULL;
            write_value(emit, row->name, row, cs_setting_get(&settings, row), list);
        }
        if (i == count - 1 || strcmp(row->section, table[i + 1].section) != 0) {
            /* Without provenance equal runs give equal bytes, whatever their files are called. */
            if (strcmp(row->section, "output") == 0 && config->settings.output.provenance) {
                cs_emit_text(emit, "file", config->output_path);
            }
            cs_emit_object_end(emit);
        }
    }
}

/* Model dimensions stand together as far as they follow one another, so that the text stays short. */
static void write_models(const struct cs_config *config, const struct cs_axis *axis, struct cs_emit *emit)
{
    bool run = false;
    double last = 0.0;
    for (int64_t i = 0; i <= axis->size; i++) {
        const struct cs_model *model = i < axis->size ? &config->library.models[axis->indices[i]] : NULL;
        const bool from_law = model != NULL && model->from_law;
        const double d_model = from_law ? (double)model->architecture.d_model : 0.0;
        if (run && !(d_model > last)) {
            cs_emit_array_end(emit);
            cs_emit_object_end(emit);
            run = false;
        }
        if (from_law && !run) {
            cs_emit_object(emit, NULL);
            cs_emit_array(emit, "d_model");
            run = true;
        }
        if (from_law) {
            cs_emit_real(emit, NULL, d_model);
        } else if (model != NULL) {
            cs_emit_entry(&config->library, CS_ENTRY_MODEL, axis->indices[i], axis->labels[i], emit);
        }
        last = d_model;
    }
}

static void write_axis_value(const struct cs_config *config, const struct cs_axis *axis, int64_t i,
                             struct cs_emit *emit)
{
    if (axis->indices != NULL) {
        cs_emit_entry(&config->library, cs_main_axes[axis->kind].entries, axis->indices[i], axis->labels[i], emit);
    } else if (axis->setting == NULL) {
        cs_emit_real(emit, NULL, axis->numbers[i]);
    } else {
        write_value(emit, NULL, axis->setting, axis->numbers[i], axis->lists != NULL ? &axis->lists[i] : NULL);
    }
}

static void write_axes(const struct cs_config *config, struct cs_emit *emit)
{
    cs_emit_object(emit, "axes");
    for (int32_t i = 0; i < config->axis_count; i++) {
        const struct cs_axis *axis = &config->axes[i];
        if (axis->factor) {
            cs_emit_object(emit, axis->path);
        }
        cs_emit_array(emit, axis->factor ? "factor" : axis->path);
        if (axis->kind == CS_AXIS_MODEL) {
            write_models(config, axis, emit);
        } else {
            for (int64_t k = 0; k < axis->size; k++) {
                write_axis_value(config, axis, k, emit);
            }
        }
        cs_emit_array_end(emit);
        if (axis->factor) {
            cs_emit_object_end(emit);
        }
    }
    cs_emit_object_end(emit);
}

/* "device", where anything is changed. */
static void write_changes(const struct cs_config *config, struct cs_emit *emit)
{
    if (config->change_count == 0) {
        return;
    }
    cs_emit_object(emit, CS_DEVICE_SECTION);
    for (int32_t i = 0; i < config->change_count; i++) {
        const struct cs_device_change *change = &config->changes[i];
        if (change->factor) {
            cs_emit_object(emit, change->field->key);
            cs_emit_real(emit, "factor", change->value);
            cs_emit_object_end(emit);
        } else {
            cs_emit_real(emit, change->field->key, change->value);
        }
    }
    cs_emit_object_end(emit);
}

enum cs_code cs_write_in_effect(struct cs_config *config, struct cs_error *error)
{
    struct cs_emit emit = {.depth = 0};
    cs_emit_object(&emit, NULL);
    if (config->title[0] != '\0') {
        cs_emit_text(&emit, "title", config->title);
    }
    write_axes(config, &emit);
    write_settings(config, &emit);
    write_changes(config, &emit);
    cs_emit_object_end(&emit);
    config->in_effect = cs_emit_finish(&emit);
    return config->in_effect != NULL ? CS_OK
                                     : cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the configuration.");
}

/* ---- difference ---- */
/* Whether a member decides a result: titles, outputs and limits do not. */
static bool decides(const struct cs_json *member)
{
    return member->parent->parent != NULL || cs_choice_index("title|output|limits", member->key) < 0;
}

/* The first value of a that differs in b, or of b that a lacks; NULL where there is none. */
static const struct cs_json *different(const struct cs_json *a, const struct cs_json *b);

static const struct cs_json *different_member(const struct cs_json *a, const struct cs_json *b)
{
    for (const struct cs_json *child = a->first; child != NULL; child = child->next) {
        if (decides(child)) {
            const struct cs_json *other = cs_json_member(b, child->key);
            const struct cs_json *found = other != NULL ? different(child, other) : child;
            if (found != NULL) {
                return found;
            }
        }
    }
    for (const struct cs_json *child = b->first; child != NULL; child = child->next) {
        if (decides(child) && cs_json_member(a, child->key) == NULL) {
            return child;
        }
    }
    return NULL;
}

static const struct cs_json *different(const struct cs_json *a, const struct cs_json *b)
{
    if (a->type != b->type) {
        return a;
    }
    switch (a->type) {
    case CS_JSON_OBJECT:
        return different_member(a, b);
    case CS_JSON_ARRAY:
        for (const struct cs_json *left = a->first, *right = b->first; left != NULL && right != NULL;
             left = left->next, right = right->next) {
            const struct cs_json *found = different(left, right);
            if (found != NULL) {
                return found;
            }
        }
        return a->count != b->count ? a : NULL;
    case CS_JSON_STRING:
        return strcmp(a->string, b->string) != 0 ? a : NULL;
    case CS_JSON_NUMBER:
        return a->number != b->number ? a : NULL;
    case CS_JSON_BOOLEAN:
    case CS_JSON_NULL:
    default:
        return a->boolean != b->boolean ? a : NULL;
    }
}

/* The preset is named before all the constants that it moves. */
static const struct cs_json *different_preset(const struct cs_json *a, const struct cs_json *b)
{
    const struct cs_json *const one = cs_json_member(cs_json_member(a, "carbon"), "preset");
    const struct cs_json *const other = cs_json_member(cs_json_member(b, "carbon"), "preset");
    return one != NULL && other != NULL ? different(one, other) : NULL;
}

bool cs_config_difference(const char *in_effect_a, const char *in_effect_b, char *path, int32_t path_size)
{
    if (strcmp(in_effect_a, in_effect_b) == 0) {
        return false;
    }
    struct cs_json_document a, b;
    struct cs_error error;
    const bool read_a = cs_json_parse("a", in_effect_a, strlen(in_effect_a), &a, &error) == CS_OK;
    const bool read_b = cs_json_parse("b", in_effect_b, strlen(in_effect_b), &b, &error) == CS_OK;
    const bool objects = read_a && read_b && a.root->type == CS_JSON_OBJECT && b.root->type == CS_JSON_OBJECT;
    const struct cs_json *found = objects ? different_preset(a.root, b.root) : NULL;
    found = objects && found == NULL ? different(a.root, b.root) : found;
    (void)snprintf(path, (size_t)path_size, "(the whole configuration)");
    if (found != NULL) {
        (void)cs_json_path(found, path, (size_t)path_size);
    }
    cs_json_free(&a);
    cs_json_free(&b);
    return !objects || found != NULL;
}
