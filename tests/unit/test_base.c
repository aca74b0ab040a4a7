/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors, strict numbers and nearest names. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cs_sweep/error.h"
#include "cs_sweep/log.h"
#include "cs_sweep/number.h"
#include "cs_sweep/text.h"
#include "suite.h"

static double number(const char *text)
{
    double value = NAN;
    ck_assert_msg(cs_parse_number(text, strlen(text), &value), "%s was refused", text);
    return value;
}

START_TEST(errors_carry_code_and_message)
{
    struct cs_error error;
    ck_assert_int_eq(cs_fail(&error, CS_ERROR_INPUT, "%s: %d", "a file", 7), CS_ERROR_INPUT);
    ck_assert_str_eq(error.message, "a file: 7");
    ck_assert_int_eq(error.code, CS_ERROR_INPUT);
    ck_assert_int_eq(cs_fail(NULL, CS_ERROR_USAGE, "nobody listens"), CS_ERROR_USAGE);
    /* sysexits.h: EX_USAGE, EX_DATAERR, EX_NOINPUT, EX_UNAVAILABLE, EX_SOFTWARE, EX_CANTCREAT, EX_IOERR, EX_TEMPFAIL */
    static const struct {
        enum cs_code code;
        int exit_status;
    } expected[] = {{CS_OK, 0},
                    {CS_ERROR_USAGE, 64},
                    {CS_ERROR_CONFIG, 65},
                    {CS_ERROR_INPUT, 66},
                    {CS_ERROR_LAUNCH, 69},
                    {CS_ERROR_INTERNAL, 70},
                    {CS_ERROR_MEMORY, 70},
                    {CS_ERROR_CREATE, 73},
                    {CS_ERROR_WRITE, 74},
                    {CS_ERROR_STOPPED, 75}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_int_eq(cs_exit_status(expected[i].code), expected[i].exit_status);
    }
}
END_TEST

START_TEST(long_messages_are_cut)
{
    struct cs_error error;
    char text[4096];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cs_fail(&error, CS_ERROR_CONFIG, "%s", text);
    ck_assert_uint_eq(strlen(error.message), sizeof error.message - 1);
}
END_TEST

/* Rank 0 speaks; quiet keeps errors; lines are whole however long. */
START_TEST(only_rank_0_writes_messages)
{
    char text[8192], line[8192];
    FILE *file = tmpfile();
    ck_assert_ptr_nonnull(file);
    const int kept = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
    cs_log_info("one %d", 1);
    cs_log_quiet(true);
    cs_log_info("nobody hears");
    cs_log_error("two: %s", "bad");
    cs_log_quiet(false);
    cs_log_rank(3);
    cs_log_info("nobody hears");
    cs_log_error("nobody hears");
    cs_log_rank(0);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cs_log_info("%s", text);
    ck_assert_int_ge(dup2(kept, STDERR_FILENO), 0);
    rewind(file);
    ck_assert_str_eq(fgets(line, sizeof line, file), "one 1\n");
    ck_assert_str_eq(fgets(line, sizeof line, file), "cs_sweep: error: two: bad\n");
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    ck_assert_uint_gt(strlen(line), 4000);
    ck_assert_int_eq(line[strlen(line) - 1], '\n');
    ck_assert_ptr_null(fgets(line, sizeof line, file));
    (void)fclose(file);
    (void)close(kept);
}
END_TEST

START_TEST(strict_numbers)
{
    double value = 0.0;
    ck_assert_double_eq(number("0"), 0.0);
    ck_assert_double_eq(number("-12.5e+1"), -125.0);
    ck_assert_double_eq(number("1E3"), 1000.0);
    ck_assert_double_eq(number("5e-324"), 5e-324);
    ck_assert_double_eq(number("1.7976931348623157e308"), 1.7976931348623157e308);
    ck_assert_double_eq(number("0e999"), 0.0);
    ck_assert_int_eq(signbit(number("-0.0")), 0);
    static const char *const wrong[] = {"",       "+1",     "01",  "-",     "1.",    ".5",       "1e",   "1e+",
                                        "0x10",   "1 ",     " 1",  "nan",   "inf",   "1,5",      "--1",  "1e999",
                                        "-1e999", "1e-999", "1d3", "1e1e1", "1.2.3", "\xd9\xa1", "1_000"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_msg(!cs_parse_number(wrong[i], strlen(wrong[i]), &value), "%s was taken", wrong[i]);
    }
    char digits[CS_NUMBER_LENGTH_MAX + 2];
    memset(digits, '1', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    ck_assert(!cs_parse_number(digits, strlen(digits), &value));
    ck_assert(cs_parse_number(digits, CS_NUMBER_LENGTH_MAX, &value));
    ck_assert_uint_eq(cs_number_length("12.5]", 5), 4);
    ck_assert_uint_eq(cs_number_length("-x", 2), 0);
}
END_TEST

START_TEST(strict_whole_numbers)
{
    int64_t value = 0;
    ck_assert(cs_parse_count("256", 1, 1000, &value));
    ck_assert_int_eq(value, 256);
    ck_assert(cs_parse_count("1e3", 1, 1000, &value));
    ck_assert_int_eq(value, 1000);
    ck_assert(cs_parse_count("9007199254740992", 0, INT64_C(1) << 53, &value));
    ck_assert_int_eq(value, INT64_C(9007199254740992));
    ck_assert(!cs_parse_count("1.5", 0, 10, &value));
    ck_assert(!cs_parse_count("11", 0, 10, &value));
    ck_assert(!cs_parse_count("-1", 0, 10, &value));
    ck_assert(!cs_parse_count("3 ", 0, 10, &value));
}
END_TEST

/* What is written reads back as the same double, in as few digits as do. */
START_TEST(written_numbers_read_back)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0.1, "0.1"},
                {0.1 + 0.2, "0.30000000000000004"},
                {1.0 / 3.0, "0.3333333333333333"},
                {1e22, "1e+22"},
                {989.4, "989.4"},
                {-2.0, "-2"},
                {5e-324, "4.94065645841247e-324"},
                {123456789012345680.0, "1.2345678901234568e+17"}};
    char text[CS_NUMBER_TEXT_MAX];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_str_eq(cs_format_number(rows[i].value, text), rows[i].text);
        ck_assert_double_eq(number(text), rows[i].value);
    }
    /* The bits of Marsaglia's xorshift64 as doubles. */
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        double value;
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) {
            ck_assert_double_eq(number(cs_format_number(value, text)), value);
        }
    }
    ck_assert_double_eq(cs_round_digits(0.1 + 0.2, 15), 0.3);
    ck_assert_double_eq(cs_round_digits(-1234.5678, 3), -1230.0);
}
END_TEST

