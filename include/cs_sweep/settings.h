/* SPDX-License-Identifier: BSD-3-Clause */
/* Every setting of the program, in one table per section of the configuration.
 *
 * One row is REAL(member, default, low, high, unit, scopes, source-and-meaning), COUNT(...) for integers, FLAG(member,
 * default, scopes, meaning), CHOICE(member, default name, "name|name|...", scopes, meaning) for one of an enum in the
 * order of the names, SET(member, default bits, "name|name", scopes, meaning) for a non-empty list of such names kept
 * as bits, and LIST(member, "name|name", scopes, meaning) for a short list of positive integers or one of these names,
 * of which the first is the default.
 * The structs below, the reader, the effective configuration, configs/schema.json and configs/README.md all come from,
 * or are checked against, these rows. Scopes say which part of the computation reads a setting (see enum cs_scope). */
#ifndef CS_SWEEP_SETTINGS_H
#define CS_SWEEP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "cs_sweep/text.h"

/* What has to be computed again when a setting changes; a variable of the result file depends on an axis exactly when
 * it depends on one of the axis' scopes. */
enum cs_scope {
    CS_SCOPE_ARCHITECTURE = 1, /* the LLM, its tokens, loss and critical batch */
    CS_SCOPE_SEARCH = 2,       /* step time, memory, the plan */
    CS_SCOPE_POWER = 4,        /* energy of a plan */
    CS_SCOPE_EMBODIED = 8,     /* embodied carbon of a plan */
    CS_SCOPE_OPERATION = 16,   /* operational carbon of an energy, and its water */
    CS_SCOPE_COST = 32,        /* cost of a plan */
    CS_SCOPE_NONE = 0          /* output, limits: may not be an axis */
};

enum { CS_LIST_MAX = 16 };
struct cs_list {
    int32_t count;
    int32_t name; /* with no values: which of the names the setting has; an empty list stands for the first */
    int32_t values[CS_LIST_MAX];
};

enum cs_attention_kernel {
    CS_ATTENTION_AUTO,
    CS_ATTENTION_UNFUSED,
    CS_ATTENTION_FUSED1,
    CS_ATTENTION_FUSED2,
    CS_ATTENTION_FUSED3
};
#define CS_ATTENTION_KERNEL_NAMES "auto|unfused|fused1|fused2|fused3"
/* Result files hold these numbers, so new levels come last. */
enum cs_recompute { CS_RECOMPUTE_NONE, CS_RECOMPUTE_SELECTIVE, CS_RECOMPUTE_FULL, CS_RECOMPUTE_FFN };
enum { CS_RECOMPUTE_COUNT = 4 };
#define CS_RECOMPUTE_NAMES "none|selective|full|ffn"
enum cs_offload { CS_OFFLOAD_OFF, CS_OFFLOAD_ON };
#define CS_OFFLOAD_NAMES "off|offload"
enum cs_layer_split { CS_LAYER_SPLIT_AUTO, CS_LAYER_SPLIT_BALANCED, CS_LAYER_SPLIT_EVEN };
#define CS_LAYER_SPLIT_NAMES "auto|balanced|even"
enum cs_switch { CS_SWITCH_AUTO, CS_SWITCH_ON, CS_SWITCH_OFF };
#define CS_SWITCH_NAMES "auto|on|off"
enum cs_stack_family { CS_STACK_BEST, CS_STACK_MEGATRON, CS_STACK_PYTORCH, CS_STACK_DEEPSPEED, CS_STACK_XLA };
#define CS_STACK_NAMES "best|megatron|pytorch|deepspeed|xla"
enum { CS_STACK_YEAR_FIRST = 2019, CS_STACK_YEAR_LAST = 2026 };
enum cs_schedule { CS_SCHEDULE_1F1B, CS_SCHEDULE_ZB1P, CS_SCHEDULE_DUALPIPE };
#define CS_SCHEDULE_NAMES "1f1b|zb1p|dualpipe"
enum cs_objective { CS_MIN_DEVICES, CS_MIN_TIME, CS_MIN_ENERGY, CS_MIN_CARBON, CS_MIN_COST };
#define CS_OBJECTIVE_NAMES "min_devices|min_time|min_energy|min_carbon|min_cost"
enum cs_preset { CS_PRESET_MEASURED, CS_PRESET_PAPER };
#define CS_PRESET_NAMES "measured|paper"
enum cs_attribution { CS_ATTRIBUTION_AMORTIZED, CS_ATTRIBUTION_FULL };
/* How the grid of a place goes on from the year of its figure: cs_grid_factor. */
enum cs_grid_scenario { CS_GRID_CONSTANT, CS_GRID_RATE, CS_GRID_TREND, CS_GRID_POLICY };
#define CS_GRID_NAMES "constant|rate|trend|policy"
/* Carbon per area of logic: cs_cpa_logic. */
enum cs_cpa_set { CS_CPA_MEASURED, CS_CPA_LLMCARBON, CS_CPA_ACT, CS_CPA_IMEC, CS_CPA_ADEME };
#define CS_CPA_NAMES "measured|llmcarbon|act|imec|ademe"
/* Whose data centres, by the PUE that they publish: cs_pue. */
enum cs_fleet { CS_FLEET_UNNAMED, CS_FLEET_GOOGLE, CS_FLEET_AWS, CS_FLEET_MICROSOFT, CS_FLEET_SURVEY };
#define CS_FLEET_NAMES "unnamed|google|aws|microsoft|survey"
enum cs_tokens_basis { CS_TOKENS_ACTIVE, CS_TOKENS_TOTAL };
/* How many tokens a step may hold: cs_critical_batch_tokens. */
enum cs_batch_law { CS_BATCH_LAW_STEP, CS_BATCH_LAW_DEEPSEEK, CS_BATCH_LAW_ML_PAR_SIM, CS_BATCH_LAW_CUSTOM };
#define CS_BATCH_LAW_NAMES "step|deepseek|ml_par_sim|custom"
enum cs_divisibility { CS_DIVISIBILITY_RELAXED, CS_DIVISIBILITY_STRICT };
enum cs_expert_degrees { CS_EXPERT_DEGREES_DIVISORS, CS_EXPERT_DEGREES_EXPERTS };
enum cs_expert_tensor { CS_EXPERT_TENSOR_ONE, CS_EXPERT_TENSOR_TENSOR, CS_EXPERT_TENSOR_BOTH };

