#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The job scripts in a real SLURM of one node, made of Debian's packages without systemd: munge, slurmctld, slurmd. One
# job meets its time limit, is put back into the queue and goes on; the bytes are compared at the end.
# shellcheck source=tests/support/sweep.sh
. "$CS_SOURCE/tests/support/sweep.sh"
limit=900
if [ "$(id -u)" -ne 0 ] || ! command -v slurmctld munged sbatch >/dev/null; then
    echo "needs root and SLURM (scripts/install-deps.sh all)"
    exit 77
fi

# ---- one node ----
node=$(hostname -s)
mkdir -p slurm/state slurm/spool
cores=$(getconf _NPROCESSORS_ONLN) # nproc would count OMP_NUM_THREADS
cat >slurm/slurm.conf <<END
ClusterName=cs_sweep_test
SlurmctldHost=$node
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
SchedulerParameters=sched_interval=2
SlurmctldPort=17817
SlurmdPort=17818
StateSaveLocation=$PWD/slurm/state
SlurmdSpoolDir=$PWD/slurm/spool
SlurmctldPidFile=$PWD/slurm/slurmctld.pid
SlurmdPidFile=$PWD/slurm/slurmd.pid
SlurmctldLogFile=$PWD/slurm/slurmctld.log
SlurmdLogFile=$PWD/slurm/slurmd.log
NodeName=$node CPUs=$cores CoresPerSocket=$cores RealMemory=1000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES State=UP OverSubscribe=YES
END
export SLURM_CONF=$PWD/slurm/slurm.conf
munge_was_there=0
if pgrep -x munged >/dev/null; then
    munge_was_there=1
else
    mkdir -p /run/munge
    chown munge: /run/munge
    chmod 755 /run/munge
    runuser -u munge -- /usr/sbin/munged
