#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The command line: what answers before MPI starts, every message once, the same exit status on every rank.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"

fails 64 'Which configuration? cs_sweep CONFIG, such as configs/quick.json; see cs_sweep --help.' "$sweep"
fails 64 'There is no option --ouput; did you mean --output?' "$sweep" "$quick" --ouput x.h5
fails 64 'There is no option -z; cs_sweep --help lists them.' "$sweep" -z
fails 64 '--output wants a value; cs_sweep --help says which.' "$sweep" "$quick" --output
fails 64 '--output wants a value that is not empty.' "$sweep" "$quick" --output ''
fails 64 '--resume takes no value.' "$sweep" "$quick" --resume=yes
fails 64 '--resume keeps what is there and --force replaces it: give one of them.' "$sweep" "$quick" --resume --force
fails 64 '--checkpoint soon: expected seconds above 0.' "$sweep" "$quick" --checkpoint soon
fails 64 '--checkpoint 0: expected seconds above 0.' "$sweep" "$quick" --checkpoint=0
fails 64 '--progress -1: expected seconds, 0 for none.' "$sweep" "$quick" --progress -1
fails 64 '--progress-style dots: expected one of auto|bar|line.' "$sweep" "$quick" --progress-style dots
fails 64 '--shard 9/8: expected K/N with K from 1 to N, such as 2/8.' "$sweep" "$quick" --shard 9/8
fails 64 '--shard 3: expected K/N with K from 1 to N, such as 2/8.' "$sweep" "$quick" --shard 3
fails 64 '--merge joins all shards: it goes with neither --shard nor --resume.' "$sweep" "$quick" --merge 2 --resume
fails 64 '--set carbon.pue: expected path=value, such as carbon.pue=1.2.' "$sweep" "$quick" --set carbon.pue
fails 64 "One configuration at a time: \"$quick\" and \"other.json\" were given." "$sweep" "$quick" other.json
fails 64 '--list planets: expected one of devices|regions|qat|models.' "$sweep" --list planets
fails 66 'nowhere.json: cannot be opened: No such file or directory.' "$sweep" nowhere.json
fails 66 'nowhere.json: cannot be opened: No such file or directory.' "$sweep" nowhere.json --dry-run
fails 65 '--set carbon.pu=1.2: carbon.pu: unknown key; did you mean "pue"?' "$sweep" "$quick" --set carbon.pu=1.2

run 30 "$sweep" --help
equal "--help: exit status, standard error" "0 " "$status $(cat err)"
equal "--help: first line" "Usage: cs_sweep CONFIG [OPTION]..." "$(head -n 1 out)"
run 30 "$sweep" --version
equal "--version" "0 " "$status $(cat err)"
expect "--version names the libraries" grep -Eq '^(HDF5|Open MPI|MPICH)' out
for what in devices:H100 regions:us-east5 qat:int8 models:BLOOM; do
    run 30 "$sweep" --list "${what%:*}"
    equal "--list ${what%:*}" "0 " "$status $(cat err)"
    expect "--list ${what%:*} has ${what#*:}" grep -q "^${what#*:}" out
    equal "--list ${what%:*}: nothing without a name" 0 "$(grep -Ec '^[0-9]+ | 0 layers' out)"
done

run 30 "$sweep" "$quick" --dry-run
equal "--dry-run: exit status, standard error" "0 " "$status $(cat err)"
equal "--dry-run: grid" "Grid:     12 model x 6 hardware x 3 year x 2 qat x 3 region" "$(sed -n 1p out)"
equal "--dry-run: searches" "Searches: 432" "$(sed -n 2p out)"
equal "--dry-run: points" "Points:   1,296" "$(sed -n 3p out)"
expect "--dry-run: memory" \
    grep -Eq '^Memory:   [0-9.]+ kB for the results on rank 0, 524 kB for messages on every other rank$' out
expect "--dry-run: file" grep -Eq '^File:     quick.h5, [0-9.]+ kB before compression$' out
run 30 "$sweep" "$quick" --dry-run --set 'axes.search.devices=[8,16]' --set search.objective=min_time
equal "--dry-run calls an axis as the file does" \
    "Grid:     12 model x 6 hardware x 3 year x 2 qat x 2 search_devices x 3 region" "$(sed -n 1p out)"
