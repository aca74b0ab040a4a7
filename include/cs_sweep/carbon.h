/* SPDX-License-Identifier: BSD-3-Clause */
/* Operational and embodied carbon of a plan: CarbonScaling Eq 3 (devices), Eq 4 (rest of the servers) and Eq 5, with
 * the constants of meters and declarations (carbon.preset measured) or the paper's. */
#ifndef CS_SWEEP_CARBON_H
#define CS_SWEEP_CARBON_H

#include "cs_sweep/hardware.h"

/* kg CO2e of one device: each term, and their sum. */
struct cs_embodied {
    double logic, hbm, cooling, board; /* of making it, assembly in each */
    double device;                     /* their sum: cradle to gate */
    double host, network;              /* its share of them */
    double transport, end_of_life;
    double construction;
    double total;
    double formula; /* what `device` would be without the device's own declaration */
};

struct cs_carbon_inputs {
    struct cs_device device; /* projected */
    struct cs_power power;
    struct cs_carbon_settings carbon;
    struct cs_projection projection; /* of the grid */
    struct cs_water water;
    struct cs_cost cost;
    double years;                                   /* of the projection: CPA growth */
    double static_power, dynamic_power, idle_power; /* W of one device */
    struct cs_embodied embodied;                    /* of one device, from the above */
};
/* `device` is `sold`, projected by so many years. A declaration (embodied_kg) is of the device as sold: its parts are
 * the formula's in their proportions, and grow with the projection as the formula's do. */
void cs_carbon_inputs_init(const struct cs_device *sold, const struct cs_device *device,
                           const struct cs_settings *settings, double years, struct cs_carbon_inputs *inputs);

/* kg CO2e per m2 at a node, by named set, interpolated between the set's nodes; of wafer for MEASURED and ADEME, else
 * of die. */
double cs_cpa_logic(enum cs_cpa_set set, double node_nm);
/* m2 of a 300 mm wafer that one good die of so many m2 takes: wafer / (n Y), n = wafer / A - pi d / sqrt(2 A) whole
 * dies, Y = ((1 - exp(-A D)) / (A D))^2 of them good (Murphy). */
double cs_die_wafer_area(double die_area, double defects_per_cm2);

/* W of one device that trains at utilisation u: static + u * dynamic, at most its TDP (Eq 3). u is that of the time
 * that trains, waits for traffic included: of Fernandez 2024 (arXiv 2411.13055) a device that waits for collectives
 * draws what the static share says. */
double cs_device_power(const struct cs_carbon_inputs *inputs, double utilisation);
/* Power in the form that a search bounds. N devices train for T seconds of wall time, N T u is the same for every plan
 * (u: the MFU); then all their energy is
 *   min(N T fixed + N T u dynamic, N T most) + N T beside, and more where the last server is not full. */
struct cs_power_line {
    double fixed, dynamic, most; /* W of a device, idle time counted */
    double beside;               /* W of its share of a full server, and of the network */
};
struct cs_power_line cs_power_line(const struct cs_carbon_inputs *inputs, double goodput);
/* J before PUE of the rest of the servers (Eq 4). */
double cs_server_energy(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds);
/* kg CO2e of an energy at the wall: J * pue * (g per kWh). */
double cs_operational_carbon(double energy, double pue, double g_per_kwh);
/* PUE in effect at a region: its own where stated (> 0) and wanted, else the operator's, else the setting. */
double cs_pue(const struct cs_carbon_settings *carbon, double region_pue);

/* kg of all devices, un-amortised, and the part charged to a run of `seconds` (Eq 5 and attribution). */
double cs_embodied_inventory(const struct cs_carbon_inputs *inputs, int64_t devices);
double cs_embodied_charged(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds);

/* Carbon intensity after so many years over today's, by projection.grid_scenario; `trend` per year is the region's own,
 * 0 where it states none. */
double cs_grid_factor(const struct cs_projection *projection, double trend, double years);

/* What a run is charged, USD: of a device for a second, and of a joule before PUE. Both are NAN where neither the price
 * of an hour nor that of a device is known. It does not depend on the region: PUE is that of operator or setting. */
struct cs_price {
    double device_second, joule;
};
struct cs_price cs_price_of(const struct cs_carbon_inputs *inputs);

/* Where a training runs; what is not stated is 0. */
struct cs_place {
    double g_per_kwh; /* in the year of the hardware */
    double g_today;   /* of the region's own figure */
    double pue;       /* in effect there, see cs_pue */
    double l_per_kwh; /* water, on site and of generation, per kWh of the facility */
};

/* All carbon of one plan. What does not depend on the place comes first; the total is the sum of operational, idle,
 * servers, network and embodied. */
struct cs_footprint {
    double energy;                         /* J before PUE of the devices: the next two */
    double energy_training, energy_idle;   /* while they train, and in wall time that does not */
    double energy_servers, energy_network; /* of the rest of the servers, of the network */
    double inventory, embodied;            /* kg: of all devices whole, and the part charged to the training */
    double cost;                           /* USD; NAN where no price is known */
    double operational, idle, servers, network, total; /* kg, at a place */
    double water;                                      /* L, there */
};
/* `seconds` of wall time, `idle_seconds` of which do not train; mfu is over all of it. Devices run at the utilisation
 * of the model's own operations: Eq 3's u is that of the time that trains. */
void cs_footprint_of(const struct cs_carbon_inputs *inputs, int64_t devices, double seconds, double idle_seconds,
                     double mfu, struct cs_footprint *footprint);
void cs_footprint_at(const struct cs_place *place, struct cs_footprint *footprint);

#endif
