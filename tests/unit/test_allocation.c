/* SPDX-License-Identifier: BSD-3-Clause */
/* Every allocation of the reader and of the search fails once: each time the answer is CS_ERROR_MEMORY, and all that
 * was taken is given back. The test's own malloc stands before the C library's, for cJSON too. */
#include <check.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/cases.h"
#include "cs_sweep/design.h"
#include "cs_sweep/library.h"
#include "exhaustive.h"
#include "suite.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZER_HAS_MALLOC
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(SANITIZER_HAS_MALLOC) || !defined(__GLIBC__)
int main(void)
{
    (void)printf("another malloc stands before the C library's here\n");
    return 77;
}
#else

static bool watching;
static long fails_at, calls, live;
static size_t held, most; /* bytes, and the most of them at once */

/* glibc's own names of what is replaced. NOLINTBEGIN(bugprone-reserved-identifier) */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);
/* NOLINTEND(bugprone-reserved-identifier) */

static bool fails(void)
{
    return watching && ++calls == fails_at;
}

static void *count(void *memory)
{
    live += watching && memory != NULL;
    held += watching && memory != NULL ? malloc_usable_size(memory) : 0;
    most = held > most ? held : most;
    return memory;
}

void *malloc(size_t size)
{
    return fails() ? NULL : count(__libc_malloc(size));
}

void *calloc(size_t items, size_t size)
{
    return fails() ? NULL : count(__libc_calloc(items, size));
}

void *realloc(void *memory, size_t size)
{
    if (fails()) {
        return NULL;
    }
    /* Both are there while the bytes are copied. */
    const size_t before = watching && memory != NULL ? malloc_usable_size(memory) : 0;
    void *made = __libc_realloc(memory, size);
    if (made == NULL || !watching) {
        return made;
    }
    live += memory == NULL;
    held += malloc_usable_size(made);
    most = held > most ? held : most;
    held -= before;
    return made;
}

void free(void *memory)
{
    live -= watching && memory != NULL;
    held -= watching && memory != NULL ? malloc_usable_size(memory) : 0;
    __libc_free(memory);
}

static enum cs_code watch(enum cs_code (*function)(struct cs_error *), long failing, struct cs_error *error)
{
    memset(error, 0, sizeof *error);
    fails_at = failing;
    calls = live = 0;
    held = most = 0;
    watching = true;
    const enum cs_code code = function(error);
    watching = false;
    return code;
}

static void fail_each(enum cs_code (*function)(struct cs_error *))
{
    struct cs_error error;
    ck_assert_msg(watch(function, 0, &error) == CS_OK, "%s", error.message);
    ck_assert_int_eq(live, 0);
    const long needed = calls;
    ck_assert_int_ge(needed, 2);
    for (long i = 1; i <= needed; i++) {
        const enum cs_code code = watch(function, i, &error);
        ck_assert_msg(code == CS_ERROR_MEMORY, "allocation %ld of %ld: %d, %s", i, needed, (int)code, error.message);
        ck_assert_msg(live == 0, "allocation %ld of %ld: %ld are left", i, needed, live);
        ck_assert_msg(strncmp(error.message, "Not enough memory", 17) == 0, "%s", error.message);
    }
}

#define DEVICE(more)                                                                                                   \
    "{\"name\": \"d\", \"kind\": \"tpu\", \"peak_tflops\": 100, \"hbm_gib\": 64, \"hbm_gb\": 64, \"hbm_gb_s\": 1000,"  \
    " \"units\": 1, \"clock_ghz\": 1, \"sustained\": 0.8, \"link_gb_s\": 100, \"domain\": 8, \"scale_out_gb_s\": 10,"  \
    " \"tdp_w\": 300, \"die_mm2\": 600, \"node_nm\": 7, \"server_power_w\": 0" more "}"
static char devices[] = "{\"devices\": [" DEVICE(", \"aliases\": [\"e\"]") ", {\"name\": \"f\", \"based_on\": \"d\"}]}";
static char regions[] = "{\"regions\": [{\"region\": \"r\", \"g_per_kwh\": 1}, {\"region\": \"s\", \"g_per_kwh\": 2}]}";
static char qat_levels[] = "{\"qat_levels\": [{\"qat\": \"off\", \"weight_bits\": 16, \"activation_bits\": 16,"
                           " \"communication_bits\": 16, \"format\": \"bf16\"}]}";