#define CS_LUDZIEJEWSKI "Ludziejewski 2024, arXiv 2402.07871, Table 1"
#define CS_REBUILT "rebuilt from the endpoints that the CarbonScaling paper prints"

/* ---- scaling_law: the LLM that a model dimension stands for, and its loss ---- */
#define CS_SCALING_LAW_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                  \
    REAL(layers_coefficient, 0.24160, 1e-9, 1e9, "1", CS_SCOPE_ARCHITECTURE,                                           \
         "layers = round(coefficient * d_model^exponent); " CS_REBUILT)                                                \
    REAL(layers_exponent, 0.64022, 0.0, 4.0, "1", CS_SCOPE_ARCHITECTURE, "see layers_coefficient; " CS_REBUILT)        \
    REAL(dense_below_parameters, 1.6e9, 0.0, 1e30, "1", CS_SCOPE_ARCHITECTURE,                                         \
         "dense while 12 * layers * d_model^2 is below this, else mixture of experts (CarbonScaling 5.1)")             \
    REAL(d_model_per_expert, 768.0, 1e-3, 1e12, "1", CS_SCOPE_ARCHITECTURE,                                            \
         "experts = max(experts_minimum, round(d_model / this)); " CS_REBUILT)                                         \
    COUNT(experts_minimum, 2, 1, 1000000, "1", CS_SCOPE_ARCHITECTURE, "fewest experts of a mixture; " CS_REBUILT)      \
    FLAG(experts_power_of_two, false, CS_SCOPE_ARCHITECTURE,                                                           \
         "experts = the power of two whose logarithm is nearest to that of d_model / d_model_per_expert, but not "     \
         "below experts_minimum")                                                                                      \
    COUNT(head_dim, 128, 1, 1000000, "1", CS_SCOPE_ARCHITECTURE, "heads = max(1, round(d_model / head_dim)); custom")  \
    REAL(ffn_multiple, 4.0, 1e-3, 1e3, "1", CS_SCOPE_ARCHITECTURE, "d_ff = multiple * d_model; arXiv 2402.07871")      \
    FLAG(gated_ffn, false, CS_SCOPE_ARCHITECTURE, "gated feed-forward; plain in arXiv 2402.07871")                     \
    COUNT(vocab, 51200, 1, 100000000, "1", CS_SCOPE_ARCHITECTURE, "vocabulary; GPT-2's, padded (Megatron-LM)")         \
    FLAG(tied_embedding, false, CS_SCOPE_ARCHITECTURE, "output embedding shared with the input's; arXiv 2402.07871")   \
    REAL(loss_floor, 0.47, 0.0, 1e3, "1", CS_SCOPE_ARCHITECTURE, "c; " CS_LUDZIEJEWSKI)                                \
    REAL(moe_a, 18.1, 0.0, 1e6, "1", CS_SCOPE_ARCHITECTURE, "alpha0 of the MoE row; " CS_LUDZIEJEWSKI)                 \
    REAL(moe_alpha, 0.115, 0.0, 10.0, "1", CS_SCOPE_ARCHITECTURE, "alpha of the MoE row; " CS_LUDZIEJEWSKI)            \
    REAL(moe_b, 30.8, 0.0, 1e6, "1", CS_SCOPE_ARCHITECTURE, "beta0 of the MoE row; " CS_LUDZIEJEWSKI)                  \
    REAL(moe_beta, 0.147, 0.0, 10.0, "1", CS_SCOPE_ARCHITECTURE, "beta of the MoE row; " CS_LUDZIEJEWSKI)              \
    REAL(moe_g, 2.1, 0.0, 1e6, "1", CS_SCOPE_ARCHITECTURE, "g of the MoE row; " CS_LUDZIEJEWSKI)                       \
    REAL(moe_gamma, 0.58, 0.0, 10.0, "1", CS_SCOPE_ARCHITECTURE, "gamma of the MoE row; " CS_LUDZIEJEWSKI)             \
    REAL(granularity, 1.0, 1e-3, 1e3, "1", CS_SCOPE_ARCHITECTURE, "G = d_ff / d_expert in the loss; 1 in the paper")   \
    REAL(dense_a, 16.3, 0.0, 1e6, "1", CS_SCOPE_ARCHITECTURE, "alpha0 of the dense row; " CS_LUDZIEJEWSKI)             \
    REAL(dense_alpha, 0.126, 0.0, 10.0, "1", CS_SCOPE_ARCHITECTURE, "alpha of the dense row; " CS_LUDZIEJEWSKI)        \
    REAL(dense_b, 26.7, 0.0, 1e6, "1", CS_SCOPE_ARCHITECTURE, "beta0 of the dense row; " CS_LUDZIEJEWSKI)              \
    REAL(dense_beta, 0.127, 0.0, 10.0, "1", CS_SCOPE_ARCHITECTURE, "beta of the dense row; " CS_LUDZIEJEWSKI)          \
    CHOICE(batch_law, "step", CS_BATCH_LAW_NAMES, CS_SCOPE_ARCHITECTURE,                                               \
           "the critical batch, the most tokens a step may hold (2^30 sequences at most), of D tokens and compute C: " \
           "step_batch_*, Step Law, arXiv 2503.04715; deepseek_batch_*, arXiv 2401.02954, an optimal batch of small "  \
           "runs; ml_par_sim 2^22 (C / 1e25)^(1/6), rebuilt from davidsj/ml_par_sim; custom: critical_batch_*")        \
    REAL(step_batch_tokens, 0.58, 1e-9, 1e9, "token", CS_SCOPE_ARCHITECTURE,                                           \
         "step: critical batch = this * D^step_batch_exponent; Step Law, arXiv 2503.04715")                            \
    REAL(step_batch_exponent, 0.571, 0.0, 2.0, "1", CS_SCOPE_ARCHITECTURE, "see step_batch_tokens; arXiv 2503.04715")  \
    REAL(deepseek_batch_tokens, 0.2920, 1e-9, 1e9, "token", CS_SCOPE_ARCHITECTURE,                                     \
         "deepseek: critical batch = this * C^deepseek_batch_exponent; DeepSeek LLM, arXiv 2401.02954")                \
    REAL(deepseek_batch_exponent, 0.3271, 0.0, 2.0, "1", CS_SCOPE_ARCHITECTURE,                                        \
         "see deepseek_batch_tokens; arXiv 2401.02954")                                                                \
    REAL(critical_batch_tokens, 4194304.0, 1.0, 1e18, "token", CS_SCOPE_ARCHITECTURE,                                  \
         "custom: critical batch at critical_batch_compute; 2^22 as ml_par_sim")                                       \
    REAL(critical_batch_compute, 1e25, 1.0, 1e40, "FLOP", CS_SCOPE_ARCHITECTURE, "custom: as ml_par_sim")              \
    REAL(critical_batch_exponent, 1.0 / 6.0, 0.0, 2.0, "1", CS_SCOPE_ARCHITECTURE,                                     \
         "custom: critical batch = tokens * (C / compute)^exponent; 1/6 as ml_par_sim, 1/3 is its aggressive option")

