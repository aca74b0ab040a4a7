#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Signals and the stop file: a checkpoint, exit status 75 on every rank, and a resumed run that gives the same bytes.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"

workload 3
mpi 2 "$quick" "${work[@]}" --output whole.h5 --quiet
equal "an uninterrupted run" 0 "$status"

# resumed NAME TEXT: goes on to the end, and compares.
resumed() {
    mpi 2 "$quick" "${work[@]}" --output "$1" --resume
    equal "$2: resumed" 0 "$status"
    expect "$2: the same bytes" cmp whole.h5 "$1"
    equal "$2: nothing is left behind" "" "$(strays_of "$1")"
}
# stopped_run NAME REASON TEXT: after a stop.
stopped_run() {
    equal "$3: exit status" 75 "$status"
    local where="[0-9,]+ of [0-9,]+ searches are in $1.partial"
    expect "$3: the message" grep -Eq \
        "^Stopped by $2 after [0-9.]+ s: $where. The same command with --resume does the rest.$" err
    expect "$3: a checkpoint" test -s "$1.partial"
    equal "$3: nothing else" "" "$(strays_of "$1" .partial)"
    say "$([ ! -e "$1" ]; echo $?)" "$3: no final file"
}

start_mpi 3 "$quick" "${work[@]}" --output usr1.h5 --progress 0.2
expect "progress begins" until_true 30 grep -q searches err
kill -USR1 "$pid"
ended
stopped_run usr1.h5 SIGUSR1 "SIGUSR1 to mpirun"
expect "the partial file is a result file" grep -q status <(h5dump -H -d /status usr1.h5.partial)

# Another configuration is refused, the file is not touched.
cp usr1.h5.partial before
mpi 2 "$quick" "${work[@]}" --output usr1.h5 --resume --set carbon.pue=1.3
equal "resumed with another configuration: exit status" 65 "$status"
expect "... names the key" grep -q 'carbon.pue' err
expect "... leaves the file" cmp before usr1.h5.partial
mpi 2 "$quick" "${work[@]}" --output usr1.h5
equal "a partial file is not overwritten" 73 "$status"

# Stopped and resumed again and again.
for round in 1 2; do
    start_mpi 2 "$quick" "${work[@]}" --output usr1.h5 --resume
    until_true 30 grep -q '^Resuming' err
    expect "round $round goes on" grep -Eq '^Resuming usr1.h5.partial: [0-9,]+ of [0-9,]+ searches are done.$' err
    touch usr1.h5.stop
    ended
    equal "stop file, round $round" 75 "$status"
    equal "the stop file is gone" "" "$(strays_of usr1.h5 .partial)"
done
expect "the message names it" grep -q '^Stopped by the stop file after ' err
resumed usr1.h5 "after four parts"
mpi 2 "$quick" "${work[@]}" --output usr1.h5 --resume
equal "resumed when complete" "0 usr1.h5 is complete already; --force computes it again." "$status $(cat err)"

# mpirun answers SIGTERM with a status of its own and kills after a second: the checkpoint is there.
start_mpi 3 "$quick" "${work[@]}" --output term.h5 --progress 0.2
until_true 30 grep -q searches err
kill -TERM "$pid"
ended
expect "SIGTERM to mpirun: a checkpoint" test -s term.h5.partial
expect "SIGTERM to mpirun: the message" grep -q '^Stopped by SIGTERM after ' err
resumed term.h5 "SIGTERM to mpirun"

# Without mpirun; and a signal while MPI starts.
for name in TERM INT USR1; do
    start "$sweep" "$quick" "${work[@]}" --output "alone-$name.h5" --progress 0.2
    if [ "$name" = INT ]; then
        until_true 30 handles_signals "$pid"
    else
        until_true 30 grep -q searches err
    fi
    kill "-$name" "$pid"
    ended
    stopped_run "alone-$name.h5" "SIG$name" "SIG$name without mpirun"
done
resumed alone-INT.h5 "stopped before the first search"

# A signal that one worker gets stops all; so does one to all ranks while MPI starts.
start_mpi 3 "$quick" "${work[@]}" --output worker.h5 --progress 0.2
until_true 30 grep -q searches err
kill -USR1 "$(process_of 2)"
ended
stopped_run worker.h5 SIGUSR1 "SIGUSR1 to one worker"
start_mpi 3 "$quick" "${work[@]}" --output early.h5
for rank in 0 1 2; do
    until_true 30 process_of "$rank"
    until_true 30 handles_signals "$(process_of "$rank")"
done
kill -USR1 "$pid"
ended
stopped_run early.h5 SIGUSR1 "SIGUSR1 while MPI starts"

# However short the interval, checkpoints take a twentieth of the time at most.
CS_STATISTICS=$PWD/statistics.json mpi 2 "$quick" "${work[@]}" --output often.h5 --checkpoint 0.001 --quiet
equal "many checkpoints" 0 "$status"
expect "many checkpoints: the same bytes" cmp whole.h5 often.h5
equal "many checkpoints: their share" "several, few" "$("$PYTHON" -c '
import json
s = json.load(open("statistics.json"))
one = s["checkpoint_seconds"] / max(1, s["checkpoints"])
# Several, but where one takes so long that there is no time for a second.
wanted = 2 if s["seconds"] > 60 * one else 1
print("several," if s["checkpoints"] >= wanted else s["checkpoints"],
      "few" if s["checkpoint_seconds"] - one <= s["seconds"] / 20 else s["checkpoint_seconds"])')"
finish
