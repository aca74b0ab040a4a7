/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "cs_sweep/number.h"
#include "cs_sweep/text.h"
#include "library/read.h"
#include "reader.h"

/* The configuration, or where there is none one of its own, so that the defaults pass through the same reader: the
 * paper's 1T model on H100. */
static const char *text_of(const struct cs_bundle *bundle, char *buffer, size_t size)
{
    if (bundle->config != NULL) {
        return bundle->config;
    }
    int used = snprintf(buffer, size, "{\"title\": \"Defaults\", \"axes\": ");
    for (int32_t i = 0; i < CS_MAIN_AXIS_COUNT; i++) {
        used += snprintf(buffer + used, size - (size_t)used, "%s\"%s\": %s", i == 0 ? "{" : ", ", cs_main_axes[i].key,
                         cs_main_axes[i].standard);
    }
    (void)snprintf(buffer + used, size - (size_t)used, "}}");
    return buffer;
}

/* The path of a setting is one key of "axes", with its point: axes.carbon.pue=[1.1, 1.2]. */
static size_t key_length(const struct cs_json *object, const char *path, const char *end)
{
    const char *point = memchr(path, '.', (size_t)(end - path));
    if (point == NULL) {
        return (size_t)(end - path);
    }
    const bool axes = object->key != NULL && strcmp(object->key, "axes") == 0 && object->parent->parent == NULL;
    for (int32_t i = 0; axes && i < CS_MAIN_AXIS_COUNT; i++) {
        const char *key = cs_main_axes[i].key;
        if (strlen(key) == (size_t)(point - path) && memcmp(path, key, strlen(key)) == 0) {
            return (size_t)(point - path);
        }
    }
    const char *second = axes ? memchr(point + 1, '.', (size_t)(end - point - 1)) : point;
    return (size_t)((second != NULL ? second : end) - path);
}

enum { DEFAULTS_SIZE = 512 };

enum cs_code cs_bundle_document(const struct cs_bundle *bundle, struct cs_json_document *document,
                                struct cs_error *error)
{
    char defaults[DEFAULTS_SIZE];
    const char *text = text_of(bundle, defaults, sizeof defaults);
    CS_TRY(cs_json_parse(bundle->config_name, text, strlen(text), document, error));
    CS_TRY(cs_json_object(document->root, error));
    for (int32_t i = 0; i < bundle->set_count; i++) {
        if (!bundle->one_point || !cs_set_picks(document->root, bundle->sets[i])) {
            CS_TRY(cs_json_assign(document, bundle->sets[i], key_length, error));
        }
    }
    return CS_OK;
}

/* ---- sections ---- */
/* ZeRO stages are names to the table and numbers to people: both are taken. */
static enum cs_code set_member(const struct cs_json *at, const char *names, int32_t *index, struct cs_error *error)
{
    if (at->type == CS_JSON_NUMBER) {
        char name[32];
        (void)snprintf(name, sizeof name, "%g", at->number);
        *index = cs_choice_index(names, name);
        if (*index >= 0) {
            return CS_OK;
        }
    }
    return cs_json_choice(at, names, index, error);
}

/* Bits of a set: a list of its names; or, as one value of an axis, a name alone. */
static enum cs_code read_set(const struct cs_json *at, const char *names, bool single, uint32_t *bits,
                             struct cs_error *error)
{
    int32_t index = 0;
    *bits = 0;
    if (single && at->type != CS_JSON_ARRAY) {
        CS_TRY(set_member(at, names, &index, error));
        *bits = 1u << index;
        return CS_OK;
    }
    CS_TRY(cs_json_array(at, error));
    for (const struct cs_json *member = at->first; member != NULL; member = member->next) {
        CS_TRY(set_member(member, names, &index, error));
        if ((*bits >> index & 1u) != 0) {
            char found[96];
            return cs_json_fail(member, error, "%s is given twice.", cs_json_describe(member, found, sizeof found));
        }
        *bits |= 1u << index;
    }
    return CS_OK;
}

