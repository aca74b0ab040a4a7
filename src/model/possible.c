/* SPDX-License-Identifier: BSD-3-Clause */
/* Plans that no framework could launch for a model. */
#include "cs_sweep/possible.h"

#include <stdio.h>

struct check {
    const struct cs_architecture *architecture;
    int64_t seq_len;
    unsigned divides;
    bool options;
    const struct cs_plan *plan;
};

/* "--tensor 128" or "tensor 128". */
static const char *named(const struct check *check, const char *name, char text[64])
{
    const struct cs_knob *knob = cs_knob_find(name);
    const bool option = check->options && knob->option != NULL;
    (void)snprintf(text, 64, "%s %lld", option ? knob->option : name, (long long)cs_knob_get(check->plan, knob));
    return text;
}

bool cs_heads_split(const struct cs_architecture *architecture, int64_t tensor)
{
    return architecture->heads % tensor == 0 &&
           (architecture->kv_heads % tensor == 0 || tensor % architecture->kv_heads == 0);
}

static enum cs_code check_tensor(const struct check *check, struct cs_error *error)
{
    const struct cs_architecture *const a = check->architecture;
    const int64_t tensor = check->plan->tensor;
    char text[64];
    if (tensor > a->heads) {
        return cs_fail(error, CS_ERROR_CONFIG,
                       "%s: the model has %lld attention heads, and each rank takes one at least.",
                       named(check, "tensor", text), (long long)a->heads);
    }
    if ((check->divides & CS_DIVIDES_HEADS) != 0 && tensor > 0 && a->heads % tensor != 0) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: it does not divide the model's %lld attention heads.",
                       named(check, "tensor", text), (long long)a->heads);
    }
    /* Where there are more ranks than key-value heads, these are copied. */
    if ((check->divides & CS_DIVIDES_HEADS) != 0 && tensor > 0 && !cs_heads_split(a, tensor)) {
        return cs_fail(error, CS_ERROR_CONFIG,
                       "%s: it neither divides the model's %lld key-value heads nor is a multiple of them.",
                       named(check, "tensor", text), (long long)a->kv_heads);
    }
    return CS_OK;
}

/* Embedding and head count as layers, as in Llama 3: 126 layers in 16 stages of 8 chunks (arXiv 2407.21783, 3.3.2). */
static enum cs_code check_pipeline(const struct check *check, struct cs_error *error)
{
    const struct cs_plan *const plan = check->plan;
    const int64_t layers = check->architecture->layers, most = layers + CS_LAYERS_BESIDE;
    const int64_t chunks = plan->interleave > 0 ? plan->interleave : 1;
    char text[64], other[64];
    if (plan->pipeline > most) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: the model has %lld layers, %lld with embedding and head.",
                       named(check, "pipeline", text), (long long)layers, (long long)most);
    }
    if (chunks > 1 && plan->pipeline == 1) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: a pipeline of 1 stage is not interleaved.",
                       named(check, "interleave", text));
    }
    if (chunks > 1 && plan->schedule > CS_SCHEDULE_1F1B) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: only the schedule 1f1b is interleaved.",
                       named(check, "interleave", text));
    }
    /* A free pipeline has two stages at least. */
    const int64_t stages = plan->pipeline > 0 ? plan->pipeline : chunks > 1 ? 2 : 1;
    if (chunks > most / stages) {
        return cs_fail(
            error, CS_ERROR_CONFIG,
            "%s: %lld layers, %lld with embedding and head, over %lld stages are at most %lld chunks a stage.",
            named(check, "interleave", text), (long long)layers, (long long)most, (long long)stages,
            (long long)(most / stages));
    }
    if ((check->divides & CS_DIVIDES_LAYERS) != 0 && plan->pipeline > 0 && layers % (plan->pipeline * chunks) != 0) {
        return cs_fail(error, CS_ERROR_CONFIG,
                       "%s%s%s: under strict divisibility all %lld chunks have equally many of the %lld layers.",
                       named(check, "pipeline", text), chunks > 1 ? ", " : "",
                       chunks > 1 ? named(check, "interleave", other) : "", (long long)(plan->pipeline * chunks),
                       (long long)layers);
    }
    /* Not of a case: what ran has run. */
    if (check->options && plan->schedule == CS_SCHEDULE_DUALPIPE && plan->pipeline > 0 && plan->pipeline % 2 != 0) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: the schedule dualpipe wants an even number of stages.",
                       named(check, "pipeline", text));
    }
    return CS_OK;
}

