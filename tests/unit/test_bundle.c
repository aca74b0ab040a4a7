/* SPDX-License-Identifier: BSD-3-Clause */
/* Configurations on their way: read from files, packed for the other ranks, unpacked there, damaged between. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parsed.h"
#include "suite.h"

static struct cs_bundle bundle;
static struct cs_config config;
static struct cs_error error;

static void teardown(void)
{
    cs_config_free(&config);
    cs_bundle_free(&bundle);
}

static void check_same_text(const char *a, const char *b)
{
    ck_assert_int_eq(a == NULL, b == NULL);
    if (a != NULL) {
        ck_assert_str_eq(a, b);
    }
}

START_TEST(a_bundle_is_unpacked_as_it_was_packed)
{
    static const char *const sets[] = {"carbon.pue=1.4", "title="};
    for (int with_text = 0; with_text < 2; with_text++) {
        struct cs_bundle other;
        char *bytes = NULL;
        int64_t size = 0;
        teardown();
        ck_assert_int_eq(cs_bundle_read(NULL, 2, sets, &bundle, &error), CS_OK);
        bundle.config = with_text ? cs_test_copy("{\"x\": \"\xc3\xa9\"}") : NULL;
        ck_assert_int_eq(cs_bundle_pack(&bundle, &bytes, &size, &error), CS_OK);
        ck_assert_int_eq(cs_bundle_unpack(bytes, size, &other, &error), CS_OK);
        check_same_text(bundle.config, other.config);
        check_same_text(bundle.config_name, other.config_name);
        for (int i = 0; i < 4; i++) {
            check_same_text(bundle.file[i], other.file[i]);
            check_same_text(bundle.file_name[i], other.file_name[i]);
        }
        ck_assert_int_eq(other.set_count, 2);
        check_same_text(bundle.sets[0], other.sets[0]);
        check_same_text(bundle.sets[1], other.sets[1]);
        cs_bundle_free(&other);
        /* Cut short anywhere, or with a length that is wrong, it is refused. */
        for (int64_t cut = 0; cut < size; cut += 1 + cut / 7) {
            ck_assert_int_eq(cs_bundle_unpack(bytes, cut, &other, &error), CS_ERROR_INTERNAL);
        }
        for (int64_t at = 0; at < 64; at++) {
            char kept = bytes[at];
            bytes[at] = (char)(kept ^ 0x40);
            if (cs_bundle_unpack(bytes, size, &other, &error) == CS_OK) {
                cs_bundle_free(&other);
            }
            bytes[at] = kept;
        }
        free(bytes);
    }
}
END_TEST

/* ---- files ---- */
static char folder[256];

static void write_file(const char *name, const char *text, size_t size)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static enum cs_code read_file(const char *name)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    teardown();
    error.message[0] = '\0';
    return cs_bundle_read(path, 0, NULL, &bundle, &error);
}

static void check_message(const char *end)
{
    const size_t length = strlen(error.message), tail = strlen(end);
    ck_assert_msg(length > tail && strcmp(error.message + length - tail, end) == 0, "%s", error.message);
}

