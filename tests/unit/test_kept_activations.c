/* SPDX-License-Identifier: BSD-3-Clause */
/* Recomputation of the feed-forward part only, and activations kept in the host's memory. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sample.h"
#include "suite.h"

#include "cs_sweep/search.h"
#include "cs_sweep/step.h"

#define WITHIN(value, expected, fraction) ck_assert_double_eq_tol(value, expected, fabs(expected) * (fraction))

static struct cs_problem problem; /* 22B: s 2,048, h 6,144, a 64, d_ff 4 h, dropout, unfused attention */
static struct cs_plan plan;       /* tensor 8, b 4 */
static struct cs_network network;
static const double s = 2048.0, b = 4.0, h = 6144.0, a = 64.0, t = 8.0;

static void setup(void)
{
    sample_problem(&problem);
    sample_plan(&plan);
    problem.device.host_link = 50e9;
    problem.device.host_link_efficiency = 0.8;
}

static void costs_of(struct cs_costs *costs)
{
    cs_network_of(&problem, plan.devices, &network);
    cs_costs_prepare(&problem, &network, &plan, costs);
}

static void mixture_of_8(void)
{
    problem.architecture.experts = 8;
    problem.architecture.experts_active = 2;
    problem.architecture.d_expert = 3072;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    plan.expert = 4;
}

/* Of Korthikanti's (10 + 24 / t) s b h the feed-forward block keeps its input, within the 10, and 16 / t inside. */
START_TEST(bytes_of_the_feed_forward)
{
    struct cs_costs costs;
    plan.recompute = CS_RECOMPUTE_FFN;
    plan.sequence_parallel = false;
    costs_of(&costs);
    const double scores = 5.0 * a * s / h;
    WITHIN(costs.part[CS_PART_DENSE].activation_bytes, s * b * h * (10.0 + 8.0 / t + scores / t), 1e-12);
    WITHIN(costs.part[CS_PART_DENSE].working_bytes, s * b * h * 16.0 / t, 1e-12);
    plan.sequence_parallel = true;
    costs_of(&costs);
    WITHIN(costs.part[CS_PART_DENSE].activation_bytes, s * b * h / t * (18.0 + scores), 1e-12);
    /* At 8 bits and with fused attention: inputs of norms 2 x 2, of qkv 1, masks 2, attention 3 x 2 + 1; the block's
     * input at 16 bits, and while it runs once more at 8, beside 2 + 1 bytes of 4 h. */
    problem.stack.kernel = CS_ATTENTION_FUSED2;
    problem.precision.format = CS_FORMAT_FP8;
    problem.precision.activation_bytes = 1.0;
    costs_of(&costs);
    WITHIN(costs.part[CS_PART_DENSE].activation_bytes, s * b * h / t * (4.0 + 1.0 + 2.0 + 7.0 + 2.0), 1e-12);
    WITHIN(costs.part[CS_PART_DENSE].working_bytes, s * b * h / t * (12.0 + 1.0), 1e-12);
    /* A mixture drops what its experts keep, inputs and outputs included. */
    mixture_of_8();
    costs_of(&costs);
    WITHIN(costs.part[CS_PART_MIXTURE].activation_bytes, s * b * h / t * 16.0, 1e-12);
    WITHIN(costs.part[CS_PART_MIXTURE].working_bytes, s * b / t * (2.0 * (3.0 * h + 3.0 * 3072.0) + h), 1e-12);
}
END_TEST

/* The backward pass takes two products, the activation and an all-reduce longer: the block's forward pass. */
START_TEST(seconds_of_the_feed_forward)
{
    struct cs_costs none, ffn;
    struct cs_group group;
    plan.sequence_parallel = false;
    costs_of(&none);
    plan.recompute = CS_RECOMPUTE_FFN;
    costs_of(&ffn);
    const struct cs_part *before = &none.part[CS_PART_DENSE], *after = &ffn.part[CS_PART_DENSE];
    const double inner = 4.0 * h / t;
    const struct cs_gemm up = {s * b, inner, h, 1.0, 2.0, 2.0, 2.0, CS_FORMAT_BF16, false};
    const struct cs_gemm down = {s * b, h, inner, 1.0, 2.0, 2.0, 2.0, CS_FORMAT_BF16, false};
    const double compute = cs_gemm_time(&problem.device, &up).seconds + cs_gemm_time(&problem.device, &down).seconds +
                           cs_stream_time(&problem.device, 4.0 * s * b * inner).seconds;
    cs_group_place(&network, 1, 8, &group);
    WITHIN(after->backward[CS_SHARE_COMPUTE] - before->backward[CS_SHARE_COMPUTE], compute, 1e-9);
    WITHIN(after->backward[CS_SHARE_TENSOR] - before->backward[CS_SHARE_TENSOR], cs_all_reduce(&group, 2.0 * s * b * h),
           1e-9);
    WITHIN(after->backward_seconds, after->backward[CS_SHARE_COMPUTE] + after->backward[CS_SHARE_TENSOR], 1e-12);
    WITHIN(after->flops - before->flops, 2.0 * 2.0 * s * b * h * inner, 1e-9);
    ck_assert_double_eq(after->forward_seconds, before->forward_seconds);
    ck_assert_double_eq(after->weight_gradient_seconds, before->weight_gradient_seconds);
    /* Nothing outside the layers changes. */
    const double *const head = (const double *)&none.part[CS_PART_HEAD]; /* a part is numbers only */
    for (size_t i = 0; i < sizeof none.part[0] / sizeof *head; i++) {
        ck_assert_double_eq(head[i], ((const double *)&ffn.part[CS_PART_HEAD])[i]);
    }
}
END_TEST

