/* SPDX-License-Identifier: BSD-3-Clause */
/* Eq 3 to 5 against the CarbonScaling paper's printed percentages (arXiv 2508.06524v2), BLOOM (Luccioni 2023, arXiv
 * 2211.02001), LLMCarbon, ACT and imec. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "cs_sweep/carbon.h"
#include "suite.h"

static const double kwh = 3.6e6;       /* J */
static const double run = 2160 * 3600; /* s: three months */

static struct cs_settings settings;
static struct cs_device b100, a100;
static struct cs_carbon_inputs inputs;

static void use(const struct cs_device *device, double years)
{
    cs_carbon_inputs_init(device, &settings.power, &settings.carbon, years, &inputs);
}

/* Table 1 of the paper; a DGX H100's host (10.2 kW less 8 x 0.7). */
static void setup(void)
{
    cs_settings_default(&settings);
    b100 = (struct cs_device){.peak_flops = 1980e12,
                              .int8_multiplier = 2.0,
                              .hbm_nominal_gb = 192.0,
                              .tdp = 700.0,
                              .die_area = 1600e-6,
                              .node_nm = 4.0,
                              .devices_per_server = 8.0,
                              .server_power = 4600.0};
    a100 = (struct cs_device){.peak_flops = 312e12,
                              .hbm_nominal_gb = 40.0,
                              .tdp = 400.0,
                              .die_area = 826e-6,
                              .node_nm = 7.0,
                              .devices_per_server = 8.0,
                              .server_power = 3300.0};
    use(&b100, 0.0);
}

/* The named preset under which the paper's percentages come out. */
static void paper(void)
{
    settings.carbon.attribution = CS_ATTRIBUTION_FULL;
    settings.carbon.host = false;
    settings.carbon.overhead_factor = 1.0;
    settings.carbon.pue = 1.1;
    settings.power.server_fraction = 0.0;
    settings.power.static_fraction = 0.70;
}

/* kg of one device's share of a run at utilisation u: devices in proportion to 1 / peak, for the peak given. */
static void device_carbon(const struct cs_device *device, double years, double u, double g_per_kwh, double *operational,
                          double *embodied)
{
    const double devices = 1e18 / device->peak_flops; /* any number: ratios only */
    use(device, years);
    const double energy = cs_device_energy(&inputs, 1, run, u);
    *operational = devices * cs_operational_carbon(energy, cs_pue(&inputs.carbon, 0.0), g_per_kwh);
    *embodied = devices * cs_embodied_charged(&inputs, 1, run);
}

static double total_carbon(double years, double u, double g_per_kwh)
{
    struct cs_device later;
    double operational, embodied;
    cs_device_project(&b100, &settings.projection, years, &later);
    device_carbon(&later, years, u, g_per_kwh, &operational, &embodied);
    return operational + embodied;
}

/* The paper's figures 6 and 7 under its preset, at T = 2,160 h, B100 and three utilisations; per cent, one decimal. */
START_TEST(percentages_printed_in_the_paper)
{
    static const struct {
        double u, share, cleaner, five, ten, five_euv, ten_euv;
    } rows[] = {{.25, 96.8, -79.1, -61.6, -82.4, -53.3, -66.7},
                {.35, 96.7, -79.7, -61.8, -82.6, -53.8, -67.4},
                {.45, 96.5, -80.3, -62.0, -82.9, -54.2, -68.1}};
    paper();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double u = rows[i].u;
        double operational, embodied;
        device_carbon(&b100, 0.0, u, 2.73, &operational, &embodied);
        ck_assert_double_eq_tol(100.0 * embodied / (operational + embodied), rows[i].share, 0.06);
        settings.carbon.cpa_growth_per_year = 0.0;
        const double now = total_carbon(0.0, u, 323.0);
        ck_assert_double_eq_tol(100.0 * (total_carbon(0.0, u, 2.73) / now - 1.0), rows[i].cleaner, 0.06);
        ck_assert_double_eq_tol(100.0 * (total_carbon(5.0, u, 323.0) / now - 1.0), rows[i].five, 0.06);
        ck_assert_double_eq_tol(100.0 * (total_carbon(10.0, u, 323.0) / now - 1.0), rows[i].ten, 0.06);
        settings.carbon.cpa_growth_per_year = 0.10;
        ck_assert_double_eq_tol(100.0 * (total_carbon(5.0, u, 323.0) / now - 1.0), rows[i].five_euv, 0.06);
        ck_assert_double_eq_tol(100.0 * (total_carbon(10.0, u, 323.0) / now - 1.0), rows[i].ten_euv, 0.06);
        settings.carbon.cpa_growth_per_year = 0.0;
    }
}
END_TEST

