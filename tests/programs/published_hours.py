#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Device-hours of published runs against cs_point's for the same model, device and number of devices.

Batch, ramp, stack, schedule, recomputation, precision, goodput and the site's network are what models.json states of
the run. Each run is asked twice: with the plan searched, and with the plan that ran, where it is published. The
goodputs of BLOOM and PaLM were derived from these hours and the published rates, so these two rows test the rate alone.
"""
import json

from harness import BUILD, check, run, run_test

# Network cards in GB/s a device and direction: p4d.24xlarge, the run's likely one, 400 Gbit/s for eight (AWS).
EFA = ["--set", "device.scale_out_gb_s=6.25"]

# Model, device, number, published hours (source), the bound that the searched plan keeps to, the options of the plan
# that ran, and its bound; 0.15 is what is asked. Two searched plans miss it, being faster than what ran: GPT-NeoX chose
# a deeper pipeline and smaller micro-batches than the search does, and Pythia's stack was slow (src/model/errors.md).
RUNS = [
    # Llama 3.1 model card; arXiv 2407.21783, Table 4
    ("Llama-3.1-405B", "H100", 16384, 30.84e6, 0.15, ["--tensor", 8, "--pipeline", 16], 0.15),
    # arXiv 2412.19437, Table 1 and section 3.2
    ("DeepSeek-V3", "H800", 2048, 2.664e6, 0.15, ["--tensor", 1, "--pipeline", 16, "--expert", 64], 0.15),
    # arXiv 2211.02001, Table 1; bigscience-workshop/bigscience, train/tr11-176B-ml/tr11-176B-ml.slurm
    ("BLOOM", "A100-80GB", 384, 1082990, 0.15, ["--tensor", 4, "--pipeline", 12, "--micro-batch", 2], 0.15),
    # arXiv 2204.02311, appendix B: 6,144 chips for 1,200 hours and 3,072 for 336
    ("PaLM-540B", "TPUv4", 6144, 8404992, 0.15, ["--tensor", 12, "--pipeline", 1, "--data", 512, "--zero", 3], 0.15),
    # arXiv 2302.13971, Table 15
    ("LLaMA-65B", "A100-80GB", 2048, 1022362, 0.15, None, None),
    # arXiv 2204.06745: 96 devices for 1,830 hours; EleutherAI/gpt-neox, configs/20B.yml
    ("GPT-NeoX-20B", "A100", 96, 96 * 1830, 0.20, ["--tensor", 2, "--pipeline", 4, "--micro-batch", 4], 0.15),
    # arXiv 2304.01373, appendix D; EleutherAI/pythia, models/6.9B/pythia-6.9b.yml
    ("Pythia-6.9B", "A100", 128, 33500, 0.30,
     ["--tensor", 2, "--pipeline", 1, "--micro-batch", 8, "--zero", 1, *EFA], 0.15),
]


def hours(model, hardware, devices, options):
    """Device-hours of the answer, and the answer."""
    done = run(BUILD / "cs_point", "--model", model, "--hardware", hardware, "--devices", devices, *options, "--brief",
               "--json")
    answer = json.loads(done.stdout)
    check(answer["values"]["status"] == 1, f"{model}: no plan")
    return devices * (answer["values"]["training_time"] or float("nan")) / 3600, answer


def main():
    print("model            devices          published Mh  searched  as it ran")
    for model, hardware, devices, published, bound, options, ran_bound in RUNS:
        searched, answer = hours(model, hardware, devices, [])
        error = searched / published - 1
        check(abs(error) <= bound, f"{model}: {error:+.1%} of the published hours with the plan searched")
        check(answer["plan"]["devices"] == devices, f"{model}: {answer['plan']['devices']} devices")
        check(answer["plan"]["global_batch"] == answer["architecture"]["global_batch"], f"{model}: another batch")
        line = f"{model:16} {devices:6} {hardware:9} {published / 1e6:12.4g}  {error:+8.1%}"
        if options is not None:
            ran = hours(model, hardware, devices, options)[0] / published - 1
            check(abs(ran) <= ran_bound, f"{model}: {ran:+.1%} of the published hours with the plan that ran")
            line += f"  {ran:+8.1%}"
        print(line)


if __name__ == "__main__":
    run_test(main)