/* ---- training: the run ---- */
#define CS_TRAINING_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                     \
    COUNT(seq_len, 2048, 1, 1000000000, "token", CS_SCOPE_ARCHITECTURE, "sequence length (CarbonScaling 5.1: 2K)")     \
    REAL(tokens_per_parameter, 20.0, 1e-6, 1e9, "token", CS_SCOPE_ARCHITECTURE, "Hoffmann 2022, arXiv 2203.15556")     \
    REAL(tokens, 0.0, 0.0, 1e24, "token", CS_SCOPE_ARCHITECTURE,                                                       \
         "tokens of the run; 0: those that a model states, or tokens_per_parameter")                                   \
    CHOICE(tokens_basis, "active", "active|total", CS_SCOPE_ARCHITECTURE,                                              \
           "the parameters that tokens_per_parameter counts")                                                          \
    REAL(deadline_days, 90.0, 1e-9, 1e9, "day", CS_SCOPE_SEARCH, "longest training, three months (CarbonScaling 5.1)") \
    REAL(goodput, 0.95, 1e-6, 1.0, "1", CS_SCOPE_SEARCH,                                                               \
         "share of the wall time that trains: restarts, checkpoints; custom, Llama 3 reports above 0.9")               \
    COUNT(global_batch, 0, 0, 1000000000, "sequence", CS_SCOPE_SEARCH,                                                 \
          "given batch; 0 takes the critical batch. Unless it is given, the batch of a model that states one serves")  \
    CHOICE(stack, "best", CS_STACK_NAMES, CS_SCOPE_SEARCH,                                                             \
           "family of the software; best has what any of them has; what is auto below follows (table of stacks)")      \
    COUNT(stack_year, 2026, 2019, 2026, "1", CS_SCOPE_SEARCH, "year of the software's release, of the common era")     \
    CHOICE(attention_kernel, "auto", CS_ATTENTION_KERNEL_NAMES, CS_SCOPE_SEARCH,                                       \
           "generation of the attention kernel; auto takes the newest that both the stack and the device have")        \
    CHOICE(layer_split, "auto", CS_LAYER_SPLIT_NAMES, CS_SCOPE_SEARCH,                                                 \
           "layers to stages: least slowest stage, or alike wherever they divide; auto: balanced if the stack can")    \
    CHOICE(dropout, "auto", CS_SWITCH_NAMES, CS_SCOPE_SEARCH,                                                          \
           "dropout in training, its masks and passes; auto: where the stack's recipes of its year have it")           \
    CHOICE(gradient_overlap, "auto", CS_SWITCH_NAMES, CS_SCOPE_SEARCH,                                                 \
           "gradient and ZeRO traffic under the passes; auto: as the stack does (best: with fused attention)")         \
    CHOICE(send_overlap, "auto", CS_SWITCH_NAMES, CS_SCOPE_SEARCH,                                                     \
           "sends between interleaved chunks beside the compute of others; auto: as gradient_overlap")                 \
    CHOICE(tensor_overlap, "auto", CS_SWITCH_NAMES, CS_SCOPE_SEARCH,                                                   \
           "the share device.tensor_overlap of tensor traffic under its products; auto: as gradient_overlap")          \
    REAL(gradient_bucket_bytes, 1.6e8, 0.0, 1e15, "byte", CS_SCOPE_SEARCH,                                             \
         "gradient traffic that is left when the backward pass ends (Megatron-LM: 40M elements of 4 B)")               \
    REAL(gradient_bytes, 4.0, 1.0, 16.0, "byte", CS_SCOPE_SEARCH, "gradient per parameter, FP32 (Megatron-LM)")        \
    REAL(optimizer_bytes, 12.0, 0.0, 64.0, "byte", CS_SCOPE_SEARCH,                                                    \
         "optimizer state per parameter: FP32 master weight and two Adam moments (Rajbhandari 2020, ZeRO)")            \
    FLAG(lean_memory, false, CS_SCOPE_SEARCH,                                                                          \
         "keep the least that the stack can: 16-bit gradients and moments, 8-bit weights, logits in tiles (table of "  \
         "what stacks keep)")                                                                                          \
    CHOICE(fused_weight_gradient, "auto", CS_SWITCH_NAMES, CS_SCOPE_SEARCH,                                            \
           "weight gradients are added by their product, and hide the tensor all-reduce; off: by a pass of its own; "  \
           "auto: as the stack does")                                                                                  \
    REAL(expert_imbalance, 0.03, 0.0, 10.0, "1", CS_SCOPE_SEARCH,                                                      \
         "mixtures: standard deviation of the tokens of an expert over their mean; 0: routing is forced to balance; "  \
         "custom, the fullest of 64 experts has 7% more: 4% with loss-free balancing over a run (arXiv 2408.15664)")   \
    REAL(capacity_factor, 0.0, 0.0, 1e3, "1", CS_SCOPE_SEARCH,                                                         \
         "mixtures: tokens that each expert is padded to and cut at, over their mean; 0: none is dropped or padded")   \
    REAL(dispatch_us, -1.0, -1.0, 1e4, "us", CS_SCOPE_SEARCH,                                                          \
         "host time to enqueue one kernel, which bounds small layers; below 0: the stack's")                           \
    REAL(boundary_us, -1.0, -1.0, 1e5, "us", CS_SCOPE_SEARCH,                                                          \
         "host synchronisation of one transfer between pipeline stages; below 0: the stack's")                         \
    COUNT(layer_tensors, 12, 1, 1000, "1", CS_SCOPE_SEARCH,                                                            \
          "tensors of a layer, which ZeRO 3 without overlap gathers one by one: four linears with bias, two norms")    \
    REAL(optimizer_traffic_bytes, 50.0, 0.0, 1e3, "byte", CS_SCOPE_SEARCH,                                             \
         "HBM bytes that the optimizer moves per parameter: norm 4, clipping 8, Adam 28, 16-bit copy 6, zeroing 4")    \
    REAL(memory_margin_fraction, 0.06, 0.0, 0.9, "1", CS_SCOPE_SEARCH,                                                 \
         "share of the capacity kept free: communication buffers, fragmentation")                                      \
    REAL(memory_margin_bytes, 1073741824.0, 0.0, 1e15, "byte", CS_SCOPE_SEARCH,                                        \
         "kept free besides: contexts and workspaces")

