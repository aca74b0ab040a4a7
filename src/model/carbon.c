/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/carbon.h"

#include "cs_sweep/units.h"

#include <math.h>
#include <string.h>

static const double per_m2 = 1e4; /* cm2 per m2 */

struct cpa_row {
    double node_nm, kg_per_cm2;
};

/* LLMCarbon (Faiz 2024), hardware.csv of SotaroKaneda/MLCarbon; 5 nm is not in it: between 7 and 4 nm. */
static const struct cpa_row llmcarbon[] = {{4.0, 1.8}, {5.0, 1.7}, {7.0, 1.6}, {12.0, 1.2}, {16.0, 1.0}};
/* imec.netzero, public data as shipped with ACT (facebookresearch/ACT). */
static const struct cpa_row imec[] = {
    {3.0, 1.75},  {4.0, 1.54},  {5.0, 1.54}, {7.0, 1.44},
    {10.0, 1.09}, {14.0, 0.97}, {28.0, 0.91}}; /* 4 nm: 4N and 4NP are 5 nm processes */
/* ADEME's parametric factor (Hubblo's account of its method): kg per cm2 of wafer, losses counted, at every node. */
static const double ademe_kg_per_cm2 = 4.26;

/* ACT (Gupta 2022; facebookresearch/ACT): kWh and g of gases per cm2 by node. Gases are the mean of 95% and 99%
 * abatement, that is ACT's default of 97%. */
struct act_row {
    double node_nm, kwh_per_cm2, gas_g_per_cm2_95, gas_g_per_cm2_99;
};
static const struct act_row act[] = {{3.0, 3.25, 470.0, 275.0}, {5.0, 2.75, 430.0, 225.0},   {7.0, 2.15, 350.0, 200.0},
                                     {8.0, 1.52, 240.0, 150.0}, {10.0, 1.475, 240.0, 150.0}, {14.0, 1.2, 200.0, 125.0},
                                     {20.0, 1.2, 190.0, 110.0}, {28.0, 0.9, 175.0, 100.0}};
static const double act_fab_g_per_kwh = 583.0; /* Taiwan, 2022 */
static const double act_materials_g_per_cm2 = 500.0;
static const double act_yield = 0.875;

static double between(double x, double x0, double y0, double x1, double y1)
{
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0);
}

static double act_kg_per_cm2(const struct act_row *row)
{
    const double gas = 0.5 * (row->gas_g_per_cm2_95 + row->gas_g_per_cm2_99);
    return CS_KG_PER_GRAM * (act_fab_g_per_kwh * row->kwh_per_cm2 + gas + act_materials_g_per_cm2) / act_yield;
}

/* Linear in the node between rows, the end rows beyond them. */
static double interpolate(const struct cpa_row *rows, int count, double node_nm)
{
    if (node_nm <= rows[0].node_nm) {
        return rows[0].kg_per_cm2;
    }
    for (int i = 1; i < count; i++) {
        if (node_nm <= rows[i].node_nm) {
            return between(node_nm, rows[i - 1].node_nm, rows[i - 1].kg_per_cm2, rows[i].node_nm, rows[i].kg_per_cm2);
        }
    }
    return rows[count - 1].kg_per_cm2;
}

double cs_cpa_logic(enum cs_cpa_set set, double node_nm)
{
    enum { ACT_ROWS = sizeof act / sizeof act[0] };
    struct cpa_row rows[ACT_ROWS];
    switch (set) {
    case CS_CPA_ACT:
        for (int i = 0; i < ACT_ROWS; i++) {
            rows[i] = (struct cpa_row){act[i].node_nm, act_kg_per_cm2(&act[i])};
        }
        return per_m2 * interpolate(rows, ACT_ROWS, node_nm);
    case CS_CPA_MEASURED:
    case CS_CPA_IMEC:
        return per_m2 * interpolate(imec, (int)(sizeof imec / sizeof imec[0]), node_nm);
    case CS_CPA_ADEME:
        return per_m2 * ademe_kg_per_cm2;
    case CS_CPA_LLMCARBON:
    default:
        return per_m2 * interpolate(llmcarbon, (int)(sizeof llmcarbon / sizeof llmcarbon[0]), node_nm);
    }
}

double cs_die_wafer_area(double die_area, double defects_per_cm2)
{
    const double pi = 3.14159265358979323846, diameter = 0.300; /* m */
    const double wafer = 0.25 * pi * diameter * diameter;
    if (!(die_area > 0.0)) {
        return 0.0;
    }
    const double dies = wafer / die_area - pi * diameter / sqrt(2.0 * die_area);
    const double defects = die_area * per_m2 * defects_per_cm2;
    const double root = defects > 0.0 ? -expm1(-defects) / defects : 1.0;
    return wafer / (fmax(dies, 1.0) * root * root);
}

