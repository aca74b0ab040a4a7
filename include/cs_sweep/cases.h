/* SPDX-License-Identifier: BSD-3-Clause */
/* Measured training runs (configs/validation/README.md), and what the model predicts for one. */
#ifndef CS_SWEEP_CASES_H
#define CS_SWEEP_CASES_H

#include <stddef.h>

#include "cs_sweep/design.h"

/* X(name, key in case files, of a whole run rather than of one step). Units: s; h of all devices; share of the 16-bit
 * peak; TFLOP/s per device, hardware counting full recomputation; GiB on one device, of the layers alone (activation,
 * state) or of the fullest device without the margin; kWh within the boundary; kg CO2e charged to the run; W of one
 * device, or of a server with its devices, within the boundary; kg CO2e of making one device, by the formula. */
#define CS_CASE_METRICS(X)                                                                                             \
    X(STEP_TIME, "step_time_s", false)                                                                                 \
    X(DEVICE_HOURS, "device_hours", true)                                                                              \
    X(MFU, "mfu", false)                                                                                               \
    X(HARDWARE_TFLOPS, "hardware_tflops_per_device", false)                                                            \
    X(MODEL_TFLOPS, "model_tflops_per_device", false)                                                                  \
    X(ACTIVATION, "activation_memory_gib", false)                                                                      \
    X(STATE, "state_memory_gib", false)                                                                                \
    X(PEAK_MEMORY, "peak_memory_gib", false)                                                                           \
    X(ENERGY, "energy_kwh", true)                                                                                      \
    X(EMBODIED, "embodied_kgco2e", true)                                                                               \
    X(DEVICE_POWER, "device_power_w", false)                                                                           \
    X(NODE_POWER, "node_power_w", false)                                                                               \
    X(BOARD, "board_embodied_kg", false)
enum cs_case_metric {
#define CS_METRIC_ENUM(name, key, whole) CS_METRIC_##name,
    CS_CASE_METRICS(CS_METRIC_ENUM)
#undef CS_METRIC_ENUM
};
const char *cs_metric_name(enum cs_case_metric metric);
bool cs_metric_of_whole_run(enum cs_case_metric metric);

/* How the attention's s^2 term counts in mfu and TFLOP/s. */
enum cs_flops_convention { CS_FLOPS_FULL, CS_FLOPS_CAUSAL, CS_FLOPS_6N };

/* What a meter, or a declaration, covers: the devices; their servers; the facility around them; one board; the device
 * with its share of the host. */
enum cs_case_boundary {
    CS_BOUNDARY_GPU,
    CS_BOUNDARY_NODE,
    CS_BOUNDARY_FACILITY,
    CS_BOUNDARY_BOARD,
    CS_BOUNDARY_DEVICE_HOST
};
#define CS_BOUNDARY_NAMES "gpu|node|facility|board|device_host"

enum cs_case_precision { CS_CASE_BF16, CS_CASE_FP16, CS_CASE_FP8 };

struct cs_case {
    char id[128], group[CS_NAME_MAX], device[CS_NAME_MAX];
    struct cs_architecture architecture;
    bool tied_unknown; /* the source does not say whether embedding and head share weights */
    int64_t seq_len, global_batch;
    double tokens; /* 0: a step benchmark */
    enum cs_case_precision precision;
    int32_t gradient_bits;           /* of a gradient on the network, 16 or 32; 0: training.gradient_bytes */
    struct cs_plan stated;           /* the knobs that the source states, the rest free (see cs_plan_set_free) */
    struct cs_plan knobs;            /* the same with what follows from them (cs_case_resolve) */
    bool offload_stated;             /* else activations stay on the device, unless the run does not fit so */
    const struct cs_case *published; /* the case as published, where this one has another plan; NULL: it is that */
    int64_t devices_hint;            /* 0: none */
    int64_t slices;                  /* groups that only the data-centre network joins; 0: not stated */
    enum cs_attention_kernel kernel; /* AUTO: not stated */
    enum cs_stack_family stack;      /* the software's, with the year of its release */
    int32_t stack_year;              /* 0: not stated; see cs_case_stack */
    bool balanced_routing;           /* a benchmark that spreads the tokens evenly over the experts; else as in life */
    double nic_bandwidth;            /* B/s per device and direction; 0: not stated */
    int64_t domain;                  /* devices that the scale-up network joins; 0: not stated, the device's */
    double goodput;                  /* 0: not stated */
    enum cs_case_metric metric;
    double measured;
    enum cs_case_boundary boundary; /* of a measured power, energy or footprint */
    enum cs_flops_convention convention;
    double utilisation;  /* measured, while training: power is predicted at it; 0: not stated */
    double device_hours; /* measured: energy is predicted over them; 0: not stated */
};

