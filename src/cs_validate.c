/* SPDX-License-Identifier: BSD-3-Clause */
/* cs_validate: predicted against measured, for every case of the files given. Arguments and wiring only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cs_build.h"
#include "cs_sweep/text.h"
#include "explain/validation.h"

static const char usage[] =
    "cs_validate: measured training runs, predicted\n"
    "\n"
    "usage: cs_validate FILE... [OPTION]...\n"
    "\n"
    "  FILE               cases of measured runs (configs/validation/); fields that a case leaves null are searched\n"
    "  --group G          only this group of cases, each with its plan; repeat it for several\n"
    "  --cases            every case with its plan, not only the groups\n"
    "  --devices FILE     another device library than devices.json\n"
    "  --set path=value   any setting, as in cs_sweep\n"
    "  --json             everything for machines\n"
    "  --help, --version\n"
    "\n"
    "Errors are (predicted - measured) / measured. Exit status: 0 when every case was answered; 64 usage, 65 a file "
    "is\n"
    "wrong or a case has no plan, 66 no input, 70 internal, 74 output.\n";

enum { LIST_MAX = 1024 };
struct arguments {
    int32_t file_count, group_count, set_count;
    const char *files[LIST_MAX], *groups[LIST_MAX], *sets[LIST_MAX];
    const char *devices;
    bool json, details, help, version;
};

static enum cs_code add(const char *what, const char *value, int32_t *count, const char **list, struct cs_error *error)
{
    if (*count == LIST_MAX) {
        return cs_fail(error, CS_ERROR_USAGE, "More than %d %s.", LIST_MAX, what);
    }
    list[(*count)++] = value;
    return CS_OK;
}

static enum cs_code unknown_option(const char *given, struct cs_error *error)
{
    static const char *const names[] = {"--group", "--cases", "--devices", "--set", "--json", "--help", "--version"};
    const char *nearest = cs_nearest_name(given, sizeof names / sizeof names[0], names);
    if (nearest == NULL) {
        return cs_fail(error, CS_ERROR_USAGE, "There is no option %.80s; cs_validate --help lists them.", given);
    }
    return cs_fail(error, CS_ERROR_USAGE, "There is no option %.80s; did you mean %s?", given, nearest);
}

/* The value of --name VALUE or --name=VALUE; NULL if the argument is another. */
static enum cs_code option_value(const char *name, int argc, char **argv, int *i, const char **value,
                                 struct cs_error *error)
{
    const size_t length = strlen(name);
    *value = NULL;
    if (strncmp(argv[*i], name, length) != 0 || (argv[*i][length] != '\0' && argv[*i][length] != '=')) {
        return CS_OK;
    }
    if (argv[*i][length] == '=') {
        *value = argv[*i] + length + 1;
    } else if (*i + 1 < argc) {
        *value = argv[++*i];
    }
    if (*value == NULL || (*value)[0] == '\0') {
        return cs_fail(error, CS_ERROR_USAGE, "%s wants a value.", name);
    }
    return CS_OK;
}

static enum cs_code parse(int argc, char **argv, struct arguments *a, struct cs_error *error)
{
    for (int i = 1; i < argc; i++) {
        const char *value = NULL;
        if (argv[i][0] != '-') {
            CS_TRY(add("files", argv[i], &a->file_count, a->files, error));
            continue;
        }
        if (strcmp(argv[i], "--json") == 0) {
            a->json = true;
        } else if (strcmp(argv[i], "--cases") == 0) {
            a->details = true;
        } else if (strcmp(argv[i], "--help") == 0) {
            a->help = true;
        } else if (strcmp(argv[i], "--version") == 0) {
            a->version = true;
        } else {
            CS_TRY(option_value("--group", argc, argv, &i, &value, error));
            if (value != NULL) {
                CS_TRY(add("groups", value, &a->group_count, a->groups, error));
                continue;
            }
            CS_TRY(option_value("--set", argc, argv, &i, &value, error));
            if (value != NULL) {
                if (strchr(value, '=') == NULL) {
                    return cs_fail(error, CS_ERROR_USAGE, "--set %.120s: expected path=value, as carbon.pue=1.2.",
                                   value);
                }
                CS_TRY(add("settings", value, &a->set_count, a->sets, error));
                continue;
            }
            CS_TRY(option_value("--devices", argc, argv, &i, &a->devices, error));
            if (a->devices == NULL) {
                return unknown_option(argv[i], error);
            }
        }
    }
    if (a->file_count == 0 && !a->help && !a->version) {
        return cs_fail(error, CS_ERROR_USAGE, "No case file was given; cs_validate --help says more.");
    }
    return CS_OK;
}

