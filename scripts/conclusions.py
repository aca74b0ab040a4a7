#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the accounting does to the paper's conclusions: scripts/conclusions.py [--output FOLDER]

Sweeps configs/conclusions.json, a model of a trillion parameters, under carbon.preset paper, under measured, and under
measured with a grid that decarbonises (projection.grid_scenario policy), and puts the same questions to each: the
share of embodied carbon, what a clean grid, five and ten years of hardware, and quantisation save, when newer hardware
pays. Writes conclusions.json, conclusions.txt, conclusions.png and .svg into BUILD/conclusions/, and beside them
carbon-validation.png and .svg: the model against the meters and declarations of configs/validation/carbon.json.
"""
import argparse
import json
import os
import subprocess
import sys

import breakeven
import matplotlib
from paper import sweeps

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

ACCOUNTINGS = {
    "paper": ["carbon.preset=paper"],
    "measured": ["carbon.preset=measured"],
    "measured, grid decarbonises": ["carbon.preset=measured", "projection.grid_scenario=policy"],
}
DEVICE, MEDIAN, CLEAN, DIRTY = "B100", "us-east5", "europe-north2", "asia-south1"
YEARS = (0, 5, 10)


class Answers:
    """The questions to one result file."""

    def __init__(self, path):
        self.data = sweeps.load(path)
        self.path = path

    def value(self, name, **labels):
        labels = {"hardware": DEVICE, "year": 0, "qat": "off", "region": MEDIAN, **labels}
        return sweeps.point(self.data, name, **labels)

    def embodied(self, **labels):
        """Per cent of all carbon."""
        return 100.0 * self.value("carbon_embodied", **labels) / self.value("carbon_total", **labels)

    def change(self, **labels):
        """Per cent, against today's device in the median grid."""
        return 100.0 * (self.value("carbon_total", **labels) / self.value("carbon_total") - 1.0)

    def payback(self, old, new):
        """Days after which the making of new devices is paid back where the old ones are there already."""
        statements = []
        sweep = breakeven.Sweep(self.path, {})
        breakeven.hardware(sweep, self.data.model.values[0], MEDIAN, statements)
        days = [row["days"] for row in statements if row["old"] == old and row["new"] == new]
        return days[0] if days else None

    def rows(self):
        return {
            f"embodied share, {MEDIAN} (%)": self.embodied(),
            f"embodied share, {CLEAN} (%)": self.embodied(region=CLEAN),
            f"embodied share, {MEDIAN}, 10 years on (%)": self.embodied(year=10),
            f"{CLEAN} instead of {MEDIAN} (%)": self.change(region=CLEAN),
            f"{DIRTY} instead of {MEDIAN} (%)": self.change(region=DIRTY),
            "hardware of 5 years on (%)": self.change(year=5),
            "hardware of 10 years on (%)": self.change(year=10),
            "QAT with int8 (%)": self.change(qat="int8"),
            "H100 instead of B100 (%)": self.change(hardware="H100"),
            "A100 instead of B100 (%)": self.change(hardware="A100"),
            f"B100 for H100 pays back, {MEDIAN} (days)": self.payback("H100", "B100"),
            f"H100 for A100 pays back, {MEDIAN} (days)": self.payback("A100", "H100"),
        }


def text_of(table):
    wide = max(len(row) for rows in table.values() for row in rows)
    lines = [f"{'':{wide}}  " + "  ".join(f"{name:>27}" for name in table)]
    for row in next(iter(table.values())):
        cells = (rows[row] for rows in table.values())
        lines.append(f"{row:{wide}}  " + "  ".join(f"{'never' if cell is None else format(cell, '.3g'):>27}"
                                                   for cell in cells))
    return "\n".join(lines) + "\n"


def draw(answers):
    """Carbon of the same training with hardware of later years, in per cent of today's, by accounting."""
    figure, axes = plt.subplots(figsize=(6.4, 4.0), dpi=150)
    for i, (name, answer) in enumerate(answers.items()):
        now = answer.value("carbon_total") / 100.0
        total = np.array([answer.value("carbon_total", year=year) for year in YEARS]) / now
        embodied = np.array([answer.value("carbon_embodied", year=year) for year in YEARS]) / now
        at = np.arange(len(YEARS)) + 0.27 * (i - 1)
        colour = ["#0072B2", "#D55E00", "#009E73"][i]
        axes.bar(at, embodied, 0.25, color=colour, hatch="///", edgecolor="white", linewidth=0)
        axes.bar(at, total - embodied, 0.25, bottom=embodied, color=colour, label=name)
        for x, high, share in zip(at, total, embodied / total):
            axes.annotate(f"{100 * share:.0f}%", (x, high), ha="center", va="bottom", fontsize=7)
    axes.set_xticks(range(len(YEARS)), [f"{DEVICE}, year {year}" for year in YEARS])
    axes.set_ylabel("carbon (% of today's)")
    axes.set_title(f"1T parameters in {MEDIAN}; hatched and in per cent: embodied", fontsize=10)
    axes.legend(fontsize=8)
    return figure


def draw_validation():
    """Predicted over measured, one point a case, with the printed uncertainty of what was measured."""
    file = os.path.join(sweeps.TOP, "configs", "validation", "carbon.json")
    run = subprocess.run([os.path.join(sweeps.BUILD, "cs_validate"), "--json", file], stdout=subprocess.PIPE, text=True,
                         check=True)
    with open(file, encoding="utf-8") as text:
        spread = {case["id"]: case.get("relative_uncertainty", 0.0) for case in json.load(text)["cases"]}
    cases = [case for case in json.loads(run.stdout)["cases"] if case["predicted"] is not None][::-1]
    figure, axes = plt.subplots(figsize=(6.4, 6.4), dpi=150)
    groups = list(dict.fromkeys(case["group"] for case in cases))
    for i, case in enumerate(cases):
        ratio = case["predicted"] / case["measured"]
        axes.errorbar(ratio, i, xerr=ratio * spread[case["id"]], fmt="o", markersize=4,
                      color=f"C{groups.index(case['group'])}")
    axes.axvline(1.0, color="0.4", linewidth=0.8)
    axes.set_yticks(range(len(cases)), [case["id"] for case in cases], fontsize=6.5)
    axes.set_xlabel("predicted over measured or declared; bars: uncertainty of what was measured, where it is printed")
    axes.xaxis.label.set_size(7)
    axes.grid(axis="x", alpha=0.3)
    axes.set_title("Power, energy and embodied carbon against meters and declarations", fontsize=10)
    return figure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--output", default=os.path.join(sweeps.BUILD, "conclusions"), help="[BUILD/conclusions]")
    folder = parser.parse_args().output
    os.makedirs(folder, exist_ok=True)
    answers = {}
    for name, sets in ACCOUNTINGS.items():
        path = os.path.join(folder, name.replace(", ", "-").replace(" ", "-") + ".h5")
        sweeps.run(os.path.join("..", "conclusions"), path, sets)
        answers[name] = Answers(path)
    table = {name: answer.rows() for name, answer in answers.items()}
    with open(os.path.join(folder, "conclusions.json"), "w", encoding="utf-8") as out:
        json.dump(table, out, indent=1, allow_nan=False)
    text = text_of(table)
    with open(os.path.join(folder, "conclusions.txt"), "w", encoding="utf-8") as out:
        out.write(text)
    for name, figure in (("conclusions", draw(answers)), ("carbon-validation", draw_validation())):
        for kind in ("png", "svg"):
            figure.savefig(os.path.join(folder, f"{name}.{kind}"), bbox_inches="tight")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
