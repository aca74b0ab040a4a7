/* SPDX-License-Identifier: BSD-3-Clause */
#include "h5.h"

#include <cs_build.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum cs_code cs_open_read(int folder, const char *name, const char *path, bool links, int *fd, struct cs_error *error)
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
void cs_file_facts_free(struct cs_file_facts *facts)
{
    free(facts->in_effect);
    free(facts->source);
    free(facts->commit);
    *facts = (struct cs_file_facts){.format_version = 0};
}

static void read_number(struct cs_h5 *h5, const char *name, hid_t type, void *value)
{
    if (!cs_h5_exists(h5, name)) {
        return;
    }
    const hid_t dataset = H5(h5, H5Dopen2(h5->file, name, H5P_DEFAULT));
    const hid_t space = H5(h5, H5Dget_space(dataset));
    if (H5(h5, H5Sget_simple_extent_npoints(space)) == 1) {
        H5(h5, H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value));
    }
    H5(h5, H5Sclose(space));
    H5(h5, H5Dclose(dataset));
}

static void read_format(struct cs_h5 *h5, int32_t *format)
{
    if (H5(h5, H5Aexists(h5->file, "format_version")) <= 0) {
        return;
    }
    const hid_t attribute = H5(h5, H5Aopen(h5->file, "format_version", H5P_DEFAULT));
    const hid_t space = H5(h5, H5Aget_space(attribute));
    if (H5(h5, H5Sget_simple_extent_npoints(space)) == 1) {
        H5(h5, H5Aread(attribute, H5T_NATIVE_INT32, format));
    }
    H5(h5, H5Sclose(space));
    H5(h5, H5Aclose(attribute));
}

enum cs_code cs_file_facts_read(int fd, const char *path, struct cs_file_facts *facts, struct cs_error *error)
{
    *facts = (struct cs_file_facts){.shard = 1, .shards = 1};
    int64_t size;
    CS_TRY(cs_seal_check(fd, path, &size, error));
    struct cs_h5 h5;
    cs_h5_open(&h5, fd, size);
    if (!h5.broken) {
        read_format(&h5, &facts->format_version);
        facts->source = cs_h5_read_attribute_text(&h5, h5.file, "source");
        facts->commit = cs_h5_read_text(&h5, "provenance/commit");
        facts->in_effect = cs_h5_read_text(&h5, "provenance/configuration_in_effect");
        read_number(&h5, "provenance/resumes", H5T_NATIVE_INT32, &facts->resumes);
        read_number(&h5, "provenance/elapsed", H5T_NATIVE_DOUBLE, &facts->elapsed_seconds);
        read_number(&h5, "provenance/pending", H5T_NATIVE_INT64, &facts->pending);
        read_number(&h5, "provenance/shard", H5T_NATIVE_INT64, &facts->shard);
        read_number(&h5, "provenance/shards", H5T_NATIVE_INT64, &facts->shards);
    }
    const enum cs_code code = cs_h5_close(&h5, path, &size, error);
    if (code != CS_OK) {
        cs_file_facts_free(facts);
    }
    return code;
}

