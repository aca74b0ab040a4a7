#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Fits the kernel constants of configs/devices.json to the kernels measured by themselves in configs/measurements.

No whole run takes part: what these constants leave unexplained of a training step is scripts/calibrate.py's to find.
Judged is the mean absolute error of predicted over measured time of a family's points of a kind. Sets that say
`relative` come from a machine whose clock or software is not known: only the ratios of their points count, they show
constants that no other set shows, and they are reported, not judged.

  scripts/fit_kernels.py           errors of the shipped constants, judged; exit status 1 where a target is missed
  scripts/fit_kernels.py --fit     fit from the middle of the ranges, print constants and errors
  scripts/fit_kernels.py --write   and put the constants into configs/devices.json
"""
import argparse
import copy
import ctypes
import glob
import json
import math
import os
import statistics
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bridge import ROOT, compile_bridge, device_record, fields, load_devices, rounded, save_devices  # noqa: E402

FOLDER = os.path.join(ROOT, "configs", "measurements")
SHAPES = {"product": {"m", "n", "k", "batch"}, "grouped": {"m", "n", "k", "batch"}, "stream": {"bytes"},
          "attention": {"batch", "heads", "kv_heads", "seq", "d_qk", "d_v", "causal"}, "power": {"limit_w"},
          "collective": {"devices", "bytes"}}
OPTIONAL = {"product": {"a_bytes", "b_bytes", "c_bytes"}}
GENERATIONS = {"unfused": 1, "fused1": 2, "fused2": 3, "fused3": 4}
HEAD = {"name": str, "device": str, "kind": str, "source": str, "points": list}
MORE = {"fields": dict, "format": str, "generation": str, "pass": str, "state": str, "relative": bool,
        "confidence": str, "note": str}
WORDS = {"kind": set(SHAPES), "format": {"bf16", "fp8"}, "generation": set(GENERATIONS),
         "pass": {"forward", "backward", "both"}, "state": {"short", "sustained"},
         "confidence": {"read", "transcribed", "recalled"}}
UNLIMITED = 1e6  # W: what a device's power limit is for kernels that are over before power lowers the clock

# Mean absolute errors wanted, in per cent, of a family's points of a kind.
TARGETS = [("H100", "product", 6.0), ("B200", "product", 6.0), ("H100", "attention", 10.0), ("B200", "attention", 10.0),
           ("A100", "attention", 10.0)]
# What is fitted to what: the device that holds a family's constants, kind and format (None: any) of its sets, whether
# those that count by ratios only, and the constants with the ranges in which they are plausible.
SHAPE = {"k_ramp": (0, 600), "wave_loss": (0, 1), "launch_us": (1, 12)}
PRODUCT = {"sustained": (0.4, 1), **SHAPE}
LIMITED = {"sustained": (0.4, 1), "product_w": (200, 1500)}
STREAM = {"hbm_efficiency": (0.5, 1)}
GROUPED = {"grouped_ramp": (0, 600)}
ATTENTION = {"softmax_share": (0, 0.6), "attention_ramp": (0, 400)}
FIRST, SECOND, THIRD = ({f"fused{i}_{way}": (0.1, 1) for way in ("forward", "backward")} for i in (1, 2, 3))
FITS = [
    ("H100", "power", None, False, {"static_w": None, "product_w": None}),
    ("H100", "product", "bf16", False, PRODUCT),
    ("H100", "stream", None, False, STREAM),
    ("H100", "product", "fp8", False, {"sustained_8bit": (0.4, 1)}),
    ("H100", "grouped", None, False, GROUPED),
    ("H100", "attention", None, False, {**ATTENTION, **FIRST, **SECOND, **THIRD}),
    # 295 of 312 TFLOP/s on zeros, which draw little: no product does better at full clock.
    ("A100-40GB", "product", None, False, {**SHAPE, **LIMITED, "sustained": (0.4, 0.946)}),
    ("A100-40GB", "grouped", None, False, GROUPED),
    ("A100-40GB", "attention", None, False, {**ATTENTION, **FIRST, **SECOND}),
    ("B100", "product", None, False, PRODUCT),
    ("B100", "stream", None, False, STREAM),
    ("B100", "grouped", None, True, GROUPED),
    ("B100", "attention", None, False, {**ATTENTION, **THIRD}),
    ("MI300X", "product", None, True, SHAPE),
    ("MI300X", "product", None, False, LIMITED),
    ("TPU7x", "product", None, False, {"sustained": (0.4, 1)}),
    ("TPU7x", "stream", None, False, STREAM),
]
ROUNDS = 2  # streams and products each know a little of the other's constants


class Wrong(Exception):
    """A measurements file that is not as it should be."""


def number(where, value, low=0.0):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= low:
        raise Wrong(f"{where}: expected a number above {low:g}, not {json.dumps(value)}.")


def check_point(where, kind, point):
    if not isinstance(point, dict):
        raise Wrong(f"{where}: expected an object.")
    needed = SHAPES[kind] | ({"clock_mhz", "power_w"} if kind == "power" else {"seconds"})
    allowed = needed | OPTIONAL.get(kind, set()) | {"clock_mhz", "power_w"}
    for key in sorted(needed - set(point)):
        raise Wrong(f"{where}: {key} is missing.")
    for key, value in point.items():
        if key not in allowed:
            raise Wrong(f"{where}.{key}: unknown key; known are {', '.join(sorted(allowed))}.")
        if key == "causal":
            if not isinstance(value, bool):
                raise Wrong(f"{where}.causal: expected true or false, not {json.dumps(value)}.")
        else:
            number(f"{where}.{key}", value)


def check_set(where, measured, devices):
    for key, kind in HEAD.items():
        if key not in measured:
            raise Wrong(f"{where}: {key} is missing.")
    for key, value in measured.items():
        expected = HEAD.get(key) or MORE.get(key)
        if expected is None:
            raise Wrong(f"{where}.{key}: unknown key; known are {', '.join([*HEAD, *MORE])}.")
        if not isinstance(value, expected) or value in ("", []):
            raise Wrong(f"{where}.{key}: expected {'text' if expected is str else expected.__name__}.")
        if key in WORDS and value not in WORDS[key]:
            raise Wrong(f"{where}.{key}: expected one of {', '.join(sorted(WORDS[key]))}, not {json.dumps(value)}.")
    if measured["device"] not in devices:
        raise Wrong(f"{where}.device: no device is named {json.dumps(measured['device'])}.")
    needed = {"attention": ("format", "state", "generation", "pass"), "power": (), "collective": ()}
    for key in needed.get(measured["kind"], ("format", "state")):
        if key not in measured:
            raise Wrong(f"{where}: {key} is missing.")
    for index, point in enumerate(measured["points"]):
        check_point(f"{where}.points[{index}]", measured["kind"], point)


def read(path, devices, defaults):
    """The sets of one file, or Wrong."""
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except ValueError as error:
        raise Wrong(f"{path}: {error}") from error
    known = {"schema_version", "measured_on", "properties", "sets"}
    if not isinstance(document, dict) or not {"schema_version", "sets"} <= set(document) <= known or (
            document["schema_version"] != 1 or not isinstance(document["sets"], list)):
        raise Wrong(f'{path}: expected {{"schema_version": 1, "sets": [...]}}, and beside them measured_on and '
                    "properties at most.")
    for index, measured in enumerate(document["sets"]):
        where = f"{path}: sets[{index}]"
        check_set(where, measured, devices)
        for key, value in measured.get("fields", {}).items():
            if key not in defaults:
                raise Wrong(f"{where}.fields.{key}: no field of a device.")
            number(f"{where}.fields.{key}", value)
    return document["sets"]


def read_all(devices, defaults, files=None):
    sets = []
    for path in files or sorted(glob.glob(os.path.join(FOLDER, "*.json"))):
        sets += read(path, devices, defaults)
    names = [measured["name"] for measured in sets]
    for name in names:
        if names.count(name) > 1:
            raise Wrong(f"two sets of measurements are named {json.dumps(name)}.")
    return sets


def rows(measured):
    """What the bridge is asked for each point: one kernel, or forward and backward."""
    kind, result = measured["kind"], []
    wide = measured["format"] == "bf16"
    for point in measured["points"]:
        if kind == "stream":
            result.append([[4, point["bytes"], *[0] * 7]])
        elif kind == "attention":
            # Without a causal mask every pair counts, as for the first tokens of a sequence without end.
            context = point["seq"] if point["causal"] else 1e12
            shape = [point["batch"], point["heads"], point["seq"], point["seq"], context, point["d_qk"], point["d_v"],
                     GENERATIONS[measured["generation"]]]
            ways = {"forward": (2,), "backward": (3,), "both": (2, 3)}[measured["pass"]]
            result.append([[way, *shape] for way in ways])
        else:
            size = 2 if wide else 1
            result.append([[int(kind == "grouped"), point["m"], point["n"], point["k"], point["batch"],
                            point.get("a_bytes", size), point.get("b_bytes", size), point.get("c_bytes", 2),
                            int(not wide)]])
    return result


class Kernels:
    """Predicted over measured time of every point of a set, for any constants."""

    def __init__(self, bridge, defaults):
        self.bridge, self.defaults = bridge, defaults

    def ratios(self, device, measured):
        device = {**device, **measured.get("fields", {}), "step_drag": 0}
        if measured["state"] == "short":
            device["tdp_w"] = UNLIMITED
        record = device_record(device, self.defaults)
        asked = rows(measured)
        flat = [value for kernels in asked for kernel in kernels for value in kernel]
        count, each = sum(map(len, asked)), len(asked[0])
        seconds = (ctypes.c_double * count)()
        self.bridge.bridge_kernels((ctypes.c_double * len(record))(*record), count,
                                   (ctypes.c_double * len(flat))(*flat), seconds)
        result = [sum(seconds[each * i:each * i + each]) / point["seconds"]
                  for i, point in enumerate(measured["points"])]
        if measured.get("relative"):
            middle = math.exp(statistics.fmean(map(math.log, result)))
            result = [ratio / middle for ratio in result]
        return result


def bus_bandwidth(devices, bytes, seconds, **_):  # the names of a point's keys
    """Bytes per second and direction of each device's links in a ring all-reduce, as nccl-tests count."""
    return 2.0 * (devices - 1) / devices * bytes / seconds


