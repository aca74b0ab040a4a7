/* SPDX-License-Identifier: BSD-3-Clause */
/* Device fields as settings and axes: what a point gets, what the grid searches again, what is refused, and that each
 * row's scopes are what the field moves. */
#include <check.h>
#include <math.h>
#include <stdio.h>
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

static const struct cs_axis *axis(const char *path)
{
    for (int32_t i = 0; i < config.axis_count; i++) {
        if (strcmp(config.axes[i].path, path) == 0) {
            return &config.axes[i];
        }
    }
    ck_abort_msg("no axis %s", path);
    return NULL;
}

/* The device of a point: hardware and year by index, then the axes in the order given. */
static struct cs_device device_of(int64_t hardware, int64_t year, int64_t first, int64_t second)
{
    struct cs_design_point point;
    const int64_t coordinates[CS_AXES_MAX] = {0, hardware, year, 0, first, second};
    cs_grid_point(&grid, coordinates, &point);
    return point.problem.device;
}

#define TWO "axes.hardware=[\"H100\", \"TPUv4\"]"

/* configs/devices.json: H100 700 W, 3352 GB/s; TPUv4 320 W, 1200 GB/s. */
START_TEST(axes)
{
    MAKE(TWO, "axes.device.tdp_w={\"factor\": [0.5, 1, 1.25]}", "axes.device.hbm_gb_s=[2000, 4000]");
    ck_assert_int_eq(axis("device.tdp_w")->size, 3);
    ck_assert(axis("device.tdp_w")->factor && !axis("device.hbm_gb_s")->factor);
    ck_assert_str_eq(axis("device.tdp_w")->name, "tdp_w");
    ck_assert_str_eq(axis("device.tdp_w")->unit, "1");
    ck_assert_str_eq(axis("device.hbm_gb_s")->unit, "GB/s");
    ck_assert_double_eq(axis("device.tdp_w")->numbers[2], 1.25);
    ck_assert_int_eq(axis("carbon_intensity")->kind, CS_AXIS_REGION);
    ck_assert_double_eq(device_of(0, 0, 0, 0).tdp, 350.0);
    ck_assert_double_eq(device_of(0, 0, 2, 0).tdp, 875.0);
    ck_assert_double_eq(device_of(1, 0, 2, 1).tdp, 400.0);
    ck_assert_double_eq(device_of(1, 0, 1, 1).tdp, 320.0);
    ck_assert_double_eq(device_of(1, 0, 1, 1).hbm_bandwidth, 4e12);
    /* Table 2's factors come after: 1.03 and 1.25 a year */
    MAKE("axes.device.tdp_w={\"factor\": {\"from\": 1, \"to\": 2, \"step\": 0.5}}", "axes.year=[0, 3]",
         "axes.device.hbm_gb_s={\"from\": 1000, \"to\": 3000, \"step\": 1000}");
    ck_assert_int_eq(axis("device.tdp_w")->size, 3);
    ck_assert_int_eq(axis("device.hbm_gb_s")->size, 3);
    ck_assert_double_eq(device_of(0, 1, 1, 2).tdp, 1050.0 * pow(1.03, 3.0));
    ck_assert_double_eq(device_of(0, 1, 1, 2).hbm_bandwidth, 3e12 * pow(1.25, 3.0));
}
END_TEST

/* Products come out as a person would write them, so that counts stay whole: 132 units times 1.25; 80 GB times 1.1 is
 * 88.00000000000001 in doubles. A factor of 1 changes no bit. */
START_TEST(products)
{
    MAKE("axes.device.units={\"factor\": [1, 1.25]}", "axes.device.hbm_gb={\"factor\": [1, 1.1]}");
    ck_assert_double_eq(device_of(0, 0, 1, 1).units, 165.0);
    ck_assert_double_eq(device_of(0, 0, 1, 1).hbm_nominal_gb, 88.0);
    int32_t count = 0;
    const struct cs_device_field *fields = cs_device_fields(&count);
    for (int32_t i = 0; i < config.library.device_count; i++) {
        for (int32_t j = 0; j < count; j++) {
            struct cs_device device = config.library.devices[i];
            cs_device_put(&device, &fields[j], cs_device_times(&device, &fields[j], 1.0));
            ck_assert_mem_eq(&device, &config.library.devices[i], sizeof device);
        }
    }
}
END_TEST