/* Area that a set's carbon per area is of: wafer or die. Only the first counts the board's switches. */
static double logic_area(const struct cs_device *device, const struct cs_carbon_settings *carbon)
{
    const double area = device->dies * device->die_area;
    const bool of_wafer = carbon->cpa_set == CS_CPA_MEASURED || carbon->cpa_set == CS_CPA_ADEME;
    if (!of_wafer) {
        return area;
    }
    const double reticle = carbon->reticle_mm2 * 1e-6;
    const double dies = fmax(device->dies, ceil(area / reticle * (1.0 - 1e-12)));
    return dies * cs_die_wafer_area(area / dies, carbon->defects_per_cm2) +
           device->switch_dies * cs_die_wafer_area(device->switch_area, carbon->defects_per_cm2);
}

/* What the formula gives for the making of one device. */
static void make_device(const struct cs_device *device, const struct cs_carbon_settings *carbon, double growth,
                        struct cs_embodied *embodied)
{
    const double assembled = carbon->assembly_factor;
    const double per_area = cs_cpa_logic((enum cs_cpa_set)carbon->cpa_set, device->node_nm);
    embodied->logic = logic_area(device, carbon) * per_area * growth * assembled;
    embodied->hbm = device->hbm_nominal_gb * carbon->hbm_kg_per_gb * growth * assembled;
    embodied->cooling = device->tdp * carbon->cooling_kg_per_w * assembled;
    embodied->board = carbon->board_kg * assembled;
    embodied->device = embodied->logic + embodied->hbm + embodied->cooling + embodied->board;
}

static double host_kg(const struct cs_carbon_settings *carbon)
{
    const double parts = carbon->host_cpu_kg + carbon->host_dram_gb * carbon->host_dram_kg_per_gb +
                         carbon->host_ssd_gb * carbon->host_ssd_kg_per_gb;
    return (carbon->host_kg > 0.0 ? carbon->host_kg : parts) / (double)carbon->host_devices;
}

static void embody(const struct cs_device *sold, const struct cs_device *device,
                   const struct cs_carbon_settings *carbon, double years, struct cs_embodied *embodied)
{
    struct cs_embodied today;
    memset(embodied, 0, sizeof *embodied);
    make_device(device, carbon, pow(1.0 + carbon->cpa_growth_per_year, years), embodied);
    make_device(sold, carbon, 1.0, &today);
    embodied->formula = embodied->device;
    if (carbon->declared && sold->embodied > 0.0 && today.device > 0.0) {
        const double scale = sold->embodied / today.device;
        embodied->logic *= scale;
        embodied->hbm *= scale;
        embodied->cooling *= scale;
        embodied->board *= scale;
        embodied->device = embodied->logic + embodied->hbm + embodied->cooling + embodied->board;
    }
    embodied->host = carbon->host ? host_kg(carbon) : 0.0;
    embodied->network = carbon->network_kg;
    embodied->transport = embodied->device * carbon->transport_fraction;
    embodied->end_of_life = embodied->device * carbon->end_of_life_fraction;
    const double made =
        embodied->device + embodied->host + embodied->network + embodied->transport + embodied->end_of_life;
    embodied->construction = made * (carbon->construction_factor - 1.0);
    embodied->total = made + embodied->construction;
}

void cs_carbon_inputs_init(const struct cs_device *sold, const struct cs_device *device,
                           const struct cs_settings *settings, double years, struct cs_carbon_inputs *inputs)
{
    const struct cs_power *const power = &settings->power;
    const double tdp = device->tdp;
    inputs->device = *device;
    inputs->power = settings->power;
    inputs->carbon = settings->carbon;
    inputs->projection = settings->projection;
    inputs->water = settings->water;
    inputs->cost = settings->cost;
    inputs->years = years;
    inputs->static_power = tdp * (power->static_fraction < 0.0 ? device->static_fraction : power->static_fraction);
    inputs->dynamic_power = tdp * (power->dynamic_fraction < 0.0 ? device->dynamic_fraction : power->dynamic_fraction);
    inputs->idle_power = tdp * (power->idle_fraction < 0.0 ? device->idle_fraction : power->idle_fraction);
    embody(sold, device, &settings->carbon, years, &inputs->embodied);
}

double cs_device_power(const struct cs_carbon_inputs *inputs, double utilisation)
{
    return fmin(inputs->static_power + inputs->dynamic_power * utilisation, inputs->device.tdp);
}

struct cs_power_line cs_power_line(const struct cs_carbon_inputs *inputs, double goodput)
{
    const double training = inputs->power.idle_apart ? goodput : 1.0;
    const double idle = (1.0 - training) * inputs->idle_power;
    const double servers = inputs->power.server_fraction * inputs->device.server_power;
    return (struct cs_power_line){
        .fixed = training * inputs->static_power + idle,
        .dynamic = inputs->dynamic_power,
        .most = training * inputs->device.tdp + idle,
        .beside = servers / inputs->device.devices_per_server + inputs->power.network_w,
    };
}

double cs_server_energy(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds)
{
    const double servers = ceil((double)devices / inputs->device.devices_per_server);
    return servers * seconds * inputs->power.server_fraction * inputs->device.server_power;
}