run 30 "$sweep" "$quick" --dry-run --shard 2/5 --output there/x.h5
equal "--dry-run of a shard" "Shard:    2 of 5: 87 searches" "$(grep '^Shard' out)"
expect "... and its file" grep -q '^File:     there/x.h5.2-of-5, ' out

# Under mpirun: once, not once per rank.
mpi 3 --help
equal "mpirun --help" "0 1" "$status $(grep -c '^Usage' out)"
mpi 3 "$quick" --dry-run
equal "mpirun --dry-run" "0 1" "$status $(grep -c '^Grid' out)"
mpi 3 "$quick" --ouput x.h5
equal "mpirun, wrong option" "64 1" "$status $(grep -c . err)"
mpi 3 "$quick" --set axes.year=[3,1]
equal "mpirun, wrong configuration: exit status" 65 "$status"
equal "mpirun, wrong configuration: one message" 1 "$(grep -c . err)"
expect "mpirun, wrong configuration: the message" grep -q '^cs_sweep: error: --set axes.year=\[3,1\]: ' err
mpi 3 nowhere.json
equal "mpirun, no configuration" "66 cs_sweep: error: nowhere.json: cannot be opened: No such file or directory." \
    "$status $(cat err)"

# SLURM's rank stands in batch scripts and interactive shells too, where no launcher waits for MPI.
run 30 env SLURM_JOB_ID=1 SLURM_STEP_ID=0 SLURM_PROCID=0 SLURM_LOCALID=0 SLURM_NTASKS=1 "$sweep" --list qat
equal "--list in a shell of SLURM" "0 4" "$status $(grep -c . out)"

# Processes that a launcher started and MPI did not join: status 69 on each, one message, and nothing is swept.
# unjoined TEXT VARIABLE NUMBER ENVIRONMENT...: four at once, @ standing for the number of each.
unjoined() {
    local text=$1 variable=$2 number=$3 i child children=() statuses=
    shift 3
    for i in 0 1 2 3; do
        env "${@//@/$i}" "$sweep" "$quick" "${small[@]}" --output unjoined.h5 >"unjoined.$i" 2>&1 &
        children+=($!)
    done
    for child in "${children[@]}"; do
        wait "$child"
        statuses="$statuses$? "
    done
    own_lines unjoined.[0-3]
    equal "$text: exit statuses" "69 69 69 69 " "$statuses"
    expect "$text: the message" grep -q "^cs_sweep: error: $number processes were started together ($variable), but \
MPI joined only 1 of them: each would sweep by itself. Start them with .*the mpirun of the MPI that this program was \
linked with, [A-Z].*\.\$" unjoined.0
    equal "$text: only the first speaks" "" "$(cat unjoined.[123])"
    equal "$text: no file" "" "$(ls unjoined.h5* 2>/dev/null)"
}
unjoined "tasks of srun" SLURM_STEP_NUM_TASKS 4 SLURM_JOB_ID=7 SLURM_STEP_ID=0 SLURM_STEPID=0 SLURM_STEP_NUM_TASKS=4 \
    SLURM_NTASKS=64 SLURM_PROCID=@
expect "... and how to start" grep -q 'Start them with srun --mpi=pmix (srun --mpi=list ' unjoined.0
unjoined "a job's tasks" SLURM_NTASKS 4 SLURM_JOB_ID=7 SLURM_NTASKS=4 SLURM_PROCID=@
unjoined "a step of a batch job" SLURM_NTASKS 16 ENVIRONMENT=BATCH SLURM_JOB_ID=7 SLURM_STEP_ID=2 SLURM_NTASKS=16 \
    SLURM_PROCID=@
# A batch script, a shell of salloc and one that srun started run one process; mpirun knows its own number.
for shell in "ENVIRONMENT=BATCH SLURM_NTASKS=4 SLURM_PROCID=0" "SLURM_NTASKS=4" \
    "SLURM_STEP_ID=4294967290 SLURM_STEP_NUM_TASKS=1 SLURM_NTASKS=4 SLURM_PROCID=0"; do
    # shellcheck disable=SC2086 # words
    run 60 env SLURM_JOB_ID=7 $shell "$sweep" "$quick" "${small[@]}" --output shell.h5 --force --quiet
    equal "one process where $shell" "0 " "$status $(cat err)"
