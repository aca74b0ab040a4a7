#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The page of scripts/report.py and the lines of scripts/export_csv.py hold what the result file holds.

The browser's part is tests/slow/report.py; here a stand-in takes the place of Chart.js, so that it need not be there.
"""
import base64
import csv
import io
import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import numpy
import xarray

SOURCE, BUILD, TMP = (Path(os.environ[name]) for name in ("CS_SOURCE", "CS_BUILD", "CS_TMP"))
KINDS = {"f4": "<f4", "f8": "<f8", "i4": "<i4", "i1": "<i1", "u2": "<u2"}
passed = failed = 0


def check(ok, text):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("FAILED:", text)


def run(*words):
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, cwd=TMP)


def script(name, *words):
    return run(sys.executable, SOURCE / "scripts" / name, *words)


def fails(message, name, *words):
    done = script(name, *words)
    check(done.returncode == 1 and done.stderr.strip() == message,
          f"{name} {words}: exit status {done.returncode}\n  wanted: {message}\n  found:  {done.stderr.strip()}")


def sweep(name, *sets):
    done = run(BUILD / "cs_sweep", SOURCE / "configs/quick.json", "--output", name, "--quiet",
               *(word for one in sets for word in ("--set", one)))
    check(done.returncode == 0, f"the sweep of {name}: {done.stderr}")
    return xarray.open_dataset(TMP / name)


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
        if name == "status":
            check((array.fillna(-1).transpose(*data.status.dims).values == data.status.values).all(), "status")
        elif name.startswith("share_"):
            found, wanted = array.values, data[name].transpose(*array.dims).values
            check(numpy.allclose(found, wanted, atol=5.1e-5, equal_nan=True), name)
        elif name != "regional_factor":
            close(array, data[name], f"{path.name}: {name}", 1e-7)
    factor = arrays["regional_factor"]
    close(arrays["energy"] * factor, data.carbon_operational, f"{path.name}: operational carbon from the factor", 3e-7)
    close((arrays["energy"] + arrays["energy_servers"]) * factor + arrays["carbon_embodied"], data.carbon_total,
          f"{path.name}: total carbon", 3e-7)
    return text, meta


chart = TMP / "chart.js/dist/chart.min.js"
chart.parent.mkdir(parents=True)
chart.write_text('/* Chart.js v0.0.0 stand-in */ window.Chart = "</script><!--";')
(TMP / "chart.js/LICENSE.md").write_text("The MIT License <of the stand-in>")
(TMP / "errors.json").write_text('{"families": {"H100": {"cases": 7, "mape": 0.031}}}')

data = sweep("quick.h5")
done = script("report.py", "quick.h5", "--output", "page.html", "--chart", chart, "--errors", "errors.json")
check(done.returncode == 0 and re.fullmatch(r"page\.html: \d+\.\d MB\n", done.stdout),
      f"the page: {done.stdout}{done.stderr}")
text, meta = compare_page(data, TMP / "page.html")
check(meta["dims"]["hardware"] == [str(name) for name in data.hardware.values], "names of the devices")
check(meta["families"]["H100"] == {"family": "H100", "cases": 7, "mape": 0.031},
      f"error of the family {meta['families']}")
check(meta["families"]["V100"]["mape"] is None, "no error is invented")
check("The MIT License &lt;of the stand-in&gt;" in text, "the licence of the library stands in the page")
check('"<\\/script><\\!--"' in text, "no tag of the library ends its element")
check(not re.search(r"""(?:src|href)\s*=\s*["']|@import|url\(""", re.sub(r"<pre>.*?</pre>", "", text, flags=re.S)),
      "the page refers to nothing outside")
check(json.loads(meta["provenance"]["configuration_in_effect"])["axes"], "the configuration stands in the page")