/* The nearer of two names wins, of equally near ones the first. A replaced, missing or swapped character counts 2, a
 * change of case 1; of four characters 4 may be wrong. */
START_TEST(distance_between_names)
{
    static const struct {
        const char *name, *names[2], *nearest;
    } rows[] = {
        {"h100", {"H100", "h100"}, "h100"},  /* 1 and 0 */
        {"h100", {"h1000", "H100"}, "H100"}, /* 2 and 1 */
        {"H010", {"h020", "H100"}, "H100"},  /* 3, and one swap: 2 */
        {"H010", {"H210", "H100"}, "H210"},  /* 2 each */
        {"H10", {"h110", "H100"}, "H100"},   /* 3 and 2 */
        {"H10", {"H20", "H100"}, "H20"},     /* 2 each */
        {"H200", {"B110", "B100"}, "B100"},  /* 6 and 4 */
        {"H200", {"B110", "B110"}, NULL},    {"", {"H100", "H"}, "H"}, {"", {"H100", "HH"}, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *nearest = cs_nearest_name(rows[i].name, 2, rows[i].names);
        ck_assert_pstr_eq(nearest, rows[i].nearest);
    }
}
END_TEST

/* Vendors' names of parts, and regions of another cloud. */
START_TEST(names_of_others)
{
    static const char *const names[] = {"V100",   "V100-SXM2", "A100-40GB", "A100",     "A100-80GB", "H100",
                                        "MI300X", "TPUv5p",    "us-west2",  "us-east5", "eu-west"};
    static const struct {
        const char *name, *nearest;
    } rows[] = {
        {"NVIDIA H100 80GB HBM3", "H100"},
        {"H100-SXM5-80GB", "H100"},
        {"NVIDIA A100-SXM4-80GB", "A100-80GB"},
        {"nvidia a100-sxm4-40gb", "A100-40GB"},
        {"Tesla V100-SXM2-16GB", "V100-SXM2"},
        {"AMD Instinct MI300X OAM", "MI300X"},
        {"TPU v5p", "TPUv5p"},
        {"NVIDIA H100 PCIe", NULL}, /* of less power and bandwidth */
        {"NVIDIA H100 NVL", NULL},
        {"NVIDIA GeForce RTX 4090", NULL},
        {"us-west-2", NULL}, /* in another place than us-west2 */
        {"US-WEST2", "us-west2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_pstr_eq(cs_nearest_name(rows[i].name, sizeof names / sizeof names[0], names), rows[i].nearest);
    }
}
END_TEST

START_TEST(the_nearest_of_several_names)
{
    static const char *const names[] = {"A100", "A100-80GB", "H100", "TPUv5p", "B200"};
    enum { COUNT = sizeof names / sizeof names[0] };
    ck_assert_str_eq(cs_nearest_name("a100", COUNT, names), "A100");
    ck_assert_str_eq(cs_nearest_name("A100-80", COUNT, names), "A100-80GB");
    ck_assert_str_eq(cs_nearest_name("TPUv5", COUNT, names), "TPUv5p");
    ck_assert_ptr_null(cs_nearest_name("Gaudi", COUNT, names));
    ck_assert_ptr_null(cs_nearest_name("A100", 0, NULL));
    char far_away[200];
    memset(far_away, 'A', sizeof far_away - 1);
    far_away[sizeof far_away - 1] = '\0';
    ck_assert_ptr_null(cs_nearest_name(far_away, COUNT, names));
    char *copy = cs_copy_text("H100 and more", 4);
    ck_assert_str_eq(copy, "H100");
    free(copy);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base");
    TCase *cases = tcase_create("base");
    tcase_add_test(cases, errors_carry_code_and_message);
    tcase_add_test(cases, long_messages_are_cut);
    tcase_add_test(cases, only_rank_0_writes_messages);
    tcase_add_test(cases, strict_numbers);
    tcase_add_test(cases, strict_whole_numbers);
    tcase_add_test(cases, written_numbers_read_back);
    tcase_add_test(cases, distance_between_names);
    tcase_add_test(cases, names_of_others);
    tcase_add_test(cases, the_nearest_of_several_names);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
