/* SPDX-License-Identifier: BSD-3-Clause */
/* Eq 1 and 2 and the laws behind a model dimension, against the papers' printed numbers. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "cs_sweep/architecture.h"
#include "suite.h"

static struct cs_settings settings;

static void setup(void)
{
    cs_settings_default(&settings);
}

static void evaluate(int64_t d_model, struct cs_architecture *architecture, struct cs_law *law)
{
    cs_architecture_from_d_model(&settings.scaling_law, d_model, architecture);
    cs_law_evaluate(&settings.scaling_law, &settings.training, architecture, true, 0.0, law);
}

/* CarbonScaling (arXiv 2508.06524v2) section 5.1: 0.75B at 1,536 and 24,547B at 24,576; with whole layers and experts
 * the laws give 0.736B and 24,497B. */
START_TEST(parameters_at_the_endpoints)
{
    struct cs_architecture architecture;
    struct cs_law law;
    evaluate(1536, &architecture, &law);
    ck_assert_int_eq(architecture.layers, 26);
    ck_assert_int_eq(architecture.experts, 1);
    ck_assert_int_eq(architecture.heads, 12);
    ck_assert_int_eq(architecture.d_ff, 6144);
    ck_assert_double_eq(law.parameters_total, 26.0 * 1536 * 1536 * 12);
    WITHIN(law.parameters_total, 0.736e9, 0.001);
    WITHIN(law.parameters_total, 0.75e9, 0.02);

    evaluate(24576, &architecture, &law);
    ck_assert_int_eq(architecture.layers, 156);
    ck_assert_int_eq(architecture.experts, 32);
    ck_assert_int_eq(architecture.experts_active, 1);
    ck_assert_int_eq(architecture.d_expert, 4 * 24576);
    ck_assert_double_eq(law.parameters_total, 156.0 * 24576 * 24576 * 260);
    WITHIN(law.parameters_total, 24497e9, 0.0001);
    WITHIN(law.parameters_total, 24547e9, 0.02);
    ck_assert_double_eq(law.parameters_active, 12.0 * 156 * 24576 * 24576);
}
END_TEST

/* CarbonScaling 5.1: dense below 1.6B parameters; 12 L h^2 is 1.611e9 at 2,048 and 1.372e9 at 1,920. */
START_TEST(dense_or_mixture_at_the_threshold)
{
    struct cs_architecture architecture;
    struct cs_law law;
    evaluate(1920, &architecture, &law);
    ck_assert_int_eq(architecture.experts, 1);
    ck_assert_double_eq_tol(law.loss, 2.882, 0.0005);
    evaluate(2048, &architecture, &law);
    ck_assert_int_eq(architecture.experts, 3);
    ck_assert_double_eq(law.parameters_active, 12.0 * 32 * 2048 * 2048);
    WITHIN(law.parameters_active, 1.611e9, 0.001);
    ck_assert_double_eq_tol(law.loss, 2.949, 0.0005);
    settings.scaling_law.dense_below_parameters = 12.0 * 32 * 2048 * 2048; /* below it, not at it */
    evaluate(2048, &architecture, &law);
    ck_assert_int_eq(architecture.experts, 3);
    settings.scaling_law.dense_below_parameters = 1.7e9;
    evaluate(2048, &architecture, &law);
    ck_assert_int_eq(architecture.experts, 1);
}
END_TEST

/* Ludziejewski 2024 (arXiv 2402.07871), Table 1's coefficients at a row of Table 2 (64 x 7B, G = 32); by hand
 * (2.1 / 32^.58 + 18.1) / N^.115 = 0.8797, 30.8 / D^.147 = 0.7099, c = .47. The paper prints 2.076: its coefficients
 * are rounded. */
START_TEST(loss_of_a_mixture)
{
    settings.scaling_law.granularity = 32.0;
    const double loss = cs_loss_mixture(&settings.scaling_law, 3.010e11, 137.6e9);
    ck_assert_double_eq_tol(loss, 2.060, 0.0005);
    ck_assert_double_eq_tol(loss, 2.076, 0.023);
}
END_TEST

/* What Eq 2 says without numbers; its floor c is .47 in both rows of the same Table 1. */
START_TEST(loss_falls_with_granularity_size_and_data)
{
    const struct cs_scaling_law *law = &settings.scaling_law;
    const double loss = cs_loss_mixture(law, 3.010e11, 137.6e9);
    ck_assert_double_gt(loss, 2.060);
    ck_assert_double_lt(cs_loss_mixture(law, 6.02e11, 137.6e9), loss);
    ck_assert_double_lt(cs_loss_mixture(law, 3.010e11, 275e9), loss);
    ck_assert_double_eq_tol(cs_loss_mixture(law, 1e300, 1e300), 0.47, 1e-12);
    ck_assert_double_eq_tol(cs_loss_dense(law, 1e300, 1e300), 0.47, 1e-12);
}
END_TEST

