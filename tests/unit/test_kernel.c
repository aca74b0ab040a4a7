/* SPDX-License-Identifier: BSD-3-Clause */
/* Kernel times against hand-computed numbers and SCALE-Sim v2's cycle counts. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "model/kernels.h"
#include "sample.h"
#include "suite.h"

static struct cs_device gpu, tpu;

static void setup(void)
{
    sample_gpu(&gpu);
    sample_tpu(&tpu);
}

static struct cs_gemm product(double m, double n, double k)
{
    return (struct cs_gemm){
        .m = m, .n = n, .k = k, .batch = 1.0, .a_bytes = 2.0, .b_bytes = 2.0, .c_bytes = 2.0, .format = CS_FORMAT_BF16};
}

/* Three runs of SCALE-Sim v2 on a 32 x 32 array, M x N x K, weight-stationary: 64, 32 and 35 folds. Each fold there
 * waits 32 cycles for its weights; with double-buffered weights only the first does. */
START_TEST(systolic_cycles)
{
    ck_assert_double_eq(cs_systolic_cycles(256, 256, 256, 32, 32), 22399 - 63 * 32);
    ck_assert_double_eq(cs_systolic_cycles(512, 256, 128, 32, 32), 19391 - 31 * 32);
    ck_assert_double_eq(cs_systolic_cycles(96, 160, 200, 32, 32), 6649 - 34 * 32);
    /* What does not fill the array costs a fold too: 7 x 6 and 8 x 8 of them. */
    ck_assert_double_eq(cs_systolic_cycles(96, 161, 201, 32, 32), 42 * (96 + 62) + 31);
    ck_assert_double_eq(cs_systolic_cycles(256, 250, 250, 32, 32), 64 * (256 + 62) + 31);
}
END_TEST

/* 10 x 10 tiles of 128 are one wave of 100 units: 100 * 2 * 128^2 * 1000 / 50 TFLOP/s = 65.536 us, and 1 us. */
START_TEST(gemm_waves)
{
    struct cs_gemm gemm = product(1280, 1280, 1000);
    struct cs_kernel_time time = cs_gemm_time(&gpu, &gemm);
    WITHIN(time.seconds, 66.536e-6, 1e-12);
    ck_assert_double_eq(time.flops, 2.0 * 1280 * 1280 * 1000);
    ck_assert_int_eq(time.bound, CS_BOUND_COMPUTE);
    gemm.m = 1408; /* 110 tiles: a second wave */
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 132.072e-6, 1e-12);
    gpu.wave_loss = 0.5; /* 1.1 + half of the missing 0.9 waves */
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 1.55 * 65.536e-6, 1e-12);
    gemm.m = 1280;
    gpu.k_ramp = 100.0;
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 1.1 * 65.536e-6, 1e-12);
    gemm.format = CS_FORMAT_FP8;
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 0.55 * 65.536e-6, 1e-12);
    gpu.sustained_8bit = 0.25;
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 1.1 * 65.536e-6, 1e-12);
}
END_TEST

/* Measured kernels are alone on the device; inside a step they take longer, and a power limit lowers their clock. What
 * only moves bytes knows neither. */
