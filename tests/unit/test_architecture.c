/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameter counts of published architectures. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "cs_sweep/architecture.h"
#include "suite.h"

/* Matrices only: what a count "from the shape" means in the validation cases. */
static double matrices(const struct cs_architecture *a)
{
    struct cs_parameters p;
    cs_parameters_count(a, &p);
    return p.total - (double)a->layers * p.norm - (double)a->d_model - p.mtp -
           (double)(a->learned_positions * a->d_model);
}

static struct cs_architecture gpt(int64_t layers, int64_t d_model, int64_t heads, int64_t vocab)
{
    return (struct cs_architecture){.layers = layers,
                                    .d_model = d_model,
                                    .heads = heads,
                                    .kv_heads = heads,
                                    .head_dim = d_model / heads,
                                    .d_ff = 4 * d_model,
                                    .vocab = vocab,
                                    .tied_embedding = true,
                                    .experts = 1,
                                    .experts_active = 1,
                                    .window_period = 1};
}

static struct cs_architecture llama_405b(void)
{
    struct cs_architecture a = gpt(126, 16384, 128, 128256);
    a.kv_heads = 8;
    a.d_ff = 53248;
    a.gated_ffn = true;
    a.tied_embedding = false;
    return a;
}

static struct cs_architecture deepseek_v3(void)
{
    struct cs_architecture a = gpt(61, 7168, 128, 129280);
    a.d_ff = 18432;
    a.gated_ffn = true;
    a.tied_embedding = false;
    a.experts = 256;
    a.experts_active = 8;
    a.shared_experts = 1;
    a.d_expert = 2048;
    a.dense_layers = 3;
    a.attention = CS_ATTENTION_MLA;
    a.mla_q_lora = 1536;
    a.mla_kv_lora = 512;
    a.mla_qk_nope_head_dim = 128;
    a.mla_qk_rope_head_dim = 64;
    a.mla_v_head_dim = 128;
    a.mtp_layers = 1;
    return a;
}

/* Narayanan 2021 (arXiv 2104.04473) Eq 2 without its biases and norms: 12 L h^2 + V h; 22B, 174.6B, 1008B of Table 1
 * and Korthikanti's Table 3. */
START_TEST(published_gpt_models)
{
    struct cs_architecture a = gpt(48, 6144, 64, 51200);
    ck_assert_double_eq(matrices(&a), 22057844736.0);
    a = gpt(96, 12288, 96, 51200);
    ck_assert_double_eq(matrices(&a), 174575321088.0);
    a = gpt(128, 25600, 160, 51200);
    ck_assert_double_eq(matrices(&a), 1007943680000.0);
    struct cs_parameters p;
    cs_parameters_count(&a, &p);
    ck_assert_double_eq(p.active, p.total - p.embedding + 51200.0 * 25600.0);
    ck_assert(p.head_tied);
    ck_assert_double_eq(p.head, 0.0);
    /* A dense model has nothing of a mixture's. */
    ck_assert_double_eq(p.expert, 0.0);
    ck_assert_double_eq(p.shared_ffn, 0.0);
    ck_assert_double_eq(p.router, 0.0);
    ck_assert_double_eq(p.mtp, 0.0);
}
END_TEST

/* Llama 3.1 405B (arXiv 2407.21783): 405.85B stored. Its 252 norms hold 16,384 each, and one more at the end. */
START_TEST(grouped_queries_and_gated_feed_forward)
{
    const struct cs_architecture a = llama_405b();
    ck_assert_double_eq(matrices(&a), 405849243648.0);
    struct cs_parameters p;
    cs_parameters_count(&a, &p);
    ck_assert_double_eq(p.total, 405853388800.0);
    ck_assert_double_eq(p.active, p.total - 128256.0 * 16384.0);
}
END_TEST

/* DeepSeek-V3 (arXiv 2412.19437): 671B, 37B active with the look-up, MLA, 58 layers of 256 + 1 experts; one prediction
 * depth stored besides. */
