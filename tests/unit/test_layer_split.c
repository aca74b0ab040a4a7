/* SPDX-License-Identifier: BSD-3-Clause */
/* The split of layers over stages against all contiguous ones, and what a stage says of its split, summed up layer by
 * layer: random parts, one kind of layer or two, all layers recomputed alike or only the first ones of every stage. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "sample.h"
#include "suite.h"

enum { LAYERS = 12, STAGES = 6, INSTANCES = 4000 };

/* So many of each part on one stage. */
struct held {
    double count[CS_PART_COUNT];
};

static struct cs_problem problem;
static struct cs_costs costs;
static struct cs_stage stage;
static int layers, dense_layers, stages, again; /* of the instance; again: layers of a stage that are recomputed */
static double second;                           /* a second, or less: a power of 2, so that sums are exact */
static uint64_t state;

static int below(int limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (int)((state >> 33) % (uint64_t)limit);
}

static void draw_part(struct cs_part *part)
{
    part->forward_seconds = part->forward[CS_SHARE_COMPUTE] = second * (1 + below(4));
    part->backward[CS_SHARE_TENSOR] = second * below(4);
    part->backward[CS_SHARE_EXPERT] = second * (1 + below(4));
    part->weight_gradient_seconds = second * below(3);
    part->hidden_all_to_all = second * below(3);
    part->parameters = 2.0 + below(50);
    part->activation_bytes = below(50);
    part->working_bytes = below(50);
}

static void finish_part(struct cs_part *part)
{
    part->backward_seconds = part->backward[CS_SHARE_TENSOR] + part->backward[CS_SHARE_EXPERT];
}

/* A recomputed layer takes up to 2 s more than one that is not: no more than any layer takes, or a stage that begins
 * one layer later could take longer. One that offloads what it keeps may take longer where it recomputes nothing. */
static void draw_layer(enum cs_part_kind kind, enum cs_part_kind kept, int expert_parameters)
{
    struct cs_part *part = &costs.part[kind];
    draw_part(part);
    part->expert_parameters = expert_parameters;
    costs.part[kept] = *part;
    if (below(4) == 0) {
        costs.part[kept].backward[CS_SHARE_TENSOR] += second * below(8);
    }
    finish_part(&costs.part[kept]);
    costs.part[kept].activation_bytes += below(50);
    costs.part[kept].working_bytes = below(50);
    part->backward[CS_SHARE_TENSOR] += second * below(3);
    finish_part(part);
}

static void draw_end(enum cs_part_kind kind)
{
    struct cs_part *part = &costs.part[kind];
    draw_part(part);
    if (below(4) == 0) {
        part->backward[CS_SHARE_TENSOR] += second * below(60);
    }
    if (below(4) == 0) {
        part->forward_seconds = part->forward[CS_SHARE_COMPUTE] = 0.0;
        part->backward[CS_SHARE_EXPERT] = 0.0;
    }
    finish_part(part);
}

static void draw(int number)
{
    state = (uint64_t)number;
    second = below(2) == 0 ? 1.0 : 0x1p-8;
    sample_problem(&problem);
    memset(&costs, 0, sizeof costs);
    costs.problem = &problem;
    layers = 1 + below(LAYERS);
    stages = 1 + below(STAGES);
    const int kinds = below(4); /* dense, mixtures, or both */
    dense_layers = kinds == 0 ? layers : kinds == 1 ? 0 : below(layers + 1);
    again = below(3) == 0 ? 0 : 1 + below(6);
    problem.architecture.layers = layers;
    problem.architecture.experts = kinds == 0 ? 1 : 4;
    problem.architecture.dense_layers = kinds == 0 ? 0 : dense_layers;
    problem.stack.layer_split = below(3) == 0 ? CS_LAYER_SPLIT_EVEN : CS_LAYER_SPLIT_BALANCED;
    draw_end(CS_PART_EMBEDDING);
    draw_end(CS_PART_HEAD);
    costs.part[CS_PART_EMBEDDING].working_bytes = 0.0;
    if (dense_layers > 0) {
        draw_layer(CS_PART_DENSE, CS_PART_DENSE_KEPT, 0);
    }
    if (dense_layers < layers) {
        draw_layer(CS_PART_MIXTURE, CS_PART_MIXTURE_KEPT, below(3) * 20);
    }
    draw_end(CS_PART_HEAD_KEPT);
    costs.part[CS_PART_HEAD_KEPT].expert_parameters = below(2) * 20;
    costs.kept = again > 0 || below(2) == 0;
    costs.tied_parameters = below(3);
}

