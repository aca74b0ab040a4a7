#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The page of scripts/report.py and the lines of scripts/export_csv.py hold what the result file holds.

The browser's part is tests/slow/report.py; here a stand-in takes the place of Chart.js, so that it need not be there.
"""
import base64
import csv
import io
import json
import re
import shutil
import sys
import zlib

import h5py
import numpy
import xarray

from harness import BUILD, SOURCE, TMP, check, fails, run, run_test, script, sweep
from resultfile import FEASIBLE

LEAST = "least_carbon_"
KINDS = {"f4": "<f4", "f8": "<f8", "i4": "<i4", "i1": "<i1", "u2": "<u2"}


def page_arrays(path):
    """The arrays of a page, as its script reads them."""
    text = path.read_text()
    meta = json.loads(re.search(r'<script id="meta"[^>]*>(.*?)</script>', text, re.S).group(1).replace("<\\/", "</"))
    blob = zlib.decompress(base64.b64decode(re.search(r'<script id="blob"[^>]*>(.*?)</script>', text, re.S).group(1)))
    arrays = {}
    for name, entry in meta["arrays"].items():
        values = numpy.frombuffer(blob, KINDS[entry["kind"]], entry["length"], entry["at"]).astype(float)
        values[values == (65535 if entry["kind"] == "u2" else -1)] = numpy.nan
        check(entry["at"] % numpy.dtype(KINDS[entry["kind"]]).itemsize == 0, f"{name} is aligned")
        shape = [len(meta["dims"][dim]) for dim in entry["dims"]]
        arrays[name] = xarray.DataArray((values * entry["scale"]).reshape(shape), dims=entry["dims"])
    return text, meta, arrays


def close(found, wanted, text, tolerance):
    wanted = wanted.transpose(*found.dims) if set(found.dims) == set(wanted.dims) else wanted
    found, wanted = xarray.broadcast(found, wanted.drop_vars(list(wanted.coords)))
    check(numpy.allclose(found.values, wanted.values.astype(float), rtol=tolerance, atol=1e-12, equal_nan=True), text)


def compare_page(data, path):
    text, meta, arrays = page_arrays(path)
    for name, array in arrays.items():
        own = name.removeprefix(LEAST)
        if own == "status":
            check((array.fillna(-1).transpose(*data.status.dims).values == data[name].values).all(), name)
        elif own.startswith("share_"):
            found, wanted = array.values, data[name].transpose(*array.dims).values
            check(numpy.allclose(found, wanted, atol=5.1e-5, equal_nan=True), name)
        elif own not in ("regional_factor", "energy_charged"):
            close(array, data[name], f"{path.name}: {name}", 1e-7)
    factor = arrays["regional_factor"]
    close(arrays["energy"] * factor, data.carbon_operational + data.carbon_idle,
          f"{path.name}: operational carbon from the factor", 3e-7)
    close(arrays["energy_servers"] * factor, data.carbon_servers, f"{path.name}: servers' carbon from the factor", 3e-7)
    for prefix in ("", LEAST) if LEAST + "status" in data else ("",):
        total = arrays[prefix + "carbon_embodied"] + arrays[prefix + "energy_charged"] * factor
        close(total, data[prefix + "carbon_total"], f"{path.name}: {prefix}total carbon", 3e-7)
    check((LEAST + "status" in arrays) == (LEAST + "status" in data), f"{path.name}: both plans, or one")
    return text, meta


def page(chart):
    data = xarray.open_dataset(sweep("quick"))
    done = run(*script("report.py", "quick.h5", "--output", "page.html", "--chart", chart, "--errors", "errors.json"))
    check(re.fullmatch(r"page\.html: \d+\.\d MB\n", done.stdout), f"the page: {done.stdout}")
    text, meta = compare_page(data, TMP / "page.html")
    check(meta["dims"]["hardware"] == [str(name) for name in data.hardware.values], "names of the devices")
    check(meta["families"]["H100"] == {"family": "H100", "cases": 7, "mape": 0.031,
                                         "kind": "family only"}, f"error of the family {meta['families']}")
    check(meta["families"]["A100"] == {"family": "A100", "cases": 3, "mape": 0.05, "kind": "held-out"},
          f"error of the device {meta['families']}")
    check(meta["families"]["V100"]["mape"] is None, "no error is invented")
    check("The MIT License &lt;of the stand-in&gt;" in text, "the licence of the library stands in the page")
    check('"<\\/script><\\!--"' in text, "no tag of the library ends its element")
    check(not re.search(r"""(?:src|href)\s*=\s*["']|@import|url\(""", re.sub(r"<pre>.*?</pre>", "", text, flags=re.S)),
          "the page refers to nothing outside")
    check(json.loads(meta["provenance"]["configuration_in_effect"])["axes"], "the configuration stands in the page")


