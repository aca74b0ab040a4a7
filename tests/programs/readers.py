# SPDX-License-Identifier: BSD-3-Clause
"""Result files as other programs see them: xarray by both engines, netCDF4-python, h5py, ncdump, h5dump, h5diff.

Sweeps small grids with the built cs_sweep, then checks names, axes, units, fill values and ranges, and that a value
selected by its labels is the one that cs_point computes for that point. R, Octave, NCO and CDO: tests/slow/readers.sh.
"""
import json
import re
import shutil

import h5py
import netCDF4
import numpy
import xarray

import harness
from harness import BUILD, TMP, check, configuration, equal, run_test
from resultfile import FEASIBLE, PARTS, SHARES, STATUS

CONFIGURATIONS = {
    "plain": {},
    "axes": {"axes": {"training.deadline_days": [45, 90, 180], "carbon.cpa_growth_per_year": [0, 0.1],
                      "carbon.pue_per_region": [False, True], "carbon.attribution": ["amortized", "full"]}},
    "carbon": {"search": {"objective": "min_carbon"}},
    "alternatives": {"search": {"alternatives": 2}},
}
BASE = {"model": {"d_model": [2048, 4096, 8192]}, "hardware": ["V100", "H100", "TPUv4"], "year": [0, 5],
        "qat": ["off", "int8"],
        "carbon_intensity": ["us-east5", "europe-north2", {"region": "südpol", "g_per_kwh": 120}]}

MODEL = {"d_model": "1", "layers": "1", "heads": "1", "experts": "1", "parameters_total": "1", "parameters_active": "1",
         "tokens": "1", "compute": "1", "critical_batch": "1", "loss": "1"}
INTEGERS = ("devices", "tensor", "pipeline", "data", "context", "expert", "expert_tensor", "zero_stage", "interleave",
            "schedule", "micro_batch", "global_batch", "recompute")
PLAN = dict.fromkeys(INTEGERS + tuple(SHARES) + ("status", "mfu", "hfu", "candidates"), "1")
PLAN.update(training_time="s", step_time="s", memory_per_device="byte")
CARBON = {"energy": "kW h", "energy_servers": "kW h", "embodied_inventory": "kg", "carbon_embodied": "kg"}
REGIONAL = {"carbon_operational": "kg", "carbon_servers": "kg", "carbon_total": "kg"}


def run(*words, **options):
    return harness.run(*words, **options).stdout


def sweep(name, output=None, **how):
    config = configuration(BASE, title="Readers' test")
    for key, value in CONFIGURATIONS[name].items():
        config.setdefault(key, {}).update(value)
    return harness.sweep(output or name, config, **how)


# ---- names, axes, units ----
def dimensions_of(name):
    plan = ("model", "hardware", "year", "qat")
    return {"plain": (plan, plan), "axes": (plan + ("deadline_days",), plan + ("deadline_days",)),
            "carbon": (plan + ("region",), plan + ("region",)),
            "alternatives": (plan + ("alternative",), plan + ("alternative",))}[name]


def contract(name, ds):
    equal(ds.attrs["Conventions"], "CF-1.10", f"{name}: Conventions")
    equal(ds.attrs["title"], "Readers' test", f"{name}: title")
    plan, energy = dimensions_of(name)
    last = ("alternative",) if name == "alternatives" else ()
    regional = tuple(d for d in plan if d not in ("region", "alternative"))
    if name == "axes":
        regional += ("cpa_growth_per_year", "pue_per_region", "attribution")
        embodied = plan + ("cpa_growth_per_year", "attribution")
        operational = plan + ("pue_per_region", "region")
    else:
        embodied = energy
        operational = regional + ("region",) + last
    for table, dims in ((MODEL, ("model",)), (PLAN, plan)):
        for variable, units in table.items():
            equal(ds[variable].dims, dims, f"{name}: axes of {variable}")
            equal(ds[variable].attrs.get("units"), units, f"{name}: units of {variable}")
    for variable, units in {**CARBON, **REGIONAL}.items():
        dims = {"energy": energy, "energy_servers": energy, "carbon_operational": operational,
                "carbon_servers": operational, "carbon_total": regional + ("region",) + last}.get(variable, embodied)
        equal(ds[variable].dims, dims, f"{name}: axes of {variable}")
        equal(ds[variable].attrs.get("units"), units, f"{name}: units of {variable}")
    equal(ds.carbon_intensity.dims, ("region",), f"{name}: axes of carbon_intensity")
    equal(ds.carbon_intensity.attrs["units"], "g kW-1 h-1", f"{name}: units of carbon_intensity")
    equal(list(ds.region.values), ["us-east5", "europe-north2", "südpol"], f"{name}: regions")
    equal(list(ds.model.values), ["2048", "4096", "8192"], f"{name}: models")
    equal(ds.year.values.tolist(), [0, 5], f"{name}: years")
    check(numpy.issubdtype(ds.year.dtype, numpy.integer), f"{name}: years are {ds.year.dtype}")
    equal(ds.status.dtype, numpy.dtype("int8"), f"{name}: type of status")
    check("_FillValue" not in ds.status.encoding, f"{name}: status has a fill value")
    equal(ds.status.attrs["flag_meanings"], " ".join(STATUS), f"{name}: status")
    equal(ds.status.attrs["flag_values"].tolist(), list(range(len(STATUS))), f"{name}: values of status")
    for variable in ds.variables:
        check(ds[variable].attrs.get("long_name"), f"{name}: {variable} has no long_name")
        check(ds[variable].dtype.kind != "m", f"{name}: {variable} became a time difference")


