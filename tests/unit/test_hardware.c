/* SPDX-License-Identifier: BSD-3-Clause */
/* Peaks by number format and the projection over years (CarbonScaling, arXiv 2508.06524v2, Table 2). */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "cs_sweep/hardware.h"
#include "suite.h"

static struct cs_settings settings;
static struct cs_device device;

static void setup(void)
{
    cs_settings_default(&settings);
    device = (struct cs_device){
        .name = "sample",
        .peak_flops = 1980e12,
        .int8_multiplier = 2.0,
        .fp8_multiplier = 1.5,
        .hbm_capacity = 192.0 * 1073741824.0,
        .hbm_nominal_gb = 192.0,
        .hbm_bandwidth = 8200e9,
        .hbm_efficiency = 0.8,
        .sram_bytes = 100.0,
        .units = 148.0,
        .clock = 1.6e9,
        .launch = 5e-6,
        .link_bandwidth = 1800e9,
        .link_latency = 3e-6,
        .in_switch_bandwidth = 475e9,
        .domain = 8.0,
        .scale_out_bandwidth = 50e9,
        .scale_out_latency = 1e-5,
        .tdp = 700.0,
        .die_area = 1600e-6,
        .node_nm = 4.0,
        .devices_per_server = 8.0,
        .server_power = 4600.0,
        .tile_count = 1,
        .tiles = {{128.0, 256.0, 0.9}},
    };
}

START_TEST(peak_by_number_format)
{
    ck_assert_double_eq(cs_device_peak(&device, CS_FORMAT_BF16), 1980e12);
    ck_assert_double_eq(cs_device_peak(&device, CS_FORMAT_INT8), 3960e12);
    ck_assert_double_eq(cs_device_peak(&device, CS_FORMAT_FP8), 2970e12);
    struct cs_precision precision;
    cs_precision_bf16(&precision);
    ck_assert_int_eq(precision.format, CS_FORMAT_BF16);
    ck_assert_double_eq(precision.weight_bytes, 2.0);
    ck_assert_double_eq(precision.activation_bytes, 2.0);
    ck_assert_double_eq(precision.dispatch_bytes, 2.0);
    ck_assert_double_eq(precision.gradient_communication_bytes, 0.0); /* as training.gradient_bytes */
    ck_assert_double_eq(precision.communication_bytes, 2.0);
}
END_TEST

/* Table 2's rates to the powers 5 and 10, by hand: 1.3^5 = 3.71293, 1.4^5 = 5.37824, 1.05^5 = 1.27628, 1.25^5 =
 * 3.05176, 1.24^5 = 2.93163, 1.11^5 = 1.68506, 1.03^5 = 1.15927. */
START_TEST(projected_by_five_years)
{
    struct cs_device later;
    cs_device_project(&device, &settings.projection, 5.0, &later);
    WITHIN(later.peak_flops, 1980e12 * 3.71293, 1e-6);
    WITHIN(later.clock, 1.6e9 * 3.71293, 1e-6);
    WITHIN(later.sram_bytes, 100.0 * 5.37824, 1e-6);
    WITHIN(later.die_area, 1600e-6 * 1.2762815625, 1e-9);
    WITHIN(later.hbm_bandwidth, 8200e9 * 3.0517578125, 1e-9);
    WITHIN(later.hbm_capacity, 192.0 * 1073741824.0 * 2.9316250624, 1e-9);
    WITHIN(later.hbm_nominal_gb, 192.0 * 2.9316250624, 1e-9);
    WITHIN(later.link_bandwidth, 1800e9 * 1.6850581551, 1e-9);
    WITHIN(later.in_switch_bandwidth, 475e9 * 1.6850581551, 1e-9);
    WITHIN(later.scale_out_bandwidth, 50e9 * 1.6850581551, 1e-9);
    WITHIN(later.tdp, 700.0 * 1.1592740743, 1e-9);
}
END_TEST

