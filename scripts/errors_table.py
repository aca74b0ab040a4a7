#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the tables of src/model/errors.md: errors of the model by group, of runs that no constant had seen first.

Needs a build (CS_BUILD, default build/), configs/validation/held_out.json of the same model (scripts/calibrate.py
--held-out) and a C compiler for the kernels. --check writes nothing and fails where the page is not what would be
written.
"""
import argparse
import contextlib
import io
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import validate  # noqa: E402

PAGE = os.path.join(validate.TOP, "src", "model", "errors.md")
BEGIN, END = "<!-- from here written by scripts/errors_table.py -->", "<!-- to here -->"


def groups_table(build):
    sources, of_file = {}, {}
    files = [file for file in validate.case_files() if not validate.is_doubtful(file)]
    for file in files:
        with open(file, encoding="utf-8") as text:
            for case in json.load(text)["cases"]:
                sources[case["id"]], of_file[case["id"]] = case, os.path.basename(file)
    answers, _ = validate.predict(build, files, [])
    errors = validate.Judge(answers, sources, of_file).held_out
    wanted = {target["group"]: target["mean"] for target in validate.TARGETS if "group" in target and "mean" in target}
    lines = ["| group | cases | case out | group out | fitted | target |", "|---|---|---|---|---|---|"]
    for name, (count, *shares) in errors.groups.items():
        shown = ["" if share != share else f"{share:.1f}%" for share in shares]
        lines.append(f"| {name} | {count} | {' | '.join(shown)} | {wanted.get(name, '')} |")
    means = [f"{mean:.1f}%" for mean in errors.means]
    lines.append(f"| all groups alike | {errors.timed} | {' | '.join(means)} | |")
    return lines


def kernels_table():
    words = [sys.executable, os.path.join(validate.TOP, "scripts", "fit_kernels.py")]
    said = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False).stdout
    return ["```", *said.rstrip().split("\n"), "```"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit status 1 where the page differs")
    arguments = parser.parse_args()
    build = os.environ.get("CS_BUILD", os.path.join(validate.TOP, "build"))
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    with contextlib.redirect_stdout(io.StringIO()):
        groups = groups_table(build)
    tables = "\n".join([*groups, "", *kernels_table()])
    made = f"{head}{BEGIN}\n{tables}\n{END}{tail}"
    if arguments.check:
        return int(made != page)
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(made)
    print(f"{PAGE} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
