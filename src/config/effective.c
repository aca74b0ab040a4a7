/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration in effect: every setting, and each axis with all that its values stand for. It is a configuration
 * itself, and gives the same sweep without any data file. */
#include <cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "cs_sweep/text.h"
#include "library/read.h"
#include "reader.h"

/* cJSON prints 15 digits where that is near enough for it; ours read back as the same double. */
static void add_number(cJSON *object, const char *key, double value, bool *ok)
{
    char text[CS_NUMBER_TEXT_MAX];
    *ok = *ok && cJSON_AddRawToObject(object, key, cs_format_number(value, text)) != NULL;
}

static void add_text(cJSON *object, const char *key, const char *text, bool *ok)
{
    *ok = *ok && cJSON_AddStringToObject(object, key, text) != NULL;
}

static void add_flag(cJSON *object, const char *key, bool value, bool *ok)
{
    *ok = *ok && cJSON_AddBoolToObject(object, key, value) != NULL;
}

/* Owns the item from here on. */
static void put_member(cJSON *object, const char *key, cJSON *item, bool *ok)
{
    if (item == NULL || !cJSON_AddItemToObject(object, key, item)) {
        cJSON_Delete(item);
        *ok = false;
    }
}

static void put_element(cJSON *array, cJSON *item, bool *ok)
{
    if (item == NULL || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        *ok = false;
    }
}

static cJSON *number_item(double value)
{
    char text[CS_NUMBER_TEXT_MAX];
    return cJSON_CreateRaw(cs_format_number(value, text));
}

static cJSON *set_item(const char *names, uint32_t bits, bool *ok)
{
    cJSON *array = cJSON_CreateArray();
    for (int32_t i = 0; i < 32 && array != NULL; i++) {
        if ((bits >> i & 1u) != 0) {
            char name[CS_NAME_MAX];
            put_element(array, cJSON_CreateString(cs_choice_name(names, i, name, sizeof name)), ok);
        }
    }
    return array;
}

static cJSON *list_item(const struct cs_list *list, bool *ok)
{
    cJSON *array = cJSON_CreateArray();
    for (int32_t i = 0; list != NULL && i < list->count && array != NULL; i++) {
        put_element(array, number_item(list->values[i]), ok);
    }
    return array;
}

static cJSON *value_item(const struct cs_setting *row, double value, const struct cs_list *list, bool *ok)
{
    char name[CS_NAME_MAX];
    switch (row->type) {
    case CS_FLAG:
        return cJSON_CreateBool(value != 0.0);
    case CS_CHOICE:
        return cJSON_CreateString(cs_choice_name(row->names, (int32_t)value, name, sizeof name));
    case CS_SET:
        return set_item(row->names, (uint32_t)value, ok);
    case CS_LIST:
        return list_item(list, ok);
    case CS_REAL:
    case CS_COUNT:
    default:
        return number_item(value);
    }
}

/* What a model states itself is in effect unless the configuration gives these: given or not is part of the meaning. */
static bool in_effect(const struct cs_config *config, const struct cs_setting *row)
{
    if (strcmp(row->section, "training") == 0) {
        if (strcmp(row->name, "seq_len") == 0) {
            return config->seq_len_given;
        }
        if (strcmp(row->name, "tokens_per_parameter") == 0 || strcmp(row->name, "tokens_basis") == 0) {
            return config->tokens_given;
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
        if (model->seq_len > 0 || model->tokens > 0.0) {
            return true;
        }
    }
    return false;
}

static void write_settings(const struct cs_config *config, cJSON *root, bool *ok)
{
    int32_t count = 0;
    const struct cs_setting *table = cs_settings_table(&count);
    const bool omit = models_state(config);
    struct cs_settings settings = config->settings;
    cJSON *section = NULL;
    for (int32_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(table[i].section, table[i - 1].section) != 0) {
            section = cJSON_CreateObject();
            put_member(root, table[i].section, section, ok);
        }
        if (!*ok) {
            return;
        }
        const struct cs_list *list = table[i].type == CS_LIST ? cs_setting_list(&settings, &table[i]) : NULL;
        if (!omit || in_effect(config, &table[i])) {
            put_member(section, table[i].name, value_item(&table[i], cs_setting_get(&settings, &table[i]), list, ok),
                       ok);
        }
    }
}

static cJSON *device_item(const struct cs_device *device, const char *label, bool *ok)
{
    cJSON *item = cJSON_CreateObject();
    add_text(item, "name", label, ok);
    add_text(item, "family", device->family, ok);
    add_text(item, "kind", device->kind == CS_GPU ? "gpu" : "tpu", ok);
    for (int32_t i = 0; i < cs_device_field_count(); i++) {
        double value = 0.0;
        const char *key = cs_device_field(device, i, &value);
        add_number(item, key, value, ok);
    }
    if (device->tile_count > 0) {
        cJSON *tiles = cJSON_CreateArray();
        for (int32_t i = 0; i < device->tile_count && tiles != NULL; i++) {
            cJSON *tile = cJSON_CreateArray();
            put_element(tile, number_item(device->tiles[i].m), ok);
            put_element(tile, number_item(device->tiles[i].n), ok);
            put_element(tile, number_item(device->tiles[i].efficiency), ok);
            put_element(tiles, tile, ok);
        }
        put_member(item, "tiles", tiles, ok);
    }
    return item;
}