static char models[] = "{\"models\": [{\"name\": \"m\", \"layers\": 2, \"d_model\": 128, \"heads\": 2, \"aliases\":"
                       " [\"n\"]}]}";
static char config_text[] =
    "{\"title\": \"t\", \"output\": \"o.h5\", \"axes\": {\"model\": [\"n\", {\"d_model\": [256, 512]}],"
    " \"hardware\": [\"e\", {\"name\": \"g\", \"based_on\": \"f\"}], \"year\": {\"from\": 0, \"to\": 2, \"step\": 1},"
    " \"qat\": [\"off\"], \"carbon_intensity\": [\"r\", {\"region\": \"u\", \"g_per_kwh\": 2}],"
    " \"search.zero_stages\": [[0], \"3\"], \"search.expert_degrees\": [[], [1]], \"carbon.host\": [true, false]}}";
static char name[] = "test.json", set_1[] = "output.compression=2", set_2[] = "axes.carbon.pue=[1.1, 1.2]";
static char *sets[] = {set_1, set_2};

static struct cs_bundle made = {.config_name = name,
                                .config = config_text,
                                .file_name = {name, name, name, name},
                                .file = {devices, regions, qat_levels, models},
                                .set_count = 2,
                                .sets = sets};

static enum cs_code parse(struct cs_error *error)
{
    struct cs_config config;
    CS_TRY(cs_config_parse(&made, &config, error));
    cs_config_free(&config);
    return CS_OK;
}

static enum cs_code travel(struct cs_error *error)
{
    struct cs_bundle other;
    char *bytes = NULL;
    int64_t size = 0;
    CS_TRY(cs_bundle_pack(&made, &bytes, &size, error));
    const enum cs_code code = cs_bundle_unpack(bytes, size, &other, error);
    free(bytes);
    CS_TRY(code);
    cs_bundle_free(&other);
    return CS_OK;
}

static enum cs_code read_files(struct cs_error *error)
{
    struct cs_bundle bundle;
    const char *const given[] = {"carbon.pue=1.2", "title=a text"};
    CS_TRY(cs_bundle_read(NULL, 2, given, &bundle, error));
    cs_bundle_free(&bundle);
    return CS_OK;
}

START_TEST(parsing_without_memory_is_refused)
{
    fail_each(parse);
}
END_TEST

START_TEST(packing_without_memory_is_refused)
{
    fail_each(travel);
}
END_TEST

START_TEST(reading_files_without_memory_is_refused)
{
    fail_each(read_files);
}
END_TEST

/* Cases with their file, which is larger than the first buffer it is read to. */
static enum cs_code read_cases(struct cs_error *error)
{
    const char *data = getenv("CS_SWEEP_DATA");
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/validation/vtrain-single.json", data != NULL ? data : "configs");
    struct cs_cases cases = {0};
    const enum cs_code code = cs_cases_read(path, &cases, error);
    cs_cases_free(&cases);
    return code;
}

START_TEST(reading_cases_without_memory_is_refused)
{
    struct cs_error error;
    ck_assert_msg(watch(read_cases, 0, &error) == CS_OK, "%s", error.message);
    const long needed = calls;
    /* The first hundred, and then some of the tens of thousands. */
    for (long i = 1; i <= needed; i += i < 100 ? 1 : needed / 50 + 1) {
        ck_assert_int_eq(watch(read_cases, i, &error), CS_ERROR_MEMORY);
        ck_assert_msg(live == 0, "allocation %ld of %ld: %ld are left", i, needed, live);
    }
}
END_TEST

/* A figure that cannot be read is none. */
static enum cs_code model_error(struct cs_error *error)
{
    const struct cs_device device = {.name = "A100-80GB", .family = "A100"};
    struct cs_model_error known;
    cs_model_error_read(&device, &known);
    return known.kind != CS_TRUST_NONE ? CS_OK : cs_fail(error, CS_ERROR_MEMORY, "Not enough memory.");
}

