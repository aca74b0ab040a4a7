/* SPDX-License-Identifier: BSD-3-Clause */
/* What all kinds of entries share: names and aliases, look-ups, files; and the two kinds that are short, regions and
 * QAT levels. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"

#define COUNT_OF(array) ((int32_t)(sizeof(array) / sizeof((array)[0])))

void *cs_grow(void *array, int32_t count, size_t element)
{
    if ((count & (count - 1)) != 0) {
        return array;
    }
    return realloc(array, (count == 0 ? 1 : 2 * (size_t)count) * element);
}

static enum cs_code no_memory(enum cs_entry_kind kind, struct cs_error *error)
{
    return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the %ss.", cs_entry_row(kind)->what);
}

/* ---- names ---- */
/* Of entries with one name the last counts, so that one of the configuration, added later, replaces one of the data
 * file. */
int32_t cs_library_find(const struct cs_library *library, enum cs_entry_kind kind, const char *name)
{
    return cs_library_find_before(library, kind, name, INT32_MAX);
}

int32_t cs_library_find_before(const struct cs_library *library, enum cs_entry_kind kind, const char *name,
                               int32_t before)
{
    const struct cs_names *names = &library->names[kind];
    for (int32_t i = names->count - 1; i >= 0; i--) {
        if (names->items[i].index < before && strcmp(names->items[i].text, name) == 0) {
            return names->items[i].index;
        }
    }
    return -1;
}

int32_t cs_entry_names(const struct cs_library *library, enum cs_entry_kind kind, const char *names[CS_JSON_NAMES_MAX])
{
    const struct cs_names *all = &library->names[kind];
    int32_t count = 0;
    for (int alias = 0; alias < 2; alias++) {
        for (int32_t i = 0; i < all->count && count < CS_JSON_NAMES_MAX; i++) {
            if (all->items[i].alias == (alias != 0)) {
                names[count++] = all->items[i].text;
            }
        }
    }
    return count;
}

enum cs_code cs_unknown_entry(const struct cs_json *at, enum cs_entry_kind kind, const struct cs_library *library,
                              struct cs_error *error)
{
    const struct cs_entry_row *row = cs_entry_row(kind);
    const char *names[CS_JSON_NAMES_MAX];
    char suggestion[384], found[96];
    if (at->type != CS_JSON_STRING) {
        return cs_json_fail(at, error, "expected the name of a %s or an object {...}, not %s.", row->what,
                            cs_json_describe(at, found, sizeof found));
    }
    const int32_t count = cs_entry_names(library, kind, names);
    return cs_json_fail(at, error, "no %s is named \"%s\"%s%s", row->what,
                        cs_json_clean(at->string, strlen(at->string), found, sizeof found),
                        cs_json_suggest(at->string, count, names, suggestion, sizeof suggestion), row->hint);
}

static enum cs_code add_name(const struct cs_json *at, enum cs_entry_kind kind, int32_t index, bool alias,
                             struct cs_library *library, struct cs_error *error)
{
    struct cs_names *names = &library->names[kind];
    struct cs_name *items = cs_grow(names->items, names->count, sizeof *items);
    if (items == NULL) {
        return no_memory(kind, error);
    }
    names->items = items;
    items[names->count] = (struct cs_name){.index = index, .alias = alias};
    CS_TRY(cs_json_text(at, items[names->count].text, sizeof items->text, error));
    names->alias_count += alias ? 1 : 0;
    names->count++;
    return CS_OK;
}

/* The same for an entry of a data file, where a name has one meaning; `first` is the first entry of that file. */
static enum cs_code add_new_name(const struct cs_json *at, enum cs_entry_kind kind, int32_t first, int32_t index,
                                 bool alias, struct cs_library *library, struct cs_error *error)
{
    if (at->type == CS_JSON_STRING && cs_library_find(library, kind, at->string) >= first) {
        return cs_json_fail(at, error, "an earlier entry has the name \"%s\".", at->string);
    }
    return add_name(at, kind, index, alias, library, error);
}

static enum cs_code add_aliases(const struct cs_json *at, enum cs_entry_kind kind, int32_t first, int32_t index,
                                struct cs_library *library, struct cs_error *error)
{
    const struct cs_json *list = cs_json_member(at, "aliases");
    if (list == NULL) {
        return CS_OK;
    }
    CS_TRY(cs_json_array(list, error));
    CS_TRY(cs_json_few(list, error));
    for (const struct cs_json *alias = list->first; alias != NULL; alias = alias->next) {
        if (library->names[kind].alias_count == CS_JSON_NAMES_MAX) {
            return cs_json_fail(list, error, "more than %d aliases in one file.", CS_JSON_NAMES_MAX);
        }
        CS_TRY(add_new_name(alias, kind, first, index, true, library, error));
    }
    return CS_OK;
}

/* ---- entries ---- */
static void *entry_at(const struct cs_library *library, enum cs_entry_kind kind, int32_t index)
{
    char *array;
    memcpy(&array, (const char *)library + cs_entry_row(kind)->array, sizeof array);
    return array == NULL ? NULL : array + (size_t)index * cs_entry_row(kind)->size; /* NULL: no entry yet */
}

