#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Predicted against measured, judged: what `make validate` prints.

Runs cs_validate on the cases of configs/validation/ (or on the files given), prints its table and then each target of
configs/validation/targets.json with our figure and whether it is met. Runs whose labels leave a main knob open
(*-doubtful.json) are reported and judge nothing. A target that was never met stands beside what was once reached: exit
status 0 when all that was reached is kept, 1 when something is lost, cs_validate's own when it did not answer.
CS_BUILD names the build directory. --json FILE also writes the judgement for machines; --write updates
configs/validation/errors.json, from which cs_sweep and the report take the error of a device's family, what was reached
in targets.json, the predictions that tests/programs/validate.py compares, and the tables of src/model/errors.md.
"""
import argparse
import glob
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from held_out import FITTED, HELD_OUT, TOP, HeldOut  # noqa: E402

GIVEN = ("devices", "tensor", "pipeline", "interleave", "data", "expert", "context", "zero", "micro_batch", "recompute",
         "sequence_parallel")


ERRORS = os.path.join(TOP, "configs", "validation", "errors.json")
PREDICTIONS = os.path.join(TOP, "tests", "programs", "predictions.json")
TARGETS_FILE = os.path.join(TOP, "configs", "validation", "targets.json")
with open(TARGETS_FILE, encoding="utf-8") as targets_text:
    TARGETS = json.load(targets_text)["targets"]
# What a row of targets.json may limit, with the words of the table; the last are wanted at least, the others at most.
LIMITS = {"case_out": "case held out", "group_out": "group held out", "mean": "mean", "median": "median",
          "largest": "largest", "bias": "bias", "over_memory": "above the memory", "over_margin": "above the margin",
          "within_10": "within 10%", "r2": "R2"}
MEMORY_LIMITS = {"over_memory", "over_margin"}
OTHER_LIMITS = {*MEMORY_LIMITS, "case_out", "group_out"}
AT_LEAST = ("within_10", "r2")
LAYER_MEMORY = ("activation_memory_gib", "state_memory_gib")  # of plans that partly do not fit: Korthikanti's figures
MEMORY_AND_CARBON = (*LAYER_MEMORY, "peak_memory_gib", "energy_kwh", "embodied_kgco2e", "device_power_w",
                     "node_power_w", "board_embodied_kg")


def case_files():
    """The shipped case files, those that judge first."""
    shipped = glob.glob(os.path.join(TOP, "configs", "validation", "*.json"))
    return sorted((file for file in shipped if file not in (ERRORS, HELD_OUT, TARGETS_FILE)),
                  key=lambda file: (is_doubtful(file), file))


def is_doubtful(file):
    return file.endswith("-doubtful.json")


def device_field(field):
    """A function from a device's name, or another name of it, to that field of devices.json, its own or inherited."""
    with open(os.path.join(TOP, "configs", "devices.json"), encoding="utf-8") as text:
        listed = json.load(text)["devices"]
    devices = {name: device for device in listed for name in (device["name"], *device.get("aliases", []))}

    def value(name):
        device = devices[name]
        return device[field] if field in device else value(device["based_on"])

    return value


def unseen_error(case, of_file):
    """Error of a case in the eyes of constants that never saw it: of a fitted one with its fold left out of the fit, of
    another its own. None where that is not known."""
    return case.get("held_out_error") if of_file[case["id"]] in FITTED else case["error"]


def errors_by(answers, of_file, names):
    """Mean absolute error of time by what `names` calls the device of a case (a function to several names), as
    fractions to four digits: of constants that never saw the case, and of those that did, where there are such."""
    unseen, fitted = {}, {}
    for case in (case for case in answers["cases"] if case["metric"] not in MEMORY_AND_CARBON):
        error = unseen_error(case, of_file)
        for name in names(case["device"]):
            if error is not None:
                unseen.setdefault(name, []).append(abs(error))
            if of_file[case["id"]] in FITTED and case["error"] is not None:
                fitted.setdefault(name, []).append(abs(case["error"]))
    rows = {}
    for name, values in sorted(unseen.items()):
        rows[name] = {"cases": len(values), "mape": round(statistics.fmean(values), 4)}
        if name in fitted:
            rows[name].update(fitted=len(fitted[name]), fitted_mape=round(statistics.fmean(fitted[name]), 4))
    return rows


