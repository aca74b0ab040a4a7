# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034 # variables for those who source it
# Sourced by the tests of cs_sweep through the real mpirun. They run in CS_TMP; see tests/run.sh for the rest.
set -u
cd "${CS_TMP:?tests/run.sh sets it}" || exit 70
# shellcheck source=tests/support/count.sh
. "$CS_SOURCE/tests/support/count.sh"
sweep=$CS_BUILD/cs_sweep
point=$CS_BUILD/cs_point
validate=$CS_BUILD/cs_validate
cases=$CS_SOURCE/configs/validation/cases.json
quick=$CS_SOURCE/configs/quick.json
slow=${CS_TEST_SLOWDOWN:-1}
export CS_PROGRESS=line
# Two searches for six points.
small=(--set 'axes.year=[0]' --set 'axes.model.d_model=[2048]' --set 'axes.hardware=["A100"]')

# run SECONDS COMMAND...: standard output into out, standard error into err, the exit status into status.
run() {
    local seconds=$(($1 * slow))
    shift
    timeout -k 5 "$seconds" "$@" >out 2>err
    status=$?
    own_lines err
}
# own_lines FILE...: leaves in them what is the program's. On some machines its libraries speak up: hwloc
# where /sys is missing, MPI, PMIx and UCX ("[host:1234] ...") where a network device is not as they like it.
own_lines() {
    local file
    for file in "$@"; do
        if grep -Eq "$foreign" "$file"; then
            sed -E -i "/$foreign/d" "$file"
        fi
    done
}
foreign='hwloc|^\[[^]#]*[:.][0-9:]+\]|^PMIX |UCX +(WARN|ERROR)'
# fails STATUS MESSAGE PROGRAM ARGUMENT...: with exactly this message and nothing on standard output.
fails() {
    local wanted=$1 message=$2 name
    shift 2
    name=$(basename "$1")
    run 60 "$@"
    equal "$name ${*:2}" "$wanted $name: error: $message" "$status $(cat out err)"
}
# mpi RANKS ARGUMENT...: cs_sweep under mpirun, whose own banners -q drops.
mpi() {
    local ranks=$1
    shift
    # shellcheck disable=SC2086 # MPIRUN may hold options
    run "${limit:-60}" $MPIRUN $quiet_launcher -n "$ranks" "$sweep" "$@"
}
quiet_launcher=
if "$(echo "$MPIRUN" | cut -d ' ' -f 1)" --version 2>/dev/null | grep -q 'Open MPI'; then
    quiet_launcher=-q
fi

# start COMMAND...: in the background, its process number in pid; ended by force if it outlives its time.
start() {
    CS_TEST_RUN=$$-$RANDOM$RANDOM
    export CS_TEST_RUN
    # Emptied here: the child's redirections may come later than the first look at these files.
    : >out
    : >err
    "$@" >out 2>err &
    pid=$!
    (
        trap 'kill $sleeper 2>/dev/null' TERM
        sleep $((${limit:-60} * slow)) &
        sleeper=$!
        wait $sleeper && kill -KILL "$pid"
    ) 2>/dev/null &
    watchdog=$!
}
start_mpi() {
    local ranks=$1
    shift
    # shellcheck disable=SC2086
    start $MPIRUN $quiet_launcher -n "$ranks" "$sweep" "$@"
}
# Waits for what start started: its exit status into status.
ended() {
    wait "$pid" 2>/dev/null
    status=$?
    own_lines err
    kill "$watchdog" 2>/dev/null
    wait "$watchdog" 2>/dev/null
}
# process_of RANK: the process of a rank of what start started last.
process_of() {
    local process
    for process in $(pgrep -x cs_sweep); do
        # cat, because the process may be gone: a redirection would complain by itself.
        # shellcheck disable=SC2002
        if [ "$(cat "/proc/$process/environ" 2>/dev/null | tr '\0' '\n' |
            grep -Ecx "CS_TEST_RUN=$CS_TEST_RUN|(OMPI_COMM_WORLD_RANK|PMI_RANK)=$1")" = 2 ]; then
            echo "$process"
            return 0
        fi
    done
    return 1
}
# handles_signals PROCESS: whether its handlers are installed: SIGUSR1 is number 10, so bit 9 of SigCgt.
handles_signals() {
    local mask
    mask=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
    [ -n "$mask" ] && [ $((0x${mask: -4} & 0x200)) -ne 0 ]
}
gone() {
    ! kill -0 "$1" 2>/dev/null
}
# until_true SECONDS COMMAND...: polls.
until_true() {
    local tries=$(($1 * 50 * slow))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then
            return 1
        fi
        sleep 0.02
    done
}
# strays_of NAME SUFFIX...: files beside NAME that are none of these.
strays_of() {
    local name=$1 file
    shift
    for file in "$name".*; do
        case " $* " in
        *" ${file#"$name"} "*) ;;
        *) [ -e "$file" ] && echo "$file" ;;
        esac
    done
}

# workload SECONDS: into work, the --set words of a sweep that takes two processes about so long, however fast searches
# are; measured once.
work_mean=
workload() {
    local axes=(--set 'axes.hardware=["A100","H100"]' --set 'axes.year={"from":0,"to":10,"step":1}'
        --set 'axes.qat=["off"]' --set output.provenance=false) step
    if [ -z "$work_mean" ]; then
        CS_STATISTICS=$PWD/work.json run 120 "$sweep" "$quick" --output work.h5 --quiet "${axes[@]}" \
            --set 'axes.model.d_model={"from":2048,"to":8192,"step":2048}'
        work_mean=$("$PYTHON" -c '
import json
s = json.load(open("work.json"))
print(s["search_cpu_seconds"] / s["searches"])')
        rm -f work.h5 work.json
    fi
    # 22 searches for every model dimension.
    step=$("$PYTHON" -c "print(max(1, int(6144 * 22 * $work_mean / (2 * $1))))")
    work=("${axes[@]}" --set "axes.model.d_model={\"from\":2048,\"to\":8192,\"step\":$step}")
}
