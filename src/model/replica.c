/* SPDX-License-Identifier: BSD-3-Clause */
/* From a pipeline stage to a data-parallel replica: gradient and parameter traffic, the optimizer, memory of the state,
 * the times of the schedules, sends between stages, and the wait for the slowest device; and floors of all times. */
#include "layer.h"

#include <math.h>

/* ---- data parallelism ---- */

/* The devices of one collective; for a floor, of the same collective at every data degree of a range. */
struct members {
    bool floor;
    union {
        struct cs_group group;
        struct cs_group_range range;
    };
};

/* The devices that hold the same parameters and so reduce their gradients. ZeRO may shard the state over smaller
 * groups. */
struct reduction {
    struct members all;     /* all of them */
    struct members shard;   /* a group that shards the state */
    struct members between; /* those that hold the same shard in each group */
    bool grouped;           /* there is more than one group */
    bool overlaps;          /* their sums run under the backward pass, where gradients do at all */
    double shards;          /* devices of a group */
    double tax;             /* share of compute that overlapped traffic takes */
};

/* How many ranks shard their state together: the plan's number; on a torus those of one slice, between which gradients
 * are reduced (MaxText, T5X); else all. */
static int64_t ranks_together(const struct cs_network *network, int64_t stride, int64_t ranks, int64_t group)
{
    const int64_t slice = network->device->torus_axes > 0.0 ? (int64_t)network->domain / stride : 0;
    const int64_t wanted = group > 0 ? group : slice > 0 ? slice : ranks;
    return wanted < ranks ? wanted : ranks;
}

static void place_members(const struct cs_network *network, int64_t stride, int64_t low, int64_t high, bool floor,
                          struct members *members)
{
    members->floor = floor;
    if (floor) {
        cs_group_range_place(network, stride, low, high, &members->range);
    } else {
        cs_group_place(network, stride, low, &members->group);
    }
}

/* Of `low` ranks; for a floor, of any number from low to high. As ranks are added neither a group nor the number of
 * groups shrinks, so a floor takes their ranges from both ends. */
static void place_reduction(const struct cs_network *network, int64_t stride, int64_t low, int64_t high, int64_t group,
                            bool floor, struct reduction *out)
{
    const int64_t least = ranks_together(network, stride, low, group);
    const int64_t most = ranks_together(network, stride, high, group);
    out->grouped = least < low;
    out->shards = (double)most;
    place_members(network, stride, low, high, floor, &out->all);
    out->shard = out->all;
    if (most < high) {
        place_members(network, stride, least, most, floor, &out->shard);
    }
    if (out->grouped) {
        place_members(network, stride * least, (low + least - 1) / least, (high + least - 1) / least, floor,
                      &out->between);
    }
    out->tax = floor ? cs_group_tax_floor(network) : cs_group_tax(network, &out->all.group);
}

static double reduce_over(const struct members *members, double bytes)
{
    return members->floor ? cs_all_reduce_floor(&members->range, bytes) : cs_all_reduce(&members->group, bytes);
}

static double gather(const struct reduction *reduction, double bytes)
{
    const struct members *const members = &reduction->shard;
    return members->floor ? cs_all_gather_floor(&members->range, bytes) : cs_all_gather(&members->group, bytes);
}

static double sum_between(const struct reduction *reduction, double bytes)
{
    return reduce_over(&reduction->between, bytes / reduction->shards);
}

static double scatter(const struct reduction *reduction, double bytes)
{
    const struct members *const members = &reduction->shard;
    const double inside =
        members->floor ? cs_reduce_scatter_floor(&members->range, bytes) : cs_reduce_scatter(&members->group, bytes);
    return reduction->grouped && reduction->overlaps ? inside + sum_between(reduction, bytes) : inside;
}

/* What of the same remains open whatever the stack hides: XLA on GPUs combines the sums between groups into few
 * all-reduces, which start when the backward pass ends. */
static double scatter_late(const struct reduction *reduction, double bytes)
{
    return reduction->grouped && !reduction->overlaps ? sum_between(reduction, bytes) : 0.0;
}

/* Gradients are sent in buckets as they become ready. The last bucket is ready when the compute ends, so it never
 * hides. */
static double exposed_but_bucket(const struct cs_stage *stage, double traffic, double bytes, double compute, double tax)
{
    const double last = stage->costs->problem->training.gradient_bucket_bytes;
    const double bucket = bytes > 0.0 ? traffic * cs_min(1.0, last / bytes) : 0.0;
    return cs_max(bucket, cs_exposed(traffic, compute, tax));
}

