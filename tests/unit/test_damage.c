/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that --resume must not trust: cut short, damaged, foreign, of other versions. */
#include <check.h>
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cs_sweep/number.h"
#include "output_case.h"
#include "results/internal.h"

/* Refused under every name, for this reason; the file and the results stay as they are. */
static void not_trusted(const char *bytes, int64_t size, struct cs_results *results, const char *reason)
{
    struct cs_output *output;
    cs_test_write(cs_case_partial, bytes, size);
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_INPUT, cs_case_partial, reason);
    int64_t size_after;
    char *after = cs_test_read(cs_case_partial, &size_after);
    ck_assert(size_after == size && memcmp(after, bytes, (size_t)size) == 0);
    free(after);
    ck_assert_int_eq(cs_results_pending(results), cs_case->grid.searches);
    cs_no_strays(false, true);
}

START_TEST(truncated_files)
{
    struct cs_results *results = cs_pending_results();
    int64_t size;
    cs_make_partial();
    char *bytes = cs_test_read(cs_case_partial, &size);
    ck_assert_int_gt(size, 20 * 4096);
    for (int64_t cut = 0; cut < size; cut += 4096) {
        not_trusted(bytes, cut, results, cut < 8 ? "is not a result file" : "cut short");
    }
    for (int64_t cut = size - 70; cut < size; cut++) {
        not_trusted(bytes, cut, results, "cut short");
    }
    free(bytes);
    cs_results_destroy(results);
}
END_TEST

/* CS_TEST_FLIPS of them; the slow tests ask for many. */
START_TEST(flipped_bits)
{
    struct cs_results *results = cs_pending_results();
    const char *wanted = getenv("CS_TEST_FLIPS");
    int64_t flips = 400;
    ck_assert(wanted == NULL || cs_parse_count(wanted, 1, 1000000000, &flips));
    uint64_t state = 12345;
    int64_t size;
    cs_make_partial();
    char *bytes = cs_test_read(cs_case_partial, &size);
    for (int64_t i = 0; i < flips; i++) {
        const uint64_t bit = cs_test_random(&state) % (uint64_t)(8 * size);
        const char mask = (char)(1 << (bit % 8));
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ mask);
        cs_test_write(cs_case_partial, bytes, size);
        struct cs_output *output;
        REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_INPUT, cs_case_partial);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ mask);
    }
    ck_assert_int_eq(cs_results_pending(results), cs_case->grid.searches);
    cs_test_write(cs_case_partial, bytes, size);
    cs_must(cs_results_load(cs_case_partial, results, &cs_case_error));
    free(bytes);
    cs_results_destroy(results);
}
END_TEST

/* Seals bytes as a result file is. */
static char *sealed(const char *bytes, int64_t size)
{
    cs_test_write(cs_case_partial, bytes, size);
    const int fd = open(cs_case_partial, O_RDWR);
    ck_assert_int_eq(cs_seal_write(fd, size, NULL), 0);
    close(fd);
    int64_t all;
    char *result = cs_test_read(cs_case_partial, &all);
    ck_assert_int_eq(all, size + CS_SEAL_SIZE);
    return result;
}

static char *another_hdf5_file(int64_t *size)
{
    char name[1100];
    (void)snprintf(name, sizeof name, "%s.foreign", cs_case_path);
    const hid_t file = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    char *bytes = cs_test_read(name, size);
    unlink(name);
    return bytes;
}

START_TEST(foreign_files)
{
    struct cs_results *results = cs_pending_results();
    static const char text[] = "model,carbon\n8192,1.0\n";
    not_trusted("", 0, results, "is not a result file");
    not_trusted(text, (int64_t)sizeof text - 1, results, "is not a result file");
    int64_t size;
    char *bytes = another_hdf5_file(&size);
    not_trusted(bytes, size, results, "another program");
    /* With a seal as if cs_sweep had written it. */
    char *whole_file = sealed(bytes, size);
    not_trusted(whole_file, size + CS_SEAL_SIZE, results, "is not a result file of cs_sweep");
    free(whole_file);
    char *noise = malloc(5000);
    memset(noise, 'x', 5000);
    memcpy(noise, bytes, 8);
    whole_file = sealed(noise, 5000);
    not_trusted(whole_file, 5000 + CS_SEAL_SIZE, results, "cannot be read as a result file");
    free(whole_file);
    free(noise);
    free(bytes);
    struct cs_output *output;
    ck_assert_int_eq(unlink(cs_case_partial), 0);
    ck_assert_int_eq(mkdir(cs_case_partial, 0777), 0);
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_CREATE, cs_case_partial, "a folder");
    REFUSED(cs_results_load(cs_case_partial, results, &cs_case_error), CS_ERROR_INPUT, cs_case_partial, "a folder");
    ck_assert_int_eq(rmdir(cs_case_partial), 0);
    ck_assert_int_eq(mkfifo(cs_case_partial, 0666), 0);
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_CREATE, cs_case_partial, "not a regular file");
    REFUSED(cs_results_load(cs_case_partial, results, &cs_case_error), CS_ERROR_INPUT, cs_case_partial,
            "not a regular file");
    cs_results_destroy(results);
}
END_TEST

/* Changes a file through HDF5 and seals it again. */
static void change(void (*edit)(hid_t file))
{
    const hid_t file = H5Fopen(cs_case_partial, H5F_ACC_RDWR, H5P_DEFAULT);
    ck_assert_int_ge(file, 0);
    edit(file);
    H5Fclose(file);
    int64_t size;
    char *bytes = cs_test_read(cs_case_partial, &size);
    free(sealed(bytes, size));
    free(bytes);
}

static void set_format(hid_t file)
{
    const int32_t other = CS_FORMAT_VERSION + 1;
    const hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_INT32, &other);
    H5Aclose(attribute);
}

static void set_commit(hid_t file)
{
    const char *other = "0123456789ab";
    const hid_t dataset = H5Dopen2(file, "provenance/commit", H5P_DEFAULT);
    const hid_t type = H5Dget_type(dataset);
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &other);
    H5Tclose(type);
    H5Dclose(dataset);
}

static void remove_variable(hid_t file)
{
    H5Ldelete(file, "mfu", H5P_DEFAULT);
}

START_TEST(files_of_other_versions)
{
    struct cs_output *output;
    struct cs_results *results = cs_pending_results();
    cs_make_partial();
    change(set_format);
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_INPUT, cs_case_partial, "format version 2",
            "has 1");
    unlink(cs_case_partial);
    cs_make_partial();
    change(set_commit);
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_INPUT, cs_case_partial, "commit 0123456789ab");
    unlink(cs_case_partial);
    cs_make_partial();
    change(remove_variable);
    REFUSED(cs_open_output(CS_OUTPUT_RESUME, results, &output), CS_ERROR_INPUT, cs_case_partial, "no variable mfu");
    ck_assert_int_eq(cs_results_pending(results), cs_case->grid.searches);
    cs_results_destroy(results);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("damage");
    TCase *tests = tcase_create("damage");
    tcase_add_checked_fixture(tests, cs_case_setup, cs_case_teardown);
    tcase_add_test(tests, truncated_files);
    tcase_add_test(tests, flipped_bits);
    tcase_add_test(tests, foreign_files);
    tcase_add_test(tests, files_of_other_versions);
    suite_add_tcase(suite, tests);
    return cs_run_suite(suite);
}