/* ---- search: the space, the objective ---- */
#define CS_SEARCH_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                       \
    CHOICE(objective, "min_devices", CS_OBJECTIVE_NAMES, CS_SCOPE_SEARCH,                                              \
           "min_devices is the paper's Algorithm 1; min_time wants search.devices, min_cost a price")                  \
    FLAG(least_carbon, true, CS_SCOPE_SEARCH,                                                                          \
         "min_devices also answers the plan with the least carbon, summed over the regions, of all device counts "     \
         "that meet the deadline; the other objectives answer one plan")                                               \
    COUNT(devices, 0, 0, 1000000000000, "1", CS_SCOPE_SEARCH, "exactly this many devices; 0 searches the count")       \
    COUNT(max_devices, 0, 0, 1000000000000, "1", CS_SCOPE_SEARCH, "most devices considered; 0 for no limit")           \
    FLAG(whole_servers, true, CS_SCOPE_SEARCH,                                                                         \
         "above one server only multiples of devices_per_server are device counts; a given count is never rounded")    \
    CHOICE(divisibility, "relaxed", "relaxed|strict", CS_SCOPE_SEARCH,                                                 \
           "strict wants pipeline * interleave to divide layers, and tensor to divide heads")                          \
    COUNT(tensor_max, 0, 0, 16384, "1", CS_SCOPE_SEARCH, "largest tensor degree; 0 takes the scale-up domain")         \
    COUNT(tpu_tensor_max, 16, 1, 16384, "1", CS_SCOPE_SEARCH, "largest tensor degree on a torus")                      \
    COUNT(pipeline_max, 0, 0, 1000000, "1", CS_SCOPE_SEARCH, "largest pipeline degree; 0 for the layer count")         \
    COUNT(interleave_max, 0, 0, 1000000, "1", CS_SCOPE_SEARCH, "most chunks per device; 0 for layers / pipeline")      \
    COUNT(micro_batch_max, 0, 0, 1000000, "sequence", CS_SCOPE_SEARCH, "largest micro-batch; 0 for no limit")          \
    LIST(expert_degrees, "divisors|experts", CS_SCOPE_SEARCH,                                                          \
         "expert-parallel degrees: all divisors of the number of experts, or that number alone (CarbonScaling 4)")     \
    CHOICE(expert_tensor, "both", "one|tensor|both", CS_SCOPE_SEARCH, "tensor degree inside an expert: 1, t, or both") \
    LIST(context_degrees, "auto", CS_SCOPE_SEARCH,                                                                     \
         "context-parallel degrees; auto: the powers of two that leave a rank context_tokens_min tokens")              \
    COUNT(context_tokens_min, 8192, 1, 1000000000, "token", CS_SCOPE_SEARCH,                                           \
          "fewest tokens of a context rank; Llama 3, arXiv 2407.21783, Table 4: 131,072 tokens over 16 ranks")         \
    SET(schedules, 7u, CS_SCHEDULE_NAMES, CS_SCOPE_SEARCH, "pipeline schedules")                                       \
    SET(zero_stages, 15u, "0|1|2|3", CS_SCOPE_SEARCH, "ZeRO stages (CarbonScaling Algorithm 1)")                       \
    SET(recompute, 15u, CS_RECOMPUTE_NAMES, CS_SCOPE_SEARCH,                                                           \
        "activation recomputation; ffn: of the feed-forward part only")                                                \
    LIST(                                                                                                              \
        recompute_layers, "all", CS_SCOPE_SEARCH,                                                                      \
        "how many of a stage's first layers to recompute instead of all of them (Megatron-LM: --recompute-num-layers " \
        "with the method block), tried besides; all: none but these")                                                  \
    FLAG(offload, true, CS_SCOPE_SEARCH,                                                                               \
         "try to keep the layers' activations in the host's memory too, where the device has host_link_gb_s")          \
    FLAG(sequence_parallel, true, CS_SCOPE_SEARCH, "sequence parallelism wherever tensor > 1 (Korthikanti 2022)")      \
    FLAG(zero_with_pipeline, false, CS_SCOPE_SEARCH, "allow ZeRO 2 and 3 with pipeline > 1")                           \
    COUNT(alternatives, 0, 0, 100, "1", CS_SCOPE_NONE,                                                                 \
          "further best distinct plans stored for every point; not with min_carbon")

