/* SPDX-License-Identifier: BSD-3-Clause */
#include "queue.h"

#include <stdlib.h>
#include <string.h>

/* A chunk is 1 / CS_GUIDE of a rank's even share of the cost that is left, and a rank holds two. Whole classes of
 * searches take up to three times as long as cs_grid_cost estimates. With 4 the ranks that get those end late
 * (tests/bench/simulate.c: 95% of the ideal speed instead of 99% at 1,024 ranks); 16 doubles the messages and gains
 * nothing. */
static const double CS_GUIDE = 8.0;
/* Seconds in which rank 0 takes in one batch and hands out one chunk: two messages of 3e-6 s at most and the records
 * (tests/bench/protocol.c). No chunk is shorter than this for every rank, or the ranks would wait for rank 0 at the
 * end. Simulated at 4,096 ranks: 96.6% of the ideal speed with 6e-6, 98.5% with 10e-6, 98.0% with 12e-6. */
static const double CS_ROUND_SECONDS = 10e-6;

/* Share of a chunk's cost that is taken from the cheap end. If all cheap searches were left for the end, a thousand
 * ranks would then send more results at once than rank 0 can place. So searches of middling cost come last, which are
 * still short enough for all ranks to end together. */
static const double CS_CHEAP_SHARE = 0.25;

enum { CS_STRIP_MOST = 64, CS_STRIP_LEAST = 8, CS_STRIP_BLOCK = 32 };

int64_t cs_strip_length(const struct cs_grid *grid)
{
    int64_t length = 1;
    for (int32_t i = grid->search_axis_count - 1; i >= 0; i--) {
        const int64_t size = grid->config->axes[grid->search_axes[i]].size;
        if (length * size > CS_STRIP_MOST) {
            break;
        }
        length *= size;
    }
    /* Whole axes give too short a strip where the last one is long: it is cut into blocks. */
    return length < CS_STRIP_LEAST ? CS_STRIP_BLOCK : length;
}

int64_t cs_queue_memory(const struct cs_grid *grid, int64_t shards)
{
    const int64_t strips = grid->searches / cs_strip_length(grid) + 1, searches = grid->searches / shards + 1;
    return (strips < searches ? strips : searches) * (int64_t)sizeof(struct cs_strip);
}

static int strip_compare(const void *left, const void *right)
{
    const struct cs_strip *a = left;
    const struct cs_strip *b = right;
    if (a->cost > b->cost || a->cost < b->cost) {
        return a->cost > b->cost ? -1 : 1;
    }
    return a->range.first < b->range.first ? -1 : a->range.first > b->range.first;
}

/* Called twice: to count the strips, without any, and then to fill them. */
static int64_t scan(const struct cs_grid *grid, int64_t shard, int64_t shards,
                    bool (*done)(const void *context, int64_t search), const void *context, struct cs_strip *strips)
{
    const int64_t length = cs_strip_length(grid);
    int64_t count = 0, last_strip = -1, last_position = -2;
    for (int64_t search = shard - 1, position = 0; search < grid->searches; search += shards, position++) {
        if (done(context, search)) {
            continue;
        }
        if (search / length != last_strip || position != last_position + 1) {
            if (strips != NULL) {
                strips[count].range = (struct cs_range){position, 0};
            }
            last_strip = search / length;
            count++;
        }
        if (strips != NULL) {
            strips[count - 1].range.count++;
        }
        last_position = position;
    }
    return count;
}

enum cs_code cs_queue_create(const struct cs_grid *grid, int64_t shard, int64_t shards, int32_t hands,
                             bool (*done)(const void *context, int64_t search), const void *context,
                             struct cs_queue *queue, struct cs_error *error)
{
    *queue = (struct cs_queue){.hands = hands};
    const int64_t count = scan(grid, shard, shards, done, context, NULL);
    if (count == 0) {
        return CS_OK;
    }
    queue->strips = calloc((size_t)count, sizeof *queue->strips);
    if (queue->strips == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY,
                       "Not enough memory for the order of %lld strips of searches. Split the sweep with --shard.",
                       (long long)count);
    }
    scan(grid, shard, shards, done, context, queue->strips);
    for (int64_t i = 0; i < count; i++) {
        struct cs_strip *strip = &queue->strips[i];
        const int64_t first = strip->range.first * shards + shard - 1;
        const int64_t last = first + (strip->range.count - 1) * shards;
        strip->cost = (cs_grid_cost(grid, first) + cs_grid_cost(grid, last)) / 2.0;
        queue->cost += strip->cost * (double)strip->range.count;
        queue->searches += strip->range.count;
    }
    qsort(queue->strips, (size_t)count, sizeof *queue->strips, strip_compare);
    queue->tail = count;
    queue->cost_left = queue->cost;
    queue->searches_left = queue->searches;
    return CS_OK;
}

