#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Regions from an export of carbon intensities: scripts/grid.py EXPORT.csv [--days 30 --start 2024-03-01]

Reads a column of time (hours, days, months or years) and one of g CO2e/kWh: Electricity Maps' hourly files, Ember's
long format, Google's regions, or any file whose columns are named by --time and --column. A run of --days that begins
at --start is charged hour by hour: it draws the same power all the time, so its intensity is the mean over its hours.
The best start in the export is told too. --output writes a file of regions for "regions" in a configuration: the mean
of each year and, of a run, its start and the best one.
"""
import argparse
import bisect
import csv
import datetime
import json
import re
import sys

LIFE_CYCLE, OPERATIONAL, UNKNOWN = "life_cycle", "operational", "unknown"
# Headers of the known exports: of time, of intensity (the first that is there), of the place, and what it counts.
KNOWN = (
    ("Electricity Maps", r"datetime \(utc\)", ((r"carbon intensity.*life ?cycle|carbon intensity.*lca", LIFE_CYCLE),
                                               (r"carbon intensity.*direct", OPERATIONAL)), r"zone id"),
    ("Google", None, ((r"grid carbon intensity", OPERATIONAL),), r"google cloud region"),
    ("Ember", r"year|date", ((r"value", LIFE_CYCLE),), r"area|entity"),
)


class Refused(Exception):
    """What is wrong with the file or the arguments, in a sentence."""


def column_of(header, pattern):
    found = [name for name in header if pattern is not None and re.fullmatch(f"(?:{pattern}).*", name, re.I)]
    return found[0] if found else None


def time_of(text):
    """A moment in UTC; years and months begin."""
    text = text.strip()
    for form in ("%Y", "%Y-%m"):
        try:
            return datetime.datetime.strptime(text, form)
        except ValueError:
            pass
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise Refused(f"\"{text}\" is no time: wanted is a year, 2024-03, 2024-03-01 or 2024-03-01 13:00") from None
    return moment.astimezone(datetime.timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment


def columns(header, arguments):
    """Names of the columns of time, intensity and place, and what the intensity counts."""
    if arguments.column:
        for name in filter(None, (arguments.column, arguments.time, arguments.place)):
            if name not in header:
                raise Refused(f"there is no column \"{name}\"; there are " + ", ".join(f'"{name}"' for name in header))
        return arguments.time, arguments.column, arguments.place, UNKNOWN
    for _, time, intensities, place in KNOWN:
        for pattern, counts in intensities:
            found = column_of(header, pattern)
            if found and column_of(header, place) and (time is None or column_of(header, time)):
                if not arguments.direct or counts == OPERATIONAL or len(intensities) == 1:
                    return column_of(header, time), found, column_of(header, place), counts
    raise Refused("the columns are not known; name them with --time and --column. There are "
                  + ", ".join(f'"{name}"' for name in header))


def read(arguments):
    """{place: [(time, g/kWh)]} in the order of time, and what it counts. Without a column of time it is --year."""
    with open(arguments.export, encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        time, intensity, place, counts = columns(rows.fieldnames or [], arguments)
        places = {}
        for number, row in enumerate(rows, 2):
            if "Variable" in row and row["Variable"] != "CO2 intensity":
                continue  # Ember's long format has a row for each variable
            if not (row[intensity] or "").strip():
                continue
            try:
                value = float(row[intensity])
            except ValueError:
                raise Refused(f"line {number}: \"{row[intensity]}\" is no number of g/kWh") from None
            if not 0.0 <= value <= 10000.0:
                raise Refused(f"line {number}: {value:g} g/kWh is outside 0 to 10000")
            moment = time_of(row[time]) if time else datetime.datetime(arguments.year, 1, 1)
            places.setdefault(row[place] if place else arguments.name, []).append((moment, value))
    if not places:
        raise Refused("it holds no intensity")
    return {name: sorted(series) for name, series in places.items()}, counts


class Series:
    """Intensities that each hold until the next one."""

    def __init__(self, series):
        self.times = [moment for moment, _ in series]
        self.values = [value for _, value in series]
        steps = sorted(b - a for a, b in zip(self.times, self.times[1:]))
        if not steps or steps[0] <= datetime.timedelta(0):
            raise Refused("a run wants intensities of two moments or more, each moment once")
        self.end = self.times[-1] + steps[len(steps) // 2]
        if steps[-1] > datetime.timedelta(days=2) + 1.5 * steps[len(steps) // 2]:
            raise Refused("there is a gap of more than two days; a run across it cannot be charged")
        self.sums = [0.0]
        for start, end, value in zip(self.times, [*self.times[1:], self.end], self.values):
            self.sums.append(self.sums[-1] + (end - start).total_seconds() * value)

    def until(self, moment):
        k = bisect.bisect_right(self.times, moment) - 1
        return self.sums[k] + (moment - self.times[k]).total_seconds() * self.values[k]

    def mean(self, start, length):
        if start < self.times[0] or start + length > self.end:
            raise Refused(f"a run from {start} over {length.days} days is not within the export, which reaches from "
                          f"{self.times[0]} to {self.end}")
        return (self.until(start + length) - self.until(start)) / length.total_seconds()

    def best(self, length):
        """The start with the least mean, and that mean; of those that begin with a value."""
        starts = [moment for moment in self.times if moment + length <= self.end]
        if not starts:
            raise Refused(f"the export is shorter than a run of {length.days} days")
        return min(((self.mean(start, length), start) for start in starts))


def years(series):
    """{year: mean} of a place, by the time that each value holds where there are several a year."""
    found = {}
    for moment, value in series:
        found.setdefault(moment.year, []).append(value)
    return {year: sum(values) / len(values) for year, values in found.items()}


def regions(arguments, say):
    """The entries of a file of regions; says what a person asks for."""
    places, counts = read(arguments)
    source = arguments.source or f"export {arguments.export.rsplit('/', 1)[-1]}"
    entries = []

    def add(name, value, year, note=None):
        entries.append({"region": name, "g_per_kwh": round(value, 3), "year": year, "accounting": counts,
                        "source": source, **({"note": note} if note else {})})

    for name, series in places.items():
        for year, mean in years(series).items():
            add(f"{name} {year}", mean, year)
        if arguments.days is None:
            continue
        hourly, length = Series(series), datetime.timedelta(days=arguments.days)
        note = f"mean over the {arguments.days:g} days of a run, hour by hour"
        if arguments.start:
            start = time_of(arguments.start)
            mean = hourly.mean(start, length)
            add(f"{name} from {start:%Y-%m-%d}", mean, start.year, note)
            say(f"{name}: {mean:.1f} g/kWh over {arguments.days:g} days from {start:%Y-%m-%d %H:%M} UTC")
        least, best = hourly.best(length)
        add(f"{name} best start", least, best.year, note)
        say(f"{name}: least {least:.1f} g/kWh, for a start at {best:%Y-%m-%d %H:%M} UTC; "
            f"{hourly.mean(hourly.times[0], hourly.end - hourly.times[0]):.1f} over the whole export")
    if arguments.days is None:
        for entry in entries:
            say(f"{entry['region']}: {entry['g_per_kwh']:g} g/kWh")
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("export", help="CSV file")
    parser.add_argument("--days", type=float, help="length of a run")
    parser.add_argument("--start", help="its beginning, UTC: 2024-03-01, 2024-03-01 13:00")
    parser.add_argument("--direct", action="store_true", help="operational instead of life-cycle intensity")
    parser.add_argument("--time", help="name of the column of time")
    parser.add_argument("--column", help="name of the column of g CO2e/kWh")
    parser.add_argument("--place", help="name of the column of the place, where there are several")
    parser.add_argument("--name", default="export", help="what the place is called [export]")
    parser.add_argument("--year", type=int, default=datetime.date.today().year, help="of a file without a time")
    parser.add_argument("--source", help="what the entries say where they are from")
    parser.add_argument("--output", help="file of regions that is written")
    arguments = parser.parse_args()
    try:
        if arguments.start and arguments.days is None:
            raise Refused("--start wants --days, the length of the run")
        entries = regions(arguments, print)
    except (Refused, OSError, csv.Error) as error:
        print(f"grid.py: error: {arguments.export}: {error}", file=sys.stderr)
        return 65
    if arguments.output:
        with open(arguments.output, "w", encoding="utf-8") as out:
            out.write('{"regions": [\n  ' + ",\n  ".join(json.dumps(entry) for entry in entries) + "\n]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
