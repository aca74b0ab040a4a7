/* SPDX-License-Identifier: BSD-3-Clause */
/* The layout of a result file: the axes of each variable, and the chunks that cover it. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "fill.h"
#include "results/internal.h"
#include "suite.h"
#include "sweeps.h"

static void axes_are(const char *configuration, const char *name, const char *expected)
{
    struct cs_test_case *test = cs_test_case_create(configuration);
    struct cs_layout layout;
    struct cs_error error;
    ck_assert_msg(cs_layout_init(&test->grid, &layout, &error) == CS_OK, "%s", error.message);
    struct cs_shape shape;
    cs_shape_of(&layout, cs_test_variable(name)->on, &shape);
    char axes[2048] = "";
    for (int32_t k = 0; k < shape.dimensions; k++) {
        const size_t used = strlen(axes);
        (void)snprintf(axes + used, sizeof axes - used, "%s%s", k > 0 ? " " : "", layout.names[shape.axis[k]]);
    }
    ck_assert_str_eq(axes, expected);
    cs_test_case_destroy(test);
}

START_TEST(variables_have_the_axes_they_depend_on)
{
    axes_are(plain, "loss", "model");
    axes_are(plain, "carbon_intensity", "region");
    axes_are(plain, "status", "model hardware year qat");
    axes_are(plain, "energy", "model hardware year qat");
    axes_are(plain, "carbon_embodied", "model hardware year qat");
    axes_are(plain, "carbon_servers", "model hardware year qat region");
    axes_are(plain, "embodied_device", "hardware year");
    axes_are(plain, "memory_capacity", "hardware year");
}
END_TEST

START_TEST(extra_axes_reach_what_reads_them)
{
    axes_are(wide, "d_model", "model");
    axes_are(wide, "loss", "model seq_len");
    axes_are(wide, "carbon_intensity", "region");
    axes_are(wide, "region_pue", "pue region");
    axes_are(wide, "mfu", "model hardware year qat deadline_days seq_len");
    axes_are(wide, "energy", "model hardware year qat deadline_days static_fraction seq_len");
    axes_are(wide, "energy_servers", "model hardware year qat deadline_days static_fraction seq_len");
    axes_are(wide, "carbon_embodied", "model hardware year qat deadline_days cpa_growth_per_year host seq_len");
    axes_are(wide, "embodied_device_host", "hardware year cpa_growth_per_year host");
    axes_are(wide, "carbon_operational", "model hardware year qat deadline_days pue static_fraction seq_len region");
    axes_are(wide, "carbon_total",
             "model hardware year qat deadline_days cpa_growth_per_year pue host static_fraction seq_len region");
}
END_TEST

/* A device field reaches what its row says; the device's own figures have the axis of their field alone. */
START_TEST(device_axes_reach_what_reads_them)
{
    static const char with[] =
        "{\"axes\": {" SWEEP_AXES ", \"device.tdp_w\": {\"factor\": [0.8, 1]}, \"device.hbm_gib\": [60, 80],"
        " \"device.die_mm2\": [800, 900], \"device.sram_mib\": [1, 2]}}";
    axes_are(with, "mfu", "model hardware year qat tdp_w hbm_gib"); /* the limit holds the clock */
    axes_are(with, "energy", "model hardware year qat tdp_w hbm_gib");
    axes_are(with, "carbon_embodied", "model hardware year qat tdp_w hbm_gib die_mm2");
    axes_are(with, "carbon_total", "model hardware year qat tdp_w hbm_gib die_mm2 region");
    axes_are(with, "embodied_device", "hardware year tdp_w die_mm2");
    axes_are(with, "device_tdp", "hardware year tdp_w");
    axes_are(with, "memory_capacity", "hardware year hbm_gib");
    axes_are(with, "device_peak", "hardware year");
    axes_are(with, "loss", "model");
    axes_are("{\"axes\": {" SWEEP_AXES ", \"device.lifetime_years\": [3, 4], \"carbon.lifetime_years\": [5, 6]}}",
             "carbon_embodied", "model hardware year qat lifetime_years carbon_lifetime_years");
    axes_are("{\"axes\": {" SWEEP_AXES ", \"carbon.lifetime_years\": [5, 6], \"device.lifetime_years\": [3, 4]}}",
             "carbon_embodied", "model hardware year qat lifetime_years device_lifetime_years");
}
END_TEST

START_TEST(plans_by_region_and_alternatives)
{
    axes_are(regional, "devices", "model hardware year qat pue region");
    axes_are(regional, "energy", "model hardware year qat pue region");
    axes_are(regional, "embodied_device", "hardware year");
    axes_are(several, "devices", "model hardware year qat alternative");
    axes_are(several, "carbon_total", "model hardware year qat region alternative");
    axes_are(several, "loss", "model");
    axes_are(mixed, "devices", "model hardware year qat objective region");
}
END_TEST

