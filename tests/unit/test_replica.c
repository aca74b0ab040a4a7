/* SPDX-License-Identifier: BSD-3-Clause */
/* A replica's ends, its floors over a range of data degrees, and how a plan's step is made of its parts. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

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
    cs_network_of(&problem, (int64_t)sharding.tensor * pipeline * data, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    cs_stage_prepare(&costs, pipeline, &stage);
    cs_replica_prepare(&stage, data, zero, zero_group, &replica);
}

static void make_mixture(void)
{
    problem.architecture.experts = 16;
    problem.architecture.experts_active = 2;
    problem.architecture.d_expert = 3072;
    cs_parameters_count(&problem.architecture, &problem.parameters);
}

/* DeepSeek-V3 (arXiv 2412.19437) 3.2.1: with DualPipe a device holds a stage from either end, so twice the parameters;
 * otherwise the first and the last stage stand for themselves, and one stage alone is the first. */
START_TEST(state_of_the_ends)
{
    const double each = 2.0 + problem.training.gradient_bytes + problem.training.optimizer_bytes;
    prepare(4, 1, 0, 0);
    const double first = each * stage.first_parameters, last = each * stage.last_parameters;
    WITHIN(replica.first_state[CS_SCHEDULE_1F1B], first, 1e-12);
    WITHIN(replica.last_state[CS_SCHEDULE_1F1B], last, 1e-12);
    WITHIN(replica.first_state[CS_SCHEDULE_DUALPIPE], first + last, 1e-12);
    WITHIN(replica.last_state[CS_SCHEDULE_DUALPIPE], first + last, 1e-12);
    ck_assert_double_eq(replica.last_fixed[CS_SCHEDULE_1F1B], stage.last_fixed);
    prepare(1, 1, 0, 0);
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        WITHIN(replica.first_state[s], each * stage.first_parameters, 1e-12);
        ck_assert_double_eq(replica.last_state[s], 0.0);
        ck_assert_double_eq(replica.last_activation[s], 0.0);
        ck_assert_double_eq(replica.last_fixed[s], 0.0);
    }
}
END_TEST

/* Memory is told of the end that needs more: with a vocabulary of a million the last stage, which holds the logits. */
START_TEST(memory_of_the_fuller_end)
{
    struct cs_plan plan;
    struct cs_step step;
    problem.architecture.vocab = 2000000;
    problem.architecture.tied_embedding = false;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    sample_plan(&plan);
    plan.pipeline = 4;
    plan.devices = 32;
    plan.micro_batch = sharding.micro_batch = 8;
    plan.global_batch = 8;
    plan.recompute = sharding.recompute = CS_RECOMPUTE_FULL;
    cs_step_evaluate(&problem, &plan, &step);
    prepare(4, 1, 0, 0);
    ck_assert(replica.last_state[0] != replica.first_state[0]);
    ck_assert_double_eq(step.state_bytes, replica.last_state[0]);
    ck_assert_double_eq(step.activation_bytes, replica.last_activation[0]);
    ck_assert_double_eq(step.other_bytes, replica.last_fixed[0]);
    WITHIN(step.memory_bytes, replica.last_state[0] + replica.last_activation[0] + replica.last_fixed[0], 1e-12);
}
END_TEST

struct degree {
    int32_t tensor, context, expert, pipeline;
    int64_t data;
    int32_t group;
    double card, slice; /* B/s; chips of a torus, 0: none */
};