/* Half the devices, all else equal: half the carbon. The paper's -42% of QAT then needs u_int8 / u_16 = .86. */
START_TEST(carbon_of_half_the_devices)
{
    paper();
    use(&b100, 0.0);
    const double full = cs_device_energy(&inputs, 1000, run, 0.35);
    ck_assert_double_eq(cs_device_energy(&inputs, 500, run, 0.35), 0.5 * full);
    ck_assert_double_eq(cs_embodied_charged(&inputs, 500, run), 0.5 * cs_embodied_charged(&inputs, 1000, run));
    double operational, embodied;
    device_carbon(&b100, 0.0, 0.35, 323.0, &operational, &embodied);
    const double sixteen = operational + embodied;
    device_carbon(&b100, 0.0, 0.35 * 0.86, 323.0, &operational, &embodied);
    WITHIN((operational + embodied) * 0.5 / 0.86, 0.58 * sixteen, 0.02);
}
END_TEST

/* Fernandez 2024 (arXiv 2411.13055): -37.22% utilisation, -5.87% power; the share holds at a starting u of .437. */
START_TEST(power_hardly_falls_with_utilisation)
{
    use(&b100, 0.0);
    ck_assert_double_eq(cs_device_power(&inputs, 1.0), 700.0);
    WITHIN(cs_device_power(&inputs, 0.0), 490.0, 1e-14);
    const double change = cs_device_power(&inputs, 0.437 * (1.0 - 0.3722)) / cs_device_power(&inputs, 0.437) - 1.0;
    ck_assert_double_eq_tol(100.0 * change, -5.87, 0.02);
}
END_TEST

/* BLOOM: 1,082,990 GPU-hours x 400 W = 433,196 kWh, which is Eq 3 at u = 1 and PUE 1; with u = .318 it is 344.6 MWh.
 * Embodied: 384 x (8.26 x 1.6 + 40 x .4) = 11.219 t. */
START_TEST(bloom_as_published)
{
    paper();
    settings.carbon.pue = 1.0;
    use(&a100, 0.0);
    const double seconds = 1082990.0 / 384.0 * 3600.0;
    WITHIN(cs_device_energy(&inputs, 384, seconds, 1.0) / kwh, 433196.0, 1e-9);
    WITHIN(cs_device_energy(&inputs, 384, seconds, 0.318) / kwh, 344600.0, 2e-4);
    WITHIN(cs_embodied_charged(&inputs, 384, seconds), 11219.0, 1e-4);
    WITHIN(cs_operational_carbon(433196.0 * kwh, 1.0, 57.0), 24692.0, 1e-4);
    a100.hbm_nominal_gb = 80.0;
    use(&a100, 0.0);
    WITHIN(cs_embodied_charged(&inputs, 384, seconds), 17363.0, 1e-3);
}
END_TEST

/* Eq 4: whole servers. 385 A100 stand in 49 servers of 3.3 kW beside their accelerators, half of it drawn. */
START_TEST(energy_of_servers)
{
    use(&a100, 0.0);
    WITHIN(cs_server_energy(&inputs, 384, 100.0), 48 * 1650.0 * 100.0, 1e-12);
    WITHIN(cs_server_energy(&inputs, 385, 100.0), 49 * 1650.0 * 100.0, 1e-12);
    ck_assert_double_eq(cs_server_energy(&inputs, 1, 1.0), 1650.0);
}
END_TEST

/* kg/cm2. LLMCarbon's hardware.csv; ACT's (CI EPA + GPA + MPA) / yield, printed 1.33, 1.56, 1.78, 2.32, 2.78, 3.16;
 * imec.netzero .91, .97, 1.09, 1.44, 1.54, 1.75. By hand: ACT's 20 nm (583 x 1.2 + 150 + 500) / .875 g, 8 nm (583 x
 * 1.52 + 195 + 500) / .875 g. */
