/* SPDX-License-Identifier: BSD-3-Clause */
/* Writing the result file at 10 million points, each with three variables that depend on the region: prints the "file"
 * part of bench.json. The records are random in every bit, which compresses worst.
 *   file [REGIONS] (138 by default; 72,864 plans each) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "cs_sweep/number.h"
#include "fill.h"

static double seconds_of(clockid_t clock)
{
    struct timespec time;
    (void)clock_gettime(clock, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static char *configuration(int regions)
{
    const size_t size = 1024 + (size_t)regions * 64;
    char *text = malloc(size);
    if (text == NULL) {
        exit(EXIT_FAILURE);
    }
    int used = snprintf(text, size,
                        "{\"axes\": {\"model\": {\"d_model\": {\"from\": 1152, \"to\": 24576, \"step\": 128}},"
                        "\"hardware\": [\"V100\", \"A100\", \"H100\", \"B100\", \"TPUv4\", \"TPUv5p\"],"
                        "\"year\": {\"from\": 0, \"to\": 10, \"step\": 1}, \"search.tensor_max\": [0, 8],"
                        "\"qat\": [\"off\", \"int8\", \"int4\"], \"carbon_intensity\": [");
    for (int i = 0; i < regions; i++) {
        used += snprintf(text + used, size - (size_t)used, "%s{\"region\": \"r%d\", \"g_per_kwh\": %d.%d}",
                         i > 0 ? ", " : "", i, 5 + (i * 377) % 800, i % 10);
    }
    (void)snprintf(text + used, size - (size_t)used, "]}}");
    return text;
}

int main(int argc, char **argv)
{
    enum { REPEATS = 3 };
    int64_t regions = 138;
    if (argc > 1 && !cs_parse_count(argv[1], 1, 100000, &regions)) {
        (void)fprintf(stderr, "usage: file [REGIONS]\n");
        return 64;
    }
    char *text = configuration((int)regions);
    struct cs_test_case *test = cs_test_case_create(text);
    struct cs_results *results = cs_test_results(&test->grid, 1, 0);
    const struct cs_run_info info = {.ranks = 1, .shard = 1, .shards = 1};
    const char *path = cs_test_path("bench.h5");
    struct cs_error error;
    double seconds = 1e30, cpu_seconds = 1e30;
    int64_t file_bytes = 0;
    for (int i = 0; i < REPEATS; i++) {
        const double start = seconds_of(CLOCK_MONOTONIC), cpu_start = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
        if (cs_test_results_write(results, path, &info, &error) != CS_OK) {
            (void)fprintf(stderr, "%s\n", error.message);
            return EXIT_FAILURE;
        }
        const double taken = seconds_of(CLOCK_MONOTONIC) - start;
        const double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
        seconds = taken < seconds ? taken : seconds;
        cpu_seconds = cpu < cpu_seconds ? cpu : cpu_seconds;
        free(cs_test_read(path, &file_bytes));
        (void)unlink(path);
    }
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    const double raw = (double)cs_results_file_estimate(&test->grid);
    (void)printf("{\"file\": {\"points\": %lld, \"seconds\": %.3f, \"bytes\": %.0f, \"bytes_per_second\": %.0f, "
                 "\"cpu_seconds\": %.3f, \"bytes_per_cpu_second\": %.0f, "
                 "\"file_bytes\": %lld, \"compression\": %d, \"record_bytes\": %lld}}\n",
                 (long long)test->grid.points, seconds, raw, raw / seconds, cpu_seconds, raw / cpu_seconds,
                 (long long)file_bytes, (int)test->config.settings.output.compression,
                 (long long)cs_results_memory(&test->grid));
    cs_results_destroy(results);
    cs_test_case_destroy(test);
    free(text);
    return EXIT_SUCCESS;
}
