/* SPDX-License-Identifier: BSD-3-Clause */
/* The grid: which axes are searched, what a point is made of, and that a record is the search's answer. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/design.h"
#include "parsed.h"
#include "suite.h"

static struct cs_bundle bundle;
static struct cs_config config;
static struct cs_grid grid;
static struct cs_error error;

static void teardown(void)
{
    cs_config_free(&config);
    cs_bundle_free(&bundle);
}

#define MAKE(...) cs_test_grid((const char *const[CS_TEST_SETS]){__VA_ARGS__}, &bundle, &config, &grid)

static void point_of(int64_t search, struct cs_design_point *point, int64_t coordinates[CS_AXES_MAX])
{
    cs_grid_coordinates(&grid, search, coordinates);
    cs_grid_point(&grid, coordinates, point);
}

#define MODELS "axes.model={\"d_model\": [2048, 4096, 8192]}"
#define YEARS "axes.year=[0, 5]"
#define REGIONS "axes.carbon_intensity=[\"us-east5\", \"asia-south1\", \"europe-north2\", \"us-west1\"]"
#define GROWTH "axes.carbon.cpa_growth_per_year=[0, 0.1]"
#define DEADLINES "axes.training.deadline_days=[30, 60, 90]"
#define STATIC "axes.power.static_fraction=[0.5, 0.7]"
#define PUES "axes.carbon.pue=[1.1, 1.2]"

START_TEST(which_axes_are_searched)
{
    MAKE(MODELS, YEARS, REGIONS, GROWTH, DEADLINES, STATIC, PUES);
    ck_assert_int_eq(grid.points, 3 * 2 * 4 * 2 * 3 * 2 * 2);
    ck_assert_int_eq(grid.searches, 3 * 2 * 3); /* what only carbon reads is not searched again */
    ck_assert_int_eq(grid.plans_per_search, 1);
    ck_assert_int_eq(grid.records_per_search, 2); /* and the least-carbon plan, for which nothing is searched again */
    ck_assert_uint_eq(grid.plan_scopes, CS_SCOPE_ARCHITECTURE | CS_SCOPE_SEARCH);
    MAKE("search.least_carbon=false", MODELS);
    ck_assert_int_eq(grid.records_per_search, 1);
    MAKE("axes.search.least_carbon=[false, true]", MODELS);
    ck_assert_int_eq(grid.searches, 3 * 2);
    ck_assert_int_eq(grid.records_per_search, 2);
    MAKE("search.objective=min_energy", MODELS, YEARS, REGIONS, GROWTH, DEADLINES, STATIC, PUES);
    ck_assert_int_eq(grid.searches, 3 * 2 * 3 * 2);
    ck_assert_int_eq(grid.records_per_search, 1);
    MAKE("search.objective=min_carbon", MODELS, YEARS, REGIONS, GROWTH, DEADLINES, STATIC, PUES);
    ck_assert_int_eq(grid.searches, 3 * 2 * 3 * 2 * 2 * 2);
    ck_assert_int_eq(grid.records_per_search, 4);
    ck_assert(cs_axis_read_by(&config.axes[config.axis_count - 1], grid.plan_scopes));
    MAKE("axes.search.objective=[\"min_devices\", \"min_carbon\"]", REGIONS, MODELS);
    ck_assert_int_eq(grid.searches, 3 * 2);
    ck_assert_int_eq(grid.plans_per_search, 4);
    ck_assert_int_eq(grid.records_per_search, 5);
    MAKE("search.alternatives=4", REGIONS, MODELS);
    ck_assert_int_eq(grid.searches, 3);
    ck_assert_int_eq(grid.plans_per_search, 5);
    ck_assert_int_eq(grid.records_per_search, 6);
}
END_TEST

START_TEST(a_search_and_its_coordinates)
{
    MAKE("search.objective=min_carbon", MODELS, YEARS, REGIONS, DEADLINES, GROWTH);
    for (int64_t search = 0; search < grid.searches; search++) {
        int64_t coordinates[CS_AXES_MAX];
        struct cs_design_point point;
        point_of(search, &point, coordinates);
        ck_assert_int_eq(cs_grid_search_of(&grid, coordinates), search);
        for (int64_t region = 0; region < 4; region++) {
            coordinates[config.axis_count - 1] = region;
            ck_assert_int_eq(cs_grid_search_of(&grid, coordinates), search);
            ck_assert_int_eq(cs_grid_record_of(&grid, coordinates), region);
        }
        ck_assert_double_gt(cs_grid_cost(&grid, search), 0.0);
    }
    MAKE(MODELS, REGIONS);
    const int64_t last[CS_AXES_MAX] = {2, 0, 0, 0, 3};
    ck_assert_int_eq(cs_grid_search_of(&grid, last), 2);
    ck_assert_int_eq(cs_grid_record_of(&grid, last), 0);
    ck_assert_double_gt(cs_grid_cost(&grid, 2), cs_grid_cost(&grid, 0));
}
END_TEST

