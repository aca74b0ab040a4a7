/* SPDX-License-Identifier: BSD-3-Clause */
/* Stated degrees that no framework could launch: which are refused, and with which numbers. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "cs_sweep/possible.h"
#include "suite.h"

static struct cs_architecture shape;
static struct cs_plan plan;
static struct cs_error error;

enum { SEQ_LEN = 8192 };

static void setup(void)
{
    /* Llama 2 70B, with experts as DeepSeek-V2 has them. */
    shape = (struct cs_architecture){.layers = 80, .heads = 64, .kv_heads = 8, .experts = 160, .d_expert = 1536};
    cs_plan_set_free(&plan);
    memset(&error, 0, sizeof error);
}

static void accepts(unsigned divides)
{
    ck_assert_msg(cs_plan_possible(&shape, SEQ_LEN, divides, &plan, true, &error) == CS_OK, "%s", error.message);
    cs_plan_set_free(&plan);
}

static void refuses(unsigned divides, const char *message)
{
    ck_assert_int_eq(cs_plan_possible(&shape, SEQ_LEN, divides, &plan, true, &error), CS_ERROR_CONFIG);
    ck_assert_str_eq(error.message, message);
    cs_plan_set_free(&plan);
}

START_TEST(a_free_plan_is_possible)
{
    accepts(CS_DIVIDES_HEADS | CS_DIVIDES_LAYERS);
}
END_TEST

START_TEST(heads)
{
    plan.tensor = 65;
    refuses(0, "--tensor 65: the model has 64 attention heads, and each rank takes one at least.");
    plan.tensor = 24;
    accepts(0);
    plan.tensor = 24;
    refuses(CS_DIVIDES_HEADS, "--tensor 24: it does not divide the model's 64 attention heads.");
    /* Key-value heads are dealt, or copied. */
    static const int32_t dealt[] = {1, 2, 8, 16, 64};
    for (size_t i = 0; i < sizeof dealt / sizeof dealt[0]; i++) {
        plan.tensor = dealt[i];
        accepts(CS_DIVIDES_HEADS);
    }
    shape.heads = 48;
    shape.kv_heads = 6;
    plan.tensor = 8;
    refuses(CS_DIVIDES_HEADS,
            "--tensor 8: it neither divides the model's 6 key-value heads nor is a multiple of them.");
}
END_TEST

START_TEST(layers_over_stages)
{
    plan.pipeline = 82; /* embedding and head in stages of their own */
    accepts(0);
    plan.pipeline = 83;
    refuses(0, "--pipeline 83: the model has 80 layers, 82 with embedding and head.");
    plan.pipeline = 16;
    plan.interleave = 5;
    accepts(CS_DIVIDES_LAYERS);
    plan.pipeline = 16;
    plan.interleave = 6;
    refuses(0, "--interleave 6: 80 layers, 82 with embedding and head, over 16 stages are at most 5 chunks a stage.");
    plan.interleave = 42; /* of two stages at least */
    refuses(0, "--interleave 42: 80 layers, 82 with embedding and head, over 2 stages are at most 41 chunks a stage.");
    /* Llama 3 405B. */
    shape.layers = 126;
    plan.pipeline = 16;
    plan.interleave = 8;
    accepts(0);
    plan.pipeline = 16;
    plan.interleave = 8;
    refuses(CS_DIVIDES_LAYERS,
            "--pipeline 16, --interleave 8: under strict divisibility all 128 chunks have equally many "
            "of the 126 layers.");
}
END_TEST

START_TEST(schedules)
{
    plan.pipeline = 1;
    plan.interleave = 2;
    refuses(0, "--interleave 2: a pipeline of 1 stage is not interleaved.");
    plan.pipeline = 4;
    plan.interleave = 2;
    plan.schedule = CS_SCHEDULE_ZB1P;
    refuses(0, "--interleave 2: only the schedule 1f1b is interleaved.");
    plan.pipeline = 5;
    plan.schedule = CS_SCHEDULE_DUALPIPE;
    refuses(0, "--pipeline 5: the schedule dualpipe wants an even number of stages.");
}
END_TEST

START_TEST(experts_and_context)
{
    plan.expert = 160;
    accepts(0);
    plan.expert = 64;
    refuses(0, "--expert 64: the model has 160 experts, equally many on each rank.");
    plan.expert = 320;
    refuses(0, "--expert 320: the model has 160 experts, equally many on each rank.");
    plan.expert_tensor = 2048;
    refuses(0, "--expert-tensor 2048: an expert is 1536 wide.");
    plan.context = 16384;
    refuses(0, "--context 16384: a sequence of 8192 tokens is cut into equal parts.");
    plan.context = 3;
    refuses(0, "--context 3: a sequence of 8192 tokens is cut into equal parts.");
    shape.experts = 1;
    plan.expert = 2;
    refuses(0, "--expert 2: the model has no experts.");
}
END_TEST

static void undivided(const char *message)
{
    ck_assert_int_eq(cs_plan_divides(&plan, false, &error), CS_ERROR_CONFIG);
    ck_assert_str_eq(error.message, message);
}

START_TEST(devices_and_batch)
{
    plan.tensor = 8;
    plan.pipeline = 3;
    ck_assert_int_eq(cs_plan_divides(&plan, false, &error), CS_OK);
    plan.devices = 16;
    undivided("devices 16: the degrees that are given want 24.");
    plan.devices = 100;
    undivided("devices 100: the degrees that are given want a multiple of 24.");
    plan.devices = 48;
    plan.context = 1;
    plan.global_batch = 101;
    undivided("global_batch 101: 2 data-parallel replicas want a multiple of 2 sequences.");
    plan.global_batch = 100;
    ck_assert_int_eq(cs_plan_divides(&plan, false, &error), CS_OK);
    plan.micro_batch = 4;
    undivided("global_batch 100, micro_batch 4: a replica has 50 sequences a step, and micro-batches are full.");
    plan.micro_batch = 5;
    ck_assert_int_eq(cs_plan_divides(&plan, false, &error), CS_OK);
    plan.data = 4;
    undivided("devices 48: the degrees that are given want 96.");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("possible");
    TCase *tests = tcase_create("possible");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_free_plan_is_possible);
    tcase_add_test(tests, heads);
    tcase_add_test(tests, layers_over_stages);
    tcase_add_test(tests, schedules);
    tcase_add_test(tests, experts_and_context);
    tcase_add_test(tests, devices_and_batch);
    suite_add_tcase(suite, tests);
    return cs_run_suite(suite);
}
