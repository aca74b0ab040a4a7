#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""configs/schema.json and configs/README.md say what the program does: both are what scripts/reference.py writes, every
shipped configuration and data file is valid, program and schema refuse the same values, and each constant of a shipped
device that no data sheet gives says where it is from."""
import ast
import copy
import json
import re
import sys

from harness import BUILD, SOURCE, TMP, check, configuration, run, run_test, script, write_json

sys.path.insert(0, str(SOURCE / "scripts"))
from fit_kernels import FITS  # noqa: E402

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

BASE = configuration()


def answer(config):
    """Exit status and message of the program for a configuration."""
    done = run(BUILD / "cs_sweep", write_json("config.json", config), "--dry-run", status=None)
    return done.returncode, done.stderr.strip()


def agree(validator, path, value, right):
    config = copy.deepcopy(BASE)
    place = config
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = value
    status, message = answer(config)
    text = f"{'.'.join(path)} = {json.dumps(value)[:80]}: "
    check(status == (0 if right else 65), text + f"exit status {status} {message}")
    check(validator.is_valid(config) == right, text + f"the schema takes it: {not right}")
    if not right:
        check(path[-1] in message or path[0] in message, text + message)


def wrong_values(schema):
    """What lies just outside of a setting's schema."""
    kinds = schema.get("type")
    if kinds in ("number", "integer"):
        yield schema["minimum"] - max(1, abs(schema["minimum"]) * 1e-9)
        yield schema["maximum"] + max(1, abs(schema["maximum"]) * 1e-9)
        yield "1"
        if kinds == "integer":
            yield schema["minimum"] + 0.5
    elif kinds == "boolean":
        yield from (1, "true", None)
    elif kinds == "array":
        yield from (["none of them"], [schema.get("items", {}).get("minimum", 1) - 1.5], "text")
    else:
        yield from ("none of them", 99, None)


def settings(validator, schema):
    rows = 0
    for section, made in schema["properties"].items():
        if section == "output":
            made = made["anyOf"][1]
        if "properties" not in made or section == "axes":
            continue
        defaults = {}
        for key, row in made["properties"].items():
            if "default" in row:
                rows += 1
                defaults[key] = row["default"]
                for value in wrong_values(row):
                    agree(validator, (section, key), value, False)
        agree(validator, (section,), defaults, True)
        agree(validator, (section, "unknown_key"), 1, False)
    check(rows > 80, f"only {rows} settings were found")


def axes(validator):
    for key, value, right in (
            ("year", {"from": 0, "to": 50, "step": 5}, True), ("year", [51], False), ("year", [], False),
            ("year", {"from": 0, "to": 5}, False), ("year", [0.5], False), ("hardware", "H100", False),
            ("hardware", [{"name": "x", "based_on": "H100", "tdp_w": 1}], True), ("hardware", [{"name": "x"}], False),
            ("hardware", [{"name": "x", "based_on": "H100", "tdp_w": 0}], False), ("hardware", ["H100", "H100"], False),
            ("qat", [{"qat": "x", "weight_bits": 8}], False), ("carbon_intensity", [{"region": "x"}], False),
            ("carbon_intensity", [{"region": "x", "g_per_kwh": 0}], True), ("model", [8192], False),
            ("model", ["GPT-3", {"d_model": [8192]}], True), ("model", {"d_model": [0]}, False),
            ("model", [{"name": "x", "layers": 2, "d_model": 64}], False),
            ("model", [{"name": "x", "layers": 2, "d_model": 64, "heads": 2, "kv_heads": None}], True),
            ("carbon.pue", [1.1, 1.2], True), ("carbon.pue", [0.5], False), ("carbon.pue", 1.1, False),
            ("carbon.preset", ["paper"], False), ("search.zero_stages", [[0], "3", 1], True),
            ("search.expert_degrees", [[], [8]], True), ("search.expert_degrees", [8], False),
            ("carbon.host", [True, False], True), ("training.attention_kernel", ["fused1", "fused4"], False)):
        agree(validator, ("axes", key), value, right)
    for key in BASE["axes"]:
        config = copy.deepcopy(BASE)
        del config["axes"][key]
        check(answer(config)[0] == 65 and not validator.is_valid(config), f"axes without {key}")


def hover(schema):
    """Each key has a text for editors, and each name of a shipped file is offered."""
    silent = []

    def look(made, path):
        if isinstance(made, dict):
            for key, entry in made.get("properties", {}).items():
                if isinstance(entry, dict) and not (entry.get("description") or "$ref" in entry):
                    silent.append(f"{path}.{key}")
            for key, entry in made.items():
                look(entry, f"{path}.{key}")
        elif isinstance(made, list):
            for entry in made:
                look(entry, path)

    look(schema, "")
    check(not silent, f"keys without a description: {silent[:5]}")
    for axis, file, key in (("hardware", "devices", "name"), ("carbon_intensity", "regions", "region"),
                            ("qat", "qat_levels", "qat"), ("model", "models", "name")):
        entries = json.loads((SOURCE / "configs" / f"{file}.json").read_text())[file]
        made = json.dumps(schema["properties"]["axes"]["properties"][axis])
        missing = [entry[key] for entry in entries if json.dumps(entry[key]) not in made]
        check(not missing, f"names of {file}.json that editors are not offered: {missing}")


