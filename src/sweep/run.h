/* SPDX-License-Identifier: BSD-3-Clause */
/* What one run consists of on every rank, and the two roles. */
#ifndef CS_SWEEP_RUN_H
#define CS_SWEEP_RUN_H

#include <limits.h>

#include "cs_sweep/results.h"
#include "cs_sweep/sweep.h"
#include "wire.h"

struct cs_run {
    const struct cs_sweep_options *options;
    struct cs_bundle bundle;
    struct cs_config config;
    struct cs_grid grid;
    struct cs_search_workspace *workspace;
    int64_t shard, shards;
    double started; /* s, cs_seconds */
    /* cs_record_evaluate, or what a benchmark of the protocol puts in its place. */
    void (*evaluate)(const struct cs_grid *grid, int64_t search, struct cs_search_workspace *workspace,
                     struct cs_record *records);
    /* For benchmarks of rank 0: it never searches, and hands out chunks as if there were so many other ranks (0: as
     * many as there are). */
    bool dedicated;
    int32_t hands;
};

/* Counters of a run on rank 0, for the summary, CS_STATISTICS (under these names) and the benchmarks: COUNT(name),
 * SECONDS(name). Wall time, but for names with cpu, which are processor time. */
#define CS_COUNTERS(COUNT, SECONDS)                                                                                    \
    COUNT(searches)                                                                                                    \
    COUNT(ranks)                                                                                                       \
    SECONDS(seconds)                                                                                                   \
    SECONDS(cpu_seconds)        /* of all ranks */                                                                     \
    SECONDS(search_cpu_seconds) /* of all ranks */                                                                     \
    COUNT(received)             /* searches of other ranks */                                                          \
    COUNT(chunks)                                                                                                      \
    COUNT(batches)                                                                                                     \
    COUNT(listens)                   /* times that rank 0 found messages */                                            \
    SECONDS(message_seconds)         /* of rank 0, processor time: everything that messages make it do */              \
    SECONDS(place_seconds)           /* of these: placing records */                                                   \
    SECONDS(coordinator_cpu_seconds) /* of rank 0, without its searches and the writing of files */                    \
    COUNT(checkpoints)                                                                                                 \
    SECONDS(checkpoint_seconds)                                                                                        \
    SECONDS(finish_seconds)                                                                                            \
    COUNT(rank0_bytes)  /* peak memory of rank 0 */                                                                    \
    COUNT(worker_bytes) /* and of the largest other rank */

struct cs_statistics {
#define CS_COUNTER_MEMBER(name) int64_t name;
#define CS_SECONDS_MEMBER(name) double name;
    CS_COUNTERS(CS_COUNTER_MEMBER, CS_SECONDS_MEMBER)
#undef CS_COUNTER_MEMBER
#undef CS_SECONDS_MEMBER
};

/* Searches positions of a range until `seconds` have passed, one at least. *cpu_seconds grows by the processor time.
 * room(context, search) says where a search's records go; placed(context, search), which may be NULL, is called when
 * they are there. */
struct cs_sink {
    struct cs_record *(*room)(void *context, int64_t search);
    void (*placed)(void *context, int64_t search);
    void *context;
};
void cs_run_burst(const struct cs_run *run, struct cs_range *range, double seconds, const struct cs_sink *sink,
                  double *cpu_seconds);

/* The file's name of one of so many shards, or of the whole sweep where shards is 1. The room holds more than
 * cs_output_open accepts: a path that is cut here is refused there. */
enum { CS_PATH_ROOM = PATH_MAX + 64 };
void cs_run_path(const struct cs_run *run, int64_t shard, int64_t shards, char *path, size_t size);

/* Rank 0: everything from opening the output to the last message. Returns the exit status that all ranks get. */
int cs_coordinate(struct cs_run *run);
/* Every other rank: the exit status that rank 0 sent. error: why this rank cannot work, if it cannot. */
int cs_work(struct cs_run *run, const struct cs_error *error);

/* cs_sweep_run of a run whose options and `evaluate` are set. */
int cs_run_all(struct cs_run *run, int *argc, char ***argv);

/* Which build a rank runs. */
const char *cs_build_text(void);

#endif
