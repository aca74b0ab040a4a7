/* SPDX-License-Identifier: BSD-3-Clause */
/* Every floor that the search relies on is at most what it bounds, and monotone as its header says: those of the
 * collectives over random networks, strides and ranges of group sizes, and that of a replica over random problems and
 * ranges of data degrees; and a replica's memory is the same whether its times are prepared or not. CS_PROPERTY_COUNT
 * (50,000) instances from CS_PROPERTY_SEED (1) on; of each property the first instance that fails is printed, with the
 * seed that draws it alone. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "instance.h"

/* Rounding: the search compares its bounds with a slack of 1e-9. */
static const double slack = 1e-12;
/* Sizes of a range that are looked at: all, or as many at random besides the ends. */
enum { SIZES = 40, DEGREES = 6 };

enum property { REDUCE, GATHER, SCATTER, TAX, BOUNDARY, REPLICA, MEMORY, PROPERTIES };
static const struct {
    const char *name;
    double (*seconds)(const struct cs_group *group, double bytes);
    double (*floor)(const struct cs_group_range *range, double bytes);
} properties[PROPERTIES] = {{"all-reduce", cs_all_reduce, cs_all_reduce_floor},
                            {"all-gather", cs_all_gather, cs_all_gather_floor},
                            {"reduce-scatter", cs_reduce_scatter, cs_reduce_scatter_floor},
                            {"tax", NULL, NULL},
                            {"boundary between stages", NULL, NULL},
                            {"replica", NULL, NULL},
                            {"memory", NULL, NULL}};

static bool failed[PROPERTIES];
static int64_t seed; /* of the present instance */
static uint64_t state;

/* ---- draws ---- */

static double uniform(void)
{
    return (double)instance_random(&state) * 0x1p-48;
}

/* In [low, high), uniform in its logarithm. */
static double spread(double low, double high)
{
    return low * pow(high / low, uniform());
}

static int64_t whole(int64_t low, int64_t high)
{
    const int64_t drawn = (int64_t)spread((double)low, (double)high + 1.0);
    return drawn < low ? low : drawn > high ? high : drawn;
}

static bool one_in(uint64_t many)
{
    return instance_random(&state) % many == 0;
}

static int64_t between(int64_t low, int64_t high)
{
    return low + (int64_t)(instance_random(&state) % (uint64_t)(high - low + 1));
}

struct range {
    int64_t low, high;
};

static struct range draw_range(int64_t most)
{
    const int64_t low = whole(1, most);
    return (struct range){low, one_in(4) ? low : one_in(2) ? low + whole(1, SIZES) : low + whole(1, 100 * low)};
}

static struct range draw_within(struct range range)
{
    const int64_t low = between(range.low, range.high);
    return (struct range){low, one_in(2) ? range.high : between(low, range.high)};
}

/* The i-th size to look at; 0 after the last. */
static int64_t size_at(struct range range, int64_t i, int64_t most)
{
    if (range.high - range.low < most) {
        return range.low + i <= range.high ? range.low + i : 0;
    }
    return i == 0 ? range.low : i == 1 ? range.high : i < most ? between(range.low, range.high) : 0;
}

