/* SPDX-License-Identifier: BSD-3-Clause */
/* HDF5 with every call checked, and nothing more done to a file after the first failure: libhdf5 1.10 crashes when
 * it is used on after one. */
#ifndef CS_RESULTS_H5_H
#define CS_RESULTS_H5_H

#include <hdf5.h>
#include <hdf5_hl.h>

#include "internal.h"

/* An open file below HDF5. A write that fails is remembered here while HDF5 is told that it went well: so HDF5 can
 * still be closed without a crash, and the system's own reason can be reported (H5Fclose returns 0 after a full
 * disk). */
struct cs_stream {
    int fd;
    bool writable;
    int error;    /* errno of the first failed write, ECANCELED where it was given up, else 0 */
    int64_t size; /* bytes of HDF5's; a seal may follow */
};

struct cs_h5 {
    struct cs_stream *stream;
    hid_t driver, access, file;
    hid_t text;         /* variable-length UTF-8 strings */
    H5E_auto2_t report; /* what the caller's HDF5 does with errors, put back at the end */
    void *report_data;
    bool broken;        /* a call failed: no further one is made */
    const char *failed; /* the call that failed, NULL: a write of the stream */
};

/* The value of the call. Once a call has failed no further one is made, and the value is negative. */
#define H5(h5, call) ((h5)->broken ? -1 : cs_h5_result((h5), (int64_t)(call), #call))
int64_t cs_h5_result(struct cs_h5 *h5, int64_t value, const char *call);

/* Opens HDF5 on a file descriptor: creates in an empty file, or reads the first `size` bytes. */
void cs_h5_create(struct cs_h5 *h5, int fd);
void cs_h5_open(struct cs_h5 *h5, int fd, int64_t size);
/* Closes; what could not be closed after a failure is left alone, a leak of a few kB in a run that is about to end.
 * *size: bytes of the file. */
enum cs_code cs_h5_close(struct cs_h5 *h5, const char *path, int64_t *size, struct cs_error *error);

hid_t cs_h5_file_type(const struct cs_h5 *h5, enum cs_type type);
hid_t cs_h5_memory_type(const struct cs_h5 *h5, enum cs_type type);
/* A property list whose object has no times, and keeps links or attributes in the order of their creation; the caller
 * closes it. */
hid_t cs_h5_creation(struct cs_h5 *h5, hid_t class);
/* Sizes as HDF5 counts them, and a space of them (a scalar's for none); the caller closes it. */
void cs_h5_sizes(const int64_t *sizes, int32_t dimensions, hsize_t *out);
hid_t cs_h5_space(struct cs_h5 *h5, int32_t dimensions, const int64_t *sizes);
/* Writes or reads one block of a dataset. */
void cs_h5_write_block(struct cs_h5 *h5, hid_t dataset, enum cs_type type, int32_t dimensions,
                       const struct cs_block *block, const void *values);
void cs_h5_read_block(struct cs_h5 *h5, hid_t dataset, enum cs_type type, int32_t dimensions,
                      const struct cs_block *block, void *values);
/* Writes an attribute: a row of values, or a text. */
void cs_h5_attribute(struct cs_h5 *h5, hid_t object, const char *name, enum cs_type type, int64_t count,
                     const void *values);
void cs_h5_attribute_text(struct cs_h5 *h5, hid_t object, const char *name, const char *text);
/* Reads the one value of a dataset, or of an attribute of the root; *value stays as it is where there is none of this
 * kind. A text is malloc'ed. */
void cs_h5_read(struct cs_h5 *h5, const char *name, enum cs_type type, void *value);
void cs_h5_read_attribute(struct cs_h5 *h5, const char *name, enum cs_type type, void *value);
/* Whether a link of a path exists; every part of the path is looked for. */
bool cs_h5_exists(struct cs_h5 *h5, const char *path);

#endif
