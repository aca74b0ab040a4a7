/* SPDX-License-Identifier: BSD-3-Clause */
/* Costs taken over from another plan are those that the plan has by itself, bit for bit. */
#include <check.h>

#include "instance.h"
#include "suite.h"

enum { INSTANCES = 400 };

static struct cs_common_costs common;
static struct cs_costs base, alone, taken;
static struct cs_network network;

static void equal(const char *what, int instance)
{
    const double *const all = (const double *)alone.part, *const other = (const double *)taken.part;
    for (size_t i = 0; i < CS_PART_COUNT * sizeof(struct cs_part) / sizeof(double); i++) {
        ck_assert_msg(all[i] == other[i], "instance %d: number %zu of the parts %s", instance, i, what);
    }
    ck_assert_int_eq(alone.kept, taken.kept);
    ck_assert_double_eq(alone.boundary_bytes, taken.boundary_bytes);
    ck_assert_double_eq(alone.tied_parameters, taken.tied_parameters);
}

/* A plan of the instance's model, its degrees from the instance's genes. */
static struct cs_plan plan_of(const struct instance *instance)
{
    const int32_t *const genes = instance->genes;
    const int32_t tensor = 1 << genes[GENE_fix_tensor] % 3;
    return (struct cs_plan){
        .tensor = tensor,
        .context = 1 + genes[GENE_fix_context] % 2,
        .expert = 1,
        .expert_tensor = 1,
        .micro_batch = 1 + genes[GENE_fix_micro_batch] % 4,
        .recompute = genes[GENE_fix_recompute] % CS_RECOMPUTE_COUNT,
        .recompute_layers = -(genes[GENE_recompute_layers] % 2),
        .sequence_parallel = tensor > 1 && genes[GENE_sequence_parallel] != 1,
    };
}

/* Plans that differ in their expert degrees alone share what does not depend on them. */
START_TEST(expert_degrees_share_the_rest)
{
    uint64_t state = 7;
    int mixtures = 0;
    for (int i = 0; i < INSTANCES; i++) {
        struct instance instance;
        instance_draw(&state, &instance);
        struct cs_plan plan = plan_of(&instance);
        plan.offload = instance.problem.device.host_link > 0.0 ? instance.genes[GENE_fix_offload] % 2 : CS_OFFLOAD_OFF;
        cs_network_of(&instance.problem, 4096, &network);
        common.known = false;
        mixtures += instance.problem.architecture.experts > 1 ? 1 : 0;
        for (int32_t e = 1; e <= instance.problem.architecture.experts; e++) {
            plan.expert = e;
            plan.expert_tensor = e % 2 == 0 ? plan.tensor : 1;
            cs_costs_prepare(&instance.problem, &network, &plan, &alone);
            cs_costs_prepare_next(&instance.problem, &network, &plan, &common, &taken);
            ck_assert(common.known);
            equal("of other expert degrees", i);
        }
    }
    ck_assert_int_gt(mixtures, INSTANCES / 4);
}
END_TEST

/* Full recomputation follows from none, and offload from a plan without it. */
START_TEST(recomputation_and_offload_follow)
{
    uint64_t state = 8;
    int derived = 0, refused = 0;
    for (int i = 0; i < INSTANCES; i++) {
        struct instance instance;
        instance_draw(&state, &instance);
        struct cs_plan plan = plan_of(&instance);
        cs_network_of(&instance.problem, 4096, &network);
        cs_costs_prepare(&instance.problem, &network, &plan, &base);
        for (int32_t k = 0; k < 2 * CS_RECOMPUTE_COUNT; k++) {
            struct cs_plan other = plan;
            other.recompute = k / 2;
            other.offload = k % 2;
            const bool again = other.recompute != plan.recompute;
            const bool follows =
                !again || (plan.recompute == CS_RECOMPUTE_NONE && other.recompute == CS_RECOMPUTE_FULL &&
                           instance.problem.architecture.mtp_layers == 0);
            ck_assert_int_eq(cs_costs_derive(&base, other.recompute, other.offload, &taken), follows);
            if (!follows) {
                refused++;
                continue;
            }
            cs_costs_prepare(&instance.problem, &network, &other, &alone);
            equal("of another recomputation or offload", i);
            derived++;
        }
    }
    ck_assert_int_gt(derived, 2 * INSTANCES);
    ck_assert_int_gt(refused, INSTANCES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("costs");
    TCase *cases = tcase_create("costs");
    tcase_add_test(cases, expert_degrees_share_the_rest);
    tcase_add_test(cases, recomputation_and_offload_follow);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
