/* SPDX-License-Identifier: BSD-3-Clause */
#include "h5.h"
#include "pack.h"

#include <cs_build.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bytes that the system may still hold back: syncing the whole file at its end could then not be interrupted. */
static const int64_t CS_SYNC_BYTES = INT64_C(1) << 28;

struct writer {
    struct cs_h5 h5;
    const struct cs_results *results;
    const struct cs_run_info *info;
    hid_t creation; /* of datasets */
    struct cs_layout layout;
    struct cs_evaluator *evaluator;
    hid_t scales[CS_DIMENSIONS_MAX]; /* by config axis, then alternative; -1: absent */
    struct cs_packer *packer;        /* NULL: no compression */
    int level;
    char *buffer; /* of one chunk, and of one that is packed behind it */
    int64_t buffer_size;
    int64_t synced; /* of the file's bytes */
};

/* ---- dimensions ---- */
/* Units of settings that UDUNITS has no word for. */
static const char *udunits(const char *unit)
{
    static const struct {
        const char *ours, *theirs;
    } words[] = {{"token", "1"},          {"sequence", "1"},        {"FLOP", "1"},
                 {"parameter", "1"},      {"GB", "1e9 byte"},       {"GiB", "1073741824 byte"},
                 {"MiB", "1048576 byte"}, {"GB/s", "1e9 byte s-1"}, {"TFLOP/s", "1e12 s-1"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(unit, words[i].ours) == 0) {
            return words[i].theirs;
        }
    }
    return unit;
}

