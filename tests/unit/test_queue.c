/* SPDX-License-Identifier: BSD-3-Clause */
/* The coordinator's queue hands out every search once, whatever is done already, however many ranks and shards there
 * are. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsed.h"
#include "suite.h"
#include "sweep/queue.h"

static struct cs_config config;
static struct cs_bundle bundle;
static struct cs_grid grid;

static void setup(void)
{
    struct cs_error error = {0};
    const char *const sets[] = {"axes.model={\"d_model\": {\"from\": 1536, \"to\": 24576, \"step\": 768}}",
                                "axes.hardware=[\"V100\", \"H100\", \"TPUv4\"]",
                                "axes.year={\"from\": 0, \"to\": 10, \"step\": 1}", "axes.qat=[\"off\", \"int8\"]"};
    cs_test_parse(NULL, 4, sets, &bundle, &config);
    ck_assert_msg(cs_grid_init(&config, &grid, &error) == CS_OK, "%s", error.message);
}

static void teardown(void)
{
    cs_config_free(&config);
    cs_bundle_free(&bundle);
}

/* A fixed pseudo-random share of the searches is done. */
static bool is_done(const void *context, int64_t search)
{
    const int32_t per_mille = *(const int32_t *)context;
    return (int32_t)((uint64_t)search * 2654435761u >> 7 & 1023u) < per_mille;
}

static void hand_out(struct cs_queue *queue, int64_t shard, int64_t shards, bool own, unsigned char *handed)
{
    struct cs_chunk chunk;
    struct cs_range range;
    double cost = queue->cost_left;
    for (int64_t turn = 0;; turn++) {
        if (own && turn % 3 == 0) {
            if (!cs_queue_take_cheap(queue, &range)) {
                break;
            }
            chunk.ranges = 1;
            chunk.range[0] = range;
        } else if (!cs_queue_take(queue, &chunk)) {
            break;
        }
        ck_assert_int_ge(chunk.ranges, 1);
        ck_assert_int_le(chunk.ranges, CS_CHUNK_RANGES);
        for (int64_t i = 0; i < chunk.ranges; i++) {
            ck_assert_int_ge(chunk.range[i].count, 1);
            for (int64_t j = 0; j < chunk.range[i].count; j++) {
                const int64_t search = (chunk.range[i].first + j) * shards + shard - 1;
                ck_assert_int_lt(search, grid.searches);
                handed[search]++;
            }
        }
        ck_assert_double_le(queue->cost_left, cost);
        cost = queue->cost_left;
    }
    ck_assert_int_eq(queue->searches_left, 0);
    ck_assert_double_eq(queue->cost_left, 0.0);
}

START_TEST(every_search_is_handed_out_once)
{
    static const int32_t done_shares[] = {0, 30, 500, 990, 1024};
    static const int64_t shards[] = {1, 2, 7, 100000};
    static const int32_t hands[] = {1, 2, 31, 4095};
    const int32_t done = done_shares[_i % 5];
    const int64_t count = shards[_i / 5 % 4];
    const int32_t ranks = hands[_i / 20 % 4];
    unsigned char *handed = calloc((size_t)grid.searches, 1);
    struct cs_error error = {0};
    /* All shards together, or for very many of them the first ones. */
    const int64_t tried = count < 10 ? count : 10;
    for (int64_t shard = 1; shard <= tried; shard++) {
        struct cs_queue queue;
        ck_assert_int_eq(cs_queue_create(&grid, shard, count, ranks, is_done, &done, &queue, &error), CS_OK);
        hand_out(&queue, shard, count, shard % 2 == 0, handed);
        cs_queue_destroy(&queue);
    }
    for (int64_t search = 0; search < grid.searches; search++) {
        const bool wanted = !is_done(&done, search) && search % count < tried;
        ck_assert_msg(handed[search] == (wanted ? 1 : 0), "search %lld was handed out %d times", (long long)search,
                      handed[search]);
    }
    free(handed);
}
END_TEST

/* What a silent rank held comes back in part, and is handed out again, first of all. */
START_TEST(ranges_come_back)
{
    const int32_t done = 0;
    struct cs_queue queue;
    struct cs_error error = {0};
    struct cs_chunk chunk;
    unsigned char *handed = calloc((size_t)grid.searches, 1);
    ck_assert_int_eq(cs_queue_create(&grid, 2, 3, 4, is_done, &done, &queue, &error), CS_OK);
    for (int turn = 0; turn < 3; turn++) {
        ck_assert(cs_queue_take(&queue, &chunk));
    }
    const double cost = cs_grid_cost(&grid, chunk.range[0].first * 3 + 1), before = queue.cost_left;
    const struct cs_range back = {chunk.range[0].first, 1};
    ck_assert(cs_queue_return(&queue, &back, cost));
    ck_assert_double_eq_tol(queue.cost_left, before + cost, 1e-9 * before);
    ck_assert(cs_queue_take(&queue, &chunk));
    ck_assert_int_eq(chunk.range[0].first, back.first);
    ck_assert_int_eq(chunk.range[0].count, 1);
    hand_out(&queue, 2, 3, false, handed);
    /* Of an empty queue too. */
    ck_assert(cs_queue_return(&queue, &back, cost));
    hand_out(&queue, 2, 3, false, handed);
    ck_assert_int_eq(handed[back.first * 3 + 1], 1);
    cs_queue_destroy(&queue);
    free(handed);
}
END_TEST

START_TEST(costly_searches_come_first)
{
    const int32_t done = 0;
    struct cs_queue queue;
    struct cs_error error = {0};
    struct cs_chunk chunk;
    ck_assert_int_eq(cs_queue_create(&grid, 1, 1, 8, is_done, &done, &queue, &error), CS_OK);
    double last = HUGE_VAL, before = queue.cost_left;
    while (cs_queue_take(&queue, &chunk)) {
        const double cost = cs_grid_cost(&grid, chunk.range[0].first);
        ck_assert_double_le(cost, last);
        last = cost;
        /* No chunk is much larger than an eighth of a rank's even share; it holds one search at least. */
        ck_assert_double_le(before - queue.cost_left, before / 64.0 + cost);
        before = queue.cost_left;
    }
    cs_queue_destroy(&queue);
}
END_TEST

START_TEST(chunks_follow_the_pace)
{
    const int32_t done = 0;
    struct cs_queue queue;
    struct cs_error error = {0};
    struct cs_chunk chunk;
    ck_assert_int_eq(cs_queue_create(&grid, 1, 1, 100000, is_done, &done, &queue, &error), CS_OK);
    ck_assert(cs_queue_take(&queue, &chunk));
    ck_assert_int_eq(cs_chunk_searches(&chunk), 1);
    /* Searches of a microsecond: a chunk must last as long as rank 0 needs for all ranks. */
    cs_queue_pace(&queue, queue.cost / (double)queue.searches, 1e-6);
    ck_assert(cs_queue_take(&queue, &chunk));
    ck_assert_int_ge(cs_chunk_searches(&chunk), 64);
    cs_queue_destroy(&queue);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *tests = tcase_create("queue");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, every_search_is_handed_out_once, 0, 80);
    tcase_add_test(tests, ranges_come_back);
    tcase_add_test(tests, costly_searches_come_first);
    tcase_add_test(tests, chunks_follow_the_pace);
    suite_add_tcase(suite, tests);
    return cs_run_suite(suite);
}
