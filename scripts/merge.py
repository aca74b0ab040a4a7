#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Joins the shards of a sweep (NAME.1-of-N ... NAME.N-of-N, made by cs_sweep --shard) into NAME.

The result has the same bytes as a sweep in one piece with output.provenance=false, and the same data otherwise. The
work is done by `cs_sweep CONFIG --output NAME --merge N`, which takes every search from the shards, verifies that they
are whole and of this configuration, and writes the file as any sweep does: one writer, so one layout. This script finds
the shards, and the configuration in the provenance of the first one where none is given. It joins them in a folder of
its own beside the output, which appears in one step and only when it is whole; nothing else is touched.

    scripts/merge.py full.h5                          # finds full.h5.1-of-N ...
    scripts/merge.py full.h5.*-of-8 --config configs/full.json --output elsewhere/full.h5
"""
import argparse
import glob
import os
import re
import shutil
import signal
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
    """In the tree build/, installed PREFIX/bin beside PREFIX/share/cs_sweep."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    places = [os.environ.get("CS_BUILD", ""), os.path.join(here, "build"), os.path.join(here, "..", "..", "bin")]
    for place in places:
        path = os.path.join(place, "cs_sweep")
        if place and os.access(path, os.X_OK):
            return os.path.abspath(path)
    path = shutil.which("cs_sweep")
    return os.path.abspath(path) if path else fail(
        66, "cs_sweep was not found: build it with make, or set CS_BUILD to its folder.")


def refuse_what_stands_at(output, force):
    if os.path.islink(output) or os.path.isdir(output):
        fail(73, f"{output} is a folder or a symbolic link. Give the name of a file.")
    if os.path.exists(output) and not force:
        fail(73, f"{output} exists; --force replaces it, --output gives another name.")


def put(made, output, force):
    """Gives the whole file its name, in one step. Without --force not over one that came up meanwhile."""
    try:
        if not force:
            os.link(made, output)
            return
    except FileExistsError:
        fail(73, f"{output} exists since a moment ago; --force replaces it, --output gives another name.")
    except OSError:
        # This file system knows no links.
        refuse_what_stands_at(output, force)
    os.replace(made, output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0],
                                     epilog="Exit status: that of cs_sweep; 64 usage, 66 no input, 73 the output "
                                     "exists or cannot be made.")
    parser.add_argument("files", nargs="+", metavar="FILE", help="the shards, or NAME alone")
    parser.add_argument("--config", help="the configuration of the sweep; without it the one in the first shard")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="as given to the sweep")
    parser.add_argument("--output", help="where the joined file goes; NAME without it")
    parser.add_argument("--force", action="store_true", help="replace the output, and nothing else")
    parser.add_argument("--quiet", action="store_true", help="only errors")
    arguments = parser.parse_args()

    name, shards = find_shards(arguments.files)
    missing = [f"{name}.{k}-of-{shards}" for k in range(1, shards + 1) if not os.path.exists(f"{name}.{k}-of-{shards}")]
    if missing:
        fail(66, "these shards are missing: " + ", ".join(missing) + ".")
    output = os.path.abspath(name if arguments.output is None else arguments.output)
    refuse_what_stands_at(output, arguments.force)
    binary = program()
    environment = dict(os.environ)
    if environment.get("CS_SWEEP_DATA"):
        environment["CS_SWEEP_DATA"] = os.path.abspath(environment["CS_SWEEP_DATA"])
    # A signal that ends this script must not leave the folder behind.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))

    try:
        with tempfile.TemporaryDirectory(prefix=os.path.basename(output) + ".joining-",
                                         dir=os.path.dirname(output)) as scratch:
            made = os.path.basename(output)
            for k in range(1, shards + 1):
                os.symlink(os.path.abspath(f"{name}.{k}-of-{shards}"), os.path.join(scratch, f"{made}.{k}-of-{shards}"))
            config = arguments.config and os.path.abspath(arguments.config)
            if config is None:
                config = os.path.join(scratch, "configuration.json")
                with open(config, "w", encoding="utf-8") as file:
                    file.write(configuration_of(f"{name}.1-of-{shards}"))
            command = [binary, config, "--output", made, "--merge", str(shards), "--progress", "0"]
            command += [word for value in arguments.set for word in ("--set", value)] + ["--quiet"] * arguments.quiet
            status = subprocess.run(command, check=False, cwd=scratch, env=environment).returncode
            if status == 0:
                put(os.path.join(scratch, made), output, arguments.force)
    except OSError as error:
        fail(73, f"{output} cannot be made: {error}.")
    sys.exit(status if status >= 0 else 70)


if __name__ == "__main__":
    main()
