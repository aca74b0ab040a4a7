/* SPDX-License-Identifier: BSD-3-Clause */
/* Before "no plan" is said: what of the user's own would give one. Each thing is changed by itself, and searched. */
#include <stdio.h>
#include <string.h>

#include "cs_sweep/units.h"
#include "point.h"

/* The context degrees that are tried: those of published runs (Llama 3 trains 131,072 tokens with 16). */
static const struct cs_list contexts = {.count = 7, .values = {1, 2, 4, 8, 16, 32, 64}};

/* Searches the design as it was changed; keeps the lever where there is a plan. */
static void try_lever(struct cs_point *point, struct cs_search_workspace *workspace,
                      const struct cs_design_point *other, const char *what)
{
    struct cs_point_lever *const lever = &point->levers[point->lever_count];
    if (point->lever_count == CS_POINT_LEVERS_MAX) {
        return;
    }
    point->levers_tried++;
    cs_point_answer(point, other, workspace, 1, &lever->result);
    if (lever->result.status == CS_STATUS_FEASIBLE) {
        snprintf(lever->what, sizeof lever->what, "%s", what);
        point->lever_count++;
    }
}

/* Each knob that was given, left to the search; all of them where one does not suffice. */
static void free_knobs(struct cs_point *point, struct cs_search_workspace *workspace)
{
    int32_t count = 0, given = 0;
    const struct cs_knob *const knobs = cs_knobs(&count);
    struct cs_design_point all = point->design;
    for (int32_t i = 0; i < count; i++) {
        struct cs_design_point other = point->design;
        char what[64];
        const bool counts = strcmp(knobs[i].name, "devices") == 0 || strcmp(knobs[i].name, "global_batch") == 0;
        if (counts || knobs[i].option == NULL || !cs_knob_given(&other.space.given, &knobs[i])) {
            continue;
        }
        cs_knob_put(&other.space.given, &knobs[i], knobs[i].free);
        cs_knob_put(&all.space.given, &knobs[i], knobs[i].free);
        given++;
        (void)snprintf(what, sizeof what, "without %s", knobs[i].option);
        try_lever(point, workspace, &other, what);
    }
    if (given > 1 && point->lever_count == 0) {
        try_lever(point, workspace, &all, "without the degrees that are given");
    }
}

/* The largest numbers of devices below the given one that servers, experts or both divide, and a power of two. */
static void fewer_devices(struct cs_point *point, struct cs_search_workspace *workspace)
{
    const int64_t given = point->design.space.given.devices;
    const int64_t server = (int64_t)point->design.problem.device.devices_per_server;
    const int64_t experts = point->design.problem.architecture.experts;
    const int64_t units[] = {server > 0 ? server : 1, experts > 0 ? experts : 1, server * experts};
    const int32_t before = point->lever_count;
    for (size_t i = 0; i <= sizeof units / sizeof units[0] && point->lever_count == before; i++) {
        struct cs_design_point other = point->design;
        int64_t devices = 1;
        if (i < sizeof units / sizeof units[0]) {
            devices = units[i] > 0 ? given / units[i] * units[i] : 0;
        } else {
            while (2 * devices < given) {
                devices *= 2;
            }
        }
        if (devices > 0 && devices < given) {
            char what[64];
            other.space.given.devices = devices;
            (void)snprintf(what, sizeof what, "--devices %lld", (long long)devices);
            try_lever(point, workspace, &other, what);
        }
    }
}

/* Twice as many devices, and twice as many again: where the memory of those given does not suffice. */
static void more_devices(struct cs_point *point, struct cs_search_workspace *workspace)
{
    enum { DOUBLINGS = 8 };
    const int32_t before = point->lever_count;
    for (int i = 1; i <= DOUBLINGS && point->lever_count == before; i++) {
        struct cs_design_point other = point->design;
        char what[64];
        other.space.given.devices <<= i;
        (void)snprintf(what, sizeof what, "--devices %lld", (long long)other.space.given.devices);
        try_lever(point, workspace, &other, what);
    }
}

static void later_deadlines(struct cs_point *point, struct cs_search_workspace *workspace)
{
    enum { DOUBLINGS = 8 };
    const int32_t before = point->lever_count;
    for (int i = 1; i <= DOUBLINGS && point->lever_count == before; i++) {
        struct cs_design_point other = point->design;
        char what[64];
        other.problem.deadline *= (double)(1 << i);
        (void)snprintf(what, sizeof what, "--set training.deadline_days=%.6g",
                       other.problem.deadline / CS_SECONDS_PER_DAY);
        try_lever(point, workspace, &other, what);
    }
}

/* Larger batches and a smaller one, of the given batch or of the critical one, until one gives a plan. */
static void other_batches(struct cs_point *point, struct cs_search_workspace *workspace)
{
    static const double factors[] = {2.0, 4.0, 8.0, 0.5};
    const struct cs_problem *const problem = &point->design.problem;
    const int64_t batch = point->design.space.given.global_batch > 0 ? point->design.space.given.global_batch
                          : problem->global_batch > 0                ? problem->global_batch
                                                                     : problem->law.critical_sequences;
    const int32_t before = point->lever_count;
    /* A power of two divides over most numbers of replicas. */
    int64_t even = 1;
    while (2 * even <= batch) {
        even *= 2;
    }
    for (size_t i = 0; i < sizeof factors / sizeof factors[0] && point->lever_count == before; i++) {
        struct cs_design_point other = point->design;
        const int64_t value = (int64_t)(factors[i] * (double)even);
        char what[64];
        if (value < 1 || value > (int64_t)CS_BATCH_MAX) {
            continue;
        }
        other.problem.global_batch = value;
        other.space.given.global_batch = value;
        (void)snprintf(what, sizeof what, "--batch %lld", (long long)value);
        try_lever(point, workspace, &other, what);
    }
}

void cs_point_find_levers(struct cs_point *point, struct cs_search_workspace *workspace)
{
    const struct cs_search_settings *const settings = &point->design.space.settings;
    const struct cs_plan *const given = &point->design.space.given;
    struct cs_design_point other = point->design;
    free_knobs(point, workspace);
    if (given->context == 0) {
        other.space.settings.context_degrees = contexts;
        try_lever(point, workspace, &other, "--set 'search.context_degrees=[1,2,4,8,16,32,64]'");
    }
    if (given->expert == 0 && point->design.problem.architecture.experts > 1 &&
        (settings->expert_degrees.count > 0 || settings->expert_degrees.name != CS_EXPERT_DEGREES_DIVISORS)) {
        other = point->design;
        other.space.settings.expert_degrees = (struct cs_list){.name = CS_EXPERT_DEGREES_DIVISORS};
        try_lever(point, workspace, &other, "--set search.expert_degrees=divisors");
    }
    if (settings->divisibility == CS_DIVISIBILITY_STRICT) {
        other = point->design;
        other.space.settings.divisibility = CS_DIVISIBILITY_RELAXED;
        try_lever(point, workspace, &other, "--set search.divisibility=relaxed");
    }
    if (settings->max_devices > 0 && given->devices == 0) {
        other = point->design;
        other.space.settings.max_devices = 0;
        try_lever(point, workspace, &other, "--set search.max_devices=0");
    }
    if (given->devices > 0) {
        fewer_devices(point, workspace);
    }
    if (given->devices > 0 && point->lever_count == 0) {
        more_devices(point, workspace);
    }
    if (point->objective != CS_MIN_TIME) {
        later_deadlines(point, workspace);
    }
    other_batches(point, workspace);
}