def further_axes(chart):
    """Further axes, plans that depend on the region, a PUE of each region, alternatives."""
    data = xarray.open_dataset(sweep("wide", sets=[
        "search.objective=min_carbon", "search.alternatives=0", "carbon.pue_per_region=true",
        'axes.model=[{"d_model":[4096]},"GPT-3"]', 'axes.hardware=["H100","B100"]', "axes.year=[0]",
        "axes.training.deadline_days=[60,90]", 'axes.carbon.cpa_set=["act","imec"]']))
    if run(*script("report.py", "wide.h5", "--output", "wide.html", "--chart", chart)).returncode == 0:
        compare_page(data, TMP / "wide.html")
    run(*script("report.py", "quick.h5", "--output", "cut.html", "--chart", chart, "--select", "hardware=B100,H100",
                "--select", "year=0"))
    check(page_arrays(TMP / "cut.html")[1]["dims"]["hardware"] == ["B100", "H100"], "--select cuts and orders")


def total_of_the_file(chart):
    """A total of more parts than the page knows is shown as the file has it; one that no energy explains is refused."""
    shutil.copyfile(TMP / "quick.h5", TMP / "parts.h5")
    with h5py.File(TMP / "parts.h5", "r+") as file:
        file["carbon_total"][...] += 0.25 * file["carbon_operational"][...]
    run(*script("report.py", "parts.h5", "--output", "parts.html", "--chart", chart))
    compare_page(xarray.open_dataset(TMP / "parts.h5"), TMP / "parts.html")
    with h5py.File(TMP / "parts.h5", "r+") as file:
        file["carbon_total"][..., 0] *= 1.001
    fails(1, "report.py: error: carbon_total is not embodied carbon plus what is proportional to the place: this file "
          "is not consistent", *script("report.py", "parts.h5", "--output", "x.html", "--chart", chart))


def refusals():
    page = script("report.py", "quick.h5", "--output", "x.html")
    fails(1, "report.py: error: --select planet=mars: expected DIM=VALUE[,VALUE...] with DIM one of model, hardware, "
          "year, qat, region", *page, "--select", "planet=mars")
    fails(1, "report.py: error: --select year=77: year has no 77; it has 0, 5, 10", *page, "--select", "year=77")
    fails(1, "report.py: error: Chart.js was not found at nowhere.js: apt-get install libjs-chart.js, or npm install "
          "chart.js and --chart node_modules/chart.js/dist/chart.umd.js", *page, "--chart", "nowhere.js")
    for name in ("report.py", "export_csv.py"):
        # -S: without the folders of installed packages.
        fails(1, f"{name}: error: {sys.executable} has no numpy: scripts/install-deps.sh all installs what the scripts "
              "need, for Debian's /usr/bin/python3", sys.executable, "-S", SOURCE / "scripts" / name, "quick.h5")
    limited = f"import sys; sys.path.insert(0, {str(SOURCE / 'scripts')!r}); import report; "
    limited += "report.MOST_SEARCHES = 100; report.main()"
    fails(1, "report.py: error: 432 searches are more than a page can hold (100); cut the sweep with --select, as "
          "--select year=0,5,10", sys.executable, "-c", limited, "quick.h5", "--output", "x.html")
    done = run(*script("report.py", "errors.json", "--output", "x.html"), status=1)
    check("error: errors.json cannot be read as a result file: " in done.stderr, f"not a result file: {done.stderr}")
    check(not (TMP / "x.html").exists(), "no page is left after an error")