def families(answers, of_file):
    family = device_field("family")
    return errors_by(answers, of_file, lambda device: [family(device)])


def equal_devices():
    """A function from a device's name to the names of all devices that are the same but for their name."""
    with open(os.path.join(TOP, "configs", "devices.json"), encoding="utf-8") as text:
        listed = json.load(text)["devices"]
    words = {"name", "aliases", "based_on", "source", "sources", "note"}
    same = [(row["based_on"], row["name"]) for row in listed if "based_on" in row and not set(row) - words]
    return lambda device: [device, *(name for base, name in same if base == device)]


def predictions(build):
    """What a build predicts for every shipped case and for the synthetic ones of the tests, by their ids."""
    sys.path.insert(0, os.path.join(TOP, "tests", "support"))
    synthetic = __import__("synthetic").cases()
    shipped = case_files()
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump({"schema_version": 1, "cases": synthetic}, file)
        file.flush()
        answers, _ = predict(build, [*shipped, file.name], [])
    return {case["id"]: case["predicted"] for case in answers["cases"]}


def write_errors(answers, of_file, build):
    tables = {"devices": errors_by(answers, of_file, equal_devices()), "families": families(answers, of_file)}
    texts = [f'  "{name}": {{\n' + ",\n".join(f'    "{key}": {json.dumps(row)}' for key, row in table.items()) +
             "\n  }" for name, table in tables.items()]
    with open(ERRORS, "w", encoding="utf-8") as out:
        out.write("{\n" + ",\n".join(texts) + "\n}\n")
    print(f"{ERRORS} written")
    rows = [f"  {json.dumps(name)}: {value:.9g}" for name, value in predictions(build).items()]
    with open(PREDICTIONS, "w", encoding="utf-8") as out:
        out.write("{\n" + ",\n".join(rows) + "\n}\n")
    print(f"{PREDICTIONS} written")


def keep_reached(judge):
    """Into targets.json: of each figure that misses its target the best that was reached, rounded to a tenth on the
    side of the figure. What was lost is not written: whoever gives a figure up says so by hand."""
    for target in TARGETS:
        cases = [case for case in judge.cases_of(target) if case["predicted"] is not None]
        figures = judge.figures(target, cases) if cases else {}
        for key in (key for key in LIMITS if key in target and key in figures):
            sign = 1.0 if key in AT_LEAST else -1.0
            rounded = sign * math.floor(sign * figures[key] * 10.0) / 10.0
            known = target.get("reached", {}).get(key, rounded)
            best = max(known, rounded) if key in AT_LEAST else min(known, rounded)
            if sign * (figures[key] - target[key]) >= 0.0:
                target.get("reached", {}).pop(key, None)
            else:
                target.setdefault("reached", {})[key] = int(best) if best == int(best) else best
        if not target.get("reached", True):
            del target["reached"]
    with open(TARGETS_FILE, "w", encoding="utf-8") as out:
        out.write('{\n  "targets": [\n' + ",\n".join(f"    {json.dumps(target)}" for target in TARGETS) + "\n  ]\n}\n")
    print(f"{TARGETS_FILE} written")


def predict(build, files, options):
    command = [os.path.join(build, "cs_validate"), "--json", *options, *files]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode not in (0, 65) or not run.stdout:
        sys.exit(run.returncode or 70)
    return json.loads(run.stdout), run.returncode


