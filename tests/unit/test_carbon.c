/* SPDX-License-Identifier: BSD-3-Clause */
/* Eq 3 to 5 against the CarbonScaling paper's printed percentages (arXiv 2508.06524v2), BLOOM (Luccioni 2023, arXiv
 * 2211.02001), LLMCarbon, ACT and imec; the measured accounting against declarations and meters. */
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
    cs_carbon_inputs_init(device, device, &settings, years, &inputs);
}

/* J of so many devices that train all of the time at utilisation u. */
static double device_energy(int64_t devices, double seconds, double u)
{
    struct cs_footprint footprint;
    cs_footprint_of(&inputs, devices, seconds, 0.0, u, &footprint);
    return footprint.energy;
}

/* Table 1 of the paper; a DGX H100's host (10.2 kW less 8 x 0.7). */
static void setup(void)
{
    cs_settings_default(&settings);
    b100 = (struct cs_device){.peak_flops = 1980e12,
                              .int8_multiplier = 2.0,
                              .hbm_nominal_gb = 192.0,
                              .tdp = 700.0,
                              .static_fraction = 0.80,
                              .dynamic_fraction = 0.33,
                              .idle_fraction = 0.145,
                              .dies = 2.0,
                              .die_area = 800e-6,
                              .node_nm = 4.0,
                              .devices_per_server = 8.0,
                              .server_power = 4600.0};
    a100 = (struct cs_device){.peak_flops = 312e12,
                              .hbm_nominal_gb = 40.0,
                              .tdp = 400.0,
                              .static_fraction = 0.70,
                              .dynamic_fraction = 0.30,
                              .idle_fraction = 0.115,
                              .dies = 1.0,
                              .die_area = 826e-6,
                              .node_nm = 7.0,
                              .devices_per_server = 8.0,
                              .server_power = 3300.0};
    use(&b100, 0.0);
}

/* The named preset under which the paper's percentages come out. */
static void paper(void)
{
    settings.carbon.preset = CS_PRESET_PAPER;
    cs_settings_apply_preset(&settings);
}

/* kg of one device's share of a run at utilisation u: devices in proportion to 1 / peak, for the peak given. */
static void device_carbon(const struct cs_device *device, double years, double u, double g_per_kwh, double *operational,
                          double *embodied)
{
    const double devices = 1e18 / device->peak_flops; /* any number: ratios only */
    use(device, years);
    const double energy = device_energy(1, run, u);
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
    const double full = device_energy(1000, run, 0.35);
    ck_assert_double_eq(device_energy(500, run, 0.35), 0.5 * full);
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
    paper();
    use(&b100, 0.0);
    ck_assert_double_eq(cs_device_power(&inputs, 1.0), 700.0);
    WITHIN(cs_device_power(&inputs, 0.0), 490.0, 1e-14);
    const double change = cs_device_power(&inputs, 0.437 * (1.0 - 0.3722)) / cs_device_power(&inputs, 0.437) - 1.0;
    ck_assert_double_eq_tol(100.0 * change, -5.87, 0.02);
}
END_TEST