START_TEST(a_power_limit_lowers_the_clock)
{
    struct cs_gemm gemm = product(1280, 1280, 1000);
    const struct cs_attention_shape shape = {
        .batch = 1, .heads = 100, .queries = 1024, .keys = 1024, .context = 1024, .d_qk = 128, .d_v = 128};
    gpu.fused2_forward = 0.5;
    const double attention = cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &shape, false).seconds - 1e-6;
    const double stream = cs_stream_time(&gpu, 1e9).seconds;
    gpu.step_drag = 0.25;
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 1.25 * 65.536e-6, 1e-12);
    WITHIN(cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &shape, false).seconds, 1e-6 + 1.25 * attention, 1e-12);
    gpu.step_drag = 0.0;
    gpu.tdp = 500.0, gpu.static_power = 200.0, gpu.clock_exponent = 2.8;
    ck_assert_double_eq(cs_activity_clock(&gpu, CS_ACTIVITY_PRODUCT), 1.0); /* a device that states no power */
    ck_assert_double_eq(cs_activity_power(&gpu, CS_ACTIVITY_PRODUCT), 0.0);
    gpu.product_power = 300.0;
    ck_assert_double_eq(cs_activity_clock(&gpu, CS_ACTIVITY_PRODUCT), 1.0); /* just within the limit */
    ck_assert_double_eq(cs_activity_power(&gpu, CS_ACTIVITY_PRODUCT), 500.0);
    gpu.product_power = 600.0;
    const double clock = pow(0.5, 1.0 / 2.8);
    WITHIN(cs_activity_clock(&gpu, CS_ACTIVITY_PRODUCT), clock, 1e-12);
    WITHIN(cs_activity_power(&gpu, CS_ACTIVITY_PRODUCT), 500.0, 1e-12);
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 65.536e-6 / clock, 1e-12);
    WITHIN(cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &shape, false).seconds, 1e-6 + attention / clock, 1e-12);
    ck_assert_double_eq(cs_stream_time(&gpu, 1e9).seconds, stream);
    gpu.attention_power = 200.0, gpu.product_8bit_power = 900.0;
    ck_assert_double_eq(cs_activity_clock(&gpu, CS_ACTIVITY_ATTENTION), 1.0);
    WITHIN(cs_activity_power(&gpu, CS_ACTIVITY_ATTENTION), 400.0, 1e-12);
    gemm.format = CS_FORMAT_FP8;
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 0.5 * 65.536e-6 / pow(1.0 / 3.0, 1.0 / 2.8), 1e-12);
    gpu.tdp = 150.0; /* below what the device draws at rest: the clock does not stop */
    ck_assert_double_eq(cs_activity_clock(&gpu, CS_ACTIVITY_PRODUCT), 0.1);
}
END_TEST

/* In later years the limit and what is drawn grow alike, so that the clock stays. */
START_TEST(the_clock_stays_over_the_years)
{
    struct cs_settings settings;
    struct cs_device later;
    cs_settings_default(&settings);
    gpu.tdp = 500.0, gpu.static_power = 200.0, gpu.product_power = 600.0, gpu.attention_power = 500.0;
    gpu.product_8bit_power = 700.0, gpu.clock_exponent = 2.8;
    cs_device_project(&gpu, &settings.projection, 7.0, &later);
    for (enum cs_activity activity = CS_ACTIVITY_PRODUCT; activity <= CS_ACTIVITY_ATTENTION; activity++) {
        WITHIN(cs_activity_clock(&later, activity), cs_activity_clock(&gpu, activity), 1e-12);
        WITHIN(cs_activity_power(&later, activity), 500.0 * pow(settings.projection.tdp, 7.0), 1e-12);
    }
}
END_TEST

/* What starts and ends a kernel counts more where there are few keys. */
START_TEST(attention_over_few_keys)
{
    const struct cs_attention_shape shape = {
        .batch = 1, .heads = 100, .queries = 1024, .keys = 1024, .context = 1e12, .d_qk = 128, .d_v = 128};
    gpu.fused2_forward = 0.5;
    const double plain = cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &shape, false).seconds - 1e-6;
    gpu.attention_ramp = 256.0;
    WITHIN(cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &shape, false).seconds, 1e-6 + 1.25 * plain, 1e-12);
}
END_TEST

START_TEST(gemm_picks_the_better_tile)
{
    const struct cs_gemm gemm = product(64, 6400, 1000);
    gpu.tiles[1] = (struct cs_tile){64.0, 64.0, 0.8};        /* 100 tiles: 100 * 2 * 64^2 * 1000 / 40 TFLOP/s */
    const double coarse = cs_gemm_time(&gpu, &gemm).seconds; /* 50 tiles of 128 rows, half of each empty */
    gpu.tile_count = 2;                                      /* until here the device has the first only */
    WITHIN(coarse, 66.536e-6, 1e-12);
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 20.48e-6, 1e-12);
}
END_TEST

/* One tile leaves 99 units idle: K = 10,240 is split into 10 parts of 1,024. */
START_TEST(gemm_splits_depth)
{
    const struct cs_gemm gemm = product(128, 128, 10240);
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 0.1 * 100.0 * 2.0 * 128 * 128 * 10240 / 50e12, 1e-12);
}
END_TEST

