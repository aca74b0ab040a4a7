/* SPDX-License-Identifier: BSD-3-Clause */
/* Benchmarks of the search: exhaustive candidates per second, searches per second and the share of the space that they
 * visit, and how long literal Algorithm 1 takes beside. Prints one JSON object with the keys exhaustive and search of
 * build/bench.json. `search gpt3` and `search largest` evaluate one space once and print its size: for counting
 * instructions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cs_sweep/design.h"
#include "exhaustive.h"
#include "oracle.h"

/* Searches of configs/full.json that are timed: a prime stride reaches every device, year and level. */
enum { STRIDE = 41 };

static double cpu_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

struct bench {
    struct cs_bundle bundle;
    struct cs_config config;
    struct cs_grid grid;
};

static bool open_grid(const char *path, int32_t count, const char *const *sets, struct bench *bench)
{
    struct cs_error error;
    if (cs_bundle_read(path, count, sets, &bench->bundle, &error) != CS_OK ||
        cs_config_parse(&bench->bundle, &bench->config, &error) != CS_OK ||
        cs_grid_init(&bench->config, &bench->grid, &error) != CS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return false;
    }
    return true;
}

static void close_grid(struct bench *bench)
{
    cs_config_free(&bench->config);
    cs_bundle_free(&bench->bundle);
}

static void point_at(const struct bench *bench, int64_t search, struct cs_design_point *point)
{
    int64_t coordinates[CS_AXES_MAX] = {0};
    cs_grid_coordinates(&bench->grid, search, coordinates);
    cs_grid_point(&bench->grid, coordinates, point);
}

static struct cs_design_point point;
static struct cs_search_result result;

/* ---- exhaustive ---- */

/* One space at a range of device counts, until a second has passed (or once). */
static double exhaust(const struct bench *bench, int64_t low, int64_t high, struct cs_search_workspace *workspace,
                      bool once, double *candidates)
{
    struct cs_plan plan;
    double seconds = 0.0;
    int32_t rounds = 0;
    point_at(bench, 0, &point);
    const double start = cpu_seconds();
    double used = 0.0;
    do {
        *candidates = exhaustive_search(&point.problem, &point.space, low, high, workspace, &seconds, &plan);
        rounds++;
        used = cpu_seconds() - start;
    } while (used < 1.0 && !once);
    return used / rounds;
}

static const char *const gpt3_sets[] = {
    "axes.model=[\"GPT-3\"]",
    "axes.hardware=[\"A100-80GB\"]",
    "training.global_batch=512",
    "search.zero_with_pipeline=true",
    "search.schedules=[\"1f1b\",\"zb1p\",\"dualpipe\"]",
};
static const char *const largest_sets[] = {
    "axes.model={\"d_model\":[24576]}",
    "axes.hardware=[\"B200\"]",
    "axes.year=[10]",
    "search.zero_with_pipeline=true",
    "search.schedules=[\"1f1b\",\"zb1p\",\"dualpipe\"]",
};

/* Opens a space and exhausts it; less than 0 seconds: it could not be opened. */
static double exhaust_gpt3(struct cs_search_workspace *workspace, bool once, double *candidates)
{
    struct bench bench;
    if (!open_grid(NULL, (int32_t)(sizeof gpt3_sets / sizeof gpt3_sets[0]), gpt3_sets, &bench)) {
        return -1.0;
    }
    const double seconds = exhaust(&bench, 512, 512, workspace, once, candidates);
    close_grid(&bench);
    return seconds;
}

static double exhaust_largest(struct cs_search_workspace *workspace, bool once, double *candidates)
{
    struct bench bench;
    if (!open_grid(NULL, (int32_t)(sizeof largest_sets / sizeof largest_sets[0]), largest_sets, &bench)) {
        return -1.0;
    }
    const double seconds = exhaust(&bench, 1024, 4096, workspace, once, candidates);
    close_grid(&bench);
    return seconds;
}

static bool bench_exhaustive(struct cs_search_workspace *workspace)
{
    double candidates = 0.0, wide = 0.0;
    const double seconds = exhaust_gpt3(workspace, false, &candidates);
    const double wide_seconds = exhaust_largest(workspace, false, &wide);
    if (seconds < 0.0 || wide_seconds < 0.0) {
        return false;
    }
    printf("{\"exhaustive\": {\"candidates\": %.0f, \"seconds\": %.6g, \"candidates_per_second\": %.6g, ", wide,
           wide_seconds, wide / wide_seconds);
    printf("\"what\": \"24.5T parameters on 1,024 to 4,096 B200 ten years on, one core\", ");
    printf("\"gpt3_512_a100\": {\"candidates\": %.0f, \"seconds\": %.6g, \"candidates_per_second\": %.6g, ", candidates,
           seconds, candidates / seconds);
    printf("\"calculon_candidates\": 952776, \"calculon_cpu_seconds\": 3072}},\n");
    return true;
}

static bool exhaust_once(struct cs_search_workspace *workspace, bool gpt3)
{
    double candidates = 0.0;
    const double seconds =
        gpt3 ? exhaust_gpt3(workspace, true, &candidates) : exhaust_largest(workspace, true, &candidates);
    printf("{\"candidates\": %.0f}\n", candidates);
    return seconds >= 0.0;
}

/* ---- search ---- */

struct shares {
    double searches, feasible, seconds, slowest, visited, candidates, visited_at, candidates_at;
};