enum { CS_CASE_DEVICES_MAX = 1000000000 };

struct cs_cases {
    int32_t count;
    struct cs_case *items;
};

/* Appends the cases of a text; an unknown key is an error with line and column. Call cs_cases_free also after an
 * error. */
enum cs_code cs_cases_parse(const char *name, const char *text, size_t size, struct cs_cases *cases,
                            struct cs_error *error);
/* The same of a file. */
enum cs_code cs_cases_read(const char *path, struct cs_cases *cases, struct cs_error *error);
void cs_cases_free(struct cs_cases *cases);

/* Error of each case of the fit with its fold left out: (predicted - measured) / measured, by constants that were
 * fitted without it (scripts/calibrate.py --held-out: validation/held_out.json of the data directory). NAN: it was in
 * no fit, or nothing is known. errors: as many as there are cases. */
void cs_held_out_errors(const struct cs_cases *cases, double *errors);

struct cs_prediction {
    bool lean;             /* it did not fit with the usual state: see cs_case_predict */
    enum cs_status status; /* feasible, or the gate at which every choice of the free knobs failed */
    double value;          /* in the metric's unit; NAN unless feasible */
    struct cs_plan plan;
    struct cs_step step;
    double parameters, active_parameters, tokens, compute; /* of the run; tokens by the scaling law where not stated */
    double memory_gb;                                      /* nominal, of the device */
    double memory_capacity, memory_limit;                  /* bytes of the device; and less the margin */
};

/* The problem of a case on its device, without the deadline, and the space that its knobs leave. Fails only
 * for a device that the library does not have. */
enum cs_code cs_case_problem(const struct cs_case *item, const struct cs_config *config, struct cs_problem *problem,
                             struct cs_space *space, struct cs_error *error);
/* Sets the knobs that follow from the stated ones: the one missing degree where the number of devices is known and
 * divisible; no sequence parallelism on one tensor rank; no interleaving with one stage or with a schedule that has
 * none. */
void cs_case_settle(struct cs_plan *knobs);
/* Settles a case's knobs, and refuses devices that are not the product of the degrees. */
enum cs_code cs_case_resolve(struct cs_case *item, struct cs_error *error);
/* The same run with another plan: each knob that is given replaces the case's own. The number of devices stays, and the
 * data degree follows, unless one of the two is given. What cannot be applied is refused (CS_ERROR_USAGE) by the name
 * of its option. `item` must outlive `changed`. The measured value is the published plan's, not the changed one's. */
enum cs_code cs_case_replan(const struct cs_case *item, const struct cs_plan *given, struct cs_case *changed,
                            struct cs_error *error);
/* A plan that is stated whole is evaluated as it is. Free knobs are searched for the least time, at devices_hint where
 * the devices are not stated, else at the fewest devices that fit; context degrees of 1 to 8, expert degrees that are
 * powers of two or the number of experts. Where a plan does not fit in memory, the run happened all the same: first its
 * stack keeps the least that it can (cs_problem_make_lean), then activations that may have been offloaded are, then the
 * margin is dropped, then the capacity grows. Where an open knob saves memory at the cost of time (recomputation,
 * ZeRO 2 and 3), the least state is tried too. A plan that never ran (cs_case_replan) keeps its state as the published
 * one did, and must pass the gates of the search that that one passes, but for memory, and for a batch that does not
 * divide.
 * A step trains plan.global_batch sequences, the stated batch rounded up to equally many on each replica; its time, its
 * FLOPs, and the number of steps that the tokens take are all of these. */
enum cs_code cs_case_predict(const struct cs_case *item, const struct cs_config *config,
                             struct cs_search_workspace *workspace, struct cs_prediction *prediction,
                             struct cs_error *error);

#endif