START_TEST(what_a_point_is_made_of)
{
    struct cs_design_point point;
    MAKE("axes.model=[{\"d_model\": [24576]}]", "axes.year=[0, 10]", DEADLINES, GROWTH, "axes.qat=[\"off\", \"int8\"]",
         "axes.search.zero_stages=[[0], [0, 3]]", "axes.search.expert_degrees=[[], [8]]", "search.devices=4096");
    const int64_t coordinates[CS_AXES_MAX] = {0, 0, 1, 1, 2, 1, 1, 1, 0};
    cs_grid_point(&grid, coordinates, &point);
    const struct cs_problem *problem = &point.problem;
    /* CarbonScaling section 4: 24,576 is 156 layers, 32 experts; d_model / 128 heads */
    ck_assert_int_eq(problem->architecture.layers, 156);
    ck_assert_int_eq(problem->architecture.experts, 32);
    ck_assert_int_eq(problem->architecture.heads, 192);
    ck_assert_str_eq(problem->architecture.name, "24576");
    ck_assert_double_eq_tol(problem->law.tokens, 20.0 * 12.0 * 156.0 * 24576.0 * 24576.0, 1.0);
    /* Table 2: 1.30 a year */
    ck_assert_double_eq_tol(problem->device.peak_flops, 989.4e12 * pow(1.30, 10.0), 1e6);
    ck_assert_double_eq(point.years, 10.0);
    ck_assert_double_eq(point.carbon.years, 10.0);
    ck_assert_double_eq(point.carbon.device.peak_flops, problem->device.peak_flops);
    ck_assert_double_eq(problem->deadline, 90.0 * 86400.0);
    ck_assert_double_eq(point.carbon.carbon.cpa_growth_per_year, 0.1);
    ck_assert_int_eq(problem->precision.format, CS_FORMAT_INT8);
    ck_assert_double_eq(problem->precision.weight_bytes, 1.0);
    ck_assert_uint_eq(point.settings.search.zero_stages, 9u);
    ck_assert_int_eq(point.settings.search.expert_degrees.count, 1);
    ck_assert_int_eq(point.settings.search.expert_degrees.values[0], 8);
    ck_assert_int_eq(point.space.settings.expert_degrees.values[0], 8);
    ck_assert_int_eq(point.space.given.devices, 4096);
    ck_assert_int_eq(config.settings.search.expert_degrees.count, 0);
}
END_TEST

/* GPT-3 (arXiv 2005.14165): 300 B tokens at a length of 2,048, learned positions; Llama 3: 8,192. */
START_TEST(what_models_state)
{
    struct cs_design_point point;
    const int64_t first[CS_AXES_MAX] = {0}, second[CS_AXES_MAX] = {1}, third[CS_AXES_MAX] = {2};
#define NAMED "axes.model=[\"GPT-3\", \"Llama-3.1-8B\", {\"d_model\": [8192]}]"
    MAKE(NAMED);
    cs_grid_point(&grid, first, &point);
    ck_assert_int_eq(point.problem.seq_len, 2048);
    ck_assert_int_eq(point.problem.architecture.learned_positions, 2048);
    ck_assert_double_eq(point.problem.law.tokens, 300e9);
    cs_grid_point(&grid, second, &point);
    ck_assert_int_eq(point.problem.seq_len, 8192);
    ck_assert_int_eq(point.problem.architecture.learned_positions, 0);
    ck_assert_double_eq(point.problem.law.tokens, 15e12);
    ck_assert(point.space.whole_heads);
    cs_grid_point(&grid, third, &point);
    ck_assert(!point.space.whole_heads); /* heads of a d_model need not divide */
    ck_assert_int_eq(point.problem.seq_len, 2048);
    MAKE(NAMED, "training.seq_len=4096", "training.tokens_per_parameter=10");
    cs_grid_point(&grid, first, &point);
    ck_assert_int_eq(point.problem.seq_len, 4096);
    ck_assert_int_eq(point.problem.architecture.learned_positions, 4096);
    ck_assert_double_lt(point.problem.law.tokens, 2e12);
    cs_grid_point(&grid, second, &point);
    ck_assert_int_eq(point.problem.seq_len, 4096);
    ck_assert_double_lt(point.problem.law.tokens, 8.1e10);
}
END_TEST