struct traffic {
    const struct reduction *shared, *experts;
    double weight, gradient; /* bytes per parameter on the wire */
    double pace;             /* time of the slowest device over the mean: all wait for it */
    /* s for all parameters and gradients of a stage, and of the latter what nothing hides; 0 unless ZeRO 1 or 2 is
     * asked for */
    double gather, scatter, late;
};

static double gather_seconds(const struct traffic *traffic, double parameters, double expert_parameters)
{
    return gather(traffic->shared, traffic->weight * parameters) +
           (expert_parameters > 0.0 ? gather(traffic->experts, traffic->weight * expert_parameters) : 0.0);
}

static double scatter_seconds(const struct traffic *traffic, double parameters, double expert_parameters)
{
    return scatter(traffic->shared, traffic->gradient * parameters) +
           (expert_parameters > 0.0 ? scatter(traffic->experts, traffic->gradient * expert_parameters) : 0.0);
}

static double late_seconds(const struct traffic *traffic, double parameters, double expert_parameters)
{
    return scatter_late(traffic->shared, traffic->gradient * parameters) +
           (expert_parameters > 0.0 ? scatter_late(traffic->experts, traffic->gradient * expert_parameters) : 0.0);
}

/* s of so many weights to 8 bits: 16 read, and 8 written (Transformer Engine). */
static double cast_seconds(const struct cs_device *device, double weights)
{
    const double bytes = 3.0;
    return bytes * weights / (device->hbm_bandwidth * device->hbm_efficiency);
}

/* Exposed seconds of ZeRO 3 for one micro-batch, part by part: parameters are gathered for the forward pass, and cast
 * where products are of 8 bits, and gathered again for the backward one, which also scatters the gradients. */
static void shard_everything(const struct cs_stage *stage, const struct traffic *traffic, double *seconds)
{
    const struct cs_part *part = stage->costs->part;
    const double *counts = stage->slow.count;
    *seconds = 0.0;
    for (int i = 0; i < CS_PART_COUNT; i++) {
        if (!(counts[i] > 0.0)) {
            continue;
        }
        const double tax = traffic->shared->tax;
        const double gather = gather_seconds(traffic, part[i].parameters, part[i].expert_parameters);
        const double reduce = scatter_seconds(traffic, part[i].parameters, part[i].expert_parameters);
        double exposed = cs_exposed(gather, part[i].forward_seconds, tax) +
                         cs_exposed(gather + reduce, part[i].backward_seconds, tax);
        if (!stage->costs->problem->stack.shard_overlap) {
            const double tensors = (double)stage->costs->problem->training.layer_tensors;
            const double empty = 2.0 * gather_seconds(traffic, 0.0, 0.0) + scatter_seconds(traffic, 0.0, 0.0);
            exposed = 2.0 * gather + reduce + (tensors - 1.0) * empty;
        }
        exposed += late_seconds(traffic, part[i].parameters, part[i].expert_parameters) +
                   cast_seconds(&stage->costs->problem->device, part[i].cast_weights);
        *seconds += counts[i] * exposed;
    }
}

static void prepare_traffic(const struct cs_stage *stage, const struct traffic *traffic, struct cs_replica *replica)
{
    const double own = stage->sync_parameters, experts = stage->sync_expert_parameters;
    const double bytes = traffic->gradient * (own + experts);
    const double tax = traffic->shared->tax;
    const struct cs_stack *stack = &stage->costs->problem->stack;
    const bool overlaps = replica->zero_stage >= 2 ? stack->shard_overlap : stack->gradient_overlap;
    const double under_forward = overlaps ? stage->overlap_forward : 0.0;
    const double under_backward = overlaps ? stage->overlap_backward : 0.0;
    double per_micro = 0.0;
    if (replica->zero_stage == 0) {
        const double reduce = reduce_over(&traffic->shared->all, traffic->gradient * own) +
                              (experts > 0.0 ? reduce_over(&traffic->experts->all, traffic->gradient * experts) : 0.0);
        replica->data_seconds = exposed_but_bucket(stage, reduce, bytes, under_backward, tax);
    } else if (replica->zero_stage <= 2) {
        const double reduce = traffic->scatter;
        replica->data_seconds =
            exposed_but_bucket(stage, traffic->gather, traffic->weight * (own + experts), under_forward, tax);
        if (replica->zero_stage == 1) {
            replica->data_seconds += exposed_but_bucket(stage, reduce, bytes, under_backward, tax) + traffic->late;
        } else {
            per_micro = exposed_but_bucket(stage, reduce, bytes, under_backward, tax) + traffic->late;
        }
    } else {
        shard_everything(stage, traffic, &per_micro);
    }
    replica->sharded = per_micro;
    replica->shares[CS_SHARE_DATA] += per_micro;
}

