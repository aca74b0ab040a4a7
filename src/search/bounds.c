/* SPDX-License-Identifier: BSD-3-Clause */
/* Lower bounds, each valid for every candidate of what it bounds. engine.h defines the symbols, src/search/README.md
 * has the proofs in one place. */
#include "engine.h"

#include <math.h>
#include <stddef.h>

static double part_seconds(const struct cs_part *part)
{
    return part->forward_seconds + part->backward_seconds;
}

/* At least the s of a part, or of the layer of that kind that is recomputed: where layers offload what they keep, the
 * one that recomputes keeps less, and may be the faster one. */
static double least_seconds(const struct cs_costs *costs, int part)
{
    const double seconds = part_seconds(&costs->part[part]);
    if (part == CS_PART_DENSE_KEPT) {
        return cs_min(seconds, part_seconds(&costs->part[CS_PART_DENSE]));
    }
    return part == CS_PART_MIXTURE_KEPT ? cs_min(seconds, part_seconds(&costs->part[CS_PART_MIXTURE])) : seconds;
}

/* The sums over a whole model that has `counts` of each part. */
static struct cs_sums sums_of(const struct cs_costs *costs, const double counts[CS_PART_COUNT])
{
    struct cs_sums sums = {.layer = INFINITY, .back = 1.0};
    for (int i = 0; i < CS_PART_COUNT; i++) {
        if (!(counts[i] > 0.0)) {
            continue;
        }
        const double seconds = least_seconds(costs, i);
        const double own = part_seconds(&costs->part[i]);
        sums.all += counts[i] * seconds;
        sums.part = cs_max(sums.part, seconds);
        sums.overlap = cs_max(sums.overlap, own > 0.0 ? costs->part[i].hidden_all_to_all / own : 0.0);
        sums.weight = cs_max(sums.weight, own > 0.0 ? costs->part[i].weight_gradient_seconds / own : 0.0);
        sums.back = cs_min(sums.back, own > 0.0 ? costs->part[i].backward_seconds / own : 0.0);
        if (i == CS_PART_DENSE || i == CS_PART_MIXTURE || i == CS_PART_DENSE_KEPT || i == CS_PART_MIXTURE_KEPT) {
            sums.layer = cs_min(sums.layer, seconds);
        }
    }
    return sums;
}

/* What the schedules make of the shares of the parts: a stage holds a mean of them, and of the bubbles of ZB1P and
 * DualPipe (step.h) the least that such a mean allows. */
static void share_out(uint32_t schedules, struct cs_sums *sums)
{
    const double shown = 1.0 - sums->overlap;
    sums->shown[CS_SCHEDULE_1F1B] = sums->shown[CS_SCHEDULE_ZB1P] = 1.0;
    sums->shown[CS_SCHEDULE_DUALPIPE] = shown;
    sums->idle[CS_SCHEDULE_1F1B] = 0.0; /* its bubble is the time of the other stages */
    sums->idle[CS_SCHEDULE_ZB1P] = cs_max(1.0 - 2.0 * sums->weight, 0.0);
    sums->idle[CS_SCHEDULE_DUALPIPE] = cs_max(shown + sums->back - 3.0 * sums->weight, 0.0);
    sums->least_shown = (schedules & 1u << CS_SCHEDULE_DUALPIPE) != 0 ? shown : 1.0;
}

