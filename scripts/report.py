#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""One self-contained HTML page of a sweep, which works without a network.

    scripts/report.py RESULTS.h5 --output PAGE.html [--select DIM=VALUE[,VALUE...]]... [--errors errors.json]

The page holds the plans, times, energies and carbon of every search as 32-bit numbers, compressed; regions are factors
of the energy, as they are in the model, so that they cost next to nothing: configs/full.json with its 3.5 million
points makes 9 MB. --select keeps only some values of a dimension, for more than two million searches.

The charts are drawn by Chart.js (MIT licence): widely used, kept up for ten years, logarithmic axes and hover out of
the box, 200 kB in all, and one of Debian's packages (libjs-chart.js), so that neither this script nor its tests fetch
anything. Elsewhere `npm install chart.js` and --chart node_modules/chart.js/dist/chart.min.js, or .umd.js, do. Its
script and licence are embedded in the page.
"""
import argparse
import base64
import html
import json
import re
import sys
import zlib
from pathlib import Path

try:
    import numpy
    import xarray
except ImportError as missing:
    sys.exit(f"{Path(sys.argv[0]).name}: error: {sys.executable} has no {missing.name}: scripts/install-deps.sh all "
             "installs what the scripts need, for Debian's /usr/bin/python3")

HERE = Path(__file__).resolve().parent
# In the tree configs/ beside scripts/; installed, the folder that holds scripts/ is that of the data.
CONFIGS = HERE.parent / "configs" if (HERE.parent / "configs").is_dir() else HERE.parent
PAGE_PARTS = ("data", "words", "choices", "charts", "map", "table", "page")
CHART_PLACES = [
    "/usr/share/javascript/chart.js/chart.min.js", "/usr/share/nodejs/chart.js/dist/chart.min.js",
    "node_modules/chart.js/dist/chart.umd.js", "node_modules/chart.js/dist/chart.min.js",
]
CHART_LICENCES = ["/usr/share/doc/libjs-chart.js/copyright", "node_modules/chart.js/LICENSE.md"]
CORE = ("model", "hardware", "year", "qat", "region")
MODEL_VARIABLES = ("d_model", "layers", "heads", "experts", "parameters_total", "parameters_active", "tokens",
                   "compute", "critical_batch", "loss")
PLAN_VARIABLES = ("status", "devices", "tensor", "pipeline", "data", "context", "expert", "expert_tensor", "zero_stage",
                  "interleave", "schedule", "micro_batch", "global_batch", "recompute", "recompute_layers",
                  "offload")
NUMBERS = ("training_time", "step_time", "mfu", "memory_per_device", "memory_capacity", "energy", "energy_idle",
           "energy_servers", "energy_network", "embodied_inventory", "carbon_embodied", "carbon_intensity",
           "region_pue")
# What is of a plan, and so stands in the file a second time of the least-carbon plan, behind this.
LEAST = "least_carbon_"
SHARES = ("compute", "tensor", "expert", "pipeline", "data", "bubble", "optimizer")
# Searches that a browser handles with ease, and that keep the page below some 100 MB.
MOST_SEARCHES = 2_000_000
MISSING = -1  # of whole numbers: none of them is negative


class Refused(Exception):
    """What is wrong with the arguments or the file, in a sentence for the user."""


def texts(values):
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def open_results(path):
    """The data set as stored, without masks, and the provenance."""
    try:
        data = xarray.open_dataset(path, engine="h5netcdf", mask_and_scale=False, decode_times=False)
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read as a result file: {error}") from None
    if "status" not in data or any(name not in data.dims for name in CORE):
        raise Refused(f"{path} is no result file of cs_sweep: it wants a variable status and the dimensions "
                      + ", ".join(CORE))
    try:
        with xarray.open_dataset(path, engine="h5netcdf", group="provenance", decode_times=False) as group:
            provenance = {name: group[name].item() for name in group.variables if group[name].ndim == 0}
    except (OSError, KeyError, ValueError):
        provenance = {}
    provenance = {name: value.decode() if isinstance(value, bytes) else value for name, value in provenance.items()}
    return data, {name: value.item() if hasattr(value, "item") else value for name, value in provenance.items()}


def select(data, wanted):
    for one in wanted:
        name, _, values = one.partition("=")
        if name not in data.dims or not values:
            raise Refused(f"--select {one}: expected DIM=VALUE[,VALUE...] with DIM one of "
                          + ", ".join(map(str, data.dims)))
        labels = texts(data[name].values)
        unknown = [value for value in values.split(",") if value not in labels]
        if unknown:
            raise Refused(f"--select {one}: {name} has no {', '.join(unknown)}; it has {', '.join(labels)}")
        data = data.isel({name: [labels.index(value) for value in values.split(",")]})
    return data


def numbers_of(variable):
    """As doubles, NaN where the file holds the fill value."""
    values = variable.values.astype(numpy.float64)
    fill = variable.attrs.get("_FillValue")
    if fill is not None and not numpy.isnan(fill):
        values[variable.values == fill] = numpy.nan
    return values


class Blob:
    """The arrays of the page, one after the other."""

    def __init__(self):
        self.parts, self.size, self.index = [], 0, {}

    def add(self, name, dims, values, kind, scale=1):
        """kind: f4, i4, f8, i1 or u2; whole numbers hold MISSING for NaN, u2 65535."""
        if kind == "u2":
            array = numpy.where(numpy.isnan(values), 65535, numpy.rint(values / scale)).astype("<u2")
        elif kind in ("i4", "i1"):
            array = numpy.where(numpy.isnan(values), MISSING, values).astype("<" + kind)
        else:
            array = values.astype("<" + kind)
        # Typed arrays of JavaScript start at multiples of their element's size.
        padding = -self.size % 8
        self.parts += [b"\0" * padding, array.tobytes()]
        self.size += padding
        self.index[name] = {"dims": list(dims), "kind": kind, "at": self.size, "length": int(array.size),
                            "scale": scale}
        self.size += array.nbytes

    def base64(self):
        return base64.b64encode(zlib.compress(b"".join(self.parts), 9)).decode()


def array_of(data, name):
    return xarray.DataArray(numbers_of(data[name]), dims=data[name].dims)


def regional_factor(data):
    """kg per kWh of energy: carbon of the devices' energy over it, which depends on the place alone."""
    operational, energy = array_of(data, "carbon_operational"), array_of(data, "energy")
    if "carbon_idle" in data:
        operational = operational + array_of(data, "carbon_idle")
    keep = [dim for dim in operational.dims if dim == "region" or dim not in energy.dims]
    moves = "grid_intensity" in data and numpy.ptp(array_of(data, "grid_intensity").values, axis=0).any()
    if moves:
        keep = [dim for dim in operational.dims if dim in keep or dim == "year"]
    ratio = operational / energy
    rest = [dim for dim in ratio.dims if dim not in keep]
    low, high = ratio.min(rest), ratio.max(rest)
    if bool(((high - low) > 1e-9 * abs(high)).any()):
        raise Refused("carbon_operational and carbon_idle are not proportional to energy: this file is not consistent")
    known = "grid_intensity" if "year" in keep else "carbon_intensity"
    factor = high.where(~numpy.isnan(high), array_of(data, known) / 1000)
    return factor.transpose(*[dim for dim in operational.dims if dim in factor.dims])