/* ---- state ---- */

double cs_state_bytes(const struct cs_problem *problem, int32_t zero, double shards, double parameters)
{
    const double weight = problem->precision.weight_bytes, gradient = problem->training.gradient_bytes;
    const double optimizer = problem->training.optimizer_bytes;
    /* FSDP and XLA shard the FP32 weights, which the optimizer's bytes hold, and gather 16-bit ones. */
    const double stored = zero >= 3 && problem->stack.master_weights ? 0.0 : weight;
    return parameters * (stored / (zero >= 3 ? shards : 1.0) + gradient / (zero >= 2 ? shards : 1.0) +
                         optimizer / (zero >= 1 ? shards : 1.0));
}

/* d ranks shard the state of the parameters outside the experts, r that of the experts. */
static void prepare_state(const struct cs_stage *stage, double d, double r, struct cs_replica *replica)
{
    const struct cs_problem *problem = stage->costs->problem;
    const int32_t z = replica->zero_stage;
    const double first = cs_state_bytes(problem, z, d, stage->first_parameters) +
                         cs_state_bytes(problem, z, r, stage->first_expert_parameters);
    const double last = cs_state_bytes(problem, z, d, stage->last_parameters) +
                        cs_state_bytes(problem, z, r, stage->last_expert_parameters);
    double gathered = 0.0;
    if (z == 3) {
        gathered = 2.0 * problem->precision.weight_bytes *
                   (stage->largest_layer_parameters + stage->largest_layer_expert_parameters);
    }
    const bool alone = stage->pipeline == 1;
    const double host = problem->device.host_memory;
    replica->host_room = host > 0.0 ? host : (double)INFINITY;
    const double most = cs_max(stage->first_activation + stage->first_host, stage->last_activation + stage->last_host);
    const double last_kept =
        stage->last_activation + cs_beside_host(stage->last_host, stage->last_buffer, replica->host_room);
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        const bool both = s == CS_SCHEDULE_DUALPIPE && !alone;
        replica->first_state[s] = (both ? first + last : first) + gathered;
        replica->last_state[s] = alone ? 0.0 : (both ? first + last : last) + gathered;
        replica->first_activation[s] =
            both ? cs_max(stage->first_activation, stage->last_activation) : stage->first_activation;
        replica->first_host[s] = both ? most - replica->first_activation[s] : stage->first_host;
        replica->first_buffer[s] = both ? cs_max(stage->first_buffer, stage->last_buffer) : stage->first_buffer;
        replica->last_activation[s] = alone ? 0.0 : last_kept;
        replica->first_fixed[s] = both ? cs_max(stage->first_fixed, stage->last_fixed) : stage->first_fixed;
        replica->last_fixed[s] = alone ? 0.0 : stage->last_fixed;
    }
}

/* ---- schedules ---- */

static void prepare_schedules(const struct cs_stage *stage, double pace, struct cs_replica *replica)
{
    const double p = replica->pipeline, extra = replica->sharded;
    const double forward = pace * stage->slowest_forward, backward = pace * stage->slowest_backward + extra;
    const double weight = pace * stage->slowest_weight_gradient;
    const double slow = forward + backward;
    const double overlapped = slow - replica->hidden_all_to_all;
    replica->micro[CS_SCHEDULE_1F1B] = slow;
    replica->fill[CS_SCHEDULE_1F1B] = p > 1.0 ? pace * stage->rest_seconds + (p - 1.0) * extra : 0.0;
    replica->micro[CS_SCHEDULE_ZB1P] = slow;
    replica->fill[CS_SCHEDULE_ZB1P] = (p - 1.0) * cs_max(slow - 2.0 * weight, 0.0);
    replica->micro[CS_SCHEDULE_DUALPIPE] = overlapped;
    replica->fill[CS_SCHEDULE_DUALPIPE] =
        cs_max(0.5 * p - 1.0, 0.0) * cs_max(overlapped + backward - 3.0 * weight, 0.0);
}