class Judge:
    """The answers of cs_validate beside their sources, and what they say of a target."""

    def __init__(self, answers, sources, files):
        self.answers, self.sources, self.files = answers, sources, files
        self.held_out = HeldOut(self.timed([case for case in answers["cases"] if case["error"] is not None]), files)

    @staticmethod
    def timed(cases):
        return [case for case in cases if case["metric"] not in MEMORY_AND_CARBON]

    def cases_of(self, target):
        cases = self.answers["cases"]
        if "group" in target:
            cases = [case for case in cases if case["group"] == target["group"]]
        if "files" in target and not set(target["files"]) <= set(self.files.values()):
            return []
        if "files" in target:
            cases = [case for case in cases if self.files[case["id"]] in target["files"]]
            cases = ([case for case in cases if case["metric"] not in LAYER_MEMORY] if MEMORY_LIMITS & set(target)
                     else self.timed(cases))
        if "metric" in target:
            cases = [case for case in cases if case["metric"] == target["metric"]]
        if target.get("read_only") or "files" in target:
            cases = [case for case in cases if self.sources[case["id"]].get("confidence") != "recalled"]
        return cases

    def figures(self, target, cases):
        """What LIMITS names of these cases: per cent, or cases."""
        errors = [100.0 * case["error"] for case in cases]
        sizes = [abs(error) for error in errors]
        of_group = [group["r2"] for group in self.answers["groups"] if group["group"] == target.get("group")]
        r2 = of_group[0] if of_group else None
        capacity = [case["plan"].get("exceeds_memory") for case in cases]
        margin = [case["plan"].get("exceeds_margin") for case in cases]
        means = self.held_out.means
        return {"case_out": means[0], "group_out": means[1], "mean": statistics.fmean(sizes),
                "median": statistics.median(sizes), "largest": max(sizes), "bias": abs(statistics.fmean(errors)),
                "over_memory": sum(map(bool, capacity)), "over_margin": sum(map(bool, margin)),
                "r2": float("nan") if r2 is None else 100.0 * r2, "within_10":
                100.0 * sum(size <= 10.0 for size in sizes) / len(sizes)}

    def rows(self, target):
        """Rows of (what, limit, reached, ours, note) for one target; reached: the limit where it was once met."""
        cases = self.cases_of(target)
        name = target.get("name") or target.get("group") or "all of " + ", ".join(target["files"])
        if "metric" in target:
            name += " " + target["metric"].split("_")[0]
        answered = [case for case in cases if case["predicted"] is not None]
        if not cases:
            return []
        rows = [] if OTHER_LIMITS & set(target) else [Row(f"{name}: answered", len(cases), len(cases), len(answered),
                                                           True, "")]
        if not answered:
            return rows
        figures = self.figures(target, answered)
        worst = max(answered, key=lambda case: abs(case["error"]))["id"]
        for key, words in LIMITS.items():
            if key in target:
                note = worst if key == "largest" else target.get("public_tool", "") if key == "mean" else ""
                reached = target.get("reached", {}).get(key, target[key])
                rows.append(Row(f"{name}: {words}", target[key], reached, figures[key], key in AT_LEAST, note))
        return rows


class Row:
    """A figure beside its target and what was once reached."""

    def __init__(self, what, target, reached, ours, at_least, note):
        self.what, self.target, self.reached, self.ours, self.note = what, target, reached, ours, note
        sign = 1.0 if at_least else -1.0
        self.met = sign * (ours - target) >= 0.0
        self.kept = self.met or sign * (ours - reached) >= 0.0

    def text(self):
        shown = f"{self.ours:8d}" if isinstance(self.ours, int) else f"{self.ours:8.2f}"
        reached = f"{self.reached:8g}" if self.reached != self.target else f"{'':8}"
        verdict = "ok" if self.met else "MISSED" if self.kept else "LOST"
        return f"{self.what:48} {self.target:8g} {reached} {shown}  {verdict:6} {self.note}".rstrip()