/* ---- layer by layer ---- */

/* Stage s with n layers from `from` on. */
static struct held hold(int s, int from, int n)
{
    struct held held = {.count = {0.0}};
    for (int i = 0; i < n; i++) {
        const bool kept = again > 0 && i >= again;
        const bool dense = from + i < dense_layers;
        held.count[dense ? (kept ? CS_PART_DENSE_KEPT : CS_PART_DENSE)
                         : (kept ? CS_PART_MIXTURE_KEPT : CS_PART_MIXTURE)] += 1.0;
    }
    held.count[CS_PART_EMBEDDING] = s == 0;
    held.count[again > 0 ? CS_PART_HEAD_KEPT : CS_PART_HEAD] = s == stages - 1;
    return held;
}

/* A member of cs_part, by its offset, summed over what a stage holds. */
#define SUM_OF(held, member) sum_of(held, offsetof(struct cs_part, member))
static double sum_of(const struct held *held, size_t offset)
{
    double sum = 0.0;
    for (int kind = 0; kind < CS_PART_COUNT; kind++) {
        sum += held->count[kind] * *(const double *)(const void *)((const char *)&costs.part[kind] + offset);
    }
    return sum;
}

static double seconds_of(const struct held *held)
{
    return SUM_OF(held, forward_seconds) + SUM_OF(held, backward_seconds);
}

static double seconds(int s, int from, int n)
{
    const struct held held = hold(s, from, n);
    return seconds_of(&held);
}

static double working_of(const struct held *held)
{
    double most = 0.0;
    for (int kind = 0; kind < CS_PART_COUNT; kind++) {
        most = held->count[kind] > 0.0 ? fmax(most, costs.part[kind].working_bytes) : most;
    }
    return most;
}

/* The least slowest stage of all contiguous splits of the layers from `from` on over the stages from s on. Without
 * `ends` a stage that holds no layer takes no time: the least bound that lets all layers be dealt. */
static double least_slowest(int s, int from, bool ends)
{
    if (s == stages - 1) {
        return ends || from < layers ? seconds(s, from, layers - from) : 0.0;
    }
    double least = INFINITY;
    for (int n = 0; n <= layers - from; n++) {
        const double here = ends || n > 0 ? seconds(s, from, n) : 0.0;
        if (here >= least) {
            break; /* more layers take no less */
        }
        least = fmin(least, fmax(here, least_slowest(s + 1, from + n, ends)));
    }
    return least;
}

/* ---- the split that src/model/stage.c names, of all that are as good ---- */

struct expected {
    struct held first, middle, last, all;
};

static void add(struct held *sum, const struct held *held, double times)
{
    for (int kind = 0; kind < CS_PART_COUNT; kind++) {
        sum->count[kind] += times * held->count[kind];
    }
}

/* Stages that hold n[s] layers; of those between the first and the last the slowest, or the last, stands for all. */
static void expect(const int *n, bool last_of_middle, struct expected *expected)
{
    double slowest = -1.0;
    memset(expected, 0, sizeof *expected);
    for (int s = 0, from = 0; s < stages; from += n[s++]) {
        const struct held held = hold(s, from, n[s]);
        add(&expected->all, &held, 1.0);
        if (s == 0) {
            expected->first = held;
        }
        if (s == stages - 1) {
            expected->last = held;
        }
        if (s > 0 && s < stages - 1 && (last_of_middle || seconds_of(&held) > slowest)) {
            expected->middle = held;
            slowest = seconds_of(&held);
        }
    }
}

static void expect_even(struct expected *expected)
{
    int n[STAGES] = {0};
    for (int s = 0; s < stages; s++) {
        n[s] = layers / stages;
    }
    expect(n, true, expected);
}