/* 2 * (1280 * 1000 * 2) + 2 * 1280^2 = 8,396,800 B at 50 GB/s. */
START_TEST(gemm_memory_bound)
{
    const struct cs_gemm gemm = product(1280, 1280, 1000);
    gpu.hbm_bandwidth = 100e9;
    gpu.hbm_efficiency = 0.5;
    const struct cs_kernel_time time = cs_gemm_time(&gpu, &gemm);
    WITHIN(time.seconds, 1e-6 + 167.936e-6, 1e-12);
    WITHIN(time.bytes, 8396800.0, 1e-12);
    ck_assert_int_eq(time.bound, CS_BOUND_MEMORY);
    WITHIN(cs_stream_time(&gpu, 5e6).seconds, 101e-6, 1e-12);
    ck_assert_int_eq(cs_stream_time(&gpu, 1.0).bound, CS_BOUND_LAUNCH);
    ck_assert_int_eq(cs_stream_time(&tpu, 0.0).bound, CS_BOUND_COMPUTE); /* no launch bounds it, no memory */
}
END_TEST

/* A group of 4 products of 1280 rows is 400 tiles, 4 waves; M0 = 256 of 1,280 rows adds a fifth. */
START_TEST(grouped_gemm)
{
    struct cs_gemm gemm = product(1280, 1280, 1000);
    gemm.batch = 4.0;
    gemm.grouped = true;
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 4.0 * 65.536e-6, 1e-12);
    gpu.grouped_ramp = 256.0;
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 1e-6 + 4.8 * 65.536e-6, 1e-12);
    gemm.m = 128; /* 40 tiles in less than a wave, three times as long; fewer rows fill the same tiles */
    const double full = cs_gemm_time(&gpu, &gemm).seconds;
    WITHIN(full, 1e-6 + 3.0 * 65.536e-6, 1e-12);
    gemm.m = 1;
    ck_assert_double_eq(cs_gemm_time(&gpu, &gemm).seconds, full);
}
END_TEST

/* 1,024^3 on 8 arrays of 128 x 128: one column fold each, 8 row folds of 1,024 + 254 cycles, 127 to load the first. */
START_TEST(gemm_on_arrays)
{
    struct cs_gemm gemm = product(1024, 1024, 1024);
    WITHIN(cs_gemm_time(&tpu, &gemm).seconds, (8 * 1278 + 127) / 1.05e9, 1e-12);
    gemm.n = 256; /* 2 folds of columns: 4 arrays share the rows of each, 256 rows */
    const double rows_split = 8 * (256 + 254) + 127;
    /* held the other way, 8 folds of 128 over M with N = 256 streaming: the same count */
    WITHIN(cs_gemm_time(&tpu, &gemm).seconds, rows_split / 1.05e9, 1e-12);
    tpu.sustained = 0.8;
    WITHIN(cs_gemm_time(&tpu, &gemm).seconds, rows_split / 1.05e9 / 0.8, 1e-12);
}
END_TEST

/* Three products of 1,000 x 300 x 500: held one way, 3 folds of columns each and 9 on 8 arrays, so 2 for the busiest;
 * held the other, 24, so 3 for each: 4 row folds of them, 300 + 254 cycles each. Groups of 1,000 rows. */
START_TEST(grouped_gemm_on_arrays)
{
    struct cs_gemm gemm = product(1000, 300, 500);
    gemm.batch = 3.0;
    gemm.a_bytes = 1.0;
    gemm.c_bytes = 4.0;
    tpu.k_ramp = 100.0;
    tpu.grouped_ramp = 50.0;
    const double seconds = (4 * 3 * 554 + 127) / 1.05e9 * 1.2;
    struct cs_kernel_time time = cs_gemm_time(&tpu, &gemm);
    WITHIN(time.seconds, seconds, 1e-12);
    ck_assert_double_eq(time.flops, 3.0 * 2.0 * 1000 * 300 * 500);
    ck_assert_double_eq(time.bytes, 3.0 * (1.0 * 1000 * 500 + 2.0 * 500 * 300 + 4.0 * 1000 * 300));
    gemm.grouped = true;
    WITHIN(cs_gemm_time(&tpu, &gemm).seconds, seconds * 1.05, 1e-12);
    /* One fold of columns: 8 arrays share 1,001 rows, 126 for the busiest. */
    gemm = product(1001, 128, 128);
    tpu.k_ramp = 0.0;
    WITHIN(cs_gemm_time(&tpu, &gemm).seconds, (126 + 254 + 127) / 1.05e9, 1e-12);
    /* Of sizes that no double holds to the unit, tiles are taken as they come. */
    gemm = product(1e18, 1048576.0, 1048576.0);
    WITHIN(cs_gemm_time(&gpu, &gemm).seconds, 2e18 * 0x1p40 / 50e12, 1e-9);
}
END_TEST

