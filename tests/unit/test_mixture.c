/* SPDX-License-Identifier: BSD-3-Clause */
/* Layers of a mixture of experts and prediction depths, as a plan's narration tells them, by hand. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "suite.h"
#include "told.h"

/* Two experts are a mixture: no layer is dense unless the model says so. */
START_TEST(two_experts_are_a_mixture)
{
    ck_assert_int_eq(told("mixture layer", "norm", false).entries, 0);
    told_mixture();
    problem.architecture.experts = 2;
    problem.architecture.experts_active = 1;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    ck_assert_int_eq(told("dense layer", "norm", false).entries, 0);
    ck_assert_int_eq(told("mixture layer", "norm", false).entries, 2);
    WITHIN(told("mixture layer", "expert up", false).flops, 2.0 * tokens * h * 3072.0, 1e-12);
    problem.architecture.dense_layers = 1;
    ck_assert_int_eq(told("dense layer", "norm", false).entries, 2);
    problem.architecture.mtp_layers = 1; /* nor is the layer of a prediction depth */
    cs_parameters_count(&problem.architecture, &problem.parameters);
    ck_assert_int_eq(told("head", "expert up", false).entries, 1);
    ck_assert_int_eq(told("head", "ffn up", false).entries, 0);
}
END_TEST

/* Experts cut into columns: tokens are gathered before and scattered after, over the tensor group, both ways. */
START_TEST(experts_in_columns)
{
    struct cs_network network;
    struct cs_group group;
    static const char *const kernels[] = {"all-gather (expert tensor)", "reduce-scatter (expert tensor)"};
    told_mixture();
    plan.sequence_parallel = true;
    for (int32_t tensor = 2; tensor <= 4; tensor += 2) {
        plan.tensor = plan.expert_tensor = tensor;
        plan.devices = tensor;
        cs_network_of(&problem, tensor, &network);
        cs_group_place(&network, 1, tensor, &group);
        const double bytes = 2.0 * tokens * h * 2.0; /* two experts for each token, of the ranks together */
        for (int i = 0; i < 4; i++) {
            const struct told sums = told("mixture layer", kernels[i / 2], i % 2 == 1);
            ck_assert_int_eq(sums.entries, 1);
            WITHIN(sums.bytes, bytes, 1e-12);
            WITHIN(sums.seconds, cs_all_gather(&group, bytes), 1e-12);
            WITHIN(sums.exposed, sums.seconds, 1e-12);
        }
    }
}
END_TEST

/* Tokens are copied to their experts' rows and back: read and written twice each way. A shared expert is dense. */
START_TEST(bytes_of_a_mixture)
{
    told_mixture();
    told_bytes_are("mixture layer", "permute", 8.0 * 2.0 * tokens * h, 8.0 * 2.0 * tokens * h);
    WITHIN(told("mixture layer", "router", false).flops, 2.0 * tokens * h * 16.0, 1e-12);
    WITHIN(told("mixture layer", "expert up", false).flops, 2.0 * 2.0 * tokens * h * 3072.0, 1e-12);
    told_bytes_are("mixture layer", "activation", 4.0 * 2.0 * tokens * 3072.0, 6.0 * 2.0 * tokens * 3072.0);
    problem.architecture.shared_experts = 2;
    WITHIN(told("mixture layer", "shared expert up", false).flops, 2.0 * tokens * h * 2.0 * 3072.0, 1e-12);
    problem.device.routing = 0.5;
    ck_assert_double_eq(told("mixture layer", "routing", false).seconds, 0.5);
    ck_assert_double_eq(told("mixture layer", "routing", true).seconds, 0.5);
}
END_TEST

/* Dispatch at 8 bits, combine at 16, gradients of both at 16: bytes of the tokens that a rank sends. */
START_TEST(bytes_of_dispatch_and_combine)
{
    told_mixture();
    problem.precision.dispatch_bytes = 1.0;
    plan.expert = 4;
    plan.devices = 4;
    plan.data = 4;
    told_bytes_are("mixture layer", "dispatch (expert)", 2.0 * tokens * h, 4.0 * tokens * h);
    told_bytes_are("mixture layer", "combine (expert)", 4.0 * tokens * h, 4.0 * tokens * h);
    WITHIN(told("mixture layer", "expert up", false).flops, 2.0 * 2.0 * tokens * h * 3072.0, 1e-12); /* balanced */
}
END_TEST

