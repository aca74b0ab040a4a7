/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedules, traffic of data parallelism, and what a search relies on. The split into stages: test_split.c. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "suite.h"

static struct cs_problem problem;
static struct cs_network network;
static struct cs_costs costs;
static struct cs_stage stage;
static struct cs_replica replica;
static struct cs_plan sharding; /* the degrees that decide a layer's cost */

static void setup(void)
{
    sample_problem(&problem);
    sharding = (struct cs_plan){.tensor = 8, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
}

static void prepare(int32_t pipeline, int64_t data, int32_t zero, int32_t zero_group)
{
    cs_network_of(&problem, 8 * pipeline * data, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    cs_stage_prepare(&costs, pipeline, &stage);
    cs_replica_prepare(&stage, data, zero, zero_group, &replica);
}

/* m (T + v P) + (fill + (p - 1) v P) / v + once by hand: 8 (2 + 2 * .1) + (6 + 3 * .2) / 2 + .5 = 21.4. */
START_TEST(step_by_hand)
{
    struct cs_replica r = {.pipeline = 4.0, .point_to_point = 0.3, .chunk_to_chunk = 0.1, .once = 0.5};
    r.micro[CS_SCHEDULE_1F1B] = 2.0;
    r.fill[CS_SCHEDULE_1F1B] = 6.0;
    r.micro[CS_SCHEDULE_ZB1P] = 2.0;
    r.fill[CS_SCHEDULE_ZB1P] = 1.5;
    r.micro[CS_SCHEDULE_DUALPIPE] = 1.75;
    r.fill[CS_SCHEDULE_DUALPIPE] = 1.0;
    WITHIN(cs_step_seconds(&r, CS_SCHEDULE_1F1B, 2, 8), 21.4, 1e-12);
    WITHIN(cs_step_seconds(&r, CS_SCHEDULE_1F1B, 1, 8), 8.0 * 2.3 + 6.0 + 0.9 + 0.5, 1e-12);
    WITHIN(cs_step_seconds(&r, CS_SCHEDULE_ZB1P, 1, 8), 8.0 * 2.3 + 1.5 + 0.9 + 0.5, 1e-12);
    WITHIN(cs_step_seconds(&r, CS_SCHEDULE_DUALPIPE, 1, 8), 8.0 * 2.05 + 1.0 + 0.9 + 0.5, 1e-12);
}
END_TEST

/* Bubbles: 1F1B sum(T_i) - T (equal stages: (p - 1) T); ZB1P (p - 1)(F + B - 2 W), 2401.10241; DualPipe
 * (p/2 - 1)(F&B + B - 3 W), 2412.19437. */
START_TEST(bubbles_of_each_schedule)
{
    prepare(4, 1, 0, 0);
    const double f = stage.slowest_forward, b = stage.slowest_backward, w = stage.slowest_weight_gradient;
    const double overlapped = f + b - stage.slowest_hidden_all_to_all;
    ck_assert_double_gt(w, 0.0);
    WITHIN(replica.micro[CS_SCHEDULE_1F1B], f + b, 1e-12);
    WITHIN(replica.fill[CS_SCHEDULE_ZB1P], 3.0 * (f + b - 2.0 * w), 1e-12);
    WITHIN(replica.micro[CS_SCHEDULE_DUALPIPE], overlapped, 1e-12);
    WITHIN(replica.fill[CS_SCHEDULE_DUALPIPE], overlapped + b - 3.0 * w, 1e-12);
    const struct cs_part *part = costs.part;
    const double layer = part[CS_PART_DENSE].forward_seconds + part[CS_PART_DENSE].backward_seconds;
    const double ends = part[CS_PART_EMBEDDING].forward_seconds + part[CS_PART_EMBEDDING].backward_seconds +
                        part[CS_PART_HEAD].forward_seconds + part[CS_PART_HEAD].backward_seconds;
    WITHIN(replica.fill[CS_SCHEDULE_1F1B], 48.0 * layer + ends - (f + b), 1e-9);
    prepare(1, 1, 0, 0);
    ck_assert_double_eq(replica.fill[CS_SCHEDULE_1F1B], 0.0);
    ck_assert_double_eq(replica.point_to_point, 0.0);
}
END_TEST

/* Gradients of P parameters over d ranks of one device per node: all-reduce of 4 P, reduce-scatter of 4 P and gather of
 * 2 P, with nothing underneath in the stacks of unfused attention. */
START_TEST(traffic_of_data_parallelism)
{
    struct cs_group group;
    prepare(2, 4, 0, 0);
    const double p = stage.sync_parameters;
    cs_group_place(&network, 8, 4, &group);
    WITHIN(replica.data_seconds, cs_all_reduce(&group, 4.0 * p), 1e-12);
    prepare(2, 4, 1, 0);
    WITHIN(replica.data_seconds, cs_reduce_scatter(&group, 4.0 * p) + cs_all_gather(&group, 2.0 * p), 1e-12);
    problem.precision.gradient_communication_bytes = 2.0;
    prepare(2, 4, 1, 0);
    WITHIN(replica.data_seconds, 2.0 * cs_all_gather(&group, 2.0 * p), 1e-12);
    problem.precision.gradient_communication_bytes = 1.0;
    prepare(2, 4, 1, 0);
    WITHIN(replica.data_seconds, cs_reduce_scatter(&group, p) + cs_all_gather(&group, 2.0 * p), 1e-12);
    problem.precision.gradient_communication_bytes = 0.0;
    prepare(2, 4, 1, 2); /* shards in pairs, then an all-reduce of half between the pairs */
    struct cs_group pair, between;
    cs_group_place(&network, 8, 2, &pair);
    cs_group_place(&network, 16, 2, &between);
    WITHIN(replica.data_seconds,
           cs_reduce_scatter(&pair, 4.0 * p) + cs_all_reduce(&between, 2.0 * p) + cs_all_gather(&pair, 2.0 * p), 1e-12);
    prepare(2, 4, 2, 0); /* scattered after every micro-batch */
    WITHIN(replica.shares[CS_SHARE_DATA], cs_reduce_scatter(&group, 4.0 * p), 1e-12);
    WITHIN(replica.micro[0], stage.slowest_forward + stage.slowest_backward + replica.shares[CS_SHARE_DATA], 1e-12);
}
END_TEST

/* Overlapped, one bucket is left, or what does not fit under the backward pass. */
START_TEST(what_the_backward_pass_hides)
{
    struct cs_group group;
    problem.stack.gradient_overlap = true;
    prepare(2, 4, 0, 0);
    const double p = stage.sync_parameters;
    cs_group_place(&network, 8, 4, &group);
    const double whole = cs_all_reduce(&group, 4.0 * p), hidden = fmin(whole, stage.overlap_backward);
    const double bucket = whole * fmin(1.0, problem.training.gradient_bucket_bytes / (4.0 * p));
    WITHIN(replica.data_seconds, fmax(bucket, whole - hidden + 0.02 * hidden), 1e-12);
    ck_assert_double_lt(replica.data_seconds, whole);
    problem.stack.gradient_overlap = false;
    prepare(2, 4, 0, 0);
    WITHIN(replica.data_seconds, whole, 1e-12);
}
END_TEST

/* Shards in pairs, overlapped: the sum between the pairs hides too, or waits until the backward pass ends. */
START_TEST(sums_between_groups)
{
    struct cs_group pair, between;
    sample_fused(&problem);
    problem.nic_bandwidth = 1e18;
    for (int32_t zero = 1; zero <= 3; zero++) {
        problem.stack.group_overlap = true;
        prepare(1, 4, zero, 2);
        const double hidden = replica.data_seconds + replica.shares[CS_SHARE_DATA];
        problem.stack.group_overlap = false;
        prepare(1, 4, zero, 2);
        const double open = replica.data_seconds + replica.shares[CS_SHARE_DATA];
        cs_group_place(&network, 8, 2, &pair);
        cs_group_place(&network, 16, 2, &between);
        const double whole = cs_all_reduce(&between, 2.0 * stage.sync_parameters);
        const double sums = zero == 3 ? 50.0 * cs_all_reduce(&between, 0.0) : whole;
        ck_assert_double_gt(open, hidden);
        ck_assert_double_gt(open, sums);
        ck_assert_double_le(open - hidden, sums);
        prepare(1, 4, zero, 0); /* one group */
        problem.stack.group_overlap = true;
        const double alone = replica.data_seconds + replica.shares[CS_SHARE_DATA];
        prepare(1, 4, zero, 0);
        ck_assert_double_eq(replica.data_seconds + replica.shares[CS_SHARE_DATA], alone);
    }
}
END_TEST

/* ZeRO 3 gathers each layer twice and scatters it once for every micro-batch; under compute it costs the tax only. */
START_TEST(zero_3)
{
    struct cs_group group;
    sample_fused(&problem);
    problem.nic_bandwidth = 1e18;
    prepare(1, 4, 3, 0);
    cs_group_place(&network, 8, 4, &group);
    double expected = 0.0;
    const enum cs_part_kind kinds[] = {CS_PART_DENSE, CS_PART_EMBEDDING, CS_PART_HEAD};
    for (int i = 0; i < 3; i++) {
        const struct cs_part *part = &costs.part[kinds[i]];
        const double gather = cs_all_gather(&group, 2.0 * part->parameters);
        const double scatter = cs_reduce_scatter(&group, 4.0 * part->parameters);
        const double once = cs_exposed(gather, part->forward_seconds, 0.02) +
                            cs_exposed(gather + scatter, part->backward_seconds, 0.02);
        expected += (kinds[i] == CS_PART_DENSE ? 48.0 : 1.0) * once;
    }
    WITHIN(replica.shares[CS_SHARE_DATA], expected, 1e-12);
    problem.stack.shard_overlap = false; /* of 2021: tensor by tensor, nothing hidden */
    prepare(1, 4, 3, 0);
    ck_assert_double_gt(replica.shares[CS_SHARE_DATA], 10.0 * expected);
}
END_TEST

/* 50 B per parameter of the sharding. */
START_TEST(time_of_the_optimizer)
{
    problem.device.hbm_bandwidth = 1e12;
    problem.device.step_overhead = 0.25;
    prepare(1, 4, 0, 0);
    const double whole = replica.optimizer_seconds - 0.25;
    WITHIN(whole, 50.0 * stage.sync_parameters / 1e12, 1e-12);
    prepare(1, 4, 1, 0);
    WITHIN(replica.optimizer_seconds - 0.25, 0.25 * whole, 1e-12);
}
END_TEST

/* Products of 8 bits read a copy of the weights, 2 B read and 1 B written for each of 12 h^2 / t in a layer: made
 * once a step, or with ZeRO 3, which gathers them anew, for each micro-batch. The step holds it whole, whatever
 * overlaps. */
START_TEST(copies_of_weights_at_8_bits)
{
    problem.device.hbm_bandwidth = 1e12;
    problem.precision.format = CS_FORMAT_FP8;
    for (int32_t zero = 0; zero < CS_ZERO_STAGES; zero++) {
        prepare(2, 2, zero, 0);
        const double layers = stage.slow.count[CS_PART_DENSE];
        const double copies = 3.0 * layers * 12.0 * 6144.0 * 6144.0 / 8.0 / 1e12;
        WITHIN(costs.part[CS_PART_DENSE].cast_weights, 12.0 * 6144.0 * 6144.0 / 8.0, 1e-12);
        ck_assert_double_eq(costs.part[CS_PART_HEAD].cast_weights, 0.0);
        const struct cs_replica with = replica;
        problem.precision.format = CS_FORMAT_BF16;
        struct cs_stage without = stage;
        without.cast_weights = 0.0;
        for (int i = 0; i < CS_PART_COUNT; i++) {
            costs.part[i].cast_weights = 0.0;
        }
        cs_replica_prepare(&without, 2, zero, 0, &replica);
        WITHIN(with.once - replica.once + 1.0, (zero < 3 ? copies : 0.0) + 1.0, 1e-12);
        WITHIN(with.micro[0] - replica.micro[0] + 1.0, (zero < 3 ? 0.0 : copies) + 1.0, 1e-12);
        problem.precision.format = CS_FORMAT_FP8;
    }
}
END_TEST

/* The slowest of 8 p d devices sets the pace of what each computes, not of the traffic and the optimizer. */
START_TEST(the_slowest_device_sets_the_pace)
{
    struct cs_replica floors[CS_ZERO_STAGES];
    double last = 1.0;
    prepare(4, 1, 0, 0);
    const double micro = replica.micro[CS_SCHEDULE_1F1B], fill = replica.fill[CS_SCHEDULE_1F1B];
    const double zero_bubble = replica.fill[CS_SCHEDULE_ZB1P], dual = replica.micro[CS_SCHEDULE_DUALPIPE];
    for (int64_t data = 1; data <= 1024; data *= 4) {
        problem.device.speed_spread = 0.0;
        prepare(4, data, 0, 0);
        const double once = replica.once, between = replica.point_to_point;
        problem.device.speed_spread = 0.02;
        prepare(4, data, 0, 0);
        const double pace = cs_device_slowest(&problem.device, 32.0 * (double)data);
        ck_assert_double_gt(pace, last);
        last = pace;
        WITHIN(replica.micro[CS_SCHEDULE_1F1B], pace * micro, 1e-12);
        WITHIN(replica.fill[CS_SCHEDULE_1F1B], pace * fill, 1e-12);
        WITHIN(replica.fill[CS_SCHEDULE_ZB1P], pace * zero_bubble, 1e-12);
        WITHIN(replica.micro[CS_SCHEDULE_DUALPIPE], pace * dual, 1e-12);
        ck_assert_double_eq(replica.once, once);
        ck_assert_double_eq(replica.point_to_point, between);
        cs_replica_floors(&stage, 1, data, 1, 0, floors);
        ck_assert_double_le(floors[0].micro[CS_SCHEDULE_1F1B], replica.micro[CS_SCHEDULE_1F1B]);
    }
}
END_TEST

/* 2 (n-1)/n S / beta + 2 (n-1) alpha, forward 2, recomputed 2; backward two hidden under weight gradients. */
START_TEST(collectives_of_tensor_parallelism)
{
    struct cs_group group;
    prepare(1, 1, 0, 0);
    cs_group_place(&network, 1, 8, &group);
    const double reduce = cs_all_reduce(&group, 2.0 * 2048 * 6144);
    WITHIN(costs.part[CS_PART_DENSE].forward[CS_SHARE_TENSOR], 2.0 * reduce, 1e-12);
    const double backward = costs.part[CS_PART_DENSE].backward[CS_SHARE_TENSOR];
    ck_assert_double_lt(backward, 2.0 * reduce);
    problem.stack.fused_weight_gradient = false; /* of 2021: nothing hides them */
    prepare(1, 1, 0, 0);
    WITHIN(costs.part[CS_PART_DENSE].backward[CS_SHARE_TENSOR], 2.0 * reduce, 1e-12);
    problem.stack.fused_weight_gradient = true;
    sharding.recompute = CS_RECOMPUTE_FULL;
    prepare(1, 1, 0, 0);
    WITHIN(costs.part[CS_PART_DENSE].backward[CS_SHARE_TENSOR], backward + 2.0 * reduce, 1e-12);
    sharding.recompute = CS_RECOMPUTE_NONE;
    sharding.sequence_parallel = true; /* two gathers and two scatters, each half of an all-reduce */
    prepare(1, 1, 0, 0);
    WITHIN(costs.part[CS_PART_DENSE].forward[CS_SHARE_TENSOR], 2.0 * reduce, 1e-12);
    problem.architecture.parallel_block = true; /* one block, one pair */
    prepare(1, 1, 0, 0);
    WITHIN(costs.part[CS_PART_DENSE].forward[CS_SHARE_TENSOR], reduce, 1e-12);
}
END_TEST

/* FLOPs of a layer: 24 s b h^2 + 4 s^2 b h forward (Narayanan 2021), twice that backward, once more recomputed;
 * logits 6 s b h V. */
START_TEST(flops_of_a_layer)
{
    const double forward = 24.0 * 2048 * 6144.0 * 6144.0 + 4.0 * 2048.0 * 2048.0 * 6144.0;
    sharding.tensor = 1;
    prepare(1, 1, 0, 0);
    WITHIN(costs.part[CS_PART_DENSE].forward_flops, forward, 1e-12);
    WITHIN(costs.part[CS_PART_DENSE].flops, 3.0 * forward, 1e-12);
    WITHIN(costs.part[CS_PART_HEAD].flops, 6.0 * 2048 * 6144.0 * 51200.0, 1e-12);
    sharding.recompute = CS_RECOMPUTE_FULL;
    prepare(1, 1, 0, 0);
    WITHIN(costs.part[CS_PART_DENSE].flops, 4.0 * forward, 1e-12);
    sharding.recompute = CS_RECOMPUTE_SELECTIVE;
    prepare(1, 1, 0, 0);
    WITHIN(costs.part[CS_PART_DENSE].flops, 3.0 * forward + 4.0 * 2048.0 * 2048.0 * 6144.0, 1e-12);
}
END_TEST

/* Dispatch and combine send s b h k / t elements over e, forward and backward: 4 all-to-alls. */
START_TEST(all_to_alls_of_experts)
{
    struct cs_group group;
    problem.architecture.experts = 16;
    problem.architecture.experts_active = 2;
    problem.architecture.d_expert = 24576;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    sharding.expert = 16;
    sharding.sequence_parallel = true;
    prepare(1, 4, 0, 0);
    cs_group_place(&network, 1, 16, &group);
    const double each = cs_dispatch(&group, 2.0 * 2048 / 8 * 6144 * 2, 2.0);
    WITHIN(costs.part[CS_PART_MIXTURE].forward[CS_SHARE_EXPERT], 2.0 * each, 1e-12);
    WITHIN(costs.part[CS_PART_MIXTURE].backward[CS_SHARE_EXPERT], 2.0 * each, 1e-12);
    /* A layer's FLOPs: attention like a dense layer, k experts for 1 of its feed-forward, and a router. */
    const double attention = 8.0 * 2048 * 6144.0 * 6144.0 + 4.0 * 2048.0 * 2048.0 * 6144.0;
    const double ffn = 2.0 * 16.0 * 2048 * 6144.0 * 6144.0, router = 2.0 * 2048 * 6144.0 * 16.0;
    WITHIN(8.0 * costs.part[CS_PART_MIXTURE].forward_flops, attention + ffn + router, 1e-12);
    sharding.expert_tensor = 8; /* 2 groups of 8: a 16th of the experts' weights each as well */
    sharding.expert = 2;
    prepare(1, 4, 0, 0);
    WITHIN(8.0 * costs.part[CS_PART_MIXTURE].forward_flops, attention + ffn + router, 1e-12);
    WITHIN(costs.part[CS_PART_MIXTURE].expert_parameters, problem.parameters.expert, 1e-12);
}
END_TEST

/* Host-bound: a layer never takes less than its kernels' enqueueing. */
START_TEST(a_layer_takes_as_long_as_its_launches)
{
    prepare(1, 1, 0, 0);
    const double before = costs.part[CS_PART_DENSE].forward_seconds;
    problem.stack.dispatch = 1.0;
    prepare(1, 1, 0, 0);
    const double kernels = costs.part[CS_PART_DENSE].forward_seconds;
    /* norm, qkv, 3 of attention, out, residual, norm, up, activation, down, residual, and two all-reduces */
    ck_assert_double_gt(kernels, before);
    WITHIN(kernels, 14.0, 1e-12);
}
END_TEST

static void sum_trace(void *context, const struct cs_trace_entry *entry)
{
    *(double *)context += entry->exposed_seconds * (strcmp(entry->part, "dense layer") == 0 ? 1.0 : 0.0);
}

/* The narration adds up to the part, and the shares to one. */
START_TEST(the_narration_adds_up)
{
    struct cs_plan plan;
    struct cs_step step;
    sample_plan(&plan);
    plan.recompute = CS_RECOMPUTE_FULL;
    cs_step_evaluate(&problem, &plan, &step);
    double sum = 0.0, told = 0.0;
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        ck_assert_double_ge(step.shares[i], 0.0);
        sum += step.shares[i];
    }
    WITHIN(sum, 1.0, 1e-12);
    sharding.micro_batch = 4;
    sharding.recompute = CS_RECOMPUTE_FULL;
    prepare(1, 1, 0, 0);
    cs_step_trace(&problem, &plan, sum_trace, &told);
    WITHIN(told, costs.part[CS_PART_DENSE].forward_seconds + costs.part[CS_PART_DENSE].backward_seconds, 1e-9);
    WITHIN(step.seconds, cs_step_seconds(&replica, CS_SCHEDULE_1F1B, 1, 1), 1e-15);
    /* 1e12 tokens in steps of 4 x 2,048. */
    WITHIN(step.training_seconds, ceil(1e12 / 8192.0) * step.seconds / 0.95, 1e-12);
    WITHIN(step.mfu, 6.0 * 22e9 * 1e12 / (8.0 * step.training_seconds * 100e12), 1e-12);
    ck_assert_double_gt(step.hfu, 1.2 * step.mfu);
    WITHIN(cs_mfu(&problem, 8, 0.5), 6.0 * 22e9 * 1e12 / (8.0 * 0.5 * 100e12), 1e-12);
    ck_assert_double_eq(cs_mfu(&problem, 8, 0.0), 0.0); /* no training, no utilisation */
}
END_TEST

/* Hardware FLOPs are those of all ranks and micro-batches; with full recomputation 4/3 of the model's own but for the
 * head, which is not recomputed. Goodput is not the step's. */
START_TEST(hardware_flops)
{
    struct cs_plan plan;
    struct cs_step step;
    sample_plan(&plan);
    sharding.micro_batch = 4;
    prepare(1, 1, 0, 0);
    const struct cs_part *part = costs.part;
    const double executed = 8.0 * (48.0 * part[CS_PART_DENSE].flops + part[CS_PART_HEAD].flops);
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.hfu, executed / (8.0 * 100e12 * step.seconds) * problem.goodput, 1e-12);
    /* Twice the replicas and four micro-batches: the FLOPs of eight times as many sequences on twice the devices. */
    plan.data = 2;
    plan.devices = 16;
    plan.micro_batches = 4;
    plan.global_batch = 32;
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.hfu, 8.0 * executed / (16.0 * 100e12 * step.seconds) * problem.goodput, 1e-12);
}
END_TEST