START_TEST(latent_attention_and_experts)
{
    const struct cs_architecture a = deepseek_v3();
    ck_assert_double_eq(matrices(&a), 671025397760.0);
    struct cs_parameters p;
    cs_parameters_count(&a, &p);
    ck_assert_double_eq(p.attention, 7168.0 * 1536 + 1536.0 * 128 * 192 + 7168.0 * (512 + 64) + 512.0 * 128 * 256 +
                                         128.0 * 128 * 7168);
    ck_assert_double_eq(p.expert, 3.0 * 7168 * 2048);
    ck_assert_double_eq(p.shared_ffn, p.expert);
    WITHIN(p.active + p.embedding, 37.5e9, 0.003);
    WITHIN(p.mtp, 11.6e9, 0.01);
}
END_TEST

/* A query without a low rank, as in DeepSeek-V2-Lite (arXiv 2405.04434): h x heads x 192. */
START_TEST(latent_attention_with_plain_queries)
{
    struct cs_architecture a = deepseek_v3();
    a.mla_q_lora = 0;
    struct cs_parameters p;
    cs_parameters_count(&a, &p);
    ck_assert_double_eq(p.attention, 7168.0 * 128 * 192 + 7168.0 * (512 + 64) + 512.0 * 128 * 256 + 128.0 * 128 * 7168);
    a.mla_q_lora = 1; /* a rank of 1 is one */
    cs_parameters_count(&a, &p);
    ck_assert_double_eq(p.attention,
                        7168.0 + 128.0 * 192 + 7168.0 * (512 + 64) + 512.0 * 128 * 256 + 128.0 * 128 * 7168);
}
END_TEST

/* PaLM (arXiv 2204.02311): 540.35B, one key-value head of 256, head width apart from d_model / heads. */
START_TEST(multi_query_with_its_own_head_width)
{
    struct cs_architecture a = gpt(118, 18432, 48, 256000);
    a.head_dim = 256;
    a.kv_heads = 1;
    a.d_ff = 73728;
    a.gated_ffn = true;
    a.parallel_block = true;
    ck_assert_double_eq(matrices(&a), 540354281472.0);
}
END_TEST

/* Mixtral 8x7B (arXiv 2401.04088) with two of its experts, one active: matrices 2 h h_kv + 2 h^2, 3 h d_ff each, a
 * router of 2 h. */
START_TEST(two_experts)
{
    struct cs_architecture a = gpt(32, 4096, 32, 32000);
    a.kv_heads = 8;
    a.d_ff = a.d_expert = 14336;
    a.gated_ffn = true;
    a.experts = 2;
    struct cs_parameters p;
    cs_parameters_count(&a, &p);
    ck_assert_double_eq(p.expert, 3.0 * 4096 * 14336);
    ck_assert_double_eq(p.router, 2.0 * 4096);
    const double layer = 2.5 * 4096 * 4096 + 2.0 * 4096 + 2.0 * 4096;
    ck_assert_double_eq(p.non_embedding, 32.0 * (layer + 2.0 * p.expert) + 4096.0);
    ck_assert_double_eq(p.active_non_embedding, 32.0 * (layer + p.expert) + 4096.0);
    a.mtp_layers = 1; /* such a layer, two norms and a projection of 2 h to h */
    cs_parameters_count(&a, &p);
    ck_assert_double_eq(p.mtp, layer + 2.0 * p.expert + 2.0 * 4096 * 4096 + 2.0 * 4096);
}
END_TEST

/* 2.7 x 1,537 = 4,149.9: a feed-forward of 4,150; every layer attends alike; gates make three matrices of two. */
START_TEST(the_scaling_law_follows_its_settings)
{
    struct cs_settings settings;
    struct cs_architecture a;
    struct cs_law law;
    cs_settings_default(&settings);
    settings.scaling_law.ffn_multiple = 2.7;
    settings.scaling_law.gated_ffn = true;
    ck_assert_double_eq(cs_layers_of_d_model(&settings.scaling_law, 1.0), 1.0); /* .24 layers are one */
    cs_architecture_from_d_model(&settings.scaling_law, 1537, &a);
    ck_assert_int_eq(a.d_ff, 4150);
    ck_assert_int_eq(a.window_period, 1);
    cs_architecture_from_d_model(&settings.scaling_law, 1601, &a);
    ck_assert_int_eq(a.heads, 13); /* of 128: 12.51 */
    cs_architecture_from_d_model(&settings.scaling_law, 1537, &a);
    ck_assert_int_eq(a.heads, 12);
    settings.scaling_law.ffn_multiple = 1e-3; /* of nothing there is one */
    cs_architecture_from_d_model(&settings.scaling_law, 1, &a);
    ck_assert_int_eq(a.heads, 1);
    ck_assert_int_eq(a.d_ff, 1);
    settings.scaling_law.ffn_multiple = 2.7;
    cs_architecture_from_d_model(&settings.scaling_law, 1537, &a);
    ck_assert_int_eq(a.experts, 1);
    cs_law_evaluate(&settings.scaling_law, &settings.training, &a, true, 0.0, &law);
    ck_assert_double_eq(law.parameters_total, (double)a.layers * (4.0 * 1537 * 1537 + 3.0 * 1537 * 4150));
    ck_assert_double_eq(law.parameters_active, law.parameters_total);
}
END_TEST

