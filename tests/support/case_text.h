/* SPDX-License-Identifier: BSD-3-Clause */
/* The text of a measured run, whole and in parts: Korthikanti 2022, the 22B model of Table 3 on one A100 node. */
#ifndef CS_TESTS_CASE_TEXT_H
#define CS_TESTS_CASE_TEXT_H

#define MODEL                                                                                                          \
    "\"model\":{\"layers\":48,\"d_model\":6144,\"heads\":64,\"kv_heads\":64,\"d_ff\":24576,\"gated_ffn\":false,"       \
    "\"vocab\":51200,\"tied_embedding\":true,\"experts\":1,\"experts_active\":1,\"shared_experts\":0,"                 \
    "\"d_expert\":null,\"dense_layers\":null,\"params_from_shape\":22057844736}"
#define TRAINING "\"training\":{\"seq_len\":2048,\"global_batch\":4,\"tokens\":null,\"precision\":\"fp16\"}"
#define GRADIENTS(bits) "\"training\":{\"seq_len\":2048,\"global_batch\":4,\"gradient_bits\":" bits "}"
#define STACK(name) "\"training\":{\"seq_len\":2048,\"global_batch\":4,\"stack\":" name "}"
#define ROUTING(name) "\"training\":{\"seq_len\":2048,\"global_batch\":4,\"routing\":" name "}"
#define PLAN_AND(offload)                                                                                              \
    "\"parallelism\":{\"devices\":8,\"tensor\":8,\"pipeline\":1,\"data\":1,\"context\":1,\"offload\":" offload "}"
#define PLAN                                                                                                           \
    "\"parallelism\":{\"devices\":8,\"tensor\":8,\"pipeline\":1,\"interleave\":1,\"data\":1,\"expert\":1,"             \
    "\"context\":1,\"zero\":0,\"micro_batch\":4,\"recompute\":\"full\",\"sequence_parallel\":false,"                   \
    "\"attention_kernel\":\"unfused\"}"
#define MEASURED(metric) "\"measured\":{\"metric\":\"" metric "\",\"value\":1.42}"
#define CASE(more) "{\"id\":\"a\",\"group\":\"g\",\"device\":\"A100-80GB\"," more "}"
#define FILE_OF(cases) "{\"schema_version\": 1, \"cases\": [" cases "]}"
#define GOOD CASE(MODEL "," TRAINING "," PLAN "," MEASURED("step_time_s"))

#endif