def shipped(validator, schema):
    kinds = {"devices": "device", "regions": "region", "qat_levels": "qat", "models": "model"}
    count = 0
    for path in sorted((SOURCE / "configs").rglob("*.json")):
        made = json.loads(path.read_text())
        name = path.relative_to(SOURCE)
        if "axes" in made:
            count += 1
            for error in validator.iter_errors(made):
                check(False, f"{name}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}")
            status, message = answer(made | {"$schema": "schema.json"})
            check(status == 0, f"{name}: {message}")
        elif path.stem in kinds and path.parent.name == "configs":
            part = jsonschema.Draft7Validator({"$ref": "#/definitions/" + kinds[path.stem],
                                               "definitions": schema["definitions"]})
            for entry in made[path.stem]:
                errors = [error.message[:200] for error in part.iter_errors(entry)]
                check(not errors, f"{name}: {list(entry.values())[0]}: {errors}")
    check(count >= 2, f"only {count} configurations were found")


DATA_SHEET = {"peak_tflops", "int8_multiplier", "fp8_multiplier", "hbm_gib", "hbm_gb", "hbm_gb_s", "sram_mib", "units",
              "clock_ghz", "array_rows", "array_columns", "link_gb_s", "torus_axes", "domain", "slice_max", "tdp_w",
              "die_mm2", "node_nm", "devices_per_server"}  # a device's one `source` serves for these


def sources():
    """Every other field that a device gives has a source; "calibrated" stands where scripts/calibrate.py fits, and only
    there, "fitted" where scripts/fit_kernels.py does; and what is said to be "as" another device has its value."""
    tree = ast.parse((SOURCE / "scripts/calibrate.py").read_text())
    families = next(ast.literal_eval(node.value) for node in tree.body if isinstance(node, ast.Assign)
                    and node.targets[0].id == "FAMILIES")
    wanted = {"calibrated": {(family["holder"], field) for family in families.values() if not family.get("kept")
                             for key, limits in family["constants"].items() for field in (key, *limits[2:])},
              "fitted": {(step[0], key) for step in FITS for key in step[4]}}
    resolved, own, likenesses = {}, {}, 0
    said = {word: set() for word in wanted}
    for row in json.loads((SOURCE / "configs/devices.json").read_text())["devices"]:
        resolved[row["name"]] = resolved.get(row.get("based_on"), {}) | row
        own[row["name"]] = row.get("sources", {})
    for name, row in resolved.items():
        texts = row["sources"]
        silent = set(row) - set(texts) - DATA_SHEET - {"name", "family", "kind", "based_on", "source", "sources"}
        inherited = resolved.get(row.get("based_on"), {})
        silent = {key for key in silent if row[key] != inherited.get(key)}
        check(row["source"] and not silent, f"devices.json: {name}: no source of {sorted(silent)}")
        for key, text in texts.items():
            for word, rows in said.items():
                if text.startswith(word) and key in own[name]:
                    rows.add((name, key))
            like = re.match(r"(?:proposal: |assumption: )?as ([A-Z]+\d+[A-Z]?)(?:[,:]| \(|$)", text)
            if like:
                likenesses += 1
                check(row[key] == resolved[like.group(1)][key], f"devices.json: {name}: {key} is not {text}")
    for word, rows in said.items():
        check(rows == wanted[word], f"{word} and not said to be, or the reverse: {sorted(rows ^ wanted[word])}")
    check(likenesses > 20, f"only {likenesses} constants that are another device's were found")


def runs():
    """What models.json says of how a model was trained has its source beside it."""
    facts = {"global_batch", "batch_ramp", "stack", "stack_year", "schedule", "recompute", "precision", "goodput",
             "network"}
    stated = 0
    for row in json.loads((SOURCE / "configs/models.json").read_text())["models"]:
        of = facts & set(row)
        stated += len(of)
        check(of == set(row.get("sources", {})), f"models.json: {row['name']}: sources of {sorted(of)}")
        check(all(row.get("sources", {}).values()), f"models.json: {row['name']}: an empty source")
        ramp = sum(tokens for tokens, _ in row.get("batch_ramp", []))
        check(ramp < row.get("tokens", 1), f"models.json: {row['name']}: a ramp longer than the run")
    check(stated > 50, f"only {stated} facts of runs were found")


def main():
    run(*script("reference.py", "--check"))
    schema = json.loads((SOURCE / "configs/schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    check(answer(BASE)[0] == 0 and validator.is_valid(BASE), "the base configuration")
    hover(schema)
    shipped(validator, schema)
    sources()
    runs()
    axes(validator)
    settings(validator, schema)
    left = sorted(path.name for path in TMP.iterdir())
    check(left == ["config.json"], f"files were left behind: {left}")


if __name__ == "__main__":
    run_test(main)
