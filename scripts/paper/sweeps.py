# SPDX-License-Identifier: BSD-3-Clause
"""Runs a configuration of configs/paper/, opens its result, and adds to it what was fitted to it."""
import json
import os
import subprocess
import sys
import zlib

import h5py
import numpy as np
import xarray as xr

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("CS_BUILD", os.path.join(TOP, "build"))
PAPER = os.path.join(TOP, "configs", "paper")

# d_model of the models that the paper speaks of (CarbonScaling, arXiv 2508.06524v2, section 5.1): about 1T parameters,
# and the ends of its range.
ONE_TRILLION = 10240
LARGEST = 24576
SMALLEST = 1536


def ranks():
    return os.environ.get("CS_RANKS") or str(os.cpu_count() or 1)


def run(name, output, sets=()):
    """Sweeps configs/paper/NAME.json into `output`."""
    command = [os.path.join(BUILD, "cs_sweep"), os.path.join(PAPER, name + ".json"), "--output", output, "--force",
               "--quiet"]
    if ranks() != "1":
        command = [os.environ.get("MPIRUN", "mpirun"), "-n", ranks()] + command
    for assignment in sets:
        command += ["--set", assignment]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        print(f"figures.py: {' '.join(command)} ended with status {done.returncode}.", file=sys.stderr)
        sys.exit(done.returncode)


def load(path):
    """The dataset, with d_model as the coordinate of the model axis where models are dimensions, infeasible points NaN,
    and the configuration in effect as the attribute `settings`."""
    data = xr.open_dataset(path, engine="h5netcdf").load()
    data.close()
    if all(str(label).isdigit() for label in data.model.values):
        data = data.assign_coords(model=[int(label) for label in data.model.values])
    with h5py.File(path, "r") as file:
        data.attrs["settings"] = file["provenance/configuration_in_effect"].asstr()[()]
    return data


def setting(data, section, name, default):
    """A setting as it was in effect."""
    try:
        return float(json.loads(data.attrs["settings"])[section][name])
    except (KeyError, TypeError, ValueError):
        return default


def choice(data, section, name, default):
    """A setting that is a word, as it was in effect."""
    try:
        return str(json.loads(data.attrs["settings"])[section][name])
    except (KeyError, TypeError, ValueError):
        return default


# ---- power laws in the file that they were fitted to ----
FIT_TEXT = {"exponent": ("1", "exponent b of y = a x^b"),
            "half_width": ("1", "half width of the 95% confidence interval of the exponent"),
            "factor": ("1", "factor a of y = a x^b, carbon in kg"),
            "r2": ("1", "coefficient of determination on logarithms"),
            "points": ("1", "number of model sizes")}
LAWS = {"loss_against_carbon": "y loss, x carbon", "carbon_against_loss": "y carbon, x loss",
        "ideal": "y ideal carbon, x loss", "no_embodied": "y carbon without its embodied part, x loss",
        "practical": "y carbon, x loss"}
GROUP = "power_laws"


def write_fits(path, axis, results):
    """Group /power_laws of a result file: variables LAW_exponent, LAW_half_width, ... over (`axis`, branch), where
    `axis` is hardware if the series are devices. The file is sealed again (see src/results/README.md), so that
    cs_point and --resume still trust it."""
    series = list(dict.fromkeys(entry["series"] for entry in results))
    branches = list(dict.fromkeys(entry["branch"] for entry in results))
    laws = [law for law in LAWS if any(law in entry for entry in results)]
    with h5py.File(path, "r+") as file:
        if GROUP in file:
            del file[GROUP]
        group = file.create_group(GROUP, track_order=True)
        group.attrs["method"] = ("least squares on natural logarithms over the model axis, dense and mixture models "
                                 "apart; interval from Student's t")
        group.attrs["source"] = "scripts/figures.py"
        for name, labels in ((axis, series), ("branch", branches)):
            scale = group.create_dataset(name, data=labels, dtype=h5py.string_dtype())
            scale.make_scale(name)
            scale.attrs["units"] = "1"
        for law in laws:
            for part, (units, text) in FIT_TEXT.items():
                values = np.full((len(series), len(branches)), np.nan)
                for entry in results:
                    if entry.get(law) is not None:
                        values[series.index(entry["series"]), branches.index(entry["branch"])] = entry[law][part]
                variable = group.create_dataset(f"{law}_{part}", data=values, fillvalue=np.nan)
                variable.attrs["_FillValue"] = np.array([np.nan])
                variable.attrs["units"] = units
                variable.attrs["long_name"] = f"{text}; {LAWS[law]}"
                variable.dims[0].attach_scale(group[axis])
                variable.dims[1].attach_scale(group["branch"])
    seal(path)


def seal(path):
    """The line of text behind a result file that says its checksum: see src/results/seal.c."""
    with open(path, "rb") as file:
        content = file.read()
    line = f"\ncs_sweep CRC-32 {zlib.crc32(content):08x} of {len(content):020d} bytes"
    with open(path, "ab") as file:
        file.write(line.ljust(63).encode() + b"\n")


def point(data, variable, **labels):
    """One number: axes of one value may be left out."""
    array = data[variable]
    labels = {axis: label for axis, label in labels.items() if axis in array.dims}
    array = array.sel(labels).squeeze(drop=True)
    if array.dims:
        raise ValueError(f"{variable}: {array.dims} are left open")
    return float(array)


def line(data, variable, **labels):
    """Values over the model axis."""
    array = data[variable]
    labels = {axis: label for axis, label in labels.items() if axis in array.dims}
    return np.asarray(array.sel(labels).squeeze(drop=True), dtype=float)


def power_shares(data, hardware):
    """Shares of TDP: what a training device always draws, and what full utilisation adds. Of the settings where they
    say, else of the device; files of versions that had one setting draw the TDP at full utilisation."""
    static = setting(data, "power", "static_fraction", 0.70)
    dynamic = setting(data, "power", "dynamic_fraction", 1.0 - static)
    devices = json.loads(data.attrs["settings"]).get("axes", {}).get("hardware", [])
    own = next((entry for entry in devices if isinstance(entry, dict) and entry.get("name") == hardware), {})
    return (own.get("static_fraction", 0.70) if static < 0.0 else static,
            own.get("dynamic_fraction", 0.30) if dynamic < 0.0 else dynamic)


def ideal(data, hardware, region):
    """The paper's ideal: every FLOP at peak, no static power, no embodied carbon; kg over the model axis."""
    dynamic = power_shares(data, hardware)[1]
    peak = point(data, "device_peak", hardware=hardware)
    tdp = point(data, "device_tdp", hardware=hardware)
    pue = point(data, "region_pue", region=region)
    intensity = point(data, "carbon_intensity", region=region)
    joules = line(data, "compute") / peak * dynamic * tdp
    return joules / 3.6e6 * pue * intensity / 1000.0
