/* SPDX-License-Identifier: BSD-3-Clause */
/* Command lines: each kind of option in both spellings, what is no option, and every message. */
#include <check.h>
#include <string.h>

#include "cs_sweep/options.h"
#include "suite.h"

static struct taken {
    bool json, help;
    const char *model;
    struct cs_texts sets, words;
    int64_t devices;
    int32_t zero, schedule;
    double seconds;
} taken;

enum { WORDS_MAX = 16 };

/* Parses the words, separated by blanks ("''" is an empty one), into `taken`. */
static enum cs_code parse(const char *line, struct cs_error *error)
{
    static char text[256];
    static char empty[] = "", program[] = "program";
    char *argv[WORDS_MAX] = {program};
    int argc = 1;
    const struct cs_option options[] = {
        {"--json", .flag = &taken.json},
        {"--help", .flag = &taken.help},
        {"--model", .text = &taken.model},
        {"--set", .list = &taken.sets, .passes = cs_is_assignment, .expected = CS_EXPECTED_ASSIGNMENT},
        {"--devices", .count = &taken.devices, .low = 1, .high = 1e12},
        {"--zero", .small = &taken.zero, .low = 0, .high = 3},
        {"--schedule", .choice = &taken.schedule, .names = "1f1b|zb1p|dualpipe"},
        {"--seconds", .number = &taken.seconds, .low = 0.5, .high = 10},
    };
    memset(&taken, 0, sizeof taken);
    ck_assert_uint_lt(strlen(line), sizeof text);
    memcpy(text, line, strlen(line) + 1);
    for (char *at = text; *at != '\0' && argc < WORDS_MAX;) {
        char *const end = at + strcspn(at, " ");
        const bool last = *end == '\0';
        *end = '\0';
        argv[argc++] = strcmp(at, "''") == 0 ? empty : at;
        at = last ? end : end + 1;
    }
    return cs_options_parse("program", argc, argv, sizeof options / sizeof options[0], options, &taken.words, error);
}

START_TEST(options_and_their_values)
{
    struct cs_error error = {0};
    ck_assert_int_eq(parse("a --json --model M --set x=1 --devices 1e12 - --zero=3 --set=y=2=3 -h", &error), CS_OK);
    ck_assert(taken.json && taken.help);
    ck_assert_str_eq(taken.model, "M");
    ck_assert_int_eq(taken.devices, INT64_C(1000000000000));
    ck_assert_int_eq(taken.zero, 3);
    ck_assert_int_eq(taken.sets.count, 2);
    ck_assert_str_eq(taken.sets.at[0], "x=1");
    ck_assert_str_eq(taken.sets.at[1], "y=2=3");
    ck_assert_int_eq(taken.words.count, 2);
    ck_assert_str_eq(taken.words.at[0], "a");
    ck_assert_str_eq(taken.words.at[1], "-");
    ck_assert_int_eq(parse("--model=A --model B=C --schedule dualpipe --seconds 0.5 -- --json", &error), CS_OK);
    ck_assert_str_eq(taken.model, "B=C"); /* the last one counts */
    ck_assert_int_eq(taken.schedule, 2);
    ck_assert_double_eq(taken.seconds, 0.5);
    ck_assert(!taken.json);
    ck_assert_str_eq(taken.words.at[0], "--json");
    ck_assert_int_eq(parse("--model --json", &error), CS_OK); /* a value may look like an option */
    ck_assert_str_eq(taken.model, "--json");
}
END_TEST

static const struct {
    const char *line, *message;
} wrong[] = {
    {"--modle x", "There is no option --modle; did you mean --model?"},
    {"--modle=x", "There is no option --modle; did you mean --model?"},
    {"--mode x", "There is no option --mode; did you mean --model?"},
    {"-xyzzyplugh", "There is no option -xyzzyplugh; program --help lists them."},
    {"-h=1", "--help takes no value."},
    {"--json=yes", "--json takes no value."},
    {"--model", "--model wants a value; program --help says which."},
    {"--model ''", "--model wants a value that is not empty."},
    {"--set=", "--set wants a value that is not empty."},
    {"--set x", "--set x: expected path=value, such as carbon.pue=1.2."},
    {"--set ==1", "--set ==1: expected path=value, such as carbon.pue=1.2."},
    {"--devices 0", "--devices 0: expected a whole number from 1 to 1000000000000."},
    {"--devices ''", "--devices : expected a whole number from 1 to 1000000000000."},
    {"--zero 1.5", "--zero 1.5: expected a whole number from 0 to 3."},
    {"--zero 4", "--zero 4: expected a whole number from 0 to 3."},
    {"--schedule gpipe", "--schedule gpipe: expected one of 1f1b|zb1p|dualpipe."},
    {"--seconds 0.4", "--seconds 0.4: expected a number from 0.5 to 10."},
    {"--seconds 10.5", "--seconds 10.5: expected a number from 0.5 to 10."},
    {"--seconds soon", "--seconds soon: expected a number from 0.5 to 10."},
};

START_TEST(messages_of_wrong_options)
{
    struct cs_error error = {0};
    ck_assert_int_eq(parse(wrong[_i].line, &error), CS_ERROR_USAGE);
    ck_assert_str_eq(error.message, wrong[_i].message);
}
END_TEST

START_TEST(too_many_words)
{
    static char program[] = "program", word[] = "word";
    static char *argv[CS_TEXTS_MAX + 2] = {program};
    static struct cs_texts words;
    struct cs_error error = {0};
    for (int i = 1; i < CS_TEXTS_MAX + 2; i++) {
        argv[i] = word;
    }
    ck_assert_int_eq(cs_options_parse("program", CS_TEXTS_MAX + 2, argv, 0, NULL, &words, &error), CS_ERROR_USAGE);
    ck_assert_str_eq(error.message, "More than 1024 files.");
    ck_assert_int_eq(words.count, CS_TEXTS_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *cases = tcase_create("options");
    tcase_add_test(cases, options_and_their_values);
    tcase_add_loop_test(cases, messages_of_wrong_options, 0, sizeof wrong / sizeof wrong[0]);
    tcase_add_test(cases, too_many_words);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