double cs_operational_carbon(double energy, double pue, double g_per_kwh)
{
    return energy / CS_JOULES_PER_KWH * pue * g_per_kwh * CS_KG_PER_GRAM;
}

double cs_pue(const struct cs_carbon_settings *carbon, double region_pue)
{
    /* Environmental reports of the operators, 2024 and 2025; Uptime Institute, Global Data Center Survey 2025. */
    static const double fleets[] = {
        [CS_FLEET_GOOGLE] = 1.09, [CS_FLEET_AWS] = 1.14, [CS_FLEET_MICROSOFT] = 1.17, [CS_FLEET_SURVEY] = 1.54};
    if (carbon->pue_per_region && region_pue > 0.0) {
        return region_pue;
    }
    return carbon->fleet == CS_FLEET_UNNAMED ? carbon->pue : fleets[carbon->fleet];
}

double cs_grid_factor(const struct cs_projection *projection, double trend, double years)
{
    switch (projection->grid_scenario) {
    case CS_GRID_RATE:
        return pow(projection->grid_intensity, years);
    case CS_GRID_TREND:
        return pow(trend > 0.0 ? trend : projection->grid_intensity, years);
    case CS_GRID_POLICY: {
        const double fallen = (1.0 - projection->grid_policy_floor) * years / projection->grid_policy_years;
        return fmax(1.0 - fallen, projection->grid_policy_floor);
    }
    case CS_GRID_CONSTANT:
    default:
        return 1.0;
    }
}

/* s of a device's life in which it works. */
static double working_life(const struct cs_carbon_inputs *inputs)
{
    const double years =
        inputs->device.lifetime_years > 0.0 ? inputs->device.lifetime_years : inputs->carbon.lifetime_years;
    return years * inputs->carbon.lifetime_use * CS_SECONDS_PER_YEAR;
}

struct cs_price cs_price_of(const struct cs_carbon_inputs *inputs)
{
    const struct cs_cost *const cost = &inputs->cost;
    const double hour = cost->device_hour_usd > 0.0 ? cost->device_hour_usd : inputs->device.hour_usd;
    const double device = cost->device_usd > 0.0 ? cost->device_usd : inputs->device.price_usd;
    if (hour > 0.0) {
        return (struct cs_price){hour / CS_SECONDS_PER_HOUR, 0.0};
    }
    if (device > 0.0) {
        return (struct cs_price){device / working_life(inputs),
                                 cost->kwh_usd * cs_pue(&inputs->carbon, 0.0) / CS_JOULES_PER_KWH};
    }
    return (struct cs_price){(double)NAN, (double)NAN};
}

double cs_embodied_inventory(const struct cs_carbon_inputs *inputs, int64_t devices)
{
    return (double)devices * inputs->embodied.total;
}

double cs_embodied_charged(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds)
{
    const double inventory = cs_embodied_inventory(inputs, devices);
    if (inputs->carbon.attribution == CS_ATTRIBUTION_FULL) {
        return inventory;
    }
    return inventory * seconds / working_life(inputs);
}

void cs_footprint_of(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds, double idle_seconds,
                     double mfu, struct cs_footprint *footprint)
{
    const double idle = inputs->power.idle_apart ? idle_seconds : 0.0;
    const double training = seconds - idle;
    const double utilisation = training > 0.0 ? mfu * seconds / training : 0.0;
    *footprint = (struct cs_footprint){
        .energy_training = (double)devices * training * cs_device_power(inputs, utilisation),
        .energy_idle = (double)devices * idle * inputs->idle_power,
        .energy_servers = cs_server_energy(inputs, devices, seconds),
        .energy_network = (double)devices * seconds * inputs->power.network_w,
        .inventory = cs_embodied_inventory(inputs, devices),
        .embodied = cs_embodied_charged(inputs, devices, seconds),
    };
    footprint->energy = footprint->energy_training + footprint->energy_idle;
    const struct cs_price price = cs_price_of(inputs);
    footprint->cost = (double)devices * seconds * price.device_second +
                      (footprint->energy + footprint->energy_servers + footprint->energy_network) * price.joule;
}

void cs_footprint_at(const struct cs_place *place, struct cs_footprint *footprint)
{
    footprint->operational = cs_operational_carbon(footprint->energy_training, place->pue, place->g_per_kwh);
    footprint->idle = cs_operational_carbon(footprint->energy_idle, place->pue, place->g_per_kwh);
    footprint->servers = cs_operational_carbon(footprint->energy_servers, place->pue, place->g_per_kwh);
    footprint->network = cs_operational_carbon(footprint->energy_network, place->pue, place->g_per_kwh);
    footprint->water = (footprint->energy + footprint->energy_servers + footprint->energy_network) / CS_JOULES_PER_KWH *
                       place->pue * place->l_per_kwh;
    footprint->total =
        footprint->operational + footprint->idle + footprint->servers + footprint->network + footprint->embodied;
}
