#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A run over several hosts of which one falls silent: its network is cut, which closes no connection. The others do what
# it held, and the run ends with the same bytes, without waiting for it. tests/slow/hosts.sh tries more.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"
# shellcheck source=tests/support/hosts.sh
. "$CS_SOURCE/tests/support/hosts.sh"
if ! hosts_can; then
    echo "needs root, network namespaces and Open MPI"
    exit 77
fi
hosts_up 3

workload 2
run 60 "$sweep" "$quick" "${work[@]}" --output whole.h5 --quiet
# told TEXT HOST RANK: what is said of a host that has fallen silent.
told() {
    local since="since [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"
    expect "$1: the host is named" \
        grep -Eq "^Nothing has been heard of $2 \(rank $3\) $since, for [0-9.]+ s: others do its searches too.$" err
    expect "$1: not waited for" grep -Eq "^$2 \(rank $3\) has been silent $since: the run ends without it.$" err
}
# whole NAME TEXT: complete, with the bytes of an undisturbed run.
whole() {
    expect "$2: the same bytes" cmp whole.h5 "$1"
    equal "$2: nothing else" "" "$(strays_of "$1")"
    rm -f "$1"
}

start_hosts 1 "$quick" "${work[@]}" --output cut.h5 --progress 0.1 --silence 1
expect "the run has begun" until_true 30 grep -q searches err
host_cut "${hosts[1]}"
begun=$SECONDS
ended
taken=$((SECONDS - begun))
# mpirun would wait for its daemon on that host; told twice to end, it returns 1.
equal "a host is cut off: exit status of mpirun" 1 "$status"
expect "a host is cut off: soon ($taken s)" test "$taken" -le $((25 * slow))
told "a host is cut off" "${hosts[1]}" 1
whole cut.h5 "a host is cut off"
finish