/* Metered H100 at their utilisation: OLMo 3 621 W at .37; Fernandez 2024 658 and 620 W. Never above the TDP. */
START_TEST(power_of_metered_devices)
{
    static const struct {
        double u, watts;
    } rows[] = {{.37, 621.0}, {.437, 658.0}, {.437 * (1.0 - .3722), 620.0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        WITHIN(cs_device_power(&inputs, rows[i].u), rows[i].watts, 0.045);
    }
    ck_assert_double_eq(cs_device_power(&inputs, 0.7), 700.0);
    settings.power.static_fraction = 0.5;
    settings.power.dynamic_fraction = 0.25;
    use(&b100, 0.0);
    WITHIN(cs_device_power(&inputs, 0.4), 0.6 * 700.0, 1e-14);
}
END_TEST

/* A tenth of the time does not train: it draws 14.5% of the TDP, and the rest trains at the utilisation of the rest. */
START_TEST(idle_wall_time)
{
    struct cs_footprint footprint;
    const struct cs_place place = {.g_per_kwh = 400.0, .pue = 1.2};
    cs_footprint_of(&inputs, 10, 1000.0, 100.0, 0.36, &footprint);
    WITHIN(footprint.energy_training, 10 * 900.0 * 700.0 * (0.80 + 0.33 * 0.40), 1e-12);
    WITHIN(footprint.energy_idle, 10 * 100.0 * 700.0 * 0.145, 1e-12);
    WITHIN(footprint.energy, footprint.energy_training + footprint.energy_idle, 1e-14);
    WITHIN(footprint.energy_network, 10 * 1000.0 * 50.0, 1e-12);
    cs_footprint_at(&place, &footprint);
    WITHIN(footprint.idle, footprint.energy_idle / kwh * 1.2 * 0.4, 1e-12);
    WITHIN(footprint.total,
           footprint.operational + footprint.idle + footprint.servers + footprint.network + footprint.embodied, 1e-14);
    settings.power.idle_apart = false; /* Eq 3: 1000 s at .36 */
    use(&b100, 0.0);
    cs_footprint_of(&inputs, 10, 1000.0, 100.0, 0.36, &footprint);
    WITHIN(footprint.energy, 10 * 1000.0 * 700.0 * (0.80 + 0.33 * 0.36), 1e-12);
    ck_assert_double_eq(footprint.energy_idle, 0.0);
    cs_footprint_of(&inputs, 10, 0.0, 0.0, 0.0, &footprint); /* no training, no energy */
    ck_assert_double_eq(footprint.energy, 0.0);
}
END_TEST

/* What a search bounds: the line is the energy of a full server's devices, whatever the utilisation. */
START_TEST(power_line_is_the_energy)
{
    for (int i = 0; i < 40; i++) {
        struct cs_footprint f;
        const double goodput = i % 2 == 0 ? 0.9 : 1.0, u = 0.025 * i * goodput;
        settings.power.idle_apart = i % 3 != 0;
        use(&b100, 0.0);
        const struct cs_power_line line = cs_power_line(&inputs, goodput);
        cs_footprint_of(&inputs, 8, 100.0, 100.0 * (1.0 - goodput), u, &f);
        WITHIN(f.energy + f.energy_servers + f.energy_network,
               800.0 * (fmin(line.fixed + line.dynamic * u, line.most) + line.beside), 1e-12);
    }
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
    WITHIN(device_energy(384, seconds, 1.0) / kwh, 433196.0, 1e-9);
    WITHIN(device_energy(384, seconds, 0.318) / kwh, 344600.0, 2e-4);
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
        {CS_CPA_ACT, 8, 1.80704, 1e-4},      {CS_CPA_IMEC, 4, 1.54, 1e-9},      {CS_CPA_MEASURED, 7, 1.44, 1e-9},
        {CS_CPA_MEASURED, 5, 1.54, 1e-9},    {CS_CPA_ADEME, 7, 4.26, 1e-9}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_double_eq_tol(cs_cpa_logic(rows[i].set, rows[i].node) / 1e4, rows[i].cpa, rows[i].tolerance);
    }
}
END_TEST

/* A B100 by LLMCarbon: 16 cm2 x 1.8 = 28.8 kg and 192 GB x .4 = 76.8 kg; its server 1.47 + 256 x .4 + 32768 x .018 =
 * 693.69 kg over 8 devices; 35% on top (Schneider 2025, arXiv 2502.01671: 513 -> 693 kg). */
START_TEST(embodied_by_llmcarbon)
{
    paper();
    settings.carbon.host = true;
    settings.carbon.construction_factor = 1.35;
    use(&b100, 0.0);
    const struct cs_embodied e = inputs.embodied;
    WITHIN(e.logic, 28.8, 1e-12);
    WITHIN(e.hbm, 76.8, 1e-12);
    WITHIN(e.host, 693.694 / 8.0, 1e-6);
    WITHIN(e.construction, 0.35 * (28.8 + 76.8 + 693.694 / 8.0), 1e-6);
    WITHIN(e.total, e.logic + e.hbm + e.host + e.construction, 1e-14);
    WITHIN(cs_embodied_inventory(&inputs, 10), 10.0 * e.total, 1e-14);
    WITHIN(693.0 / 513.0, settings.carbon.construction_factor, 0.001);
}
END_TEST

