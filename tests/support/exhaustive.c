/* SPDX-License-Identifier: BSD-3-Clause */
#include "exhaustive.h"

#include <math.h>
#include <string.h>

#include "search/engine.h"

enum { BLOCK = 64 };

struct walk {
    struct cs_search_workspace *work;
    double count, seconds;
    struct cs_plan *plan;
};

static void keep(struct walk *walk, const struct cs_plan *plan, double seconds)
{
    const int64_t devices = walk->plan->devices;
    if (seconds < walk->seconds ||
        (seconds <= walk->seconds && isfinite(seconds) &&
         (plan->devices < devices || (plan->devices == devices && cs_plan_order(plan, walk->plan) < 0)))) {
        walk->seconds = seconds;
        *walk->plan = *plan;
    }
}

/* A schedule at one data degree: what all ZeRO stages share. */
struct option {
    enum cs_schedule schedule;
    int32_t low, high; /* interleaves */
    int64_t micro_batches;
    double per_step; /* s of training per s of step */
};

static void offer(struct walk *walk, const struct option *option, int32_t interleave, double step, struct cs_plan *plan)
{
    if (cs_interleave_allowed(&walk->work->choices, plan->pipeline, interleave)) {
        plan->schedule = (int32_t)option->schedule;
        plan->interleave = interleave;
        plan->micro_batches = option->micro_batches;
        plan->global_batch = option->micro_batches * plan->data * plan->micro_batch;
        keep(walk, plan, cs_goal_seconds(&walk->work->goal, plan->global_batch, step));
    }
}

/* Interleaves of one replica in blocks: flat loops without a branch, then a look at what may be the fastest. */
static void walk_option(struct walk *walk, const struct cs_replica *replica, const struct option *option,
                        struct cs_plan *plan)
{
    const double limit = walk->work->memory_limit;
    const int64_t m = option->micro_batches;
    double seconds[BLOCK];
    for (int32_t start = option->low; start <= option->high; start += BLOCK) {
        const int32_t size = option->high - start + 1 < BLOCK ? option->high - start + 1 : BLOCK;
        double best = INFINITY;
        for (int32_t i = 0; i < size; i++) {
            const double bytes = cs_memory_bytes(replica, option->schedule, start + i, m);
            const double step = cs_step_seconds(replica, option->schedule, start + i, m);
            seconds[i] = bytes > limit ? (double)INFINITY : step;
        }
        for (int32_t i = 0; i < size; i++) {
            best = seconds[i] < best ? seconds[i] : best;
        }
        walk->count += size;
        if (!(best * option->per_step * (1.0 - CS_BOUND_SLACK) <= walk->seconds) || !isfinite(best)) {
            continue;
        }
        for (int32_t i = 0; i < size; i++) {
            if (isfinite(seconds[i])) {
                offer(walk, option, start + i, seconds[i], plan);
            }
        }
    }
}

/* The same for a single interleave. */
static void walk_single(struct walk *walk, const struct cs_replica *replica, const struct option *option,
                        struct cs_plan *plan)
{
    const double bytes = cs_memory_bytes(replica, option->schedule, option->low, option->micro_batches);
    const double step = cs_step_seconds(replica, option->schedule, option->low, option->micro_batches);
    walk->count += 1.0;
    if (bytes <= walk->work->memory_limit && step * option->per_step * (1.0 - CS_BOUND_SLACK) <= walk->seconds) {
        offer(walk, option, option->low, step, plan);
    }
}

static int32_t list_options(const struct walk *walk, const struct cs_pipeline *pipeline, int64_t data,
                            int64_t micro_batch, struct option options[4])
{
    const struct cs_choices *const choices = &walk->work->choices;
    const uint32_t schedules = choices->schedules;
    const struct cs_interleaves *const v = &pipeline->interleaves;
    const struct option all[4] = {
        {CS_SCHEDULE_1F1B, 1, v->one && (schedules & 1u << CS_SCHEDULE_1F1B) != 0 ? 1 : 0, 0, 0.0},
        {CS_SCHEDULE_1F1B, v->low, v->high, 0, 0.0},
        {CS_SCHEDULE_ZB1P, 1, v->one && (schedules & 1u << CS_SCHEDULE_ZB1P) != 0 ? 1 : 0, 0, 0.0},
        {CS_SCHEDULE_DUALPIPE, 1,
         v->one && pipeline->pipeline % 2 == 0 && (schedules & 1u << CS_SCHEDULE_DUALPIPE) != 0 ? 1 : 0, 0, 0.0},
    };
    int32_t count = 0;
    for (int i = 0; i < 4; i++) {
        if (all[i].low > all[i].high) {
            continue;
        }
        const int64_t m = cs_micro_batches(choices, all[i].schedule, pipeline->pipeline, all[i].low, data, micro_batch);
        if (m > 0) {
            options[count] = all[i];
            options[count].micro_batches = m;
            options[count].per_step = cs_goal_seconds(&walk->work->goal, m * data * micro_batch, 1.0);
            count++;
        }
    }
    return count;
}

