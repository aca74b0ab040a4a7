/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers for people and for machines: each unit's edges, what is not finite, JSON that reads back. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/format.h"
#include "explain/point.h"
#include "suite.h"
#include "json/write.h"

static const double infinite = (double)INFINITY, missing = (double)NAN;

#define READS(call, expected) ck_assert_str_eq((call).at, expected)

START_TEST(counts_have_separators)
{
    READS(cs_text_count(0), "0");
    READS(cs_text_count(999), "999");
    READS(cs_text_count(1000), "1,000");
    READS(cs_text_count(-1234567), "-1,234,567");
    READS(cs_text_count(999999999999999), "999,999,999,999,999");
    READS(cs_text_count(1e15), "1e+15");
    READS(cs_text_count(missing), "-");
    READS(cs_text_count(infinite), "unlimited");
    READS(cs_text_count(-infinite), "-unlimited");
}
END_TEST

START_TEST(numbers_in_few_digits)
{
    READS(cs_text_number(0), "0");
    READS(cs_text_number(1.1), "1.1");
    READS(cs_text_number(323), "323");
    READS(cs_text_number(2.73), "2.73");
    READS(cs_text_number(0.012345), "0.01235");
    READS(cs_text_number(12345.6), "12,346");
    READS(cs_text_number(1e-5), "1.000e-05");
    READS(cs_text_number(1e20), "1.000e+20");
    READS(cs_text_percent(0.4365), "43.6%");
    READS(cs_text_percent(missing), "-");
    READS(cs_text_change(1.032, 1), "+3.2%");
    READS(cs_text_change(0.5, 1), "-50.0%");
    READS(cs_text_change(2, 2), "same");
    READS(cs_text_change(25, 2), "x12.5");
    READS(cs_text_change(1, 0), "-");
}
END_TEST

START_TEST(units_have_prefixes)
{
    READS(cs_text_si(989.4e12, "FLOP/s"), "989 TFLOP/s");
    READS(cs_text_si(999.6e12, "FLOP/s"), "1.00 PFLOP/s");
    READS(cs_text_si(12.5, "W"), "12.5 W");
    READS(cs_text_si(1e28, "FLOP"), "1e+28 FLOP");
    READS(cs_text_scale(24547e9), "24.5 T");
    READS(cs_text_scale(736e6), "736 M");
    READS(cs_text_scale(12), "12");
    READS(cs_text_scale(1e18), "1.000e+18");
    READS(cs_text_bytes(80 * 1073741824.0), "80.0 GiB");
    READS(cs_text_bytes(1023), "1023 B");
    READS(cs_text_bytes(1023.8), "1.00 KiB");
    READS(cs_text_bytes(512), "512 B");
    READS(cs_text_duration(0), "0 s");
    READS(cs_text_duration(1.5e-6), "1.50 us");
    READS(cs_text_duration(0.0123), "12.3 ms");
    READS(cs_text_duration(599), "599 s");
    READS(cs_text_duration(7200), "2.00 h");
    READS(cs_text_duration(90 * 86400.0), "90.0 days");
    READS(cs_text_duration(86400e5), "100,000 days");
    READS(cs_text_duration(infinite), "unlimited");
    READS(cs_text_clock(59.96), "60.0 s");
    READS(cs_text_clock(0.5), "0.5 s");
    READS(cs_text_clock(60), "1:00");
    READS(cs_text_clock(3599.4), "59:59");
    READS(cs_text_clock(3599.5), "1:00:00");
    READS(cs_text_clock(100 * 3600.0 + 62), "100:01:02");
    READS(cs_text_clock(missing), "-");
    READS(cs_text_si(524288, "B"), "524 kB");
    READS(cs_text_mass(12.34), "12.3 kg");
    READS(cs_text_mass(999.6), "1.00 t");
    READS(cs_text_mass(1234567), "1,235 t");
    READS(cs_text_energy(3.6e6), "1.00 kWh");
    READS(cs_text_energy(433196 * 3.6e6), "433 MWh");
}
END_TEST

