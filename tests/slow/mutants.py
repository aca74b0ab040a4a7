#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Breaks the formulas of src/model one at a time and shows that a test fails.

Every operator, number, comparison, degree and pair of like functions in the function bodies and tables of src/model is
a place to break: + for -, * for /, a number doubled, < for <= and for its opposite, a degree for another, the least for
the greatest, a sum that is not added. A mutant is one such change. It is compiled alone and stands before the library
(LD_PRELOAD); the unit tests and tests/property/floors.c are run until one fails, the one that found most so far first,
then the predictions that tests/programs/predictions.json states, and last the search against its oracle. A mutant that
the optimizing compiler makes the same program of is none. At least 95% of the others must be caught, and each that is
not must have a reason in tests/slow/mutants.txt: that it behaves the same for every valid input, or what else sees it.
Neither counts as caught; the share without the first kind is told besides.

    tests/slow/mutants.py [--file step.c] [--count N] [--seed S] [--quick] [--list] [--jobs J]

All are broken unless CS_MUTANTS or --count ask for a sample, which the seed fixes: first one of every line that can be
broken, then others at random.
"""
import argparse
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import synthetic
from harness import SOURCE

MODEL = SOURCE / "src/model"
REASONS = SOURCE / "tests/slow/mutants.txt"
TARGET = 0.97
SLOW = 2.0  # seconds: a unit test that takes longer waits until the quick ones have passed
# What each room's unit tests are about: those of files and of the command line cannot see a formula.
UNRELATED = re.compile("test_(allocation|base|bundle|damage|json|layout|lock|options|output|pack|queue|results|"
                       "wrong_.*)$")
FLAGS = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-D_FILE_OFFSET_BITS=64", "-Iinclude", "-Isrc", "-Isrc/model", "-w",
         "-g0", "-fno-math-errno", "-ffp-contract=off", "-fPIC"]

# ---- places to break -------------------------------------------------------------------------------------------------
TOKEN = re.compile(r"\d+\.?\d*(?:[eE][+-]?\d+)?[a-zA-Z]*|\.\d+(?:[eE][+-]?\d+)?|[A-Za-z_]\w*|"
                   r"->|\+\+|--|<<|>>|[<>=!+*/%&|^-]=|&&|\|\||\S")
WORDS = {
    "cs_min": "cs_max", "cs_max": "cs_min", "fmin": "fmax", "fmax": "fmin", "ceil": "floor", "floor": "ceil",
    "round": "floor", "sqrt": "cbrt", "cbrt": "sqrt", "true": "false", "false": "true",
    "cs_all_gather": "cs_all_reduce", "cs_all_reduce": "cs_all_gather", "cs_reduce_scatter": "cs_all_reduce",
}
# Degrees and the like of one type: taken one for another where they are members.
MEMBERS = {
    "tensor": "context", "context": "tensor", "expert": "context", "expert_tensor": "expert", "pipeline": "tensor",
    "data": "devices", "inside": "outside", "outside": "inside", "size": "inside", "forward": "backward",
    "backward": "forward", "forward_seconds": "backward_seconds", "backward_seconds": "forward_seconds",
    "ring_latency": "nic_latency", "nic_latency": "ring_latency", "queries": "keys", "keys": "queries",
    "heads": "kv_heads", "kv_heads": "heads", "m": "n", "n": "k", "k": "m", "a_bytes": "b_bytes",
    "b_bytes": "c_bytes", "parameters": "expert_parameters", "expert_parameters": "parameters",
    "experts": "experts_active", "experts_active": "experts", "tokens": "own_tokens", "own_tokens": "tokens",
    "d_model": "d_ff", "d_ff": "d_model", "first_state": "last_state", "last_state": "first_state",
    "first_activation": "last_activation", "last_activation": "first_activation", "dense": "mixture",
    "mixture": "dense", "slowest_forward": "slowest_backward", "slowest_backward": "slowest_forward",
    "weight_bytes": "activation_bytes", "activation_bytes": "weight_bytes", "shared": "experts",
    "ring_bandwidth": "nic_bandwidth", "nic_bandwidth": "ring_bandwidth", "hbm_bandwidth": "link_bandwidth",
    "link_bandwidth": "scale_out_bandwidth", "link_latency": "scale_out_latency", "d_qk": "d_v", "d_v": "d_qk",
}
OPERATORS = {
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="],
    ">=": [">", "<"], "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"], "+=": ["-=", "="], "-=": ["+="],
    "*=": ["/="], "/=": ["*="], "%": ["*"],
}
KEYWORDS = {"return", "case", "if", "while", "for", "sizeof", "switch", "else"}


class Mutant:
    """One change of one place."""

    def __init__(self, path, text, start, end, new):
        self.path, self.text, self.start, self.end, self.new = path, text, start, end, new
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", end)
        self.line = text.count("\n", 0, start) + 1
        self.before = " ".join(text[first:last].split())
        self.after = " ".join((text[first:start] + new + text[end:last]).split())
        self.killer = self.reason = None
        self.equivalent = False

    def key(self):
        return self.path.name, self.before, self.after

    def source(self):
        return self.text[:self.start] + self.new + self.text[self.end:]

    def __str__(self):
        return f"{self.path.name}:{self.line}\n    - {self.before}\n    + {self.after}"


def blank_comments(text):
    """Comments, strings and directives become blanks: places stay."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())
    text = re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text, flags=re.S)
    return re.sub(r"^[ ]*#(?:\\\n|[^\n])*", blank, text, flags=re.M)