START_TEST(fitting_families_without_memory_is_refused)
{
    static const struct cs_device cray = {.name = "Cray-1", .family = "Cray"};
    static const struct cs_device measured = {.name = "A100-80GB", .family = "A100"};
    static const struct cs_device relative = {.name = "A100-X", .family = "A100"};
    struct cs_model_error known;
    cs_model_error_read(&cray, &known);
    ck_assert(known.kind == CS_TRUST_NONE && isnan(known.mape) && known.cases == 0);
    cs_model_error_read(&measured, &known);
    ck_assert(known.kind == CS_TRUST_HELD_OUT && known.mape > 0.0 && known.mape < 0.2);
    const int64_t own = known.cases;
    cs_model_error_read(&relative, &known);
    ck_assert(known.kind == CS_TRUST_FAMILY && known.cases > own && known.mape > 0.0 && known.mape < 0.2);
    fail_each(model_error);
}
END_TEST

/* ---- searches ---- */

static struct cs_grid grid;
static struct cs_design_point point;
static struct cs_space space;
static struct cs_carbon_inputs carbon;
enum kind { FEWEST, FASTEST, NONE_FITS, REGIONS, FRONT, EXHAUSTIVE, KINDS };
static enum kind kind;

/* Without memory a search says so: no answer, and never another one than with memory. */
static enum cs_code run_search(struct cs_error *error)
{
    enum { FOUND = 4 };
    static const struct cs_place places[2] = {{.g_per_kwh = 36.0, .pue = 1.0}, {.g_per_kwh = 720.0, .pue = 1.0}};
    struct cs_search_result best[FOUND] = {{.status = CS_STATUS_FAILED}};
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    struct cs_plan plan;
    double seconds = 0.0;
    int32_t found = 0;
    bool failed = workspace == NULL, right = true;
    if (!failed && kind <= NONE_FITS) {
        cs_search(&point.problem, &space, kind == FASTEST ? CS_MIN_TIME : CS_MIN_DEVICES, &carbon, workspace, FOUND,
                  best, &found);
        failed = best[0].status == CS_STATUS_FAILED;
        right = (found > 0) == (!failed && kind != NONE_FITS) &&
                (failed || best[0].status == (kind == NONE_FITS ? CS_STATUS_MEMORY : CS_STATUS_FEASIBLE));
    } else if (!failed && kind == REGIONS) {
        cs_search_regions(&point.problem, &space, &carbon, workspace, 2, places, best);
        failed = best[0].status == CS_STATUS_FAILED;
        right = best[0].status == best[1].status;
    } else if (!failed && kind == FRONT) {
        failed = cs_search_pareto(&point.problem, &space, &carbon, &places[0], workspace, FOUND, best) < 0;
    } else if (!failed) {
        failed = exhaustive_search(&point.problem, &space, 64, 64, workspace, &seconds, &plan) < 1.0;
    }
    cs_search_workspace_destroy(workspace);
    /* Check's own assertions allocate: none in here. */
    if (!right) {
        return cs_fail(error, CS_ERROR_INTERNAL, "Search %d: status %d, %d found.", (int)kind, (int)best[0].status,
                       found);
    }
    return failed ? cs_fail(error, CS_ERROR_MEMORY, "Not enough memory.") : CS_OK;
}

/* The first point of a configuration. deadline: s */
static void prepare(size_t count, char **given, double deadline, struct cs_config *config)
{
    struct cs_bundle bundle = made;
    struct cs_error error;
    const int64_t origin[CS_AXES_MAX] = {0};
    bundle.sets = given;
    bundle.set_count = (int32_t)count;
    ck_assert_msg(cs_config_parse(&bundle, config, &error) == CS_OK, "%s", error.message);
    ck_assert_int_eq(cs_grid_init(config, &grid, &error), CS_OK);
    cs_grid_point(&grid, origin, &point);
    point.problem.deadline = deadline;
    cs_space_set_free(&point.settings.search, &space);
    carbon = point.carbon;
}

