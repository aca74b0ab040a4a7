/* SPDX-License-Identifier: BSD-3-Clause */
/* Power, energy and embodied carbon of a measured run, within the boundary of its meter or declaration. */
#include "footprint.h"

#include "cs_sweep/carbon.h"
#include "cs_sweep/units.h"

/* Devices, their servers, the facility around them: of one device for a second, or of a whole run. */
struct meters {
    double devices, servers, network;
};

static double read_at(enum cs_case_boundary boundary, const struct meters *meters,
                      const struct cs_carbon_settings *carbon)
{
    const double node = meters->devices + meters->servers;
    switch (boundary) {
    case CS_BOUNDARY_NODE:
    case CS_BOUNDARY_DEVICE_HOST:
        return node;
    case CS_BOUNDARY_FACILITY:
        return (node + meters->network) * cs_pue(carbon, 0.0);
    case CS_BOUNDARY_GPU:
    case CS_BOUNDARY_BOARD:
    default:
        return meters->devices;
    }
}

/* W of one device, its share of a full server, and of the network, while it trains: at the utilisation that the source
 * states, else at the predicted one. */
static struct meters power_of(const struct cs_case *item, const struct cs_carbon_inputs *inputs, double utilisation)
{
    const double used = item->utilisation > 0.0 ? item->utilisation : utilisation;
    return (struct meters){
        .devices = cs_device_power(inputs, used),
        .servers = inputs->power.server_fraction * inputs->device.server_power / inputs->device.devices_per_server,
        .network = inputs->power.network_w,
    };
}

/* J of the run, at the device-hours that the source states (all of which train), else as predicted. */
static struct meters energy_of(const struct cs_case *item, const struct cs_carbon_inputs *inputs,
                               const struct cs_footprint *footprint, double utilisation)
{
    if (item->device_hours > 0.0) {
        const double seconds = item->device_hours * CS_SECONDS_PER_HOUR;
        const struct meters power = power_of(item, inputs, utilisation);
        return (struct meters){power.devices * seconds, power.servers * seconds, power.network * seconds};
    }
    return (struct meters){footprint->energy, footprint->energy_servers, footprint->energy_network};
}

double cs_case_footprint(const struct cs_case *item, const struct cs_problem *problem, const struct cs_config *config,
                         const struct cs_plan *plan, const struct cs_step *step, double utilisation)
{
    const struct cs_carbon_settings *const carbon = &config->settings.carbon;
    struct cs_carbon_inputs inputs;
    struct cs_footprint footprint;
    struct meters meters;
    cs_carbon_inputs_init(&problem->device, &problem->device, &config->settings, 0.0, &inputs);
    cs_footprint_of(&inputs, plan->devices, step->training_seconds, step->idle_seconds, step->mfu, &footprint);
    switch (item->metric) {
    case CS_METRIC_DEVICE_POWER:
        meters = power_of(item, &inputs, utilisation);
        return read_at(item->boundary, &meters, carbon);
    case CS_METRIC_NODE_POWER:
        meters = power_of(item, &inputs, utilisation);
        return problem->device.devices_per_server *
               read_at(item->boundary == CS_BOUNDARY_FACILITY ? CS_BOUNDARY_FACILITY : CS_BOUNDARY_NODE, &meters,
                       carbon);
    case CS_METRIC_ENERGY:
        meters = energy_of(item, &inputs, &footprint, utilisation);
        return read_at(item->boundary, &meters, carbon) / CS_JOULES_PER_KWH;
    case CS_METRIC_BOARD:
        /* By the formula: a declaration would be compared with itself. */
        return item->boundary == CS_BOUNDARY_DEVICE_HOST
                   ? (inputs.embodied.formula + inputs.embodied.host) * carbon->construction_factor
                   : inputs.embodied.formula;
    case CS_METRIC_EMBODIED:
    default:
        return footprint.embodied;
    }
}
