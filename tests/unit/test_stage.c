/* SPDX-License-Identifier: BSD-3-Clause */
/* What a stage holds, of parts whose seconds, bytes and parameters are given by hand. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sample.h"
#include "suite.h"

static struct cs_problem problem;
static struct cs_costs costs;
static struct cs_stage stage;

/* Layers of 3 s, forward 1 and backward 2, of 10 parameters, 100 B kept and no working set; nothing at the ends. */
static void setup(void)
{
    sample_problem(&problem);
    problem.stack.layer_split = CS_LAYER_SPLIT_BALANCED;
    memset(&costs, 0, sizeof costs);
    costs.problem = &problem;
    for (int kind = CS_PART_DENSE; kind <= CS_PART_MIXTURE; kind++) {
        costs.part[kind].forward_seconds = costs.part[kind].forward[CS_SHARE_COMPUTE] = 1.0;
        costs.part[kind].backward_seconds = costs.part[kind].backward[CS_SHARE_COMPUTE] = 2.0;
        costs.part[kind].parameters = 10.0;
        costs.part[kind].activation_bytes = 100.0;
    }
}

static void layers(int64_t all, int64_t experts, int64_t dense)
{
    problem.architecture.layers = all;
    problem.architecture.experts = experts;
    problem.architecture.dense_layers = dense;
}

/* Two experts are a mixture already, whose dense layers are those that the model names. */
START_TEST(two_experts)
{
    layers(6, 2, 0);
    cs_stage_prepare(&costs, 2, &stage);
    ck_assert_double_eq(stage.slow.count[CS_PART_MIXTURE], 3.0);
    ck_assert_double_eq(stage.slow.count[CS_PART_DENSE], 0.0);
    ck_assert_double_eq(stage.slowest_forward, 3.0);
    ck_assert_double_eq(stage.slowest_backward, 6.0);
    ck_assert_double_eq(stage.rest_seconds, 9.0);
}
END_TEST

/* One layer on two stages: one of them holds it, and the other has nothing to do. */
START_TEST(one_layer)
{
    for (int64_t experts = 1; experts <= 4; experts += 3) {
        layers(1, experts, 0);
        costs.part[experts > 1 ? CS_PART_DENSE : CS_PART_MIXTURE] = (struct cs_part){.parameters = 0.0};
        cs_stage_prepare(&costs, 2, &stage);
        ck_assert_double_eq(stage.slowest_forward + stage.slowest_backward, 3.0);
        ck_assert_double_eq(stage.slow.count[CS_PART_MIXTURE], experts > 1 ? 1.0 : 0.0);
        ck_assert_double_eq(stage.slow.count[CS_PART_DENSE], experts > 1 ? 0.0 : 1.0);
        ck_assert_double_eq(stage.rest_seconds, 0.0);
        setup();
    }
}
END_TEST

/* Three layers on two stages: the first takes the odd one, and keeps 200 B of every micro-batch. */
START_TEST(odd_layer_without_a_middle)
{
    layers(3, 1, 0);
    cs_stage_prepare(&costs, 2, &stage);
    ck_assert_double_eq(stage.first_activation, 200.0);
    ck_assert_double_eq(stage.last_activation, 100.0);
    ck_assert_double_eq(stage.first_fixed, 0.0); /* parts without a working set leave none */
    ck_assert_double_eq(stage.last_fixed, 0.0);
    cs_stage_prepare(&costs, 1, &stage);
    ck_assert_double_eq(stage.first_fixed, 0.0);
}
END_TEST

/* Of four layers on three stages the middle one has two, be they dense or mixtures. */
START_TEST(odd_layer_with_a_middle)
{
    for (int64_t experts = 1; experts <= 4; experts += 3) {
        layers(4, experts, 0);
        cs_stage_prepare(&costs, 3, &stage);
        ck_assert_double_eq(stage.first_activation, 100.0);
        ck_assert_double_eq(stage.last_activation, 100.0);
        ck_assert_double_eq(stage.slow.count[CS_PART_EMBEDDING], 0.0);
        ck_assert_double_eq(stage.rest_seconds, 6.0);
    }
}
END_TEST

/* Five layers on four stages: some stage takes two whatever is done, and of such splits the middle's stages take what
 * they can (see src/model/stage.c): 1, 2, 2 and none beside the head. */
START_TEST(none_left_for_the_last)
{
    layers(5, 1, 0);
    cs_stage_prepare(&costs, 4, &stage);
    ck_assert_double_eq(stage.slowest_forward + stage.slowest_backward, 6.0);
    ck_assert_double_eq(stage.first_parameters, 10.0);
    ck_assert_double_eq(stage.last_parameters, 0.0);
    ck_assert_double_eq(stage.last_activation, 0.0);
    ck_assert_double_eq(stage.rest_seconds, 9.0);
}
END_TEST

/* An end that takes longer than all layers: none of them is left for the last stage beside a slow head, nor for the
 * first beside a slow embedding; every stage between may take the rest. */
