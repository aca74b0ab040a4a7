/* SPDX-License-Identifier: BSD-3-Clause */
/* A measured run with another plan: what is given replaces what was published, what followed from that follows anew,
 * and what cannot be applied is refused by name. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "case_text.h"
#include "cs_sweep/cases.h"
#include "parsed.h"
#include "suite.h"

static struct cs_config config;
static struct cs_search_workspace *workspace;
static struct cs_cases cases;
static struct cs_case *item, changed;
static struct cs_plan given;
static struct cs_error error;

/* 8 devices: 2 tensor x 2 pipeline x 2 data ranks, 16 sequences in micro-batches of 1. */
static void setup(void)
{
    static const char text[] = FILE_OF(CASE(
        MODEL
        ",\"training\":{\"seq_len\":2048,\"global_batch\":16,\"precision\":\"fp16\"},\"parallelism\":{\"devices\":8,"
        "\"tensor\":2,\"pipeline\":2,\"interleave\":3,\"data\":2,\"expert\":1,\"context\":1,\"zero\":1,"
        "\"micro_batch\":1,\"recompute\":\"full\",\"sequence_parallel\":true}," MEASURED("step_time_s")));
    struct cs_bundle bundle;
    cs_test_parse(NULL, 0, NULL, &bundle, &config);
    cs_bundle_free(&bundle);
    workspace = cs_search_workspace_create();
    ck_assert_ptr_nonnull(workspace);
    memset(&cases, 0, sizeof cases);
    ck_assert_msg(cs_cases_parse("t.json", text, strlen(text), &cases, &error) == CS_OK, "%s", error.message);
    item = &cases.items[0];
    cs_plan_set_free(&given);
}

static void teardown(void)
{
    cs_search_workspace_destroy(workspace);
    cs_cases_free(&cases);
    cs_config_free(&config);
}

static void replan(void)
{
    ck_assert_msg(cs_case_replan(item, &given, &changed, &error) == CS_OK, "%s", error.message);
}

static void refuse(const char *message)
{
    ck_assert_int_eq(cs_case_replan(item, &given, &changed, &error), CS_ERROR_USAGE);
    ck_assert_str_eq(error.message, message);
    cs_plan_set_free(&given);
}

static struct cs_prediction predict(const struct cs_case *of)
{
    struct cs_prediction prediction;
    ck_assert_msg(cs_case_predict(of, &config, workspace, &prediction, &error) == CS_OK, "%s", error.message);
    return prediction;
}

/* Every knob that has an option is applied, by the list of the knobs. */
START_TEST(each_knob_is_applied)
{
    int32_t count = 0;
    const struct cs_knob *knobs = cs_knobs(&count);
    for (int32_t i = 0; i < count; i++) {
        const bool of_experts = strncmp(knobs[i].name, "expert", 6) == 0; /* the model is dense */
        if (knobs[i].option == NULL || of_experts) {
            continue;
        }
        const int64_t now = cs_knob_get(&item->knobs, &knobs[i]);
        const bool level = knobs[i].words != NULL || knobs[i].most < 4;
        const int64_t value = level ? (now == 0 ? 1 : 0) : now > 0 ? 2 * now : 2;
        cs_plan_set_free(&given);
        cs_knob_put(&given, &knobs[i], value);
        if (knobs[i].offset == offsetof(struct cs_plan, recompute_layers)) {
            given.recompute = CS_RECOMPUTE_FULL;
        }
        replan();
        ck_assert_msg(cs_knob_get(&changed.knobs, &knobs[i]) == value, "%s is %lld", knobs[i].name,
                      (long long)cs_knob_get(&changed.knobs, &knobs[i]));
        ck_assert_ptr_eq(changed.published, item);
        ck_assert_int_eq(changed.global_batch, changed.knobs.global_batch);
    }
}
END_TEST

/* The devices stay and the data degree follows; a data degree moves the devices; knobs that hang on one that goes go
 * too, and come back as the source stated them. */
