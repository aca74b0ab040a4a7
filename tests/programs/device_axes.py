#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Axes over device fields give, bit by bit, the results of devices that state the values themselves; a run is resumed,
merged and asked for a point as with any other axis."""
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

BUILD, TMP = Path(os.environ["CS_BUILD"]), Path(os.environ["CS_TMP"])
AXES = {"model": {"d_model": [2048, 6144]}, "hardware": ["H100", "TPUv4"], "year": [0, 4], "qat": ["off", "int8"],
        "carbon_intensity": ["us-east5", "asia-south1"]}
TDP, UNITS, BANDWIDTH = [0.8, 1, 1.1], [1, 1.5], [0.7, 1.3]
DEVICES = {row["name"]: row for row in json.loads((Path(os.environ["CS_SOURCE"]) / "configs/devices.json").read_text())[
    "devices"]}
passed = failed = 0


def check(ok, text):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("FAILED:", text)


def field(name, key):
    row = DEVICES[name]
    return row[key] if key in row else field(row["based_on"], key)


def run(*words, status=0):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, cwd=TMP, check=False)
    check(done.returncode == status, f"{words}: exit status {done.returncode}, {done.stderr}")
    return done.stdout


def sweep(name, configuration, *words, status=0):
    (TMP / f"{name}.json").write_text(json.dumps(configuration))
    run(BUILD / "cs_sweep", f"{name}.json", "--quiet", "--output", f"{name}.h5", *words, status=status)
    return TMP / f"{name}.h5"


def product(value, factor):
    """As a person would write it."""
    return float(f"{value * factor:.15g}")


def dims(data):
    return [dim[0].name.lstrip("/") for dim in data.dims]


def compare(file, at, stated, text):
    """Every variable of `file` at these indices of its extra axes has the bits of the file whose devices state them."""
    count = 0
    for name, data in stated.items():
        if isinstance(data, h5py.Dataset) and not h5py.h5ds.is_scale(data.id):
            where = tuple(at.get(dim, slice(None)) for dim in dims(file[name]))
            left, right = file[name][where], data[()]
            check(left.tobytes() == right.tobytes(), f"{text}: {name}")
            count += 1
    check(count > 40, f"{text}: {count} variables")


axes = {**AXES, "device.tdp_w": {"factor": TDP}, "device.units": {"factor": UNITS}}
swept = sweep("factors", {"axes": axes, "device": {"hbm_gb_s": {"factor": 0.7}, "die_mm2": 500}})
with h5py.File(swept) as file:
    check(file["tdp_w"].attrs["units"] in (b"1", "1") and list(file["tdp_w"][()]) == TDP, "the dimension holds factors")
    for i, power in enumerate(TDP):
        for j, units in enumerate(UNITS):
            stated = [{"name": name, "based_on": name, "tdp_w": product(field(name, "tdp_w"), power),
                       "units": product(field(name, "units"), units),
                       "hbm_gb_s": product(field(name, "hbm_gb_s"), 0.7), "die_mm2": 500}
                      for name in AXES["hardware"]]
            with h5py.File(sweep("stated", {"axes": {**AXES, "hardware": stated}}, "--force")) as other:
                compare(file, {"tdp_w": i, "units": j}, other, f"tdp_w x {power}, units x {units}")
    # What stands in the file as in effect gives it again.
    in_effect = file["provenance/configuration_in_effect"][()].decode()
(TMP / "again.json").write_text(in_effect)
run(BUILD / "cs_sweep", "again.json", "--quiet", "--output", "again.h5")
check(subprocess.run(["h5diff", "--exclude-path", "/provenance", "factors.h5", "again.h5"], cwd=TMP,
                     check=False).returncode == 0, "the configuration in effect gives the same sweep")

# Values: the dimension has the unit of the key, whole numbers are integers.
with h5py.File(sweep("values", {"axes": {**AXES, "device.hbm_gb_s": {"from": 1000, "to": 3000, "step": 1000},
                                         "device.devices_per_server": [4, 8]}})) as file:
    check(file["hbm_gb_s"].attrs["units"] in (b"1e9 byte s-1", "1e9 byte s-1"), "unit of hbm_gb_s")
    check(file["devices_per_server"].dtype == np.int64, "devices_per_server is whole")
    check(dims(file["mfu"])[-1] == "hbm_gb_s", "the plan depends on the bandwidth alone")
    stated = [{"name": name, "based_on": name, "hbm_gb_s": 2000, "devices_per_server": 4} for name in AXES["hardware"]]
    with h5py.File(sweep("stated", {"axes": {**AXES, "hardware": stated}}, "--force")) as other:
        compare(file, {"hbm_gb_s": 1, "devices_per_server": 0}, other, "values")
    # --set is the section.
    with h5py.File(sweep("set", {"axes": AXES}, "--set", "device.hbm_gb_s=2000", "--set",
                         "device.devices_per_server=4")) as other:
        compare(file, {"hbm_gb_s": 1, "devices_per_server": 0}, other, "--set")

# A point of the file.
words = ["--model", "6144", "--hardware", "TPUv4", "--year", "4", "--qat", "int8", "--region", "asia-south1"]
with h5py.File(swept) as file:
    total = file["carbon_total"]
    index = {"model": 1, "hardware": 1, "year": 1, "qat": 1, "tdp_w": 2, "units": 1, "region": 1}
    stored = total[tuple(index[dim] for dim in dims(total))]
for choice in ("1.1", '{"factor": 1.1}'):
    for source in ("factors.h5", "factors.json"):
        answer = json.loads(run(BUILD / "cs_point", source, *words, "--set", f"device.tdp_w={choice}", "--set",
                                "device.units=1.5", "--brief", "--json"))
        check(answer["values"]["carbon_total"] == stored, f"cs_point {source} --set device.tdp_w={choice}")
run(BUILD / "cs_point", "factors.h5", *words, "--set", "device.tdp_w=1.15", status=64)
run(BUILD / "cs_point", "values.h5", *words, "--set", 'device.hbm_gb_s={"factor": 1000}', status=64)

# Stopped and resumed, and in shards that are merged.
configuration = json.loads((TMP / "factors.json").read_text())
(TMP / "resumed.h5.stop").touch()
sweep("resumed", configuration, status=75)
run(BUILD / "cs_sweep", "resumed.json", "--quiet", "--output", "resumed.h5", "--set", "device.die_mm2=501", "--resume",
    status=65)
run(BUILD / "cs_sweep", "resumed.json", "--quiet", "--output", "resumed.h5", "--resume")
for shard in ("1/2", "2/2"):
    sweep("merged", configuration, "--shard", shard)
sweep("merged", configuration, "--merge", "2")
for name in ("resumed", "merged"):
    check(subprocess.run(["h5diff", "--exclude-path", "/provenance", "factors.h5", f"{name}.h5"], cwd=TMP,
                         check=False).returncode == 0, f"{name}: the same file")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
