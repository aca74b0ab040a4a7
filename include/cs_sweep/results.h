/* SPDX-License-Identifier: BSD-3-Clause */
/* The result file: records in memory on rank 0, one netCDF-4 compatible HDF5 file outside. */
#ifndef CS_SWEEP_RESULTS_H
#define CS_SWEEP_RESULTS_H

#include "cs_sweep/design.h"

struct cs_results;

/* What /provenance holds besides versions and the configuration. Strings may be NULL. */
struct cs_run_info {
    int32_t ranks;
    const char *hosts, *command, *mpi_library, *started, *finished, *cpu_level;
    double elapsed_seconds;
    int32_t resumes; /* cs_output_checkpoint and _finish add those, and the seconds, of the file that was resumed */
    int64_t shard, shards; /* 1, 1: whole */
    /* Asked while a file is being written, NULL: never. True gives it up: CS_ERROR_STOPPED, and no file. */
    bool (*interrupted)(void *context);
    void *context;
};

/* Searches of one shard: every shards-th of all, from the shard-th. */
int64_t cs_shard_searches(int64_t searches, int64_t shard, int64_t shards);

/* Memory for all records, every status pending. */
enum cs_code cs_results_create(const struct cs_grid *grid, struct cs_results **results, struct cs_error *error);
void cs_results_destroy(struct cs_results *results);
int64_t cs_results_memory(const struct cs_grid *grid); /* bytes that create takes */
/* What the file calls an axis of the configuration: the last part of its path, or all of it, with '_' for points, where
 * a variable or an earlier dimension has that name. */
enum { CS_DIMENSION_NAME_MAX = 2 * CS_NAME_MAX };
void cs_dimension_name(const struct cs_grid *grid, int32_t axis, char name[CS_DIMENSION_NAME_MAX]);
int64_t cs_results_file_estimate(const struct cs_grid *grid); /* bytes of the file before compression */

/* Places records_per_search records, and gives them back. */
void cs_results_put(struct cs_results *results, int64_t search, const struct cs_record *records);
bool cs_results_done(const struct cs_results *results, int64_t search);
int64_t cs_results_pending(const struct cs_results *results);
const struct cs_record *cs_results_get(const struct cs_results *results, int64_t search);

/* The names of a run: PATH; PATH.partial; PATH.partial.tmp, the one temporary name; PATH.stop; PATH.lock, which
 * says who holds them (host and process), is locked (flock) for as long as that process lives, and is removed at
 * the end. */
struct cs_output;
enum cs_output_mode { CS_OUTPUT_NEW, CS_OUTPUT_RESUME, CS_OUTPUT_FORCE };
/* Claims the name (waits up to 10 s for another run, then says who holds it), applies the mode: a NEW output that
 * exists is refused (CS_ERROR_CREATE); RESUME loads NAME.partial into results after checking it, refusing another
 * configuration by naming the key; *complete is set when the final file is already there and complete. A name that
 * cannot be used is CS_ERROR_CREATE, a file that cannot be trusted CS_ERROR_INPUT; neither is touched. */
enum cs_code cs_output_open(const char *path, enum cs_output_mode mode, struct cs_results *results,
                            struct cs_output **output, bool *complete, struct cs_error *error);
/* Refuses (CS_ERROR_CREATE) a file of that path for which there is no room: so many bytes at least, of so many before
 * compression. */
enum cs_code cs_output_room(const char *path, double least, double whole, struct cs_error *error);
/* Writes NAME.partial: one fixed temporary name opened exclusively, write, fsync, rename. */
enum cs_code cs_output_checkpoint(struct cs_output *output, const struct cs_results *results,
                                  const struct cs_run_info *info, struct cs_error *error);
/* Writes the complete file under its final name and removes NAME.partial. */
enum cs_code cs_output_finish(struct cs_output *output, const struct cs_results *results,
                              const struct cs_run_info *info, struct cs_error *error);
/* NAME.stop was there, and has been removed. */
bool cs_output_stop_requested(struct cs_output *output);
void cs_output_close(struct cs_output *output);

/* Takes over every finished search of a result file (a partial one, a shard) of the same configuration and program that
 * the results lack. The file's checksum is verified before anything is read. On an error the results are as before. */
enum cs_code cs_results_load(const char *path, struct cs_results *results, struct cs_error *error);

/* Reads the configuration in effect, overrides included, out of a result file, for cs_point on a sweep's file;
 * free(). */
enum cs_code cs_results_read_configuration(const char *path, char **in_effect, struct cs_error *error);

const char *cs_results_hdf5_version(void);

#endif
