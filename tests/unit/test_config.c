/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations that are right: what they mean, and that what is in effect says it all. How they travel:
 * test_bundle.c; what is refused: test_wrong_*.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parsed.h"
#include "suite.h"

static struct cs_bundle bundle;
static struct cs_config config;
static struct cs_error error;

static void teardown(void)
{
    cs_config_free(&config);
    cs_bundle_free(&bundle);
}

/* NULL text: the defaults. */
static void parse(const char *text, const char *const *sets, int32_t set_count)
{
    teardown();
    cs_test_parse(text, set_count, sets, &bundle, &config);
}

#define AXES(more)                                                                                                     \
    "\"axes\": {\"model\": {\"d_model\": {\"from\": 1536, \"to\": 24576, \"step\": 128}},"                             \
    " \"hardware\": [\"V100\", \"TPUv5p\"], \"year\": {\"from\": 0, \"to\": 10, \"step\": 5},"                         \
    " \"qat\": [\"off\", \"int4\"], \"carbon_intensity\": [\"us-east5\", \"europe-north2\"]" more "}"

static const struct cs_axis *axis(const char *name)
{
    for (int32_t i = 0; i < config.axis_count; i++) {
        if (strcmp(config.axes[i].name, name) == 0) {
            return &config.axes[i];
        }
    }
    ck_abort_msg("no axis is named %s", name);
    return NULL;
}

START_TEST(the_five_axes)
{
    parse("{\"title\": \"t\", \"output\": \"o.h5\", " AXES("") "}", NULL, 0);
    ck_assert_str_eq(config.title, "t");
    ck_assert_str_eq(config.output_path, "o.h5");
    static const char *const order[] = {"model", "hardware", "year", "qat", "region"};
    ck_assert_int_eq(config.axis_count, 5);
    for (int32_t i = 0; i < 5; i++) {
        ck_assert_str_eq(config.axes[i].name, order[i]);
    }
    ck_assert_int_eq(axis("model")->size, 181);
    ck_assert_str_eq(axis("model")->labels[1], "1664");
    ck_assert_int_eq(config.library.models[axis("model")->indices[180]].architecture.d_model, 24576);
    ck_assert_double_eq(axis("year")->numbers[2], 10.0);
    ck_assert_str_eq(config.library.devices[axis("hardware")->indices[1]].name, "TPUv5p");
    /* Table 1 of the CarbonScaling paper; 95 GiB of 96 GB are usable. */
    ck_assert_double_eq(config.library.devices[axis("hardware")->indices[0]].peak_flops, 119.2e12);
    ck_assert_double_eq(config.library.devices[axis("hardware")->indices[1]].hbm_capacity, 95 * 0x1p30);
    ck_assert_double_eq(config.library.regions[axis("region")->indices[0]].g_per_kwh, 323.0);
    ck_assert_double_eq(config.library.regions[axis("region")->indices[1]].g_per_kwh, 2.73);
    ck_assert_double_eq(config.library.qat_levels[axis("qat")->indices[1]].precision.weight_bytes, 0.5);
    ck_assert_uint_eq(axis("model")->scopes, CS_SCOPE_ARCHITECTURE);
    ck_assert_uint_eq(axis("region")->scopes, CS_SCOPE_OPERATION);
}
END_TEST