/* Same source, the dense row: .47 + 16.3 / (1e9)^.126 + 26.7 / (2e10)^.127 = .47 + 1.19726 + 1.31305. */
START_TEST(loss_of_a_dense_model)
{
    ck_assert_double_eq_tol(cs_loss_dense(&settings.scaling_law, 1e9, 2e10), 2.98031, 1e-5);
}
END_TEST

/* Two experts are a mixture: N = 32 * 2048^2 * (4 + 8 * 2) = 2.6844e9 and D = 20 * 12 * 32 * 2048^2 = 3.2212e10 give
 * .47 + (2.1 / 1 + 18.1) / 12.1427 + .87876 = 3.01231; the dense row would give 2.763. */
START_TEST(loss_of_two_experts)
{
    struct cs_architecture architecture;
    struct cs_law law;
    cs_architecture_from_d_model(&settings.scaling_law, 2048, &architecture);
    architecture.experts = 2;
    cs_law_evaluate(&settings.scaling_law, &settings.training, &architecture, true, 0.0, &law);
    ck_assert_double_eq_tol(law.loss, 3.01231, 1e-5);
}
END_TEST

static double batch_by(enum cs_batch_law law, double tokens, double compute)
{
    settings.scaling_law.batch_law = (int32_t)law;
    return cs_critical_batch_tokens(&settings.scaling_law, tokens, compute);
}

/* By hand. Step Law (arXiv 2503.04715), of D = 1e12 tokens: 0.58 * 10^(12 * .571) = 0.58 * 10^6.852 = 4.1251e6; of D =
 * 1.56e13 (Llama 3.1 405B, which ran 16M tokens): 0.58 * e^(.571 * 30.3783) = 19.80e6. DeepSeek LLM (arXiv 2401.02954),
 * of C = 1e20: 0.2920 * 10^(20 * .3271) = 0.2920 * 10^6.542 = 1.0172e6. */
START_TEST(critical_batch_by_law)
{
    ck_assert_int_eq(settings.scaling_law.batch_law, CS_BATCH_LAW_STEP); /* the default */
    WITHIN(batch_by(CS_BATCH_LAW_STEP, 1e12, 1.0), 4.1251e6, 1e-4);
    WITHIN(batch_by(CS_BATCH_LAW_STEP, 1.56e13, 1.0), 19.80e6, 1e-3);
    WITHIN(batch_by(CS_BATCH_LAW_DEEPSEEK, 1.0, 1e20), 1.0172e6, 1e-4);
    settings.scaling_law.step_batch_tokens = 1.16;
    settings.scaling_law.step_batch_exponent = 0.5;
    ck_assert_double_eq(batch_by(CS_BATCH_LAW_STEP, 1e12, 1.0), 1.16e6);
    settings.scaling_law.deepseek_batch_tokens = 2.0;
    settings.scaling_law.deepseek_batch_exponent = 0.25;
    ck_assert_double_eq(batch_by(CS_BATCH_LAW_DEEPSEEK, 1.0, 1e20), 2e5);
    /* Neither reads what belongs to custom. */
    settings.scaling_law.critical_batch_tokens = 1.0;
    ck_assert_double_eq(batch_by(CS_BATCH_LAW_ML_PAR_SIM, 1.0, 1e25), 4194304.0);
    ck_assert_double_eq(batch_by(CS_BATCH_LAW_CUSTOM, 1.0, 1e25), 1.0);
}
END_TEST

/* Nearest in the logarithm: 13.33 (d_model 10,240 over 768) lies between 8 and 16, whose mean in the logarithm is
 * 11.31; 32 stays; 5.5 goes to 4 (the mean of 4 and 8 is 5.66) and 5.7 to 8; fewer than experts_minimum never. */
START_TEST(experts_as_a_power_of_two)
{
    static const struct {
        double d_model, minimum, experts;
    } rows[] = {{10240, 2, 16}, {24576, 2, 32},    {5.5 * 768, 2, 4}, {5.7 * 768, 2, 8},
                {2048, 2, 2},   {2.9 * 768, 2, 4}, {100, 2, 2},       {100, 1, 1},
                {2048, 5, 8},   {12 * 768, 2, 16}, {11 * 768, 2, 8},  {1e6, 2, 1024.0}};
    settings.scaling_law.experts_power_of_two = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        settings.scaling_law.experts_minimum = (int64_t)rows[i].minimum;
        ck_assert_double_eq(cs_experts_of_d_model(&settings.scaling_law, rows[i].d_model), rows[i].experts);
    }
}
END_TEST

