/* SPDX-License-Identifier: BSD-3-Clause */
/* Discrete-event simulation of the sweep's protocol on more ranks than there are at hand: the coordinator's own queue
 * (src/sweep/queue.c) hands out the chunks, workers take as long as measured searches of a configuration do, and every
 * message costs what the real coordinator was measured to take.
 *
 *   simulate CONFIG RECORD_S MESSAGE_S CHUNK_S LATENCY_S BYTES_PER_S SEARCHES
 *
 * Prints a JSON list. Times of searches: every search of evenly spaced strips of the grid is timed here, and the
 * sweep of SEARCHES is made of these strips over and over. Not simulated: checkpoints, the start of MPI, unequal
 * processors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "sweep/machine.h"
#include "sweep/queue.h"
#include "sweep/wire.h"

enum { STRIPS_MEASURED = 96, STRIP_MOST = 64 };

/* Measured strips: seconds of the searches, and their sums from the first on. */
struct sample {
    int64_t strips, length;
    double *sums; /* [strips][length + 1] */
    double *cost; /* per search */
    double mean, longest;
    int64_t entry_bytes, batch_entries;
};

struct costs {
    double record, message, chunk, latency, bytes_per_second;
};

struct event {
    double time;
    int32_t rank;
    int64_t searches;
    int32_t chunks_done;
    double cost, seconds; /* of these searches */
};

struct worker {
    struct cs_chunk chunks[CS_CHUNKS_HELD];
    int32_t held, outstanding;
    double free; /* s, when it has done all it holds */
};

struct simulation {
    const struct sample *sample;
    struct costs costs;
    double scale; /* of the measured times */
    struct cs_queue queue;
    struct worker *workers;
    int32_t ranks;
    bool searching; /* rank 0 searches too */
    struct event *heap;
    int64_t events, capacity, messages, left;
    double now, busy; /* rank 0 */
    double cost_back, seconds_back;
    struct cs_range own;
};