static struct cs_attention_shape shape(double keys)
{
    return (struct cs_attention_shape){
        .batch = 1, .heads = 8, .queries = 1024, .keys = keys, .context = 1024, .d_qk = 128, .d_v = 128};
}

/* 8 heads of 8 query blocks are 64 of 100 units. Half of the scores and half of the 128-wide diagonal: .5625. */
START_TEST(fused_attention)
{
    const struct cs_attention_shape whole = shape(1024);
    const double flops = 2.0 * 8 * 1024 * 1024 * 256 * 0.5625;
    struct cs_kernel_time time = cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &whole, false);
    WITHIN(time.flops, flops, 1e-12);
    WITHIN(time.seconds, 1e-6 + flops / 50e12 * (100.0 / 64.0), 1e-12);
    time = cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &whole, true);
    WITHIN(time.flops, 2.5 * flops, 1e-12);
    WITHIN(time.seconds, 1e-6 + 2.5 * flops / 25e12 * (100.0 / 64.0), 1e-12);
    /* 1,000 queries are 8 blocks of a head too, the last not full. */
    struct cs_attention_shape fewer = whole;
    fewer.queries = 1000.0;
    WITHIN(cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &fewer, false).seconds,
           1e-6 + flops * 1000.0 / 1024.0 / 50e12 * (100.0 / 64.0), 1e-12);
    /* A window of 256 of 1,024: all but an eighth of its scores, and the diagonal. */
    const struct cs_attention_shape window = shape(256);
    WITHIN(cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &window, false).flops,
           2.0 * 8 * 1024 * 256 * 256 * (1.0 - 0.125 + 0.0625), 1e-12);
    /* Of one that is narrower than a block nothing is skipped. */
    const struct cs_attention_shape narrower = shape(64);
    WITHIN(cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &narrower, false).flops, 2.0 * 8 * 1024 * 64 * 256, 1e-12);
    /* Heads of 64: softmax is a quarter at 128 and does not shrink, so the share of time per FLOP is 1.25. */
    struct cs_attention_shape narrow = whole;
    narrow.d_qk = narrow.d_v = 64;
    WITHIN(cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &narrow, false).seconds,
           1e-6 + 0.5 * flops * 1.25 / 50e12 * (100.0 / 64.0), 1e-12);
}
END_TEST

START_TEST(an_older_attention_kernel_serves_where_the_newer_is_missing)
{
    const struct cs_attention_shape whole = shape(1024);
    const double second = cs_attention_time(&gpu, CS_ATTENTION_FUSED2, &whole, false).seconds;
    ck_assert_double_eq(cs_attention_time(&gpu, CS_ATTENTION_FUSED3, &whole, false).seconds, second);
    ck_assert(cs_attention_is_fused(&gpu, CS_ATTENTION_FUSED3));
    ck_assert(!cs_attention_is_fused(&gpu, CS_ATTENTION_FUSED1)); /* the sample has no first generation */
    ck_assert(!cs_attention_is_fused(&gpu, CS_ATTENTION_UNFUSED));
    struct cs_device first = gpu; /* one that has the first generation only */
    first.fused1_forward = 0.4;
    first.fused2_forward = 0.0;
    const double early = cs_attention_time(&first, CS_ATTENTION_FUSED1, &whole, false).seconds;
    ck_assert_double_lt(early, cs_attention_time(&first, CS_ATTENTION_UNFUSED, &whole, false).seconds);
    ck_assert_double_eq(cs_attention_time(&first, CS_ATTENTION_FUSED2, &whole, false).seconds, early);
    ck_assert_double_eq(cs_attention_time(&first, CS_ATTENTION_FUSED3, &whole, false).seconds, early);
    struct cs_device third = gpu; /* one that has the third generation only */
    third.fused3_forward = third.fused2_forward;
    third.fused2_forward = 0.0;
    ck_assert(cs_attention_is_fused(&third, CS_ATTENTION_FUSED3));
    ck_assert(!cs_attention_is_fused(&third, CS_ATTENTION_FUSED2));
    ck_assert_double_eq(cs_attention_time(&gpu, CS_ATTENTION_FUSED1, &whole, false).seconds,
                        cs_attention_time(&gpu, CS_ATTENTION_UNFUSED, &whole, false).seconds);
}
END_TEST

