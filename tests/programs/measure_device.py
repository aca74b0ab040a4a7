#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""scripts/measure_device.py where there is no GPU: what it says then, its arithmetic, and a device made from the
measurements that one of known constants would give: they come out again, and cs_sweep takes the device."""
import copy
import importlib.util
import json
import sys
import tempfile

from harness import BUILD, SOURCE, TMP, check, configuration, equal, run, run_test, script, write_json

sys.path.insert(0, str(SOURCE / "scripts"))
import bridge  # noqa: E402
import fit_kernels  # noqa: E402
import measure_device as measure  # noqa: E402

WORDS = ["--name", "mine", "--based-on", "H100"]
MADE = {"sustained": 0.7, "sustained_8bit": 0.6, "k_ramp": 150, "wave_loss": 0.6, "launch_us": 4, "hbm_efficiency": 0.8,
        "grouped_ramp": 120, "softmax_share": 0.2, "attention_ramp": 150, "fused2_forward": 0.4, "fused2_backward": 0.3,
        "tdp_w": 600, "product_w": 700, "static_w": 195}


def without_a_gpu():
    if importlib.util.find_spec("torch") is None:
        done = run(*script("measure_device.py", *WORDS), status=69)
        check("PyTorch is not installed" in done.stderr and not (TMP / "mine.measured.json").exists(), done.stderr)
    done = run(*script("measure_device.py", "--name", "mine", "--based-on", "H101"), status=2)
    check("no device is named H101; known are" in done.stderr, done.stderr)
    run(*script("measure_device.py", *WORDS, "--from", "none.json"), status=66)
    write_json("bad.json", {"schema_version": 1, "sets": [{}]})
    done = run(*script("measure_device.py", *WORDS, "--from", "bad.json"), status=65)
    check("bad.json: sets[0]: name is missing" in done.stderr, done.stderr)


def arithmetic():
    samples = [(t, 1000 + 10 * t, 300 + t) for t in range(10)]
    equal(measure.during(samples, 3, 5), {"clock_mhz": 1040, "power_w": 304}, "median of what lies between")
    equal(measure.during(samples, 20, 30), {}, "nothing was sampled")
    equal(measure.parse_sample("1980, 512.3\n"), (1980.0, 512.3), "a line of nvidia-smi")
    equal([measure.parse_sample(line) for line in ("[N/A], 300", "1980, [N/A]", "", "0, 5", "1, 2, 3")], [None] * 5,
          "lines that tell nothing")
    equal(fit_kernels.bus_bandwidth(devices=8, bytes=1e9, seconds=0.01), 175e9, "bus bandwidth of a ring")
    product = {"kind": "product", "format": "bf16", "points": [
        {"clock_mhz": 1000, "power_w": 200 + 400 * 0.5 ** 2.8}, {"clock_mhz": 2000, "power_w": 500}, {}]}
    equal(round(measure.dynamic_power([product], 200, 2.8), 9), 400.0, "the heaviest product at full clock")
    equal(measure.dynamic_power([{**product, "points": [{}]}], 200, 2.8), None, "no power was measured")


def synthetic(kernels, devices):
    """What a device with the constants MADE would be measured to take, with its clock and power."""
    device = {**devices["H100"], **MADE}
    head = {"device": "H100", "source": "made by the test", "fields": {"tdp_w": 600}}
    attention = [{"batch": 16384 // seq, "heads": 16, "kv_heads": 16, "seq": seq, "d_qk": d, "d_v": d, "causal": True}
                 for seq in measure.SEQUENCES for d in (64, 128)]
    products = [{"m": m, "n": n, "k": k, "batch": 1} for m, n, k in measure.PRODUCTS]
    kinds = [("product", form, state, products, {}) for form in ("bf16", "fp8") for state in ("short", "sustained")]
    kinds += [("grouped", "bf16", "sustained", [{"m": rows, "n": n, "k": k, "batch": groups}
                                                for groups, rows, n, k in measure.GROUPED], {}),
              ("stream", "bf16", "sustained", [{"bytes": size} for size in measure.STREAMS], {})]
    kinds += [("attention", "bf16", "sustained", attention, {"generation": "fused2", "pass": way})
              for way in ("forward", "backward")]
    clock = ((MADE["tdp_w"] - MADE["static_w"]) / MADE["product_w"]) ** (1 / 2.8)
    sets = []
    for kind, form, state, shapes, more in kinds:
        measured = {"name": f"{kind}-{form}-{state}-{more.get('pass', '')}", "kind": kind, "format": form,
                    "state": state, **head, **more, "points": [{**shape, "seconds": 1.0} for shape in shapes]}
        for point, seconds in zip(measured["points"], kernels.ratios(device, measured)):
            point["seconds"] = seconds
            if kind == "product":
                hot = state == "sustained"
                point |= {"clock_mhz": 1980 * (clock if hot else 1), "power_w": 600 if hot else 895}
        sets.append(measured)
    sets.append({"name": "all-reduce", "kind": "collective", "device": "H100", "source": "made by the test",
                 "points": [{"devices": 8, "bytes": 1e9, "seconds": 1.75e9 / 360e9}]})
    return {"schema_version": 1, "measured_on": "a test", "properties": {"units": 132, "tdp_w": 600}, "sets": sets}


def a_device_of_known_constants():
    _, devices = bridge.load_devices()
    with tempfile.TemporaryDirectory() as folder:
        library = bridge.compile_bridge(folder)
        document = synthetic(fit_kernels.Kernels(library, bridge.fields(library)), copy.deepcopy(devices))
    write_json("mine.json", document)
    done = run(*script("measure_device.py", *WORDS, "--from", "mine.json"))
    device = json.loads((TMP / "mine.device.json").read_text())
    off = float(done.stdout.split("kernels, ")[1].split("%")[0])
    check(off < 2.0, f"the kernels of the device that was made: {done.stdout}")
    for key, tolerance in (("sustained", 0.03), ("hbm_efficiency", 0.02), ("product_w", 0.02), ("sustained_8bit", 0.05),
                           ("fused2_forward", 0.05), ("fused2_backward", 0.05)):
        check(abs(device[key] / MADE[key] - 1) < tolerance, f"{key} {device[key]}, not {MADE[key]}")
    equal((device["link_efficiency"], device["units"], device["tdp_w"], device["based_on"]), (0.8, 132, 600, "H100"),
          "what was read off it")
    config = write_json("mine-sweep.json", configuration(axes={"hardware": [device]}))
    run(BUILD / "cs_sweep", config, "--dry-run")
    answer = json.loads(run(BUILD / "cs_point", config, "--model", "8192", "--hardware", "mine", "--json").stdout)
    check(answer["values"]["step_time"] > 0, "a point of the device")


def main():
    arithmetic()
    without_a_gpu()
    a_device_of_known_constants()


if __name__ == "__main__":
    run_test(main)