START_TEST(settings_as_axes)
{
    parse("{" AXES(", \"training.deadline_days\": [30, 90], \"carbon.cpa_growth_per_year\": [0, 0.10],"
                   " \"carbon.host\": [true, false], \"search.zero_stages\": [[0, 1], \"3\", 2],"
                   " \"search.expert_degrees\": [[], [1, 8]], \"search.recompute\": [[\"none\", \"full\"]],"
                   " \"training.attention_kernel\": [\"fused1\"], \"projection.link\":"
                   " {\"from\": 1, \"to\": 1.3, \"step\": 0.1}") "}",
          NULL, 0);
    ck_assert_int_eq(config.axis_count, 13);
    ck_assert_str_eq(config.axes[4].name, "deadline_days");
    ck_assert_str_eq(config.axes[12].name, "region");
    ck_assert_double_eq(axis("cpa_growth_per_year")->numbers[1], 0.10);
    ck_assert_uint_eq(axis("cpa_growth_per_year")->scopes, CS_SCOPE_EMBODIED);
    ck_assert_str_eq(axis("cpa_growth_per_year")->path, "carbon.cpa_growth_per_year");
    ck_assert_double_eq(axis("host")->numbers[1], 0.0);
    ck_assert_ptr_null(axis("host")->labels);
    ck_assert_str_eq(axis("zero_stages")->labels[0], "0+1");
    ck_assert_double_eq(axis("zero_stages")->numbers[0], 3.0);
    ck_assert_double_eq(axis("zero_stages")->numbers[1], 8.0);
    ck_assert_double_eq(axis("zero_stages")->numbers[2], 4.0);
    ck_assert_str_eq(axis("expert_degrees")->labels[0], "divisors");
    ck_assert_str_eq(axis("expert_degrees")->labels[1], "1+8");
    ck_assert_int_eq(axis("expert_degrees")->lists[1].values[1], 8);
    ck_assert_str_eq(axis("recompute")->labels[0], "none+full");
    ck_assert_str_eq(axis("attention_kernel")->labels[0], "fused1");
    /* 1 + 3 * 0.1 comes out as it is written */
    ck_assert_int_eq(axis("link")->size, 4);
    ck_assert_double_eq(axis("link")->numbers[3], 1.3);
}
END_TEST

START_TEST(models_by_name_and_by_size)
{
    parse("{\"axes\": {\"model\": [\"Llama-3.1-8B\", \"PaLM\", {\"d_model\": [4096, 8192]},"
          " {\"name\": \"mine\", \"layers\": 10, \"d_model\": 1024, \"heads\": 8, \"gated_ffn\": true, \"kv_heads\": 2,"
          "  \"experts\": 16, \"experts_active\": 2, \"d_expert\": 512, \"dense_layers\": 1, \"positions\": "
          "\"learned\"}],"
          " \"hardware\": [\"H100\"], \"year\": [0], \"qat\": [\"off\"], \"carbon_intensity\": [\"us-east5\"]}}",
          NULL, 0);
    const struct cs_axis *model = axis("model");
    ck_assert_int_eq(model->size, 5);
    ck_assert_str_eq(model->labels[1], "PaLM");
    ck_assert_str_eq(config.library.models[model->indices[1]].architecture.name, "PaLM-540B");
    ck_assert_str_eq(model->labels[3], "8192");
    ck_assert(config.library.models[model->indices[3]].from_law);
    const struct cs_model *mine = &config.library.models[model->indices[4]];
    ck_assert(!mine->from_law);
    ck_assert(mine->learned_positions);
    ck_assert_int_eq(mine->architecture.head_dim, 128);
    ck_assert_int_eq(mine->architecture.d_ff, 4096);
    ck_assert_int_eq(mine->architecture.experts_active, 2);
    ck_assert_int_eq(mine->architecture.dense_layers, 1);
    ck_assert_int_eq(mine->seq_len, 0);
    ck_assert_int_eq(cs_library_find(&config.library, CS_ENTRY_MODEL, "llama3-8b"), model->indices[0]);
    ck_assert_int_eq(cs_library_find(&config.library, CS_ENTRY_MODEL, "4096"), -1);
}
END_TEST