static void draw_links(struct cs_problem *problem)
{
    struct cs_device *const device = &problem->device;
    device->torus_axes = one_in(2) ? 0.0 : (double)between(1, 3);
    device->domain = (double)whole(1, 9000);
    device->slice_max = one_in(2) ? 0.0 : (double)whole(1, 9000);
    problem->slice_devices = one_in(2) ? 0 : whole(1, 9000);
    device->link_bandwidth = spread(1e8, 1e13);
    device->link_efficiency = spread(0.1, 1.0);
    device->in_switch_bandwidth = one_in(2) ? 0.0 : device->link_bandwidth * spread(0.1, 10.0);
    device->link_latency = one_in(4) ? 0.0 : spread(1e-9, 1e-2);
    device->link_floor = one_in(2) ? 0.0 : spread(1e-9, 1e-1);
    device->collective_base = one_in(2) ? 0.0 : spread(1e-9, 1e-1);
    device->ring_plateau = one_in(2) ? 1.0 : spread(1.0, 10.0);
    device->slice_spread = one_in(2) ? 0.0 : 0.5 * uniform();
    problem->stack.logarithmic_gather = one_in(2);
    problem->stack.group_overlap = one_in(2);
    device->scale_out_efficiency = spread(0.1, 1.0);
    device->scale_out_latency = one_in(4) ? 0.0 : one_in(4) ? device->link_latency : spread(1e-9, 1e-2);
    device->link_compute_tax = one_in(4) ? 0.0 : uniform();
    device->scale_out_compute_tax = one_in(4) ? 0.0 : uniform();
    problem->nic_bandwidth = spread(1e7, 1e13);
}

/* ---- verdicts ---- */

/* Notes and prints a failure; true if it is the first of the property. */
static bool fails(enum property property, const char *what, double least, double most)
{
    if (failed[property]) {
        return false;
    }
    failed[property] = true;
    printf("%s: %s: %.17g, %.17g; CS_PROPERTY_SEED=%lld CS_PROPERTY_COUNT=1\n", properties[property].name, what, least,
           most, (long long)seed);
    return true;
}

static bool above(enum property property, const char *what, double least, double most)
{
    return !(least <= most * (1.0 + slack)) && fails(property, what, least, most);
}

static void print_network(const struct cs_network *network, int64_t stride, struct range range, int64_t size,
                          double bytes)
{
    const struct cs_device *const d = network->device;
    printf("    torus axes %g, slice %g x %g x %g, domain %g; link %a B/s, %a s, floor %a s, base %a s, plateau %g, "
           "in-switch %a B/s; card %a B/s, %a s, logarithmic %d; taxes %g, %g; stride %lld, %lld to %lld members, here "
           "%lld; %a B\n",
           d->torus_axes, network->slice[0], network->slice[1], network->slice[2], network->domain,
           d->link_bandwidth * d->link_efficiency, d->link_latency, d->link_floor, d->collective_base, d->ring_plateau,
           d->in_switch_bandwidth, network->nic, d->scale_out_latency, network->logarithmic_gather, d->link_compute_tax,
           d->scale_out_compute_tax, (long long)stride, (long long)range.low, (long long)range.high, (long long)size,
           bytes);
}

/* ---- collectives ---- */

static void check_sizes(const struct cs_network *network, int64_t stride, struct range range, double bytes)
{
    struct cs_group_range groups;
    cs_group_range_place(network, stride, range.low, range.high, &groups);
    for (int64_t i = 0, size; (size = size_at(range, i, SIZES)) > 0; i++) {
        struct cs_group group;
        cs_group_place(network, stride, size, &group);
        bool bad = above(TAX, "floor above a group's", cs_group_tax_floor(network), cs_group_tax(network, &group));
        for (int p = REDUCE; p <= SCATTER; p++) {
            bad |= above((enum property)p, "floor above a group's", properties[p].floor(&groups, bytes),
                         properties[p].seconds(&group, bytes));
        }
        if (bad) {
            print_network(network, stride, range, size, bytes);
        }
    }
}

static void check_monotone(const struct cs_network *network, int64_t stride, struct range range, double bytes)
{
    const struct range part = draw_within(range);
    const double more = one_in(2) ? bytes * (1.0 + uniform()) : bytes + spread(1.0, 1e12);
    struct cs_group_range wide, narrow;
    cs_group_range_place(network, stride, range.low, range.high, &wide);
    cs_group_range_place(network, stride, part.low, part.high, &narrow);
    for (int p = REDUCE; p <= SCATTER; p++) {
        const double floor = properties[p].floor(&wide, bytes);
        if (above((enum property)p, "floor falls within the range", floor, properties[p].floor(&narrow, bytes))) {
            print_network(network, stride, range, 0, bytes);
            print_network(network, stride, part, 0, bytes);
        }
        if (above((enum property)p, "floor falls with bytes", floor, properties[p].floor(&wide, more))) {
            print_network(network, stride, range, 0, bytes);
            print_network(network, stride, range, 0, more);
        }
    }
}

