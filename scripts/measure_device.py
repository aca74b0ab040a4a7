#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Measures the kernels of a GPU and writes what cs_sweep needs of it: a file of measurements, and a device.

Products of 16 and 8 bits, grouped products, attention, passes over memory and, where there are several devices,
all-reduces are timed on random normal data (zeros draw less power and so run faster), with the clock and the power
meanwhile where nvidia-smi tells them. The device is measured as it is found: no clock, limit or mode is changed.

  scripts/measure_device.py --name my-gpu --based-on H100          writes my-gpu.measured.json and my-gpu.device.json
  scripts/measure_device.py --name my-gpu --based-on H100 --from my-gpu.measured.json   only the device, anywhere

Measuring needs a GPU and PyTorch (2.4 or later) for it; the device needs a C compiler, numpy and scipy. What is not
measured (dies, server, network) is as on the device that it is based on. my-gpu.device.json goes among the devices of a
configuration's hardware axis; my-gpu.measured.json may join configs/measurements. Exit status 69 where something that
is needed is not there.
"""
import argparse
import copy
import importlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bridge  # noqa: E402
import fit_kernels  # noqa: E402

UNAVAILABLE = 69
PRODUCTS = [(m, n, k) for m in (1024, 2048, 4096, 8192) for n, k in
            ((1024, 4096), (4096, 1024), (4096, 4096), (12288, 4096), (4096, 14336), (8192, 8192))]
GROUPED = [(groups, rows, n, k) for groups, rows in ((8, 128), (8, 512), (8, 2048), (32, 256), (32, 1024))
           for n, k in ((4096, 2048), (2048, 4096))]
SEQUENCES = (1024, 2048, 4096, 8192, 16384)
TOKENS, HEADS, HEAD_DIM = 16384, 16, 128
STREAMS = (1 << 28, 1 << 30, 1 << 32)  # bytes read and written
REDUCED = (1 << 24, 1 << 26, 1 << 28, 1 << 30)
WAIT = 0.005  # s of rest before a kernel that is to run at full clock


class Missing(Exception):
    """Something that measuring needs is not there."""


# ---- arithmetic, which needs no GPU ----

def during(samples, begin, end):
    """Median clock (MHz) and power (W) of samples (time, clock, power) between two times; empty where there is none."""
    inside = [sample for sample in samples if begin <= sample[0] <= end]
    if not inside:
        return {}
    return {"clock_mhz": statistics.median(sample[1] for sample in inside),
            "power_w": statistics.median(sample[2] for sample in inside)}


def parse_sample(line):
    """(clock, power) of a line of nvidia-smi's CSV, or None where it tells neither."""
    try:
        clock, power = (float(part) for part in line.split(","))
    except ValueError:
        return None
    return (clock, power) if clock > 0 and power > 0 else None


