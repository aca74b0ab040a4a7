#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes configs/schema.json and the tables in configs/README.md from the tables that the program itself is made of.

    scripts/reference.py [--check]

--check writes nothing and fails where the files are not what would be written. The C preprocessor ($CC, default cc)
reads the rows of include/cs_sweep/settings.h, hardware.h and architecture.h, so what it sees is what the compiler sees.
"""
import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = ROOT / "configs"

SECTIONS = {
    "scaling_law": "The LLM that a model dimension stands for, and its loss.",
    "training": "The run.",
    "search": "Which plans are candidates, and which of them is best.",
    "projection": "Factors per year of the hardware projection (CarbonScaling Table 2; Akarvardar and Wong 2023).",
    "power": "Of devices by what they do (CarbonScaling Eq 3), of the rest of their servers (Eq 4), of the network.",
    "carbon": "Of energy by place, of hardware by part (CarbonScaling Eq 5).",
    "water": "Of a run, on site and of generation.",
    "cost": "Of a run, where a price is known.",
    "limits": "What is refused for its size.",
    "output": "The result file.",
}
SCOPES = {1: "model", 2: "search", 4: "power", 8: "embodied", 16: "operation", 32: "cost"}
SNIPPET = r"""
#include "cs_sweep/settings.h"
#include "cs_sweep/hardware.h"
#include "cs_sweep/architecture.h"
#include "cs_sweep/stack.h"
#undef NAN
#define REAL_ROW(member, value, low, high, unit, scopes, meaning) \
    @ROW "real", #member, (value), (low), (high), unit, "", (scopes), meaning @END
#define COUNT_ROW(member, value, low, high, unit, scopes, meaning) \
    @ROW "count", #member, (value), (low), (high), unit, "", (scopes), meaning @END
#define FLAG_ROW(member, value, scopes, meaning) \
    @ROW "flag", #member, "" #value, 0, 1, "1", "", (scopes), meaning @END
#define CHOICE_ROW(member, value, names, scopes, meaning) \
    @ROW "choice", #member, value, 0, 0, "1", names, (scopes), meaning @END
#define SET_ROW(member, value, names, scopes, meaning) \
    @ROW "set", #member, (value), 0, 0, "1", names, (scopes), meaning @END
#define LIST_ROW(member, names, scopes, meaning) @ROW "list", #member, "", 1, 1e6, "1", names, (scopes), meaning @END
#define CS_REAL "real"
#define CS_COUNT "count"
#define FIELD_ROW(member, key, type, factor, low, high, value, unit, scopes, meaning) \
    @FIELD key, type, (low), (high), (value), unit, (scopes), meaning @END
#define SECTION_ROWS(section, type, table) \
    @SECTION #section @END table(REAL_ROW, COUNT_ROW, FLAG_ROW, CHOICE_ROW, SET_ROW, LIST_ROW)
#define MODEL_COUNT(member, low, high, value, kept, meaning) @MODEL #member, (low), (high), kept, meaning @END
#define MLA_COUNT(member, low, high, value, kept, meaning) @MLA #member, (low), (high), kept, meaning @END
#define MODEL_FLAG(member, meaning) @MODEL #member, None, None, "false", meaning @END
#define ABILITY_ROW(name, meaning) @ABILITY #name, meaning @END
#define FACT_ROW(family, ability, since, until, on, source) \
    @FACT #family, #ability, (since), (until), #on, source @END
CS_SECTIONS(SECTION_ROWS)
CS_ABILITIES(ABILITY_ROW)
CS_STACK_FACTS(FACT_ROW)
#define HOST_ROW(family, since, on, dispatch_us, boundary_us, source) \
    @HOST #family, (since), #on, (dispatch_us), (boundary_us), source @END
CS_STACK_HOSTS(HOST_ROW)
#define STORE_ROW(family, since, on, gradient, optimizer, weight, tiles, source) \
    @STORE #family, (since), #on, (gradient), (optimizer), (weight), (tiles), source @END
