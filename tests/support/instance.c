/* SPDX-License-Identifier: BSD-3-Clause */
#include "instance.h"
#include "cs_sweep/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int32_t choices;
} genes[GENE_COUNT] = {
#define INSTANCE_ROW(name, choices) {#name, choices},
    INSTANCE_GENES(INSTANCE_ROW)
#undef INSTANCE_ROW
};

uint64_t instance_random(uint64_t *state)
{
    uint64_t x = *state != 0 ? *state : 1;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x >> 16;
}

int64_t instance_number(const char *name, int64_t otherwise)
{
    const char *const text = getenv(name);
    int64_t value = 0;
    return text != NULL && cs_parse_count(text, 0, INT64_C(1) << 53, &value) ? value : otherwise;
}

void instance_draw(uint64_t *state, struct instance *instance)
{
    for (int i = 0; i < GENE_COUNT; i++) {
        instance->genes[i] = (int32_t)(instance_random(state) % (uint64_t)genes[i].choices);
    }
    instance_build(instance);
}

void instance_print(const struct instance *instance)
{
    for (int i = 0; i < GENE_COUNT; i++) {
        if (instance->genes[i] != 0) {
            printf(" %s=%d", genes[i].name, (int)instance->genes[i]);
        }
    }
    printf("\n");
}

bool instance_parse(const char *text, struct instance *instance)
{
    memset(instance->genes, 0, sizeof instance->genes);
    for (text += strspn(text, " \n"); *text != '\0'; text += strspn(text, " \n")) {
        const size_t name = strcspn(text, "=");
        int gene = 0;
        while (gene < GENE_COUNT && (strlen(genes[gene].name) != name || memcmp(genes[gene].name, text, name) != 0)) {
            gene++;
        }
        if (gene == GENE_COUNT || text[name] != '=') {
            return false;
        }
        text += name + 1;
        const size_t digits = strspn(text, "0123456789");
        int32_t value = 0;
        for (size_t i = 0; i < digits && value < 1000; i++) {
            value = 10 * value + (text[i] - '0');
        }
        if (digits == 0 || value >= genes[gene].choices) {
            return false;
        }
        instance->genes[gene] = (int)value;
        text += digits;
    }
    instance_build(instance);
    return true;
}

#define PICK(gene, ...) pick(instance->genes[GENE_##gene], (const int32_t[]){__VA_ARGS__})
static int32_t pick(int32_t gene, const int32_t *values)
{
    return values[gene];
}

static void build_attention(const struct instance *instance, struct cs_architecture *model)
{
    const int32_t kind = instance->genes[GENE_attention];
    if (kind == 3) {
        model->kv_heads = 1;
    } else if (kind == 4) {
        model->attention = CS_ATTENTION_MLA;
        model->mla_q_lora = 96;
        model->mla_kv_lora = 64;
        model->mla_qk_nope_head_dim = model->head_dim;
        model->mla_qk_rope_head_dim = model->head_dim / 2;
        model->mla_v_head_dim = model->head_dim;
    } else if (kind >= 5) {
        model->attention = CS_ATTENTION_SLIDING;
        model->window = 256;
        model->window_period = kind - 4;
    }
}

static void build_architecture(const struct instance *instance, struct cs_architecture *model)
{
    memset(model, 0, sizeof *model);
    model->layers = PICK(layers, 1, 2, 3, 5, 7, 11, 13, 4, 6, 8, 12, 9, 17);
    model->heads = PICK(heads, 1, 2, 3, 5, 7, 8, 12, 35);
    model->kv_heads = model->heads;
    model->head_dim = PICK(width, 128, 64, 256, 192);
    model->d_model = model->heads * model->head_dim;
    model->d_ff = 4 * model->d_model;
    model->vocab = PICK(vocab, 1000, 50000, 300000);
    model->experts = PICK(experts, 1, 2, 3, 4, 6, 8);
    model->experts_active = 1;
    model->tied_embedding = instance->genes[GENE_tied] == 1;
    model->mtp_layers = instance->genes[GENE_mtp] == 1;
    build_attention(instance, model);
    if (model->experts > 1) {
        model->d_expert = model->d_ff;
        model->shared_experts = PICK(shared, 0, 0, 1, 2);
        model->experts_active = 1 + instance->genes[GENE_active] % model->experts;
        model->dense_layers = PICK(dense_layers, 0, 1, 2);
        model->dense_layers = model->dense_layers < model->layers ? model->dense_layers : 0;
    }
}

