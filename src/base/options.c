/* SPDX-License-Identifier: BSD-3-Clause */
/* Not getopt_long: it leaves to the caller what is most of this file, which is to read each value and to say what was
 * expected and which option is nearest. It would also take any beginning of a name for the option, so that a script's
 * --mode changes its meaning with the next option that begins so, and it keeps global state. */
#include "cs_sweep/options.h"

#include <stdio.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "cs_sweep/text.h"

enum { OPTIONS_MAX = 64 };

bool cs_is_assignment(const char *text)
{
    return text[0] != '=' && strchr(text, '=') != NULL;
}

static enum cs_code add(const char *what, const char *text, struct cs_texts *list, struct cs_error *error)
{
    if (list->count == CS_TEXTS_MAX) {
        return cs_fail(error, CS_ERROR_USAGE, "More than %d %s.", (int)CS_TEXTS_MAX, what);
    }
    list->at[list->count++] = text;
    return CS_OK;
}

static enum cs_code unexpected(const struct cs_option *option, const char *value, struct cs_error *error)
{
    char text[160];
    if (option->expected != NULL) {
        snprintf(text, sizeof text, "%s", option->expected);
    } else if (option->choice != NULL) {
        snprintf(text, sizeof text, "one of %s", option->names);
    } else {
        snprintf(text, sizeof text, "a %s from %.15g to %.15g", option->number != NULL ? "number" : "whole number",
                 option->low, option->high);
    }
    return cs_fail(error, CS_ERROR_USAGE, "%s %.120s: expected %s.", option->name, value, text);
}

static enum cs_code take_value(const struct cs_option *option, const char *value, struct cs_error *error)
{
    int64_t count = 0;
    bool fits = true;
    if (option->text != NULL || option->list != NULL) {
        if (value[0] == '\0') {
            return cs_fail(error, CS_ERROR_USAGE, "%s wants a value that is not empty.", option->name);
        }
        fits = option->passes == NULL || option->passes(value);
        if (fits && option->list != NULL) {
            return add(option->name, value, option->list, error);
        }
        if (fits) {
            *option->text = value;
        }
    } else if (option->choice != NULL) {
        *option->choice = cs_choice_index(option->names, value);
        fits = *option->choice >= 0;
    } else if (option->number != NULL) {
        fits = cs_parse_number(value, strlen(value), option->number) && *option->number >= option->low &&
               *option->number <= option->high;
    } else {
        fits = cs_parse_count(value, (int64_t)option->low, (int64_t)option->high, &count);
        if (option->count != NULL) {
            *option->count = count;
        } else {
            *option->small = (int32_t)count;
        }
    }
    return fits ? CS_OK : unexpected(option, value, error);
}

static const struct cs_option *find(const char *name, int32_t count, const struct cs_option *options)
{
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(options[i].name, name) == 0) {
            return &options[i];
        }
    }
    return NULL;
}

static enum cs_code unknown(const char *program, const char *name, int32_t count, const struct cs_option *options,
                            struct cs_error *error)
{
    const char *names[OPTIONS_MAX];
    for (int32_t i = 0; i < count && i < OPTIONS_MAX; i++) {
        names[i] = options[i].name;
    }
    const char *const nearest = cs_nearest_name(name, count < OPTIONS_MAX ? count : (int32_t)OPTIONS_MAX, names);
    if (nearest == NULL) {
        return cs_fail(error, CS_ERROR_USAGE, "There is no option %s; %s --help lists them.", name, program);
    }
    return cs_fail(error, CS_ERROR_USAGE, "There is no option %s; did you mean %s?", name, nearest);
}

enum cs_code cs_options_parse(const char *program, int argc, char **argv, int32_t count,
                              const struct cs_option *options, struct cs_texts *words, struct cs_error *error)
{
    bool ended = false;
    for (int i = 1; i < argc; i++) {
        char name[80];
        if (ended || argv[i][0] != '-' || argv[i][1] == '\0') {
            CS_TRY(add("files", argv[i], words, error));
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            ended = true;
            continue;
        }
        const char *value = strchr(argv[i], '=');
        snprintf(name, sizeof name, "%.*s", (int)strcspn(argv[i], "="), argv[i]);
        const struct cs_option *const option = find(strcmp(name, "-h") == 0 ? "--help" : name, count, options);
        if (option == NULL) {
            return unknown(program, name, count, options, error);
        }
        if (option->flag != NULL) {
            if (value != NULL) {
                return cs_fail(error, CS_ERROR_USAGE, "%s takes no value.", option->name);
            }
            *option->flag = true;
            continue;
        }
        if (value == NULL && i + 1 == argc) {
            return cs_fail(error, CS_ERROR_USAGE, "%s wants a value; %s --help says which.", option->name, program);
        }
        CS_TRY(take_value(option, value != NULL ? value + 1 : argv[++i], error));
    }
    return CS_OK;
}
