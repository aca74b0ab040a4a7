/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes of a result file: the seal at its end, and values that are packed and inflate to themselves. */
#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "fill.h"
#include "results/internal.h"
#include "results/pack.h"
#include "suite.h"

/* ---- the seal ---- */
/* Seals a file of these bytes and compares the line behind them, whole. */
static void check_seal(const char *bytes, int64_t size, uint32_t crc)
{
    char path[1024], line[CS_SEAL_SIZE + 1], words[CS_SEAL_SIZE];
    (void)snprintf(path, sizeof path, "%s", cs_test_path("seal"));
    cs_test_write(path, bytes, size);
    const int fd = open(path, O_RDWR);
    ck_assert_int_eq(cs_seal_write(fd, size, NULL), 0);
    close(fd);
    int64_t all;
    char *sealed = cs_test_read(path, &all);
    ck_assert_int_eq(all, size + CS_SEAL_SIZE);
    ck_assert_mem_eq(sealed, bytes, (size_t)size);
    (void)snprintf(words, sizeof words, "\ncs_sweep CRC-32 %08x of %020lld bytes", (unsigned)crc, (long long)size);
    (void)snprintf(line, sizeof line, "%-63s\n", words);
    ck_assert_mem_eq(sealed + size, line, CS_SEAL_SIZE);
    free(sealed);
    unlink(path);
}

/* Check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms (Greg Cook). */
START_TEST(seal_of_the_catalogue)
{
    check_seal("123456789", 9, 0xCBF43926u);
    check_seal("", 0, 0u);
}
END_TEST

/* A file is read in blocks of a mebibyte; zlib takes it here in one piece. */
START_TEST(seal_of_several_blocks)
{
    enum { BLOCK = 1 << 20 };
    static char bytes[2 * BLOCK + 1];
    static const int64_t sizes[] = {BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1};
    uint64_t state = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (char)cs_test_random(&state);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check_seal(bytes, sizes[i], (uint32_t)crc32(0, (const Bytef *)bytes, (uInt)sizes[i]));
    }
}
END_TEST

/* ---- packing ---- */
static void unpack(const void *packed, int64_t size, int64_t type_size, int64_t count, unsigned char *values)
{
    const int64_t bytes = type_size * count;
    unsigned char *planes = malloc((size_t)bytes);
    uLongf length = (uLongf)bytes;
    ck_assert_int_eq(uncompress(planes, &length, packed, (uLong)size), Z_OK);
    ck_assert_uint_eq(length, (uLongf)bytes);
    for (int64_t i = 0; i < count; i++) {
        for (int64_t k = 0; k < type_size; k++) {
            values[i * type_size + k] = planes[k * count + i];
        }
    }
    free(planes);
}

static void fill_values(double *values, int64_t count, int kind)
{
    uint64_t state = (uint64_t)kind + 5;
    for (int64_t i = 0; i < count; i++) {
        const bool missing = (kind == 1 && (i / 100) % 9 == 0) || (kind == 2 && (i / 100) % 3 != 0);
        values[i] = kind == 3 ? 0.0 : missing ? (double)NAN : 1e6 * cs_test_uniform(&state);
    }
}

/* Random, an eighth missing, two thirds missing, zeros; lengths below and above what the planes' methods switch at. */
START_TEST(packed_values_inflate_to_themselves)
{
    static const int64_t counts[] = {1, 7, 8191, 8192, 54648, 65536};
    for (int level = 1; level <= 9; level += 4) {
        struct cs_packer *packer = cs_packer_create(level);
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            const int64_t bytes = 8 * counts[c];
            double *values = malloc((size_t)bytes);
            unsigned char *back = malloc((size_t)bytes);
            unsigned char *packed = malloc((size_t)cs_pack_bound(bytes));
            for (int kind = 0; kind < 4; kind++) {
                fill_values(values, counts[c], kind);
                for (int64_t type_size = 1; type_size <= 8; type_size += type_size) {
                    const int64_t count = bytes / type_size;
                    const int64_t size = cs_pack(packer, level, type_size, count, values, packed);
                    ck_assert_int_gt(size, 0);
                    ck_assert_int_le(size, cs_pack_bound(bytes));
                    unpack(packed, size, type_size, count, back);
                    ck_assert_mem_eq(values, back, (size_t)bytes);
                }
            }
            free(packed);
            free(back);
            free(values);
        }
        cs_packer_destroy(packer);
    }
}
END_TEST

START_TEST(packing_saves_what_is_missing)
{
    enum { COUNT = 50000 };
    static double values[COUNT];
    unsigned char *packed = malloc((size_t)cs_pack_bound((int64_t)sizeof values));
    struct cs_packer *packer = cs_packer_create(1);
    static const double largest[] = {0.88, 0.88, 0.40, 0.01};
    for (int kind = 0; kind < 4; kind++) {
        fill_values(values, COUNT, kind);
        const int64_t size = cs_pack(packer, 1, 8, COUNT, values, packed);
        ck_assert_double_lt((double)size, largest[kind] * (double)sizeof values);
    }
    cs_packer_destroy(packer);
    free(packed);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pack");
    TCase *cases = tcase_create("pack");
    tcase_add_test(cases, seal_of_the_catalogue);
    tcase_add_test(cases, seal_of_several_blocks);
    tcase_add_test(cases, packed_values_inflate_to_themselves);
    tcase_add_test(cases, packing_saves_what_is_missing);
    suite_add_tcase(suite, cases);
    return cs_run_suite(suite);
}