/* One least-carbon plan for each search: neither by region nor with alternatives; its carbon as any plan's. */
START_TEST(least_carbon_plans_have_the_axes_of_the_searches)
{
    axes_are(plain, "least_carbon_status", "model hardware year qat");
    axes_are(several, "least_carbon_devices", "model hardware year qat");
    axes_are(several, "least_carbon_carbon_total", "model hardware year qat region");
    axes_are(mixed, "least_carbon_mfu", "model hardware year qat objective");
    axes_are(wide, "least_carbon_mfu", "model hardware year qat deadline_days seq_len");
    axes_are(wide, "least_carbon_energy", "model hardware year qat deadline_days static_fraction seq_len");
    axes_are(wide, "least_carbon_carbon_embodied",
             "model hardware year qat deadline_days cpa_growth_per_year host seq_len");
    axes_are(wide, "least_carbon_carbon_servers",
             "model hardware year qat deadline_days pue static_fraction seq_len region");
    axes_are(wide, "least_carbon_carbon_total",
             "model hardware year qat deadline_days cpa_growth_per_year pue host static_fraction seq_len region");
}
END_TEST

/* Every variable of a plan has its like of the least-carbon plan, which differs by its axes alone. */
START_TEST(every_variable_of_a_plan_is_told_of_both)
{
    int32_t count, both = 0;
    const struct cs_variable *const all = cs_variables(&count);
    for (int32_t i = 0; i < count; i++) {
        if ((all[i].on & CS_ON_PLAN) == 0) {
            continue;
        }
        char name[128], meaning[256];
        (void)snprintf(name, sizeof name, "%s%s", CS_LEAST_PREFIX, all[i].name);
        (void)snprintf(meaning, sizeof meaning, "least-carbon plan: %s", all[i].long_name);
        const struct cs_variable *const least = cs_test_variable(name);
        ck_assert_uint_eq(least->on, (all[i].on & ~(unsigned)CS_ON_PLAN) | CS_ON_LEAST);
        ck_assert_str_eq(least->long_name, meaning);
        ck_assert_str_eq(least->units, all[i].units);
        ck_assert_int_eq(least->type, all[i].type);
        ck_assert_int_eq(least->kept, all[i].kept);
        ck_assert_int_eq(least->source, all[i].source);
        ck_assert_int_eq(least->offset, all[i].offset);
        ck_assert_int_eq(least->filled, all[i].filled);
        ck_assert(least->flags == NULL ? all[i].flags == NULL : strcmp(least->flags, all[i].flags) == 0);
        both++;
    }
    ck_assert_int_gt(both, 30);
}
END_TEST

/* netCDF takes a variable that has a dimension's name for its coordinates. */
START_TEST(no_dimension_is_called_like_a_variable)
{
    axes_are("{\"axes\": {" SWEEP_AXES ", \"search.devices\": [8, 16]}}", "mfu",
             "model hardware year qat search_devices");
    axes_are("{\"axes\": {" SWEEP_AXES ", \"training.global_batch\": [8, 16]}}", "mfu",
             "model hardware year qat training_global_batch");
}
END_TEST

START_TEST(chunks_cover_a_variable_in_its_order)
{
    static const int64_t sizes[][5] = {
        {184, 12, 11, 3, 40}, {3, 1, 70000, 1, 2}, {1, 1, 1, 1, 200001}, {9, 9, 9, 9, 9}};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct cs_shape shape = {.dimensions = 5, .count = 1};
        for (int32_t k = 0; k < 5; k++) {
            shape.size[k] = sizes[s][k];
            shape.count *= sizes[s][k];
        }
        int64_t chunk[CS_DIMENSIONS_MAX];
        ck_assert(cs_shape_chunk(&shape, chunk));
        struct cs_block block;
        for (int64_t first = 0; first < shape.count; first += block.count) {
            cs_block_at(&shape, chunk, first, &block);
            ck_assert_int_le(block.whole, 65536);
            ck_assert_int_gt(block.count, 0);
            /* The block's first element is where it says, and the block is contiguous: only one extent is cut. */
            int64_t flat = 0, inner = 1;
            bool whole = true;
            for (int32_t k = 0; k < 5; k++) {
                flat = flat * shape.size[k] + block.start[k];
                ck_assert_int_eq(block.start[k] % chunk[k], 0);
            }
            for (int32_t k = 4; k >= 0; k--) {
                ck_assert(whole || block.extents[k] == 1);
                whole = whole && block.extents[k] == shape.size[k];
                inner *= block.extents[k];
            }
            ck_assert_int_eq(flat, first);
            ck_assert_int_eq(inner, block.count);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *cases = tcase_create("layout");
    tcase_add_test(cases, variables_have_the_axes_they_depend_on);
    tcase_add_test(cases, extra_axes_reach_what_reads_them);
    tcase_add_test(cases, device_axes_reach_what_reads_them);
    tcase_add_test(cases, plans_by_region_and_alternatives);
    tcase_add_test(cases, least_carbon_plans_have_the_axes_of_the_searches);
    tcase_add_test(cases, every_variable_of_a_plan_is_told_of_both);
    tcase_add_test(cases, no_dimension_is_called_like_a_variable);
    tcase_add_test(cases, chunks_cover_a_variable_in_its_order);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