# Further axes, plans that depend on the region, a PUE of each region, alternatives.
data = sweep("wide.h5", "search.objective=min_carbon", "search.alternatives=0", "carbon.pue_per_region=true",
             'axes.model=[{"d_model":[4096]},"GPT-3"]', 'axes.hardware=["H100","B100"]', "axes.year=[0]",
             "axes.training.deadline_days=[60,90]", 'axes.carbon.cpa_set=["act","imec"]')
done = script("report.py", "wide.h5", "--output", "wide.html", "--chart", chart)
check(done.returncode == 0, f"wide.html: {done.stderr}")
if done.returncode == 0:
    compare_page(data, TMP / "wide.html")
done = script("report.py", "quick.h5", "--output", "cut.html", "--chart", chart, "--select", "hardware=B100,H100",
              "--select", "year=0")
check(page_arrays(TMP / "cut.html")[1]["dims"]["hardware"] == ["B100", "H100"], "--select cuts and orders")

fails("report.py: error: --select planet=mars: expected DIM=VALUE[,VALUE...] with DIM one of "
      "model, hardware, year, qat, region", "report.py", "quick.h5", "--output", "x.html", "--select", "planet=mars")
fails("report.py: error: --select year=77: year has no 77; it has 0, 5, 10", "report.py", "quick.h5", "--output",
      "x.html", "--select", "year=77")
fails("report.py: error: Chart.js was not found at nowhere.js: apt-get install libjs-chart.js, or npm install chart.js "
      "and --chart node_modules/chart.js/dist/chart.umd.js", "report.py", "quick.h5", "--output", "x.html", "--chart",
      "nowhere.js")
for name in ("report.py", "export_csv.py"):
    # -S: without the folders of installed packages.
    done = run(sys.executable, "-S", SOURCE / "scripts" / name, "quick.h5")
    check(done.returncode == 1 and done.stderr == f"{name}: error: {sys.executable} has no numpy: "
          "scripts/install-deps.sh all installs what the scripts need, for Debian's /usr/bin/python3\n",
          f"{name} without its modules: {done.stderr}")
limited = f"import sys; sys.path.insert(0, {str(SOURCE / 'scripts')!r}); import report; "
limited += "report.MOST_SEARCHES = 100; report.main()"
done = run(sys.executable, "-c", limited, "quick.h5", "--output", "x.html")
check(done.stderr == "report.py: error: 432 searches are more than a page can hold (100); cut the sweep with --select, "
      "as --select year=0,5,10\n", f"too many searches: {done.stderr}")
done = script("report.py", "errors.json", "--output", "x.html")
check(done.returncode == 1 and "error: errors.json cannot be read as a result file: " in done.stderr,
      f"not a result file: {done.stderr}")
check(not (TMP / "x.html").exists(), "no page is left after an error")

# CSV: every cell is the file's value.
data = xarray.open_dataset(TMP / "quick.h5")
done = script("export_csv.py", "quick.h5", "--variables", "carbon_total,devices,status,recompute,loss")
lines = list(csv.DictReader(io.StringIO(done.stdout)))
check(len(lines) == data.carbon_total.size, f"{len(lines)} lines for {data.carbon_total.size} points")
check(list(lines[0]) == ["model", "hardware", "year", "qat", "region", "carbon_total", "devices", "status", "recompute",
                         "loss"], f"header {list(lines[0])}")
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
done = script("export_csv.py", "quick.h5", "--feasible", "--units", "--select", "hardware=H100", "--select", "year=0",
              "--select", "region=us-east5", "--variables", "training_time,mfu", "--output", "h100.csv")
lines = (TMP / "h100.csv").read_text().splitlines()
feasible = int((data.status.sel(hardware="H100", year=0) == 1).sum())
check(lines[0] == "model,hardware,year,qat,training_time [s],mfu" and len(lines) == feasible + 1,
      f"--feasible --units {lines[0]}")
fails("export_csv.py: error: quick.h5 has no variable carbon; it has " + ", ".join(raw.data_vars), "export_csv.py",
      "quick.h5", "--variables", "carbon")
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
