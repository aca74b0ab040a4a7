/* SPDX-License-Identifier: BSD-3-Clause */
/* Stated degrees that no framework could launch, refused by name with both numbers (CS_ERROR_CONFIG). Knobs of the plan
 * that are free are not looked at. `options`: knobs go by their options, such as --tensor, and not by their names. */
#ifndef CS_SWEEP_POSSIBLE_H
#define CS_SWEEP_POSSIBLE_H

#include "cs_sweep/architecture.h"
#include "cs_sweep/error.h"
#include "cs_sweep/plan.h"

/* Stages times chunks may exceed the layers by so many: embedding and head are given stages of their own, or share one
 * with fewer layers (Llama 3, arXiv 2407.21783 section 3.3.2). */
enum { CS_LAYERS_BESIDE = 2 };

/* Which degrees must divide. Heads: the tensor degree the attention heads, and the key-value heads or be a multiple of
 * these, which are then copied; frameworks want it of a shape that exists. Layers: stages times chunks the layers. */
enum { CS_DIVIDES_HEADS = 1, CS_DIVIDES_LAYERS = 2 };
/* Heads and key-value heads go evenly to so many tensor ranks, as CS_DIVIDES_HEADS wants it. */
bool cs_heads_split(const struct cs_architecture *architecture, int64_t tensor);
/* What the model bounds: heads, layers, experts, the sequence (tokens). */
enum cs_code cs_plan_possible(const struct cs_architecture *architecture, int64_t seq_len, unsigned divides,
                              const struct cs_plan *given, bool options, struct cs_error *error);
/* What the degrees want of the devices, and of the batch: equally many full micro-batches on each replica. */
enum cs_code cs_plan_divides(const struct cs_plan *given, bool options, struct cs_error *error);

#endif
