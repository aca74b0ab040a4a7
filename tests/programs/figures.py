#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The figures of the paper and the reproduction table, at fewer sizes: all are drawn, the terms of every file add up,
every row is judged by its band, and the rows that lie outside are the ones that are known to."""
import json
import os
import subprocess
from pathlib import Path

import numpy as np

from harness import BUILD, SOURCE, TMP, check, run, run_test, script
from resultfile import FEASIBLE, PARTS, load

# Checkpoints that our physics does not give; the reason stands in the table. A row that joins them, or leaves, is a
# change of the model that somebody has to look at: the test prints such rows with their values.
KNOWN = {
    # Half the devices with the same batch: each replica has twice the micro-batches, gradient traffic falls, and the
    # utilisation of the doubled peak does not fall as the paper's did.
    "QAT int8, 24.5T on B100 (%)",
    # Two of the four runs whose hours are labels; the constants were not fitted for them (src/model/errors.md).
    "device-hours, frontier-bloom-176b-hours (% of error)",
    "device-hours, frontier-deepseek-v3-hours (% of error)",
    # -51% of a band to -50%: weights are cast to 8 bits once a step, so that QAT at this size costs less than it did.
    "QAT int8, 24.5T on B100 (%)",
}
DEVICES = ["V100", "A100", "H100", "B100", "TPUv4", "TPUv5p"]


def start(folder, *options):
    """Both presets are drawn at once, each on one core."""
    words = [SOURCE / "scripts/with-mpi.sh", *script("figures.py", "--check", "--quick", "--output", folder), *options]
    return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=TMP,
                            env={**os.environ, "CS_RANKS": "1"})


def finish(child, folder):
    text, errors = child.communicate()
    check(child.returncode in (0, 1),
          f"figures.py into {folder}: status {child.returncode}\n{text[-2000:]}\n{errors}")
    rows = json.loads((folder / "reproduction.json").read_text())
    check(child.returncode == (0 if all(row["ok"] for row in rows) else 1),
          "the exit status is not the table's verdict")
    return text, rows


def by_name(rows):
    return {row["checkpoint"]: row for row in rows}


def judged_by_their_bands(rows):
    for row in rows:
        check({"checkpoint", "paper", "ours", "low", "high", "ok", "reason"} <= set(row), f"keys of {row}")
        low, high, ours = row["low"], row["high"], row["ours"]
        if low is None and high is None:
            check(row["ok"], f"{row['checkpoint']}: not judged, but not ok")
        else:
            inside = ours is not None and (low is None or ours >= low) and (high is None or ours <= high)
            check(row["ok"] == inside, f"{row['checkpoint']}: ok is {row['ok']}, ours {ours}, band {low} to {high}")


def every_checkpoint(rows):
    """The rows that the paper's text gives, and the equations alone, which no plan can move."""
    names = " | ".join(rows)
    for part in ("parameters at d_model 1536", "parameters at d_model 24576", "embodied share at 2.73 g/kWh, 1T",
                 "embodied share at 2.73 g/kWh, 24.5T", "323 to 2.73 g/kWh, 1T", "323 to 2.73 g/kWh, 0.75B",
                 "5 years, 1T", "10 years, 1T", "10 years, CPA +10% a year, 1T", "QAT int8, 1T", "QAT int8, 24.5T",
                 "BLOOM, energy predicted", "BLOOM, embodied", "order of carbon at 1T", "-37.22% utilisation",
                 "R2 of ours on hours", "R2 of reg", "R2 of llmc", "paper-moe-32b", "figure-4b, TPUv5p",
                 "v1 claim 1, B100, MoE", "v1 claim 1, B100, dense", "v1 claim 2, MoE", "v1 claim 3, dense",
                 "v1 claim 2, dense", "v1 claim 3, MoE", "BLOOM, energy and embodied together, LLMC",
                 "device-hours, reg, frontier-palm", "figure-4a, ideal", "figure-4a, practical",
                 "24.5T on B100, with context parallelism: 10 years"):
        check(part in names, f"no checkpoint about {part}")
    alone = [row for name, row in rows.items() if name.startswith("carbon equations alone")]
    check(len(alone) == 19 and all(row["ok"] and row["low"] is not None for row in alone), "the carbon equations alone")
    for name in ("parameters at d_model 1536 (B)", "parameters at d_model 24576 (B)", "-37.22% utilisation: power (%)",
                 "BLOOM, embodied, 384 A100 (t)"):
        check(rows[name]["ok"] and rows[name]["low"] is not None, name)
    check(rows["device-hours, paper-moe-32b-a11b"]["paper"] is None, "the unpublished run has a label")
    # The same baseline as `make validate` prints, which is given all case files.
    files = [SOURCE / "configs/validation" / name for name in ("cases.json", "vtrain-single.json")]
    fit = json.loads(run(BUILD / "cs_validate", "--json", *files).stdout)["baseline_fit"]
    reg = rows["device-hours, R2 of reg on hours (%)"]
    check(abs(reg["ours"] - 100.0 * fit["reg"]["r2_hours"]) < 1e-9 and f"{len(fit['fitted_to'])} runs" in reg["reason"],
          f"reg is another than make validate's: {reg}, {fit}")
    missed = {name for name, row in rows.items() if not row["ok"]}
    for name in sorted(missed ^ KNOWN):
        row = rows.get(name, {})
        verdict = "is not in the table any more" if not row else "is outside now" if name in missed else "is inside now"
        check(False, f'KNOWN in {Path(__file__).name}: "{name}" {verdict}: ours {row.get("ours")}, band '
              f'{row.get("low")} to {row.get("high")}; {row.get("reason")}')