/* The shares are the parts of the step's own seconds, for each schedule: what one hides is not told as spent. */
START_TEST(shares_are_parts_of_the_step)
{
    for (int schedule = 0; schedule < CS_SCHEDULE_COUNT; schedule++) {
        struct cs_plan plan;
        struct cs_step step;
        setup();
        problem.architecture.experts = 8;
        problem.architecture.experts_active = 2;
        problem.architecture.d_expert = 3072;
        cs_parameters_count(&problem.architecture, &problem.parameters);
        sample_plan(&plan);
        plan.pipeline = 4;
        plan.expert = 4;
        plan.data = 4;
        plan.devices = 128;
        plan.micro_batches = 16;
        plan.global_batch = 4 * 16 * 4;
        plan.schedule = schedule;
        cs_step_evaluate(&problem, &plan, &step);
        sharding.micro_batch = 4;
        sharding.expert = 4;
        prepare(4, 4, 0, 0);
        const double m = 16.0;
        const double busy = m * replica.micro[schedule];
        const double compute = step.shares[CS_SHARE_COMPUTE] * step.seconds;
        const double tensor = step.shares[CS_SHARE_TENSOR] * step.seconds;
        const double expert = step.shares[CS_SHARE_EXPERT] * step.seconds;
        WITHIN(compute + tensor + expert, busy, 1e-9);
        WITHIN(compute, m * replica.shares[CS_SHARE_COMPUTE], 1e-9);
        WITHIN(step.shares[CS_SHARE_OPTIMIZER] * step.seconds, replica.optimizer_seconds, 1e-9);
        WITHIN(step.shares[CS_SHARE_DATA] * step.seconds, replica.data_seconds, 1e-9);
    }
}
END_TEST

