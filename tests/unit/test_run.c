/* SPDX-License-Identifier: BSD-3-Clause */
/* How a model was trained: what it states serves, what is given comes first, and a ramp is timed by its stages. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "parsed.h"
#include "sample.h"
#include "suite.h"

static struct cs_bundle bundle;
static struct cs_config config;
static struct cs_grid grid;
static struct cs_design_point point;
static struct cs_problem problem;
static struct cs_plan plan;

static void setup(void)
{
    sample_problem(&problem);
    sample_plan(&plan);
}

static void teardown(void)
{
    cs_config_free(&config);
    cs_bundle_free(&bundle);
}

static void locate(const char *const sets[CS_TEST_SETS])
{
    const int64_t coordinates[CS_AXES_MAX] = {0};
    cs_test_grid(sets, &bundle, &config, &grid);
    cs_grid_point(&grid, coordinates, &point);
}
#define LOCATE(...) locate((const char *const[CS_TEST_SETS]){__VA_ARGS__})

#define RUN                                                                                                            \
    "axes.model=[{\"name\": \"m\", \"layers\": 4, \"d_model\": 1024, \"heads\": 8, \"tokens\": 1e9, \"seq_len\": "     \
    "1024, \"global_batch\": 64, \"batch_ramp\": [[1e8, 16], [2e8, 32]], \"schedule\": \"zb1p\", \"recompute\": "      \
    "\"full\", \"precision\": \"fp8\", \"network\": {\"device\": \"H100\", \"scale_out_gb_s\": 6.25}, \"goodput\": "   \
    "0.8, \"stack\": \"deepspeed\", \"stack_year\": 2022, "                                                            \
    "\"sources\": "                                                                                                    \
    "{\"stack\": \"x\"}}]"

START_TEST(what_a_model_states_serves)
{
    LOCATE(RUN);
    ck_assert_double_eq(point.problem.law.tokens, 1e9);
    ck_assert_int_eq(point.problem.seq_len, 1024);
    ck_assert_int_eq(point.problem.global_batch, 64);
    ck_assert(point.own_batch);
    ck_assert_int_eq(point.problem.ramp.count, 2);
    ck_assert_double_eq(point.problem.ramp.stages[1].tokens, 2e8);
    ck_assert_int_eq(point.problem.ramp.stages[1].sequences, 32);
    ck_assert_double_eq(point.problem.goodput, 0.8);
    ck_assert_double_eq(point.problem.nic_bandwidth, 6.25e9); /* H100 is the default */
    ck_assert_uint_eq(point.space.settings.schedules, 1u << CS_SCHEDULE_ZB1P);
    ck_assert_uint_eq(point.space.settings.recompute, 1u << CS_RECOMPUTE_FULL);
}
END_TEST

START_TEST(what_is_given_comes_first)
{
    LOCATE(RUN, "training.tokens=2e9", "training.seq_len=512", "training.global_batch=128", "training.goodput=0.9",
           "search.schedules=[\"1f1b\"]", "search.recompute=[\"none\"]");
    ck_assert_double_eq(point.problem.law.tokens, 2e9);
    ck_assert_int_eq(point.problem.seq_len, 512);
    ck_assert_int_eq(point.problem.global_batch, 128);
    ck_assert(!point.own_batch);
    ck_assert_int_eq(point.problem.ramp.count, 0);
    ck_assert_double_eq(point.problem.goodput, 0.9);
    ck_assert_uint_eq(point.space.settings.schedules, 1u << CS_SCHEDULE_1F1B);
    ck_assert_uint_eq(point.space.settings.recompute, 1u << CS_RECOMPUTE_NONE);
    /* The critical batch can be asked for too, and tokens by the rule. */
    LOCATE(RUN, "training.global_batch=0", "training.tokens_per_parameter=10");
    ck_assert_int_eq(point.problem.global_batch, 0);
    ck_assert_double_eq(point.problem.law.tokens, 10.0 * point.problem.law.parameters_active);
    /* And an axis gives. */
    LOCATE(RUN, "axes.training.tokens=[3e9, 4e9]");
    ck_assert_double_eq(point.problem.law.tokens, 3e9);
    ck_assert_double_eq(point.problem.nic_bandwidth, 6.25e9);
    LOCATE(RUN, "device.scale_out_gb_s=25");
    ck_assert_double_eq(point.problem.nic_bandwidth, 25e9);
    LOCATE(RUN, "axes.device.scale_out_gb_s=[30, 40]");
    ck_assert_double_eq(point.problem.nic_bandwidth, 30e9);
    LOCATE(RUN, "axes.hardware=[\"H200\"]"); /* another device has its own */
    ck_assert_double_eq(point.problem.nic_bandwidth, point.problem.device.scale_out_bandwidth);
    ck_assert_double_gt(point.problem.nic_bandwidth, 6.25e9);
    LOCATE("training.tokens=5e12"); /* of a model dimension */
    ck_assert_double_eq(point.problem.law.tokens, 5e12);
}
END_TEST