/* A dataset without values yet; the caller closes it. list: of its creation. */
static hid_t create(struct cs_h5 *h5, hid_t place, const char *name, enum cs_type type, int32_t dimensions,
                    const int64_t *sizes, hid_t list)
{
    const hid_t space = cs_h5_space(h5, dimensions, sizes);
    const hid_t dataset =
        H5(h5, H5Dcreate2(place, name, cs_h5_file_type(h5, type), space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5(h5, H5Sclose(space));
    return dataset;
}

static void describe(struct cs_h5 *h5, hid_t dataset, const char *units, const char *long_name)
{
    cs_h5_attribute_text(h5, dataset, "units", units);
    cs_h5_attribute_text(h5, dataset, "long_name", long_name);
}

/* flag_values 0, 1, ... of the type, one for each of the names "a|b". */
static void describe_flags(struct cs_h5 *h5, hid_t dataset, const char *names)
{
    int8_t values[32] = {0};
    int8_t count = 1;
    char meanings[256];
    (void)snprintf(meanings, sizeof meanings, "%s", names);
    for (char *c = meanings; *c != '\0'; c++) {
        if (*c == '|') {
            *c = ' ';
            values[count] = count;
            count++;
        }
    }
    cs_h5_attribute(h5, dataset, "flag_values", CS_INT8, count, values);
    cs_h5_attribute_text(h5, dataset, "flag_meanings", meanings);
}

/* Values of one type become the dataset of a dimension, of the same type or another. */
static hid_t write_dimension(struct writer *writer, const char *name, enum cs_type type, enum cs_type given,
                             int64_t count, const void *values)
{
    struct cs_h5 *h5 = &writer->h5;
    const hid_t dataset = create(h5, h5->file, name, type, 1, &count, writer->creation);
    H5(h5, H5Dwrite(dataset, cs_h5_memory_type(h5, given), H5S_ALL, H5S_ALL, H5P_DEFAULT, values));
    H5(h5, H5DSset_scale(dataset, name));
    return dataset;
}

static hid_t write_labels(struct writer *writer, const char *name, const struct cs_axis *axis)
{
    const char **labels = malloc((size_t)axis->size * sizeof *labels);
    if (labels == NULL) {
        return cs_h5_result(&writer->h5, -1, "malloc");
    }
    for (int64_t i = 0; i < axis->size; i++) {
        labels[i] = axis->labels[i];
    }
    const hid_t dataset = write_dimension(writer, name, CS_TEXT, CS_TEXT, axis->size, labels);
    free(labels);
    return dataset;
}

/* Years are whole numbers. */
static enum cs_type type_of_numbers(const struct cs_axis *axis)
{
    return axis->type == CS_FLAG        ? CS_INT8
           : axis->type == CS_COUNT     ? CS_INT64
           : axis->kind == CS_AXIS_YEAR ? CS_INT32
                                        : CS_FLOAT64;
}

static void write_axis(struct writer *writer, int32_t i)
{
    struct cs_h5 *h5 = &writer->h5;
    const struct cs_axis *axis = &writer->results->grid.config->axes[i];
    const char *name = writer->layout.names[i];
    const bool text = axis->labels != NULL && axis->kind != CS_AXIS_YEAR;
    const hid_t dataset =
        text ? write_labels(writer, name, axis)
             : write_dimension(writer, name, type_of_numbers(axis), CS_FLOAT64, axis->size, axis->numbers);
    char long_name[512];
    if (axis->kind < CS_MAIN_AXIS_COUNT) {
        (void)snprintf(long_name, sizeof long_name, "%s", axis->meaning);
    } else {
        (void)snprintf(long_name, sizeof long_name, "%s %s: %s", axis->factor ? "factor on" : "setting", axis->path,
                       axis->meaning);
    }
    describe(h5, dataset, text ? "1" : udunits(axis->unit), long_name);
    if (axis->type == CS_FLAG) {
        describe_flags(h5, dataset, "false|true");
    }
    writer->scales[i] = dataset;
}

static void write_alternative(struct writer *writer)
{
    int32_t numbers[128];
    const int32_t count = writer->layout.alternatives;
    const int32_t axis = writer->results->grid.config->axis_count;
    for (int32_t i = 0; i < count; i++) {
        numbers[i] = i;
    }
    const hid_t dataset = write_dimension(writer, writer->layout.names[axis], CS_INT32, CS_INT32, count, numbers);
    describe(&writer->h5, dataset, "1",
             "rank of the plan among the best distinct ones; 0 is the best, status 0: fewer are feasible");
    writer->scales[axis] = dataset;
}

/* ---- variables ---- */
static void set_storage(struct writer *writer, hid_t list, const struct cs_variable *variable,
                        const struct cs_shape *shape)
{
    struct cs_h5 *h5 = &writer->h5;
    if (variable->filled) {
        double fill; /* room for every type */
        cs_fill(variable->type, &fill);
        H5(h5, H5Pset_fill_value(list, cs_h5_memory_type(h5, variable->type), &fill));
    }
    /* Every value will be written, so that filling the dataset first would write it twice. */
    H5(h5, H5Pset_fill_time(list, H5D_FILL_TIME_NEVER));
    int64_t chunk[CS_DIMENSIONS_MAX];
    if (cs_shape_chunk(shape, chunk)) {
        hsize_t extents[CS_DIMENSIONS_MAX];
        cs_h5_sizes(chunk, shape->dimensions, extents);
        H5(h5, H5Pset_chunk(list, shape->dimensions, extents));
        if (writer->packer != NULL && cs_type_size(variable->type) > 1) {
            H5(h5, H5Pset_shuffle(list));
        }
        if (writer->packer != NULL) {
            H5(h5, H5Pset_deflate(list, (unsigned)writer->level));
        }
    }
}

static bool make_room(struct writer *writer, int64_t bytes)
{
    if (bytes > writer->buffer_size) {
        char *larger = realloc(writer->buffer, (size_t)bytes);
        if (larger == NULL) {
            (void)cs_h5_result(&writer->h5, -1, "realloc");
            return false;
        }
        writer->buffer = larger;
        writer->buffer_size = bytes;
    }
    return true;
}

/* The block is the first part of the chunk's values in the order of the file, because only one of its extents can
 * be cut and those outside of it are 1; the rest of the chunk lies beyond the variable's edge. */
static void write_packed(struct writer *writer, hid_t dataset, const struct cs_variable *variable, int32_t dimensions,
                         const struct cs_block *block)
{
    struct cs_h5 *h5 = &writer->h5;
    const int64_t type_size = cs_type_size(variable->type);
    char *packed = writer->buffer + block->whole * type_size;
    memset(writer->buffer + block->count * type_size, 0, (size_t)((block->whole - block->count) * type_size));
    const int64_t bytes = cs_pack(writer->packer, writer->level, type_size, block->whole, writer->buffer, packed);
    (void)cs_h5_result(h5, bytes, "cs_pack");
    hsize_t first[CS_DIMENSIONS_MAX];
    cs_h5_sizes(block->start, dimensions, first);
    H5(h5, H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, first, (size_t)bytes, packed));
}

/* Between two chunks: gives the file up where the run wants to stop, and keeps little of it unsynced. */
static void pause_between(struct writer *writer)
{
    struct cs_stream *stream = writer->h5.stream;
    if (cs_interrupted(writer->info)) {
        stream->error = ECANCELED;
    } else if (stream->size - writer->synced >= CS_SYNC_BYTES) {
        stream->error = fdatasync(stream->fd) == 0 ? stream->error : errno;
        writer->synced = stream->size;
    }
    (void)cs_h5_result(&writer->h5, 0, "");
}

/* Chunk by chunk in the order of the file: memory holds one chunk, never the variable. */
static void write_values(struct writer *writer, hid_t dataset, const struct cs_variable *variable,
                         const struct cs_shape *shape)
{
    struct cs_h5 *h5 = &writer->h5;
    const int64_t type_size = cs_type_size(variable->type);
    int64_t chunk[CS_DIMENSIONS_MAX];
    if (!cs_shape_chunk(shape, chunk)) {
        if (make_room(writer, shape->count * type_size)) {
            cs_derive(writer->evaluator, variable, shape, 0, shape->count, writer->buffer);
            H5(h5,
               H5Dwrite(dataset, cs_h5_memory_type(h5, variable->type), H5S_ALL, H5S_ALL, H5P_DEFAULT, writer->buffer));
        }
        return;
    }
    struct cs_block block;
    for (int64_t first = 0; first < shape->count && !h5->broken; first += block.count) {
        cs_block_at(shape, chunk, first, &block);
        if (!make_room(writer, block.whole * type_size + cs_pack_bound(block.whole * type_size))) {
            return;
        }
        cs_derive(writer->evaluator, variable, shape, first, block.count, writer->buffer);
        if (writer->packer != NULL) {
            write_packed(writer, dataset, variable, shape->dimensions, &block);
        } else {
            cs_h5_write_block(h5, dataset, variable->type, shape->dimensions, &block, writer->buffer);
        }
        if (!h5->broken) {
            pause_between(writer);
        }
    }
}

static void write_variable(struct writer *writer, const struct cs_variable *variable)
{
    struct cs_h5 *h5 = &writer->h5;
    struct cs_shape shape;
    cs_shape_of(&writer->layout, variable->on, &shape);
    const hid_t list = H5(h5, H5Pcopy(writer->creation));
    set_storage(writer, list, variable, &shape);
    const hid_t dataset = create(h5, h5->file, variable->name, variable->type, shape.dimensions, shape.size, list);
    describe(h5, dataset, variable->units, variable->long_name);
    if (variable->filled) {
        double fill; /* room for every type */
        cs_fill(variable->type, &fill);
        cs_h5_attribute(h5, dataset, "_FillValue", variable->type, 1, &fill);
    }
    if (variable->flags != NULL) {
        describe_flags(h5, dataset, variable->flags);
    }
    for (int32_t k = 0; k < shape.dimensions; k++) {
        H5(h5, H5DSattach_scale(dataset, writer->scales[shape.axis[k]], (unsigned)k));
    }
    write_values(writer, dataset, variable, &shape);
    H5(h5, H5Dclose(dataset));
    H5(h5, H5Pclose(list));
}

/* ---- provenance ---- */
static void write_value(struct writer *writer, hid_t group, const char *name, enum cs_type type, const char *units,
                        const void *value)
{
    struct cs_h5 *h5 = &writer->h5;
    const hid_t dataset = create(h5, group, name, type, 0, NULL, writer->creation);
    H5(h5, H5Dwrite(dataset, cs_h5_memory_type(h5, type), H5S_ALL, H5S_ALL, H5P_DEFAULT, value));
    if (units != NULL) {
        cs_h5_attribute_text(h5, dataset, "units", units);
    }
    H5(h5, H5Dclose(dataset));
}

static void write_text(struct writer *writer, hid_t group, const char *name, const char *text)
{
    const char *value = text != NULL ? text : "";
    write_value(writer, group, name, CS_TEXT, NULL, &value);
}

/* What may differ between runs of one configuration, and what a run that is resumed has to know. */
static void write_run(struct writer *writer, hid_t group)
{
    const struct cs_run_info *info = writer->info;
    const int32_t format = CS_FORMAT_VERSION;
    write_value(writer, group, "format_version", CS_INT32, "1", &format);
    write_text(writer, group, "program", "cs_sweep");
    write_text(writer, group, "version", CS_BUILD_VERSION);
    write_text(writer, group, "commit", CS_BUILD_COMMIT);
    write_text(writer, group, "compiler", CS_BUILD_COMPILER);
    write_text(writer, group, "compiler_flags", CS_BUILD_FLAGS);
    write_text(writer, group, "hdf5_library", cs_results_hdf5_version());
    write_text(writer, group, "mpi_library", info->mpi_library);
    write_value(writer, group, "ranks", CS_INT32, "1", &info->ranks);
    write_text(writer, group, "hosts", info->hosts);
    write_text(writer, group, "cpu_level", info->cpu_level);
    write_text(writer, group, "command", info->command);
    write_text(writer, group, "started", info->started);
    write_text(writer, group, "finished", info->finished);
    write_value(writer, group, "elapsed", CS_FLOAT64, "s", &info->elapsed_seconds);
    write_value(writer, group, "resumes", CS_INT32, "1", &info->resumes);
    write_value(writer, group, "shard", CS_INT64, "1", &info->shard);
    write_value(writer, group, "shards", CS_INT64, "1", &info->shards);
    write_value(writer, group, "pending", CS_INT64, "1", &writer->results->pending);
    write_text(writer, group, "configuration", writer->results->grid.config->as_given);
}

/* Always the configuration in effect, by which --resume, --merge and cs_point know the file; facts about the run where
 * `all` asks for them. */
static void write_provenance(struct writer *writer, bool all)
{
    struct cs_h5 *h5 = &writer->h5;
    const struct cs_config *config = writer->results->grid.config;
    const hid_t list = cs_h5_creation(h5, H5P_GROUP_CREATE);
    const hid_t group = H5(h5, H5Gcreate2(h5->file, "provenance", H5P_DEFAULT, list, H5P_DEFAULT));
    if (all) {
        write_run(writer, group);
    }
    write_text(writer, group, "configuration_in_effect", config->in_effect);
    H5(h5, H5Gclose(group));
    H5(h5, H5Pclose(list));
}

/* ---- the file ---- */
static void write_root(struct writer *writer)
{
    struct cs_h5 *h5 = &writer->h5;
    const struct cs_config *config = writer->results->grid.config;
    const int32_t format = CS_FORMAT_VERSION;
    cs_h5_attribute_text(h5, h5->file, "Conventions", "CF-1.10");
    cs_h5_attribute_text(h5, h5->file, "title",
                         config->title[0] != '\0' ? config->title : "Carbon of training large language models");
    cs_h5_attribute_text(h5, h5->file, "source", CS_PROGRAM);
    cs_h5_attribute_text(h5, h5->file, "comment",
                         "Where status is not 1 (feasible), values of a plan are missing: _FillValue.");
    cs_h5_attribute(h5, h5->file, "format_version", CS_INT32, 1, &format);
}

static void write_file(struct writer *writer)
{
    const struct cs_config *config = writer->results->grid.config;
    writer->creation = cs_h5_creation(&writer->h5, H5P_DATASET_CREATE);
    write_root(writer);
    for (int32_t i = 0; i < config->axis_count; i++) {
        write_axis(writer, i);
    }
    if (writer->layout.alternatives > 1) {
        write_alternative(writer);
    }
    int32_t count;
    const struct cs_variable *variables = cs_variables(&count);
    for (int32_t i = 0; i < count && !writer->h5.broken; i++) {
        if (cs_variable_present(&writer->results->grid, &variables[i])) {
            write_variable(writer, &variables[i]);
        }
    }
    for (int32_t i = 0; i < config->axis_count + (writer->layout.alternatives > 1 ? 1 : 0); i++) {
        H5(&writer->h5, H5Dclose(writer->scales[i]));
    }
    /* A file that is not complete holds all of it, because another run continues it. */
    write_provenance(writer, config->settings.output.provenance || writer->results->pending > 0);
    H5(&writer->h5, H5Pclose(writer->creation));
}

static void writer_destroy(struct writer *writer)
{
    if (writer != NULL) {
        cs_packer_destroy(writer->packer);
        cs_evaluator_destroy(writer->evaluator);
        free(writer->buffer);
        free(writer);
    }
}

static struct writer *writer_create(const struct cs_results *results, const struct cs_layout *layout,
                                    const struct cs_run_info *info)
{
    struct writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        return NULL;
    }
    writer->results = results;
    writer->info = info;
    writer->layout = *layout;
    writer->level = (int)results->grid.config->settings.output.compression;
    writer->evaluator = cs_evaluator_create(results, &writer->layout);
    writer->packer = writer->level > 0 ? cs_packer_create(writer->level) : NULL;
    if (writer->evaluator == NULL || (writer->level > 0 && writer->packer == NULL)) {
        writer_destroy(writer);
        return NULL;
    }
    return writer;
}

enum cs_code cs_results_write_fd(const struct cs_results *results, int fd, const char *path,
                                 const struct cs_run_info *info, struct cs_error *error)
{
    struct cs_layout layout;
    CS_TRY(cs_layout_init(&results->grid, &layout, error));
    struct writer *writer = writer_create(results, &layout, info);
    if (writer == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "There is no memory to write %s.", path);
    }
    int64_t size = 0;
    cs_h5_create(&writer->h5, fd);
    if (!writer->h5.broken) {
        write_file(writer);
    }
    enum cs_code code = cs_h5_close(&writer->h5, path, &size, error);
    const int status = code == CS_OK ? cs_seal_write(fd, size, info) : 0;
    if (status == ECANCELED) {
        code = cs_fail_interrupted(path, error);
    } else if (status != 0) {
        code = cs_fail(error, CS_ERROR_WRITE, "%s cannot be written: %s.", path, strerror(status));
    }
    writer_destroy(writer);
    return code;
}