/* The section comes before the axes: a factor multiplies what it says, values replace it. */
START_TEST(settings)
{
    MAKE(TWO, "device.tdp_w=600", "device.hbm_gb_s={\"factor\": 0.5}", "device.node_nm=3");
    ck_assert_int_eq(config.change_count, 3);
    ck_assert_double_eq(device_of(0, 0, 0, 0).tdp, 600.0);
    ck_assert_double_eq(device_of(1, 0, 0, 0).tdp, 600.0);
    ck_assert_double_eq(device_of(0, 0, 0, 0).hbm_bandwidth, 1676e9);
    ck_assert_double_eq(device_of(1, 0, 0, 0).hbm_bandwidth, 600e9);
    ck_assert_double_eq(device_of(1, 0, 0, 0).node_nm, 3.0);
    MAKE("device.tdp_w=600", "axes.device.tdp_w={\"factor\": [0.5, 2]}", "device.hbm_gb_s={\"factor\": 0.5}",
         "axes.device.hbm_gb_s=[2000]");
    ck_assert_double_eq(device_of(0, 0, 1, 0).tdp, 1200.0);
    ck_assert_double_eq(device_of(0, 0, 1, 0).hbm_bandwidth, 2e12);
}
END_TEST

/* What a field cannot change is not searched again. */
START_TEST(searches)
{
#define CARBON_ONLY                                                                                                    \
    "axes.device.server_power_w=[3000, 4000]", "axes.device.die_mm2={\"factor\": [1, 2]}",                             \
        "axes.device.lifetime_years=[3, 4, 5]"
    MAKE(CARBON_ONLY, "axes.device.hbm_gb_s=[3000, 3500]", "axes.device.sram_mib=[1, 2]");
    ck_assert_int_eq(grid.points, 2 * 2 * 3 * 2 * 2);
    ck_assert_int_eq(grid.searches, 2);
    MAKE(CARBON_ONLY, "search.objective=min_energy");
    ck_assert_int_eq(grid.searches, 2);
    MAKE(CARBON_ONLY, "search.objective=min_carbon");
    ck_assert_int_eq(grid.searches, 2 * 2 * 3);
    /* a larger domain is the costlier search, also where an axis makes it */
    MAKE("axes.device.domain={\"factor\": [1, 9]}");
    ck_assert_double_gt(cs_grid_cost(&grid, 1), cs_grid_cost(&grid, 0));
}
END_TEST

/* The configuration in effect gives the same devices, and itself again. */
START_TEST(in_effect)
{
    MAKE(TWO, "device.tdp_w=600", "device.hbm_gb_s={\"factor\": 1.1}", "axes.device.peak_tflops={\"factor\": [0.1, 3]}",
         "axes.device.die_mm2=[500, 600.25]");
    const struct cs_device first = device_of(0, 0, 1, 1), second = device_of(1, 0, 0, 0);
    char *text = malloc(strlen(config.in_effect) + 1), path[128];
    ck_assert_ptr_nonnull(text);
    memcpy(text, config.in_effect, strlen(config.in_effect) + 1);
    teardown();
    ck_assert_int_eq(cs_bundle_read(NULL, 0, NULL, &bundle, &error), CS_OK);
    bundle.config = text;
    ck_assert_msg(cs_config_parse(&bundle, &config, &error) == CS_OK, "%s", error.message);
    ck_assert_str_eq(config.in_effect, text);
    ck_assert_int_eq(cs_grid_init(&config, &grid, &error), CS_OK);
    const struct cs_device third = device_of(0, 0, 1, 1), fourth = device_of(1, 0, 0, 0);
    ck_assert_mem_eq(&first, &third, sizeof first);
    ck_assert_mem_eq(&second, &fourth, sizeof second);
    static const char *const others[][2] = {{"\"tdp_w\":\t600", "device.tdp_w"},
                                            {"\"factor\":\t1.1", "device.hbm_gb_s"}};
    for (size_t i = 0; i < 2; i++) {
        char *other = malloc(strlen(config.in_effect) + 1);
        ck_assert_ptr_nonnull(other);
        memcpy(other, config.in_effect, strlen(config.in_effect) + 1);
        char *at = strstr(other, others[i][0]);
        ck_assert_ptr_nonnull(at);
        at[strlen(others[i][0]) - 1] = '9';
        ck_assert(cs_config_difference(config.in_effect, other, path, sizeof path));
        ck_assert(strncmp(path, others[i][1], strlen(others[i][1])) == 0);
        free(other);
    }
}
END_TEST