static enum cs_code check_experts(const struct check *check, struct cs_error *error)
{
    const struct cs_plan *const plan = check->plan;
    const int64_t experts = check->architecture->experts;
    char text[64];
    if (experts <= 1 && (plan->expert > 1 || plan->expert_tensor > 1)) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: the model has no experts.",
                       named(check, plan->expert > 1 ? "expert" : "expert_tensor", text));
    }
    if (plan->expert > 0 && experts % plan->expert != 0) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: the model has %lld experts, equally many on each rank.",
                       named(check, "expert", text), (long long)experts);
    }
    if (plan->expert_tensor > check->architecture->d_expert && experts > 1) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: an expert is %lld wide.", named(check, "expert_tensor", text),
                       (long long)check->architecture->d_expert);
    }
    return CS_OK;
}

static enum cs_code check_ranks(const struct check *check, struct cs_error *error)
{
    const struct cs_plan *const plan = check->plan;
    const double product = (double)(plan->tensor > 0 ? plan->tensor : 1) *
                           (double)(plan->pipeline > 0 ? plan->pipeline : 1) *
                           (double)(plan->context > 0 ? plan->context : 1) * (double)(plan->data > 0 ? plan->data : 1);
    const bool all = plan->tensor > 0 && plan->pipeline > 0 && plan->context > 0 && plan->data > 0;
    char text[64];
    if (plan->devices > 0 && product > (double)plan->devices) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: the degrees that are given want %.15g.",
                       named(check, "devices", text), product);
    }
    if (plan->devices > 0 && (plan->devices % (int64_t)product != 0 || (all && plan->devices != (int64_t)product))) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: the degrees that are given want %s%.15g.",
                       named(check, "devices", text), all ? "" : "a multiple of ", product);
    }
    return CS_OK;
}

static enum cs_code check_batch(const struct check *check, struct cs_error *error)
{
    const struct cs_plan *const plan = check->plan;
    const bool known = plan->devices > 0 && plan->tensor > 0 && plan->pipeline > 0 && plan->context > 0;
    const int64_t replicas = plan->data > 0 ? plan->data
                             : known        ? plan->devices / ((int64_t)plan->tensor * plan->pipeline * plan->context)
                                            : 1;
    char text[64], other[64];
    if (plan->global_batch > 0 && plan->global_batch % replicas != 0) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: %lld data-parallel replicas want a multiple of %lld sequences.",
                       named(check, "global_batch", text), (long long)replicas, (long long)replicas);
    }
    if (plan->global_batch > 0 && plan->micro_batch > 0 && plan->global_batch / replicas % plan->micro_batch != 0) {
        return cs_fail(error, CS_ERROR_CONFIG,
                       "%s, %s: a replica has %lld sequences a step, and micro-batches are full.",
                       named(check, "global_batch", text), named(check, "micro_batch", other),
                       (long long)(plan->global_batch / replicas));
    }
    return CS_OK;
}

enum cs_code cs_plan_possible(const struct cs_architecture *architecture, int64_t seq_len, unsigned divides,
                              const struct cs_plan *given, bool options, struct cs_error *error)
{
    const struct check check = {architecture, seq_len, divides, options, given};
    char text[64];
    CS_TRY(check_tensor(&check, error));
    CS_TRY(check_pipeline(&check, error));
    CS_TRY(check_experts(&check, error));
    if (given->context > 0 && seq_len % given->context != 0) {
        return cs_fail(error, CS_ERROR_CONFIG, "%s: a sequence of %lld tokens is cut into equal parts.",
                       named(&check, "context", text), (long long)seq_len);
    }
    return CS_OK;
}

enum cs_code cs_plan_divides(const struct cs_plan *given, bool options, struct cs_error *error)
{
    const struct check check = {.options = options, .plan = given};
    CS_TRY(check_ranks(&check, error));
    return check_batch(&check, error);
}