def family(devices, name):
    return devices[name].get("family", name)


def put(devices, root, found):
    """Constants into all devices of a family; where the holder is based on another device, into itself."""
    for device in devices.values():
        if family(devices, device["name"]) == family(devices, root) and not ("based_on" in devices[root] and
                                                                             device is not devices[root]):
            device.update(found)


def fit(kernels, devices, sets, step):
    """Fitted constants of one row of FITS, put into all devices of the family. One pass over memory is a straight line,
    the others are found by trust-region least squares with a soft-L1 loss on the logarithm."""
    import numpy as np  # noqa: PLC0415 (only a fit needs it)
    from scipy.optimize import least_squares  # noqa: PLC0415

    root, kind, form, relative, constants = step
    chosen = [m for m in sets if m["kind"] == kind and form in (None, m.get("format")) and
              m.get("relative", False) == relative and family(devices, m["device"]) == family(devices, root)]
    if kind == "power":
        found = dict(zip(constants, map(rounded, fit_power(chosen[0]))))
        put(devices, root, found)
        return found
    low, high = (np.array([limits[i] for limits in constants.values()]) for i in (0, 1))

    def with_constants(name, unit):
        return {**devices[name], **dict(zip(constants, low + unit * (high - low)))}

    def residuals(unit):
        return np.log([ratio for m in chosen for ratio in kernels.ratios(with_constants(m["device"], unit), m)])

    starts = [np.full(len(constants), middle) for middle in (0.5, 0.25, 0.75)]
    answers = [least_squares(residuals, start, bounds=(0, 1), loss="soft_l1", f_scale=0.05, diff_step=0.02)
               for start in starts]
    best = min(answers, key=lambda answer: answer.cost)
    found = {key: rounded(value) for key, value in zip(constants, low + best.x * (high - low))}
    put(devices, root, found)
    return found


