#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rules of the tree that no general tool knows. Each complaint says what to do.

    tests/lint/rules.py [--list]
"""
import ast
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOP = {
    "directories": {".ci", "configs", "include", "jobs", "scripts", "src", "tests"},
    "files": {
        ".clang-format", ".clang-tidy", ".editorconfig", ".gitattributes", ".gitignore", "CITATION.cff",
        "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "spack.yaml",
    },
}
# What each room may import, besides itself.
ROOMS = ["base", "model", "search", "json", "library", "config", "design", "cases", "explain", "results", "sweep"]
READERS = ["base", "model", "json", "library", "config"]
IMPORTS = {
    "base": [],
    "model": ["base"],
    "search": ["base", "model"],
    "json": ["base"],
    "library": ["base", "model", "json"],
    "config": ["base", "model", "json", "library"],
    "design": ["base", "model", "search", "library", "config"],
    "cases": READERS + ["search", "design"],
    "explain": READERS + ["search", "design", "cases"],
    "results": ["base", "model", "search", "library", "config", "design"],
    # Rank 0 hands records to the file as they arrive; the file knows nothing of ranks.
    "sweep": ["base", "model", "search", "library", "config", "design", "results"],
}
LIBRARY_HEADERS = {"mpi.h": ["sweep"], "hdf5.h": ["results"], "hdf5_hl.h": ["results"], "cJSON.h": ["json"]}
BANNED = {
    r"ato[ifl]l?": "cs_sweep/number.h, which refuses what is not a number",
    r"strto(?:d|f|ld|l|ul|ll|ull|imax|umax)": "cs_sweep/number.h, the one place that calls it",
    r"strtok(?:_r)?": "a pointer that walks along",
    r"v?sprintf": "snprintf with the size of the buffer",
    r"gets": "fgets",
    r"str(?:n)?c(?:py|at)": "snprintf, or memcpy of a known length",
    r"stpcpy": "snprintf, or memcpy of a known length",
    r"gmtime|localtime|asctime|ctime": "gmtime_r and strftime",
    r"alloca": "malloc, or an array of constant size",
    r"scanf|fscanf|sscanf": "cs_sweep/number.h",
    r"tmpnam|tempnam|mktemp": "open with O_EXCL and O_NOFOLLOW",
    r"system|popen": "nothing: the program starts no other",
    r"s?rand|drand48|random": "a generator with a state and a seed of its own",
    r"setlocale": "nothing: numbers are read and written in the C locale",
    r"signal": "sigaction",
    r"usleep": "nanosleep",
    r"access": "the attempt itself, and its error",
}
BANNED_ALLOWED = {("src/base/number.c", "strto")}
# Forbidden in the rooms of pure functions, as symbols their objects may not want.
IMPURE = re.compile(r"^(?:printf|fprintf|puts|putchar|fputs|fwrite|fread|fopen|fclose|open|read|write|close|getenv|"
                    r"time|clock|clock_gettime|exit|abort|raise|kill|sleep|nanosleep|malloc|calloc|realloc|free)$")
IMPURE_SEARCH = re.compile(IMPURE.pattern.replace("|malloc|calloc|realloc|free", ""))

# Where people and clusters keep their own files: such a path is of one machine.
OWN_PLACE = re.compile(r"(?<![\w.$}~)*/-])"
                       r"/(?:home|root|Users|work|workspace|scratch|mnt|media|srv|data|lustre|gpfs)/[\w.-]+")

complaints = []


def complain(place, text):
    complaints.append(f"{place}: {text}")


def files():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, check=True).stdout.decode()
    return sorted(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def relative(path):
    return path.relative_to(ROOT).as_posix()


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text, strings=True):
    """Comments, and the inside of strings, become blanks: line numbers stay."""
    pattern = r'/\*.*?\*/|//[^\n]*' + (r'|"(?:\\.|[^"\\\n])*"' if strings else "")
    return re.sub(pattern, blank, text, flags=re.S)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def check_top(paths):
    """Nothing at the top but the seven folders and small customary files."""
    seen = {Path(relative(path)).parts[0] for path in paths}
    for name in sorted(seen):
        kind = "directories" if (ROOT / name).is_dir() else "files"
        if name not in TOP[kind]:
            complain(name, "does not belong at the top of the tree; put it into one of "
                     + ", ".join(sorted(TOP["directories"] - {".ci"})) + ", or add it to .gitignore")


def header_rooms():
    """Which room each public header belongs to: the table of src/README.md is the one place that says it."""
    rooms = {}
    for line in (ROOT / "src/README.md").read_text().splitlines():
        row = re.match(r"\| `(\w+)/` \|.*\| *([\w, ]*?) *\|$", line)
        if row:
            for name in filter(None, re.split(r", *", row.group(2))):
                rooms[name] = row.group(1)
    return rooms


def check_imports(paths):
    """Imports run one way, and each library is used by one room."""
    rooms = header_rooms()
    for header in sorted((ROOT / "include/cs_sweep").glob("*.h")):
        if header.stem not in rooms:
            complain(relative(header), "belongs to no room: name it in the table of src/README.md")
    for name in rooms:
        if not (ROOT / f"include/cs_sweep/{name}.h").exists():
            complain("src/README.md", f"the table names a header {name} that is not in include/cs_sweep/")
    for path in paths:
        name = relative(path)
        if path.suffix not in (".c", ".h") or not name.startswith(("src/", "include/")):
            continue
        parts = Path(name).parts
        room = rooms.get(path.stem) if parts[0] == "include" else (parts[1] if len(parts) > 2 else None)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not include:
                continue
            target = include.group(1)
            place = f"{name}:{number}"
            base = target.split("/")[-1]
            if base in LIBRARY_HEADERS and room not in LIBRARY_HEADERS[base]:
                complain(place, f"{target} is for src/{LIBRARY_HEADERS[base][0]}/ only; call its interface instead")
            if base in LIBRARY_HEADERS and parts[0] == "include":
                complain(place, f"a public header must not need {target}; keep it in src/{LIBRARY_HEADERS[base][0]}/")
            if ".." in target:
                complain(place, f"{target}: use the room's public header in include/cs_sweep/")
            folder = target.split("/")[0]
            if target.startswith("cs_sweep/") or folder in ROOMS:
                other = folder if folder in ROOMS else rooms.get(Path(target).stem)
                if room and other and other != room and other not in IMPORTS[room]:
                    complain(place, f"{room} must not import {other} ({target}): src/README.md says which way "
                             "imports run")
                if parts[0] == "src" and line.strip().startswith("#include <"):
                    complain(place, f'write #include "{target}": own headers stand in quotes')


def check_banned(paths):
    """Functions that lose errors, overflow or keep hidden state."""
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in paths:
        name = relative(path)
        if path.suffix not in (".c", ".h") or not name.startswith(("src/", "include/", "tests/")):
            continue
        text = without_comments(path.read_text())
        for match in pattern.finditer(text):
            word = match.group(1)
            if any(name == file and word.startswith(start) for file, start in BANNED_ALLOWED):
                continue
            instead = next(advice for expression, advice in BANNED.items() if re.fullmatch(expression, word))
            complain(f"{name}:{line_of(text, match.start())}", f"{word} is not used here; use {instead}")
        for match in re.finditer(r"\btypedef\s+(?:struct|union|enum)\b", text):
            complain(f"{name}:{line_of(text, match.start())}", "no typedef for structs and enums: write struct cs_x")


def check_text(paths):
    """Licence line, line ends, width, words of the workshop, places of one machine."""
    for path in paths:
        name = relative(path)
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if name.startswith("tests/fuzz/corpus/"):
            continue
        script = path.suffix in (".sh", ".py", ".sbatch") or name in ("Makefile", ".ci/run")
        source = path.suffix in (".c", ".h")
        if (source or script) and "SPDX-License-Identifier: BSD-3-Clause" not in "\n".join(text.splitlines()[:3]):
            complain(name, "add the line SPDX-License-Identifier: BSD-3-Clause as a comment at the top")
        if text and not text.endswith("\n"):
            complain(name, "end the file with a newline")
        if source or script or path.suffix in (".md", ".json", ".yaml", ".cff", ".1", ".5"):
            for number, line in enumerate(text.splitlines(), 1):
                if line != line.rstrip() and path.suffix != ".md":
                    complain(f"{name}:{number}", "remove the blanks at the end of the line")
                if "\t" in line and source:
                    complain(f"{name}:{number}", "use blanks instead of tabs")
                if len(line) > 120 and (source or script) and "http" not in line:
                    complain(f"{name}:{number}", f"{len(line)} columns; 120 are the most")
        for match in OWN_PLACE.finditer(text):
            complain(f"{name}:{line_of(text, match.start())}", f"{match.group()} is a place of one machine; name "
                     "it from the tree, or by a variable")
        if name != "tests/lint/rules.py":
            for match in re.finditer(r"\b(?:FIXME|XXX|HACK)\b|\bTODO\b(?!\(\w+\): )", text):
                if source or script:
                    complain(f"{name}:{line_of(text, match.start())}", f"{match.group()}: finish it, or say what is "
                             "missing in the room's README")


FILE_LINES = 500
FUNCTION_LINES = 80
# What a long file of a folder is cut into.
SPLIT = {
    "tests/": "cut it by what its tests are about; what they share goes to tests/support/",
    "scripts/report_page/": "cut it by what its parts know, and name them in PAGE_PARTS of scripts/report.py",
    "": "cut it by what its parts know",
}


def functions(path, text):
    """First line and length of each function of a source of C or Python."""
    if path.suffix == ".py":
        return [(node.lineno, node.end_lineno - node.lineno + 1) for node in ast.walk(ast.parse(text))
                if isinstance(node, ast.FunctionDef)]
    found, start = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            found.append((start - 1, number - start + 1))
            start = None
    return found


def check_size(paths):
    """Files of at most 500 lines, functions of about 60 and at most 80: of programs, tests, scripts and the page."""
    for path in paths:
        name = relative(path)
        if path.suffix not in (".c", ".h", ".py", ".sh", ".js", ".css", ".html", ".sbatch"):
            continue
        text = path.read_text()
        lines = text.count("\n")
        if lines > FILE_LINES:
            advice = next(advice for folder, advice in SPLIT.items() if name.startswith(folder))
            complain(name, f"{lines} lines, at most {FILE_LINES}: {advice}")
        if path.suffix in (".c", ".py"):
            for line, length in functions(path, text):
                if length > FUNCTION_LINES:
                    complain(f"{name}:{line}", f"a function of {length} lines: give its parts names (about 60, at most "
                             f"{FUNCTION_LINES})")


def check_versions(_paths):
    """One version number, wherever it stands."""
    version = re.search(r"^VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.M).group(1)
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.M)
    if not cited or cited.group(1).strip("\"'") != version:
        complain("CITATION.cff", f"its version is not the Makefile's {version}")


def check_data(paths):
    """Data files are strict JSON or YAML."""
    def pairs(items):
        keys = [key for key, _ in items]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"keys that stand twice: {', '.join(twice)}")
        return dict(items)

    def constant(word):
        raise ValueError(f"{word} is not JSON")

    for path in paths:
        name = relative(path)
        if path.suffix == ".json" and not name.startswith("tests/"):
            try:
                json.loads(path.read_text(), object_pairs_hook=pairs, parse_constant=constant)
            except ValueError as error:
                complain(name, f"not strict JSON: {error}")
        elif path.suffix in (".yaml", ".yml", ".cff"):
            import yaml
            try:
                yaml.safe_load(path.read_text())
            except yaml.YAMLError as error:
                complain(name, f"not YAML: {error}")


def check_reasons(_paths):
    """Each surviving mutant that tests/slow/mutants.txt excuses breaks a line that src/model still has."""
    text = (ROOT / "tests/slow/mutants.txt").read_text()
    for match in re.finditer(r"^(\w+\.c): (.+)$", text, re.M):
        source = ROOT / "src/model" / match.group(1)
        lines = [" ".join(line.split()) for line in source.read_text().splitlines()] if source.exists() else []
        if match.group(2) not in lines:
            complain(f"tests/slow/mutants.txt:{line_of(text, match.start())}", f"src/model/{match.group(1)} has no "
                     "such line: write it as it stands there now, with the same change, or remove the entry")


def check_symbols(_paths):
    """Own prefix on every public symbol; no writable data, input or output in the rooms of pure functions."""
    objects = sys.argv[sys.argv.index("--objects") + 1] if "--objects" in sys.argv else None
    if not objects:
        return
    for room in ROOMS:
        for item in sorted(Path(objects).glob(f"src/{room}/*.o")):
            if item.name.endswith(".pic.o"):
                continue
            source = f"src/{room}/{item.stem}.c"
            if not (ROOT / source).exists():
                continue
            listing = subprocess.run(["nm", "-P", item], capture_output=True, text=True, check=True).stdout
            for line in listing.splitlines():
                symbol, kind = line.split()[:2]
                if kind in "TDBCRGS" and not symbol.startswith("cs_"):
                    complain(source, f"{symbol} is visible to users of the library: name it cs_{symbol} or make it "
                             "static")
                pure = room in ("model", "search")
                impure = IMPURE if room == "model" else IMPURE_SEARCH
                if pure and kind == "U" and impure.match(symbol):
                    complain(source, f"{symbol} is called: src/{room}/ does no input, output or allocation of its "
                             "own")
            if room in ("model", "search"):
                table = subprocess.run(["objdump", "-t", item], capture_output=True, text=True, check=True).stdout
                # Constants that hold addresses are read-only from the program's start on: .data.rel.ro.
                pattern = r"\sO (?!\.data\.rel\.ro)(?:\.t?data|\.t?bss|\*COM\*)\S*\s\S+\s+(\S+)$"
                for symbol in re.findall(pattern, table, re.M):
                    complain(source, f"{symbol} is writable data: src/{room}/ has no state; make it const or an "
                             "argument")


CHECKS = [check_top, check_imports, check_banned, check_text, check_size, check_versions, check_data, check_reasons,
          check_symbols]


def main():
    if "--list" in sys.argv:
        for check in CHECKS:
            print(f"{check.__name__[6:]:10} {check.__doc__.splitlines()[0]}")
        return 0
    paths = files()
    for check in CHECKS:
        check(paths)
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
