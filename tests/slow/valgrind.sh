#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# memcheck over every unit test, some instances of each property test, and a small sweep on one rank and on two: no
# wrong access, nothing uninitialised, and in what is not MPI no memory that is lost. Check runs each test in a child,
# which ends without freeing the fixtures: so the tests run in one process, and what still hangs on a pointer does not
# count.
set -u
if ! command -v valgrind >/dev/null 2>&1; then
    echo "valgrind is not here; scripts/install-deps.sh test installs it."
    exit 77
fi
# shellcheck source=tests/support/count.sh
. "$CS_SOURCE/tests/support/count.sh"
jobs=$(getconf _NPROCESSORS_ONLN)
export CK_FORK=no CK_DEFAULT_TIMEOUT=7200 CS_PROPERTY_COUNT=${CS_PROPERTY_COUNT:-50} CS_TEST_FLIPS=20
valgrind=(valgrind --quiet --error-exitcode=99 --num-callers=20)

check() {
    local name=$1
    shift
    if "$@" >"$CS_TMP/$name" 2>&1; then
        echo "ok $name" >>"$CS_TMP/verdicts"
    else
        echo "failed $name" >>"$CS_TMP/verdicts"
        grep -E '==|FAILED|:[FE]:' "$CS_TMP/$name" | head -n 40
    fi
}

for test in "$CS_BUILD"/tests/unit/test_* "$CS_BUILD"/tests/property/*; do
    name=$(basename "$test")
    case $name in
    test_allocation) continue ;; # puts a malloc of its own before valgrind's
    test_output) continue ;;     # its full disk is one of a name space, which valgrind's program cannot enter
    esac
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
        wait -n
    done
    check "$name" "${valgrind[@]}" --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
        "$test" &
done
wait

# Open MPI says itself what valgrind should not mind of it.
suppressions=(--suppressions="$CS_SOURCE/tests/slow/valgrind.supp")
beside=$(dirname "$(command -v mpirun)")/../share
for file in /usr/share/openmpi/openmpi-valgrind.supp "$beside/openmpi/openmpi-valgrind.supp"; do
    [ -f "$file" ] && suppressions+=(--suppressions="$file")
done
small=("$CS_SOURCE/configs/quick.json" --quiet --force --set 'axes.model={"d_model": [2048]}' --set 'axes.year=[0]')
check sweep-1 "${valgrind[@]}" "${suppressions[@]}" "$CS_BUILD/cs_sweep" "${small[@]}" --output "$CS_TMP/one.h5"
check sweep-2 timeout -k 10 3000 "$MPIRUN" -n 2 "${valgrind[@]}" "${suppressions[@]}" "$CS_BUILD/cs_sweep" \
    "${small[@]}" --output "$CS_TMP/two.h5"
check sweep-same h5diff --exclude-path /provenance "$CS_TMP/one.h5" "$CS_TMP/two.h5"

passed=$(grep -c '^ok' "$CS_TMP/verdicts")
failed=$(grep -c '^failed' "$CS_TMP/verdicts")
grep '^failed' "$CS_TMP/verdicts"
finish