START_TEST(carbon_per_area)
{
    static const struct {
        enum cs_cpa_set set;
        double node, cpa, tolerance;
    } rows[] = {
        {CS_CPA_LLMCARBON, 4.5, 1.75, 1e-9}, /* half way from 1.8 at 4 nm to 1.7 at 5 */
        {CS_CPA_LLMCARBON, 16, 1.0, 1e-9},   {CS_CPA_LLMCARBON, 12, 1.2, 1e-9}, {CS_CPA_LLMCARBON, 7, 1.6, 1e-9},
        {CS_CPA_LLMCARBON, 5, 1.7, 1e-9},    {CS_CPA_LLMCARBON, 4, 1.8, 1e-9},  {CS_CPA_LLMCARBON, 6, 1.65, 1e-9},
        {CS_CPA_LLMCARBON, 3, 1.8, 1e-9},    {CS_CPA_LLMCARBON, 45, 1.0, 1e-9}, {CS_CPA_ACT, 28, 1.33, .005},
        {CS_CPA_ACT, 14, 1.56, .005},        {CS_CPA_ACT, 10, 1.78, .005},      {CS_CPA_ACT, 7, 2.32, .005},
        {CS_CPA_ACT, 5, 2.78, .005},         {CS_CPA_ACT, 3, 3.16, .005},       {CS_CPA_IMEC, 28, .91, 1e-9},
        {CS_CPA_IMEC, 14, .97, 1e-9},        {CS_CPA_IMEC, 10, 1.09, 1e-9},     {CS_CPA_IMEC, 7, 1.44, 1e-9},
        {CS_CPA_IMEC, 5, 1.54, 1e-9},        {CS_CPA_IMEC, 3, 1.75, 1e-9},      {CS_CPA_IMEC, 2, 1.75, 1e-9},
        {CS_CPA_IMEC, 45, .91, 1e-9},        {CS_CPA_ACT, 45, 1.33, .005},      {CS_CPA_ACT, 20, 1.5424, 1e-4},
        {CS_CPA_ACT, 8, 1.80704, 1e-4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_double_eq_tol(cs_cpa_logic(rows[i].set, rows[i].node) / 1e4, rows[i].cpa, rows[i].tolerance);
    }
}
END_TEST

/* A B100: 16 cm2 x 1.8 = 28.8 kg and 192 GB x .4 = 76.8 kg; LLMCarbon's server 1.47 + 256 x .4 + 32768 x .018 =
 * 693.69 kg over 8 devices; 35% on top (Schneider 2025, arXiv 2502.01671: 513 -> 693 kg). */
START_TEST(embodied_terms_add_up)
{
    use(&b100, 0.0);
    const struct cs_embodied e = inputs.embodied;
    WITHIN(e.logic, 28.8, 1e-12);
    WITHIN(e.hbm, 76.8, 1e-12);
    WITHIN(e.host, 693.694 / 8.0, 1e-6);
    WITHIN(e.overhead, 0.35 * (28.8 + 76.8 + 693.694 / 8.0), 1e-6);
    WITHIN(e.total, e.logic + e.hbm + e.host + e.overhead, 1e-14);
    WITHIN(cs_embodied_inventory(&inputs, 10), 10.0 * e.total, 1e-14);
    settings.carbon.host = false;
    use(&b100, 0.0);
    ck_assert_double_eq(inputs.embodied.host, 0.0);
    WITHIN(693.0 / 513.0, settings.carbon.overhead_factor, 0.001);
}
END_TEST

/* Eq 5: T / lifetime of the devices, six years of 365 days; a device's own lifetime goes before the setting. The
 * inventory depends on neither. */
START_TEST(attribution)
{
    use(&b100, 0.0);
    const double inventory = cs_embodied_inventory(&inputs, 100);
    WITHIN(cs_embodied_charged(&inputs, 100, run), inventory * 90.0 / 2190.0, 1e-12);
    b100.lifetime_years = 3.0;
    use(&b100, 0.0);
    WITHIN(cs_embodied_charged(&inputs, 100, run), inventory * 90.0 / 1095.0, 1e-12);
    b100.lifetime_years = 0.5;
    use(&b100, 0.0);
    WITHIN(cs_embodied_charged(&inputs, 100, run), inventory * 90.0 / 182.5, 1e-12);
    settings.carbon.attribution = CS_ATTRIBUTION_FULL;
    use(&b100, 0.0);
    ck_assert_double_eq(cs_embodied_charged(&inputs, 100, run), inventory);
    ck_assert_double_eq(cs_embodied_inventory(&inputs, 100), inventory);
}
END_TEST

/* Ten per cent a year on logic and HBM, not on the host. */
START_TEST(growth_of_carbon_per_area)
{
    settings.carbon.cpa_growth_per_year = 0.10;
    use(&b100, 0.0);
    const struct cs_embodied now = inputs.embodied;
    use(&b100, 5.0);
    const struct cs_embodied later = inputs.embodied;
    WITHIN(later.logic, now.logic * 1.61051, 1e-9);
    WITHIN(later.hbm, now.hbm * 1.61051, 1e-9);
    ck_assert_double_eq(later.host, now.host);
}
END_TEST

START_TEST(pue_of_a_region)
{
    ck_assert_double_eq(cs_pue(&settings.carbon, 1.2), 1.1);
    settings.carbon.pue_per_region = true;
    ck_assert_double_eq(cs_pue(&settings.carbon, 1.2), 1.2);
    ck_assert_double_eq(cs_pue(&settings.carbon, 1.0), 1.0);
    ck_assert_double_eq(cs_pue(&settings.carbon, 0.0), 1.1);
}
END_TEST

/* Figure 4(a)'s ideal: 1e24 FLOP at 1,980 TFLOP/s is 5.0505e8 s at 210 W: 29,461 kWh; x 1.1 x .323 kg = 10,468 kg. */
START_TEST(energy_alone_at_full_utilisation)
{
    use(&b100, 0.0);
    const double dynamic = cs_device_power(&inputs, 1.0) - cs_device_power(&inputs, 0.0);
    WITHIN(cs_operational_carbon(1e24 / 1980e12 * dynamic, 1.1, 323.0), 10467.5, 1e-4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("carbon");
    TCase *cases = tcase_create("carbon");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, percentages_printed_in_the_paper);
    tcase_add_test(cases, carbon_of_half_the_devices);
    tcase_add_test(cases, power_hardly_falls_with_utilisation);
    tcase_add_test(cases, bloom_as_published);
    tcase_add_test(cases, energy_of_servers);
    tcase_add_test(cases, carbon_per_area);
    tcase_add_test(cases, embodied_terms_add_up);
    tcase_add_test(cases, attribution);
    tcase_add_test(cases, growth_of_carbon_per_area);
    tcase_add_test(cases, pue_of_a_region);
    tcase_add_test(cases, energy_alone_at_full_utilisation);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