static cJSON *region_item(const struct cs_region *region, bool *ok)
{
    cJSON *item = cJSON_CreateObject();
    add_text(item, "region", region->name, ok);
    add_number(item, "g_per_kwh", region->g_per_kwh, ok);
    if (region->pue > 0.0) {
        add_number(item, "pue", region->pue, ok);
    }
    return item;
}

static cJSON *qat_item(const struct cs_qat *qat, bool *ok)
{
    const struct cs_precision *precision = &qat->precision;
    char name[CS_NAME_MAX];
    cJSON *item = cJSON_CreateObject();
    add_text(item, "qat", qat->name, ok);
    add_number(item, "weight_bits", 8.0 * precision->weight_bytes, ok);
    add_number(item, "activation_bits", 8.0 * precision->activation_bytes, ok);
    add_number(item, "communication_bits", 8.0 * precision->communication_bytes, ok);
    add_number(item, "dispatch_bits", 8.0 * precision->dispatch_bytes, ok);
    if (precision->gradient_communication_bytes > 0.0) {
        add_number(item, "gradient_bits", 8.0 * precision->gradient_communication_bytes, ok);
    }
    add_text(item, "format", cs_choice_name(CS_FORMAT_NAMES, (int32_t)precision->format, name, sizeof name), ok);
    return item;
}

static void write_attention(const struct cs_architecture *a, cJSON *item, bool *ok)
{
    if (a->attention == CS_ATTENTION_MLA) {
        cJSON *mla = cJSON_CreateObject();
        add_text(item, "attention", "mla", ok);
        add_number(mla, "q_lora", (double)a->mla_q_lora, ok);
        add_number(mla, "kv_lora", (double)a->mla_kv_lora, ok);
        add_number(mla, "qk_nope_head_dim", (double)a->mla_qk_nope_head_dim, ok);
        add_number(mla, "qk_rope_head_dim", (double)a->mla_qk_rope_head_dim, ok);
        add_number(mla, "v_head_dim", (double)a->mla_v_head_dim, ok);
        put_member(item, "mla", mla, ok);
    } else if (a->attention == CS_ATTENTION_SLIDING) {
        add_text(item, "attention", "sliding", ok);
        add_number(item, "window", (double)a->window, ok);
        add_number(item, "window_period", (double)a->window_period, ok);
    }
}

static cJSON *model_item(const struct cs_model *model, const char *label, bool *ok)
{
    const struct cs_architecture *a = &model->architecture;
    cJSON *item = cJSON_CreateObject();
    if (model->from_law) {
        cJSON *list = cJSON_CreateArray();
        put_element(list, number_item((double)a->d_model), ok);
        put_member(item, "d_model", list, ok);
        return item;
    }
    add_text(item, "name", label, ok);
    add_number(item, "layers", (double)a->layers, ok);
    add_number(item, "d_model", (double)a->d_model, ok);
    add_number(item, "heads", (double)a->heads, ok);
    add_number(item, "kv_heads", (double)a->kv_heads, ok);
    add_number(item, "head_dim", (double)a->head_dim, ok);
    add_number(item, "d_ff", (double)a->d_ff, ok);
    add_flag(item, "gated_ffn", a->gated_ffn, ok);
    add_number(item, "vocab", (double)a->vocab, ok);
    add_flag(item, "tied_embedding", a->tied_embedding, ok);
    add_number(item, "experts", (double)a->experts, ok);
    if (a->experts > 1) {
        add_number(item, "experts_active", (double)a->experts_active, ok);
        add_number(item, "shared_experts", (double)a->shared_experts, ok);
        add_number(item, "d_expert", (double)a->d_expert, ok);
        add_number(item, "dense_layers", (double)a->dense_layers, ok);
    }
    write_attention(a, item, ok);
    add_flag(item, "parallel_block", a->parallel_block, ok);
    add_number(item, "mtp_layers", (double)a->mtp_layers, ok);
    if (model->learned_positions) {
        add_text(item, "positions", "learned", ok);
    }
    if (model->tokens > 0.0) {
        add_number(item, "tokens", model->tokens, ok);
    }
    if (model->seq_len > 0) {
        add_number(item, "seq_len", (double)model->seq_len, ok);
    }
    return item;
}

/* Model dimensions stand together as far as they follow one another, so that the text stays short. */
static cJSON *models_item(const struct cs_config *config, const struct cs_axis *axis, bool *ok)
{
    cJSON *array = cJSON_CreateArray(), *run = NULL;
    double last = 0.0;
    for (int64_t i = 0; i < axis->size && array != NULL && *ok; i++) {
        const struct cs_model *model = &config->library.models[axis->indices[i]];
        const double d_model = (double)model->architecture.d_model;
        if (model->from_law && run != NULL && d_model > last) {
            put_element(run, number_item(d_model), ok);
        } else {
            cJSON *item = model_item(model, axis->labels[i], ok);
            run = model->from_law ? cJSON_GetObjectItemCaseSensitive(item, "d_model") : NULL;
            put_element(array, item, ok);
        }
        last = d_model;
    }
    return array;
}

