/* SPDX-License-Identifier: BSD-3-Clause */
/* Devices: every row of CS_DEVICE_FIELDS is a key; "based_on" starts from another device. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "read.h"

#define KIND_NAMES "gpu|tpu"

#define FIELD_KEY(member, key, ...) key,
static const char *const keys[] = {
    CS_DEVICE_FIELDS(FIELD_KEY) "name", "aliases", "family", "kind", "based_on", "tiles", "source", "note", "sources"};
enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

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
            return cs_json_expected(at, error, "a tile [m, n, efficiency]");
        }
        CS_TRY(cs_json_count(at->first, 1, 65536, NULL, &m, error));
        CS_TRY(cs_json_count(at->first->next, 1, 65536, NULL, &n, error));
        CS_TRY(cs_json_real(at->last, 0.01, 1.0, NULL, &tile->efficiency, error));
        tile->m = (double)m;
        tile->n = (double)n;
    }
    return CS_OK;
}

static enum cs_code read_sources(const struct cs_json *at, struct cs_error *error)
{
    CS_TRY(cs_json_free_text(at, "source", NULL, 0, error));
    CS_TRY(cs_json_free_text(at, "note", NULL, 0, error));
    const struct cs_json *sources = cs_json_member(at, "sources");
    if (sources == NULL) {
        return CS_OK;
    }
    CS_TRY(cs_json_object(sources, error));
    CS_TRY(cs_json_known_keys(sources, KEY_COUNT, keys, error));
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

static enum cs_code read_fields(const struct cs_json *at, bool has_base, struct cs_device *device,
                                struct cs_error *error)
{
    int32_t count = 0;
    const struct cs_device_field *fields = cs_device_fields(&count);
    for (int32_t i = 0; i < count; i++) {
        double value = fields[i].standard;
        const struct cs_json *member = cs_json_member(at, fields[i].key);
        if (member != NULL) {
            CS_TRY(cs_json_real(member, fields[i].low, fields[i].high, fields[i].unit, &value, error));
        } else if (has_base) {
            continue;
        } else if (isnan(value)) {
            return cs_json_require(at, fields[i].key, &member, error);
        }
        cs_device_alter(device, &fields[i], value);
    }
    const struct cs_json *declared = cs_json_member(at, fields[CS_FIELD_embodied].key);
    if (declared != NULL) {
        device->embodied = declared->number;
    }
    return CS_OK;
}

/* The most devices that one may be based on, one after the other. */
enum { CHAIN_MAX = 32 };

/* A device on top of the one that it is based on, which, further down in the data file, is read first; `depth` of
 * those wait for this one. Until it is read, an entry has no name. */
static enum cs_code read_chain(const struct cs_json *at, int32_t depth, struct cs_library *library,
                               struct cs_device *device, struct cs_error *error)
{
    const struct cs_json *based_on = cs_json_member(at, "based_on"), *member = NULL;
    if (depth == CHAIN_MAX) {
        return cs_json_fail(based_on != NULL ? based_on : at, error,
                            "leads round in a circle, or over more than %d devices.", CHAIN_MAX);
    }
    if (based_on != NULL) {
        const char *name = based_on->type == CS_JSON_STRING ? based_on->string : NULL;
        const int32_t own = (int32_t)(device - library->devices), first = own - at->index;
        int32_t base = name != NULL ? cs_library_find(library, CS_ENTRY_DEVICE, name) : -1;
        if (base == own && cs_library_find_before(library, CS_ENTRY_DEVICE, name, own) >= 0) {
            base = cs_library_find_before(library, CS_ENTRY_DEVICE, name, own); /* it replaces that one */
        }
        if (base < 0) {
            return cs_unknown_entry(based_on, CS_ENTRY_DEVICE, library, error);
        }
        if (library->devices[base].name[0] == '\0') {
            const struct cs_json *entry = cs_json_element(at->parent, base - first);
            CS_TRY(read_chain(entry, depth + 1, library, &library->devices[base], error));
        }
        *device = library->devices[base];
        memset(device->name, 0, sizeof device->name);
    }
    char name[CS_NAME_MAX] = "";
    CS_TRY(cs_json_required_text(at, "name", name, sizeof name, error));
    if ((member = cs_json_member(at, "family")) != NULL) {
        memset(device->family, 0, sizeof device->family);
        CS_TRY(cs_json_text(member, device->family, sizeof device->family, error));
    } else if (based_on == NULL) {
        memcpy(device->family, name, sizeof device->family);
    }
    CS_TRY(read_kind(at, based_on != NULL, device, error));
    CS_TRY(read_fields(at, based_on != NULL, device, error));
    if ((member = cs_json_member(at, "tiles")) != NULL) {
        CS_TRY(read_tiles(member, device, error));
    }
    CS_TRY(read_sources(at, error));
    memcpy(device->name, name, sizeof device->name);
    return check_device(at, device, error);
}

static enum cs_code read_device(const struct cs_json *at, struct cs_library *library, void *entry,
                                struct cs_error *error)
{
    struct cs_device *device = entry;
    /* One that others are based on has been read already. */
    return device->name[0] != '\0' ? CS_OK : read_chain(at, 0, library, device, error);
}

static void write_device(const void *entry, struct cs_emit *emit)
{
    const struct cs_device *device = entry;
    int32_t count = 0;
    const struct cs_device_field *fields = cs_device_fields(&count);
    char kind[8];
    cs_emit_text(emit, "family", device->family);
    cs_emit_text(emit, "kind", cs_choice_name(KIND_NAMES, (int32_t)device->kind, kind, sizeof kind));
    for (int32_t i = 0; i < count; i++) {
        cs_emit_real(emit, fields[i].key, cs_device_get(device, &fields[i]));
    }
    if (device->tile_count > 0) {
        cs_emit_array(emit, "tiles");
        for (int32_t i = 0; i < device->tile_count; i++) {
            const struct cs_tile *tile = &device->tiles[i];
            cs_emit_array(emit, NULL);
            cs_emit_real(emit, NULL, tile->m);
            cs_emit_real(emit, NULL, tile->n);
            cs_emit_real(emit, NULL, tile->efficiency);
            cs_emit_array_end(emit);
        }
        cs_emit_array_end(emit);
    }
}

const struct cs_entry_row cs_device_row = {"device",
                                           "devices",
                                           "name",
                                           sizeof(struct cs_device),
                                           offsetof(struct cs_library, devices),
                                           offsetof(struct cs_library, device_count),
                                           KEY_COUNT,
                                           keys,
                                           "",
                                           read_device,
                                           write_device};
