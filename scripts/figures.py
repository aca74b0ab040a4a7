#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The figures of the CarbonScaling paper (arXiv 2508.06524) from our own sweeps, and how far they reproduce it.

Sweeps the configurations of configs/paper/, draws each figure as PNG and SVG into BUILD/figures/ and prints the
reproduction table, and last which of its judged rows are not reproduced. The whole table, with the reasons, is
written as reproduction.txt and reproduction.json, the fitted power laws as exponents.json. The paper's percentages
come out only under its named preset, which the figures state; --preset measured draws them with the program's own
accounting instead, into BUILD/figures/measured/, where only what no preset moves is judged, and shows the plans with
the least carbon beside those with the fewest devices, the paper's objective. The fitted power laws also go into each
figure's result file, as its group /power_laws. Exit status 0 when the figures are drawn; with --check 1 when a judged
row lies outside its band.
"""
import argparse
import json
import os
import subprocess
import sys

from paper import plots, sweeps, table

SWEPT = ["figure-1", "figure-3a", "figure-3b", "figure-4a", "figure-4b", "figure-5a", "figure-5b", "figure-6a",
         "figure-6b", "figure-7a", "figure-7b", "v1-exponent", "v1-diminishing", "v1-batch", "search-space"]
# Those that compare carbon: with the measured accounting they show the least-carbon plans beside the paper's.
COMPARED = ["figure-4a", "figure-4b", "figure-5a", "figure-5b", "figure-6a", "figure-6b", "figure-7a", "figure-7b"]
# The sizes of --quick, those of the table among them.
QUICK = [1536, 1920, 2048, 4096, 6144, 8192, 10240, 12288, 16384, 20480, 24576]
# All that we ship, as `make validate`: the baseline `reg` is fitted to runs of both.
CASES = ["cases.json", "vtrain-single.json"]
# The labelled runs: model, device, devices, sequences of a step, number format.
RUNS = {"frontier-deepseek-v3-hours": ("DeepSeek-V3", "H800", 2048, 15360, "fp8"),
        "frontier-bloom-176b-hours": ("BLOOM", "A100-80GB", 384, 2048, "off"),
        "frontier-llama-3-1-405b-hours": ("Llama-3.1-405B", "H100", 16384, 2048, "off"),
        "frontier-palm-540b-hours": ("PaLM", "TPUv4", 6144, 2048, "off")}


def validate():
    """Predictions of the measured runs, with both baselines."""
    command = [os.path.join(sweeps.BUILD, "cs_validate"), "--json",
               *(os.path.join(sweeps.TOP, "configs", "validation", name) for name in CASES)]
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
    """(name, MWh, t) for figure 3(b): the label, ours, and both baselines' hours turned into energy by Eq 3."""
    run = table.Bloom(data, validation)
    embodied = {device: sweeps.point(data, "embodied_inventory", hardware=device) / 1000.0
                for device in ("A100", "A100-80GB")}
    rows = [("label", run.label_kwh / 1000.0, run.label_embodied),
            ("label's hours\nby Eq 3", run.energy(run.label_hours) / 1000.0, None)]
    rows += [(name, run.energy(run.hours[key]) / 1000.0, embodied["A100"])
             for key, name in (("ours", "ours"), ("reg", "reg"), ("llmc", "LLMC"))]
    return rows + [("ours, 80 GB\nas it ran", None, embodied["A100-80GB"])]


def assignments(name, arguments):
    """--set for one configuration: fewer sizes of those that sweep them all, and another accounting."""
    with open(os.path.join(sweeps.PAPER, name + ".json"), encoding="utf-8") as text:
        config = json.load(text)
    model = config["axes"]["model"]
    sets = []
    if arguments.quick and isinstance(model, dict) and isinstance(model["d_model"], dict):
        first = model["d_model"]["from"]
        sets.append(f'axes.model={{"d_model": {[size for size in QUICK if size >= first]}}}')
    if arguments.preset == "measured":
        sets.append("carbon.preset=measured")
        if "expert_tensor" in config.get("search", {}):
            sets.append("search.expert_tensor=one")
    # The paper knows one objective, the fewest devices.
    both = arguments.preset == "measured" and name in COMPARED
    sets.append(f"search.least_carbon={str(both).lower()}")
    return sets + arguments.set