/* The fullest of 4 ranks with 4 of 16 experts each: their deviation .1 is halved, and the largest of 4 draws is 0.759
 * ln(4)^.808 of it. Its tokens are computed and sent, and the others wait. Padded to a capacity of 1.25 all are alike.
 * One rank alone has all tokens, whoever gets them. */
START_TEST(the_fullest_rank)
{
    told_mixture();
    plan.expert = 4;
    plan.devices = plan.data = 4;
    const double flops = told("mixture layer", "expert up", false).flops;
    const double sent = told("mixture layer", "combine (expert)", false).bytes;
    const double once = told("mixture layer", "permute", false).bytes;
    const double shared = told("mixture layer", "router", false).flops;
    const double fullest = 1.0 + 0.1 * 0.5 * 0.759 * pow(log(4.0), 0.808);
    problem.training.expert_imbalance = 0.1;
    WITHIN(told("mixture layer", "expert up", false).flops, fullest * flops, 1e-12);
    WITHIN(told("mixture layer", "combine (expert)", false).bytes, fullest * sent, 1e-12);
    WITHIN(told("mixture layer", "combine (expert)", true).bytes, fullest * sent, 1e-12);
    ck_assert_double_eq(told("mixture layer", "router", false).flops, shared);
    ck_assert_double_eq(told("mixture layer", "permute", false).bytes, once);
    problem.training.capacity_factor = 1.25;
    WITHIN(told("mixture layer", "expert up", false).flops, 1.25 * flops, 1e-12);
    WITHIN(told("mixture layer", "dispatch (expert)", false).bytes, 1.25 * sent, 1e-12);
    problem.training.capacity_factor = 0.0;
    plan.expert = 1;
    ck_assert_double_eq(told("mixture layer", "expert up", false).flops, flops);
}
END_TEST

/* 16-bit elements: without fused kernels 18 B each way forward and 24 B backward instead of 8; with a plain all-to-all
 * and several experts to a rank a sort before and after them, 8 B; of one expert to a rank nothing is sorted. */
START_TEST(passes_of_permutation)
{
    const double elements = 2.0 * tokens * h;
    told_mixture();
    problem.stack.fused_permutation = false;
    told_bytes_are("mixture layer", "permute", 18.0 * elements, 24.0 * elements);
    problem.stack.fused_permutation = true;
    problem.stack.node_dispatch = false;
    told_bytes_are("mixture layer", "permute", 8.0 * elements, 8.0 * elements);
    plan.expert = 4;
    plan.devices = plan.data = 4;
    told_bytes_are("mixture layer", "permute", 16.0 * elements, 16.0 * elements);
    plan.expert = 16;
    plan.devices = plan.data = 16;
    told_bytes_are("mixture layer", "permute", 8.0 * elements, 8.0 * elements);
}
END_TEST

/* Of 2 experts to a token some lie on one rank or one node, to which it goes once with DeepEP, and twice without. */
START_TEST(copies_of_a_token)
{
    struct cs_network network;
    struct cs_group group;
    told_mixture();
    plan.expert = 16;
    plan.devices = plan.data = 16;
    cs_network_of(&problem, 16, &network);
    cs_group_place(&network, 1, 16, &group);
    const double bytes = 2.0 * 2.0 * tokens * h;
    problem.stack.node_dispatch = true;
    WITHIN(told("mixture layer", "combine (expert)", false).seconds, cs_dispatch(&group, bytes, 2.0), 1e-12);
    problem.stack.node_dispatch = false;
    WITHIN(told("mixture layer", "combine (expert)", false).seconds, cs_dispatch(&group, bytes, 1.0), 1e-12);
    ck_assert_double_lt(cs_dispatch(&group, bytes, 2.0), cs_dispatch(&group, bytes, 1.0));
}
END_TEST

