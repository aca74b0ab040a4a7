/* SPDX-License-Identifier: BSD-3-Clause */
/* One node: the data degrees that may hold an answer, and at each the candidates that may be it. */
#include "engine.h"

#include <math.h>
#include <stddef.h>

enum { CS_ZERO_STAGES = 4, CS_REACH_STACK = 128 };

/* A node being explored. */
struct node {
    struct cs_search_workspace *work;
    const struct cs_shard_entry *shard;
    const struct cs_pipeline *pipeline;
    struct cs_stage stage;
    double micro, fill;            /* floors of the stage */
    int64_t fits[CS_ZERO_STAGES];  /* first position that fits in memory; INT64_MAX: none */
};

static void count(struct cs_search_workspace *work, int64_t devices, double candidates)
{
    work->visited += candidates;
    uint64_t slot = (uint64_t)devices * UINT64_C(0x9E3779B97F4A7C15) >> 52;
    for (int tries = 0; tries < CS_TALLIES; tries++, slot = (slot + 1) % CS_TALLIES) {
        struct cs_tally *const tally = &work->tallies[slot];
        if (tally->search != work->search) {
            *tally = (struct cs_tally){devices, work->search, 0.0};
        }
        if (tally->devices == devices) {
            tally->count += candidates;
            return;
        }
    }
}

static void plan_of(const struct node *node, const struct cs_replica *replica, struct cs_plan *plan)
{
    const struct cs_shard *const shard = &node->shard->costs.shard;
    *plan = (struct cs_plan){
        .devices = node->shard->mesh.ranks * node->pipeline->pipeline * replica->data,
        .data = replica->data,
        .tensor = shard->tensor,
        .pipeline = node->pipeline->pipeline,
        .context = shard->context,
        .expert = shard->expert,
        .expert_tensor = shard->expert_tensor,
        .micro_batch = shard->micro_batch,
        .interleave = 1,
        .zero_stage = replica->zero_stage,
        .zero_group = node->work->choices.space->zero_group,
        .recompute = shard->recompute,
        .schedule = CS_SCHEDULE_1F1B,
        .sequence_parallel = shard->sequence_parallel,
    };
}

/* Computes one candidate's memory and, if it fits, its time; offers it. Returns its time, or INFINITY. */
static double consider(const struct node *node, const struct cs_replica *replica, struct cs_plan *plan)
{
    struct cs_search_workspace *const work = node->work;
    count(work, plan->devices, 1.0);
    if (cs_memory_bytes(replica, plan->schedule, plan->interleave, plan->micro_batches) > work->memory_limit) {
        return INFINITY;
    }
    const double step = cs_step_seconds(replica, plan->schedule, plan->interleave, plan->micro_batches);
    const double seconds = cs_goal_seconds(&work->goal, plan->global_batch, step);
    cs_goal_offer(&work->goal, plan, seconds);
    return seconds;
}

static bool hopeless(const struct node *node, const struct cs_plan *plan, double seconds)
{
    const double devices = (double)plan->devices;
    return cs_goal_rejects(&node->work->goal, devices, seconds, devices * seconds);
}

static double interleaved_seconds(const struct node *node, const struct cs_replica *replica, const struct cs_plan *plan,
                                  int32_t interleave)
{
    const double step = cs_step_seconds(replica, CS_SCHEDULE_1F1B, interleave, plan->micro_batches);
    return cs_goal_seconds(&node->work->goal, plan->global_batch, step);
}

/* First interleave of [low, high] that fits: for m >= p memory does not rise with v > 1. high + 1: none. */
static int32_t first_fitting(const struct node *node, const struct cs_replica *replica, int32_t low, int32_t high,
                             int64_t micro_batches)
{
    const double limit = node->work->memory_limit;
    if (cs_memory_bytes(replica, CS_SCHEDULE_1F1B, high, micro_batches) > limit) {
        return high + 1;
    }
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (cs_memory_bytes(replica, CS_SCHEDULE_1F1B, middle, micro_batches) > limit) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return high;
}

