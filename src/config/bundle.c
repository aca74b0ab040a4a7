/* SPDX-License-Identifier: BSD-3-Clause */
/* The texts that decide a sweep: found and read on one rank, packed into one block for the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/text.h"
#include "library/read.h"
#include "reader.h"

enum { PATH_SIZE = 4096 };

static enum cs_code no_memory(const char *name, struct cs_error *error)
{
    return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory to read %s.", name);
}

/* A path of the configuration is relative to the configuration's folder. */
static enum cs_code beside_config(const char *config_path, const struct cs_json *at, char *path, size_t size,
                                  struct cs_error *error)
{
    char given[1024];
    CS_TRY(cs_json_text(at, given, sizeof given, error));
    const char *slash = config_path != NULL ? strrchr(config_path, '/') : NULL;
    const int folder = slash != NULL && given[0] != '/' ? (int)(slash - config_path + 1) : 0;
    const int length = snprintf(path, size, "%.*s%s", folder, config_path != NULL ? config_path : "", given);
    if (length < 0 || (size_t)length >= size) {
        return cs_json_fail(at, error, "the path is too long.");
    }
    return CS_OK;
}

/* ---- bundle ---- */
static enum cs_code read_data(const char *config_path, const struct cs_json *root, int32_t i, struct cs_bundle *bundle,
                              struct cs_error *error)
{
    char path[PATH_SIZE + 64], name[32];
    const char *key = cs_entry_row((enum cs_entry_kind)i)->list;
    const struct cs_json *at = cs_json_member(root, key);
    if (at != NULL) {
        CS_TRY(beside_config(config_path, at, path, sizeof path, error));
    } else {
        (void)snprintf(name, sizeof name, "%s.json", key);
        CS_TRY(cs_data_file(name, path, sizeof path, error));
    }
    bundle->file_name[i] = cs_copy_text(path, strlen(path));
    return bundle->file_name[i] != NULL ? cs_text_read(path, &bundle->file[i], error) : no_memory(path, error);
}

static enum cs_code copy_sets(int32_t set_count, const char *const *sets, struct cs_bundle *bundle,
                              struct cs_error *error)
{
    bundle->sets = calloc((size_t)set_count + 1, sizeof *bundle->sets);
    if (bundle->sets == NULL) {
        return no_memory("--set", error);
    }
    for (int32_t i = 0; i < set_count; i++) {
        bundle->sets[i] = cs_copy_text(sets[i], strlen(sets[i]));
        if (bundle->sets[i] == NULL) {
            return no_memory("--set", error);
        }
        bundle->set_count = i + 1;
    }
    return CS_OK;
}

/* Other formats that people hand in, by the end of the name. */
static enum cs_code check_format(const char *path, struct cs_error *error)
{
    static const struct {
        const char *end, *format;
    } others[] = {{".csv", "CSV"},  {".tsv", "CSV"},   {".yaml", "YAML"},
                  {".yml", "YAML"}, {".toml", "TOML"}, {".xml", "XML"}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const size_t length = strlen(path), end = strlen(others[i].end);
        if (length > end && strcmp(path + length - end, others[i].end) == 0) {
            return cs_fail(error, CS_ERROR_CONFIG,
                           "%s: a configuration is JSON, an object with \"axes\" (configs/quick.json is one, "
                           "configs/README.md explains every key), and not %s.",
                           path, others[i].format);
        }
    }
    return CS_OK;
}

enum cs_code cs_bundle_read(const char *config_path, int32_t set_count, const char *const *sets,
                            struct cs_bundle *bundle, struct cs_error *error)
{
    memset(bundle, 0, sizeof *bundle);
    const char *name = config_path != NULL ? config_path : CS_DEFAULTS_NAME;
    enum cs_code code = copy_sets(set_count, sets, bundle, error);
    bundle->config_name = cs_copy_text(name, strlen(name));
    if (code == CS_OK && bundle->config_name == NULL) {
        code = no_memory(name, error);
    }
    if (code == CS_OK && config_path != NULL) {
        code = cs_text_read(config_path, &bundle->config, error);
        code = code == CS_OK ? check_format(config_path, error) : code;
    }
    struct cs_json_document document;
    memset(&document, 0, sizeof document);
    if (code == CS_OK) {
        code = cs_bundle_document(bundle, &document, error);
    }
    for (int32_t i = 0; i < CS_ENTRY_KINDS && code == CS_OK; i++) {
        code = read_data(config_path, document.root, i, bundle, error);
    }
    cs_json_free(&document);
    if (code != CS_OK) {
        cs_bundle_free(bundle);
    }
    return code;
}

enum cs_code cs_bundle_add_devices(const char *path, struct cs_bundle *bundle, struct cs_error *error)
{
    if (path == NULL) {
        return CS_OK;
    }
    bundle->more_name = cs_copy_text(path, strlen(path));
    const enum cs_code code =
        bundle->more_name != NULL ? cs_text_read(path, &bundle->more_devices, error) : no_memory(path, error);
    if (code != CS_OK) {
        cs_bundle_free(bundle);
    }
    return code;
}

