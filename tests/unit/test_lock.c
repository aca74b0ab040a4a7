/* SPDX-License-Identifier: BSD-3-Clause */
/* Who holds the name of a result: NAME.lock, with and without a file system that locks. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output_case.h"

/* A child says nothing to Check, whose messages share one file. */
static pid_t hold(bool then_die)
{
    int ready[2];
    char byte;
    struct cs_results *results = cs_pending_results();
    ck_assert_int_eq(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct cs_output *output;
        if (cs_open_output(CS_OUTPUT_NEW, results, &output) != CS_OK ||
            cs_output_checkpoint(output, cs_case_part, &cs_case_info, &cs_case_error) != CS_OK) {
            _exit(1);
        }
        cs_test_write(cs_case_temporary, "half a file", 11);
        (void)!write(ready[1], "x", 1);
        if (then_die) {
            (void)raise(SIGKILL);
        }
        while (true) {
            pause();
        }
    }
    ck_assert_int_eq((int)read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    cs_results_destroy(results);
    return child;
}

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

START_TEST(the_second_run_waits_and_says_who_holds_the_name)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    const pid_t child = hold(false);
    char pid[32], host[256];
    (void)snprintf(pid, sizeof pid, "process %ld on ", (long)child);
    ck_assert_int_eq(gethostname(host, sizeof host), 0);
    const double start = seconds_now();
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_CREATE, cs_case_path, pid, host);
    const double waited = seconds_now() - start;
    ck_assert(waited >= 9.9 && waited < 15.0);
    /* One that ends while another waits hands over. */
    const pid_t killer = fork();
    if (killer == 0) {
        const struct timespec moment = {1, 0};
        (void)nanosleep(&moment, NULL);
        _exit(kill(child, SIGKILL));
    }
    cs_must(cs_open_output(CS_OUTPUT_RESUME, results, &output));
    ck_assert(seconds_now() - start - waited < 5.0);
    ck_assert_int_eq(cs_results_pending(results), cs_results_pending(cs_case_part));
    cs_output_close(output);
    cs_no_strays(false, true);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert_int_eq(waitpid(killer, NULL, 0), killer);
    cs_results_destroy(results);
}
END_TEST

START_TEST(a_killed_run_leaves_nothing_in_the_way)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    const pid_t child = hold(true);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    ck_assert(cs_test_exists(cs_case_lock) && cs_test_exists(cs_case_temporary));
    const double start = seconds_now();
    cs_must(cs_open_output(CS_OUTPUT_RESUME, results, &output));
    ck_assert(seconds_now() - start < 5.0);
    cs_must(cs_output_finish(output, cs_case_whole, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    cs_no_strays(true, false);
    cs_results_destroy(results);
}
END_TEST

/* <unistd.h> has it for _DEFAULT_SOURCE only. */
long syscall(long number, ...);

/* Stands before the C library's: a file system without locks. */
static bool no_locks;
int flock(int fd, int operation)
{
    if (no_locks) {
        errno = ENOLCK;
        return -1;
    }
    return (int)syscall(SYS_flock, fd, operation);
}

/* A clock that sleeping sets forward, so that nobody waits. */
static double slept_seconds;
int clock_gettime(clockid_t clock, struct timespec *now)
{
    const int failed = (int)syscall(SYS_clock_gettime, clock, now);
    const long nanoseconds = now->tv_nsec + (long)(fmod(slept_seconds, 1.0) * 1e9);
    now->tv_sec += (time_t)slept_seconds + nanoseconds / 1000000000;
    now->tv_nsec = nanoseconds % 1000000000;
    return failed;
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
    if (!no_locks) {
        return (int)syscall(SYS_nanosleep, wanted, left);
    }
    slept_seconds += (double)wanted->tv_sec + 1e-9 * (double)wanted->tv_nsec;
    return 0;
}

static void set_job(const char *number, const char *restarts)
{
    ck_assert_int_eq(number != NULL ? setenv("SLURM_JOB_ID", number, 1) : unsetenv("SLURM_JOB_ID"), 0);
    ck_assert_int_eq(restarts != NULL ? setenv("SLURM_RESTART_COUNT", restarts, 1) : unsetenv("SLURM_RESTART_COUNT"),
                     0);
}

/* A run that a text in the lock file stands for; whether another may start. */
static bool gives_way(const char *text)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_test_write(cs_case_lock, text, (int64_t)strlen(text));
    const enum cs_code code = cs_open_output(CS_OUTPUT_NEW, results, &output);
    if (code == CS_OK) {
        cs_output_close(output);
        cs_no_strays(false, false);
    } else {
        ck_assert_int_eq(code, CS_ERROR_CREATE);
        ck_assert_int_eq(unlink(cs_case_lock), 0);
    }
    cs_results_destroy(results);
    return code == CS_OK;
}