static void check_floor(const struct degree *row, int32_t zero)
{
    struct cs_replica floors[CS_ZERO_STAGES];
    setup();
    /* The floor does not know that no rank is alone in its domain. */
    problem.stack.logarithmic_gather = false;
    if (row->expert > 1) {
        make_mixture();
    }
    if (row->slice > 0.0) {
        sample_tpu(&problem.device);
        problem.device.domain = row->slice;
    }
    if (zero == 0 || row->group > 0 || row->slice > 0.0 || row->card > 25e9) {
        problem.device.link_latency = problem.device.scale_out_latency = 0.0;
    }
    problem.nic_bandwidth = row->card;
    /* Under compute the floor's tax is the least, here the cards'. */
    problem.stack.gradient_overlap = problem.stack.shard_overlap = row->tensor == 8;
    sharding.tensor = row->tensor;
    sharding.context = row->context;
    sharding.expert = row->expert;
    sharding.expert_tensor = row->expert > 1 && row->tensor == 2 ? 2 : 1;
    prepare(row->pipeline, row->data, zero, row->group);
    cs_replica_floors(&stage, row->data, row->data, 1u << zero, row->group, floors);
    WITHIN(floors[zero].once, replica.once, 1e-12);
    WITHIN(floors[zero].shares[CS_SHARE_DATA] + 1.0, replica.shares[CS_SHARE_DATA] + 1.0, 1e-12);
    WITHIN(floors[zero].micro[CS_SCHEDULE_1F1B], replica.micro[CS_SCHEDULE_1F1B], 1e-12);
    ck_assert_double_eq(floors[zero].point_to_point, replica.point_to_point);
}

/* With one rank per domain, or all in one, no group can be placed better or worse: the floor of one data degree is the
 * traffic of that degree, but for the latencies of all-reduces. 5 ranks in pairs leave 3 shards between. 9 ranks on
 * domains of 8 lie alone (test_network.c), which with a card faster than the links is the floor too. Halves of a
 * context reduce together; on a torus shards end at the slice. */
START_TEST(floors_of_one_degree)
{
    static const struct degree rows[] = {
        {8, 1, 1, 1, 2, 0, 25e9, 0.0},  {8, 1, 1, 1, 4, 0, 25e9, 0.0},  {8, 1, 1, 1, 7, 0, 25e9, 0.0},
        {8, 1, 1, 1, 4, 2, 25e9, 0.0},  {8, 1, 1, 1, 5, 2, 25e9, 0.0},  {8, 1, 1, 1, 8, 4, 25e9, 0.0},
        {8, 1, 1, 1, 9, 4, 25e9, 0.0},  {1, 1, 1, 1, 2, 0, 25e9, 0.0},  {1, 1, 1, 1, 8, 0, 25e9, 0.0},
        {1, 1, 1, 1, 8, 2, 25e9, 0.0},  {1, 1, 1, 1, 9, 0, 25e12, 0.0}, {8, 2, 1, 1, 3, 0, 25e9, 0.0},
        {1, 1, 1, 1, 8, 0, 25e9, 64.0}, {2, 1, 1, 1, 8, 0, 25e9, 64.0}, {1, 1, 1, 1, 32, 0, 25e9, 16.0},
        {1, 1, 1, 1, 4, 2, 25e9, 64.0}, {1, 1, 1, 1, 5, 2, 25e9, 64.0}, {1, 1, 1, 5, 6, 2, 25e9, 64.0},
        {1, 1, 4, 1, 8, 0, 25e9, 0.0},  {8, 1, 8, 1, 4, 0, 25e9, 0.0},  {1, 1, 16, 1, 64, 2, 25e9, 0.0},
        {2, 1, 4, 1, 16, 0, 25e9, 0.0}, {3, 1, 1, 1, 6, 0, 25e9, 0.0},  {16, 1, 1, 1, 4, 0, 25e12, 0.0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int32_t zero = 0; zero < CS_ZERO_STAGES; zero++) {
            check_floor(&rows[i], zero);
        }
    }
}
END_TEST

/* Latencies of the floors, where bytes take no time. ZeRO 1 has a gather and as long a scatter: a link's r for each
 * of d members but one per domain, and a card's n for each domain but one; where a card's is less than a link's, n
 * for each member but one. On domains of 8, 12 members have 2. On a torus the links' part is left out, and a wanted
 * group of 12 spans 2 slices. All-reduces have a tree's between domains. */
