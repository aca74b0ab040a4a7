/* SPDX-License-Identifier: BSD-3-Clause */
/* A software stack as data files name it. */
#include "read.h"

#include <ctype.h>
#include <string.h>

#include "cs_sweep/settings.h"
#include "cs_sweep/text.h"

enum cs_code cs_read_stack(const struct cs_json *object, const char *key, enum cs_stack_family *family, int32_t *year,
                           struct cs_error *error)
{
    const struct cs_json *const at = cs_json_given(object, key);
    char name[32] = "";
    if (at == NULL) {
        return CS_OK;
    }
    const char *const dash = at->type == CS_JSON_STRING ? strrchr(at->string, '-') : NULL;
    const size_t length = dash != NULL ? (size_t)(dash - at->string) : 0;
    int32_t index = -1, number = 0;
    if (length > 0 && length < sizeof name && strlen(dash + 1) == 4) {
        memcpy(name, at->string, length);
        index = cs_choice_index(CS_STACK_NAMES, name);
        for (const char *digit = dash + 1; *digit != '\0'; digit++) {
            number = isdigit((unsigned char)*digit) ? 10 * number + (*digit - '0') : -100000;
        }
    }
    if (index < 0 || number < CS_STACK_YEAR_FIRST || number > CS_STACK_YEAR_LAST) {
        return cs_json_expected(at, error,
                                "a family of software and the year of its release, such as \"megatron-2022\": best, "
                                "megatron, pytorch, deepspeed or xla, of 2019 to 2026");
    }
    *family = (enum cs_stack_family)index;
    *year = number;
    return CS_OK;
}