/* Two kinds of layers: every stage in order holds what the least bound allows. */
static void expect_filled(struct expected *expected)
{
    const double bound = least_slowest(0, 0, false);
    int n[STAGES] = {0};
    for (int s = 0, from = 0; s < stages; from += n[s++]) {
        n[s] = 0;
        while (from + n[s] < layers && seconds(s, from, n[s] + 1) <= bound) {
            n[s]++;
        }
    }
    expect(n, false, expected);
}

/* Layers of one kind that a stage holds beside an end within so many seconds, were there enough of them. */
static int most_within(double bound, double end, double each, double again_each)
{
    int n = 0;
    double time = end;
    while ((time += n < again ? again_each : each) <= bound) {
        n++;
    }
    return n;
}

/* One kind: from the mean of a stage, were all layers of the faster sort, the bound rises to whichever next layer ends
 * first; of equal ones to those of the stages between, then of the first, then of the last. Where a stage between holds
 * a layer less than the others `all` counts it as one of them, up to the number of layers there are. */
static void expect_counted(struct expected *expected)
{
    const bool mixture = dense_layers == 0;
    const enum cs_part_kind kind = mixture ? CS_PART_MIXTURE : CS_PART_DENSE;
    const enum cs_part_kind kept = mixture ? CS_PART_MIXTURE_KEPT : CS_PART_DENSE_KEPT;
    const struct held end[3] = {hold(0, 0, 0), {.count = {0.0}}, hold(stages - 1, 0, 0)};
    const double again_each = costs.part[kind].forward_seconds + costs.part[kind].backward_seconds;
    const double each = again > 0 ? costs.part[kept].forward_seconds + costs.part[kept].backward_seconds : again_each;
    const int between = stages - 2;
    double bound = (layers * fmin(each, again_each) + seconds_of(&end[0]) + seconds_of(&end[2])) / stages;
    int n[3] = {0};
    for (int s = 0; s < 3; s++) {
        n[s] = s == 1 && between == 0 ? 0 : most_within(bound, seconds_of(&end[s]), each, again_each);
    }
    while (n[0] + between * n[1] + n[2] < layers) {
        static const int order[] = {1, 0, 2};
        int next = order[2];
        double least = INFINITY;
        for (int i = between > 0 ? 0 : 1; i < 3; i++) {
            const int s = order[i], now = n[s] + 1;
            const double time = seconds_of(&end[s]) + fmin(now, again) * again_each + fmax(now - again, 0.0) * each;
            if (time < least) {
                next = s;
                least = time;
            }
        }
        n[next]++;
    }
    const int first = n[0] < layers ? n[0] : layers;
    const int middle = n[1] < layers - first ? n[1] : layers - first;
    const int left = layers - first - between * n[1];
    const int last = left < 0 ? 0 : left < n[2] ? left : n[2];
    memset(expected, 0, sizeof *expected);
    expected->first = hold(0, 0, first);
    expected->middle = hold(1, 0, middle);
    if (between == 0) {
        memset(&expected->middle, 0, sizeof expected->middle);
    }
    expected->last = hold(stages - 1, layers - last, last);
    const double recomputed =
        fmin(layers, expected->first.count[kind] + between * expected->middle.count[kind] + expected->last.count[kind]);
    add(&expected->all, &end[0], 1.0);
    add(&expected->all, &end[2], 1.0);
    expected->all.count[kind] = again > 0 ? recomputed : layers;
    expected->all.count[kept] = again > 0 ? layers - recomputed : 0.0;
}

/* ---- what a stage says of its split ---- */

static struct held slowest_of(const struct expected *expected)
{
    struct held slow = expected->first;
    if (seconds_of(&expected->middle) > seconds_of(&slow)) {
        slow = expected->middle;
    }
    return seconds_of(&expected->last) > seconds_of(&slow) ? expected->last : slow;
}

#define SAME(value, wanted)                                                                                            \
    ck_assert_msg((value) == (wanted),                                                                                 \
                  "instance %d, %d layers, %d dense, %d stages, %d again: " #value " is %g, not %g", number, layers,   \
                  dense_layers, stages, again, (double)(value), (double)(wanted))