def whole_plans(chart):
    """Every knob of a plan that the file holds stands in the page and in the columns of the CSV."""
    point = json.loads(run(BUILD / "cs_point", "--model", "4096", "--hardware", "H100", "--brief", "--json").stdout)
    path = sweep("recomputed", sets=['axes.model=[{"d_model":[4096]}]', 'axes.hardware=["H100"]', "axes.year=[0]",
                                     "search.recompute_layers=[1,2]"])
    knobs = set(point["plan"]) & set(xarray.open_dataset(path).data_vars)
    check({"devices", "tensor", "zero_stage", "recompute_layers", "schedule"} <= knobs, f"knobs of the file: {knobs}")
    run(*script("report.py", "recomputed.h5", "--output", "recomputed.html", "--chart", chart))
    check(knobs <= set(page_arrays(TMP / "recomputed.html")[2]), "the page lacks a knob of the file")
    header = run(*script("export_csv.py", "recomputed.h5")).stdout.split("\n", 1)[0].split(",")
    check(knobs <= set(header), f"the CSV lacks {knobs - set(header)}")
    check(header[-1] == LEAST + "carbon_total", f"the least-carbon plan stands behind: {header}")


def exported_csv():
    """Every cell is the file's value."""
    data = xarray.open_dataset(TMP / "quick.h5")
    done = run(*script("export_csv.py", "quick.h5", "--variables", "carbon_total,devices,status,recompute,loss"))
    lines = list(csv.DictReader(io.StringIO(done.stdout)))
    check(len(lines) == data.carbon_total.size, f"{len(lines)} lines for {data.carbon_total.size} points")
    check(list(lines[0]) == ["model", "hardware", "year", "qat", "region", "carbon_total", "devices", "status",
                             "recompute", "loss"], f"header {list(lines[0])}")
    raw = xarray.open_dataset(TMP / "quick.h5", mask_and_scale=False)
    words = raw.status.attrs["flag_meanings"].split()
    wrong = 0
    for line in lines[::7]:
        at = {"model": line["model"], "hardware": line["hardware"], "qat": line["qat"]}
        place = raw.sel(**at, year=int(line["year"]))
        total = float(place.carbon_total.sel(region=line["region"]))
        wrong += line["status"] != words[int(place.status)]
        cell = line["carbon_total"]
        wrong += (cell == "") != numpy.isnan(total) or (cell != "" and float(cell) != total)
        wrong += line["devices"] != ("" if numpy.isnan(total) else str(int(place.devices)))
        wrong += float(line["loss"]) != float(place.loss)
    check(wrong == 0, f"{wrong} cells are not the file's")
    run(*script("export_csv.py", "quick.h5", "--feasible", "--units", "--select", "hardware=H100", "--select", "year=0",
                "--select", "region=us-east5", "--variables", "training_time,mfu", "--output", "h100.csv"))
    lines = (TMP / "h100.csv").read_text().splitlines()
    feasible = int((data.status.sel(hardware="H100", year=0) == FEASIBLE).sum())
    check(lines[0] == "model,hardware,year,qat,training_time [s],mfu" and len(lines) == feasible + 1,
          f"--feasible --units {lines[0]}")
    fails(1, "export_csv.py: error: quick.h5 has no variable carbon; it has " + ", ".join(raw.data_vars),
          *script("export_csv.py", "quick.h5", "--variables", "carbon"))


def main():
    chart = TMP / "chart.js/dist/chart.min.js"
    chart.parent.mkdir(parents=True)
    chart.write_text('/* Chart.js v0.0.0 stand-in */ window.Chart = "</script><!--";')
    (TMP / "chart.js/LICENSE.md").write_text("The MIT License <of the stand-in>")
    (TMP / "errors.json").write_text('{"devices": {"A100": {"cases": 3, "mape": 0.05}}, "families": '
                                      '{"H100": {"cases": 7, "mape": 0.031}, "A100": {"cases": 9, "mape": 0.5}}}')
    page(chart)
    further_axes(chart)
    total_of_the_file(chart)
    refusals()
    whole_plans(chart)
    exported_csv()


if __name__ == "__main__":
    run_test(main)