def fit_power(measured):
    """static_w and product_w of P = static + product * (clock / full)^2.8, and the root mean square of what is left."""
    full = max(point["clock_mhz"] for point in measured["points"])
    x = [(point["clock_mhz"] / full) ** 2.8 for point in measured["points"]]
    y = [point["power_w"] for point in measured["points"]]
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)
    static = mean_y - slope * mean_x
    rest = math.sqrt(statistics.fmean((b - static - slope * a) ** 2 for a, b in zip(x, y)))
    return static, slope, rest


def report(kernels, devices, sets):
    """Prints the error of every set and of the judged groups; the number of targets missed."""
    errors = {}
    print(f"{'kernels measured by themselves':42} {'points':>6} {'mean':>7} {'bias':>7} {'largest':>8}")
    for measured in sets:
        if measured["kind"] == "power":
            static, product, rest = fit_power(measured)
            print(f"{measured['name']:42} {len(measured['points']):6d} {'':7} static {static:.0f} W, "
                  f"products {product:.0f} W at full clock, {rest:.0f} W off")
            continue
        if measured["kind"] == "collective":
            reached = max(bus_bandwidth(**point) for point in measured["points"])
            print(f"{measured['name']:42} {len(measured['points']):6d} {'':7} "
                  f"{1e-9 * reached:.0f} GB/s of bus bandwidth")
            continue
        off = [100 * (ratio - 1) for ratio in kernels.ratios(devices[measured["device"]], measured)]
        key = (family(devices, measured["device"]), measured["kind"])
        if not measured.get("relative"):
            errors.setdefault(key, []).extend(map(abs, off))
        print(f"{measured['name']:42} {len(off):6d} {statistics.fmean(map(abs, off)):6.1f}% "
              f"{statistics.fmean(off):+6.1f}% {max(map(abs, off)):7.1f}%"
              f"{'  relative' if measured.get('relative') else ''}")
    missed = 0
    for of, kind, limit in TARGETS:
        if (of, kind) in errors:
            ours = statistics.fmean(errors[of, kind])
            missed += ours > limit
            print(f"{of + ', ' + kind + ': mean of all points':42} {len(errors[of, kind]):6d} {ours:6.1f}% "
                  f"of {limit:g}%  {'ok' if ours <= limit else 'MISSED'}")
    return missed


