#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The search against literal Algorithm 1 on far more random instances than `make check` has time for: a seed of its own
# for every core, CS_SEARCH_INSTANCES (250,000) each.
set -u
count=${CS_SEARCH_INSTANCES:-250000}
cores=$(getconf _NPROCESSORS_ONLN)
status=0
children=
for seed in $(seq 1 "$cores"); do
    CS_PROPERTY_SEED=$((1000003 * seed)) CS_PROPERTY_COUNT=$count \
        "$CS_BUILD/tests/property/search_equals_oracle" >"$CS_TMP/$seed" 2>&1 &
    children="$children $!"
done
for child in $children; do
    wait "$child" || status=1
done
passed=$(cat "$CS_TMP"/* | grep -c '^1 passed, 0 failed')
grep -hv 'passed' "$CS_TMP"/*
echo "$passed passed, $((cores - passed)) failed"
exit "$status"
