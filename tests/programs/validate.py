#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""cs_validate through its command line: the contract of --json, the statistics against Python's, free knobs, the
baselines, errors and exit statuses; and the script that judges the targets."""
import copy
import json
import math
import statistics
import sys

from harness import BUILD, SOURCE, TMP, check, run, run_test, script, write_json

CASES = SOURCE / "configs/validation/cases.json"


def validate(*words, status=0):
    return run(BUILD / "cs_validate", *words, status=status)


def answers(*words):
    return json.loads(validate(*words, "--json").stdout)


def close(a, b):
    return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def contract(result, source):
    check(set(result) >= {"groups", "cases", "baselines"}, f"top level {set(result)}")
    check([case["id"] for case in result["cases"]] == [case["id"] for case in source], "cases, or their order")
    for case, given in zip(result["cases"], source):
        check(set(case) >= {"id", "group", "metric", "measured", "predicted", "error", "status", "plan"},
              f"keys of {case}")
        check(case["measured"] == given["measured"]["value"], f"{case['id']}: measured")
        check(close(case["error"], case["predicted"] / case["measured"] - 1.0), f"{case['id']}: error")
        check(case["status"] == "feasible", f"{case['id']}: {case['status']}")
        check(case["over_memory"] == case["plan"]["exceeds_memory"], f"{case['id']}: over memory")
        for key, value in given["parallelism"].items():
            if value is not None and key not in ("attention_kernel", "slices", "pods"):
                check(case["plan"].get(key) == value, f"{case['id']}: {key} {case['plan'].get(key)}, given {value}")
    for group in result["groups"]:
        check(set(group) >= {"group", "cases", "mape", "median", "max", "bias", "r2"}, f"keys of {group}")
        errors = [case["error"] for case in result["cases"] if case["group"] == group["group"]]
        sizes = [abs(error) for error in errors]
        check(group["cases"] == len(errors), f"{group['group']}: cases")
        for key, value in (("mape", statistics.fmean(sizes)), ("median", statistics.median(sizes)), ("max", max(sizes)),
                           ("bias", statistics.fmean(errors))):
            check(close(group[key], value), f"{group['group']}: {key} {group[key]}, Python's {value}")


def memory(result):
    """Predictions beyond the memory are told, case by case and as counts, in JSON and in words."""
    def over(cases, key):
        return sum(case["plan"][key] for case in cases)
    for case in result["cases"]:
        plan = case["plan"]
        check(plan["exceeds_memory"] == (plan["memory_gib"] > plan["memory_capacity_gib"]) and
              plan["exceeds_margin"] == (plan["memory_gib"] > plan["memory_limit_gib"]) and
              plan["memory_limit_gib"] < plan["memory_capacity_gib"], f"{case['id']}: {plan}")
    for group in result["groups"]:
        cases = [case for case in result["cases"] if case["group"] == group["group"]]
        check(group["exceed_memory"] == over(cases, "exceeds_memory") and
              group["exceed_margin"] == over(cases, "exceeds_margin"), f"{group['group']}: cases beyond the memory")
    check(result["all"] == {"cases": len(result["cases"]), "exceed_margin": over(result["cases"], "exceeds_margin"),
                            "exceed_memory": over(result["cases"], "exceeds_memory")}, f"all: {result['all']}")
    # Plans without recomputation that Korthikanti 2022 prints because they do not fit.
    check(result["all"]["exceed_memory"] >= 4, "no plan beyond the memory")
    # With half of the memory the same plan is told to be beyond it; with a little more than it needs, only beyond
    # the margin.
    for gib, verdict in ((40, "exceeds the memory: 52.2 GiB of 40.0 GiB"),
                         (53, "exceeds the memory less its margin: 52.2 GiB of 53.0 GiB")):
        words = (CASES, "--group", "korthikanti-2022", "--set", f"device.hbm_gib={gib}")
        text = validate(*words).stdout
        line = next(line for line in text.splitlines() if line.startswith("korthikanti-22b-full "))
        check(line.endswith(verdict), f"{gib} GiB: {line}")
        counts = answers(*words)["all"]
        total = next(line for line in text.splitlines() if line.startswith("all "))
        check(total.split()[1:] == [str(counts[key]) for key in ("cases", "exceed_margin", "exceed_memory")], total)
        check(counts["exceed_margin"] > 0 and (gib == 53 or counts["exceed_memory"] > 0), f"{gib} GiB: {counts}")


def baselines(result):
    runs = {run["id"]: run for run in result["baselines"]}
    check(len(runs) == 5, f"the five runs of figures 1 and 3(a): {list(runs)}")
    hours = {case["id"]: case for case in result["cases"] if case["metric"] == "device_hours"}
    for name, case in hours.items():
        check(runs[name]["label"] == case["measured"] and runs[name]["ours"] == case["predicted"], name)
        check(runs[name]["reg"] > 0 and runs[name]["llmc"] > 0, f"{name}: baselines")
    unpublished = [run for run in result["baselines"] if run["label"] is None]
    check(len(unpublished) == 1 and "unpublished" in unpublished[0]["note"], "the 32B run")
    check(unpublished[0]["ours"] is None and unpublished[0]["reg"] is None, "figures for a run that nobody published")
    # BLOOM by LLMCarbon's polynomial: 147.7064 TFLOP/s at 176.247e9, see tests/unit/test_baseline.c.
    bloom = runs["frontier-bloom-176b-hours"]["llmc"]
    check(abs(bloom / (6 * 176.25e9 * 366e9 / (147.7064e12 * 3600)) - 1) < 1e-3, f"BLOOM by LLMC {bloom}")
    fitted = result["baseline_fit"]["fitted_to"]
    check(len(fitted) > 10 and not any(name.startswith("frontier") for name in fitted), "what reg is fitted to")


def free_knobs(source):
    """Nulls are searched, for the least time: never slower than the plan that ran, where that fits."""
    cases = []
    for case in source:
        if case["group"] == "narayanan-2021-table2" and case["parallelism"]["interleave"] is not None:
            free = copy.deepcopy(case)
            free["id"] += "-free"
            free["parallelism"].update(micro_batch=None, recompute=None, interleave=None)
            fewest = copy.deepcopy(free)
            fewest["id"] += "-hint"
            fewest["devices_hint"] = case["parallelism"]["devices"]
            fewest["parallelism"].update(devices=None, tensor=None, pipeline=None, data=None, zero=None,
                                         sequence_parallel=None)
            cases += [case, free, fewest]
    check(bool(cases), "no case to free the knobs of")
    path = write_json("free.json", {"schema_version": 1, "cases": cases})
    got = answers(path)["cases"]
    for given, free, fewest in zip(got[::3], got[1::3], got[2::3]):
        check(free["predicted"] <= given["predicted"] * (1 + 1e-12), f"{free['id']}: slower than the plan that ran")
        check(fewest["predicted"] <= free["predicted"] * (1 + 1e-12),
              f"{fewest['id']}: slower than a plan in its space")
        check(fewest["plan"]["devices"] == given["plan"]["devices"], f"{fewest['id']}: not the hint's device count")


def null_degrees(source):
    """Any one degree that is null follows from the devices; where none can, that case alone has no answer."""
    cases, plans = [], []
    for case in source:
        plan = case["parallelism"]
        if (plan["context"] or 1) > 1 or case["id"].startswith("frontier-palm"):
            for key in ("context", "tensor", "data"):
                free = copy.deepcopy(case)
                free["id"] += "-" + key
                free["parallelism"][key] = None
                cases.append(free)
                plans.append(plan)
    check(len(cases) > 3, "no case of more than one context rank")
    odd = copy.deepcopy(cases[0])
    odd["id"] = "odd"
    odd["parallelism"].update(context=None, devices=odd["parallelism"]["devices"] + 1)
    path = write_json("degrees.json", {"schema_version": 1, "cases": [odd, *cases]})
    done = validate(path, "--json", status=65)
    got = json.loads(done.stdout)["cases"]
    check(f"1 of {len(cases) + 1} cases have no plan; the first is odd" in done.stderr, done.stderr)
    check(got[0]["status"] == "divisibility" and got[0]["predicted"] is None, f"odd: {got[0]}")
    stated = {case["id"]: case for case in answers(CASES)["cases"]}
    for case, plan in zip(got[1:], plans):
        name = case["id"].rpartition("-")[0]
        check(case["predicted"] == stated[name]["predicted"] and case["plan"]["context"] == plan["context"] and
              case["plan"]["tensor"] == plan["tensor"], f"{case['id']}: {case['status']}, {case['plan']}")


def options(source):
    group = answers(CASES, "--group", "maxtext-v4")
    check(len(group["groups"]) == 1 and len(group["cases"]) == 3, "--group")
    slow = answers(CASES, "--group=frontier-hours", "--set", "training.goodput=0.5")
    usual = answers(CASES, "--group=frontier-hours")
    stated = {case["id"] for case in source if "goodput" in case}
    for a, b in zip(slow["cases"], usual["cases"]):
        check(a["id"] in stated and a["predicted"] == b["predicted"] or a["id"] not in stated and
              close(a["predicted"], b["predicted"] * 0.95 / 0.5), f"{a['id']}: goodput")
    # Half of the peak of A100 is slower, and nothing else changes.
    devices = json.loads((SOURCE / "configs/devices.json").read_text())
    for device in devices["devices"]:
        if device["name"] == "A100-40GB":
            device["peak_tflops"] /= 2
    peak = {device["name"]: device.get("peak_tflops") for device in devices["devices"]}
    halved = answers(CASES, "--group", "narayanan-2021-table1", "--devices", write_json("devices.json", devices))
    whole = answers(CASES, "--group", "narayanan-2021-table1")
    check(all(a["predicted"] > 1.2 * b["predicted"] for a, b in zip(halved["cases"], whole["cases"])), "--devices")
    # The same of a file that only holds that device: it joins the library, whose other devices stay.
    own = write_json("own.json", {"devices": [{"name": "A100-80GB", "based_on": "A100-80GB",
                                               "peak_tflops": peak["A100-40GB"]}]})
    joined = answers(CASES, "--device-file", own)["cases"]
    check([case["predicted"] for case in joined if case["group"] == "narayanan-2021-table1"] ==
          [case["predicted"] for case in halved["cases"]], "--device-file: not the device that it replaces")
    stated = {case["id"]: case["predicted"] for case in answers(CASES)["cases"] if case["device"] != "A100-80GB"}
    check(len(stated) > 50 and all(case["predicted"] == stated[case["id"]] for case in joined if case["id"] in stated),
          "--device-file: another device moved")
    out = validate(CASES).stdout
    check("korthikanti-2022" in out and "unpublished" in out and "R2 on hours" in out, "the table")
    last = out[out.rindex("reg is fitted to "):].split()
    counts = [int(before) for before, word in zip(last, last[1:]) if word == "of" and before.isdigit()]
    check(int(last[4]) == sum(counts) and len(counts) > 2, f"what reg is fitted to: {last}")
    check("maxtext-v4-22b-1x64" in validate(CASES, "--group", "maxtext-v4", "--cases").stdout, "--cases")
    for word in ("--help", "--version"):
        done = validate(word)
        check("cs_validate" in done.stdout and not done.stderr, word)


def family_errors(source):
    """errors.json and predictions.json are what this build predicts: after a change, make validate ARGS=--write."""
    shipped = json.loads((SOURCE / "configs/validation/errors.json").read_text())
    sys.path.insert(0, str(SOURCE / "scripts"))
    judge = __import__("validate")
    files = [SOURCE / "configs/validation" / name for name in (*judge.FITTED, "cases-2026.json")]
    of_file = {case["id"]: file.name for file in files for case in json.loads(file.read_text())["cases"]}
    got = answers(*files)
    for key, names in (("families", judge.families(got, of_file)),
                       ("devices", judge.errors_by(got, of_file, judge.equal_devices()))):
        check(set(shipped[key]) == set(names) and
              all(shipped[key][name].keys() == row.keys() and
                  all(abs(shipped[key][name][field] - row[field]) < 1e-4 for field in row)
                  for name, row in names.items()),
              f"configs/validation/errors.json says {shipped[key]}, this build {names}: make validate ARGS=--write")
    ours = judge.families(got, of_file)
    # No prediction moves unnoticed: a change of a formula shows in this file's difference, case by case.
    stated = json.loads((SOURCE / "tests/programs/predictions.json").read_text())
    made = judge.predictions(str(BUILD))
    moved = [name for name, value in made.items() if not math.isclose(value, stated.get(name, math.nan), rel_tol=1e-8)]
    check(set(made) == set(stated) and not moved, f"tests/programs/predictions.json: {len(moved)} predictions moved, "
          f"as {moved[:3]}: make validate ARGS=--write")
    check(sum(row.get("fitted", 0) for row in ours.values()) < len(source) + 180, "memory and carbon are no errors")
    about = [SOURCE / "configs/validation" / name for name in ("errors.json", "held_out.json", "targets.json")]
    check("korthikanti-2022" in validate(CASES, *about).stdout, "files about cases among the case files")


def held_out():
    """Each timed case of the fit has an error with its fold left out, one in no fit has none; the table and errors.json
    are their means."""
    folder = SOURCE / "configs/validation"
    stored = json.loads((folder / "held_out.json").read_text())["held_out"]
    fitted = answers(CASES, folder / "vtrain-single.json")["cases"]
    timed = [case for case in fitted if case["metric"] in ("step_time_s", "device_hours")]
    check(set(stored) == {case["id"] for case in timed}, "held_out.json: other cases than the fit's")
    check(all(case.get("held_out_error") == (stored[case["id"]][0] if case["id"] in stored else None)
              for case in fitted), "cs_validate: other errors than held_out.json's")
    unseen = answers(folder / "cases-2026.json")["cases"]
    check(not any("held_out_error" in case for case in unseen), "a case in no fit is said to be held out of it")
    errors = json.loads((folder / "errors.json").read_text())
    for name in ("A100-80GB", "H100", "TPUv6e"):
        sizes = [abs(stored[case["id"]][0]) for case in timed if case["device"] == name]
        sizes += [abs(case["error"]) for case in unseen if case["device"] == name]
        row = errors["devices"][name]
        check(row["cases"] == len(sizes) and abs(row["mape"] - statistics.fmean(sizes)) < 1e-4,
              f"errors.json: {name} {row}, not {statistics.fmean(sizes)} of {len(sizes)}")
    check(errors["devices"]["A100"] == errors["devices"]["A100-40GB"], "equal devices of two names")
    for words, kind in ((("--hardware", "H100"), "held-out"), (("--hardware", "H100-NVL"), "family only"),
                        (("--hardware", "Other"), "none")):
        extra = write_json("more.json", {"devices": [{"name": "H100-NVL", "based_on": "H100"},
                                                     {"name": "Other", "based_on": "H100", "family": "Other"}]})
        point = json.loads(run(BUILD / "cs_point", "--model", "1536", *words, "--device-file", extra, "--json").stdout)
        trust = point["trust"]
        check(trust["kind"] == kind and (trust["mean_error"] is None) == (kind == "none") and
              (trust["cases"] > 0) == (kind != "none"), f"cs_point {words}: {trust}")
    check(json.loads(run(BUILD / "cs_point", "--model", "1536", "--hardware", "H100", "--json").stdout)["trust"] ==
          {"kind": "held-out", "mean_error": errors["devices"]["H100"]["mape"],
           "cases": errors["devices"]["H100"]["cases"]}, "cs_point: the device's error")


def refusals():
    (TMP / "typo.json").write_text('{"cases": [{"idd": "x"}]}')
    (TMP / "empty.json").write_text("")
    table = [((), 64, "No case file"), ((CASES, "--grup", "x"), 64, "did you mean --group?"),
             ((CASES, "--group"), 64, "wants a value"), ((CASES, "--group", "maxtext-v5"), 64,
                                                         "did you mean maxtext-v"),
             ((CASES, "--set", "carbon"), 64, "path=value"), ((CASES, "--set", "training.goodputs=1"), 65, "goodput"),
             (("nowhere.json",), 66, "nowhere.json"), (("typo.json",), 65, "typo.json:1:13: cases[0]"),
             (("empty.json",), 65, "empty.json:1:1"), ((TMP,), 66, "directory"),
             ((CASES, CASES), 65, "earlier case"), ((CASES, "--devices", "nowhere.json"), 66, "nowhere.json")]
    for words, expected, text in table:
        done = validate(*words, status=expected)
        err = done.stderr
        check(text in err and not done.stdout, f"{words}: {err}")
        check(err.startswith("cs_validate: error: ") and err.count("\n") == 1, f"{words}: not one line: {err}")


def targets():
    """Each target names a group or files that there are; what was reached is worse than the target, else it says
    nothing."""
    listed = json.loads((SOURCE / "configs/validation/targets.json").read_text())["targets"]
    files = {path.name: json.loads(path.read_text()).get("cases", [])
             for path in (SOURCE / "configs/validation").glob("*.json")}
    groups = {case["group"] for name, cases in files.items() if not name.endswith("-doubtful.json") for case in cases}
    limited = set()
    for row in listed:
        check(row["group"] in groups if "group" in row else all(files[name] for name in row["files"]), f"target {row}")
        limited |= {row["group"]} if "group" in row else set()
        for key, value in row.get("reached", {}).items():
            check(value < row[key] if key in ("within_10", "r2") else value > row[key], f"reached {row}")
    check(len(limited) > 30, f"only {len(limited)} groups have targets")


def judge():
    """The verdict of the script follows the figures: what is worse than what was reached fails, its own output says
    which; whole files are averaged; doubtful cases judge nothing."""
    judged = script("validate.py", "--json", TMP / "verdict.json", CASES)
    done = run(*judged, status=None)
    rows = json.loads((TMP / "verdict.json").read_text())
    check(done.returncode == (0 if all(row["kept"] for row in rows) else 1), f"validate.py: status {done.returncode}")
    check(all(row["kept"] or not row["ok"] for row in rows), "met and lost")
    lost = [row["what"] for row in rows if not row["kept"]]
    check(not lost, f"worse than what was reached: {lost}")
    sizes = [abs(case["error"]) for case in answers(CASES)["cases"] if case["metric"] in ("step_time_s", "device_hours")
             and case["id"] != "korthikanti-530b-selective-dp8"]
    ours = {row["what"]: row["ours"] for row in rows}
    check(abs(ours["all of cases.json: mean"] - 100.0 * statistics.fmean(sizes)) < 1e-9 and
          abs(ours["all of cases.json: within 10%"] - 100.0 * statistics.fmean(size <= 0.1 for size in sizes)) < 1e-9,
          f"the mean over a file: {ours}")
    doubtful = run(*script("validate.py", SOURCE / "configs/validation/cases-2026-doubtful.json", CASES), status=None)
    check("cases-2026-doubtful.json, reported only:" in doubtful.stdout and "nanotron-h100" in doubtful.stdout and
          not any("nanotron" in row["what"] for row in rows), "doubtful cases")
    check(any("never infeasible" in row["what"] and row["ok"] for row in rows), "plans given whole")
    check("reported only: korthikanti-530b" in done.stdout, "the recalled case is judged")
    done = run(*judged, "--set", "training.goodput=0.1", status=None)
    check("targets met" in done.stdout, "validate.py with --set")
    slow = json.loads((SOURCE / "configs/devices.json").read_text())
    for device in slow["devices"]:
        if "sustained" in device:
            device["sustained"] /= 2
    done = run(*judged, "--devices", write_json("slow.json", slow), status=1)
    check("LOST" in done.stdout and "MISSED" in done.stdout, "half the speed meets the targets")


def main():
    source = json.loads(CASES.read_text())["cases"]
    result = answers(CASES)
    contract(result, source)
    memory(result)
    baselines(result)
    free_knobs(source)
    null_degrees(source)
    options(source)
    family_errors(source)
    held_out()
    refusals()
    targets()
    judge()


if __name__ == "__main__":
    run_test(main)
