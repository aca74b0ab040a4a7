/* SPDX-License-Identifier: BSD-3-Clause */
/* The result file's contents: values, and the way there and back. Its axes: test_layout.c; its seal and packing:
 * test_pack.c; its names, locks and damage: test_output.c. */
#include <check.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fill.h"
#include "results/internal.h"
#include "suite.h"
#include "sweeps.h"

static const char *const cases[] = {plain, wide, regional, mixed, several};
enum { CASES = 5 };

static const struct cs_run_info info = {.ranks = 1, .command = "test", .shard = 1, .shards = 1};

static void must(enum cs_code code, const struct cs_error *error)
{
    ck_assert_msg(code == CS_OK, "%s", error->message);
}

/* ---- values ---- */
static hid_t open_file(const char *path)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_int_ge(file, 0);
    return file;
}

static double *read_doubles(hid_t file, const char *name, int64_t count)
{
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    ck_assert_int_ge(dataset, 0);
    const hid_t space = H5Dget_space(dataset);
    ck_assert_int_eq(H5Sget_simple_extent_npoints(space), count);
    double *values = malloc((size_t)count * sizeof *values);
    ck_assert_int_ge(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), 0);
    H5Sclose(space);
    H5Dclose(dataset);
    return values;
}

/* What a variable must hold at coordinates on all axes, from the record and the carbon functions alone. */
static double expected_carbon(const struct cs_grid *grid, const struct cs_results *results, const char *name,
                              const int64_t *coordinates, int64_t alternative)
{
    const struct cs_config *config = grid->config;
    static struct cs_design_point point;
    cs_grid_point(grid, coordinates, &point);
    const bool least = strncmp(name, CS_LEAST_PREFIX, strlen(CS_LEAST_PREFIX)) == 0;
    const struct cs_record *record =
        cs_results_get(results, cs_grid_search_of(grid, coordinates)) +
        (least ? grid->plans_per_search : cs_grid_record_of(grid, coordinates) + alternative);
    name += least ? strlen(CS_LEAST_PREFIX) : 0;
    if (record->status != CS_STATUS_FEASIBLE) {
        return (double)NAN;
    }
    const struct cs_axis *regions = &config->axes[config->axis_count - 1];
    const struct cs_region *region = &config->library.regions[regions->indices[coordinates[config->axis_count - 1]]];
    const double pue = cs_pue(&point.carbon.carbon, region->pue);
    const double training = record->training_time - record->idle_time;
    const double busy = (double)record->plan.devices * training *
                        cs_device_power(&point.carbon, record->mfu * record->training_time / training);
    const double idle = (double)record->plan.devices * record->idle_time * point.carbon.idle_power;
    const double energy = busy + idle;
    const double servers = cs_server_energy(&point.carbon, record->plan.devices, record->training_time);
    const double network = (double)record->plan.devices * record->training_time * point.settings.power.network_w;
    const double embodied = cs_embodied_charged(&point.carbon, record->plan.devices, record->training_time);
    if (strcmp(name, "energy") == 0) {
        return energy / 3.6e6;
    }
    if (strcmp(name, "embodied_inventory") == 0) {
        return cs_embodied_inventory(&point.carbon, record->plan.devices);
    }
    if (strcmp(name, "carbon_embodied") == 0) {
        return embodied;
    }
    const double first = cs_operational_carbon(energy, pue, region->g_per_kwh);
    const double second = cs_operational_carbon(servers, pue, region->g_per_kwh);
    const double third = cs_operational_carbon(network, pue, region->g_per_kwh);
    return strcmp(name, "carbon_total") == 0 ? first + second + third + embodied : second;
}

static void check_variable(hid_t file, const struct cs_grid *grid, const struct cs_results *results, const char *name)
{
    struct cs_layout layout;
    struct cs_shape shape;
    struct cs_error error;
    must(cs_layout_init(grid, &layout, &error), &error);
    cs_shape_of(&layout, cs_test_variable(name)->on, &shape);
    double *values = read_doubles(file, name, shape.count);
    for (int64_t i = 0; i < shape.count; i++) {
        int64_t coordinates[CS_AXES_MAX] = {0};
        int64_t alternative = 0;
        int64_t rest = i;
        for (int32_t k = shape.dimensions - 1; k >= 0; k--) {
            if (shape.axis[k] == grid->config->axis_count) {
                alternative = rest % shape.size[k];
            } else {
                coordinates[shape.axis[k]] = rest % shape.size[k];
            }
            rest /= shape.size[k];
        }
        const double expected = expected_carbon(grid, results, name, coordinates, alternative);
        ck_assert_msg(values[i] == expected || (isnan(values[i]) && isnan(expected)), "%s[%lld]: %.17g, not %.17g",
                      name, (long long)i, values[i], expected);
    }
    free(values);
}

