/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/carbon.h"

#include "cs_sweep/units.h"

#include <math.h>

static const double per_m2 = 1e4; /* cm2 per m2 */

struct cpa_row {
    double node_nm, kg_per_cm2;
};

/* LLMCarbon (Faiz 2024), hardware.csv of SotaroKaneda/MLCarbon; 5 nm is not in it: between 7 and 4 nm. */
static const struct cpa_row llmcarbon[] = {{4.0, 1.8}, {5.0, 1.7}, {7.0, 1.6}, {12.0, 1.2}, {16.0, 1.0}};
/* imec.netzero, public data as shipped with ACT (facebookresearch/ACT). */
static const struct cpa_row imec[] = {{3.0, 1.75}, {5.0, 1.54}, {7.0, 1.44}, {10.0, 1.09}, {14.0, 0.97}, {28.0, 0.91}};

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
    case CS_CPA_IMEC:
        return per_m2 * interpolate(imec, (int)(sizeof imec / sizeof imec[0]), node_nm);
    case CS_CPA_LLMCARBON:
    default:
        return per_m2 * interpolate(llmcarbon, (int)(sizeof llmcarbon / sizeof llmcarbon[0]), node_nm);
    }
}

double cs_device_power(const struct cs_carbon_inputs *inputs, double utilisation)
{
    const double fixed = inputs->power.static_fraction;
    return inputs->device.tdp * (fixed + (1.0 - fixed) * utilisation);
}

double cs_device_energy(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds, double utilisation)
{
    return (double)devices * seconds * cs_device_power(inputs, utilisation);
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
    return carbon->pue_per_region && region_pue > 0.0 ? region_pue : carbon->pue;
}

void cs_carbon_inputs_init(const struct cs_device *device, const struct cs_power *power,
                           const struct cs_carbon_settings *carbon, double years, struct cs_carbon_inputs *inputs)
{
    struct cs_embodied *const embodied = &inputs->embodied;
    const double growth = pow(1.0 + carbon->cpa_growth_per_year, years);
    inputs->device = *device;
    inputs->power = *power;
    inputs->carbon = *carbon;
    inputs->years = years;
    embodied->logic = device->die_area * cs_cpa_logic((enum cs_cpa_set)carbon->cpa_set, device->node_nm) * growth;
    embodied->hbm = device->hbm_nominal_gb * carbon->hbm_kg_per_gb * growth;
    embodied->host = 0.0;
    if (carbon->host) {
        const double server = carbon->host_cpu_kg + carbon->host_dram_gb * carbon->host_dram_kg_per_gb +
                              carbon->host_ssd_gb * carbon->host_ssd_kg_per_gb;
        embodied->host = server / (double)carbon->host_devices;
    }
    const double made = embodied->logic + embodied->hbm + embodied->host;
    embodied->overhead = made * (carbon->overhead_factor - 1.0);
    embodied->total = made + embodied->overhead;
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
    const double years =
        inputs->device.lifetime_years > 0.0 ? inputs->device.lifetime_years : inputs->carbon.lifetime_years;
    return inventory * seconds / (years * CS_SECONDS_PER_YEAR);
}

void cs_footprint_of(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds, double mfu,
                     struct cs_footprint *footprint)
{
    *footprint = (struct cs_footprint){
        .energy = cs_device_energy(inputs, devices, seconds, mfu),
        .energy_servers = cs_server_energy(inputs, devices, seconds),
        .inventory = cs_embodied_inventory(inputs, devices),
        .embodied = cs_embodied_charged(inputs, devices, seconds),
    };
}

void cs_footprint_at(const struct cs_place *place, struct cs_footprint *footprint)
{
    footprint->operational = cs_operational_carbon(footprint->energy, place->pue, place->g_per_kwh);
    footprint->servers = cs_operational_carbon(footprint->energy_servers, place->pue, place->g_per_kwh);
    footprint->total = footprint->operational + footprint->servers + footprint->embodied;
}
