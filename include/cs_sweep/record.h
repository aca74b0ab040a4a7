/* SPDX-License-Identifier: BSD-3-Clause */
/* The fixed-size answer of one search: what workers send, what the result file is made of. Plain values, no padding
 * left unset, so equal answers are equal bytes. */
#ifndef CS_SWEEP_RECORD_H
#define CS_SWEEP_RECORD_H

#include "cs_sweep/config.h"

struct cs_record {
    int64_t devices, data, global_batch;
    double training_time, step_time, mfu, hfu, memory, candidates;
    double shares[CS_SHARE_COUNT];
    int32_t tensor, pipeline, expert, context, interleave, micro_batch, expert_tensor;
    int8_t status, zero_stage, recompute, schedule;
};
void cs_record_from_result(const struct cs_search_result *result, struct cs_record *record);

/* Runs search `search` of the grid and fills grid->records_per_search records, [region][alternative]. */
void cs_record_evaluate(const struct cs_grid *grid, int64_t search, struct cs_search_workspace *workspace,
                        struct cs_record *records);

#endif