START_TEST(latencies_of_floors)
{
    static const struct {
        double link, card, axes;
        int32_t tensor;
        int64_t data;
        int32_t group;
        double gather, reduce; /* s */
    } rows[] = {{1.0, 10.0, 0.0, 1, 12, 0, 10.0 * 1.0 + 10.0, 2.0 * 10.0},
                {10.0, 2.0, 0.0, 1, 12, 0, 11.0 * 2.0, 2.0 * 2.0},
                {1.0, 1.0, 0.0, 1, 12, 0, 10.0 * 1.0 + 1.0, 2.0 * 1.0},
                {2.0, 1.9, 0.0, 1, 8, 0, 7.0 * 1.9, 0.0},
                {1.0, 10.0, 0.0, 1, 8, 0, 7.0 * 1.0, 0.0},
                {1.0, 10.0, 0.0, 1, 2, 0, 1.0, 0.0},
                {1.0, 10.0, 0.0, 3, 8, 0, 4.0 * 1.0 + 3.0 * 10.0, 2.0 * 2.0 * 10.0}, /* two to a domain: a third of 8 */
                {1.0, 10.0, 1.0, 1, 12, 12, 10.0, 2.0 * 10.0}};
    struct cs_replica floors[CS_ZERO_STAGES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setup();
        sharding.tensor = rows[i].tensor;
        problem.device.link_bandwidth = problem.nic_bandwidth = 1e24;
        problem.device.torus_axes = rows[i].axes;
        problem.device.link_latency = rows[i].link;
        problem.device.scale_out_latency = rows[i].card;
        problem.stack.logarithmic_gather = false;
        prepare(1, rows[i].data, 1, rows[i].group);
        cs_replica_floors(&stage, rows[i].data, rows[i].data, 3u, rows[i].group, floors);
        WITHIN(floors[1].data_seconds, 2.0 * rows[i].gather, 1e-6);
        WITHIN(floors[0].data_seconds + 1.0, rows[i].reduce + 1.0, 1e-6);
    }
}
END_TEST

/* 9 members, 8 in one domain and one outside: 7 r and n of latency. Of the 2 B and 4 B of each of P parameters that are
 * gathered and scattered eight ninths pass the 8 cards of the domain. */
START_TEST(latency_of_a_domain_and_one_more)
{
    struct cs_replica floors[CS_ZERO_STAGES];
    sharding.tensor = 1;
    problem.device.link_bandwidth = 1e24;
    problem.nic_bandwidth = 1e9;
    problem.device.link_latency = 1.0;
    problem.device.scale_out_latency = 10.0;
    problem.stack.logarithmic_gather = false;
    prepare(1, 9, 1, 0);
    cs_replica_floors(&stage, 9, 9, 2u, 0, floors);
    WITHIN(floors[1].data_seconds, 2.0 * 17.0 + (8.0 / 9.0) / 8.0 * 6.0 * stage.sync_parameters / 1e9, 1e-9);
}
END_TEST

/* Of the stage as it stands, ZeRO 2 in shards of 4. */
static double replica_fill(int64_t data, enum cs_schedule schedule)
{
    cs_replica_prepare(&stage, data, 2, 4, &replica);
    return replica.fill[schedule];
}

/* Where memory is the limit, weight gradients, which read and write FP32 sums, take more than half of a pass over short
 * sequences. 5 to 8 nodes in shards of 4 have the same traffic. Then ZB1P's bubble shrinks with the pace of the slowest
 * device, and the floor of 5 to 8 data ranks is that of 8. */