void cs_sharding_sums(const struct cs_search_workspace *work, struct cs_sharding *sharding)
{
    const struct cs_costs *const costs = &sharding->costs;
    const struct cs_architecture *const model = &costs->problem->architecture;
    const uint32_t schedules = work->choices.schedules;
    const double layers = (double)model->layers;
    const double dense = model->experts > 1 ? (double)model->dense_layers : layers;
    const double whole[CS_PART_COUNT] = {
        [CS_PART_DENSE] = dense, [CS_PART_MIXTURE] = layers - dense, [CS_PART_EMBEDDING] = 1.0, [CS_PART_HEAD] = 1.0};
    sharding->whole = sums_of(costs, whole);
    share_out(schedules, &sharding->whole);
    sharding->kept = sharding->whole;
    sharding->again = 0.0;
    if (costs->kept) {
        const double kept[CS_PART_COUNT] = {[CS_PART_DENSE_KEPT] = dense,
                                            [CS_PART_MIXTURE_KEPT] = layers - dense,
                                            [CS_PART_EMBEDDING] = 1.0,
                                            [CS_PART_HEAD_KEPT] = 1.0};
        sharding->kept = sums_of(costs, kept);
        /* A stage may hold both recomputed and kept layers. */
        sharding->kept.overlap = cs_max(sharding->kept.overlap, sharding->whole.overlap);
        sharding->kept.weight = cs_max(sharding->kept.weight, sharding->whole.weight);
        sharding->kept.back = cs_min(sharding->kept.back, sharding->whole.back);
        share_out(schedules, &sharding->kept);
        sharding->again = INFINITY;
        for (int i = CS_PART_DENSE; i <= CS_PART_MIXTURE; i++) {
            const int kept_part = i == CS_PART_DENSE ? CS_PART_DENSE_KEPT : CS_PART_MIXTURE_KEPT;
            if (whole[i] > 0.0) {
                const double more = part_seconds(&costs->part[i]) - part_seconds(&costs->part[kept_part]);
                sharding->again = cs_min(sharding->again, cs_max(more, 0.0));
            }
        }
    }
}

/* The slowest of p stages takes at least A / p, so a replica of t c p devices spends at least t c A device-seconds on a
 * micro-batch whatever p is, and the training N T >= Q / b t c A. With T <= T_max and N <= N_high, the largest count of
 * the class, follow N >= N T / T_max and T >= N T / N_high. Where only some layers may be recomputed, A counts each as
 * the faster of both. */
bool cs_sharding_hopeless(const struct cs_search_workspace *work, const struct cs_sharding *sharding)
{
    const struct cs_sums *const sums = sharding->costs.kept ? &sharding->kept : &sharding->whole;
    const double area = sharding->area * sums->all * sums->least_shown;
    const double devices = area / work->goal.deadline * (1.0 - CS_BOUND_SLACK);
    const double high = (double)work->class_high;
    return devices > high || cs_goal_rejects(&work->goal, cs_max(devices, (double)work->class_low), area / high, area);
}

/* A step takes at least m T1 + F / v seconds: cs_step_seconds without its other terms, none of which is negative. Under
 * 1F1B F = A - T1. m T1 + (A - T1) / v does not fall as T1 grows, since m v >= 1, so a lower bound of T1 gives one of
 * the step:
 *   T1 >= A / p            the slowest of p stages takes at least their mean;
 *   T1 >= ceil(L / p) l    one of p stages holds at least ceil(L / p) layers, and no layer is faster than l;
 *   T1 >= each single part.
 * Where the first n layers of each stage are recomputed, the fullest stage, and so the model, has at least
 * min(n, ceil(L / p)) recomputed layers. ZB1P has the same T1, and DualPipe hides at most the share `overlap` of it;
 * their bubbles are the share `idle` of T1 at least, as often as `turns`. */
void cs_stage_floor(const struct cs_sharding *sharding, const struct cs_pipeline *pipeline, int32_t recompute_layers,
                    const struct cs_stage *stage, struct cs_step_floor *floor)
{
    const struct cs_sums *const sums = recompute_layers > 0 ? &sharding->kept : &sharding->whole;
    const double again = cs_again_seconds(sharding, pipeline, recompute_layers);
    const double all = sums->all + again;
    double slowest = cs_max(cs_max(all / pipeline->stages, pipeline->layers * sums->layer + again), sums->part);
    double rest = cs_max(all - slowest, 0.0);
    double shown = slowest * sums->shown[CS_SCHEDULE_DUALPIPE];
    double zero_bubble = slowest * sums->idle[CS_SCHEDULE_ZB1P], dual = slowest * sums->idle[CS_SCHEDULE_DUALPIPE];
    if (stage != NULL) {
        slowest = stage->slowest_forward + stage->slowest_backward;
        rest = stage->rest_seconds;
        shown = slowest - stage->slowest_hidden_all_to_all;
        zero_bubble = cs_max(slowest - 2.0 * stage->slowest_weight_gradient, 0.0);
        dual = cs_max(shown + stage->slowest_backward - 3.0 * stage->slowest_weight_gradient, 0.0);
    }
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        floor->micro[s] = floor->fill[s] = INFINITY;
    }
    if ((pipeline->schedules & 1u << CS_SCHEDULE_1F1B) != 0) {
        floor->micro[CS_SCHEDULE_1F1B] = slowest;
        floor->fill[CS_SCHEDULE_1F1B] = pipeline->pipeline > 1 ? rest : 0.0;
    }
    if ((pipeline->schedules & 1u << CS_SCHEDULE_ZB1P) != 0) {
        floor->micro[CS_SCHEDULE_ZB1P] = slowest;
        floor->fill[CS_SCHEDULE_ZB1P] = pipeline->turns[CS_SCHEDULE_ZB1P] * zero_bubble;
    }
    if ((pipeline->schedules & 1u << CS_SCHEDULE_DUALPIPE) != 0) {
        floor->micro[CS_SCHEDULE_DUALPIPE] = shown;
        floor->fill[CS_SCHEDULE_DUALPIPE] = pipeline->turns[CS_SCHEDULE_DUALPIPE] * dual;
    }
}