CS_STACK_STORES(STORE_ROW)
CS_DEVICE_FIELDS(FIELD_ROW)
CS_SHAPE_FIELDS(MODEL_COUNT, MODEL_FLAG)
CS_MIXTURE_FIELDS(MODEL_COUNT)
CS_WINDOW_FIELDS(MODEL_COUNT)
CS_MLA_FIELDS(MLA_COUNT)
CS_BLOCK_FIELDS(MODEL_COUNT, MODEL_FLAG)
"""


def evaluate(text):
    """A C constant expression of these tables as a Python value."""
    text = re.sub(r"\bCS_SCOPE_(\w+)", lambda m: str({"ARCHITECTURE": 1, "SEARCH": 2, "POWER": 4, "EMBODIED": 8,
                                                      "OPERATION": 16, "COST": 32, "NONE": 0}[m.group(1)]), text)
    text = re.sub(r"\b(\d+)[uUlL]+\b", r"\1", text)
    text = re.sub(r"\bNAN\b", "None", text)
    return eval(compile(ast.parse(text.strip(), mode="eval"), "row", "eval"), {"__builtins__": {}})


def tables():
    """[(section, rows)], fields, (fields of a model, fields of "mla"), tables of stacks: what the
    preprocessor makes of the headers."""
    compiler = os.environ.get("CC", "cc").split()
    done = subprocess.run([*compiler, "-E", "-P", "-I", str(ROOT / "include"), "-x", "c", "-"], input=SNIPPET,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{compiler[0]} -E failed: {done.stderr}")
    stacks = {kind: [] for kind in ("ABILITY", "FACT", "HOST", "STORE")}
    sections, fields, models = [], [], {"MODEL": {}, "MLA": {}}
    for kind, body in re.findall(r"@([A-Z]+)\b(.*?)@END", done.stdout, re.S):
        if kind in models:
            # Where another field bounds one, no value of that field may make the schema refuse what the program takes.
            low, high = (re.sub(r"\ba->(\w+)", lambda at: str(models[kind][at.group(1)][end]), body) for end in (0, 1))
            (key, least, _, kept, meaning), most = evaluate(f"[{low}]"), evaluate(f"[{high}]")[2]
            models[kind][key] = (None if least is None else int(least), most, kept, meaning)
            continue
        value = evaluate("[" + body + "]")
        if kind in stacks:
            stacks[kind].append(value)
            continue
        if kind == "SECTION":
            sections.append((value[0], []))
        elif kind == "ROW":
            names = ("type", "name", "value", "low", "high", "unit", "names", "scopes", "meaning")
            sections[-1][1].append(dict(zip(names, value)))
        else:
            names = ("key", "type", "low", "high", "value", "unit", "scopes", "meaning")
            fields.append(dict(zip(names, value)))
    return sections, fields, models, stacks


def number(value):
    """A JSON number, whole where it is whole."""
    return int(value) if float(value) == int(value) and abs(value) < 2**53 else value


def shown(value):
    """Whole numbers in full while they are short; 1e9, 1e-6 without padding."""
    if float(value) == int(value) and (abs(value) < 1e6 or (abs(value) < 1e10 and int(value) % 1000)):
        return str(int(value))
    return re.sub(r"e([+-])0*", lambda match: "e" + match.group(1).strip("+"), f"{value:.6g}")


def default(row):
    if row["type"] in ("real", "count"):
        return number(row["value"])
    if row["type"] == "flag":
        return row["value"] == "true"
    if row["type"] == "set":
        return [name for i, name in enumerate(row["names"].split("|")) if row["value"] >> i & 1]
    return row["names"].split("|")[0] if row["type"] == "list" else row["value"]


def describe(row):
    """Hover text: meaning, unit, default."""
    unit = "" if row["unit"] == "1" else f" Unit: {row['unit']}."
    text = row["meaning"]
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".") + unit


def range_of(low, high, whole=False):
    return {"type": "integer" if whole else "number", "minimum": number(low), "maximum": number(high)}


def names_of(row):
    names = row["names"].split("|")
    return {"enum": names + [int(name) for name in names if name.isdigit()]}


def setting_schema(row):
    if row["type"] in ("real", "count"):
        made = range_of(row["low"], row["high"], row["type"] == "count")
    elif row["type"] == "flag":
        made = {"type": "boolean"}
    elif row["type"] == "choice":
        made = names_of(row)
    elif row["type"] == "set":
        made = {"type": "array", "items": names_of(row), "minItems": 1, "uniqueItems": True}
    else:
        items = range_of(row["low"], row["high"], True)
        made = {"anyOf": [names_of(row), {"type": "array", "items": items, "maxItems": 16, "uniqueItems": True}]}
    return made


def numbers_schema(item):
    """A list of rising numbers, or a range."""
    step = {"type": item["type"], "exclusiveMinimum": 0}
    return {"oneOf": [{"type": "array", "items": item, "minItems": 1, "uniqueItems": True},
                      closed({"from": {**item, "description": "First value."},
                              "to": {**item, "description": "Last value, where the steps meet it."},
                              "step": {**step, "description": "From one value to the next."}},
                             ["from", "to", "step"], description="All values from `from` to `to`.")]}


def axis_schema(row):
    made = setting_schema(row)
    if row["type"] in ("real", "count"):
        return numbers_schema(made)
    if row["type"] == "set":
        made = {"anyOf": [made, names_of(row)]}
    return {"type": "array", "items": made, "minItems": 1, "uniqueItems": True}


def closed(properties, required=(), **more):
    made = {"type": "object", "additionalProperties": False, "properties": properties, **more}
    if required:
        made["required"] = list(required)
    return made


TEXT = {"type": "string"}
NOTE = {**TEXT, "description": "For readers."}
SOURCE = {**TEXT, "description": "Where the figures are from."}
NAME = {"type": "string", "minLength": 1, "maxLength": 63}
CALLED = {**NAME, "description": "Its name."}
ALIASES = {"type": "array", "items": NAME, "minItems": 1, "description": "Further names of it."}


def named(file, key):
    """A name: editors complete those of the shipped file, and a file of one's own may hold others."""
    entries = json.loads((ROOT / "configs" / f"{file}.json").read_text())[file]
    names = [name for entry in entries for name in [entry[key], *entry.get("aliases", [])]]
    return [{"enum": names, "description": f"Of {file}.json."}, NAME]