/* Time of the slowest device of the whole plan over the mean. */
static double pace_at(const struct cs_stage *stage, int64_t data)
{
    const struct cs_plan *plan = &stage->costs->plan;
    const double devices = (double)plan->tensor * plan->context * stage->pipeline * (double)data;
    return cs_network_pace(stage->costs->network, devices);
}

/* ZB1P and DualPipe fill their bubble with weight gradients. Slower devices lengthen the weight gradients too: where
 * these take longer than what they fill, and only ZeRO traffic keeps the bubble open, it shrinks with the pace. The
 * bubble is linear in the pace down to 0, so the smaller one of both ends of the range is the floor. */
static void floor_bubbles(const struct cs_stage *stage, int64_t high, struct cs_replica *floor)
{
    if (!(floor->sharded > 0.0)) {
        return;
    }
    struct cs_replica last = *floor;
    const double pace = pace_at(stage, high);
    last.hidden_all_to_all = pace * stage->slowest_hidden_all_to_all;
    prepare_schedules(stage, pace, &last);
    for (int s = CS_SCHEDULE_ZB1P; s <= CS_SCHEDULE_DUALPIPE; s++) {
        floor->fill[s] = cs_min(floor->fill[s], last.fill[s]);
    }
}

/* Sends between pipeline stages, forward and backward. */
static void prepare_boundary(const struct cs_stage *stage, int64_t data, struct cs_replica *replica)
{
    const struct cs_costs *costs = stage->costs;
    const struct cs_plan *plan = &costs->plan;
    replica->point_to_point = replica->chunk_to_chunk = 0.0;
    if (stage->pipeline <= 1) {
        return;
    }
    const int64_t stride = (int64_t)plan->tensor * plan->context * data;
    /* Without sequence parallelism each tensor rank sends a part and the receivers gather them (Narayanan 2021,
     * 4.1). */
    const double parts = plan->sequence_parallel ? 1.0 : plan->tensor;
    struct cs_group tensor;
    cs_group_place(costs->network, 1, plan->tensor, &tensor);
    replica->point_to_point =
        2.0 * (cs_point_to_point(costs->network, stride, stage->pipeline, costs->boundary_bytes / parts) +
               costs->problem->stack.boundary) +
        (parts > 1.0 ? 2.0 * cs_all_gather(&tensor, costs->boundary_bytes) : 0.0);
    replica->chunk_to_chunk = replica->point_to_point;
    if (costs->problem->stack.send_overlap) {
        /* Sends and receives of other chunks run beside the compute (Megatron-Core, overlap_p2p_comm). */
        replica->chunk_to_chunk =
            cs_point_to_point_tax(costs->network, stride, stage->pipeline) * replica->point_to_point;
    }
}

/* The part of the traffic that is the same for all ZeRO stages whose bits are set. */
static void describe_traffic(const struct cs_stage *stage, int64_t data, uint32_t zero_stages,
                             const struct reduction *shared, const struct reduction *experts, struct traffic *traffic)
{
    const struct cs_problem *problem = stage->costs->problem;
    *traffic = (struct traffic){
        .shared = shared,
        .experts = experts,
        .weight = problem->precision.weight_bytes,
        .gradient = problem->precision.gradient_communication_bytes > 0.0
                        ? problem->precision.gradient_communication_bytes
                        : problem->training.gradient_bytes,
        .pace = pace_at(stage, data),
    };
    if ((zero_stages & (1u << 1 | 1u << 2)) != 0) {
        traffic->gather = gather_seconds(traffic, stage->sync_parameters, stage->sync_expert_parameters);
        traffic->scatter = scatter_seconds(traffic, stage->sync_parameters, stage->sync_expert_parameters);
        traffic->late = late_seconds(traffic, stage->sync_parameters, stage->sync_expert_parameters);
    }
}

/* All of a replica but the sends between stages. */
static void prepare_replica(const struct cs_stage *stage, int64_t data, int32_t zero_stage,
                            const struct traffic *traffic, struct cs_replica *replica)
{
    const struct cs_problem *problem = stage->costs->problem;
    const double pace = traffic->pace;
    replica->stage = stage;
    replica->data = data;
    replica->zero_stage = zero_stage;
    replica->pipeline = stage->pipeline;
    replica->point_to_point = replica->chunk_to_chunk = replica->data_seconds = 0.0;
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        replica->shares[i] = pace * stage->slowest[i];
    }
    replica->hidden_all_to_all = pace * stage->slowest_hidden_all_to_all;
    const double shards = traffic->shared->shards, expert_shards = traffic->experts->shards;
    prepare_traffic(stage, traffic, replica);
    prepare_state(stage, shards, expert_shards, replica);
    prepare_schedules(stage, pace, replica);
    const struct cs_device *device = &problem->device;
    const double updated = stage->sync_parameters / (zero_stage >= 1 ? shards : 1.0) +
                           stage->sync_expert_parameters / (zero_stage >= 1 ? expert_shards : 1.0);
    replica->optimizer_seconds =
        problem->training.optimizer_traffic_bytes * updated / (device->hbm_bandwidth * device->hbm_efficiency) +
        (zero_stage < 3 ? cast_seconds(device, stage->cast_weights) : 0.0) + device->step_overhead;
    replica->once = replica->data_seconds + replica->optimizer_seconds;
}

