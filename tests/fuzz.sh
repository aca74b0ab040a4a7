#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs libFuzzer's programs, each for an equal share of the time: first over its corpus, which must pass.
#   tests/fuzz.sh BUILD SECONDS tests/fuzz/NAME.c...
# New inputs go to BUILD/corpus/NAME/, what crashes to BUILD/crash/. Copy a crash into tests/fuzz/corpus/NAME/ with the
# change that cures it.
set -u
cd "$(dirname "$0")/.." || exit 70
build=$1
seconds=$2
shift 2
if [ $# -eq 0 ]; then
    echo "0 passed, 0 failed"
    exit 0
fi
export CS_SWEEP_DATA=$PWD/configs
each=$((seconds / $#))
[ "$each" -gt 0 ] || each=1
passed=0
failed=0
mkdir -p "$build/crash"
for source in "$@"; do
    name=$(basename "$source" .c)
    seeds=tests/fuzz/corpus/$name
    mkdir -p "$build/corpus/$name"
    corpora=("$build/corpus/$name")
    [ -d "$seeds" ] && corpora+=("$seeds")
    dictionary=()
    [ -f "tests/fuzz/$name.dict" ] && dictionary=(-dict="tests/fuzz/$name.dict")
    log=$build/$name.log
    # A single input may take 10 s and 1 GiB; more is a hang or an allocation without bound.
    if "$build/tests/fuzz/$name" -max_total_time="$each" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$build/crash/$name-" "${dictionary[@]}" "${corpora[@]}" \
        >"$log" 2>&1; then
        passed=$((passed + 1))
        echo "ok      fuzz/$name  $(awk '/stat::number_of_executed_units/ { print $2 }' "$log") inputs in $each s," \
            "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1)"
    else
        failed=$((failed + 1))
        echo "FAILED  fuzz/$name; $log ends with"
        tail -n 40 "$log" | sed 's/^/    | /'
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
