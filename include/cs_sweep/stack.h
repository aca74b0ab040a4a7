/* SPDX-License-Identifier: BSD-3-Clause */
/* Software stacks by name: what each family could do, since which year. */
#ifndef CS_SWEEP_STACK_H
#define CS_SWEEP_STACK_H

#include "cs_sweep/hardware.h"

/* ABILITY(NAME, what a stack that has it does). */
#define CS_ABILITIES(ABILITY)                                                                                          \
    ABILITY(FUSED1, "attention kernel of the first fused generation")                                                  \
    ABILITY(FUSED2, "attention kernel of the second fused generation")                                                 \
    ABILITY(FUSED3, "attention kernel of the third fused generation, or the vendor's library")                         \
    ABILITY(GRADIENT_OVERLAP, "gradients are reduced while the backward pass runs")                                    \
    ABILITY(SHARD_OVERLAP, "traffic of ZeRO 2 and 3 runs beside the layers' compute")                                  \
    ABILITY(GROUP_OVERLAP, "sums of gradients between the groups of ZeRO run under the backward pass too")             \
    ABILITY(SEND_OVERLAP, "sends between interleaved chunks run beside the compute of other chunks")                   \
    ABILITY(TENSOR_OVERLAP, "tensor-parallel collectives run chunk by chunk under their products")                     \
    ABILITY(FUSED_WEIGHT_GRADIENT, "no pass of its own adds up weight gradients")                                      \
    ABILITY(UNEVEN_STAGES, "stages may hold different numbers of layers")                                              \
    ABILITY(INTERLEAVED, "several chunks of layers per device under 1F1B")                                             \
    ABILITY(ZB1P, "the zero-bubble schedule")                                                                          \
    ABILITY(DUALPIPE, "the schedule DualPipe")                                                                         \
    ABILITY(FOLDED_EXPERTS, "experts may be cut by another tensor degree than the rest of a layer")                    \
    ABILITY(FUSED_PERMUTATION, "a token is copied to its experts' order, and back, by one kernel each")                \
    ABILITY(NODE_DISPATCH, "a token crosses to a node, and to a rank, once for all its experts there")                 \
    ABILITY(LOGARITHMIC_GATHER, "gathers among ranks of one domain each need not go round a ring")                     \
    ABILITY(MASTER_WEIGHTS, "ZeRO 3 shards FP32 weights alone and casts what it gathers: a habit")                     \
    ABILITY(LOGIT_COPIES, "the loss holds logits, their FP32 copy and its log-softmax at once: a habit")               \
    ABILITY(PRODUCTS_ONLY, "where a part is recomputed, the rest keeps the outputs of products only: a habit")         \
    ABILITY(DROPOUT, "its recipes of GPT models (a plain feed-forward) train with dropout: a habit")
enum cs_ability {
#define CS_ABILITY_ENUM(name, meaning) CS_ABILITY_##name,
    CS_ABILITIES(CS_ABILITY_ENUM)
#undef CS_ABILITY_ENUM
        CS_ABILITY_COUNT
};

/* What a family lacks has no row. FACT(family, ability, first year, last year or 0, on GPUs, TPUs or ALL, source): the
 * year is that of the release or the commit that brought it to its users. */
