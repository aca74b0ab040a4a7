#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every number of a result file: finite or the documented fill, within its range, adding up, and monotone where physics
demands it; and inputs from 1 parameter to 1e18, from 1 byte to 1 EB, from a second to 1,000 years end in an answer or a
stated infeasibility.

CS_NUMBERS_CONFIG (configs/quick.json) is the sweep whose ranges are looked at; tests/slow/every_number.sh says
full.json.
"""
import json
import os
import time
from pathlib import Path

import h5py
import numpy as np

from harness import QUICK, SLOWDOWN, SOURCE, check, run_test
from harness import sweep as sweep_into
from resultfile import FEASIBLE, SHARES, dimensions, labels, values

CONFIG = Path(os.environ.get("CS_NUMBERS_CONFIG", QUICK))
FIRST_REASON, LAST_REASON = 2, 6
ALWAYS = {"candidates"}  # of the space, whether anything in it is feasible or not
GIB, DAY = 1073741824.0, 86400.0


def close(left, right, tolerance):
    return np.abs(left - right) <= tolerance * np.maximum(np.abs(left), np.abs(right))


def sweep(name, config=CONFIG, **how):
    return h5py.File(sweep_into(name, config, **how), "r")


def figures(file, name):
    """Finite where feasible, fill elsewhere; no infinity anywhere."""
    status = file["status"][...]
    check((status == FEASIBLE) | ((status >= FIRST_REASON) & (status <= LAST_REASON)), f"{name}: status")
    check((status == FEASIBLE).any(), f"{name}: nothing is feasible")
    axes = dimensions(file["status"])
    for key, variable in file.items():
        name_of = key.removeprefix("least_carbon_")
        if not isinstance(variable, h5py.Dataset) or variable.dtype.kind not in "fiu" or name_of == "status":
            continue
        array = variable[...]
        own = dimensions(variable)
        if key in axes or not set(axes) <= set(own):
            check(np.isfinite(array), f"{name}: {key} is not finite")
            continue
        where = status.reshape([status.shape[axes.index(axis)] if axis in axes else 1 for axis in own]) == FEASIBLE
        where = np.broadcast_to(where, array.shape)
        if name_of in ALWAYS:
            check(np.isfinite(array) & (array >= 0), f"{name}: {key}")
        elif key.endswith("cost"):
            check(np.isnan(array), f"{name}: {key} without a price")
            continue
        elif array.dtype.kind == "f":
            check(np.isfinite(array) == where, f"{name}: {key} is not finite or the fill")
            check(array[where] >= 0, f"{name}: {key} is negative")
        else:
            fill = variable.attrs["_FillValue"]
            check((array == fill) == ~where, f"{name}: {key} is not a value or the fill")


def ranges(file, name):
    """0 < mfu <= 1, the memory there is, the deadline, shares that sum to 1, terms that add up."""
    feasible = file["status"][...] == FEASIBLE

    def of(key):
        return values(file, key, "status")[feasible]

    effect = json.loads(file["provenance/configuration_in_effect"][()])
    check((of("mfu") > 0) & (of("mfu") <= 1), f"{name}: mfu")
    check((of("hfu") >= of("mfu") * (1 - 1e-9)) & (of("hfu") <= 1), f"{name}: hfu")
    check(of("training_time") <= effect["training"]["deadline_days"] * DAY, f"{name}: later than the deadline")
    sizes = {}
    for device in json.loads((SOURCE / "configs/devices.json").read_text())["devices"]:
        based = sizes.get(device.get("based_on"))
        for alias in [device["name"], *device.get("aliases", [])]:
            sizes[alias] = device.get("hbm_gib", based)
    years = np.asarray(file["year"][...], float)
    grown = effect["projection"]["hbm_capacity"] ** years
    capacity = np.multiply.outer([sizes[device] * GIB for device in labels(file, "hardware")], grown)
    axes = dimensions(file["status"])
    shape = [1] * len(axes)
    shape[axes.index("hardware")], shape[axes.index("year")] = capacity.shape
    check(axes.index("hardware") < axes.index("year"), f"{name}: order of the axes")
    check(of("memory_per_device") <= np.broadcast_to(capacity.reshape(shape), feasible.shape)[feasible],
          f"{name}: more memory than there is")
    check(np.abs(sum(of(share) for share in SHARES) - 1) <= 1e-9, f"{name}: shares")
    ranks = of("tensor").astype(float) * of("pipeline") * of("data") * of("context")
    check(of("devices") == ranks, f"{name}: degrees")
    check(of("training_time") >= of("step_time"), f"{name}: a step longer than the training")
    wide = np.broadcast_to(values(file, "status", "carbon_total") == FEASIBLE, file["carbon_total"].shape)
    total = sum(np.broadcast_to(values(file, key, "carbon_total"), wide.shape)[wide]
                for key in ("carbon_operational", "carbon_idle", "carbon_servers", "carbon_network",
                            "carbon_embodied"))
    check(close(file["carbon_total"][...][wide], total, 1e-9), f"{name}: carbon does not add up")
    check(of("carbon_embodied") <= of("embodied_inventory") * (1 + 1e-9), f"{name}: more embodied than there is")


def dirtier_grids(file, name):
    axes = dimensions(file["carbon_total"])
    at = axes.index("region")
    order = np.argsort(file["carbon_intensity"][...], kind="stable")
    intensity = file["carbon_intensity"][...][order]
    for key in ("carbon_operational", "carbon_total"):
        array = np.moveaxis(np.take(file[key][...], order, axis=at), at, -1)
        steps = np.diff(array, axis=-1)
        rises = np.isnan(steps) | (steps > 0) | ((np.diff(intensity) == 0) & (steps >= 0))
        check(rises, f"{name}: {key} does not rise with the intensity of the grid")


def along(file, key, axis):
    """A variable with that axis last, and where it and its neighbour are both feasible."""
    at = dimensions(file["status"]).index(axis)
    array = np.moveaxis(values(file, key, "status"), at, -1)
    feasible = np.moveaxis(file["status"][...] == FEASIBLE, at, -1)
    return array, feasible[..., 1:] & feasible[..., :-1], feasible


def monotone():
    """Longer deadlines, more memory, faster links: fewer or equal devices, and never a slower best step."""
    small = ['axes.model={"d_model": [2048, 4096, 8192]}', "axes.year=[0, 5]", 'axes.qat=["off"]',
             'axes.carbon_intensity=["us-east5"]']
    file = sweep("deadlines", sets=[*small, "axes.training.deadline_days=[20, 45, 90, 180, 1000]"])
    devices, both, feasible = along(file, "devices", "deadline_days")
    check((np.diff(devices.astype(float)) <= 0) | ~both, "more devices for a longer deadline")
    check(feasible[..., 1:] | ~feasible[..., :-1], "a longer deadline is not met where a shorter one is")
    check(both.any(), "deadlines: nothing to compare")

    def grown(field, base, factors, device):
        return "axes.hardware=" + json.dumps([{"name": f"x{factor}", "based_on": device, field: base * factor}
                                              for factor in factors])
    for device, memory, link, card in (("H100", 79.6, 900.0, 50.0), ("TPUv5p", 95.0, 100.0, 12.5)):
        file = sweep(f"memory-{device}", sets=[*small, grown("hbm_gib", memory, (0.5, 1, 2, 8), device)])
        devices, both, feasible = along(file, "devices", "hardware")
        check((np.diff(devices.astype(float)) <= 0) | ~both, f"{device}: more devices with more memory")
        check(feasible[..., 1:] | ~feasible[..., :-1], f"{device}: does not fit into more memory")
        check(both.any(), f"{device}: nothing to compare")
        for field, base in (("link_gb_s", link), ("scale_out_gb_s", card)):
            file = sweep(f"{field}-{device}", sets=[
                *small, grown(field, base, (0.25, 1, 1.5, 6), device), "search.objective=min_time",
                "search.devices=1440"])
            seconds, both, feasible = along(file, "step_time", "hardware")
            batch = along(file, "global_batch", "hardware")[0].astype(float)
            check((np.diff(seconds / batch) <= 1e-12 * (seconds / batch)[..., 1:]) | ~both,
                  f"{device}: slower by a larger {field}")
            check(both.any(), f"{device}, {field}: nothing to compare")


def extremes():
    """Sizes that nobody trains: an answer or a reason, finite numbers, and at once."""
    models = [{"d_model": [1, 2, 24576, 1000000]}] + [
        {"name": name, "layers": layers, "d_model": width, "heads": 1, "vocab": vocab, "d_ff": ff, "tokens": tokens}
        for name, layers, width, ff, vocab, tokens in (
            ("one", 1, 1, 1, 1, 1.0), ("wide", 10000, 10000000, 10000000, 1000, 1e20), ("long", 10000, 8, 8, 8, 1e12))]
    devices = [{"name": "1 B", "based_on": "H100", "hbm_gib": 1e-9},
               {"name": "1 EB", "based_on": "H100", "hbm_gib": 931322574.6},
               {"name": "slow", "based_on": "TPUv4", "link_gb_s": 1e-6, "scale_out_gb_s": 1e-6}, "B200"]
    config = {"axes": {
        "model": models, "hardware": devices, "year": [0, 50], "qat": ["off", "int8"],
        "carbon_intensity": [{"region": "clean", "g_per_kwh": 0}, {"region": "dirty", "g_per_kwh": 10000}],
        "training.deadline_days": [1 / 86400, 90, 365000]}}
    begun = time.monotonic()
    file = sweep("extremes", config)
    seconds, most = time.monotonic() - begun, 60 * SLOWDOWN
    check(seconds < most, f"extremes: {seconds:.0f} s for {file['status'].size} plans; at most {most:.0f}")
    figures(file, "extremes")
    status = file["status"][...]
    check(set(np.unique(status)) >= {FEASIBLE, 5, 6}, f"extremes: only the verdicts {np.unique(status)}")
    total = file["parameters_total"][...]
    check((total >= 1) & np.isfinite(total) & (file["tokens"][...] > 0), "extremes: parameters and tokens")
    check((total.min() < 12) & (total.max() > 1e18), f"extremes: from {total.min()} to {total.max()} parameters")
    devices = labels(file, "hardware").index("1 B")
    axes = dimensions(file["status"])
    check(np.take(status, devices, axis=axes.index("hardware")) != FEASIBLE, "something fits into a byte")


def main():
    ranks = int(os.environ.get("CS_NUMBERS_RANKS", "2"))
    with sweep("ranges", ranks=ranks) as file:
        figures(file, "ranges")
        ranges(file, "ranges")
        dirtier_grids(file, "ranges")
        print(f"{CONFIG.name}: {file['status'].size} plans, {file['carbon_total'].size} points looked at")
    monotone()
    extremes()


if __name__ == "__main__":
    run_test(main)
