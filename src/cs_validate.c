/* SPDX-License-Identifier: BSD-3-Clause */
/* cs_validate: predicted against measured, for every case of the files given. Arguments and wiring only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_build.h"
#include "cs_sweep/options.h"
#include "cs_sweep/text.h"
#include "explain/validation.h"

static const char usage[] =
    "cs_validate: measured training runs, predicted\n"
    "\n"
    "usage: cs_validate FILE... [OPTION]...\n"
    "\n"
    "  FILE               measured runs, as in configs/validation/; what a run leaves open (null) of its plan is "
    "searched\n"
    "  --group G          only the cases of this group, each with its plan; may be repeated\n"
    "  --cases            list every case with its plan, before the table of groups\n"
    "  --devices FILE     another device library than devices.json\n"
    "  --device-file FILE devices that join the library; one that has the name of another replaces it\n"
    "  --set path=value   any setting, as in cs_sweep\n"
    "  --json             the whole answer as JSON\n"
    "  --help, --version\n"
    "\n"
    "Errors are (predicted - measured) / measured. Exit status: 0 when every case was answered; 64 usage,\n"
    "65 a file is wrong or a case has no plan, 66 no input, 70 internal, 74 output.\n";

struct arguments {
    struct cs_texts files, groups, sets;
    const char *devices, *more_devices;
    bool json, details, help, version;
};

static enum cs_code parse(int argc, char **argv, struct arguments *a, struct cs_error *error)
{
    const struct cs_option options[] = {
        {"--group", .list = &a->groups},
        {"--cases", .flag = &a->details},
        {"--devices", .text = &a->devices},
        {"--device-file", .text = &a->more_devices},
        {"--set", .list = &a->sets, .passes = cs_is_assignment, .expected = CS_EXPECTED_ASSIGNMENT},
        {"--json", .flag = &a->json},
        {"--help", .flag = &a->help},
        {"--version", .flag = &a->version},
    };
    CS_TRY(cs_options_parse("cs_validate", argc, argv, sizeof options / sizeof options[0], options, &a->files, error));
    if (a->files.count == 0 && !a->help && !a->version) {
        return cs_fail(error, CS_ERROR_USAGE, "No case file was given; cs_validate --help says more.");
    }
    return CS_OK;
}

static enum cs_code read_config(const struct arguments *a, struct cs_config *config, struct cs_error *error)
{
    struct cs_bundle bundle;
    const char *sets[CS_TEXTS_MAX + 1];
    int32_t count = a->sets.count;
    char devices[4096];
    memcpy(sets, a->sets.at, (size_t)count * sizeof *sets);
    if (a->devices != NULL) {
        const int length = snprintf(devices, sizeof devices, "devices=%s", a->devices);
        if (length < 0 || (size_t)length >= sizeof devices) {
            return cs_fail(error, CS_ERROR_USAGE, "--devices: the path is too long.");
        }
        sets[count++] = devices;
    }
    CS_TRY(cs_bundle_read(NULL, count, sets, &bundle, error));
    CS_TRY(cs_bundle_add_devices(a->more_devices, &bundle, error));
    const enum cs_code code = cs_config_parse(&bundle, config, error);
    cs_bundle_free(&bundle);
    return code;
}

static bool is_among(const char *group, const struct cs_texts *groups)
{
    for (int32_t g = 0; g < groups->count; g++) {
        if (strcmp(groups->at[g], group) == 0) {
            return true;
        }
    }
    return false;
}

/* Keeps the cases of the groups that were asked for, each of which must be in the files. */
static enum cs_code keep_groups(const struct cs_texts *groups, struct cs_cases *cases, struct cs_error *error)
{
    int32_t kept = 0;
    for (int32_t g = 0; g < groups->count; g++) {
        const char *const nearest = cs_nearest_of(groups->at[g], cases->count, cases->items, sizeof *cases->items,
                                                  offsetof(struct cs_case, group));
        if (nearest == NULL || strcmp(nearest, groups->at[g]) != 0) {
            return cs_fail(error, CS_ERROR_USAGE, "--group %.80s: no case is of this group%s%s%s", groups->at[g],
                           nearest != NULL ? "; did you mean " : ".", nearest != NULL ? nearest : "",
                           nearest != NULL ? "?" : "");
        }
    }
    for (int32_t i = 0; i < cases->count; i++) {
        if (is_among(cases->items[i].group, groups)) {
            cases->items[kept++] = cases->items[i];
        }
    }
    cases->count = kept;
    return CS_OK;
}

static enum cs_code read_cases(const struct arguments *a, struct cs_cases *cases, struct cs_error *error)
{
    for (int32_t i = 0; i < a->files.count; i++) {
        CS_TRY(cs_cases_read(a->files.at[i], cases, error));
    }
    return a->groups.count > 0 ? keep_groups(&a->groups, cases, error) : CS_OK;
}

static enum cs_code first_unanswered(const struct cs_validation *v, struct cs_error *error)
{
    const int32_t count = cs_validation_unanswered(v);
    for (int32_t i = 0; i < v->cases.count && count > 0; i++) {
        if (v->predictions[i].status != CS_STATUS_FEASIBLE) {
            return cs_fail(error, CS_ERROR_CONFIG, "%d of %d cases have no plan; the first is %s, which fails at %s.",
                           (int)count, (int)v->cases.count, v->cases.items[i].id,
                           cs_status_word(v->predictions[i].status));
        }
    }
    return CS_OK;
}

static enum cs_code run(const struct arguments *a, struct cs_config *config, struct cs_validation *v,
                        struct cs_error *error)
{
    CS_TRY(read_config(a, config, error));
    CS_TRY(read_cases(a, &v->cases, error));
    CS_TRY(cs_validation_run(config, v, error));
    if (a->json) {
        CS_TRY(cs_validation_json(v, stdout, error));
    } else {
        cs_validation_text(v, a->details || a->groups.count > 0, stdout);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        return cs_fail(error, CS_ERROR_WRITE, "The answer could not be written.");
    }
    return first_unanswered(v, error);
}

int main(int argc, char **argv)
{
    static struct arguments arguments;
    static struct cs_config config;
    struct cs_validation validation = {.cases = {0}};
    struct cs_error error = {CS_OK, ""};
    enum cs_code code = parse(argc, argv, &arguments, &error);
    if (code == CS_OK && arguments.help) {
        fputs(usage, stdout);
    } else if (code == CS_OK && arguments.version) {
        printf("cs_validate %s (%s)\n", CS_BUILD_VERSION, CS_BUILD_COMMIT);
    } else if (code == CS_OK) {
        code = run(&arguments, &config, &validation, &error);
        cs_validation_free(&validation);
        cs_config_free(&config);
    }
    if (code != CS_OK) {
        fprintf(stderr, "cs_validate: error: %s\n", error.message);
    }
    return cs_exit_status(code);
}