START_TEST(carbon_in_the_file_is_that_of_the_functions)
{
    struct cs_test_case *test = cs_test_case_create(cases[_i]);
    struct cs_results *results = cs_test_results(&test->grid, 3, 0);
    const char *path = cs_test_path("values.h5");
    struct cs_error error;
    must(cs_test_results_write(results, path, &info, &error), &error);
    const hid_t file = open_file(path);
    static const char *const names[] = {"energy", "embodied_inventory", "carbon_embodied", "carbon_servers",
                                        "carbon_total"};
    ck_assert(test->grid.least_carbon == (cases[_i] != regional));
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        check_variable(file, &test->grid, results, names[k]);
        char least[64];
        (void)snprintf(least, sizeof least, "%s%s", CS_LEAST_PREFIX, names[k]);
        ck_assert((H5Lexists(file, least, H5P_DEFAULT) > 0) == test->grid.least_carbon);
        if (test->grid.least_carbon) {
            check_variable(file, &test->grid, results, least);
        }
    }
    H5Fclose(file);
    unlink(path);
    cs_results_destroy(results);
    cs_test_case_destroy(test);
}
END_TEST

START_TEST(records_come_back_bit_by_bit)
{
    struct cs_test_case *test = cs_test_case_create(cases[_i]);
    const size_t bytes = (size_t)(test->grid.searches * test->grid.records_per_search) * sizeof(struct cs_record);
    for (int64_t of = 0; of <= 3; of += 3) {
        struct cs_results *results = cs_test_results(&test->grid, 4, of);
        ck_assert_int_eq(cs_results_pending(results), of == 0 ? 0 : (test->grid.searches + 2) / 3);
        const char *path = cs_test_path("records.h5");
        struct cs_error error;
        struct cs_results *back;
        must(cs_test_results_write(results, path, &info, &error), &error);
        must(cs_results_create(&test->grid, &back, &error), &error);
        must(cs_results_load(path, back, &error), &error);
        ck_assert_int_eq(cs_results_pending(back), cs_results_pending(results));
        ck_assert(memcmp(cs_results_get(back, 0), cs_results_get(results, 0), bytes) == 0);
        unlink(path);
        cs_results_destroy(back);
        cs_results_destroy(results);
    }
    cs_test_case_destroy(test);
}
END_TEST

/* Two shards, either first, make the whole; what was there stays. */
START_TEST(parts_add_up)
{
    struct cs_test_case *test = cs_test_case_create(plain);
    struct cs_results *whole = cs_test_results(&test->grid, 5, 0);
    struct cs_results *parts[2], *joined;
    const char *paths[2] = {cs_test_path("part-1.h5"), cs_test_path("part-2.h5")};
    struct cs_error error;
    for (int64_t part = 0; part < 2; part++) {
        must(cs_results_create(&test->grid, &parts[part], &error), &error);
        for (int64_t search = part; search < test->grid.searches; search += 2) {
            cs_results_put(parts[part], search, cs_results_get(whole, search));
        }
        must(cs_test_results_write(parts[part], paths[part], &info, &error), &error);
    }
    must(cs_results_create(&test->grid, &joined, &error), &error);
    must(cs_results_load(paths[1], joined, &error), &error);
    must(cs_results_load(paths[0], joined, &error), &error);
    ck_assert_int_eq(cs_results_pending(joined), 0);
    ck_assert(memcmp(cs_results_get(joined, 0), cs_results_get(whole, 0),
                     (size_t)(test->grid.searches * test->grid.records_per_search) * sizeof(struct cs_record)) == 0);
    for (int part = 0; part < 2; part++) {
        unlink(paths[part]);
        cs_results_destroy(parts[part]);
    }
    cs_results_destroy(joined);
    cs_results_destroy(whole);
    cs_test_case_destroy(test);
}
END_TEST

