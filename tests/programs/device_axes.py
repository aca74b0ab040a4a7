#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Axes over device fields give, bit by bit, the results of devices that state the values themselves; a run is resumed,
merged and asked for a point as with any other axis."""
import json

import h5py
import numpy as np

from harness import BUILD, SOURCE, TMP, check, run, run_test, sweep
from resultfile import dimensions

AXES = {"model": {"d_model": [2048, 6144]}, "hardware": ["H100", "TPUv4"], "year": [0, 4], "qat": ["off", "int8"],
        "carbon_intensity": ["us-east5", "asia-south1"]}
TDP, UNITS, BANDWIDTH = [0.8, 1, 1.1], [1, 1.5], [0.7, 1.3]
DEVICES = {row["name"]: row for row in json.loads((SOURCE / "configs/devices.json").read_text())["devices"]}


def field(name, key):
    row = DEVICES[name]
    return row[key] if key in row else field(row["based_on"], key)


def product(value, factor):
    """As a person would write it."""
    return float(f"{value * factor:.15g}")


def same_files(*names):
    run("h5diff", "--exclude-path", "/provenance", *names)


def compare(file, at, stated, text):
    """Every variable of `file` at these indices of its extra axes has the bits of the file whose devices state them."""
    count = 0
    for name, data in stated.items():
        if isinstance(data, h5py.Dataset) and not h5py.h5ds.is_scale(data.id):
            where = tuple(at.get(dim, slice(None)) for dim in dimensions(file[name]))
            left, right = file[name][where], data[()]
            check(left.tobytes() == right.tobytes(), f"{text}: {name}")
            count += 1
    check(count > 40, f"{text}: {count} variables")


def factors():
    axes = {**AXES, "device.tdp_w": {"factor": TDP}, "device.units": {"factor": UNITS}}
    swept = sweep("factors", {"axes": axes, "device": {"hbm_gb_s": {"factor": 0.7}, "die_mm2": 500}})
    with h5py.File(swept) as file:
        check(file["tdp_w"].attrs["units"] in (b"1", "1") and list(file["tdp_w"][()]) == TDP,
              "the dimension holds factors")
        for i, power in enumerate(TDP):
            for j, units in enumerate(UNITS):
                stated = [{"name": name, "based_on": name, "tdp_w": product(field(name, "tdp_w"), power),
                           "units": product(field(name, "units"), units),
                           "hbm_gb_s": product(field(name, "hbm_gb_s"), 0.7), "die_mm2": 500}
                          for name in AXES["hardware"]]
                with h5py.File(sweep("stated", {"axes": {**AXES, "hardware": stated}})) as other:
                    compare(file, {"tdp_w": i, "units": j}, other, f"tdp_w x {power}, units x {units}")
        # What stands in the file as in effect gives it again.
        in_effect = file["provenance/configuration_in_effect"][()].decode()
    same_files("factors.h5", sweep("again", json.loads(in_effect)))
    return swept


def values_and_settings():
    """Values: the dimension has the unit of the key, whole numbers are integers."""
    with h5py.File(sweep("values", {"axes": {**AXES, "device.hbm_gb_s": {"from": 1000, "to": 3000, "step": 1000},
                                             "device.dies": [1, 2]}})) as file:
        check(file["hbm_gb_s"].attrs["units"] in (b"1e9 byte s-1", "1e9 byte s-1"), "unit of hbm_gb_s")
        check(file["dies"].dtype == np.int64, "dies is whole")
        check(dimensions(file["mfu"])[-1] == "hbm_gb_s", "the plan depends on the bandwidth alone")
        stated = [{"name": name, "based_on": name, "hbm_gb_s": 2000, "dies": 1}
                  for name in AXES["hardware"]]
        with h5py.File(sweep("stated", {"axes": {**AXES, "hardware": stated}})) as other:
            compare(file, {"hbm_gb_s": 1, "dies": 0}, other, "values")
        # --set is the section.
        sets = ["device.hbm_gb_s=2000", "device.dies=1"]
        with h5py.File(sweep("set", {"axes": AXES}, sets=sets)) as other:
            compare(file, {"hbm_gb_s": 1, "dies": 0}, other, "--set")


def points(swept):
    """A point of the file."""
    words = ["--model", "6144", "--hardware", "TPUv4", "--year", "4", "--qat", "int8", "--region", "asia-south1"]
    with h5py.File(swept) as file:
        total = file["carbon_total"]
        index = {"model": 1, "hardware": 1, "year": 1, "qat": 1, "tdp_w": 2, "units": 1, "region": 1}
        stored = total[tuple(index[dim] for dim in dimensions(total))]
    for choice in ("1.1", '{"factor": 1.1}'):
        for source in ("factors.h5", "factors.json"):
            answer = json.loads(run(BUILD / "cs_point", source, *words, "--set", f"device.tdp_w={choice}", "--set",
                                    "device.units=1.5", "--brief", "--json").stdout)
            check(answer["values"]["carbon_total"] == stored, f"cs_point {source} --set device.tdp_w={choice}")
    run(BUILD / "cs_point", "factors.h5", *words, "--set", "device.tdp_w=1.15", status=64)
    run(BUILD / "cs_point", "values.h5", *words, "--set", 'device.hbm_gb_s={"factor": 1000}', status=64)


def resumed_and_merged():
    """Stopped and resumed, and in shards that are merged."""
    configuration = json.loads((TMP / "factors.json").read_text())
    (TMP / "resumed.h5.stop").touch()
    sweep("resumed", configuration, status=75)
    again = [BUILD / "cs_sweep", "resumed.json", "--quiet", "--output", "resumed.h5", "--resume"]
    run(*again, "--set", "device.die_mm2=501", status=65)
    run(*again)
    for shard in ("1/2", "2/2"):
        sweep("merged", configuration, options=["--shard", shard])
    sweep("merged", configuration, options=["--merge", "2"])
    for name in ("resumed", "merged"):
        same_files("factors.h5", f"{name}.h5")


def main():
    swept = factors()
    values_and_settings()
    points(swept)
    resumed_and_merged()


if __name__ == "__main__":
    run_test(main)
