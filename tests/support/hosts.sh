# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154 # variables for those who source it, and of sweep.sh
# Sourced after sweep.sh by tests of runs over several hosts: network and host-name namespaces of this machine, joined
# by a switch in one of its own. Open MPI's mpirun starts its daemons in them by `ip netns exec` in place of ssh.

# hosts_can: whether such hosts can be made here.
hosts_can() {
    [ "$(id -u)" -eq 0 ] && [ -n "$quiet_launcher" ] && command -v ip unshare >/dev/null &&
        unshare --uts true 2>/dev/null && ip netns add "cs$$try" 2>/dev/null && ip netns del "cs$$try"
}

# hosts_up NUMBER: their names are in hosts.
hosts_up() {
    local i name
    switch=cs$$sw
    hosts=()
    ip netns add "$switch"
    ip -n "$switch" link add switch type bridge
    ip -n "$switch" link set switch up
    for ((i = 1; i <= $1; i++)); do
        name=cs$$h$i
        ip netns add "$name"
        ip -n "$switch" link add "to$i" type veth peer name eth0 netns "$name"
        ip -n "$switch" link set "to$i" master switch up
        ip -n "$name" addr add "10.78.0.$i/24" dev eth0
        ip -n "$name" link set eth0 up
        ip -n "$name" link set lo up
        hosts+=("$name")
    done
    cat >agent <<'AGENT'
#!/usr/bin/env bash
# As mpirun calls ssh: options, host, command.
while [ "${1#-}" != "$1" ]; do
    shift
done
host=$1
shift
exec ip netns exec "$host" unshare --uts bash -c 'hostname "$0"; exec bash -c "$1"' "$host" "$*"
AGENT
    chmod +x agent
    trap hosts_down EXIT
}
hosts_down() {
    local name
    for name in "${hosts[@]}"; do
        host_killed "$name"
        ip netns del "$name"
    done
    ip netns del "$switch"
    hosts=()
}
# host_killed HOST: every process on it.
host_killed() {
    local process
    for process in $(ip netns pids "$1" 2>/dev/null); do
        kill -KILL "$process" 2>/dev/null
    done
}
# host_cut HOST, host_joined HOST: its cable.
host_cut() {
    ip -n "$switch" link set "to${1##*h}" down
}
host_joined() {
    ip -n "$switch" link set "to${1##*h}" up
}
# host_linked HOST: whether its network is up again, some time after it was joined.
host_linked() {
    ip -n "$1" -o link show eth0 | grep -q 'state UP'
}
# start_hosts RANKS ARGUMENT...: cs_sweep in the background, so many ranks on each host, mpirun on the first of them.
start_hosts() {
    local ranks=$1 name list=
    shift
    for name in "${hosts[@]}"; do
        list=$list,$name:$ranks
    done
    # shellcheck disable=SC2086,SC2016 # MPIRUN may hold options; the inner shell expands
    start ip netns exec "${hosts[0]}" unshare --uts bash -c 'hostname "$0"; exec "$@"' "${hosts[0]}" \
        $MPIRUN $quiet_launcher --host "${list#,}" -n $((ranks * ${#hosts[@]})) --mca plm_rsh_agent "$PWD/agent" \
        --mca btl tcp,self --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 "$sweep" "$@"
}
