/* SPDX-License-Identifier: BSD-3-Clause */
#include "h5.h"

#include <cs_build.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum cs_code open_regular(int folder, const char *name, const char *path, bool links, int *fd,
                                 struct cs_error *error)
{
    /* Not blocking: opening a pipe would wait for its writer. */
    *fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (links ? 0 : O_NOFOLLOW));
    if (*fd < 0 && errno == ELOOP) {
        return cs_fail(error, CS_ERROR_INPUT, "%s is a symbolic link; give the name of the file that it points to.",
                       path);
    }
    if (*fd < 0) {
        return cs_fail(error, CS_ERROR_INPUT, "%s cannot be opened: %s.", path, strerror(errno));
    }
    struct stat facts;
    if (fstat(*fd, &facts) == 0 && S_ISREG(facts.st_mode)) {
        return CS_OK;
    }
    const bool folder_found = S_ISDIR(facts.st_mode);
    (void)close(*fd);
    *fd = -1;
    return cs_fail(error, CS_ERROR_INPUT, "%s is %s, not a result file.", path,
                   folder_found ? "a folder" : "not a regular file");
}

/* ---- what a file says of itself ---- */
void cs_file_close(struct cs_file *file)
{
    free(file->in_effect);
    free(file->source);
    free(file->commit);
    (void)close(file->fd);
}

static enum cs_code read_facts(struct cs_file *file, struct cs_error *error)
{
    struct cs_h5 h5;
    CS_TRY(cs_seal_check(file->fd, file->path, &file->size, error));
    cs_h5_open(&h5, file->fd, file->size);
    if (!h5.broken) {
        cs_h5_read_attribute(&h5, "format_version", CS_INT32, &file->format_version);
        cs_h5_read_attribute(&h5, "source", CS_TEXT, &file->source);
        cs_h5_read(&h5, "provenance/commit", CS_TEXT, &file->commit);
        cs_h5_read(&h5, "provenance/configuration_in_effect", CS_TEXT, &file->in_effect);
        cs_h5_read(&h5, "provenance/resumes", CS_INT32, &file->resumes);
        cs_h5_read(&h5, "provenance/elapsed", CS_FLOAT64, &file->elapsed_seconds);
        cs_h5_read(&h5, "provenance/pending", CS_INT64, &file->pending);
        cs_h5_read(&h5, "provenance/shard", CS_INT64, &file->shard);
        cs_h5_read(&h5, "provenance/shards", CS_INT64, &file->shards);
    }
    return cs_h5_close(&h5, file->path, &file->size, error);
}

enum cs_code cs_file_open(int folder, const char *name, const char *path, bool links, struct cs_file *file,
                          struct cs_error *error)
{
    *file = (struct cs_file){.path = path, .shard = 1, .shards = 1};
    CS_TRY(open_regular(folder, name, path, links, &file->fd, error));
    const enum cs_code code = read_facts(file, error);
    if (code != CS_OK) {
        cs_file_close(file);
    }
    return code;
}

enum cs_code cs_file_match(const struct cs_file *file, const struct cs_config *config, struct cs_error *error)
{
    const char *path = file->path;
    if (file->format_version == 0 || file->source == NULL) {
        return cs_fail(error, CS_ERROR_INPUT, "%s is not a result file of cs_sweep.", path);
    }
    if (file->format_version != CS_FORMAT_VERSION) {
        return cs_fail(error, CS_ERROR_INPUT,
                       "%s has format version %d (written by %.60s), this program has %d: continue it with the program "
                       "that began it, or start again with --force.",
                       path, (int)file->format_version, file->source, (int)CS_FORMAT_VERSION);
    }
    const bool same_commit = file->commit == NULL || strcmp(file->commit, CS_BUILD_COMMIT) == 0;
    if (strcmp(file->source, CS_PROGRAM) != 0 || !same_commit) {
        return cs_fail(error, CS_ERROR_INPUT,
                       "%s was written by %.60s, commit %.60s, and this is %s, commit %s: results of two versions may "
                       "differ. Continue it with the program that began it, or start again with --force.",
                       path, file->source, file->commit != NULL ? file->commit : "unknown", CS_PROGRAM,
                       CS_BUILD_COMMIT);
    }
    if (file->in_effect == NULL) {
        return cs_fail(error, CS_ERROR_INPUT,
                       "%s does not hold its configuration, so it cannot be compared: an earlier version wrote it with "
                       "output.provenance=false. Start again with --force.",
                       path);
    }
    char key[256];
    if (!cs_config_difference(file->in_effect, config->in_effect, key, (int32_t)sizeof key)) {
        return CS_OK;
    }
    return cs_fail(error, CS_ERROR_CONFIG,
                   "%s belongs to another configuration: %s differs. Give the configuration that began it, another "
                   "--output, or --force to start again.",
                   path, key);
}

/* ---- records ---- */
static bool fits(struct cs_h5 *h5, hid_t dataset, const struct cs_variable *variable, const struct cs_shape *shape)
{
    const hid_t type = H5(h5, H5Dget_type(dataset));
    const hid_t space = H5(h5, H5Dget_space(dataset));
    hsize_t size[CS_DIMENSIONS_MAX] = {0};
    bool fit = H5(h5, H5Tequal(type, cs_h5_file_type(h5, variable->type))) > 0 &&
               H5(h5, H5Sget_simple_extent_ndims(space)) == shape->dimensions;
    if (fit && shape->dimensions > 0) {
        H5(h5, H5Sget_simple_extent_dims(space, size, NULL));
    }
    for (int32_t k = 0; k < shape->dimensions; k++) {
        fit = fit && size[k] == (hsize_t)shape->size[k];
    }
    H5(h5, H5Sclose(space));
    H5(h5, H5Tclose(type));
    return fit;
}