static void search_point(struct cs_search_workspace *workspace, struct shares *shares)
{
    int32_t found = 0;
    const double start = cpu_seconds();
    cs_search(&point.problem, &point.space, CS_MIN_DEVICES, &point.carbon, workspace, 1, &result, &found);
    const double used = cpu_seconds() - start;
    shares->searches += 1.0;
    shares->seconds += used;
    shares->slowest = used > shares->slowest ? used : shares->slowest;
    shares->visited += result.visited;
    shares->candidates += result.candidates;
    if (result.status == CS_STATUS_FEASIBLE) {
        shares->feasible += 1.0;
        shares->visited_at += result.visited_at_answer;
        shares->candidates_at += result.candidates_at_answer;
    }
}

static double ratio(double part, double whole)
{
    return whole > 0.0 ? part / whole : 0.0;
}

static bool search_grid(const char *path, int32_t count, const char *const *sets, int64_t stride,
                        struct cs_search_workspace *workspace, struct shares *shares)
{
    struct bench bench;
    if (!open_grid(path, count, sets, &bench)) {
        return false;
    }
    memset(shares, 0, sizeof *shares);
    for (int64_t search = 0; search < bench.grid.searches; search += stride) {
        point_at(&bench, search, &point);
        search_point(workspace, shares);
    }
    close_grid(&bench);
    return true;
}

static void print_shares(const char *name, const struct shares *shares)
{
    printf("\"%s\": {\"points\": %.0f, \"feasible\": %.0f, \"seconds\": %.6g, \"slowest_seconds\": %.6g, "
           "\"searches_per_second\": %.6g, \"visited_share\": %.6g, \"visited_share_at_answer\": %.6g},\n",
           name, shares->searches, shares->feasible, shares->seconds, shares->slowest,
           ratio(shares->searches, shares->seconds), ratio(shares->visited, shares->candidates),
           ratio(shares->visited_at, shares->candidates_at));
}

/* Literal Algorithm 1 on the same points, small ones that it can do. */
static bool oracle_ratio(struct cs_search_workspace *workspace, double *points, double *times, bool *equal)
{
    static const char *const sets[] = {"axes.model={\"d_model\":[3072,4096,6144]}", "axes.hardware=[\"A100\",\"H100\"]",
                                       "axes.year=[0,5]"};
    static struct oracle_answer answers[ORACLE_ANSWERS];
    struct bench bench;
    struct shares shares = {0};
    double oracle_seconds = 0.0;
    if (!open_grid(NULL, 3, sets, &bench)) {
        return false;
    }
    *equal = true;
    for (int64_t search = 0; search < bench.grid.searches; search++) {
        point_at(&bench, search, &point);
        search_point(workspace, &shares);
        struct oracle oracle = {.problem = &point.problem,
                                .space = &point.space,
                                .objective = CS_MIN_DEVICES,
                                .wanted = 1,
                                .answers = answers};
        const double start = cpu_seconds();
        oracle_run(&oracle);
        oracle_seconds += cpu_seconds() - start;
        *equal = *equal && oracle.status == result.status && oracle.found == 1 &&
                 oracle.answers[0].seconds == result.step.training_seconds &&
                 oracle.answers[0].plan.devices == result.plan.devices;
    }
    close_grid(&bench);
    *points = shares.searches;
    *times = oracle_seconds / shares.seconds;
    return true;
}

int main(int argc, char **argv)
{
    struct cs_search_workspace *const workspace = cs_search_workspace_create();
    if (workspace == NULL) {
        return 70;
    }
    if (argc > 1) {
        return exhaust_once(workspace, strcmp(argv[1], "gpt3") == 0) ? 0 : 70;
    }
    static const char *const trillion[] = {"axes.model={\"d_model\":[10240]}",
                                           "axes.hardware=[\"V100\",\"A100\",\"H100\",\"B100\",\"TPUv4\",\"TPUv5p\"]",
                                           "axes.year={\"from\":0,\"to\":10,\"step\":1}"};
    static const char *const largest[] = {"axes.model={\"d_model\":[24576]}",
                                          "axes.hardware=[\"V100\",\"A100\",\"H100\",\"B100\",\"TPUv4\",\"TPUv5p\"]",
                                          "axes.year={\"from\":0,\"to\":10,\"step\":1}"};
    const char *const source = getenv("CS_SOURCE");
    char path[1024];
    struct shares full;
    struct shares one;
    struct shares most;
    double points = 0.0;
    double times = 0.0;
    bool equal = false;
    snprintf(path, sizeof path, "%s/configs/full.json", source != NULL ? source : ".");
    if (!bench_exhaustive(workspace) || !search_grid(path, 0, NULL, STRIDE, workspace, &full) ||
        !search_grid(NULL, 3, trillion, 1, workspace, &one) || !search_grid(NULL, 3, largest, 1, workspace, &most) ||
        !oracle_ratio(workspace, &points, &times, &equal)) {
        return 70;
    }
    printf(
        "\"search\": {\"points\": %.0f, \"seconds\": %.6g, \"searches_per_second\": %.6g, \"slowest_seconds\": %.6g,\n",
        full.searches, full.seconds, ratio(full.searches, full.seconds), full.slowest);
    printf("\"visited_share\": %.6g, \"visited_share_at_answer\": %.6g,\n", ratio(full.visited, full.candidates),
           ratio(one.visited_at + most.visited_at, one.candidates_at + most.candidates_at));
    print_shares("at_1T", &one);
    print_shares("at_24T5", &most);
    printf("\"oracle_points\": %.0f, \"oracle_equal\": %s, \"oracle_ratio\": %.6g}}\n", points,
           equal ? "true" : "false", times);
    cs_search_workspace_destroy(workspace);
    return equal ? 0 : 70;
}
