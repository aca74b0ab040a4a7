/* SPDX-License-Identifier: BSD-3-Clause */
/* cs_point: one design point explained. Arguments and wiring only; see explain/. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_build.h"
#include "cs_sweep/options.h"
#include "cs_sweep/possible.h"
#include "cs_sweep/results.h"
#include "explain/locate.h"
#include "explain/point.h"

static const char usage[] =
    "cs_point: one design point of a sweep, explained\n"
    "\n"
    "usage: cs_point [CONFIG] --model M --hardware H [OPTION]...\n"
    "       cs_point --case FILE --id ID [OPTION]...\n"
    "\n"
    "The point\n"
    "  CONFIG              the configuration of a sweep, or its result file: its settings and its own models, devices\n"
    "                      and regions; without it the defaults\n"
    "  --model M           a d_model, or a name of models.json\n"
    "  --hardware H        a device of devices.json\n"
    "  --year Y            years of projection, 0 to 50 [0, or the first of CONFIG]\n"
    "  --qat Q             off, int8, int4 [off, or the first of CONFIG]\n"
    "  --region R          a name of regions.json, or g CO2e per kWh [us-east5, or the first of CONFIG]\n"
    "  --device-file FILE  devices that join those of devices.json; one that has the name of another replaces it\n"
    "  --tokens N  --seq-len N   tokens and sequence length of the run [the model's own, or by the settings]\n"
    "  --set path=value    any setting, as in cs_sweep; on an axis of CONFIG it picks the value\n"
    "  --case FILE --id ID a measured run of a case file, predicted and explained\n"
    "\n"
    "The plan: what is given is taken as given, the rest is searched; of a case it replaces what was published\n"
    "  --devices N  --tensor N  --pipeline N  --data N  --context N  --expert N  --expert-tensor N\n"
    "  --micro-batch N  --batch N (sequences; [the model's own])  --interleave N  --zero 0|1|2|3\n"
    "  --recompute none|selective|full|ffn  --recompute-layers N (0: all)  --offload off|offload\n"
    "  --schedule 1f1b|zb1p|dualpipe\n"
    "\n"
    "The answer\n"
    "  --top K             list the K best plans, 1 to 100 [10]\n"
    "  --kernels           list every kernel and collective, not only the longest\n"
    "  --pareto            list the plans of which none is better in devices, time and carbon at once\n"
    "  --brief             do not search for what would change the answer\n"
    "  --json              the whole answer as JSON; \"values\" holds every variable of a result file\n"
    "  --help, --version\n"
    "\n"
    "A point without a feasible plan is an answer too: exit status 0. Others: 64 usage, 65 configuration or data,\n"
    "66 no input, 70 internal, 74 output.\n";

struct arguments {
    struct cs_point_request request;
    struct cs_texts words, sets;
    const char *case_path, *case_id;
    struct cs_plan knobs; /* those that are not given are free */
    double tokens;        /* 0: not given */
    int64_t seq_len;      /* the same */
    char run_sets[2][64];
    int64_t top;
    bool kernels, pareto, brief, json, help, version;
};

static enum cs_code check(const struct arguments *arguments, struct cs_error *error)
{
    const struct cs_point_request *const request = &arguments->request;
    bool names_point = request->config != NULL;
    for (int32_t i = 0; i < CS_MAIN_AXIS_COUNT; i++) {
        names_point = names_point || request->wanted[i] != NULL;
    }
    if (arguments->case_path != NULL || arguments->case_id != NULL) {
        if (arguments->case_path == NULL || arguments->case_id == NULL) {
            return cs_fail(error, CS_ERROR_USAGE, "A measured run is named by both --case FILE and --id ID.");
        }
        return names_point ? cs_fail(error, CS_ERROR_USAGE,
                                     "A case names its own model and device: leave out CONFIG, "
                                     "--model, --hardware, --year, --qat and --region.")
               : arguments->tokens > 0.0 || arguments->seq_len > 0
                   ? cs_fail(error, CS_ERROR_USAGE,
                             "%s: a case states its own tokens and sequence length; leave it out, or change the case.",
                             arguments->tokens > 0.0 ? "--tokens" : "--seq-len")
               : arguments->pareto
                   ? cs_fail(error, CS_ERROR_USAGE,
                             "--pareto: a case has no place, and so no carbon to compare plans by; leave it out.")
                   : CS_OK;
    }
    if (arguments->knobs.recompute == CS_RECOMPUTE_NONE && arguments->knobs.recompute_layers > 0) {
        return cs_fail(
            error, CS_ERROR_USAGE,
            "--recompute-layers wants --recompute selective, full or ffn with it: none recomputes no layer.");
    }
    const bool has_model = request->wanted[CS_AXIS_MODEL] != NULL;
    if (!has_model || request->wanted[CS_AXIS_HARDWARE] == NULL) {
        return cs_fail(error, CS_ERROR_USAGE,
                       "%s is missing: cs_point --model 10240 --hardware H100 is a whole command.",
                       has_model ? "--hardware" : "--model");
    }
    return CS_OK;
}

