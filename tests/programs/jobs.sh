#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The job scripts by hand, with the variables that SLURM sets and a scontrol that only notes what it is told: what they
# do at each moment at which a signal may come or a task end. In a real SLURM: tests/slow/slurm.sh.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"

mkdir -p site/bin site/scripts
cp -r "$CS_SOURCE/jobs" "$CS_SOURCE/configs" site
cp "$CS_SOURCE/scripts/merge.py" site/scripts
cd site || exit 70
cat >bin/scontrol <<'END_OF'
#!/bin/sh
echo "scontrol $*" >>scontrol.log
END_OF
chmod +x bin/scontrol
export PATH=$PWD/bin:$PATH CS_LAUNCHER=env SLURM_JOB_ID=7
small=(--set 'axes.year=[0]' --set 'axes.hardware=["H100"]' --set output.provenance=false)
small+=("--set=axes.model.d_model=[2048,4096]")
run 60 "$sweep" configs/quick.json --output direct.h5 --quiet "${small[@]}"

# ---- an array ----
# task K COUNT [ENVIRONMENT...]: one task of an array into $name, without SLURM.
task() {
    local k=$1 count=$2
    shift 2
    run 60 env SLURM_ARRAY_JOB_ID=8 SLURM_ARRAY_TASK_ID="$k" SLURM_ARRAY_TASK_COUNT="$count" "$@" \
        bash jobs/array.sbatch configs/quick.json "$name" "${small[@]}"
}
name=array.h5
task 1 2
equal "the first task: exit status" 0 "$status"
expect "... says who joins" grep -q 'array.h5.2-of-2 is not there yet: its task joins the shards' out
# What a task that was killed has left behind does not stop the next one.
touch array.h5.joining
task 2 2
equal "the last task: exit status" 0 "$status"
expect "... joins, with --set in both spellings" cmp direct.h5 array.h5
equal "... and leaves only the shards" "" "$(strays_of array.h5 .1-of-2 .2-of-2)"
task 1 2
equal "a complete array again: exit status" 0 "$status"
expect "... says why" grep -q '^array.h5 is complete already' err
rm array.h5 array.h5.1-of-2
task 1 1
equal "one task of several without CS_SHARDS" 64 "$status"
expect "... says what to set" grep -q '^Shards of array.h5 are there: set CS_SHARDS to their number' err
task 1 1 CS_SHARDS=2
equal "... with it" 0 "$status"
expect "... the same file" cmp direct.h5 array.h5
task 3 1
equal "a task outside of the shards" 64 "$status"
expect "... names CS_SHARDS" grep -q 'set CS_SHARDS' err
name=single.h5
task 1 1
equal "an array of one task" 0 "$status"
expect "... the whole file" cmp direct.h5 single.h5

# Two tasks that end together: one holds the lock, the other waits, and takes over when the first is gone.
name=array.h5
rm array.h5
(
    exec 9>>array.h5.joining
    flock 9
    touch held
    while [ ! -e release ]; do sleep 0.05; done
) &
holder=$!
until_true 10 test -e held
task 2 2 CS_JOIN_SECONDS=1
equal "the shards are being joined by another task" "0 Another task has been joining the shards of array.h5 for long: \
left to it." "$status $(tail -n 1 out)"
expect "... is left to it" test ! -e array.h5
touch release
wait "$holder"
task 2 2
expect "the other task is gone: joined" cmp direct.h5 array.h5

# ---- merge.py ----
echo unrelated >name.h5
for k in 1 2; do
    cp "array.h5.$k-of-2" "name.h5.$k-of-2"
done
merge() {
    run 60 "$PYTHON" scripts/merge.py --config configs/quick.json --quiet "${small[@]}" name.h5.*-of-2 "$@"
}
merge --output joined.h5
equal "merge.py --output beside another file of the shards' name" "0 " "$status $(cat err)"
expect "... joined" cmp direct.h5 joined.h5
echo old >joined.h5
merge --output joined.h5
equal "the output exists" 73 "$status"
expect "... what to do" grep -q 'joined.h5 exists; --force replaces it, --output gives another name.$' err
equal "... and stays" old "$(cat joined.h5)"
merge --output joined.h5 --force
equal "--force" "0 " "$status $(cat err)"
expect "... replaces it" cmp direct.h5 joined.h5
equal "... and nothing else" unrelated "$(cat name.h5)"
merge
equal "the shards' own name exists" 73 "$status"
equal "... and stays" unrelated "$(cat name.h5)"
echo damaged >name.h5.2-of-2
merge --output joined.h5 --force
expect "a damaged shard: refused" [ "$status" -ne 0 ]
expect "... the output stays what it was" cmp direct.h5 joined.h5
equal "... nothing is left behind" "" "$(strays_of joined.h5; strays_of name.h5 .1-of-2 .2-of-2)"

# ---- signals ----
# A program that does what the test says, in place of cs_sweep: launch.sh sees only its file and its status.
mkdir fake
cat >fake/cs_sweep <<'END_OF'
#!/bin/bash
trap 'eval "$CS_FAKE_USR1"' USR1
echo started >fake/started
for ((i = 0; i < 400; i++)); do sleep 0.05; done
exit 1
END_OF
chmod +x fake/cs_sweep
# signalled ENVIRONMENT...: quick.sbatch gets SIGUSR1 once $ready exists; its exit status into status.
signalled() {
    rm -f fake/started scontrol.log
    start env "$@" bash jobs/quick.sbatch configs/quick.json signal.h5
    until_true 10 test -e "$ready"
    kill -USR1 "$pid"
    ended
}
ready=fake/started
signalled CS_BUILD="$PWD/fake" CS_FAKE_USR1='exit 75'
equal "a signal: back into the queue" "0 scontrol requeue 7" "$status $(cat scontrol.log)"
signalled CS_BUILD="$PWD/fake" CS_FAKE_USR1='trap - USR1; kill -USR1 $$'
equal "a signal that kills the program" "0 scontrol requeue 7" "$status $(cat scontrol.log)"
signalled CS_BUILD="$PWD/fake" CS_FAKE_USR1='touch signal.h5; exit 0'
equal "a signal in the instant in which the file is complete" "0 " "$status $(cat scontrol.log 2>/dev/null)"
rm -f signal.h5
signalled CS_BUILD="$PWD/fake" CS_RESTARTS=0 CS_FAKE_USR1='exit 75'
equal "no more restarts" 75 "$status"
# While modules are loaded, by functions that read variables that are not set.
cat >jobs/env.sh <<'END_OF'
: "$THIS_IS_NOT_SET"
touch loading
sleep 0.5
END_OF
ready=loading
signalled CS_BUILD="$PWD/fake"
equal "a signal before the program: back into the queue" "0 scontrol requeue 7" "$status $(cat scontrol.log)"
expect "... which is not started" test ! -e fake/started
finish
