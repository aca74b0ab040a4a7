#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Benchmarks of the sweep: strong scaling, the coordinator's cost and the simulation of many ranks with it, memory per
rank, configs/full.json on all cores, and what a search costs by device, by phase and against a narrower space.

    sweep.py [scaling|coordinator|memory|full_sweep|space]...

Prints one JSON object with the keys scaling, coordinator, simulated, memory, full_sweep and search of build/bench.json.
Environment: CS_BUILD; run through scripts/with-mpi.sh.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from harness import BUILD, FULL, MPIRUN, QUICK

SWEEP = BUILD / "cs_sweep"

ROUNDS = 5
SECONDS = 8.0  # of one run of the scaling test: the start of MPI, 0.4 s, is part of both sides
# A cluster's network as the simulation takes it: InfiniBand's few microseconds between any two processes, and what one
# rank 0 receives through one port.
LATENCY, BYTES_PER_SECOND = 2e-6, 10e9
SEARCHES = 10_000_000
# The space and the batch that were the defaults before, in which the experts are one group and split no further.
NARROW = ["search.expert_tensor=one", 'search.expert_degrees="experts"', "search.whole_servers=false",
          "scaling_law.batch_law=ml_par_sim"]
EIGHTH = 'axes.model.d_model={"from":1536,"to":24576,"step":1024}'
# Functions of src/search and src/model that are called for one phase of a search each.
PHASES = {"prices": ["cs_costs_prepare_next", "cs_costs_derive"], "bounds": ["cs_node_bound"],
          "memory_floors": ["cs_room_variants"], "stages": ["cs_stage_prepare_layers"],
          "traffic": ["cs_replica_floors", "cs_replicas_prepare"], "counting": ["cs_count_candidates"]}


def sweep(ranks, sets, output, *more, config=QUICK):
    """Starts one run; finished() gives its counters."""
    counters = output + ".json"
    command = MPIRUN + ["-n", str(ranks), SWEEP, config, "--output", output, "--force", "--quiet"]
    for value in sets:
        command += ["--set", value]
    environment = dict(os.environ, CS_STATISTICS=counters)
    return subprocess.Popen(command + list(more), env=environment), counters


def finished(started):
    process, counters = started
    if process.wait() != 0:
        sys.exit(f"{' '.join(map(str, process.args))}: exit status {process.returncode}")
    with open(counters, encoding="utf-8") as file:
        return json.load(file)


def workload(folder, seconds):
    """The words of a sweep that keeps two processes busy for about so long."""
    axes = ['axes.hardware=["A100","H100"]', 'axes.year={"from":0,"to":10,"step":1}', 'axes.qat=["off"]']
    dimensions = 'axes.model.d_model={"from":2048,"to":8192,"step":%d}'
    facts = finished(sweep(1, axes + [dimensions % 2048], os.path.join(folder, "probe.h5")))
    mean = facts["search_cpu_seconds"] / facts["searches"]
    return axes + [dimensions % max(1, int(6144 * 22 * mean / (2 * seconds)))]


def scaling(folder):
    """Two concurrent halves of one rank each against one run of two ranks, in turn."""
    words = workload(folder, SECONDS)
    halves, pairs, processor, facts = [], [], [], None
    for _ in range(ROUNDS):
        begun = time.monotonic()
        running = [sweep(1, words, os.path.join(folder, "half.h5"), "--shard", f"{k}/2") for k in (1, 2)]
        cpu = sum(finished(one)["cpu_seconds"] for one in running)
        halves.append(time.monotonic() - begun)
        begun = time.monotonic()
        facts = finished(sweep(2, words, os.path.join(folder, "pair.h5")))
        pairs.append(time.monotonic() - begun)
        processor.append(cpu / facts["cpu_seconds"])
    half, pair = statistics.median(halves), statistics.median(pairs)
    ratios = [a / b for a, b in zip(halves, pairs)]
    return [{"ranks": 1, "seconds": 2 * half, "efficiency": 1.0},
            {"ranks": 2, "seconds": pair, "efficiency": statistics.median(ratios),
             "processor_time_ratio": statistics.median(processor), "two_halves_seconds": half,
             "two_halves": halves, "two_ranks": pairs, "searches": facts["searches"]}]


def protocol(ranks, hands, folder):
    """The real protocol around two thirds of a million searches that take no time, in the chunks that so many ranks
    would get."""
    counters = os.path.join(folder, "protocol.json")
    command = MPIRUN + ["-n", str(ranks), BUILD / "tests/bench/protocol", FULL,
                        os.path.join(folder, "protocol.h5"), str(hands),
                        'axes.model.d_model={"from":1536,"to":24576,"step":16}', 'axes.carbon_intensity=["us-east5"]']
    return finished((subprocess.Popen(command, env=dict(os.environ, CS_STATISTICS=counters)), counters))


