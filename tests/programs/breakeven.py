#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""scripts/breakeven.py: each statement computed again, by hand from the file or in its definition's words."""
import json
import math
import shlex
import subprocess
import sys

from harness import SOURCE, check, fails, run, run_test, script, sweep
from resultfile import load

CONFIG = {"axes": {"model": {"d_model": [2048, 4096, 6144]}, "hardware": ["V100", "A100", "H100"], "year": [0, 2, 4, 8],
                   "qat": ["off", "int8"], "carbon_intensity": ["asia-south1", "us-east5", "europe-north2"],
                   "carbon.cpa_growth_per_year": [0, 0.1]}}


def statements_of(file, plan, prefix):
    breakeven = script("breakeven.py", file, "--model", 4096, "--plan", plan)
    statements = json.loads(run(*breakeven, "--json").stdout)
    data = load(file).sel(cpa_growth_per_year=0)

    def number(name, **labels):
        array = data[prefix + name if prefix + name in data else name]
        labels = {"model": "4096", "year": 0, "qat": "off", **labels}
        return float(array.sel({axis: value for axis, value in labels.items() if axis in array.dims}))

    kinds = {kind: [row for row in statements if row["kind"] == kind] for kind in ("hardware", "qat", "budget")}
    check(len(kinds["hardware"]) >= 1 and len(kinds["qat"]) == 3 and len(kinds["budget"]) == 3, "numbers of statements")
    for row in kinds["hardware"]:
        # Over the break-even time, a fleet of new devices and their making emit what the old fleet emits.
        emitted = {}
        for side in (row["old"], row["new"]):
            labels = dict(hardware=side)
            seconds = number("training_time", **labels)
            per_second = (number("energy", **labels) + number("energy_servers", **labels) +
                          number("energy_network", **labels)) / seconds  # kWh a second
            per_second *= number("region_pue", region="us-east5") * number("carbon_intensity",
                                                                           region="us-east5") / 1000.0
            rate = number("compute") / seconds  # FLOP/s of the fleet
            emitted[side] = (per_second / rate, number("embodied_device", **labels) * number("devices",
                                                                                             **labels) / rate)
        old, new = emitted[row["old"]], emitted[row["new"]]
        time = row["days"] * 86400.0
        check(math.isclose(old[0] * time, new[0] * time + new[1], rel_tol=1e-9),
              f"{row['old']} to {row['new']}: {row['days']}")
        # At the grid below which it never pays, the break-even time is the working part, 85%, of five years.
        scale = row["never_below_g_per_kwh"] / number("carbon_intensity", region="us-east5")
        check(math.isclose(row["days"] / scale, 5 * 0.85 * 365, rel_tol=1e-9), f"{row['old']} to {row['new']}: grid")
        lifetime = 5 * 0.85 * 365 * 86400.0
        scale = row["older_better_below_g_per_kwh"] / number("carbon_intensity", region="us-east5")
        if scale > 0.0:
            check(math.isclose(old[0] * scale * lifetime + old[1], new[0] * scale * lifetime + new[1], rel_tol=1e-9),
                  f"{row['old']} to {row['new']}: first purchase")
        else:
            check(new[1] <= old[1], f"{row['old']} to {row['new']}: embodied per FLOP/s")
    for row in kinds["qat"]:
        path = {year: number("carbon_total", hardware=row["hardware"], year=year, region="us-east5")
                for year in (0, 2, 4, 8)}
        target = number("carbon_total", hardware=row["hardware"], qat="int8", region="us-east5")
        check(math.isclose(row["gain_percent"], 100 * (1 - target / path[0]), rel_tol=1e-9, abs_tol=1e-9), f"{row}")
        if row["years"] is not None:
            low = max(year for year in path if year <= row["years"])
            high = min(year for year in path if year > low)
            check(path[high] <= target <= path[low], f"{row['hardware']}: {row['years']} years, {path}, {target}")
        elif row["gain_percent"] > 0:
            check(min(path.values()) > target, f"{row['hardware']}: a year would do, {path}, {target}")
    budget = min(number("carbon_total", hardware=device, region="us-east5") for device in ("V100", "A100", "H100"))
    for row in kinds["budget"]:
        check(math.isclose(row["budget_kg"], budget, rel_tol=1e-12), "the budget")
        fits = [model for model in ("2048", "4096", "6144") if any(
            number("carbon_total", model=model, hardware=device, region=row["region"]) <= budget
            for device in ("V100", "A100", "H100"))]
        check(row["model"] == fits[-1] and row["carbon_kg"] <= budget, f"{row}: {fits}")
    sizes = [row["parameters"] for row in kinds["budget"]]
    check(sizes == sorted(sizes, reverse=True) and kinds["budget"][0]["region"] == "europe-north2",
          "order of the regions")
    text = run(*breakeven, "--all").stdout
    check(all(row["text"] in text for row in statements), "the text and the list differ")
    first = [line for line in run(*breakeven).stdout.splitlines()
             if line.startswith("  ") and "--all has the rest" not in line]
    check(all(line.strip() in {row["text"] for row in statements} for line in first), "the choice has other statements")
    for device in {row["old"] for row in kinds["hardware"]}:
        best = min((row for row in kinds["hardware"] if row["old"] == device), key=lambda row: row["days"])
        check(f"  {best['text']}" in first, f"the choice leaves {device} out")
    check((", least-carbon plans)" in text) == (prefix != ""), "the heading does not say which plans")
    return statements


def main():
    file = sweep("result", CONFIG)
    one, other = statements_of(file, "objective", ""), statements_of(file, "least-carbon", "least_carbon_")
    # A reader that has enough, and a Python without the modules.
    command = " ".join(shlex.quote(str(word)) for word in script("breakeven.py", file, "--all"))
    done = subprocess.run(["bash", "-c", f"{command} | true"], capture_output=True, text=True, check=False)
    check(done.returncode == 0 and "Traceback" not in done.stderr, f"a closed pipe: {done.stderr}")
    blocked = subprocess.run([sys.executable, "-c", "import runpy, sys; sys.modules['xarray'] = None; "
                              "sys.argv[1:] = ['x']; "
                              f"sys.path.insert(0, {str(SOURCE / 'scripts')!r}); "
                              f"runpy.run_path({str(SOURCE / 'scripts/breakeven.py')!r}, run_name='__main__')"],
                             capture_output=True, text=True, check=False)
    check(blocked.returncode == 1 and "the Python module xarray is missing" in blocked.stderr and
          "Traceback" not in blocked.stderr, f"without xarray: {blocked.stderr}")
    check(one == json.loads(run(*script("breakeven.py", file, "--model", 4096, "--json")).stdout), "the default")
    check(one != other, "both plans give the same statements")
    alone = sweep("alone", CONFIG, sets=["search.least_carbon=false"])
    fails(1, f"breakeven.py: error: {alone} holds no least-carbon plans: they are searched with min_devices, unless "
          "search.least_carbon is false", *script("breakeven.py", alone, "--plan", "least-carbon"))


if __name__ == "__main__":
    run_test(main)