START_TEST(floors_of_bubbles)
{
    struct cs_replica floors[CS_ZERO_STAGES];
    problem.seq_len = 16;
    problem.device.peak_flops = 1e20;
    problem.device.hbm_bandwidth = 2e12;
    problem.device.launch = problem.device.link_latency = problem.device.scale_out_latency = 0.0;
    problem.device.speed_spread = 0.1;
    prepare(8, 8, 2, 4);
    ck_assert_double_gt(2.0 * stage.slowest_weight_gradient, stage.slowest_forward + stage.slowest_backward);
    cs_replica_floors(&stage, 5, 8, 1u << 2, 4, floors);
    const double least = replica.fill[CS_SCHEDULE_ZB1P], dual = replica.fill[CS_SCHEDULE_DUALPIPE];
    ck_assert_double_gt(least, 0.0);
    WITHIN(floors[2].fill[CS_SCHEDULE_ZB1P], least, 1e-12);
    ck_assert_double_le(floors[2].fill[CS_SCHEDULE_DUALPIPE], dual * (1.0 + 1e-12));
    prepare(8, 5, 2, 4);
    ck_assert_double_gt(replica.fill[CS_SCHEDULE_ZB1P], least);
    cs_replica_floors(&stage, 5, 5, 1u << 2, 4, floors);
    WITHIN(floors[2].fill[CS_SCHEDULE_ZB1P], replica.fill[CS_SCHEDULE_ZB1P], 1e-12);
    /* With most of the all-to-all hidden DualPipe's bubble alone does so: (.01 + 2 x .03 - .028 - 3 x .015) s < 0. */
    stage.slowest_forward = 0.01;
    stage.slowest_backward = 0.03;
    stage.slowest_weight_gradient = 0.015;
    stage.slowest_hidden_all_to_all = 0.028;
    cs_replica_floors(&stage, 5, 8, 1u << 2, 4, floors);
    WITHIN(floors[2].fill[CS_SCHEDULE_ZB1P], replica_fill(5, CS_SCHEDULE_ZB1P), 1e-12);
    WITHIN(floors[2].fill[CS_SCHEDULE_DUALPIPE], replica_fill(8, CS_SCHEDULE_DUALPIPE), 1e-12);
    ck_assert_double_gt(replica_fill(5, CS_SCHEDULE_DUALPIPE), replica_fill(8, CS_SCHEDULE_DUALPIPE));
    ck_assert_double_gt(replica_fill(8, CS_SCHEDULE_DUALPIPE), 0.0);
}
END_TEST

/* Stages of 2 devices lie within a domain of 8, stages of 8 do not: over the range the floor of a hop is the cheaper,
 * which the links' or the card's speed decides; 2 ways, each a boundary of 2,048 x 6,144 x 2 B, and latencies. Hops of
 * chunks are the tax of it in stacks that overlap. */
START_TEST(floors_of_hops)
{
    struct cs_replica floors[CS_ZERO_STAGES];
    const double bytes = 2048.0 * 6144.0 * 2.0;
    sharding.tensor = 1;
    sample_fused(&problem);
    problem.device.link_latency = problem.device.scale_out_latency = 0.0;
    problem.device.scale_out_compute_tax = 0.01;
    prepare(2, 2, 0, 0);
    cs_replica_floors(&stage, 2, 8, 1u, 0, floors);
    WITHIN(floors[0].point_to_point, 2.0 * bytes / 232e9, 1e-12);
    WITHIN(floors[0].chunk_to_chunk, 0.01 * 2.0 * bytes / 25e9, 1e-12); /* .15 of the links' is more */
    problem.nic_bandwidth = 500e9;
    problem.device.scale_out_compute_tax = 0.5;
    prepare(2, 2, 0, 0);
    cs_replica_floors(&stage, 2, 8, 1u, 0, floors);
    WITHIN(floors[0].point_to_point, 2.0 * bytes / 500e9, 1e-12);
    WITHIN(floors[0].chunk_to_chunk, 0.15 * 2.0 * bytes / 232e9, 1e-12);
    prepare(2, 4, 0, 0); /* two stages of 4 just fill the domain */
    WITHIN(replica.point_to_point, 2.0 * bytes / 232e9, 1e-12);
    WITHIN(replica.chunk_to_chunk, 0.15 * 2.0 * bytes / 232e9, 1e-12);
    cs_replica_floors(&stage, 2, 2, 1u, 0, floors);
    WITHIN(floors[0].point_to_point, 2.0 * bytes / 232e9, 1e-12);
    WITHIN(floors[0].chunk_to_chunk, 0.15 * 2.0 * bytes / 232e9, 1e-12);
}
END_TEST

/* include/cs_sweep/step.h: what memory reads is the same whether the times are prepared or not. On a torus of 64 chips
 * experts over 4 x 2 have 8 shards of state and the rest, on 2 chips, 32. */
