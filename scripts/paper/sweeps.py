# SPDX-License-Identifier: BSD-3-Clause
"""Runs a configuration of configs/paper/ and opens its result."""
import json
import os
import subprocess
import sys

import numpy as np
import xarray as xr

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("CS_BUILD", os.path.join(TOP, "build"))
PAPER = os.path.join(TOP, "configs", "paper")

# The model dimensions at which section 11 of the model's description judges, and the ends of the published range.
ONE_TRILLION = 10240
LARGEST = 24576
SMALLEST = 1536


def ranks():
    return os.environ.get("CS_RANKS") or str(os.cpu_count() or 1)


def run(name, output, sets=()):
    """Sweeps configs/paper/NAME.json into `output`."""
    command = [os.environ.get("MPIRUN", "mpirun"), "-n", ranks(), os.path.join(BUILD, "cs_sweep"),
               os.path.join(PAPER, name + ".json"), "--output", output, "--force", "--quiet"]
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
    provenance = xr.open_dataset(path, engine="h5netcdf", group="provenance")
    for name in ("configuration_in_effect", "configuration"):
        text = provenance.attrs.get(name, provenance[name].item() if name in provenance else None)
        if text is not None:
            data.attrs["settings"] = text.decode() if isinstance(text, bytes) else str(text)
            break
    provenance.close()
    return data


def setting(data, section, name, default):
    """A setting as it was in effect."""
    try:
        return float(json.loads(data.attrs["settings"])[section][name])
    except (KeyError, TypeError, ValueError):
        return default


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


def ideal(data, hardware, region):
    """The paper's ideal: every FLOP at peak, no static power, no embodied carbon; kg over the model axis."""
    static = setting(data, "power", "static_fraction", 0.70)
    peak = point(data, "device_peak", hardware=hardware)
    tdp = point(data, "device_tdp", hardware=hardware)
    pue = point(data, "region_pue", region=region)
    intensity = point(data, "carbon_intensity", region=region)
    joules = line(data, "compute") / peak * (1.0 - static) * tdp
    return joules / 3.6e6 * pue * intensity / 1000.0
