/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans of which only the first layers of every stage are recomputed, between those that recompute nothing and all. */
#include <math.h>
#include <string.h>

#include "sample.h"
#include "suite.h"

#include "cs_sweep/search.h"
#include "cs_sweep/step.h"

#define WITHIN(value, expected, fraction) ck_assert_double_eq_tol(value, expected, fabs(expected) * (fraction))

static struct cs_problem problem;
static struct cs_plan plan;

static void setup(void)
{
    sample_problem(&problem); /* 48 layers, unfused attention */
    sample_plan(&plan);
    problem.stack.layer_split = CS_LAYER_SPLIT_EVEN;
}

static void costs_of(struct cs_network *network, struct cs_costs *costs)
{
    cs_network_of(&problem, plan.devices, network);
    cs_costs_prepare(&problem, network, &plan, costs);
}

static double both(const struct cs_part *part)
{
    return part->forward_seconds + part->backward_seconds;
}

/* 12 of 48 layers on one stage: the stage's time, what it keeps and its FLOPs are sums of the two kinds of layers. */
START_TEST(one_stage_by_hand)
{
    struct cs_network network;
    struct cs_costs none, full, partly;
    struct cs_stage stage;
    costs_of(&network, &none);
    plan.recompute = CS_RECOMPUTE_FULL;
    costs_of(&network, &full);
    plan.recompute_layers = 12;
    costs_of(&network, &partly);
    ck_assert(!none.kept && !full.kept && partly.kept);
    cs_stage_prepare(&partly, 1, &stage);
    const struct cs_part *kept = &none.part[CS_PART_DENSE], *again = &full.part[CS_PART_DENSE];
    const struct cs_part *embedding = &none.part[CS_PART_EMBEDDING], *head = &none.part[CS_PART_HEAD];
    WITHIN(stage.slowest_forward + stage.slowest_backward,
           12.0 * both(again) + 36.0 * both(kept) + both(embedding) + both(head), 1e-12);
    WITHIN(stage.first_activation,
           12.0 * again->activation_bytes + 36.0 * kept->activation_bytes + embedding->activation_bytes +
               head->activation_bytes,
           1e-12);
    ck_assert_double_eq(stage.all.count[CS_PART_DENSE], 12.0);
    ck_assert_double_eq(stage.all.count[CS_PART_DENSE_KEPT], 36.0);
    /* While a layer is recomputed its activations are there once more. */
    ck_assert_double_eq(stage.first_fixed, cs_max(again->working_bytes, head->working_bytes));
    /* A quarter of the layers' forward pass is executed twice. */
    struct cs_step all, some, nothing;
    cs_step_evaluate(&problem, &plan, &some);
    plan.recompute_layers = 0;
    cs_step_evaluate(&problem, &plan, &all);
    plan.recompute = CS_RECOMPUTE_NONE;
    cs_step_evaluate(&problem, &plan, &nothing);
    WITHIN(some.hfu * some.seconds - nothing.hfu * nothing.seconds,
           0.25 * (all.hfu * all.seconds - nothing.hfu * nothing.seconds), 1e-9);
}
END_TEST

/* Layers of 1 s, 2 s recomputed, no ends: 3 stages of 16 layers take 16 s and one more for each that is recomputed. A
 * balanced split of 10 layers with a head of 3 s over 2 stages and 2 recomputed: 2 + ... = 8 s for 6 layers and 9 s for
 * 4 and the head, or 9 s for 7 and 8 s for 3 and the head: both have a slowest of 9 s. */
START_TEST(stages_by_hand)
{
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    plan.recompute = CS_RECOMPUTE_FULL;
    plan.recompute_layers = 5;
    costs_of(&network, &costs);
    for (int i = 0; i < CS_PART_COUNT; i++) {
        costs.part[i].forward_seconds = costs.part[i].backward_seconds = 0.0;
    }
    costs.part[CS_PART_DENSE_KEPT].backward_seconds = 1.0;
    costs.part[CS_PART_DENSE].backward_seconds = 2.0;
    cs_stage_prepare(&costs, 3, &stage);
    ck_assert_double_eq(stage.slowest_backward, 21.0);
    ck_assert_double_eq(stage.rest_seconds, 42.0);
    cs_stage_prepare_layers(&costs, 3, 16, &stage);
    ck_assert_double_eq(stage.slowest_backward, 32.0);
    cs_stage_prepare_layers(&costs, 3, 1000, &stage); /* more than there are: all */
    ck_assert_double_eq(stage.slowest_backward, 32.0);
    problem.stack.layer_split = CS_LAYER_SPLIT_BALANCED;
    problem.architecture.layers = 10;
    costs.part[CS_PART_HEAD_KEPT].backward_seconds = 3.0;
    cs_stage_prepare_layers(&costs, 2, 2, &stage);
    ck_assert_double_eq(stage.slowest_backward, 9.0);
    ck_assert_double_eq(stage.slowest_backward + stage.rest_seconds, 10.0 + 4.0 + 3.0);
}
END_TEST