/* By hand, 814 mm2 at .1 defects per cm2: n = pi 300^2 / (4 x 814) - pi 300 / sqrt(1628) = 63.48 dies of a wafer of
 * 706.86 cm2, Y = ((1 - exp(-.814)) / .814)^2 = .46808: 23.79 cm2. Without defects 706.86 / 63.48. No die takes less
 * wafer than a smaller one. */
START_TEST(wafer_of_a_die)
{
    WITHIN(cs_die_wafer_area(814e-6, 0.1), 23.789e-4, 1e-4);
    WITHIN(cs_die_wafer_area(814e-6, 0.0), 706.858e-4 / 63.480, 1e-4);
    ck_assert_double_eq(cs_die_wafer_area(0.0, 0.1), 0.0);
    double before = 0.0;
    for (int i = 0; i < 145; i++) {
        const double area = 1e-6 * pow(1.1, i);
        const double wafer = cs_die_wafer_area(area, 0.1);
        ck_assert_double_ge(wafer, before);
        ck_assert_double_ge(wafer, area);
        before = wafer;
    }
}
END_TEST

static struct cs_device h100(void)
{
    struct cs_device device = b100;
    device.hbm_nominal_gb = 80.0;
    device.dies = 1.0;
    device.die_area = 814e-6;
    device.node_nm = 5.0;
    device.switch_dies = 0.5;
    device.switch_area = 294e-6;
    return device;
}

/* The formula without declarations, kg of one device: HGX H100 154.7 (declared 164), HGX B200 298.0 (284), A100 of
 * 40 GB 102.2 (127.6, Falk 2025), each within 25%. */
START_TEST(formula_against_declarations)
{
    struct cs_device device = h100();
    use(&device, 0.0);
    WITHIN(inputs.embodied.device, 154.7, 1e-3);
    WITHIN(inputs.embodied.device, 164.0, 0.25);
    device = b100;
    device.tdp = 1000.0;
    use(&device, 0.0);
    WITHIN(inputs.embodied.device, 298.0, 1e-3);
    WITHIN(inputs.embodied.device, 284.25, 0.25);
    use(&a100, 0.0);
    WITHIN(inputs.embodied.device, 102.2, 1e-3);
    WITHIN(inputs.embodied.device, 127.6, 0.25);
}
END_TEST

/* 164 kg in the proportions of the formula's 154.7; transport and end of life 10.5% of it, 260 kg of host, 19% of all
 * for buildings. Ten years later the parts have grown as the formula's do. */
START_TEST(a_declaration_scales_the_parts)
{
    struct cs_device sold = h100(), later;
    use(&sold, 0.0);
    const struct cs_embodied formula = inputs.embodied;
    sold.embodied = 164.0;
    use(&sold, 0.0);
    const struct cs_embodied e = inputs.embodied;
    WITHIN(e.device, 164.0, 1e-12);
    WITHIN(e.logic + e.hbm + e.cooling + e.board, e.device, 1e-12);
    WITHIN(e.hbm / e.device, formula.hbm / formula.device, 1e-12);
    ck_assert_double_eq(e.formula, formula.device);
    WITHIN(e.host, 260.0, 1e-12);
    WITHIN(e.transport + e.end_of_life, 0.105 * 164.0, 1e-12);
    WITHIN(e.construction, 0.19 * (1.105 * 164.0 + 260.0), 1e-12);
    WITHIN(e.total, e.device + e.host + e.network + e.transport + e.end_of_life + e.construction, 1e-14);
    cs_device_project(&sold, &settings.projection, 10.0, &later);
    cs_carbon_inputs_init(&sold, &later, &settings, 10.0, &inputs);
    WITHIN(inputs.embodied.hbm, e.hbm * pow(1.24, 10.0), 1e-9);
    WITHIN(inputs.embodied.device / inputs.embodied.formula, 164.0 / formula.device, 1e-12);
    settings.carbon.declared = false;
    use(&sold, 0.0);
    WITHIN(inputs.embodied.device, formula.device, 1e-14);
}
END_TEST

