#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A result file as CSV, one line a point, for the shell and for spreadsheets.

    scripts/export_csv.py RESULTS.h5 [--variables NAME,NAME...] [--select DIM=VALUE[,VALUE...]]... [--feasible]
                          [--units] [--output FILE]

The columns are the dimensions that the chosen variables have, then the variables in their units; codes come as words.
Without --variables: the plan, its time, use, energy and carbon, and at the end what the least-carbon plan has, where
the file has one. What the file does not hold at a point is an empty cell.
"""
import argparse
import csv
import sys

from report import LEAST, PLAN_VARIABLES, Refused, numpy, open_results, select, texts

DEFAULT = ("parameters_total", "loss", *PLAN_VARIABLES, "training_time", "step_time", "mfu", "memory_per_device",
           "energy", "energy_servers", "energy_network", "embodied_inventory", "carbon_embodied", "carbon_operational",
           "carbon_idle", "carbon_servers", "carbon_network",
           "carbon_total", *(LEAST + name for name in ("devices", "training_time", "mfu", "carbon_total")))


def cells_of(variable):
    """The values as texts: the shortest decimal that reads back, words for codes, nothing for fill values."""
    values, attributes = variable.values, variable.attrs
    words = numpy.empty(values.shape, dtype=object)
    if "flag_meanings" in attributes:
        names = dict(zip(numpy.atleast_1d(attributes["flag_values"]).tolist(), attributes["flag_meanings"].split()))
        words.flat = [names.get(value, "") for value in values.ravel().tolist()]
        return words
    fill = attributes.get("_FillValue")
    missing = numpy.zeros(values.shape, bool) if fill is None else values == fill
    if numpy.issubdtype(values.dtype, numpy.floating):
        missing |= numpy.isnan(values)
        words.flat = [repr(value) for value in values.ravel().tolist()]
    else:
        words.flat = texts(values.ravel().tolist())
    words[missing] = ""
    return words


def rows(data, names, feasible):
    """Header and lines, broadcast over the union of the variables' dimensions in the file's order."""
    order = [str(dim) for dim in data["status"].dims] + ["region"] + [str(dim) for dim in data.dims]
    used = {dim for name in names for dim in data[name].dims} | (set(data["status"].dims) if feasible else set())
    dims = sorted(used, key=order.index)
    labels = [texts(data[dim].values) if dim in data.variables else texts(range(data.sizes[dim])) for dim in dims]
    shape = [data.sizes[dim] for dim in dims]

    def spread(name, values):
        here = [dim for dim in dims if dim in data[name].dims]
        values = values.transpose([data[name].dims.index(dim) for dim in here])
        return numpy.broadcast_to(values.reshape([data.sizes[dim] if dim in here else 1 for dim in dims]), shape)

    columns = [spread(name, cells_of(data[name])) for name in names]
    status = spread("status", cells_of(data["status"])) if feasible else None
    yield dims, names
    for index in numpy.ndindex(*shape):
        if status is None or status[index] == "feasible":
            yield [label[i] for label, i in zip(labels, index)], [column[index] for column in columns]


def export(arguments, out):
    data, _ = open_results(arguments.results)
    with data:
        names = arguments.variables.split(",") if arguments.variables else [name for name in DEFAULT if name in data]
        unknown = [name for name in names if name not in data.data_vars]
        if unknown:
            raise Refused(f"{arguments.results} has no variable {', '.join(unknown)}; it has "
                          + ", ".join(map(str, data.data_vars)))
        data = select(data, arguments.select)
        writer = csv.writer(out, lineterminator="\n")
        lines = rows(data, names, arguments.feasible)
        dims, columns = next(lines)
        if arguments.units:
            columns = [f"{name} [{data[name].attrs['units']}]" if data[name].attrs.get("units", "1") != "1" else name
                       for name in columns]
        writer.writerow([*dims, *columns])
        for labels, cells in lines:
            writer.writerow([*labels, *cells])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", help="result file of cs_sweep")
    parser.add_argument("--variables", metavar="NAME,NAME...")
    parser.add_argument("--select", action="append", default=[], metavar="DIM=VALUE[,VALUE...]")
    parser.add_argument("--feasible", action="store_true", help="only points that have a plan")
    parser.add_argument("--units", action="store_true", help="units in the header")
    parser.add_argument("--output", help="file [standard output]")
    arguments = parser.parse_args()
    try:
        if arguments.output:
            with open(arguments.output, "w", newline="") as out:
                export(arguments, out)
        else:
            export(arguments, sys.stdout)
            sys.stdout.flush()
    except Refused as error:
        sys.exit(f"export_csv.py: error: {error}")
    except BrokenPipeError:
        # The reader (head) has enough; nothing more may be written at exit either.
        sys.stdout = None
    except OSError as error:
        sys.exit(f"export_csv.py: error: {arguments.output} cannot be written: {error}")


if __name__ == "__main__":
    main()