/* A zeroed entry at the end of its array. */
static enum cs_code append(enum cs_entry_kind kind, struct cs_library *library, int32_t *index, struct cs_error *error)
{
    const struct cs_entry_row *row = cs_entry_row(kind);
    int32_t *count = (int32_t *)(void *)((char *)library + row->count);
    void *array = cs_grow(entry_at(library, kind, 0), *count, row->size);
    if (array == NULL) {
        return no_memory(kind, error);
    }
    memcpy((char *)library + row->array, &array, sizeof array);
    *index = (*count)++;
    memset(entry_at(library, kind, *index), 0, row->size);
    return CS_OK;
}

static enum cs_code check_keys(const struct cs_json *at, const struct cs_entry_row *row, const struct cs_json **name,
                               struct cs_error *error)
{
    CS_TRY(cs_json_object(at, error));
    CS_TRY(cs_json_known_keys(at, row->key_count, row->keys, error));
    return cs_json_require(at, row->name_key, name, error);
}

enum cs_code cs_take_entry(const struct cs_json *at, enum cs_entry_kind kind, struct cs_library *library,
                           int32_t *index, struct cs_error *error)
{
    const struct cs_json *name = NULL;
    if (at->type != CS_JSON_OBJECT) {
        *index = at->type == CS_JSON_STRING ? cs_library_find(library, kind, at->string) : -1;
        return *index >= 0 ? CS_OK : cs_unknown_entry(at, kind, library, error);
    }
    CS_TRY(check_keys(at, cs_entry_row(kind), &name, error));
    CS_TRY(append(kind, library, index, error));
    CS_TRY(cs_entry_row(kind)->read(at, library, entry_at(library, kind, *index), error));
    /* Not before: a device may be based on one of the same name. */
    return add_name(name, kind, *index, false, library, error);
}

/* All names come first, so that based_on may name a device further down. A second file's entries follow the first's,
 * and a name that both have means its entry. */
enum cs_code cs_read_entries(const struct cs_json *root, enum cs_entry_kind kind, struct cs_library *library,
                             struct cs_error *error)
{
    const struct cs_entry_row *row = cs_entry_row(kind);
    const struct cs_json *list = NULL, *name = NULL;
    int32_t first = 0, index = 0;
    memcpy(&first, (const char *)library + row->count, sizeof first);
    CS_TRY(cs_json_entries(root, row->list, &list, error));
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        CS_TRY(check_keys(at, row, &name, error));
        CS_TRY(append(kind, library, &index, error));
        CS_TRY(add_new_name(name, kind, first, index, false, library, error));
    }
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        CS_TRY(add_aliases(at, kind, first, first + at->index, library, error));
    }
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        CS_TRY(row->read(at, library, entry_at(library, kind, first + at->index), error));
    }
    return CS_OK;
}

void cs_emit_entry(const struct cs_library *library, enum cs_entry_kind kind, int32_t index, const char *name,
                   struct cs_emit *emit)
{
    cs_emit_object(emit, NULL);
    cs_emit_text(emit, cs_entry_row(kind)->name_key, name);
    cs_entry_row(kind)->write(entry_at(library, kind, index), emit);
    cs_emit_object_end(emit);
}

enum cs_code cs_add_d_model(int64_t d_model, struct cs_library *library, int32_t *index, struct cs_error *error)
{
    CS_TRY(append(CS_ENTRY_MODEL, library, index, error));
    library->models[*index].from_law = true;
    library->models[*index].architecture.d_model = d_model;
    return CS_OK;
}

void cs_library_free(struct cs_library *library)
{
    for (int32_t i = 0; i < CS_ENTRY_KINDS; i++) {
        free(entry_at(library, (enum cs_entry_kind)i, 0));
        free(library->names[i].items);
    }
    memset(library, 0, sizeof *library);
}

/* ---- regions ---- */
static enum cs_code read_region(const struct cs_json *at, struct cs_library *library, void *entry,
                                struct cs_error *error)
{
    (void)library;
    struct cs_region *region = entry;
    const struct cs_json *member = NULL;
    int64_t year = 0;
    int32_t accounting = 0;
    CS_TRY(cs_json_required_text(at, "region", region->name, sizeof region->name, error));
    CS_TRY(cs_json_require(at, "g_per_kwh", &member, error));
    CS_TRY(cs_json_real(member, 0.0, 10000.0, "g/kWh", &region->g_per_kwh, error));
    if ((member = cs_json_member(at, "year")) != NULL) {
        CS_TRY(cs_json_count(member, 1900, 2200, NULL, &year, error));
        region->year = (int32_t)year;
    }
    if ((member = cs_json_member(at, "pue")) != NULL) {
        CS_TRY(cs_json_real(member, 1.0, 10.0, NULL, &region->pue, error));
    }
    if ((member = cs_json_member(at, "trend_per_year")) != NULL) {
        CS_TRY(cs_json_real(member, 0.1, 10.0, NULL, &region->trend, error));
    }
    if ((member = cs_json_member(at, "water_l_per_kwh")) != NULL) {
        CS_TRY(cs_json_real(member, 1e-9, 1000.0, "L/kWh", &region->l_per_kwh, error));
    }
    if ((member = cs_json_member(at, "accounting")) != NULL) {
        CS_TRY(cs_json_choice(member, CS_ACCOUNTING_NAMES, &accounting, error));
        region->accounting = (enum cs_accounting)accounting;
    }
    CS_TRY(cs_json_free_text(at, "source", region->source, sizeof region->source, error));
    return cs_json_free_text(at, "note", NULL, 0, error);
}