START_TEST(devices_regions_and_models_in_the_configuration)
{
    parse("{\"axes\": {\"model\": {\"d_model\": [8192]}, \"hardware\": [{\"name\": \"H100x\", \"based_on\": \"H100\","
          " \"hbm_gb_s\": 5000}, {\"name\": \"H100y\", \"based_on\": \"H100x\", \"family\": \"mine\"}, \"H100\"],"
          " \"year\": [0], \"qat\": [{\"qat\": \"w6\", \"weight_bits\": 6, \"activation_bits\": 8,"
          " \"communication_bits\": 16, \"format\": \"int8\"}], \"carbon_intensity\": [\"us-east5\","
          " {\"region\": \"my-site\", \"g_per_kwh\": 120, \"pue\": 1.3}]}}",
          NULL, 0);
    const struct cs_device *x = &config.library.devices[axis("hardware")->indices[0]];
    const struct cs_device *y = &config.library.devices[axis("hardware")->indices[1]];
    const struct cs_device *h100 = &config.library.devices[axis("hardware")->indices[2]];
    ck_assert_double_eq(x->hbm_bandwidth, 5000e9);
    ck_assert_str_eq(x->family, h100->family);
    ck_assert_str_eq(y->family, "mine");
    ck_assert_double_eq(y->hbm_bandwidth, 5000e9);
    ck_assert_double_eq(y->tdp, h100->tdp);
    ck_assert_int_eq(x->tile_count, h100->tile_count);
    ck_assert_double_eq(config.library.qat_levels[axis("qat")->indices[0]].precision.weight_bytes, 0.75);
    ck_assert_double_eq(config.library.regions[axis("region")->indices[1]].pue, 1.3);
}
END_TEST

START_TEST(sections)
{
    parse("{\"carbon\": {\"preset\": \"paper\", \"pue\": 1.5}, \"search\": {\"zero_stages\": [0, \"3\"],"
          " \"objective\": \"min_energy\", \"context_degrees\": [1, 2]}, \"training\": {\"seq_len\": 1e3},"
          " \"output\": {\"file\": \"x.h5\", \"compression\": 9}, " AXES("") "}",
          NULL, 0);
    ck_assert_double_eq(config.settings.carbon.pue, 1.5); /* a key stands above the preset */
    ck_assert(!config.settings.carbon.host);
    ck_assert_double_eq(config.settings.power.server_fraction, 0.0);
    ck_assert_uint_eq(config.settings.search.zero_stages, 9u);
    ck_assert_int_eq(config.settings.search.objective, CS_MIN_ENERGY);
    ck_assert_int_eq(config.settings.search.context_degrees.count, 2);
    ck_assert_int_eq(config.settings.training.seq_len, 1000);
    ck_assert(config.seq_len_given);
    ck_assert(!config.tokens_given);
    ck_assert_str_eq(config.output_path, "x.h5");
    ck_assert_int_eq(config.settings.output.compression, 9);
}
END_TEST

START_TEST(overrides)
{
    static const char *const sets[] = {"carbon.pue=1.4",
                                       "axes.year=[3]",
                                       "output.provenance=false",
                                       "title=two words",
                                       "axes.carbon.cpa_growth_per_year=[0, 0.1]",
                                       "axes.projection.link={\"from\": 1, \"to\": 1.2}",
                                       "axes.projection.link.step=0.1",
                                       "axes.model.d_model=[4096]"};
    parse("{\"output\": \"o.h5\", \"carbon\": {\"pue\": 1.2}, " AXES("") "}", sets, 8);
    ck_assert_double_eq(config.settings.carbon.pue, 1.4);
    ck_assert_double_eq(axis("year")->numbers[0], 3.0);
    ck_assert_int_eq(axis("cpa_growth_per_year")->size, 2);
    /* the path of a setting is one key, and --set reaches below it */
    ck_assert_int_eq(axis("link")->size, 3);
    ck_assert_str_eq(axis("model")->labels[0], "4096");
    ck_assert(!config.settings.output.provenance);
    ck_assert_str_eq(config.output_path, "o.h5");
    ck_assert_str_eq(config.title, "two words");
    parse(NULL, sets, 2);
    ck_assert_str_eq(axis("model")->labels[0], "10240");
    ck_assert_str_eq(config.output_path, "cs_sweep.h5");
    ck_assert_str_eq(axis("hardware")->labels[0], "H100");
}
END_TEST