def doubled(number):
    """A number twice as large, a zero become one; None for what is no plain number."""
    match = re.fullmatch(r"(\d+\.?\d*(?:[eE][+-]?\d+)?)([uUlLfF]*)", number)
    if not match:
        return None
    digits, suffix = match.groups()
    value = float(digits)
    if re.search(r"[.eE]", digits):
        return (repr(2.0 * value) if value else "1.0") + suffix
    return str(2 * int(digits) if int(digits) else 1) + suffix


def replacements(tokens, i):
    kind, before = tokens[i][0], tokens[i - 1][0] if i else ""
    after = tokens[i + 1][0] if i + 1 < len(tokens) else ""
    value_before = re.match(r"[\w.)\]]", before) and before not in KEYWORDS
    spaced = tokens[i][1] > tokens[i - 1][2] and i + 1 < len(tokens) and tokens[i + 1][1] > tokens[i][2]
    if kind in OPERATORS:
        if value_before and spaced:
            # Between whole numbers, as in `nodes > 1.5`, the border itself is never met: only the opposite is a change.
            return OPERATORS[kind][1:] if re.fullmatch(r"\d+\.5", after) else OPERATORS[kind]
        return [""] if kind == "-" and re.match(r"[\w(.]", after) else []
    if kind == "!" and after != "=":
        return [""]
    if kind[0].isdigit():
        # Not the extents of arrays and the labels of cases.
        new = None if before in ("[", "case") else doubled(kind)
        return [new] if new else []
    if kind in WORDS and (after == "(" or kind in ("true", "false")):
        return [WORDS[kind]]
    if kind in MEMBERS and before in ("->", ".") and tokens[i - 2][0] not in ("{", ","):
        return [MEMBERS[kind]]
    return []


def mutants_of(path):
    text = path.read_text()
    code = blank_comments(text)
    tokens = [(match.group(), match.start(), match.end()) for match in TOKEN.finditer(code)]
    depth = 0
    constant = False
    found = []
    for i, (token, start, end) in enumerate(tokens):
        if token == "{":
            depth += 1
        elif token == "}":
            depth -= 1
        elif token == ";" and depth == 0:
            constant = False
        elif token == "=" and depth == 0:
            constant = True
        if depth > 0 or constant:
            found += [Mutant(path, text, start, end, new) for new in replacements(tokens, i)]
    return found


def sample(found, count, seed):
    """One of every line first, then others, in a random order that the seed fixes."""
    generator = random.Random(seed)
    generator.shuffle(found)
    seen, first, rest = set(), [], []
    for mutant in found:
        place = (mutant.path, mutant.line)
        (rest if place in seen else first).append(mutant)
        seen.add(place)
    chosen = first + rest
    return chosen[:count] if count else chosen