START_TEST(what_follows)
{
    given.tensor = 1;
    replan();
    ck_assert_int_eq(changed.knobs.devices, 8);
    ck_assert_int_eq(changed.knobs.data, 4);
    ck_assert_int_eq(changed.knobs.sequence_parallel, 0);
    ck_assert_int_eq(changed.knobs.interleave, 3);
    given.data = 2;
    replan();
    ck_assert_int_eq(changed.knobs.devices, 4);
    cs_plan_set_free(&given);
    given.devices = 32;
    replan();
    ck_assert_int_eq(changed.knobs.data, 8);
    ck_assert_int_eq(changed.knobs.tensor, 2);
    cs_plan_set_free(&given);
    given.pipeline = 1;
    replan();
    ck_assert_int_eq(changed.knobs.data, 4);
    ck_assert_int_eq(changed.knobs.interleave, 1);
    ck_assert_int_eq(changed.knobs.sequence_parallel, 1);
    item->knobs.recompute_layers = item->stated.recompute_layers = 2;
    given.recompute = CS_RECOMPUTE_NONE;
    replan();
    ck_assert_int_eq(changed.knobs.recompute_layers, 0);
    /* From one tensor rank, which has no sequence parallelism, to two: free, as it was not stated. */
    cs_plan_set_free(&given);
    item->stated.sequence_parallel = -1;
    item->knobs.tensor = 1;
    item->knobs.data = 4;
    ck_assert_int_eq(cs_case_resolve(item, &error), CS_OK);
    ck_assert_int_eq(item->knobs.sequence_parallel, 0);
    given.tensor = 2;
    replan();
    ck_assert_int_eq(changed.knobs.sequence_parallel, -1);
}
END_TEST

START_TEST(what_cannot_be_applied)
{
    given.tensor = 3;
    given.zero_stage = 2;
    given.recompute = CS_RECOMPUTE_SELECTIVE;
    refuse(
        "--tensor 3, --zero 2, --recompute selective cannot be applied to case a: devices is 8, but tensor x pipeline "
        "x data x context is a multiple of 6; the two must agree.");
    given.devices = 16;
    given.data = 2;
    refuse(
        "--devices 16, --data 2 cannot be applied to case a: devices is 16, but tensor x pipeline x data x context is "
        "8; the two must agree.");
    given.data = 1000000000;
    refuse("--data 1000000000 cannot be applied to case a: tensor x pipeline x data x context is 4000000000 devices; "
           "1000000000 are the most.");
    given.interleave = 2;
    given.schedule = CS_SCHEDULE_ZB1P;
    refuse("--interleave 2: only the schedule 1f1b is interleaved; give --schedule 1f1b too.");
    given.interleave = 2;
    given.pipeline = 1;
    refuse("--interleave 2: a pipeline of one stage is not interleaved; give --pipeline too.");
    given.expert = 4;
    refuse("--expert 4: the model of case a has no experts.");
    given.expert_tensor = 2;
    refuse("--expert-tensor 2: the model of case a has no experts.");
    given.recompute = CS_RECOMPUTE_NONE;
    given.recompute_layers = 2;
    refuse("--recompute-layers wants --recompute selective or full with it: none recomputes no layer.");
    given.pipeline = 64;
    refuse("--pipeline 64: the model of case a has 48 layers.");
    given.micro_batch = 9;
    refuse("--micro-batch 9: a replica of case a has 8 sequences a step.");
}
END_TEST

/* A changed plan is predicted as a case that states it, which is what it is. */
START_TEST(predicted_as_stated)
{
    const double published = predict(item).value;
    struct cs_case other = *item;
    given.recompute = CS_RECOMPUTE_SELECTIVE;
    given.micro_batch = 1;
    replan();
    other.knobs.recompute = CS_RECOMPUTE_SELECTIVE;
    other.knobs.micro_batch = 1;
    ck_assert_double_eq(predict(&changed).value, predict(&other).value);
    ck_assert(predict(&changed).value != published);
    cs_plan_set_free(&given);
    given.recompute = CS_RECOMPUTE_FULL; /* as it ran */
    replan();
    ck_assert_double_eq(predict(&changed).value, published);
}
END_TEST

/* What never ran must pass the gates that the published plan passes, such as what DualPipe wants. A batch that does
 * not divide is rounded up, and what exceeds the memory is predicted all the same. */
