#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Eq 3 to 5 through a sweep: every term of carbon in a result file from its definition, over all ways to account."""
import numpy as np
import xarray as xr

from harness import check, run_test, sweep
from resultfile import FEASIBLE, load

CONFIG = {"axes": {"model": {"d_model": [2048, 8192, 10240]}, "hardware": ["A100", "H100", "B100", "TPUv5p"],
                   "year": [0, 5], "qat": ["off", "int8"], "carbon.attribution": ["amortized", "full"],
                   "carbon.cpa_set": ["llmcarbon", "act", "imec"], "carbon.pue_per_region": [False, True],
                   "carbon.cpa_growth_per_year": [0, 0.1], "carbon_intensity": ["us-east5", "jean-zay"]}}
# kg/cm2 at 7, 5 and 4 nm. LLMCarbon: Faiz 2024, 5 nm between 7 and 4. ACT and imec: 7, 5 and 3 nm in Gupta 2022 and
# imec.netzero, 4 nm between 5 and 3.
CPA = {"llmcarbon": {7: 1.6, 5: 1.7, 4: 1.8}, "act": {7: 2.32, 5: 2.78, 4: (2.78 + 3.16) / 2},
       "imec": {7: 1.44, 5: 1.54, 4: (1.54 + 1.75) / 2}}
# Table 1 of the paper: die (cm2), node (nm), HBM (GB), TDP (W).
TABLE = {"A100": (8.26, 7, 40, 400), "H100": (8.14, 5, 80, 700), "B100": (16.0, 4, 192, 700),
         "TPUv5p": (4.26, 5, 96, 600)}
# Devices of a server and its power without them (W): DGX A100 and H100 data sheets; TPU hosts as in devices.json.
SERVERS = {"A100": (8, 3300), "H100": (8, 4600), "B100": (8, 4600), "TPUv5p": (4, 880)}
HOST = (1.47 + 256 * 0.4 + 32768 * 0.018) / 8  # kg: LLMCarbon's server, shared by eight devices
LIFETIME = 6 * 365 * 86400.0


def equal(ours, expected, tolerance=1e-12):
    """Both known at the same points, and equal there."""
    ours, expected = xr.broadcast(ours, expected)
    apart = abs(ours - expected) > tolerance * abs(expected)
    return bool((ours.isnull() == expected.isnull()).all()) and bool(ours.notnull().any()) and not bool(apart.any())


def main():
    data = load(sweep("result", CONFIG))
    feasible = data.status == FEASIBLE
    devices, seconds = data.devices.where(feasible), data.training_time
    check(not equal(data.carbon_total * (1 + 1e-9), data.carbon_total), "the comparison sees no difference")

    # Eq 5, one device: logic, HBM, host, and .35 more for buildings, transport and recycling.
    grown = (1.0 + data.cpa_growth_per_year) ** data.year
    for device, (area, node, gigabytes, tdp) in TABLE.items():
        unit = data.sel(hardware=device)
        for name, by_node in CPA.items():
            check(equal(unit.embodied_device_logic.sel(cpa_set=name), area * 1.05 ** data.year * by_node[node] * grown,
                        2e-3 if name == "act" else 1e-12), f"logic of {device}, {name}")
        # Carbon per GB stays while the capacity grows by 1.24 a year.
        check(equal(unit.embodied_device_hbm, gigabytes * 1.24 ** data.year * 0.4 * grown), f"HBM of {device}")
        check(equal(unit.device_tdp, tdp * 1.03 ** data.year), f"TDP of {device}")
    check(equal(data.embodied_device_host, xr.full_like(data.embodied_device_host, HOST)), "host share")
    made = data.embodied_device_logic + data.embodied_device_hbm + data.embodied_device_host
    check(equal(data.embodied_device_overhead, 0.35 * made), "overhead")
    check(equal(data.embodied_device, made + data.embodied_device_overhead), "embodied_device is not its terms")

    # The inventory is there whatever is charged.
    inventory = data.embodied_inventory
    check(equal(inventory.sel(attribution="amortized"), inventory.sel(attribution="full")),
          "the inventory depends on what is charged")
    check(equal(data.embodied_inventory, data.embodied_device * devices), "inventory")
    check(equal(data.carbon_embodied.sel(attribution="full"), data.embodied_inventory), "attribution full")
    check(equal(data.carbon_embodied.sel(attribution="amortized"), data.embodied_inventory * seconds / LIFETIME),
          "attribution amortized")

    # Eq 3 and 4.
    power = data.device_tdp * (0.70 + 0.30 * data.mfu)
    check(equal(data.energy, devices * seconds * power / 3.6e6), "energy of the devices")
    for device, (share, watts) in SERVERS.items():
        servers = np.ceil(devices.sel(hardware=device) / share)
        check(equal(data.energy_servers.sel(hardware=device),
                    servers * seconds.sel(hardware=device) * 0.5 * watts / 3.6e6), f"servers of {device}")
    for place, own in (("us-east5", 1.05), ("jean-zay", 1.2)):
        pue = data.region_pue.sel(region=place)
        check([float(value) for value in pue] == [1.1, own], f"PUE of {place}: {pue.values}")
    operation = data.region_pue * data.carbon_intensity / 1000.0
    check(equal(data.carbon_operational, data.energy * operation), "operational carbon of the devices")
    check(equal(data.carbon_servers, data.energy_servers * operation), "operational carbon of the servers")
    check(equal(data.carbon_total, data.carbon_operational + data.carbon_servers + data.carbon_embodied), "the total")


if __name__ == "__main__":
    run_test(main)
