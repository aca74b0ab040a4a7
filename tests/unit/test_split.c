/* SPDX-License-Identifier: BSD-3-Clause */
/* The split of layers into stages: no other has a faster slowest stage, and of equal ones the middle takes more. */
#include <check.h>
#include <math.h>

#include "instance.h"
#include "sample.h"
#include "suite.h"

static struct cs_problem problem;
static struct cs_network network;
static struct cs_costs costs;
static struct cs_stage stage;

static void prepare(void)
{
    const struct cs_plan sharding = {.tensor = 8, .context = 1, .expert = 1, .expert_tensor = 1, .micro_batch = 1};
    cs_network_of(&problem, 8, &network);
    cs_costs_prepare(&problem, &network, &sharding, &costs);
}

static void setup(void)
{
    sample_problem(&problem);
}

/* Least slowest stage by trying every contiguous split, for a few layers. */
static double best_split(const double *layers, int count, int stages, double embedding, double head)
{
    double table[16][32]; /* [stages][layers] */
    for (int n = 0; n <= count; n++) {
        table[1][n] = embedding;
        for (int i = 0; i < n; i++) {
            table[1][n] += layers[i];
        }
    }
    for (int p = 2; p <= stages; p++) {
        for (int n = 0; n <= count; n++) {
            table[p][n] = INFINITY;
            double own = p == stages ? head : 0.0;
            for (int from = n; from >= 0; from--) {
                table[p][n] = fmin(table[p][n], fmax(table[p - 1][from], own));
                own += from > 0 ? layers[from - 1] : 0.0;
            }
        }
    }
    return stages == 1 ? table[1][count] + head : table[stages][count];
}

static void set_part(enum cs_part_kind kind, double forward, double backward)
{
    costs.part[kind].forward_seconds = costs.part[kind].forward[CS_SHARE_COMPUTE] = forward;
    costs.part[kind].backward_seconds = costs.part[kind].backward[CS_SHARE_COMPUTE] = backward;
}

static double draw(uint64_t *state)
{
    return (double)instance_random(state) / 281474976710656.0; /* of 48 bits */
}

START_TEST(the_split_is_the_best_of_all)
{
    uint64_t random = 20250101;
    for (int round = 0; round < 3000; round++) {
        const int count = 1 + (int)(draw(&random) * 20.0), dense = (int)(draw(&random) * 1.3 * count) % (count + 1);
        const bool mixture = round % 3 != 0;
        const double scale = round % 2 == 0 ? 1.0 : 10.0;
        const double x = scale * (0.5 + draw(&random)), y = scale * (0.5 + draw(&random));
        const double head = 3.0 * scale * draw(&random), embedding = scale * draw(&random);
        double layers[32];
        prepare();
        problem.architecture.layers = count;
        problem.architecture.experts = mixture ? 4 : 1;
        problem.architecture.dense_layers = mixture ? dense : 0;
        set_part(CS_PART_DENSE, 0.4 * x, 0.6 * x);
        set_part(CS_PART_MIXTURE, 0.3 * y, 0.7 * y);
        set_part(CS_PART_EMBEDDING, embedding, 0.0);
        set_part(CS_PART_HEAD, 0.5 * head, 0.5 * head);
        for (int i = 0; i < count; i++) {
            layers[i] = !mixture || i < dense ? x : y;
        }
        for (int p = 1; p <= count && p < 12; p++) {
            cs_stage_prepare(&costs, p, &stage);
            const double best = best_split(layers, count, p, embedding, head);
            WITHIN(stage.slowest_forward + stage.slowest_backward, best, 1e-9);
            WITHIN(stage.slowest[CS_SHARE_COMPUTE], best, 1e-9);
        }
        sample_problem(&problem);
    }
}
END_TEST

/* Of splits that are equally fast the middle takes the layer more: stage 0 has the most micro-batches in flight, the
 * last one the logits. */
START_TEST(ties_go_to_the_middle)
{
    problem.architecture.layers = 4;
    prepare();
    set_part(CS_PART_DENSE, 0.25, 0.75);
    set_part(CS_PART_EMBEDDING, 0.0, 0.0);
    set_part(CS_PART_HEAD, 0.0, 0.0);
    cs_stage_prepare(&costs, 3, &stage);
    WITHIN(stage.slowest_forward + stage.slowest_backward, 2.0, 1e-12);
    WITHIN(stage.first_activation,
           costs.part[CS_PART_EMBEDDING].activation_bytes + costs.part[CS_PART_DENSE].activation_bytes, 1e-12);
    WITHIN(stage.last_activation,
           costs.part[CS_PART_HEAD].activation_bytes + costs.part[CS_PART_DENSE].activation_bytes, 1e-12);
}
END_TEST

START_TEST(layers_dealt_alike)
{
    problem.stack.layer_split = CS_LAYER_SPLIT_EVEN;
    prepare();
    set_part(CS_PART_DENSE, 0.4, 0.6);
    set_part(CS_PART_EMBEDDING, 0.0, 0.0);
    set_part(CS_PART_HEAD, 1.0, 2.0);
    cs_stage_prepare(&costs, 4, &stage); /* 12 layers each, the last with the head */
    WITHIN(stage.slowest_forward + stage.slowest_backward, 15.0, 1e-12);
    WITHIN(stage.rest_seconds, 36.0, 1e-12);
    cs_stage_prepare(&costs, 5, &stage); /* 48 layers do not divide by 5: 51 / 5 seconds at best, so 11 */
    WITHIN(stage.slowest_forward + stage.slowest_backward, 11.0, 1e-12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("split");
    TCase *cases = tcase_create("split");
    tcase_set_timeout(cases, 60.0);
    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_test(cases, the_split_is_the_best_of_all);
    tcase_add_test(cases, ties_go_to_the_middle);
    tcase_add_test(cases, layers_dealt_alike);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