def dynamic_power(sets, static, exponent):
    """What products add to static power at full clock, from clock and draw of the sustained ones; None where neither
    was measured. Full is the highest clock that was seen."""
    points = [point for measured in sets if measured["kind"] == "product" and measured["format"] == "bf16"
              for point in measured["points"] if "power_w" in point and "clock_mhz" in point]
    clocks = [point["clock_mhz"] for measured in sets for point in measured["points"] if "clock_mhz" in point]
    drawn = [(point["power_w"] - static) / (point["clock_mhz"] / max(clocks)) ** exponent for point in points]
    drawn = [power for power in drawn if power > 0]
    # Small products leave most of the device idle: the heaviest tenth shows what a large one draws.
    return sorted(drawn)[-max(len(drawn) // 10, 1)] if drawn else None


def fitted(kernels, devices, base, sets):
    """Constants of the device from its sets, those of `base` where a kind was not measured."""
    devices, found = copy.deepcopy(devices), {}
    kinds = {measured["kind"]: measured for measured in sets}
    steps = [("product", "bf16", fit_kernels.PRODUCT), ("stream", None, fit_kernels.STREAM),
             ("product", "fp8", {"sustained_8bit": (0.4, 1)}), ("grouped", None, fit_kernels.GROUPED)]
    generations = {measured["generation"] for measured in sets if measured["kind"] == "attention"}
    shares = {f"{name}_{way}": (0.1, 1) for name in sorted(generations) for way in ("forward", "backward")}
    steps.append(("attention", None, {**fit_kernels.ATTENTION, **shares}))
    power = dynamic_power(sets, devices[base].get("static_w", 0.0), devices[base].get("clock_exponent", 2.8))
    if power is not None:
        found["product_w"] = bridge.rounded(power)
        devices[base]["product_w"] = found["product_w"]
    for _ in range(fit_kernels.ROUNDS):
        for kind, form, constants in steps:
            chosen = [m for m in sets if m["kind"] == kind and form in (None, m["format"])]
            if kind in kinds and chosen:
                found.update(fit_kernels.fit(kernels, devices, chosen, (base, kind, form, False, constants)))
    return found


def link_efficiency(sets, device):
    """Share of the links that the best all-reduce reached; None where none was measured."""
    best = [fit_kernels.bus_bandwidth(**point) for measured in sets
            if measured["kind"] == "collective" for point in measured["points"]]
    per_direction = device["link_gb_s"] * 1e9 / 2.0
    return min(max(best) / per_direction, 1.0) if best else None


def entry(name, base, document, sets, kernels, devices):
    """The device as cs_sweep takes it: what was read off it, what was fitted, each with its source."""
    source = f"measured by scripts/measure_device.py on {document.get('measured_on', 'a device of its own')}"
    device = {"name": name, "based_on": base, "family": name, **document.get("properties", {})}
    found = fitted(kernels, devices, base, sets)
    links = link_efficiency(sets, devices[base])
    if links is not None:
        found["link_efficiency"] = bridge.rounded(links)
    device.update(found)
    device["source"] = source
    device["sources"] = {key: source for key in found}
    return device


# ---- measuring, which needs one ----

class Meter:
    """Clock and power of a GPU by nvidia-smi, as often as it tells them, in the background."""

    def __init__(self, index):
        self.samples, self.child = [], None
        words = ["nvidia-smi", f"--id={index}", "--query-gpu=clocks.sm,power.draw", "--format=csv,noheader,nounits",
                 "--loop-ms=20"]
        try:
            self.child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        except OSError:
            print("nvidia-smi is not here: clocks and power are left out.", file=sys.stderr)
            return
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.child.stdout:
            sample = parse_sample(line)
            if sample:
                self.samples.append((time.monotonic(), *sample))

    def close(self):
        if self.child:
            self.child.terminate()
            self.child.wait()


class Bench:
    """Times kernels on the current GPU."""

    def __init__(self, torch, seconds):
        self.torch, self.seconds = torch, seconds
        self.meter = Meter(torch.cuda.current_device())

    def one(self, kernel, times=1):
        torch = self.torch
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(times):
            kernel()
        end.record()
        torch.cuda.synchronize()
        return 1e-3 * begin.elapsed_time(end) / times

    def short(self, kernel):
        """Seconds of a kernel at full clock: single runs, with a rest before each."""
        kernel()
        runs = []
        for _ in range(7):
            time.sleep(WAIT)
            runs.append(self.one(kernel))
        return {"seconds": statistics.median(runs)}

    def sustained(self, kernel):
        """Seconds of a kernel that runs on and on, with clock and power of the second half."""
        once = max(self.one(kernel, 3), 1e-7)
        self.one(kernel, max(int(0.5 * self.seconds / once), 1))
        begin = time.monotonic()
        seconds = self.one(kernel, max(int(0.5 * self.seconds / once), 1))
        return {"seconds": seconds, **during(self.meter.samples, begin, time.monotonic())}


def random(torch, *shape):
    return torch.randn(*shape, device="cuda", dtype=torch.bfloat16)


def products(torch, form):
    for m, n, k in PRODUCTS:
        a, b = random(torch, m, k), random(torch, n, k)
        if form == "bf16":
            def kernel(a=a, b=b):
                return torch.matmul(a, b.t())
        else:
            one = torch.ones((), device="cuda")
            a, b = a.to(torch.float8_e4m3fn), b.to(torch.float8_e4m3fn)

            def kernel(a=a, b=b, one=one):
                return torch._scaled_mm(a, b.t(), scale_a=one, scale_b=one, out_dtype=torch.bfloat16)
        yield {"m": m, "n": n, "k": k, "batch": 1}, kernel


def grouped(torch, _):
    for groups, rows, n, k in GROUPED:
        a, b = random(torch, groups * rows, k), random(torch, groups, n, k)
        ends = torch.arange(rows, groups * rows + 1, rows, device="cuda", dtype=torch.int32)

        def kernel(a=a, b=b, ends=ends):
            return torch._grouped_mm(a, b.transpose(-2, -1), offs=ends)
        yield {"m": rows, "n": n, "k": k, "batch": groups}, kernel


def streams(torch, _):
    for size in STREAMS:
        a = torch.empty(size // 4, device="cuda", dtype=torch.bfloat16).normal_()
        b = torch.empty_like(a)

        def kernel(a=a, b=b):
            return b.copy_(a)
        yield {"bytes": size}, kernel


def attention(torch, backend, backward):
    nn = importlib.import_module("torch.nn.attention")
    for seq in SEQUENCES:
        shape = (TOKENS // seq, HEADS, seq, HEAD_DIM)
        q, k, v = (random(torch, *shape).requires_grad_(backward) for _ in range(3))

        def forward(q=q, k=k, v=v):
            with nn.sdpa_kernel(backend):
                return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        kernel = forward
        if backward:
            out, grad = forward(), random(torch, *shape)

            def kernel(out=out, grad=grad, inputs=(q, k, v)):
                return torch.autograd.grad(out, inputs, grad, retain_graph=True)
        yield {"batch": shape[0], "heads": HEADS, "kv_heads": HEADS, "seq": seq, "d_qk": HEAD_DIM, "d_v": HEAD_DIM,
               "causal": True}, kernel


def measure(bench, base, head, kernels, state, source):
    """A set, or None where the software or the device has no such kernel."""
    points = []
    try:
        for shape, kernel in kernels:
            points.append({**shape, **getattr(bench, state)(kernel)})
    except (AttributeError, RuntimeError, TypeError) as error:
        print(f"{head['name']} is left out: {str(error).splitlines()[0]}", file=sys.stderr)
        return None
    print(f"{head['name']}: {len(points)} points", flush=True)
    return {"name": head.pop("name"), "device": base, **head, "state": state, "source": source, "points": points}


def measure_all(torch, bench, name, base, source):
    nn = importlib.import_module("torch.nn.attention")
    sets = []

    def add(what, kernels, state, **head):
        sets.append(measure(bench, base, {"name": f"{name}-{what}-{state}", **head}, kernels, state, source))
    for form in ("bf16", "fp8"):
        for state in ("short", "sustained"):
            add(f"products-{form}", products(torch, form), state, kind="product", format=form)
    add("grouped", grouped(torch, None), "sustained", kind="grouped", format="bf16")
    add("streams", streams(torch, None), "sustained", kind="stream", format="bf16")
    for generation, backend in (("fused2", "FLASH_ATTENTION"), ("fused3", "CUDNN_ATTENTION")):
        for way, backward in (("forward", False), ("backward", True)):
            if hasattr(nn.SDPBackend, backend):
                add(f"attention-{generation}-{way}", attention(torch, getattr(nn.SDPBackend, backend), backward),
                    "sustained", kind="attention", format="bf16", generation=generation, **{"pass": way})
    return [measured for measured in sets if measured]


def reduce_worker(rank, count, port, answers):
    torch = importlib.import_module("torch")
    distributed = importlib.import_module("torch.distributed")
    torch.cuda.set_device(rank)
    distributed.init_process_group("nccl", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=count)
    for size in REDUCED:
        tensor = torch.randn(size // 4, device="cuda")
        for _ in range(3):
            distributed.all_reduce(tensor)
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(10):
            distributed.all_reduce(tensor)
        end.record()
        torch.cuda.synchronize()
        if rank == 0:
            answers.put({"devices": count, "bytes": size, "seconds": 1e-4 * begin.elapsed_time(end)})
    distributed.destroy_process_group()


def collectives(torch, name, base, source, port):
    """All-reduces over all devices of this machine, or None where there is one."""
    count = torch.cuda.device_count()
    if count < 2:
        return None
    multiprocessing = importlib.import_module("torch.multiprocessing")
    answers = multiprocessing.get_context("spawn").SimpleQueue()
    multiprocessing.spawn(reduce_worker, args=(count, port, answers), nprocs=count)
    points = [answers.get() for _ in REDUCED]
    return {"name": f"{name}-all-reduce", "device": base, "kind": "collective", "source": source, "points": points}


def properties(torch):
    """What the driver says of the device, in fields of a device."""
    said = torch.cuda.get_device_properties(0)
    result = {"units": said.multi_processor_count, "hbm_gib": round(said.total_memory / 2**30, 4)}
    words = ["nvidia-smi", "--id=0", "--query-gpu=power.limit,clocks.max.sm", "--format=csv,noheader,nounits"]
    try:
        limit = parse_sample(",".join(reversed(subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                                              text=True, check=False).stdout.strip().split(","))))
        if limit:
            result["tdp_w"] = limit[1]
    except OSError:
        pass
    return result


def find_torch():
    try:
        torch = importlib.import_module("torch")
    except ImportError as error:
        raise Missing("PyTorch is not installed; measuring needs it, built for the GPU") from error
    if not torch.cuda.is_available():
        raise Missing("PyTorch sees no GPU; measuring needs one, with its driver")
    return torch


def measured_document(arguments, torch):
    source = (f"scripts/measure_device.py on {torch.cuda.get_device_name(0)}, PyTorch {torch.__version__}, "
              f"{time.strftime('%Y-%m-%d')}")
    bench = Bench(torch, arguments.seconds)
    try:
        sets = measure_all(torch, bench, arguments.name, arguments.based_on, source)
    finally:
        bench.meter.close()
    reduced = collectives(torch, arguments.name, arguments.based_on, source, arguments.port)
    read_off = properties(torch)
    for measured in sets:
        if "tdp_w" in read_off:
            measured["fields"] = {"tdp_w": read_off["tdp_w"]}
    return {"schema_version": 1, "measured_on": torch.cuda.get_device_name(0), "properties": read_off,
            "sets": sets + ([reduced] if reduced else [])}


def write(path, document):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.write("\n")
    print(f"{path} written")


def make_entry(arguments, path):
    _, devices = bridge.load_devices()
    try:
        for needed in ("numpy", "scipy.optimize"):
            importlib.import_module(needed)
    except ImportError as error:
        raise Missing(f"{error.name} is not installed; the device is fitted with it, from {path} by --from") from error
    with tempfile.TemporaryDirectory() as folder:
        library = bridge.compile_bridge(folder)
        defaults = bridge.fields(library)
        sets = fit_kernels.read(path, devices, defaults)
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        kernels = fit_kernels.Kernels(library, defaults)
        device = entry(arguments.name, arguments.based_on, document, sets, kernels, devices)
        base = {**devices[arguments.based_on], **device}
        off = [abs(ratio - 1) for measured in sets if measured["kind"] not in ("collective", "power")
               for ratio in kernels.ratios(base, measured)]
    print(f"{len(off)} kernels, {100 * statistics.fmean(off) if off else math.nan:.1f}% off on average")
    write(f"{arguments.name}.device.json", device)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--name", required=True, help="of the device, and of the files that are written")
    parser.add_argument("--based-on", required=True, help="a device of configs/devices.json that it resembles")
    parser.add_argument("--from", dest="source", help="make the device from this file of measurements")
    parser.add_argument("--seconds", type=float, default=1.0, help="that a sustained kernel runs on (default 1)")
    parser.add_argument("--port", type=int, default=29511, help="for the processes of all-reduces (default 29511)")
    arguments = parser.parse_args()
    _, devices = bridge.load_devices()
    if arguments.based_on not in devices:
        parser.error(f"no device is named {arguments.based_on}; known are {', '.join(devices)}")
    path = arguments.source or f"{arguments.name}.measured.json"
    try:
        if not arguments.source:
            write(path, measured_document(arguments, find_torch()))
        make_entry(arguments, path)
    except Missing as error:
        print(f"measure_device.py: {error}.", file=sys.stderr)
        return UNAVAILABLE
    except (OSError, ValueError, KeyError, fit_kernels.Wrong) as error:
        print(f"measure_device.py: error: {path}: {error}", file=sys.stderr)
        return 66 if isinstance(error, OSError) else 65
    return 0


if __name__ == "__main__":
    sys.exit(main())