fi
slurmctld -f "$SLURM_CONF"
slurmd -f "$SLURM_CONF"
top=$PWD
# shellcheck disable=SC2317 # called by the trap
stop_slurm() {
    cd "$top" || return
    scancel --user=root 2>/dev/null
    local file
    for file in slurm/slurmd.pid slurm/slurmctld.pid; do
        [ -f "$file" ] && kill "$(cat "$file")" 2>/dev/null
    done
    if [ "$munge_was_there" = 0 ]; then
        kill "$(cat /run/munge/munged.pid)" 2>/dev/null
    fi
}
trap stop_slurm EXIT
# shellcheck disable=SC2317 # called by until_true
node_is_idle() {
    sinfo --noheader --format=%T | grep -qx idle
}
if ! until_true 30 node_is_idle; then
    echo "SLURM does not start:"
    tail -n 20 slurm/*.log
    exit 1
fi

# ---- the scripts, as a user copies them ----
mkdir site
cp -r "$CS_SOURCE/jobs" "$CS_SOURCE/configs" site
mkdir site/scripts
cp "$CS_SOURCE/scripts/merge.py" site/scripts
cat >site/jobs/env.sh <<END
export CS_BUILD=$CS_BUILD PYTHON=$PYTHON
END
cd site || exit 70
export SBATCH_WAIT_ALL_NODES=0

state_of() {
    scontrol --oneliner show job "$1" | grep -o 'JobState=[A-Z_]*' | sort -u | tr '\n' ' '
}
is_over() {
    ! squeue --noheader --jobs "$1" --states=PENDING,RUNNING,COMPLETING,CONFIGURING,SUSPENDED,REQUEUED,REQUEUE_HOLD \
        2>/dev/null | grep -q .
}
show() {
    echo "--- $1"
    cat "$1"
}

workload 3
mpi 2 configs/quick.json "${work[@]}" --output direct.h5 --quiet
for launcher in mpirun srun; do
    echo "export CS_LAUNCHER=$launcher" >>jobs/env.sh
    timeout 600 sbatch --quiet --wait --ntasks=2 --output="$launcher.log" jobs/quick.sbatch \
        configs/quick.json "$launcher.h5" "${work[@]}"
    equal "quick.sbatch with $launcher: exit status" 0 $?
    expect "quick.sbatch with $launcher: the same bytes" cmp direct.h5 "$launcher.h5" || show "$launcher.log"
done

# Without PMIx srun's tasks are processes by themselves: all of them say so, and one alone works.
cat >unjoined.sh <<'END'
#!/bin/bash
for tasks in 1 2; do
    srun --mpi=none -n "$tasks" bash -c '"$@" --output "unjoined-$SLURM_NTASKS.h5"; echo "$SLURM_NTASKS: $?"' - "$@"
done
END
timeout 600 sbatch --quiet --wait --ntasks=2 --output=unjoined.log unjoined.sh "$sweep" configs/quick.json --quiet
equal "srun without PMIx" "1: 0 2: 69 2: 69" "$(grep -E '^[12]: ' unjoined.log | sort | paste -sd ' ')"
equal "srun without PMIx: one message" 1 "$(grep -c 'srun --mpi=pmix' unjoined.log)"

# A time limit of two minutes, and a signal after one: SLURM's clock is coarse, it came up to half a minute late.
workload 45
mpi 2 configs/quick.json "${work[@]}" --output direct.h5 --force --quiet
for launcher in mpirun srun; do
    echo "export CS_LAUNCHER=$launcher" >>jobs/env.sh
    job=$(sbatch --parsable --nodes=1 --ntasks=2 --ntasks-per-node=2 --time=0:02:00 --signal=B:USR1@60 \
        --output="limit-$launcher.log" jobs/full.sbatch \
        configs/quick.json "limit-$launcher.h5" "${work[@]}" --progress 2)
    # A requeued job waits two minutes before it may start again. It is let go after five seconds; any sooner, slurmd
    # has not forgotten the last start and refuses ("Job credential revoked").
    waiting=0
    for ((i = 0; i < 900; i++)); do
        if is_over "$job"; then
            break
        fi
        if [ "$(state_of "$job")" = "JobState=PENDING " ]; then
            waiting=$((waiting + 1))
        else
            waiting=0
        fi
        if [ "$waiting" -ge 5 ]; then
            scontrol update "JobId=$job" StartTime=now 2>/dev/null
        fi
        sleep 1
    done
    equal "full.sbatch with $launcher, requeued: complete" "JobState=COMPLETED " "$(state_of "$job")"
    expect "full.sbatch with $launcher: the limit was met" grep -q '^Stopped by SIGUSR1 after ' "limit-$launcher.log"
    expect "full.sbatch with $launcher: it went on" grep -q '^Resuming limit-' "limit-$launcher.log"
    expect "full.sbatch with $launcher: the same bytes" cmp direct.h5 "limit-$launcher.h5" || show "limit-$launcher.log"
    equal "full.sbatch with $launcher: nothing is left behind" "" "$(strays_of "limit-$launcher.h5")"
done

# Shards.
workload 5
mpi 2 configs/quick.json "${work[@]}" --output direct.h5 --force --quiet
job=$(sbatch --parsable --array=1-3 --ntasks=1 --output='array-%a.log' jobs/array.sbatch \
    configs/quick.json array.h5 "${work[@]}")
until_true 300 is_over "$job"
expect "array.sbatch: joined to the same bytes" cmp direct.h5 array.h5 || show array-1.log
equal "array.sbatch: the shards and nothing else" "" "$(strays_of array.h5 .1-of-3 .2-of-3 .3-of-3)"
rm array.h5 array.h5.2-of-3
timeout 600 env CS_SHARDS=3 sbatch --quiet --wait --array=2 --ntasks=1 --output='array-%a.log' jobs/array.sbatch \
    configs/quick.json array.h5 "${work[@]}"
equal "array.sbatch, one task again: exit status" 0 $?
expect "array.sbatch, one task again: the same bytes" cmp direct.h5 array.h5 || show array-2.log

# scancel: SIGTERM, and later SIGKILL.
workload 30
job=$(sbatch --parsable --ntasks=2 --output=cancel.log jobs/quick.sbatch \
    configs/quick.json cancel.h5 "${work[@]}" --progress 1)
until_true 60 grep -q 'of the work' cancel.log
scancel --signal=USR1 --batch "$job"
expect "scancel --signal=USR1 --batch: a checkpoint" until_true 60 test -s cancel.h5.partial
scancel "$job"
until_true 60 is_over "$job"
finish