def energy_charged(data, factor, prefix=""):
    """kWh: what carbon_total has beyond the embodied carbon, over the factor of the place. The page's total is the
    file's, whatever its parts are, and takes one number a plan instead of one a region."""
    total, embodied = array_of(data, prefix + "carbon_total"), array_of(data, prefix + "carbon_embodied")
    places = [dim for dim in factor.dims if dim not in data["energy"].dims]
    at = factor.sum([dim for dim in factor.dims if dim not in places]).argmax(places) if places else {}

    def there(array):
        return array.isel({dim: index for dim, index in at.items() if dim in array.dims})

    charged = (there(total) - there(embodied)) / there(factor).where(there(factor) > 0, 1)
    again = embodied + factor * charged
    if bool((abs(again - total) > 1e-9 * abs(total)).any()):
        raise Refused(f"{prefix}carbon_total is not embodied carbon plus what is proportional to the place: this file "
                      "is not consistent")
    return charged.transpose(*[dim for dim in total.dims if dim in charged.dims])


def pack(data):
    blob = Blob()
    both = ["", LEAST] if LEAST + "status" in data else [""]
    for name in MODEL_VARIABLES + tuple(prefix + name for prefix in both for name in NUMBERS):
        if name in data:
            values = numbers_of(data[name])
            large = values.size and numpy.nanmax(numpy.abs(values), initial=0) > 1e37
            blob.add(name, data[name].dims, values, "f8" if large else "f4")
    for name in (prefix + name for prefix in both for name in PLAN_VARIABLES):
        if name in data:
            values = numbers_of(data[name])
            large = numpy.nanmax(values, initial=0) > 2**31 - 1
            blob.add(name, data[name].dims, values, "i1" if name.endswith("status") else "f8" if large else "i4")
    for name in (f"{prefix}share_{name}" for prefix in both for name in SHARES):
        if name in data:
            blob.add(name, data[name].dims, numbers_of(data[name]), "u2", 1e-4)
    factor = regional_factor(data)
    blob.add("regional_factor", factor.dims, factor.values, "f4")
    for prefix in both:
        charged = energy_charged(data, factor, prefix)
        blob.add(prefix + "energy_charged", charged.dims, charged.values, "f4")
    return blob


def read_json(path):
    try:
        return json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {error}") from None


def families(hardware, configs, errors_path, provenance):
    """Family and validation error of each device, as far as known."""
    known = {}
    for device in read_json(configs / "devices.json")["devices"]:
        for name in [device["name"], *device.get("aliases", [])]:
            known[name] = device
    for text in (value for key, value in provenance.items() if key.startswith("configuration")):
        try:
            listed = json.loads(text).get("axes", {}).get("hardware", [])
        except (TypeError, ValueError, AttributeError):
            continue
        for device in listed:
            if isinstance(device, dict) and "name" in device:
                known[device["name"]] = device
    errors = read_json(errors_path) if errors_path.exists() else {}
    out = {}
    for name in hardware:
        device, hops = known.get(name), 0
        while device and "family" not in device and device.get("based_on") in known and hops < len(known):
            device, hops = known[device["based_on"]], hops + 1
        family = (device or {}).get("family")
        own = errors.get("devices", {}).get(name)
        entry = own or errors.get("families", {}).get(family, {})
        out[name] = {"family": family, "cases": entry.get("cases"), "mape": entry.get("mape"),
                     "kind": "held-out" if own else "family only" if entry else "none"}
    return out


