#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""configs/measurements: what is wrong in a file is refused where it stands, the shipped files are read and their
targets kept, and the fit finds constants again that measurements were made with."""
import copy
import json
import sys
import tempfile
from pathlib import Path

from harness import SOURCE, TMP, check, run, run_test

sys.path.insert(0, str(SOURCE / "scripts"))
import bridge  # noqa: E402
import fit_kernels  # noqa: E402

SCRIPT = SOURCE / "scripts" / "fit_kernels.py"
PRODUCT = {"name": "x", "device": "H100", "kind": "product", "format": "bf16", "state": "short", "source": "test",
           "points": [{"m": 1024, "n": 1024, "k": 1024, "batch": 1, "seconds": 1e-5}]}
ATTENTION = {"name": "y", "device": "H100", "kind": "attention", "format": "bf16", "state": "short", "source": "test",
             "generation": "fused3", "pass": "forward",
             "points": [{"batch": 1, "heads": 16, "kv_heads": 16, "seq": 4096, "d_qk": 128, "d_v": 128, "causal": True,
                         "seconds": 1e-3}]}


def refused(document, devices, defaults):
    path = TMP / "measured.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    try:
        fit_kernels.read_all(devices, defaults, [path])
    except fit_kernels.Wrong as error:
        return str(error)
    return "nothing is wrong"


def changed(measured, **changes):
    result = copy.deepcopy(measured)
    for key, value in changes.items():
        if value is None:
            del result[key]
        else:
            result[key] = value
    return {"schema_version": 1, "sets": [result]}


def point(measured, **changes):
    result = {**measured["points"][0], **changes}
    return changed(measured, points=[{key: value for key, value in result.items() if value is not None}])


def wrong_files(devices, defaults):
    for document, words in (
            ("{", "Expecting"), ([], 'expected {"schema_version": 1'), ({"schema_version": 2, "sets": []}, "expected"),
            (changed(PRODUCT, source=None), "sets[0]: source is missing"),
            (changed(PRODUCT, state=None), "sets[0]: state is missing"),
            (changed(PRODUCT, kind="gemm"), "sets[0].kind: expected one of attention, collective, grouped"),
            (changed(PRODUCT, device="H101"), 'sets[0].device: no device is named "H101"'),
            (changed(PRODUCT, colour="red"), "sets[0].colour: unknown key"),
            (changed(PRODUCT, points=[]), "sets[0].points: expected list"),
            (changed(PRODUCT, relative=1), "sets[0].relative: expected bool"),
            (changed(PRODUCT, fields={"tdp": 1}), "sets[0].fields.tdp: no field of a device"),
            (changed(PRODUCT, fields={"tdp_w": 0}), "sets[0].fields.tdp_w: expected a number above 0"),
            (point(PRODUCT, seconds=None), "sets[0].points[0]: seconds is missing"),
            (point(PRODUCT, seconds=-1), "sets[0].points[0].seconds: expected a number above 0, not -1"),
            (point(PRODUCT, m="many"), 'sets[0].points[0].m: expected a number above 0, not "many"'),
            (point(PRODUCT, heads=1), "sets[0].points[0].heads: unknown key"),
            (point(ATTENTION, causal=1), "sets[0].points[0].causal: expected true or false, not 1"),
            (changed(ATTENTION, generation=None), "sets[0]: generation is missing"),
            ({"schema_version": 1, "sets": [PRODUCT, PRODUCT]}, 'two sets of measurements are named "x"'),
            (point(PRODUCT, k=0), "measured.json: sets[0].points[0].k: expected a number above 0, not 0")):
        told = refused(document, devices, defaults)
        check(words in told, f"{words}: {told}")
    for name, status in (("measured.json", 65), ("none.json", 66)):
        answer = run(sys.executable, SCRIPT, TMP / name, status=status)
        check(answer.stderr.startswith("fit_kernels.py: error: ") and name in answer.stderr, answer.stderr)


def fitted_again(kernels, devices):
    """Constants that made the times of measurements come out of a fit that begins elsewhere."""
    made = {"sustained": 0.71, "k_ramp": 222, "wave_loss": 0.4, "launch_us": 3.5}
    points = [{"m": m, "n": n, "k": k, "batch": 1, "seconds": 1.0} for m in (512, 1536, 4096, 8192)
              for n in (768, 2048, 5120) for k in (512, 2048, 8192)]
    measured = {**PRODUCT, "points": points}
    for measurement, ratio in zip(points, kernels.ratios({**devices["H100"], **made}, measured)):
        measurement["seconds"] = ratio
    found = fit_kernels.fit(kernels, devices, [measured], ("H100", "product", "bf16", False, fit_kernels.PRODUCT))
    check(all(abs(found[key] / value - 1) < 0.02 for key, value in made.items()), f"{found}, not {made}")
    check(devices["H200"]["sustained"] == found["sustained"], "the family has what was fitted")
    off = kernels.ratios(devices["H100"], {**measured, "relative": True, "points": [
        {**measurement, "seconds": 2 * measurement["seconds"]} for measurement in points]})
    check(max(abs(ratio - 1) for ratio in off) < 0.02, "only ratios count in a relative set")
    # A limit of half the dynamic power slows what is sustained, and not what is over before.
    device = {**devices["H100"], "static_w": 200, "product_w": 1000, "tdp_w": 700}
    short, long = ({**measured, "state": state} for state in ("short", "sustained"))
    slower = [b / a for a, b in zip(kernels.ratios(device, short), kernels.ratios(device, long))]
    check(abs(max(slower) - 2 ** (1 / 2.8)) < 0.05 and min(slower) >= 1, "the clock of sustained kernels")
    points = [{"limit_w": 1, "clock_mhz": clock, "power_w": 100 + 400 * (clock / 2000) ** 2.8}
              for clock in (900, 1500, 2000)]
    static, product, rest = fit_kernels.fit_power({"points": points})
    check(abs(static - 100) < 1e-6 and abs(product - 400) < 1e-6 and rest < 1e-6, "power against clock")


def shipped():
    answer = run(sys.executable, SCRIPT)
    check("MISSED" not in answer.stdout, f"targets of kernels:\n{answer.stdout}")
    check(answer.stdout.count("mean of all points") == len(fit_kernels.TARGETS), "all targets are judged")
    for path in sorted(Path(fit_kernels.FOLDER).glob("*.json")):
        for measured in json.loads(path.read_text())["sets"]:
            check(len(measured["source"]) > 20, f"{path.name}: {measured['name']} says where it is from")


def main():
    _, devices = bridge.load_devices()
    with tempfile.TemporaryDirectory() as folder:
        library = bridge.compile_bridge(folder)
        defaults = bridge.fields(library)
        wrong_files(devices, defaults)
        fitted_again(fit_kernels.Kernels(library, defaults), devices)
    shipped()


if __name__ == "__main__":
    run_test(main)