/* What collectives cost besides bandwidth. */
static void build_links(const struct instance *instance, struct cs_device *device)
{
    static const double latencies[6][3] = {{2e-6, 5e-6, 0.0}, {0.0, 0.0, 0.0},   {1e-4, 1e-6, 0.0},
                                           {1e-6, 1e-3, 0.0}, {5e-5, 5e-5, 0.0}, {1e-6, 5e-6, 1e-3}};
    static const double taxes[4][2] = {{0.0, 0.0}, {0.1, 0.0}, {0.0, 0.3}, {0.2, 0.1}};
    const double *const latency = latencies[instance->genes[GENE_latency]];
    device->link_latency = latency[0];
    device->scale_out_latency = latency[1];
    device->link_floor = latency[2];
    device->link_compute_tax = taxes[instance->genes[GENE_tax]][0];
    device->scale_out_compute_tax = taxes[instance->genes[GENE_tax]][1];
    /* None; copies that hide, that do in part and that do not; and hosts with little memory. */
    static const double hosts[8][2] = {{0.0, 0.0},   {0.0, 0.0},   {1e13, 0.0}, {3e10, 0.0},
                                       {1e11, 1e11}, {3e11, 1e10}, {2e10, 1e8}, {1e9, 0.0}};
    device->host_link = hosts[instance->genes[GENE_host]][0];
    device->host_memory = hosts[instance->genes[GENE_host]][1];
    device->in_switch_bandwidth = instance->genes[GENE_in_switch] == 1 ? 2.0 * device->link_bandwidth : 0.0;
}

static void build_device(const struct instance *instance, struct cs_device *device)
{
    memset(device, 0, sizeof *device);
#define INSTANCE_DEVICE(member, key, type, factor, low, high, value, unit, scopes, meaning)                            \
    device->member = (value) * (factor);
    CS_DEVICE_FIELDS(INSTANCE_DEVICE)
#undef INSTANCE_DEVICE
    const double pace[] = {1.0, 0.1, 0.01, 10.0, 100.0};
    const double network = pace[instance->genes[GENE_network]];
    device->kind = instance->genes[GENE_tpu] >= 2 ? CS_TPU : CS_GPU;
    device->peak_flops = 3e14;
    /* From a few MiB to a TiB, in steps of a bit over 1.6. */
    device->hbm_capacity = 1e12 * pow(0.6, instance->genes[GENE_memory]);
    device->hbm_nominal_gb = 80.0;
    device->hbm_bandwidth = 2e12;
    device->units = device->kind == CS_TPU ? 8.0 : 108.0;
    device->clock = 1.4e9;
    device->sustained = 0.8;
    device->speed_spread = 0.01 * instance->genes[GENE_spread];
    device->slice_spread = 0.03 * instance->genes[GENE_spread];
    device->launch = instance->genes[GENE_launch] * 4e-6;
    device->fused2_forward = 0.6;
    device->fused2_backward = 0.5;
    device->link_bandwidth = 6e11 * network;
    device->domain = PICK(domain, 8, 1, 2, 4, 6, 12, 5);
    device->scale_out_bandwidth = 2.5e10 * network;
    if (device->kind == CS_TPU) {
        device->torus_axes = instance->genes[GENE_tpu] == 2 ? 3.0 : 2.0;
        device->domain = PICK(domain, 64, 8, 16, 4, 12, 35, 6);
    }
    build_links(instance, device);
    device->tdp = 400.0;
    device->static_fraction = 0.01 * PICK(power, 70, 80, 30, 90);
    device->dynamic_fraction = 0.01 * PICK(power, 30, 33, 90, 100); /* the last two reach the TDP */
    device->idle_fraction = 0.01 * PICK(power, 14, 95, 50, 0);      /* one idles at more than its static share */
    device->dies = 1.0;
    device->die_area = 8e-4;
    device->node_nm = 7.0;
    device->devices_per_server = PICK(server, 8, 1, 2, 3, 4, 6);
    device->server_power = 3300.0;
    device->tile_count = 2;
    device->tiles[0] = (struct cs_tile){128.0, 256.0, 1.0};
    device->tiles[1] = (struct cs_tile){128.0, 128.0, 0.9};
}

