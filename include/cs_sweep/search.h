/* SPDX-License-Identifier: BSD-3-Clause */
/* The paper's Algorithm 1, exactly, without walking the device counts: see src/search/README.md. */
#ifndef CS_SWEEP_SEARCH_H
#define CS_SWEEP_SEARCH_H

#include "cs_sweep/carbon.h"
#include "cs_sweep/step.h"

/* Which plans are candidates. A knob of `given` is free (0, or -1 where 0 is a value), or holds the one value that it
 * may have. Settings limit the free knobs only; a given value is taken whatever they say. */
struct cs_space {
    struct cs_plan given;
    int64_t devices_low, devices_high; /* bounds of a free count; 0: the algorithm's own */
    struct cs_search_settings settings;
    bool whole_heads; /* searched tensor degrees split the heads evenly (cs_heads_split) */
};
void cs_space_set_free(const struct cs_search_settings *settings, struct cs_space *space);

struct cs_search_result {
    enum cs_status status;
    struct cs_plan plan;
    struct cs_step step;
    /* Candidates are what passes the gates divisibility, communication and batch: all from N_min to the answer (to
     * N_max if there is none, or under another objective than min_devices). Visited are those whose memory, and time
     * if they fit, were computed to be offered as an answer; at the answer's device count an upper bound. */
    double candidates, visited;
    double candidates_at_answer, visited_at_answer;
};

/* Scratch of a search, reused from search to search so that the hot path allocates nothing. It grows to 32 MiB at most,
 * whatever the space, besides 300 bytes for each result wanted (for each region), and 100 MiB for the plans of a Pareto
 * front. */
struct cs_search_workspace;
struct cs_search_workspace *cs_search_workspace_create(void); /* NULL: no memory */
void cs_search_workspace_destroy(struct cs_search_workspace *workspace);

/* min_devices, min_time, min_energy, min_cost. carbon is read by the last two and min_carbon only. `best` holds up to
 * `wanted` results, the best first, then the next best distinct plans (same objective order); *found says how many. The
 * first is always filled: with the reason where nothing is feasible. */
void cs_search(const struct cs_problem *problem, const struct cs_space *space, enum cs_objective objective,
               const struct cs_carbon_inputs *carbon, struct cs_search_workspace *workspace, int32_t wanted,
               struct cs_search_result *best, int32_t *found);

/* min_carbon for several places at once: total carbon is linear in the intensity, so the lower envelope of (energy,
 * embodied) serves all. best[i] answers places[i]. */
void cs_search_regions(const struct cs_problem *problem, const struct cs_space *space,
                       const struct cs_carbon_inputs *carbon, struct cs_search_workspace *workspace, int32_t regions,
                       const struct cs_place *places, struct cs_search_result *best);

/* Both objectives in one: `best` and *found as cs_search answers min_devices, `least` as cs_search_regions answers the
 * one place. What is feasible for the one is so for the other. */
void cs_search_pair(const struct cs_problem *problem, const struct cs_space *space,
                    const struct cs_carbon_inputs *carbon, const struct cs_place *place,
                    struct cs_search_workspace *workspace, int32_t wanted, struct cs_search_result *best,
                    int32_t *found, struct cs_search_result *least);

/* Pareto front of (devices, training time, carbon at one place): no other plan is as good in all three and better
 * in one. Sorted by devices, then time. Returns the number found, at most `capacity`: of more, those of the fewest
 * devices; -1 if memory runs out, or the front has more than a million plans. */
int32_t cs_search_pareto(const struct cs_problem *problem, const struct cs_space *space,
                         const struct cs_carbon_inputs *carbon, const struct cs_place *place,
                         struct cs_search_workspace *workspace, int32_t capacity, struct cs_search_result *front);

/* N_min = ceil(C / (T_max peak)); N_max = t_max * min(layers, p_max) * critical sequences. */
int64_t cs_devices_minimum(const struct cs_problem *problem);
int64_t cs_devices_maximum(const struct cs_problem *problem, const struct cs_space *space);

#endif
