#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Predicted against measured, judged: what `make validate` prints.

Runs cs_validate on the cases of configs/validation/ (or on the files given), prints its table and then each target
with our figure and whether it is met. Exit status 0 when all are, 1 when one is not, cs_validate's own when it did
not answer. CS_BUILD names the build directory. --json FILE also writes the judgement for machines; --write updates
configs/validation/errors.json, from which cs_sweep and the report take the error of a device's family.
"""
import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Group, what of it, and the limits on the mean, the median and the largest absolute error, in per cent. The mean's
# limit is also that of the bias. `note`: the error of the best public tool that needs only data sheets, on the same
# cases.
TARGETS = [
    dict(group="korthikanti-2022", read_only=True, mean=3.0, largest=8.0, note="3.65, 8.9"),
    dict(group="narayanan-2021-table1", mean=3.0, note="10.4"),
    dict(group="narayanan-2021-table2", mean=8.0),
    dict(group="vtrain-2024-multi", mean=8.0, median=6.0, note="15.4, median 9.7"),
    dict(group="vtrain-2024-single", mean=15.0, note="8.4 by profiling the GPU"),
    dict(group="megatron-core-h100", mean=5.0, note="11.1"),
    dict(group="mosaicml-a100-40", mean=5.0),
    dict(group="mosaicml-a100-80", mean=5.0),
    dict(group="mosaicml-h100", mean=5.0),
    dict(group="mosaicml-h100-fp8", mean=5.0),
    dict(group="nemo-h100-fp8", mean=12.0),
    dict(group="megatron-bridge", mean=12.0),
    dict(group="simumax-b200", mean=10.0),
    dict(group="simumax-b200-memory", mean=6.0),
    dict(group="maxtext-v4", mean=8.0),
    dict(group="maxtext-v5p", mean=8.0),
    dict(group="pythia", mean=15.0),
    dict(group="memory-korthikanti", metric="state_memory_gib", mean=3.0),
    dict(group="memory-korthikanti", metric="activation_memory_gib", mean=5.0),
    dict(group="frontier-hours", largest=10.0, r2=99.0, bias=10.0),
]
GIVEN = ("devices", "tensor", "pipeline", "interleave", "data", "expert", "context", "zero", "micro_batch", "recompute",
         "sequence_parallel")


ERRORS = os.path.join(TOP, "configs", "validation", "errors.json")
PREDICTIONS = os.path.join(TOP, "tests", "programs", "predictions.json")
MEMORY_AND_CARBON = ("activation_memory_gib", "state_memory_gib", "peak_memory_gib", "energy_kwh", "embodied_kgco2e")


def device_field(field):
    """A function from a device's name, or another name of it, to that field of devices.json, its own or inherited."""
    with open(os.path.join(TOP, "configs", "devices.json"), encoding="utf-8") as text:
        listed = json.load(text)["devices"]
    devices = {name: device for device in listed for name in (device["name"], *device.get("aliases", []))}

    def value(name):
        device = devices[name]
        return device[field] if field in device else value(device["based_on"])

    return value


def families(answers):
    """Mean absolute error of time by the family of the device, as a fraction to four digits."""
    family = device_field("family")
    errors = {}
    for case in answers["cases"]:
        if case["error"] is not None and case["metric"] not in MEMORY_AND_CARBON:
            errors.setdefault(family(case["device"]), []).append(abs(case["error"]))
    return {name: {"cases": len(values), "mape": round(statistics.fmean(values), 4)}
            for name, values in sorted(errors.items())}


def predictions(build):
    """What a build predicts for every shipped case and for the synthetic ones of the tests, by their ids."""
    sys.path.insert(0, os.path.join(TOP, "tests", "support"))
    synthetic = __import__("synthetic").cases()
    shipped = [os.path.join(TOP, "configs", "validation", name) for name in ("cases.json", "vtrain-single.json")]
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({"schema_version": 1, "cases": synthetic}, file)
        file.flush()
        answers, _ = predict(build, [*shipped, file.name], [])
    return {case["id"]: case["predicted"] for case in answers["cases"]}


def write_errors(answers, build):
    rows = [f'    "{name}": {json.dumps(row)}' for name, row in families(answers).items()]
    with open(ERRORS, "w", encoding="utf-8") as out:
        out.write('{\n  "families": {\n' + ",\n".join(rows) + "\n  }\n}\n")
    print(f"{ERRORS} written")
    rows = [f"  {json.dumps(name)}: {value:.9g}" for name, value in predictions(build).items()]
    with open(PREDICTIONS, "w", encoding="utf-8") as out:
        out.write("{\n" + ",\n".join(rows) + "\n}\n")
    print(f"{PREDICTIONS} written")


def predict(build, files, options):
    command = [os.path.join(build, "cs_validate"), "--json", *options, *files]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode not in (0, 65) or not run.stdout:
        sys.exit(run.returncode or 70)
    return json.loads(run.stdout), run.returncode


