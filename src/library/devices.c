/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices: every row of CS_DEVICE_FIELDS is a key; "based_on" starts from another device. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "read.h"

#define KIND_NAMES "gpu|tpu"

static const char *const other_keys[] = {"name",  "aliases", "family", "kind",   "based_on",
                                         "tiles", "source",  "note",   "sources"};
enum { OTHER_COUNT = sizeof other_keys / sizeof other_keys[0], KEY_COUNT = CS_DEVICE_FIELD_COUNT + OTHER_COUNT };

static void all_keys(const char *keys[KEY_COUNT])
{
    int32_t count = 0;
    const struct cs_device_field *fields = cs_device_fields(&count);
    for (int32_t i = 0; i < count; i++) {
        keys[i] = fields[i].key;
    }
    for (int32_t i = 0; i < OTHER_COUNT; i++) {
        keys[count + i] = other_keys[i];
    }
}

/* [[m, n, efficiency], ...] */
static enum cs_code read_tiles(const struct cs_json *list, struct cs_device *device, struct cs_error *error)
{
    CS_TRY(cs_json_array(list, error));
    if (list->count > CS_TILES_MAX) {
        return cs_json_fail(list, error, "%d tiles; a device has at most %d.", (int)list->count, CS_TILES_MAX);
    }
    device->tile_count = 0;
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        struct cs_tile *tile = &device->tiles[device->tile_count++];
        int64_t m = 0, n = 0;
        if (at->type != CS_JSON_ARRAY || at->count != 3) {
            char found[96];
            return cs_json_fail(at, error, "expected a tile [m, n, efficiency], not %s.",
                                cs_json_describe(at, found, sizeof found));
        }
        CS_TRY(cs_json_count(at->first, 1, 65536, NULL, &m, error));
        CS_TRY(cs_json_count(at->first->next, 1, 65536, NULL, &n, error));
        CS_TRY(cs_json_real(at->last, 0.01, 1.0, NULL, &tile->efficiency, error));
        tile->m = (double)m;
        tile->n = (double)n;
    }
    return CS_OK;
}

static enum cs_code read_sources(const struct cs_json *at, int32_t count, const char *const *keys,
                                 struct cs_error *error)
{
    CS_TRY(cs_json_free_text(at, "source", NULL, 0, error));
    CS_TRY(cs_json_free_text(at, "note", NULL, 0, error));
    const struct cs_json *sources = cs_json_member(at, "sources");
    if (sources == NULL) {
        return CS_OK;
    }
    CS_TRY(cs_json_object(sources, error));
    CS_TRY(cs_json_known_keys(sources, count, keys, error));
    for (const struct cs_json *member = sources->first; member != NULL; member = member->next) {
        CS_TRY(cs_json_free_text(sources, member->key, NULL, 0, error));
    }
    return CS_OK;
}

bool cs_device_refuses(const struct cs_device *device, const struct cs_device_field *field, double value, char *reason,
                       size_t size)
{
    if (field->type == CS_COUNT && value != floor(value)) {
        char found[CS_NUMBER_TEXT_MAX];
        (void)snprintf(reason, size, "expected a whole number, not %s.", cs_format_number(value, found));
        return true;
    }
    const bool torus = field->offset == (int64_t)offsetof(struct cs_device, torus_axes);
    if (torus && device->kind == CS_GPU && value > 0.0) {
        (void)snprintf(reason, size, "a device of kind \"gpu\" must have torus_axes 0.");
        return true;
    }
    if (torus && value == 1.0) {
        (void)snprintf(reason, size, "torus_axes must be 0 (switched), 2 or 3, not 1.");
        return true;
    }
    return false;
}

/* Refuses devices that the model cannot compute with although each field by itself is in its range. */
static enum cs_code check_device(const struct cs_json *at, const struct cs_device *device, struct cs_error *error)
{
    char reason[128];
    int32_t count = 0;
    const struct cs_device_field *fields = cs_device_fields(&count);
    for (int32_t i = 0; i < count; i++) {
        if (cs_device_refuses(device, &fields[i], cs_device_get(device, &fields[i]), reason, sizeof reason)) {
            const struct cs_json *member = cs_json_member(at, fields[i].key);
            return cs_json_fail(member != NULL ? member : at, error, "%s", reason);
        }
    }
    if (device->kind == CS_GPU && device->tile_count == 0) {
        return cs_json_fail(at, error, "the key \"tiles\" is missing; a GPU needs one GEMM tile or more.");
    }
    return CS_OK;
}