def given_plans(answers, sources):
    """A plan that is stated whole has run: it may not be called infeasible."""
    whole = [case for case in answers["cases"]
             if all(sources[case["id"]]["parallelism"].get(key) is not None for key in GIVEN)]
    answered = [case for case in whole if case["status"] == "feasible"]
    return Row("plans given whole: never infeasible", len(whole), len(whole), len(answered), True, "")


def say_totals(judge, names):
    """Errors of time over whole files, those that no fit has seen first."""
    print(f"\n{'errors of time, per cent':28} {'cases':>6} {'mean |e|':>9} {'median':>9} {'within 10%':>11}")
    for name in sorted(names, key=lambda name: (name in FITTED, name)):
        cases = [case for case in judge.cases_of({"files": [name]}) if case["error"] is not None]
        if cases:
            figures = judge.figures({}, cases)
            seen = "fitted to" if name in FITTED else "not fitted to"
            print(f"{name:28} {len(cases):6} {figures['mean']:9.2f} {figures['median']:9.2f} "
                  f"{figures['within_10']:11.1f}  {seen}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", help="case files; default: configs/validation/*.json")
    parser.add_argument("--devices", help="another device library")
    parser.add_argument("--set", action="append", default=[], help="path=value, handed to cs_validate")
    parser.add_argument("--json", help="file for the judgement")
    parser.add_argument("--write", action="store_true",
                        help="write errors.json, targets.json, predictions.json and src/model/errors.md")
    arguments = parser.parse_args()
    build = os.environ.get("CS_BUILD", os.path.join(TOP, "build"))
    files = arguments.files or case_files()
    judged = [file for file in files if not is_doubtful(file)]
    options = ["--devices=" + arguments.devices] if arguments.devices else []
    options += ["--set=" + value for value in arguments.set]

    sources, of_file = {}, {}
    for file in files:
        with open(file, encoding="utf-8") as text:
            for case in json.load(text)["cases"]:
                sources[case["id"]], of_file[case["id"]] = case, os.path.basename(file)
    answers, status = predict(build, judged, options)
    judge = Judge(answers, sources, of_file)
    judge.held_out.say()
    for doubtful in (file for file in files if is_doubtful(file)):
        print(f"{os.path.basename(doubtful)}, reported only:", flush=True)
        subprocess.run([os.path.join(build, "cs_validate"), *options, doubtful], check=False)
        print(flush=True)
    subprocess.run([os.path.join(build, "cs_validate"), *options, *judged], check=False)

    rows = [given_plans(answers, sources)]
    for target in TARGETS:
        rows += judge.rows(target)
    say_totals(judge, {os.path.basename(file) for file in judged})
    print(f"\n{'target (per cent, or cases)':48} {'target':>8} {'reached':>8} {'ours':>8}  {'':6} "
          "best public tool, or the case")
    for row in rows:
        print(row.text())
    recalled = [case for case in answers["cases"] if sources[case["id"]].get("confidence") == "recalled"
                and case["group"] == "korthikanti-2022" and case["error"] is not None]
    for case in recalled:
        print(f"reported only: {case['id']} (recalled) {100.0 * case['error']:+.1f}%")
    met, lost = sum(row.met for row in rows), [row for row in rows if not row.kept]
    print(f"{met} of {len(rows)} targets met; {len(lost)} figures are worse than what was reached")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as out:
            json.dump([dict(what=row.what, target=row.target, reached=row.reached, ours=row.ours, ok=row.met,
                            kept=row.kept, note=row.note) for row in rows], out, indent=1)
    if arguments.write:
        write_errors(answers, of_file, build)
        keep_reached(judge)
        subprocess.run([sys.executable, os.path.join(TOP, "scripts", "errors_table.py")], check=True,
                       env={**os.environ, "CS_BUILD": build})
    return status if status else (1 if lost else 0)


if __name__ == "__main__":
    sys.exit(main())