/* All interleaves above 1 at once. At fixed m a step takes a + m P v + F / v (cs_step_seconds), convex in v with its
 * least at sqrt(F / (m P)): going away from it on either side the time rises, so once a value is hopeless all further
 * ones are. */
static void consider_interleaved(const struct node *node, const struct cs_replica *replica, struct cs_plan *plan)
{
    const struct cs_choices *const choices = &node->work->choices;
    const int32_t low = node->pipeline->interleaves.low;
    const int32_t high = node->pipeline->interleaves.high;
    const int32_t p = node->pipeline->pipeline;
    const int64_t m = cs_micro_batches(choices, CS_SCHEDULE_1F1B, p, high, plan->data, plan->micro_batch);
    if (low > high || m == 0) {
        return;
    }
    plan->micro_batches = m;
    plan->global_batch = m * plan->data * plan->micro_batch;
    const int32_t first = m >= p ? first_fitting(node, replica, low, high, m) : low;
    if (first > high) {
        count(node->work, plan->devices, 1.0);
        return;
    }
    const double least = sqrt(replica->fill[CS_SCHEDULE_1F1B] / ((double)m * replica->point_to_point));
    const int32_t start = least < high ? (least > first ? (int32_t)least : first) : high; /* P = 0: high */
    for (int32_t v = start; v >= first; v--) {
        plan->interleave = v;
        const double seconds = cs_interleave_allowed(choices, p, v) ? consider(node, replica, plan)
                                                                    : interleaved_seconds(node, replica, plan, v);
        if (hopeless(node, plan, seconds)) {
            break;
        }
    }
    for (int32_t v = start + 1; v <= high; v++) {
        plan->interleave = v;
        const double seconds = cs_interleave_allowed(choices, p, v) ? consider(node, replica, plan)
                                                                    : interleaved_seconds(node, replica, plan, v);
        if (hopeless(node, plan, seconds)) {
            break;
        }
    }
}

static void consider_single(const struct node *node, const struct cs_replica *replica, struct cs_plan *plan,
                            enum cs_schedule schedule)
{
    const struct cs_choices *const choices = &node->work->choices;
    if ((choices->schedules & 1u << schedule) == 0 || !node->pipeline->interleaves.one) {
        return;
    }
    if (schedule == CS_SCHEDULE_DUALPIPE && plan->pipeline % 2 != 0) {
        return;
    }
    plan->micro_batches = cs_micro_batches(choices, schedule, plan->pipeline, 1, plan->data, plan->micro_batch);
    plan->global_batch = plan->micro_batches * plan->data * plan->micro_batch;
    plan->schedule = schedule;
    plan->interleave = 1;
    if (plan->micro_batches > 0) {
        consider(node, replica, plan);
    }
}

/* Every candidate of one data degree that can still matter. */
static void explore_data(const struct node *node, int64_t position)
{
    struct cs_search_workspace *const work = node->work;
    const int64_t data = cs_data_at(work, node->shard, position);
    if (data % node->shard->mesh.data_step != 0) {
        return;
    }
    for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
        if (position < node->fits[z]) {
            continue;
        }
        struct cs_replica replica;
        struct cs_plan plan;
        cs_replica_prepare(&node->stage, data, z, work->choices.space->zero_group, &replica);
        plan_of(node, &replica, &plan);
        consider_single(node, &replica, &plan, CS_SCHEDULE_1F1B);
        plan.schedule = CS_SCHEDULE_1F1B;
        consider_interleaved(node, &replica, &plan);
        consider_single(node, &replica, &plan, CS_SCHEDULE_ZB1P);
        consider_single(node, &replica, &plan, CS_SCHEDULE_DUALPIPE);
    }
}

