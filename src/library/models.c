/* SPDX-License-Identifier: BSD-3-Clause */
/* Models: shapes of real LLMs, and model dimensions. */
#include <stdlib.h>
#include <string.h>

#include "read.h"

#define ATTENTION_NAMES "full|sliding|mla"
/* Vocabulary of a shape that states none: GPT-2's, padded (Megatron-LM), as scaling_law.vocab. */
enum { VOCAB_DEFAULT = 51200 };

/* A whole number that may be null or absent where `fallback` >= 0. */
static enum cs_code whole(const struct cs_json *at, const char *key, int64_t low, int64_t high, int64_t fallback,
                          int64_t *value, struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(at, key);
    if (fallback >= 0 && (member == NULL || member->type == CS_JSON_NULL)) {
        *value = fallback;
        return CS_OK;
    }
    CS_TRY(cs_json_require(at, key, &member, error));
    return cs_json_count(member, low, high, NULL, value, error);
}

static enum cs_code flag(const struct cs_json *at, const char *key, bool *value, bool *stated, struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(at, key);
    *value = false;
    if (stated != NULL) {
        *stated = member != NULL && member->type != CS_JSON_NULL;
        if (!*stated) {
            return CS_OK;
        }
    }
    return member != NULL ? cs_json_flag(member, value, error) : CS_OK;
}

