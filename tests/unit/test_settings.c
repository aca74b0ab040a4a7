/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of settings: complete, consistent, and the defaults and presets that the sources state. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/settings.h"
#include "suite.h"

static struct cs_settings settings;

static void setup(void)
{
    cs_settings_default(&settings);
}

static int32_t choices(const char *names)
{
    int32_t count = 1;
    for (const char *at = names; *at != '\0'; at++) {
        count += *at == '|';
    }
    return count;
}

START_TEST(every_setting_is_found_and_in_range)
{
    int32_t count = 0;
    const struct cs_setting *table = cs_settings_table(&count);
    ck_assert_int_gt(count, 80);
    for (int32_t i = 0; i < count; i++) {
        const struct cs_setting *row = &table[i];
        char path[128];
        (void)snprintf(path, sizeof path, "%s.%s", row->section, row->name);
        ck_assert_msg(cs_setting_find(path) == row, "%s is found at another row", path);
        ck_assert_msg(strlen(row->meaning) > 0 && strlen(row->unit) > 0, "%s", path);
        const double value = cs_setting_get(&settings, row);
        if (row->type == CS_REAL || row->type == CS_COUNT) {
            ck_assert_msg(row->low < row->high && row->low <= value && value <= row->high, "%s = %g", path, value);
            ck_assert_msg(row->type == CS_REAL || fabs(row->high) <= 0x1p53, "%s", path);
        } else if (row->type == CS_CHOICE) {
            ck_assert_msg(value >= 0.0 && value < choices(row->names), "%s: no such default", path);
        } else if (row->type == CS_SET) {
            ck_assert_msg(value >= 1.0 && value < exp2(choices(row->names)), "%s: no such default", path);
        }
    }
    ck_assert_ptr_null(cs_setting_find("carbon"));
    ck_assert_ptr_null(cs_setting_find("carbon."));
    ck_assert_ptr_null(cs_setting_find("carbon.puee"));
    ck_assert_ptr_null(cs_setting_find("carbonpue"));
    ck_assert_ptr_null(cs_setting_find(""));
}
END_TEST

/* Putting a value changes this member and no other. */
START_TEST(putting_a_value_changes_one_member)
{
    int32_t count = 0;
    const struct cs_setting *table = cs_settings_table(&count);
    for (int32_t i = 0; i < count; i++) {
        struct cs_settings changed = settings;
        if (table[i].type == CS_LIST) {
            struct cs_list *list = cs_setting_list(&changed, &table[i]);
            ck_assert_int_eq(list->count, 0);
            ck_assert_double_eq(cs_setting_get(&changed, &table[i]), 0.0);
            list->values[list->count++] = 7;
        } else {
            const double value = cs_setting_get(&settings, &table[i]);
            cs_setting_put(&changed, &table[i], value == 1.0 ? 0.0 : 1.0);
            ck_assert_double_eq(cs_setting_get(&changed, &table[i]), value == 1.0 ? 0.0 : 1.0);
        }
        for (int32_t j = 0; j < count; j++) {
            if (j != i) {
                ck_assert_double_eq(cs_setting_get(&changed, &table[j]), cs_setting_get(&settings, &table[j]));
            }
        }
        ck_assert_mem_ne(&changed, &settings, sizeof settings);
    }
}
END_TEST

/* CarbonScaling (arXiv 2508.06524v2) section 5.1 and Table 2; Hoffmann 2022; 2^22 tokens and 1/6 of the batch law. */
START_TEST(published_defaults)
{
    ck_assert_int_eq(settings.training.seq_len, 2048);
    ck_assert_double_eq(settings.training.tokens_per_parameter, 20.0);
    ck_assert_double_eq(settings.training.deadline_days, 90.0);
    ck_assert_double_eq(settings.scaling_law.critical_batch_tokens, 0x1p22);
    ck_assert_double_eq_tol(settings.scaling_law.critical_batch_exponent, 1.0 / 6.0, 1e-15);
    ck_assert_double_eq(settings.projection.peak_compute, 1.30);
    ck_assert_double_eq(settings.projection.hbm_bandwidth, 1.25);
    ck_assert_double_eq(settings.projection.hbm_capacity, 1.24);
    ck_assert_double_eq(settings.projection.link, 1.11);
    ck_assert_int_eq(settings.carbon.preset, CS_PRESET_MEASURED);
    ck_assert_double_eq(settings.carbon.lifetime_years, 5.0);
    ck_assert_double_eq(settings.carbon.lifetime_use, 0.85);
    ck_assert_int_eq(settings.carbon.attribution, CS_ATTRIBUTION_AMORTIZED);
    ck_assert_int_eq(settings.search.objective, CS_MIN_DEVICES);
    ck_assert_uint_eq(settings.search.zero_stages, 15u);
    ck_assert_uint_eq(settings.search.schedules, 7u);
    ck_assert_int_eq(settings.search.expert_degrees.count, 0);
    ck_assert_int_eq(settings.search.expert_degrees.name, CS_EXPERT_DEGREES_DIVISORS);
    ck_assert_int_eq(settings.search.expert_tensor, CS_EXPERT_TENSOR_BOTH);
    ck_assert(settings.search.whole_servers);
    ck_assert_int_eq(settings.limits.points, 100000000);
}
END_TEST

