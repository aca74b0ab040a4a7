/* SPDX-License-Identifier: BSD-3-Clause */
#include "output_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct cs_run_info cs_case_info = {
    .ranks = 1, .command = "test", .elapsed_seconds = 2.0, .shard = 1, .shards = 1};

struct cs_test_case *cs_case;
struct cs_results *cs_case_part, *cs_case_whole; /* a third of the searches pending; none */
struct cs_error cs_case_error;
char cs_case_path[1024], cs_case_partial[1100], cs_case_temporary[1100], cs_case_lock[1100], cs_case_stop[1100];
bool cs_case_complete;

/* Every test has a folder of its own, so that strays show. */
void cs_case_setup(void)
{
    static int count;
    char folder[64];
    (void)snprintf(folder, sizeof folder, "output-%ld-%d", (long)getpid(), count++);
    ck_assert_int_eq(mkdir(cs_test_path(folder), 0777), 0);
    (void)snprintf(cs_case_path, sizeof cs_case_path, "%s/x.h5", cs_test_path(folder));
    (void)snprintf(cs_case_partial, sizeof cs_case_partial, "%s.partial", cs_case_path);
    (void)snprintf(cs_case_temporary, sizeof cs_case_temporary, "%s.partial.tmp", cs_case_path);
    (void)snprintf(cs_case_lock, sizeof cs_case_lock, "%s.lock", cs_case_path);
    (void)snprintf(cs_case_stop, sizeof cs_case_stop, "%s.stop", cs_case_path);
    cs_case = cs_test_case_create("{\"axes\": {" CS_TEST_AXES "}}");
    cs_case_part = cs_test_results(&cs_case->grid, 1, 3);
    cs_case_whole = cs_test_results(&cs_case->grid, 1, 0);
}

void cs_case_teardown(void)
{
    cs_results_destroy(cs_case_part);
    cs_results_destroy(cs_case_whole);
    cs_test_case_destroy(cs_case);
}

void cs_must(enum cs_code code)
{
    ck_assert_msg(code == CS_OK, "%s", cs_case_error.message);
}

/* Fails with this code and a message that holds all of the words. */
void cs_refused(enum cs_code code, enum cs_code expected, const char *const *words)
{
    ck_assert_msg(code == expected, "code %d, not %d: %s", (int)code, (int)expected, cs_case_error.message);
    for (; *words != NULL; words++) {
        ck_assert_msg(strstr(cs_case_error.message, *words) != NULL, "'%s' is not in: %s", *words,
                      cs_case_error.message);
    }
}

struct cs_results *cs_pending_results(void)
{
    struct cs_results *results;
    cs_must(cs_results_create(&cs_case->grid, &results, &cs_case_error));
    return results;
}

enum cs_code cs_open_output(enum cs_output_mode mode, struct cs_results *results, struct cs_output **output)
{
    return cs_output_open(cs_case_path, mode, results, output, &cs_case_complete, &cs_case_error);
}

void cs_no_strays(bool final_there, bool partial_there)
{
    ck_assert(cs_test_exists(cs_case_path) == final_there);
    ck_assert(cs_test_exists(cs_case_partial) == partial_there);
    ck_assert(!cs_test_exists(cs_case_temporary));
    ck_assert(!cs_test_exists(cs_case_lock));
    ck_assert(!cs_test_exists(cs_case_stop));
}

void cs_make_partial(void)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_must(cs_open_output(CS_OUTPUT_NEW, results, &output));
    cs_must(cs_output_checkpoint(output, cs_case_part, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    cs_results_destroy(results);
    cs_no_strays(false, true);
}

void cs_make_final(void)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_must(cs_open_output(CS_OUTPUT_NEW, results, &output));
    cs_must(cs_output_finish(output, cs_case_whole, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    cs_results_destroy(results);
    cs_no_strays(true, false);
}