struct again {
    char names[512];
    double seconds, layer; /* exposed s of what is repeated, and of the layer as a whole */
};

static void note_again(void *context, const struct cs_trace_entry *entry)
{
    struct again *const again = context;
    if (entry->again) {
        const size_t length = strlen(again->names);
        (void)snprintf(again->names + length, sizeof again->names - length, "%s;", entry->kernel);
        again->seconds += entry->exposed_seconds;
    }
    again->layer += strcmp(entry->part, "mixture layer") == 0 ? entry->exposed_seconds : 0.0;
}

/* A mixture repeats its routing, dispatch and combine too, as checkpoints of a whole block do; and the narration tells
 * of all of it. */
START_TEST(a_mixture_dispatches_again)
{
    struct cs_costs none, ffn;
    struct again again = {"", 0.0, 0.0};
    mixture_of_8();
    costs_of(&none);
    plan.recompute = CS_RECOMPUTE_FFN;
    costs_of(&ffn);
    const struct cs_part *before = &none.part[CS_PART_MIXTURE], *after = &ffn.part[CS_PART_MIXTURE];
    ck_assert_double_gt(before->forward[CS_SHARE_EXPERT], 0.0);
    WITHIN(after->backward[CS_SHARE_EXPERT], before->backward[CS_SHARE_EXPERT] + before->forward[CS_SHARE_EXPERT],
           1e-12);
    cs_step_trace(&problem, &plan, note_again, &again);
    ck_assert_str_eq(again.names, "router;routing;permute;dispatch (expert);combine (expert);expert up;activation;"
                                  "expert down;");
    WITHIN(again.seconds, after->backward_seconds - before->backward_seconds, 1e-9);
    WITHIN(again.layer, after->forward_seconds + after->backward_seconds, 1e-9);
    /* What DualPipe hides of the all-to-all grows with it, as far as there is compute. */
    ck_assert_double_gt(after->hidden_all_to_all, before->hidden_all_to_all);
}
END_TEST

/* 40 GB/s: what a layer keeps leaves during its forward pass and comes back in its backward pass; what its compute does
 * not cover is waited for. */
START_TEST(seconds_of_offload)
{
    struct cs_costs near, far;
    costs_of(&near);
    const struct cs_part *before = &near.part[CS_PART_DENSE];
    const double copy = before->activation_bytes / 40e9;
    const double compute[] = {before->forward[CS_SHARE_COMPUTE], before->backward[CS_SHARE_COMPUTE]};
    ck_assert_double_gt(copy, 1.1 * compute[0]);
    plan.offload = CS_OFFLOAD_ON;
    costs_of(&far);
    const struct cs_part *after = &far.part[CS_PART_DENSE];
    WITHIN(after->forward[CS_SHARE_DATA], copy - compute[0], 1e-12);
    WITHIN(after->forward_seconds, before->forward_seconds + copy - compute[0], 1e-12);
    WITHIN(after->backward_seconds, before->backward_seconds + cs_max(copy - compute[1], 0.0), 1e-12);
    WITHIN(after->host_bytes, before->activation_bytes, 1e-12);
    ck_assert_double_eq(after->activation_bytes, 0.0);
    ck_assert_double_eq(after->flops, before->flops);
    /* A recomputed forward pass copies nothing again. */
    plan.recompute = CS_RECOMPUTE_FULL;
    problem.device.host_link = 1e9;
    costs_of(&far);
    WITHIN(after->host_bytes, 2.0 * s * b * h / (plan.sequence_parallel ? t : 1.0), 1e-12);
    WITHIN(after->forward[CS_SHARE_DATA], after->host_bytes / 0.8e9 - after->forward[CS_SHARE_COMPUTE], 1e-12);
    WITHIN(after->backward[CS_SHARE_DATA], after->host_bytes / 0.8e9 - after->backward[CS_SHARE_COMPUTE], 1e-12);
    ck_assert_double_gt(after->working_bytes, 0.0);
    /* What the head keeps is used at once: it stays. */
    WITHIN(far.part[CS_PART_HEAD].activation_bytes, near.part[CS_PART_HEAD].activation_bytes, 1e-12);
    ck_assert_double_eq(far.part[CS_PART_HEAD].host_bytes, 0.0);
    /* A fast link hides all; without one there is nothing to offload over. */
    problem.device.host_link = 1e15;
    costs_of(&far);
    ck_assert_double_eq(after->forward[CS_SHARE_DATA] + after->backward[CS_SHARE_DATA], 0.0);
    problem.device.host_link = 0.0;
    costs_of(&far);
    ck_assert_double_eq(after->host_bytes, 0.0);
    ck_assert_double_gt(after->activation_bytes, 0.0);
}
END_TEST