/* What is in effect is a configuration, and gives itself again. */
static void check_in_effect(void)
{
    char *in_effect = cs_test_copy(config.in_effect), path[256];
    /* Without the data files: all that is used stands in the text. */
    for (int32_t i = 0; i < 4; i++) {
        free(bundle.file[i]);
    }
    bundle.file[0] =
        cs_test_copy("{\"devices\": [{\"name\": \"none\", \"kind\": \"tpu\", \"peak_tflops\": 1, \"hbm_gib\": 1,"
                     " \"hbm_gb\": 1, \"hbm_gb_s\": 1, \"units\": 1, \"clock_ghz\": 1, \"sustained\": 1,"
                     " \"link_gb_s\": 1, \"domain\": 1, \"scale_out_gb_s\": 1, \"tdp_w\": 1, \"die_mm2\": 1,"
                     " \"node_nm\": 7, \"server_power_w\": 0}]}");
    bundle.file[1] = cs_test_copy("{\"regions\": [{\"region\": \"none\", \"g_per_kwh\": 0}]}");
    bundle.file[2] = cs_test_copy("{\"qat_levels\": [{\"qat\": \"none\", \"weight_bits\": 16, \"activation_bits\": 16,"
                                  " \"communication_bits\": 16, \"format\": \"bf16\"}]}");
    bundle.file[3] = cs_test_copy("{\"models\": [{\"name\": \"none\", \"layers\": 1, \"d_model\": 8, \"heads\": 1}]}");
    free(bundle.config);
    bundle.config = cs_test_copy(in_effect);
    for (int32_t i = 0; i < bundle.set_count; i++) {
        free(bundle.sets[i]);
    }
    bundle.set_count = 0;
    cs_config_free(&config);
    ck_assert_msg(cs_config_parse(&bundle, &config, &error) == CS_OK, "%s", error.message);
    ck_assert_str_eq(config.in_effect, in_effect);
    ck_assert(!cs_config_difference(config.in_effect, in_effect, path, sizeof path));
    free(in_effect);
}

START_TEST(in_effect_is_a_configuration)
{
    static const char *const sets[] = {"carbon.preset=paper", "axes.projection.link=[1, 1.1]",
                                       "output.provenance=false"};
    parse("{\"title\": \"t\", \"output\": \"o.h5\", " AXES(
              ", \"search.zero_stages\": [[0, 1], \"3\"],"
              " \"carbon.host\": [true, false], \"search.expert_degrees\": [[], [1, 8]]") "}",
          sets, 3);
    check_in_effect();
    /* Every device, region, QAT level and model of the library, each number to the last bit. */
    static char text[65536];
    parse(NULL, NULL, 0);
    size_t used = (size_t)snprintf(text, sizeof text, "{\"axes\": {\"year\": [0], \"hardware\": [");
    for (int32_t i = 0; i < config.library.device_count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%s\"", i > 0 ? ", " : "",
                                 config.library.devices[i].name);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "], \"carbon_intensity\": [");
    for (int32_t i = 0; i < config.library.region_count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%s\"", i > 0 ? ", " : "",
                                 config.library.regions[i].name);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "], \"qat\": [");
    for (int32_t i = 0; i < config.library.qat_count; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%s\"", i > 0 ? ", " : "",
                                 config.library.qat_levels[i].name);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "], \"model\": [{\"d_model\": [1536, 8192]}");
    for (int32_t i = 0; i < config.library.model_count; i++) {
        if (!config.library.models[i].from_law) {
            used += (size_t)snprintf(text + used, sizeof text - used, ", \"%s\"",
                                     config.library.models[i].architecture.name);
        }
    }
    (void)snprintf(text + used, sizeof text - used, "]}}");
    parse(text, NULL, 0);
    struct cs_device *devices = calloc((size_t)axis("hardware")->size, sizeof *devices);
    ck_assert_ptr_nonnull(devices);
    for (int64_t i = 0; i < axis("hardware")->size; i++) {
        devices[i] = config.library.devices[axis("hardware")->indices[i]];
    }
    check_in_effect();
    for (int64_t i = 0; i < axis("hardware")->size; i++) {
        ck_assert_mem_eq(&devices[i], &config.library.devices[axis("hardware")->indices[i]], sizeof *devices);
    }
    free(devices);
}
END_TEST