/* A prediction depth: 2 h to h, a layer, logits of its own; in the head (DeepSeek-V3, arXiv 2412.19437, 2.2). */
START_TEST(token_prediction)
{
    const double logits = told("head", "logits", false).flops;
    problem.architecture.mtp_layers = 1;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    WITHIN(told("head", "logits", false).flops, 2.0 * logits, 1e-12);
    WITHIN(told("head", "mtp projection", false).flops, 4.0 * tokens * h * h, 1e-12);
    WITHIN(told("head", "ffn up", false).flops, 2.0 * tokens * h * f, 1e-12);
    struct cs_network network;
    struct cs_costs with, without;
    const struct cs_plan sharding = {.tensor = 1, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
    cs_network_of(&problem, 1, &network);
    cs_costs_prepare(&problem, &network, &sharding, &with);
    problem.architecture.mtp_layers = 0;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    cs_costs_prepare(&problem, &network, &sharding, &without);
    const struct cs_part *head = &with.part[CS_PART_HEAD], *layer = &with.part[CS_PART_DENSE];
    WITHIN(head->activation_bytes, without.part[CS_PART_HEAD].activation_bytes + layer->activation_bytes, 1e-12);
    ck_assert_double_gt(head->parameters, without.part[CS_PART_HEAD].parameters + layer->parameters);
    /* A second depth adds as much as the first, to each kind of time and to the working memory alike. */
    struct cs_costs twice;
    problem.architecture.mtp_layers = 2;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    cs_costs_prepare(&problem, &network, &sharding, &twice);
    const struct cs_part *none = &without.part[CS_PART_HEAD], *two = &twice.part[CS_PART_HEAD];
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        ck_assert_double_eq_tol(two->forward[i] - none->forward[i], 2.0 * (head->forward[i] - none->forward[i]), 1e-12);
        ck_assert_double_eq_tol(two->backward[i] - none->backward[i], 2.0 * (head->backward[i] - none->backward[i]),
                                1e-12);
    }
    ck_assert_double_gt(head->forward[CS_SHARE_COMPUTE], none->forward[CS_SHARE_COMPUTE]);
    ck_assert_double_gt(head->backward[CS_SHARE_COMPUTE] - none->backward[CS_SHARE_COMPUTE],
                        1.5 * (head->forward[CS_SHARE_COMPUTE] - none->forward[CS_SHARE_COMPUTE]));
    ck_assert_double_eq(head->working_bytes, none->working_bytes); /* one head's logits at a time */
    /* two logits' worth, a layer, and a projection three ways */
    WITHIN(head->flops, 2.0 * none->flops + layer->flops + 12.0 * tokens * h * h, 1e-12);
    ck_assert_double_gt(head->forward_seconds, without.part[CS_PART_HEAD].forward_seconds + layer->forward_seconds);
    ck_assert_double_gt(head->backward_seconds, without.part[CS_PART_HEAD].backward_seconds + layer->backward_seconds);
    ck_assert_double_gt(head->weight_gradient_seconds,
                        without.part[CS_PART_HEAD].weight_gradient_seconds + layer->weight_gradient_seconds);
}
END_TEST

/* DualPipe hides all-to-all under compute, less the units that it takes. */
START_TEST(hidden_all_to_all)
{
    struct cs_network network;
    struct cs_costs costs;
    const struct cs_plan sharding = {.tensor = 1, .context = 1, .expert = 4, .expert_tensor = 1, .micro_batch = 1};
    told_mixture();
    cs_network_of(&problem, 4, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    const struct cs_part *part = &costs.part[CS_PART_MIXTURE];
    const double sent = part->forward[CS_SHARE_EXPERT] + part->backward[CS_SHARE_EXPERT];
    const double compute = part->forward[CS_SHARE_COMPUTE] + part->backward[CS_SHARE_COMPUTE];
    ck_assert_double_lt(sent, compute);
    WITHIN(part->hidden_all_to_all, sent * 0.85, 1e-12);
    ck_assert_double_eq(costs.part[CS_PART_HEAD].hidden_all_to_all, 0.0);
    problem.device.link_bandwidth = 1e9; /* and never more than there is compute */
    cs_costs_prepare(&problem, &network, &sharding, &costs);
    ck_assert_double_gt(part->forward[CS_SHARE_EXPERT] + part->backward[CS_SHARE_EXPERT], compute);
    WITHIN(part->hidden_all_to_all, compute * 0.85, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mixture");
    TCase *cases = tcase_create("mixture");
    tcase_add_checked_fixture(cases, told_setup, NULL);
    tcase_add_test(cases, two_experts_are_a_mixture);
    tcase_add_test(cases, experts_in_columns);
    tcase_add_test(cases, bytes_of_a_mixture);
    tcase_add_test(cases, bytes_of_dispatch_and_combine);
    tcase_add_test(cases, the_fullest_rank);
    tcase_add_test(cases, passes_of_permutation);
    tcase_add_test(cases, copies_of_a_token);
    tcase_add_test(cases, token_prediction);
    tcase_add_test(cases, hidden_all_to_all);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
