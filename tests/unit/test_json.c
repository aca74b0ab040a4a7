/* SPDX-License-Identifier: BSD-3-Clause */
/* The strict parser behind all readers: RFC 8259, places, --set. What it refuses is in test_wrong_text.c. */
#include "suite.h"
#include "json/json.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cs_json_document document;
static struct cs_error error;

static void teardown(void)
{
    cs_json_free(&document);
}

static const struct cs_json *parse(const char *text)
{
    cs_json_free(&document);
    ck_assert_msg(cs_json_parse("a.json", text, strlen(text), &document, &error) == CS_OK, "%s", error.message);
    return document.root;
}

static const struct cs_json *follow(const struct cs_json *root, const char *first, const char *second)
{
    const struct cs_json *member = cs_json_member(root, first);
    return second != NULL ? cs_json_member(member, second) : member;
}

START_TEST(values_of_each_type)
{
    const struct cs_json *root =
        parse(" {\"a\": [1, -2.5e1, \"x\\n\\\"\\\\\\/\\u00e9\\ud83d\\ude00\", true, false, null, {}, []],\r\n"
              "\t\"b\": {\"c\": \"\"}} \n");
    ck_assert_int_eq(root->type, CS_JSON_OBJECT);
    ck_assert_int_eq(root->count, 2);
    const struct cs_json *list = cs_json_member(root, "a");
    ck_assert_int_eq(list->count, 8);
    ck_assert_double_eq(cs_json_element(list, 0)->number, 1.0);
    ck_assert_double_eq(cs_json_element(list, 1)->number, -25.0);
    ck_assert_str_eq(cs_json_element(list, 2)->string, "x\n\"\\/\xc3\xa9\xf0\x9f\x98\x80");
    ck_assert(cs_json_element(list, 3)->boolean);
    ck_assert_int_eq(cs_json_element(list, 5)->type, CS_JSON_NULL);
    ck_assert_int_eq(cs_json_element(list, 6)->type, CS_JSON_OBJECT);
    ck_assert_int_eq(cs_json_element(list, 7)->count, 0);
    ck_assert_ptr_null(cs_json_element(list, 8));
    ck_assert_str_eq(follow(root, "b", "c")->string, "");
    ck_assert_ptr_null(cs_json_member(root, "c"));
    ck_assert_ptr_null(cs_json_member(list, "a"));
    ck_assert_ptr_null(cs_json_member(NULL, "a"));
}
END_TEST

/* Columns count characters, not bytes; the place of a member is its value's, and its key's is kept beside. */
START_TEST(places_count_characters)
{
    const struct cs_json *root = parse("{\"\xc3\xa9t\xc3\xa9\": \"\xe2\x82\xac\", \"b\":\n  [1,\n 22, {\"k\": 3}]}");
    const struct cs_json *list = cs_json_member(root, "b");
    ck_assert_int_eq(list->key_line, 1);
    ck_assert_int_eq(list->key_column, 14);
    ck_assert_int_eq(list->line, 2);
    ck_assert_int_eq(list->column, 3);
    ck_assert_int_eq(cs_json_element(list, 1)->line, 3);
    ck_assert_int_eq(cs_json_element(list, 1)->column, 2);
    const struct cs_json *inner = cs_json_member(cs_json_element(list, 2), "k");
    char path[64];
    ck_assert_str_eq(cs_json_path(inner, path, sizeof path), "b[2].k");
    ck_assert_int_eq(cs_json_fail(inner, &error, "is %d.", 3), CS_ERROR_CONFIG);
    ck_assert_str_eq(error.message, "a.json:3:12: b[2].k: is 3.");
    (void)cs_json_fail_key(inner, &error, "here.");
    ck_assert_str_eq(error.message, "a.json:3:7: b[2].k: here.");
}
END_TEST

START_TEST(a_value_may_stand_alone)
{
    ck_assert_double_eq(parse("-0.0")->number, 0.0);
    ck_assert_str_eq(parse("\"\\b\\f\\r\\t\"")->string, "\b\f\r\t");
    ck_assert_int_eq(parse("[]")->count, 0);
    ck_assert_int_eq(parse("[[[[[[[[]]]]]]]]")->type, CS_JSON_ARRAY);
}
END_TEST

/* Nothing of a message reaches the terminal as a control sequence, and long texts are cut between characters. */
START_TEST(messages_hold_no_control_characters)
{
    const struct cs_json *root = parse("{\"\\u001b[31mred\\n\": \"\\u0007\", \"long\": \"0123456789\xc3\xa9\"}");
    char text[32];
    (void)cs_json_fail(root->first, &error, "no.");
    ck_assert_str_eq(error.message, "a.json:1:21: ?[31mred?: no.");
    ck_assert_str_eq(cs_json_describe(root->first, text, sizeof text), "the text \"?\"");
    const char *string = cs_json_member(root, "long")->string;
    for (size_t size = 8; size < 20; size++) {
        (void)cs_json_clean(string, strlen(string), text, size);
        ck_assert_uint_lt(strlen(text), size);
        if (strlen(text) < strlen(string)) {
            ck_assert_str_eq(text + strlen(text) - 3, "...");
            ck_assert((text[strlen(text) - 4] & 0x80) == 0 || strstr(text, "\xc3\xa9") != NULL);
        }
    }
}
END_TEST

static void repeat(char *to, const char *text, size_t times)
{
    const size_t length = strlen(text);
    for (size_t i = 0; i < times; i++) {
        memcpy(to + i * length, text, length);
    }
    to[times * length] = '\0';
}