def clock_seconds():
    """What a look at the clock of processor time costs, a call of the system."""
    clock, least = time.CLOCK_PROCESS_CPUTIME_ID, 1.0
    for _ in range(10000):
        begun = time.clock_gettime(clock)
        least = min(least, time.clock_gettime(clock) - begun)
    return least


def coordinator(folder):
    """What rank 0 spends on a search and on a message, each the best of some runs: interruptions are not its cost.

    In few large chunks the searches count, in many small ones the messages too."""
    clock, best = clock_seconds(), {}
    for _ in range(2 * ROUNDS):
        for hands in (1, 256):
            facts = protocol(3, hands, folder)
            facts["handling"] = facts["message_seconds"] - clock * facts["listens"]
            facts["messages"] = facts["batches"] + facts["chunks"]
            if hands not in best or facts["handling"] < best[hands]["handling"]:
                best[hands] = facts
    few, many = best[1], best[256]
    per_message = (many["handling"] - few["handling"]) / (many["messages"] - few["messages"])
    per_message = max(per_message, 2e-7)  # where the noise is larger than what is measured
    per_search = (few["handling"] - per_message * few["messages"]) / few["received"]
    return {"seconds_per_search": per_search, "seconds_per_message": per_message,
            "seconds_per_chunk": per_message * many["messages"] / many["chunks"],
            "seconds_placing_per_search": few["place_seconds"] / few["received"], "clock_seconds": clock,
            "searches": few["searches"], "chunks": [few["chunks"], many["chunks"]],
            "batches": [few["batches"], many["batches"]], "bytes_per_search": few["entry_bytes"]}


def simulated(costs):
    words = [FULL, costs["seconds_per_search"], costs["seconds_per_message"], costs["seconds_per_message"], LATENCY,
             BYTES_PER_SECOND, SEARCHES]
    done = subprocess.run([BUILD / "tests/bench/simulate"] + [str(word) for word in words],
                          check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def memory(folder):
    facts = finished(sweep(4, ["axes.year=[0]"], os.path.join(folder, "memory.h5")))
    return {"rank0_bytes": facts["rank0_bytes"], "worker_bytes": facts["worker_bytes"]}


def full_sweep(folder):
    ranks = os.cpu_count()
    facts = finished(sweep(ranks, [], os.path.join(folder, "full.h5"), config=FULL))
    file_seconds = facts["checkpoint_seconds"] + facts["finish_seconds"]
    keys = ("searches", "points", "seconds", "ranks", "cpu_seconds", "search_cpu_seconds")
    return {**{key: facts[key] for key in keys}, "file_seconds": file_seconds,
            "file_share": file_seconds / facts["seconds"]}


def phases(folder):
    """Share of the instructions of cs_search_pair by phase, counted by callgrind; None without valgrind."""
    if shutil.which("valgrind") is None:
        return None
    counts = os.path.join(folder, "callgrind.out")
    words = [SWEEP, QUICK, "--set", "axes.year=[0]", "--output", os.path.join(folder, "phases.h5"), "--force"]
    subprocess.run(["valgrind", "--quiet", "--tool=callgrind", "--toggle-collect=cs_search_pair",
                    f"--callgrind-out-file={counts}", *words], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    done = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", counts], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    inclusive = {}
    for number, name in re.findall(r"^ *([\d,]+) .*?[:?](\w+)(?:'\d+)?(?: \[.*)?$", done.stdout, re.MULTILINE):
        inclusive.setdefault(name, int(number.replace(",", "")))
    whole = inclusive["cs_search_pair"]
    shares = {phase: sum(inclusive.get(name, 0) for name in names) / whole for phase, names in PHASES.items()}
    return {**shares, "rest": 1.0 - sum(shares.values())}


def space(folder):
    """What a search costs, with the least-carbon plan beside, and the default space against the narrow one."""
    def seconds(sets, ranks=1):
        facts = finished(sweep(ranks, sets, os.path.join(folder, "space.h5"), config=FULL))
        return facts["search_cpu_seconds"], facts["search_cpu_seconds"] / facts["searches"]

    devices = json.loads(FULL.read_text(encoding="utf-8"))["axes"]["hardware"]
    by_device = {device: seconds([EIGHTH, f"axes.hardware={json.dumps([device])}"])[1] for device in devices}
    wide, each = seconds([], os.cpu_count())
    narrow, _ = seconds(NARROW, os.cpu_count())
    return {"per_search_cpu_seconds": each, "by_device": by_device, "wide_over_narrow": wide / narrow,
            "phases": phases(folder)}


def main():
    parts = sys.argv[1:] or ["scaling", "coordinator", "memory", "full_sweep", "space"]
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        if "scaling" in parts:
            results["scaling"] = scaling(folder)
        if "coordinator" in parts:
            results["coordinator"] = coordinator(folder)
            results["simulated"] = simulated(results["coordinator"])
        if "memory" in parts:
            results["memory"] = memory(folder)
        if "full_sweep" in parts:
            results["full_sweep"] = full_sweep(folder)
        if "space" in parts:
            results["search"] = space(folder)
    json.dump(results, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