/* Between stages: the ends of a range of strides hold for all of it, in seconds and in the compute that these take. */
static void check_boundary(const struct cs_network *network, struct range strides, double bytes)
{
    const int64_t stages = whole(1, 64);
    double seconds[2], taken[2];
    for (int end = 0; end < 2; end++) {
        const int64_t stride = end == 0 ? strides.low : strides.high;
        seconds[end] = cs_point_to_point(network, stride, stages, bytes);
        taken[end] = seconds[end] * cs_point_to_point_tax(network, stride, stages);
    }
    for (int64_t i = 0, stride; (stride = size_at(strides, i, SIZES)) > 0; i++) {
        const double here = cs_point_to_point(network, stride, stages, bytes);
        const double tax = cs_point_to_point_tax(network, stride, stages);
        if (above(BOUNDARY, "both ends above a stride's", cs_min(seconds[0], seconds[1]), here) ||
            above(BOUNDARY, "both ends' compute above a stride's", cs_min(taken[0], taken[1]), tax * here)) {
            printf("    %lld stages\n", (long long)stages);
            print_network(network, stride, strides, 0, bytes);
        }
    }
}

static void check_collectives(void)
{
    struct cs_problem problem;
    struct cs_network network;
    memset(&problem, 0, sizeof problem);
    draw_links(&problem);
    cs_network_of(&problem, whole(1, 1000000), &network);
    const int64_t stride = one_in(4) ? INT64_C(1) << between(0, 13) : whole(1, 9000);
    const double bytes = one_in(8) ? 0.0 : spread(1.0, 1e12);
    const struct range range = draw_range(one_in(2) ? 100 : 20000);
    check_sizes(&network, stride, range, bytes);
    check_monotone(&network, stride, range, bytes);
    check_boundary(&network, draw_range(one_in(2) ? 100 : 20000), bytes);
}

/* ---- a replica ---- */

struct step {
    enum cs_schedule schedule;
    int32_t interleave;
    int64_t micro_batches;
};

static struct step draw_step(int32_t pipeline)
{
    const int32_t interleave = one_in(2) ? 1 : (int32_t)between(2, 8);
    if (interleave > 1) {
        return (struct step){CS_SCHEDULE_1F1B, interleave, pipeline * whole(1, 100)};
    }
    return (struct step){(enum cs_schedule)between(0, CS_SCHEDULE_COUNT - 1), 1, whole(1, 1000)};
}

static double step_seconds(const struct cs_replica *replica, const struct step *step)
{
    return cs_step_seconds(replica, step->schedule, step->interleave, step->micro_batches);
}

static void print_replica(const struct instance *instance, const struct cs_stage *stage, struct range range,
                          int64_t data, int32_t group, const struct step *step)
{
    const struct cs_plan *const plan = &stage->costs->plan;
    printf("    tensor %d, context %d, expert %d x %d, pipeline %d, ZeRO group %d, data %lld to %lld, here %lld; "
           "schedule %d, interleave %d, micro-batches %lld; genes",
           (int)plan->tensor, (int)plan->context, (int)plan->expert, (int)plan->expert_tensor, (int)stage->pipeline,
           (int)group, (long long)range.low, (long long)range.high, (long long)data, (int)step->schedule,
           (int)step->interleave, (long long)step->micro_batches);
    instance_print(instance);
}