START_TEST(a_plan_in_words)
{
    struct cs_plan plan = {.tensor = 8,
                           .pipeline = 12,
                           .data = 3,
                           .context = 1,
                           .expert = 1,
                           .expert_tensor = 1,
                           .zero_stage = 1,
                           .micro_batch = 2,
                           .interleave = 4,
                           .recompute = CS_RECOMPUTE_SELECTIVE};
    READS(cs_plan_describe(&plan), "t8 p12 d3 z1 b2 v4 selective");
    plan.context = 2;
    plan.expert = 16;
    plan.expert_tensor = 8;
    plan.schedule = CS_SCHEDULE_DUALPIPE;
    READS(cs_plan_describe(&plan), "t8 p12 d3 c2 e16 et8 z1 b2 v4 selective dualpipe");
}
END_TEST

static void written(void (*write)(FILE *out), const char *expected)
{
    char buffer[512] = "";
    FILE *const out = fmemopen(buffer, sizeof buffer, "w");
    ck_assert_ptr_nonnull(out);
    write(out);
    fclose(out);
    ck_assert_str_eq(buffer, expected);
}

START_TEST(json_reads_back)
{
    struct cs_emit emit = {.depth = 0};
    cs_emit_object(&emit, NULL);
    cs_emit_text(&emit, "text", "a \"quote\", a \\, a \n and a \x1b");
    cs_emit_text(&emit, "no UTF-8", "\xff");
    cs_emit_text(&emit, "nothing", NULL);
    cs_emit_real(&emit, "third", 1.0 / 3.0);
    cs_emit_real(&emit, "tenths", 0.1 + 0.2);
    cs_emit_real(&emit, "missing", missing);
    cs_emit_real(&emit, "infinite", infinite);
    cs_emit_integer(&emit, "large", INT64_C(9007199254740993));
    cs_emit_array(&emit, "list");
    cs_emit_bool(&emit, NULL, true);
    cs_emit_bool(&emit, NULL, false);
    cs_emit_array_end(&emit);
    cs_emit_object(&emit, "empty");
    cs_emit_object_end(&emit);
    cs_emit_object_end(&emit);
    char *const text = cs_emit_finish(&emit);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, "{\n"
                           "\t\"text\":\t\"a \\\"quote\\\", a \\\\, a \\n and a \\u001b\",\n"
                           "\t\"no UTF-8\":\t\"\xff\",\n"
                           "\t\"nothing\":\tnull,\n"
                           "\t\"third\":\t0.3333333333333333,\n"
                           "\t\"tenths\":\t0.30000000000000004,\n"
                           "\t\"missing\":\tnull,\n"
                           "\t\"infinite\":\tnull,\n"
                           "\t\"large\":\t9007199254740993,\n"
                           "\t\"list\":\t[true, false],\n"
                           "\t\"empty\":\t{\n\t}\n"
                           "}");
    free(text);
}
END_TEST

/* Nested deeper than the writer keeps track of: no text, and nothing is left over. */
START_TEST(json_too_deep)
{
    struct cs_emit emit = {.depth = 0};
    for (int32_t i = 0; i <= CS_EMIT_DEPTH; i++) {
        cs_emit_array(&emit, NULL);
    }
    cs_emit_real(&emit, NULL, 1);
    for (int32_t i = 0; i <= CS_EMIT_DEPTH; i++) {
        cs_emit_array_end(&emit);
    }
    ck_assert_ptr_null(cs_emit_finish(&emit));
}
END_TEST

static void write_bars(FILE *out)
{
    const struct cs_style plain = {.out = out}, blocks = {.out = out, .blocks = true};
    const struct cs_style coloured = {.out = out, .colour = true};
    const double fractions[] = {0, 0.5, 1, 7, -1, missing};
    for (size_t i = 0; i < sizeof fractions / sizeof fractions[0]; i++) {
        cs_bar(&plain, fractions[i], 4);
        fputc('|', out);
    }
    cs_bar(&blocks, 0.40625, 4); /* 13 eighths: one block and five eighths */
    fputc('|', out);
    cs_bar(&coloured, 1, 2);
    cs_heading(&plain, "Plan", "note");
}

START_TEST(bars_by_eighths)
{
    written(write_bars, "    |##  |####|####|    |    |\u2588\u258b  |\033[36m##\033[0m\nPlan  note\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *cases = tcase_create("explain");
    tcase_add_test(cases, counts_have_separators);
    tcase_add_test(cases, numbers_in_few_digits);
    tcase_add_test(cases, units_have_prefixes);
    tcase_add_test(cases, a_plan_in_words);
    tcase_add_test(cases, json_reads_back);
    tcase_add_test(cases, json_too_deep);
    tcase_add_test(cases, bars_by_eighths);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