/* The text of what is in effect is a configuration that gives the same point, whether the batch was given or not. */
START_TEST(the_run_is_in_effect)
{
    static const char *const sets[][2] = {{RUN, NULL}, {RUN, "training.global_batch=128"}};
    for (int i = 0; i < 2; i++) {
        struct cs_design_point again;
        const int64_t coordinates[CS_AXES_MAX] = {0};
        LOCATE(sets[i][0], sets[i][1]);
        char *const text = cs_test_copy(config.in_effect);
        again = point;
        teardown();
        cs_test_parse(text, 0, NULL, &bundle, &config);
        ck_assert_str_eq(config.in_effect, text);
        ck_assert_int_eq(cs_grid_init(&config, &grid, &(struct cs_error){.code = CS_OK}), CS_OK);
        cs_grid_point(&grid, coordinates, &point);
        ck_assert_int_eq(point.problem.global_batch, i == 0 ? 64 : 128);
        ck_assert_double_eq(point.problem.nic_bandwidth, again.problem.nic_bandwidth);
        ck_assert_mem_eq(&point.problem.ramp, &again.problem.ramp, sizeof again.problem.ramp);
        ck_assert_uint_eq(point.space.settings.schedules, again.space.settings.schedules);
        ck_assert_int_eq(point.model->stack, again.model != NULL ? 4 : 0); /* 1 + the index of deepspeed */
        ck_assert_int_eq(point.model->stack_year, 2022);
        free(text);
    }
}
END_TEST

static double seconds_of(int64_t sequences, int64_t micro_batches)
{
    struct cs_problem flat = problem;
    struct cs_plan smaller = plan;
    struct cs_step step;
    flat.ramp.count = 0;
    smaller.global_batch = sequences;
    smaller.micro_batches = micro_batches;
    cs_step_evaluate(&flat, &smaller, &step);
    return step.seconds;
}

static double training(void)
{
    struct cs_step step;
    cs_step_evaluate(&problem, &plan, &step);
    return step.training_seconds * problem.goodput;
}

/* A micro-batch of 4 on 2 replicas, 64 sequences a step in 8 micro-batches. 1,000 steps' worth of tokens: 100 steps of
 * 16 sequences (25 full steps' worth), then 50 of 32 (25), so that 950 of 64 are left. */