/* davidsj/ml_par_sim: 2048 * 2048 tokens * (C / 1e25)^(1/6); sequences of 2,048 at five sizes of run, by hand. */
START_TEST(critical_batch)
{
    static const struct {
        double compute;
        int sequences;
    } rows[] = {{2.2e21, 503}, {1e24, 1395}, {1e25, 2048}, {1e26, 3006}, {1e28, 6476}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double tokens = batch_by(CS_BATCH_LAW_ML_PAR_SIM, 1.0, rows[i].compute);
        ck_assert_double_eq_tol(tokens / 2048.0, rows[i].sequences, 1.0);
        WITHIN(batch_by(CS_BATCH_LAW_CUSTOM, 1.0, rows[i].compute), tokens, 1e-12); /* custom's defaults are its */
    }
    /* The aggressive option grows by ten each time compute grows by a thousand. */
    settings.scaling_law.critical_batch_exponent = 1.0 / 3.0;
    ck_assert_double_eq(batch_by(CS_BATCH_LAW_CUSTOM, 1.0, 1e25), 4194304.0);
    WITHIN(batch_by(CS_BATCH_LAW_CUSTOM, 1.0, 1e28), 41943040.0, 1e-9);
}
END_TEST

/* 20 tokens a parameter (Hoffmann 2022, arXiv 2203.15556) and 6 N D; 89 layers and 13 experts at 10,240 by hand. */
START_TEST(tokens_compute_and_batch_of_a_run)
{
    struct cs_architecture architecture;
    struct cs_law law;
    evaluate(10240, &architecture, &law);
    ck_assert_int_eq(architecture.layers, 89);
    ck_assert_int_eq(architecture.experts, 13);
    const double active = 12.0 * 89 * 10240 * 10240;
    ck_assert_double_eq(law.parameters_active, active);
    ck_assert_double_eq(law.parameters_total, 89.0 * 10240 * 10240 * (4 + 8 * 13));
    ck_assert_double_eq(law.tokens, 20.0 * active);
    ck_assert_double_eq(law.compute, 120.0 * active * active);
    ck_assert_int_eq(law.critical_sequences, (int64_t)floor(law.critical_batch / 2048.0));

    settings.training.tokens_basis = CS_TOKENS_TOTAL;
    evaluate(10240, &architecture, &law);
    ck_assert_double_eq(law.tokens, 20.0 * law.parameters_total);
    cs_law_evaluate(&settings.scaling_law, &settings.training, &architecture, true, 1e12, &law);
    ck_assert_double_eq(law.tokens, 1e12);
    ck_assert_double_eq(law.compute, 6.0 * active * 1e12);
    cs_law_evaluate(&settings.scaling_law, &settings.training, &architecture, true, 1.0, &law);
    ck_assert_double_eq(law.tokens, 1.0); /* any number above 0 is a given one */
}
END_TEST

/* Sizes that no machine will see stay finite and in range. */
START_TEST(extremes_stay_finite)
{
    struct cs_architecture architecture;
    struct cs_law law;
    static const int64_t sizes[] = {1, 2, 64, 1000000000, 4000000000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        evaluate(sizes[i], &architecture, &law);
        ck_assert_int_ge(architecture.layers, 1);
        ck_assert_int_ge(architecture.heads, 1);
        ck_assert_int_ge(architecture.d_ff, 1);
        ck_assert(isfinite(law.loss) && isfinite(law.compute) && isfinite(law.critical_batch));
        ck_assert_int_ge(law.critical_sequences, 0);
    }
    /* Counts end at 2^53, where a double still holds each: 1e3 * 4e13 of a feed-forward. The batch, of 1e18 tokens that
     * the square of compute multiplies, ends at 2^30 sequences. */
    settings.scaling_law.ffn_multiple = 1e3;
    settings.scaling_law.batch_law = CS_BATCH_LAW_CUSTOM;
    settings.scaling_law.critical_batch_tokens = 1e18;
    settings.scaling_law.critical_batch_exponent = 2.0;
    evaluate(40000000000000, &architecture, &law);
    ck_assert_int_eq(architecture.d_ff, INT64_C(9007199254740992));
    ck_assert_int_eq(law.critical_sequences, INT64_C(1073741824));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scaling_law");
    TCase *cases = tcase_create("scaling_law");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, parameters_at_the_endpoints);
    tcase_add_test(cases, dense_or_mixture_at_the_threshold);
    tcase_add_test(cases, loss_of_a_mixture);
    tcase_add_test(cases, loss_falls_with_granularity_size_and_data);
    tcase_add_test(cases, loss_of_a_dense_model);
    tcase_add_test(cases, loss_of_two_experts);
    tcase_add_test(cases, critical_batch_by_law);
    tcase_add_test(cases, experts_as_a_power_of_two);
    tcase_add_test(cases, critical_batch);
    tcase_add_test(cases, tokens_compute_and_batch_of_a_run);
    tcase_add_test(cases, extremes_stay_finite);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