START_TEST(configurations_in_files)
{
    const char *temporary = getenv("CS_TMP");
    (void)snprintf(folder, sizeof folder, "%s/cs_sweep-test_bundle.%ld", temporary != NULL ? temporary : "/tmp",
                   (long)getpid());
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    const char *regions = "{\"regions\": [{\"region\": \"here\", \"g_per_kwh\": 5}]}";
    const char *text =
        "{\"regions\": \"mine.json\", \"axes\": {\"model\": {\"d_model\": [8192]}, \"hardware\": [\"H100\"],"
        " \"year\": [0], \"qat\": [\"off\"], \"carbon_intensity\": [\"here\"]}}";
    write_file("mine.json", regions, strlen(regions));
    write_file("good.json", text, strlen(text));
    ck_assert_msg(read_file("good.json") == CS_OK, "%s", error.message);
    ck_assert_int_eq(cs_config_parse(&bundle, &config, &error), CS_OK);
    ck_assert_int_eq(config.library.region_count, 1);
    ck_assert_str_eq(config.as_given, text);
    ck_assert_str_eq(config.output_path, "good.h5");

    ck_assert_int_eq(read_file("absent.json"), CS_ERROR_INPUT);
    check_message("/absent.json: cannot be opened: No such file or directory.");
    ck_assert_int_eq(read_file("."), CS_ERROR_INPUT);
    check_message("/.: is a directory; a file in JSON is expected.");
    write_file("zero.json", "{\"a\": \0}", 8);
    ck_assert_int_eq(read_file("zero.json"), CS_ERROR_CONFIG);
    check_message("/zero.json: byte 7 is zero: the file is not text in UTF-8.");
    write_file("lost.json", "{\"regions\": \"absent.json\"}", 26);
    ck_assert_int_eq(read_file("lost.json"), CS_ERROR_INPUT);
    check_message("/absent.json: cannot be opened: No such file or directory.");
    write_file("typed.json", "{\"regions\": 5}", 14);
    ck_assert_int_eq(read_file("typed.json"), CS_ERROR_CONFIG);
    check_message("/typed.json:1:13: regions: expected a text of 1 to 1023 bytes without control characters, not 5.");
    char *large = malloc(9 << 20);
    ck_assert_ptr_nonnull(large);
    memset(large, ' ', 9 << 20);
    write_file("large.json", large, 9 << 20);
    free(large);
    ck_assert_int_eq(read_file("large.json"), CS_ERROR_CONFIG);
    check_message("/large.json: larger than 8 MiB.");
    static const char *const names[] = {"mine.json", "good.json", "zero.json", "lost.json", "typed.json", "large.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[512];
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        ck_assert_int_eq(unlink(path), 0);
    }
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* A block as ranks receive it, its texts one after the other. */
static int64_t block(char *bytes, int64_t sets, const char *const *texts, int32_t count)
{
    static const char mark[8] = {'c', 's', 'b', 'u', 'n', 'd', 'l', '1'};
    char *at = bytes;
    memcpy(at, mark, sizeof mark);
    memcpy(at + 8, &sets, sizeof sets);
    at += 16;
    for (int32_t i = 0; i < count; i++) {
        const int64_t length = texts[i] != NULL ? (int64_t)strlen(texts[i]) : -1;
        memcpy(at, &length, sizeof length);
        at += sizeof length;
        if (length > 0) {
            memcpy(at, texts[i], (size_t)length);
            at += length;
        }
    }
    return at - bytes;
}

START_TEST(damaged_bundles)
{
    static const char *const texts[] = {"n", NULL, "d", "{}", "r", "{}", "q", "{}", "m", "{}", "a=1", NULL};
    static const char *const without_name[] = {NULL, NULL, "d", "{}", "r", "{}", "q", "{}", "m", "{}"};
    char bytes[512];
    struct cs_bundle other;
    ck_assert_int_eq(cs_bundle_unpack(bytes, block(bytes, 1, texts, 11), &other, &error), CS_OK);
    cs_bundle_free(&other);
    ck_assert_int_eq(cs_bundle_unpack(bytes, block(bytes, 0, texts, 11), &other, &error), CS_ERROR_INTERNAL);
    ck_assert_str_eq(error.message, "The configuration arrived with bytes too many.");
    ck_assert_int_eq(cs_bundle_unpack(bytes, block(bytes, 2, texts, 12), &other, &error), CS_ERROR_INTERNAL);
    ck_assert_str_eq(error.message, "The configuration arrived without a part.");
    ck_assert_int_eq(cs_bundle_unpack(bytes, block(bytes, 0, without_name, 10), &other, &error), CS_ERROR_INTERNAL);
    ck_assert_str_eq(error.message, "The configuration arrived without a part.");
    ck_assert_int_eq(cs_bundle_unpack(bytes, block(bytes, INT64_MAX, texts, 11), &other, &error), CS_ERROR_INTERNAL);
    ck_assert_str_eq(error.message, "The configuration arrived damaged.");
    const int64_t size = block(bytes, 1, texts, 11);
    bytes[size - 1] = '\0';
    ck_assert_int_eq(cs_bundle_unpack(bytes, size, &other, &error), CS_ERROR_INTERNAL);
    ck_assert_str_eq(error.message, "The configuration arrived damaged.");
    bytes[0] = 'x';
    ck_assert_int_eq(cs_bundle_unpack(bytes, size, &other, &error), CS_ERROR_INTERNAL);
    ck_assert_str_eq(error.message, "What arrived is not a configuration.");
}
END_TEST

START_TEST(where_data_files_are_looked_for)
{
    char path[512];
    ck_assert(cs_data_path("devices.json", path, sizeof path));
    ck_assert(!cs_data_path("absent.json", path, sizeof path));
    ck_assert_int_eq(setenv("CS_SWEEP_DATA", "/nonexistent", 1), 0);
    ck_assert(!cs_data_path("devices.json", path, sizeof path));
    ck_assert_int_eq(cs_bundle_read(NULL, 0, NULL, &bundle, &error), CS_ERROR_INPUT);
    ck_assert_str_eq(error.message, "/nonexistent/devices.json: cannot be opened: No such file or directory.");
    /* Without it: neither ../configs nor ../share/cs_sweep is beside this program. */
    ck_assert_int_eq(unsetenv("CS_SWEEP_DATA"), 0);
    ck_assert(!cs_data_path("no-such-file.json", path, sizeof path));
}
END_TEST

static const struct cs_device *device(const char *name)
{
    const int32_t index = cs_library_find(&config.library, CS_ENTRY_DEVICE, name);
    ck_assert_int_ge(index, 0);
    return &config.library.devices[index];
}

static void parse_more(const char *text, const char *end)
{
    char path[512];
    teardown();
    (void)snprintf(path, sizeof path, "%s/more.json", folder);
    write_file("more.json", text, strlen(text));
    ck_assert_int_eq(cs_bundle_read(NULL, 0, NULL, &bundle, &error), CS_OK);
    ck_assert_msg(cs_bundle_add_devices(path, &bundle, &error) == CS_OK, "%s", error.message);
    const enum cs_code code = cs_config_parse(&bundle, &config, &error);
    ck_assert_msg(code == (end == NULL ? CS_OK : CS_ERROR_CONFIG), "%s", error.message);
    if (end != NULL) {
        check_message(end);
    }
}

/* Devices of a file of one's own join the library: based on its devices, on the file's own, further down too, and,
 * under the same name, on the one that they replace. */
START_TEST(devices_join_the_library)
{
    const char *temporary = getenv("CS_TMP");
    (void)snprintf(folder, sizeof folder, "%s/cs_sweep-test_bundle-more.%ld", temporary != NULL ? temporary : "/tmp",
                   (long)getpid());
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    teardown();
    ck_assert_int_eq(cs_bundle_read(NULL, 0, NULL, &bundle, &error), CS_OK);
    ck_assert_int_eq(cs_bundle_add_devices(NULL, &bundle, &error), CS_OK);
    ck_assert_int_eq(cs_config_parse(&bundle, &config, &error), CS_OK);
    const int32_t shipped = config.library.device_count;
    const double power = device("H100")->tdp, memory = device("H100")->hbm_capacity;
    const double other = device("H200")->tdp;

    parse_more("{\"devices\": [{\"name\": \"H100-cool\", \"based_on\": \"H100-slow\", \"tdp_w\": 300},"
               " {\"name\": \"H100-slow\", \"based_on\": \"H100\", \"aliases\": [\"slow\"], \"tdp_w\": 350},"
               " {\"name\": \"H100\", \"based_on\": \"H100\", \"tdp_w\": 400}]}",
               NULL);
    ck_assert_int_eq(config.library.device_count, shipped + 3);
    ck_assert_double_eq(device("H100-cool")->tdp, 300.0);
    ck_assert_double_eq(device("slow")->tdp, 350.0);
    ck_assert_double_eq(device("H100")->tdp, 400.0);
    ck_assert(power != 400.0);
    ck_assert_double_eq(device("H100-cool")->hbm_capacity, memory);
    ck_assert_double_eq(device("H200")->tdp, other); /* the library's own are based on the library's */
    ck_assert_str_eq(device("H100-cool")->family, device("H200")->family);
    parse_more(
        "{\"devices\": [{\"name\": \"H100\", \"based_on\": \"mine\"}, {\"name\": \"mine\", \"based_on\": \"H100\"}]}",
        "leads round in a circle, or over more than 32 devices.");
    parse_more(
        "{\"devices\": [{\"name\": \"mine\", \"based_on\": \"H100\"}, {\"name\": \"mine\", \"based_on\": \"H100\"}]}",
        "/more.json:1:61: devices[1].name: an earlier entry has the name \"mine\".");
    parse_more("{\"devices\": [{\"name\": \"mine\", \"based_on\": \"H10\"}]}",
               "/more.json:1:43: devices[0].based_on: no device is named \"H10\"; did you mean \"H100\"?");
    parse_more("{\"models\": []}", "/more.json:1:2: models: unknown key; known are \"devices\", \"$schema\", "
                                   "\"schema_version\", \"source\", \"note\".");
    teardown();
    ck_assert_int_eq(cs_bundle_read(NULL, 0, NULL, &bundle, &error), CS_OK);
    ck_assert_int_eq(cs_bundle_add_devices("/nowhere/more.json", &bundle, &error), CS_ERROR_INPUT);
    ck_assert_str_eq(error.message, "/nowhere/more.json: cannot be opened: No such file or directory.");
    char path[512];
    (void)snprintf(path, sizeof path, "%s/more.json", folder);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bundle");
    TCase *cases = tcase_create("bundle");
    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_test(cases, a_bundle_is_unpacked_as_it_was_packed);
    tcase_add_test(cases, damaged_bundles);
    tcase_add_test(cases, configurations_in_files);
    tcase_add_test(cases, devices_join_the_library);
    tcase_add_test(cases, where_data_files_are_looked_for);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