/* A record holds what the search answers, for each objective. */
static void check_record(const struct cs_search_result *result, const struct cs_record *record)
{
    ck_assert_int_eq(record->status, (int)result->status);
    ck_assert_double_eq(record->candidates, result->candidates);
    if (result->status != CS_STATUS_FEASIBLE) {
        ck_assert_int_eq(record->plan.devices, 0);
        ck_assert(isnan(record->step_time));
        return;
    }
    ck_assert_int_eq(record->plan.devices, result->plan.devices);
    ck_assert_int_eq(record->plan.tensor, result->plan.tensor);
    ck_assert_int_eq(record->plan.pipeline, result->plan.pipeline);
    ck_assert_int_eq(record->plan.data, result->plan.data);
    ck_assert_int_eq(record->plan.expert, result->plan.expert);
    ck_assert_int_eq(record->plan.expert_tensor, result->plan.expert_tensor);
    ck_assert_int_eq(record->plan.context, result->plan.context);
    ck_assert_int_eq(record->plan.interleave, result->plan.interleave);
    ck_assert_int_eq(record->plan.micro_batch, result->plan.micro_batch);
    ck_assert_int_eq(record->plan.global_batch, result->plan.global_batch);
    ck_assert_int_eq(record->plan.zero_stage, result->plan.zero_stage);
    ck_assert_int_eq(record->plan.recompute, (int)result->plan.recompute);
    ck_assert_int_eq(record->plan.schedule, (int)result->plan.schedule);
    ck_assert_double_eq(record->step_time, result->step.seconds);
    ck_assert_double_eq(record->training_time, result->step.training_seconds);
    ck_assert_double_eq(record->mfu, result->step.mfu);
    ck_assert_double_eq(record->hfu, result->step.hfu);
    ck_assert_double_eq(record->memory, result->step.memory_bytes);
    double sum = 0.0;
    for (int32_t i = 0; i < CS_SHARE_COUNT; i++) {
        ck_assert_double_eq(record->shares[i], result->step.shares[i]);
        sum += record->shares[i];
    }
    ck_assert_double_eq_tol(sum, 1.0, 1e-9);
}

START_TEST(a_record_is_the_answer_of_the_search)
{
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    ck_assert_ptr_nonnull(workspace);
    MAKE("axes.model={\"d_model\": [2048, 6144]}", "axes.hardware=[\"A100\", \"TPUv4\"]", "search.alternatives=2",
         "axes.training.deadline_days=[0.0001, 90]");
    for (int64_t search = 0; search < grid.searches; search++) {
        int64_t coordinates[CS_AXES_MAX];
        struct cs_design_point point;
        struct cs_record records[4], again[4];
        struct cs_search_result best[3], least;
        int32_t found = 0;
        point_of(search, &point, coordinates);
        memset(best, 0, sizeof best);
        cs_search(&point.problem, &point.space, CS_MIN_DEVICES, &point.carbon, workspace, 3, best, &found);
        memset(records, 0x55, sizeof records);
        memset(again, 0xaa, sizeof again);
        cs_record_evaluate(&grid, search, workspace, records);
        cs_record_evaluate(&grid, search, workspace, again);
        ck_assert_mem_eq(records, again, sizeof records);
        check_record(&best[0], &records[0]);
        for (int32_t i = 1; i < 3; i++) {
            if (i < found) {
                check_record(&best[i], &records[i]);
            } else {
                /* no further plan; where none at all is feasible, for the same reason */
                ck_assert_int_eq(records[i].status, found > 0 ? CS_STATUS_PENDING : (int)best[0].status);
                ck_assert_int_eq(records[i].plan.devices, 0);
            }
        }
        const struct cs_place place = cs_grid_mean_place(&grid, &point.carbon);
        cs_search_regions(&point.problem, &point.space, &point.carbon, workspace, 1, &place, &least);
        check_record(&least, &records[3]);
    }
    cs_search_workspace_destroy(workspace);
}
END_TEST