/* A few instances have hundreds of device counts to walk; so that the oracle can, what it shards is fixed. */
static int64_t instance_scale(const struct instance *instance)
{
    return instance->genes[GENE_large] == 63 ? 48 : 1;
}

static void build_problem(struct instance *instance)
{
    struct cs_architecture model;
    struct cs_device device;
    struct cs_precision precision;
    struct cs_settings settings;
    build_architecture(instance, &model);
    build_device(instance, &device);
    cs_precision_bf16(&precision);
    if (instance->genes[GENE_format] == 1) {
        precision.format = CS_FORMAT_INT8;
        precision.weight_bytes = precision.activation_bytes = precision.communication_bytes = 1.0;
        device.int8_multiplier = 2.0;
    } else if (instance->genes[GENE_format] == 2) {
        precision.weight_bytes = 0.5;
    }
    cs_settings_default(&settings);
    settings.training.seq_len = PICK(seq_len, 512, 2048, 1024);
    settings.training.attention_kernel = instance->genes[GENE_unfused] == 1 ? CS_ATTENTION_UNFUSED : CS_ATTENTION_AUTO;
    settings.training.dropout = instance->genes[GENE_unfused] == 1 ? CS_SWITCH_ON : CS_SWITCH_OFF;
    settings.training.layer_split = instance->genes[GENE_even] == 1 ? CS_LAYER_SPLIT_EVEN : CS_LAYER_SPLIT_BALANCED;
    settings.training.fused_weight_gradient = instance->genes[GENE_unfused] != 1 ? CS_SWITCH_ON : CS_SWITCH_OFF;
    settings.training.dispatch_us = (double)instance->genes[GENE_launch];
    settings.training.boundary_us = (double)instance->genes[GENE_launch];
    settings.training.memory_margin_bytes = 0.0;
    settings.training.global_batch = PICK(given, 0, 0, 0, 0, 0, 0, 12, 24, 7, 30, 36, 1);
    settings.training.gradient_overlap = PICK(overlap, CS_SWITCH_AUTO, CS_SWITCH_AUTO, CS_SWITCH_ON, CS_SWITCH_OFF);
    settings.training.stack = PICK(stack, CS_STACK_BEST, CS_STACK_BEST, CS_STACK_BEST, CS_STACK_MEGATRON,
                                   CS_STACK_MEGATRON, CS_STACK_PYTORCH, CS_STACK_DEEPSPEED, CS_STACK_XLA);
    settings.training.stack_year = PICK(stack, 2026, 2026, 2023, 2022, 2026, 2024, 2023, 2025);
    settings.training.lean_memory = PICK(stack, false, true, true, true, true, false, true, true);
    settings.training.send_overlap = settings.training.gradient_overlap;
    settings.training.expert_imbalance = 0.2 * instance->genes[GENE_tax];
    settings.training.goodput = instance->genes[GENE_goodput] == 1 ? 0.8 : 1.0;
    const int64_t scale = instance_scale(instance);
    struct cs_law law = {.critical_sequences = scale * instance->genes[GENE_batch]};
    struct cs_parameters parameters;
    cs_parameters_count(&model, &parameters);
    law.parameters_active = parameters.active;
    law.tokens =
        (double)settings.training.seq_len * ((double)law.critical_sequences * instance->genes[GENE_steps] + 1.5);
    if (instance->genes[GENE_tokens] == 1) {
        law.tokens = 0.0;
    }
    law.compute = 6.0 * law.parameters_active * law.tokens;
    cs_problem_init(&instance->problem, &model, &law, &device, &precision, &settings.training);
    /* N_min of about `target`; then a deadline that loosens from there, or none. */
    const double slack[] = {1e3, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0, 30.0, 100.0, INFINITY};
    const double peak = cs_device_peak(&device, precision.format);
    const double room = slack[instance->genes[GENE_slack]];
    instance->problem.deadline =
        law.tokens > 0.0 ? law.compute / peak / (double)(1 + scale * instance->genes[GENE_target]) * room : 1e9;
    settings.carbon.attribution = instance->genes[GENE_attribution];
    const double server[] = {0.5, 0.0, 1.0, 20.0};
    settings.power.server_fraction = server[instance->genes[GENE_power]];
    settings.cost.device_usd = instance->genes[GENE_power] == 1 ? 0.0 : 4e4;
    settings.cost.device_hour_usd = instance->genes[GENE_power] == 1 ? 2.5 : 0.0;
    settings.cost.kwh_usd = PICK(power, 1, 0, 2, 50);
    cs_carbon_inputs_init(&device, &device, &settings, 0.0, &instance->carbon);
}

