/* SPDX-License-Identifier: BSD-3-Clause */
/* Two answers to one problem: the plans with the fewest devices, and the plan with the least carbon. */
#include "cs_sweep/search.h"

void cs_search_pair(const struct cs_problem *problem, const struct cs_space *space,
                    const struct cs_carbon_inputs *carbon, const struct cs_place *place,
                    struct cs_search_workspace *workspace, int32_t wanted, struct cs_search_result *best,
                    int32_t *found, struct cs_search_result *least)
{
    cs_search(problem, space, CS_MIN_DEVICES, carbon, workspace, wanted, best, found);
    if (best[0].status != CS_STATUS_FEASIBLE) {
        /* Both ask for the same of a plan: where none meets it, the reason and the count of candidates are the same. */
        *least = best[0];
        return;
    }
    cs_search_regions(problem, space, carbon, workspace, 1, place, least);
}