START_TEST(slow_ends)
{
    layers(2, 4, 0);
    costs.part[CS_PART_MIXTURE].expert_parameters = 50.0;
    costs.part[CS_PART_HEAD].forward_seconds = 100.0;
    cs_stage_prepare(&costs, 4, &stage);
    ck_assert_double_eq(stage.slow.count[CS_PART_HEAD], 1.0);
    ck_assert_double_eq(stage.slow.count[CS_PART_MIXTURE], 0.0);
    ck_assert_double_eq(stage.first_expert_parameters, 100.0);
    ck_assert_double_eq(stage.last_expert_parameters, 0.0);
    ck_assert_double_eq(stage.first_activation, 200.0);
    costs.part[CS_PART_EMBEDDING].forward_seconds = 200.0;
    cs_stage_prepare(&costs, 4, &stage);
    ck_assert_double_eq(stage.slow.count[CS_PART_EMBEDDING], 1.0);
    ck_assert_double_eq(stage.slow.count[CS_PART_MIXTURE], 0.0);
    ck_assert_double_eq(stage.first_expert_parameters, 100.0); /* of the stage after it: it has more */
    ck_assert_double_eq(stage.rest_seconds, 106.0);
    costs.part[CS_PART_HEAD].forward_seconds = 0.0;
    cs_stage_prepare(&costs, 4, &stage);
    ck_assert_double_eq(stage.slow.count[CS_PART_EMBEDDING], 1.0);
    ck_assert_double_eq(stage.first_expert_parameters, 100.0);
    ck_assert_double_eq(stage.last_expert_parameters, 0.0);
    layers(2, 1, 0); /* an embedding alone has no working set */
    cs_stage_prepare(&costs, 4, &stage);
    ck_assert_double_eq(stage.first_parameters, 0.0);
    ck_assert_double_eq(stage.first_fixed, 0.0);
}
END_TEST

/* Only what a stage holds needs room while it runs: dense layers here, on the first of two stages. */
START_TEST(working_sets)
{
    layers(4, 4, 2);
    costs.part[CS_PART_DENSE].working_bytes = 7.0;
    costs.part[CS_PART_MIXTURE].working_bytes = 11.0;
    cs_stage_prepare(&costs, 2, &stage);
    ck_assert_double_eq(stage.first_fixed, 7.0);
    ck_assert_double_eq(stage.last_fixed, 11.0);
    costs.part[CS_PART_DENSE].working_bytes = 12.0;
    cs_stage_prepare(&costs, 2, &stage);
    ck_assert_double_eq(stage.first_fixed, 12.0);
    ck_assert_double_eq(stage.last_fixed, 11.0);
    costs.part[CS_PART_DENSE].working_bytes = 7.0;
    costs.part[CS_PART_HEAD].working_bytes = 13.0;
    cs_stage_prepare(&costs, 2, &stage);
    ck_assert_double_eq(stage.first_fixed, 7.0);
    ck_assert_double_eq(stage.last_fixed, 13.0);
}
END_TEST

/* Of stages that take as long the first is the slowest one: the step waits for its gathers too. */
START_TEST(first_of_the_slowest)
{
    layers(6, 1, 0);
    cs_stage_prepare(&costs, 3, &stage);
    ck_assert_double_eq(stage.slow.count[CS_PART_DENSE], 2.0);
    ck_assert_double_eq(stage.slow.count[CS_PART_EMBEDDING], 1.0);
    ck_assert_double_eq(stage.slow.count[CS_PART_HEAD], 0.0);
    layers(5, 1, 0); /* 1 s and a layer, two, two */
    costs.part[CS_PART_EMBEDDING].forward_seconds = 1.0;
    cs_stage_prepare(&costs, 3, &stage);
    ck_assert_double_eq(stage.slow.count[CS_PART_DENSE], 2.0);
    ck_assert_double_eq(stage.slow.count[CS_PART_EMBEDDING], 0.0);
    ck_assert_double_eq(stage.slow.count[CS_PART_HEAD], 0.0);
    /* So it is among the stages between: two dense layers go before two mixtures. */
    setup();
    layers(8, 4, 4);
    costs.part[CS_PART_MIXTURE].expert_parameters = 50.0;
    cs_stage_prepare(&costs, 4, &stage);
    ck_assert_double_eq(stage.first_expert_parameters, 0.0);
    ck_assert_double_eq(stage.last_expert_parameters, 100.0);
}
END_TEST

/* The stage with the most gradients to send, the first where both have as many: one dense layer of 10 and one mixture
 * of 4 and 6 in its experts. */
START_TEST(most_gradients)
{
    layers(2, 4, 1);
    costs.part[CS_PART_MIXTURE].parameters = 4.0;
    costs.part[CS_PART_MIXTURE].expert_parameters = 6.0;
    cs_stage_prepare(&costs, 2, &stage);
    ck_assert_double_eq(stage.sync_parameters, 10.0);
    ck_assert_double_eq(stage.sync_expert_parameters, 0.0);
    ck_assert_double_eq(stage.largest_layer_parameters, 10.0);
    costs.part[CS_PART_HEAD].parameters = 1.0;
    costs.part[CS_PART_DENSE].parameters = 3.0;
    cs_stage_prepare(&costs, 2, &stage);
    ck_assert_double_eq(stage.largest_layer_parameters, 4.0);
    ck_assert_double_eq(stage.sync_parameters, 5.0);
    ck_assert_double_eq(stage.sync_expert_parameters, 6.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stage");
    TCase *cases = tcase_create("stage");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, two_experts);
    tcase_add_test(cases, one_layer);
    tcase_add_test(cases, odd_layer_without_a_middle);
    tcase_add_test(cases, odd_layer_with_a_middle);
    tcase_add_test(cases, none_left_for_the_last);
    tcase_add_test(cases, slow_ends);
    tcase_add_test(cases, working_sets);
    tcase_add_test(cases, first_of_the_slowest);
    tcase_add_test(cases, most_gradients);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
