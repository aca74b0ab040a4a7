/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tables of wrong inputs rest on: the comparison sees another place, key or reason, and what every row departs
 * from is right. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "parsed.h"
#include "suite.h"
#include "wrong.h"

START_TEST(another_place_key_or_reason_is_seen)
{
    static const struct {
        const char *message, *fault;
    } rows[] = {
        {"test.json:1:20: carbon.pue: expected a number from 1 to 10, not 0.9.", NULL},
        {"test.json:1:2: carbon.pue: expected a number from 1 to 10, not 0.9.", "another place"},
        {"test.json:1:200: carbon.pue: expected a number from 1 to 10, not 0.9.", "another place"},
        {"test.json:2:20: carbon.pue: expected a number from 1 to 10, not 0.9.", "another place"},
        {"carbon.pue: expected a number from 1 to 10, not 0.9.", "another place"},
        {"test.json:1:20: carbon: expected a number from 1 to 10, not 0.9.", "another key"},
        {"test.json:1:20: carbon.puee: expected a number from 1 to 10, not 0.9.", "another key"},
        {"test.json:1:20: carbon.pue[0]: expected a number from 1 to 10, not 0.9.", "another key"},
        {"test.json:1:20: expected a number from 1 to 10, not 0.9.", "another key"},
        {"test.json:1:20: carbon.pue: expected a number from 1 to 100, not 0.9.", "another reason"},
        {"test.json:1:20: carbon.pue: expected a whole number from 1 to 10, not 0.9.", "another reason"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *fault = cs_wrong_message(rows[i].message, "test.json:1:20", "carbon.pue", NUMBER("1", "10"));
        ck_assert_msg((fault == NULL) == (rows[i].fault == NULL) &&
                          (fault == NULL || strcmp(fault, rows[i].fault) == 0),
                      "%s: %s", rows[i].message, fault == NULL ? "right" : fault);
    }
    ck_assert_ptr_nonnull(cs_wrong_message("a:1:1: key: the reason", "a:1:1", "", "the reason"));
    ck_assert_ptr_null(cs_wrong_message("a:1:1: the reason", "a:1:1", "", "the reason"));
    ck_assert_ptr_null(cs_wrong_message("a:1:1: the reason", NULL, NULL, "a:1:1: the reason"));
    ck_assert_ptr_nonnull(cs_wrong_message("a:1:1: the reason.", NULL, NULL, "a:1:1: the reason"));
    ck_assert_ptr_null(cs_wrong_message("a:1:1: known are b", NULL, NULL, "a:1:1: known are *"));
    ck_assert_ptr_nonnull(cs_wrong_message("a:1:2: known are b", NULL, NULL, "a:1:1: known are *"));
}
END_TEST

START_TEST(what_the_rows_depart_from_is_right)
{
    static const char *const right[] = {
        RIGHT,
        "{\"title\": \"a\"" AXES,
        YEAR("[0]"),
        MORE("\"carbon.pue\": [1.1]"),
        /* as many layers as can be searched; and a law that no model is made by */
        "{\"scaling_law\": {\"layers_coefficient\": 10000, \"layers_exponent\": 0}" AXES,
        CS_EACH("[\"GPT-3\"]", CS_H100, "[0]", CS_OFF, CS_EAST, ", \"scaling_law.layers_exponent\": [3, 4]"),
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++) {
        struct cs_bundle bundle;
        struct cs_config config;
        cs_test_parse(right[i], 0, NULL, &bundle, &config);
        cs_config_free(&config);
        cs_bundle_free(&bundle);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("messages of wrong inputs");
    TCase *cases = tcase_create("messages of wrong inputs");
    tcase_add_test(cases, another_place_key_or_reason_is_seen);
    tcase_add_test(cases, what_the_rows_depart_from_is_right);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