static enum cs_code read_list(const struct cs_json *at, const struct cs_setting *row, struct cs_list *list,
                              struct cs_error *error)
{
    memset(list, 0, sizeof *list);
    if (at->type == CS_JSON_STRING && cs_choice_index(row->names, at->string) >= 0) {
        list->name = cs_choice_index(row->names, at->string);
        return CS_OK;
    }
    if (at->type != CS_JSON_ARRAY || at->count > CS_LIST_MAX) {
        char found[96], names[96] = "", name[CS_NAME_MAX];
        for (int32_t i = 0; cs_choice_name(row->names, i, name, sizeof name)[0] != '\0'; i++) {
            const size_t used = strlen(names);
            (void)snprintf(names + used, sizeof names - used, "%s\"%s\"", i > 0 ? ", " : "", name);
        }
        return cs_json_fail(at, error, "expected %s, or a list [...] of at most %d whole numbers, not %s%s.", names,
                            CS_LIST_MAX, cs_json_describe(at, found, sizeof found),
                            at->type == CS_JSON_ARRAY ? " of more" : "");
    }
    for (const struct cs_json *member = at->first; member != NULL; member = member->next) {
        int64_t value = 0;
        CS_TRY(cs_json_count(member, (int64_t)row->low, (int64_t)row->high, row->unit, &value, error));
        for (int32_t i = 0; i < list->count; i++) {
            if (list->values[i] == value) {
                return cs_json_fail(member, error, "%d is given twice.", (int)value);
            }
        }
        list->values[list->count++] = (int32_t)value;
    }
    return CS_OK;
}

enum cs_code cs_read_value(const struct cs_json *at, const struct cs_setting *row, bool single, double *value,
                           struct cs_list *list, struct cs_error *error)
{
    const struct cs_number_kind kind = cs_setting_kind_of(row);
    bool flag = false;
    int32_t index = 0;
    uint32_t bits = 0;
    switch (row->type) {
    case CS_FLAG:
        CS_TRY(cs_json_flag(at, &flag, error));
        *value = flag ? 1.0 : 0.0;
        return CS_OK;
    case CS_CHOICE:
        CS_TRY(cs_json_choice(at, row->names, &index, error));
        *value = index;
        return CS_OK;
    case CS_SET:
        CS_TRY(read_set(at, row->names, single, &bits, error));
        *value = bits;
        return CS_OK;
    case CS_LIST:
        return read_list(at, row, list, error);
    case CS_REAL:
    case CS_COUNT:
    default:
        return cs_read_number(at, &kind, value, error);
    }
}

static enum cs_code read_setting(const struct cs_json *at, const struct cs_setting *row, struct cs_settings *settings,
                                 struct cs_error *error)
{
    double value = 0.0;
    CS_TRY(cs_read_value(at, row, false, &value, row->type == CS_LIST ? cs_setting_list(settings, row) : NULL, error));
    cs_setting_put(settings, row, value); /* which leaves a list alone */
    return CS_OK;
}

static enum cs_code read_section(const struct cs_json *section, const char *name, struct cs_settings *settings,
                                 struct cs_error *error)
{
    enum { KEYS_MAX = 64 };
    const char *keys[KEYS_MAX];
    int32_t count = 0, key_count = 0;
    const struct cs_setting *table = cs_settings_table(&count);
    for (int32_t i = 0; i < count && key_count < KEYS_MAX - 1; i++) {
        if (strcmp(table[i].section, name) == 0) {
            keys[key_count++] = table[i].name;
        }
    }
    if (strcmp(name, "output") == 0) {
        keys[key_count++] = "file";
    }
    CS_TRY(cs_json_object(section, error));
    CS_TRY(cs_json_known_keys(section, key_count, keys, error));
    for (const struct cs_json *at = section->first; at != NULL; at = at->next) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s.%s", name, at->key);
        const struct cs_setting *row = cs_setting_find(path);
        if (row != NULL) {
            CS_TRY(read_setting(at, row, settings, error));
        }
    }
    return CS_OK;
}

