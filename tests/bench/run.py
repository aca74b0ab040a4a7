#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs the benchmarks one after another and joins what each prints into build/bench.json.

Each part prints one JSON object whose keys are keys of bench.json: tests/bench/search.c (exhaustive, search), sweep.py
(scaling; coordinator, simulated; memory; full_sweep; space: more of search), file.c (file). Arguments: the parts to
run; all by default.
Environment: CS_BUILD.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from harness import BUILD, SOURCE

ENVIRONMENT = dict(os.environ, CS_BUILD=str(BUILD), CS_SOURCE=str(SOURCE),
                   CS_SWEEP_DATA=os.environ.get("CS_SWEEP_DATA", str(SOURCE / "configs")))


def program(name):
    return [str(BUILD / "tests/bench" / name)]


def sweep(part):
    return [sys.executable, str(SOURCE / "tests/bench/sweep.py"), part]


PARTS = {
    "search": program("search"),
    **{part: sweep(part) for part in ("full_sweep", "scaling", "coordinator", "memory", "space")},
    "file": program("file"),
}


def run(command):
    done = subprocess.run(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with status {done.returncode}")
    return json.loads(done.stdout)


def instructions_per_candidate(space):
    """Of the exhaustive evaluation of one space alone, counted by callgrind; None without valgrind."""
    if shutil.which("valgrind") is None:
        return None
    with tempfile.NamedTemporaryFile() as out:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=exhaustive_search",
             f"--callgrind-out-file={out.name}", *program("search"), space],
            env=ENVIRONMENT, capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or collected is None:
        return None
    return int(collected.group(1)) / json.loads(done.stdout)["candidates"]


def show(name, value, depth=0):
    if isinstance(value, dict):
        print("  " * depth + name)
        for key, inner in value.items():
            show(key, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            show(name, inner, depth)
    else:
        text = f"{value:,.6g}" if isinstance(value, float) else str(value)
        print("  " * depth + f"{name:<28}{text}")


def main():
    path = os.path.join(BUILD, "bench.json")
    wanted = sys.argv[1:] or list(PARTS)
    joined = {}
    if sys.argv[1:] and os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            joined = json.load(file)
    for part in wanted:
        if part not in PARTS:
            sys.exit(f"Unknown benchmark {part}; the parts are {', '.join(PARTS)}.")
        result = run(PARTS[part])
        if "exhaustive" in result:
            exhaustive = result["exhaustive"]
            exhaustive["instructions_per_candidate"] = instructions_per_candidate("largest")
            exhaustive["gpt3_512_a100"]["instructions_per_candidate"] = instructions_per_candidate("gpt3")
        for key, value in result.items():
            show(key, value)
        sys.stdout.flush()
        for key, value in result.items():
            joined[key] = {**joined.get(key, {}), **value} if key == "search" else value
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(joined, file, indent=2)
            file.write("\n")
        os.replace(path + ".new", path)
    print(f"Written to {path}")


if __name__ == "__main__":
    main()
