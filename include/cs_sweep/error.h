/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors: one list of codes, each with its exit status (sysexits.h).
 *
 * Contract: a function that can fail returns enum cs_code, CS_OK being 0, and fills the struct cs_error that the caller
 * owns. The message is a full sentence or more: where, what was expected, what to do. Lower levels' messages pass
 * upward unchanged. Only the programs turn a code into an exit status; only src/sweep ends other ranks. */
#ifndef CS_SWEEP_ERROR_H
#define CS_SWEEP_ERROR_H

/* What each code says: no error; the command line was not understood; the configuration or a data file is wrong; an
 * input file cannot be read; the launcher of several processes did not join them; this should be unreachable; not
 * enough memory; the output cannot be created; it cannot be written; stopped cleanly before the end, and the run can be
 * resumed. */
#define CS_ERROR_LIST(X)                                                                                               \
    X(CS_OK, 0)                                                                                                        \
    X(CS_ERROR_USAGE, 64)                                                                                              \
    X(CS_ERROR_CONFIG, 65)                                                                                             \
    X(CS_ERROR_INPUT, 66)                                                                                              \
    X(CS_ERROR_LAUNCH, 69)                                                                                             \
    X(CS_ERROR_INTERNAL, 70)                                                                                           \
    X(CS_ERROR_MEMORY, 70)                                                                                             \
    X(CS_ERROR_CREATE, 73)                                                                                             \
    X(CS_ERROR_WRITE, 74)                                                                                              \
    X(CS_ERROR_STOPPED, 75)

enum cs_code {
#define CS_ERROR_ENUM(name, exit_status) name,
    CS_ERROR_LIST(CS_ERROR_ENUM)
#undef CS_ERROR_ENUM
};

struct cs_error {
    enum cs_code code;
    char message[2048];
};

/* Sets code and message (printf-style, truncated to the buffer) and returns code, so that a caller can write
 * `return cs_fail(error, CS_ERROR_CONFIG, "...")`. error may be NULL. A macro, so that analyzers see the code. */
#define cs_fail(error, code, ...) cs_error_code((cs_error_set(error, code, __VA_ARGS__), (code)))
void cs_error_set(struct cs_error *error, enum cs_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static inline enum cs_code cs_error_code(enum cs_code code)
{
    return code;
}

int cs_exit_status(enum cs_code code);

#define CS_TRY(call)                                                                                                   \
    do {                                                                                                               \
        const enum cs_code cs_try_code = (call);                                                                       \
        if (cs_try_code != CS_OK) {                                                                                    \
            return cs_try_code;                                                                                        \
        }                                                                                                              \
    } while (0)

#endif