def nullable(schema):
    return {"anyOf": [schema, {"type": "null"}]}


def whole(low, high, text):
    return {**range_of(low, high, True), "description": text}


FACTOR = {**range_of(0, 1000000), "description": "On what each device has."}


def device_schema(fields):
    properties = {
        "name": CALLED,
        "aliases": ALIASES,
        "family": {**NAME, "description": "Devices that share calibrated constants and a validation error."},
        "kind": {"enum": ["gpu", "tpu"], "description": "Which model of kernels and links serves it."},
        "based_on": {**NAME, "description": "The device whose fields serve where this one gives none."},
        "tiles": {"type": "array", "minItems": 1, "maxItems": 8, "description": "GEMM tiles: [m, n, efficiency].",
                  "items": {"type": "array", "minItems": 3, "maxItems": 3, "items": [
                      range_of(1, 65536, True), range_of(1, 65536, True), range_of(0.01, 1)]}},
        "source": SOURCE, "note": NOTE,
        "sources": {"type": "object", "additionalProperties": TEXT, "description": "Source of each field."},
    }
    for field in fields:
        properties[field["key"]] = {"description": describe(field), **setting_schema(field)}
        if field["value"] is not None:
            properties[field["key"]]["default"] = number(field["value"])
    required = [field["key"] for field in fields if field["value"] is None]
    return closed(properties, ["name"], anyOf=[{"required": ["based_on"]}, {"required": ["kind", *required]}])


def field_schema(least, most, _, meaning):
    return {"type": "boolean", "description": meaning} if least is None else whole(least, most, meaning)