START_TEST(learned_positions_are_stored)
{
    struct cs_architecture a = gpt(12, 768, 12, 50257);
    struct cs_parameters p, q;
    cs_parameters_count(&a, &p);
    a.learned_positions = 1024;
    cs_parameters_count(&a, &q);
    ck_assert_double_eq(q.total - p.total, 1024.0 * 768.0);
    ck_assert_double_eq(q.active, p.active);
    /* GPT-2 (117M, "124M" counted): 12 x 12 x 768^2 + 50257 x 768 + 1024 x 768 and norms. */
    WITHIN(q.total, 124.4e6, 0.001);
}
END_TEST

/* By the scaling law every layer above the threshold is a mixture, and the counted matrices of layers are the law's
 * N = L h^2 (4 + 8 E), routers and norms aside. */
START_TEST(counted_parameters_are_those_of_the_law)
{
    struct cs_settings settings;
    cs_settings_default(&settings);
    static const int64_t sizes[] = {1536, 1920, 2048, 10240, 24576};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct cs_architecture a;
        struct cs_parameters p;
        struct cs_law law;
        cs_architecture_from_d_model(&settings.scaling_law, sizes[i], &a);
        cs_parameters_count(&a, &p);
        cs_law_evaluate(&settings.scaling_law, &settings.training, &a, true, 0.0, &law);
        const double layers = (double)a.layers;
        const double small = layers * (p.norm + p.router) + (double)a.d_model;
        ck_assert_double_eq_tol(p.non_embedding - small, law.parameters_total, 1e-12 * law.parameters_total);
        ck_assert_double_eq_tol(p.active_non_embedding - small, law.parameters_active, 1e-12 * law.parameters_active);
        ck_assert_int_eq(a.dense_layers, 0); /* every layer is a mixture, or none */
    }
}
END_TEST

/* Tokens of an explicit architecture by its own active count; published tokens go before. */
START_TEST(tokens_of_an_explicit_architecture)
{
    struct cs_settings settings;
    cs_settings_default(&settings);
    const struct cs_architecture a = llama_405b();
    struct cs_law law;
    cs_law_evaluate(&settings.scaling_law, &settings.training, &a, false, 15.6e12, &law);
    ck_assert_double_eq(law.parameters_total, 405853388800.0);
    ck_assert_double_eq(law.tokens, 15.6e12);
    /* The Llama 3 paper prints 3.8e25 FLOP. */
    WITHIN(law.compute, 3.8e25, 0.01);
    cs_law_evaluate(&settings.scaling_law, &settings.training, &a, false, 0.0, &law);
    ck_assert_double_eq(law.tokens, 20.0 * law.parameters_active);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("architecture");
    TCase *cases = tcase_create("architecture");
    tcase_add_test(cases, published_gpt_models);
    tcase_add_test(cases, grouped_queries_and_gated_feed_forward);
    tcase_add_test(cases, latent_attention_and_experts);
    tcase_add_test(cases, latent_attention_with_plain_queries);
    tcase_add_test(cases, multi_query_with_its_own_head_width);
    tcase_add_test(cases, two_experts);
    tcase_add_test(cases, the_scaling_law_follows_its_settings);
    tcase_add_test(cases, learned_positions_are_stored);
    tcase_add_test(cases, counted_parameters_are_those_of_the_law);
    tcase_add_test(cases, tokens_of_an_explicit_architecture);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