enum cs_code cs_file_facts_match(const struct cs_file_facts *facts, const struct cs_config *config, const char *path,
                                 struct cs_error *error)
{
    if (facts->format_version == 0 || facts->source == NULL) {
        return cs_fail(error, CS_ERROR_INPUT, "%s is not a result file of cs_sweep.", path);
    }
    if (facts->format_version != CS_FORMAT_VERSION) {
        return cs_fail(error, CS_ERROR_INPUT,
                       "%s has format version %d (written by %.60s), this program has %d: continue it with the program "
                       "that began it, or start again with --force.",
                       path, (int)facts->format_version, facts->source, (int)CS_FORMAT_VERSION);
    }
    const bool same_commit = facts->commit == NULL || strcmp(facts->commit, CS_BUILD_COMMIT) == 0;
    if (strcmp(facts->source, CS_PROGRAM) != 0 || !same_commit) {
        return cs_fail(error, CS_ERROR_INPUT,
                       "%s was written by %.60s, commit %.60s, and this is %s, commit %s: results of two versions may "
                       "differ. Continue it with the program that began it, or start again with --force.",
                       path, facts->source, facts->commit != NULL ? facts->commit : "unknown", CS_PROGRAM,
                       CS_BUILD_COMMIT);
    }
    if (facts->in_effect == NULL) {
        return cs_fail(error, CS_ERROR_INPUT,
                       "%s does not hold its configuration, so it cannot be compared: an earlier version wrote it with "
                       "output.provenance=false. Start again with --force.",
                       path);
    }
    char key[256];
    if (!cs_config_difference(facts->in_effect, config->in_effect, key, (int32_t)sizeof key)) {
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
    hsize_t size[CS_RANK_MAX] = {0};
    bool fit = H5(h5, H5Tequal(type, cs_h5_file_type(variable->type))) > 0 &&
               H5(h5, H5Sget_simple_extent_ndims(space)) == shape->rank;
    if (fit && shape->rank > 0) {
        H5(h5, H5Sget_simple_extent_dims(space, size, NULL));
    }
    for (int32_t k = 0; k < shape->rank; k++) {
        fit = fit && size[k] == (hsize_t)shape->size[k];
    }
    H5(h5, H5Sclose(space));
    H5(h5, H5Tclose(type));
    return fit;
}

static void read_block(struct cs_h5 *h5, hid_t dataset, const struct cs_variable *variable, int32_t rank,
                       const struct cs_block *block, void *values)
{
    hid_t file_space, memory_space;
    cs_h5_select(h5, dataset, rank, block, &file_space, &memory_space);
    H5(h5, H5Dread(dataset, cs_h5_memory_type(variable->type), memory_space, file_space, H5P_DEFAULT, values));
    H5(h5, H5Sclose(memory_space));
    H5(h5, H5Sclose(file_space));
}

/* False where the file lacks the variable, or has another of its name. */
static bool read_variable(struct cs_h5 *h5, struct cs_results *results, const struct cs_layout *layout,
                          const struct cs_variable *variable)
{
    if (!cs_h5_exists(h5, variable->name)) {
        return false;
    }
    struct cs_shape shape;
    int64_t chunk[CS_RANK_MAX];
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
        read_block(h5, dataset, variable, shape.rank, &block, values);
        if (!h5->broken) {
            cs_derive_back(results, variable, first, block.count, values);
        }
    }
    free(values);
    H5(h5, H5Dclose(dataset));
    return fit;
}

static enum cs_code read_records(struct cs_results *results, const struct cs_layout *layout, int fd, int64_t size,
                                 const char *path, struct cs_error *error)
{
    int32_t count;
    const struct cs_variable *variables = cs_variables(&count);
    const char *missing = NULL;
    struct cs_h5 h5;
    cs_h5_open(&h5, fd, size);
    /* The status stands first among a record's variables and says what the others hold. */
    for (int32_t i = 0; i < count && missing == NULL && !h5.broken; i++) {
        if (variables[i].source == CS_FROM_RECORD && !read_variable(&h5, results, layout, &variables[i])) {
            missing = variables[i].name;
        }
    }
    CS_TRY(cs_h5_close(&h5, path, &size, error));
    if (missing != NULL) {
        return cs_fail(error, CS_ERROR_INPUT, "%s has no variable %s of the shape that this configuration gives.", path,
                       missing);
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

enum cs_code cs_results_read_fd(struct cs_results *results, int fd, const char *path, struct cs_error *error)
{
    struct cs_layout layout;
    int64_t size;
    CS_TRY(cs_layout_init(&results->grid, &layout, error));
    CS_TRY(cs_seal_check(fd, path, &size, error));
    /* Read into other memory first, so that the results stay as they are if the file turns out to be wrong. */
    struct cs_results *other;
    CS_TRY(cs_results_create(&results->grid, &other, error));
    const enum cs_code code = read_records(other, &layout, fd, size, path, error);
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
    int fd;
    struct cs_file_facts facts = {.format_version = 0};
    CS_TRY(cs_open_read(AT_FDCWD, path, path, true, &fd, error));
    enum cs_code code = cs_file_facts_read(fd, path, &facts, error);
    code = code != CS_OK ? code : cs_file_facts_match(&facts, results->grid.config, path, error);
    code = code != CS_OK ? code : cs_results_read_fd(results, fd, path, error);
    cs_file_facts_free(&facts);
    (void)close(fd);
    return code;
}

enum cs_code cs_results_read_configuration(const char *path, char **in_effect, struct cs_error *error)
{
    int fd;
    struct cs_file_facts facts = {.format_version = 0};
    *in_effect = NULL;
    CS_TRY(cs_open_read(AT_FDCWD, path, path, true, &fd, error));
    enum cs_code code = cs_file_facts_read(fd, path, &facts, error);
    (void)close(fd);
    if (code == CS_OK && facts.in_effect == NULL) {
        code = cs_fail(error, CS_ERROR_INPUT,
                       "%s does not hold its configuration: an earlier version wrote it with output.provenance=false, "
                       "or another program wrote it.",
                       path);
    }
    if (code == CS_OK) {
        *in_effect = facts.in_effect;
        facts.in_effect = NULL;
    }
    cs_file_facts_free(&facts);
    return code;
}