/* full.json's results are full.h5, in the working directory. */
static void name_output(const char *config_name, struct cs_config *config)
{
    const char *slash = strrchr(config_name, '/');
    const char *name = slash != NULL ? slash + 1 : config_name;
    const char *point = strrchr(name, '.');
    const int length = point != NULL && point != name ? (int)(point - name) : (int)strlen(name);
    if (strcmp(config_name, CS_DEFAULTS_NAME) == 0) {
        (void)snprintf(config->output_path, sizeof config->output_path, "cs_sweep.h5");
    } else {
        (void)snprintf(config->output_path, sizeof config->output_path, "%.*s.h5", length < 1000 ? length : 1000, name);
    }
}

/* The name of the result file, or the section, which may hold it. */
static enum cs_code read_output(const struct cs_json *output, struct cs_config *config, struct cs_error *error)
{
    if (output->type == CS_JSON_STRING) {
        return cs_json_text(output, config->output_path, sizeof config->output_path, error);
    }
    CS_TRY(read_section(output, "output", &config->settings, error));
    const struct cs_json *file = cs_json_member(output, "file");
    return file != NULL ? cs_json_text(file, config->output_path, sizeof config->output_path, error) : CS_OK;
}

static enum cs_code read_settings(const struct cs_json *root, struct cs_config *config, struct cs_error *error)
{
#define SECTION_NAME(section, type, table) #section,
    static const char *const sections[] = {CS_SECTIONS(SECTION_NAME)};
    cs_settings_default(&config->settings);
    const struct cs_json *preset = cs_json_member(cs_json_member(root, "carbon"), "preset");
    if (preset != NULL && preset->type == CS_JSON_STRING && strcmp(preset->string, "default") == 0) {
        return cs_json_fail(preset, error,
                            "the preset \"default\" is gone; \"measured\" is the default, with other constants.");
    }
    if (preset != NULL) {
        CS_TRY(read_setting(preset, cs_setting_find("carbon.preset"), &config->settings, error));
        cs_settings_apply_preset(&config->settings);
    }
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        const struct cs_json *section = cs_json_member(root, sections[i]);
        if (section != NULL && strcmp(sections[i], "output") == 0) {
            CS_TRY(read_output(section, config, error));
        } else if (section != NULL) {
            CS_TRY(read_section(section, sections[i], &config->settings, error));
        }
    }
    return CS_OK;
}

/* ---- the whole ---- */
static enum cs_code read_data_file(const char *name, const char *text, enum cs_entry_kind kind,
                                   struct cs_library *library, struct cs_error *error)
{
    struct cs_json_document document;
    enum cs_code code = cs_json_parse(name, text, strlen(text), &document, error);
    if (code == CS_OK) {
        code = cs_read_entries(document.root, kind, library, error);
    }
    cs_json_free(&document);
    return code;
}

static enum cs_code read_library(const struct cs_bundle *bundle, struct cs_library *library, struct cs_error *error)
{
    for (int32_t i = 0; i < CS_ENTRY_KINDS; i++) {
        CS_TRY(read_data_file(bundle->file_name[i], bundle->file[i], (enum cs_entry_kind)i, library, error));
    }
    return bundle->more_devices == NULL
               ? CS_OK
               : read_data_file(bundle->more_name, bundle->more_devices, CS_ENTRY_DEVICE, library, error);
}

static bool given(const struct cs_json *root, const char *path)
{
    return cs_setting_place(root, path) != NULL;
}

/* Where no configuration and no option names a level of quantisation, a model that was trained in FP8 brings its own,
 * on a device that computes in FP8. */
static void take_precision(const struct cs_bundle *bundle, struct cs_config *config)
{
    bool given = !bundle->one_point || bundle->config != NULL || bundle->wanted[CS_AXIS_QAT] != NULL;
    for (int32_t i = 0; i < bundle->set_count; i++) {
        given = given || strncmp(bundle->sets[i], "axes.qat=", 9) == 0;
    }
    if (given) {
        return;
    }
    struct cs_axis *const qat = &config->axes[cs_config_axis(config, CS_AXIS_QAT)];
    const int32_t model = config->axes[cs_config_axis(config, CS_AXIS_MODEL)].indices[0];
    const int32_t device = config->axes[cs_config_axis(config, CS_AXIS_HARDWARE)].indices[0];
    const int32_t level = cs_library_find(&config->library, CS_ENTRY_QAT, "fp8");
    if (level >= 0 && config->library.models[model].precision == CS_MODEL_FP8 &&
        config->library.devices[device].fp8_multiplier > 1.0) {
        qat->indices[0] = level;
        (void)snprintf(qat->labels[0], sizeof qat->labels[0], "fp8");
    }
}