def judge(target, answers, sources):
    """Rows of (what, limit, ours, ok) for one target."""
    cases = [case for case in answers["cases"] if case["group"] == target["group"]]
    name = target["group"]
    if "metric" in target:
        cases = [case for case in cases if case["metric"] == target["metric"]]
        name += " " + target["metric"].split("_")[0]
    if target.get("read_only"):
        cases = [case for case in cases if sources[case["id"]].get("confidence") != "recalled"]
    answered = [case for case in cases if case["predicted"] is not None]
    if not cases:
        return []
    rows = [(f"{name}: answered", len(cases), len(answered), len(answered) == len(cases), "")]
    if not answered:
        return rows
    errors = [100.0 * case["error"] for case in answered]
    sizes = [abs(error) for error in errors]
    worst = max(answered, key=lambda case: abs(case["error"]))["id"]

    def row(what, limit, ours, note=""):
        rows.append((f"{name}: {what}", limit, ours, abs(ours) <= limit, note))

    if "mean" in target:
        row("mean", target["mean"], statistics.fmean(sizes), target.get("note", ""))
    if "median" in target:
        row("median", target["median"], statistics.median(sizes))
    if "largest" in target:
        row("largest", target["largest"], max(sizes), worst)
    row("bias", target.get("bias", target.get("mean")), statistics.fmean(errors))
    if "r2" in target:
        r2 = next(group["r2"] for group in answers["groups"] if group["group"] == target["group"])
        ours = float("nan") if r2 is None else 100.0 * r2
        rows.append((f"{name}: R2", target["r2"], ours, ours >= target["r2"], "at least"))
    return rows


def given_plans(answers, sources):
    """A plan that is stated whole has run: it may not be called infeasible."""
    whole = [case for case in answers["cases"]
             if all(sources[case["id"]]["parallelism"].get(key) is not None for key in GIVEN)]
    answered = [case for case in whole if case["status"] == "feasible"]
    return ("plans given whole: never infeasible", len(whole), len(answered), len(answered) == len(whole), "")


def fit_in_memory(answers, sources):
    """What ran fitted: the predicted bytes of every run, with its plan given whole or in part, are within the device's.
    Korthikanti's memory figures show plans that do not fit, too; they ran nothing."""
    capacity = device_field("hbm_gib")
    runs = [case for case in answers["cases"] if case["group"] != "memory-korthikanti"]
    fitting = [case for case in runs if case["status"] == "feasible" and
               case["plan"]["memory_gib"] <= capacity(sources[case["id"]]["device"])]
    worst = next((case["id"] for case in runs if case not in fitting), "")
    return ("plans of runs: fit in memory", len(runs), len(fitting), len(fitting) == len(runs), worst)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", help="case files; default: configs/validation/*.json")
    parser.add_argument("--devices", help="another device library")
    parser.add_argument("--set", action="append", default=[], help="path=value, handed to cs_validate")
    parser.add_argument("--json", help="file for the judgement")
    parser.add_argument("--write", action="store_true", help="write configs/validation/errors.json")
    arguments = parser.parse_args()
    build = os.environ.get("CS_BUILD", os.path.join(TOP, "build"))
    shipped = glob.glob(os.path.join(TOP, "configs", "validation", "*.json"))
    files = arguments.files or sorted(file for file in shipped if file != ERRORS)
    options = ["--devices=" + arguments.devices] if arguments.devices else []
    options += ["--set=" + value for value in arguments.set]

    sources = {}
    for file in files:
        with open(file, encoding="utf-8") as text:
            sources.update((case["id"], case) for case in json.load(text)["cases"])
    subprocess.run([os.path.join(build, "cs_validate"), *options, *files], check=False)
    answers, status = predict(build, files, options)

    rows = [given_plans(answers, sources), fit_in_memory(answers, sources)]
    for target in TARGETS:
        rows += judge(target, answers, sources)
    print(f"\n{'target (per cent, or cases)':48} {'target':>8} {'ours':>8}  {'':6} best public tool, or the case")
    for what, limit, ours, ok, note in rows:
        shown = f"{ours:8d}" if isinstance(ours, int) else f"{ours:8.2f}"
        print(f"{what:48} {limit:8g} {shown}  {'ok' if ok else 'MISSED':6} {note}")
    recalled = [case for case in answers["cases"] if sources[case["id"]].get("confidence") == "recalled"
                and case["group"] == "korthikanti-2022" and case["error"] is not None]
    for case in recalled:
        print(f"reported only: {case['id']} (recalled) {100.0 * case['error']:+.1f}%")
    missed = sum(1 for row in rows if not row[3])
    print(f"{len(rows) - missed} of {len(rows)} targets met")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as out:
            json.dump([dict(what=w, target=t, ours=o, ok=k, note=n) for w, t, o, k, n in rows], out, indent=1)
    if arguments.write:
        write_errors(answers, build)
    return status if status else (1 if missed else 0)


if __name__ == "__main__":
    sys.exit(main())
