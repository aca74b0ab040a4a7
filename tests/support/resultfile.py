# SPDX-License-Identifier: BSD-3-Clause
"""A result file's variables, by h5py as they are stored and by xarray as users read them."""
import itertools

import h5py
import xarray

STATUS = ["pending", "feasible", "divisibility", "communication", "batch", "memory", "deadline", "failed"]
FEASIBLE = STATUS.index("feasible")
# What embodied_device is the sum of.
PARTS = ["logic", "hbm", "cooling", "board", "host", "network", "transport", "end_of_life", "construction"]
SHARES = [f"share_{part}" for part in ("compute", "tensor", "expert", "pipeline", "data", "bubble", "optimizer")]


def load(path, **options):
    with xarray.open_dataset(path, engine="h5netcdf", **options) as data:
        return data.load()


def dimensions(variable):
    if h5py.h5ds.is_scale(variable.id):
        return [variable.name.rsplit("/", 1)[-1]]
    return [dim[0].name.rsplit("/", 1)[-1] for dim in variable.dims]


def values(file, name, like):
    """A variable with the axes of another: those that it lacks are of length 1."""
    own, wanted = dimensions(file[name]), dimensions(file[like])
    array = file[name][...]
    return array.reshape([array.shape[own.index(axis)] if axis in own else 1 for axis in wanted])


def labels(file, axis):
    return [text.decode() if isinstance(text, bytes) else str(text) for text in file[axis][...]]


class Results:
    """A file's variables by the labels of its dimensions."""

    def __init__(self, path):
        self.file = h5py.File(path)
        self.dims = {name: labels(self.file, name) for name in self.file
                     if isinstance(self.file[name], h5py.Dataset) and h5py.h5ds.is_scale(self.file[name].id)}

    def at(self, variable, place):
        data = self.file[variable]
        return data[tuple(self.dims[name].index(place.get(name, "0")) for name in dimensions(data))]

    def places(self):
        names = [name for name in self.dims if name != "alternative"]
        for one in itertools.product(*(self.dims[name] for name in names)):
            yield dict(zip(names, one))
