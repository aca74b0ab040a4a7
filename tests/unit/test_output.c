/* SPDX-License-Identifier: BSD-3-Clause */
/* The names of a run: who may write what, checkpoints, resuming, full disks. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <hdf5.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output_case.h"

/* ---- modes ---- */
START_TEST(a_run_from_begin_to_end)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_must(cs_open_output(CS_OUTPUT_NEW, results, &output));
    ck_assert(!cs_case_complete);
    for (int i = 0; i < 3; i++) {
        cs_must(cs_output_checkpoint(output, cs_case_part, &cs_case_info, &cs_case_error));
        cs_must(cs_results_load(cs_case_partial, results, &cs_case_error));
        ck_assert_int_eq(cs_results_pending(results), cs_results_pending(cs_case_part));
    }
    ck_assert(!cs_output_stop_requested(output));
    cs_test_write(cs_case_stop, "", 0);
    ck_assert(cs_output_stop_requested(output));
    ck_assert(!cs_output_stop_requested(output));
    cs_must(cs_output_finish(output, cs_case_whole, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    cs_no_strays(true, false);
    cs_results_destroy(results);
}
END_TEST

START_TEST(what_exists_is_not_overwritten)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_make_partial();
    REFUSED(cs_open_output(CS_OUTPUT_NEW, results, &output), CS_ERROR_CREATE, cs_case_partial, "--resume", "--force");
    ck_assert_ptr_null(output);
    cs_no_strays(false, true);
    unlink(cs_case_partial);
    cs_make_final();
    REFUSED(cs_open_output(CS_OUTPUT_NEW, results, &output), CS_ERROR_CREATE, cs_case_path, "exists", "--force");
    cs_no_strays(true, false);
    cs_results_destroy(results);
}
END_TEST

