#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Break-even statements from the result file of a sweep: scripts/breakeven.py RESULTS.h5

Hardware. Old devices O that are there already do work at w_O = mfu x peak FLOP/s and draw p_O watts each (devices
and their share of servers and network), new ones N at w_N and p_N, both from the plans of the file for the model asked
for. New devices for the same work cost e_N / w_N kg of embodied carbon and save PUE x CI x (p_O / w_O - p_N / w_N) kg
each second. They pay after the quotient of the two; and in a grid so clean that this takes longer than their
lifetime, as far as they work in it, they never do. Where both would be bought, e_N / w_N - e_O / w_O stands in place of
e_N / w_N: that gives the grid below which the older device is the better buy.

QAT. The year (of the projection) at which the same device without QAT emits as little as today's with it, between
the years of the file by interpolation of logarithms.

Region. A budget (by default what the reference model emits on the best device of the reference region) and the
largest model that each region trains within it, on whatever device of the file.

The plans are those of the sweep's objective, the fewest devices unless it had another; --plan least-carbon takes the
least-carbon plans of the same file instead.

The text is a choice: for each older device the one that pays back first, one level of QAT, the regions at both ends and
the reference. --all prints every statement, --json always has them all.
"""
import argparse
import json
import math
import sys

try:
    import numpy as np

    from paper.sweeps import choice, load, setting
except ImportError as missing:
    sys.exit(f"breakeven.py: error: the Python module {missing.name} is missing; scripts/install-deps.sh test installs "
             "it.")

SECONDS_PER_YEAR = 365 * 86400.0


class Sweep:
    """A result file with one value chosen on every axis that a statement is not about."""

    def __init__(self, path, choices, least_carbon=False):
        self.data = load(path)
        self.prefix = "least_carbon_" if least_carbon else ""
        if self.prefix + "status" not in self.data:
            sys.exit(f"breakeven.py: error: {path} holds no least-carbon plans: they are searched with min_devices, "
                     "unless search.least_carbon is false")
        main = ("model", "hardware", "year", "qat", "region")
        for axis in [name for name in self.data.dims if name not in main]:
            value = choices.get(axis, self.data[axis].values[0])
            self.data = self.data.sel({axis: type(self.data[axis].values[0])(value)})
            print(f"at {axis} = {self.data[axis].item()}", file=sys.stderr)
        self.preset = choice(self.data, "carbon", "preset", "unknown")
        self.lifetime = setting(self.data, "carbon", "lifetime_years", 6.0) * SECONDS_PER_YEAR
        self.lifetime *= setting(self.data, "carbon", "lifetime_use", 1.0)
        self.year = self.data.year.values[0]
        self.qat = "off" if "off" in self.data.qat.values else self.data.qat.values[0]

    def value(self, name, **labels):
        array = self.data[self.prefix + name if self.prefix + name in self.data else name]
        labels = {"year": self.year, "qat": self.qat, **labels}
        return array.sel({axis: label for axis, label in labels.items() if axis in array.dims})

    def number(self, name, **labels):
        return float(self.value(name, **labels))

    def nearest_model(self, parameters):
        sizes = np.asarray(self.data["parameters_total"], dtype=float)
        return self.data.model.values[int(np.nanargmin(np.abs(np.log(sizes / parameters))))]


def work_and_cost(sweep, model, device, year):
    """FLOP/s and W of one device on this model, and kg embodied; None where the model does not fit."""
    labels = dict(model=model, hardware=device, year=year)
    devices, seconds = sweep.number("devices", **labels), sweep.number("training_time", **labels)
    if not math.isfinite(devices):
        return None
    energy = sweep.number("energy", **labels) + sweep.number("energy_servers", **labels)
    energy += sweep.number("energy_network", **labels) if "energy_network" in sweep.data else 0.0
    rate = sweep.number("mfu", **labels) * sweep.number("device_peak", **labels)
    return dict(rate=rate, power=energy * 3.6e6 / (devices * seconds),
                embodied=sweep.number("embodied_device", **labels))


def hardware(sweep, model, region, statements):
    name = "grid_intensity" if "grid_intensity" in sweep.data else "carbon_intensity"
    intensity = sweep.number(name, region=region) / 3.6e9  # kg per J
    pue = sweep.number("region_pue", region=region)
    sides = {str(device): work_and_cost(sweep, model, device, sweep.year) for device in sweep.data.hardware.values}
    sides = {device: side for device, side in sides.items() if side}
    for old in sides:
        for new in sides:
            o, n = sides[old], sides[new]
            saved = o["power"] / o["rate"] - n["power"] / n["rate"]  # J per FLOP
            if saved <= 0.0:
                continue
            seconds = n["embodied"] / n["rate"] / (pue * intensity * saved) if intensity > 0.0 else math.inf
            never = n["embodied"] / n["rate"] / (pue * saved * sweep.lifetime) * 3.6e9
            more = n["embodied"] / n["rate"] - o["embodied"] / o["rate"]
            buy = more / (pue * saved * sweep.lifetime) * 3.6e9
            text = (f"{old} to {new}: pays its embodied carbon back after {seconds / 86400.0:,.0f} days in {region}, "
                    f"never below {never:,.3g} g/kWh; as a first purchase ")
            text += f"{old} is better below {buy:,.3g} g/kWh" if buy > 0.0 else "better in every grid"
            statements.append(dict(kind="hardware", model=str(model), region=str(region), old=old, new=new,
                                   days=seconds / 86400.0 if math.isfinite(seconds) else None,
                                   never_below_g_per_kwh=never,
                                   older_better_below_g_per_kwh=max(buy, 0.0), text=text))


def quantisation(sweep, model, region, statements):
    years = sweep.data.year.values
    for device in sweep.data.hardware.values:
        for level in sweep.data.qat.values:
            if level == sweep.qat or len(years) < 2:
                continue
            labels = dict(model=model, hardware=device, region=region)
            with_qat = sweep.number("carbon_total", qat=level, **labels)
            path = [sweep.number("carbon_total", year=year, **labels) for year in years]
            if not math.isfinite(with_qat) or not math.isfinite(path[0]):
                continue
            gain = 100.0 * (1.0 - with_qat / path[0])
            match = None
            for k in range(1, len(years)):
                low, high = path[k - 1], path[k]
                known = math.isfinite(low) and math.isfinite(high)
                if match is None and known and high <= with_qat <= low and high < low:
                    share = math.log(low / with_qat) / math.log(low / high)
                    match = float(years[k - 1] + share * (years[k] - years[k - 1]))
            if gain <= 0.0:
                text = f"{device}, {level}: QAT saves nothing here ({gain:+.1f}%)"
            elif match is None:
                text = f"{device}, {level}: {gain:.1f}% less carbon, not matched by {years[-1]} years of hardware"
            else:
                text = f"{device}, {level}: {gain:.1f}% less carbon, matched by {match:.1f} years of hardware"
            statements.append(dict(kind="qat", model=str(model), region=str(region), hardware=str(device),
                                   qat=str(level),
                                   gain_percent=gain, years=match, text=text))


def budgets(sweep, model, region, budget, statements):
    carbon = sweep.value("carbon_total").transpose("model", "hardware", "region")
    if budget is None:
        budget = float(carbon.sel(model=model, region=region).min())
    least = carbon.min("hardware")
    sizes = np.asarray(sweep.value("parameters_total"), dtype=float)
    found = []
    for place in sweep.data.region.values:
        values = np.asarray(least.sel(region=place), dtype=float)
        within = np.flatnonzero(np.isfinite(values) & (values <= budget))
        if within.size:
            k = within[np.argmax(sizes[within])]
            on = np.asarray(carbon.sel(region=place), dtype=float)[k]
            found.append((sizes[k], str(place), str(sweep.data.hardware.values[int(np.nanargmin(on))]),
                          str(sweep.data.model.values[k]), values[k]))
    found.sort(key=lambda row: (-row[0], row[4]))
    for size, place, device, name, carbon_kg in found:
        text = (f"{budget / 1000.0:,.4g} t in {place}: up to {size / 1e9:,.4g}B parameters (model {name}) on {device}, "
                f"{carbon_kg / 1000.0:,.4g} t")
        statements.append(dict(kind="budget", region=place, budget_kg=budget, parameters=size, model=name,
                               hardware=device,
                               carbon_kg=float(carbon_kg), text=text))


def chosen(rows, kind, region):
    """The statements that a person reads first."""
    if kind == "hardware":
        least = {}
        for row in rows:
            days = math.inf if row["days"] is None else row["days"]
            if row["old"] not in least or days < least[row["old"]][0]:
                least[row["old"]] = (days, row)
        return [row for _, row in least.values()]
    if kind == "qat":
        return [row for row in rows if row["qat"] == rows[0]["qat"]]
    return [row for i, row in enumerate(rows) if i < 3 or i >= len(rows) - 2 or row["region"] == region]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("results", help="result file of cs_sweep")
    parser.add_argument("--model", help="label on the model axis; default: the one nearest to a trillion parameters")
    parser.add_argument("--region", help="reference region; default: us-east5 or the first of the file")
    parser.add_argument("--budget", type=float, help="kg CO2e for the question of the largest model")
    parser.add_argument("--select", action="append", default=[], metavar="AXIS=VALUE", help="value on a further axis")
    parser.add_argument("--all", action="store_true", help="every pair of devices, level and region")
    parser.add_argument("--json", action="store_true", help="a list of all statements for machines")
    parser.add_argument("--plan", choices=["objective", "least-carbon"], default="objective",
                        help="the plans of the sweep's objective, or the least-carbon ones beside them [objective]")
    arguments = parser.parse_args()
    least = arguments.plan == "least-carbon"
    sweep = Sweep(arguments.results, dict(choice.split("=", 1) for choice in arguments.select), least)
    region = arguments.region or ("us-east5" if "us-east5" in sweep.data.region.values
                                  else str(sweep.data.region.values[0]))
    model = sweep.nearest_model(1e12)
    if arguments.model:
        model = int(arguments.model) if np.issubdtype(sweep.data.model.dtype, np.integer) else arguments.model

    statements = []
    hardware(sweep, model, region, statements)
    quantisation(sweep, model, region, statements)
    budgets(sweep, model, region, arguments.budget, statements)
    statements = [dict(row, preset=sweep.preset) for row in statements]
    if arguments.json:
        json.dump(statements, sys.stdout, indent=1)
        print()
        return 0
    print(f"Accounting: carbon.preset {sweep.preset}")
    titles = {"hardware": "When newer hardware is worth its embodied carbon", "qat": "QAT against years of hardware",
              "budget": "The largest model that the same carbon trains"}
    for kind, title in titles.items():
        rows = [row for row in statements if row["kind"] == kind]
        shown = rows if arguments.all or not rows else chosen(rows, kind, region)
        if rows:
            print(f"\n{title} (model {model}{', least-carbon plans' if least else ''})")
            print("\n".join("  " + row["text"] for row in shown))
        if len(shown) < len(rows):
            print(f"  {len(shown)} of {len(rows)} statements; --all has the rest")
    return 0


if __name__ == "__main__":
    try:
        STATUS = main()
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head) has enough; nothing more may be written at exit either.
        sys.stdout = None
        STATUS = 0
    sys.exit(STATUS)
