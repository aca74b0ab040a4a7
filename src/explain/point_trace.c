/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the time of a step goes: every kernel and collective, added up over a step. */
#include "point.h"

#include <stdlib.h>
#include <string.h>

/* The trace tells of one micro-batch through one layer of each kind, and of how many a step has that are like it; a
 * step takes all of them through all layers of the slowest stage. */
struct collector {
    struct cs_point *point;
    const struct cs_load *load;
};

static double times_a_step(const struct collector *collector, const struct cs_trace_entry *entry)
{
    static const char *const parts[CS_PART_COUNT] = {
        [CS_PART_DENSE] = "dense layer",
        [CS_PART_MIXTURE] = "mixture layer",
        [CS_PART_EMBEDDING] = "embedding",
        [CS_PART_HEAD] = "head",
        [CS_PART_DENSE_KEPT] = "dense layer, kept",
        [CS_PART_MIXTURE_KEPT] = "mixture layer, kept",
        [CS_PART_HEAD_KEPT] = "head, kept",
    };
    for (int i = 0; i < CS_PART_COUNT; i++) {
        if (strcmp(parts[i], entry->part) == 0) {
            return collector->load->count[i] * entry->micro_batches;
        }
    }
    return 1; /* what happens once a step */
}

static void collect(void *context, const struct cs_trace_entry *entry)
{
    const struct collector *const collector = context;
    struct cs_point *const point = collector->point;
    const double times = times_a_step(collector, entry);
    struct cs_point_trace *row = NULL;
    for (int32_t i = 0; i < point->trace_count; i++) {
        const struct cs_trace_entry *const known = &point->trace[i].entry;
        if (strcmp(known->part, entry->part) == 0 && strcmp(known->kernel, entry->kernel) == 0 &&
            known->backward == entry->backward && known->collective == entry->collective &&
            known->again == entry->again && known->bound == entry->bound) {
            row = &point->trace[i];
        }
    }
    if (times <= 0 || (row == NULL && point->trace_count == CS_POINT_TRACE_MAX)) {
        return;
    }
    if (row == NULL) {
        row = &point->trace[point->trace_count++];
        *row = (struct cs_point_trace){.entry = *entry};
        row->entry.seconds = row->entry.exposed_seconds = row->entry.flops = row->entry.bytes = 0;
    }
    row->calls += times;
    row->entry.seconds += entry->seconds * times;
    row->entry.exposed_seconds += entry->exposed_seconds * times;
    row->entry.flops += entry->flops * times;
    row->entry.bytes += entry->bytes * times;
}

static int longer_first(const void *a, const void *b)
{
    const double x = ((const struct cs_point_trace *)a)->entry.exposed_seconds;
    const double y = ((const struct cs_point_trace *)b)->entry.exposed_seconds;
    return (x < y) - (x > y);
}

void cs_point_trace_plan(struct cs_point *point)
{
    const struct cs_problem *const problem = &point->design.problem;
    const struct cs_plan *const plan = &point->best[0].plan;
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    cs_network_of(problem, plan->devices, &network);
    cs_costs_prepare(problem, &network, plan, &costs);
    cs_stage_prepare(&costs, plan->pipeline, &stage);
    struct collector collector = {point, &stage.slow};
    cs_step_trace(problem, plan, collect, &collector);
    qsort(point->trace, (size_t)point->trace_count, sizeof point->trace[0], longer_first);
}