def extra_axes(ds):
    equal(ds.deadline_days.values.tolist(), [45.0, 90.0, 180.0], "deadline_days")
    equal(ds.deadline_days.attrs["units"], "day", "units of deadline_days")
    equal(ds.cpa_growth_per_year.values.tolist(), [0.0, 0.1], "cpa_growth_per_year")
    equal(ds.pue_per_region.dtype, numpy.dtype("int8"), "booleans are int8")
    equal(ds.pue_per_region.values.tolist(), [0, 1], "pue_per_region")
    equal(list(ds.attribution.values), ["amortized", "full"], "attribution")


# ---- ranges ----
def add_up(name, parts, whole, tolerance):
    error = abs(parts / whole - 1).max()
    check(float(error) <= tolerance, f"{name}: parts add up but for {float(error):.3g}")


def ranges(name, ds):
    feasible = ds.status == FEASIBLE
    check(bool(feasible.any()), f"{name}: nothing is feasible")
    first = ds.status.isel(alternative=0) if "alternative" in ds.dims else ds.status
    check(bool((first > 0).all()), f"{name}: something is pending")
    check(bool(((ds.status == first) | (first == 1) & (ds.status == 0)).all()),
          f"{name}: an alternative is neither feasible nor missing, or a point without a plan gives two reasons")
    for variable in list(PLAN) + list(CARBON) + list(REGIONAL):
        if variable not in ("status", "candidates"):
            values = ds[variable]
            check(bool((numpy.isfinite(values) == feasible).all()), f"{name}: {variable} is not finite or filled")
    for variable in list(MODEL) + ["carbon_intensity", "region_pue", "memory_capacity", "device_peak", "device_tdp"]:
        check(bool(numpy.isfinite(ds[variable]).all()), f"{name}: {variable} is not finite")
    best = ds.where(feasible)
    check(bool(((best.mfu > 0) & (best.mfu <= 1) | ~feasible).all()), f"{name}: 0 < mfu <= 1")
    check(bool(((best.hfu >= best.mfu * (1 - 1e-9)) | ~feasible).all()), f"{name}: hfu below mfu")
    check(bool(((best.memory_per_device <= ds.memory_capacity) | ~feasible).all()), f"{name}: memory above capacity")
    deadline = ds.deadline_days if name == "axes" else 90.0
    check(bool(((best.training_time <= 86400 * deadline * (1 + 1e-12)) | ~feasible).all()), f"{name}: above deadline")
    check(bool(((best.tensor * best.pipeline * best.data * best.context == best.devices) | ~feasible).all()),
          f"{name}: devices = tensor * pipeline * data * context")
    error = float(abs(sum(ds[share] for share in SHARES) - 1).max())
    check(error <= 1e-9, f"{name}: shares sum to 1 but for {error:.3g}")
    add_up(f"{name}: carbon_total", ds.carbon_operational + ds.carbon_idle + ds.carbon_servers + ds.carbon_network +
           ds.carbon_embodied, ds.carbon_total,
           1e-12)
    add_up(f"{name}: embodied_device", sum(ds[f"embodied_device_{part}"] for part in PARTS), ds.embodied_device, 1e-12)
    add_up(f"{name}: embodied_inventory", ds.embodied_device * ds.devices.where(feasible), ds.embodied_inventory, 1e-12)
    add_up(f"{name}: carbon_operational", ds.energy * ds.region_pue * ds.carbon_intensity * 1e-3,
           ds.carbon_operational + ds.carbon_idle, 1e-12)
    order = ds.sortby("carbon_intensity")
    step = order.carbon_total.diff("region")
    if name != "carbon":
        check(bool(((step > 0) | step.isnull()).all()), f"{name}: more carbon at a dirtier grid")
    else:
        check(bool(((step >= 0) | step.isnull()).all()), f"{name}: no less carbon at a dirtier grid")
    if name == "axes":
        fewer = ds.devices.where(feasible).diff("deadline_days")
        check(bool(((fewer <= 0) | fewer.isnull()).all()), "fewer or equal devices with a longer deadline")
        inventory = ds.carbon_embodied.sel(attribution="full", cpa_growth_per_year=0.0)
        same = ds.embodied_inventory.sel(attribution="full", cpa_growth_per_year=0.0)
        check(inventory.equals(same), "full attribution charges the whole inventory")