static cJSON *axis_item(const struct cs_config *config, const struct cs_axis *axis, bool *ok)
{
    const struct cs_library *library = &config->library;
    if (axis->kind == CS_AXIS_MODEL) {
        return models_item(config, axis, ok);
    }
    cJSON *array = cJSON_CreateArray();
    for (int64_t i = 0; i < axis->size && array != NULL && *ok; i++) {
        const int32_t index = axis->indices != NULL ? axis->indices[i] : 0;
        cJSON *item = NULL;
        if (axis->kind == CS_AXIS_HARDWARE) {
            item = device_item(&library->devices[index], axis->labels[i], ok);
        } else if (axis->kind == CS_AXIS_QAT) {
            item = qat_item(&library->qat_levels[index], ok);
        } else if (axis->kind == CS_AXIS_REGION) {
            item = region_item(&library->regions[index], ok);
        } else if (axis->kind == CS_AXIS_YEAR) {
            item = number_item(axis->numbers[i]);
        } else {
            item = value_item(axis->setting, axis->numbers[i], axis->lists != NULL ? &axis->lists[i] : NULL, ok);
        }
        put_element(array, item, ok);
    }
    return array;
}

static void write_axes(const struct cs_config *config, cJSON *root, bool *ok)
{
    cJSON *axes = cJSON_CreateObject();
    put_member(root, "axes", axes, ok);
    for (int32_t i = 0; i < config->axis_count && *ok; i++) {
        const struct cs_axis *axis = &config->axes[i];
        put_member(axes, axis->path, axis_item(config, axis, ok), ok);
    }
}

/* Top-level keys that do not decide a result. */
static const char *const indifferent[] = {"title", "output", "limits"};

static bool is_indifferent(const char *key)
{
    for (size_t i = 0; i < sizeof indifferent / sizeof indifferent[0]; i++) {
        if (strcmp(key, indifferent[i]) == 0) {
            return true;
        }
    }
    return false;
}

enum cs_code cs_write_in_effect(struct cs_config *config, struct cs_error *error)
{
    bool ok = true;
    cJSON *root = cJSON_CreateObject();
    if (config->title[0] != '\0') {
        add_text(root, "title", config->title, &ok);
    }
    write_axes(config, root, &ok);
    write_settings(config, root, &ok);
    cJSON *output = cJSON_GetObjectItemCaseSensitive(root, "output");
    add_text(output, "file", config->output_path, &ok);
    char *printed = ok ? cJSON_Print(root) : NULL;
    config->in_effect = printed != NULL ? cs_copy_text(printed, strlen(printed)) : NULL;
    cJSON_free(printed);
    cJSON_Delete(root);
    return config->in_effect != NULL ? CS_OK
                                     : cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the configuration.");
}

/* ---- difference ---- */
static bool differ(const struct cs_json *a, const struct cs_json *b, char *path, size_t size);

/* a is where the path is taken from, b may be absent. */
static bool differ_members(const struct cs_json *a, const struct cs_json *b, char *path, size_t size)
{
    for (const struct cs_json *child = a->first; child != NULL; child = child->next) {
        const bool top = a->parent == NULL;
        if (top && is_indifferent(child->key)) {
            continue;
        }
        const struct cs_json *other = cs_json_member(b, child->key);
        if (other == NULL) {
            (void)cs_json_path(child, path, size);
            return true;
        }
        if (differ(child, other, path, size)) {
            return true;
        }
    }
    for (const struct cs_json *child = b->first; child != NULL; child = child->next) {
        if (cs_json_member(a, child->key) == NULL && !(b->parent == NULL && is_indifferent(child->key))) {
            (void)cs_json_path(child, path, size);
            return true;
        }
    }
    return false;
}

static bool differ(const struct cs_json *a, const struct cs_json *b, char *path, size_t size)
{
    bool same = a->type == b->type;
    if (same && a->type == CS_JSON_OBJECT) {
        return differ_members(a, b, path, size);
    }
    if (same && a->type == CS_JSON_ARRAY) {
        const struct cs_json *left = a->first, *right = b->first;
        for (; left != NULL && right != NULL; left = left->next, right = right->next) {
            if (differ(left, right, path, size)) {
                return true;
            }
        }
        same = a->count == b->count;
    } else if (same && a->type == CS_JSON_STRING) {
        same = strcmp(a->string, b->string) == 0;
    } else if (same && a->type == CS_JSON_NUMBER) {
        same = a->number == b->number;
    } else if (same) {
        same = a->boolean == b->boolean;
    }
    if (!same) {
        (void)cs_json_path(a, path, size);
    }
    return !same;
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
    bool different = true;
    (void)snprintf(path, (size_t)path_size, "(the whole configuration)");
    if (read_a && read_b && a.root->type == CS_JSON_OBJECT && b.root->type == CS_JSON_OBJECT) {
        different = differ(a.root, b.root, path, (size_t)path_size);
    }
    cs_json_free(&a);
    cs_json_free(&b);
    return different;
}
