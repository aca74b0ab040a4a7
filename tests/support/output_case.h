/* SPDX-License-Identifier: BSD-3-Clause */
/* A folder, a configuration and results for the tests of a run's names and files. */
#ifndef CS_TEST_OUTPUT_CASE_H
#define CS_TEST_OUTPUT_CASE_H

#include "fill.h"
#include "suite.h"

#define CS_TEST_AXES                                                                                                   \
    "\"model\": {\"d_model\": [2048, 4096, 8192, 12288]}, \"hardware\": [\"A100\", \"H100\", \"TPUv4\"],"              \
    "\"year\": [0, 3, 7, 9], \"qat\": [\"off\", \"int8\"], \"carbon_intensity\": [\"us-east5\", \"asia-south1\"]"

extern const struct cs_run_info cs_case_info;
extern struct cs_test_case *cs_case;
extern struct cs_results *cs_case_part, *cs_case_whole; /* a third of the searches pending; none */
extern struct cs_error cs_case_error;
extern bool cs_case_complete; /* as cs_output_open said last */
/* Names in a folder that each test has of its own, so that strays show. */
extern char cs_case_path[1024], cs_case_partial[1100], cs_case_temporary[1100], cs_case_lock[1100], cs_case_stop[1100];

/* A checked fixture of Check. */
void cs_case_setup(void);
void cs_case_teardown(void);

void cs_must(enum cs_code code);
/* Fails with this code and a message that holds all of the words. */
void cs_refused(enum cs_code code, enum cs_code expected, const char *const *words);
#define REFUSED(code, expected, ...) cs_refused(code, expected, (const char *const[]){__VA_ARGS__, NULL})

struct cs_results *cs_pending_results(void);
enum cs_code cs_open_output(enum cs_output_mode mode, struct cs_results *results, struct cs_output **output);
void cs_no_strays(bool final_there, bool partial_there);
void cs_make_partial(void);
void cs_make_final(void);

#endif
