/* SPDX-License-Identifier: BSD-3-Clause */
#include "read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names among which the nearest to a wrong one is looked for; of more, the rest is not looked at. */
enum { NAMES_MAX = CS_JSON_NAMES_MAX };

void *cs_grow(void *array, int32_t count, size_t element)
{
    if ((count & (count - 1)) != 0) {
        return array;
    }
    return realloc(array, (count == 0 ? 1 : 2 * (size_t)count) * element);
}

static int32_t find_alias(const struct cs_alias *aliases, int32_t count, const char *name)
{
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(aliases[i].name, name) == 0) {
            return aliases[i].index;
        }
    }
    return -1;
}

/* Of entries with one name the last counts, so that one of the configuration, added later, replaces one of the data
 * file. */
int32_t cs_library_device(const struct cs_library *library, const char *name)
{
    for (int32_t i = library->device_count - 1; i >= 0; i--) {
        if (strcmp(library->devices[i].name, name) == 0) {
            return i;
        }
    }
    return find_alias(library->device_aliases, library->device_alias_count, name);
}

int32_t cs_library_region(const struct cs_library *library, const char *name)
{
    for (int32_t i = library->region_count - 1; i >= 0; i--) {
        if (strcmp(library->regions[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

int32_t cs_library_qat(const struct cs_library *library, const char *name)
{
    for (int32_t i = library->qat_count - 1; i >= 0; i--) {
        if (strcmp(library->qat_levels[i].name, name) == 0) {
            return i;
        }
    }
    return -1;
}

int32_t cs_library_model(const struct cs_library *library, const char *name)
{
    for (int32_t i = library->model_count - 1; i >= 0; i--) {
        if (!library->models[i].from_law && strcmp(library->models[i].architecture.name, name) == 0) {
            return i;
        }
    }
    return find_alias(library->model_aliases, library->model_alias_count, name);
}

static enum cs_code unknown(const struct cs_json *at, const char *what, int32_t count, const char *const *names,
                            const char *more, struct cs_error *error)
{
    char suggestion[384], found[96];
    if (at->type != CS_JSON_STRING) {
        return cs_json_fail(at, error, "expected the name of a %s or an object {...}, not %s.", what,
                            cs_json_describe(at, found, sizeof found));
    }
    return cs_json_fail(at, error, "no %s is named \"%s\"%s%s", what,
                        cs_json_clean(at->string, strlen(at->string), found, sizeof found),
                        cs_json_suggest(at->string, count, names, suggestion, sizeof suggestion), more);
}

enum cs_code cs_unknown_device(const struct cs_json *at, const struct cs_library *library, struct cs_error *error)
{
    const char *names[NAMES_MAX];
    int32_t count = 0;
    for (int32_t i = 0; i < library->device_count && count < NAMES_MAX; i++) {
        names[count++] = library->devices[i].name;
    }
    for (int32_t i = 0; i < library->device_alias_count && count < NAMES_MAX; i++) {
        names[count++] = library->device_aliases[i].name;
    }
    return unknown(at, "device", count, names, "", error);
}

enum cs_code cs_unknown_region(const struct cs_json *at, const struct cs_library *library, struct cs_error *error)
{
    const char *names[NAMES_MAX];
    int32_t count = 0;
    for (int32_t i = 0; i < library->region_count && count < NAMES_MAX; i++) {
        names[count++] = library->regions[i].name;
    }
    return unknown(at, "region", count, names, "", error);
}

enum cs_code cs_unknown_qat(const struct cs_json *at, const struct cs_library *library, struct cs_error *error)
{
    const char *names[NAMES_MAX];
    int32_t count = 0;
    for (int32_t i = 0; i < library->qat_count && count < NAMES_MAX; i++) {
        names[count++] = library->qat_levels[i].name;
    }
    return unknown(at, "QAT level", count, names, "", error);
}

enum cs_code cs_unknown_model(const struct cs_json *at, const struct cs_library *library, struct cs_error *error)
{
    const char *names[NAMES_MAX];
    int32_t count = 0;
    for (int32_t i = 0; i < library->model_count && count < NAMES_MAX; i++) {
        if (!library->models[i].from_law) {
            names[count++] = library->models[i].architecture.name;
        }
    }
    for (int32_t i = 0; i < library->model_alias_count && count < NAMES_MAX; i++) {
        names[count++] = library->model_aliases[i].name;
    }
    return unknown(at, "model", count, names, " A model dimension is written {\"d_model\": [8192]}.", error);
}

/* ---- regions ---- */
enum cs_code cs_add_region(const struct cs_json *at, struct cs_library *library, int32_t *index, struct cs_error *error)
{
    static const char *const keys[] = {"region", "g_per_kwh", "year", "pue", "source", "note"};
    const struct cs_json *member = NULL;
    struct cs_region region;
    memset(&region, 0, sizeof region);
    CS_TRY(cs_json_object(at, error));
    CS_TRY(cs_json_known_keys(at, sizeof keys / sizeof keys[0], keys, error));
    CS_TRY(cs_json_required_text(at, "region", region.name, sizeof region.name, error));
    CS_TRY(cs_json_require(at, "g_per_kwh", &member, error));
    CS_TRY(cs_json_real(member, 0.0, 10000.0, "g/kWh", &region.g_per_kwh, error));
    if ((member = cs_json_member(at, "year")) != NULL) {
        int64_t year = 0;
        CS_TRY(cs_json_count(member, 1900, 2200, NULL, &year, error));
        region.year = (int32_t)year;
    }
    if ((member = cs_json_member(at, "pue")) != NULL) {
        CS_TRY(cs_json_real(member, 1.0, 10.0, NULL, &region.pue, error));
    }
    CS_TRY(cs_json_free_text(at, "source", region.source, sizeof region.source, error));
    CS_TRY(cs_json_free_text(at, "note", NULL, 0, error));
    struct cs_region *regions = cs_grow(library->regions, library->region_count, sizeof *regions);
    if (regions == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the regions.");
    }
    library->regions = regions;
    regions[library->region_count] = region;
    *index = library->region_count++;
    return CS_OK;
}

/* ---- QAT levels ---- */
static enum cs_code read_bytes(const struct cs_json *at, const char *key, double fallback, double *bytes,
                               struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(at, key);
    double bits = 0.0;
    if (member == NULL) {
        if (fallback < 0.0) {
            return cs_json_require(at, key, &member, error);
        }
        *bytes = fallback;
        return CS_OK;
    }
    CS_TRY(cs_json_real(member, 1.0, 64.0, "bit", &bits, error));
    *bytes = bits / 8.0;
    return CS_OK;
}

enum cs_code cs_add_qat(const struct cs_json *at, struct cs_library *library, int32_t *index, struct cs_error *error)
{
    static const char *const keys[] = {"qat",           "weight_bits",   "activation_bits", "communication_bits",
                                       "dispatch_bits", "gradient_bits", "format",          "source",
                                       "note"};
    const struct cs_json *member = NULL;
    struct cs_qat qat;
    int32_t format = 0;
    memset(&qat, 0, sizeof qat);
    struct cs_precision *precision = &qat.precision;
    CS_TRY(cs_json_object(at, error));
    CS_TRY(cs_json_known_keys(at, sizeof keys / sizeof keys[0], keys, error));
    CS_TRY(cs_json_required_text(at, "qat", qat.name, sizeof qat.name, error));
    memcpy(precision->name, qat.name, sizeof precision->name);
    CS_TRY(cs_json_require(at, "format", &member, error));
    CS_TRY(cs_json_choice(member, CS_FORMAT_NAMES, &format, error));
    precision->format = (enum cs_format)format;
    CS_TRY(read_bytes(at, "weight_bits", -1.0, &precision->weight_bytes, error));
    CS_TRY(read_bytes(at, "activation_bits", -1.0, &precision->activation_bytes, error));
    CS_TRY(read_bytes(at, "communication_bits", -1.0, &precision->communication_bytes, error));
    CS_TRY(read_bytes(at, "dispatch_bits", precision->communication_bytes, &precision->dispatch_bytes, error));
    CS_TRY(read_bytes(at, "gradient_bits", 0.0, &precision->gradient_communication_bytes, error));
    CS_TRY(cs_json_free_text(at, "source", NULL, 0, error));
    CS_TRY(cs_json_free_text(at, "note", NULL, 0, error));
    struct cs_qat *levels = cs_grow(library->qat_levels, library->qat_count, sizeof *levels);
    if (levels == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the QAT levels.");
    }
    library->qat_levels = levels;
    levels[library->qat_count] = qat;
    *index = library->qat_count++;
    return CS_OK;
}

/* ---- files of regions and QAT levels ---- */
static enum cs_code twice(const struct cs_json *at, const char *key, struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(at, key);
    return cs_json_fail(member, error, "an earlier entry has the name \"%s\".", member->string);
}

enum cs_code cs_read_regions(const struct cs_json *root, struct cs_library *library, struct cs_error *error)
{
    const struct cs_json *list = NULL;
    CS_TRY(cs_json_entries(root, "regions", &list, error));
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        int32_t index = 0;
        CS_TRY(cs_add_region(at, library, &index, error));
        library->region_count--;
        const bool known = cs_library_region(library, library->regions[index].name) >= 0;
        library->region_count++;
        if (known) {
            return twice(at, "region", error);
        }
    }
    return CS_OK;
}

enum cs_code cs_read_qat_levels(const struct cs_json *root, struct cs_library *library, struct cs_error *error)
{
    const struct cs_json *list = NULL;
    CS_TRY(cs_json_entries(root, "qat_levels", &list, error));
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        int32_t index = 0;
        CS_TRY(cs_add_qat(at, library, &index, error));
        library->qat_count--;
        const bool known = cs_library_qat(library, library->qat_levels[index].name) >= 0;
        library->qat_count++;
        if (known) {
            return twice(at, "qat", error);
        }
    }
    return CS_OK;
}

void cs_library_free(struct cs_library *library)
{
    free(library->devices);
    free(library->regions);
    free(library->qat_levels);
    free(library->models);
    free(library->device_aliases);
    free(library->model_aliases);
    memset(library, 0, sizeof *library);
}
