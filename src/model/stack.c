/* SPDX-License-Identifier: BSD-3-Clause */
/* What a software stack does in a run: the facts of its family and year, and the settings that override them. */
#include "cs_sweep/stack.h"

#include "cs_sweep/kernel.h"

#include <stddef.h>

static const struct cs_stack_fact facts[] = {
#define FACT(family, ability, since, until, on, source)                                                                \
    {CS_STACK_##family, CS_ABILITY_##ability, since, until, CS_STACK_ON_##on, source},
    CS_STACK_FACTS(FACT)
#undef FACT
};

const struct cs_stack_fact *cs_stack_facts(int32_t *count)
{
    *count = (int32_t)(sizeof facts / sizeof facts[0]);
    return facts;
}

static const struct cs_stack_host hosts[] = {
#define HOST(family, since, on, dispatch_us, boundary_us, source)                                                      \
    {CS_STACK_##family, since, CS_STACK_ON_##on, dispatch_us, boundary_us, source},
    CS_STACK_HOSTS(HOST)
#undef HOST
};

const struct cs_stack_host *cs_stack_hosts(int32_t *count)
{
    *count = (int32_t)(sizeof hosts / sizeof hosts[0]);
    return hosts;
}

static const struct cs_stack_store stores[] = {
#define STORE(family, since, on, gradient, optimizer, eight_bit_weight, logit_tiles, source)                           \
    {CS_STACK_##family, since, CS_STACK_ON_##on, gradient, optimizer, eight_bit_weight, logit_tiles, source},
    CS_STACK_STORES(STORE)
#undef STORE
};

const struct cs_stack_store *cs_stack_stores(int32_t *count)
{
    *count = (int32_t)(sizeof stores / sizeof stores[0]);
    return stores;
}

/* What is asked of the tables. */
struct asked {
    enum cs_stack_family family;
    int32_t year, on;
};

static bool is_habit(enum cs_ability ability)
{
    return ability == CS_ABILITY_DROPOUT || ability == CS_ABILITY_MASTER_WEIGHTS ||
           ability == CS_ABILITY_LOGIT_COPIES || ability == CS_ABILITY_PRODUCTS_ONLY;
}

/* The best stack has what any family has, whatever its devices, but nobody's habits. */
static bool can(const struct asked *asked, enum cs_ability ability)
{
    const bool best = asked->family == CS_STACK_BEST;
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        const struct cs_stack_fact *const fact = &facts[i];
        const bool then = fact->since <= asked->year && (fact->until == 0 || asked->year <= fact->until);
        const bool there = best ? !is_habit(ability) : fact->family == asked->family && (fact->on & asked->on) != 0;
        if (fact->ability == ability && then && there) {
            return true;
        }
    }
    return false;
}

/* The newest generation that both the stack and the device have. */
static enum cs_attention_kernel newest_kernel(const struct asked *asked, const struct cs_device *device)
{
    const bool third = can(asked, CS_ABILITY_FUSED3);
    const bool second = third || can(asked, CS_ABILITY_FUSED2);
    const bool first = second || can(asked, CS_ABILITY_FUSED1);
    if (third && device->fused3_forward > 0.0) {
        return CS_ATTENTION_FUSED3;
    }
    if (second && device->fused2_forward > 0.0) {
        return CS_ATTENTION_FUSED2;
    }
    return first && device->fused1_forward > 0.0 ? CS_ATTENTION_FUSED1 : CS_ATTENTION_UNFUSED;
}

/* The family's last row until the year. The best stack is not told apart by its host's times: on GPUs they are those
 * that most runs tell of. */
static const struct cs_stack_host *host_of(const struct asked *asked)
{
    const bool tpu = asked->on == CS_STACK_ON_TPU;
    const enum cs_stack_family family = tpu                              ? CS_STACK_XLA
                                        : asked->family == CS_STACK_BEST ? CS_STACK_MEGATRON
                                                                         : asked->family;
    const struct cs_stack_host *found = NULL;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        const struct cs_stack_host *const host = &hosts[i];
        if (host->family == family && host->on == asked->on && host->since <= asked->year &&
            (found == NULL || host->since > found->since)) {
            found = host;
        }
    }
    return found;
}

uint32_t cs_stack_schedules(const struct cs_stack *stack, uint32_t asked)
{
    const uint32_t both = stack->schedules & asked;
    return both != 0 ? both : asked;
}

static bool decide(int32_t choice, bool otherwise)
{
    return choice == CS_SWITCH_AUTO ? otherwise : choice == CS_SWITCH_ON;
}

static struct asked ask(const struct cs_training *training, const struct cs_device *device)
{
    struct asked asked = {
        .family = (enum cs_stack_family)training->stack,
        .year = (int32_t)training->stack_year,
        .on = device->kind == CS_TPU ? CS_STACK_ON_TPU : CS_STACK_ON_GPU,
    };
    if (asked.on == CS_STACK_ON_TPU && asked.family == CS_STACK_PYTORCH) {
        asked.family = CS_STACK_XLA; /* PyTorch/XLA hands its programs to the same compiler */
    }
    return asked;
}

static bool stores_less(const struct cs_stack_store *a, const struct cs_stack_store *b)
{
    const double of_a = a->gradient_bytes + a->optimizer_bytes, of_b = b->gradient_bytes + b->optimizer_bytes;
    return of_a < of_b || (of_a == of_b && a->logit_tiles > b->logit_tiles);
}

const struct cs_stack_store *cs_stack_store_of(const struct cs_training *training, const struct cs_device *device)
{
    const struct asked asked = ask(training, device);
    const struct cs_stack_store *found = NULL;
    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
        const struct cs_stack_store *const store = &stores[i];
        const bool there = asked.family == CS_STACK_BEST || store->family == asked.family;
        if (there && (store->on & asked.on) != 0 && store->since <= asked.year &&
            (found == NULL || stores_less(store, found))) {
            found = store;
        }
    }
    return found;
}

