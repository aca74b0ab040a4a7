# SPDX-License-Identifier: BSD-3-Clause
"""Cases that nobody measured: plans over all that the model knows (mixtures, latent and sliding attention, prediction
layers, every schedule, ZeRO stage and recomputation, context parallelism, GPUs and TPUs). What this build predicts for
them stands in tests/programs/predictions.json beside the measured ones."""

DEVICES = ["A100-80GB", "H100", "V100", "GB200", "MI300X", "TPUv4", "TPUv5p"]
METRICS = ["step_time_s", "peak_memory_gib"]


class Draw:
    """Marsaglia's xorshift64: the same numbers in every version of Python."""

    def __init__(self, seed):
        self.state = seed

    def one_of(self, choices):
        for shift in (13, -7, 17):
            moved = self.state << shift if shift > 0 else self.state >> -shift
            self.state = (self.state ^ moved) & (2**64 - 1)
        return choices[(self.state >> 16) % len(choices)]


def model(draw):
    heads = draw.one_of([12, 16, 40])
    made = {
        "layers": draw.one_of([6, 7, 12, 30]), "d_model": 128 * heads, "heads": heads,
        "kv_heads": draw.one_of([heads, 4]), "d_ff": draw.one_of([5000, 8192]), "vocab": draw.one_of([32000, 50257]),
        "gated_ffn": draw.one_of([True, False]), "tied_embedding": draw.one_of([True, False, None]),
        "positions": draw.one_of([None, "learned"]),
    }
    attention = draw.one_of(["full", "full", "sliding", "mla"])
    if attention == "sliding":
        made.update(attention="sliding", window=1000, window_period=draw.one_of([1, 3]))
    elif attention == "mla":
        del made["kv_heads"]
        made.update(attention="mla", mla={"q_lora": draw.one_of([0, 600]), "kv_lora": 300, "qk_nope_head_dim": 96,
                                          "qk_rope_head_dim": 48, "v_head_dim": 112})
    if draw.one_of([True, False]):
        made.update(experts=draw.one_of([8, 24]), experts_active=draw.one_of([1, 3]), d_expert=1700,
                    shared_experts=draw.one_of([0, 2]), dense_layers=draw.one_of([0, 1, 3]),
                    mtp_layers=draw.one_of([0, 1, 2]))
    return {key: value for key, value in made.items() if value is not None}


def plan(draw, experts):
    tensor, pipeline, context = draw.one_of([1, 2, 3, 8]), draw.one_of([1, 2, 3, 6]), draw.one_of([1, 1, 2, 4])
    data = draw.one_of([1, 3, 8, 40])
    made = {
        "tensor": tensor, "pipeline": pipeline, "context": context, "data": data,
        "devices": tensor * pipeline * context * data, "expert": draw.one_of([1, 2, 8]) if experts else 1,
        "zero": draw.one_of([0, 1, 2, 3]), "zero_group": draw.one_of([None, None, 4]),
        "micro_batch": draw.one_of([1, 2]), "interleave": draw.one_of([1, 1, 2]) if pipeline > 1 else 1,
        "recompute": draw.one_of(["none", "selective", "full"]), "sequence_parallel": draw.one_of([True, False]),
        "schedule": draw.one_of(["1f1b", "1f1b", "zb1p", "dualpipe"]),
        "attention_kernel": draw.one_of(["auto", "unfused", "fused1", "fused3"]),
        "slices": draw.one_of([None, 2]),
    }
    return {key: value for key, value in made.items() if value is not None}


def cases():
    draw = Draw(20251123)
    made = []
    for number in range(150):
        shape = model(draw)
        chosen = plan(draw, "experts" in shape)
        if chosen["pipeline"] * chosen["interleave"] > shape["layers"] + 2:  # embedding and head count as layers
            chosen["interleave"] = 1
        training = {"seq_len": draw.one_of([1024, 4096]), "global_batch": chosen["data"] * chosen["micro_batch"] *
                    draw.one_of([4, 12]), "precision": draw.one_of(["bf16", "fp16", "fp8"])}
        device = draw.one_of(DEVICES)
        for metric in METRICS:
            made.append({"id": f"synthetic-{number}-{metric.split('_', maxsplit=1)[0]}", "group": "synthetic",
                         "device": device, "model": shape, "training": training, "parallelism": chosen,
                         "measured": {"metric": metric, "value": 1.0}})
    return made
