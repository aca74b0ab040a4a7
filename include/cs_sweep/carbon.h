/* SPDX-License-Identifier: BSD-3-Clause */
/* Operational and embodied carbon of a plan: CarbonScaling Eq 3 (devices), Eq 4 (rest of the servers), Eq 5. */
#ifndef CS_SWEEP_CARBON_H
#define CS_SWEEP_CARBON_H

#include "cs_sweep/hardware.h"

/* kg CO2e of one device: each term, and their sum with the overhead. */
struct cs_embodied {
    double logic, hbm, host, overhead, total;
};

struct cs_carbon_inputs {
    struct cs_device device; /* projected */
    struct cs_power power;
    struct cs_carbon_settings carbon;
    double years;                /* of the projection: CPA growth */
    struct cs_embodied embodied; /* of one device, from the above */
};
void cs_carbon_inputs_init(const struct cs_device *device, const struct cs_power *power,
                           const struct cs_carbon_settings *carbon, double years, struct cs_carbon_inputs *inputs);

/* kg CO2e per m2 of logic at a node, by named set, interpolated between the set's nodes. */
double cs_cpa_logic(enum cs_cpa_set set, double node_nm);

/* W of one device at utilisation u: static + u * dynamic (Eq 3). */
double cs_device_power(const struct cs_carbon_inputs *inputs, double utilisation);
/* J before PUE, of all devices (Eq 3) and of the rest of the servers (Eq 4). */
double cs_device_energy(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds, double utilisation);
double cs_server_energy(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds);
/* kg CO2e of an energy at the wall: J * pue * (g per kWh). */
double cs_operational_carbon(double energy, double pue, double g_per_kwh);
/* PUE in effect at a region: its own where stated (> 0) and wanted, else the setting. */
double cs_pue(const struct cs_carbon_settings *carbon, double region_pue);

/* kg of all devices, un-amortised, and the part charged to a run of `seconds` (Eq 5 and attribution). */
double cs_embodied_inventory(const struct cs_carbon_inputs *inputs, int64_t devices);
double cs_embodied_charged(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds);

/* Where a training runs. */
struct cs_place {
    double g_per_kwh;
    double pue; /* in effect there, see cs_pue */
};

/* All carbon of one plan. What does not depend on the place comes first; the total is the sum of operational, servers
 * and embodied. */
struct cs_footprint {
    double energy, energy_servers;      /* J before PUE: devices, rest of the servers */
    double inventory, embodied;         /* kg: of all devices whole, and the part charged to the training */
    double operational, servers, total; /* kg, at a place */
};
/* Devices run at the utilisation of the model's own operations: Eq 3's u is the MFU. */
void cs_footprint_of(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds, double mfu,
                     struct cs_footprint *footprint);
void cs_footprint_at(const struct cs_place *place, struct cs_footprint *footprint);

#endif
