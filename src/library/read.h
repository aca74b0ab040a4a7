/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers of the data files: one function for each kind of entry, used for the files and for entries that stand inside
 * a configuration. */
#ifndef CS_LIBRARY_READ_H
#define CS_LIBRARY_READ_H

#include "cs_sweep/library.h"
#include "json/json.h"

/* Space for one more element of an array that grows by doubling; NULL (and the array as it was) without memory. */
void *cs_grow(void *array, int32_t count, size_t element);

/* A whole file, NUL-terminated: CS_ERROR_INPUT where it cannot be read. */
enum cs_code cs_text_read(const char *path, char **text, struct cs_error *error);
/* The path of a data file that comes with the program (cs_data_path); an error where it is not found. */
enum cs_code cs_data_file(const char *name, char *path, size_t size, struct cs_error *error);

/* Each reads the list of one data file, such as {"devices": [...]}. */
enum cs_code cs_read_devices(const struct cs_json *root, struct cs_library *library, struct cs_error *error);
enum cs_code cs_read_regions(const struct cs_json *root, struct cs_library *library, struct cs_error *error);
enum cs_code cs_read_qat_levels(const struct cs_json *root, struct cs_library *library, struct cs_error *error);
enum cs_code cs_read_models(const struct cs_json *root, struct cs_library *library, struct cs_error *error);

/* Each adds one entry and tells its index. A device's based_on must name a device of the library. */
enum cs_code cs_add_device(const struct cs_json *at, struct cs_library *library, int32_t *index,
                           struct cs_error *error);
enum cs_code cs_add_region(const struct cs_json *at, struct cs_library *library, int32_t *index,
                           struct cs_error *error);
enum cs_code cs_add_qat(const struct cs_json *at, struct cs_library *library, int32_t *index, struct cs_error *error);
enum cs_code cs_add_model(const struct cs_json *at, struct cs_library *library, int32_t *index, struct cs_error *error);
/* Adds a model that is given by its dimension (d_model) alone. */
enum cs_code cs_add_d_model(int64_t d_model, struct cs_library *library, int32_t *index, struct cs_error *error);

/* Reads the shape of an explicit architecture: the fields that configs/README.md lists. Keys in `more` are accepted
 * besides. Where positions are learned, learned_positions becomes 1, and the caller replaces it by the sequence length.
 * tied_stated says whether tied_embedding was stated; where it is NULL, tied_embedding may not be null. */
enum cs_code cs_read_architecture(const struct cs_json *at, int32_t more_count, const char *const *more,
                                  struct cs_architecture *architecture, bool *tied_stated, struct cs_error *error);

/* Whether a value of a field, though in its range, is none that this device can be computed with; then says why. */
bool cs_device_refuses(const struct cs_device *device, const struct cs_device_field *field, double value, char *reason,
                       size_t size);

/* Fails because no entry has that name, and suggests the nearest one. */
enum cs_code cs_unknown_device(const struct cs_json *at, const struct cs_library *library, struct cs_error *error);
enum cs_code cs_unknown_region(const struct cs_json *at, const struct cs_library *library, struct cs_error *error);
enum cs_code cs_unknown_qat(const struct cs_json *at, const struct cs_library *library, struct cs_error *error);
enum cs_code cs_unknown_model(const struct cs_json *at, const struct cs_library *library, struct cs_error *error);

void cs_library_free(struct cs_library *library);

enum { CS_D_MODEL_MAX = 10000000 };
/* A search tries pipeline degrees up to the number of layers: with ten thousand it takes a tenth of a second. */
enum { CS_LAYERS_MAX = 10000 };

#endif