/* One option for each knob of a plan that has one; returns how many. */
static int32_t knob_options(struct cs_plan *plan, struct cs_option options[CS_KNOBS_MAX])
{
    int32_t count = 0, used = 0;
    const struct cs_knob *const knobs = cs_knobs(&count);
    cs_plan_set_free(plan);
    for (int32_t i = 0; i < count; i++) {
        void *const member = (char *)plan + knobs[i].offset;
        struct cs_option option = {
            .name = knobs[i].option, .low = (double)knobs[i].least, .high = (double)knobs[i].most};
        if (knobs[i].option == NULL) {
            continue;
        }
        if (knobs[i].kind == CS_KNOB_COUNT) {
            option.count = member;
        } else if (knobs[i].words != NULL) {
            option.choice = member;
            option.names = knobs[i].words;
        } else {
            option.small = member;
        }
        options[used++] = option;
    }
    return used;
}

/* --tokens and --seq-len are settings with a short name. */
static enum cs_code set_run(struct arguments *arguments, struct cs_error *error)
{
    struct cs_texts *const sets = &arguments->sets;
    if (sets->count + 2 > CS_TEXTS_MAX) {
        return cs_fail(error, CS_ERROR_USAGE, "There are too many --set; at most %d are taken.", CS_TEXTS_MAX - 2);
    }
    if (arguments->tokens > 0.0) {
        snprintf(arguments->run_sets[0], sizeof arguments->run_sets[0], "training.tokens=%.17g", arguments->tokens);
        sets->at[sets->count++] = arguments->run_sets[0];
    }
    if (arguments->seq_len > 0) {
        snprintf(arguments->run_sets[1], sizeof arguments->run_sets[1], "training.seq_len=%lld",
                 (long long)arguments->seq_len);
        sets->at[sets->count++] = arguments->run_sets[1];
    }
    return CS_OK;
}

static enum cs_code parse_arguments(int argc, char **argv, struct arguments *arguments, struct cs_error *error)
{
    struct cs_point_request *const request = &arguments->request;
    const struct cs_option fixed[] = {
#define AXIS_OPTION(kind, key, dimension, option, ...) {option, .text = &request->wanted[CS_AXIS_##kind]},
        CS_MAIN_AXES(AXIS_OPTION)
#undef AXIS_OPTION
            {"--tokens", .number = &arguments->tokens, .low = 1.0, .high = 1e24},
        {"--seq-len", .count = &arguments->seq_len, .low = 1, .high = 1000000000},
        {"--case", .text = &arguments->case_path},
        {"--id", .text = &arguments->case_id},
        {"--device-file", .text = &request->devices},
        {"--set", .list = &arguments->sets, .passes = cs_is_assignment, .expected = CS_EXPECTED_ASSIGNMENT},
        {"--top", .count = &arguments->top, .low = 1, .high = CS_POINT_TOP_MAX},
        {"--kernels", .flag = &arguments->kernels},
        {"--pareto", .flag = &arguments->pareto},
        {"--brief", .flag = &arguments->brief},
        {"--json", .flag = &arguments->json},
        {"--help", .flag = &arguments->help},
        {"--version", .flag = &arguments->version},
    };
    enum { FIXED = sizeof fixed / sizeof fixed[0] };
    struct cs_option options[FIXED + CS_KNOBS_MAX];
    memcpy(options, fixed, sizeof fixed);
    arguments->top = 10;
    CS_TRY(cs_options_parse("cs_point", argc, argv, FIXED + knob_options(&arguments->knobs, options + FIXED), options,
                            &arguments->words, error));
    CS_TRY(set_run(arguments, error));
    request->sets = arguments->sets.at;
    request->set_count = arguments->sets.count;
    request->config = arguments->words.count > 0 ? arguments->words.at[0] : NULL;
    if (arguments->words.count > 1) {
        return cs_fail(error, CS_ERROR_USAGE, "%.200s: one CONFIG is enough (%.200s).", arguments->words.at[1],
                       request->config);
    }
    return arguments->help || arguments->version ? CS_OK : check(arguments, error);
}