START_TEST(force_starts_again_and_replaces_at_the_end)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_make_final();
    ck_assert_int_eq(link(cs_case_path, cs_case_partial), 0);
    cs_must(cs_open_output(CS_OUTPUT_FORCE, results, &output));
    ck_assert_int_eq(cs_results_pending(results), cs_case->grid.searches);
    ck_assert(cs_test_exists(cs_case_path) && !cs_test_exists(cs_case_partial));
    /* Interrupted: the old file is still there, and --resume goes on with the new one. */
    cs_must(cs_output_checkpoint(output, cs_case_part, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    cs_no_strays(true, true);
    cs_must(cs_open_output(CS_OUTPUT_RESUME, results, &output));
    ck_assert(!cs_case_complete);
    ck_assert_int_eq(cs_results_pending(results), cs_results_pending(cs_case_part));
    cs_must(cs_output_finish(output, cs_case_whole, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    cs_no_strays(true, false);
    cs_results_destroy(results);
}
END_TEST

static void read_provenance(const char *name, hid_t type, void *value)
{
    const hid_t file = H5Fopen(cs_case_path, H5F_ACC_RDONLY, H5P_DEFAULT);
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    ck_assert_int_ge(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value), 0);
    H5Dclose(dataset);
    H5Fclose(file);
}

START_TEST(resume_continues)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    double seconds;
    int32_t resumes;
    cs_must(cs_open_output(CS_OUTPUT_RESUME, results, &output)); /* nothing there: starts */
    ck_assert(!cs_case_complete);
    cs_must(cs_output_checkpoint(output, cs_case_part, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    cs_must(cs_open_output(CS_OUTPUT_RESUME, results, &output));
    ck_assert(!cs_case_complete);
    ck_assert(memcmp(cs_results_get(results, 0), cs_results_get(cs_case_part, 0),
                     (size_t)(cs_case->grid.searches * cs_case->grid.records_per_search) * sizeof(struct cs_record)) ==
              0);
    cs_must(cs_output_finish(output, cs_case_whole, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    cs_no_strays(true, false);
    read_provenance("provenance/resumes", H5T_NATIVE_INT32, &resumes);
    read_provenance("provenance/elapsed", H5T_NATIVE_DOUBLE, &seconds);
    ck_assert_int_eq(resumes, 1);
    ck_assert_double_eq(seconds, 4.0);
    /* Complete: nothing to do, and a partial file that is left is taken away. */
    ck_assert_int_eq(link(cs_case_path, cs_case_partial), 0);
    cs_must(cs_open_output(CS_OUTPUT_RESUME, results, &output));
    ck_assert(cs_case_complete);
    cs_output_close(output);
    cs_no_strays(true, false);
    cs_results_destroy(results);
}
END_TEST

START_TEST(another_configuration_is_refused_by_its_key)
{
    struct cs_output *output;
    cs_make_partial();
    struct cs_test_case *other =
        cs_test_case_create("{\"axes\": {" CS_TEST_AXES "}, \"training\": {\"deadline_days\": 30}}");
    struct cs_results *results;
    cs_must(cs_results_create(&other->grid, &results, &cs_case_error));
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_CONFIG, cs_case_partial,
            "training.deadline_days");
    ck_assert_int_eq(cs_results_pending(results), other->grid.searches);
    REFUSED(cs_results_load(cs_case_partial, results, &cs_case_error), CS_ERROR_CONFIG, "training.deadline_days");
    cs_no_strays(false, true);
    ck_assert_int_eq(rename(cs_case_partial, cs_case_path), 0);
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_CONFIG, cs_case_path,
            "training.deadline_days");
    cs_no_strays(true, false);
    cs_results_destroy(results);
    cs_test_case_destroy(other);
}
END_TEST

/* What does not decide results may change between the parts of a run. */
START_TEST(an_indifferent_key_may_differ)
{
    struct cs_output *output;
    cs_make_partial();
    struct cs_test_case *other = cs_test_case_create("{\"title\": \"other\", \"axes\": {" CS_TEST_AXES "}}");
    struct cs_results *results;
    cs_must(cs_results_create(&other->grid, &results, &cs_case_error));
    cs_must(cs_open_output(CS_OUTPUT_RESUME, results, &output));
    ck_assert_int_eq(cs_results_pending(results), cs_results_pending(cs_case_part));
    cs_output_close(output);
    cs_results_destroy(results);
    cs_test_case_destroy(other);
}
END_TEST

START_TEST(an_unfinished_file_under_the_final_name_is_no_result)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_make_partial();
    ck_assert_int_eq(rename(cs_case_partial, cs_case_path), 0);
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_CREATE, "lacks 32 searches", "rename it");
    cs_no_strays(true, false);
    cs_results_destroy(results);
}
END_TEST

/* ---- what stands in the way ---- */
START_TEST(a_stop_that_cannot_be_removed_is_none)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_must(cs_open_output(CS_OUTPUT_NEW, results, &output));
    ck_assert_int_eq(mkdir(cs_case_stop, 0777), 0);
    ck_assert(!cs_output_stop_requested(output));
    ck_assert_int_eq(rmdir(cs_case_stop), 0);
    cs_output_close(output);
    cs_results_destroy(results);
}
END_TEST

START_TEST(links_are_not_followed)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    char other[1100];
    (void)snprintf(other, sizeof other, "%s.other", cs_case_path);
    cs_test_write(other, "mine", 4);
    /* A link under the temporary name goes, its target stays. */
    ck_assert_int_eq(symlink(other, cs_case_temporary), 0);
    cs_must(cs_open_output(CS_OUTPUT_NEW, results, &output));
    ck_assert_int_eq(symlink(other, cs_case_temporary), 0);
    cs_must(cs_output_checkpoint(output, cs_case_part, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    ck_assert_int_eq(unlink(cs_case_partial), 0);
    const char *const names[] = {cs_case_lock, cs_case_partial, cs_case_path};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        ck_assert_int_eq(symlink(other, names[i]), 0);
        for (int mode = CS_OUTPUT_NEW; mode <= CS_OUTPUT_FORCE; mode++) {
            REFUSED(cs_open_output((enum cs_output_mode)mode, results, &output), CS_ERROR_CREATE, names[i],
                    "symbolic link");
        }
        ck_assert_int_eq(unlink(names[i]), 0);
    }
    int64_t size;
    char *bytes = cs_test_read(other, &size);
    ck_assert_str_eq(bytes, "mine");
    free(bytes);
    cs_results_destroy(results);
}
END_TEST

