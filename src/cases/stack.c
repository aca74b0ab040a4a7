/* SPDX-License-Identifier: BSD-3-Clause */
/* The software of a measured run, where its source names none. */
#include "cs_sweep/cases.h"

#include "stack.h"

/* TPU programs go through XLA. Unfused attention on a GPU dates from before 2023: in FP16 it is Megatron-LM's, of 2022,
 * the last year of its GPT recipes with dropout; in BF16 it is the DeepSpeed of those years, whose BF16_Optimizer adds
 * up gradients by a pass of its own (BLOOM). Everything else is what the configuration says, the best of today unless
 * it is told otherwise. */
void cs_case_stack(const struct cs_case *item, enum cs_device_kind kind, struct cs_training *training)
{
    if (item->stack_year > 0) {
        training->stack = (int32_t)item->stack;
        training->stack_year = item->stack_year;
    } else if (kind == CS_TPU) {
        training->stack = CS_STACK_XLA;
    } else if (item->kernel == CS_ATTENTION_UNFUSED && item->precision != CS_CASE_FP8) {
        training->stack = item->precision == CS_CASE_FP16 ? CS_STACK_MEGATRON : CS_STACK_DEEPSPEED;
        training->stack_year = 2022;
    }
    if (item->kernel != CS_ATTENTION_AUTO) {
        training->attention_kernel = (int32_t)item->kernel;
    }
    /* Runs deal layers alike where they divide, also where their stack could do otherwise. */
    if (training->layer_split == CS_LAYER_SPLIT_AUTO) {
        training->layer_split = CS_LAYER_SPLIT_EVEN;
    }
}

static bool runs_dualpipe(const struct cs_case *item)
{
    const struct cs_case *const ran = item->published != NULL ? item->published : item;
    return ran->knobs.schedule == CS_SCHEDULE_DUALPIPE;
}

double cs_case_dispatch_bytes(const struct cs_case *item)
{
    /* The stack that runs DualPipe dispatches at 8 bits, combines at 16 (DeepSeek-V3, arXiv 2412.19437, 3.3.3). */
    return item->precision == CS_CASE_FP8 && runs_dualpipe(item) ? 1.0 : 2.0;
}

/* The experts of stacks that cannot do otherwise are cut like the rest of the layer, where their grid covers the
 * devices of a stage. */
static void cut_experts(const struct cs_case *item, const struct cs_problem *problem, struct cs_space *space)
{
    struct cs_plan *const given = &space->given;
    if (item->architecture.experts <= 1 || given->expert_tensor > 0 || problem->stack.folded_experts) {
        return;
    }
    space->settings.expert_tensor = CS_EXPERT_TENSOR_TENSOR;
    const int64_t stage = (int64_t)given->tensor * given->data * given->context;
    if (stage > 0 && given->expert > 0 && stage % ((int64_t)given->expert * given->tensor) == 0) {
        given->expert_tensor = given->tensor;
    }
}

void cs_case_mixture(const struct cs_case *item, struct cs_problem *problem, struct cs_space *space)
{
    if (item->balanced_routing) {
        problem->training.expert_imbalance = 0.0;
    }
    if (runs_dualpipe(item)) { /* DeepSeek's own stack, with DeepEP (arXiv 2412.19437, 3.2) */
        problem->stack.node_dispatch = problem->stack.fused_permutation = true;
    }
    cut_experts(item, problem, space);
}
