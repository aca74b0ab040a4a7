/* SPDX-License-Identifier: BSD-3-Clause */
/* The file driver is our own because HDF5's drivers report a failed write to HDF5, which on a full disk then crashes
 * (1.10) or closes the file as if it were whole, and because this one writes to the descriptor that output.c opened
 * exclusively, where sec2 opens a name. HDF5's core driver would do both, for a copy of the whole file in memory. */
#include "h5.h"

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the file driver ---- */
struct file {
    H5FD_t base; /* first: HDF5 fills it */
    struct cs_stream *stream;
    haddr_t end_of_allocation;
};

static H5FD_t *file_open(const char *name, unsigned flags, hid_t access, haddr_t largest)
{
    (void)name;
    (void)largest;
    struct cs_stream *const *info = H5Pget_driver_info(access);
    struct file *file = calloc(1, sizeof *file);
    if (info == NULL || file == NULL) {
        free(file);
        return NULL;
    }
    file->stream = *info;
    if ((flags & H5F_ACC_TRUNC) != 0) {
        file->stream->size = 0;
    }
    return &file->base;
}

static herr_t file_close(H5FD_t *base)
{
    free(base);
    return 0;
}

static herr_t file_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
    return 0;
}

static haddr_t file_eoa(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const struct file *)(const void *)base)->end_of_allocation;
}

static herr_t file_set_eoa(H5FD_t *base, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((struct file *)(void *)base)->end_of_allocation = address;
    return 0;
}

static haddr_t file_eof(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return (haddr_t)((const struct file *)(const void *)base)->stream->size;
}

static herr_t file_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size, void *buffer)
{
    (void)type;
    (void)transfer;
    const struct cs_stream *stream = ((struct file *)(void *)base)->stream;
    /* What was allocated and not written yet reads as zeros. */
    const haddr_t left = address < (haddr_t)stream->size ? (haddr_t)stream->size - address : 0;
    const size_t there = size < left ? size : (size_t)left;
    memset((char *)buffer + there, 0, size - there);
    return cs_read_at(stream->fd, buffer, (int64_t)there, (int64_t)address) == 0 ? 0 : -1;
}

static herr_t file_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                         const void *buffer)
{
    (void)type;
    (void)transfer;
    struct cs_stream *stream = ((struct file *)(void *)base)->stream;
    if (stream->error == 0) {
        stream->error = cs_write_at(stream->fd, buffer, (int64_t)size, (int64_t)address);
        const int64_t end = (int64_t)address + (int64_t)size;
        stream->size = stream->error == 0 && end > stream->size ? end : stream->size;
    }
    return 0;
}

static herr_t file_truncate(H5FD_t *base, hid_t transfer, hbool_t closing)
{
    (void)transfer;
    (void)closing;
    const struct file *file = (struct file *)(void *)base;
    struct cs_stream *stream = file->stream;
    if (stream->writable && stream->error == 0 && (int64_t)file->end_of_allocation != stream->size) {
        if (ftruncate(stream->fd, (off_t)file->end_of_allocation) != 0) {
            stream->error = errno;
        }
        stream->size = (int64_t)file->end_of_allocation;
    }
    return 0;
}

static const H5FD_class_t driver_class = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)600, /* of 512 to 65535, not registered: files do not store it */
#endif
    .name = "cs_sweep",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_SEMI,
    .fapl_size = sizeof(struct cs_stream *),
    .open = file_open,
    .close = file_close,
    .query = file_query,
    .get_eoa = file_eoa,
    .set_eoa = file_set_eoa,
    .get_eof = file_eof,
    .read = file_read,
    .write = file_write,
    .truncate = file_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/* ---- calls ---- */
int64_t cs_h5_result(struct cs_h5 *h5, int64_t value, const char *call)
{
    if (value < 0) {
        h5->failed = call;
    }
    if (value < 0 || h5->stream->error != 0) {
        h5->broken = true;
        return -1;
    }
    return value;
}

static void start(struct cs_h5 *h5, int fd, bool writable, int64_t size)
{
    *h5 = (struct cs_h5){.file = -1};
    /* Allocated, not on a stack, because HDF5 may keep its address until the program ends. */
    h5->stream = calloc(1, sizeof *h5->stream);
    if (h5->stream == NULL) {
        h5->broken = true;
        h5->failed = "calloc";
        return;
    }
    *h5->stream = (struct cs_stream){fd, writable, 0, size};
    /* Keeps HDF5 from closing what a failure left open when the program ends. It has no effect where another part of
     * the program has started HDF5 before. */
    (void)H5dont_atexit();
    H5(h5, H5open());
    H5(h5, H5Eget_auto2(H5E_DEFAULT, &h5->report, &h5->report_data));
    H5(h5, H5Eset_auto2(H5E_DEFAULT, NULL, NULL));
    h5->driver = H5(h5, H5FDregister(&driver_class));
    h5->access = H5(h5, H5Pcreate(H5P_FILE_ACCESS));
    H5(h5, H5Pset_driver(h5->access, h5->driver, &h5->stream));
    /* HDF5 1.8's format, which every reader understands. Closing the file fails while an object in it is open, which
     * would be a mistake of this program. */
    H5(h5, H5Pset_libver_bounds(h5->access, H5F_LIBVER_V18, H5F_LIBVER_V18));
    H5(h5, H5Pset_fclose_degree(h5->access, H5F_CLOSE_SEMI));
    h5->text = H5(h5, H5Tcopy(H5T_C_S1));
    H5(h5, H5Tset_size(h5->text, H5T_VARIABLE));
    H5(h5, H5Tset_cset(h5->text, H5T_CSET_UTF8));
}