START_TEST(a_final_name_that_appears_is_left_alone)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_must(cs_open_output(CS_OUTPUT_NEW, results, &output));
    cs_test_write(cs_case_path, "mine", 4);
    REFUSED(cs_output_finish(output, cs_case_whole, &cs_case_info, &cs_case_error), CS_ERROR_CREATE, cs_case_path,
            "left alone", cs_case_partial);
    cs_output_close(output);
    cs_no_strays(true, true);
    int64_t size;
    char *bytes = cs_test_read(cs_case_path, &size);
    ck_assert_str_eq(bytes, "mine");
    free(bytes);
    cs_must(cs_results_load(cs_case_partial, results, &cs_case_error));
    ck_assert_int_eq(cs_results_pending(results), 0);
    cs_results_destroy(results);
}
END_TEST

/* ---- places that cannot be written ---- */
START_TEST(names_that_cannot_be)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    char name[400];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    REFUSED(cs_output_open("", CS_OUTPUT_NEW, results, &output, &cs_case_complete, &cs_case_error), CS_ERROR_CREATE,
            "name a file");
    REFUSED(cs_output_open("/tmp/", CS_OUTPUT_NEW, results, &output, &cs_case_complete, &cs_case_error),
            CS_ERROR_CREATE, "name a file");
    REFUSED(cs_output_open("/no/such/x.h5", CS_OUTPUT_NEW, results, &output, &cs_case_complete, &cs_case_error),
            CS_ERROR_CREATE, "/no/such", "No such file");
    REFUSED(cs_output_open(name, CS_OUTPUT_NEW, results, &output, &cs_case_complete, &cs_case_error), CS_ERROR_CREATE,
            "too long");
    ck_assert_int_eq(mkdir(cs_case_path, 0777), 0);
    REFUSED(cs_open_output(CS_OUTPUT_FORCE, results, &output), CS_ERROR_CREATE, "a folder");
    ck_assert_int_eq(rmdir(cs_case_path), 0);
    ck_assert_int_eq(mkfifo(cs_case_path, 0666), 0);
    REFUSED(cs_open_output(CS_OUTPUT_FORCE, results, &output), CS_ERROR_CREATE, "not a regular file");
    ck_assert_int_eq(unlink(cs_case_path), 0);
    cs_no_strays(false, false);
    cs_results_destroy(results);
}
END_TEST

/* Runs as nobody where the tests run as root, whom no mode keeps out. */
static void drop_root(void)
{
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        _exit(77);
    }
}

static void in_a_child(void (*function)(void))
{
    const pid_t child = fork();
    if (child == 0) {
        function();
        _exit(0);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

static void open_read_only(void)
{
    struct cs_output *output;
    drop_root();
    if (cs_open_output(CS_OUTPUT_NEW, cs_case_whole, &output) != CS_ERROR_CREATE ||
        strstr(cs_case_error.message, cs_case_path) == NULL ||
        strstr(cs_case_error.message, strerror(EACCES)) == NULL) {
        _exit(1);
    }
}

START_TEST(a_folder_that_cannot_be_written)
{
    char folder[1024];
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(cs_case_path, '/') - cs_case_path), cs_case_path);
    ck_assert_int_eq(chmod(folder, 0555), 0);
    in_a_child(open_read_only);
    ck_assert_int_eq(chmod(folder, 0755), 0);
    cs_no_strays(false, false);
}
END_TEST

static void load_unreadable(void)
{
    drop_root();
    if (cs_results_load(cs_case_path, cs_case_whole, &cs_case_error) != CS_ERROR_INPUT ||
        strstr(cs_case_error.message, strerror(EACCES)) == NULL) {
        _exit(1);
    }
}

START_TEST(a_file_that_cannot_be_read)
{
    cs_make_final();
    ck_assert_int_eq(chmod(cs_case_path, 0), 0);
    in_a_child(load_unreadable);
}
END_TEST

/* A limit of the size of files stands for a full disk: the write that crosses it is cut short, the next one fails.
 * Every kind of HDF5's writes is met. */
static void write_with_less_and_less_room(void)
{
    struct cs_output *output;
    struct rlimit limit;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGXFSZ, &ignore, NULL);
    if (cs_open_output(CS_OUTPUT_RESUME, cs_case_part, &output) != CS_OK || getrlimit(RLIMIT_FSIZE, &limit) != 0) {
        _exit(1);
    }
    for (int64_t room = (int64_t)limit.rlim_max; room > 0; room -= 1 + room / 30) {
        limit.rlim_cur = (rlim_t)room;
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
            _exit(2);
        }
        if (cs_output_checkpoint(output, cs_case_whole, &cs_case_info, &cs_case_error) != CS_ERROR_WRITE ||
            strstr(cs_case_error.message, cs_case_partial) == NULL ||
            strstr(cs_case_error.message, strerror(EFBIG)) == NULL) {
            _exit(3);
        }
        if (cs_output_finish(output, cs_case_whole, &cs_case_info, &cs_case_error) != CS_ERROR_WRITE ||
            strstr(cs_case_error.message, cs_case_path) == NULL) {
            _exit(4);
        }
        if (cs_test_exists(cs_case_temporary) || cs_test_exists(cs_case_path)) {
            _exit(5);
        }
    }
    cs_output_close(output);
}

