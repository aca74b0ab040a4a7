/* SPDX-License-Identifier: BSD-3-Clause */
#include "h5.h"

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif
#include <errno.h>
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

static int file_compare(const H5FD_t *a, const H5FD_t *b)
{
    const struct cs_stream *first = ((const struct file *)(const void *)a)->stream;
    const struct cs_stream *second = ((const struct file *)(const void *)b)->stream;
    return first < second ? -1 : first > second;
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
    char *bytes = buffer;
    if (address > (haddr_t)stream->size || size > (haddr_t)stream->size - address) {
        /* What was allocated and not written yet reads as zeros. */
        const size_t there = address < (haddr_t)stream->size ? (size_t)((haddr_t)stream->size - address) : 0;
        memset(bytes + there, 0, size - there);
        size = there;
    }
    while (size > 0) {
        const ssize_t got = pread(stream->fd, bytes, size, (off_t)address);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return -1;
        }
        bytes += got;
        address += (haddr_t)got;
        size -= (size_t)got;
    }
    return 0;
}

static herr_t file_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t address, size_t size,
                         const void *buffer)
{
    (void)type;
    (void)transfer;
    struct cs_stream *stream = ((struct file *)(void *)base)->stream;
    const char *bytes = buffer;
    while (size > 0 && stream->error == 0) {
        const ssize_t put = pwrite(stream->fd, bytes, size, (off_t)address);
        if (put < 0) {
            stream->error = errno == EINTR ? 0 : errno;
            continue;
        }
        bytes += put;
        address += (haddr_t)put;
        size -= (size_t)put;
        if ((int64_t)address > stream->size) {
            stream->size = (int64_t)address;
        }
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
    .cmp = file_compare,
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
}

void cs_h5_create(struct cs_h5 *h5, int fd)
{
    start(h5, fd, true, 0);
    const hid_t creation = H5(h5, H5Pcreate(H5P_FILE_CREATE));
    H5(h5, H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    H5(h5, H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    H5(h5, H5Pset_obj_track_times(creation, false));
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
    H5(h5, H5Fclose(h5->file));
    H5(h5, H5Pclose(h5->access));
    H5(h5, H5FDunregister(h5->driver));
    if (h5->stream != NULL) {
        (void)H5Eset_auto2(H5E_DEFAULT, h5->report, h5->report_data);
    }
    if (!h5->broken) {
        *size = h5->stream->size;
        free(h5->stream);
        return CS_OK;
    }
    if (h5->stream == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "There is no memory to open %s.", path);
    }
    const int reason = h5->stream->error;
    const bool writable = h5->stream->writable;
    if (h5->file < 0) {
        /* HDF5 holds nothing of a file that it could not open. */
        (void)H5Pclose(h5->access);
        (void)H5FDunregister(h5->driver);
        free(h5->stream);
    } else {
        /* HDF5 still knows the file, but the caller closes its descriptor, whose number may then mean another file. */
        h5->stream->fd = -1;
        h5->stream->error = EBADF;
    }
    if (reason != 0) {
        return cs_fail(error, CS_ERROR_WRITE, "%s cannot be written: %s.", path, strerror(reason));
    }
    if (writable) {
        return cs_fail(error, CS_ERROR_WRITE, "%s cannot be written: HDF5 refused %.60s.", path, h5->failed);
    }
    return cs_fail(error, CS_ERROR_INPUT, "%s cannot be read as a result file: HDF5 refused %.60s.", path, h5->failed);
}

void cs_h5_sizes(const int64_t *sizes, int32_t rank, hsize_t *out)
{
    for (int32_t k = 0; k < rank; k++) {
        out[k] = (hsize_t)sizes[k];
    }
}

void cs_h5_select(struct cs_h5 *h5, hid_t dataset, int32_t rank, const struct cs_block *block, hid_t *file_space,
                  hid_t *memory_space)
{
    hsize_t first[CS_RANK_MAX], extents[CS_RANK_MAX];
    cs_h5_sizes(block->start, rank, first);
    cs_h5_sizes(block->extents, rank, extents);
    *file_space = H5(h5, H5Dget_space(dataset));
    if (rank == 0) {
        *memory_space = H5(h5, H5Screate(H5S_SCALAR));
        return;
    }
    /* With the rank of the file's space: between spaces of different rank HDF5 matches one element after the other. */
    *memory_space = H5(h5, H5Screate_simple(rank, extents, NULL));
    H5(h5, H5Sselect_hyperslab(*file_space, H5S_SELECT_SET, first, NULL, extents, NULL));
}

hid_t cs_h5_string_type(struct cs_h5 *h5)
{
    const hid_t type = H5(h5, H5Tcopy(H5T_C_S1));
    H5(h5, H5Tset_size(type, H5T_VARIABLE));
    H5(h5, H5Tset_cset(type, H5T_CSET_UTF8));
    return type;
}

hid_t cs_h5_file_type(enum cs_type type)
{
    switch (type) {
    case CS_INT8:
        return H5T_STD_I8LE;
    case CS_INT32:
        return H5T_STD_I32LE;
    case CS_INT64:
        return H5T_STD_I64LE;
    case CS_FLOAT64:
    default:
        return H5T_IEEE_F64LE;
    }
}

hid_t cs_h5_memory_type(enum cs_type type)
{
    switch (type) {
    case CS_INT8:
        return H5T_NATIVE_INT8;
    case CS_INT32:
        return H5T_NATIVE_INT32;
    case CS_INT64:
        return H5T_NATIVE_INT64;
    case CS_FLOAT64:
    default:
        return H5T_NATIVE_DOUBLE;
    }
}

void cs_h5_attribute_text(struct cs_h5 *h5, hid_t object, const char *name, const char *text)
{
    const hid_t type = cs_h5_string_type(h5);
    const hid_t space = H5(h5, H5Screate(H5S_SCALAR));
    const hid_t attribute = H5(h5, H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
    H5(h5, H5Awrite(attribute, type, &text));
    H5(h5, H5Aclose(attribute));
    H5(h5, H5Sclose(space));
    H5(h5, H5Tclose(type));
}

void cs_h5_attribute(struct cs_h5 *h5, hid_t object, const char *name, enum cs_type type, int64_t count,
                     const void *values)
{
    const hsize_t size = (hsize_t)count;
    const hid_t space = H5(h5, H5Screate_simple(1, &size, NULL));
    const hid_t attribute = H5(h5, H5Acreate2(object, name, cs_h5_file_type(type), space, H5P_DEFAULT, H5P_DEFAULT));
    H5(h5, H5Awrite(attribute, cs_h5_memory_type(type), values));
    H5(h5, H5Aclose(attribute));
    H5(h5, H5Sclose(space));
}

/* ---- reading text ---- */
static bool is_text(struct cs_h5 *h5, hid_t type, hid_t space)
{
    return H5(h5, H5Tget_class(type)) == H5T_STRING && H5(h5, H5Tis_variable_str(type)) > 0 &&
           H5(h5, H5Sget_simple_extent_npoints(space)) == 1;
}

static char *keep(char *text)
{
    char *copy = text != NULL ? strdup(text) : NULL;
    (void)H5free_memory(text);
    return copy;
}

char *cs_h5_read_attribute_text(struct cs_h5 *h5, hid_t object, const char *name)
{
    if (H5(h5, H5Aexists(object, name)) <= 0) {
        return NULL;
    }
    char *text = NULL;
    const hid_t attribute = H5(h5, H5Aopen(object, name, H5P_DEFAULT));
    const hid_t type = H5(h5, H5Aget_type(attribute));
    const hid_t space = H5(h5, H5Aget_space(attribute));
    const hid_t wanted = cs_h5_string_type(h5);
    if (is_text(h5, type, space)) {
        H5(h5, H5Aread(attribute, wanted, &text));
    }
    H5(h5, H5Tclose(wanted));
    H5(h5, H5Sclose(space));
    H5(h5, H5Tclose(type));
    H5(h5, H5Aclose(attribute));
    return keep(text);
}

char *cs_h5_read_text(struct cs_h5 *h5, const char *dataset)
{
    if (!cs_h5_exists(h5, dataset)) {
        return NULL;
    }
    char *text = NULL;
    const hid_t object = H5(h5, H5Dopen2(h5->file, dataset, H5P_DEFAULT));
    const hid_t type = H5(h5, H5Dget_type(object));
    const hid_t space = H5(h5, H5Dget_space(object));
    const hid_t wanted = cs_h5_string_type(h5);
    if (is_text(h5, type, space)) {
        H5(h5, H5Dread(object, wanted, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text));
    }
    H5(h5, H5Tclose(wanted));
    H5(h5, H5Sclose(space));
    H5(h5, H5Tclose(type));
    H5(h5, H5Dclose(object));
    return keep(text);
}

bool cs_h5_exists(struct cs_h5 *h5, const char *path)
{
    char part[256];
    for (size_t i = 0; i < sizeof part; i++) {
        part[i] = path[i];
        if (path[i] == '/' || path[i] == '\0') {
            part[i] = '\0';
            if (i > 0 && H5(h5, H5Lexists(h5->file, part, H5P_DEFAULT)) <= 0) {
                return false;
            }
            if (path[i] == '\0') {
                return true;
            }
            part[i] = '/';
        }
    }
    return false;
}

const char *cs_results_hdf5_version(void)
{
    return H5_VERS_INFO;
}
