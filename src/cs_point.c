/* SPDX-License-Identifier: BSD-3-Clause */
/* cs_point: one design point explained. Arguments and wiring only; see explain/. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_build.h"
#include "cs_sweep/number.h"
#include "cs_sweep/results.h"
#include "cs_sweep/text.h"
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
    "  --set path=value    any setting, as in cs_sweep; on an axis of CONFIG it picks the value\n"
    "  --case FILE --id ID a measured run of a case file, predicted and explained\n"
    "\n"
    "The plan: what is given is taken as given, the rest is searched\n"
    "  --devices N  --tensor N  --pipeline N  --data N  --context N  --expert N  --expert-tensor N\n"
    "  --micro-batch N  --batch N (sequences)  --interleave N  --zero 0|1|2|3\n"
    "  --recompute none|selective|full  --schedule 1f1b|zb1p|dualpipe\n"
    "\n"
    "The answer\n"
    "  --top K             list the K best plans, 1 to 100 [10]\n"
    "  --kernels           list every kernel and collective, not only the longest\n"
    "  --pareto            list the plans of which none is better in devices, time and carbon at once\n"
    "  --brief             do not search for what would change the answer\n"
    "  --json              everything for machines; the keys of \"values\" are variables of a result file\n"
    "  --help, --version\n"
    "\n"
    "A point without a feasible plan is an answer too: exit status 0. Others: 64 usage, 65 configuration or data,\n"
    "66 no input, 70 internal, 74 output.\n";

struct arguments {
    struct cs_point_request request;
    const char *case_path, *case_id;
    struct cs_space knobs; /* 0, or -1 where 0 is a value: not given */
    int64_t top;
    bool kernels, pareto, brief, json, help, version;
};

enum kind { TEXT, FLAG, WIDE, NARROW, ZERO, RECOMPUTE, SCHEDULE, SET };
struct option {
    const char *name;
    enum kind kind;
    size_t offset; /* of the member of struct arguments */
    int64_t high;
};
#define AT(member) offsetof(struct arguments, member)
static const struct option options[] = {
    {"--model", TEXT, AT(request.model), 0},
    {"--hardware", TEXT, AT(request.hardware), 0},
    {"--year", TEXT, AT(request.year), 0},
    {"--qat", TEXT, AT(request.qat), 0},
    {"--region", TEXT, AT(request.region), 0},
    {"--case", TEXT, AT(case_path), 0},
    {"--id", TEXT, AT(case_id), 0},
    {"--set", SET, 0, 0},
    {"--devices", WIDE, AT(knobs.devices), 1000000000000},
    {"--data", WIDE, AT(knobs.data), 1000000000000},
    {"--batch", WIDE, AT(knobs.global_batch), 1000000000},
    {"--tensor", NARROW, AT(knobs.tensor), 1000000},
    {"--pipeline", NARROW, AT(knobs.pipeline), 1000000},
    {"--context", NARROW, AT(knobs.context), 1000000},
    {"--expert", NARROW, AT(knobs.expert), 1000000},
    {"--expert-tensor", NARROW, AT(knobs.expert_tensor), 1000000},
    {"--micro-batch", NARROW, AT(knobs.micro_batch), 1000000},
    {"--interleave", NARROW, AT(knobs.interleave), 1000000},
    {"--zero", ZERO, AT(knobs.zero_stage), 3},
    {"--recompute", RECOMPUTE, AT(knobs.recompute), 0},
    {"--schedule", SCHEDULE, AT(knobs.schedule), 0},
    {"--top", WIDE, AT(top), CS_POINT_TOP_MAX},
    {"--kernels", FLAG, AT(kernels), 0},
    {"--pareto", FLAG, AT(pareto), 0},
    {"--brief", FLAG, AT(brief), 0},
    {"--json", FLAG, AT(json), 0},
    {"--help", FLAG, AT(help), 0},
    {"--version", FLAG, AT(version), 0},
};
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static enum cs_code unknown_option(const char *given, size_t length, struct cs_error *error)
{
    const char *names[OPTION_COUNT];
    char name[CS_NAME_MAX];
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        names[i] = options[i].name;
    }
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), given);
    const char *const nearest = cs_nearest_name(name, OPTION_COUNT, names);
    if (nearest == NULL) {
        return cs_fail(error, CS_ERROR_USAGE, "There is no option %s; cs_point --help lists them.", name);
    }
    return cs_fail(error, CS_ERROR_USAGE, "There is no option %s; did you mean %s?", name, nearest);
}