/* ---- projection: factors per year (CarbonScaling Table 2; Akarvardar and Wong 2023) ---- */
#define CS_PROJECTION_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                   \
    REAL(peak_compute, 1.30, 0.1, 10.0, "1", CS_SCOPE_SEARCH, "peak compute, per year (Table 2)")                      \
    REAL(sram, 1.40, 0.1, 10.0, "1", CS_SCOPE_SEARCH, "on-chip SRAM, recorded (Table 2)")                              \
    REAL(core_power, 1.03, 0.1, 10.0, "1", CS_SCOPE_SEARCH, "core power, recorded: tdp carries it (Table 2)")          \
    REAL(die_area, 1.05, 0.1, 10.0, "1", CS_SCOPE_EMBODIED, "die area (Table 2)")                                      \
    REAL(hbm_bandwidth, 1.25, 0.1, 10.0, "1", CS_SCOPE_SEARCH, "HBM bandwidth (Table 2)")                              \
    REAL(hbm_power, 1.03, 0.1, 10.0, "1", CS_SCOPE_SEARCH, "HBM power, recorded: tdp carries it (Table 2)")            \
    REAL(hbm_capacity, 1.24, 0.1, 10.0, "1", CS_SCOPE_SEARCH, "HBM capacity; its carbon stays (Table 2)")              \
    REAL(link, 1.11, 0.1, 10.0, "1", CS_SCOPE_SEARCH, "scale-up link bandwidth (Table 2: NVLink)")                     \
    REAL(scale_out, 1.11, 0.1, 10.0, "1", CS_SCOPE_SEARCH, "scale-out bandwidth; custom, as the link")                 \
    REAL(host_link, 1.26, 0.1, 10.0, "1", CS_SCOPE_SEARCH,                                                             \
         "link to the host, doubled every three years (PCI-SIG's cadence of PCIe 3.0 to 6.0); custom")                 \
    REAL(tdp, 1.03, 0.1, 10.0, "1", CS_SCOPE_POWER | CS_SCOPE_EMBODIED, "thermal design power; custom, as core power") \
    CHOICE(                                                                                                            \
        grid_scenario, "constant", CS_GRID_NAMES, CS_SCOPE_OPERATION,                                                  \
        "carbon intensity of the grid in the year of the hardware: constant, today's; rate, grid_intensity; trend, "   \
        "the region's own trend_per_year, grid_intensity where it states none; policy, grid_policy_*")                 \
    REAL(grid_intensity, 0.97, 0.1, 10.0, "1", CS_SCOPE_OPERATION,                                                     \
         "carbon intensity of a grid, per year; custom; deciles of Google's regions 2021 to 2024: .81 and 1.10")       \
    REAL(grid_policy_years, 25.0, 1.0, 200.0, "year", CS_SCOPE_OPERATION,                                              \
         "policy: years in which it falls evenly to grid_policy_floor; custom: net zero about 2050")                   \
    REAL(grid_policy_floor, 0.05, 0.0, 1.0, "1", CS_SCOPE_OPERATION, "policy: share of today's that stays; custom")

