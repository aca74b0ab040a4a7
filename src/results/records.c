/* SPDX-License-Identifier: BSD-3-Clause */
/* madvise is declared by this feature macro alone. NOLINTNEXTLINE(bugprone-reserved-identifier) */
#define _DEFAULT_SOURCE
#include "internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Records arrive in an order that jumps, and a page of 4 KiB has room for 20: huge pages make the cost of the first
 * touch, which was two thirds of placing a record, disappear. Where the system has none, nothing is lost. */
static void want_huge_pages(void *bytes, size_t size)
{
#ifdef MADV_HUGEPAGE
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t first = ((uintptr_t)bytes + page - 1) / page * page, end = ((uintptr_t)bytes + size) / page * page;
    if (end > first) {
        (void)madvise((char *)bytes + (first - (uintptr_t)bytes), end - first, MADV_HUGEPAGE);
    }
#else
    (void)bytes;
    (void)size;
#endif
}

int64_t cs_shard_searches(int64_t searches, int64_t shard, int64_t shards)
{
    return searches < shard ? 0 : (searches - shard) / shards + 1;
}

enum cs_code cs_results_create(const struct cs_grid *grid, struct cs_results **results, struct cs_error *error)
{
    *results = NULL;
    struct cs_results *made = calloc(1, sizeof *made);
    if (made != NULL) {
        made->grid = *grid;
        made->pending = grid->searches;
        made->record_count = grid->searches * grid->records_per_search;
        /* calloc: pages of searches that were never answered cost no memory. CS_STATUS_PENDING is 0. */
        made->records = calloc((size_t)made->record_count, sizeof *made->records);
    }
    if (made == NULL || made->records == NULL) {
        free(made);
        return cs_fail(error, CS_ERROR_MEMORY,
                       "There is no memory for the results of %lld searches (%lld bytes); sweep fewer values.",
                       (long long)grid->searches, (long long)cs_results_memory(grid));
    }
    want_huge_pages(made->records, (size_t)made->record_count * sizeof *made->records);
    *results = made;
    return CS_OK;
}

void cs_results_destroy(struct cs_results *results)
{
    if (results != NULL) {
        free(results->records);
        free(results);
    }
}

int64_t cs_results_memory(const struct cs_grid *grid)
{
    return (int64_t)sizeof(struct cs_results) +
           grid->searches * grid->records_per_search * (int64_t)sizeof(struct cs_record);
}

int64_t cs_results_file_estimate(const struct cs_grid *grid)
{
    struct cs_layout layout;
    if (cs_layout_init(grid, &layout, NULL) != CS_OK) {
        return 0;
    }
    int32_t count;
    const struct cs_variable *variables = cs_variables(&count);
    int64_t bytes = 0;
    for (int32_t i = 0; i < count; i++) {
        struct cs_shape shape;
        cs_shape_of(&layout, variables[i].on, &shape);
        bytes += cs_variable_present(grid, &variables[i]) ? shape.count * cs_type_size(variables[i].type) : 0;
    }
    return bytes;
}

static bool is_finite(const struct cs_record *record)
{
    double sum = record->training_time + record->step_time + record->mfu + record->hfu + record->memory;
    for (int32_t i = 0; i < CS_SHARE_COUNT; i++) {
        sum += record->shares[i];
    }
    return isfinite(sum);
}

void cs_record_normalise(struct cs_record *record)
{
    int64_t status = record->status;
    if (status == CS_STATUS_FEASIBLE && is_finite(record) && isfinite(record->candidates)) {
        return;
    }
    if (status == CS_STATUS_FEASIBLE || status < CS_STATUS_PENDING || status > CS_STATUS_FAILED ||
        !isfinite(record->candidates)) {
        status = CS_STATUS_FAILED;
    }
    const bool counted = status != CS_STATUS_PENDING && status != CS_STATUS_FAILED;
    const double candidates = counted ? record->candidates : 0.0;
    memset(record, 0, sizeof *record);
    record->status = status;
    record->candidates = candidates;
}

void cs_results_put(struct cs_results *results, int64_t search, const struct cs_record *records)
{
    const int64_t per_search = results->grid.records_per_search;
    struct cs_record *place = &results->records[search * per_search];
    const bool was_done = place->status != CS_STATUS_PENDING;
    for (int64_t i = 0; i < per_search; i++) {
        place[i] = records[i];
        cs_record_normalise(&place[i]);
    }
    if (!was_done && place->status != CS_STATUS_PENDING) {
        results->pending--;
    }
}

bool cs_results_done(const struct cs_results *results, int64_t search)
{
    return results->records[search * results->grid.records_per_search].status != CS_STATUS_PENDING;
}

int64_t cs_results_pending(const struct cs_results *results)
{
    return results->pending;
}

const struct cs_record *cs_results_get(const struct cs_results *results, int64_t search)
{
    return &results->records[search * results->grid.records_per_search];
}
