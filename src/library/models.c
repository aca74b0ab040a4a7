/* SPDX-License-Identifier: BSD-3-Clause */
/* Models: shapes of real LLMs, and model dimensions. */
#include <stdlib.h>
#include <string.h>

#include "read.h"

#define ATTENTION_NAMES "full|sliding|mla"
/* Where a shape states no vocabulary: GPT-2's, padded as Megatron-LM pads it; the default of scaling_law.vocab too. */
enum { VOCAB_DEFAULT = 51200 };

static enum cs_code flag(const struct cs_json *at, const char *key, bool *value, struct cs_error *error)
{
    const struct cs_json *member = cs_json_member(at, key);
    return member != NULL ? cs_json_flag(member, value, error) : CS_OK;
}

static enum cs_code read_mla(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    static const char *const keys[] = {"q_lora", "kv_lora", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"};
    const struct cs_json *mla = NULL;
    CS_TRY(cs_json_require(at, "mla", &mla, error));
    CS_TRY(cs_json_object(mla, error));
    CS_TRY(cs_json_known_keys(mla, sizeof keys / sizeof keys[0], keys, error));
    CS_TRY(cs_json_optional_count(mla, "q_lora", 0, CS_D_MODEL_MAX, &a->mla_q_lora, error));
    CS_TRY(cs_json_required_count(mla, "kv_lora", 1, CS_D_MODEL_MAX, &a->mla_kv_lora, error));
    CS_TRY(cs_json_required_count(mla, "qk_nope_head_dim", 1, CS_D_MODEL_MAX, &a->mla_qk_nope_head_dim, error));
    CS_TRY(cs_json_required_count(mla, "qk_rope_head_dim", 0, CS_D_MODEL_MAX, &a->mla_qk_rope_head_dim, error));
    return cs_json_required_count(mla, "v_head_dim", 1, CS_D_MODEL_MAX, &a->mla_v_head_dim, error);
}

static enum cs_code read_attention(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    const struct cs_json *mla = cs_json_given(at, "mla"), *window = cs_json_given(at, "window");
    int32_t kind = CS_ATTENTION_FULL;
    CS_TRY(cs_json_optional_choice(at, "attention", ATTENTION_NAMES, &kind, error));
    a->attention = (enum cs_attention)kind;
    a->kv_heads = a->heads;
    CS_TRY(cs_json_optional_count(at, "kv_heads", 1, a->heads, &a->kv_heads, error));
    if (a->attention == CS_ATTENTION_MLA) {
        CS_TRY(read_mla(at, a, error));
        a->head_dim = a->mla_v_head_dim;
        CS_TRY(cs_json_optional_count(at, "head_dim", 1, CS_D_MODEL_MAX, &a->head_dim, error));
    } else if (mla != NULL) {
        return cs_json_fail(mla, error, "goes with \"attention\": \"mla\" only.");
    } else if (a->d_model % a->heads == 0) {
        a->head_dim = a->d_model / a->heads;
        CS_TRY(cs_json_optional_count(at, "head_dim", 1, CS_D_MODEL_MAX, &a->head_dim, error));
    } else {
        CS_TRY(cs_json_required_count(at, "head_dim", 1, CS_D_MODEL_MAX, &a->head_dim, error));
    }
    if (a->attention == CS_ATTENTION_SLIDING) {
        a->window_period = 1;
        CS_TRY(cs_json_required_count(at, "window", 1, 1000000000, &a->window, error));
        return cs_json_optional_count(at, "window_period", 1, 1000000, &a->window_period, error);
    }
    return window == NULL ? CS_OK : cs_json_fail(window, error, "goes with \"attention\": \"sliding\" only.");
}

static enum cs_code read_experts(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    a->experts = a->experts_active = 1;
    CS_TRY(cs_json_optional_count(at, "experts", 1, 1000000, &a->experts, error));
    CS_TRY(cs_json_optional_count(at, "experts_active", 1, a->experts, &a->experts_active, error));
    CS_TRY(cs_json_optional_count(at, "shared_experts", 0, 1000000, &a->shared_experts, error));
    if (a->experts == 1) {
        a->d_expert = 0;
        a->dense_layers = a->layers;
        int64_t ignored = 0;
        CS_TRY(cs_json_optional_count(at, "d_expert", 0, 1000000000, &ignored, error));
        if (a->shared_experts > 0) {
            return cs_json_fail(cs_json_member(at, "shared_experts"), error,
                                "a dense model (experts 1) has no shared experts.");
        }
        return cs_json_optional_count(at, "dense_layers", 0, a->layers, &ignored, error);
    }
    CS_TRY(cs_json_required_count(at, "d_expert", 1, 1000000000, &a->d_expert, error));
    return cs_json_optional_count(at, "dense_layers", 0, a->layers, &a->dense_layers, error);
}

static enum cs_code read_positions(const struct cs_json *at, struct cs_architecture *a, struct cs_error *error)
{
    int32_t learned = -1;
    CS_TRY(cs_json_optional_choice(at, "positions", "learned", &learned, error));
    a->learned_positions = learned >= 0 ? 1 : 0;
    /* A published count with which tests compare ours; only the shape enters the model. */
    double parameters = 0.0;
    return cs_json_optional_real(at, "params_from_shape", 1.0, 1e30, NULL, &parameters, error);
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
    CS_TRY(cs_json_required_count(at, "layers", 1, CS_LAYERS_MAX, &a->layers, error));
    CS_TRY(cs_json_required_count(at, "d_model", 1, CS_D_MODEL_MAX, &a->d_model, error));
    CS_TRY(cs_json_required_count(at, "heads", 1, 1000000, &a->heads, error));
    CS_TRY(read_attention(at, a, error));
    a->d_ff = 4 * a->d_model;
    CS_TRY(cs_json_optional_count(at, "d_ff", 1, 1000000000, &a->d_ff, error));
    CS_TRY(flag(at, "gated_ffn", &a->gated_ffn, error));
    a->vocab = VOCAB_DEFAULT;
    CS_TRY(cs_json_optional_count(at, "vocab", 1, 1000000000, &a->vocab, error));
    const bool tied = cs_json_given(at, "tied_embedding") != NULL;
    if (tied_stated != NULL) {
        *tied_stated = tied;
    }
    if (tied || tied_stated == NULL) {
        CS_TRY(flag(at, "tied_embedding", &a->tied_embedding, error));
    }
    CS_TRY(read_experts(at, a, error));
    CS_TRY(flag(at, "parallel_block", &a->parallel_block, error));
    CS_TRY(cs_json_optional_count(at, "mtp_layers", 0, 1000, &a->mtp_layers, error));
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
    struct cs_model model;
    memset(&model, 0, sizeof model);
    CS_TRY(cs_read_architecture(at, sizeof more / sizeof more[0], more, &model.architecture, NULL, error));
    CS_TRY(cs_json_required_text(at, "name", model.architecture.name, sizeof model.architecture.name, error));
    CS_TRY(cs_json_optional_real(at, "tokens", 1.0, 1e24, "token", &model.tokens, error));
    CS_TRY(cs_json_optional_count(at, "seq_len", 1, 1000000000, &model.seq_len, error));
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
            return cs_json_fail(alias, error, "an earlier entry has the name \"%s\".", name);
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
            return cs_json_fail(cs_json_member(at, "name"), error, "an earlier entry has the name \"%s\".",
                                library->models[index].architecture.name);
        }
        CS_TRY(add_aliases(at, index, library, error));
    }
    return CS_OK;
}
