# SPDX-License-Identifier: BSD-3-Clause
"""Errors of runs that the constants of devices.json had not seen: what scripts/calibrate.py --held-out found of the
cases that it fits, and the cases that are in no fit."""
import json
import os
import statistics

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FITTED = ("cases.json", "vtrain-single.json")  # that the constants of devices.json were fitted to
HELD_OUT = os.path.join(TOP, "configs", "validation", "held_out.json")
MOVED = 0.01  # an error that differs by more from the one that held_out.json was written with is another model's


def write(ids, folded, left, shipped, folds):
    """Of each fitted case the errors with its fold and with its group left out, and that of the shipped constants."""
    rows = [f"    {json.dumps(name)}: " + json.dumps([round(float(ratio) - 1.0, 4) for ratio in ratios])
            for name, *ratios in zip(ids, folded, left, shipped)]
    with open(HELD_OUT, "w", encoding="utf-8") as file:
        file.write(f'{{\n  "folds": {folds},\n  "held_out": {{\n' + ",\n".join(rows) + "\n  }\n}\n")


def size(values):
    """Mean absolute value in per cent of those that are known; NaN where none is."""
    known = [100.0 * abs(value) for value in values if value is not None]
    return statistics.fmean(known) if known else float("nan")


class HeldOut:
    """By group: errors of its cases with their fold left out, with the group left out, and of the fit."""

    def __init__(self, timed, of_file):
        with open(HELD_OUT, encoding="utf-8") as text:
            stored = json.load(text)
        self.folds, self.timed, self.moved, groups = stored["folds"], len(timed), 0, {}
        for case in timed:
            row = (case["error"], case["error"], None)  # in no fit
            if of_file[case["id"]] in FITTED:
                fold, group, shipped = stored["held_out"].get(case["id"], (None, None, None))
                row = (fold, group, case["error"])
                self.moved += shipped is None or abs(shipped - case["error"]) > MOVED
            groups.setdefault(case["group"], []).append(row)
        self.groups = {name: (len(rows), *map(size, zip(*rows))) for name, rows in groups.items()}
        columns = zip(*(row[1:] for row in self.groups.values()))
        self.means = [statistics.fmean([x for x in column if x == x] or [float("nan")]) for column in columns]

    def say(self):
        print(f"{'held out: mean |error| of time':32} {'cases':>5} {'case out':>9} {'group out':>10} {'fitted':>8}")
        for name, (count, *errors) in [*self.groups.items(), ("all groups alike", (self.timed, *self.means))]:
            shown = ["-" if error != error else f"{error:.1f}%" for error in errors]
            print(f"{name:32} {count:5} {shown[0]:>9} {shown[1]:>10} {shown[2]:>8}")
        print(f"Case out: by {self.folds} folds. A group without a fitted error is in no fit: its errors are those of "
              "the shipped constants.")
        if self.moved > self.timed // 50:
            print(f"held_out.json is of another model: {self.moved} of the fitted cases have moved by more than a "
                  "point; scripts/calibrate.py --held-out writes it anew.")
        print(flush=True)
