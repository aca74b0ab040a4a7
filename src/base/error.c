/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/error.h"

#include <stdarg.h>
#include <stdio.h>

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
    static const int statuses[] = {
#define CS_ERROR_STATUS(name, exit_status) exit_status,
        CS_ERROR_LIST(CS_ERROR_STATUS)
#undef CS_ERROR_STATUS
    };
    return statuses[code];
}