START_TEST(a_ramp_is_timed_by_its_stages)
{
    const double full = 64.0 * (double)problem.seq_len;
    plan.data = 2;
    plan.devices = 16;
    plan.micro_batches = 8;
    plan.global_batch = 64;
    problem.law.tokens = 1000.0 * full;
    WITHIN(training(), 1000.0 * seconds_of(64, 8), 1e-12);
    problem.ramp = (struct cs_batch_ramp){.count = 2, .stages = {{25.0 * full, 16}, {25.0 * full, 32}}};
    const double by_stages = 100.0 * seconds_of(16, 2) + 50.0 * seconds_of(32, 4) + 950.0 * seconds_of(64, 8);
    WITHIN(training(), by_stages, 1e-12);
    ck_assert_double_gt(by_stages, 1000.0 * seconds_of(64, 8)); /* what a step costs once is paid more often */
    /* A run that ends within the ramp never sees its batch. */
    problem.law.tokens = 10.0 * full;
    WITHIN(training(), 40.0 * seconds_of(16, 2), 1e-12);
    /* A stage of 18 sequences: 9 on each replica, the third micro-batch of each holds one. Of 17 sequences the fullest
     * replica has 9 too. */
    problem.law.tokens = 18.0 * (double)problem.seq_len;
    problem.ramp = (struct cs_batch_ramp){.count = 1, .stages = {{1e30, 18}}};
    WITHIN(training(), seconds_of(18, 3), 1e-12);
    ck_assert_double_lt(seconds_of(18, 3), seconds_of(24, 3));
    problem.law.tokens = 17.0 * (double)problem.seq_len;
    problem.ramp.stages[0].sequences = 17;
    WITHIN(training(), seconds_of(18, 3), 1e-12);
}
END_TEST

/* Interleaving takes multiples of the stages, DualPipe even numbers from twice the stages on: a stage of 18 sequences,
 * which 3 micro-batches hold, runs 4 and 8 full ones. */
START_TEST(a_stage_has_what_its_schedule_takes)
{
    plan.data = 2;
    plan.pipeline = 4;
    plan.devices = 64;
    plan.interleave = 3;
    plan.micro_batches = 16;
    plan.global_batch = 128;
    problem.law.tokens = 18.0 * (double)problem.seq_len;
    problem.ramp = (struct cs_batch_ramp){.count = 1, .stages = {{1e30, 18}}};
    WITHIN(training(), seconds_of(32, 4), 1e-12);
    plan.interleave = 1;
    plan.schedule = CS_SCHEDULE_DUALPIPE;
    WITHIN(training(), seconds_of(64, 8), 1e-12);
    problem.law.tokens = 72.0 * (double)problem.seq_len; /* 9 micro-batches, and so 10 */
    problem.ramp.stages[0].sequences = 72;
    WITHIN(training(), seconds_of(80, 10), 1e-12);
}
END_TEST

/* FP8 comes with the model where nothing else is named, on a device that is faster in it: H800 is, A100 is not. */
START_TEST(a_model_brings_its_precision)
{
    static const struct {
        const char *hardware, *qat, *level;
    } rows[] = {{"H800", NULL, "fp8"}, {"H800", "off", "off"}, {"A100", NULL, "off"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cs_error error = {.code = CS_OK};
        teardown();
        ck_assert_int_eq(cs_bundle_read(NULL, 0, NULL, &bundle, &error), CS_OK);
        bundle.one_point = true;
        bundle.wanted[CS_AXIS_MODEL] = "DeepSeek-V3";
        bundle.wanted[CS_AXIS_HARDWARE] = rows[i].hardware;
        bundle.wanted[CS_AXIS_QAT] = rows[i].qat;
        ck_assert_msg(cs_config_parse(&bundle, &config, &error) == CS_OK, "%s", error.message);
        ck_assert_str_eq(config.axes[cs_config_axis(&config, CS_AXIS_QAT)].labels[0], rows[i].level);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run");
    TCase *cases = tcase_create("run");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, what_a_model_states_serves);
    tcase_add_test(cases, what_is_given_comes_first);
    tcase_add_test(cases, the_run_is_in_effect);
    tcase_add_test(cases, a_ramp_is_timed_by_its_stages);
    tcase_add_test(cases, a_stage_has_what_its_schedule_takes);
    tcase_add_test(cases, a_model_brings_its_precision);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