static void check_degrees(const struct instance *instance, const struct cs_stage *stage, struct range range,
                          int32_t group)
{
    const struct range part = draw_within(range);
    struct cs_replica floors[CS_ZERO_STAGES], narrow[CS_ZERO_STAGES], exact[CS_ZERO_STAGES];
    cs_replica_floors(stage, range.low, range.high, 15u, group, floors);
    cs_replica_floors(stage, part.low, part.high, 15u, group, narrow);
    for (int64_t i = 0, data; (data = size_at(range, i, DEGREES)) > 0; i++) {
        cs_replicas_prepare(stage, data, 15u, group, exact);
        for (int32_t z = 0; z < CS_ZERO_STAGES; z++) {
            const struct step step = draw_step(stage->pipeline);
            const double least = step_seconds(&floors[z], &step);
            const double bytes = cs_memory_bytes(&exact[z], step.schedule, step.interleave, step.micro_batches);
            struct cs_replica memory;
            cs_replica_memory(stage, data, z, group, &memory);
            const double alone = cs_memory_bytes(&memory, step.schedule, step.interleave, step.micro_batches);
            if (above(REPLICA, "floor above a data degree's", least, step_seconds(&exact[z], &step)) ||
                above(REPLICA, "floor falls within the range", least, step_seconds(&narrow[z], &step)) ||
                (alone != bytes && fails(MEMORY, "bytes without the times and with them", alone, bytes))) {
                printf("    ZeRO %d; of the range within it %lld to %lld\n", (int)z, (long long)part.low,
                       (long long)part.high);
                print_replica(instance, stage, range, data, group, &step);
            }
        }
    }
}

static void check_replica(struct instance *instance)
{
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    instance_draw(&state, instance);
    if (one_in(2)) {
        draw_links(&instance->problem);
    }
    /* Where memory is the limit weight gradients take the most of a pass. */
    instance->problem.device.hbm_bandwidth *= spread(0.001, 10.0);
    const struct cs_architecture *const model = &instance->problem.architecture;
    const int32_t tensor = (int32_t)whole(1, 16), experts = (int32_t)model->experts;
    const struct cs_plan sharding = {
        .tensor = tensor,
        .context = (int32_t)whole(1, 4),
        .expert = one_in(2) ? experts : (int32_t)between(1, experts),
        .expert_tensor = one_in(2) ? 1 : tensor,
        .micro_batch = (int32_t)whole(1, 4),
        .recompute = (int32_t)between(0, CS_RECOMPUTE_COUNT - 1),
        .offload = one_in(2) ? CS_OFFLOAD_ON : CS_OFFLOAD_OFF,
        .sequence_parallel = tensor > 1 && one_in(2),
    };
    const int32_t pipeline = (int32_t)between(1, model->layers);
    const struct range range = draw_range(one_in(2) ? 40 : 3000);
    /* Of a torus any class of devices will do: the floor speaks of one network. */
    cs_network_of(&instance->problem, range.low * sharding.tensor * sharding.context * pipeline, &network);
    cs_costs_prepare(&instance->problem, &network, &sharding, &costs);
    cs_stage_prepare(&costs, pipeline, &stage);
    check_degrees(instance, &stage, range, one_in(2) ? 0 : (int32_t)whole(1, 64));
}

int main(void)
{
    static struct instance instance;
    const int64_t count = instance_number("CS_PROPERTY_COUNT", 50000);
    const int64_t first = instance_number("CS_PROPERTY_SEED", 1);
    for (seed = first; seed < first + count; seed++) {
        state = (uint64_t)seed ^ UINT64_C(0x9E3779B97F4A7C15);
        for (int i = 0; i < 16; i++) { /* until the draws of neighbouring seeds have nothing in common */
            (void)instance_random(&state);
        }
        check_collectives();
        check_replica(&instance);
    }
    int bad = 0;
    for (int p = 0; p < PROPERTIES; p++) {
        bad += failed[p];
    }
    printf("%d passed, %d failed\n", PROPERTIES - bad, bad);
    return bad == 0 ? 0 : 1;
}