/* Two layers' worth stays on the device, or what there is where that is less; and what the host has no room for. */
START_TEST(bytes_of_offload)
{
    struct cs_costs costs;
    struct cs_step near, far;
    costs_of(&costs);
    const double layer = costs.part[CS_PART_DENSE].activation_bytes;
    const double ends = costs.part[CS_PART_EMBEDDING].activation_bytes + costs.part[CS_PART_HEAD].activation_bytes;
    plan.micro_batches = 3;
    plan.global_batch = 12;
    cs_step_evaluate(&problem, &plan, &near);
    plan.offload = CS_OFFLOAD_ON;
    cs_step_evaluate(&problem, &plan, &far);
    WITHIN(near.activation_bytes, 48.0 * layer + ends, 1e-12);
    WITHIN(far.activation_bytes, 2.0 * layer + ends, 1e-12);
    WITHIN(far.host_bytes, 48.0 * layer, 1e-12);
    ck_assert_double_eq(near.host_bytes, 0.0);
    WITHIN(near.memory_bytes - far.memory_bytes, 46.0 * layer, 1e-9);
    problem.device.host_memory = 40.0 * layer;
    cs_step_evaluate(&problem, &plan, &far);
    WITHIN(far.host_bytes, 40.0 * layer, 1e-12);
    WITHIN(far.activation_bytes, 8.0 * layer + ends, 1e-12);
    problem.device.host_memory = 0.0;
    /* 24 stages of two layers: of three micro-batches in flight 6 layers less 4 elsewhere; one has no more than two. */
    plan.pipeline = 24;
    plan.devices = 24 * 8;
    problem.stack.layer_split = CS_LAYER_SPLIT_EVEN;
    struct cs_stage stage;
    struct cs_replica replica;
    costs_of(&costs);
    cs_stage_prepare(&costs, 24, &stage);
    cs_replica_prepare(&stage, 1, 0, 0, &replica);
    const double embedding = costs.part[CS_PART_EMBEDDING].activation_bytes;
    WITHIN(cs_first_activations(&replica, CS_SCHEDULE_1F1B, 3.0), 2.0 * layer + 3.0 * embedding, 1e-12);
    WITHIN(cs_first_activations(&replica, CS_SCHEDULE_1F1B, 1.0), 2.0 * layer + embedding, 1e-12);
    WITHIN(replica.last_activation[0], 2.0 * layer + costs.part[CS_PART_HEAD].activation_bytes, 1e-12);
    cs_step_evaluate(&problem, &plan, &far);
    WITHIN(far.host_bytes, 6.0 * layer, 1e-12);
}
END_TEST