/* False where the file lacks the variable, or has another of its name. */
static bool read_variable(struct cs_h5 *h5, struct cs_results *results, const struct cs_layout *layout,
                          const struct cs_variable *variable)
{
    if (!cs_h5_exists(h5, variable->name)) {
        return false;
    }
    struct cs_shape shape;
    int64_t chunk[CS_DIMENSIONS_MAX];
    cs_shape_of(layout, variable->on, &shape);
    (void)cs_shape_chunk(&shape, chunk);
    const hid_t dataset = H5(h5, H5Dopen2(h5->file, variable->name, H5P_DEFAULT));
    const bool fit = fits(h5, dataset, variable, &shape);
    struct cs_block block;
    cs_block_at(&shape, chunk, 0, &block);
    void *values = malloc((size_t)(block.whole * cs_type_size(variable->type)));
    if (values == NULL) {
        (void)cs_h5_result(h5, -1, "malloc");
    }
    for (int64_t first = 0; fit && first < shape.count && !h5->broken; first += block.count) {
        cs_block_at(&shape, chunk, first, &block);
        cs_h5_read_block(h5, dataset, variable->type, shape.dimensions, &block, values);
        if (!h5->broken) {
            cs_derive_back(results, variable, first, block.count, values);
        }
    }
    free(values);
    H5(h5, H5Dclose(dataset));
    return fit;
}

static enum cs_code read_records(struct cs_results *results, const struct cs_layout *layout, const struct cs_file *file,
                                 struct cs_error *error)
{
    int64_t size;
    int32_t count;
    const struct cs_variable *variables = cs_variables(&count);
    const char *missing = NULL;
    struct cs_h5 h5;
    cs_h5_open(&h5, file->fd, file->size);
    /* The status stands first among a record's variables and says what the others hold. */
    for (int32_t i = 0; i < count && missing == NULL && !h5.broken; i++) {
        if (variables[i].source == CS_FROM_RECORD && cs_variable_present(&results->grid, &variables[i]) &&
            !read_variable(&h5, results, layout, &variables[i])) {
            missing = variables[i].name;
        }
    }
    CS_TRY(cs_h5_close(&h5, file->path, &size, error));
    if (missing != NULL) {
        return cs_fail(error, CS_ERROR_INPUT, "%s has no variable %s of the shape that this configuration gives.",
                       file->path, missing);
    }
    return CS_OK;
}

/* Takes over the searches that `other` has finished. */
static void take_over(struct cs_results *results, struct cs_results *other)
{
    if (results->pending == results->grid.searches) {
        /* These results hold nothing yet: they take the other's memory instead of a copy. */
        struct cs_record *records = results->records;
        results->records = other->records;
        other->records = records;
        results->pending = 0;
        for (int64_t search = 0; search < results->grid.searches; search++) {
            results->pending += cs_results_done(results, search) ? 0 : 1;
        }
        return;
    }
    for (int64_t search = 0; search < results->grid.searches; search++) {
        if (cs_results_done(other, search) && !cs_results_done(results, search)) {
            cs_results_put(results, search, cs_results_get(other, search));
        }
    }
}

enum cs_code cs_file_records(const struct cs_file *file, struct cs_results *results, struct cs_error *error)
{
    struct cs_layout layout;
    CS_TRY(cs_layout_init(&results->grid, &layout, error));
    /* Read into other memory first, so that the results stay as they are if the file turns out to be wrong. */
    struct cs_results *other;
    CS_TRY(cs_results_create(&results->grid, &other, error));
    const enum cs_code code = read_records(other, &layout, file, error);
    for (int64_t i = 0; code == CS_OK && i < other->record_count; i++) {
        cs_record_normalise(&other->records[i]);
    }
    if (code == CS_OK) {
        take_over(results, other);
    }
    cs_results_destroy(other);
    return code;
}

enum cs_code cs_results_load(const char *path, struct cs_results *results, struct cs_error *error)
{
    struct cs_file file;
    CS_TRY(cs_file_open(AT_FDCWD, path, path, true, &file, error));
    enum cs_code code = cs_file_match(&file, results->grid.config, error);
    code = code != CS_OK ? code : cs_file_records(&file, results, error);
    cs_file_close(&file);
    return code;
}

enum cs_code cs_results_read_configuration(const char *path, char **in_effect, struct cs_error *error)
{
    struct cs_file file;
    *in_effect = NULL;
    CS_TRY(cs_file_open(AT_FDCWD, path, path, true, &file, error));
    *in_effect = file.in_effect;
    file.in_effect = NULL;
    cs_file_close(&file);
    return *in_effect != NULL ? CS_OK
                              : cs_fail(error, CS_ERROR_INPUT,
                                        "%s does not hold its configuration: an earlier version wrote it with "
                                        "output.provenance=false, or another program wrote it.",
                                        path);
}
