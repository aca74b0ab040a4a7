/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers of the data files. Entries inside a configuration are read by the same functions. */
#ifndef CS_LIBRARY_READ_H
#define CS_LIBRARY_READ_H

#include "cs_sweep/library.h"
#include "json/json.h"
#include "json/write.h"

/* Space for one more element of an array that grows by doubling; NULL (and the array as it was) without memory. */
void *cs_grow(void *array, int32_t count, size_t element);

/* A whole file, NUL-terminated: CS_ERROR_INPUT where it cannot be read. */
enum cs_code cs_text_read(const char *path, char **text, struct cs_error *error);
/* The path of a data file that comes with the program (cs_data_path); an error where it is not found. */
enum cs_code cs_data_file(const char *name, char *path, size_t size, struct cs_error *error);

/* What is particular to a kind of entry. */
struct cs_entry_row {
    const char *what, *list,
        *name_key;             /* "device", the key of the list in the data file, and of the name in an entry */
    size_t size, array, count; /* of one entry; in struct cs_library the array and its length */
    int32_t key_count;
    const char *const *keys; /* that an entry may have */
    const char *hint;        /* ends the message about a name that is unknown */
    /* Fills a zeroed entry, whose keys and name were checked. */
    enum cs_code (*read)(const struct cs_json *at, struct cs_library *library, void *entry, struct cs_error *error);
    /* Its members, but for the name, such that they read back as it. */
    void (*write)(const void *entry, struct cs_emit *emit);
};
extern const struct cs_entry_row cs_device_row, cs_model_row;
const struct cs_entry_row *cs_entry_row(enum cs_entry_kind kind);

/* The same as cs_library_find among the entries before one. */
int32_t cs_library_find_before(const struct cs_library *library, enum cs_entry_kind kind, const char *name,
                               int32_t before);
/* Reads the list of a data file, such as {"devices": [...]}, after the entries that are there already. */
enum cs_code cs_read_entries(const struct cs_json *root, enum cs_entry_kind kind, struct cs_library *library,
                             struct cs_error *error);
/* The entry that a value stands for: one of the library by its name, or an object, which joins the library. */
enum cs_code cs_take_entry(const struct cs_json *at, enum cs_entry_kind kind, struct cs_library *library,
                           int32_t *index, struct cs_error *error);
/* An entry as an object that has this name and reads back as it, whatever the data files hold. */
void cs_emit_entry(const struct cs_library *library, enum cs_entry_kind kind, int32_t index, const char *name,
                   struct cs_emit *emit);
/* Fails because no entry has that name, and suggests the nearest one. */
enum cs_code cs_unknown_entry(const struct cs_json *at, enum cs_entry_kind kind, const struct cs_library *library,
                              struct cs_error *error);
/* All names of a kind, aliases last; at most CS_JSON_NAMES_MAX. */
int32_t cs_entry_names(const struct cs_library *library, enum cs_entry_kind kind, const char *names[CS_JSON_NAMES_MAX]);
/* Adds a model that is given by its dimension (d_model) alone. */
enum cs_code cs_add_d_model(int64_t d_model, struct cs_library *library, int32_t *index, struct cs_error *error);

/* Reads the shape of an explicit architecture: the fields that configs/README.md lists. Where positions are learned,
 * learned_positions becomes 1, and the caller replaces it by the sequence length. tied_stated says whether
 * tied_embedding was stated; where it is NULL, tied_embedding may not be null. */
enum cs_code cs_read_architecture(const struct cs_json *at, struct cs_architecture *architecture, bool *tied_stated,
                                  struct cs_error *error);
/* Writes the members of a shape, such that they read back as it. A dense shape's have no fields of a mixture and full
 * attention is not named, unless `all` asks for both. */
void cs_emit_architecture(const struct cs_architecture *architecture, bool all, struct cs_emit *emit);

/* A software stack, "megatron-2022"; both stay as they are where the key is absent or null. */
enum cs_code cs_read_stack(const struct cs_json *object, const char *key, enum cs_stack_family *family, int32_t *year,
                           struct cs_error *error);

/* Whether a value of a field, though in its range, is none that this device can be computed with; then says why. */
bool cs_device_refuses(const struct cs_device *device, const struct cs_device_field *field, double value, char *reason,
                       size_t size);

void cs_library_free(struct cs_library *library);

#endif