START_TEST(searching_without_memory_is_refused)
{
    static char few[] = "axes.hardware=[\"e\"]", year[] = "axes.year=[0]", zero[] = "axes.search.zero_stages=[[0, 1]]",
                degrees[] = "axes.search.expert_degrees=[[]]", host[] = "axes.carbon.host=[true]",
                one_model[] = "axes.model={\"d_model\": [1024]}", bound[] = "search.max_devices=256";
    char *given[] = {few, year, zero, degrees, host, one_model, bound};
    struct cs_config config;
    prepare(sizeof given / sizeof given[0], given, (double)INFINITY, &config);
    const double capacity = point.problem.device.hbm_capacity;
    for (kind = FEWEST; kind < KINDS; kind++) {
        point.problem.device.hbm_capacity = kind == NONE_FITS ? 1e6 : capacity;
        fail_each(run_search);
    }
    cs_config_free(&config);
}
END_TEST

/* A space of ten thousand layers and hundreds of tensor degrees: many more nodes than a search keeps at once. */
static enum cs_code search_large_space(struct cs_error *error)
{
    struct cs_search_result best;
    int32_t found;
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    if (workspace == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory.");
    }
    cs_search(&point.problem, &space, CS_MIN_ENERGY, &carbon, workspace, 1, &best, &found);
    cs_search_workspace_destroy(workspace);
    return found == 1 ? CS_OK : cs_fail(error, CS_ERROR_INTERNAL, "No plan.");
}

START_TEST(memory_of_a_search_is_bounded)
{
    static char few[] = "axes.hardware=[\"e\"]", year[] = "axes.year=[0]", zero[] = "axes.search.zero_stages=[[0, 1]]",
                degrees[] = "axes.search.expert_degrees=[[]]", host[] = "axes.carbon.host=[true]",
                deep[] = "axes.model=[{\"name\": \"deep\", \"layers\": 10000, \"d_model\": 16384, \"heads\": 128}]",
                tensor[] = "search.tpu_tensor_max=512", context[] = "search.context_degrees=[1, 2, 4, 8]";
    char *given[] = {few, year, zero, degrees, host, deep, tensor, context};
    struct cs_config config;
    struct cs_error error;
    prepare(sizeof given / sizeof given[0], given, 1e12, &config);
    ck_assert_msg(watch(search_large_space, 0, &error) == CS_OK, "%s", error.message);
    ck_assert_int_eq(live, 0);
    ck_assert_uint_gt(most, 4u << 20);
    ck_assert_uint_le(most, 32u << 20);
    cs_config_free(&config);
}
END_TEST

/* A search for several regions that finds no memory for them says so in each of its records. */
START_TEST(records)
{
    static char objective[] = "search.objective=min_carbon", one_model[] = "axes.model={\"d_model\": [256]}";
    char *given[] = {objective, one_model};
    struct cs_bundle bundle = made;
    bundle.sets = given;
    struct cs_config config;
    struct cs_error error;
    struct cs_record made_records[2];
    ck_assert_msg(cs_config_parse(&bundle, &config, &error) == CS_OK, "%s", error.message);
    ck_assert_int_eq(cs_grid_init(&config, &grid, &error), CS_OK);
    ck_assert_int_eq(grid.records_per_search, 2);
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    ck_assert_ptr_nonnull(workspace);
    for (fails_at = 1; fails_at <= 2; fails_at++) {
        calls = 0;
        watching = true;
        cs_record_evaluate(&grid, 0, workspace, made_records);
        watching = false;
        ck_assert_int_eq(made_records[0].status, CS_STATUS_FAILED);
        ck_assert_int_eq(made_records[1].status, CS_STATUS_FAILED);
    }
    cs_search_workspace_destroy(workspace);
    cs_config_free(&config);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("allocation");
    TCase *tests = tcase_create("allocation");
    tcase_add_test(tests, parsing_without_memory_is_refused);
    tcase_add_test(tests, packing_without_memory_is_refused);
    tcase_add_test(tests, reading_files_without_memory_is_refused);
    tcase_add_test(tests, reading_cases_without_memory_is_refused);
    tcase_add_test(tests, fitting_families_without_memory_is_refused);
    tcase_add_test(tests, searching_without_memory_is_refused);
    tcase_add_test(tests, memory_of_a_search_is_bounded);
    tcase_add_test(tests, records);
    suite_add_tcase(suite, tests);
    return cs_run_suite(suite);
}
#endif
