#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The figures of the CarbonScaling paper (arXiv 2508.06524) from our own sweeps, and how far they reproduce it.

Sweeps the configurations of configs/paper/, draws each figure as PNG and SVG into BUILD/figures/, prints the
reproduction table and writes it as reproduction.json, with the fitted power laws in exponents.json. The paper's
percentages come out only under its named preset, which the figures state; --preset default draws them with the
defaults instead, into BUILD/figures/default/, where only what no preset moves is judged. Exit status 1 when a judged
row lies outside its band.
"""
import argparse
import json
import os
import subprocess
import sys

from paper import plots, sweeps, table

SWEPT = ["figure-1", "figure-3a", "figure-3b", "figure-4a", "figure-4b", "figure-5a", "figure-5b", "figure-6a",
         "figure-6b",
         "figure-7a", "figure-7b", "v1-exponent", "v1-diminishing", "v1-batch"]
# The sizes of --quick, those of the table among them.
QUICK = [1536, 1920, 2048, 4096, 6144, 8192, 10240, 12288, 16384, 20480, 24576]
# The labelled runs: model, device, devices, sequences of a step, number format.
RUNS = {"frontier-deepseek-v3-hours": ("DeepSeek-V3", "H800", 2048, 15360, "fp8"),
        "frontier-bloom-176b-hours": ("BLOOM", "A100-80GB", 384, 2048, "off"),
        "frontier-llama-3-1-405b-hours": ("Llama-3.1-405B", "H100", 16384, 2048, "off"),
        "frontier-palm-540b-hours": ("PaLM", "TPUv4", 6144, 2048, "off")}


def validate():
    """Predictions of the measured runs, with both baselines."""
    command = [os.path.join(sweeps.BUILD, "cs_validate"), "--json",
               os.path.join(sweeps.TOP, "configs", "validation", "cases.json")]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout:
        sys.exit(done.returncode or 70)
    return json.loads(done.stdout)


def searched_hours(data):
    """Device-hours of the labelled runs with the plan that the search finds at their device counts and batches."""
    hours = {}
    for run, (model, device, devices, batch, qat) in RUNS.items():
        seconds = sweeps.point(data, "training_time", model=model, hardware=device, search_devices=devices,
                               training_global_batch=batch, qat=qat)
        hours[run] = seconds * devices / 3600.0
    return hours


def bloom_rows(data, validation):
    """Label, ours, and both baselines' hours turned into energy, for figure 3(b)."""
    run = next((run for run in validation["baselines"] if "bloom" in run["id"]), None)
    embodied = sweeps.point(data, "embodied_inventory", hardware="A100") / 1000.0
    energy = [case["predicted"] for case in validation["cases"] if case["metric"] == "energy_kwh"]
    per_hour = None
    if run is not None and energy and energy[0]:
        per_hour = energy[0] / run["ours"]
    rows = [("label", 433.196, 11.2), ("ours", energy[0] / 1000.0 if energy and energy[0] else None, embodied)]
    if per_hour is not None:
        rows += [(name, run[key] * per_hour / 1000.0, embodied) for key, name in (("reg", "reg"), ("llmc", "LLMC"))
                 if run[key] is not None]
    rows.append(("ours, 80 GB", None, sweeps.point(data, "embodied_inventory", hardware="A100-80GB") / 1000.0))
    return rows


def sizes(name):
    """--set of fewer model dimensions, for the configurations that sweep them all."""
    with open(os.path.join(sweeps.PAPER, name + ".json"), encoding="utf-8") as text:
        model = json.load(text)["axes"]["model"]
    if isinstance(model, dict) and isinstance(model["d_model"], dict):
        return [f'axes.model={{"d_model": {QUICK}}}']
    return []


def draw(data, validation, preset):
    """Every figure by name: (figure, fitted power laws)."""
    hours = searched_hours(data["figure-3a"])
    return {
        "figure-1": plots.draw_1(validation, preset),
        "figure-3a": plots.draw_3a(validation, hours, preset),
        "figure-3b": plots.draw_3b(bloom_rows(data["figure-3b"], validation), preset),
        "figure-4a": plots.draw_4a(data["figure-4a"], preset),
        "figure-4b": plots.draw_4b(data["figure-4b"], preset),
        "figure-5a": plots.draw_5(data["figure-5a"], preset, True),
        "figure-5b": plots.draw_5(data["figure-5b"], preset, False),
        "figure-6a": plots.draw_6a(data["figure-6a"], preset),
        "figure-6b": plots.draw_6b(data["figure-6b"], preset),
        "figure-7a": plots.draw_7a(data["figure-7a"], preset),
        "figure-7b": plots.draw_7b(data["figure-7b"], preset),
        "v1-exponent": plots.draw_v1_exponent(data["v1-exponent"], preset),
        "v1-diminishing": plots.draw_v1_diminishing(data["v1-diminishing"], preset),
        "v1-batch": plots.draw_v1_batch(data["v1-batch"], preset),
    }


def reproduce(data, validation, results, preset):
    rows = table.Table(preset)
    table.equations(rows, data["figure-6a"])
    table.utilisation_and_power(rows, data["figure-4b"])
    table.parameters(rows, data["figure-4a"])
    table.regions(rows, data["figure-7a"])
    table.technology_scaling(rows, data["figure-6a"])
    table.quantisation(rows, data["figure-6b"])
    table.generations(rows, data["figure-5b"])
    table.bloom(rows, data["figure-3b"], validation)
    table.device_hours(rows, validation)
    table.exponents(rows, results)
    table.claims(rows, results, data["v1-diminishing"], data["v1-batch"])
    return rows.rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", choices=["paper", "default"], default="paper", help="carbon accounting [paper]")
    parser.add_argument("--output", help="directory [BUILD/figures, or BUILD/figures/default]")
    parser.add_argument("--reuse", action="store_true", help="draw from the results that are there already")
    parser.add_argument("--quick", action="store_true", help=f"only {len(QUICK)} sizes of model")
    parser.add_argument("--set", action="append", default=[], help="path=value, handed to every sweep")
    arguments = parser.parse_args()
    folder = arguments.output or os.path.join(sweeps.BUILD, "figures",
                                              *(["default"] if arguments.preset == "default" else []))
    os.makedirs(folder, exist_ok=True)

    sets = list(arguments.set) + (["carbon.preset=default"] if arguments.preset == "default" else [])
    data = {}
    for name in SWEPT:
        path = os.path.join(folder, name + ".h5")
        if not (arguments.reuse and os.path.exists(path)):
            print(f"sweeping {name}", flush=True)
            sweeps.run(name, path, sets + (sizes(name) if arguments.quick else []))
        data[name] = sweeps.load(path)
    validation = validate()

    results = {}
    for name, (figure, fitted) in draw(data, validation, arguments.preset).items():
        figure.savefig(os.path.join(folder, name + ".png"), dpi=160)
        figure.savefig(os.path.join(folder, name + ".svg"), metadata={"Date": None})
        if fitted:
            results[name] = fitted
    with open(os.path.join(folder, "exponents.json"), "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)

    rows = reproduce(data, validation, results, arguments.preset)
    with open(os.path.join(folder, "reproduction.json"), "w", encoding="utf-8") as out:
        json.dump(rows, out, indent=1, allow_nan=False)
    table.show(rows, sys.stdout)
    missed = sum(1 for row in rows if not row["ok"])
    judged = sum(1 for row in rows if row["low"] is not None or row["high"] is not None)
    print(f"\n{len(SWEPT)} figures in {folder}/; {judged - missed} of {judged} judged rows in their bands, "
          f"{len(rows) - judged} rows reported")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
