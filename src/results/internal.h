/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of this folder share. HDF5's own types stay in h5.h. */
#ifndef CS_RESULTS_INTERNAL_H
#define CS_RESULTS_INTERNAL_H

#include "cs_sweep/results.h"
#include "design/variables.h"

/* Is raised when earlier programs cannot resume from the files of this one, or this one from theirs. */
enum { CS_FORMAT_VERSION = 1 };
#define CS_PROGRAM "cs_sweep " CS_BUILD_VERSION

struct cs_results {
    struct cs_grid grid;
    int64_t pending;
    int64_t record_count;      /* grid.searches * grid.records_per_search */
    struct cs_record *records; /* of each search its plans, and then its least-carbon plan where there is one */
};
/* The record that stands behind element `index` of a variable with all axes of a plan: the plan's own, or the
 * least-carbon plan of a search. */
static inline struct cs_record *cs_record_at(const struct cs_results *results, bool least, int64_t index)
{
    const int64_t plans = results->grid.plans_per_search, each = results->grid.records_per_search;
    return &results->records[least           ? index * each + plans
                             : plans == each ? index
                                             : index / plans * each + index % plans];
}

/* ---- layout.c: which axes, in which order ---- */
enum { CS_DIMENSIONS_MAX = CS_AXES_MAX + 1 };

struct cs_layout {
    const struct cs_grid *grid;
    bool region_searched;                                 /* plans differ by region: min_carbon */
    int32_t alternatives;                                 /* records per plan: 1 + search.alternatives */
    bool searched[CS_AXES_MAX];                           /* by config axis */
    bool carbon[CS_AXES_MAX];                             /* carbon inputs depend on it (the region does not count) */
    int64_t record_stride[CS_AXES_MAX];                   /* in plans; 0 where plans do not depend on the axis */
    int64_t search_stride[CS_AXES_MAX];                   /* in searches; 0 where these do not depend on the axis */
    int64_t carbon_stride[CS_AXES_MAX];                   /* in combinations of the carbon axes */
    int64_t carbon_count;                                 /* of these combinations */
    int32_t region_axis;                                  /* config axis */
    char names[CS_DIMENSIONS_MAX][CS_DIMENSION_NAME_MAX]; /* of dimensions, by config axis, then alternative */
};
enum cs_code cs_layout_init(const struct cs_grid *grid, struct cs_layout *layout, struct cs_error *error);

/* The axes of one variable. */
struct cs_shape {
    int32_t dimensions;
    int32_t axis[CS_DIMENSIONS_MAX]; /* config axis, or axis_count for alternative */
    int64_t size[CS_DIMENSIONS_MAX];
    /* In plans, or in searches for a variable of the least-carbon plan: see cs_record_at. */
    int64_t record_stride[CS_DIMENSIONS_MAX], carbon_stride[CS_DIMENSIONS_MAX];
    int64_t count;  /* product of the sizes */
    int32_t region; /* where in `axis` the region stands; -1: not */
};
void cs_shape_of(const struct cs_layout *layout, unsigned on, struct cs_shape *shape);
/* Extents of a chunk: contiguous in the order of the file, so that a variable can be made chunk by chunk. Returns false
 * where the variable is too small to be worth one. */
bool cs_shape_chunk(const struct cs_shape *shape, int64_t *chunk);

/* A block of a variable's values from `first` on: a chunk, cut off at the variable's edge. */
struct cs_block {
    int64_t start[CS_DIMENSIONS_MAX], extents[CS_DIMENSIONS_MAX];
    int64_t first, count;
    int64_t whole; /* values of a chunk that is not cut */
};
void cs_block_at(const struct cs_shape *shape, const int64_t *chunk, int64_t first, struct cs_block *block);

/* ---- derive.c: values ---- */
struct cs_evaluator;
struct cs_evaluator *cs_evaluator_create(const struct cs_results *results, const struct cs_layout *layout);
void cs_evaluator_destroy(struct cs_evaluator *evaluator);
/* What stands for a missing value: -1, or NaN in a variable of floating-point numbers. */
void cs_fill(enum cs_type type, void *to);
/* Values [first, first + count) of a variable in the order of the file, in its type. */
void cs_derive(struct cs_evaluator *evaluator, const struct cs_variable *variable, const struct cs_shape *shape,
               int64_t first, int64_t count, void *values);
/* The way back: values of a record's variable into the records. */
void cs_derive_back(struct cs_results *results, const struct cs_variable *variable, int64_t first, int64_t count,
                    const void *values);

/* ---- records.c ---- */
/* What a file can hold of a record, and nothing else: a plan that is not feasible has no values, and a feasible one
 * with a value that is not finite is a failure. */
void cs_record_normalise(struct cs_record *record);

static inline bool cs_interrupted(const struct cs_run_info *info)
{
    return info != NULL && info->interrupted != NULL && info->interrupted(info->context);
}
static inline enum cs_code cs_fail_interrupted(const char *path, struct cs_error *error)
{
    return cs_fail(error, CS_ERROR_STOPPED, "%s was not written to its end, because the run was to stop.", path);
}

/* ---- seal.c: bytes at an offset of a file, and the line after HDF5's end of file ---- */
/* All of them: 0, or an errno, EIO past the end of the file. */
int cs_read_at(int fd, void *buffer, int64_t size, int64_t offset);
int cs_write_at(int fd, const void *bytes, int64_t size, int64_t offset);
enum { CS_SEAL_SIZE = 64 };
/* Appends the checksum of the file's `size` bytes. Returns 0 or an errno, ECANCELED where info is interrupted; info may
 * be NULL. */
int cs_seal_write(int fd, int64_t size, const struct cs_run_info *info);
/* Verifies a whole file and tells how many bytes of it are HDF5's; fills error (CS_ERROR_INPUT) with the reason. */
enum cs_code cs_seal_check(int fd, const char *path, int64_t *size, struct cs_error *error);

/* ---- write.c, read.c ---- */
/* Writes the whole file, sealed, to an open empty file. path is for messages. */
enum cs_code cs_results_write_fd(const struct cs_results *results, int fd, const char *path,
                                 const struct cs_run_info *info, struct cs_error *error);

/* A result file that is read, and what it says of itself; texts are NULL where it says nothing. */
struct cs_file {
    const char *path; /* for messages */
    int fd;
    int32_t format_version, resumes;
    int64_t size; /* bytes of HDF5's */
    double elapsed_seconds;
    int64_t pending, shard, shards;
    char *in_effect, *source, *commit;
};
/* Opens a regular file, checks its seal and reads what it says; links: also by way of a symbolic link at the end of the
 * path. Closed by the caller unless there is an error. */
enum cs_code cs_file_open(int folder, const char *name, const char *path, bool links, struct cs_file *file,
                          struct cs_error *error);
void cs_file_close(struct cs_file *file);
/* Refuses a file that this configuration and program cannot continue. */
enum cs_code cs_file_match(const struct cs_file *file, const struct cs_config *config, struct cs_error *error);
/* Takes over every finished search that a file holds and the results do not. The file has been matched. */
enum cs_code cs_file_records(const struct cs_file *file, struct cs_results *results, struct cs_error *error);

#endif
