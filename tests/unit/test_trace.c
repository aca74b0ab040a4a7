/* SPDX-License-Identifier: BSD-3-Clause */
/* What a plan's narration says of its step, and that its entries add up to the parts. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "suite.h"

static struct cs_problem problem;
static struct cs_plan plan;
static struct cs_network network;
static struct cs_costs costs;
static struct cs_stage stage;
static struct cs_replica replica;

/* A mixture of 16 experts over 4 of 32 devices: 2 tensor ranks, 4 stages, 4 replicas, 8 micro-batches. */
static void setup(void)
{
    sample_problem(&problem);
    problem.architecture.experts = 16;
    problem.architecture.experts_active = 2;
    problem.architecture.d_expert = 3072;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    plan = (struct cs_plan){.devices = 32,
                            .data = 4,
                            .global_batch = 32,
                            .micro_batches = 8,
                            .tensor = 2,
                            .pipeline = 4,
                            .context = 1,
                            .expert = 4,
                            .expert_tensor = 1,
                            .micro_batch = 1,
                            .interleave = 1};
}

static void prepare(void)
{
    cs_network_of(&problem, plan.devices, &network);
    cs_costs_prepare(&problem, &network, &plan, &costs);
    cs_stage_prepare(&costs, plan.pipeline, &stage);
    cs_replica_prepare(&stage, plan.data, plan.zero_stage, plan.zero_group, &replica);
}

struct wanted {
    const char *kernel;
    int entries;
    struct cs_trace_entry last;
};

static void find(void *context, const struct cs_trace_entry *entry)
{
    struct wanted *wanted = context;
    if (strcmp(entry->part, "step") == 0 && strncmp(entry->kernel, wanted->kernel, strlen(wanted->kernel)) == 0) {
        wanted->entries++;
        wanted->last = *entry;
    }
}

static struct wanted told(const char *kernel)
{
    struct wanted wanted = {.kernel = kernel};
    cs_step_trace(&problem, &plan, find, &wanted);
    return wanted;
}

/* No dense layer, so nothing of one. */
START_TEST(parts_that_the_model_lacks)
{
    prepare();
    const struct cs_part *none = &costs.part[CS_PART_DENSE];
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        ck_assert_double_eq(none->forward[i] + none->backward[i], 0.0);
    }
    ck_assert_double_eq(none->forward_seconds + none->backward_seconds + none->weight_gradient_seconds, 0.0);
    ck_assert_double_eq(none->flops + none->parameters + none->activation_bytes + none->working_bytes, 0.0);
    /* Two experts are a mixture as well: a rank of tensor parallelism holds both, 2 x 6,144 x 3,072 weights each. */
    problem.architecture.experts = 2;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    plan.expert = 1;
    prepare();
    ck_assert_double_eq(none->flops, 0.0);
    ck_assert_double_eq(costs.part[CS_PART_MIXTURE].expert_parameters, 2.0 * 2.0 * 6144.0 * 3072.0);
    ck_assert_double_eq(costs.tied_parameters, 51200.0 / 2.0 * 6144.0);
    problem.architecture.tied_embedding = false;
    prepare();
    ck_assert_double_eq(costs.tied_parameters, 0.0);
}
END_TEST

/* A prediction depth's weights beside its routed experts, which lie on 4 x 2 of the ranks, are cut by tensor
 * parallelism: attention, norms, router, the projection of 2 h to h and its two norms (DeepSeek-V3, arXiv 2412.19437,
 * 2.2). */
START_TEST(weights_of_a_prediction_depth)
{
    const double h = 6144.0;
    plan.expert_tensor = 2;
    prepare();
    const double before = costs.part[CS_PART_HEAD].parameters;
    WITHIN(before, 25600.0 * h + h, 1e-12);
    problem.architecture.mtp_layers = 1;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    prepare();
    const double depth = 4.0 * h * h + 2.0 * h + 16.0 * h + 2.0 * h * h + 2.0 * h;
    WITHIN(costs.part[CS_PART_HEAD].parameters - before, 0.5 * depth, 1e-9);
    WITHIN(costs.part[CS_PART_HEAD].expert_parameters, 16.0 * 2.0 * h * 3072.0 / 8.0, 1e-12);
}
END_TEST

/* DualPipe hides all-to-all of every micro-batch: told as so much less. The other schedules hide nothing. */
START_TEST(hidden_all_to_all)
{
    ck_assert_int_eq(told("all-to-all under").entries, 0);
    plan.schedule = CS_SCHEDULE_DUALPIPE;
    prepare();
    ck_assert_double_gt(replica.hidden_all_to_all, 0.0);
    ck_assert_double_lt(replica.hidden_all_to_all, 1.0);
    const struct wanted hidden = told("all-to-all under");
    ck_assert_int_eq(hidden.entries, 1);
    ck_assert(hidden.last.collective);
    ck_assert_double_eq(hidden.last.seconds, 0.0);
    WITHIN(hidden.last.exposed_seconds, -8.0 * replica.hidden_all_to_all, 1e-12);
    plan.expert = 1; /* nothing is sent, so nothing hidden */
    ck_assert_int_eq(told("all-to-all under").entries, 0);
}
END_TEST

