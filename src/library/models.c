/* SPDX-License-Identifier: BSD-3-Clause */
/* Models: the shapes of real LLMs, and how each was trained. */
#include <string.h>

#include "read.h"

#define COUNT_OF(array) ((int32_t)(sizeof(array) / sizeof((array)[0])))

#define AND_KEY(member, ...) #member,
static const char *const mla_keys[] = {CS_MLA_FIELDS(AND_KEY)};
static const char *const keys[] = {CS_SHAPE_FIELDS(AND_KEY, AND_KEY) CS_MIXTURE_FIELDS(AND_KEY)
                                       CS_WINDOW_FIELDS(AND_KEY) CS_BLOCK_FIELDS(AND_KEY, AND_KEY) "params_from_shape",
                                   "attention", "mla", "positions",
                                   /* of a model that has a name */
                                   "name", "aliases", "source", "note", "sources",
                                   /* of its run */
                                   "tokens", "seq_len", "global_batch", "batch_ramp", "stack", "stack_year", "schedule",
                                   "recompute", "precision", "goodput", "network"};
enum { RUN_KEYS = 11, NAMED_KEYS = 5 + RUN_KEYS };

/* ---- reading ---- */
/* A field that must be stated where its default is below 0. */
static enum cs_code read_count(const struct cs_json *at, const char *key, int64_t low, int64_t high, int64_t standard,
                               int64_t *value, struct cs_error *error)
{
    *value = standard;
    return standard < 0 ? cs_json_required_count(at, key, low, high, value, error)
                        : cs_json_optional_count(at, key, low, high, value, error);
}

static enum cs_code read_flag(const struct cs_json *at, const char *key, bool *value, struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(at, key);
    return member != NULL ? cs_json_flag(member, value, error) : CS_OK;
}

/* A shape must state the dimension of its heads where they do not share d_model evenly. */
static int64_t head_dim_of(const struct cs_architecture *a)
{
    if (a->attention == CS_ATTENTION_MLA) {
        return a->mla_v_head_dim;
    }
    return a->d_model % a->heads == 0 ? a->d_model / a->heads : -1;
}

