/* SPDX-License-Identifier: BSD-3-Clause */
/* The two baselines: least squares on exact power laws, and LLMCarbon's published polynomials. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "cs_sweep/baseline.h"
#include "suite.h"

/* hours = 2e-18 C^0.97 comes back exactly. */
START_TEST(regression_finds_a_power_law)
{
    const double compute[] = {1e20, 3e21, 5e22, 7e24};
    double hours[4];
    for (int i = 0; i < 4; i++) {
        hours[i] = 2e-18 * pow(compute[i], 0.97);
    }
    struct cs_regression fit;
    cs_regression_fit(4, compute, hours, &fit);
    ck_assert_int_eq(fit.runs, 4);
    ck_assert_double_eq_tol(fit.slope, 0.97, 1e-12);
    WITHIN(cs_regression_hours(&fit, 1e26), 2e-18 * pow(1e26, 0.97), 1e-9);
}
END_TEST

/* log10 points (0, 0), (1, 2), (2, 1): slope 1/2, intercept 1/2 by hand. */
START_TEST(regression_is_least_squares)
{
    const double compute[] = {1.0, 10.0, 100.0};
    const double hours[] = {1.0, 100.0, 10.0};
    struct cs_regression fit;
    cs_regression_fit(3, compute, hours, &fit);
    ck_assert_double_eq_tol(fit.slope, 0.5, 1e-12);
    WITHIN(cs_regression_hours(&fit, 1.0), sqrt(10.0), 1e-12);
}
END_TEST

/* Runs of nearly one size still have a slope: four times the hours of twice the compute, ln 4 / ln 2. */
START_TEST(regression_of_runs_of_near_sizes)
{
    const double compute[] = {1e21, 2e21};
    const double hours[] = {100.0, 400.0};
    struct cs_regression fit;
    cs_regression_fit(2, compute, hours, &fit);
    ck_assert_double_eq_tol(fit.slope, 2.0, 1e-12);
    WITHIN(cs_regression_hours(&fit, 4e21), 1600.0, 1e-9);
}
END_TEST

START_TEST(regression_of_runs_of_one_size)
{
    const double compute[] = {1e21, 1e21};
    const double hours[] = {100.0, 400.0};
    struct cs_regression fit;
    cs_regression_fit(2, compute, hours, &fit);
    ck_assert_double_eq(fit.slope, 1.0);
    WITHIN(cs_regression_hours(&fit, 1e21), 200.0, 1e-12);
}
END_TEST

/* SotaroKaneda/MLCarbon's polynomials by hand. P = 13e9 on 80 GB: 13 / 2.4 = 5.4 pieces, so 6-way tensor parallel;
 * -8.82079068e-20 * 1.69e20 + 1.68591116e-9 * 13e9 + 133.954735 = -14.907136 + 21.916845 + 133.954735 = 140.964444. */
START_TEST(llmcarbon_tensor)
{
    struct cs_llmcarbon estimate;
    cs_llmcarbon_estimate(13e9, 1e11, 80.0, &estimate);
    WITHIN(estimate.tflops_per_device, 140.964444, 1e-6);
    ck_assert_double_eq(estimate.tensor, 6.0);
    ck_assert_double_eq(estimate.pipeline, 1.0);
    WITHIN(estimate.device_hours, 6.0 * 13e9 * 1e11 / (140.964444e12 * 3600.0), 1e-6);
}
END_TEST

/* BLOOM: P = 176.247e9 on 80 GB is 73.4 pieces: 8-way tensor, 10 stages; -5.60233749e-23 * 3.1063e22 + 8.45435587e-11 *
 * 176.247e9 + 134.546129 = -1.7403 + 14.9006 + 134.5461 = 147.7064; devices -66.1366 + 774.93 + 799.17 = 1507.97. */
START_TEST(llmcarbon_pipeline)
{
    struct cs_llmcarbon estimate;
    cs_llmcarbon_estimate(176.247e9, 366e9, 80.0, &estimate);
    WITHIN(estimate.tflops_per_device, 147.7064, 1e-5);
    ck_assert_double_eq(estimate.tensor, 8.0);
    ck_assert_double_eq(estimate.pipeline, 10.0);
    WITHIN(estimate.devices, 1507.97, 1e-3);
    WITHIN(estimate.device_hours, 6.0 * 176.247e9 * 366e9 / (147.7064e12 * 3600.0), 1e-5);
}
END_TEST

/* At the boundary of 8 pieces the tensor fit still holds; far beyond its data the parabola is negative, and floored. */
START_TEST(llmcarbon_limits)
{
    struct cs_llmcarbon estimate;
    cs_llmcarbon_estimate(19.2e9, 1e9, 80.0, &estimate);
    WITHIN(estimate.tflops_per_device, -8.82079068e-20 * 19.2e9 * 19.2e9 + 1.68591116e-9 * 19.2e9 + 133.954735, 1e-12);
    ck_assert_double_eq(estimate.tensor, 8.0);
    cs_llmcarbon_estimate(1e13, 1e9, 80.0, &estimate);
    ck_assert_double_eq(estimate.tflops_per_device, 1.0);
    ck_assert_double_eq(estimate.devices, 1.0); /* -212,911 + 43,968 + 799 */
    cs_llmcarbon_estimate(1e6, 1e9, 80.0, &estimate);
    ck_assert_double_eq(estimate.tensor, 1.0);
    ck_assert_double_eq(estimate.pipeline, 1.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("baseline");
    TCase *cases = tcase_create("baseline");
    tcase_add_test(cases, regression_finds_a_power_law);
    tcase_add_test(cases, regression_is_least_squares);
    tcase_add_test(cases, regression_of_runs_of_near_sizes);
    tcase_add_test(cases, regression_of_runs_of_one_size);
    tcase_add_test(cases, llmcarbon_tensor);
    tcase_add_test(cases, llmcarbon_pipeline);
    tcase_add_test(cases, llmcarbon_limits);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
