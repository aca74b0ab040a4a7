/* SPDX-License-Identifier: BSD-3-Clause */
/* Exploring one node: which data degrees may hold an answer, and at each which candidates. engine.h has the symbols. */
#include "engine.h"

#include <math.h>
#include <stddef.h>

/* Floors of the traffic of a piece cost more than they save where its positions lie less than CS_FLOOR_REACH apart. */
enum { CS_REACH_STACK = 128, CS_FLOOR_REACH = 2 };

/* A node being explored. */
struct node {
    struct cs_search_workspace *work;
    const struct cs_sharding *sharding;
    const struct cs_pipeline *pipeline;
    int32_t recompute_layers;
    int64_t step; /* of the data degrees */
    struct cs_stage stage;
    struct cs_step_floor floor;   /* of this stage */
    int64_t fits[CS_ZERO_STAGES]; /* by ZeRO stage: the first position that fits in memory; INT64_MAX: none does */
};

static void count(struct cs_search_workspace *work, int64_t devices, double candidates)
{
    work->visited += candidates;
    struct cs_tally *const tally = &work->tallies[devices % CS_TALLIES];
    if (tally->search != work->search) {
        *tally = (struct cs_tally){work->search, 0.0};
    }
    tally->count += candidates;
}

static void plan_of(const struct node *node, const struct cs_replica *replica, struct cs_plan *plan)
{
    *plan = node->sharding->costs.plan;
    plan->devices = node->sharding->mesh.devices * node->pipeline->pipeline * replica->data;
    plan->pipeline = node->pipeline->pipeline;
    plan->data = replica->data;
    plan->recompute_layers = node->recompute_layers;
    plan->zero_stage = replica->zero_stage;
    plan->interleave = 1;
    plan->schedule = CS_SCHEDULE_1F1B;
}

/* Offers one candidate to the goal if it fits in memory. Returns its seconds, INFINITY where it does not fit. */
static double consider(const struct node *node, const struct cs_replica *replica, struct cs_plan *plan)
{
    struct cs_search_workspace *const work = node->work;
    const enum cs_schedule schedule = (enum cs_schedule)plan->schedule;
    count(work, plan->devices, 1.0);
    if (cs_memory_bytes(replica, schedule, plan->interleave, plan->micro_batches) > work->memory_limit) {
        return INFINITY;
    }
    const double step = cs_step_seconds(replica, schedule, plan->interleave, plan->micro_batches);
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

/* The smallest v of low to high that fits in memory; high + 1: none does. Wants m >= p, where memory does not rise with
 * v above 1, so that halving finds it. */
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

/* The fastest v of first to high. At fixed m a step with v > 1 takes x + y v + F / v seconds (step.h), where y is m
 * times the time between chunks. That is convex in v, so a walk that only ever gets faster ends at the fastest from
 * wherever it starts; it starts near the minimum over real v, sqrt(F / y). */
static int32_t fastest_interleave(const struct node *node, const struct cs_replica *replica, const struct cs_plan *plan,
                                  int32_t first, int32_t high)
{
    const double m = (double)plan->micro_batches;
    const double apart = m * replica->chunk_to_chunk;
    const double least = apart > 0.0 ? sqrt(replica->fill[CS_SCHEDULE_1F1B] / apart) : (double)INFINITY;
    int32_t v = least < high ? (least > first ? (int32_t)least : first) : high;
    double seconds = interleaved_seconds(node, replica, plan, v);
    for (int32_t step = -1; step <= 1; step += 2) {
        while (v + step >= first && v + step <= high) {
            const double next = interleaved_seconds(node, replica, plan, v + step);
            if (!(next < seconds)) {
                break;
            }
            v += step;
            seconds = next;
        }
    }
    return v;
}

/* All candidates with v > 1. On either side of the fastest v the time rises, so once one is hopeless all beyond it
 * are. */
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
        /* Only the memory of the largest v was computed: one visit, if that v is a candidate. */
        count(node->work, plan->devices, cs_interleave_allowed(choices, p, high) ? 1.0 : 0.0);
        return;
    }
    const int32_t start = fastest_interleave(node, replica, plan, first, high);
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
    plan->schedule = (int32_t)schedule;
    plan->interleave = 1;
    if (plan->micro_batches > 0) {
        consider(node, replica, plan);
    }
}

/* A range of data degrees of a node, and the bits of the ZeRO stages with which it is still to be explored. */
struct piece {
    struct cs_reach reach;
    uint32_t zero_stages;
};