def same(ours, expected):
    """Equal to rounding wherever both are numbers; xarray matches the axes."""
    return not bool((abs(ours - expected) > 1e-12 * abs(expected)).any())


def terms_add_up(path):
    data = load(path)
    check(bool((data.status == FEASIBLE).any()), f"{path.name}: nothing is feasible")
    running = data.carbon_operational + data.carbon_idle + data.carbon_servers + data.carbon_network
    check(same(running + data.carbon_embodied, data.carbon_total),
          f"{path.name}: carbon_total is not the sum of its terms")
    unit = sum(data[f"embodied_device_{part}"] for part in PARTS)
    check(same(unit, data.embodied_device), f"{path.name}: embodied_device is not the sum of its terms")
    check(same(data.embodied_device * data.devices.where(data.status == FEASIBLE), data.embodied_inventory),
          f"{path.name}: embodied_inventory")
    check(same(data.energy * data.region_pue * data.carbon_intensity / 1000.0,
               data.carbon_operational + data.carbon_idle),
          f"{path.name}: carbon_operational and carbon_idle are not energy x PUE x intensity")


def fit(x, y):
    """Slope of log y over log x, and half its 95% interval where Student's t is tabled (Fisher)."""
    x, y = np.log(x), np.log(y)
    n, centred = x.size, x - x.mean()
    slope = (centred * (y - y.mean())).sum() / (centred ** 2).sum()
    rest = y - y.mean() - slope * centred
    error = np.sqrt((rest ** 2).sum() / (n - 2) / (centred ** 2).sum())
    t = {3: 12.706, 4: 4.303, 5: 3.182, 6: 2.776, 7: 2.571, 8: 2.447, 9: 2.365, 10: 2.306, 11: 2.262}
    return slope, t[n] * error


def both_plans(name, folder, other):
    """With our accounting the figures that compare carbon show two plans by name; under the paper's they show one."""
    words = ("fewest devices (the paper's objective)", "least carbon")
    compared = name[:-1] in ("figure-4", "figure-5", "figure-6", "figure-7")
    for place, wanted in ((folder, False), (other, compared)):
        drawing = (place / f"{name}.svg").read_text().replace("&#x27;", "'")
        check(all((text in drawing) == wanted for text in words), f"{place.name}/{name}: plans shown")
        data = load(place / f"{name}.h5")
        check(("least_carbon_status" in data) == wanted, f"{place.name}/{name}: plans swept")
        if wanted:
            first = data.isel(cpa_growth_per_year=0) if "cpa_growth_per_year" in data.dims else data
            less = first.least_carbon_carbon_total.sum("region") / first.carbon_total.sum("region")
            check(bool(((less <= 1 + 1e-9) | less.isnull()).all()), f"{name}: more than the least carbon")