/* ---- power: of a device by what it does, of the rest of its server, of the network ---- */
#define CS_POWER_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                        \
    REAL(static_fraction, -1.0, -1.0, 1.0, "1", CS_SCOPE_POWER,                                                        \
         "share of TDP that a training device draws whatever its utilisation; below 0: the device's static_fraction. " \
         "paper: 0.70, rebuilt from -37.22% utilisation = -5.87% power (Fernandez 2024, arXiv 2411.13055)")            \
    REAL(dynamic_fraction, -1.0, -1.0, 1.0, "1", CS_SCOPE_POWER,                                                       \
         "share of TDP that full utilisation adds, up to TDP in all; below 0: the device's dynamic_fraction")          \
    REAL(idle_fraction, -1.0, -1.0, 1.0, "1", CS_SCOPE_POWER,                                                          \
         "share of TDP in wall time that does not train; below 0: the device's idle_fraction")                         \
    FLAG(idle_apart, true, CS_SCOPE_POWER,                                                                             \
         "wall time that does not train (1 - goodput) draws idle_fraction; false: as the rest (CarbonScaling Eq 3)")   \
    REAL(server_fraction, 0.50, 0.0, 1.0, "1", CS_SCOPE_POWER,                                                         \
         "average draw of the rest of a server, of its maximum less the accelerators'; 8 H100 and their host then "    \
         "draw 7.5 kW where Newkirk 2025 (arXiv 2506.14551) metered 7.75")                                             \
    REAL(network_w, 50.0, 0.0, 1e5, "W", CS_SCOPE_POWER,                                                               \
         "switches of the scale-out network, per device; 0 in one server, 116 over 64 of them (MLPerf Training v4.0 "  \
         "power, Supermicro); custom")