void cs_stack_resolve(const struct cs_training *training, const struct cs_device *device, bool gated,
                      struct cs_stack *stack)
{
    const struct asked asked = ask(training, device);
    stack->kernel = training->attention_kernel != CS_ATTENTION_AUTO
                        ? (enum cs_attention_kernel)training->attention_kernel
                        : newest_kernel(&asked, device);
    stack->layer_split = training->layer_split != CS_LAYER_SPLIT_AUTO ? (enum cs_layer_split)training->layer_split
                         : can(&asked, CS_ABILITY_UNEVEN_STAGES)      ? CS_LAYER_SPLIT_BALANCED
                                                                      : CS_LAYER_SPLIT_EVEN;
    /* Whoever names no stack but an unfused kernel on a GPU means software of before fused attention, which let traffic
     * and compute take turns. */
    const bool old =
        asked.family == CS_STACK_BEST && asked.on == CS_STACK_ON_GPU && !cs_attention_is_fused(device, stack->kernel);
    const int32_t overlap = training->gradient_overlap;
    stack->gradient_overlap = decide(overlap, !old && can(&asked, CS_ABILITY_GRADIENT_OVERLAP));
    stack->shard_overlap = decide(overlap, !old && can(&asked, CS_ABILITY_SHARD_OVERLAP));
    stack->group_overlap = decide(overlap, !old && can(&asked, CS_ABILITY_GROUP_OVERLAP));
    stack->send_overlap = decide(training->send_overlap, !old && can(&asked, CS_ABILITY_SEND_OVERLAP));
    stack->tensor_overlap = decide(training->tensor_overlap, !old && can(&asked, CS_ABILITY_TENSOR_OVERLAP));
    stack->fused_weight_gradient =
        decide(training->fused_weight_gradient, can(&asked, CS_ABILITY_FUSED_WEIGHT_GRADIENT));
    stack->dropout = decide(training->dropout, !gated && can(&asked, CS_ABILITY_DROPOUT));
    const struct cs_stack_host *const host = host_of(&asked);
    stack->dispatch = 1e-6 * (training->dispatch_us < 0.0 ? host->dispatch_us : training->dispatch_us);
    stack->boundary = 1e-6 * (training->boundary_us < 0.0 ? host->boundary_us : training->boundary_us);
    stack->folded_experts = can(&asked, CS_ABILITY_FOLDED_EXPERTS);
    stack->fused_permutation = can(&asked, CS_ABILITY_FUSED_PERMUTATION);
    stack->node_dispatch = can(&asked, CS_ABILITY_NODE_DISPATCH);
    stack->logarithmic_gather = can(&asked, CS_ABILITY_LOGARITHMIC_GATHER);
    stack->master_weights = can(&asked, CS_ABILITY_MASTER_WEIGHTS);
    stack->logit_copies = can(&asked, CS_ABILITY_LOGIT_COPIES);
    stack->products_only = can(&asked, CS_ABILITY_PRODUCTS_ONLY);
    stack->logit_tiles = 1.0;
    stack->interleaved = can(&asked, CS_ABILITY_INTERLEAVED);
    stack->schedules = 1u << CS_SCHEDULE_1F1B | (can(&asked, CS_ABILITY_ZB1P) ? 1u << CS_SCHEDULE_ZB1P : 0u) |
                       (can(&asked, CS_ABILITY_DUALPIPE) ? 1u << CS_SCHEDULE_DUALPIPE : 0u);
}