# ---- programs ----
def both_engines(name, path):
    first = xarray.open_dataset(path, engine="netcdf4").load()
    second = xarray.open_dataset(path, engine="h5netcdf").load()
    equal(list(second.variables), list(first.variables), f"{name}: variables of both engines")
    check(first.equals(second), f"{name}: both engines read the same")
    first.close()
    second.close()
    return first


def by_label(ds, path):
    """One value through every program, against what cs_point computes for that point."""
    labels = {"model": "4096", "hardware": "H100", "year": 5, "qat": "int8", "region": "europe-north2"}
    point = ds.sel(labels)
    options = [word for key, value in labels.items() for word in (f"--{key}", str(value))]
    values = json.loads(run(BUILD / "cs_point", "plain.json", *options, "--json"))["values"]
    compared = 0
    for variable in list(PLAN) + list(CARBON) + list(REGIONAL):
        if isinstance(values.get(variable), (int, float)) and variable != "status":
            found = float(point[variable])
            check(abs(found - values[variable]) <= 1e-12 * abs(found),
                  f"{variable} by label: {found!r}, cs_point {values[variable]!r}")
            compared += 1
    check(compared >= 20, f"cs_point shares only {compared} variables with the file")
    wanted = float(point.carbon_total)
    with h5py.File(path, "r") as file:
        index = tuple(list(file[axis].asstr()[()]).index(label) if isinstance(label, str) else
                      list(file[axis][()]).index(label) for axis, label in labels.items())
        equal(float(file["carbon_total"][index]), wanted, "h5py")
        equal([dim[0].name for dim in file["carbon_total"].dims], ["/" + axis for axis in labels], "h5py's scales")
        equal(list(file["tokens"].attrs["units"]), ["1"], "h5py's attributes")
    with netCDF4.Dataset(path) as file:
        index = tuple(list(file[axis][:]).index(label) for axis, label in labels.items())
        equal(float(file["carbon_total"][index]), wanted, "netCDF4-python")
        equal(list(file.dimensions), list(labels), "netCDF4's dimensions")
    one = ",".join(f"{i}" for i in index)
    dump = run("h5dump", "-m", "%.17g", "-d", f"/carbon_total[{one};;1,1,1,1,1;]", path)
    equal(float(re.search(r"\(%s\): ([-+.e0-9]+)" % one, dump).group(1)), wanted, "h5dump")
    dump = run("ncdump", "-p", "9,17", "-v", "carbon_total", path)
    numbers = re.search(r" carbon_total =\s*([^;]*);", dump).group(1).replace("\n", " ").split(",")
    equal(float(numbers[numpy.ravel_multi_index(index, ds.carbon_total.shape)]), wanted, "ncdump")


def dumps(name, path):
    header = run("ncdump", "-h", path)
    with h5py.File(path, "r") as file:
        datasets = [key for key in file if isinstance(file[key], h5py.Dataset)]
        for key in datasets:
            check(re.search(r"\b%s ?\(" % key, header), f"{name}: {key} is not in ncdump -h")
        for key, item in file["provenance"].items():
            equal(item.shape, (), f"{name}: provenance/{key} is a scalar")
        order = []
        file.id.links.iterate(order.append, idx_type=h5py.h5.INDEX_CRT_ORDER)
        equal((order[0], order[-1]), (b"model", b"provenance"), f"{name}: first and last object")
        written = json.loads(file["provenance/configuration"].asstr()[()])
        given = json.loads((TMP / f"{name}.json").read_text(encoding="utf-8"))
        equal(written, given, f"{name}: configuration as given")
        json.loads(file["provenance/configuration_in_effect"].asstr()[()])
        equal(int(file["provenance/format_version"][()]), 1, f"{name}: format version")
        for key in ("version", "commit", "compiler", "hdf5_library", "mpi_library", "hosts", "started", "finished",
                    "command", "cpu_level"):
            check(file["provenance/" + key].asstr()[()], f"{name}: provenance/{key} is empty")
    check("phony_dim" not in header, f"{name}: a dimension without a name")
    check("SHUFFLE" in run("h5dump", "-pH", path) or name != "axes", f"{name}: nothing is compressed")
    run("h5dump", path)
    provenance = xarray.open_dataset(path, group="provenance", engine="netcdf4")
    check(int(provenance.ranks) >= 1, f"{name}: xarray reads the provenance")