/* No candidate with a data degree in [first, last] can matter: T >= Q / (d b) (T1 + F / (v m)), m <= cap / (d b). */
static bool hopeless_reach(const struct node *node, int64_t first, int64_t last)
{
    const struct cs_search_workspace *const work = node->work;
    const double b = node->shard->costs.shard.micro_batch;
    const double ranks = (double)node->shard->mesh.ranks * node->pipeline->pipeline;
    const double low = (double)first;
    const struct cs_interleaves *const v = &node->pipeline->interleaves;
    const bool given = work->choices.given_batch && work->choices.space->interleave > 0;
    const double cap = (double)work->choices.cap;
    const bool rounds = v->low <= v->high && (given || low * b * node->pipeline->pipeline <= cap);
    const double chunks = rounds || !v->one ? (double)v->high : 1.0;
    const double per_rank = work->sequences / b * (node->micro + node->fill * low * b / (chunks * cap));
    return cs_goal_rejects(&work->goal, ranks * low, per_rank / (double)last, ranks * per_rank);
}

/* Halves the reach, lower half first, until a piece is hopeless or a single degree. */
static void explore_reach(const struct node *node, struct cs_reach reach)
{
    struct cs_reach stack[CS_REACH_STACK];
    int depth = 0;
    stack[depth++] = reach;
    while (depth > 0) {
        const struct cs_reach piece = stack[--depth];
        const int64_t first = cs_data_at(node->work, node->shard, piece.low);
        const int64_t last = cs_data_at(node->work, node->shard, piece.high);
        if (hopeless_reach(node, first, last)) {
            continue;
        }
        if (piece.low == piece.high) {
            explore_data(node, piece.low);
            continue;
        }
        const int64_t middle = piece.low + (piece.high - piece.low) / 2;
        stack[depth++] = (struct cs_reach){middle + 1, piece.high};
        stack[depth++] = (struct cs_reach){piece.low, middle};
    }
}

/* Least memory of any candidate at a data degree, or less: 1F1B without interleaving holds the fewest micro-batches. */
static double least_memory(const struct node *node, int32_t zero_stage, int64_t data)
{
    const struct cs_choices *const choices = &node->work->choices;
    const struct cs_interleaves *const v = &node->pipeline->interleaves;
    const int32_t p = node->pipeline->pipeline;
    const int64_t available = choices->cap / (data * node->shard->costs.shard.micro_batch);
    struct cs_replica replica;
    cs_replica_prepare(&node->stage, data, zero_stage, choices->space->zero_group, &replica);
    if (v->one && (choices->schedules & 1u << CS_SCHEDULE_1F1B) != 0) {
        return cs_memory_bytes(&replica, CS_SCHEDULE_1F1B, 1, available);
    }
    if (v->one && (choices->schedules & 1u << CS_SCHEDULE_ZB1P) != 0) {
        return cs_memory_bytes(&replica, CS_SCHEDULE_ZB1P, 1, available);
    }
    if (v->low <= v->high) {
        return cs_memory_bytes(&replica, CS_SCHEDULE_1F1B, v->high, available < p ? available : p);
    }
    return cs_memory_bytes(&replica, CS_SCHEDULE_DUALPIPE, 1, 2 * (int64_t)p);
}