hid_t cs_h5_creation(struct cs_h5 *h5, hid_t class)
{
    const hid_t list = H5(h5, H5Pcreate(class));
    if (class != H5P_DATASET_CREATE) {
        H5(h5, H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    }
    H5(h5, H5Pset_attr_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    H5(h5, H5Pset_obj_track_times(list, false));
    return list;
}

void cs_h5_create(struct cs_h5 *h5, int fd)
{
    start(h5, fd, true, 0);
    const hid_t creation = cs_h5_creation(h5, H5P_FILE_CREATE);
    h5->file = H5(h5, H5Fcreate("results", H5F_ACC_TRUNC, creation, h5->access));
    H5(h5, H5Pclose(creation));
}

void cs_h5_open(struct cs_h5 *h5, int fd, int64_t size)
{
    start(h5, fd, false, size);
    h5->file = H5(h5, H5Fopen("results", H5F_ACC_RDONLY, h5->access));
}

enum cs_code cs_h5_close(struct cs_h5 *h5, const char *path, int64_t *size, struct cs_error *error)
{
    if (h5->stream == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "There is no memory to open %s.", path);
    }
    H5(h5, H5Fclose(h5->file));
    const struct cs_stream stream = *h5->stream;
    *size = stream.size;
    if (h5->broken && h5->file >= 0) {
        /* HDF5 still knows the file, but the caller closes its descriptor, whose number may then mean another file. */
        h5->stream->fd = -1;
        h5->stream->error = EBADF;
    } else {
        /* The file is closed, or HDF5 holds nothing of it because it could not open it. */
        (void)H5Tclose(h5->text);
        (void)H5Pclose(h5->access);
        (void)H5FDunregister(h5->driver);
        free(h5->stream);
    }
    (void)H5Eset_auto2(H5E_DEFAULT, h5->report, h5->report_data);
    if (stream.error == ECANCELED) {
        return cs_fail_interrupted(path, error);
    }
    if (stream.error != 0) {
        return cs_fail(error, CS_ERROR_WRITE, "%s cannot be written: %s.", path, strerror(stream.error));
    }
    if (h5->broken && stream.writable) {
        return cs_fail(error, CS_ERROR_WRITE, "%s cannot be written: HDF5 refused %.60s.", path, h5->failed);
    }
    return !h5->broken ? CS_OK
                       : cs_fail(error, CS_ERROR_INPUT, "%s cannot be read as a result file: HDF5 refused %.60s.", path,
                                 h5->failed);
}

/* ---- types and spaces ---- */
hid_t cs_h5_file_type(const struct cs_h5 *h5, enum cs_type type)
{
    const hid_t types[] = {[CS_INT8] = H5T_STD_I8LE,
                           [CS_INT32] = H5T_STD_I32LE,
                           [CS_INT64] = H5T_STD_I64LE,
                           [CS_FLOAT64] = H5T_IEEE_F64LE,
                           [CS_TEXT] = h5->text};
    return types[type];
}

hid_t cs_h5_memory_type(const struct cs_h5 *h5, enum cs_type type)
{
    const hid_t types[] = {[CS_INT8] = H5T_NATIVE_INT8,
                           [CS_INT32] = H5T_NATIVE_INT32,
                           [CS_INT64] = H5T_NATIVE_INT64,
                           [CS_FLOAT64] = H5T_NATIVE_DOUBLE,
                           [CS_TEXT] = h5->text};
    return types[type];
}

void cs_h5_sizes(const int64_t *sizes, int32_t dimensions, hsize_t *out)
{
    for (int32_t k = 0; k < dimensions; k++) {
        out[k] = (hsize_t)sizes[k];
    }
}

hid_t cs_h5_space(struct cs_h5 *h5, int32_t dimensions, const int64_t *sizes)
{
    hsize_t extents[CS_DIMENSIONS_MAX];
    cs_h5_sizes(sizes, dimensions, extents);
    return dimensions > 0 ? H5(h5, H5Screate_simple(dimensions, extents, NULL)) : H5(h5, H5Screate(H5S_SCALAR));
}

/* ---- values ---- */
/* A selection of a block in a dataset's space, and the space of the block in memory; the caller closes both. */
static void select_block(struct cs_h5 *h5, hid_t dataset, int32_t dimensions, const struct cs_block *block,
                         hid_t *file_space, hid_t *memory_space)
{
    hsize_t first[CS_DIMENSIONS_MAX], extents[CS_DIMENSIONS_MAX];
    cs_h5_sizes(block->start, dimensions, first);
    cs_h5_sizes(block->extents, dimensions, extents);
    *file_space = H5(h5, H5Dget_space(dataset));
    /* With as many dimensions as the file's space: otherwise HDF5 matches one element after the other. */
    *memory_space = cs_h5_space(h5, dimensions, block->extents);
    if (dimensions > 0) {
        H5(h5, H5Sselect_hyperslab(*file_space, H5S_SELECT_SET, first, NULL, extents, NULL));
    }
}

void cs_h5_write_block(struct cs_h5 *h5, hid_t dataset, enum cs_type type, int32_t dimensions,
                       const struct cs_block *block, const void *values)
{
    hid_t file_space, memory_space;
    select_block(h5, dataset, dimensions, block, &file_space, &memory_space);
    H5(h5, H5Dwrite(dataset, cs_h5_memory_type(h5, type), memory_space, file_space, H5P_DEFAULT, values));
    H5(h5, H5Sclose(memory_space));
    H5(h5, H5Sclose(file_space));
}

void cs_h5_read_block(struct cs_h5 *h5, hid_t dataset, enum cs_type type, int32_t dimensions,
                      const struct cs_block *block, void *values)
{
    hid_t file_space, memory_space;
    select_block(h5, dataset, dimensions, block, &file_space, &memory_space);
    H5(h5, H5Dread(dataset, cs_h5_memory_type(h5, type), memory_space, file_space, H5P_DEFAULT, values));
    H5(h5, H5Sclose(memory_space));
    H5(h5, H5Sclose(file_space));
}

static void write_attribute(struct cs_h5 *h5, hid_t object, const char *name, enum cs_type type, hid_t space,
                            const void *values)
{
    const hid_t attribute =
        H5(h5, H5Acreate2(object, name, cs_h5_file_type(h5, type), space, H5P_DEFAULT, H5P_DEFAULT));
    H5(h5, H5Awrite(attribute, cs_h5_memory_type(h5, type), values));
    H5(h5, H5Aclose(attribute));
    H5(h5, H5Sclose(space));
}

void cs_h5_attribute(struct cs_h5 *h5, hid_t object, const char *name, enum cs_type type, int64_t count,
                     const void *values)
{
    write_attribute(h5, object, name, type, cs_h5_space(h5, 1, &count), values);
}

void cs_h5_attribute_text(struct cs_h5 *h5, hid_t object, const char *name, const char *text)
{
    write_attribute(h5, object, name, CS_TEXT, cs_h5_space(h5, 0, NULL), &text);
}

/* Whether an object of this type and space holds one value, a text or a number as asked for; closes both. */
static bool holds_one(struct cs_h5 *h5, hid_t stored, hid_t space, enum cs_type type)
{
    const bool one = H5(h5, H5Sget_simple_extent_npoints(space)) == 1;
    const bool is_text = H5(h5, H5Tget_class(stored)) == H5T_STRING && H5(h5, H5Tis_variable_str(stored)) > 0;
    H5(h5, H5Sclose(space));
    H5(h5, H5Tclose(stored));
    return one && is_text == (type == CS_TEXT);
}

/* HDF5's own memory becomes a copy that free() takes. */
static void keep_text(char *text, void *value)
{
    if (text != NULL) {
        *(char **)value = strdup(text);
        (void)H5free_memory(text);
    }
}

void cs_h5_read(struct cs_h5 *h5, const char *name, enum cs_type type, void *value)
{
    if (cs_h5_exists(h5, name)) {
        char *text = NULL;
        void *const to = type == CS_TEXT ? (void *)&text : value;
        const hid_t dataset = H5(h5, H5Dopen2(h5->file, name, H5P_DEFAULT));
        if (holds_one(h5, H5(h5, H5Dget_type(dataset)), H5(h5, H5Dget_space(dataset)), type)) {
            H5(h5, H5Dread(dataset, cs_h5_memory_type(h5, type), H5S_ALL, H5S_ALL, H5P_DEFAULT, to));
        }
        keep_text(text, value);
        H5(h5, H5Dclose(dataset));
    }
}

void cs_h5_read_attribute(struct cs_h5 *h5, const char *name, enum cs_type type, void *value)
{
    if (H5(h5, H5Aexists(h5->file, name)) > 0) {
        char *text = NULL;
        void *const to = type == CS_TEXT ? (void *)&text : value;
        const hid_t attribute = H5(h5, H5Aopen(h5->file, name, H5P_DEFAULT));
        if (holds_one(h5, H5(h5, H5Aget_type(attribute)), H5(h5, H5Aget_space(attribute)), type)) {
            H5(h5, H5Aread(attribute, cs_h5_memory_type(h5, type), to));
        }
        keep_text(text, value);
        H5(h5, H5Aclose(attribute));
    }
}

bool cs_h5_exists(struct cs_h5 *h5, const char *path)
{
    char part[256];
    for (const char *end = path; *end != '\0';) {
        end += 1 + strcspn(end + 1, "/");
        (void)snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
        if (H5(h5, H5Lexists(h5->file, part, H5P_DEFAULT)) <= 0) {
            return false;
        }
    }
    return true;
}

const char *cs_results_hdf5_version(void)
{
    return H5_VERS_INFO;
}