/* ---- carbon: of energy by place, of making by part ---- */
#define CS_CARBON_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                       \
    CHOICE(preset, "measured", CS_PRESET_NAMES, CS_SCOPE_NONE,                                                         \
           "measured: meters and declarations; paper: what CarbonScaling's printed percentages need, see below")       \
    REAL(pue, 1.15, 1.0, 10.0, "1", CS_SCOPE_OPERATION | CS_SCOPE_COST,                                                \
         "power usage effectiveness of an unnamed site; custom, between the 1.09 to 1.17 of large operators and 1.54 " \
         "of "                                                                                                         \
         "a survey")                                                                                                   \
    FLAG(pue_per_region, false, CS_SCOPE_OPERATION, "a region's own PUE, where it states one, goes before all others") \
    CHOICE(fleet, "unnamed", CS_FLEET_NAMES, CS_SCOPE_OPERATION | CS_SCOPE_COST,                                       \
           "whose data centres: google 1.09 (2024), aws 1.14 (2025), microsoft 1.17 (2025), survey 1.54 (Uptime "      \
           "Institute 2025, 681 sites); unnamed takes pue")                                                            \
    CHOICE(attribution, "amortized", "amortized|full", CS_SCOPE_EMBODIED,                                              \
           "share of the devices' working life (CarbonScaling Eq 5), or whole devices charged to the run")             \
    CHOICE(cpa_set, "measured", CS_CPA_NAMES, CS_SCOPE_EMBODIED,                                                       \
           "carbon per area by node; of wafer, with yield: measured (imec netzero), ademe (4.26 kg/cm2); of die: "     \
           "llmcarbon (Faiz 2024), act (Gupta 2022), imec")                                                            \
    REAL(defects_per_cm2, 0.1, 0.0, 10.0, "cm-2", CS_SCOPE_EMBODIED, "of Murphy's yield (ADEME's and ours)")           \
    REAL(reticle_mm2, 858.0, 1.0, 1e6, "mm2", CS_SCOPE_EMBODIED,                                                       \
         "largest die, 26 x 33 mm of a scanner: a projected area is split into as few as hold it")                     \
    REAL(cpa_growth_per_year, 0.0, -0.99, 10.0, "1", CS_SCOPE_EMBODIED,                                                \
         "growth of carbon per area and per GB of HBM; 0.10 is the paper's EUV scenario")                              \
    REAL(hbm_kg_per_gb, 0.81, 0.0, 1e3, "kg", CS_SCOPE_EMBODIED,                                                       \
         "HBM; fitted with cooling and assembly to NVIDIA's declarations of HGX H100 and B200; LLMCarbon 0.4")         \
    REAL(cooling_kg_per_w, 0.0375, 0.0, 1e3, "kg", CS_SCOPE_EMBODIED,                                                  \
         "heat sink and power delivery per W of TDP; see hbm_kg_per_gb")                                               \
    REAL(board_kg, 12.0, 0.0, 1e6, "kg", CS_SCOPE_EMBODIED,                                                            \
         "circuit board, connectors, mechanics of one device; see hbm_kg_per_gb")                                      \
    REAL(assembly_factor, 1.08, 1.0, 10.0, "1", CS_SCOPE_EMBODIED,                                                     \
         "assembly on top of a device's parts: 8.6% of HGX H100 (NVIDIA's product carbon footprint summary, 2025)")    \
    FLAG(declared, true, CS_SCOPE_EMBODIED,                                                                            \
         "a device's embodied_kg, where it states one, scales the parts above to that sum")                            \
    REAL(lifetime_years, 5.0, 1e-3, 1e3, "year", CS_SCOPE_EMBODIED | CS_SCOPE_COST,                                    \
         "service life; custom, 6 in CarbonScaling 5.1")                                                               \
    REAL(lifetime_use, 0.85, 1e-3, 1.0, "1", CS_SCOPE_EMBODIED | CS_SCOPE_COST,                                        \
         "share of the service life that devices work (Luccioni 2022, arXiv 2211.02001; Falk 2025, arXiv 2509.00093)") \
    FLAG(host, true, CS_SCOPE_EMBODIED, "count the host's share")                                                      \
    REAL(host_kg, 2080.0, 0.0, 1e6, "kg", CS_SCOPE_EMBODIED,                                                           \
         "of a host (Schneider 2025, arXiv 2502.01671: 260 a TPUv6e; others 1,623 to 5,700); 0: the sum of the parts " \
         "below")                                                                                                      \
    REAL(host_cpu_kg, 1.47, 0.0, 1e6, "kg", CS_SCOPE_EMBODIED, "1.47 cm2 at 1 kg/cm2, LLMCarbon hardware.csv")         \
    REAL(host_dram_gb, 256.0, 0.0, 1e9, "GB", CS_SCOPE_EMBODIED, "per host, LLMCarbon hardware.csv")                   \
    REAL(host_dram_kg_per_gb, 0.4, 0.0, 1e3, "kg", CS_SCOPE_EMBODIED, "LLMCarbon hardware.csv")                        \
    REAL(host_ssd_gb, 32768.0, 0.0, 1e9, "GB", CS_SCOPE_EMBODIED, "per host, LLMCarbon hardware.csv")                  \
    REAL(host_ssd_kg_per_gb, 0.018, 0.0, 1e3, "kg", CS_SCOPE_EMBODIED, "LLMCarbon hardware.csv")                       \
    COUNT(host_devices, 8, 1, 1000000, "1", CS_SCOPE_EMBODIED, "devices that share a host, LLMCarbon hardware.csv")    \
    REAL(network_kg, 0.0, 0.0, 1e6, "kg", CS_SCOPE_EMBODIED,                                                           \
         "network gear outside the server, per device; no declaration of a training network is known")                 \
    REAL(                                                                                                              \
        transport_fraction, 0.08, 0.0, 10.0, "1", CS_SCOPE_EMBODIED,                                                   \
        "transport to the site, of the device's making; with end_of_life_fraction 141 / 127.6 of an A100 (Falk 2025)") \
    REAL(end_of_life_fraction, 0.025, 0.0, 10.0, "1", CS_SCOPE_EMBODIED,                                               \
         "end of life, of the device's making: 1.51 kg per kg (ADEME) of some 2 kg a device")                          \
    REAL(construction_factor, 1.19, 1.0, 10.0, "1", CS_SCOPE_EMBODIED,                                                 \
         "buildings and their plant on top of all above (Schneider 2025: 109 of 583 kg); 1.35 stands for transport "   \
         "and recycling too (513 -> 693 kg)")

/* ---- water and cost: what is asked for beside carbon ---- */
#define CS_WATER_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                        \
    REAL(                                                                                                              \
        site_l_per_kwh, 0.27, 0.0, 100.0, "L", CS_SCOPE_OPERATION,                                                     \
        "water that cooling takes on site, per kWh of the facility (Microsoft 2025; AWS 0.12, Google's sites of LLMs " \
        "1.15)")                                                                                                       \
    REAL(                                                                                                              \
        grid_l_per_kwh, 3.142, 0.0, 1000.0, "L", CS_SCOPE_OPERATION,                                                   \
        "water that generation takes, per kWh, where a region states none: United States (Li 2023, arXiv 2304.03271)")

#define CS_COST_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                         \
    REAL(device_hour_usd, 0.0, 0.0, 1e6, "USD", CS_SCOPE_COST,                                                         \
         "price of an hour of a device, all included; 0: the device's hour_usd, and where that is 0 it is bought")     \
    REAL(device_usd, 0.0, 0.0, 1e9, "USD", CS_SCOPE_COST,                                                              \
         "price of a device with its share of server and network, charged over carbon.lifetime_years * lifetime_use; " \
         "0: the device's price_usd")                                                                                  \
    REAL(kwh_usd, 0.08, 0.0, 1e3, "USD", CS_SCOPE_COST,                                                                \
         "price of a kWh of the facility, for devices that are bought; United States, industrial (EIA 2024)")

