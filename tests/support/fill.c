/* SPDX-License-Identifier: BSD-3-Clause */
#include "fill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/internal.h"

static void *sure(void *memory)
{
    if (memory == NULL) {
        perror("test");
        exit(EXIT_FAILURE);
    }
    return memory;
}

const char *cs_test_path(const char *name)
{
    enum { PATHS = 8 };
    static char paths[PATHS][PATH_MAX];
    static char folder[PATH_MAX / 2];
    static int next;
    if (folder[0] == '\0') {
        const char *given = getenv("CS_TMP");
        (void)snprintf(folder, sizeof folder, "%s", given != NULL ? given : "/tmp/cs_sweep-test.XXXXXX");
        if (given == NULL) {
            (void)sure(mkdtemp(folder));
        }
    }
    char *path = paths[next++ % PATHS];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

char *cs_test_read(const char *path, int64_t *size)
{
    FILE *file = sure(fopen(path, "rb"));
    (void)fseek(file, 0, SEEK_END);
    *size = (int64_t)ftell(file);
    rewind(file);
    char *bytes = sure(malloc((size_t)*size + 1));
    if (fread(bytes, 1, (size_t)*size, file) != (size_t)*size) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    (void)fclose(file);
    bytes[*size] = '\0';
    return bytes;
}

void cs_test_write(const char *path, const char *bytes, int64_t size)
{
    FILE *file = sure(fopen(path, "wb"));
    if (fwrite(bytes, 1, (size_t)size, file) != (size_t)size || fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

bool cs_test_exists(const char *path)
{
    struct stat facts;
    return lstat(path, &facts) == 0;
}

struct cs_test_case *cs_test_case_create(const char *configuration)
{
    struct cs_test_case *test = sure(calloc(1, sizeof *test));
    struct cs_error error;
    char name[64];
    (void)snprintf(name, sizeof name, "configuration-%ld.json", (long)getpid());
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", cs_test_path(name));
    cs_test_write(path, configuration, (int64_t)strlen(configuration));
    if (cs_bundle_read(path, 0, NULL, &test->bundle, &error) != CS_OK ||
        cs_config_parse(&test->bundle, &test->config, &error) != CS_OK ||
        cs_grid_init(&test->config, &test->grid, &error) != CS_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        exit(EXIT_FAILURE);
    }
    (void)unlink(path);
    return test;
}

void cs_test_case_destroy(struct cs_test_case *test)
{
    cs_config_free(&test->config);
    cs_bundle_free(&test->bundle);
    free(test);
}

#if defined(__clang__)
#define WRAPS __attribute__((no_sanitize("unsigned-integer-overflow")))
#else
#define WRAPS
#endif

/* splitmix64 is defined by its wrap-around. */
WRAPS uint64_t cs_test_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

double cs_test_uniform(uint64_t *state)
{
    return (double)(cs_test_random(state) >> 11) * 0x1p-53;
}

static int32_t at_most(uint64_t *state, uint64_t count)
{
    return (int32_t)(1 + cs_test_random(state) % count);
}

static void make_record(uint64_t *state, struct cs_record *record)
{
    memset(record, 0, sizeof *record);
    record->candidates = floor(cs_test_uniform(state) * 1e12);
    if (cs_test_random(state) % 8 == 0) {
        record->status = CS_STATUS_DIVISIBILITY + (int64_t)(cs_test_random(state) % 5);
        return;
    }
    record->status = CS_STATUS_FEASIBLE;
    record->plan.tensor = 1 << (cs_test_random(state) % 4);
    record->plan.pipeline = at_most(state, 40);
    record->plan.data = at_most(state, 5000000);
    record->plan.devices = record->plan.data * record->plan.tensor * record->plan.pipeline;
    record->plan.global_batch = record->plan.data * at_most(state, 9);
    record->training_time = 7776000.0 * (0.5 + 0.5 * cs_test_uniform(state));
    record->step_time = 1.0 + 10.0 * cs_test_uniform(state);
    record->mfu = 0.2 + 0.4 * cs_test_uniform(state);
    record->hfu = record->mfu * (1.0 + 0.3 * cs_test_uniform(state));
    record->memory = 8e10 * cs_test_uniform(state);
    record->plan.expert = at_most(state, 64);
    record->plan.context = at_most(state, 4);
    record->plan.interleave = at_most(state, 8);
    record->plan.micro_batch = at_most(state, 8);
    record->plan.expert_tensor = at_most(state, 8);
    record->plan.zero_stage = (int32_t)(cs_test_random(state) % 4);
    record->plan.recompute = (int32_t)(cs_test_random(state) % 3);
    record->plan.schedule = (int32_t)(cs_test_random(state) % 3);
    double sum = 0.0;
    for (int32_t i = 0; i < CS_SHARE_COUNT; i++) {
        record->shares[i] = cs_test_uniform(state);
        sum += record->shares[i];
    }
    for (int32_t i = 0; i < CS_SHARE_COUNT; i++) {
        record->shares[i] /= sum;
    }
}

WRAPS void cs_test_records(const struct cs_grid *grid, uint64_t seed, int64_t search, struct cs_record *records)
{
    uint64_t state = seed ^ ((uint64_t)search * UINT64_C(0xD1342543DE82EF95));
    for (int32_t i = 0; i < grid->records_per_search; i++) {
        make_record(&state, &records[i]);
    }
}

struct cs_results *cs_test_results(const struct cs_grid *grid, uint64_t seed, int64_t of)
{
    struct cs_results *results;
    struct cs_error error;
    if (cs_results_create(grid, &results, &error) != CS_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
        exit(EXIT_FAILURE);
    }
    struct cs_record *records = sure(calloc((size_t)grid->records_per_search, sizeof *records));
    for (int64_t search = 0; search < grid->searches; search++) {
        if (of == 0 || search % of != 0) {
            cs_test_records(grid, seed, search, records);
            cs_results_put(results, search, records);
        }
    }
    free(records);
    return results;
}

enum cs_code cs_test_results_write(const struct cs_results *results, const char *path, const struct cs_run_info *info,
                                   struct cs_error *error)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        return cs_fail(error, CS_ERROR_CREATE, "%s cannot be created: %s.", path, strerror(errno));
    }
    const enum cs_code code = cs_results_write_fd(results, fd, path, info, error);
    return close(fd) == 0 || code != CS_OK ? code : cs_fail(error, CS_ERROR_WRITE, "%s: %s.", path, strerror(errno));
}

const struct cs_variable *cs_test_variable(const char *name)
{
    int32_t count;
    const struct cs_variable *variables = cs_variables(&count);
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(variables[i].name, name) == 0) {
            return &variables[i];
        }
    }
    (void)fprintf(stderr, "There is no variable %s.\n", name);
    exit(EXIT_FAILURE);
}