/* What include/cs_sweep/step.h lets a search rely on. */
START_TEST(what_a_search_relies_on)
{
    struct cs_plan plan;
    struct cs_step base, other;
    const int64_t micro_batches[] = {4, 8, 64};
    for (int kernel = CS_ATTENTION_UNFUSED; kernel <= CS_ATTENTION_FUSED2; kernel++) {
        for (int32_t zero = 0; zero <= 3; zero++) {
            for (size_t i = 0; i < 3; i++) {
                setup();
                if (kernel >= CS_ATTENTION_FUSED2) {
                    sample_fused(&problem);
                }
                problem.stack.kernel = (enum cs_attention_kernel)kernel;
                sample_plan(&plan);
                plan.pipeline = 4;
                plan.data = 4;
                plan.devices = 128;
                plan.zero_stage = zero;
                plan.micro_batches = micro_batches[i];
                cs_step_evaluate(&problem, &plan, &base);
                double *const faster[] = {&problem.device.link_bandwidth, &problem.nic_bandwidth,
                                          &problem.device.hbm_bandwidth, &problem.device.peak_flops};
                for (size_t k = 0; k < sizeof faster / sizeof faster[0]; k++) {
                    *faster[k] *= 1.25;
                    cs_step_evaluate(&problem, &plan, &other);
                    ck_assert_double_le(other.seconds, base.seconds);
                    *faster[k] /= 1.25;
                }
                plan.micro_batches += 4;
                cs_step_evaluate(&problem, &plan, &other);
                ck_assert_double_gt(other.seconds, base.seconds);
                ck_assert_double_ge(other.memory_bytes, base.memory_bytes);
                plan.micro_batches -= 4;
                plan.data *= 2;
                plan.devices *= 2;
                cs_step_evaluate(&problem, &plan, &other);
                ck_assert_double_le(other.memory_bytes, base.memory_bytes);
            }
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("step");
    TCase *cases = tcase_create("step");
    tcase_set_timeout(cases, 60.0);
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, step_by_hand);
    tcase_add_test(cases, bubbles_of_each_schedule);
    tcase_add_test(cases, traffic_of_data_parallelism);
    tcase_add_test(cases, what_the_backward_pass_hides);
    tcase_add_test(cases, sums_between_groups);
    tcase_add_test(cases, zero_3);
    tcase_add_test(cases, time_of_the_optimizer);
    tcase_add_test(cases, copies_of_weights_at_8_bits);
    tcase_add_test(cases, the_slowest_device_sets_the_pace);
    tcase_add_test(cases, collectives_of_tensor_parallelism);
    tcase_add_test(cases, flops_of_a_layer);
    tcase_add_test(cases, all_to_alls_of_experts);
    tcase_add_test(cases, a_layer_takes_as_long_as_its_launches);
    tcase_add_test(cases, the_narration_adds_up);
    tcase_add_test(cases, hardware_flops);
    tcase_add_test(cases, shares_are_parts_of_the_step);
    tcase_add_test(cases, what_a_search_relies_on);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