static enum cs_code read_mla(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    static const char *const keys[] = {"q_lora", "kv_lora", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"};
    const struct cs_json *mla = NULL;
    CS_TRY(cs_json_require(at, "mla", &mla, error));
    CS_TRY(cs_json_object(mla, error));
    CS_TRY(cs_json_known_keys(mla, sizeof keys / sizeof keys[0], keys, error));
    CS_TRY(whole(mla, "q_lora", 0, CS_D_MODEL_MAX, 0, &a->mla_q_lora, error));
    CS_TRY(whole(mla, "kv_lora", 1, CS_D_MODEL_MAX, -1, &a->mla_kv_lora, error));
    CS_TRY(whole(mla, "qk_nope_head_dim", 1, CS_D_MODEL_MAX, -1, &a->mla_qk_nope_head_dim, error));
    CS_TRY(whole(mla, "qk_rope_head_dim", 0, CS_D_MODEL_MAX, -1, &a->mla_qk_rope_head_dim, error));
    return whole(mla, "v_head_dim", 1, CS_D_MODEL_MAX, -1, &a->mla_v_head_dim, error);
}

static enum cs_code read_attention(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(at, "attention");
    int32_t kind = CS_ATTENTION_FULL;
    if (member != NULL && member->type != CS_JSON_NULL) {
        CS_TRY(cs_json_choice(member, ATTENTION_NAMES, &kind, error));
    }
    a->attention = (enum cs_attention)kind;
    CS_TRY(whole(at, "kv_heads", 1, a->heads, a->heads, &a->kv_heads, error));
    const int64_t head_dim = a->d_model % a->heads == 0 ? a->d_model / a->heads : -1;
    if (a->attention == CS_ATTENTION_MLA) {
        CS_TRY(read_mla(at, a, error));
        CS_TRY(whole(at, "head_dim", 1, CS_D_MODEL_MAX, a->mla_v_head_dim, &a->head_dim, error));
    } else if ((member = cs_json_member(at, "mla")) != NULL && member->type != CS_JSON_NULL) {
        return cs_json_fail(member, error, "goes with \"attention\": \"mla\" only.");
    } else {
        CS_TRY(whole(at, "head_dim", 1, CS_D_MODEL_MAX, head_dim, &a->head_dim, error));
    }
    if (a->attention == CS_ATTENTION_SLIDING) {
        CS_TRY(whole(at, "window", 1, 1000000000, -1, &a->window, error));
        return whole(at, "window_period", 1, 1000000, 1, &a->window_period, error);
    }
    if ((member = cs_json_member(at, "window")) != NULL && member->type != CS_JSON_NULL) {
        return cs_json_fail(member, error, "goes with \"attention\": \"sliding\" only.");
    }
    return CS_OK;
}

static enum cs_code read_experts(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    const struct cs_json *member = NULL;
    CS_TRY(whole(at, "experts", 1, 1000000, 1, &a->experts, error));
    CS_TRY(whole(at, "experts_active", 1, a->experts, 1, &a->experts_active, error));
    CS_TRY(whole(at, "shared_experts", 0, 1000000, 0, &a->shared_experts, error));
    if (a->experts == 1) {
        a->d_expert = 0;
        a->dense_layers = a->layers;
        int64_t ignored = 0;
        CS_TRY(whole(at, "d_expert", 0, 1000000000, 0, &ignored, error));
        if (a->shared_experts > 0) {
            member = cs_json_member(at, "shared_experts");
            return cs_json_fail(member, error, "a dense model (experts 1) has no shared experts.");
        }
        return whole(at, "dense_layers", 0, a->layers, 0, &ignored, error);
    }
    CS_TRY(whole(at, "d_expert", 1, 1000000000, -1, &a->d_expert, error));
    return whole(at, "dense_layers", 0, a->layers, 0, &a->dense_layers, error);
}

static enum cs_code read_positions(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(at, "positions");
    if (member != NULL && member->type != CS_JSON_NULL) {
        int32_t learned = 0;
        CS_TRY(cs_json_choice(member, "learned", &learned, error));
        a->learned_positions = 1;
    }
    /* A count to check ours against (tests do); the shape alone decides. */
    if ((member = cs_json_member(at, "params_from_shape")) != NULL && member->type != CS_JSON_NULL) {
        double parameters = 0.0;
        CS_TRY(cs_json_real(member, 1.0, 1e30, NULL, &parameters, error));
    }
    return CS_OK;
}

enum cs_code cs_read_architecture(const struct cs_json *at, int32_t more_count, const char *const *more,
                                  struct cs_architecture *architecture, bool *tied_stated, struct cs_error *error)
{
    static const char *const shape[] = {"layers",
                                        "d_model",
                                        "heads",
                                        "kv_heads",
                                        "head_dim",
                                        "d_ff",
                                        "gated_ffn",
                                        "vocab",
                                        "tied_embedding",
                                        "experts",
                                        "experts_active",
                                        "shared_experts",
                                        "d_expert",
                                        "dense_layers",
                                        "params_from_shape",
                                        "attention",
                                        "mla",
                                        "window",
                                        "window_period",
                                        "parallel_block",
                                        "mtp_layers",
                                        "positions"};
    enum { SHAPE = sizeof shape / sizeof shape[0], MORE_MAX = 16 };
    const char *keys[SHAPE + MORE_MAX];
    memcpy(keys, shape, sizeof shape);
    for (int32_t i = 0; i < more_count && i < MORE_MAX; i++) {
        keys[SHAPE + i] = more[i];
    }
    struct cs_architecture *a = architecture;
    memset(a, 0, sizeof *a);
    CS_TRY(cs_json_object(at, error));
    CS_TRY(cs_json_known_keys(at, SHAPE + (more_count < MORE_MAX ? more_count : MORE_MAX), keys, error));
    CS_TRY(whole(at, "layers", 1, CS_LAYERS_MAX, -1, &a->layers, error));
    CS_TRY(whole(at, "d_model", 1, CS_D_MODEL_MAX, -1, &a->d_model, error));
    CS_TRY(whole(at, "heads", 1, 1000000, -1, &a->heads, error));
    CS_TRY(read_attention(at, a, error));
    CS_TRY(whole(at, "d_ff", 1, 1000000000, 4 * a->d_model, &a->d_ff, error));
    CS_TRY(flag(at, "gated_ffn", &a->gated_ffn, NULL, error));
    CS_TRY(whole(at, "vocab", 1, 1000000000, VOCAB_DEFAULT, &a->vocab, error));
    CS_TRY(flag(at, "tied_embedding", &a->tied_embedding, tied_stated, error));
    CS_TRY(read_experts(at, a, error));
    CS_TRY(flag(at, "parallel_block", &a->parallel_block, NULL, error));
    CS_TRY(whole(at, "mtp_layers", 0, 1000, 0, &a->mtp_layers, error));
    return read_positions(at, a, error);
}

static enum cs_code no_memory(struct cs_error *error)
{
    return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory for the models.");
}

static enum cs_code append_model(const struct cs_model *model, struct cs_library *library, int32_t *index,
                                 struct cs_error *error)
{
    struct cs_model *models = cs_grow(library->models, library->model_count, sizeof *models);
    if (models == NULL) {
        return no_memory(error);
    }
    library->models = models;
    models[library->model_count] = *model;
    *index = library->model_count++;
    return CS_OK;
}

enum cs_code cs_add_model(const struct cs_json *at, struct cs_library *library, int32_t *index, struct cs_error *error)
{
    static const char *const more[] = {"name", "aliases", "tokens", "seq_len", "source", "note"};
    const struct cs_json *member = NULL;
    struct cs_model model;
    memset(&model, 0, sizeof model);
    CS_TRY(cs_read_architecture(at, sizeof more / sizeof more[0], more, &model.architecture, NULL, error));
    CS_TRY(cs_json_require(at, "name", &member, error));
    CS_TRY(cs_json_text(member, model.architecture.name, sizeof model.architecture.name, error));
    if ((member = cs_json_member(at, "tokens")) != NULL && member->type != CS_JSON_NULL) {
        CS_TRY(cs_json_real(member, 1.0, 1e24, "token", &model.tokens, error));
    }
    CS_TRY(whole(at, "seq_len", 1, 1000000000, 0, &model.seq_len, error));
    CS_TRY(cs_json_free_text(at, "source", NULL, 0, error));
    CS_TRY(cs_json_free_text(at, "note", NULL, 0, error));
    model.learned_positions = model.architecture.learned_positions > 0;
    return append_model(&model, library, index, error);
}

enum cs_code cs_add_d_model(int64_t d_model, struct cs_library *library, int32_t *index, struct cs_error *error)
{
    struct cs_model model;
    memset(&model, 0, sizeof model);
    model.from_law = true;
    model.architecture.d_model = d_model;
    return append_model(&model, library, index, error);
}

static enum cs_code add_aliases(const struct cs_json *at, int32_t index, struct cs_library *library,
                                struct cs_error *error)
{
    const struct cs_json *list = cs_json_member(at, "aliases");
    if (list == NULL) {
        return CS_OK;
    }
    CS_TRY(cs_json_array(list, error));
    CS_TRY(cs_json_few(list, error));
    for (const struct cs_json *alias = list->first; alias != NULL; alias = alias->next) {
        char name[CS_NAME_MAX] = "";
        CS_TRY(cs_json_text(alias, name, sizeof name, error));
        if (cs_library_model(library, name) >= 0) {
            return cs_json_fail(alias, error, "\"%s\" names an earlier entry too.", name);
        }
        struct cs_alias *aliases = cs_grow(library->model_aliases, library->model_alias_count, sizeof *aliases);
        if (aliases == NULL) {
            return no_memory(error);
        }
        if (library->model_alias_count >= CS_JSON_NAMES_MAX) {
            library->model_aliases = aliases;
            return cs_json_fail(list, error, "more than %d aliases in one file.", CS_JSON_NAMES_MAX);
        }
        library->model_aliases = aliases;
        memcpy(aliases[library->model_alias_count].name, name, sizeof name);
        aliases[library->model_alias_count++].index = index;
    }
    return CS_OK;
}

enum cs_code cs_read_models(const struct cs_json *root, struct cs_library *library, struct cs_error *error)
{
    const struct cs_json *list = NULL;
    CS_TRY(cs_json_entries(root, "models", &list, error));
    for (const struct cs_json *at = list->first; at != NULL; at = at->next) {
        int32_t index = 0;
        CS_TRY(cs_add_model(at, library, &index, error));
        library->model_count--;
        const bool known = cs_library_model(library, library->models[index].architecture.name) >= 0;
        library->model_count++;
        if (known) {
            return cs_json_fail(cs_json_member(at, "name"), error, "\"%s\" names an earlier entry too.",
                                library->models[index].architecture.name);
        }
        CS_TRY(add_aliases(at, index, library, error));
    }
    return CS_OK;
}