/* At every plan offload takes no less time and needs no more memory. */
START_TEST(offload_trades_time_for_memory)
{
    static const int32_t pipelines[] = {1, 2, 4, 16, 48};
    static const double links[] = {1e9, 1e11, 1e14}, rooms[] = {0.0, 1e9, 3e10};
    int32_t slower = 0, smaller = 0, count = 0;
    for (int32_t i = 0; i < 5 * 3 * 3 * CS_RECOMPUTE_COUNT * CS_SCHEDULE_COUNT * 2 * 2; i++) {
        struct cs_step near, far;
        setup();
        sample_plan(&plan);
        int32_t left = i;
        plan.pipeline = pipelines[left % 5];
        problem.device.host_link = links[(left /= 5) % 3];
        problem.device.host_memory = rooms[(left /= 3) % 3];
        plan.recompute = (left /= 3) % CS_RECOMPUTE_COUNT;
        plan.schedule = (left /= CS_RECOMPUTE_COUNT) % CS_SCHEDULE_COUNT;
        left /= CS_SCHEDULE_COUNT;
        plan.recompute_layers = left % 2 == 1 && plan.recompute != CS_RECOMPUTE_NONE ? 1 : 0;
        if (left / 2 == 1) {
            mixture_of_8();
            problem.architecture.dense_layers = 3;
            problem.architecture.mtp_layers = 1;
            cs_parameters_count(&problem.architecture, &problem.parameters);
        }
        plan.devices = 8 * plan.pipeline;
        plan.micro_batches = 2 * plan.pipeline;
        plan.global_batch = 8 * plan.pipeline;
        cs_step_evaluate(&problem, &plan, &near);
        plan.offload = CS_OFFLOAD_ON;
        cs_step_evaluate(&problem, &plan, &far);
        /* Layers of unlike times may be split over the stages in another way: compare where they are alike. */
        if (plan.recompute_layers == 0 && (left / 2 == 0 || plan.pipeline == 1)) {
            ck_assert_double_le(far.memory_bytes, near.memory_bytes * (1.0 + 1e-12));
            ck_assert_double_ge(far.seconds, near.seconds * (1.0 - 1e-12));
            slower += far.seconds > near.seconds * 1.001 ? 1 : 0;
            smaller += far.memory_bytes < near.memory_bytes * 0.999 ? 1 : 0;
            count++;
        }
    }
    ck_assert_int_gt(slower, count / 8);
    ck_assert_int_gt(smaller, count / 2);
}
END_TEST

/* The search offloads where that pays, never where the setting or the device forbids it, and takes a given one. */
START_TEST(searched_where_there_is_a_link)
{
    struct cs_settings settings;
    struct cs_space space;
    struct cs_search_result best;
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    int32_t found = 0;
    ck_assert_ptr_nonnull(workspace);
    cs_settings_default(&settings);
    settings.search.devices = 8;
    problem.global_batch = 4;
    problem.device.host_link = 1e12;
    cs_space_set_free(&settings.search, &space);
    space.given.tensor = 8;
    space.given.micro_batch = 4;
    space.given.zero_stage = 0;
    cs_search(&problem, &space, CS_MIN_TIME, NULL, workspace, 1, &best, &found);
    ck_assert_int_eq(best.plan.offload, CS_OFFLOAD_ON);
    ck_assert_int_eq(best.plan.recompute, CS_RECOMPUTE_NONE);
    const double offloaded = best.step.seconds;
    space.settings.offload = false;
    cs_search(&problem, &space, CS_MIN_TIME, NULL, workspace, 1, &best, &found);
    ck_assert_int_eq(best.plan.offload, CS_OFFLOAD_OFF);
    ck_assert_double_gt(best.step.seconds, offloaded);
    space.given.offload = CS_OFFLOAD_ON;
    cs_search(&problem, &space, CS_MIN_TIME, NULL, workspace, 1, &best, &found);
    ck_assert_int_eq(best.plan.offload, CS_OFFLOAD_ON);
    problem.device.host_link = 0.0;
    cs_search(&problem, &space, CS_MIN_TIME, NULL, workspace, 1, &best, &found);
    ck_assert_int_eq(best.status, CS_STATUS_DIVISIBILITY);
    cs_search_workspace_destroy(workspace);
}
END_TEST

/* 1.26 a year is a doubling in three; the host's memory stays. */
START_TEST(the_link_in_later_years)
{
    struct cs_settings settings;
    struct cs_device later;
    cs_settings_default(&settings);
    problem.device.host_memory = 256e9;
    cs_device_project(&problem.device, &settings.projection, 3.0, &later);
    WITHIN(later.host_link, 2.0 * 50e9, 0.001);
    ck_assert_double_eq(later.host_memory, 256e9);
}
END_TEST

int main(void)
{
    TCase *const cases = tcase_create("kept_activations");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, bytes_of_the_feed_forward);
    tcase_add_test(cases, seconds_of_the_feed_forward);
    tcase_add_test(cases, a_mixture_dispatches_again);
    tcase_add_test(cases, seconds_of_offload);
    tcase_add_test(cases, bytes_of_offload);
    tcase_add_test(cases, offload_trades_time_for_memory);
    tcase_add_test(cases, searched_where_there_is_a_link);
    tcase_add_test(cases, the_link_in_later_years);
    Suite *const suite = suite_create("kept_activations");
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
