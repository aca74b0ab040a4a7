#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Unit, property and program tests under AddressSanitizer and UndefinedBehaviorSanitizer: make asan, make ubsan.
set -u
make=${MAKE:-make}
unset MAKEFLAGS MFLAGS CFLAGS CC LDFLAGS
# shellcheck source=tests/support/count.sh
. "$CS_SOURCE/tests/support/count.sh"
for target in asan ubsan; do
    CS_TEST_SLOWDOWN=${CS_TEST_SLOWDOWN/#1/6} "$make" --no-print-directory -C "$CS_SOURCE" BUILD="$CS_BUILD" \
        "$target" >"$CS_TMP/$target" 2>&1
    status=$?
    say "$status" "make $target"
    [ "$status" -eq 0 ] || grep -v '^ok ' "$CS_TMP/$target" | tail -n 100
    echo "$target: $(grep -E '^[0-9]+ passed, [0-9]+ failed' "$CS_TMP/$target" | tr '\n' ';')"
done
finish