void cs_queue_destroy(struct cs_queue *queue)
{
    free(queue->strips);
    *queue = (struct cs_queue){0};
}

void cs_queue_clear(struct cs_queue *queue)
{
    queue->head = queue->tail;
    queue->searches_left = 0;
    queue->cost_left = 0.0;
}

void cs_queue_pace(struct cs_queue *queue, double cost, double seconds)
{
    if (seconds > 0.0) {
        queue->least = CS_ROUND_SECONDS * queue->hands * cost / seconds;
    }
}

/* Cost of the next chunk. */
static double budget_now(const struct cs_queue *queue)
{
    const double share = queue->cost_left / (CS_GUIDE * queue->hands);
    return share > queue->least ? share : queue->least;
}

/* Searches of a strip that fit into a cost, at least one. */
static int64_t fitting(const struct cs_strip *strip, double cost)
{
    const double fit = strip->cost > 0.0 ? cost / strip->cost : (double)strip->range.count;
    if (fit >= (double)strip->range.count) {
        return strip->range.count;
    }
    return fit < 1.0 ? 1 : (int64_t)fit;
}

static void note_taken(struct cs_queue *queue, const struct cs_strip *strip, int64_t taken)
{
    queue->searches_left -= taken;
    /* When no search is left the cost must be zero too, whatever rounding has left of it. */
    queue->cost_left = queue->searches_left == 0 ? 0.0 : queue->cost_left - strip->cost * (double)taken;
}

/* Takes strips from the costly end, the last of them in part. */
static void take_costly(struct cs_queue *queue, double budget, struct cs_chunk *chunk)
{
    while (queue->head < queue->tail && chunk->ranges < CS_CHUNK_RANGES) {
        struct cs_strip *strip = &queue->strips[queue->head];
        if (chunk->ranges > 0 && budget < strip->cost) {
            break;
        }
        const int64_t taken = fitting(strip, budget);
        chunk->range[chunk->ranges++] = (struct cs_range){strip->range.first, taken};
        budget -= strip->cost * (double)taken;
        note_taken(queue, strip, taken);
        strip->range.first += taken;
        strip->range.count -= taken;
        if (strip->range.count > 0) {
            break;
        }
        queue->head++;
    }
}

/* Takes one range from the cheap end. */
static struct cs_range take_cheap(struct cs_queue *queue, double budget)
{
    struct cs_strip *strip = &queue->strips[queue->tail - 1];
    const int64_t taken = fitting(strip, budget);
    note_taken(queue, strip, taken);
    strip->range.count -= taken;
    const struct cs_range range = {strip->range.first + strip->range.count, taken};
    if (strip->range.count == 0) {
        queue->tail--;
    }
    return range;
}

bool cs_queue_take(struct cs_queue *queue, struct cs_chunk *chunk)
{
    chunk->ranges = 0;
    if (queue->head == queue->tail) {
        return false; /* nothing left, or a run that was refused before it had a queue */
    }
    const double budget = budget_now(queue);
    take_costly(queue, (1.0 - CS_CHEAP_SHARE) * budget, chunk);
    const double before = queue->cost_left;
    while (queue->head < queue->tail && chunk->ranges < CS_CHUNK_RANGES) {
        const double left = CS_CHEAP_SHARE * budget - (before - queue->cost_left);
        if (left < queue->strips[queue->tail - 1].cost) {
            break;
        }
        chunk->range[chunk->ranges++] = take_cheap(queue, left);
    }
    return chunk->ranges > 0;
}

bool cs_queue_take_cheap(struct cs_queue *queue, struct cs_range *range)
{
    if (queue->head == queue->tail) {
        return false;
    }
    *range = take_cheap(queue, budget_now(queue));
    return true;
}

bool cs_queue_return(struct cs_queue *queue, const struct cs_range *range, double cost)
{
    const int64_t left = queue->tail - queue->head;
    struct cs_strip *const strips = malloc((size_t)(left + 1) * sizeof *strips);
    if (strips == NULL) {
        return false;
    }
    /* First, as it has waited longest. */
    strips[0] = (struct cs_strip){*range, cost};
    if (left > 0) {
        memcpy(strips + 1, queue->strips + queue->head, (size_t)left * sizeof *strips);
    }
    free(queue->strips);
    queue->strips = strips;
    queue->head = 0;
    queue->tail = left + 1;
    queue->searches_left += range->count;
    queue->cost_left += cost * (double)range->count;
    return true;
}

int64_t cs_chunk_searches(const struct cs_chunk *chunk)
{
    int64_t searches = 0;
    for (int64_t i = 0; i < chunk->ranges; i++) {
        searches += chunk->range[i].count;
    }
    return searches;
}