static enum cs_code choose(const struct option *option, const char *setting, const char *value, int32_t *member,
                           struct cs_error *error)
{
    const char *const names = cs_setting_find(setting)->names;
    *member = cs_choice_index(names, value);
    return *member >= 0 ? CS_OK
                        : cs_fail(error, CS_ERROR_USAGE, "%s %.80s: expected one of %s.", option->name, value, names);
}

static enum cs_code take_value(const struct option *option, const char *value, struct arguments *arguments,
                               const char **sets, struct cs_error *error)
{
    char *const member = (char *)arguments + option->offset;
    const int64_t low = option->kind == ZERO ? 0 : 1;
    int64_t number = 0;
    switch (option->kind) {
    case TEXT:
        if (value[0] == '\0') {
            return cs_fail(error, CS_ERROR_USAGE, "%s wants a value that is not empty.", option->name);
        }
        memcpy(member, &value, sizeof value);
        return CS_OK;
    case SET:
        if (strchr(value, '=') == NULL) {
            return cs_fail(error, CS_ERROR_USAGE, "--set %.120s: expected path=value, as carbon.pue=1.2.", value);
        }
        sets[arguments->request.set_count++] = value;
        return CS_OK;
    case RECOMPUTE:
        return choose(option, "search.recompute", value, &arguments->knobs.recompute, error);
    case SCHEDULE:
        return choose(option, "search.schedules", value, &arguments->knobs.schedule, error);
    case WIDE:
    case NARROW:
    case ZERO:
    case FLAG:
    default:
        break;
    }
    if (!cs_parse_count(value, low, option->high, &number)) {
        return cs_fail(error, CS_ERROR_USAGE, "%s %.80s: expected a whole number from %" PRId64 " to %" PRId64 ".",
                       option->name, value, low, option->high);
    }
    if (option->kind == WIDE) {
        memcpy(member, &number, sizeof number);
    } else {
        const int32_t narrow = (int32_t)number;
        memcpy(member, &narrow, sizeof narrow);
    }
    return CS_OK;
}

/* One argument, with the next one as its value where it wants one; *used counts them. */
static enum cs_code take_option(int count, char **words, struct arguments *arguments, const char **sets, int *used,
                                struct cs_error *error)
{
    const char *const equals = strchr(words[0], '=');
    const size_t length = equals != NULL ? (size_t)(equals - words[0]) : strlen(words[0]);
    const struct option *option = NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strlen(options[i].name) == length && strncmp(options[i].name, words[0], length) == 0) {
            option = &options[i];
        }
    }
    *used = 1;
    if (option == NULL) {
        return unknown_option(words[0], length, error);
    }
    if (option->kind == FLAG) {
        const bool yes = true;
        memcpy((char *)arguments + option->offset, &yes, sizeof yes);
        return equals == NULL ? CS_OK : cs_fail(error, CS_ERROR_USAGE, "%s takes no value.", option->name);
    }
    if (equals == NULL && count < 2) {
        return cs_fail(error, CS_ERROR_USAGE, "%s wants a value; cs_point --help says which.", option->name);
    }
    *used = equals != NULL ? 1 : 2;
    return take_value(option, equals != NULL ? equals + 1 : words[1], arguments, sets, error);
}

static enum cs_code check(const struct arguments *arguments, struct cs_error *error)
{
    const struct cs_point_request *const request = &arguments->request;
    const bool names_point = request->config != NULL || request->model != NULL || request->hardware != NULL ||
                             request->year != NULL || request->qat != NULL || request->region != NULL;
    if (arguments->case_path != NULL || arguments->case_id != NULL) {
        if (arguments->case_path == NULL || arguments->case_id == NULL) {
            return cs_fail(error, CS_ERROR_USAGE, "A measured run is named by both --case FILE and --id ID.");
        }
        return names_point ? cs_fail(error, CS_ERROR_USAGE,
                                     "A case names its own model and device: leave out CONFIG, "
                                     "--model, --hardware, --year, --qat and --region.")
                           : CS_OK;
    }
    if (request->model == NULL || request->hardware == NULL) {
        return cs_fail(error, CS_ERROR_USAGE,
                       "%s is missing: cs_point --model 10240 --hardware H100 is a whole command.",
                       request->model == NULL ? "--model" : "--hardware");
    }
    return CS_OK;
}