def run_fields():
    """How a model was trained: src/library/models.c reads them, src/design/grid.c says for what each serves."""
    stage = {"type": "array", "minItems": 2, "maxItems": 2, "items": range_of(1, 1e24)}
    return {
        "tokens": ({**range_of(1, 1e24), "description": "Tokens it was trained on; serve unless training.tokens, "
                    "tokens_per_parameter or tokens_basis is given."}, ""),
        "seq_len": (whole(1, 1000000000, "Its sequence length; serves unless training.seq_len is given."), ""),
        "global_batch": (whole(1, 1000000000, "Its batch in sequences; serves unless training.global_batch or --batch "
                               "is given."), ""),
        "batch_ramp": ({"type": "array", "minItems": 1, "maxItems": 16, "items": stage, "description":
                        "Smaller batches before it, [[tokens, sequences], ...] in their order; serves with "
                        "global_batch."}, ""),
        "stack": ({"enum": ["best", "megatron", "pytorch", "deepspeed", "xla"],
                   "description": "Family of the software it was trained with; serves unless training.stack is "
                   "given."}, ""),
        "stack_year": (whole(2019, 2026, "Year of that software; serves unless training.stack_year is given."), ""),
        "schedule": ({"enum": ["1f1b", "zb1p", "dualpipe"], "description": "Its pipeline schedule; serves unless "
                      "search.schedules or --schedule is given."}, ""),
        "recompute": ({"enum": ["none", "selective", "full", "ffn"], "description": "What was recomputed of its "
                       "activations; serves unless search.recompute or --recompute is given."}, ""),
        "precision": ({"enum": ["bf16", "fp16", "fp8"], "description": "Format of its products; with fp8 cs_point "
                       "takes the QAT level fp8 on a device that is faster in it, unless a configuration or --qat "
                       "is given."}, ""),
        "goodput": ({**range_of(1e-6, 1), "description": "Share of the wall time that trained; serves unless "
                     "training.goodput is given."}, ""),
        "network": (closed({"device": {**TEXT, "description": "The device that it joined."}, "scale_out_gb_s":
                            {**range_of(1e-6, 1e9), "description": "Per device and direction. Unit: GB/s."}},
                           ["device", "scale_out_gb_s"],
                           description="Scale-out bandwidth of its site, {device, scale_out_gb_s}; serves on that "
                           "device, unless device.scale_out_gb_s is given."), ""),
    }


def model_fields(models):
    """[(key, schema, what the page says of the default)]: the rows of the header, and what is no row of it."""
    attention = ({"enum": ["full", "sliding", "mla"], "description": "Kind of attention."}, "full")
    mla = (closed({key: field_schema(*row) for key, row in models["MLA"].items()},
                  [key for key, row in models["MLA"].items() if row[2] == "required"],
                  description=f"Multi-head latent attention: {', '.join(models['MLA'])}; with attention mla only."), "")
    before = {"window": {"attention": attention}, "parallel_block": {"mla": mla}}
    rows = {}
    for key, row in models["MODEL"].items():
        rows.update(before.get(key, {}))
        rows[key] = (field_schema(*row), row[2])
    rows["positions"] = ({"enum": ["learned"],
                          "description": "Learned positions: weights of sequence length x d_model."}, "")
    rows.update(run_fields())
    rows["params_from_shape"] = ({**range_of(1, 1e30), "description": "A count of parameters to check ours against."},
                                 "")
    return [(key, *row) for key, row in rows.items()]


def model_schema(models):
    properties = {"name": CALLED, "aliases": ALIASES, "source": SOURCE, "note": NOTE,
                  "sources": {"type": "object", "additionalProperties": {"type": "string"},
                              "description": "Of single fields: where each was read."}}
    for key, schema, kept in model_fields(models):
        properties[key] = schema if kept == "required" or schema.get("type") == "boolean" else {
            "description": schema["description"], **nullable({k: v for k, v in schema.items() if k != "description"})}
    return closed(properties, ["name", *(key for key, row in models["MODEL"].items() if row[2] == "required")])


def region_schema():
    numbers = {"g_per_kwh": (0, 10000, "g CO2e per kWh."), "pue": (1, 10, "Used under carbon.pue_per_region."),
               "trend_per_year": (0.1, 10, "Factor per year, for projection.grid_scenario trend."),
               "water_l_per_kwh": (1e-9, 1000, "Water of generation.")}
    return closed({"region": CALLED, "year": {**range_of(1900, 2200, True), "description": "Of the figure."},
                   **{key: {**range_of(low, high), "description": text} for key, (low, high, text) in numbers.items()},
                   "accounting": {"enum": ["unknown", "operational", "life_cycle"], "description": "What it counts."},
                   "source": SOURCE, "note": NOTE}, ["region", "g_per_kwh"])


