#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What kills a run, or the disk below it: a message, an exit status, and a --resume that ends in the same bytes. Each
# fault strikes CS_FAULT_ROUNDS times at different moments; tests/slow/faults.sh runs many.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"
rounds=${CS_FAULT_ROUNDS:-1}

workload 2
mpi 2 "$quick" "${work[@]}" --output whole.h5 --quiet
equal "an undisturbed run" 0 "$status"
often=(--checkpoint 0.05 --quiet)

# recovered NAME TEXT
recovered() {
    mpi 2 "$quick" "${work[@]}" --output "$1" --resume --quiet
    equal "$2: resumed" "0 " "$status $(cat err)"
    expect "$2: the same bytes" cmp whole.h5 "$1"
    equal "$2: nothing is left behind" "" "$(strays_of "$1")"
    rm -f "$1" "$1".*
}
# moment ROUND: sleeps for a share of the run that differs from round to round.
moment() {
    sleep "$("$PYTHON" -c "print(0.15 + 1.6 * (($1 * 0.618 + 0.35) % 1))")"
}

# ---- killed ----
for ((round = 0; round < rounds; round++)); do
    for victim in 1 0 mpirun; do
        start_mpi 3 "$quick" "${work[@]}" --output kill.h5 "${often[@]}"
        until_true 30 process_of 2
        moment "$round"
        if [ "$victim" = mpirun ]; then
            kill -KILL "$pid"
        else
            process=$(process_of "$victim") && kill -KILL "$process" 2>/dev/null
        fi
        ended
        if [ "$status" -ne 0 ]; then
            equal "SIGKILL of $victim, round $round: exit status" 137 "$status"
        fi
        recovered kill.h5 "SIGKILL of $victim, round $round"
    done
    # In the middle of a checkpoint: as soon as the temporary file is there.
    start_mpi 2 "$quick" "${work[@]}" --output writing.h5 "${often[@]}"
    caught=0
    for ((i = 0; i < 3000; i++)); do
        for file in writing.h5.*; do
            case $file in
            writing.h5.partial | 'writing.h5.*') ;;
            *) caught=1 ;;
            esac
        done
        if [ "$caught" = 1 ] || gone "$pid"; then
            break
        fi
    done
    process=$(process_of 0) && kill -KILL "$process" 2>/dev/null
    ended
    recovered writing.h5 "SIGKILL of rank 0 while it writes, round $round"

    # ---- stopped for a while ----
    start_mpi 3 "$quick" "${work[@]}" --output pause.h5 "${often[@]}"
    until_true 30 process_of 1
    moment "$round"
    process=$(process_of 1) && kill -STOP "$process" && sleep 1 && kill -CONT "$process"
    ended
    equal "SIGSTOP of a worker, round $round" 0 "$status"
    expect "SIGSTOP of a worker, round $round: the same bytes" cmp whole.h5 pause.h5
    rm -f pause.h5
done

# A stop that a stopped worker does not hear is not lost.
start_mpi 3 "$quick" "${work[@]}" --output deaf.h5 --progress 0.2
until_true 30 grep -q searches err
process=$(process_of 1)
kill -STOP "$process"
kill -USR1 "$(process_of 0)"
expect "a stop beside a stopped worker: the checkpoint comes" until_true 20 test -s deaf.h5.partial
kill -CONT "$process"
ended
equal "a stop beside a stopped worker" 75 "$status"
recovered deaf.h5 "a stop beside a stopped worker"

# ---- the disk ----
# A limit of file size stands for a full disk where no file system may be mounted.
size=$(stat -c %s whole.h5)
(
    ulimit -f $((size / 3 / 1024)) # of this process: mpirun's own files would meet it too
    run 60 "$sweep" "$quick" "${work[@]}" --output limit.h5 "${often[@]}"
    echo "$status" >status
)
equal "file size limit: exit status" 74 "$(cat status)"
expect "file size limit: the message" grep -Eq '^cs_sweep: error: limit.h5.*File too large' err
equal "file size limit: no stray files" "" "$(strays_of limit.h5 .partial)"
recovered limit.h5 "file size limit"

mkdir disk
if mount -t tmpfs -o size="$((size / 2048))k" none disk 2>/dev/null; then
    trap 'umount disk' EXIT
    mpi 2 "$quick" "${work[@]}" --output disk/full.h5 "${often[@]}"
    equal "full disk: exit status" 74 "$status"
    expect "full disk: the message" grep -Eq '^cs_sweep: error: disk/full.h5.*No space left on device' err
    equal "full disk: no stray files" "" "$(strays_of disk/full.h5 .partial)"
    mount -o remount,size=100m disk
    mpi 2 "$quick" "${work[@]}" --output disk/full.h5 --resume --quiet
    expect "full disk, then room: the same bytes" cmp whole.h5 disk/full.h5
    rm -f disk/*
    mount -o remount,ro disk
    mpi 2 "$quick" "${work[@]}" --output disk/read-only.h5
    equal "read-only folder: exit status" 73 "$status"
    expect "read-only folder: the message" grep -Eq '^cs_sweep: error: disk/read-only.h5.*Read-only file system' err
    umount disk
    trap - EXIT
else
    echo "No tmpfs can be mounted here: full disk and read-only folder are not tested."
fi

mkdir folder
start_mpi 2 "$quick" "${work[@]}" --output folder/gone.h5 --progress 0.2 --checkpoint 0.1
until_true 30 grep -q searches err
rm -r folder
ended
equal "a folder that vanishes: exit status" 74 "$status"
expect "a folder that vanishes: the message" \
    grep -Eq '^cs_sweep: error: folder/gone.h5.*its folder has been removed' err
mkdir folder
recovered folder/gone.h5 "a folder that vanishes"
mpi 2 "$quick" "${work[@]}" --output nowhere/x.h5
equal "no folder: exit status" 73 "$status"
expect "no folder: the message" grep -Eq '^cs_sweep: error: nowhere/x.h5.*No such file or directory' err

# A reader that holds NAME.partial open and locked neither waits nor is waited for.
start_mpi 2 "$quick" "${work[@]}" --output read.h5 "${often[@]}"
until_true 30 test -s read.h5.partial
"$PYTHON" -c '
import fcntl, sys, time
file = open("read.h5.partial", "rb")
fcntl.flock(file, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(60)' >locked 2>&1 &
reader=$!
until_true 20 grep -q locked locked
ended
equal "a locked partial file: exit status" "0 " "$status $(cat err)"
expect "a locked partial file: the same bytes" cmp whole.h5 read.h5
kill "$reader" 2>/dev/null
wait "$reader" 2>/dev/null
finish
