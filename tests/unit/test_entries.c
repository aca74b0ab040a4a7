/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries of a plan's narration: each has its kind, and what happens once a step. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "suite.h"
#include "told.h"

static void check_kind(void *context, const struct cs_trace_entry *entry)
{
    /* Collectives name their group in parentheses, or the hop between stages. */
    const bool named = strchr(entry->kernel, '(') != NULL;
    ck_assert_msg(entry->collective == named, "%s, %s", entry->part, entry->kernel);
    ck_assert_msg((entry->bound == CS_BOUND_LINK) == named, "%s, %s", entry->part, entry->kernel);
    ck_assert(isfinite(entry->exposed_seconds) && entry->seconds >= 0.0);
    ck_assert(!entry->again || entry->backward);
    ck_assert(!named || entry->exposed_seconds <= entry->seconds * (1.0 + 1e-12));
    ++*(int *)context;
}

/* Every entry says whether it is a kernel or a collective; recomputation is told in the backward pass. */
START_TEST(every_entry_has_its_kind)
{
    int entries = 0;
    told_mixture();
    plan = (struct cs_plan){.devices = 64,
                            .data = 4,
                            .global_batch = 16,
                            .micro_batches = 4,
                            .tensor = 4,
                            .pipeline = 2,
                            .context = 2,
                            .expert = 4,
                            .expert_tensor = 2,
                            .micro_batch = 1,
                            .interleave = 2,
                            .zero_stage = 3,
                            .recompute = CS_RECOMPUTE_FULL,
                            .sequence_parallel = true};
    cs_step_trace(&problem, &plan, check_kind, &entries);
    ck_assert_int_gt(entries, 60);
    /* Full recomputation repeats the forward pass of layers kernel by kernel, not that of the head. */
    const struct told forward = told("mixture layer", "qkv", false), again = told_again("mixture layer", "qkv");
    ck_assert_int_eq(again.entries, 1);
    ck_assert_double_eq(again.flops, forward.flops);
    ck_assert_double_eq(again.exposed, forward.exposed);
    ck_assert_int_eq(told("mixture layer", "qkv", true).entries, 2);
    ck_assert_int_eq(told_again("mixture layer", "dispatch (expert)").entries, 1);
    ck_assert_int_eq(told_again("head", "logits").entries, 0);
    plan.zero_stage = 1; /* gradients once a step */
    cs_step_trace(&problem, &plan, check_kind, &entries);
    ck_assert_int_eq(told("step", "gradients and parameters (data)", false).entries, 1);
}
END_TEST

/* What happens once a step: hops of m micro-batches through v chunks of 2 stages, the state's update. */
START_TEST(entries_once_a_step)
{
    plan.pipeline = 2;
    plan.interleave = 2;
    plan.micro_batches = 4;
    plan.global_batch = 4;
    plan.devices = 2;
    const double boundary = 2.0 * tokens * h;
    WITHIN(told("step", "point-to-point (pipeline)", false).bytes, 2.0 * boundary * (4.0 + 1.0 / 2.0) * 2.0, 1e-12);
    plan.interleave = 1;
    plan.micro_batches = 8;
    WITHIN(told("step", "point-to-point (pipeline)", false).bytes, 2.0 * boundary * (8.0 + 1.0), 1e-12);
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    const struct cs_plan sharding = {.tensor = 1, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
    cs_network_of(&problem, 2, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    cs_stage_prepare(&costs, 2, &stage);
    const double own = stage.sync_parameters;
    ck_assert_double_gt(own, 24.0 * 12.0 * h * h);
    const double traffic = problem.training.optimizer_traffic_bytes;
    WITHIN(told("step", "optimizer", false).bytes, traffic * own, 1e-12);
    /* The optimizer's time is its traffic's; the host's work of a step stands beside it. */
    ck_assert_int_eq(told("step", "host work of the step", false).entries, problem.device.step_overhead > 0.0 ? 1 : 0);
    const double update = told("step", "optimizer", false).seconds;
    WITHIN(update, traffic * own / (problem.device.hbm_bandwidth * problem.device.hbm_efficiency), 1e-9);
    problem.device.step_overhead = 0.25;
    WITHIN(told("step", "host work of the step", false).exposed, 0.25, 1e-12);
    WITHIN(told("step", "optimizer", false).seconds, update, 1e-9);
    problem.device.step_overhead = 0.0;
    plan.data = 2;
    plan.devices = 4;
    WITHIN(told("step", "gradients and parameters (data)", false).bytes, problem.training.gradient_bytes * own, 1e-12);
    told_mixture(); /* the experts' gradients too */
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    cs_stage_prepare(&costs, 2, &stage);
    ck_assert_double_gt(stage.sync_expert_parameters, 0.0);
    const double both = stage.sync_parameters + stage.sync_expert_parameters;
    WITHIN(told("step", "gradients and parameters (data)", false).bytes, problem.training.gradient_bytes * both, 1e-12);
    WITHIN(told("step", "optimizer", false).bytes, traffic * both, 1e-12);
}
END_TEST

/* With interleaving, hops of other chunks run beside the compute in stacks that overlap: the tax of them is exposed. */
START_TEST(hops_beside_compute)
{
    sample_fused(&problem);
    plan.pipeline = 2;
    plan.micro_batches = 4;
    plan.global_batch = 4;
    plan.devices = 2;
    const struct told whole = told("step", "point-to-point (pipeline)", false);
    ck_assert_double_gt(whole.seconds, 0.0);
    WITHIN(whole.exposed, whole.seconds, 1e-12);
    plan.interleave = 2;
    const struct told beside = told("step", "point-to-point (pipeline)", false);
    WITHIN(beside.exposed, 0.15 * beside.seconds, 1e-12);
}
END_TEST

/* All wait for the slowest of N devices in every micro-batch. */
START_TEST(wait_for_the_slowest)
{
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    const struct cs_plan sharding = {.tensor = 1, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
    plan.data = 4;
    plan.devices = 4;
    plan.micro_batches = 3;
    ck_assert_int_eq(told("step", "wait for the slowest device", false).entries, 0);
    problem.device.speed_spread = 0.02;
    cs_network_of(&problem, 4, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    cs_stage_prepare(&costs, 1, &stage);
    const double late = cs_device_slowest(&problem.device, 4.0) - 1.0;
    ck_assert_double_gt(late, 0.0);
    WITHIN(told("step", "wait for the slowest device", false).seconds,
           3.0 * late * (stage.slowest_forward + stage.slowest_backward), 1e-9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("entries");
    TCase *cases = tcase_create("entries");
    tcase_add_checked_fixture(cases, told_setup, NULL);
    tcase_add_test(cases, every_entry_has_its_kind);
    tcase_add_test(cases, entries_once_a_step);
    tcase_add_test(cases, hops_beside_compute);
    tcase_add_test(cases, wait_for_the_slowest);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