def schema(sections, fields, models, _):
    bits = range_of(1, 64)
    properties = {
        "$schema": {**TEXT, "description": "This schema, for editors."},
        "title": {"type": "string", "minLength": 1, "maxLength": 255, "description": "Named in the result file."},
        **{key: {**TEXT, "description": f"Path of a {what}, relative to this file. Default: the one shipped."}
           for key, what in (("devices", "device file"), ("regions", "region file"),
                             ("qat_levels", "file of QAT levels"), ("models", "model file"))},
    }
    d_models = numbers_schema(range_of(1, 10000000, True))
    d_models["description"] = "Model dimensions: a list or a range."
    law = closed({"d_model": d_models}, ["d_model"], description="Models by the scaling law.")
    axes = {
        "model": {"description": "Models: {\"d_model\": list or range}, or a list of names of models.json, explicit "
                                 "architectures and such objects.",
                  "anyOf": [law, {"type": "array", "minItems": 1, "items": {"anyOf": [
                      *named("models", "name"), law, {"$ref": "#/definitions/model"}]}}]},
        "hardware": {"description": "Devices: names of devices.json, or inline ones, with based_on.", "type": "array",
                     "minItems": 1, "uniqueItems": True, "items": {"anyOf": [
                         *named("devices", "name"), {"$ref": "#/definitions/device"}]}},
        "year": {"description": "Years of hardware projection.", **numbers_schema(range_of(0, 50, True))},
        "qat": {"description": "QAT levels: names of qat_levels.json, or inline ones.", "type": "array", "minItems": 1,
                "uniqueItems": True,
                "items": {"anyOf": [*named("qat_levels", "qat"), {"$ref": "#/definitions/qat"}]}},
        "carbon_intensity": {"description": "Places: names of regions.json, or inline ones.", "type": "array",
                             "minItems": 1, "uniqueItems": True,
                             "items": {"anyOf": [*named("regions", "region"), {"$ref": "#/definitions/region"}]}},
    }
    required = list(axes)
    for section, rows in sections:
        members = {}
        for row in rows:
            members[row["name"]] = {"description": describe(row), "default": default(row), **setting_schema(row)}
            if row["scopes"]:
                axes[f"{section}.{row['name']}"] = {"description": describe(row), **axis_schema(row)}
        if section == "output":
            file = {"type": "string", "minLength": 1, "description": "Result file, relative to the working directory."}
            properties["output"] = {"description": "The result file: its name, or an object.",
                                    "anyOf": [file, closed({"file": file, **members})]}
        else:
            properties[section] = closed(members, description=SECTIONS[section])
    properties["device"] = closed({field["key"]: {
        "description": describe(field), "anyOf": [setting_schema(field), {"$ref": "#/definitions/factor"}]}
        for field in fields}, description="Fields of every device that is swept: values, or factors on what it has.")
    for field in fields:
        axes[f"device.{field['key']}"] = {"description": describe(field), "anyOf": [
            numbers_schema(setting_schema(field)), {"$ref": "#/definitions/factors"}]}
    properties["axes"] = closed(axes, required, description="The design space: each axis is a list or a range.")
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Configuration of cs_sweep",
        "description": "Written by scripts/reference.py from include/cs_sweep/settings.h and hardware.h.",
        **closed(properties, ["axes"]),
        "definitions": {
            "device": device_schema(fields),
            "factor": closed({"factor": FACTOR}, ["factor"]),
            "factors": closed({"factor": {"description": FACTOR["description"], **numbers_schema(FACTOR)}}, ["factor"]),
            "model": model_schema(models),
            "region": region_schema(),
            "qat": closed({"qat": CALLED, "format": {"enum": ["bf16", "int8", "fp8"],
                                                   "description": "Number format of the layers' GEMMs."},
                           "weight_bits": {**bits, "description": "Of a stored and gathered weight."},
                           "activation_bits": {**bits, "description": "Of the inputs of the layers' GEMMs."},
                           "communication_bits": {**bits, "description": "Of the collectives of activations."},
                           "dispatch_bits": {**bits, "description": "Of the dispatch to experts; default: as the other "
                                                                    "collectives."},
                           "gradient_bits": {**bits, "description": "Of gradients on the network; default: as "
                                                                    "training.gradient_bytes."},
                           "source": SOURCE, "note": NOTE},
                          ["qat", "format", "weight_bits", "activation_bits", "communication_bits"]),
        },
    }


# ---- tables of the README ----
def cell(text):
    return str(text).replace("|", "\\|")