/* First position of the reach at which a ZeRO stage fits: more data ranks never need more memory (step.h). */
static int64_t first_position(const struct node *node, int32_t zero_stage, struct cs_reach reach)
{
    const double limit = node->work->memory_limit;
    int64_t low = reach.low;
    int64_t high = reach.high;
    if (!(least_memory(node, zero_stage, cs_data_at(node->work, node->shard, low)) > limit)) {
        return low;
    }
    if (low == high || least_memory(node, zero_stage, cs_data_at(node->work, node->shard, high)) > limit) {
        return INT64_MAX;
    }
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (least_memory(node, zero_stage, cs_data_at(node->work, node->shard, middle)) > limit) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

void cs_explore(struct cs_search_workspace *work, const struct cs_shard_entry *shard, const struct cs_pipeline *pipeline)
{
    struct node node = {.work = work, .shard = shard, .pipeline = pipeline};
    struct cs_node unused;
    struct cs_reach reach;
    if (!cs_node_bound(work, shard, pipeline, NULL, &reach, &unused)) {
        return;
    }
    cs_stage_prepare(&shard->costs, pipeline->pipeline, &node.stage);
    if (!cs_node_bound(work, shard, pipeline, &node.stage, &reach, &unused)) {
        return;
    }
    cs_stage_floor(work, shard, pipeline, &node.stage, &node.micro, &node.fill);
    const uint32_t zero_stages = work->choices.zero_stages[pipeline->pipeline > 1];
    int64_t low = INT64_MAX;
    for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
        node.fits[z] = (zero_stages & 1u << z) != 0 ? first_position(&node, z, reach) : INT64_MAX;
        low = node.fits[z] < low ? node.fits[z] : low;
    }
    if (low != INT64_MAX) {
        explore_reach(&node, (struct cs_reach){low, reach.high});
    }
}

/* The largest data degree of a schedule and interleave needs the least memory: all ZeRO stages there. */
static bool fits_with(const struct node *node, enum cs_schedule schedule, int32_t interleave, struct cs_reach reach)
{
    const struct cs_search_workspace *const work = node->work;
    const struct cs_choices *const choices = &work->choices;
    const int32_t p = node->pipeline->pipeline;
    const uint32_t zero_stages = choices->zero_stages[p > 1];
    for (int64_t position = reach.high; position >= reach.low; position--) {
        const int64_t data = cs_data_at(work, node->shard, position);
        const int64_t m =
            cs_micro_batches(choices, schedule, p, interleave, data, node->shard->costs.shard.micro_batch);
        if (data % node->shard->mesh.data_step != 0 || m == 0) {
            continue;
        }
        for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
            struct cs_replica replica;
            if ((zero_stages & 1u << z) == 0) {
                continue;
            }
            cs_replica_prepare(&node->stage, data, z, choices->space->zero_group, &replica);
            if (!(cs_memory_bytes(&replica, schedule, interleave, m) > work->memory_limit)) {
                return true;
            }
        }
        return false;
    }
    return false;
}

bool cs_fits_memory(struct cs_search_workspace *work, const struct cs_shard_entry *shard,
                    const struct cs_pipeline *pipeline)
{
    struct node node = {.work = work, .shard = shard, .pipeline = pipeline};
    const struct cs_interleaves *const v = &pipeline->interleaves;
    const uint32_t schedules = work->choices.schedules;
    const int32_t p = pipeline->pipeline;
    struct cs_reach reach[3];
    const int64_t units[3] = {1, p, 2 * (int64_t)p};
    for (int i = 0; i < 3; i++) {
        reach[i] = cs_node_reach(work, shard, pipeline, units[i]);
    }
    if (reach[0].low > reach[0].high) {
        return false;
    }
    cs_stage_prepare(&shard->costs, p, &node.stage);
    int32_t most = v->high;
    while (most >= v->low && !cs_interleave_allowed(&work->choices, p, most)) {
        most--;
    }
    return (v->one && (schedules & 1u << CS_SCHEDULE_1F1B) != 0 && fits_with(&node, CS_SCHEDULE_1F1B, 1, reach[0])) ||
           (v->one && (schedules & 1u << CS_SCHEDULE_ZB1P) != 0 && fits_with(&node, CS_SCHEDULE_ZB1P, 1, reach[0])) ||
           (most >= v->low &&
            fits_with(&node, CS_SCHEDULE_1F1B, most, reach[work->choices.space->interleave > 0 ? 0 : 1])) ||
           (v->one && p % 2 == 0 && (schedules & 1u << CS_SCHEDULE_DUALPIPE) != 0 &&
            fits_with(&node, CS_SCHEDULE_DUALPIPE, 1, reach[2]));
}
