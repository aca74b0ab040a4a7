/* SPDX-License-Identifier: BSD-3-Clause */
/* The Pareto front of devices, training time and carbon. */
#include "engine.h"

#include <math.h>
#include <string.h>

int32_t cs_search_pareto(const struct cs_problem *problem, const struct cs_space *space,
                         const struct cs_carbon_inputs *carbon, const struct cs_place *place,
                         struct cs_search_workspace *workspace, int32_t capacity, struct cs_search_result *front)
{
    memset(front, 0, (size_t)capacity * sizeof *front);
    if (!cs_engine_start(workspace, problem, space, CS_MIN_CARBON, carbon, 1, 1, place)) {
        return -1;
    }
    workspace->front.count = 0;
    workspace->front.failed = false;
    workspace->goal.front = &workspace->front;
    cs_engine_run(workspace);
    if (workspace->failed || workspace->front.failed) {
        return -1;
    }
    const int32_t found = workspace->front.count < capacity ? (int32_t)workspace->front.count : capacity;
    for (int32_t i = 0; i < found; i++) {
        cs_engine_result(workspace, &workspace->front.members[i], &front[i]);
    }
    return found;
}
