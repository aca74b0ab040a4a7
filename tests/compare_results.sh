#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Whether this tree computes what another commit computes: tests/compare_results.sh REVISION [CONFIG]...
# Builds REVISION in a clone of its own, runs both programs on each CONFIG (configs/quick.json without one; REVISION's
# program with REVISION's data files) and compares the result files outside /provenance, bit by bit. A variable or a
# dimension that only one of them has is named; with --added it does not count as a difference.
set -eu
cd "$(dirname "$0")/.."
added=
if [ "${1:-}" = --added ]; then
    added=1
    shift
fi
if [ $# -lt 1 ]; then
    echo "usage: tests/compare_results.sh [--added] REVISION [CONFIG]..." >&2
    exit 64
fi
# shellcheck source=scripts/mpi-environment.sh
. scripts/mpi-environment.sh
revision=$(git rev-parse --verify --quiet "$1^{commit}") || { echo "$1 is no commit of this repository." >&2; exit 66; }
shift
[ $# -gt 0 ] || set -- configs/quick.json
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cs_sweep-compare.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
make --no-print-directory -j"$(getconf _NPROCESSORS_ONLN)" >"$scratch/build.log" 2>&1 ||
    { tail -n 20 "$scratch/build.log" >&2; exit 70; }
git clone --quiet --shared . "$scratch/other"
git -C "$scratch/other" checkout --quiet "$revision"
make --no-print-directory -C "$scratch/other" -j"$(getconf _NPROCESSORS_ONLN)" >"$scratch/other.log" 2>&1 ||
    { tail -n 20 "$scratch/other.log" >&2; exit 70; }
# Files of earlier commits say in the attribute search_key which configuration they belong to; that is no result, and
# h5diff counts an attribute that only one file has as a difference even where it is told to leave it out.
forget_key() { "${PYTHON:-/usr/bin/python3}" -c 'import sys, h5py
h5py.File(sys.argv[1], "r+").attrs.pop("search_key", None)' "$1"; }
names() { h5ls -r "$1" | awk '$1 !~ "^/provenance" {print $1}'; }
passed=0
failed=0
for config in "$@"; do
    build/cs_sweep "$config" --force --quiet --output "$scratch/ours.h5"
    "$scratch/other/build/cs_sweep" "$scratch/other/$config" --force --quiet --output "$scratch/theirs.h5"
    forget_key "$scratch/theirs.h5"
    status=0
    h5diff -c --exclude-path /provenance "$scratch/theirs.h5" "$scratch/ours.h5" >"$scratch/diff" 2>&1 || status=$?
    # A new variable makes its dimensions' lists of users longer, which is no difference of values.
    if [ -n "$added" ] && ! grep -qv REFERENCE_LIST "$scratch/diff"; then
        status=0
    fi
    only=$({ names "$scratch/theirs.h5"; names "$scratch/ours.h5"; } | sort | uniq -u | tr '\n' ' ')
    if [ -n "$only" ] && [ -z "$added" ]; then
        status=1
    fi
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        echo "$config: equal to ${revision:0:12} outside /provenance${only:+, besides $only}"
    else
        failed=$((failed + 1))
        echo "$config: differs from ${revision:0:12}${only:+; only one has $only}"
        head -n 20 "$scratch/diff"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