static void check_times(int number, const struct expected *expected)
{
    const struct held slow = slowest_of(expected);
    for (int kind = 0; kind < CS_PART_COUNT; kind++) {
        SAME(stage.slow.count[kind], slow.count[kind]);
        SAME(stage.all.count[kind], expected->all.count[kind]);
    }
    SAME(stage.slowest_forward, SUM_OF(&slow, forward_seconds));
    SAME(stage.slowest_backward, SUM_OF(&slow, backward_seconds));
    SAME(stage.slowest_weight_gradient, SUM_OF(&slow, weight_gradient_seconds));
    SAME(stage.slowest_hidden_all_to_all, SUM_OF(&slow, hidden_all_to_all));
    for (int i = 0; i < CS_SHARE_COUNT; i++) {
        SAME(stage.slowest[i], SUM_OF(&slow, forward[i]) + SUM_OF(&slow, backward[i]));
    }
    SAME(stage.overlap_forward, SUM_OF(&slow, forward_seconds));
    SAME(stage.overlap_backward, SUM_OF(&slow, backward_seconds));
    SAME(stage.rest_seconds, fmax(seconds_of(&expected->all) - seconds_of(&slow), 0.0));
}

static void check_memory(int number, const struct expected *expected)
{
    const struct held *first = &expected->first, *middle = &expected->middle, *last = &expected->last;
    double parameters = SUM_OF(first, parameters), expert_parameters = SUM_OF(first, expert_parameters);
    double activation = SUM_OF(first, activation_bytes), fixed = working_of(first);
    if (SUM_OF(middle, expert_parameters) > expert_parameters) {
        parameters = fmax(parameters, SUM_OF(middle, parameters));
        expert_parameters = SUM_OF(middle, expert_parameters);
        activation = fmax(activation, SUM_OF(middle, activation_bytes));
        fixed = fmax(fixed, working_of(middle));
    }
    double last_parameters = SUM_OF(last, parameters);
    if (stages == 1) {
        last_parameters = parameters -= costs.tied_parameters;
    }
    const double last_experts = SUM_OF(last, expert_parameters);
    const bool at_last = last_parameters + last_experts > parameters + expert_parameters;
    SAME(stage.first_activation, activation);
    SAME(stage.first_fixed, fixed);
    SAME(stage.first_parameters, parameters);
    SAME(stage.first_expert_parameters, expert_parameters);
    SAME(stage.last_activation, SUM_OF(last, activation_bytes));
    SAME(stage.last_fixed, working_of(last));
    SAME(stage.last_parameters, last_parameters);
    SAME(stage.last_expert_parameters, last_experts);
    SAME(stage.sync_parameters, at_last ? last_parameters : parameters);
    SAME(stage.sync_expert_parameters, at_last ? last_experts : expert_parameters);
    SAME(stage.largest_layer_parameters,
         fmax(costs.part[CS_PART_DENSE].parameters, costs.part[CS_PART_MIXTURE].parameters));
    SAME(stage.largest_layer_expert_parameters, costs.part[CS_PART_MIXTURE].expert_parameters);
}

START_TEST(least_slowest_of_all_splits)
{
    for (int number = 0; number < INSTANCES; number++) {
        struct expected expected;
        draw(number);
        cs_stage_prepare_layers(&costs, stages, again, &stage);
        const bool even = problem.stack.layer_split == CS_LAYER_SPLIT_EVEN && layers % stages == 0;
        if (stages == 1 || even) {
            expect_even(&expected);
        } else if (dense_layers > 0 && dense_layers < layers) {
            expect_filled(&expected);
        } else {
            expect_counted(&expected);
        }
        if (!even) {
            SAME(stage.slowest_forward + stage.slowest_backward, least_slowest(0, 0, true));
        }
        check_times(number, &expected);
        check_memory(number, &expected);
    }
}
END_TEST

int main(void)
{
    TCase *const cases = tcase_create("layer_split");
    tcase_add_test(cases, least_slowest_of_all_splits);
    Suite *const suite = suite_create("layer_split");
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