START_TEST(nothing_that_is_not_finite_gets_in)
{
    struct cs_test_case *test = cs_test_case_create(plain);
    struct cs_results *results;
    struct cs_error error;
    must(cs_results_create(&test->grid, &results, &error), &error);
    double *const values[] = {(double[]){(double)NAN}, (double[]){(double)INFINITY}, (double[]){-(double)INFINITY}};
    for (int64_t search = 0; search < 12; search++) {
        const struct cs_record good = {
            .status = CS_STATUS_FEASIBLE, .plan = {.devices = 8}, .training_time = 1.0, .mfu = 0.5};
        struct cs_record records[2] = {good, good}; /* the plan, the least-carbon plan */
        struct cs_record *const bad = &records[search % 2];
        double *const places[] = {&bad->training_time, &bad->mfu, &bad->candidates, &bad->shares[6]};
        *places[search % 4] = *values[search / 4];
        ck_assert_int_eq(test->grid.records_per_search, 2);
        cs_results_put(results, search, records);
        const struct cs_record *const kept = cs_results_get(results, search);
        ck_assert_int_eq(kept[search % 2].status, CS_STATUS_FAILED);
        ck_assert_int_eq(kept[search % 2].plan.devices, 0);
        const struct cs_record *const other = &kept[1 - search % 2];
        ck_assert_int_eq(other->status, good.status);
        ck_assert_int_eq(memcmp(&other->plan, &good.plan, sizeof good.plan), 0);
        const double stored[] = {other->training_time, other->step_time,  other->mfu,      other->hfu,
                                 other->memory,        other->candidates, other->shares[6]};
        const double put[] = {good.training_time, good.step_time,  good.mfu,      good.hfu,
                              good.memory,        good.candidates, good.shares[6]};
        for (size_t i = 0; i < sizeof put / sizeof put[0]; i++) {
            ck_assert_double_eq(stored[i], put[i]);
        }
    }
    ck_assert_int_eq(cs_results_pending(results), test->grid.searches - 12);
    cs_results_destroy(results);
    cs_test_case_destroy(test);
}
END_TEST

START_TEST(infeasible_plans_keep_their_count_of_candidates)
{
    struct cs_test_case *test = cs_test_case_create(plain);
    struct cs_results *results;
    struct cs_error error;
    must(cs_results_create(&test->grid, &results, &error), &error);
    const struct cs_record record = {
        .status = CS_STATUS_MEMORY, .candidates = 1234567.0, .plan = {.devices = 99}, .training_time = (double)NAN};
    cs_results_put(results, 1, (const struct cs_record[]){record, record});
    const char *path = cs_test_path("infeasible.h5");
    must(cs_test_results_write(results, path, &info, &error), &error);
    const hid_t file = open_file(path);
    double *candidates = read_doubles(file, "candidates", test->grid.searches);
    double *devices = read_doubles(file, "devices", test->grid.searches);
    double *status = read_doubles(file, "status", test->grid.searches);
    ck_assert_double_eq(candidates[1], 1234567.0);
    ck_assert_double_nan(candidates[0]);
    ck_assert_double_eq(devices[1], -1.0);
    ck_assert_double_eq(status[1], 5.0);
    ck_assert_double_eq(status[0], 0.0);
    free(status);
    status = read_doubles(file, CS_LEAST_PREFIX "status", test->grid.searches);
    ck_assert_double_eq(status[1], 5.0);
    free(status);
    free(devices);
    free(candidates);
    H5Fclose(file);
    unlink(path);
    cs_results_destroy(results);
    cs_test_case_destroy(test);
}
END_TEST

static void same_bytes(const char *first, const char *second, bool same)
{
    int64_t sizes[2];
    char *bytes[2] = {cs_test_read(first, &sizes[0]), cs_test_read(second, &sizes[1])};
    ck_assert(same == (sizes[0] == sizes[1] && memcmp(bytes[0], bytes[1], (size_t)sizes[0]) == 0));
    free(bytes[0]);
    free(bytes[1]);
}

