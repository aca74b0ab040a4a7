# SPDX-License-Identifier: BSD-3-Clause
"""The model as a shared library, and the device library, for the scripts that find constants."""
import copy
import ctypes
import glob
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TILES = 8  # CS_TILES_MAX


def compile_bridge(folder):
    """The model, what it needs of src/base, and the bridge as one shared library."""
    sources = sorted(glob.glob(os.path.join(ROOT, "src", "model", "*.c")) +
                     glob.glob(os.path.join(ROOT, "src", "base", "*.c")))
    library = os.path.join(folder, "bridge.so")
    command = [os.environ.get("CC", "cc"), "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-ffp-contract=off", "-O2", "-fPIC",
               "-shared", "-I", os.path.join(ROOT, "include"), "-o", library,
               os.path.join(ROOT, "scripts", "calibrate_bridge.c"), *sources, "-lm"]
    subprocess.run(command, check=True)
    bridge = ctypes.CDLL(library)
    bridge.bridge_field.restype = ctypes.c_char_p
    return bridge


def fields(bridge):
    """Keys of the device fields in the order of a record, and the defaults of those that need not be stated."""
    fallback = ctypes.c_double()
    defaults = {}
    for index in range(bridge.bridge_fields()):
        key = bridge.bridge_field(index, ctypes.byref(fallback)).decode()
        defaults[key] = fallback.value
    return defaults


def device_record(device, defaults):
    """A device as the bridge reads it: kind, tiles, fields in the units of their keys."""
    tiles = device.get("tiles") or []
    flat = [float(device["kind"] == "tpu"), float(len(tiles))]
    for tile in tiles:
        flat += list(tile.values()) if isinstance(tile, dict) else list(tile)
    flat += [0.0] * (2 + 3 * TILES - len(flat))
    return flat + [float(device.get(key, defaults[key])) for key in defaults]


def load_devices():
    """configs/devices.json, and its devices by name with what they inherit."""
    rows = {}
    with open(os.path.join(ROOT, "configs", "devices.json"), encoding="utf-8") as file:
        document = json.load(file)
    for row in document["devices"]:
        device = copy.deepcopy(rows[row["based_on"]]) if "based_on" in row else {}
        device.update(row)
        rows[row["name"]] = device
    return document, rows


def rounded(value):
    """A fitted constant as devices.json states it."""
    return 0.0 if abs(value) < 1e-2 else float(f"{value:.3g}")


def save_devices(document):
    rows = ["    {\n" + ",\n".join(f"      {json.dumps(k)}: {json.dumps(v)}" for k, v in row.items()) + "\n    }"
            for row in document["devices"]]
    with open(os.path.join(ROOT, "configs", "devices.json"), "w", encoding="utf-8") as file:
        file.write('{\n  "devices": [\n' + ",\n".join(rows) + "\n  ]\n}\n")
