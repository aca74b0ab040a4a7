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
    int64_t record_count; /* grid.searches * grid.records_per_search */
    struct cs_record *records;
};

/* The fill of integers. Floating-point variables take NaN. */
enum { CS_FILL_INTEGER = -1 };

/* ---- layout.c: which axes, in which order ---- */
enum { CS_RANK_MAX = CS_AXES_MAX + 1 };

struct cs_layout {
    const struct cs_grid *grid;
    bool region_searched;                           /* plans differ by region: min_carbon */
    int32_t alternatives;                           /* records per plan: 1 + search.alternatives */
    bool searched[CS_AXES_MAX];                     /* by config axis */
    bool carbon[CS_AXES_MAX];                       /* carbon inputs depend on it (the region does not count) */
    int64_t record_stride[CS_AXES_MAX];             /* in records; 0 where records do not depend on the axis */
    int64_t carbon_stride[CS_AXES_MAX];             /* in combinations of the carbon axes */
    int64_t carbon_count;                           /* of these combinations */
    int32_t region_axis;                            /* config axis */
    char names[CS_RANK_MAX][CS_DIMENSION_NAME_MAX]; /* of dimensions, by config axis, then alternative */
};
enum cs_code cs_layout_init(const struct cs_grid *grid, struct cs_layout *layout, struct cs_error *error);

/* The axes of one variable. */
struct cs_shape {
    int32_t rank;
    int32_t axis[CS_RANK_MAX]; /* config axis, or axis_count for alternative */
    int64_t size[CS_RANK_MAX];
    int64_t record_stride[CS_RANK_MAX], carbon_stride[CS_RANK_MAX];
    int64_t count;  /* product of the sizes */
    int32_t region; /* where in `axis` the region stands; -1: not */
};
void cs_shape_of(const struct cs_layout *layout, unsigned on, struct cs_shape *shape);
/* Extents of a chunk: contiguous in the order of the file, so that a variable can be made chunk by chunk. Returns false
 * where the variable is too small to be worth one. */
bool cs_shape_chunk(const struct cs_shape *shape, int64_t *chunk);

/* A block of a variable's values from `first` on: a chunk, cut off at the variable's edge. */
struct cs_block {
    int64_t start[CS_RANK_MAX], extents[CS_RANK_MAX];
    int64_t first, count;
    int64_t whole; /* values of a chunk that is not cut */
};
void cs_block_at(const struct cs_shape *shape, const int64_t *chunk, int64_t first, struct cs_block *block);

/* ---- derive.c: values ---- */
struct cs_evaluator;
struct cs_evaluator *cs_evaluator_create(const struct cs_results *results, const struct cs_layout *layout);
void cs_evaluator_destroy(struct cs_evaluator *evaluator);
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

/* ---- seal.c: the line after HDF5's end of file ---- */
enum { CS_SEAL_SIZE = 64 };
/* Appends the checksum of the file's `size` bytes. Returns 0 or an errno. */
int cs_seal_write(int fd, int64_t size);
/* Verifies a whole file and tells how many bytes of it are HDF5's; fills error (CS_ERROR_INPUT) with the reason. */
enum cs_code cs_seal_check(int fd, const char *path, int64_t *size, struct cs_error *error);

/* ---- write.c, read.c ---- */
/* Writes the whole file, sealed, to an open empty file. path is for messages. */
enum cs_code cs_results_write_fd(const struct cs_results *results, int fd, const char *path,
                                 const struct cs_run_info *info, struct cs_error *error);

/* What a file says of itself; texts are NULL where it says nothing. */
struct cs_file_facts {
    int32_t format_version, resumes;
    double elapsed_seconds;
    int64_t pending, shard, shards;
    char *in_effect, *source, *commit;
};
void cs_file_facts_free(struct cs_file_facts *facts);
/* Opens a regular file for reading; links: also by way of a symbolic link at the end of the path. */
enum cs_code cs_open_read(int folder, const char *name, const char *path, bool links, int *fd, struct cs_error *error);
/* Checks the seal, then reads the facts. */
enum cs_code cs_file_facts_read(int fd, const char *path, struct cs_file_facts *facts, struct cs_error *error);
/* Refuses a file that this configuration and program cannot continue. */
enum cs_code cs_file_facts_match(const struct cs_file_facts *facts, const struct cs_config *config, const char *path,
                                 struct cs_error *error);
/* Takes over every finished search that the file holds and the results do not. The facts have been matched. */
enum cs_code cs_results_read_fd(struct cs_results *results, int fd, const char *path, struct cs_error *error);

#endif
