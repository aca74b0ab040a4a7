/* SPDX-License-Identifier: BSD-3-Clause */
/* Case files that are refused: each with the place, the key and the reason. */
#include <check.h>
#include <string.h>

#include "case_text.h"
#include "cs_sweep/cases.h"
#include "message.h"
#include "suite.h"

static const struct {
    const char *text, *place, *key, *phrase;
} refused[] = {
    {"", "t.json:1:1", "", VALUE("the end of the text")},
    {"{\"cases\": []}", "t.json:1:11", "cases", LIST},
    {"{\"cases\": [{}]}", "t.json:1:12", "cases[0]", MISSING("id")},
    {"{\"schema_version\": 2, \"cases\": [" GOOD "]}", "t.json:1:20", "schema_version", WHOLE_NUMBER("1", "1")},
    {FILE_OF(GOOD "," GOOD), "t.json:1:655", "cases[1].id", "was given to an earlier case"},
    {FILE_OF(CASE(MODEL "," TRAINING "," PLAN "," MEASURED("step_time"))), "t.json:1:620", "cases[0].measured.metric",
     "did you mean \"step_time_s\"?"},
    {FILE_OF(CASE(MODEL "," TRAINING "," PLAN ",\"colour\":1," MEASURED("mfu"))), "t.json:1:599", "cases[0].colour",
     UNKNOWN_KEY},
    {FILE_OF(CASE(MODEL "," TRAINING ",\"parallelism\":{\"tensr\":8}," MEASURED("mfu"))), "t.json:1:416",
     "cases[0].parallelism.tensr", KEY_MEANT("tensor")},
    {FILE_OF(CASE(MODEL "," TRAINING ",\"parallelism\":{\"devices\":9,\"tensor\":8,\"pipeline\":1,\"data\":1,"
                        "\"context\":1}," MEASURED("mfu"))),
     "t.json:1:415", "cases[0].parallelism", "is 8; the two must agree"},
    {FILE_OF(CASE(MODEL "," TRAINING ",\"parallelism\":{\"devices\":9,\"tensor\":8,\"pipeline\":1,"
                        "\"context\":1}," MEASURED("mfu"))),
     "t.json:1:415", "cases[0].parallelism", "a multiple of 8; the two must agree"},
    {FILE_OF(CASE(MODEL "," TRAINING ",\"parallelism\":{\"tensor\":1000000,\"pipeline\":1000000,"
                        "\"context\":1000000}," MEASURED("mfu"))),
     "t.json:1:415", "cases[0].parallelism", "1000000000 are the most"},
    {FILE_OF(CASE(MODEL ",\"training\":{\"seq_len\":0,\"global_batch\":4}," PLAN "," MEASURED("mfu"))), "t.json:1:345",
     "cases[0].training.seq_len", WHOLE_NUMBER("1", "1000000000")},
    {FILE_OF(CASE(MODEL ",\"training\":{\"seq_len\":2.5,\"global_batch\":4}," PLAN "," MEASURED("mfu"))),
     "t.json:1:345", "cases[0].training.seq_len", WHOLE_NUMBER("1", "1000000000")},
    {FILE_OF(CASE(MODEL "," GRADIENTS("24") "," PLAN "," MEASURED("mfu"))), "t.json:1:383",
     "cases[0].training.gradient_bits", "expected 16 or 32, not 24."},
    {FILE_OF(CASE(MODEL "," GRADIENTS("8") "," PLAN "," MEASURED("mfu"))), "t.json:1:383",
     "cases[0].training.gradient_bits", WHOLE_NUMBER("16", "32")},
    {FILE_OF(CASE(MODEL "," GRADIENTS("\"16\"") "," PLAN "," MEASURED("mfu"))), "t.json:1:383",
     "cases[0].training.gradient_bits", WHOLE_NUMBER("16", "32")},
    {FILE_OF(CASE(MODEL "," ROUTING("\"balance\"") "," PLAN "," MEASURED("mfu"))), "t.json:1:377",
     "cases[0].training.routing", "did you mean \"balanced\"?"},
    {FILE_OF(CASE(MODEL "," TRAINING "," PLAN_AND("1") "," MEASURED("mfu"))), "t.json:1:483",
     "cases[0].parallelism.offload", "expected one of \"off\", \"offload\""},
    {FILE_OF(CASE(MODEL "," TRAINING "," PLAN ",\"network\":{\"domain\":0}," MEASURED("mfu"))), "t.json:1:619",
     "cases[0].network.domain", WHOLE_NUMBER("1", "1000000000")},
    {FILE_OF(CASE(MODEL "," TRAINING "," PLAN
                        ",\"measured\":{\"metric\":\"energy_kwh\",\"value\":1,\"boundary\":\"rack\"}")),
     "t.json:1:654", "cases[0].measured.boundary", "expected one of \"gpu\", \"node\""},
    {FILE_OF(CASE(MODEL "," STACK("\"megatron\"") "," PLAN "," MEASURED("mfu"))), "t.json:1:375",
     "cases[0].training.stack", "expected a family of software and the year of its release"},
    {FILE_OF(CASE(MODEL "," STACK("\"megatron-2018\"") "," PLAN "," MEASURED("mfu"))), "t.json:1:375",
     "cases[0].training.stack", "of 2019 to 2026"},
    {FILE_OF(CASE(MODEL "," STACK("\"megatorn-2022\"") "," PLAN "," MEASURED("mfu"))), "t.json:1:375",
     "cases[0].training.stack", "such as \"megatron-2022\""},
    {FILE_OF(CASE(MODEL "," STACK("\"xla-20x2\"") "," PLAN "," MEASURED("mfu"))), "t.json:1:375",
     "cases[0].training.stack", "not the text \"xla-20x2\""},
    {FILE_OF(CASE(MODEL "," STACK("2022") "," PLAN "," MEASURED("mfu"))), "t.json:1:375", "cases[0].training.stack",
     "to 2026, not "},
    {FILE_OF(CASE(MODEL "," TRAINING "," PLAN ",\"goodput\":{\"value\":1.5}," MEASURED("mfu"))), "t.json:1:618",
     "cases[0].goodput.value", NUMBER("1e-06", "1")},
    {FILE_OF(CASE(MODEL "," TRAINING "," PLAN ",\"measured\":{\"metric\":\"mfu\",\"value\":-1}")), "t.json:1:634",
     "cases[0].measured.value", NUMBER("1e-12", "1e+30")},
    {FILE_OF(CASE(MODEL "," TRAINING "," PLAN ",\"measured\":{\"metric\":\"mfu\",\"value\":1e999}")), "t.json:1:634",
     "cases[0].measured.value", NOT_A_DOUBLE},
};

/* Every refusal names the file, the line, and what was expected; nothing is kept of the case. */
START_TEST(what_is_wrong_is_refused)
{
    struct cs_cases cases = {0, NULL};
    struct cs_error error = {CS_OK, ""};
    const char *text = refused[_i].text;
    ck_assert_int_eq(cs_cases_parse("t.json", text, strlen(text), &cases, &error), CS_ERROR_CONFIG);
    const char *fault = cs_wrong_message(error.message, refused[_i].place, refused[_i].key, refused[_i].phrase);
    ck_assert_msg(fault == NULL, "%s: %s", fault, error.message);
    cs_cases_free(&cases);
}
END_TEST

/* The bits of a gradient on the network come from their own field: absent or null they are the settings', and what a
 * note says changes nothing. */

int main(void)
{
    Suite *suite = suite_create("wrong cases");
    TCase *cases = tcase_create("wrong cases");
    tcase_add_loop_test(cases, what_is_wrong_is_refused, 0, (int)(sizeof refused / sizeof refused[0]));
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
