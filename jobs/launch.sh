# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by the job scripts.
#
#   cs_launch CONFIG OUTPUT FILE [OPTION...]
# runs cs_sweep on every task of this job with --resume until OUTPUT is complete; FILE is the name under which it will
# stand (with --shard another one than OUTPUT). SIGUSR1, which SLURM sends before the time limit (--signal=B:USR1@..),
# goes to the program, which then writes FILE.partial and ends with status 75; the job is put back into the queue and
# goes on from there. So does a job that lost a node. Before it sources anything a script sets the trap below: a signal
# while modules are loaded would end it.
cs_signalled=${cs_signalled:-0}
trap 'cs_signalled=1' USR1

cs_find_program() {
    local place
    for place in "${CS_BUILD:-}" build "$(dirname "$(command -v cs_sweep || echo build/.)")"; do
        if [ -n "$place" ] && [ -x "$place/cs_sweep" ]; then
            echo "$place/cs_sweep"
            return
        fi
    done
    echo "cs_sweep was not found: build it with make, or set CS_BUILD in jobs/env.sh." >&2
    return 66
}

# cs_find_script NAME: in the tree, or where `make install` puts it.
cs_find_script() {
    local place
    for place in scripts "$(dirname "$(cs_find_program)")/../share/cs_sweep/scripts" \
        "$(dirname "$(cs_find_program)")/../scripts"; do
        if [ -f "$place/$1" ]; then
            echo "$place/$1"
            return
        fi
    done
    echo "$1 was not found in scripts/ or beside cs_sweep's data." >&2
    return 66
}

# Open MPI's mpirun kills its ranks one second after SIGTERM; a checkpoint may take longer. It also waits so long
# after a rank that ended with status 75, so the time between SLURM's signal and the limit must be longer.
export OMPI_MCA_odls_base_sigkill_timeout=${OMPI_MCA_odls_base_sigkill_timeout:-15}
# A rank is one thread.
export OMP_NUM_THREADS=1
# A log has no use for a bar.
export CS_PROGRESS=line

cs_requeue() {
    local most=${CS_RESTARTS:-100}
    if [ "${SLURM_RESTART_COUNT:-0}" -ge "$most" ]; then
        echo "Not complete after $most restarts; sbatch the same script again to go on." >&2
        return 75
    fi
    echo "Not complete: back into the queue (restart $((${SLURM_RESTART_COUNT:-0} + 1)))."
    local job=$SLURM_JOB_ID
    if [ -n "${SLURM_ARRAY_JOB_ID:-}" ]; then
        job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
    fi
    scontrol requeue "$job"
}

cs_launch() {
    local config=$1 output=$2 file=$3 program launcher pid='' status again
    shift 3
    program=$(cs_find_program) || return
    launcher=${CS_LAUNCHER:-}
    if [ -z "$launcher" ]; then
        launcher=mpirun
        if srun --mpi=list 2>&1 | grep -qw pmix; then
            launcher=srun
        fi
    fi
    # shellcheck disable=SC2206 # words
    local command=($launcher ${CS_LAUNCHER_FLAGS:-})
    if [ "$launcher" = srun ]; then
        command+=(--mpi=pmix)
    fi
    command+=("$program" "$config" --output "$output" --resume "$@")
    echo "$(date -u +%FT%TZ) ${command[*]}"
    # A signal before the program handles it ends it, or comes before it starts: either way there is nothing to write.
    if [ "$cs_signalled" = 1 ]; then
        cs_requeue
        return
    fi
    trap 'cs_signalled=1; [ -z "$pid" ] || kill -USR1 "$pid" 2>/dev/null' USR1
    "${command[@]}" &
    pid=$!
    # wait returns when the trap has run, and once more when the program has ended.
    while :; do
        wait "$pid"
        status=$?
        kill -0 "$pid" 2>/dev/null || break
    done
    trap 'cs_signalled=1' USR1
    if [ "$cs_signalled" = 1 ]; then
        # The program may have ended while the trap ran: the status above is then the signal's. bash keeps the real one.
        wait "$pid" 2>/dev/null
        again=$?
        [ "$again" -eq 127 ] || status=$again
    fi
    # mpirun and srun have statuses of their own after some signals: what counts is which file is there.
    if [ "$status" -eq 75 ] || { [ "$cs_signalled" = 1 ] && [ ! -e "$file" ]; }; then
        cs_requeue
        return
    fi
    if [ "$cs_signalled" = 1 ] && [ "$status" -ge 128 ]; then
        status=0
    fi
    return "$status"
}