static enum cs_code read_config(struct arguments *a, struct cs_config *config, struct cs_error *error)
{
    struct cs_bundle bundle;
    char devices[4096];
    if (a->devices != NULL) {
        const int length = snprintf(devices, sizeof devices, "devices=%s", a->devices);
        if (length < 0 || (size_t)length >= sizeof devices) {
            return cs_fail(error, CS_ERROR_USAGE, "--devices: the path is too long.");
        }
        CS_TRY(add("settings", devices, &a->set_count, a->sets, error));
    }
    CS_TRY(cs_bundle_read(NULL, a->set_count, a->sets, &bundle, error));
    const enum cs_code code = cs_config_parse(&bundle, config, error);
    cs_bundle_free(&bundle);
    return code;
}

static bool wanted(const struct arguments *a, const char *group)
{
    bool found = a->group_count == 0;
    for (int32_t i = 0; i < a->group_count; i++) {
        found = found || strcmp(a->groups[i], group) == 0;
    }
    return found;
}

/* Every group that was asked for is in the files. */
static enum cs_code check_groups(const struct arguments *a, const struct cs_cases *cases, struct cs_error *error)
{
    for (int32_t g = 0; g < a->group_count; g++) {
        const char *nearest = NULL;
        bool found = false;
        for (int32_t i = 0; i < cases->count; i++) {
            const char *name = cases->items[i].group;
            found = found || strcmp(name, a->groups[g]) == 0;
            nearest = nearest != NULL ? nearest : cs_nearest_name(a->groups[g], 1, &name);
        }
        if (!found) {
            return cs_fail(error, CS_ERROR_USAGE, "--group %.80s: no case is of this group%s%s%s", a->groups[g],
                           nearest != NULL ? "; did you mean " : ".", nearest != NULL ? nearest : "",
                           nearest != NULL ? "?" : "");
        }
    }
    return CS_OK;
}

static enum cs_code read_cases(const struct arguments *a, struct cs_cases *cases, struct cs_error *error)
{
    for (int32_t i = 0; i < a->file_count; i++) {
        CS_TRY(cs_cases_read(a->files[i], cases, error));
    }
    CS_TRY(check_groups(a, cases, error));
    int32_t kept = 0;
    for (int32_t i = 0; i < cases->count; i++) {
        if (wanted(a, cases->items[i].group)) {
            cases->items[kept++] = cases->items[i];
        }
    }
    cases->count = kept;
    return CS_OK;
}

static enum cs_code first_unanswered(const struct cs_validation *v, struct cs_error *error)
{
    const int32_t count = cs_validation_unanswered(v);
    for (int32_t i = 0; i < v->cases.count && count > 0; i++) {
        if (v->predictions[i].status != CS_STATUS_FEASIBLE) {
            return cs_fail(error, CS_ERROR_CONFIG, "%d of %d cases have no plan; the first is %s, which fails at %s.",
                           (int)count, (int)v->cases.count, v->cases.items[i].id,
                           cs_validation_status(v->predictions[i].status));
        }
    }
    return CS_OK;
}

static enum cs_code run(struct arguments *a, struct cs_config *config, struct cs_validation *v, struct cs_error *error)
{
    CS_TRY(read_config(a, config, error));
    CS_TRY(read_cases(a, &v->cases, error));
    CS_TRY(cs_validation_run(config, v, error));
    if (a->json) {
        CS_TRY(cs_validation_json(v, stdout, error));
    } else {
        cs_validation_text(v, a->details || a->group_count > 0, stdout);
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
