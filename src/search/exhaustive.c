/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory and time of every candidate at one device count: what the search is measured against. */
#include "engine.h"

#include <math.h>
#include <string.h>

enum { CS_BLOCK = 64 };

struct walk {
    struct cs_search_workspace *work;
    int64_t devices;
    double count, seconds;
    struct cs_plan *plan;
};

static void keep(struct walk *walk, const struct cs_plan *plan, double seconds)
{
    if (seconds < walk->seconds ||
        (seconds <= walk->seconds && isfinite(seconds) && cs_plan_order(plan, walk->plan) < 0)) {
        walk->seconds = seconds;
        *walk->plan = *plan;
    }
}

/* Interleaves [low, high] of one replica in blocks: two flat loops without a branch. */
static void walk_interleaves(struct walk *walk, const struct cs_replica *replica, enum cs_schedule schedule, int32_t low,
                             int32_t high, struct cs_plan *plan)
{
    const struct cs_choices *const choices = &walk->work->choices;
    const int64_t m =
        cs_micro_batches(choices, schedule, plan->pipeline, low, plan->data, plan->micro_batch);
    const double limit = walk->work->memory_limit;
    double seconds[CS_BLOCK];
    if (m == 0) {
        return;
    }
    plan->schedule = schedule;
    plan->micro_batches = m;
    plan->global_batch = m * plan->data * plan->micro_batch;
    const double per_second = cs_goal_seconds(&walk->work->goal, plan->global_batch, 1.0);
    for (int32_t start = low; start <= high; start += CS_BLOCK) {
        const int32_t size = high - start + 1 < CS_BLOCK ? high - start + 1 : CS_BLOCK;
        double best = INFINITY;
        for (int32_t i = 0; i < size; i++) {
            const double bytes = cs_memory_bytes(replica, schedule, start + i, m);
            const double step = cs_step_seconds(replica, schedule, start + i, m);
            seconds[i] = bytes > limit ? (double)INFINITY : step;
        }
        for (int32_t i = 0; i < size; i++) {
            best = seconds[i] < best ? seconds[i] : best;
        }
        walk->count += size;
        if (best * per_second * (1.0 - CS_BOUND_SLACK) > walk->seconds || !isfinite(best)) {
            continue;
        }
        for (int32_t i = 0; i < size; i++) {
            if (isfinite(seconds[i]) && cs_interleave_allowed(choices, plan->pipeline, start + i)) {
                plan->interleave = start + i;
                keep(walk, plan, cs_goal_seconds(&walk->work->goal, plan->global_batch, seconds[i]));
            }
        }
    }
}

static void walk_replica(struct walk *walk, const struct cs_pipeline *pipeline, const struct cs_replica *replica,
                         struct cs_plan *plan)
{
    const uint32_t schedules = walk->work->choices.schedules;
    const struct cs_interleaves *const v = &pipeline->interleaves;
    if (v->one && (schedules & 1u << CS_SCHEDULE_1F1B) != 0) {
        walk_interleaves(walk, replica, CS_SCHEDULE_1F1B, 1, 1, plan);
    }
    if (v->low <= v->high) {
        walk_interleaves(walk, replica, CS_SCHEDULE_1F1B, v->low, v->high, plan);
    }
    if (v->one && (schedules & 1u << CS_SCHEDULE_ZB1P) != 0) {
        walk_interleaves(walk, replica, CS_SCHEDULE_ZB1P, 1, 1, plan);
    }
    if (v->one && pipeline->pipeline % 2 == 0 && (schedules & 1u << CS_SCHEDULE_DUALPIPE) != 0) {
        walk_interleaves(walk, replica, CS_SCHEDULE_DUALPIPE, 1, 1, plan);
    }
}

static void walk_shard(struct walk *walk, const struct cs_shard_entry *shard)
{
    struct cs_search_workspace *const work = walk->work;
    const struct cs_shard *const knobs = &shard->costs.shard;
    for (int32_t i = 0; i < work->pipeline_count; i++) {
        const struct cs_pipeline *const pipeline = &work->pipelines[i];
        const int64_t ranks = cs_multiply(shard->mesh.ranks, pipeline->pipeline);
        const int64_t data = walk->devices / ranks;
        const int64_t fixed = work->choices.space->data;
        if (walk->devices % ranks != 0 || data % shard->mesh.data_step != 0 || (fixed > 0 && data != fixed) ||
            cs_multiply(data, knobs->micro_batch) > work->choices.cap) {
            continue;
        }
        struct cs_stage stage;
        cs_stage_prepare(&shard->costs, pipeline->pipeline, &stage);
        for (int32_t z = 0; z < 4; z++) {
            struct cs_replica replica;
            if ((work->choices.zero_stages[pipeline->pipeline > 1] & 1u << z) == 0) {
                continue;
            }
            cs_replica_prepare(&stage, data, z, work->choices.space->zero_group, &replica);
            struct cs_plan plan = {
                .devices = walk->devices,
                .data = data,
                .tensor = knobs->tensor,
                .pipeline = pipeline->pipeline,
                .context = knobs->context,
                .expert = knobs->expert,
                .expert_tensor = knobs->expert_tensor,
                .micro_batch = knobs->micro_batch,
                .interleave = 1,
                .zero_stage = z,
                .zero_group = work->choices.space->zero_group,
                .recompute = knobs->recompute,
                .sequence_parallel = knobs->sequence_parallel,
            };
            walk_replica(walk, pipeline, &replica, &plan);
        }
    }
}

double cs_search_exhaustive(const struct cs_problem *problem, const struct cs_space *space, int64_t devices,
                            struct cs_search_workspace *workspace, double *seconds, struct cs_plan *plan)
{
    struct cs_space exact = *space;
    exact.devices = devices;
    struct walk walk = {.work = workspace, .devices = devices, .seconds = INFINITY, .plan = plan};
    *seconds = INFINITY;
    memset(plan, 0, sizeof *plan);
    if (!cs_engine_start(workspace, problem, &exact, CS_MIN_TIME, NULL, 1, 1, NULL)) {
        return 0.0;
    }
    const struct cs_choices *const choices = &workspace->choices;
    cs_network_of(problem, devices, &workspace->network);
    for (int32_t t = cs_tensor_next(choices, 0, true); t != 0; t = cs_tensor_next(choices, t, true)) {
        struct cs_mesh mesh;
        for (int32_t i = 0; cs_mesh_at(choices, t, i, &mesh); i++) {
            for (int64_t b = cs_micro_batch_next(choices, 0); b != 0; b = cs_micro_batch_next(choices, b)) {
                for (int r = 0; r <= CS_RECOMPUTE_FULL; r++) {
                    workspace->shard_count = 0;
                    if ((choices->recomputes & 1u << r) != 0 &&
                        cs_engine_shard(workspace, &mesh, b, (enum cs_recompute)r) != NULL) {
                        walk_shard(&walk, &workspace->shards[0]);
                    }
                }
            }
        }
    }
    *seconds = walk.seconds;
    return walk.count;
}