#define CS_STACK_FACTS(FACT)                                                                                           \
    FACT(MEGATRON, INTERLEAVED, 2021, 0, GPU, "Megatron-LM, February 2021; Narayanan 2021, arXiv 2104.04473")          \
    FACT(MEGATRON, FUSED_WEIGHT_GRADIENT, 2019, 0, GPU,                                                                \
         "Megatron-LM, gradient_accumulation_fusion, February 2022; sums in FP16 before, of as many bytes")            \
    FACT(MEGATRON, FUSED1, 2023, 0, GPU, "Megatron-LM, --use-flash-attn, December 2022")                               \
    FACT(MEGATRON, FUSED2, 2023, 0, GPU, "the same option with FlashAttention-2, July 2023, arXiv 2307.08691")         \
    FACT(MEGATRON, FUSED3, 2024, 0, GPU, "Transformer Engine on cuDNN's attention; arXiv 2407.08608")                  \
    FACT(MEGATRON, GRADIENT_OVERLAP, 2023, 0, GPU, "Megatron-LM, --overlap-grad-reduce, September 2023")               \
    FACT(MEGATRON, SEND_OVERLAP, 2023, 0, GPU, "Megatron-Core, overlap_p2p_comm, May 2023")                            \
    FACT(MEGATRON, TENSOR_OVERLAP, 2023, 0, GPU,                                                                       \
         "Megatron-LM, --tp-comm-overlap, October 2023: Transformer Engine's user buffers")                            \
    FACT(MEGATRON, SHARD_OVERLAP, 2024, 0, GPU, "Megatron-Core, --use-torch-fsdp2, November 2024")                     \
    FACT(MEGATRON, GROUP_OVERLAP, 2025, 0, GPU, "Megatron-Core 0.12, --num-distributed-optimizer-instances")           \
    FACT(MEGATRON, UNEVEN_STAGES, 2024, 0, GPU,                                                                        \
         "Megatron-LM, --decoder-first-pipeline-num-layers, September 2024; Megatron-Core 0.9")                        \
    FACT(PYTORCH, MASTER_WEIGHTS, 2022, 0, GPU, "FSDP with MixedPrecision, PyTorch 1.12; FSDP2, MixedPrecisionPolicy") \
    FACT(PYTORCH, LOGIT_COPIES, 2024, 0, GPU,                                                                          \
         "cross_entropy of FP32 copies in torchtitan: 77.0 and 62.0 GiB for 8B on 8 and 128 devices, December 2024")   \
    FACT(XLA, MASTER_WEIGHTS, 2019, 0, ALL, "T5X and MaxText, weight_dtype float32 by default")                        \
    FACT(XLA, PRODUCTS_ONLY, 2019, 0, ALL,                                                                             \
         "jax.checkpoint policies name products, as MaxText's save_dot_with_context_except_mlp, 2024")                 \
    FACT(MEGATRON, DROPOUT, 2019, 2022, GPU,                                                                           \
         "Megatron-LM, --hidden-dropout 0.1 by default, kept in Korthikanti 2022, arXiv 2205.05198")                   \
    FACT(MEGATRON, FOLDED_EXPERTS, 2025, 0, GPU, "Megatron-Core 0.10, MoE parallel folding, December 2024")            \
    FACT(MEGATRON, FUSED_PERMUTATION, 2025, 0, GPU, "Megatron-Core 0.11, Transformer Engine's kernels, February 2025") \
    FACT(MEGATRON, NODE_DISPATCH, 2025, 0, GPU, "Megatron-Core 0.12, DeepEP in its flexible dispatcher, May 2025")     \
    FACT(MEGATRON, LOGARITHMIC_GATHER, 2025, 0, GPU, "NCCL 2.23 (PAT), September 2024; NeMo 25.02")                    \
    FACT(PYTORCH, FUSED_WEIGHT_GRADIENT, 2019, 0, GPU,                                                                 \
         "autograd writes the gradient once, its reduction adds; Li 2020, arXiv 2006.15704")                           \
    FACT(PYTORCH, GRADIENT_OVERLAP, 2019, 0, GPU, "DistributedDataParallel; Li 2020, arXiv 2006.15704")                \
    FACT(PYTORCH, SHARD_OVERLAP, 2022, 0, GPU, "FullyShardedDataParallel, PyTorch 1.11; Zhao 2023, arXiv 2304.11277")  \
    FACT(PYTORCH, GROUP_OVERLAP, 2022, 0, GPU, "FullyShardedDataParallel, HYBRID_SHARD; Zhao 2023, arXiv 2304.11277")  \
    FACT(PYTORCH, FUSED1, 2023, 0, GPU, "scaled_dot_product_attention, PyTorch 2.0, March 2023")                       \
    FACT(PYTORCH, FUSED2, 2024, 0, GPU, "FlashAttention-2 in PyTorch 2.2, January 2024")                               \
    FACT(PYTORCH, FUSED3, 2025, 0, GPU, "torchtitan on cuDNN's attention, March 2025 (#1000, #1196)")                  \
    FACT(PYTORCH, INTERLEAVED, 2024, 0, GPU, "torchtitan, Interleaved1F1B, June 2024")                                 \
    FACT(PYTORCH, UNEVEN_STAGES, 2024, 0, GPU,                                                                         \
         "Llama 3, first and last stage one layer less (arXiv 2407.21783, 3.3.2); torchtitan 2025")                    \
    FACT(PYTORCH, SEND_OVERLAP, 2024, 0, GPU, "Llama 3, asynchronous sends (arXiv 2407.21783, 3.3.2)")                 \
    FACT(PYTORCH, TENSOR_OVERLAP, 2024, 0, GPU, "torchtitan, asynchronous tensor parallelism, June 2024")              \
    FACT(PYTORCH, ZB1P, 2024, 0, GPU, "torchtitan, zero bubble, October 2024; arXiv 2401.10241")                       \
    FACT(PYTORCH, DUALPIPE, 2025, 0, GPU, "torchtitan, DualPipeV, August 2025; arXiv 2412.19437")                      \
    FACT(PYTORCH, FOLDED_EXPERTS, 2025, 0, GPU, "torchtitan, expert parallelism of its own mesh, July 2025")           \
    FACT(PYTORCH, FUSED_PERMUTATION, 2025, 0, GPU, "NeMo Automodel on DeepEP and Transformer Engine, 2025")            \
    FACT(PYTORCH, NODE_DISPATCH, 2025, 0, GPU, "NeMo Automodel and torchtitan on DeepEP, 2025")                        \
    FACT(PYTORCH, LOGARITHMIC_GATHER, 2025, 0, GPU, "NCCL 2.23 (PAT), September 2024; PyTorch 2.7 has 2.26")           \
    FACT(DEEPSPEED, UNEVEN_STAGES, 2020, 0, GPU, "PipelineModule, partition_method parameters, DeepSpeed 0.3")         \
    FACT(DEEPSPEED, SHARD_OVERLAP, 2022, 0, GPU,                                                                       \
         "ZeRO 3 with prefetch; Rajbhandari 2021, arXiv 2104.07857; not yet in Narayanan's runs of 2021")              \
    FACT(DEEPSPEED, FUSED1, 2022, 0, GPU, "GPT-NeoX, FlashAttention, December 2022 (#725)")                            \
    FACT(DEEPSPEED, FUSED2, 2023, 0, GPU, "FlashAttention-2, July 2023, arXiv 2307.08691")                             \
    FACT(DEEPSPEED, LOGARITHMIC_GATHER, 2025, 0, GPU, "NCCL 2.23 (PAT), September 2024")                               \
    FACT(XLA, FUSED_WEIGHT_GRADIENT, 2019, 0, ALL, "the compiler adds in the product; openxla.org/xla")                \
    FACT(XLA, GRADIENT_OVERLAP, 2019, 0, TPU, "asynchronous collectives; Xu 2021, arXiv 2105.04663")                   \
    FACT(XLA, SHARD_OVERLAP, 2019, 0, TPU, "asynchronous collectives; Xu 2021, arXiv 2105.04663")                      \
    FACT(XLA, GROUP_OVERLAP, 2019, 0, TPU, "asynchronous collectives; Xu 2021, arXiv 2105.04663")                      \
    FACT(XLA, SEND_OVERLAP, 2019, 0, TPU, "asynchronous collectives; Xu 2021, arXiv 2105.04663")                       \
    FACT(XLA, TENSOR_OVERLAP, 2023, 0, TPU, "collective products; Wang, ASPLOS 2023, doi 10.1145/3567955.3567959")     \
    FACT(XLA, GRADIENT_OVERLAP, 2023, 0, GPU, "latency-hiding scheduler; github.com/NVIDIA/JAX-Toolbox")               \
    FACT(XLA, SHARD_OVERLAP, 2023, 0, GPU, "latency-hiding scheduler; github.com/NVIDIA/JAX-Toolbox")                  \
    FACT(XLA, SEND_OVERLAP, 2023, 0, GPU, "latency-hiding scheduler; github.com/NVIDIA/JAX-Toolbox")                   \
    FACT(XLA, FUSED2, 2023, 0, TPU, "MaxText, Pallas flash attention, December 2023")                                  \
    FACT(XLA, FUSED3, 2024, 0, TPU, "MaxText, splash attention, February 2024")                                        \
    FACT(XLA, FUSED3, 2024, 0, GPU, "MaxText, cudnn_flash_te, February 2024")                                          \
    FACT(XLA, FOLDED_EXPERTS, 2021, 0, ALL, "any sharding of any tensor; GSPMD, Xu 2021, arXiv 2105.04663")            \
    FACT(XLA, FUSED_PERMUTATION, 2019, 0, ALL, "the compiler fuses the passes; openxla.org/xla")                       \
    FACT(XLA, LOGARITHMIC_GATHER, 2025, 0, GPU, "NCCL 2.23 (PAT), September 2024; github.com/NVIDIA/JAX-Toolbox")      \
    FACT(XLA, INTERLEAVED, 2024, 0, ALL, "MaxText, num_pipeline_repeats (circular), June 2024")