START_TEST(equal_runs_give_equal_bytes)
{
    static const char bare[] = "{\"axes\": {" SWEEP_AXES "}, \"output\": {\"provenance\": false}}";
    const struct cs_run_info other = {.ranks = 256,
                                      .command = "another command",
                                      .hosts = "n1,n2",
                                      .elapsed_seconds = 9,
                                      .resumes = 3,
                                      .shard = 1,
                                      .shards = 1};
    const char *paths[2] = {cs_test_path("equal-1.h5"), cs_test_path("equal-2.h5")};
    struct cs_error error;
    for (int32_t with = 0; with < 2; with++) {
        struct cs_test_case *test = cs_test_case_create(with ? plain : bare);
        struct cs_results *results = cs_test_results(&test->grid, 6, 0);
        must(cs_test_results_write(results, paths[0], &info, &error), &error);
        must(cs_test_results_write(results, paths[1], &other, &error), &error);
        same_bytes(paths[0], paths[1], !with);
        unlink(paths[0]);
        unlink(paths[1]);
        cs_results_destroy(results);
        cs_test_case_destroy(test);
    }
}
END_TEST

START_TEST(compression_changes_no_value)
{
    struct cs_test_case *test = cs_test_case_create(wide);
    struct cs_results *results = cs_test_results(&test->grid, 7, 0);
    struct cs_layout layout;
    struct cs_shape shape;
    struct cs_error error;
    must(cs_layout_init(&test->grid, &layout, &error), &error);
    cs_shape_of(&layout, cs_test_variable("carbon_total")->on, &shape);
    double *values[3];
    int64_t sizes[3];
    for (int32_t k = 0; k < 3; k++) {
        const char *path = cs_test_path("compression.h5");
        test->config.settings.output.compression = 4 * k;
        must(cs_test_results_write(results, path, &info, &error), &error);
        const hid_t file = open_file(path);
        values[k] = read_doubles(file, "carbon_total", shape.count);
        H5Fclose(file);
        free(cs_test_read(path, &sizes[k]));
        unlink(path);
    }
    ck_assert(memcmp(values[0], values[1], (size_t)shape.count * sizeof(double)) == 0);
    ck_assert(memcmp(values[0], values[2], (size_t)shape.count * sizeof(double)) == 0);
    ck_assert_int_lt(sizes[1], sizes[0]);
    ck_assert_int_lt(sizes[2], sizes[0]);
    for (int32_t k = 0; k < 3; k++) {
        free(values[k]);
    }
    cs_results_destroy(results);
    cs_test_case_destroy(test);
}
END_TEST

START_TEST(configuration_comes_back)
{
    struct cs_test_case *test = cs_test_case_create(plain);
    struct cs_results *results = cs_test_results(&test->grid, 8, 0);
    const char *path = cs_test_path("configuration.h5");
    struct cs_error error;
    char *in_effect;
    must(cs_test_results_write(results, path, &info, &error), &error);
    must(cs_results_read_configuration(path, &in_effect, &error), &error);
    ck_assert_str_eq(in_effect, test->config.in_effect);
    free(in_effect);
    unlink(path);
    cs_results_destroy(results);
    cs_test_case_destroy(test);
}
END_TEST

START_TEST(sizes_are_told_beforehand)
{
    struct cs_test_case *test = cs_test_case_create(plain);
    ck_assert_int_ge(cs_results_memory(&test->grid), test->grid.searches * (int64_t)sizeof(struct cs_record));
    test->config.settings.output.compression = 0;
    struct cs_results *results = cs_test_results(&test->grid, 9, 0);
    const char *path = cs_test_path("size.h5");
    struct cs_error error;
    int64_t size;
    must(cs_test_results_write(results, path, &info, &error), &error);
    free(cs_test_read(path, &size));
    ck_assert_int_ge(size, cs_results_file_estimate(&test->grid));
    ck_assert_int_le(size, cs_results_file_estimate(&test->grid) + 250000);
    unlink(path);
    cs_results_destroy(results);
    cs_test_case_destroy(test);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("results");
    TCase *tests = tcase_create("results");
    tcase_add_loop_test(tests, carbon_in_the_file_is_that_of_the_functions, 0, CASES);
    tcase_add_loop_test(tests, records_come_back_bit_by_bit, 0, CASES);
    tcase_add_test(tests, parts_add_up);
    tcase_add_test(tests, nothing_that_is_not_finite_gets_in);
    tcase_add_test(tests, infeasible_plans_keep_their_count_of_candidates);
    tcase_add_test(tests, equal_runs_give_equal_bytes);
    tcase_add_test(tests, compression_changes_no_value);
    tcase_add_test(tests, configuration_comes_back);
    tcase_add_test(tests, sizes_are_told_beforehand);
    suite_add_tcase(suite, tests);
    return cs_run_suite(suite);
}