START_TEST(memory_alone)
{
    struct cs_replica alone;
    sample_tpu(&problem.device);
    problem.device.domain = 64.0;
    make_mixture();
    sharding.tensor = 2;
    sharding.expert = 4;
    sharding.expert_tensor = 2;
    prepare(2, 256, 1, 0);
    cs_replica_memory(&stage, 256, 1, 0, &alone);
    const double own = 2.0 + problem.training.gradient_bytes, sharded = problem.training.optimizer_bytes;
    WITHIN(alone.first_state[0],
           stage.first_parameters * (own + sharded / 32.0) + stage.first_expert_parameters * (own + sharded / 8.0),
           1e-12);
    for (int s = 0; s < CS_SCHEDULE_COUNT; s++) {
        ck_assert_double_eq(alone.first_state[s], replica.first_state[s]);
        ck_assert_double_eq(alone.last_state[s], replica.last_state[s]);
        ck_assert_double_eq(alone.first_activation[s], replica.first_activation[s]);
        ck_assert_double_eq(alone.last_activation[s], replica.last_activation[s]);
        ck_assert_double_eq(alone.first_fixed[s], replica.first_fixed[s]);
        ck_assert_double_eq(alone.last_fixed[s], replica.last_fixed[s]);
    }
}
END_TEST

/* Where shards are of at most 4 ranks, a range to 64 ranks has the gathers of one to 4: on a torus a group of 64 would
 * close more axes. */
START_TEST(floors_of_shards)
{
    struct cs_replica wide[CS_ZERO_STAGES], narrow[CS_ZERO_STAGES];
    sample_tpu(&problem.device);
    sharding.tensor = 1;
    prepare(1, 64, 1, 4);
    cs_replica_floors(&stage, 2, 64, 1u << 1, 4, wide);
    cs_replica_floors(&stage, 2, 4, 1u << 1, 4, narrow);
    WITHIN(wide[1].data_seconds, narrow[1].data_seconds, 1e-12);
    ck_assert_double_gt(wide[1].data_seconds, 0.0);
}
END_TEST

/* Hardware FLOPs of a mixture whose tokens go to one expert each: every layer is a mixture. */
START_TEST(hardware_flops_of_one_expert)
{
    struct cs_plan plan;
    struct cs_step step;
    problem.architecture.experts = 16;
    problem.architecture.experts_active = 1;
    problem.architecture.d_expert = 3072;
    problem.architecture.dense_layers = 8;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    sample_plan(&plan);
    sharding.micro_batch = 4;
    prepare(1, 1, 0, 0);
    const struct cs_part *part = costs.part;
    const double executed =
        8.0 * (8.0 * part[CS_PART_DENSE].flops + 40.0 * part[CS_PART_MIXTURE].flops + part[CS_PART_HEAD].flops);
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.hfu, executed / (8.0 * 100e12 * step.seconds) * problem.goodput, 1e-12);
    problem.architecture.experts = 2; /* a mixture too */
    cs_parameters_count(&problem.architecture, &problem.parameters);
    prepare(1, 1, 0, 0);
    const double two =
        8.0 * (8.0 * part[CS_PART_DENSE].flops + 40.0 * part[CS_PART_MIXTURE].flops + part[CS_PART_HEAD].flops);
    cs_step_evaluate(&problem, &plan, &step);
    ck_assert_double_ne(two, executed);
    WITHIN(step.hfu, two / (8.0 * 100e12 * step.seconds) * problem.goodput, 1e-12);
    /* Halves of the context on twice the devices, each with its own FLOPs. */
    plan.context = sharding.context = 2;
    plan.devices = 16;
    cs_network_of(&problem, 16, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    const double halves =
        16.0 * (8.0 * part[CS_PART_DENSE].flops + 40.0 * part[CS_PART_MIXTURE].flops + part[CS_PART_HEAD].flops);
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.hfu, halves / (16.0 * 100e12 * step.seconds) * problem.goodput, 1e-12);
}
END_TEST

/* ZeRO 3 of a mixture, one replica of whose experts is on all 32 devices: nothing of them is gathered, and the rest,
 * over 4 nodes, costs compute the cards' tax. */