/* The seconds of a step over its number of micro-batches, a floor for every candidate of the replica with at most m of
 * them: with P seconds between stages
 *   step(m) / m = micro + v P + (F + (p - 1) v P) / (v m) + once / m,
 * which falls as m grows. Over v > 1 it is convex, so the minimum over real v bounds all whole ones. `rounds`: v > 1
 * may be a candidate. */
static double least_per_micro_batch(const struct node *node, const struct cs_replica *least, double m, bool rounds)
{
    const uint32_t schedules = node->work->choices.schedules;
    const struct cs_interleaves *const v = &node->pipeline->interleaves;
    const double beside = (node->pipeline->stages - 1.0) / m;
    double best = INFINITY;
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        if (v->one && (schedules & 1u << s) != 0) {
            const double seconds = least->micro[s] + least->fill[s] / m + least->point_to_point * (1.0 + beside);
            best = seconds < best ? seconds : best;
        }
    }
    if (rounds) {
        const double fill = least->fill[CS_SCHEDULE_1F1B] / m;
        const double turn = least->chunk_to_chunk > 0.0 ? sqrt(fill / least->chunk_to_chunk) : (double)INFINITY;
        const double chunks = turn < v->high ? (turn > v->low ? turn : v->low) : v->high;
        const double seconds =
            least->micro[CS_SCHEDULE_1F1B] + fill / chunks + least->chunk_to_chunk * (chunks + beside);
        best = seconds < best ? seconds : best;
    }
    return best + least->once / m;
}

/* m micro-batches, or fewer, are enough for some v > 1. */
static bool rounds_fit(const struct node *node, double m)
{
    const struct cs_choices *const choices = &node->work->choices;
    const struct cs_interleaves *const v = &node->pipeline->interleaves;
    return v->low <= v->high &&
           ((choices->given_batch && choices->space->given.interleave > 0) || m >= node->pipeline->stages);
}

/* The most micro-batches per replica and step that the batch leaves to a data degree. */
static double most_micro_batches(const struct node *node, int64_t data)
{
    const int64_t whole = node->work->choices.cap / (data * node->sharding->costs.plan.micro_batch);
    return (double)whole;
}

/* No candidate with a data degree d from first to last may matter. `replica` is the floor of these degrees, or, where
 * first is last, the replica itself. With m <= cap / (d b)
 *   T >= Q / (m d b) step(m) >= Q / b * g(d) / d,   where g(d) = step(m) / m at m = cap / (d b).
 * g rises with d, so the floor of N T = t c p d T is least at the first degree, where m is rounded down to a whole
 * number. g(d) / d falls, since the part of g that rises is proportional to 1 / m and so to d: the floor of T is least
 * at the last degree. Where all degrees of the range have the same whole m, g at that m serves for both. It is the
 * better floor: without it, ranges at a few micro-batches would have to be explored degree by degree. */
static bool hopeless_replica(const struct node *node, const struct cs_replica *replica, int64_t first, int64_t last)
{
    const struct cs_search_workspace *const work = node->work;
    const double per_replica = (double)node->sharding->mesh.devices * node->pipeline->stages;
    const double b = node->sharding->costs.plan.micro_batch;
    const double m = most_micro_batches(node, first);
    const bool rounds = rounds_fit(node, m);
    const double slow = work->sequences / b * least_per_micro_batch(node, replica, m, rounds);
    double fast = slow;
    if (last > first && most_micro_batches(node, last) < m) {
        const double fewer = (double)work->choices.cap / ((double)last * b);
        fast = work->sequences / b * least_per_micro_batch(node, replica, fewer, rounds);
    }
    return cs_goal_rejects(&work->goal, per_replica * (double)first, fast / (double)last, per_replica * slow);
}

/* The bits of a piece's ZeRO stages with which some candidate may matter: by the pipeline stage's time first, then by
 * memory, and for a longer piece by the floors of its traffic. */