/* How many ranks hold the same experts' parameters. */
static int64_t expert_ranks(const struct cs_plan *plan, int64_t data)
{
    const int64_t ranks = data * plan->context * plan->tensor / ((int64_t)plan->expert * plan->expert_tensor);
    return ranks > 0 ? ranks : 1;
}

/* The replicas of data degree `low`; or floors of all degrees from low to high. */
static void prepare_replicas(const struct cs_stage *stage, int64_t low, int64_t high, bool floor, uint32_t zero_stages,
                             int32_t zero_group, struct cs_replica replicas[CS_ZERO_STAGES])
{
    const struct cs_plan *plan = &stage->costs->plan;
    const struct cs_network *network = stage->costs->network;
    const int64_t grid = (int64_t)plan->expert * plan->expert_tensor;
    struct reduction shared, experts;
    struct traffic traffic;
    struct cs_replica first, last;
    place_reduction(network, plan->tensor, low * plan->context, high * plan->context, zero_group, floor, &shared);
    place_reduction(network, grid, expert_ranks(plan, low), expert_ranks(plan, high), zero_group, floor, &experts);
    shared.overlaps = experts.overlaps = stage->costs->problem->stack.group_overlap;
    describe_traffic(stage, low, zero_stages, &shared, &experts, &traffic);
    /* One of the two ends of the range has the cheapest sends (see cs_point_to_point). */
    prepare_boundary(stage, low, &first);
    last.point_to_point = first.point_to_point;
    last.chunk_to_chunk = first.chunk_to_chunk;
    if (high > low) {
        prepare_boundary(stage, high, &last);
    }
    for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
        if ((zero_stages & 1u << z) != 0) {
            prepare_replica(stage, low, z, &traffic, &replicas[z]);
            if (high > low) {
                floor_bubbles(stage, high, &replicas[z]);
            }
            replicas[z].point_to_point = cs_min(first.point_to_point, last.point_to_point);
            replicas[z].chunk_to_chunk = cs_min(first.chunk_to_chunk, last.chunk_to_chunk);
        }
    }
}

void cs_replicas_prepare(const struct cs_stage *stage, int64_t data, uint32_t zero_stages, int32_t zero_group,
                         struct cs_replica replicas[CS_ZERO_STAGES])
{
    prepare_replicas(stage, data, data, false, zero_stages, zero_group, replicas);
}

void cs_replica_prepare(const struct cs_stage *stage, int64_t data, int32_t zero_stage, int32_t zero_group,
                        struct cs_replica *replica)
{
    struct cs_replica replicas[CS_ZERO_STAGES];
    cs_replicas_prepare(stage, data, 1u << zero_stage, zero_group, replicas);
    *replica = replicas[zero_stage];
}

void cs_replica_memory(const struct cs_stage *stage, int64_t data, int32_t zero_stage, int32_t zero_group,
                       struct cs_replica *replica)
{
    const struct cs_plan *plan = &stage->costs->plan;
    const struct cs_network *network = stage->costs->network;
    const int64_t grid = (int64_t)plan->expert * plan->expert_tensor;
    replica->stage = stage;
    replica->data = data;
    replica->zero_stage = zero_stage;
    replica->pipeline = stage->pipeline;
    prepare_state(stage, (double)ranks_together(network, plan->tensor, data * plan->context, zero_group),
                  (double)ranks_together(network, grid, expert_ranks(plan, data), zero_group), replica);
}

void cs_replica_floors(const struct cs_stage *stage, int64_t low, int64_t high, uint32_t zero_stages,
                       int32_t zero_group, struct cs_replica replicas[CS_ZERO_STAGES])
{
    prepare_replicas(stage, low, high, true, zero_stages, zero_group, replicas);
}