START_TEST(a_file_of_something_else_stays)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    char other[1100];
    int64_t size;
    (void)snprintf(other, sizeof other, "%s.other", cs_case_path);
    cs_test_write(other, "here 4\n", 7);
    ck_assert_int_eq(link(other, cs_case_lock), 0);
    REFUSED(cs_open_output(CS_OUTPUT_FORCE, results, &output), CS_ERROR_CREATE, cs_case_lock, "not the lock of a run");
    ck_assert_int_eq(unlink(other), 0);
    const char *const texts[] = {"mine", "mine mine", "[[package]]\nname = \"a\"\n", "here 4", "here 4 71.0 more\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cs_test_write(cs_case_lock, texts[i], (int64_t)strlen(texts[i]));
        REFUSED(cs_open_output(CS_OUTPUT_NEW, results, &output), CS_ERROR_CREATE, cs_case_lock,
                "not the lock of a run");
        char *bytes = cs_test_read(cs_case_lock, &size);
        ck_assert_str_eq(bytes, texts[i]);
        free(bytes);
    }
    ck_assert_int_eq(unlink(cs_case_lock), 0);
    cs_results_destroy(results);
}
END_TEST

START_TEST(without_locks_the_text_says_who_lives)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    char host[256], text[512];
    int64_t size;
    no_locks = true;
    set_job(NULL, NULL);
    ck_assert_int_eq(gethostname(host, sizeof host), 0);
    /* What a run writes: its host and process, and its job where it has one. */
    cs_must(cs_open_output(CS_OUTPUT_NEW, results, &output));
    char *said = cs_test_read(cs_case_lock, &size);
    (void)snprintf(text, sizeof text, "%s %ld\n", host, (long)getpid());
    ck_assert_str_eq(said, text);
    cs_output_close(output);
    free(said);
    set_job("71", "2");
    cs_must(cs_open_output(CS_OUTPUT_NEW, results, &output));
    said = cs_test_read(cs_case_lock, &size);
    (void)snprintf(text, sizeof text, "%s %ld 71.2\n", host, (long)getpid());
    ck_assert_str_eq(said, text);
    cs_output_close(output);
    free(said);
    cs_results_destroy(results);
    /* No text holds nothing; nor does a process of this host that is gone. */
    ck_assert(gives_way(""));
    const pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    (void)snprintf(text, sizeof text, "%s %ld 70.0\n", host, (long)child);
    ck_assert(gives_way(text));
    /* This job before it went back into the queue, on a node that may be lost. */
    ck_assert(gives_way("elsewhere 42 71.0\n"));
    set_job("71", NULL);
    ck_assert(gives_way("elsewhere 42 71.1\n"));
}
END_TEST

START_TEST(without_locks_another_host_is_trusted)
{
    no_locks = true;
    set_job("71", "0");
    const char *const held[] = {"elsewhere 42\n", "elsewhere 42 71.0\n", "elsewhere 42 711.1\n", "elsewhere 42 7.1\n"};
    for (size_t i = 0; i < sizeof held / sizeof held[0]; i++) {
        const double before = slept_seconds;
        ck_assert_msg(!gives_way(held[i]), "%s", held[i]);
        ck_assert(slept_seconds - before > 9.9 && slept_seconds - before < 10.5);
    }
    set_job(NULL, NULL);
    ck_assert(!gives_way("elsewhere 42 71.0\n"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lock");
    TCase *tests = tcase_create("lock");
    tcase_add_checked_fixture(tests, cs_case_setup, cs_case_teardown);
    tcase_add_test(tests, the_second_run_waits_and_says_who_holds_the_name);
    tcase_add_test(tests, a_killed_run_leaves_nothing_in_the_way);
    tcase_add_test(tests, a_file_of_something_else_stays);
    tcase_add_test(tests, without_locks_the_text_says_who_lives);
    tcase_add_test(tests, without_locks_another_host_is_trusted);
    suite_add_tcase(suite, tests);
    return cs_run_suite(suite);
}
