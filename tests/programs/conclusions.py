#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""scripts/conclusions.py: each answer computed again from the file that it is of, and the figures."""
import json
import math

from harness import TMP, check, run, run_test, script
from resultfile import load

FILES = {"paper": "paper.h5", "measured": "measured.h5",
         "measured, grid decarbonises": "measured-grid-decarbonises.h5"}


def main():
    text = run(*script("conclusions.py", "--output", TMP / "out"), timeout=300).stdout
    table = json.loads((TMP / "out/conclusions.json").read_text())
    check(list(table) == list(FILES), f"accountings {list(table)}")
    check((TMP / "out/conclusions.txt").read_text() == text, "the text that is printed is not that of the file")
    for name in ("conclusions", "carbon-validation"):
        check((TMP / f"out/{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n", f"{name}.png")
        check("</svg>" in (TMP / f"out/{name}.svg").read_text()[-20:], f"{name}.svg")
    check("olmo3-7b-device-power" in (TMP / "out/carbon-validation.svg").read_text(), "the cases are not named")
    for name, rows in table.items():
        data = load(TMP / "out" / FILES[name]).squeeze("model")

        def total(variable="carbon_total", data=data, **labels):
            labels = {"hardware": "B100", "year": 0, "qat": "off", "region": "us-east5", **labels}
            array = data[variable]
            return float(array.sel({axis: value for axis, value in labels.items() if axis in array.dims}))

        wanted = {"embodied share, us-east5 (%)": 100 * total("carbon_embodied") / total(),
                  "embodied share, europe-north2 (%)":
                  100 * total("carbon_embodied") / total(region="europe-north2"),
                  "hardware of 10 years on (%)": 100 * (total(year=10) / total() - 1),
                  "QAT with int8 (%)": 100 * (total(qat="int8") / total() - 1),
                  "H100 instead of B100 (%)": 100 * (total(hardware="H100") / total() - 1)}
        for row, value in wanted.items():
            check(math.isclose(rows[row], value, rel_tol=1e-9), f"{name}, {row}: {rows[row]}, not {value}")
    grid = [table[name]["hardware of 10 years on (%)"] for name in FILES]
    check(grid[2] < grid[1], "a grid that decarbonises saves nothing")
    check(table["measured"]["embodied share, us-east5 (%)"] ==
          table["measured, grid decarbonises"]["embodied share, us-east5 (%)"], "today's grid depends on the scenario")


if __name__ == "__main__":
    run_test(main)