START_TEST(zero_3_of_a_mixture)
{
    struct cs_group group;
    double expected = 0.0;
    sample_fused(&problem);
    problem.nic_bandwidth = 1e18;
    make_mixture();
    problem.architecture.experts = 32;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    sharding.expert = 32;
    prepare(1, 4, 3, 0);
    cs_group_place(&network, 8, 4, &group);
    const enum cs_part_kind kinds[] = {CS_PART_MIXTURE, CS_PART_EMBEDDING, CS_PART_HEAD};
    for (int i = 0; i < 3; i++) {
        const struct cs_part *part = &costs.part[kinds[i]];
        const double gather = cs_all_gather(&group, 2.0 * part->parameters);
        const double scatter = cs_reduce_scatter(&group, 4.0 * part->parameters);
        const double once = cs_exposed(gather, part->forward_seconds, 0.02) +
                            cs_exposed(gather + scatter, part->backward_seconds, 0.02);
        expected += (i == 0 ? 48.0 : 1.0) * once;
    }
    WITHIN(replica.shares[CS_SHARE_DATA], expected, 1e-12);
}
END_TEST

/* State is sharded within a slice only: where tensor parallelism fills its 16 chips not at all, where it takes half of
 * them in pairs. */
START_TEST(slices_of_one_shard)
{
    sample_tpu(&problem.device);
    problem.device.domain = 16.0;
    sharding.tensor = 16;
    prepare(1, 4, 1, 0);
    WITHIN(replica.first_state[0],
           (2.0 + problem.training.gradient_bytes + problem.training.optimizer_bytes) * stage.first_parameters, 1e-12);
    sharding.tensor = 8;
    for (int axes = 1; axes <= 3; axes++) {
        problem.device.torus_axes = axes;
        prepare(1, 4, 1, 0);
        WITHIN(replica.first_state[0],
               (2.0 + problem.training.gradient_bytes + 0.5 * problem.training.optimizer_bytes) *
                   stage.first_parameters,
               1e-12);
    }
}
END_TEST

/* Between stages: m micro-batches, v times each; whole without interleaving, the tax of it with (other chunks run
 * beside), in stacks that overlap. */
START_TEST(share_of_the_pipeline)
{
    sample_fused(&problem);
    for (int32_t interleave = 1; interleave <= 2; interleave++) {
        struct cs_plan plan;
        struct cs_step step;
        sample_plan(&plan);
        plan.pipeline = 4;
        plan.devices = 32;
        plan.micro_batches = 8;
        plan.global_batch = 32;
        plan.interleave = interleave;
        cs_step_evaluate(&problem, &plan, &step);
        sharding.micro_batch = 4;
        prepare(4, 1, 0, 0);
        ck_assert_double_gt(replica.point_to_point, replica.chunk_to_chunk);
        const double each = interleave == 1 ? replica.point_to_point : replica.chunk_to_chunk;
        WITHIN(step.shares[CS_SHARE_PIPELINE] * step.seconds, 8.0 * interleave * each, 1e-9);
        plan.data = 4; /* with ZeRO 2 gradients are scattered every micro-batch, weights gathered once */
        plan.devices = 128;
        plan.zero_stage = 2;
        cs_step_evaluate(&problem, &plan, &step);
        prepare(4, 4, 2, 0);
        ck_assert_double_gt(replica.shares[CS_SHARE_DATA], 0.0);
        ck_assert_double_gt(replica.data_seconds, 0.0);
        WITHIN(step.shares[CS_SHARE_DATA] * step.seconds, 8.0 * replica.shares[CS_SHARE_DATA] + replica.data_seconds,
               1e-9);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replica");
    TCase *cases = tcase_create("replica");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, state_of_the_ends);
    tcase_add_test(cases, memory_of_the_fuller_end);
    tcase_add_test(cases, floors_of_one_degree);
    tcase_add_test(cases, latencies_of_floors);
    tcase_add_test(cases, latency_of_a_domain_and_one_more);
    tcase_add_test(cases, floors_of_bubbles);
    tcase_add_test(cases, floors_of_hops);
    tcase_add_test(cases, memory_alone);
    tcase_add_test(cases, floors_of_shards);
    tcase_add_test(cases, hardware_flops_of_one_expert);
    tcase_add_test(cases, zero_3_of_a_mixture);
    tcase_add_test(cases, slices_of_one_shard);
    tcase_add_test(cases, share_of_the_pipeline);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