#define CS_LIMITS_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                       \
    COUNT(points, 100000000, 1, 1000000000000, "1", CS_SCOPE_NONE, "most grid points; checked before a range expands") \
    REAL(compressed_share, 0.25, 0.0, 1.0, "1", CS_SCOPE_NONE,                                                         \
         "a sweep is refused where this share of its file before compression is not free; 0: never")

#define CS_OUTPUT_SETTINGS(REAL, COUNT, FLAG, CHOICE, SET, LIST)                                                       \
    FLAG(provenance, true, CS_SCOPE_NONE, "say of the run in /provenance; without it equal runs give equal bytes")     \
    COUNT(compression, 1, 0, 9, "1", CS_SCOPE_NONE, "deflate level of the result file")

#define CS_MEMBER_REAL(member, value, low, high, unit, scopes, meaning) double member;
#define CS_MEMBER_COUNT(member, value, low, high, unit, scopes, meaning) int64_t member;
#define CS_MEMBER_FLAG(member, value, scopes, meaning) bool member;
#define CS_MEMBER_CHOICE(member, value, names, scopes, meaning) int32_t member;
#define CS_MEMBER_SET(member, value, names, scopes, meaning) uint32_t member;
#define CS_MEMBER_LIST(member, names, scopes, meaning) struct cs_list member;
#define CS_MEMBERS(TABLE)                                                                                              \
    TABLE(CS_MEMBER_REAL, CS_MEMBER_COUNT, CS_MEMBER_FLAG, CS_MEMBER_CHOICE, CS_MEMBER_SET, CS_MEMBER_LIST)

struct cs_scaling_law {
    CS_MEMBERS(CS_SCALING_LAW_SETTINGS)
};
struct cs_training {
    CS_MEMBERS(CS_TRAINING_SETTINGS)
};
struct cs_search_settings {
    CS_MEMBERS(CS_SEARCH_SETTINGS)
};
struct cs_projection {
    CS_MEMBERS(CS_PROJECTION_SETTINGS)
};
struct cs_power {
    CS_MEMBERS(CS_POWER_SETTINGS)
};
struct cs_carbon_settings {
    CS_MEMBERS(CS_CARBON_SETTINGS)
};
struct cs_water {
    CS_MEMBERS(CS_WATER_SETTINGS)
};
struct cs_cost {
    CS_MEMBERS(CS_COST_SETTINGS)
};
struct cs_limits {
    CS_MEMBERS(CS_LIMITS_SETTINGS)
};
struct cs_output_settings {
    CS_MEMBERS(CS_OUTPUT_SETTINGS)
};

/* Section name in the configuration, struct, member of struct cs_settings, table. */
#define CS_SECTIONS(X)                                                                                                 \
    X(scaling_law, cs_scaling_law, CS_SCALING_LAW_SETTINGS)                                                            \
    X(training, cs_training, CS_TRAINING_SETTINGS)                                                                     \
    X(search, cs_search_settings, CS_SEARCH_SETTINGS)                                                                  \
    X(projection, cs_projection, CS_PROJECTION_SETTINGS)                                                               \
    X(power, cs_power, CS_POWER_SETTINGS)                                                                              \
    X(carbon, cs_carbon_settings, CS_CARBON_SETTINGS)                                                                  \
    X(water, cs_water, CS_WATER_SETTINGS)                                                                              \
    X(cost, cs_cost, CS_COST_SETTINGS)                                                                                 \
    X(limits, cs_limits, CS_LIMITS_SETTINGS)                                                                           \
    X(output, cs_output_settings, CS_OUTPUT_SETTINGS)

struct cs_settings {
#define CS_SECTION_MEMBER(section, type, table) struct type section;
    CS_SECTIONS(CS_SECTION_MEMBER)
#undef CS_SECTION_MEMBER
};

/* One row of a table at run time. offset is of the member in struct cs_settings. */
enum cs_setting_type { CS_REAL, CS_COUNT, CS_FLAG, CS_CHOICE, CS_SET, CS_LIST };
struct cs_setting {
    const char *section, *name;
    enum cs_setting_type type;
    int64_t offset;
    double low, high;    /* CS_REAL, CS_COUNT */
    const char *names;   /* CS_CHOICE, CS_SET, CS_LIST: "a|b|c" */
    const char *unit;    /* UDUNITS spelling, "1" for none */
    const char *meaning; /* meaning and source */
    unsigned scopes;     /* enum cs_scope bits */
};

/* All settings in the order of the sections and rows. */
const struct cs_setting *cs_settings_table(int32_t *count);
/* The row of a dotted path such as "carbon.pue", or NULL. */
const struct cs_setting *cs_setting_find(const char *path);

/* A setting as a number: choices and flags by index, sets by bits. Not for CS_LIST. */
double cs_setting_get(const struct cs_settings *settings, const struct cs_setting *row);
void cs_setting_put(struct cs_settings *settings, const struct cs_setting *row, double value);
struct cs_list *cs_setting_list(struct cs_settings *settings, const struct cs_setting *row); /* CS_LIST only */

/* Every setting at its default. */
void cs_settings_default(struct cs_settings *settings);
/* carbon.preset "paper": chips and HBM alone by LLMCarbon's figures, whole devices charged to the run, no servers, no
 * network, PUE 1.1 everywhere, power of Eq 3 with a static .70. Called by the reader after the preset is known and
 * before the other keys, which so still override it. */
void cs_settings_apply_preset(struct cs_settings *settings);

#endif