/* A model names the device that its site's network joined; from here on by the name that the hardware axis has for it,
 * which may be an alias. */
static void name_networks(struct cs_config *config)
{
    const struct cs_axis *const models = &config->axes[cs_config_axis(config, CS_AXIS_MODEL)];
    const struct cs_axis *const hardware = &config->axes[cs_config_axis(config, CS_AXIS_HARDWARE)];
    for (int64_t i = 0; i < models->size; i++) {
        struct cs_model *const model = &config->library.models[models->indices[i]];
        const int32_t device = cs_library_find(&config->library, CS_ENTRY_DEVICE, model->scale_out_device);
        for (int64_t k = 0; device >= 0 && k < hardware->size; k++) {
            if (hardware->indices[k] == device) {
                memcpy(model->scale_out_device, hardware->labels[k], sizeof model->scale_out_device);
            }
        }
    }
}

static enum cs_code parse(const struct cs_bundle *bundle, const struct cs_json *root, struct cs_config *config,
                          struct cs_error *error)
{
    static const char *const keys[] = {
        "title", "devices", "regions", "qat_levels", "models", "axes", CS_SECTIONS(SECTION_NAME) "device", "$schema"};
    CS_TRY(cs_json_known_keys(root, sizeof keys / sizeof keys[0], keys, error));
    const struct cs_json *title = cs_json_member(root, "title");
    if (title != NULL) {
        CS_TRY(cs_json_text(title, config->title, sizeof config->title, error));
    }
    CS_TRY(cs_json_free_text(root, "$schema", NULL, 0, error));
    CS_TRY(read_settings(root, config, error));
    CS_TRY(read_library(bundle, &config->library, error));
    if (config->output_path[0] == '\0') {
        name_output(bundle->config_name, config);
    }
    config->seq_len_given = given(root, "training.seq_len");
    config->tokens_given = given(root, "training.tokens_per_parameter") || given(root, "training.tokens_basis") ||
                           given(root, "training.tokens");
    config->batch_given = given(root, "training.global_batch");
    config->goodput_given = given(root, "training.goodput");
    config->schedules_given = given(root, "search.schedules");
    config->recompute_given = given(root, "search.recompute");
    config->stack_given = given(root, "training.stack");
    config->stack_year_given = given(root, "training.stack_year");
    CS_TRY(cs_read_axes(bundle, root, config, error));
    take_precision(bundle, config);
    name_networks(config);
    CS_TRY(cs_check_together(bundle, root, config, error));
    char defaults[DEFAULTS_SIZE];
    const char *text = text_of(bundle, defaults, sizeof defaults);
    config->as_given = cs_copy_text(text, strlen(text));
    if (config->as_given == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the configuration.");
    }
    return cs_write_in_effect(config, error);
}

enum cs_code cs_config_parse(const struct cs_bundle *bundle, struct cs_config *config, struct cs_error *error)
{
    struct cs_json_document document;
    memset(&document, 0, sizeof document);
    memset(config, 0, sizeof *config);
    enum cs_code code = cs_bundle_document(bundle, &document, error);
    if (code == CS_OK) {
        code = parse(bundle, document.root, config, error);
    }
    cs_json_free(&document);
    if (code != CS_OK) {
        cs_config_free(config);
    }
    return code;
}

void cs_config_free(struct cs_config *config)
{
    for (int32_t i = 0; i < config->axis_count; i++) {
        free(config->axes[i].numbers);
        free(config->axes[i].lists);
        free(config->axes[i].labels);
        free(config->axes[i].indices);
    }
    cs_library_free(&config->library);
    free(config->as_given);
    free(config->in_effect);
    memset(config, 0, sizeof *config);
}