START_TEST(gates)
{
    given.schedule = CS_SCHEDULE_DUALPIPE;
    given.global_batch = 6; /* 3 micro-batches, where two stages want an even number of at least 4 */
    replan();
    ck_assert_int_eq(predict(&changed).status, CS_STATUS_BATCH);
    ck_assert(isnan(predict(&changed).value));
    given.global_batch = 7; /* 4 micro-batches, rounded up */
    replan();
    ck_assert_int_eq(predict(&changed).status, CS_STATUS_FEASIBLE);
    ck_assert_int_eq(predict(&changed).plan.global_batch, 8);
    given.schedule = CS_SCHEDULE_1F1B;
    given.global_batch = 5;
    replan();
    ck_assert_int_eq(predict(&changed).plan.global_batch, 6);
    /* The published plan fails there too, and ran: then it is no reason. */
    cs_plan_set_free(&given);
    item->knobs.schedule = item->stated.schedule = CS_SCHEDULE_DUALPIPE;
    item->knobs.interleave = item->stated.interleave = 1;
    item->global_batch = item->knobs.global_batch = 6;
    given.recompute = CS_RECOMPUTE_SELECTIVE;
    replan();
    ck_assert_int_eq(predict(&changed).status, CS_STATUS_FEASIBLE);
    item->knobs.schedule = item->stated.schedule = CS_SCHEDULE_1F1B;
    cs_plan_set_free(&given);
    given.micro_batch = 3;
    given.zero_stage = 0;
    given.recompute = CS_RECOMPUTE_NONE;
    replan();
    const struct cs_prediction large = predict(&changed);
    ck_assert_int_eq(large.status, CS_STATUS_FEASIBLE);
    ck_assert_double_gt(large.step.memory_bytes, large.memory_capacity);
}
END_TEST

/* A plan that does not fit keeps its state as the published one did: as usual, since that fits so; had it run, it must
 * have kept less. */
START_TEST(the_state_stays)
{
    struct cs_case other = *item;
    given.micro_batch = 4;
    given.recompute = CS_RECOMPUTE_NONE;
    replan();
    other.knobs.micro_batch = 4;
    other.knobs.recompute = CS_RECOMPUTE_NONE;
    const struct cs_prediction planned = predict(&changed), ran = predict(&other);
    ck_assert(!predict(item).lean && !planned.lean && ran.lean);
    ck_assert_double_gt(planned.step.memory_bytes, planned.memory_limit);
    ck_assert_double_lt(ran.step.memory_bytes, planned.step.memory_bytes);
}
END_TEST

/* The software stays that of the run: an FP8 run under DualPipe dispatches at 8 bits with any schedule, and once to a
 * node, though its stack's year had no DeepEP. */
START_TEST(the_stack_stays)
{
    struct cs_problem problem;
    struct cs_space space;
    item->precision = CS_CASE_FP8;
    item->stack = CS_STACK_MEGATRON;
    item->stack_year = 2024;
    item->knobs.schedule = item->stated.schedule = CS_SCHEDULE_DUALPIPE;
    given.schedule = CS_SCHEDULE_1F1B;
    replan();
    ck_assert_int_eq(cs_case_problem(&changed, &config, &problem, &space, &error), CS_OK);
    ck_assert_int_eq(space.given.schedule, CS_SCHEDULE_1F1B);
    ck_assert_double_eq(problem.precision.dispatch_bytes, 1.0);
    ck_assert(problem.stack.node_dispatch && problem.stack.fused_permutation);
    item->knobs.schedule = CS_SCHEDULE_1F1B;
    given.schedule = CS_SCHEDULE_DUALPIPE;
    replan();
    ck_assert_int_eq(cs_case_problem(&changed, &config, &problem, &space, &error), CS_OK);
    ck_assert_double_eq(problem.precision.dispatch_bytes, 2.0);
    ck_assert(!problem.stack.node_dispatch && !problem.stack.fused_permutation);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plans of cases");
    TCase *tests = tcase_create("plans of cases");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, each_knob_is_applied);
    tcase_add_test(tests, what_follows);
    tcase_add_test(tests, what_cannot_be_applied);
    tcase_add_test(tests, predicted_as_stated);
    tcase_add_test(tests, gates);
    tcase_add_test(tests, the_state_stays);
    tcase_add_test(tests, the_stack_stays);
    suite_add_tcase(suite, tests);
    return cs_run_suite(suite);
}