def write(document, found):
    """Constants into the rows that hold them, and into rows whose sources say that they take a family's value."""
    source = "fitted by scripts/fit_kernels.py to configs/measurements"
    relatives = {"as A100": "A100-40GB", "as H100": "H100", "proposal: as H100": "H100"}
    for row in document["devices"]:
        sources = row.get("sources", {})
        for key, value in found.get(row["name"], {}).items():
            row[key] = value
            row.setdefault("sources", {})[key] = source
        for key, text in sources.items():
            for words, name in relatives.items():
                if text.startswith(words) and key in found.get(name, {}):
                    row[key] = found[name][key]
    save_devices(document)
    print("Written to configs/devices.json.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", help="files of measurements; default: configs/measurements/*.json")
    parser.add_argument("--fit", action="store_true", help="fit the constants anew, and judge those")
    parser.add_argument("--write", action="store_true", help="fit, and put the constants into configs/devices.json")
    arguments = parser.parse_args()
    document, devices = load_devices()
    with tempfile.TemporaryDirectory() as folder:
        bridge = compile_bridge(folder)
        defaults = fields(bridge)
        try:
            sets = read_all(devices, defaults, arguments.files)
        except (Wrong, OSError) as error:
            print(f"fit_kernels.py: error: {error}", file=sys.stderr)
            return 66 if isinstance(error, OSError) else 65
        kernels = Kernels(bridge, defaults)
        if arguments.fit or arguments.write:
            devices, found = copy.deepcopy(devices), {}
            for step in ROUNDS * FITS:
                values = fit(kernels, devices, sets, step)
                found.setdefault(step[0], {}).update(values)
            for step in FITS:
                values = {key: found[step[0]][key] for key in step[4]}
                print(f"{step[0]}, {step[1]}{' ' + step[2] if step[2] else ''}: " +
                      ", ".join(f"{key} {value:g}" for key, value in values.items()))
            if arguments.write:
                write(document, found)
        missed = report(kernels, devices, sets)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