enum { CS_STACK_ON_GPU = 1, CS_STACK_ON_TPU = 2, CS_STACK_ON_ALL = 3 };
struct cs_stack_fact {
    enum cs_stack_family family;
    enum cs_ability ability;
    int32_t since, until; /* first and last year; until 0: to this day */
    int32_t on;           /* CS_STACK_ON bits */
    const char *source;
};
const struct cs_stack_fact *cs_stack_facts(int32_t *count);

/* What its host costs, from a year on: HOST(family, first year, on, us to enqueue a kernel as the model counts them, us
 * of a transfer between stages, source). */
#define CS_STACK_2022_HOST "fitted to A100's runs (Megatron-LM 2021 and 2022), the second at the end of its range"
#define CS_STACK_2023_HOST "fitted to H100's runs (Megatron-LM, PyTorch 2023 to 2026), at the end of their ranges"
#define CS_STACK_HOSTS(HOST)                                                                                           \
    HOST(MEGATRON, 2019, GPU, 73.9, 99.8, CS_STACK_2022_HOST)                                                          \
    HOST(MEGATRON, 2023, GPU, 40.0, 60.0, CS_STACK_2023_HOST)                                                          \
    HOST(PYTORCH, 2019, GPU, 73.9, 99.8, "as Megatron-LM's: no run of its own")                                        \
    HOST(PYTORCH, 2023, GPU, 40.0, 60.0, CS_STACK_2023_HOST)                                                           \
    HOST(DEEPSPEED, 2019, GPU, 73.9, 99.8, "as Megatron-LM's: no run that the host bounds")                            \
    HOST(DEEPSPEED, 2023, GPU, 40.0, 60.0, "as Megatron-LM's: no run")                                                 \
    HOST(XLA, 2019, GPU, 40.0, 60.0, "assumption, as the others of 2023: no run that the host bounds")                 \
    HOST(XLA, 2019, TPU, 0.0, 0.0, "assumption: a step is one compiled program")
