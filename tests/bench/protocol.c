/* SPDX-License-Identifier: BSD-3-Clause */
/* The sweep's own coordinator, workers and messages around searches that take no time: what remains is their cost. As
 * on many ranks, rank 0 does not search. Started by mpirun; the counters go to CS_STATISTICS (tests/bench/sweep.py).
 *   protocol CONFIG OUTPUT HANDS [PATH=VALUE...]
 * HANDS: the chunks are those of so many searching ranks, however few there are; 0: of these. */
#include <stdio.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "sweep/run.h"

enum { SETS_MOST = 16 };

static void answer_at_once(const struct cs_grid *grid, int64_t search, struct cs_search_workspace *workspace,
                           struct cs_record *records)
{
    (void)search;
    (void)workspace;
    memset(records, 0, (size_t)grid->records_per_search * sizeof *records);
    for (int32_t i = 0; i < grid->records_per_search; i++) {
        records[i].status = CS_STATUS_MEMORY;
    }
}

int main(int argc, char **argv)
{
    int64_t hands;
    if (argc < 4 || !cs_parse_count(argv[3], 0, INT32_MAX, &hands)) {
        fprintf(stderr, "usage: protocol CONFIG OUTPUT HANDS [PATH=VALUE...]\n");
        return 64;
    }
    const char *sets[SETS_MOST];
    struct cs_sweep_options options = {
        .config_path = argv[1], .output = argv[2], .force = true, .quiet = true, .shard = 1, .shards = 1, .sets = sets};
    for (int i = 4; i < argc && options.set_count < SETS_MOST; i++) {
        sets[options.set_count++] = argv[i];
    }
    struct cs_run run = {.options = &options, .evaluate = answer_at_once, .dedicated = true, .hands = (int32_t)hands};
    return cs_run_all(&run, &argc, &argv);
}