static uint32_t hopeful_stages(const struct node *node, const struct piece *piece)
{
    const struct cs_search_workspace *const work = node->work;
    const int64_t first = cs_data_at(work, node->step, piece->reach.low);
    const int64_t last = cs_data_at(work, node->step, piece->reach.high);
    const double b = node->sharding->costs.plan.micro_batch;
    const double per_replica = (double)node->sharding->mesh.devices * node->pipeline->stages;
    const struct cs_interleaves *const v = &node->pipeline->interleaves;
    const double m = (double)work->choices.cap / ((double)first * b);
    double bare = INFINITY, seconds = INFINITY;
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        if ((node->pipeline->schedules & 1u << s) != 0) {
            const double chunks = s == CS_SCHEDULE_1F1B && (rounds_fit(node, m) || !v->one) ? v->high : 1;
            const double sure = work->sequences * node->floor.fill[s] /
                                (chunks * (double)work->choices.cap); /* the bubble's part of T */
            bare = fmin(bare, work->sequences / b * (node->floor.micro[s] + node->floor.fill[s] / (chunks * m)));
            seconds = fmin(seconds, work->sequences / b * node->floor.micro[s] / (double)last + sure);
        }
    }
    uint32_t hopeful = 0;
    if (cs_goal_rejects(&work->goal, per_replica * (double)first, seconds, per_replica * bare)) {
        return 0;
    }
    for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
        if ((piece->zero_stages & 1u << z) != 0 && piece->reach.high >= node->fits[z]) {
            hopeful |= 1u << z;
        }
    }
    if (piece->reach.high - piece->reach.low < CS_FLOOR_REACH) {
        return hopeful;
    }
    struct cs_replica least[CS_ZERO_STAGES];
    cs_replica_floors(&node->stage, first, last, hopeful, work->choices.space->given.zero_group, least);
    for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
        if ((hopeful & 1u << z) != 0 && hopeless_replica(node, &least[z], first, last)) {
            hopeful &= ~(1u << z);
        }
    }
    return hopeful;
}

/* Offers every candidate of one data degree that may still matter. */
static void explore_data(const struct node *node, int64_t position, uint32_t zero_stages)
{
    struct cs_search_workspace *const work = node->work;
    const int64_t data = cs_data_at(work, node->step, position);
    if (data % node->step != 0) {
        return;
    }
    uint32_t fitting = 0;
    for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
        fitting |= position >= node->fits[z] ? zero_stages & 1u << z : 0u;
    }
    struct cs_replica replicas[CS_ZERO_STAGES];
    cs_replicas_prepare(&node->stage, data, fitting, work->choices.space->given.zero_group, replicas);
    for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
        struct cs_plan plan;
        if ((fitting & 1u << z) == 0 || hopeless_replica(node, &replicas[z], data, data)) {
            continue;
        }
        plan_of(node, &replicas[z], &plan);
        consider_single(node, &replicas[z], &plan, CS_SCHEDULE_1F1B);
        plan.schedule = CS_SCHEDULE_1F1B;
        consider_interleaved(node, &replicas[z], &plan);
        consider_single(node, &replicas[z], &plan, CS_SCHEDULE_ZB1P);
        consider_single(node, &replicas[z], &plan, CS_SCHEDULE_DUALPIPE);
    }
}

/* Halves the range of data degrees, the lower half first, until a piece is hopeless or a single degree. */
static void explore_reach(const struct node *node, struct cs_reach reach, uint32_t zero_stages)
{
    struct piece stack[CS_REACH_STACK];
    int depth = 0;
    stack[depth++] = (struct piece){reach, zero_stages};
    while (depth > 0) {
        struct piece piece = stack[--depth];
        piece.zero_stages = hopeful_stages(node, &piece);
        if (piece.zero_stages == 0) {
            continue;
        }
        if (piece.reach.low == piece.reach.high) {
            explore_data(node, piece.reach.low, piece.zero_stages);
            continue;
        }
        const int64_t middle = piece.reach.low + (piece.reach.high - piece.reach.low) / 2;
        stack[depth++] = (struct piece){{middle + 1, piece.reach.high}, piece.zero_stages};
        stack[depth++] = (struct piece){{piece.reach.low, middle}, piece.zero_stages};
    }
}

/* A floor of the memory of all candidates with a data degree. 1F1B without interleaving has the fewest micro-batches in
 * flight and ZB1P as many; then comes the largest v, then DualPipe: the first of them in the space bounds the
 * others. */
