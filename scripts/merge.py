#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Joins the shards of a sweep (NAME.1-of-N ... NAME.N-of-N, made by cs_sweep --shard) into NAME.

The result has the same bytes as a sweep in one piece with output.provenance=false, and the same data otherwise. The
work is done by `cs_sweep CONFIG --output NAME --merge N`, which takes every search from the shards, verifies that they
are whole and of this configuration, and writes the file as any sweep does: one writer, so one layout. This script finds
the shards, and the configuration in the provenance of the first one where none is given.

    scripts/merge.py full.h5                          # finds full.h5.1-of-N ...
    scripts/merge.py full.h5.*-of-8 --config configs/full.json --output elsewhere/full.h5
"""
import argparse
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

SHARD = re.compile(r"^(?P<name>.+)\.(?P<shard>\d+)-of-(?P<shards>\d+)$")


def fail(status, text):
    print(f"merge.py: error: {text}", file=sys.stderr)
    sys.exit(status)


def find_shards(files):
    """(NAME, N) of the shards that are named, or of those that belong to a NAME."""
    found = set()
    for file in files:
        match = SHARD.match(file)
        if match:
            found.add((match["name"], int(match["shards"])))
            continue
        for candidate in glob.glob(glob.escape(file) + ".*-of-*"):
            match = SHARD.match(candidate)
            if match and match["name"] == file:
                found.add((file, int(match["shards"])))
    if not found:
        fail(66, f"no shards NAME.K-of-N of {', '.join(files)} were found.")
    if len(found) > 1:
        fail(64, "shards of different sweeps: " + ", ".join(f"{name}.*-of-{n}" for name, n in sorted(found))
             + ". Name the files of one of them.")
    return found.pop()


def configuration_of(file):
    """The configuration in effect that a shard's provenance holds."""
    try:
        import h5py
    except ImportError:
        fail(69, "without h5py for this Python the configuration must be given: --config CONFIG.")
    try:
        with h5py.File(file, "r") as shard:
            text = shard["provenance/configuration_in_effect"][()]
    except KeyError:
        fail(66, f"{file} has no provenance: give the configuration of the sweep with --config CONFIG.")
    except OSError as error:
        fail(66, f"{file} cannot be read: {error}.")
    return text.decode() if isinstance(text, bytes) else text


def program():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    places = [os.environ.get("CS_BUILD", ""), os.path.join(here, "build")]
    for place in places:
        path = os.path.join(place, "cs_sweep")
        if place and os.access(path, os.X_OK):
            return path
    path = shutil.which("cs_sweep")
    return path or fail(66, "cs_sweep was not found: build it with make, or set CS_BUILD to its folder.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0],
                                     epilog="Exit status: that of cs_sweep; 64 usage, 66 no input.")
    parser.add_argument("files", nargs="+", metavar="FILE", help="the shards, or NAME alone")
    parser.add_argument("--config", help="the configuration of the sweep; without it the one in the first shard")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="as given to the sweep")
    parser.add_argument("--output", help="where the joined file goes; NAME without it")
    parser.add_argument("--force", action="store_true", help="replace the output")
    parser.add_argument("--quiet", action="store_true", help="only errors")
    arguments = parser.parse_args()

    name, shards = find_shards(arguments.files)
    missing = [f"{name}.{k}-of-{shards}" for k in range(1, shards + 1) if not os.path.exists(f"{name}.{k}-of-{shards}")]
    if missing:
        fail(66, "these shards are missing: " + ", ".join(missing) + ".")
    elsewhere = arguments.output is not None and os.path.abspath(arguments.output) != os.path.abspath(name)
    if elsewhere and os.path.exists(arguments.output) and not arguments.force:
        fail(73, f"{arguments.output} exists; --force replaces it.")

    with tempfile.TemporaryDirectory() as scratch:
        config = arguments.config
        if config is None:
            config = os.path.join(scratch, "configuration.json")
            with open(config, "w", encoding="utf-8") as file:
                file.write(configuration_of(f"{name}.1-of-{shards}"))
        command = [program(), config, "--output", name, "--merge", str(shards), "--progress", "0"]
        command += [word for value in arguments.set for word in ("--set", value)]
        command += ["--force"] * arguments.force + ["--quiet"] * arguments.quiet
        status = subprocess.run(command, check=False).returncode
    if status == 0 and elsewhere:
        shutil.move(name, arguments.output)
    sys.exit(status if status >= 0 else 70)


if __name__ == "__main__":
    main()