def units(name, path):
    if not shutil.which("udunits2"):
        print("udunits2 is not here: units are not tried")
        return
    with h5py.File(path, "r") as file:
        found = {file[key].attrs["units"] for key in file if isinstance(file[key], h5py.Dataset)}
    for unit in found:
        run("udunits2", "-H", unit, "-W", "1" if unit == "1" else unit)
    check(len(found) >= 6, f"{name}: only {found}")


def conventions(name, path):
    """The rules of CF 1.10's conformance document that a file without time and place can break; neither Debian nor npm
    packages a checker. Units: above. Text labels are coordinate variables of their dimension, which CF wants numeric
    (5, 6.1): tools select by them."""
    word = re.compile(r"[A-Za-z][A-Za-z0-9_]*$")
    integers = {"int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"}
    with netCDF4.Dataset(path) as file:
        for attribute in ("Conventions", "title", "source", "comment"):
            check(isinstance(file.getncattr(attribute), str), f"{name}: 2.6.2: {attribute} is text")
        names = [*file.variables, *file.dimensions]
        clash = {one for one in names for other in names if one != other and one.lower() == other.lower()}
        check(not clash, f"{name}: 2.3: names told apart by case alone: {clash}")
        for key, variable in file.variables.items():
            text = f"{name}: {key}"
            kind = "string" if variable.dtype is str else str(variable.dtype)
            attributes = {one: variable.getncattr(one) for one in variable.ncattrs()}
            check(kind in integers | {"string", "float32", "float64"}, f"{text}: 2.2: type {kind}")
            check(all(word.match(one) for one in (key, *variable.dimensions, *attributes) if one != "_FillValue"),
                  f"{text}: 2.3: names")
            check(len(set(variable.dimensions)) == len(variable.dimensions), f"{text}: 2.4: a dimension twice")
            check("standard_name" not in attributes, f"{text}: 3.3: none of CF's standard names fits these quantities")
            check({"units", "long_name"} <= set(attributes), f"{text}: 3.1, 3.2: units and long_name")
            if "_FillValue" in attributes:
                check(attributes["_FillValue"].dtype == variable.dtype, f"{text}: 2.5.1: type of _FillValue")
            if "flag_values" in attributes:
                values, meanings = numpy.atleast_1d(attributes["flag_values"]), attributes["flag_meanings"].split()
                check(values.dtype == variable.dtype and len(set(values)) == len(values) == len(meanings) and
                      all(re.match(r"[A-Za-z0-9_.+@-]+$", one) for one in meanings), f"{text}: 3.5: flags")
            if key in file.dimensions:
                check(variable.dimensions == (key,), f"{text}: 5: a coordinate variable has its own dimension only")
                check(not {"_FillValue", "missing_value"} & set(attributes), f"{text}: 2.5.1: a coordinate has no fill")
                values = list(variable[:])
                check(len(set(values)) == len(values), f"{text}: 5: labels differ")
                check(kind == "string" or (numpy.diff(values) > 0).all() or (numpy.diff(values) < 0).all(),
                      f"{text}: 5: monotonic")


def repeatable():
    first, second = sweep("plain", "one"), sweep("plain", "two", ranks=2)
    equal(run("h5diff", "--exclude-path", "/provenance", first, second), "", "h5diff of 1 and 2 ranks")
    bare = [sweep("plain", f"bare-{ranks}", ranks=ranks, sets=["output.provenance=false"]) for ranks in (0, 3)]
    equal(bare[0].read_bytes(), bare[1].read_bytes(), "the bytes without provenance")
    other = sweep("plain", "other", sets=["carbon.pue=1.2"])
    check("differences found" in run("h5diff", "--exclude-path", "/provenance", first, other, status=1),
          "h5diff sees another PUE")


def main():
    for name in CONFIGURATIONS:
        path = sweep(name)
        ds = both_engines(name, path)
        contract(name, ds)
        ranges(name, ds)
        dumps(name, path)
        units(name, path)
        conventions(name, path)
        if name == "axes":
            extra_axes(ds)
        if name == "plain":
            by_label(ds, path)
    repeatable()


if __name__ == "__main__":
    run_test(main)