static double least_memory(const struct node *node, int32_t zero_stage, int64_t data)
{
    const struct cs_choices *const choices = &node->work->choices;
    const struct cs_interleaves *const v = &node->pipeline->interleaves;
    const int32_t p = node->pipeline->pipeline;
    const int64_t available = choices->cap / (data * node->sharding->costs.plan.micro_batch);
    struct cs_replica replica;
    cs_replica_memory(&node->stage, data, zero_stage, choices->space->given.zero_group, &replica);
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

/* The first position of the range at which a ZeRO stage may fit, found by halving: a larger data degree never needs
 * more memory (step.h). INT64_MAX: it fits at none. */
static int64_t first_position(const struct node *node, int32_t zero_stage, struct cs_reach reach)
{
    const double limit = node->work->memory_limit;
    int64_t low = reach.low;
    int64_t high = reach.high;
    if (!(least_memory(node, zero_stage, cs_data_at(node->work, node->step, low)) > limit)) {
        return low;
    }
    if (low == high || least_memory(node, zero_stage, cs_data_at(node->work, node->step, high)) > limit) {
        return INT64_MAX;
    }
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (least_memory(node, zero_stage, cs_data_at(node->work, node->step, middle)) > limit) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

static struct node node_of(struct cs_search_workspace *work, const struct cs_sharding *sharding,
                           const struct cs_pipeline *pipeline, int32_t recompute_layers)
{
    return (struct node){.work = work,
                         .sharding = sharding,
                         .pipeline = pipeline,
                         .recompute_layers = recompute_layers,
                         .step = cs_data_step(&work->choices, &sharding->mesh, pipeline->pipeline, work->servers)};
}

void cs_explore(struct cs_search_workspace *work, const struct cs_sharding *sharding,
                const struct cs_pipeline *pipeline, int32_t recompute_layers)
{
    struct node node = node_of(work, sharding, pipeline, recompute_layers);
    struct cs_node unused;
    struct cs_reach reach;
    if (!cs_node_bound(work, sharding, pipeline, recompute_layers, NULL, &reach, &unused)) {
        return;
    }
    cs_stage_prepare_layers(&sharding->costs, pipeline->pipeline, recompute_layers, &node.stage);
    if (!cs_node_bound(work, sharding, pipeline, recompute_layers, &node.stage, &reach, &unused)) {
        return;
    }
    cs_stage_floor(sharding, pipeline, recompute_layers, &node.stage, &node.floor);
    const uint32_t zero_stages = work->choices.zero_stages[pipeline->pipeline > 1];
    int64_t low = INT64_MAX;
    for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
        node.fits[z] = (zero_stages & 1u << z) != 0 ? first_position(&node, z, reach) : INT64_MAX;
        low = node.fits[z] < low ? node.fits[z] : low;
    }
    if (low != INT64_MAX) {
        explore_reach(&node, (struct cs_reach){low, reach.high}, zero_stages);
    }
}

/* Some candidate with this schedule and v fits in memory. Only the largest data degree is looked at: it needs the
 * least. */
static bool fits_with(const struct node *node, enum cs_schedule schedule, int32_t interleave, struct cs_reach reach)
{
    const struct cs_search_workspace *const work = node->work;
    const struct cs_choices *const choices = &work->choices;
    const int32_t p = node->pipeline->pipeline;
    const uint32_t zero_stages = choices->zero_stages[p > 1];
    for (int64_t position = reach.high; position >= reach.low; position--) {
        const int64_t data = cs_data_at(work, node->step, position);
        const int64_t m =
            cs_micro_batches(choices, schedule, p, interleave, data, node->sharding->costs.plan.micro_batch);
        if (data % node->step != 0 || m == 0) {
            continue;
        }
        for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
            struct cs_replica replica;
            if ((zero_stages & 1u << z) == 0) {
                continue;
            }
            cs_replica_memory(&node->stage, data, z, choices->space->given.zero_group, &replica);
            if (!(cs_memory_bytes(&replica, schedule, interleave, m) > work->memory_limit)) {
                return true;
            }
        }
        return false;
    }
    return false;
}

bool cs_fits_memory(struct cs_search_workspace *work, const struct cs_sharding *sharding,
                    const struct cs_pipeline *pipeline, int32_t recompute_layers)
{
    struct node node = node_of(work, sharding, pipeline, recompute_layers);
    const struct cs_interleaves *const v = &pipeline->interleaves;
    const uint32_t schedules = work->choices.schedules;
    const int32_t p = pipeline->pipeline;
    struct cs_reach reach[3];
    const int64_t units[3] = {1, p, 2 * (int64_t)p};
    for (int i = 0; i < 3; i++) {
        reach[i] = cs_node_reach(work, sharding, pipeline, units[i]);
    }
    if (reach[0].low > reach[0].high) {
        return false;
    }
    cs_stage_prepare_layers(&sharding->costs, p, recompute_layers, &node.stage);
    int32_t most = v->high;
    while (most >= v->low && !cs_interleave_allowed(&work->choices, p, most)) {
        most--;
    }
    return (v->one && (schedules & 1u << CS_SCHEDULE_1F1B) != 0 && fits_with(&node, CS_SCHEDULE_1F1B, 1, reach[0])) ||
           (v->one && (schedules & 1u << CS_SCHEDULE_ZB1P) != 0 && fits_with(&node, CS_SCHEDULE_ZB1P, 1, reach[0])) ||
           (most >= v->low &&
            fits_with(&node, CS_SCHEDULE_1F1B, most, reach[work->choices.space->given.interleave > 0 ? 0 : 1])) ||
           (v->one && p % 2 == 0 && (schedules & 1u << CS_SCHEDULE_DUALPIPE) != 0 &&
            fits_with(&node, CS_SCHEDULE_DUALPIPE, 1, reach[2]));
}