static enum cs_code parse_arguments(int count, char **words, struct arguments *arguments, const char **sets,
                                    struct cs_error *error)
{
    arguments->knobs.zero_stage = -1;
    arguments->knobs.recompute = -1;
    arguments->knobs.schedule = -1;
    arguments->knobs.sequence_parallel = -1;
    arguments->top = 10;
    for (int i = 1, used = 1; i < count; i += used) {
        used = 1;
        if (words[i][0] == '-' && words[i][1] != '\0') {
            CS_TRY(take_option(count - i, words + i, arguments, sets, &used, error));
        } else if (arguments->request.config == NULL) {
            arguments->request.config = words[i];
        } else {
            return cs_fail(error, CS_ERROR_USAGE, "%.200s: one CONFIG is enough (%.200s).", words[i],
                           arguments->request.config);
        }
    }
    return arguments->help || arguments->version ? CS_OK : check(arguments, error);
}

/* What the user fixed; a count of devices that follows from three degrees counts as given. */
static void fix_knobs(const struct arguments *arguments, struct cs_point *point)
{
    const struct cs_space *const knobs = &arguments->knobs;
    struct cs_space *const space = &point->design.space;
#define FIX(member, unset) space->member = knobs->member != (unset) ? knobs->member : space->member
    FIX(devices, 0);
    FIX(data, 0);
    FIX(global_batch, 0);
    FIX(tensor, 0);
    FIX(pipeline, 0);
    FIX(context, 0);
    FIX(expert, 0);
    FIX(expert_tensor, 0);
    FIX(micro_batch, 0);
    FIX(interleave, 0);
    FIX(zero_stage, -1);
    FIX(recompute, -1);
    FIX(schedule, -1);
#undef FIX
    if (knobs->global_batch > 0) {
        point->design.problem.global_batch = knobs->global_batch;
    }
    if (space->devices == 0 && knobs->tensor > 0 && knobs->pipeline > 0 && knobs->data > 0) {
        space->devices = knobs->data * knobs->tensor * knobs->pipeline * (knobs->context > 0 ? knobs->context : 1);
    }
    /* On a number of devices that the user names, the deadline is for the user to judge. */
    if (space->devices > 0 && point->objective == CS_MIN_DEVICES) {
        point->objective = CS_MIN_TIME;
    }
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
        CS_TRY(cs_point_locate_case(arguments->case_path, arguments->case_id, arguments->request.set_count,
                                    arguments->request.sets, config, point, error));
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
        fix_knobs(arguments, point);
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
    struct cs_error error = {.code = CS_OK};
    struct arguments arguments;
    struct cs_config config;
    struct cs_point *const point = calloc(1, sizeof *point);
    const char **const sets = malloc(((size_t)argc + 1) * sizeof *sets);
    enum cs_code code = CS_OK;
    memset(&arguments, 0, sizeof arguments);
    memset(&config, 0, sizeof config);
    if (point == NULL || sets == NULL) {
        code = cs_fail(&error, CS_ERROR_MEMORY, "There is not enough memory to start.");
    }
    if (code == CS_OK) {
        arguments.request.sets = sets;
        code = parse_arguments(argc, argv, &arguments, sets, &error);
    }
    if (code == CS_OK && !arguments.help && !arguments.version) {
        code = explain(&arguments, &config, point, &error);
    }
    if (code == CS_OK) {
        code = print(&arguments, point, &error);
    }
    if (code != CS_OK) {
        fprintf(stderr, "cs_point: error: %s\n", error.message);
    }
    cs_config_free(&config);
    free(sets);
    free(point);
    return cs_exit_status(code);
}