/* What waits moves no bytes; an interleaved pipeline's bubble is 1/v of the other stages' time. */
START_TEST(waits_for_others)
{
    static const char *const kernels[] = {"bubble", "host work", "wait for the slowest", "gather and scatter"};
    plan.interleave = 2;
    plan.zero_stage = 2;
    problem.device.step_overhead = 0.25;
    problem.device.speed_spread = 0.02;
    prepare();
    const double pace = cs_device_slowest(&problem.device, 32.0);
    for (size_t i = 0; i < sizeof kernels / sizeof kernels[0]; i++) {
        const struct wanted wait = told(kernels[i]);
        ck_assert_int_eq(wait.entries, 1);
        ck_assert_double_eq(wait.last.bytes, 0.0);
        ck_assert_double_eq(wait.last.exposed_seconds, wait.last.seconds);
    }
    const double scatter = replica.shares[CS_SHARE_DATA];
    ck_assert_double_gt(scatter, 0.0);
    WITHIN(told("bubble").last.seconds, 0.5 * (pace * stage.rest_seconds + 3.0 * scatter), 1e-12);
    WITHIN(told("gather and scatter").last.seconds, 8.0 * scatter, 1e-12);
    WITHIN(told("wait for the slowest").last.seconds,
           8.0 * (pace - 1.0) * (stage.slowest_forward + stage.slowest_backward), 1e-9);
}
END_TEST

/* ZeRO 1: each of the 4 replicas updates its quarter, and as much of its 2 x 4 / 4 replicas of an expert each half. */
START_TEST(update_of_the_shards)
{
    plan.zero_stage = 1;
    prepare();
    const double updated = stage.sync_parameters / 4.0 + stage.sync_expert_parameters / 2.0;
    ck_assert_double_gt(stage.sync_expert_parameters, 0.0);
    WITHIN(told("optimizer").last.seconds, problem.training.optimizer_traffic_bytes * updated / 1e15, 1e-9);
}
END_TEST

static void add_whole(void *context, const struct cs_trace_entry *entry)
{
    static const char *const parts[CS_PART_COUNT] = {"dense layer", "mixture layer", "embedding", "head"};
    double *seconds = context;
    double times = strcmp(entry->part, "step") == 0 ? 1.0 : 0.0;
    for (int i = 0; i <= CS_PART_HEAD; i++) {
        times += strcmp(entry->part, parts[i]) == 0 ? stage.slow.count[i] : 0.0;
    }
    *seconds += entry->exposed_seconds * times * entry->micro_batches;
}

/* All entries, each as often as a step has it, are the step: also where 29 sequences on each replica are seven
 * micro-batches of four and one of a single sequence, or where the only micro-batch is not full. */
START_TEST(entries_add_up_to_the_step)
{
    static const int64_t shares[] = {32, 31, 30, 29, 28, 5, 4, 3, 1};
    plan.micro_batch = 4;
    for (int schedule = CS_SCHEDULE_1F1B; schedule <= CS_SCHEDULE_ZB1P; schedule++) {
        for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
            struct cs_step step;
            double seconds = 0.0, sum = 0.0;
            plan.schedule = schedule;
            plan.global_batch = 4 * shares[i];
            plan.micro_batches = (shares[i] + 3) / 4;
            prepare();
            cs_step_evaluate(&problem, &plan, &step);
            cs_step_trace(&problem, &plan, add_whole, &seconds);
            WITHIN(seconds, step.seconds, 1e-9);
            for (int k = 0; k < CS_SHARE_COUNT; k++) {
                sum += step.shares[k];
            }
            WITHIN(sum, 1.0, 1e-12);
        }
    }
}
END_TEST

struct sums {
    const char *part;
    double forward[2], backward[2]; /* exposed s of kernels and of collectives */
};

static void add(void *context, const struct cs_trace_entry *entry)
{
    struct sums *sums = context;
    if (strcmp(entry->part, sums->part) == 0) {
        (entry->backward ? sums->backward : sums->forward)[entry->collective ? 1 : 0] += entry->exposed_seconds;
    }
}

/* A head with one prediction depth, its layer of the model's last kind, and kernels that the host enqueues late:
 * entries add up to the part, compute and collectives apart, forward and backward. */
START_TEST(entries_add_up_to_the_parts)
{
    static const char *const parts[] = {"mixture layer", "embedding", "head"};
    static const enum cs_part_kind kinds[] = {CS_PART_MIXTURE, CS_PART_EMBEDDING, CS_PART_HEAD};
    problem.architecture.mtp_layers = 1;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    for (int late = 0; late <= 1; late++) {
        problem.stack.dispatch = late ? 1e-2 : 0.0;
        prepare();
        for (int i = 0; i < 3; i++) {
            struct sums sums = {.part = parts[i]};
            const struct cs_part *part = &costs.part[kinds[i]];
            cs_step_trace(&problem, &plan, add, &sums);
            WITHIN(sums.forward[0], part->forward[CS_SHARE_COMPUTE], 1e-12);
            WITHIN(sums.backward[0], part->backward[CS_SHARE_COMPUTE], 1e-12);
            WITHIN(sums.forward[1], part->forward[CS_SHARE_TENSOR] + part->forward[CS_SHARE_EXPERT], 1e-12);
            ck_assert_double_eq_tol(sums.backward[1], part->backward[CS_SHARE_TENSOR] + part->backward[CS_SHARE_EXPERT],
                                    1e-12);
            WITHIN(part->forward_seconds, sums.forward[0] + sums.forward[1], 1e-12);
            WITHIN(part->backward_seconds, sums.backward[0] + sums.backward[1], 1e-12);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *cases = tcase_create("trace");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, parts_that_the_model_lacks);
    tcase_add_test(cases, weights_of_a_prediction_depth);
    tcase_add_test(cases, hidden_all_to_all);
    tcase_add_test(cases, waits_for_others);
    tcase_add_test(cases, update_of_the_shards);
    tcase_add_test(cases, entries_add_up_to_the_step);
    tcase_add_test(cases, entries_add_up_to_the_parts);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