static void write_region(const void *entry, struct cs_emit *emit)
{
    const struct cs_region *region = entry;
    cs_emit_real(emit, "g_per_kwh", region->g_per_kwh);
    if (region->pue > 0.0) {
        cs_emit_real(emit, "pue", region->pue);
    }
    if (region->trend > 0.0) {
        cs_emit_real(emit, "trend_per_year", region->trend);
    }
    if (region->l_per_kwh > 0.0) {
        cs_emit_real(emit, "water_l_per_kwh", region->l_per_kwh);
    }
    if (region->accounting != CS_ACCOUNTING_UNKNOWN) {
        char name[CS_NAME_MAX];
        cs_emit_text(emit, "accounting",
                     cs_choice_name(CS_ACCOUNTING_NAMES, (int32_t)region->accounting, name, sizeof name));
    }
}

/* ---- QAT levels ---- */
static enum cs_code read_bytes(const struct cs_json *at, const char *key, bool required, double *bytes,
                               struct cs_error *error)
{
    const struct cs_json *member = NULL;
    double bits = 8.0 * *bytes;
    if (required) {
        CS_TRY(cs_json_require(at, key, &member, error));
    }
    if ((member = cs_json_member(at, key)) != NULL) {
        CS_TRY(cs_json_real(member, 1.0, 64.0, "bit", &bits, error));
    }
    *bytes = bits / 8.0;
    return CS_OK;
}

static enum cs_code read_qat(const struct cs_json *at, struct cs_library *library, void *entry, struct cs_error *error)
{
    (void)library;
    struct cs_qat *qat = entry;
    struct cs_precision *level = &qat->precision;
    const struct cs_json *member = NULL;
    int32_t format = 0;
    CS_TRY(cs_json_required_text(at, "qat", qat->name, sizeof qat->name, error));
    memcpy(level->name, qat->name, sizeof level->name);
    CS_TRY(cs_json_require(at, "format", &member, error));
    CS_TRY(cs_json_choice(member, CS_FORMAT_NAMES, &format, error));
    level->format = (enum cs_format)format;
#define READ_BITS(key, member, required, standard)                                                                     \
    level->member = standard;                                                                                          \
    CS_TRY(read_bytes(at, key, required, &level->member, error));
    CS_QAT_BITS(READ_BITS)
#undef READ_BITS
    CS_TRY(cs_json_free_text(at, "source", NULL, 0, error));
    return cs_json_free_text(at, "note", NULL, 0, error);
}

static void write_qat(const void *entry, struct cs_emit *emit)
{
    const struct cs_precision *level = &((const struct cs_qat *)entry)->precision;
    char name[CS_NAME_MAX];
#define WRITE_BITS(key, member, ...)                                                                                   \
    if (level->member > 0.0) {                                                                                         \
        cs_emit_real(emit, key, 8.0 * level->member);                                                                  \
    }
    CS_QAT_BITS(WRITE_BITS)
#undef WRITE_BITS
    cs_emit_text(emit, "format", cs_choice_name(CS_FORMAT_NAMES, (int32_t)level->format, name, sizeof name));
}

/* ---- the kinds ---- */
#define AND_KEY(key, ...) key,
static const char *const region_keys[] = {"region",          "g_per_kwh",  "year",   "pue", "trend_per_year",
                                          "water_l_per_kwh", "accounting", "source", "note"};
static const char *const qat_keys[] = {"qat", CS_QAT_BITS(AND_KEY) "format", "source", "note"};

const struct cs_entry_row *cs_entry_row(enum cs_entry_kind kind)
{
    static const struct cs_entry_row regions = {"region",
                                                "regions",
                                                "region",
                                                sizeof(struct cs_region),
                                                offsetof(struct cs_library, regions),
                                                offsetof(struct cs_library, region_count),
                                                COUNT_OF(region_keys),
                                                region_keys,
                                                "",
                                                read_region,
                                                write_region};
    static const struct cs_entry_row qat_levels = {"QAT level",
                                                   "qat_levels",
                                                   "qat",
                                                   sizeof(struct cs_qat),
                                                   offsetof(struct cs_library, qat_levels),
                                                   offsetof(struct cs_library, qat_count),
                                                   COUNT_OF(qat_keys),
                                                   qat_keys,
                                                   "",
                                                   read_qat,
                                                   write_qat};
    static const struct cs_entry_row *const rows[CS_ENTRY_KINDS] = {&cs_device_row, &regions, &qat_levels,
                                                                    &cs_model_row};
    return rows[kind];
}
