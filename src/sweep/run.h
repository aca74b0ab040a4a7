/* SPDX-License-Identifier: BSD-3-Clause */
/* What one run consists of on every rank, and the two roles. */
#ifndef CS_SWEEP_RUN_H
#define CS_SWEEP_RUN_H

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

/* Counters of a run on rank 0, for the summary, CS_STATISTICS and the benchmarks. */
struct cs_statistics {
    int64_t searches, received, chunks, batches, checkpoints; /* received: searches of other ranks */
    int64_t listens;                                          /* times that rank 0 found messages */
    double seconds, search_seconds, cpu_seconds;              /* wall; processor time of all ranks */
    double message_seconds, place_seconds;     /* rank 0: on messages (processor time), of it placing records (wall) */
    double checkpoint_seconds, finish_seconds; /* wall */
    double coordinator_cpu_seconds;            /* rank 0's, without its searches and the writing of files */
    int64_t memory, worker_memory;             /* bytes, peak of rank 0 and of the largest other rank */
    int32_t ranks;
};

/* Searches positions of a range until `seconds` have passed, one at least; returns how many. *cpu_seconds grows by the
 * processor time. place(context, search) gives the room for a search's records, placed(context, search) may be NULL. */
struct cs_sink {
    struct cs_record *(*room)(void *context, int64_t search);
    void (*placed)(void *context, int64_t search);
    void *context;
};
int64_t cs_run_burst(const struct cs_run *run, struct cs_range *range, double seconds, const struct cs_sink *sink,
                     double *cpu_seconds);

/* Rank 0: everything from opening the output to the last message. Returns the exit status that all ranks get. */
int cs_coordinate(struct cs_run *run);
/* Every other rank: the exit status that rank 0 sent. code, message: why this rank cannot work, or CS_OK. */
int cs_work(struct cs_run *run, const struct cs_error *error);

/* cs_sweep_run of a run whose options, and what is above, are set. */
int cs_run_all(struct cs_run *run, int *argc, char ***argv);

/* Which build a rank runs. */
const char *cs_build_text(void);

#endif