int64_t cs_data_at(const struct cs_search_workspace *work, int64_t step, int64_t position)
{
    return work->choices.given_batch ? work->choices.divisors[position] : position * step;
}

/* The positions of the data degrees from low to high. */
static struct cs_reach positions(const struct cs_search_workspace *work, int64_t step, int64_t low, int64_t high)
{
    if (!work->choices.given_batch) {
        return (struct cs_reach){low / step + (low % step != 0), high / step};
    }
    const int64_t *const divisors = work->choices.divisors;
    struct cs_reach reach = {0, (int64_t)work->choices.divisor_count - 1};
    while (reach.low <= reach.high && divisors[reach.low] < low) {
        reach.low++;
    }
    while (reach.high >= reach.low && divisors[reach.high] > high) {
        reach.high--;
    }
    return reach;
}

/* The largest v of any candidate whose replicas together take `unit` = d b sequences or more at a time: interleaving
 * wants p micro-batches or more, unless both batch and interleave are given. */
static double most_chunks(const struct cs_search_workspace *work, const struct cs_pipeline *pipeline, double unit)
{
    const struct cs_interleaves *const v = &pipeline->interleaves;
    const bool given = work->choices.given_batch && work->choices.space->given.interleave > 0;
    const bool rounds = v->low <= v->high && (given || unit * pipeline->pipeline <= (double)work->choices.cap);
    return rounds || !v->one ? (double)v->high : 1.0;
}

/* The least d b that can meet the deadline. The training has Q / (m d b) steps of at least m T1 + F / v seconds, and
 * m <= cap / (d b), hence
 *   T >= Q / (d b) (T1 + F / (v m)) >= Q / (d b) (T1 + F d b / (v cap)),
 * so that T <= T_max wants d b (1 - K F / (v cap)) >= K T1. */
static double least_unit(const struct cs_search_workspace *work, const struct cs_pipeline *pipeline,
                         const struct cs_step_floor *floor)
{
    const double cap = (double)work->choices.cap;
    const double k = work->pace;
    double least = INFINITY;
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        if ((pipeline->schedules & 1u << s) == 0) {
            continue;
        }
        const double chunks = s == CS_SCHEDULE_1F1B ? most_chunks(work, pipeline, 0.0) : 1.0;
        const double gain = 1.0 - k * floor->fill[s] / (chunks * cap);
        double unit = gain > 0.0 ? k * floor->micro[s] / gain : INFINITY;
        if (chunks > 1.0 && most_chunks(work, pipeline, unit * (1.0 - CS_BOUND_SLACK)) < chunks) {
            const double single = 1.0 - k * floor->fill[s] / cap;
            unit = single > 0.0 ? k * floor->micro[s] / single : INFINITY;
        }
        least = cs_min(least, unit);
    }
    return least * (1.0 - CS_BOUND_SLACK);
}