/* A mixture whose first layers are dense: the first layers of stage 0 that are recomputed are the dense ones. */
START_TEST(dense_layers_come_first)
{
    struct cs_network network;
    struct cs_costs costs;
    struct cs_stage stage;
    problem.architecture.experts = problem.architecture.experts_active = 4;
    problem.architecture.d_expert = problem.architecture.d_ff;
    problem.architecture.dense_layers = 3;
    cs_parameters_count(&problem.architecture, &problem.parameters);
    plan.recompute = CS_RECOMPUTE_SELECTIVE;
    plan.recompute_layers = 5;
    costs_of(&network, &costs);
    cs_stage_prepare(&costs, 4, &stage);
    ck_assert_double_eq(stage.all.count[CS_PART_DENSE], 3.0);
    ck_assert_double_eq(stage.all.count[CS_PART_DENSE_KEPT], 0.0);
    ck_assert_double_eq(stage.all.count[CS_PART_MIXTURE], 2.0 + 3.0 * 5.0);
    ck_assert_double_eq(stage.all.count[CS_PART_MIXTURE_KEPT], 48.0 - 20.0);
}
END_TEST

/* Between nothing and everything: time rises and memory falls with the layers that are recomputed, and from the layers
 * of a stage on it is the plan that recomputes all. */
START_TEST(between_none_and_all)
{
    static const int32_t pipelines[] = {1, 2, 4, 8};
    const int32_t level = _i % 2 == 0 ? CS_RECOMPUTE_SELECTIVE : CS_RECOMPUTE_FULL;
    const int32_t p = pipelines[_i / 2], layers = 48 / p;
    struct cs_step none, last, all;
    plan.pipeline = p;
    plan.devices = 8 * p;
    plan.micro_batches = 2 * p;
    plan.global_batch = plan.micro_batches * plan.micro_batch;
    cs_step_evaluate(&problem, &plan, &none);
    last = none;
    plan.recompute = level;
    cs_step_evaluate(&problem, &plan, &all);
    for (plan.recompute_layers = 1; plan.recompute_layers <= layers; plan.recompute_layers++) {
        struct cs_step step;
        cs_step_evaluate(&problem, &plan, &step);
        ck_assert_double_gt(step.seconds, last.seconds);
        ck_assert_double_lt(step.activation_bytes, last.activation_bytes);
        last = step;
    }
    ck_assert_double_eq_tol(last.seconds, all.seconds, 1e-12 * all.seconds);
    ck_assert_double_eq_tol(last.memory_bytes, all.memory_bytes, 1e-12 * all.memory_bytes);
}
END_TEST

/* Where full recomputation wastes memory the search finds the fewest layers of the list that fit, and without the list
 * what it found before. */
START_TEST(searched_where_it_pays)
{
    struct cs_settings settings;
    struct cs_space space;
    struct cs_search_result best, listed;
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    int32_t found = 0;
    ck_assert_ptr_nonnull(workspace);
    cs_settings_default(&settings);
    settings.search.devices = 8;
    settings.search.recompute = 1u << CS_RECOMPUTE_NONE | 1u << CS_RECOMPUTE_FULL;
    problem.global_batch = 4;
    cs_space_set_free(&settings.search, &space);
    space.given.tensor = 8;
    space.given.micro_batch = 4;
    space.given.zero_stage = 0;
    cs_search(&problem, &space, CS_MIN_TIME, NULL, workspace, 1, &best, &found);
    ck_assert_int_eq(best.status, CS_STATUS_FEASIBLE);
    ck_assert_int_eq(best.plan.recompute, CS_RECOMPUTE_FULL);
    ck_assert_int_eq(best.plan.recompute_layers, 0);
    space.settings.recompute_layers = (struct cs_list){.count = 4, .values = {40, 8, 1, 24}};
    cs_search(&problem, &space, CS_MIN_TIME, NULL, workspace, 1, &listed, &found);
    ck_assert_double_lt(listed.step.seconds, best.step.seconds);
    ck_assert_int_gt(listed.plan.recompute_layers, 0);
    /* The next smaller number of the list does not fit. */
    static const int32_t below[] = {[1] = 0, [8] = 1, [24] = 8, [40] = 24};
    space.given.recompute = CS_RECOMPUTE_FULL;
    space.given.recompute_layers = below[listed.plan.recompute_layers];
    if (space.given.recompute_layers > 0) {
        struct cs_search_result fewer;
        cs_search(&problem, &space, CS_MIN_TIME, NULL, workspace, 1, &fewer, &found);
        ck_assert_int_eq(fewer.status, CS_STATUS_MEMORY);
    }
    /* A number that is given is taken as it is, with any recomputation but none. */
    space.given.recompute_layers = 47;
    space.given.recompute = -1;
    cs_search(&problem, &space, CS_MIN_TIME, NULL, workspace, 1, &listed, &found);
    ck_assert_int_eq(listed.plan.recompute_layers, 47);
    ck_assert_int_eq(listed.plan.recompute, CS_RECOMPUTE_FULL);
    space.given.recompute = CS_RECOMPUTE_NONE;
    cs_search(&problem, &space, CS_MIN_TIME, NULL, workspace, 1, &listed, &found);
    ck_assert_int_eq(listed.status, CS_STATUS_DIVISIBILITY);
    cs_search_workspace_destroy(workspace);
}
END_TEST

int main(void)
{
    TCase *const cases = tcase_create("recompute_layers");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, one_stage_by_hand);
    tcase_add_test(cases, stages_by_hand);
    tcase_add_test(cases, dense_layers_come_first);
    tcase_add_loop_test(cases, between_none_and_all, 0, 8);
    tcase_add_test(cases, searched_where_it_pays);
    Suite *const suite = suite_create("recompute_layers");
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