START_TEST(records_of_regions)
{
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    ck_assert_ptr_nonnull(workspace);
    MAKE("search.objective=min_carbon", "axes.model={\"d_model\": [4096]}", REGIONS, "carbon.pue_per_region=true");
    struct cs_design_point point;
    int64_t coordinates[CS_AXES_MAX];
    point_of(0, &point, coordinates);
    struct cs_place places[4];
    for (int32_t i = 0; i < 4; i++) {
        const struct cs_region *region = &config.library.regions[config.axes[4].indices[i]];
        places[i] = (struct cs_place){.g_per_kwh = region->g_per_kwh, .pue = region->pue > 0.0 ? region->pue : 1.1};
    }
    struct cs_search_result best[4];
    struct cs_record records[5];
    memset(best, 0, sizeof best);
    cs_search_regions(&point.problem, &point.space, &point.carbon, workspace, 4, places, best);
    cs_record_evaluate(&grid, 0, workspace, records);
    for (int32_t i = 0; i < 4; i++) {
        check_record(&best[i], &records[i]);
        ck_assert_int_eq(records[i].status, CS_STATUS_FEASIBLE);
    }
    /* Of an axis of objectives, those that look at no region have the same record for each. */
    MAKE("axes.search.objective=[\"min_devices\", \"min_carbon\"]", "axes.model={\"d_model\": [4096]}", REGIONS);
    cs_record_evaluate(&grid, 0, workspace, records);
    for (int32_t i = 1; i < 4; i++) {
        ck_assert_mem_eq(&records[i], &records[0], sizeof records[0]);
    }
    /* Of the two, min_devices has a least-carbon plan beside it. */
    ck_assert_int_eq(records[4].status, CS_STATUS_FEASIBLE);
    cs_record_evaluate(&grid, 1, workspace, records);
    ck_assert_int_eq(records[3].status, CS_STATUS_FEASIBLE);
    ck_assert_int_eq(records[4].status, CS_STATUS_PENDING);
    cs_search_workspace_destroy(workspace);
}
END_TEST

/* The place of a sum over regions: a plan's carbon there is the mean of its carbon at each, whatever the plan. */
START_TEST(the_place_between_all_regions)
{
    MAKE("axes.model={\"d_model\": [4096]}", REGIONS, "carbon.pue_per_region=true");
    struct cs_design_point point;
    int64_t coordinates[CS_AXES_MAX];
    point_of(0, &point, coordinates);
    const struct cs_place mean = cs_grid_mean_place(&grid, &point.carbon);
    for (int64_t devices = 1; devices < 100; devices += 7) {
        struct cs_footprint footprint;
        double sum = 0.0;
        cs_footprint_of(&point.carbon, devices, 1e6 / (double)devices, 1e4, 0.3, &footprint);
        for (int32_t i = 0; i < 4; i++) {
            const struct cs_region *region = &config.library.regions[config.axes[4].indices[i]];
            const struct cs_place place = cs_region_place(&point.carbon, region);
            cs_footprint_at(&place, &footprint);
            sum += footprint.total;
        }
        cs_footprint_at(&mean, &footprint);
        ck_assert_double_eq_tol(footprint.total, sum / 4.0, 1e-12 * sum);
    }
}
END_TEST

/* The two configurations that come with the program. */
START_TEST(shipped_configurations)
{
    char path[512];
    static const char *const names[] = {"full.json", "quick.json"};
    for (size_t i = 0; i < 2; i++) {
        teardown();
        ck_assert(cs_data_path(names[i], path, sizeof path));
        ck_assert_msg(cs_bundle_read(path, 0, NULL, &bundle, &error) == CS_OK, "%s", error.message);
        ck_assert_msg(cs_config_parse(&bundle, &config, &error) == CS_OK, "%s", error.message);
        ck_assert_int_eq(cs_grid_init(&config, &grid, &error), CS_OK);
        if (i == 0) {
            ck_assert_int_eq(config.axes[0].size, 181); /* 1,536 to 24,576 by 128 */
            ck_assert_int_ge(config.axes[1].size, 12);
            ck_assert_int_eq(config.axes[2].size, 11);
            ck_assert_int_eq(config.axes[3].size, 3);
            ck_assert_int_ge(config.axes[4].size, 40);
            ck_assert_int_eq(grid.searches * config.axes[4].size, grid.points);
        } else {
            ck_assert_int_lt(grid.searches, 1000);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grid");
    TCase *cases = tcase_create("grid");
    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_test(cases, which_axes_are_searched);
    tcase_add_test(cases, a_search_and_its_coordinates);
    tcase_add_test(cases, what_a_point_is_made_of);
    tcase_add_test(cases, what_models_state);
    tcase_add_test(cases, a_record_is_the_answer_of_the_search);
    tcase_add_test(cases, records_of_regions);
    tcase_add_test(cases, the_place_between_all_regions);
    tcase_add_test(cases, shipped_configurations);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