START_TEST(projected_by_ten_years)
{
    struct cs_device later;
    cs_device_project(&device, &settings.projection, 10.0, &later);
    WITHIN(later.peak_flops, 1980e12 * 13.7858, 1e-5);
    WITHIN(later.hbm_nominal_gb, 192.0 * 8.5944, 1e-4);
    WITHIN(later.hbm_bandwidth, 8200e9 * 9.3132, 1e-4);
    WITHIN(later.link_bandwidth, 1800e9 * 2.8394, 1e-4);
}
END_TEST

/* What no table names stays; so does everything at year 0. */
START_TEST(what_a_projection_leaves_alone)
{
    struct cs_device later;
    cs_device_project(&device, &settings.projection, 7.0, &later);
    ck_assert_double_eq(later.units, device.units);
    ck_assert_double_eq(later.launch, device.launch);
    ck_assert_double_eq(later.link_latency, device.link_latency);
    ck_assert_double_eq(later.scale_out_latency, device.scale_out_latency);
    ck_assert_double_eq(later.domain, device.domain);
    ck_assert_double_eq(later.server_power, device.server_power);
    ck_assert_double_eq(later.node_nm, device.node_nm);
    ck_assert_double_eq(later.hbm_efficiency, device.hbm_efficiency);
    ck_assert_double_eq(later.int8_multiplier, device.int8_multiplier);
    ck_assert_double_eq(later.tiles[0].m, device.tiles[0].m);
    ck_assert_str_eq(later.name, device.name);

    cs_device_project(&device, &settings.projection, 0.0, &later);
    ck_assert_double_eq(later.peak_flops, device.peak_flops);
    ck_assert_double_eq(later.hbm_capacity, device.hbm_capacity);
    ck_assert_double_eq(later.tdp, device.tdp);
    ck_assert_double_eq(later.link_bandwidth, device.link_bandwidth);
}
END_TEST

/* Exact values: 0.5642, 1.0294, 1.4236, 2.0697 and 2.5076 (Harter 1961, Biometrika 48, 151). */
START_TEST(the_largest_of_a_few_draws)
{
    static const double rows[][2] = {{2.0, 0.5642}, {4.0, 1.0294}, {8.0, 1.4236}, {32.0, 2.0697}, {100.0, 2.5076}};
    ck_assert_double_eq(cs_largest_of(1.0), 0.0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        WITHIN(cs_largest_of(rows[i][0]), rows[i][1], 0.045);
        ck_assert_double_lt(cs_largest_of(rows[i][0]), cs_largest_of(rows[i][0] + 1.0));
    }
    WITHIN(cs_largest_of(exp(1.0)), 0.759, 1e-12);
}
END_TEST

/* Expected largest of N normal draws, by the expansion: 1.23929 at 8, 3.50870 at 4,096 (the exact values are 1.4236 and
 * 3.54). */
START_TEST(the_slowest_of_many_devices)
{
    device.speed_spread = 0.02;
    ck_assert_double_eq(cs_device_slowest(&device, 1.0), 1.0);
    WITHIN(cs_device_slowest(&device, 8.0) - 1.0, 0.02 * 1.2392875812, 1e-9);
    WITHIN(cs_device_slowest(&device, 4096.0) - 1.0, 0.02 * 3.5087002648, 1e-9);
    double last = 1.0;
    for (int64_t devices = 2; devices < 1000000000; devices += devices / 10 + 1) {
        const double now = cs_device_slowest(&device, (double)devices);
        ck_assert_double_gt(now, last);
        last = now;
    }
    device.speed_spread = 0.0;
    ck_assert_double_eq(cs_device_slowest(&device, 4096.0), 1.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hardware");
    TCase *cases = tcase_create("hardware");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, peak_by_number_format);
    tcase_add_test(cases, projected_by_five_years);
    tcase_add_test(cases, projected_by_ten_years);
    tcase_add_test(cases, what_a_projection_leaves_alone);
    tcase_add_test(cases, the_largest_of_a_few_draws);
    tcase_add_test(cases, the_slowest_of_many_devices);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