done
SLURM_JOB_ID=7 SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=3 SLURM_NTASKS=3 SLURM_PROCID=0 \
    mpi 2 "$quick" "${small[@]}" --output inside.h5 --quiet
equal "mpirun inside of a step" "0 " "$status $(cat err)"
# The launcher of another MPI.
other=mpirun.mpich
if ! "$sweep" --version | grep -q 'Open MPI'; then
    other=mpirun.openmpi
fi
if command -v "$other" >/dev/null; then
    run 60 "$other" -n 3 "$sweep" "$quick" "${small[@]}" --output unjoined.h5
    equal "$other: exit status" 69 "$status"
    equal "$other: one message" 1 "$(grep -c '^cs_sweep: error: 3 processes were started together (' err)"
    equal "$other: no file" "" "$(ls unjoined.h5* 2>/dev/null)"
fi

# A path is never cut.
long=$(printf '/%0100d' $(seq 12))
mkdir -p "$PWD$long"
run 60 "$sweep" "$quick" --set axes.year=[0] --set 'axes.model.d_model=[2048]' --quiet --output "$PWD$long/x.h5"
equal "a path of 1,200 characters" "0 x.h5" "$status $(ls "$PWD$long")"

# Every rank has the same exit status: each writes its own into a file.
cat >ranks.sh <<'END'
"$@"
echo "$?" >"status.${OMPI_COMM_WORLD_RANK:-${PMI_RANK:-0}}"
exit 0 # mpirun would kill the others, as soon as one has failed, before they can write theirs
END
for arguments in "0 $quick --output all.h5 --quiet" "73 $quick --output all.h5 --quiet" \
    "65 $quick --set limits.points=1" \
    "64 $quick --nothing" "66 nowhere.json"; do
    rm -f status.*
    # shellcheck disable=SC2086 # words
    run 60 $MPIRUN $quiet_launcher -n 3 bash ranks.sh "$sweep" ${arguments#* } "${small[@]}"
    equal "the same exit status on every rank: ${arguments#* }" "${arguments%% *} ${arguments%% *} ${arguments%% *}" \
        "$(cat status.0 status.1 status.2 | tr '\n' ' ' | sed 's/ $//')"
done
equal "an output that exists" 1 "$(grep -c 'all.h5' <(mpi 2 "$quick" "${small[@]}" --output all.h5; cat err))"

# Progress and summary.
run 60 "$sweep" "$quick" --set 'axes.model.d_model=[24576]' --output p.h5 --progress 0.001 --progress-style line
expect "a line of progress" \
    grep -Eq '^[0-9,]+ of 36 searches \([0-9.]+% of the work\) after [0-9.]+ s, [0-9,]+/s, .* left$' err
run 60 "$sweep" "$quick" --set 'axes.model.d_model=[24576]' --output p.h5 --force --progress 0.001 --progress-style bar
equal "a bar fits 80 columns" 0 "$(tr '\r' '\n' <err | grep '^\[' | grep -c '.\{80\}')"
expect "a bar of progress" grep -q "$(printf '\r')\[[#.]*\] .* of 36 searches, .*/s, .* left" err
run 60 "$sweep" "$quick" "${small[@]}" --output p.h5 --force
equal "summary: what" \
    "Swept A cut of the published design space that takes seconds: 1 model x 1 hardware x 1 year x 2 qat x 3 region" \
    "$(sed -n 1p err)"
expect "summary: how long" \
    grep -Eq '^  2 searches for 6 points in [0-9.]+ s on 1 rank: [0-9.]+ CPU-seconds, [0-9]+% of them searching$' err
expect "summary: feasible" grep -Eq '^  2 of 2 plans are feasible$' err
expect "summary: carbon" grep -Eq '^Carbon of training d_model 2048 \([0-9.e+]+ parameters\), over qat, region:$' err
most=' +[0-9.]+ +[0-9.]+  (off|int8), '
rows="europe-north2${most}asia-south1\$"
expect "summary: the device" grep -Eq "^  A100 +([0-9.]+%|-) +fewest devices$most$rows" err
expect "summary: the least-carbon plan" grep -Eq "^ +least carbon$most$rows" err
expect "summary: where" grep -Eq '^Results: p.h5 \([0-9.]+ kB\)$' err
finish
