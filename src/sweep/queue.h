/* SPDX-License-Identifier: BSD-3-Clause */
/* What is handed out next, and how much of it: guided chunks, the costliest searches first. No MPI here: the
 * simulation of the protocol (tests/bench/simulate.c) runs this same code.
 *
 * Positions count the searches of this run's shard: position p is search p * shards + shard - 1. A range of positions
 * stays within one strip, the searches that differ only on the last axes, so that neighbours are searched together. */
#ifndef CS_SWEEP_QUEUE_H
#define CS_SWEEP_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "cs_sweep/design.h"

struct cs_range {
    int64_t first, count;
};

/* Small enough for an eager message of any MPI (at most 1,032 bytes), large enough that a sweep of ten million searches
 * is not held up by its number of messages. */
enum { CS_CHUNK_RANGES = 64 };
struct cs_chunk {
    int64_t ranges;
    struct cs_range range[CS_CHUNK_RANGES];
};

struct cs_strip {
    struct cs_range range;
    double cost; /* of one of its searches, relative */
};

struct cs_queue {
    struct cs_strip *strips; /* [head, tail) are left, the costliest first */
    int64_t head, tail;
    int64_t searches, searches_left;
    double cost, cost_left;
    double hands; /* ranks that search */
    double least; /* cost of the smallest chunk worth a message */
};

/* Searches in one strip of a grid. */
int64_t cs_strip_length(const struct cs_grid *grid);
/* Bytes that a queue of all searches of one shard takes, at most. */
int64_t cs_queue_memory(const struct cs_grid *grid, int64_t shards);

/* done(context, search) says which searches need not be run again. */
enum cs_code cs_queue_create(const struct cs_grid *grid, int64_t shard, int64_t shards, int32_t hands,
                             bool (*done)(const void *context, int64_t search), const void *context,
                             struct cs_queue *queue, struct cs_error *error);
void cs_queue_destroy(struct cs_queue *queue);

/* Sets the smallest chunk by what was measured: searches of this cost took so many seconds. */
void cs_queue_pace(struct cs_queue *queue, double cost, double seconds);
/* The next chunk for a worker: false when nothing is left. */
bool cs_queue_take(struct cs_queue *queue, struct cs_chunk *chunk);
/* The next range for the coordinator itself, from the cheap end, so that it looks after its messages often. */
bool cs_queue_take_cheap(struct cs_queue *queue, struct cs_range *range);
/* Puts a range back that was handed out, its searches of this cost each; false without memory. */
bool cs_queue_return(struct cs_queue *queue, const struct cs_range *range, double cost);
/* Empties the queue, so that no further chunk is handed out. */
void cs_queue_clear(struct cs_queue *queue);

int64_t cs_chunk_searches(const struct cs_chunk *chunk);

#endif