def power_laws(folder, printed):
    """The exponents stand in the files of figure 4, which stay what cs_sweep trusts, and are those of their data."""
    path = folder / "figure-4b.h5"
    data, laws = load(path), load(path, group="power_laws")
    check(list(laws.hardware.values) == DEVICES and "MoE" in laws.branch.values,
          f"power laws of {laws.hardware.values}")
    check("least squares" in laws.attrs["method"], "the power laws do not say how they were found")
    for device in DEVICES:
        points = data.sel(hardware=device).squeeze()
        points = points.isel(model=np.flatnonzero((points.status == FEASIBLE) & (points.experts > 1)))
        law = laws.sel(hardware=device, branch="MoE")
        slope, half = fit(points.loss.values, points.carbon_total.values)
        check(int(law.carbon_against_loss_points) == points.model.size >= 3, f"{device}: number of points")
        check(abs(slope / float(law.carbon_against_loss_exponent) - 1.0) < 1e-9, f"{device}: exponent {slope}")
        check(abs(half / float(law.carbon_against_loss_half_width) - 1.0) < 1e-3, f"{device}: interval {half}")
        slope, half = fit(points.carbon_total.values, points.loss.values)
        check(abs(slope / float(law.loss_against_carbon_exponent) - 1.0) < 1e-9, f"{device}: inverse exponent {slope}")
        row = printed[f"figure-4b, {device}, MoE: q of C ∝ L^-q"]
        check(row["ours"] == -float(law.carbon_against_loss_exponent), f"{device}: the table has another exponent")
        check(f"± {float(law.carbon_against_loss_half_width):.2f} (95%)" in row["reason"],
              f"{device}: no interval printed")
    curves = load(folder / "figure-4a.h5", group="power_laws")
    check(set(curves.series.values) == {"ideal", "no embodied", "practical"}, f"curves {curves.series.values}")
    sizes = json.dumps({"d_model": [int(name) for name in load(folder / "figure-4a.h5").model.values]})
    for words, wanted in (([BUILD / "cs_point", path, "--model", "10240", "--hardware", "B100", "--json"], "devices"),
                          ([BUILD / "cs_sweep", SOURCE / "configs/paper/figure-4a.json", "--set",
                            f"axes.model={sizes}", "--set", "search.least_carbon=false", "--output",
                            folder / "figure-4a.h5", "--resume"],
                           "complete already")):
        done = run(*words)
        check(wanted in done.stdout + done.stderr,
              f"{words[0].name} does not trust the file with its power laws: {done.stderr}")


def printed(folder, text, rows):
    """The table fits into a terminal, what is missed stands last, and the file has all of it, reasons too. Without
    --check the figures that are drawn are a success, whatever is missed."""
    check("accepted" in text and "carbon equations alone" in text, "the table is not printed")
    check("scripts/breakeven.py" in text, "nothing points to the break-even statements")
    lines = text[text.index("checkpoint"):].splitlines()
    long = [line for line in lines if len(line) > 100 and str(folder) not in line]
    check(not long, f"lines of more than 100 columns: {long[:3]}")
    missed = [row for row in rows if not row["ok"]]
    last = " ".join(text[text.rindex(" rows reported\n"):].split())
    check(all(" ".join(row["checkpoint"].split()) in last for row in missed), f"what is missed is not last: {last}")
    check(("Not reproduced" in last) == bool(missed), f"the last lines: {last}")
    whole = (folder / "reproduction.txt").read_text()
    check(whole.count("\n") == len(rows) + 1 and
          all(row["checkpoint"] in whole and row["reason"] in whole for row in rows),
          "reproduction.txt is not the whole table")
    words = [SOURCE / "scripts/with-mpi.sh", *script("figures.py", "--quick", "--reuse", "--formats", "png", "--output",
                                                     folder)]
    again = subprocess.run(list(map(str, words)), stdout=subprocess.PIPE, text=True, cwd=TMP, check=False)
    check(again.returncode == 0, f"without --check the figures end with status {again.returncode}")
    check(again.stdout[again.stdout.index("checkpoint"):] == text[text.index("checkpoint"):],
          "without --check another table is printed")


def main():
    folder, other = TMP / "paper", TMP / "measured"
    children = [start(folder), start(other, "--preset", "measured", "--formats", "svg")]
    text, rows = finish(children[0], folder)
    _, plain = finish(children[1], other)
    judged_by_their_bands(rows)
    every_checkpoint(by_name(rows))
    names = sorted(path.stem for path in (SOURCE / "configs/paper").glob("*.json"))
    check(len(names) == 15, f"configurations of the paper: {names}")
    for name in names:
        check((folder / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n", f"{name}.png")
        drawing = (folder / f"{name}.svg").read_text()
        check("</svg>" in drawing[-20:], f"{name}.svg")
        if name in ("figure-1", "figure-3a"):
            check("DualPipe" in drawing and "plan searched" in drawing, f"{name}: the searched plans, and their space")
        check("preset 'paper'" in drawing.replace("&#x27;", "'"), f"{name} does not name the preset")
        terms_add_up(folder / f"{name}.h5")
        terms_add_up(other / f"{name}.h5")
        both_plans(name, folder, other)
    power_laws(folder, by_name(rows))
    exponents = json.loads((folder / "exponents.json").read_text())
    devices = {entry["series"] for entry in exponents["figure-4b"] if entry["loss_against_carbon"]}
    check(devices == set(DEVICES), f"exponents of {devices}")
    for entry in exponents["figure-4b"]:
        law = entry["loss_against_carbon"]
        check(law is None or (law["exponent"] < 0 < law["half_width"] and law["r2"] > 0.8), f"{entry}")
    printed(folder, text, rows)

    judged_by_their_bands(plain)
    band = by_name(plain)["embodied share at 2.73 g/kWh, 1T on B100 (%)"]
    check(band["low"] is None, "the measured accounting is judged by the paper's bands")
    check(by_name(plain)["parameters at d_model 1536 (B)"]["low"] is not None, "parameters do not depend on a preset")


if __name__ == "__main__":
    run_test(main)