/* CarbonScaling's printed percentages: Eq 3 to 5 with LLMCarbon's figures for chips and HBM alone. */
START_TEST(the_preset_of_the_paper)
{
    const struct cs_settings before = settings;
    cs_settings_apply_preset(&settings);
    ck_assert_mem_eq(&settings, &before, sizeof before);
    settings.carbon.preset = CS_PRESET_PAPER;
    settings.carbon.pue = 2.0;
    settings.carbon.pue_per_region = true;
    settings.carbon.fleet = CS_FLEET_GOOGLE;
    cs_settings_apply_preset(&settings);
    ck_assert_int_eq(settings.carbon.attribution, CS_ATTRIBUTION_FULL);
    ck_assert_int_eq(settings.carbon.cpa_set, CS_CPA_LLMCARBON);
    ck_assert_double_eq(settings.carbon.hbm_kg_per_gb, 0.4);
    ck_assert(!settings.carbon.host && !settings.carbon.declared);
    ck_assert_double_eq(settings.carbon.cooling_kg_per_w + settings.carbon.board_kg + settings.carbon.network_kg, 0.0);
    ck_assert_double_eq(settings.carbon.transport_fraction + settings.carbon.end_of_life_fraction, 0.0);
    ck_assert_double_eq(settings.carbon.assembly_factor * settings.carbon.construction_factor, 1.0);
    ck_assert_double_eq(settings.carbon.lifetime_years * settings.carbon.lifetime_use, 6.0);
    ck_assert_double_eq(settings.carbon.pue, 1.1);
    ck_assert(!settings.carbon.pue_per_region);
    ck_assert_int_eq(settings.carbon.fleet, CS_FLEET_UNNAMED);
    ck_assert_double_eq(settings.power.server_fraction + settings.power.network_w, 0.0);
    ck_assert_double_eq(settings.power.static_fraction, 0.70);
    ck_assert_double_eq(settings.power.dynamic_fraction, 0.30);
    ck_assert(!settings.power.idle_apart);
}
END_TEST

START_TEST(choice_names)
{
    char name[16];
    ck_assert_int_eq(cs_choice_index("a|bc|d", "a"), 0);
    ck_assert_int_eq(cs_choice_index("a|bc|d", "bc"), 1);
    ck_assert_int_eq(cs_choice_index("a|bc|d", "d"), 2);
    ck_assert_int_eq(cs_choice_index("a|bc|d", "b"), -1);
    ck_assert_int_eq(cs_choice_index("a|bc|d", ""), -1);
    ck_assert_int_eq(cs_choice_index("a|bc|d", "a|bc"), -1);
    ck_assert_str_eq(cs_choice_name("a|bc|d", 1, name, sizeof name), "bc");
    ck_assert_str_eq(cs_choice_name("a|bc|d", 2, name, sizeof name), "d");
    ck_assert_str_eq(cs_choice_name("a|bc|d", 3, name, sizeof name), "");
    ck_assert_str_eq(cs_choice_name("a|bc|d", -1, name, sizeof name), "");
    ck_assert_str_eq(cs_choice_name("abcdef", 0, name, 4), "abc");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("settings");
    TCase *cases = tcase_create("settings");
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, every_setting_is_found_and_in_range);
    tcase_add_test(cases, putting_a_value_changes_one_member);
    tcase_add_test(cases, published_defaults);
    tcase_add_test(cases, the_preset_of_the_paper);
    tcase_add_test(cases, choice_names);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