/* 1,600 mm2 on one die are split into two of 800, as no scanner exposes more than 858. */
START_TEST(large_dies_are_split)
{
    struct cs_device whole = b100;
    whole.dies = 1.0;
    whole.die_area = 1600e-6;
    use(&b100, 0.0);
    const double two = inputs.embodied.logic;
    use(&whole, 0.0);
    WITHIN(inputs.embodied.logic, two, 1e-14);
    settings.carbon.reticle_mm2 = 2000.0;
    use(&whole, 0.0);
    ck_assert_double_gt(inputs.embodied.logic, 1.3 * two);
}
END_TEST

/* Eq 5: T / lifetime of the devices, six years of 365 days; a device's own lifetime goes before the setting, and counts
 * as far as devices work. The inventory depends on none of them. */
START_TEST(attribution)
{
    settings.carbon.lifetime_years = 6.0;
    settings.carbon.lifetime_use = 1.0;
    use(&b100, 0.0);
    const double inventory = cs_embodied_inventory(&inputs, 100);
    WITHIN(cs_embodied_charged(&inputs, 100, run), inventory * 90.0 / 2190.0, 1e-12);
    b100.lifetime_years = 3.0;
    use(&b100, 0.0);
    WITHIN(cs_embodied_charged(&inputs, 100, run), inventory * 90.0 / 1095.0, 1e-12);
    b100.lifetime_years = 0.5;
    use(&b100, 0.0);
    WITHIN(cs_embodied_charged(&inputs, 100, run), inventory * 90.0 / 182.5, 1e-12);
    settings.carbon.lifetime_use = 0.85;
    use(&b100, 0.0);
    WITHIN(cs_embodied_charged(&inputs, 100, run), inventory * 90.0 / 182.5 / 0.85, 1e-12);
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

/* A region's own where that is wanted, else that of the operator who is named, else the setting. */
START_TEST(pue_of_a_region)
{
    ck_assert_double_eq(cs_pue(&settings.carbon, 1.2), 1.15);
    settings.carbon.pue_per_region = true;
    ck_assert_double_eq(cs_pue(&settings.carbon, 1.2), 1.2);
    ck_assert_double_eq(cs_pue(&settings.carbon, 1.0), 1.0);
    ck_assert_double_eq(cs_pue(&settings.carbon, 0.0), 1.15);
    static const double fleets[] = {1.15, 1.09, 1.14, 1.17, 1.54};
    for (int32_t fleet = CS_FLEET_UNNAMED; fleet <= CS_FLEET_SURVEY; fleet++) {
        settings.carbon.fleet = fleet;
        ck_assert_double_eq(cs_pue(&settings.carbon, 0.0), fleets[fleet]);
        ck_assert_double_eq(cs_pue(&settings.carbon, 1.2), 1.2);
    }
}
END_TEST

/* Figure 4(a)'s ideal: 1e24 FLOP at 1,980 TFLOP/s is 5.0505e8 s at 210 W: 29,461 kWh; x 1.1 x .323 kg = 10,468 kg. */
START_TEST(energy_alone_at_full_utilisation)
{
    paper();
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
    tcase_add_test(cases, power_of_metered_devices);
    tcase_add_test(cases, idle_wall_time);
    tcase_add_test(cases, power_line_is_the_energy);
    tcase_add_test(cases, bloom_as_published);
    tcase_add_test(cases, energy_of_servers);
    tcase_add_test(cases, carbon_per_area);
    tcase_add_test(cases, embodied_by_llmcarbon);
    tcase_add_test(cases, wafer_of_a_die);
    tcase_add_test(cases, formula_against_declarations);
    tcase_add_test(cases, a_declaration_scales_the_parts);
    tcase_add_test(cases, large_dies_are_split);
    tcase_add_test(cases, attribution);
    tcase_add_test(cases, growth_of_carbon_per_area);
    tcase_add_test(cases, pue_of_a_region);
    tcase_add_test(cases, energy_alone_at_full_utilisation);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
