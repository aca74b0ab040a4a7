/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of wrong inputs. A row states what message.h compares; of each kind of message one row states the whole. */
#ifndef CS_TESTS_WRONG_H
#define CS_TESTS_WRONG_H

#include <stddef.h>

#include "configurations.h"
#include "message.h"

enum { CS_WRONG_SETS = 3 };
/* The data files in the order of a bundle's. */
enum cs_wrong_file { CS_WRONG_DEVICES, CS_WRONG_REGIONS, CS_WRONG_QAT, CS_WRONG_MODELS, CS_WRONG_NO_FILE = -1 };

struct cs_wrong {
    const char *place;  /* before the first ": "; NULL: phrase is the whole message */
    const char *key;    /* path of the key; "" where the message names none */
    const char *phrase; /* of what follows */
    const char *config; /* text of the configuration, test.json */
    const char *sets[CS_WRONG_SETS];
    enum cs_wrong_file file; /* whose text data.json replaces */
    const char *text;
    int exit_status;
};

/* A configuration named test.json and a data file named data.json: line and column of the fault. */
#define WRONG(place, key, phrase, text) {"test.json:" place, key, phrase, text, {NULL}, CS_WRONG_NO_FILE, NULL, 65},
#define WRONG_DATA(file, place, key, phrase, text) {"data.json:" place, key, phrase, RIGHT, {NULL}, file, text, 65},
/* An override. Its message names the assignment at fault, the last one given. */
#define WRONG_SET(status, assignment, key, phrase)                                                                     \
    {"--set " assignment, key, phrase, RIGHT, {assignment}, CS_WRONG_NO_FILE, NULL, status},
#define WRONG_SET_AFTER(before, status, assignment, key, phrase)                                                       \
    {"--set " assignment, key, phrase, RIGHT, {before, assignment}, CS_WRONG_NO_FILE, NULL, status},
/* The same with the whole message. */
#define WHOLE(message, text) {NULL, NULL, message, text, {NULL}, CS_WRONG_NO_FILE, NULL, 65},
#define WHOLE_DATA(file, message, text) {NULL, NULL, message, RIGHT, {NULL}, file, text, 65},
#define WHOLE_SET(status, message, ...) {NULL, NULL, message, RIGHT, {__VA_ARGS__}, CS_WRONG_NO_FILE, NULL, status},

/* Runs each row as a test of its own; the status that main returns. */
int cs_run_wrong_inputs(const char *name, const struct cs_wrong *table, int count);

#endif