void cs_bundle_free(struct cs_bundle *bundle)
{
    free(bundle->config_name);
    free(bundle->config);
    free(bundle->more_name);
    free(bundle->more_devices);
    for (int32_t i = 0; i < CS_ENTRY_KINDS; i++) {
        free(bundle->file_name[i]);
        free(bundle->file[i]);
    }
    for (int32_t i = 0; i < bundle->set_count; i++) {
        free(bundle->sets[i]);
    }
    free(bundle->sets);
    memset(bundle, 0, sizeof *bundle);
}

/* ---- one block of bytes: a mark, the number of --set, each text as its length (int64, -1: none) and bytes ---- */
static const char mark[8] = {'c', 's', 'b', 'u', 'n', 'd', 'l', '1'};
enum { FIXED_TEXTS = 2 + 2 * CS_ENTRY_KINDS };

/* Where the i-th text of a bundle is; CONFIG alone may be none. */
enum { CONFIG_NAME, CONFIG };
static char **text_at(struct cs_bundle *bundle, int32_t i)
{
    if (i >= FIXED_TEXTS) {
        return &bundle->sets[i - FIXED_TEXTS];
    }
    const int32_t file = i / 2 - 1;
    return i == CONFIG_NAME ? &bundle->config_name
           : i == CONFIG    ? &bundle->config
           : i % 2 == 0     ? &bundle->file_name[file]
                            : &bundle->file[file];
}

/* Appends to the block; without one (NULL) it only counts. */
static void put(char *start, size_t *used, const void *from, size_t size)
{
    if (start != NULL && size > 0) {
        memcpy(start + *used, from, size);
    }
    *used += size;
}

static size_t put_all(const struct cs_bundle *bundle, char *start)
{
    struct cs_bundle copy = *bundle;
    const int64_t set_count = bundle->set_count;
    size_t used = 0;
    put(start, &used, mark, sizeof mark);
    put(start, &used, &set_count, sizeof set_count);
    for (int32_t i = 0; i < FIXED_TEXTS + bundle->set_count; i++) {
        const char *text = *text_at(&copy, i);
        const int64_t length = text != NULL ? (int64_t)strlen(text) : -1;
        put(start, &used, &length, sizeof length);
        put(start, &used, text, text != NULL ? (size_t)length : 0);
    }
    return used;
}

enum cs_code cs_bundle_pack(const struct cs_bundle *bundle, char **bytes, int64_t *size, struct cs_error *error)
{
    *size = (int64_t)put_all(bundle, NULL);
    *bytes = malloc((size_t)*size);
    if (*bytes == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory to send the configuration.");
    }
    (void)put_all(bundle, *bytes);
    return CS_OK;
}

static enum cs_code arrived(struct cs_error *error, const char *how)
{
    return cs_fail(error, CS_ERROR_INTERNAL, "The configuration arrived %s.", how);
}

/* Takes the next text off the block. */
static enum cs_code unpack_text(const char **at, const char *end, bool optional, char **text, struct cs_error *error)
{
    int64_t length = 0;
    if (end - *at < (ptrdiff_t)sizeof length) {
        return arrived(error, "cut short");
    }
    memcpy(&length, *at, sizeof length);
    *at += sizeof length;
    if (length < -1 || length > end - *at || (length > 0 && memchr(*at, '\0', (size_t)length) != NULL)) {
        return arrived(error, "damaged");
    }
    if (length < 0) {
        return optional ? CS_OK : arrived(error, "without a part");
    }
    *text = cs_copy_text(*at, (size_t)length);
    *at += length;
    return *text != NULL ? CS_OK : no_memory("the configuration", error);
}

static enum cs_code unpack(const char *at, const char *end, struct cs_bundle *bundle, struct cs_error *error)
{
    int64_t set_count = 0;
    if (end - at < (ptrdiff_t)(sizeof mark + sizeof set_count) || memcmp(at, mark, sizeof mark) != 0) {
        return cs_fail(error, CS_ERROR_INTERNAL, "What arrived is not a configuration.");
    }
    memcpy(&set_count, at + sizeof mark, sizeof set_count);
    at += sizeof mark + sizeof set_count;
    if (set_count < 0 || set_count > (end - at) / (ptrdiff_t)sizeof(int64_t) || set_count > INT32_MAX - FIXED_TEXTS) {
        return arrived(error, "damaged");
    }
    bundle->sets = calloc((size_t)set_count + 1, sizeof *bundle->sets);
    if (bundle->sets == NULL) {
        return no_memory("the configuration", error);
    }
    bundle->set_count = (int32_t)set_count;
    for (int32_t i = 0; i < FIXED_TEXTS + bundle->set_count; i++) {
        CS_TRY(unpack_text(&at, end, i == CONFIG, text_at(bundle, i), error));
    }
    return at == end ? CS_OK : arrived(error, "with bytes too many");
}

enum cs_code cs_bundle_unpack(const char *bytes, int64_t size, struct cs_bundle *bundle, struct cs_error *error)
{
    memset(bundle, 0, sizeof *bundle);
    const enum cs_code code = unpack(bytes, bytes + size, bundle, error);
    if (code != CS_OK) {
        cs_bundle_free(bundle);
    }
    return code;
}