/* A model's own sequence length and tokens serve unless the configuration gives some: the text must tell the two. */
START_TEST(given_or_not_is_in_effect)
{
    static const char *const sets[] = {"axes.model=[\"GPT-3\"]", "training.seq_len=2048"};
    parse(NULL, sets, 1);
    char *without = cs_test_copy(config.in_effect), path[128];
    ck_assert(!config.seq_len_given);
    check_in_effect();
    ck_assert(!config.seq_len_given);
    parse(NULL, sets, 2);
    ck_assert(config.seq_len_given);
    ck_assert(cs_config_difference(config.in_effect, without, path, sizeof path));
    ck_assert_str_eq(path, "training.seq_len");
    check_in_effect();
    ck_assert(config.seq_len_given);
    free(without);
}
END_TEST

START_TEST(the_first_difference_is_named_by_its_path)
{
    static const struct {
        const char *set, *path; /* NULL: the same */
    } rows[] = {
        {"title=other", NULL},
        {"output.compression=5", NULL},
        {"output=elsewhere.h5", NULL},
        {"limits.points=1000000", NULL},
        {"carbon.pue=1.15", NULL},
        {"carbon.pue=1.2", "carbon.pue"},
        {"carbon.preset=paper", "carbon.preset"},
        {"search.zero_stages=[0]", "search.zero_stages"},
        {"axes.year=[1]", "axes.year[0]"},
        {"axes.year=[0, 1]", "axes.year"},
        {"axes.carbon.host=[true]", "axes.carbon.host"},
        {"axes.hardware=[{\"name\": \"H100\", \"based_on\": \"H100\", \"tdp_w\": 699}]", "axes.hardware[0].tdp_w"},
        {"axes.carbon_intensity=[{\"region\": \"us-east5\", \"g_per_kwh\": 324}]",
         "axes.carbon_intensity[0].g_per_kwh"},
    };
    parse(NULL, NULL, 0);
    char *base = cs_test_copy(config.in_effect);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[256] = "", back[256] = "";
        parse(NULL, &rows[i].set, 1);
        const bool differ = cs_config_difference(base, config.in_effect, path, sizeof path);
        ck_assert_msg(differ == (rows[i].path != NULL), "%s: %s", rows[i].set, path);
        ck_assert_int_eq(cs_config_difference(config.in_effect, base, back, sizeof back), differ);
        if (differ) {
            ck_assert_str_eq(path, rows[i].path);
        }
    }
    char path[64];
    ck_assert(cs_config_difference(base, "not JSON", path, sizeof path));
    ck_assert_str_eq(path, "(the whole configuration)");
    free(base);
}
END_TEST

/* A law's constants may be given where some point is of that law; one point of such a configuration may be of another.
 * But cs_point is told, as cs_sweep is, of a constant that it would not read. */
START_TEST(one_batch_law_of_several)
{
    static const char text[] =
        "{" AXES(", \"scaling_law.batch_law\": [\"step\", \"custom\"], \"scaling_law.critical_batch_exponent\": [0.2, "
                 "0.3]") "}";
    static const char *const unread[] = {"scaling_law.critical_batch_tokens=1e6"};
    parse(text, NULL, 0);
    ck_assert_int_eq(axis("batch_law")->size, 2);
    cs_config_free(&config);
    bundle.one_point = true;
    ck_assert_msg(cs_config_parse(&bundle, &config, &error) == CS_OK, "%s", error.message);
    ck_assert_str_eq(axis("batch_law")->labels[0], "step");
    teardown();
    ck_assert_int_eq(cs_bundle_read(NULL, 1, unread, &bundle, &error), CS_OK);
    bundle.one_point = true;
    ck_assert_int_eq(cs_config_parse(&bundle, &config, &error), CS_ERROR_CONFIG);
    ck_assert_ptr_nonnull(strstr(error.message, "only the batch law custom reads this"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *cases = tcase_create("config");
    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_test(cases, the_five_axes);
    tcase_add_test(cases, settings_as_axes);
    tcase_add_test(cases, models_by_name_and_by_size);
    tcase_add_test(cases, devices_regions_and_models_in_the_configuration);
    tcase_add_test(cases, sections);
    tcase_add_test(cases, overrides);
    tcase_add_test(cases, in_effect_is_a_configuration);
    tcase_add_test(cases, given_or_not_is_in_effect);
    tcase_add_test(cases, the_first_difference_is_named_by_its_path);
    tcase_add_test(cases, one_batch_law_of_several);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
