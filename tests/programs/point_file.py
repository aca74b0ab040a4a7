#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""cs_point gives the numbers of a sweep's file, to the last bit, whether it reads the configuration or the file."""
import json
import math
from pathlib import Path

from harness import BUILD, check, run, run_test, sweep, write_json
from resultfile import STATUS, Results

CONFIG = {
    "title": "points",
    "axes": {
        "model": [{"d_model": [2048, 10240]}, "GPT-3", {"name": "tiny", "layers": 8, "d_model": 1024, "heads": 8,
                                                       "d_ff": 4096, "vocab": 32000, "tokens": 2e10}],
        "hardware": ["H100", {"name": "H100-small", "based_on": "H100", "hbm_gib": 24}, "TPUv5p"],
        "year": [0, 5],
        "qat": ["off", "int8"],
        "carbon_intensity": ["us-east5", {"region": "my-site", "g_per_kwh": 120, "pue": 1.3}],
        "carbon.cpa_growth_per_year": [0, 0.1],
        "training.deadline_days": [60, 90],
    },
}
LEAST = "least_carbon_"
CODES = {"recompute": ["none", "selective", "full", "ffn"], "offload": ["off", "offload"],
         "schedule": ["1f1b", "zb1p", "dualpipe"]}


def point(*words):
    return json.loads(run(BUILD / "cs_point", *words, "--brief", "--json").stdout)


def same(results, variable, place, value, prefix=""):
    stored = results.at(prefix + variable, place)
    if variable in CODES and isinstance(value, str):
        stored = CODES[variable][stored]
    return stored == value or (value is None and math.isnan(stored))


def compare(results, place, answer, text):
    check(STATUS[results.at("status", place)] == answer["status"], f"{text}: status {answer['status']}")
    feasible = answer["status"] == "feasible"
    groups = [answer["architecture"]] + ([answer["plan"], answer["values"]] if feasible else [])
    wrong = [f"{name} {value!r} in the file {results.at(name, place)!r}" for group in groups
             for name, value in group.items() if name in results.file and not same(results, name, place, value)]
    check(not wrong, f"{text}: {'; '.join(wrong)}")
    held = sum(name in results.file for name in answer["architecture"])
    check(held >= 10, f"{text}: only {held} values of the architecture in common with the file")
    variables = {name for name, data in results.file.items() if hasattr(data, "dtype") and name not in results.dims}
    names = set(answer["values"]) | {LEAST + name for name in answer.get("least_carbon", {"values": {}})["values"]}
    other = variables ^ names if feasible else {}
    check(not other, f"{text}: only the file or only cs_point has {', '.join(sorted(other))}")


def compare_least(results, place, answer, text):
    """The least-carbon plan of a file of one region and one way to account for carbon is that of cs_point."""
    least = answer["least_carbon"]
    wrong = [f"{name} {value!r} in the file {results.at(LEAST + name, place)!r}"
             for group in (least["plan"], least["values"]) for name, value in group.items()
             if LEAST + name in results.file and not same(results, name, place, value, LEAST)]
    check(not wrong, f"{text}, least carbon: {'; '.join(wrong)}")
    check(least["values"]["carbon_total"] <= answer["values"]["carbon_total"], f"{text}: less carbon")
    check(answer["values"]["devices"] <= least["values"]["devices"], f"{text}: fewer devices")
    return least["plan"] != answer["plan"]


def words_of(place, settings):
    out = []
    for name, value in place.items():
        if name in ("model", "hardware", "year", "qat", "region"):
            out += ["--" + name, value]
        else:
            out += ["--set", f"{settings[name]}={value}"]
    return out


def compare_all(path, config, settings, every=1):
    results = Results(path)
    seen = set()
    for number, place in enumerate(results.places()):
        if number % every == 0:
            answer = point(config, *words_of(place, settings))
            seen.add(answer["status"])
            compare(results, place, answer, f"{Path(config).name} {place}")
    return results, seen


def main():
    config = write_json("points.json", CONFIG)
    settings = {"cpa_growth_per_year": "carbon.cpa_growth_per_year", "deadline_days": "training.deadline_days"}
    points = sweep("points", config)
    _, seen = compare_all(points, config, settings, every=7)
    check("feasible" in seen, "some points have a plan")
    compare_all(points, points, settings, every=61)

    # One search serves all regions: the point of each region has the plan of that region.
    carbon = sweep("carbon", config, sets=["search.objective=min_carbon", 'axes.model=[{"d_model":[4096]}]',
                                           "axes.year=[0]", 'axes.qat=["off"]'])
    compare_all(carbon, carbon, settings)

    # Beside the plan with the fewest devices stands the least-carbon one.
    least = sweep("least", config, sets=["carbon.pue=1.15", 'axes.carbon_intensity=["asia-south1"]', 'axes.qat=["off"]',
                                         "axes.carbon.cpa_growth_per_year=[0]", 'axes.hardware=["H100","TPUv5p"]'])
    results, apart = Results(least), 0
    for place in results.places():
        if STATUS[results.at("status", place)] == "feasible":
            apart += compare_least(results, place, point(least, *words_of(place, settings)), f"{place}")
    check(apart > 0, "no two plans differ")
    place = next(place for place in results.places() if STATUS[results.at("status", place)] == "feasible")
    for text, words in (("another objective", ["--set", "search.objective=min_time", "--set", "search.devices=64"]),
                        ("a given count", ["--devices", "64"]), ("off", ["--set", "search.least_carbon=false"])):
        check("least_carbon" not in point(least, *words_of(place, settings), *words), f"{text}: one plan is the answer")

    # The runners-up are the file's alternatives.
    best = sweep("best", config, sets=["search.alternatives=3", 'axes.model=[{"d_model":[10240]}]', "axes.year=[0]"])
    results = Results(best)
    place = next(place for place in results.places() if place["hardware"] == "H100")
    answer = point(best, *words_of(place, settings), "--top", "4")
    check(len(answer["best"]) == 4, "four plans are listed")
    for rank, plan in enumerate(answer["best"]):
        wrong = [name for name, value in plan.items() if name in results.file and name != "status"
                 and not same(results, name, {**place, "alternative": str(rank)}, value)]
        check(not wrong, f"alternative {rank}: {wrong}")

    # What the configuration's axes lack comes from the data files; its settings hold.
    near = point(config, "--model", "4096", "--hardware", "A100", "--year", "3", "--region", "50")
    check(near["point"]["region"] == "50 g/kWh" and near["values"]["carbon_intensity"] == 50,
          "a region given as a number")
    check(near["point"]["year"] == 3 and near["architecture"]["d_model"] == 4096, "a point beside the axes")

    # The parts add up.
    values, carbon = near["values"], near["carbon"]
    total = sum(value for name, value in carbon.items() if name != "pue")
    check(math.isclose(total, values["carbon_total"], rel_tol=1e-12), "carbon by term adds up to the total")
    check(math.isclose(sum(values[name] for name in values if name.startswith("share_")), 1, rel_tol=1e-9), "shares")
    step = sum(kernel["exposed_seconds"] for kernel in near["kernels"])
    check(step <= values["step_time"] * (1 + 1e-9), "kernels take no longer than the step")
    check(step >= values["step_time"] * 0.5, "kernels make up most of the step")


if __name__ == "__main__":
    run_test(main)
