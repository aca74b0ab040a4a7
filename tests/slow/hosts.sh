#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Four hosts, of which some are cut off for ever or for a while, killed, or slow: the same bytes, and an end that waits
# for nobody who does not come back.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"
# shellcheck source=tests/support/hosts.sh
. "$CS_SOURCE/tests/support/hosts.sh"
if ! hosts_can; then
    echo "needs root, network namespaces and Open MPI"
    exit 77
fi
hosts_up 4
limit=300

workload 6
run 120 "$sweep" "$quick" "${work[@]}" --output whole.h5 --quiet

# begin RANKS ARGUMENT...: until work has been handed out.
begin() {
    rm -f x.h5*
    start_hosts "$1" "$quick" "${work[@]}" --output x.h5 --progress 0.2 "${@:2}"
    expect "$text: the run has begun" until_true 60 grep -q searches err
}
# over STATUS SECONDS: ended so, so long after what happened, and whole.
over() {
    local happened=$SECONDS
    ended
    equal "$text: exit status of mpirun" "$1" "$status"
    expect "$text: within $2 s ($((SECONDS - happened)))" test $((SECONDS - happened)) -le $(($2 * slow))
    expect "$text: the same bytes" cmp whole.h5 x.h5
    equal "$text: nothing else" "" "$(strays_of x.h5)"
}
anew() {
    local name
    for name in "${hosts[@]}"; do
        host_killed "$name"
        host_joined "$name"
    done
    for name in "${hosts[@]}"; do
        until_true 10 host_linked "$name"
    done
}

text="four hosts, nothing happens"
begin 1
over 0 60

text="one of four is cut off, with the default patience"
begin 1
host_cut "${hosts[2]}"
over 1 90
equal "$text: one host is named" 1 "$(grep -c '^Nothing has been heard of ' err)"
expect "$text: which" grep -q "^${hosts[2]} (rank 2) has been silent since .*: the run ends without it.$" err
anew

text="two of four with two ranks each"
begin 2 --silence 3
host_cut "${hosts[1]}"
sleep 1
host_cut "${hosts[3]}"
over 1 60
equal "$text: each is named once" "1 1" "$(grep -c "^Nothing has been heard of ${hosts[1]} " err) \
$(grep -c "^Nothing has been heard of ${hosts[3]} " err)"
anew

text="all but the first"
begin 1 --silence 3
for name in "${hosts[@]:1}"; do
    host_cut "$name"
done
over 1 120
anew

text="cut off for ten seconds"
begin 1
host_cut "${hosts[2]}"
sleep 10
host_joined "${hosts[2]}"
over 0 90
anew

text="cut off for longer than the patience"
begin 1 --silence 4
host_cut "${hosts[2]}"
expect "$text: noticed" until_true 30 grep -q '^Nothing has been heard of ' err
host_joined "${hosts[2]}"
expect "$text: heard again" until_true 60 grep -q "^${hosts[2]} (rank 2) is heard again, after " err
over 0 60
anew

text="cut off when the run is to stop"
begin 1 --silence 3
host_cut "${hosts[2]}"
expect "$text: noticed" until_true 30 grep -q '^Nothing has been heard of ' err
touch x.h5.stop
ended
equal "$text: exit status of mpirun" 1 "$status"
expect "$text: the message" grep -q '^Stopped by the stop file after ' err
expect "$text: a checkpoint" test -s x.h5.partial
anew
start_hosts 1 "$quick" "${work[@]}" --output x.h5 --resume --quiet
over 0 60
anew

# mpirun sees that connections close, and ends the run; what was done is in the last checkpoint.
text="a host is killed"
begin 1 --checkpoint 0.5
until_true 30 test -s x.h5.partial
host_killed "${hosts[3]}"
ended
expect "$text: it does not end well ($status)" test "$status" -ne 0
expect "$text: a checkpoint" test -s x.h5.partial
anew
start_hosts 1 "$quick" "${work[@]}" --output x.h5 --resume --quiet
over 0 60
anew

if ip netns exec "${hosts[2]}" tc qdisc add dev eth0 root netem delay 200ms 50ms loss 3% 2>/dev/null; then
    text="a slow network that loses packets"
    begin 1
    over 0 120
    equal "$text: nobody is missed" 0 "$(grep -c '^Nothing has been heard of ' err)"
else
    echo "This kernel has no netem: a slow network is not tested."
fi
finish
