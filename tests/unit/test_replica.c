/* SPDX-License-Identifier: BSD-3-Clause */
/* A replica's ends, its floors over a range of data degrees, and how a plan's step is made of its parts. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "sample.h"
#include "suite.h"

#define WITHIN(value, expected, fraction) ck_assert_double_eq_tol(value, expected, fabs(expected) * (fraction))

static struct cs_problem problem;
static struct cs_network network;
static struct cs_costs costs;
static struct cs_stage stage;
static struct cs_replica replica;
static struct cs_shard shard;

static void setup(void)
{
    sample_problem(&problem);
    shard = (struct cs_shard){.tensor = 8, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
}

static void prepare(int32_t pipeline, int64_t data, int32_t zero, int32_t zero_group)
{
    cs_network_of(&problem, (int64_t)shard.tensor * pipeline * data, &network);
    cs_costs_prepare(&problem, &network, &shard, &costs);
    cs_stage_prepare(&costs, pipeline, &stage);
    cs_replica_prepare(&stage, data, zero, zero_group, &replica);
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
    plan.micro_batch = shard.micro_batch = 8;
    plan.recompute = shard.recompute = CS_RECOMPUTE_FULL;
    cs_step_evaluate(&problem, &plan, &step);
    prepare(4, 1, 0, 0);
    ck_assert(replica.last_state[0] != replica.first_state[0]);
    ck_assert_double_eq(step.state_bytes, replica.last_state[0]);
    ck_assert_double_eq(step.activation_bytes, replica.last_activation[0]);
    ck_assert_double_eq(step.other_bytes, replica.last_fixed[0]);
    WITHIN(step.memory_bytes, replica.last_state[0] + replica.last_activation[0] + replica.last_fixed[0], 1e-12);
}
END_TEST

/* With one rank per domain, or all in one, no group can be placed better or worse: the floor of one data degree is the
 * traffic of that degree, but for the latencies of all-reduces. 5 ranks in pairs leave 3 shards between. */
START_TEST(floors_of_one_degree)
{
    static const struct {
        int32_t tensor;
        int64_t data;
        int32_t group;
    } rows[] = {{8, 2, 0}, {8, 4, 0}, {8, 7, 0}, {8, 4, 2}, {8, 5, 2}, {8, 8, 4}, {8, 9, 4}, {1, 2, 0}, {1, 8, 0}};
    struct cs_replica floors[CS_ZERO_STAGES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int32_t zero = 0; zero < CS_ZERO_STAGES; zero++) {
            setup();
            shard.tensor = rows[i].tensor;
            if (zero == 0 || rows[i].group > 0) {
                problem.device.link_latency = problem.device.scale_out_latency = 0.0;
            }
            prepare(1, rows[i].data, zero, rows[i].group);
            cs_replica_floors(&stage, rows[i].data, rows[i].data, 1u << zero, rows[i].group, floors);
            WITHIN(floors[zero].once, replica.once, 1e-12);
            WITHIN(floors[zero].shares[CS_SHARE_DATA] + 1.0, replica.shares[CS_SHARE_DATA] + 1.0, 1e-12);
            WITHIN(floors[zero].micro[CS_SCHEDULE_1F1B], replica.micro[CS_SCHEDULE_1F1B], 1e-12);
        }
    }
}
END_TEST

/* Where shards are of at most 4 ranks, a range to 64 ranks has the gathers of one to 4: on a torus a group of 64 would
 * close more axes. */
START_TEST(floors_of_shards)
{
    struct cs_replica wide[CS_ZERO_STAGES], narrow[CS_ZERO_STAGES];
    sample_tpu(&problem.device);
    shard.tensor = 1;
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
    shard.micro_batch = 4;
    prepare(1, 1, 0, 0);
    const struct cs_part *part = costs.part;
    const double executed =
        8.0 * (8.0 * part[CS_PART_DENSE].flops + 40.0 * part[CS_PART_MIXTURE].flops + part[CS_PART_HEAD].flops);
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.hfu, executed / (8.0 * 100e12 * step.seconds) * problem.goodput, 1e-12);
    /* Halves of the context on twice the devices, each with its own FLOPs. */
    plan.context = shard.context = 2;
    plan.devices = 16;
    cs_network_of(&problem, 16, &network);
    cs_costs_prepare(&problem, &network, &shard, &costs);
    const double halves =
        16.0 * (8.0 * part[CS_PART_DENSE].flops + 40.0 * part[CS_PART_MIXTURE].flops + part[CS_PART_HEAD].flops);
    cs_step_evaluate(&problem, &plan, &step);
    WITHIN(step.hfu, halves / (16.0 * 100e12 * step.seconds) * problem.goodput, 1e-12);
}
END_TEST

/* Between stages: m micro-batches, v times each; whole without interleaving, the tax of it with (other chunks run
 * beside), in stacks that overlap. */
START_TEST(share_of_the_pipeline)
{
    problem.kernel = CS_ATTENTION_FUSED2;
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
        shard.micro_batch = 4;
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
    tcase_add_test(cases, floors_of_shards);
    tcase_add_test(cases, hardware_flops_of_one_expert);
    tcase_add_test(cases, share_of_the_pipeline);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