/* Heads of a d_model come from a law and need not divide; a shape that exists has been launched. */
static enum cs_code check_knobs(const struct cs_point *point, struct cs_error *error)
{
    const struct cs_problem *const problem = &point->design.problem;
    const struct cs_search_settings *const settings = &point->design.space.settings;
    struct cs_plan plan = point->design.space.given;
    const unsigned divides = settings->divisibility == CS_DIVISIBILITY_STRICT ? CS_DIVIDES_HEADS | CS_DIVIDES_LAYERS
                             : point->from_law                                ? 0
                                                                              : CS_DIVIDES_HEADS;
    CS_TRY(cs_plan_possible(&problem->architecture, problem->seq_len, divides, &plan, true, error));
    const bool alone = settings->context_degrees.count == 0 && problem->seq_len < 2 * settings->context_tokens_min;
    if (plan.context > 0 || alone) {
        plan.context = plan.context > 0 ? plan.context : 1;
        return cs_plan_divides(&plan, true, error);
    }
    /* One of the context degrees that are searched must go with the others; the error that stays is of the first. */
    enum cs_code code = CS_OK;
    for (int32_t i = settings->context_degrees.count - 1; i >= 0; i--) {
        plan.context = settings->context_degrees.values[i];
        code = cs_plan_divides(&plan, true, error);
        if (code == CS_OK) {
            break;
        }
    }
    return code;
}

/* What the user fixed; a count of devices that follows from three degrees counts as given. */
static enum cs_code fix_knobs(const struct arguments *arguments, struct cs_point *point, struct cs_error *error)
{
    const struct cs_plan *const given = &arguments->knobs;
    struct cs_plan *const plan = &point->design.space.given;
    int32_t count = 0;
    const struct cs_knob *const knobs = cs_knobs(&count);
    for (int32_t i = 0; i < count; i++) {
        if (cs_knob_given(given, &knobs[i])) {
            cs_knob_put(plan, &knobs[i], cs_knob_get(given, &knobs[i]));
        }
    }
    if (given->global_batch > 0) {
        point->design.problem.global_batch = given->global_batch;
        point->design.problem.ramp.count = 0;
        point->design.own_batch = false;
    }
    if (plan->devices == 0 && given->tensor > 0 && given->pipeline > 0 && given->data > 0) {
        plan->devices = given->data * given->tensor * given->pipeline * (given->context > 0 ? given->context : 1);
    }
    CS_TRY(check_knobs(point, error));
    /* On a number of devices that the user names, the deadline is for the user to judge. */
    if (plan->devices > 0 && point->objective == CS_MIN_DEVICES) {
        point->objective = CS_MIN_TIME;
    }
    return CS_OK;
}

static bool is_result_file(const char *path)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    unsigned char start[8];
    FILE *const file = fopen(path, "rb");
    const bool is = file != NULL && fread(start, 1, sizeof start, file) == sizeof start &&
                    memcmp(start, signature, sizeof start) == 0;
    if (file != NULL) {
        fclose(file);
    }
    return is;
}

static enum cs_code explain(const struct arguments *arguments, struct cs_config *config, struct cs_point *point,
                            struct cs_error *error)
{
    if (arguments->case_path != NULL) {
        CS_TRY(cs_point_locate_case(arguments->case_path, arguments->case_id, &arguments->request, &arguments->knobs,
                                    config, point, error));
    } else {
        struct cs_point_request request = arguments->request;
        char *in_effect = NULL;
        if (request.config != NULL && is_result_file(request.config)) {
            CS_TRY(cs_results_read_configuration(request.config, &in_effect, error));
            request.config_text = in_effect;
        }
        const enum cs_code code = cs_point_locate(&request, config, point, error);
        free(in_effect);
        CS_TRY(code);
        CS_TRY(fix_knobs(arguments, point, error));
    }
    point->wanted = (int32_t)arguments->top;
    point->with_changes = !arguments->brief;
    point->with_pareto = arguments->pareto;
    return cs_point_evaluate(point, error);
}

static enum cs_code print(const struct arguments *arguments, const struct cs_point *point, struct cs_error *error)
{
    if (arguments->help) {
        fputs(usage, stdout);
    } else if (arguments->version) {
        printf("cs_point %s (%s)\n", CS_BUILD_VERSION, CS_BUILD_COMMIT);
    } else if (arguments->json) {
        CS_TRY(cs_point_write_json(point, stdout, error));
    } else {
        const struct cs_style style = cs_style_of(stdout);
        const struct cs_point_view view = {.kernels = arguments->kernels};
        cs_point_print(point, &view, &style);
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        return cs_fail(error, CS_ERROR_WRITE, "The answer cannot be written to the standard output.");
    }
    return CS_OK;
}

int main(int argc, char **argv)
{
    static struct arguments arguments;
    static struct cs_point point;
    static struct cs_config config;
    struct cs_error error = {.code = CS_OK};
    enum cs_code code = parse_arguments(argc, argv, &arguments, &error);
    if (code == CS_OK && !arguments.help && !arguments.version) {
        code = explain(&arguments, &config, &point, &error);
    }
    if (code == CS_OK) {
        code = print(&arguments, &point, &error);
    }
    if (code != CS_OK) {
        fprintf(stderr, "cs_point: error: %s\n", error.message);
    }
    cs_config_free(&config);
    return cs_exit_status(code);
}