def chart_script(given):
    for place in [given] if given else CHART_PLACES:
        if Path(place).exists():
            script = Path(place).read_text()
            break
    else:
        raise Refused(f"Chart.js was not found{f' at {given}' if given else ''}: apt-get install libjs-chart.js, or "
                      "npm install chart.js and --chart node_modules/chart.js/dist/chart.umd.js")
    version = re.search(r"Chart\.js v([\d.]+)", script)
    beside = Path(place).parent.parent / "LICENSE.md"
    for licence in [beside, *map(Path, CHART_LICENCES)]:
        if licence.exists():
            return script, version.group(1) if version else "of unknown version", licence.read_text()
    raise Refused(f"the licence of {place} was not found beside it ({beside}): the page must hold it")


def in_script(text):
    """Safe inside a script element: no tag can end it."""
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")


def page_script():
    """The parts of the page's script as one function: they share its scope, and each may use those before it."""
    parts = [(HERE / f"report_page/{name}.js").read_text() for name in PAGE_PARTS]
    return '"use strict";\n(async function () {\n' + "\n".join(parts) + "})();\n"


def objective_of(provenance):
    """The name of the objective in effect; empty where an axis has several or the file does not say."""
    try:
        config = json.loads(provenance["configuration_in_effect"])
        return "" if "search.objective" in config["axes"] else config["search"]["objective"]
    except (KeyError, TypeError, ValueError):
        return ""


def meta_of(data, blob, provenance, known, path):
    dims = {str(name): texts(data[name].values) if name in data.variables else texts(range(size))
            for name, size in sorted(data.sizes.items(), key=lambda item: (*CORE, item[0]).index(item[0]))
            if name != "alternative"}
    numeric = {}
    for name, labels in dims.items():
        values = data[name].values if name in data.variables else numpy.arange(len(labels))
        if name not in ("model", "hardware", "qat", "region") and numpy.issubdtype(values.dtype, numpy.number):
            numeric[name] = [float(value) for value in values]
    meanings = data["status"].attrs.get("flag_meanings", "").split()
    return {
        "title": str(data.attrs.get("title", "")) or Path(path).name, "file": Path(path).name, "dims": dims,
        "numeric": numeric, "arrays": blob.index, "status": meanings,
        "objective": objective_of(provenance),
        "recompute": data["recompute"].attrs.get("flag_meanings", "none selective full").split(),
        "schedule": data["schedule"].attrs.get("flag_meanings", "").split() if "schedule" in data else [],
        "families": known, "provenance": provenance,
    }


def build(arguments):
    data, provenance = open_results(arguments.results)
    with data:
        if "alternative" in data.dims:
            data = data.isel(alternative=0)
        data = select(data, arguments.select)
        searches = int(numpy.prod([data.sizes[dim] for dim in data["status"].dims]))
        if searches > MOST_SEARCHES:
            raise Refused(f"{searches:,} searches are more than a page can hold ({MOST_SEARCHES:,}); cut the sweep "
                          "with --select, as --select year=0,5,10")
        blob = pack(data)
        known = families(texts(data["hardware"].values), arguments.configs, arguments.errors
                         or arguments.configs / "validation" / "errors.json", provenance)
        meta = meta_of(data, blob, provenance, known, arguments.results)
    script, version, licence = chart_script(arguments.chart)
    meta["chart"] = version
    page = (HERE / "report_page/page.html").read_text()
    pieces = {
        "TITLE": html.escape(meta["title"]), "STYLE": (HERE / "report_page/page.css").read_text(),
        "CHART_LICENCE": html.escape(licence), "CHART": in_script(script),
        "META": in_script(json.dumps(meta, allow_nan=False)), "BLOB": blob.base64(),
        "PAGE": in_script(page_script()),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda match: pieces[match.group(1)], page)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", help="result file of cs_sweep")
    parser.add_argument("--output", required=True, help="the page")
    parser.add_argument("--select", action="append", default=[], metavar="DIM=VALUE[,VALUE...]")
    parser.add_argument("--configs", type=Path, default=CONFIGS, help="folder of devices.json")
    parser.add_argument("--errors", type=Path, help="validation errors by family [CONFIGS/validation/errors.json]")
    parser.add_argument("--chart", help="chart.min.js or chart.umd.js of Chart.js 3 or 4")
    arguments = parser.parse_args()
    try:
        page = build(arguments)
        Path(arguments.output).write_text(page)
    except Refused as error:
        sys.exit(f"report.py: error: {error}")
    except OSError as error:
        sys.exit(f"report.py: error: {arguments.output} cannot be written: {error}")
    print(f"{arguments.output}: {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
