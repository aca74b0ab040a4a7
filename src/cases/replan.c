/* SPDX-License-Identifier: BSD-3-Clause */
/* The plan of a measured run: what follows from what its source states, and the same run with another plan. */
#include <stdio.h>
#include <string.h>

#include "cs_sweep/cases.h"
#include "cs_sweep/possible.h"

static enum cs_code resolve(struct cs_case *item, struct cs_error *error)
{
    struct cs_plan *k = &item->knobs;
    if (item->architecture.experts == 1) {
        k->expert = 1;
    }
    if (k->context == 0 && k->devices == 0) {
        k->context = 1; /* the fewest devices */
    }
    const bool stated = k->context > 0;
    cs_case_settle(k);
    if (!stated && k->context > 0 && item->seq_len % k->context != 0) {
        k->context = 0;
    }
    k->global_batch = item->global_batch;
    if (k->tensor == 0 || k->pipeline == 0 || k->context == 0) {
        return CS_OK; /* free degrees are searched; where none divides, that is the case's status */
    }
    const double wanted = (double)k->tensor * (double)k->pipeline * (double)k->context;
    if (wanted * (double)(k->data > 0 ? k->data : 1) > CS_CASE_DEVICES_MAX) {
        return cs_fail(error, CS_ERROR_CONFIG, "tensor x pipeline x data x context is %.0f devices; %d are the most.",
                       wanted * (double)(k->data > 0 ? k->data : 1), CS_CASE_DEVICES_MAX);
    }
    const int64_t ranks = (int64_t)wanted;
    if (k->data > 0 && k->devices == 0) {
        k->devices = ranks * k->data;
    } else if (k->devices > 0 && k->data == 0 && k->devices % ranks == 0) {
        k->data = k->devices / ranks;
    }
    if (ranks * k->data != k->devices) {
        return cs_fail(error, CS_ERROR_CONFIG,
                       "devices is %lld, but tensor x pipeline x data x context is %s%lld; the two must agree.",
                       (long long)k->devices, k->data > 0 ? "" : "a multiple of ",
                       (long long)(ranks * (k->data > 0 ? k->data : 1)));
    }
    return CS_OK;
}

enum cs_code cs_case_resolve(struct cs_case *item, struct cs_error *error)
{
    CS_TRY(resolve(item, error));
    /* What ran has run: what its degrees divide is not asked, only that the model has as much. */
    return cs_plan_possible(&item->architecture, item->seq_len, 0, &item->knobs, false, error);
}

/* ---- the same run with another plan ---- */

static bool is_given(const struct cs_plan *given, const char *name)
{
    return cs_knob_given(given, cs_knob_find(name));
}

/* "--tensor 4, --data 8" */
static void name_given(const struct cs_plan *given, char *text, size_t size)
{
    int32_t count = 0;
    size_t used = 0;
    const struct cs_knob *knobs = cs_knobs(&count);
    text[0] = '\0';
    for (int32_t i = 0; i < count && used < size; i++) {
        if (knobs[i].option != NULL && cs_knob_given(given, &knobs[i])) {
            char word[32];
            const int64_t value = cs_knob_get(given, &knobs[i]);
            if (knobs[i].words != NULL) {
                (void)cs_choice_name(knobs[i].words, (int32_t)value, word, sizeof word);
            } else {
                (void)snprintf(word, sizeof word, "%lld", (long long)value);
            }
            used += (size_t)snprintf(text + used, size - used, "%s%s %s", used > 0 ? ", " : "", knobs[i].option, word);
        }
    }
}

/* Refuses what is given and would be overruled, or has no meaning, in the plan that comes of it. */
static enum cs_code check_given(const struct cs_case *item, const struct cs_plan *given, const struct cs_plan *knobs,
                                struct cs_error *error)
{
    if (given->interleave > 1 && knobs->schedule > CS_SCHEDULE_1F1B) {
        return cs_fail(error, CS_ERROR_USAGE,
                       "--interleave %d: only the schedule 1f1b is interleaved; give "
                       "--schedule 1f1b too.",
                       (int)given->interleave);
    }
    if (given->interleave > 1 && knobs->pipeline == 1) {
        return cs_fail(error, CS_ERROR_USAGE,
                       "--interleave %d: a pipeline of one stage is not interleaved; give "
                       "--pipeline too.",
                       (int)given->interleave);
    }
    if (item->architecture.experts == 1 && (given->expert > 1 || given->expert_tensor > 1)) {
        return cs_fail(error, CS_ERROR_USAGE, "%s %d: the model of case %s has no experts.",
                       given->expert > 1 ? "--expert" : "--expert-tensor",
                       (int)(given->expert > 1 ? given->expert : given->expert_tensor), item->id);
    }
    if (given->recompute_layers > 0 && knobs->recompute == CS_RECOMPUTE_NONE) {
        return cs_fail(error, CS_ERROR_USAGE,
                       "--recompute-layers wants --recompute selective or full with it: none "
                       "recomputes no layer.");
    }
    if (given->pipeline > item->architecture.layers + CS_LAYERS_BESIDE) {
        return cs_fail(error, CS_ERROR_USAGE, "--pipeline %d: the model of case %s has %lld layers.",
                       (int)given->pipeline, item->id, (long long)item->architecture.layers);
    }
    return CS_OK;
}

/* The number of devices stays unless it is given or the data degree is: the data degree follows. */
static void follow_degrees(const struct cs_plan *given, struct cs_plan *knobs)
{
    const bool degree = is_given(given, "tensor") || is_given(given, "pipeline") || is_given(given, "context");
    const bool both = given->devices > 0 && given->data > 0;
    if (given->data > 0 && !both) {
        knobs->devices = 0;
    } else if (!both && (given->devices > 0 || (degree && knobs->devices > 0))) {
        knobs->data = 0;
    }
}

enum cs_code cs_case_replan(const struct cs_case *item, const struct cs_plan *given, struct cs_case *changed,
                            struct cs_error *error)
{
    struct cs_error why = {CS_OK, ""};
    char options[512];
    int32_t count = 0;
    const struct cs_knob *knobs = cs_knobs(&count);
    *changed = *item;
    struct cs_plan *plan = &changed->knobs;
    /* What followed from the stated plan follows anew. */
    plan->sequence_parallel = item->stated.sequence_parallel;
    plan->interleave = item->stated.interleave;
    if (given->recompute == CS_RECOMPUTE_NONE) {
        plan->recompute_layers = 0;
    }
    for (int32_t i = 0; i < count; i++) {
        if (cs_knob_given(given, &knobs[i])) {
            cs_knob_put(plan, &knobs[i], cs_knob_get(given, &knobs[i]));
        }
    }
    changed->global_batch = plan->global_batch;
    CS_TRY(check_given(item, given, plan, error));
    follow_degrees(given, plan);
    name_given(given, options, sizeof options);
    if (resolve(changed, &why) != CS_OK) {
        return cs_fail(error, CS_ERROR_USAGE, "%s cannot be applied to case %s: %s", options, item->id, why.message);
    }
    CS_TRY(cs_plan_possible(&item->architecture, item->seq_len, given->tensor > 0 ? CS_DIVIDES_HEADS : 0, plan, true,
                            error));
    const int64_t share = plan->data > 0 ? (plan->global_batch + plan->data - 1) / plan->data : plan->global_batch;
    if (given->micro_batch > share) {
        return cs_fail(error, CS_ERROR_USAGE, "--micro-batch %d: a replica of case %s has %lld sequences a step.",
                       (int)given->micro_batch, item->id, (long long)share);
    }
    changed->published = item;
    return CS_OK;
}