static void set_list(struct cs_list *list, int32_t choice, const int32_t (*values)[4])
{
    list->count = 0;
    while (list->count < 4 && values[choice][list->count] != 0) {
        list->values[list->count] = values[choice][list->count];
        list->count++;
    }
}

static void build_settings(const struct instance *instance, struct cs_search_settings *settings)
{
    static const int32_t degrees[4][4] = {{0}, {1, 2, 3, 4}, {2, 1, 2, 8}, {6, 4}};
    static const int32_t contexts[6][4] = {{0}, {0}, {0}, {1, 2}, {2, 4, 3}, {1, 3, 8, 2}};
    struct cs_settings all;
    cs_settings_default(&all);
    *settings = all.search;
    settings->max_devices = instance_scale(instance) * PICK(most, 12, 6, 9, 16, 24);
    settings->schedules = (uint32_t)PICK(schedules, 1, 3, 7, 2, 4, 5, 6);
    settings->zero_stages = (uint32_t)(15 - instance->genes[GENE_zero_stages]);
    settings->zero_with_pipeline = instance->genes[GENE_zero_pipeline] == 1;
    settings->recompute = (uint32_t)(15 - instance->genes[GENE_recompute]);
    settings->expert_tensor = instance->genes[GENE_expert_tensor];
    set_list(&settings->expert_degrees, PICK(expert_degrees, 0, 1, 2, 3, 0, 0, 0, 0, 0), degrees);
    settings->expert_degrees.name =
        instance->genes[GENE_expert_degrees] % 2 == 0 ? CS_EXPERT_DEGREES_DIVISORS : CS_EXPERT_DEGREES_EXPERTS;
    settings->context_tokens_min = instance->genes[GENE_contexts] == 1 ? 512 : 2048;
    settings->whole_servers = instance->genes[GENE_whole_servers] != 1;
    set_list(&settings->context_degrees, instance->genes[GENE_contexts], contexts);
    static const int32_t layers[8][4] = {{0}, {0}, {0}, {1}, {1, 2, 3, 5}, {2, 2, 7}, {30, 4}, {3}};
    settings->offload = instance->genes[GENE_offload] != 1;
    set_list(&settings->recompute_layers, instance->genes[GENE_recompute_layers], layers);
    settings->divisibility = instance->genes[GENE_strict] == 1 ? CS_DIVISIBILITY_STRICT : CS_DIVISIBILITY_RELAXED;
    settings->tensor_max = PICK(tensor_max, 0, 0, 0, 0, 0, 3, 6, 16);
    settings->pipeline_max = PICK(pipeline_max, 0, 0, 0, 0, 0, 1, 3, 6);
    settings->interleave_max = PICK(interleave_max, 0, 0, 0, 0, 0, 1, 2, 3);
    settings->micro_batch_max = PICK(micro_batch_max, 0, 0, 0, 0, 0, 1, 2, 3);
    settings->sequence_parallel = instance->genes[GENE_sequence_parallel] != 1;
}

