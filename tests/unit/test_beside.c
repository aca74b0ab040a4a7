/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told beside carbon: the grid in the year of the hardware, cost, water. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "cs_sweep/carbon.h"
#include "suite.h"

static const double kwh = 3.6e6; /* J */

static struct cs_settings settings;
static struct cs_device b100;
static struct cs_carbon_inputs inputs;

static void use(const struct cs_device *device, double years)
{
    cs_carbon_inputs_init(device, device, &settings, years, &inputs);
}

static void setup(void)
{
    cs_settings_default(&settings);
    b100 = (struct cs_device){.peak_flops = 1980e12,
                              .hbm_nominal_gb = 192.0,
                              .tdp = 700.0,
                              .static_fraction = 0.80,
                              .dynamic_fraction = 0.33,
                              .dies = 2.0,
                              .die_area = 800e-6,
                              .node_nm = 4.0,
                              .devices_per_server = 8.0,
                              .server_power = 4600.0};
    use(&b100, 0.0);
}

/* By hand: .97^10, .9^10, and evenly to 5% in 25 years. */
START_TEST(grid_scenarios)
{
    struct cs_projection *const grid = &settings.projection;
    ck_assert_double_eq(cs_grid_factor(grid, 0.9, 10.0), 1.0);
    grid->grid_scenario = CS_GRID_RATE;
    WITHIN(cs_grid_factor(grid, 0.9, 10.0), 0.73742, 1e-5);
    grid->grid_scenario = CS_GRID_TREND;
    WITHIN(cs_grid_factor(grid, 0.9, 10.0), 0.34868, 1e-5);
    WITHIN(cs_grid_factor(grid, 0.0, 10.0), 0.73742, 1e-5); /* a region without a trend */
    grid->grid_scenario = CS_GRID_POLICY;
    WITHIN(cs_grid_factor(grid, 0.9, 10.0), 1.0 - 0.95 * 10.0 / 25.0, 1e-12);
    ck_assert_double_eq(cs_grid_factor(grid, 0.9, 40.0), 0.05);
    for (int32_t scenario = CS_GRID_CONSTANT; scenario <= CS_GRID_POLICY; scenario++) {
        grid->grid_scenario = scenario;
        ck_assert_double_eq(cs_grid_factor(grid, 0.9, 0.0), 1.0);
    }
}
END_TEST

/* 10 devices for 1,000 h: rented at $2.50 an hour; or bought at $40,000 for 5 years at 85% use, with their power at 8
 * cents and PUE 1.15. The setting goes before the device's own price, and an hour's before a device's. */
START_TEST(cost_of_a_run)
{
    struct cs_footprint f;
    const double seconds = 1000.0 * 3600.0;
    cs_footprint_of(&inputs, 10, seconds, 0.0, 0.4, &f);
    ck_assert(isnan(f.cost));
    b100.price_usd = 40000.0;
    use(&b100, 0.0);
    cs_footprint_of(&inputs, 10, seconds, 0.0, 0.4, &f);
    const double power = (f.energy + f.energy_servers + f.energy_network) / kwh * 1.15 * 0.08;
    WITHIN(f.cost, 10 * 40000.0 * seconds / (5.0 * 0.85 * 365.0 * 86400.0) + power, 1e-12);
    b100.hour_usd = 2.5;
    use(&b100, 0.0);
    cs_footprint_of(&inputs, 10, seconds, 0.0, 0.4, &f);
    WITHIN(f.cost, 25000.0, 1e-12);
    settings.cost.device_hour_usd = 3.0;
    use(&b100, 0.0);
    cs_footprint_of(&inputs, 10, seconds, 0.0, 0.4, &f);
    WITHIN(f.cost, 30000.0, 1e-12);
}
END_TEST

/* Litres of a kWh of the site: of its cooling and of generation, so PUE counts. */
START_TEST(water_of_a_run)
{
    struct cs_footprint f;
    const struct cs_place place = {.g_per_kwh = 100.0, .pue = 1.2, .l_per_kwh = 0.27 + 3.142};
    cs_footprint_of(&inputs, 16, 3600.0, 0.0, 0.4, &f);
    cs_footprint_at(&place, &f);
    WITHIN(f.water, (f.energy + f.energy_servers + f.energy_network) / kwh * 1.2 * 3.412, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("beside");
    TCase *cases = tcase_create("beside");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, grid_scenarios);
    tcase_add_test(cases, cost_of_a_run);
    tcase_add_test(cases, water_of_a_run);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
