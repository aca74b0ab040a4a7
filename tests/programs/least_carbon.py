#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The least-carbon plan beside the one with the fewest devices: what it equals, when it is there, who shows it."""
import re

import h5py
import numpy as np

from harness import BUILD, check, configuration, equal, run, run_test, sweep
from resultfile import FEASIBLE, load

LEAST = "least_carbon_"
GRID = {"model": {"d_model": [2048, 3072, 8192]}, "hardware": ["A100", "H100", "TPUv5p"], "year": [0, 10],
        "qat": ["off", "int8"], "training.deadline_days": [0.5, 90]}
REGIONS = ["us-east5", "asia-south1", "europe-north2"]


def names_of(data):
    return [name[len(LEAST):] for name in data if name.startswith(LEAST)]


def equals_a_search_by_carbon():
    """At one place the least-carbon plans are what a sweep by min_carbon answers."""
    config = configuration(GRID)
    pair = load(sweep("pair", config))
    carbon = load(sweep("carbon", config, sets=["search.objective=min_carbon"])).isel(region=0)
    pair = pair.isel(region=0)
    check(len(names_of(pair)) > 30, "the file has the variables of both plans")
    for name in names_of(pair):
        check(np.array_equal(pair[LEAST + name], carbon[name], equal_nan=True), f"{name} is not that of min_carbon")
    check(bool((pair.status == pair.least_carbon_status).all()), "what is feasible for one is so for the other")
    check(bool((pair.status == FEASIBLE).any()) and bool((pair.status != FEASIBLE).any()), "both kinds of points")
    less = pair.least_carbon_carbon_total / pair.carbon_total
    check(bool((less.fillna(1) <= 1).all()) and bool((less < 0.9).any()), "less carbon")
    check(bool(((pair.least_carbon_devices >= pair.devices) | pair.devices.isnull()).all()), "no fewer devices")


def stands_beside():
    """All else in the file is as without it."""
    config = configuration({**GRID, "carbon_intensity": REGIONS})
    on, off = sweep("on", config), sweep("off", config, sets=["search.least_carbon=false"])
    with h5py.File(on) as one, h5py.File(off) as other:
        extra = set(one) - set(other)
        check(extra and all(name.startswith(LEAST) for name in extra) and not set(other) - set(one), f"only {extra}")
        for name in other:
            if isinstance(other[name], h5py.Dataset):
                check(np.array_equal(one[name][...], other[name][...], equal_nan=other[name].dtype.kind == "f"),
                      f"{name} depends on search.least_carbon")
    data = load(on)
    equal(data.least_carbon_devices.dims, data.devices.dims, "axes")
    mean, least = data.carbon_total.mean("region"), data.least_carbon_carbon_total.mean("region")
    check(bool(((least <= mean * (1 + 1e-12)) | mean.isnull()).all()), "least summed over the regions")
    parts = sum(data[LEAST + "carbon_" + part] for part in ("operational", "idle", "servers", "network", "embodied"))
    check(bool(((abs(parts / data.least_carbon_carbon_total - 1) < 1e-12) | parts.isnull()).all()), "the total")
    several = load(sweep("several", config, sets=["search.alternatives=2"]))
    check(several.least_carbon_devices.equals(data.least_carbon_devices), "alternatives add none")
    equal("alternative" in several.least_carbon_carbon_total.dims, False, "one plan a search")


def belongs_to_min_devices():
    one = configuration({"search.objective": ["min_devices", "min_energy"]})
    data = load(sweep("objectives", one)).squeeze()
    equal(data.least_carbon_status.values.tolist(), [1, 0], "status by objective")
    check(bool(data.least_carbon_devices.isel(objective=1).isnull()), "no plan where none is asked for")
    for objective in (["search.objective=min_energy"], ["search.objective=min_time", "search.devices=64"],
                      ["search.least_carbon=false"]):
        check(not names_of(load(sweep("other", configuration(), sets=objective))), f"{objective}")


def is_told():
    """The summary says which plan is which."""
    config = configuration({**GRID, "model": {"d_model": [3072]}, "year": [0], "training.deadline_days": [90],
                            "qat": ["off"]})
    path = sweep("told", config)
    words = [BUILD / "cs_sweep", path.with_suffix(".json"), "--force", "--output", path]
    text = run(*words).stderr
    lines = re.findall(r"^ +(\w*) +\S* +(fewest devices|least carbon) +([0-9.e+]+) ", text, re.M)
    equal([line[1] for line in lines], ["fewest devices", "least carbon"] * 3, "both plans of each device")
    data = load(path).squeeze()
    for i, device in enumerate(GRID["hardware"]):
        for (_, plan, tonnes), name in zip(lines[2 * i:], ("carbon_total", LEAST + "carbon_total")):
            wanted = float(data[name].sel(hardware=device)) / 1000
            check(abs(float(tonnes) / wanted - 1) < 1e-3, f"{device}, {plan}: {tonnes} t, {wanted} in the file")
    text = run(*words, "--set", "search.least_carbon=false").stderr
    check("least carbon" not in text and "fewest devices" not in text and "least, t" in text, "one plan, no labels")
    text = run(*words, "--set", 'axes.search.objective=["min_devices","min_energy"]').stderr
    check("the objective's" in text and "fewest devices" not in text, "plans of two objectives")


def main():
    equals_a_search_by_carbon()
    stands_beside()
    belongs_to_min_devices()
    is_told()


if __name__ == "__main__":
    run_test(main)