static void build_space(struct instance *instance)
{
    struct cs_space *const space = &instance->space;
    const int32_t *const gene = instance->genes;
    struct cs_search_settings settings;
    build_settings(instance, &settings);
    cs_space_set_free(&settings, space);
    space->whole_heads = gene[GENE_strict] == 2;
    space->given.tensor = gene[GENE_fix_tensor] <= 6 ? gene[GENE_fix_tensor] : 0;
    space->given.pipeline = gene[GENE_fix_pipeline] <= 6 ? gene[GENE_fix_pipeline] : 0;
    space->given.data = gene[GENE_fix_data] <= 4 ? gene[GENE_fix_data] : 0;
    space->given.context = gene[GENE_fix_context] <= 3 ? gene[GENE_fix_context] : 0;
    space->given.expert = gene[GENE_fix_expert] <= 3 ? gene[GENE_fix_expert] : 0;
    space->given.expert_tensor = gene[GENE_fix_expert_tensor] <= 2 ? gene[GENE_fix_expert_tensor] : 0;
    space->given.micro_batch = gene[GENE_fix_micro_batch] <= 5 ? gene[GENE_fix_micro_batch] : 0;
    space->given.interleave = gene[GENE_fix_interleave] <= 4 ? gene[GENE_fix_interleave] : 0;
    space->given.zero_stage = gene[GENE_fix_zero] >= 1 && gene[GENE_fix_zero] <= 4 ? gene[GENE_fix_zero] - 1 : -1;
    space->given.recompute =
        gene[GENE_fix_recompute] >= 1 && gene[GENE_fix_recompute] <= 4 ? gene[GENE_fix_recompute] - 1 : -1;
    space->given.offload = gene[GENE_fix_offload] >= 1 && gene[GENE_fix_offload] <= 2 ? gene[GENE_fix_offload] - 1 : -1;
    space->given.recompute_layers = gene[GENE_fix_recompute_layers] >= 1 && gene[GENE_fix_recompute_layers] <= 4
                                        ? gene[GENE_fix_recompute_layers] - 1
                                        : -1;
    space->given.schedule =
        gene[GENE_fix_schedule] >= 1 && gene[GENE_fix_schedule] <= 3 ? gene[GENE_fix_schedule] - 1 : -1;
    static const int32_t devices[7] = {0, 1, 3, 6, 12, 35, 16};
    space->given.devices = gene[GENE_fix_devices] < 7 ? devices[gene[GENE_fix_devices]] : 0;
    if (instance_scale(instance) > 1) {
        space->given.tensor = space->given.tensor > 0 ? space->given.tensor : 1 + gene[GENE_fix_tensor] % 3;
        space->given.pipeline = space->given.pipeline > 0 ? space->given.pipeline : 1 + gene[GENE_fix_pipeline] % 3;
        space->given.micro_batch =
            space->given.micro_batch > 0 ? space->given.micro_batch : 1 + gene[GENE_fix_micro_batch] % 2;
        space->given.recompute = space->given.recompute >= 0 ? space->given.recompute : gene[GENE_fix_recompute] % 4;
    }
    space->given.zero_group = PICK(zero_group, 0, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0);
    space->devices_low = PICK(low, 0, 0, 0, 1, 3, 12);
}

void instance_build(struct instance *instance)
{
    build_problem(instance);
    build_space(instance);
    const int32_t kind = instance->genes[GENE_objective];
    const enum cs_objective objectives[] = {CS_MIN_DEVICES, CS_MIN_DEVICES, CS_MIN_TIME,
                                            CS_MIN_ENERGY,  CS_MIN_CARBON,  CS_MIN_CARBON};
    const bool paid = kind == 3 && instance->genes[GENE_attribution] == 1;
    instance->objective = paid ? CS_MIN_COST : objectives[kind];
    instance->regions = kind == 4;
    instance->front = kind == 5;
    instance->wanted = PICK(wanted, 1, 1, 2, 5, 20);
    instance->edge = PICK(edge, 0, 1, 2, 3, 4, 0, 0, 0);
    const double intensity[] = {360.0, 0.0, 0.36, 3.6e5}; /* g/kWh */
    const double first = intensity[instance->genes[GENE_intensity]];
    instance->places[0] = (struct cs_place){.g_per_kwh = first, .pue = 1.0};
    instance->places[1] = (struct cs_place){.g_per_kwh = 0.01 * first, .pue = 1.0};
    instance->places[2] = (struct cs_place){.g_per_kwh = 50.0 * first, .pue = 1.25};
}