def draw(data, validation, preset):
    """Every figure by name: (figure, fitted power laws)."""
    return {
        "figure-1": plots.draw_1(data["figure-1"], validation, searched_hours(data["figure-1"]), preset),
        "figure-3a": plots.draw_3a(data["figure-3a"], validation, searched_hours(data["figure-3a"]), preset),
        "figure-3b": plots.draw_3b(data["figure-3b"], bloom_rows(data["figure-3b"], validation), preset),
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
        "search-space": plots.draw_search_space(data["search-space"], preset),
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
    table.search_space(rows, data["search-space"])
    return rows.rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", choices=["paper", "measured"], default="paper", help="carbon accounting [paper]")
    parser.add_argument("--output", help="directory [BUILD/figures, or BUILD/figures/measured]")
    parser.add_argument("--reuse", action="store_true", help="draw from the results that are there already")
    parser.add_argument("--quick", action="store_true", help=f"only {len(QUICK)} sizes of model")
    parser.add_argument("--formats", nargs="+", choices=["png", "svg"], default=["png", "svg"], help="[both]")
    parser.add_argument("--check", action="store_true", help="end with status 1 where a judged row is not reproduced")
    parser.add_argument("--set", action="append", default=[], help="path=value, handed to every sweep")
    arguments = parser.parse_args()
    folder = arguments.output or os.path.join(sweeps.BUILD, "figures",
                                              *(["measured"] if arguments.preset == "measured" else []))
    os.makedirs(folder, exist_ok=True)

    data = {}
    for name in SWEPT:
        path = os.path.join(folder, name + ".h5")
        if not (arguments.reuse and os.path.exists(path)):
            print(f"sweeping {name}", flush=True)
            sweeps.run(name, path, assignments(name, arguments))
        data[name] = sweeps.load(path)
        found = sweeps.choice(data[name], "carbon", "preset", "unknown")
        if found != arguments.preset:
            sys.exit(f"figures.py: error: {path} was made under carbon.preset {found}, not {arguments.preset}: draw it "
                     f"with --preset {found}, or sweep it again without --reuse")
    validation = validate()

    results = {}
    for name, (figure, fitted) in draw(data, validation, arguments.preset).items():
        plots.save(figure, os.path.join(folder, name), arguments.formats)
        if fitted:
            results[name] = fitted
            devices = {entry["series"] for entry in fitted} == set(data[name].hardware.values)
            sweeps.write_fits(os.path.join(folder, name + ".h5"), "hardware" if devices else "series", fitted)
    with open(os.path.join(folder, "exponents.json"), "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)

    rows = reproduce(data, validation, results, arguments.preset)
    with open(os.path.join(folder, "reproduction.json"), "w", encoding="utf-8") as out:
        json.dump(rows, out, indent=1, allow_nan=False)
    with open(os.path.join(folder, "reproduction.txt"), "w", encoding="utf-8") as out:
        table.show_all(rows, out)
    table.show(rows, sys.stdout)
    missed = sum(1 for row in rows if not row["ok"])
    judged = sum(1 for row in rows if table.judged(row))
    print("\nBreak-even of newer hardware, QAT and regions from any sweep: scripts/breakeven.py RESULTS.h5")
    print(f"{len(SWEPT)} figures, and in reproduction.txt the reason of every row: {folder}/")
    print(f"{judged - missed} of {judged} judged rows in their bands, {len(rows) - judged} rows reported")
    table.show_missed(rows, sys.stdout)
    return 1 if missed and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
