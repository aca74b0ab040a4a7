#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Sweeps that do not fit: refused before anything is computed. Files that take long: given up when the run is to stop,
# and written with the memory of a small one.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"

# Few searches, and as many points as three axes that only carbon reads have: grid PUES LIFETIMES SHARES.
grid() {
    points=("${small[@]}" --set 'axes.qat=["off"]' --set 'axes.carbon_intensity=["us-east5"]' --set limits.points=1e12
        --set "axes.carbon.pue={\"from\":1,\"to\":$(awk "BEGIN { print 1 + ($1 - 1) / 1000 }"),\"step\":0.001}"
        --set "axes.carbon.lifetime_years={\"from\":1,\"to\":$2,\"step\":1}"
        --set "axes.power.static_fraction={\"from\":0,\"to\":$(awk "BEGIN { print ($3 - 1) / 1e5 }"),\"step\":1e-5}")
}

# ---- refused before anything is computed ----
grid 9000 1000 99000
started=$SECONDS
run 60 "$sweep" "$quick" "${points[@]}" --output huge.h5
equal "a file of terabytes: exit status" 73 "$status"
expect "... soon" test $((SECONDS - started)) -lt $((20 * slow))
expect "... the message" grep -Eq "^cs_sweep: error: huge.h5 takes [0-9.]+ TB before compression, at least [0-9.]+ TB \
of them in the file \(limits.compressed_share\), and [0-9.]+ [kMGT]?B are free there. Sweep fewer values, or give an \
--output elsewhere.\$" err
equal "... one line, nothing left" "1 " "$(grep -c . err) $(ls huge.h5* 2>/dev/null)"
mpi 2 "$quick" "${points[@]}" --output huge.h5
equal "... under mpirun" "73 1" "$status $(grep -c '^cs_sweep: error: ' err)"
run 60 "$sweep" "$quick" "${points[@]}" --output huge.h5 --dry-run
equal "... the dry run says so" "0 1" "$status $(grep -c '^Room:     not enough: ' out)"

# A search takes a record of some hundred bytes on rank 0.
many=(--set 'axes.training.deadline_days={"from":1,"to":100,"step":0.01}' --set 'axes.qat=["off"]'
    --set 'axes.model.d_model={"from":1024,"to":65536,"step":128}')
(
    ulimit -v 1000000 # KiB
    run 60 "$sweep" "$quick" "${many[@]}" --set limits.points=1e10 --output many.h5
    echo "$status" >status
)
equal "more searches than memory: exit status" 73 "$(cat status)"
expect "... the message" grep -Eq "^cs_sweep: error: The results of [0-9,]+ searches take [0-9.]+ GB of memory on rank \
0, where 1.02 GB are available. " err
equal "... nothing left" "" "$(ls many.h5* 2>/dev/null)"

mkdir disk
if mount -t tmpfs -o size=1m none disk 2>/dev/null; then
    trap 'umount disk' EXIT
    grid 10 100 1000
    run 60 "$sweep" "$quick" "${points[@]}" --output disk/x.h5
    equal "a small disk" "73 " "$status $(ls disk)"
    # Who knows better may start.
    run 60 "$sweep" "$quick" "${points[@]}" --output disk/x.h5 --set limits.compressed_share=0
    equal "a small disk, and no look at it" "74 " "$status $(ls disk)"
    expect "... the message" grep -Eq '^cs_sweep: error: disk/x.h5 cannot be written: No space left on device.$' err
    # Others fill the disk while a run is at work: its last checkpoint stays, and it ends well when there is room again.
    mount -o remount,size=100m disk
    workload 3
    start_mpi 2 "$quick" "${work[@]}" --output disk/work.h5 --checkpoint 0.1 --progress 0.2
    until_true 30 test -s disk/work.h5.partial
    fallocate -l 200m disk/others 2>/dev/null || dd if=/dev/zero of=disk/others bs=1M 2>/dev/null
    expect "a disk that fills: the message" until_true 30 grep -Eq "^cs_sweep: error: disk/work.h5.partial cannot be \
written: No space left on device( \(it took [0-9.]+ kB the last time, [0-9.]+ k?B are free\))?. The sweep goes on" err
    expect "a disk that fills: the last checkpoint stays" test -s disk/work.h5.partial
    rm disk/others
    ended
    equal "a disk with room again" 0 "$status"
    umount disk
    trap - EXIT
else
    echo "No tmpfs can be mounted here: small disks are not tested."
fi

# ---- a file that takes long ----
# Given up: after the time that SIGTERM waits; at once after a second signal, whatever the first was.
grid 1000 100 1000
for signals in TERM USR1,TERM INT,INT; do
    start "$sweep" "$quick" "${points[@]}" --output long.h5
    expect "$signals: the file is begun" until_true 60 test -s long.h5.partial.tmp
    begun=$SECONDS
    kill "-${signals%,*}" "$pid"
    if [ "$signals" != "${signals#*,}" ]; then
        sleep 1.2
        kill "-${signals#*,}" "$pid"
    fi
    ended
    taken=$((SECONDS - begun))
    equal "$signals while the file is written: exit status, what is left" "75 " "$status $(ls long.h5* 2>/dev/null)"
    if [ "$signals" = TERM ]; then
        expect "$signals: within its time" test "$taken" -le $((12 * slow))
        expect "$signals: the message" grep -Eq "^Stopped by SIGTERM after [0-9.]+ s. A file of what is done would \
have taken more than 8 s, for which SIGUSR1 and long.h5.stop wait: there is no long.h5.partial yet. The same command \
with --resume does the rest.\$" err
    else
        expect "$signals: at once" test "$taken" -le $((4 * slow))
        expect "$signals: the message" grep -Eq "^Stopped at once by a second signal after [0-9.]+ s: there is no \
long.h5.partial yet. The same command with --resume does the rest.\$" err
    fi
done

# ---- memory ----
peak() {
    grid "$@"
    CS_STATISTICS=$PWD/statistics.json run 120 "$sweep" "$quick" "${points[@]}" --output peak.h5 --quiet --force
    "$PYTHON" -c 'import json; print(json.load(open("statistics.json"))["rank0_bytes"])'
}
# 50 and 1,000 chunks; a table of 8,192 combinations each.
few=$(peak 10 10 300)
lots=$(peak 10 100 1000)
expect "a file of a million points takes the memory of one of 30,000 ($lots and $few bytes)" \
    test "$lots" -lt $((few + 4000000))
finish
