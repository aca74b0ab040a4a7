/* SPDX-License-Identifier: BSD-3-Clause */
#include "message.h"

#include <stdbool.h>
#include <string.h>

/* Length of the path that a text begins with, as in `devices[0].tiles[1]: `; 0 where it begins with a sentence. */
static size_t path_length(const char *text)
{
    const size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.-[]");
    return strncmp(text + length, ": ", 2) == 0 ? length : 0;
}

const char *cs_wrong_message(const char *message, const char *place, const char *key, const char *phrase)
{
    if (place == NULL) {
        const size_t length = strlen(phrase);
        const bool open = phrase[length - 1] == '*';
        return (open ? strncmp(message, phrase, length - 1) : strcmp(message, phrase)) == 0 ? NULL : "another message";
    }
    const size_t length = strlen(place);
    if (strncmp(message, place, length) != 0 || strncmp(message + length, ": ", 2) != 0) {
        return "another place";
    }
    const char *rest = message + length + 2;
    const size_t path = path_length(rest);
    if (path != strlen(key) || strncmp(rest, key, path) != 0) {
        return "another key";
    }
    return strstr(rest + (path > 0 ? path + 2 : 0), phrase) != NULL ? NULL : "another reason";
}
