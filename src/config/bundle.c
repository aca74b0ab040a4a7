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
const char *const cs_data_keys[CS_DATA_FILES] = {"devices", "regions", "qat_levels", "models"};

static enum cs_code read_data(const char *config_path, const struct cs_json *root, int32_t i, struct cs_bundle *bundle,
                              struct cs_error *error)
{
    char path[PATH_SIZE + 64], name[32];
    const struct cs_json *at = cs_json_member(root, cs_data_keys[i]);
    if (at != NULL) {
        CS_TRY(beside_config(config_path, at, path, sizeof path, error));
    } else {
        (void)snprintf(name, sizeof name, "%s.json", cs_data_keys[i]);
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
    }
    struct cs_json_document document;
    memset(&document, 0, sizeof document);
    if (code == CS_OK) {
        code = cs_bundle_document(bundle, &document, error);
    }
    for (int32_t i = 0; i < CS_DATA_FILES && code == CS_OK; i++) {
        code = read_data(config_path, document.root, i, bundle, error);
    }
    cs_json_free(&document);
    if (code != CS_OK) {
        cs_bundle_free(bundle);
    }
    return code;
}

void cs_bundle_free(struct cs_bundle *bundle)
{
    free(bundle->config_name);
    free(bundle->config);
    for (int32_t i = 0; i < CS_DATA_FILES; i++) {
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
enum { FIXED_TEXTS = 2 + 2 * CS_DATA_FILES };

static char **fixed_text(struct cs_bundle *bundle, int32_t i)
{
    char **const texts[FIXED_TEXTS] = {&bundle->config_name,  &bundle->config,  &bundle->file_name[0], &bundle->file[0],
                                       &bundle->file_name[1], &bundle->file[1], &bundle->file_name[2], &bundle->file[2],
                                       &bundle->file_name[3], &bundle->file[3]};
    return texts[i];
}

static const char *text_of(const struct cs_bundle *bundle, int32_t i)
{
    struct cs_bundle copy = *bundle;
    return i < FIXED_TEXTS ? *fixed_text(&copy, i) : bundle->sets[i - FIXED_TEXTS];
}

enum cs_code cs_bundle_pack(const struct cs_bundle *bundle, char **bytes, int64_t *size, struct cs_error *error)
{
    const int32_t texts = FIXED_TEXTS + bundle->set_count;
    const int64_t set_count = bundle->set_count;
    size_t total = sizeof mark + sizeof set_count;
    for (int32_t i = 0; i < texts; i++) {
        const char *text = text_of(bundle, i);
        total += sizeof(int64_t) + (text != NULL ? strlen(text) : 0);
    }
    *bytes = malloc(total);
    if (*bytes == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory to send the configuration.");
    }
    char *to = *bytes;
    memcpy(to, mark, sizeof mark);
    to += sizeof mark;
    memcpy(to, &set_count, sizeof set_count);
    to += sizeof set_count;
    for (int32_t i = 0; i < texts; i++) {
        const char *text = text_of(bundle, i);
        const int64_t length = text != NULL ? (int64_t)strlen(text) : -1;
        memcpy(to, &length, sizeof length);
        to += sizeof length;
        if (length > 0) {
            memcpy(to, text, (size_t)length);
            to += length;
        }
    }
    *size = (int64_t)total;
    return CS_OK;
}

/* Takes the next text off the block. */
static enum cs_code unpack_text(const char **at, const char *end, char **text, struct cs_error *error)
{
    int64_t length = 0;
    *text = NULL;
    if (end - *at < (ptrdiff_t)sizeof length) {
        return cs_fail(error, CS_ERROR_INTERNAL, "The configuration arrived cut short.");
    }
    memcpy(&length, *at, sizeof length);
    *at += sizeof length;
    if (length < -1 || length > end - *at) {
        return cs_fail(error, CS_ERROR_INTERNAL, "The configuration arrived damaged.");
    }
    if (length >= 0) {
        if (memchr(*at, '\0', (size_t)length) != NULL) {
            return cs_fail(error, CS_ERROR_INTERNAL, "The configuration arrived damaged.");
        }
        *text = cs_copy_text(*at, (size_t)length);
        if (*text == NULL) {
            return no_memory("the configuration", error);
        }
        *at += length;
    }
    return CS_OK;
}

static enum cs_code unpack(const char *at, const char *end, struct cs_bundle *bundle, struct cs_error *error)
{
    int64_t set_count = 0;
    if (end - at < (ptrdiff_t)(sizeof mark + sizeof set_count) || memcmp(at, mark, sizeof mark) != 0) {
        return cs_fail(error, CS_ERROR_INTERNAL, "What arrived is not a configuration.");
    }
    memcpy(&set_count, at + sizeof mark, sizeof set_count);
    at += sizeof mark + sizeof set_count;
    if (set_count < 0 || set_count > (end - at) / (ptrdiff_t)sizeof(int64_t) || set_count > INT32_MAX - 1) {
        return cs_fail(error, CS_ERROR_INTERNAL, "The configuration arrived damaged.");
    }
    for (int32_t i = 0; i < FIXED_TEXTS; i++) {
        CS_TRY(unpack_text(&at, end, fixed_text(bundle, i), error));
        if (*fixed_text(bundle, i) == NULL && i != 1) {
            return cs_fail(error, CS_ERROR_INTERNAL, "The configuration arrived without a part.");
        }
    }
    bundle->sets = calloc((size_t)set_count + 1, sizeof *bundle->sets);
    if (bundle->sets == NULL) {
        return no_memory("the configuration", error);
    }
    for (int32_t i = 0; i < (int32_t)set_count; i++) {
        CS_TRY(unpack_text(&at, end, &bundle->sets[i], error));
        if (bundle->sets[i] == NULL) {
            return cs_fail(error, CS_ERROR_INTERNAL, "The configuration arrived without a part.");
        }
        bundle->set_count = i + 1;
    }
    if (at != end) {
        return cs_fail(error, CS_ERROR_INTERNAL, "The configuration arrived with bytes too many.");
    }
    return CS_OK;
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