static enum cs_code read_kind(const struct cs_json *at, bool has_base, struct cs_device *device, struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(at, "kind");
    int32_t kind = (int32_t)device->kind;
    if (member == NULL && !has_base) {
        return cs_json_require(at, "kind", &member, error);
    }
    if (member != NULL) {
        CS_TRY(cs_json_choice(member, KIND_NAMES, &kind, error));
    }
    device->kind = (enum cs_device_kind)kind;
    return CS_OK;
}

/* A device from its object, on top of `base` where there is one. */
static enum cs_code read_device(const struct cs_json *at, const struct cs_device *base, struct cs_device *device,
                                struct cs_error *error)
{
    const struct cs_json *member = NULL;
    const char *keys[KEY_COUNT];
    all_keys(keys);
    if (base != NULL) {
        *device = *base;
    } else {
        memset(device, 0, sizeof *device);
    }
    CS_TRY(cs_json_known_keys(at, KEY_COUNT, keys, error));
    memset(device->name, 0, sizeof device->name);
    CS_TRY(cs_json_required_text(at, "name", device->name, sizeof device->name, error));
    if ((member = cs_json_member(at, "family")) != NULL) {
        memset(device->family, 0, sizeof device->family);
        CS_TRY(cs_json_text(member, device->family, sizeof device->family, error));
    } else if (base == NULL) {
        memcpy(device->family, device->name, sizeof device->family);
    }
    CS_TRY(read_kind(at, base != NULL, device, error));
    int32_t count = 0;
    const struct cs_device_field *fields = cs_device_fields(&count);
    for (int32_t i = 0; i < count; i++) {
        double value = fields[i].standard;
        member = cs_json_member(at, fields[i].key);
        if (member != NULL) {
            CS_TRY(cs_json_real(member, fields[i].low, fields[i].high, fields[i].unit, &value, error));
        } else if (base != NULL) {
            continue;
        } else if (isnan(value)) {
            return cs_json_require(at, fields[i].key, &member, error);
        }
        cs_device_put(device, &fields[i], value);
    }
    if ((member = cs_json_member(at, "tiles")) != NULL) {
        CS_TRY(read_tiles(member, device, error));
    }
    CS_TRY(read_sources(at, KEY_COUNT, keys, error));
    return check_device(at, device, error);
}

static enum cs_code no_memory(struct cs_error *error)
{
    return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the devices.");
}

enum cs_code cs_add_device(const struct cs_json *at, struct cs_library *library, int32_t *index, struct cs_error *error)
{
    const struct cs_device *base = NULL;
    CS_TRY(cs_json_object(at, error));
    const struct cs_json *based_on = cs_json_member(at, "based_on");
    if (based_on != NULL) {
        const int32_t found = based_on->type == CS_JSON_STRING ? cs_library_device(library, based_on->string) : -1;
        if (found < 0) {
            return cs_unknown_device(based_on, library, error);
        }
        base = &library->devices[found];
    }
    struct cs_device device;
    CS_TRY(read_device(at, base, &device, error));
    struct cs_device *devices = cs_grow(library->devices, library->device_count, sizeof *devices);
    if (devices == NULL) {
        return no_memory(error);
    }
    library->devices = devices;
    devices[library->device_count] = device;
    *index = library->device_count++;
    return CS_OK;
}

static enum cs_code add_alias(const struct cs_json *at, int32_t index, struct cs_library *library,
                              struct cs_error *error)
{
    char name[CS_NAME_MAX] = "";
    CS_TRY(cs_json_text(at, name, sizeof name, error));
    if (cs_library_device(library, name) >= 0) {
        return cs_json_fail(at, error, "an earlier entry has the name \"%s\".", name);
    }
    struct cs_alias *aliases = cs_grow(library->device_aliases, library->device_alias_count, sizeof *aliases);
    if (aliases == NULL) {
        return no_memory(error);
    }
    library->device_aliases = aliases;
    memcpy(aliases[library->device_alias_count].name, name, sizeof name);
    aliases[library->device_alias_count++].index = index;
    return CS_OK;
}

