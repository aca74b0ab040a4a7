/* SPDX-License-Identifier: BSD-3-Clause */
#include "wrong.h"

#include <check.h>
#include <stdlib.h>

#include "parsed.h"
#include "suite.h"

static void replace(char **text, const char *other)
{
    free(*text);
    *text = cs_test_copy(other);
}

static void bundle_of(const struct cs_wrong *wrong, struct cs_bundle *bundle)
{
    struct cs_error error = {0};
    ck_assert_msg(cs_bundle_read(NULL, 0, NULL, bundle, &error) == CS_OK, "%s", error.message);
    replace(&bundle->config_name, "test.json");
    bundle->config = cs_test_copy(wrong->config);
    if (wrong->file != CS_WRONG_NO_FILE) {
        replace(&bundle->file_name[wrong->file], "data.json");
        replace(&bundle->file[wrong->file], wrong->text);
    }
    free(bundle->sets);
    bundle->sets = calloc(CS_WRONG_SETS, sizeof *bundle->sets);
    ck_assert_ptr_nonnull(bundle->sets);
    while (bundle->set_count < CS_WRONG_SETS && wrong->sets[bundle->set_count] != NULL) {
        bundle->sets[bundle->set_count] = cs_test_copy(wrong->sets[bundle->set_count]);
        bundle->set_count++;
    }
}

static const struct cs_wrong *rows;

START_TEST(wrong_input_is_refused)
{
    const struct cs_wrong *wrong = &rows[_i];
    struct cs_bundle bundle;
    struct cs_config config;
    struct cs_error error = {0};
    bundle_of(wrong, &bundle);
    const enum cs_code code = cs_config_parse(&bundle, &config, &error);
    const char *fault = cs_wrong_message(error.message, wrong->place, wrong->key, wrong->phrase);
    ck_assert_msg(fault == NULL, "row %d has %s: \"%s\"; wanted are %s, key \"%s\" and \"%s\"", _i, fault,
                  error.message, wrong->place == NULL ? "the whole" : wrong->place,
                  wrong->key == NULL ? "" : wrong->key, wrong->phrase);
    ck_assert_int_eq(cs_exit_status(code), wrong->exit_status);
    ck_assert_int_eq((int)error.code, (int)code);
    ck_assert_int_eq(config.axis_count, 0);
    ck_assert_ptr_null(config.in_effect);
    cs_bundle_free(&bundle);
}
END_TEST

int cs_run_wrong_inputs(const char *name, const struct cs_wrong *table, int count)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    rows = table;
    tcase_add_loop_test(cases, wrong_input_is_refused, 0, count);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