/* ---- events, earliest first ---- */
static void push(struct simulation *simulation, struct event event)
{
    if (simulation->events == simulation->capacity) {
        simulation->capacity = 2 * simulation->capacity + 1024;
        struct event *heap = realloc(simulation->heap, (size_t)simulation->capacity * sizeof *heap);
        if (heap == NULL) {
            exit(70);
        }
        simulation->heap = heap;
    }
    int64_t i = simulation->events++;
    while (i > 0 && simulation->heap[(i - 1) / 2].time > event.time) {
        simulation->heap[i] = simulation->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    simulation->heap[i] = event;
}

static struct event pop(struct simulation *simulation)
{
    const struct event first = simulation->heap[0];
    const struct event last = simulation->heap[--simulation->events];
    int64_t i = 0;
    for (;;) {
        int64_t child = 2 * i + 1;
        if (child >= simulation->events) {
            break;
        }
        if (child + 1 < simulation->events && simulation->heap[child + 1].time < simulation->heap[child].time) {
            child++;
        }
        if (simulation->heap[child].time >= last.time) {
            break;
        }
        simulation->heap[i] = simulation->heap[child];
        i = child;
    }
    simulation->heap[i] = last;
    return first;
}

/* ---- searches ---- */
static double range_seconds(const struct simulation *simulation, const struct cs_range *range)
{
    const struct sample *sample = simulation->sample;
    const int64_t strip = range->first / sample->length % sample->strips, at = range->first % sample->length;
    const double *sums = sample->sums + strip * (sample->length + 1);
    return simulation->scale * (sums[at + range->count] - sums[at]);
}

/* A worker starts what it was just handed: every result message it will send for it is known then. */
static void work(struct simulation *simulation, int32_t rank, const struct cs_chunk *chunk, double arrival)
{
    struct worker *worker = &simulation->workers[rank];
    double clock = worker->free > arrival ? worker->free : arrival;
    double oldest = clock;
    const double age = cs_batch_age(simulation->ranks);
    int64_t gathered = 0;
    struct event batch = {.rank = rank};
    const struct sample *sample = simulation->sample;
    for (int64_t r = 0; r < chunk->ranges; r++) {
        for (int64_t i = 0; i < chunk->range[r].count; i++) {
            const struct cs_range one = {chunk->range[r].first + i, 1};
            const double seconds = range_seconds(simulation, &one);
            clock += seconds;
            batch.seconds += seconds;
            batch.cost += sample->cost[one.first / sample->length % sample->strips];
            gathered++;
            const bool last = r + 1 == chunk->ranges && i + 1 == chunk->range[r].count;
            if (last || gathered == sample->batch_entries || clock - oldest > age) {
                const double wire = simulation->costs.latency +
                                    (double)(gathered * sample->entry_bytes) / simulation->costs.bytes_per_second;
                batch.time = clock + wire;
                batch.searches = gathered;
                batch.chunks_done = last;
                push(simulation, batch);
                batch = (struct event){.rank = rank};
                gathered = 0;
                oldest = clock;
            }
        }
    }
    worker->free = clock;
}

/* Rank 0 searches until a message is there: it takes the message after the search in work. */
static double own_searches(struct simulation *simulation, double until)
{
    double clock = simulation->now;
    while (simulation->searching && clock < until) {
        if (simulation->own.count == 0 && !cs_queue_take_cheap(&simulation->queue, &simulation->own)) {
            break;
        }
        const struct cs_range one = {simulation->own.first++, 1};
        simulation->own.count--;
        clock += range_seconds(simulation, &one);
        simulation->left--;
    }
    return clock;
}

static void handle(struct simulation *simulation, const struct event *event)
{
    struct worker *worker = &simulation->workers[event->rank];
    const double searched = own_searches(simulation, event->time);
    double clock = searched > event->time ? searched : event->time;
    const double begun = clock;
    clock += simulation->costs.message + simulation->costs.record * (double)event->searches;
    simulation->messages++;
    simulation->left -= event->searches;
    worker->outstanding -= event->chunks_done;
    simulation->cost_back += event->cost;
    simulation->seconds_back += event->seconds;
    cs_queue_pace(&simulation->queue, simulation->cost_back, simulation->seconds_back);
    struct cs_chunk chunk;
    while (worker->outstanding < CS_CHUNKS_HELD && cs_queue_take(&simulation->queue, &chunk)) {
        clock += simulation->costs.chunk;
        worker->outstanding++;
        simulation->messages++;
        work(simulation, event->rank, &chunk, clock + simulation->costs.latency);
    }
    simulation->busy += clock - begun;
    simulation->now = clock;
}

static int by_cost(const void *left, const void *right)
{
    const struct cs_strip *a = left, *b = right;
    if (a->cost > b->cost || a->cost < b->cost) {
        return a->cost > b->cost ? -1 : 1;
    }
    return a->range.first < b->range.first ? -1 : a->range.first > b->range.first;
}

static void fill_queue(struct simulation *simulation, int64_t searches)
{
    const struct sample *sample = simulation->sample;
    const int64_t rounds = searches / (sample->length * sample->strips) + 1;
    const int64_t strips = rounds * sample->strips; /* every measured strip equally often: the mean is the sample's */
    struct cs_queue *queue = &simulation->queue;
    *queue = (struct cs_queue){.hands = simulation->ranks - (simulation->searching ? 0 : 1)};
    queue->strips = calloc((size_t)strips, sizeof *queue->strips);
    if (queue->strips == NULL) {
        exit(70);
    }
    for (int64_t i = 0; i < strips; i++) {
        queue->strips[i].range = (struct cs_range){i * sample->length, sample->length};
        queue->strips[i].cost = sample->cost[i % sample->strips];
        queue->cost += queue->strips[i].cost * (double)sample->length;
    }
    queue->tail = strips;
    queue->searches = strips * sample->length;
    queue->searches_left = queue->searches;
    queue->cost_left = queue->cost;
    qsort(queue->strips, (size_t)strips, sizeof *queue->strips, by_cost);
}

static void simulate(const struct sample *sample, const struct costs *costs, int32_t ranks, bool searching, double mean,
                     int64_t searches, bool first)
{
    struct simulation simulation = {.sample = sample, .costs = *costs, .ranks = ranks, .searching = searching};
    simulation.scale = mean / sample->mean;
    simulation.workers = calloc((size_t)ranks, sizeof *simulation.workers);
    if (simulation.workers == NULL) {
        exit(70);
    }
    fill_queue(&simulation, searches);
    simulation.left = simulation.queue.searches;
    for (int32_t rank = 1; rank < ranks; rank++) {
        push(&simulation, (struct event){.time = costs->latency, .rank = rank});
    }
    while (simulation.events > 0) {
        const struct event event = pop(&simulation);
        handle(&simulation, &event);
    }
    simulation.now = own_searches(&simulation, 1e300);
    const double seconds = simulation.now;
    const double ideal = mean * (double)simulation.queue.searches / (double)ranks;
    printf("%s  {\"ranks\": %d, \"mean_search_s\": %.6g, \"searches\": %lld, \"seconds\": %.6g, \"efficiency\": %.5f, "
           "\"rank0_busy\": %.5f, \"rank0_searches\": %s, \"messages\": %lld}",
           first ? "" : ",\n", ranks, mean, (long long)simulation.queue.searches, seconds, ideal / seconds,
           simulation.busy / seconds, searching ? "true" : "false", (long long)simulation.messages);
    if (simulation.left != 0) {
        fprintf(stderr, "simulate: %lld searches were lost.\n", (long long)simulation.left);
        exit(70);
    }
    cs_queue_destroy(&simulation.queue);
    free(simulation.workers);
    free(simulation.heap);
}

/* ---- measuring ---- */
static void measure(const struct cs_grid *grid, struct sample *sample)
{
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    struct cs_record *records = calloc((size_t)grid->records_per_search, sizeof *records);
    sample->length = cs_strip_length(grid);
    const int64_t all = grid->searches / sample->length;
    sample->strips = all < STRIPS_MEASURED ? all : STRIPS_MEASURED;
    sample->sums = calloc((size_t)(sample->strips * (sample->length + 1)), sizeof *sample->sums);
    sample->cost = calloc((size_t)sample->strips, sizeof *sample->cost);
    if (workspace == NULL || records == NULL || sample->sums == NULL || sample->cost == NULL || all == 0) {
        fprintf(stderr, "simulate: no memory, or a grid smaller than one strip.\n");
        exit(70);
    }
    sample->entry_bytes = cs_entry_bytes(grid);
    sample->batch_entries = (cs_batch_bytes(grid) - (int64_t)sizeof(struct cs_batch_header)) / sample->entry_bytes;
    for (int64_t s = 0; s < sample->strips; s++) {
        const int64_t first = s * all / sample->strips * sample->length;
        double *sums = sample->sums + s * (sample->length + 1);
        sample->cost[s] = (cs_grid_cost(grid, first) + cs_grid_cost(grid, first + sample->length - 1)) / 2.0;
        for (int64_t i = 0; i < sample->length; i++) {
            const double begun = cs_cpu_seconds();
            cs_record_evaluate(grid, first + i, workspace, records);
            const double seconds = cs_cpu_seconds() - begun;
            sums[i + 1] = sums[i] + seconds;
            sample->longest = seconds > sample->longest ? seconds : sample->longest;
        }
        sample->mean += sums[sample->length] / (double)(sample->strips * sample->length);
    }
    free(records);
    cs_search_workspace_destroy(workspace);
}

int main(int argc, char **argv)
{
    static const int32_t ranks[] = {256, 4096, 65536};
    struct cs_bundle bundle = {0};
    struct cs_config config = {0};
    struct cs_grid grid;
    struct cs_error error = {0};
    if (argc != 8) {
        fprintf(stderr, "usage: simulate CONFIG RECORD_S MESSAGE_S CHUNK_S LATENCY_S BYTES_PER_S SEARCHES\n");
        return 64;
    }
    double given[6];
    for (int i = 0; i < 6; i++) {
        if (!cs_parse_number(argv[2 + i], strlen(argv[2 + i]), &given[i]) || given[i] < 0.0) {
            fprintf(stderr, "simulate: \"%s\" is not a number from 0.\n", argv[2 + i]);
            return 64;
        }
    }
    const struct costs costs = {given[0], given[1], given[2], given[3], given[4]};
    const int64_t searches = (int64_t)given[5];
    if (cs_bundle_read(argv[1], 0, NULL, &bundle, &error) != CS_OK ||
        cs_config_parse(&bundle, &config, &error) != CS_OK || cs_grid_init(&config, &grid, &error) != CS_OK) {
        fprintf(stderr, "simulate: %s\n", error.message);
        return cs_exit_status(error.code);
    }
    struct sample sample = {0};
    measure(&grid, &sample);
    fprintf(stderr, "measured: mean %.3g s, longest %.3g s, %lld bytes per search\n", sample.mean, sample.longest,
            (long long)sample.entry_bytes);
    printf("[\n");
    for (int i = 0; i < 6; i++) {
        simulate(&sample, &costs, ranks[i % 3], false, i < 3 ? sample.mean : 1e-3, searches, i == 0);
    }
    /* Where rank 0 stops searching. */
    static const int32_t few[] = {16, 32, 64};
    for (int i = 0; i < 6; i++) {
        simulate(&sample, &costs, few[i % 3], i >= 3, 1e-3, searches / 100, false);
    }
    printf("\n]\n");
    free(sample.sums);
    free(sample.cost);
    cs_config_free(&config);
    cs_bundle_free(&bundle);
    return 0;
}