/* Reads all names first, so that based_on may name a device further down. */
static enum cs_code read_names(const struct cs_json *list, struct cs_library *library, struct cs_error *error)
{
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        const struct cs_json *name = NULL;
        CS_TRY(cs_json_object(at, error));
        CS_TRY(cs_json_require(at, "name", &name, error));
        struct cs_device *device = &library->devices[library->device_count];
        memset(device, 0, sizeof *device);
        CS_TRY(cs_json_text(name, device->name, sizeof device->name, error));
        if (cs_library_device(library, device->name) >= 0) {
            return cs_json_fail(name, error, "an earlier entry has the name \"%s\".", device->name);
        }
        library->device_count++;
    }
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        const struct cs_json *aliases = cs_json_member(at, "aliases");
        if (aliases != NULL) {
            CS_TRY(cs_json_array(aliases, error));
            CS_TRY(cs_json_few(aliases, error));
            for (const struct cs_json *alias = aliases->first; alias != NULL; alias = alias->next) {
                CS_TRY(add_alias(alias, at->index, library, error));
            }
            if (library->device_alias_count > CS_JSON_NAMES_MAX) {
                return cs_json_fail(aliases, error, "more than %d aliases in one file.", CS_JSON_NAMES_MAX);
            }
        }
    }
    return CS_OK;
}

/* Follows based_on to a device that has none or was read already, then reads the devices on the way back. */
static enum cs_code resolve(const struct cs_json **entries, int32_t index, bool *done, struct cs_library *library,
                            struct cs_error *error)
{
    enum { CHAIN_MAX = 32 };
    int32_t chain[CHAIN_MAX], length = 0;
    for (int32_t at = index; !done[at];) {
        const struct cs_json *based_on = cs_json_member(entries[at], "based_on");
        if (length == CHAIN_MAX) {
            return cs_json_fail(based_on != NULL ? based_on : entries[at], error,
                                "leads round in a circle, or over more than %d devices.", CHAIN_MAX);
        }
        chain[length++] = at;
        if (based_on == NULL) {
            break;
        }
        at = based_on->type == CS_JSON_STRING ? cs_library_device(library, based_on->string) : -1;
        if (at < 0) {
            return cs_unknown_device(based_on, library, error);
        }
    }
    while (length-- > 0) {
        const int32_t at = chain[length];
        const struct cs_json *based_on = cs_json_member(entries[at], "based_on");
        const struct cs_device *base = NULL;
        if (based_on != NULL) {
            base = &library->devices[cs_library_device(library, based_on->string)];
        }
        struct cs_device device;
        CS_TRY(read_device(entries[at], base, &device, error));
        library->devices[at] = device;
        done[at] = true;
    }
    return CS_OK;
}

enum cs_code cs_read_devices(const struct cs_json *root, struct cs_library *library, struct cs_error *error)
{
    const struct cs_json *list = NULL;
    CS_TRY(cs_json_entries(root, "devices", &list, error));
    /* cs_grow doubles an array when its count is a power of two, so this one must have room for a power of two. */
    int32_t capacity = 1;
    while (capacity < list->count) {
        capacity *= 2;
    }
    library->devices = malloc((size_t)capacity * sizeof *library->devices);
    const struct cs_json **entries = malloc((size_t)list->count * sizeof *entries);
    bool *done = calloc((size_t)list->count, sizeof *done);
    enum cs_code code = CS_OK;
    if (library->devices == NULL || entries == NULL || done == NULL) {
        code = no_memory(error);
    }
    if (code == CS_OK) {
        code = read_names(list, library, error);
    }
    int32_t count = 0;
    for (const struct cs_json *at = list->first; at != NULL && code == CS_OK; at = at->next) {
        entries[count++] = at;
    }
    for (int32_t i = 0; i < count && code == CS_OK; i++) {
        code = resolve(entries, i, done, library, error);
    }
    free(entries);
    free(done);
    return code;
}