/* ---- scopes ---- */
/* What is computed of a point, by what reads a device: the best plan, a given plan's energy, its embodied carbon,
 * the price of a second. */
struct outcome {
    enum cs_status status;
    double seconds, memory, candidates; /* of the best plan */
    double energy, embodied, price;
};

static void look(struct cs_search_workspace *workspace, int32_t tensor, int32_t pipeline, struct outcome *outcome)
{
    struct cs_design_point point;
    struct cs_search_result best;
    int32_t found = 0;
    const int64_t coordinates[CS_AXES_MAX] = {0};
    memset(&best, 0, sizeof best);
    memset(outcome, 0, sizeof *outcome);
    cs_grid_point(&grid, coordinates, &point);
    point.space.given.tensor = tensor;
    point.space.given.pipeline = pipeline;
    cs_search(&point.problem, &point.space, CS_MIN_TIME, &point.carbon, workspace, 1, &best, &found);
    outcome->status = best.status;
    outcome->seconds = best.step.seconds;
    outcome->memory = best.step.memory_bytes;
    outcome->candidates = best.candidates;
    struct cs_footprint footprint;
    cs_footprint_of(&point.carbon, 100, 1e6, 1e5, 0.4, &footprint);
    outcome->energy = footprint.energy + footprint.energy_servers;
    outcome->embodied = cs_embodied_charged(&point.carbon, 100, 1e6);
    point.carbon.device.price_usd = point.carbon.device.price_usd > 0.0 ? point.carbon.device.price_usd : 1e4;
    outcome->price = cs_price_of(&point.carbon).device_second;
}

/* Which scopes a field moves when it takes a value. */
static unsigned moved(struct cs_search_workspace *workspace, const struct outcome *before, int32_t tensor,
                      int32_t pipeline, const struct cs_device_field *field, double value)
{
    struct outcome after;
    config.changes[0] = (struct cs_device_change){.field = field, .value = value};
    config.change_count = 1;
    look(workspace, tensor, pipeline, &after);
    config.change_count = 0;
    const bool search = after.status != before->status || after.seconds != before->seconds ||
                        after.memory != before->memory || after.candidates != before->candidates;
    return (search ? CS_SCOPE_SEARCH : 0u) | (after.energy != before->energy ? CS_SCOPE_POWER : 0u) |
           (after.embodied != before->embodied ? CS_SCOPE_EMBODIED : 0u) |
           (after.price != before->price ? CS_SCOPE_COST : 0u);
}

/* Designs that between them use every field: attention kernels of all generations, number formats, mixtures, plans
 * within a scale-up domain and beyond it, both networks. */
