/* SPDX-License-Identifier: BSD-3-Clause */
/* One design point explained: everything that cs_point says, computed once, then printed for people or for machines. */
#ifndef CS_EXPLAIN_POINT_H
#define CS_EXPLAIN_POINT_H

#include "cs_sweep/design.h"
#include "cs_sweep/format.h"
#include "plan.h"
#include "style.h"

enum { CS_POINT_TOP_MAX = 100, CS_POINT_CHANGES_MAX = 16, CS_POINT_KNOBS_MAX = 24, CS_POINT_TRACE_MAX = 256 };

enum { CS_CARBON_TERMS = 13 };
/* All carbon of a plan at the point's place, kg CO2e, and the terms that add up to its total. */
struct cs_point_carbon {
    struct cs_footprint all;
    struct cs_carbon_term {
        const char *key, *label, *part; /* for machines; for people; which carbon it is a part of */
        double kg;
    } terms[CS_CARBON_TERMS];
};

/* What would come out if one thing were otherwise. */
struct cs_point_change {
    char what[80];
    const char *key; /* for machines */
    struct cs_search_result result;
    double carbon; /* kg, total at the point's region; NAN where infeasible or unknown */
};

/* The best plan with one knob held at another value, at the answer's number of devices. */
struct cs_point_knob {
    const char *knob;
    char value[24];
    struct cs_search_result result;
};

/* What gives a plan where there is none: an option, or a setting. */
enum { CS_POINT_LEVERS_MAX = 16 };
struct cs_point_lever {
    char what[64];
    struct cs_search_result result;
};

struct cs_point_trace {
    struct cs_trace_entry entry;
    double calls; /* of a step, on the slowest stage: equal entries added up */
};

struct cs_point {
    /* in */
    char title[512];
    char model[CS_NAME_MAX], hardware[CS_NAME_MAX], qat[CS_NAME_MAX], region[CS_NAME_MAX];
    struct cs_design_point design;
    bool from_law;
    bool has_carbon; /* false for a measured case: it has no place */
    struct cs_place place;
    enum cs_objective objective;
    int32_t wanted;    /* plans to list */
    bool with_changes; /* search again for what would change the answer */
    bool with_pareto;
    bool answered; /* best[0] is there already (a case): it is explained, not searched */
    /* of a case */
    const char *metric;
    bool of_step; /* the metric is of one step, not of the whole run */
    double measured, predicted;
    char case_source[256];
    double published; /* predicted for the plan as published, which `measured` is of, where the plan was changed */
    int32_t changed_count;
    struct cs_point_changed {
        const char *knob;
        char from[24], to[24]; /* as published, or "open"; as predicted */
    } changed[CS_KNOBS_MAX];
    /* out */
    int32_t found;
    struct cs_search_result best[CS_POINT_TOP_MAX];
    double best_carbon[CS_POINT_TOP_MAX];
    struct cs_point_carbon carbon;
    bool has_least; /* min_devices at a place, with a free count: the plan with the least carbon there stands beside */
    struct cs_search_result least;
    struct cs_point_carbon least_carbon;
    bool has_fewer; /* fewer: the search below the answer's number of devices, and why it fails */
    struct cs_search_result fewer;
    int32_t change_count, knob_count, trace_count, pareto_count;
    struct cs_point_change changes[CS_POINT_CHANGES_MAX];
    int32_t lever_count, levers_tried;
    struct cs_point_lever levers[CS_POINT_LEVERS_MAX];
    struct cs_point_knob knobs[CS_POINT_KNOBS_MAX];
    struct cs_point_trace trace[CS_POINT_TRACE_MAX]; /* the most time first */
    struct cs_search_result pareto[CS_POINT_TOP_MAX];
    double pareto_carbon[CS_POINT_TOP_MAX];
};

/* Searches, and fills everything under "out". */
enum cs_code cs_point_evaluate(struct cs_point *point, struct cs_error *error);
/* Carbon of one result at the point's region. */
void cs_point_carbon_of(const struct cs_point *point, const struct cs_search_result *result,
                        struct cs_point_carbon *carbon);

/* Its total in kg; NAN where there is no plan or no place. */
double cs_point_total_carbon(const struct cs_point *point, const struct cs_search_result *result);
/* The point's own question, asked of a design that may differ from it. Returns how many plans were found. */
int32_t cs_point_answer(const struct cs_point *point, const struct cs_design_point *design,
                        struct cs_search_workspace *workspace, int32_t wanted, struct cs_search_result *best);
/* The parts of cs_point_evaluate: what else would come out, and where the time of the best plan goes. */
void cs_point_find_changes(struct cs_point *point, struct cs_search_workspace *workspace);
/* Of a point without a plan: which of its own knobs and settings, otherwise, would give one. */
void cs_point_find_levers(struct cs_point *point, struct cs_search_workspace *workspace);
void cs_point_find_fewer(struct cs_point *point, struct cs_search_workspace *workspace);
void cs_point_trace_plan(struct cs_point *point);

const char *cs_bound_word(enum cs_bound bound);
const char *cs_pass_word(const struct cs_trace_entry *entry);

struct cs_point_view {
    bool kernels; /* every kernel, not only the longest */
};
/* A benchmark of some steps has neither tokens nor a training time. */
bool cs_point_whole_run(const struct cs_point *point);
/* The tables of cs_point_print. */
void cs_point_print_trace(const struct cs_point *point, const struct cs_point_view *view, const struct cs_style *style);
void cs_point_print_results(const struct cs_style *style, int32_t count, const struct cs_search_result *results,
                            const double *carbon);
void cs_point_print_carbon(const struct cs_point *point, const struct cs_style *style);
void cs_point_print_least(const struct cs_point *point, const struct cs_style *style);
void cs_point_print_knobs(const struct cs_point *point, const struct cs_style *style);
void cs_point_print_changes(const struct cs_point *point, const struct cs_style *style);
void cs_point_print(const struct cs_point *point, const struct cs_point_view *view, const struct cs_style *style);
enum cs_code cs_point_write_json(const struct cs_point *point, FILE *out, struct cs_error *error);

#endif