/* Left to itself a problem takes the newest generation that its device has. */
START_TEST(the_newest_attention_kernel_is_taken)
{
    static const struct {
        double first, second, third;
        enum cs_attention_kernel kernel;
    } rows[] = {{0.0, 0.0, 0.0, CS_ATTENTION_UNFUSED}, {0.4, 0.0, 0.0, CS_ATTENTION_FUSED1},
                {0.0, 0.5, 0.0, CS_ATTENTION_FUSED2},  {0.4, 0.5, 0.0, CS_ATTENTION_FUSED2},
                {0.4, 0.5, 0.6, CS_ATTENTION_FUSED3},  {0.0, 0.0, 0.6, CS_ATTENTION_FUSED3}};
    struct cs_problem sample, problem;
    sample_problem(&sample);
    sample.training.attention_kernel = CS_ATTENTION_AUTO;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sample.device.fused1_forward = rows[i].first;
        sample.device.fused2_forward = rows[i].second;
        sample.device.fused3_forward = rows[i].third;
        cs_problem_init(&problem, &sample.architecture, &sample.law, &sample.device, &sample.precision,
                        &sample.training);
        ck_assert_int_eq((int)problem.stack.kernel, (int)rows[i].kernel);
    }
}
END_TEST

/* Unfused kernels skip nothing: two products of 2 s^2 d each, four backward; scores pass 9 and 11 B more. */
START_TEST(unfused_attention)
{
    const struct cs_attention_shape whole = shape(1024);
    const double flops = 4.0 * 8 * 1024 * 1024 * 128;
    const struct cs_kernel_time forward = cs_attention_time(&gpu, CS_ATTENTION_UNFUSED, &whole, false);
    const struct cs_kernel_time backward = cs_attention_time(&gpu, CS_ATTENTION_UNFUSED, &whole, true);
    WITHIN(forward.flops, flops, 1e-12);
    WITHIN(backward.flops, 2.0 * flops, 1e-12);
    const double scores = 8.0 * 1024 * 1024;
    const double products = 8.0 * 2.0 * (2.0 * 1024 * 128 + 1024 * 1024) + 8.0 * 2.0 * (2.0 * 1024 * 128 + 1024 * 1024);
    WITHIN(forward.bytes, products + 9.0 * scores, 1e-12);
    WITHIN(backward.bytes, 2.0 * products + 11.0 * scores, 1e-12);
    ck_assert_int_eq((int)forward.bound, CS_BOUND_COMPUTE); /* passes take far less than the products */
    gpu.hbm_bandwidth = 1e12;
    const double slower = cs_attention_time(&gpu, CS_ATTENTION_UNFUSED, &whole, false).seconds;
    ck_assert_double_gt(slower, forward.seconds);
    WITHIN(slower - forward.seconds, 9.0 * scores / 1e12, 0.02);
    gpu.hbm_bandwidth = 1e10; /* and here they take most of it */
    ck_assert_int_eq((int)cs_attention_time(&gpu, CS_ATTENTION_UNFUSED, &whole, false).bound, CS_BOUND_MEMORY);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel");
    TCase *cases = tcase_create("kernel");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, systolic_cycles);
    tcase_add_test(cases, gemm_waves);
    tcase_add_test(cases, a_power_limit_lowers_the_clock);
    tcase_add_test(cases, the_clock_stays_over_the_years);
    tcase_add_test(cases, attention_over_few_keys);
    tcase_add_test(cases, gemm_picks_the_better_tile);
    tcase_add_test(cases, gemm_splits_depth);
    tcase_add_test(cases, gemm_memory_bound);
    tcase_add_test(cases, grouped_gemm);
    tcase_add_test(cases, gemm_on_arrays);
    tcase_add_test(cases, grouped_gemm_on_arrays);
    tcase_add_test(cases, fused_attention);
    tcase_add_test(cases, an_older_attention_kernel_serves_where_the_newer_is_missing);
    tcase_add_test(cases, the_newest_attention_kernel_is_taken);
    tcase_add_test(cases, unfused_attention);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
