#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# GCC's analyzer over every source. Its check of uninitialised values is left out: GCC 12 knows no array that another
# function or an earlier loop has filled; valgrind's and clang's see these. What else it says wrongly is listed below
# with the reason, by file and check, so that any other finding fails.
set -u
wrong=(
    # Options that take a value have one: parse_arguments looks at the table of options.
    'src/cs_sweep.c -Wanalyzer-null-argument'
    'src/cs_sweep.c -Wanalyzer-null-dereference'
    # The block is front->members, which lives as long as the front.
    'src/search/goal.c -Wanalyzer-malloc-leak'
)
# shellcheck source=tests/support/count.sh
. "$CS_SOURCE/tests/support/count.sh"
cd "$CS_SOURCE" || exit 1
unset MAKEFLAGS MFLAGS CFLAGS LDFLAGS
jobs=$(getconf _NPROCESSORS_ONLN)
if ! ${MAKE:-make} --no-print-directory -j "$jobs" BUILD="$CS_TMP/build" CC=gcc \
    CFLAGS='-O1 -fanalyzer -fdiagnostics-plain-output -Wno-analyzer-use-of-uninitialized-value' all \
    >"$CS_TMP/out" 2>"$CS_TMP/err"; then
    tail -n 20 "$CS_TMP/err"
    echo "0 passed, 1 failed"
    exit 1
fi
while read -r finding; do
    for known in "${wrong[@]}"; do
        [ "$finding" = "$known" ] && continue 2
    done
    echo "FAILED: $finding"
    grep -E "^${finding% *}:.*${finding#* }\]" "$CS_TMP/err"
    failed=$((failed + 1))
done < <(sed -nE 's/^([^:]+):[0-9]+:[0-9]+: warning: .*\[(-W[^]=]+)=?\]$/\1 \2/p' "$CS_TMP/err" | sort -u)
passed=$(grep -c '^  CC ' "$CS_TMP/out")
finish
