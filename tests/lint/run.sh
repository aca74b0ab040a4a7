#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Style, static analysis and the rules of the tree: tests/lint/run.sh BUILD. Every check runs; each that fails says what
# it found, and what to do.
set -u
cd "$(dirname "$0")/../.." || exit 70
if ! git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    echo "make lint looks at the files that git knows; this is no clone." >&2
    exit 69
fi
build=${1:-build}
make=${MAKE:-make}
PYTHON=${PYTHON:-/usr/bin/python3}
[ -x "$PYTHON" ] || PYTHON=python3
mkdir -p "$build/lint/cppcheck"
cores=$(getconf _NPROCESSORS_ONLN)
passed=0
failed=0

# check NAME WHAT-TO-DO COMMAND...
check() {
    local name=$1 advice=$2 started=$SECONDS
    shift 2
    if "$@" >"$build/lint/$name.log" 2>&1; then
        passed=$((passed + 1))
        printf 'ok      %-14s %4d s\n' "$name" $((SECONDS - started))
    else
        failed=$((failed + 1))
        printf 'FAILED  %-14s %4d s  %s\n' "$name" $((SECONDS - started)) "$advice"
        head -n "${CS_LINT_LINES:-200}" "$build/lint/$name.log" | sed 's/^/    | /'
    fi
}

existing() {
    local file
    for file in "$@"; do
        if [ -f "$file" ]; then
            echo "$file"
        fi
    done
}

mapfile -t sources < <(existing src/*.c src/*/*.c)
mapfile -t test_sources < <(existing tests/unit/*.c tests/property/*.c tests/support/*.c tests/bench/*.c \
    tests/fuzz/*.c tests/install/*.c)
mapfile -t headers < <(existing include/cs_sweep/*.h src/*/*.h tests/*/*.h)
mapfile -t shells < <(git ls-files --cached --others --exclude-standard '*.sh' '*.sbatch' '*.bash' .ci/run)
mapfile -t pythons < <(git ls-files --cached --others --exclude-standard '*.py')
mapfile -t manuals < <(existing scripts/man/*.[1-9])

check format "run make format" "$make" --no-print-directory format-check

# The objects of an own build tell the rules about symbols; warnings of both compilers are errors.
check gcc "gcc's warnings are errors here: cure their cause" \
    "$make" --no-print-directory -j"$cores" BUILD="$build/lint/gcc" CC=gcc WERROR=1 all tests benches
check clang "clang's warnings are errors here: cure their cause" \
    "$make" --no-print-directory -j"$cores" BUILD="$build/lint/clang" CC=clang CFLAGS=-O1 WERROR=1 all tests benches

objects=$(find "$build/lint/gcc/obj" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' 2>/dev/null | sort -n |
    tail -n 1 | cut -d ' ' -f 2)
check rules "each line says what to do" "$PYTHON" tests/lint/rules.py ${objects:+--objects "$objects"}

check shellcheck "cure it, or disable the one line with the reason behind it" shellcheck -x "${shells[@]}"
[ ${#pythons[@]} -eq 0 ] || check pyflakes "remove what is unused, define what is not" \
    "$PYTHON" -m pyflakes "${pythons[@]}"
[ ${#manuals[@]} -eq 0 ] || check mandoc "correct the manual page" mandoc -T lint -W warning "${manuals[@]}"
check codespell "correct the word, or add it to the list in tests/lint/words.txt" \
    codespell --quiet-level=2 --ignore-words tests/lint/words.txt \
    --skip '*.h5,*.svg,corpus,cases.json,vtrain-single.json' \
    README.md CONTRIBUTING.md src include tests scripts configs jobs

check cppcheck "cure it, or suppress the one line with the reason behind it" \
    cppcheck --quiet --error-exitcode=1 --std=c11 --platform=unix64 --enable=warning,performance,portability \
    --inline-suppr --suppressions-list=tests/lint/cppcheck.txt -j "$cores" --cppcheck-build-dir="$build/lint/cppcheck" \
    --template='{file}:{line}: {severity}: {message} [{id}]' -D_POSIX_C_SOURCE=200809L -Iinclude \
    "${sources[@]}" "${headers[@]}"

"$make" --no-print-directory BUILD="$build/lint/clang" CC=clang CFLAGS=-O1 compile-commands \
    >"$build/lint/commands.log" 2>&1
check clang-tidy "cure it, or NOLINTNEXTLINE(check) with the reason" \
    tests/lint/clang-tidy.sh "$build/lint/clang" "$build/lint/tidy" "${sources[@]}" "${test_sources[@]}"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