static int64_t disk_size;

static void limit_and_write(void)
{
    const struct rlimit limit = {(rlim_t)disk_size, (rlim_t)disk_size};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        _exit(6);
    }
    write_with_less_and_less_room();
}

START_TEST(a_disk_that_is_full)
{
    struct cs_results *results = cs_pending_results();
    int64_t size_before, size_after;
    cs_make_final();
    free(cs_test_read(cs_case_path, &disk_size));
    disk_size--;
    unlink(cs_case_path);
    cs_make_partial();
    char *before = cs_test_read(cs_case_partial, &size_before);
    in_a_child(limit_and_write);
    cs_no_strays(false, true);
    char *after = cs_test_read(cs_case_partial, &size_after);
    ck_assert(size_before == size_after && memcmp(before, after, (size_t)size_before) == 0);
    /* And with room again all is well. */
    struct cs_output *output;
    cs_must(cs_open_output(CS_OUTPUT_RESUME, results, &output));
    cs_must(cs_output_finish(output, cs_case_whole, &cs_case_info, &cs_case_error));
    cs_output_close(output);
    cs_no_strays(true, false);
    free(before);
    free(after);
    cs_results_destroy(results);
}
END_TEST

START_TEST(a_folder_that_vanishes)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    char folder[1024];
    (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(cs_case_path, '/') - cs_case_path), cs_case_path);
    cs_must(cs_open_output(CS_OUTPUT_NEW, results, &output));
    ck_assert_int_eq(unlink(cs_case_lock), 0);
    ck_assert_int_eq(rmdir(folder), 0);
    REFUSED(cs_output_checkpoint(output, cs_case_whole, &cs_case_info, &cs_case_error), CS_ERROR_WRITE, cs_case_partial,
            "been removed");
    REFUSED(cs_output_finish(output, cs_case_whole, &cs_case_info, &cs_case_error), CS_ERROR_WRITE, cs_case_path,
            "been removed");
    ck_assert(!cs_output_stop_requested(output));
    cs_output_close(output);
    ck_assert(!cs_test_exists(folder));
    cs_results_destroy(results);
}
END_TEST

START_TEST(modes_follow_the_umask)
{
    (void)umask(027);
    cs_make_final();
    struct stat facts;
    ck_assert_int_eq(stat(cs_case_path, &facts), 0);
    ck_assert_uint_eq(facts.st_mode & 0777, 0640);
    ck_assert_uint_eq(facts.st_nlink, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("output");
    TCase *tests = tcase_create("output");
    tcase_add_checked_fixture(tests, cs_case_setup, cs_case_teardown);
    tcase_add_test(tests, a_run_from_begin_to_end);
    tcase_add_test(tests, what_exists_is_not_overwritten);
    tcase_add_test(tests, force_starts_again_and_replaces_at_the_end);
    tcase_add_test(tests, resume_continues);
    tcase_add_test(tests, another_configuration_is_refused_by_its_key);
    tcase_add_test(tests, an_indifferent_key_may_differ);
    tcase_add_test(tests, an_unfinished_file_under_the_final_name_is_no_result);
    tcase_add_test(tests, a_stop_that_cannot_be_removed_is_none);
    tcase_add_test(tests, links_are_not_followed);
    tcase_add_test(tests, a_final_name_that_appears_is_left_alone);
    tcase_add_test(tests, names_that_cannot_be);
    tcase_add_test(tests, a_folder_that_cannot_be_written);
    tcase_add_test(tests, a_file_that_cannot_be_read);
    tcase_add_test(tests, a_disk_that_is_full);
    tcase_add_test(tests, a_folder_that_vanishes);
    tcase_add_test(tests, modes_follow_the_umask);
    suite_add_tcase(suite, tests);
    return cs_run_suite(suite);
}