def range_text(row):
    if row["type"] in ("real", "count"):
        return ("whole, " if row["type"] == "count" else "") + f"{shown(row['low'])} to {shown(row['high'])}"
    if row["type"] == "flag":
        return "true, false"
    if row["type"] == "list":
        return "list of whole numbers, " + row["names"].replace("|", ", ")
    return ("one or more of " if row["type"] == "set" else "") + row["names"].replace("|", ", ")


def default_text(row):
    if row["type"] in ("real", "count"):
        return shown(row["value"])
    value = default(row)
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) or "empty" if isinstance(value, list) else value


def unit_text(row):
    return "" if row["unit"] == "1" else row["unit"]


def scopes_text(row):
    return ", ".join(name for bit, name in SCOPES.items() if row["scopes"] & bit)


def section_table(section, rows):
    return [f"### {section}", "", SECTIONS[section], "",
            "| key | default | values | unit | read by | meaning and source |", "|---|---|---|---|---|---|",
            *(f"| `{row['name']}` | {cell(default_text(row))} | {cell(range_text(row))} | {unit_text(row)} | "
              f"{scopes_text(row) or 'no axis'} | {cell(row['meaning'])} |" for row in rows)]


def field_table(fields):
    lines = ["| key | default | values | unit | read by | meaning |", "|---|---|---|---|---|---|"]
    for field in fields:
        value = "required" if field["value"] is None else shown(field["value"])
        lines.append(f"| `{field['key']}` | {value} | {range_text(field)} | {unit_text(field)} | "
                     f"{scopes_text(field) or 'nothing'} | {cell(field['meaning'])} |")
    return lines


def model_table(models):
    return ["| key | default | meaning |", "|---|---|---|",
            *(f"| `{key}` | {kept} | {cell(made['description'])} |" for key, made, kept in model_fields(models))]


def stack_table(stacks):
    """What stacks can do, one row for each ability and family."""
    return ["| what | stack | since | on | source |", "|---|---|---|---|---|",
            *(f"| {cell(meaning)} | {family.lower()} | {f'{since} to {until}' if until else since} | "
              f"{on if on != 'ALL' else 'both'} | {cell(source)} |"
              for name, meaning in stacks["ABILITY"]
              for family, ability, since, until, on, source in stacks["FACT"] if ability == name)]


def years_table(rows, *columns):
    """What families have from a year on: numbers by their columns."""
    return ["| " + " | ".join(("stack", "since", "on", *columns, "source")) + " |", "|---" * (len(columns) + 4) + "|",
            *("| " + " | ".join(map(str, (family.lower(), since, on if on != "ALL" else "both", *map(shown, numbers),
                                          cell(source)))) + " |" for family, since, on, *numbers, source in rows)]


def readme(text, sections, fields, models, stacks):
    blocks = {"settings": [line for section, rows in sections for line in [*section_table(section, rows), ""]][:-1],
              "devices": field_table(fields), "models": model_table(models), "stacks": stack_table(stacks),
              "hosts": years_table(stacks["HOST"], "`dispatch_us`", "`boundary_us`"),
              "stores": years_table(stacks["STORE"], "gradient, B", "optimizer, B", "8-bit weight, B", "logit tiles")}
    for name, lines in blocks.items():
        pattern = re.compile(rf"(<!-- {name}: scripts/reference\.py writes this table -->\n)(?:(?!<!--).)*"
                             r"(<!-- end -->)", re.S)
        if len(pattern.findall(text)) != 1:
            sys.exit(f"configs/README.md has not one place for the table {name}")
        text = pattern.sub(lambda match, body="\n".join([*lines, ""]): match.group(1) + body + match.group(2), text)
    return text


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    made_of = tables()
    page = CONFIGS / "README.md"
    made = {CONFIGS / "schema.json": json.dumps(schema(*made_of), indent=1, ensure_ascii=False) + "\n",
            page: readme(page.read_text(encoding="utf-8"), *made_of)}
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if sys.argv[1:] == ["--check"]:
            print(f"{path.relative_to(ROOT)} is not what the headers say; run scripts/reference.py.")
        else:
            path.write_text(made[path], encoding="utf-8")
            print(f"{path.relative_to(ROOT)} is written.")
    if stale and sys.argv[1:] == ["--check"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
