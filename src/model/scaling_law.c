/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>

#include "cs_sweep/architecture.h"

double cs_layers_of_d_model(const struct cs_scaling_law *law, double d_model)
{
    return fmax(1.0, round(law->layers_coefficient * pow(d_model, law->layers_exponent)));
}

/* The power of two whose logarithm is nearest. Exact on every machine, since no logarithm is taken: a number is
 * m * 2^e with m from 1/2 to 1, and 2^e is the nearer where m * m > 1/2. A tie would be at the square root of 1/2,
 * which no double is. */
static double power_of_two(double number, double least)
{
    int exponent = 0;
    const double mantissa = frexp(fmax(number, 1.0), &exponent);
    double power = ldexp(1.0, mantissa * mantissa > 0.5 ? exponent : exponent - 1);
    while (power < least) {
        power *= 2.0;
    }
    return power;
}

double cs_experts_of_d_model(const struct cs_scaling_law *law, double d_model)
{
    const double experts = d_model / law->d_model_per_expert, least = (double)law->experts_minimum;
    return law->experts_power_of_two ? power_of_two(experts, least) : fmax(least, round(experts));
}

/* Step Law (arXiv 2503.04715): 0.58 D^0.571. DeepSeek LLM (arXiv 2401.02954): 0.2920 C^0.3271. davidsj/ml_par_sim:
 * 2^22 tokens at 1e25 FLOP, growing as C^(1/6); what of it is to be changed is custom's, whose defaults it is. */
double cs_critical_batch_tokens(const struct cs_scaling_law *law, double tokens, double compute)
{
    if (law->batch_law == CS_BATCH_LAW_STEP) {
        return law->step_batch_tokens * pow(tokens, law->step_batch_exponent);
    }
    if (law->batch_law == CS_BATCH_LAW_DEEPSEEK) {
        return law->deepseek_batch_tokens * pow(compute, law->deepseek_batch_exponent);
    }
    if (law->batch_law == CS_BATCH_LAW_ML_PAR_SIM) {
        return 0x1p22 * pow(compute / 1e25, 1.0 / 6.0);
    }
    return law->critical_batch_tokens * pow(compute / law->critical_batch_compute, law->critical_batch_exponent);
}

double cs_loss_mixture(const struct cs_scaling_law *law, double parameters_total, double tokens)
{
    const double width = law->moe_g / pow(law->granularity, law->moe_gamma) + law->moe_a;
    return law->loss_floor + width / pow(parameters_total, law->moe_alpha) + law->moe_b / pow(tokens, law->moe_beta);
}

double cs_loss_dense(const struct cs_scaling_law *law, double parameters_total, double tokens)
{
    return law->loss_floor + law->dense_a / pow(parameters_total, law->dense_alpha) +
           law->dense_b / pow(tokens, law->dense_beta);
}

void cs_law_evaluate(const struct cs_scaling_law *law, const struct cs_training *training,
                     const struct cs_architecture *architecture, bool from_law, double tokens, struct cs_law *out)
{
    double loss_parameters;
    if (from_law) {
        /* The paper counts matrices of layers only, 4 h^2 of attention whatever heads * head_dim rounds to. */
        const double h = (double)architecture->d_model;
        const double ffn = (architecture->gated_ffn ? 3.0 : 2.0) * h * (double)architecture->d_ff;
        const double layers = (double)architecture->layers;
        out->parameters_total = layers * (4.0 * h * h + (double)architecture->experts * ffn);
        out->parameters_active = layers * (4.0 * h * h + (double)architecture->experts_active * ffn);
        loss_parameters = out->parameters_total;
    } else {
        struct cs_parameters parameters;
        cs_parameters_count(architecture, &parameters);
        out->parameters_total = parameters.total;
        out->parameters_active = parameters.active;
        loss_parameters = parameters.non_embedding;
    }
    const double basis = training->tokens_basis == CS_TOKENS_TOTAL ? out->parameters_total : out->parameters_active;
    out->tokens = tokens > 0.0 ? tokens : training->tokens_per_parameter * basis;
    out->compute = 6.0 * out->parameters_active * out->tokens;
    out->loss = architecture->experts > 1 ? cs_loss_mixture(law, loss_parameters, out->tokens)
                                          : cs_loss_dense(law, loss_parameters, out->tokens);
    out->critical_batch = cs_critical_batch_tokens(law, out->tokens, out->compute);
    out->critical_sequences = (int64_t)fmin(floor(out->critical_batch / (double)training->seq_len), CS_BATCH_MAX);
}