static const struct {
    const char *hardware, *model, *devices, *more;
    int32_t tensor, pipeline;
} designs[] = {
    {"H100", "{\"d_model\": [10240]}", "search.devices=1664", "search.zero_with_pipeline=true", 8, 8},
    {"H100", "{\"d_model\": [10240]}", "search.devices=1664", "axes.qat=[\"int8\"]", 0, 0},
    {"B200", "[\"GPT-3\"]", "search.devices=1024", "axes.qat=[\"fp8\"]", 4, 1},
    {"A100", "[\"GPT-3\"]", "search.devices=1024", "training.attention_kernel=unfused", 8, 4},
    {"A100", "{\"d_model\": [2048]}", "search.devices=48", "training.attention_kernel=fused1", 2, 2},
    {"A100", "{\"d_model\": [2048]}", "search.devices=48", "training.attention_kernel=fused2", 1, 1},
    {"H100", "{\"d_model\": [4096]}", "search.devices=80", "training.attention_kernel=fused3", 1, 1},
    {"H100", "{\"d_model\": [512]}", "search.devices=8", "search.sequence_parallel=false", 8, 1},
    {"H100", "{\"d_model\": [512]}", "search.devices=8", "training.seq_len=512", 2, 1}, /* small collectives */
    {"A100", "{\"d_model\": [512]}", "search.devices=8", "scaling_law.head_dim=64", 1, 1},
    {"TPUv4", "{\"d_model\": [4096]}", "search.devices=80", "title=b", 0, 0},
    {"A100", "{\"d_model\": [1024]}", "search.devices=16", "search.zero_stages=[0]", 1, 1}, /* reduced by a ring */
    {"H100", "[\"GPT-3\"]", "search.max_devices=4096", "title=b", 0, 0},                    /* its count is searched */
    {"TPUv5e", "{\"d_model\": [1024]}", "search.devices=512", "training.global_batch=512", 1, 1}, /* two slices */
    {"GB200", "[\"GPT-3\"]", "search.devices=32", "title=b", 1, 1}, /* offloads more than its host holds */
};

START_TEST(scopes)
{
    struct cs_search_workspace *workspace = cs_search_workspace_create();
    ck_assert_ptr_nonnull(workspace);
    int32_t count = 0;
    const struct cs_device_field *fields = cs_device_fields(&count);
    unsigned all[CS_DEVICE_FIELD_COUNT] = {0};
    for (size_t d = 0; d < sizeof designs / sizeof designs[0]; d++) {
        char hardware[64], model[96];
        struct outcome before;
        (void)snprintf(hardware, sizeof hardware, "axes.hardware=[\"%s\"]", designs[d].hardware);
        (void)snprintf(model, sizeof model, "axes.model=%s", designs[d].model);
        MAKE(hardware, model, designs[d].more, designs[d].devices, "training.deadline_days=100000");
        look(workspace, designs[d].tensor, designs[d].pipeline, &before);
        ck_assert_msg(before.status == CS_STATUS_FEASIBLE, "design %zu has no plan: %d", d, (int)before.status);
        const struct cs_device *device = &config.library.devices[axis("hardware")->indices[0]];
        for (int32_t i = 0; i < count; i++) {
            const double now = cs_device_get(device, &fields[i]);
            const double low = fields[i].low, high = fields[i].high;
            for (int v = 0; v < 3 || (v < 40 && (all[i] & CS_SCOPE_SEARCH) == 0); v++) {
                /* a half, far more, then many: the clock of a systolic array cancels but for its rounding */
                const double wanted = v == 0 ? floor(now * 0.5) : v == 1 ? 8.0 * now + 1.0 : now * (0.41 + 0.07 * v);
                const double value = fmin(fmax(fields[i].type == CS_COUNT ? floor(wanted) : wanted, low), high);
                if (value != now && i != CS_FIELD_torus_axes) {
                    all[i] |= moved(workspace, &before, designs[d].tensor, designs[d].pipeline, &fields[i], value);
                }
            }
        }
    }
    MAKE("axes.hardware=[\"TPUv4\"]", "search.devices=1664", "training.deadline_days=100000");
    struct outcome before;
    look(workspace, 0, 0, &before);
    all[CS_FIELD_torus_axes] |= moved(workspace, &before, 0, 0, &fields[CS_FIELD_torus_axes], 2.0);
    for (int32_t i = 0; i < count; i++) {
        ck_assert_msg(all[i] == fields[i].scopes, "%s moves %u, its row says %u", fields[i].key, all[i],
                      fields[i].scopes);
    }
    cs_search_workspace_destroy(workspace);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("device");
    TCase *cases = tcase_create("device");
    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_test(cases, axes);
    tcase_add_test(cases, products);
    tcase_add_test(cases, settings);
    tcase_add_test(cases, searches);
    tcase_add_test(cases, in_effect);
    tcase_add_test(cases, scopes);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