static void walk_data(struct walk *walk, const struct cs_pipeline *pipeline, const struct cs_stage *stage,
                      const struct cs_mesh *mesh, int32_t recompute_layers, int64_t data)
{
    const struct cs_choices *const choices = &walk->work->choices;
    const struct cs_plan *const knobs = &stage->costs->plan;
    const uint32_t zero_stages = choices->zero_stages[pipeline->pipeline > 1];
    struct option options[4];
    const int32_t count = list_options(walk, pipeline, data, knobs->micro_batch, options);
    if (count == 0) {
        return;
    }
    struct cs_replica replicas[CS_ZERO_STAGES];
    cs_replicas_prepare(stage, data, zero_stages, choices->space->given.zero_group, replicas);
    struct cs_plan plan = *knobs;
    plan.devices = mesh->devices * pipeline->pipeline * data;
    plan.data = data;
    plan.pipeline = pipeline->pipeline;
    plan.recompute_layers = recompute_layers;
    for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
        plan.zero_stage = z;
        for (int32_t i = 0; i < count && (zero_stages & 1u << z) != 0; i++) {
            if (options[i].low == options[i].high) {
                walk_single(walk, &replicas[z], &options[i], &plan);
            } else {
                walk_option(walk, &replicas[z], &options[i], &plan);
            }
        }
    }
}

static void walk_stage(struct walk *walk, const struct cs_sharding *sharding, const struct cs_pipeline *pipeline,
                       int32_t recompute_layers)
{
    const struct cs_search_workspace *const work = walk->work;
    const struct cs_reach reach = cs_node_reach(work, sharding, pipeline, 1);
    struct cs_stage stage;
    if (reach.low <= reach.high) {
        cs_stage_prepare_layers(&sharding->costs, pipeline->pipeline, recompute_layers, &stage);
    }
    const int64_t step = cs_data_step(&work->choices, &sharding->mesh, pipeline->pipeline, work->servers);
    for (int64_t position = reach.low; position <= reach.high; position++) {
        const int64_t data = cs_data_at(work, step, position);
        if (data % step == 0) {
            walk_data(walk, pipeline, &stage, &sharding->mesh, recompute_layers, data);
        }
    }
}

static void walk_sharding(struct walk *walk, const struct cs_sharding *sharding)
{
    const struct cs_search_workspace *const work = walk->work;
    for (int32_t i = 0; i < work->pipeline_count; i++) {
        const struct cs_pipeline *const pipeline = &work->pipelines[i];
        int32_t count;
        const int32_t *const layers = cs_layers_tried(&work->choices, sharding->costs.plan.recompute, &count);
        for (int32_t k = 0; k < count; k++) {
            if (cs_layers_allowed(&work->choices, layers[k], pipeline->pipeline)) {
                walk_stage(walk, sharding, pipeline, layers[k]);
            }
        }
    }
}

static void walk_class(struct walk *walk)
{
    struct cs_search_workspace *const work = walk->work;
    const struct cs_choices *const choices = &work->choices;
    for (int32_t t = cs_tensor_next(choices, 0, true); t != 0; t = cs_tensor_next(choices, t, true)) {
        struct cs_mesh mesh;
        for (int32_t i = 0; cs_mesh_at(choices, t, i, &mesh); i++) {
            for (int64_t b = cs_micro_batch_next(choices, 0); b != 0; b = cs_micro_batch_next(choices, b)) {
                for (int32_t k = 0; k < 2 * CS_RECOMPUTE_COUNT; k++) {
                    const int32_t recompute = k / 2, offload = k % 2;
                    work->sharding_count = 0;
                    if ((choices->recomputes & 1u << recompute) != 0 && (choices->offloads & 1u << offload) != 0 &&
                        cs_engine_sharding(work, &mesh, b, recompute, offload) != NULL) {
                        walk_sharding(walk, &work->shardings[0]);
                    }
                }
            }
        }
    }
}

double exhaustive_search(const struct cs_problem *problem, const struct cs_space *space, int64_t devices_low,
                         int64_t devices_high, struct cs_search_workspace *workspace, double *seconds,
                         struct cs_plan *plan)
{
    struct walk walk = {.work = workspace, .seconds = INFINITY, .plan = plan};
    *seconds = INFINITY;
    memset(plan, 0, sizeof *plan);
    if (!cs_engine_start(workspace, problem, space, CS_MIN_TIME, NULL, 1, 1, NULL) || workspace->choices.cap < 1) {
        return 0.0;
    }
    const int64_t most = cs_smaller(devices_high, workspace->choices.high);
    for (int64_t devices = devices_low; devices <= most; devices = workspace->class_high + 1) {
        cs_engine_class(workspace, devices);
        workspace->class_low = devices;
        workspace->class_high = cs_smaller(workspace->class_high, most);
        walk_class(&walk);
    }
    if (workspace->failed) {
        memset(plan, 0, sizeof *plan);
        return 0.0;
    }
    *seconds = walk.seconds;
    return walk.count;
}