/* The largest data degree that the batch gate leaves to any schedule of a node. */
static int64_t most_data(const struct cs_search_workspace *work, const struct cs_pipeline *pipeline,
                         int64_t micro_batch)
{
    const struct cs_choices *const choices = &work->choices;
    const int64_t most = choices->cap / micro_batch;
    const struct cs_interleaves *const v = &pipeline->interleaves;
    if (v->one && (choices->schedules & (1u << CS_SCHEDULE_1F1B | 1u << CS_SCHEDULE_ZB1P)) != 0) {
        return most;
    }
    if (v->low <= v->high) {
        return choices->given_batch ? most : most / pipeline->pipeline;
    }
    const bool dual = v->one && pipeline->pipeline % 2 == 0 && (choices->schedules & 1u << CS_SCHEDULE_DUALPIPE) != 0;
    return dual ? most / (2 * (int64_t)pipeline->pipeline) : 0;
}

struct cs_reach cs_node_reach(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                              const struct cs_pipeline *pipeline, int64_t unit)
{
    const int64_t per_replica = cs_multiply(sharding->mesh.devices, pipeline->pipeline);
    int64_t high = cs_smaller(work->class_high / per_replica,
                              work->choices.cap / cs_multiply(sharding->costs.plan.micro_batch, unit));
    int64_t low = work->class_low / per_replica + (work->class_low % per_replica != 0);
    if (work->choices.space->given.data > 0) {
        low = cs_larger(low, work->choices.space->given.data);
        high = cs_smaller(high, work->choices.space->given.data);
    }
    const int64_t step = cs_data_step(&work->choices, &sharding->mesh, pipeline->pipeline, work->servers);
    return low <= high ? positions(work, step, low, high) : (struct cs_reach){1, 0};
}

bool cs_node_bound(const struct cs_search_workspace *work, const struct cs_sharding *sharding,
                   const struct cs_pipeline *pipeline, int32_t recompute_layers, const struct cs_stage *stage,
                   struct cs_reach *reach, struct cs_node *node)
{
    const int32_t micro_batch = sharding->costs.plan.micro_batch;
    const double limit = (double)cs_smaller(work->class_high, cs_goal_devices_limit(&work->goal));
    struct cs_step_floor floor;
    cs_stage_floor(sharding, pipeline, recompute_layers, stage, &floor);
    const double real_per_replica = (double)sharding->mesh.devices * pipeline->stages;
    const double unit = least_unit(work, pipeline, &floor);
    if (unit * real_per_replica > limit * micro_batch * (1.0 + CS_BOUND_SLACK) || unit > (double)work->choices.cap) {
        return false;
    }
    const int64_t per_replica = cs_multiply(sharding->mesh.devices, pipeline->pipeline);
    int64_t high = cs_smaller(cs_smaller(work->class_high, cs_goal_devices_limit(&work->goal)) / per_replica,
                              most_data(work, pipeline, micro_batch));
    int64_t low = work->class_low / per_replica + (work->class_low % per_replica != 0);
    if (work->choices.space->given.data > 0) {
        low = cs_larger(low, work->choices.space->given.data);
        high = cs_smaller(high, work->choices.space->given.data);
    }
    const double least = ceil(unit / micro_batch);
    if (low > high || least > (double)high) {
        return false;
    }
    const int64_t step = cs_data_step(&work->choices, &sharding->mesh, pipeline->pipeline, work->servers);
    *reach = positions(work, step, cs_larger(low, (int64_t)least), high);
    if (reach->low > reach->high) {
        return false;
    }
    const double first = (double)cs_data_at(work, step, reach->low);
    const double last = (double)cs_data_at(work, step, reach->high);
    /* T >= Q T1 / (b d) + Q F / (v cap) is least at the last d, and N T, which is d times it, at the first. */
    const double devices = (double)per_replica * first;
    double area = INFINITY, seconds = INFINITY;
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        if ((pipeline->schedules & 1u << s) != 0) {
            const double chunks = s == CS_SCHEDULE_1F1B ? most_chunks(work, pipeline, first * micro_batch) : 1.0;
            const double alone =
                work->sequences / micro_batch * floor.micro[s]; /* s of one replica, without a bubble */
            const double bubble = work->sequences * floor.fill[s] / (chunks * (double)work->choices.cap);
            area = cs_min(area, (double)per_replica * (alone + bubble * first));
            seconds = cs_min(seconds, alone / last + bubble);
        }
    }
    node->first = work->goal.objective == CS_MIN_DEVICES ? devices
                  : work->goal.objective == CS_MIN_TIME  ? seconds
                                                         : area;
    node->second = area;
    return !cs_goal_rejects(&work->goal, devices, seconds, area);
}
