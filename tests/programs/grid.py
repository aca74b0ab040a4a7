#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""scripts/grid.py: exports with the headers of Electricity Maps, Ember and Google, and with others; a run that is
charged hour by hour, its best start; the regions that it writes serve a sweep."""
import datetime
import json
import math

from harness import SOURCE, TMP, check, configuration, fails, run, run_test, script, sweep
from resultfile import load

HOURS = 24 * 90


def intensity(hour):
    """A day's wave on a season's: the nights of March are clean."""
    return 300 + 100 * math.cos(2 * math.pi * hour / 24) + 0.05 * hour


def write(name, lines):
    path = TMP / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def hourly():
    """January to March 2024, both kinds of intensity."""
    begin = datetime.datetime(2024, 1, 1)
    lines = ["Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO₂eq/kWh (direct),"
             "Carbon intensity gCO₂eq/kWh (Life cycle),Data source"]
    lines += [f"{begin + datetime.timedelta(hours=hour):%Y-%m-%d %H:%M:%S},X,X,XX,{intensity(hour) - 20},"
              f"{intensity(hour)},y" for hour in range(HOURS)]
    return write("hourly.csv", lines)


def runs(export):
    out = TMP / "regions.json"
    text = run(*script("grid.py", export, "--days", 30, "--start", "2024-03-01", "--output", out)).stdout
    entries = {entry["region"]: entry for entry in json.loads(out.read_text())["regions"]}
    first = 24 * 60  # 1 March of a leap year
    march = sum(intensity(hour) for hour in range(first, first + 720)) / 720
    best = min(sum(intensity(hour) for hour in range(start, start + 720)) / 720 for start in range(HOURS - 719))
    check(abs(entries["XX from 2024-03-01"]["g_per_kwh"] - march) < 1e-3, f"March: {entries}")
    check(abs(entries["XX best start"]["g_per_kwh"] - best) < 1e-3 and best < march, f"the best start: {entries}")
    check(abs(entries["XX 2024"]["g_per_kwh"] - sum(map(intensity, range(HOURS))) / HOURS) < 1e-3, "the year's mean")
    check({entry["accounting"] for entry in entries.values()} == {"life_cycle"}, "what it counts")
    check(f"{march:.1f} g/kWh over 30 days from 2024-03-01" in text and "least" in text, text)
    half = run(*script("grid.py", export, "--days", 0.5, "--start", "2024-01-01 06:00", "--direct")).stdout
    day = sum(intensity(hour) - 20 for hour in range(6, 18)) / 12
    check(f"{day:.1f} g/kWh over 0.5 days" in half, half)
    data = load(sweep("swept", configuration({"carbon_intensity": ["XX from 2024-03-01"]}, regions=str(out))))
    check(abs(float(data.carbon_intensity.squeeze()) - march) < 1e-3, "the region in a sweep")


def years():
    google = write("google.csv", ["Google Cloud Region,Location,Google CFE,Grid carbon intensity (gCO2eq / kWh)",
                                  "us-east5,Columbus,0.64,309", "us-west1,Oregon,0.88,60"])
    text = run(*script("grid.py", google, "--year", 2021)).stdout
    check(text == "us-east5 2021: 309 g/kWh\nus-west1 2021: 60 g/kWh\n", text)
    ember = write("ember.csv", ["Area,ISO 3 code,Year,Category,Variable,Unit,Value",
                                "France,FRA,2023,Power sector emissions,CO2 intensity,gCO2/kWh,56.04",
                                "France,FRA,2023,Electricity demand,Demand,TWh,400",
                                "France,FRA,2024,Power sector emissions,CO2 intensity,gCO2/kWh,44.2"])
    text = run(*script("grid.py", ember)).stdout
    check(text == "France 2023: 56.04 g/kWh\nFrance 2024: 44.2 g/kWh\n", text)
    own = write("own.csv", ["when,grams", "2024-01-01T00:00Z,100", "2024-01-02T00:00Z,200"])
    text = run(*script("grid.py", own, "--time", "when", "--column", "grams", "--name", "here", "--days", 1)).stdout
    check("here: least 100.0 g/kWh, for a start at 2024-01-01 00:00 UTC" in text, text)
    for words, message in (([], 'the columns are not known; name them with --time and --column. There are "when", '
                                '"grams"'),
                           (["--time", "when", "--column", "gram"],
                            'there is no column "gram"; there are "when", "grams"'),
                           (["--start", "2024"], "--start wants --days, the length of the run"),
                           (["--time", "when", "--column", "grams", "--days", "3"],
                            "the export is shorter than a run of 3 days")):
        fails(65, f"grid.py: error: {own}: {message}", *script("grid.py", own, *words))
    wrong = write("wrong.csv", ["when,grams", "2024-01-01,x"])
    fails(65, f'grid.py: error: {wrong}: line 2: "x" is no number of g/kWh',
          *script("grid.py", wrong, "--time", "when", "--column", "grams"))


def shipped():
    """The files of regions beside regions.json: each has its licence, and its names serve."""
    for name, region, counts in (("regions-egrid.json", "RFCE", 27), ("regions-google.json", "us-east5 2021", 150)):
        path = SOURCE / "configs" / name
        entries = json.loads(path.read_text())["regions"]
        check(len(entries) >= counts and len({entry["region"] for entry in entries}) == len(entries), name)
        check(all(entry["accounting"] == "operational" and "licence" in entry["note"] and entry["year"] >= 2021
                  for entry in entries), f"{name}: licence, accounting, year")
        data = load(sweep(name, configuration({"carbon_intensity": [region]}, regions=str(path))))
        wanted = next(entry["g_per_kwh"] for entry in entries if entry["region"] == region)
        check(float(data.carbon_intensity.squeeze()) == wanted, f"{region} of {name}")


def main():
    runs(hourly())
    years()
    shipped()


if __name__ == "__main__":
    run_test(main)
