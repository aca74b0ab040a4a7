/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of the lists in step.h. */
#include "cs_sweep/step.h"

const char *cs_status_word(enum cs_status status)
{
#define STATUS_WORD(name, word, sentence) #word,
    static const char *const words[] = {CS_STATUSES(STATUS_WORD)};
    return words[status];
}

const char *cs_status_sentence(enum cs_status status)
{
#define STATUS_SENTENCE(name, word, sentence) sentence,
    static const char *const sentences[] = {CS_STATUSES(STATUS_SENTENCE)};
    return sentences[status];
}

const char *cs_share_word(enum cs_share share)
{
#define SHARE_WORD(name, word, meaning) #word,
    static const char *const words[] = {CS_SHARES(SHARE_WORD)};
    return words[share];
}
