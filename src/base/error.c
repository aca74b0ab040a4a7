/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/error.h"

#include <stdarg.h>
#include <stdio.h>

static const struct {
    int exit_status;
    const char *sentence;
} codes[] = {
#define CS_ERROR_ROW(name, exit_status, sentence) {exit_status, sentence},
    CS_ERROR_LIST(CS_ERROR_ROW)
#undef CS_ERROR_ROW
};

void cs_error_set(struct cs_error *error, enum cs_code code, const char *format, ...)
{
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        error->code = code;
        (void)vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
}

int cs_exit_status(enum cs_code code)
{
    return codes[code].exit_status;
}

const char *cs_code_sentence(enum cs_code code)
{
    return codes[code].sentence;
}