struct cs_stack_host {
    enum cs_stack_family family;
    int32_t since, on;
    double dispatch_us, boundary_us;
    const char *source;
};
const struct cs_stack_host *cs_stack_hosts(int32_t *count);

/* The least that a stack can keep in memory, from a year on: STORE(family, first year, on, bytes per parameter of a
 * gradient and of the optimizer's state, of a weight whose products are at 8 bits, tiles in which logits are made,
 * source). Weights are 16-bit otherwise. */
#define CS_STACK_STORES(STORE)                                                                                         \
    STORE(                                                                                                             \
        MEGATRON, 2024, GPU, 2.0, 10.0, 1.0, 1.0,                                                                      \
        "gradients in BF16 (grad_sync_dtype of NVIDIA's recipes since May 2024), FP32 weights as 16 bits beside the "  \
        "BF16 ones (distributed fused Adam, store_param_remainders), --fp8-param-gather")                              \
    STORE(MEGATRON, 2025, GPU, 2.0, 6.0, 1.0, 1.0,                                                                     \
          "the same with BF16 moments: --use-precision-aware-optimizer, Megatron-Core 0.11, February 2025")            \
    STORE(PYTORCH, 2025, GPU, 2.0, 4.0, 2.0, 1.0,                                                                      \
          "BF16 parameters, whose gradients and moments are BF16 (NeMo Automodel's benchmarks, KempnerForge)")         \
    STORE(XLA, 2024, ALL, 2.0, 4.0, 2.0, 1.0, "MaxText, weight_dtype bfloat16, which gradients and moments follow")    \
    STORE(XLA, 2025, ALL, 2.0, 4.0, 2.0, 16.0, "the same with num_vocab_tiling, 4 and 16 in tpu-recipes, 2025")
struct cs_stack_store {
    enum cs_stack_family family;
    int32_t since, on;
    double gradient_bytes, optimizer_bytes, eight_bit_weight_bytes, logit_tiles;
    const char *source;
};
const struct cs_stack_store *cs_stack_stores(int32_t *count);
/* The least of the family that training names, in its year; of `best`, the least of any. NULL: no less than usual. */
const struct cs_stack_store *cs_stack_store_of(const struct cs_training *training, const struct cs_device *device);

/* What a stack does on one device: its facts, with the settings that override them one by one. */
struct cs_stack {
    enum cs_attention_kernel kernel; /* never AUTO */
    enum cs_layer_split layer_split; /* never AUTO */
    bool gradient_overlap, shard_overlap, group_overlap, send_overlap, tensor_overlap, fused_weight_gradient, dropout;
    bool master_weights, logit_copies, products_only;
    bool interleaved, logarithmic_gather, folded_experts, fused_permutation, node_dispatch;
    uint32_t schedules;        /* bits of enum cs_schedule */
    double dispatch, boundary; /* s of the host: to enqueue a kernel; for a transfer between stages */
    double logit_tiles;        /* 1: the logits of a micro-batch are there at once */
};

/* Of the family and the year that training names; `best` has what any family has. gated: the model's feed-forward. */
void cs_stack_resolve(const struct cs_training *training, const struct cs_device *device, bool gated,
                      struct cs_stack *stack);
/* Of the schedules that a search may try those that the stack has; where it has none of them, all: whoever asks for
 * them has them. */
uint32_t cs_stack_schedules(const struct cs_stack *stack, uint32_t asked);

#endif