START_TEST(limits_of_size_depth_and_count)
{
    char *text = malloc(CS_JSON_SIZE_MAX + 8);
    ck_assert_ptr_nonnull(text);
    repeat(text, "[", CS_JSON_NESTING_MAX);
    repeat(text + CS_JSON_NESTING_MAX, "]", CS_JSON_NESTING_MAX);
    (void)parse(text);
    /* One value too many, then one byte too many. */
    text[0] = '[';
    repeat(text + 1, "0,", CS_JSON_VALUES_MAX - 2);
    memcpy(text + 1 + 2 * (CS_JSON_VALUES_MAX - 2), "0]", 3);
    ck_assert_int_eq(parse(text)->count, CS_JSON_VALUES_MAX - 1);
    cs_json_free(&document);
    memcpy(text + 1 + 2 * (CS_JSON_VALUES_MAX - 2), "0,0]", 5);
    ck_assert_int_eq(cs_json_parse("a.json", text, strlen(text), &document, &error), CS_ERROR_CONFIG);
    ck_assert_str_eq(error.message, "a.json:1:1000000: more than 500000 values in one text.");
    cs_json_free(&document);
    memset(text, ' ', CS_JSON_SIZE_MAX + 1);
    text[0] = '0';
    text[CS_JSON_SIZE_MAX + 1] = '\0';
    ck_assert_int_eq(cs_json_parse("a.json", text, CS_JSON_SIZE_MAX + 1, &document, &error), CS_ERROR_CONFIG);
    ck_assert_str_eq(error.message, "a.json: larger than 8 MiB.");
    text[CS_JSON_SIZE_MAX] = '\0';
    (void)parse(text);
    free(text);
}
END_TEST

/* Many keys take another way to look for duplicates. */
START_TEST(duplicates_among_many)
{
    static char text[64 * 1024];
    size_t used = 1;
    text[0] = '{';
    for (int i = 0; i < 2000; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\n\"k%d\": 0", i > 0 ? "," : "", i);
    }
    (void)snprintf(text + used, sizeof text - used, "}");
    ck_assert_int_eq(parse(text)->count, 2000);
    cs_json_free(&document);
    (void)snprintf(text + used, sizeof text - used, ", \"k1234\": 1}");
    ck_assert_int_eq(cs_json_parse("a.json", text, strlen(text), &document, &error), CS_ERROR_CONFIG);
    ck_assert_str_eq(error.message, "a.json:2001:13: k1234: the key is given twice, first in line 1236, column 1.");
}
END_TEST

/* A key of "axes" is one word, or two with their point where the first is "carbon". */
static size_t two_words(const struct cs_json *object, const char *path, const char *end)
{
    const char *point = memchr(path, '.', (size_t)(end - path));
    if (point != NULL && object->key != NULL && strcmp(object->key, "axes") == 0 && strncmp(path, "carbon", 6) == 0) {
        point = memchr(point + 1, '.', (size_t)(end - point - 1));
    }
    return (size_t)((point != NULL ? point : end) - path);
}

static void assign(const char *assignment)
{
    error.message[0] = '\0';
    ck_assert_msg(cs_json_assign(&document, assignment, two_words, &error) == CS_OK, "%s", error.message);
}

START_TEST(assignments)
{
    const struct cs_json *root = parse("{\"output\": \"a.h5\", \"axes\": {\"year\": {\"from\": 0, \"to\": 5}},"
                                       " \"carbon\": {\"pue\": 1.1, \"host\": true}}");
    assign("carbon.pue=1.2");
    ck_assert_double_eq(follow(root, "carbon", "pue")->number, 1.2);
    ck_assert(follow(root, "carbon", "host")->boolean);
    assign("training.seq_len=4096");
    ck_assert_double_eq(follow(root, "training", "seq_len")->number, 4096.0);
    assign("title=not JSON: a text");
    ck_assert_str_eq(cs_json_member(root, "title")->string, "not JSON: a text");
    assign("title=\"quoted = text\"");
    ck_assert_str_eq(cs_json_member(root, "title")->string, "quoted = text");
    assign("search.zero_stages=[0, 1]");
    assign("search.zero_stages=[3]");
    ck_assert_int_eq(follow(root, "search", "zero_stages")->count, 1);
    assign("axes.year.to=9");
    ck_assert_double_eq(cs_json_member(follow(root, "axes", "year"), "to")->number, 9.0);
    assign("axes.carbon.pue=[1.1, 1.3]");
    ck_assert_int_eq(follow(root, "axes", "carbon.pue")->count, 2);
    assign("axes.carbon.pue={\"from\": 1, \"to\": 2}");
    assign("axes.carbon.pue.step=0.5");
    ck_assert_int_eq(follow(root, "axes", "carbon.pue")->count, 3);
    assign("output.provenance=false");
    ck_assert_str_eq(follow(root, "output", "file")->string, "a.h5");
    ck_assert(!follow(root, "output", "provenance")->boolean);
    assign("output=b.h5");
    ck_assert_str_eq(cs_json_member(root, "output")->string, "b.h5");
    (void)cs_json_fail(follow(root, "axes", "carbon.pue")->last, &error, "no.");
    ck_assert_str_eq(error.message, "--set axes.carbon.pue.step=0.5: axes.carbon.pue.step: no.");
    ck_assert_int_eq(cs_json_assign(&document, "title=\xff", NULL, &error), CS_ERROR_CONFIG);
    ck_assert_str_eq(error.message, "--set title=\xff: the value is not UTF-8.");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *cases = tcase_create("json");
    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_test(cases, values_of_each_type);
    tcase_add_test(cases, places_count_characters);
    tcase_add_test(cases, a_value_may_stand_alone);
    tcase_add_test(cases, messages_hold_no_control_characters);
    tcase_add_test(cases, limits_of_size_depth_and_count);
    tcase_add_test(cases, duplicates_among_many);
    tcase_add_test(cases, assignments);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