#define READ_COUNT(member, low, high, standard, ...)                                                                   \
    CS_TRY(read_count(at, #member, low, high, standard, &a->member, error));
#define READ_FLAG(member, ...)                                                                                         \
    if (&a->member != skipped) {                                                                                       \
        CS_TRY(read_flag(at, #member, &a->member, error));                                                             \
    }

static enum cs_code read_attention(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    const struct cs_json *mla = cs_json_given(at, "mla"), *window = cs_json_given(at, "window");
    int32_t kind = CS_ATTENTION_FULL;
    CS_TRY(cs_json_optional_choice(at, "attention", CS_ATTENTION_NAMES, &kind, error));
    a->attention = (enum cs_attention)kind;
    if (a->attention == CS_ATTENTION_MLA) {
        CS_TRY(cs_json_require(at, "mla", &mla, error));
        CS_TRY(cs_json_object(mla, error));
        CS_TRY(cs_json_known_keys(mla, COUNT_OF(mla_keys), mla_keys, error));
#define READ_MLA(member, low, high, standard, ...)                                                                     \
    CS_TRY(read_count(mla, #member, low, high, standard, &a->mla_##member, error));
        CS_MLA_FIELDS(READ_MLA)
#undef READ_MLA
    } else if (mla != NULL) {
        return cs_json_fail(mla, error, "goes with \"attention\": \"mla\" only.");
    }
    if (a->attention == CS_ATTENTION_SLIDING) {
        CS_WINDOW_FIELDS(READ_COUNT)
        if (a->full_attention_period > 0 && a->window_period > 1) {
            return cs_json_fail(cs_json_member(at, "full_attention_period"), error,
                                "stands in place of window_period; a model states one of the two.");
        }
    } else if (window != NULL) {
        return cs_json_fail(window, error, "goes with \"attention\": \"sliding\" only.");
    }
    return CS_OK;
}

static enum cs_code read_experts(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    CS_MIXTURE_FIELDS(READ_COUNT)
    if (a->experts == 1) {
        if (a->shared_experts > 0) {
            return cs_json_fail(cs_json_member(at, "shared_experts"), error,
                                "a dense model (experts 1) has no shared experts.");
        }
        a->d_expert = 0;
        a->dense_layers = a->layers;
    }
    return CS_OK;
}

static enum cs_code read_shape(const struct cs_json *at, struct cs_architecture *a, bool *tied_stated,
                               struct cs_error *error)
{
    const bool tied = cs_json_given(at, "tied_embedding") != NULL;
    const bool *skipped = tied_stated != NULL && !tied ? &a->tied_embedding : NULL;
    if (tied_stated != NULL) {
        *tied_stated = tied;
    }
    CS_TRY(read_attention(at, a, error)); /* decides the default of head_dim */
    CS_SHAPE_FIELDS(READ_COUNT, READ_FLAG)
    if (a->heads % a->kv_heads != 0) {
        return cs_json_fail(cs_json_member(at, "kv_heads"), error,
                            "%lld key-value heads do not divide the %lld heads: equally many heads share each.",
                            (long long)a->kv_heads, (long long)a->heads);
    }
    CS_TRY(read_experts(at, a, error));
    CS_BLOCK_FIELDS(READ_COUNT, READ_FLAG)
    int32_t learned = -1;
    CS_TRY(cs_json_optional_choice(at, "positions", "learned", &learned, error));
    a->learned_positions = learned >= 0 ? 1 : 0;
    /* A published count with which tests compare ours; only the shape enters the model. */
    double parameters = 0.0;
    return cs_json_optional_real(at, "params_from_shape", 1.0, 1e30, NULL, &parameters, error);
}

enum cs_code cs_read_architecture(const struct cs_json *at, struct cs_architecture *architecture, bool *tied_stated,
                                  struct cs_error *error)
{
    memset(architecture, 0, sizeof *architecture);
    CS_TRY(cs_json_object(at, error));
    CS_TRY(cs_json_known_keys(at, COUNT_OF(keys) - NAMED_KEYS, keys, error));
    return read_shape(at, architecture, tied_stated, error);
}

/* ---- the run ---- */
/* [[tokens, sequences], ...]: the stages before global_batch. */
static enum cs_code read_ramp(const struct cs_json *at, struct cs_batch_ramp *ramp, struct cs_error *error)
{
    CS_TRY(cs_json_array(at, error));
    if (at->count > CS_RAMP_MAX) {
        return cs_json_fail(at, error, "%d stages; at most %d are taken.", at->count, CS_RAMP_MAX);
    }
    for (const struct cs_json *stage = at->first; stage != NULL; stage = stage->next) {
        CS_TRY(cs_json_array(stage, error));
        if (stage->count != 2) {
            return cs_json_fail(stage, error, "expected [tokens, sequences], a stage of the run and its batch.");
        }
        CS_TRY(cs_json_real(stage->first, 1.0, 1e24, "token", &ramp->stages[ramp->count].tokens, error));
        CS_TRY(
            cs_json_count(stage->first->next, 1, 1000000000, "sequence", &ramp->stages[ramp->count].sequences, error));
        ramp->count++;
    }
    return CS_OK;
}

/* 0 where a choice is not stated, else 1 + its index. */
static enum cs_code read_stated(const struct cs_json *at, const char *key, const char *names, int32_t *value,
                                struct cs_error *error)
{
    int32_t index = -1;
    CS_TRY(cs_json_optional_choice(at, key, names, &index, error));
    *value = index + 1;
    return CS_OK;
}

/* "sources" says of single fields where they were read; only people read it. */
static enum cs_code read_sources(const struct cs_json *at, struct cs_error *error)
{
    const struct cs_json *sources = cs_json_given(at, "sources");
    if (sources == NULL) {
        return CS_OK;
    }
    CS_TRY(cs_json_object(sources, error));
    CS_TRY(cs_json_known_keys(sources, COUNT_OF(keys), keys, error));
    for (const struct cs_json *field = sources->first; field != NULL; field = field->next) {
        CS_TRY(cs_json_free_text(sources, field->key, NULL, 0, error));
    }
    return CS_OK;
}

/* {"device": name, "scale_out_gb_s": number}: the network of the site, with the device that it joined. */
static enum cs_code read_network(const struct cs_json *at, struct cs_model *model, struct cs_error *error)
{
    static const char *const network_keys[] = {"device", "scale_out_gb_s"};
    const struct cs_json *network = cs_json_given(at, "network"), *bandwidth = NULL;
    if (network == NULL) {
        return CS_OK;
    }
    CS_TRY(cs_json_object(network, error));
    CS_TRY(cs_json_known_keys(network, COUNT_OF(network_keys), network_keys, error));
    CS_TRY(cs_json_required_text(network, "device", model->scale_out_device, sizeof model->scale_out_device, error));
    CS_TRY(cs_json_require(network, "scale_out_gb_s", &bandwidth, error));
    CS_TRY(cs_json_real(bandwidth, 1e-6, 1e9, "GB/s", &model->scale_out_bandwidth, error));
    model->scale_out_bandwidth *= 1e9;
    return CS_OK;
}

static enum cs_code read_run(const struct cs_json *at, struct cs_model *model, struct cs_error *error)
{
    const struct cs_json *ramp = cs_json_given(at, "batch_ramp");
    CS_TRY(cs_json_optional_real(at, "tokens", 1.0, 1e24, "token", &model->tokens, error));
    CS_TRY(cs_json_optional_count(at, "seq_len", 1, 1000000000, &model->seq_len, error));
    CS_TRY(cs_json_optional_count(at, "global_batch", 1, 1000000000, &model->global_batch, error));
    if (ramp != NULL) {
        if (model->global_batch == 0) {
            return cs_json_fail(ramp, error, "wants global_batch with it, the batch of the rest of the run.");
        }
        CS_TRY(read_ramp(ramp, &model->ramp, error));
    }
    CS_TRY(read_stated(at, "stack", CS_STACK_NAMES, &model->stack, error));
    CS_TRY(cs_json_optional_count(at, "stack_year", 2019, 2026, &model->stack_year, error));
    CS_TRY(read_stated(at, "schedule", CS_SCHEDULE_NAMES, &model->schedule, error));
    CS_TRY(read_stated(at, "recompute", CS_RECOMPUTE_NAMES, &model->recompute, error));
    CS_TRY(read_stated(at, "precision", CS_MODEL_PRECISIONS, &model->precision, error));
    CS_TRY(cs_json_optional_real(at, "goodput", 1e-6, 1.0, NULL, &model->goodput, error));
    CS_TRY(read_network(at, model, error));
    return read_sources(at, error);
}

static enum cs_code read_model(const struct cs_json *at, struct cs_library *library, void *entry,
                               struct cs_error *error)
{
    (void)library;
    struct cs_model *model = entry;
    struct cs_architecture *architecture = &model->architecture;
    CS_TRY(read_shape(at, architecture, NULL, error));
    CS_TRY(cs_json_required_text(at, "name", architecture->name, sizeof architecture->name, error));
    CS_TRY(read_run(at, model, error));
    CS_TRY(cs_json_free_text(at, "source", NULL, 0, error));
    CS_TRY(cs_json_free_text(at, "note", NULL, 0, error));
    model->learned_positions = architecture->learned_positions > 0;
    return CS_OK;
}

/* ---- writing ---- */
#define WRITE_COUNT(member, ...) cs_emit_integer(emit, #member, a->member);
#define WRITE_FLAG(member, ...) cs_emit_bool(emit, #member, a->member);
#define WRITE_MLA(member, ...) cs_emit_integer(emit, #member, a->mla_##member);

void cs_emit_architecture(const struct cs_architecture *a, bool all, struct cs_emit *emit)
{
    char name[CS_NAME_MAX];
    CS_SHAPE_FIELDS(WRITE_COUNT, WRITE_FLAG)
    if (all || a->experts > 1) {
        CS_MIXTURE_FIELDS(WRITE_COUNT)
    }
    if (all || a->attention != CS_ATTENTION_FULL) {
        cs_emit_text(emit, "attention", cs_choice_name(CS_ATTENTION_NAMES, (int32_t)a->attention, name, sizeof name));
    }
    if (a->attention == CS_ATTENTION_MLA) {
        cs_emit_object(emit, "mla");
        CS_MLA_FIELDS(WRITE_MLA)
        cs_emit_object_end(emit);
    } else if (a->attention == CS_ATTENTION_SLIDING) {
        CS_WINDOW_FIELDS(WRITE_COUNT)
    }
    CS_BLOCK_FIELDS(WRITE_COUNT, WRITE_FLAG)
}

static void write_stated(struct cs_emit *emit, const char *key, const char *names, int32_t value)
{
    char name[CS_NAME_MAX];
    if (value > 0) {
        cs_emit_text(emit, key, cs_choice_name(names, value - 1, name, sizeof name));
    }
}

static void write_run(const struct cs_model *model, struct cs_emit *emit)
{
    if (model->tokens > 0.0) {
        cs_emit_real(emit, "tokens", model->tokens);
    }
    if (model->seq_len > 0) {
        cs_emit_integer(emit, "seq_len", model->seq_len);
    }
    if (model->global_batch > 0) {
        cs_emit_integer(emit, "global_batch", model->global_batch);
    }
    if (model->ramp.count > 0) {
        cs_emit_array(emit, "batch_ramp");
        for (int32_t i = 0; i < model->ramp.count; i++) {
            cs_emit_array(emit, NULL);
            cs_emit_real(emit, NULL, model->ramp.stages[i].tokens);
            cs_emit_integer(emit, NULL, model->ramp.stages[i].sequences);
            cs_emit_array_end(emit);
        }
        cs_emit_array_end(emit);
    }
    write_stated(emit, "stack", CS_STACK_NAMES, model->stack);
    if (model->stack_year > 0) {
        cs_emit_integer(emit, "stack_year", model->stack_year);
    }
    write_stated(emit, "schedule", CS_SCHEDULE_NAMES, model->schedule);
    write_stated(emit, "recompute", CS_RECOMPUTE_NAMES, model->recompute);
    write_stated(emit, "precision", CS_MODEL_PRECISIONS, model->precision);
    if (model->goodput > 0.0) {
        cs_emit_real(emit, "goodput", model->goodput);
    }
    if (model->scale_out_bandwidth > 0.0) {
        cs_emit_object(emit, "network");
        cs_emit_text(emit, "device", model->scale_out_device);
        cs_emit_real(emit, "scale_out_gb_s", model->scale_out_bandwidth / 1e9);
        cs_emit_object_end(emit);
    }
}

static void write_model(const void *entry, struct cs_emit *emit)
{
    const struct cs_model *model = entry;
    cs_emit_architecture(&model->architecture, false, emit);
    if (model->learned_positions) {
        cs_emit_text(emit, "positions", "learned");
    }
    write_run(model, emit);
}

const struct cs_entry_row cs_model_row = {"model",
                                          "models",
                                          "name",
                                          sizeof(struct cs_model),
                                          offsetof(struct cs_library, models),
                                          offsetof(struct cs_library, model_count),
                                          COUNT_OF(keys),
                                          keys,
                                          " A model dimension is written {\"d_model\": [8192]}.",
                                          read_model,
                                          write_model};