# ---- building and running --------------------------------------------------------------------------------------------
def must(command, **options):
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Bench:
    """The library, shared, and tests linked to it."""

    def __init__(self, folder, quick):
        self.folder, self.quick = Path(folder), quick
        flags = {name: must(["scripts/detect.sh", name]).split() for name in ("check", "cjson")}
        includes = [word for words in flags.values() for word in words if word.startswith("-I")]
        libraries = [word for words in flags.values() for word in words if not word.startswith("-I")]
        self.includes = [*includes, "-Itests", "-Itests/support", "-I" + str(self.folder)]
        environment = dict(os.environ, CS_BUILD_VERSION="0", CS_BUILD_COMPILER="", CS_BUILD_FLAGS="",
                           CS_BUILD_DATADIR="")
        must(["scripts/build-header.sh", str(self.folder / "cs_build.h")], env=environment)
        # Without what needs MPI or HDF5.
        rooms = [path for path in sorted((SOURCE / "src").glob("*/*.c"))
                 if path.parent.name not in ("sweep", "results")]
        # Without what handles result files: HDF5 would be loaded for each run of each test.
        support = [path for path in sorted((SOURCE / "tests/support").glob("*.c"))
                   if path.stem not in ("fill", "output_case")]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = list(pool.map(self.object_of, rooms + support))
            self.library = self.folder / "libcs_sweep.so"
            must(["gcc", "-shared", "-o", self.library, *objects[:len(rooms)], *libraries, "-lm"])
            units = [path for path in sorted((SOURCE / "tests/unit").glob("*.c")) if not UNRELATED.match(path.stem)]
            programs = units + [SOURCE / "tests/property/floors.c", SOURCE / "tests/property/search_equals_oracle.c",
                                SOURCE / "src/cs_validate.c"]

            def link(path):
                program = self.folder / path.stem
                must(["gcc", "-o", program, self.object_of(path), *objects[len(rooms):], self.library,
                      f"-Wl,-rpath,{self.folder}", *libraries, "-lm"])
                return program
            linked = list(pool.map(link, programs))
        self.tests = linked[:-2]
        self.oracle, self.validate = linked[-2:]
        self.environment = dict(os.environ, CS_SWEEP_DATA=str(SOURCE / "configs"), CK_FORK="no", CK_VERBOSITY="silent",
                                CS_PROPERTY_COUNT=os.environ.get("CS_MUTANTS_ORACLE", "300"))
        self.stated = json.loads((SOURCE / "tests/programs/predictions.json").read_text())
        unmeasured = self.folder / "synthetic.json"
        unmeasured.write_text(json.dumps({"schema_version": 1, "cases": synthetic.cases()}))
        shipped = SOURCE / "configs/validation"
        self.cases = [shipped / "cases.json", shipped / "vtrain-single.json", unmeasured]
        self.limit = {}
        self.kills = {}
        self.lock = threading.Lock()
        self.baseline()

    def object_of(self, path):
        target = self.folder / (path.relative_to(SOURCE).as_posix().replace("/", "-") + ".o")
        must(["gcc", *FLAGS, "-O1", *self.includes, "-c", str(path.relative_to(SOURCE)), "-o", target])
        return target

    def compile(self, path, text, name, level="-O0"):
        """The bytes of a shared object, or None where it does not compile."""
        target = self.folder / f"{name}.so"
        command = ["gcc", *FLAGS, *self.includes, level, "-Wl,--build-id=none", "-shared", "-x", "c", "-", "-o", target]
        done = subprocess.run(command, input=text, text=True, cwd=SOURCE, capture_output=True, check=False)
        return target.read_bytes() if done.returncode == 0 else None

    def run(self, program, preload, *words):
        """Output, or None when it failed or took too long."""
        environment = dict(self.environment)
        if preload:
            environment["LD_PRELOAD"] = str(preload)
        # CPU time, as a busy machine must not seem to catch what only takes long there.
        limit = ["prlimit", f"--cpu={self.limit[program]:.0f}"] if program in self.limit else []
        done = subprocess.run([*limit, program, *words], env=environment, cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
        return done.stdout if done.returncode == 0 else None

    def same_predictions(self, preload):
        """As tests/programs/validate.py compares them."""
        out = self.run(self.validate, preload, *self.cases, "--json")
        try:
            ours = {case["id"]: case["predicted"] for case in json.loads(out or "{}")["cases"]}
        except (ValueError, KeyError):
            return False
        return set(ours) == set(self.stated) and all(
            value is not None and math.isclose(value, self.stated[name], rel_tol=1e-8)
            for name, value in ours.items())

    def baseline(self):
        """Everything compiles and passes unbroken; how long it takes limits how long a mutant may."""
        for path in sorted(MODEL.glob("*.c")):
            if self.compile(path, path.read_text(), "unbroken") is None:
                sys.exit(f"{path.name} does not compile as its mutants are compiled")
        for program in [*self.tests, self.oracle]:
            started = time.monotonic()
            if self.run(program, None) is None:
                sys.exit(f"{program.name} fails before anything is broken")
            seconds = time.monotonic() - started
            self.limit[program] = 20.0 + 20.0 * seconds
            self.kills[program] = [0, max(seconds, 0.01)]
        if not self.same_predictions(None):
            sys.exit("tests/programs/predictions.json is not what this model gives: make validate ARGS=--write")
        self.limit[self.validate] = 120.0

    def judge(self, mutant, name):
        """The test that fails; "same" or "invalid" where there is nothing to test; None where none fails."""
        try:
            made = self.compile(mutant.path, mutant.source(), name)
            if made is None:
                return "invalid"
            preload = self.folder / f"{name}.so"
            own = self.folder / ("test_" + mutant.path.stem)
            with self.lock:
                # Most found for the time it takes first; a file's own test before any has found much.
                order = sorted(self.tests, key=lambda test: -(self.kills[test][0] + (5 if test == own else 0.01))
                               / (0.02 + self.kills[test][1]))
            slow = [test for test in order if self.kills[test][1] > SLOW]
            # One with a reason to survive would only keep the long tests busy: at worst it counts as not caught.
            last = [] if self.quick or mutant.reason else [*slow, self.oracle]
            for test in [*(test for test in order if test not in slow), None, *last]:
                if test is None:
                    if not self.same_predictions(preload):
                        return "predictions.json"
                elif self.run(test, preload) is None:
                    with self.lock:
                        self.kills[test][0] += 1
                    return test.name
            same = self.compile(mutant.path, mutant.source(), name, "-O2") == self.compile(
                mutant.path, mutant.text, name + "o", "-O2")
            return "same" if same else None
        finally:
            for suffix in ("", "o"):
                (self.folder / f"{name}{suffix}.so").unlink(missing_ok=True)


# ---- reasons ---------------------------------------------------------------------------------------------------------
def read_reasons():
    """Entries of tests/slow/mutants.txt: `file: line before`, `    => line after`, and `    because ...` where both
    behave the same, `    but ...` where something else than a test tells them apart."""
    entry = re.compile(r"^(\w+\.c): (.+)\n    => (.+)\n    (because|but) (.+(?:\n        .+)*)", re.M)
    return {(file, before, after): (kind == "because", f"{kind} {' '.join(reason.split())}")
            for file, before, after, kind, reason in entry.findall(REASONS.read_text())}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--file", action="append", default=[], help="only these files of src/model")
    parser.add_argument("--count", type=int, default=int(os.environ.get("CS_MUTANTS", "0")))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--quick", action="store_true", help="leave the tests of the search out")
    parser.add_argument("--list", action="store_true", help="name the mutants, and build none")
    arguments = parser.parse_args()
    # Settings are a table and its look-up: nothing there is a formula.
    paths = [path for path in sorted(MODEL.glob("*.c")) if path.name != "settings.c"]
    if arguments.file:
        paths = [path for path in paths if path.name in arguments.file]
    found = [mutant for path in paths for mutant in mutants_of(path)]
    chosen = sample(found, arguments.count, arguments.seed)
    print(f"{len(found)} places in {len(paths)} files; {len(chosen)} taken", flush=True)
    if arguments.list:
        for mutant in chosen:
            print(mutant)
        return 0
    reasons = read_reasons()
    stale = [] if arguments.file else sorted(set(reasons) - {mutant.key() for mutant in found})
    if stale:
        sys.exit("tests/slow/mutants.txt names what is no mutant: " + "; ".join(": ".join(key[:2]) for key in stale))
    with tempfile.TemporaryDirectory(dir=os.environ.get("CS_TMP")) as folder:
        bench = Bench(folder, arguments.quick)
        done = [0]

        def judge(numbered):
            number, mutant = numbered
            mutant.equivalent, mutant.reason = reasons.get(mutant.key(), (False, None))
            mutant.killer = bench.judge(mutant, f"mutant{number}")
            done[0] += 1
            if mutant.killer is None:
                print(f"survives: {mutant}\n    {mutant.reason or 'without a reason'}", flush=True)
            if done[0] % 100 == 0:
                print(f"{done[0]} of {len(chosen)}", flush=True)
        with ThreadPoolExecutor(arguments.jobs) as pool:
            list(pool.map(judge, enumerate(chosen)))
    return report(chosen)


def report(chosen):
    tested = [mutant for mutant in chosen if mutant.killer not in ("same", "invalid")]
    caught = [mutant for mutant in tested if mutant.killer]
    killers = {}
    for mutant in caught:
        killers[mutant.killer] = killers.get(mutant.killer, 0) + 1
    print("\nfile                  tested  caught")
    for name in sorted({mutant.path.name for mutant in tested}):
        here = [mutant for mutant in tested if mutant.path.name == name]
        print(f"{name:20} {len(here):7} {sum(1 for mutant in here if mutant.killer):7}")
    print("\ncaught first by")
    for name, count in sorted(killers.items(), key=lambda item: -item[1]):
        print(f"{name:32} {count:5}")
    unexplained = [mutant for mutant in tested if not mutant.killer and not mutant.reason]
    equivalent = sum(1 for mutant in tested if not mutant.killer and mutant.equivalent)
    share = len(caught) / len(tested) if tested else 0.0
    others = len(caught) / (len(tested) - equivalent) if len(tested) > equivalent else 0.0
    same, invalid = (sum(1 for mutant in chosen if mutant.killer == kind) for kind in ("same", "invalid"))
    print(f"\n{len(chosen)} mutants: {invalid} do not compile, {same} are the same program; of {len(tested)} "
          f"others {len(caught)} are caught: {100 * share:.1f}%; without {equivalent} survivors that behave the same "
          f"by tests/slow/mutants.txt {100 * others:.1f}%; {len(unexplained)} of {len(tested) - len(caught)} survivors "
          f"have no reason there")
    ok = share >= TARGET and not unexplained
    print("1 passed, 0 failed" if ok else "0 passed, 1 failed")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
