/* SPDX-License-Identifier: BSD-3-Clause */
/* Batches that do not divide over a run's replicas and micro-batches: time, FLOPs and tokens are of the same sequences,
 * those that the step trains. */
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
static struct cs_case *item;

/* 22B of GPT over 2 stages of 4 tensor ranks and `data` replicas; the plan is stated whole. */
static void setup(void)
{
    static const char text[] = FILE_OF(GOOD);
    struct cs_bundle bundle;
    struct cs_error error = {CS_OK, ""};
    cs_test_parse(NULL, 0, NULL, &bundle, &config);
    cs_bundle_free(&bundle);
    workspace = cs_search_workspace_create();
    ck_assert_ptr_nonnull(workspace);
    memset(&cases, 0, sizeof cases);
    ck_assert_msg(cs_cases_parse("t.json", text, strlen(text), &cases, &error) == CS_OK, "%s", error.message);
    item = &cases.items[0];
    item->knobs.tensor = 4;
    item->knobs.pipeline = 2;
}

static void teardown(void)
{
    cs_search_workspace_destroy(workspace);
    cs_cases_free(&cases);
    cs_config_free(&config);
}

static struct cs_prediction predict(int64_t data, int32_t micro_batch, int64_t batch)
{
    struct cs_prediction prediction;
    struct cs_error error = {CS_OK, ""};
    item->knobs.data = data;
    item->knobs.devices = 8 * data;
    item->knobs.micro_batch = micro_batch;
    item->knobs.global_batch = item->global_batch = batch;
    ck_assert_msg(cs_case_predict(item, &config, workspace, &prediction, &error) == CS_OK, "%s", error.message);
    ck_assert_int_eq(prediction.status, CS_STATUS_FEASIBLE);
    return prediction;
}

/* Each of 4 replicas takes a quarter of the batch, rounded up: 97 to 100 sequences train 100. Every metric is the one
 * of the batch that divides. */
START_TEST(replicas_take_equally_many)
{
    static const enum cs_case_metric metrics[] = {CS_METRIC_STEP_TIME,    CS_METRIC_DEVICE_HOURS, CS_METRIC_MFU,
                                                  CS_METRIC_MODEL_TFLOPS, CS_METRIC_ENERGY,       CS_METRIC_EMBODIED};
    item->tokens = 1e9;
    for (size_t k = 0; k < sizeof metrics / sizeof metrics[0]; k++) {
        item->metric = metrics[k];
        const double whole = predict(4, 1, 100).value;
        for (int64_t batch = 97; batch < 100; batch++) {
            const struct cs_prediction p = predict(4, 1, batch);
            ck_assert_int_eq(p.plan.global_batch, 100);
            ck_assert_int_eq(p.plan.micro_batches, 25);
            ck_assert_double_eq(p.value, whole);
        }
        ck_assert(predict(4, 1, 96).value != whole);
    }
}
END_TEST

/* The last micro-batch takes the time of what it holds: with each further sequence a step is longer, never shorter than
 * its full micro-batches alone, and where all are full it is as long as any other such step. */
START_TEST(a_last_micro_batch_is_partly_filled)
{
    const double four = predict(2, 4, 8 * 4).value, five = predict(2, 4, 8 * 5).value;
    double before = four;
    for (int64_t share = 17; share <= 20; share++) {
        const struct cs_prediction p = predict(2, 4, 2 * share);
        ck_assert_int_eq(p.plan.micro_batches, 5);
        ck_assert_int_eq(p.plan.global_batch, 2 * share);
        ck_assert_double_gt(p.value, before);
        before = p.value;
    }
    ck_assert_double_eq(before, five);
    /* 17 on each are four of 4, and one of 1 as long as one more micro-batch of a single sequence. */
    const double one = predict(2, 1, 2 * 9).value - predict(2, 1, 2 * 8).value;
    WITHIN(predict(2, 4, 2 * 17).value, four + one, 1e-9);
    /* A micro-batch of 4 that only ever holds 3 is one of 3. */
    const struct cs_prediction three = predict(2, 4, 2 * 3), same = predict(2, 3, 2 * 3);
    ck_assert_double_eq(three.value, same.value);
    ck_assert_double_eq(three.step.memory_bytes, same.step.memory_bytes);
    ck_assert_double_eq(three.step.hfu, same.step.hfu);
}
END_TEST

/* Rates times time are the FLOPs of the sequences that were trained, by the papers' count, whatever the batch; and a
 * step executes 4/3 of the model FLOPs of the same sequences with full recomputation, but for its attention. */
START_TEST(rates_are_of_the_sequences_trained)
{
    static const int64_t batches[] = {1, 2, 3, 5, 7, 11, 12, 13, 31, 64, 100};
    const double active = 12.0 * 48 * 6144 * 6144 + 51200.0 * 6144 + 97.0 * 6144;
    double executed = 0.0;
    item->metric = CS_METRIC_MODEL_TFLOPS;
    item->convention = CS_FLOPS_6N;
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        const struct cs_prediction p = predict(3, 4, batches[i]);
        const int64_t each_trains = (batches[i] + 2) / 3;
        const double trained = 3.0 * (double)each_trains;
        ck_assert_double_eq((double)p.plan.global_batch, trained);
        WITHIN(p.value * 1e12 * 24.0 * p.step.seconds, 6.0 * active * trained * 2048.0, 1e-9);
        const double each = p.step.hfu * 24.0 * 312e12 * p.step.seconds / trained;
        executed = i == 0 ? each : executed;
        WITHIN(each, executed, 1e-9);
    }
}
END_TEST

/* A whole run of a thousand steps' tokens takes a thousand steps, and its utilisation is that of a step. */
START_TEST(tokens_of_a_step)
{
    static const int64_t batches[] = {1, 2, 3, 5, 8, 13, 21, 34};
    item->metric = CS_METRIC_DEVICE_HOURS;
    item->goodput = 1.0;
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        const int64_t each_trains = (batches[i] + 3) / 4;
        const double trained = 4.0 * (double)each_trains;
        item->tokens = 1000.0 * trained * 2048.0;
        const struct cs_prediction p = predict(4, 2, batches[i]);
        WITHIN(p.value, 32.0 * 1000.0 * p.step.seconds / 3600.0, 1e-12);
        WITHIN(p.step.mfu, p.compute / (32.0 * 1000.0 * p.step.seconds * 312e12), 1e-12);
    }
}
END_TEST

/* Where the micro-batch is free, the one that is taken is no slower than those that could have been stated. */
START_TEST(free_micro_batches)
{
    for (int64_t batch = 9; batch <= 17; batch++) {
        const struct cs_prediction p = predict(2, 0, batch);
        ck_assert_int_eq(p.plan.global_batch, 2 * ((batch + 1) / 2));
        ck_assert_double_le(p.value, predict(2, 1, batch).value);
        ck_assert_double_le(p.value, predict(2, 2, batch).value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("batches of cases");
    TCase *tests = tcase_create("batches of cases");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, replicas_take_equally_many);
    tcase_add_test(tests, a_last_micro_batch_is_partly_filled);
    tcase_add_test(tests, rates_are_of_the_sequences_trained);
    tcase_add_test(tests, tokens_of_a_step);
    tcase_add_test(tests, free_micro_batches);
    suite_add_tcase(suite, tests);
    return cs_run_suite(suite);
}
