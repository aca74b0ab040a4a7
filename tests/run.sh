#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs tests and adds up what they say.
#   tests/run.sh BUILD TEST...
# A TEST is a program (Check's, or any that prints `N passed, N failed`), a .sh or a .py. One that prints no count is
# one test: passed when its exit status is 0, skipped when it is 77. Of a failed test the output is shown; every output
# stays in BUILD/log/.
#
# What a test finds in its environment: CS_BUILD (absolute), CS_SOURCE (the top of the tree), CS_TMP (an empty directory
# of its own, removed when it passes), CS_SWEEP_DATA, MPIRUN, PYTHON, CS_TEST_SLOWDOWN (by how much longer than usual a
# time limit should be). Tests of C run CS_TEST_JOBS at once (all cores); scripts run one after another.
set -u
cd "$(dirname "$0")/.." || exit 70
if [ $# -lt 1 ]; then
    echo "usage: tests/run.sh BUILD TEST..." >&2
    exit 64
fi
build=$1
shift

# shellcheck source=scripts/mpi-environment.sh
. scripts/mpi-environment.sh
CS_BUILD=$(cd "$build" && pwd) || exit 66
CS_SOURCE=$PWD
export CS_BUILD CS_SOURCE
export PYTHONPATH=$PWD/tests/support${PYTHONPATH:+:$PYTHONPATH}
export CS_SWEEP_DATA=${CS_SWEEP_DATA:-$PWD/configs}
if [ -z "${PYTHON:-}" ]; then
    PYTHON=python3
    [ -x /usr/bin/python3 ] && PYTHON=/usr/bin/python3
fi
export PYTHON
export CS_TEST_SLOWDOWN=${CS_TEST_SLOWDOWN:-1}
limit=$((${CS_TEST_TIMEOUT:-600} * CS_TEST_SLOWDOWN))
# Check ends a test after 4 s by default, which a busy machine reaches.
export CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-$((60 * CS_TEST_SLOWDOWN))}

log=$CS_BUILD/log
mkdir -p "$log"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/cs_sweep-tests.XXXXXX") || exit 73
children=
stop() {
    local child
    trap - INT TERM
    for child in $children; do
        kill "$child" 2>/dev/null
    done
    exit 130
}
trap 'rm -rf "$scratch"' EXIT
trap stop INT TERM

with_limit() {
    if command -v timeout >/dev/null 2>&1; then
        timeout -k 10 "$limit" "$@"
    else
        "$@"
    fi
}

name_of() {
    local name=${1#"$build"/}
    echo "${name#tests/}"
}

run_one() {
    local test=$1 name key status started ended
    name=$(name_of "$test")
    key=${name//\//-}
    mkdir -p "$scratch/$key"
    started=$(date +%s%N)
    case $test in
    *.sh) CS_TMP=$scratch/$key with_limit bash "$test" >"$log/$key.log" 2>&1 </dev/null ;;
    *.py) CS_TMP=$scratch/$key with_limit "$PYTHON" "$test" >"$log/$key.log" 2>&1 </dev/null ;;
    *) CS_TMP=$scratch/$key with_limit "$test" >"$log/$key.log" 2>&1 </dev/null ;;
    esac
    status=$?
    ended=$(date +%s%N)
    echo "$status $(((ended - started) / 1000000))" >"$scratch/$key.result"
}

passed=0
failed=0
skipped=0
report() {
    local name key status milliseconds counts p f
    name=$(name_of "$1")
    key=${name//\//-}
    read -r status milliseconds <"$scratch/$key.result"
    # Check: `66%: Checks: 3, Failures: 1, Errors: 0`, one line per suite runner; ours: `N passed, N failed`.
    counts=$(awk '
        /^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/ {
            gsub(/[^0-9 ]/, ""); split($0, n, " +"); p += n[2] - n[3] - n[4]; f += n[3] + n[4]; seen = 1
        }
        /^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3; seen = 1 }
        END { if (seen) print p + 0, f + 0 }' "$log/$key.log")
    if [ -n "$counts" ]; then
        read -r p f <<<"$counts"
        # Ended badly although no single test failed: a leak, a crash after the last test, a time limit.
        if [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
            f=1
        fi
    elif [ "$status" -eq 0 ]; then
        p=1 f=0
    elif [ "$status" -eq 77 ]; then
        p=0 f=0
        skipped=$((skipped + 1))
    else
        p=0 f=1
    fi
    passed=$((passed + p))
    failed=$((failed + f))
    if [ "$f" -gt 0 ] || { [ "$p" -eq 0 ] && [ "$status" -ne 77 ]; }; then
        # A program that ran no test has failed too.
        if [ "$f" -eq 0 ]; then
            failed=$((failed + 1))
        fi
        case $status in
        124 | 137) status="$status (time limit of $limit s?)" ;;
        esac
        printf 'FAILED  %-48s %8.2f s  %d passed, %d failed, exit status %s; its output (%s):\n' \
            "$name" "$((milliseconds / 10))e-2" "$p" "$f" "$status" "$log/$key.log"
        tail -n 200 "$log/$key.log" | sed 's/^/    | /'
    elif [ "$status" -eq 77 ]; then
        printf 'skipped %-48s %8.2f s  %s\n' "$name" "$((milliseconds / 10))e-2" "$(tail -n 1 "$log/$key.log")"
    else
        printf 'ok      %-48s %8.2f s  %d\n' "$name" "$((milliseconds / 10))e-2" "$p"
        rm -rf "${scratch:?}/$key"
    fi
}

jobs=${CS_TEST_JOBS:-$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)}
parallel=()
serial=()
for test in "$@"; do
    case $test in
    *.sh | *.py) serial+=("$test") ;;
    *) parallel+=("$test") ;;
    esac
done

for test in ${parallel[@]+"${parallel[@]}"}; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
        wait -n
    done
    run_one "$test" &
    children="$children $!"
done
wait
children=
for test in ${parallel[@]+"${parallel[@]}"}; do
    report "$test"
done
for test in ${serial[@]+"${serial[@]}"}; do
    run_one "$test"
    report "$test"
done

if [ $# -eq 0 ]; then
    echo "No test was named or found."
fi
summary="$passed passed, $failed failed"
if [ "$skipped" -gt 0 ]; then
    summary="$summary, $skipped skipped"
fi
echo "$summary" | tee "$log/summary"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
