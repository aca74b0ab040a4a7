/* SPDX-License-Identifier: BSD-3-Clause */
/* libhdf5 1.10 crashes on some damaged files and reads others wrongly, whatever its own checksums say, so a file
 * that is to be trusted is verified before HDF5 sees it. HDF5 ignores what stands after its end of file: there, one
 * line of text gives the CRC-32 (zlib's, so that other programs can make one) and the number of the bytes before
 * it. */
#include "internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, SLICES = 8 };

/* CRC-32 of IEEE 802.3, reflected, eight bytes at a time (Kounavis and Berry 2005, "slicing-by-8"). */
static void crc_tables(uint32_t table[SLICES][256])
{
    const uint32_t polynomial = 0xEDB88320u;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1u) != 0 ? polynomial : 0u);
        }
        table[0][i] = crc;
    }
    for (int slice = 1; slice < SLICES; slice++) {
        for (int i = 0; i < 256; i++) {
            const uint32_t before = table[slice - 1][i];
            table[slice][i] = (before >> 8) ^ table[0][before & 0xFFu];
        }
    }
}

static uint32_t crc_update(uint32_t table[SLICES][256], uint32_t crc, const unsigned char *bytes, int64_t size)
{
    crc = ~crc;
    for (; size >= SLICES; size -= SLICES, bytes += SLICES) {
        uint32_t next = 0;
        for (int i = 0; i < 4; i++) {
            next ^= table[SLICES - 1 - i][((crc >> (8 * i)) & 0xFFu) ^ bytes[i]];
            next ^= table[3 - i][bytes[4 + i]];
        }
        crc = next;
    }
    for (; size > 0; size--, bytes++) {
        crc = (crc >> 8) ^ table[0][(crc & 0xFFu) ^ *bytes];
    }
    return ~crc;
}

uint32_t cs_crc32(uint32_t crc, const void *bytes, int64_t size)
{
    uint32_t table[SLICES][256];
    crc_tables(table);
    return crc_update(table, crc, bytes, size);
}

static int read_all(int fd, char *buffer, int64_t size, int64_t offset)
{
    while (size > 0) {
        const ssize_t got = pread(fd, buffer, (size_t)size, (off_t)offset);
        if (got == 0) {
            return EIO;
        }
        if (got < 0) {
            if (errno == EINTR) {
                continue;
            }
            return errno;
        }
        buffer += got;
        offset += got;
        size -= got;
    }
    return 0;
}

static int crc_of_file(int fd, int64_t size, uint32_t *crc)
{
    char *buffer = malloc(BLOCK);
    if (buffer == NULL) {
        return ENOMEM;
    }
    uint32_t table[SLICES][256];
    crc_tables(table);
    *crc = 0;
    int status = 0;
    for (int64_t offset = 0; offset < size && status == 0;) {
        const int64_t part = size - offset < BLOCK ? size - offset : BLOCK;
        status = read_all(fd, buffer, part, offset);
        if (status == 0) {
            *crc = crc_update(table, *crc, (const unsigned char *)buffer, part);
        }
        offset += part;
    }
    free(buffer);
    return status;
}

static void seal_text(char *seal, uint32_t crc, int64_t size)
{
    char words[CS_SEAL_SIZE], line[CS_SEAL_SIZE + 1];
    (void)snprintf(words, sizeof words, "\ncs_sweep CRC-32 %08" PRIx32 " of %020" PRId64 " bytes", crc, size);
    (void)snprintf(line, sizeof line, "%-*s\n", CS_SEAL_SIZE - 1, words);
    memcpy(seal, line, CS_SEAL_SIZE);
}

int cs_seal_write(int fd, int64_t size)
{
    uint32_t crc;
    int status = crc_of_file(fd, size, &crc);
    if (status != 0) {
        return status;
    }
    char seal[CS_SEAL_SIZE];
    seal_text(seal, crc, size);
    for (int64_t done = 0; done < CS_SEAL_SIZE;) {
        const ssize_t put = pwrite(fd, seal + done, (size_t)(CS_SEAL_SIZE - done), (off_t)(size + done));
        if (put < 0 && errno != EINTR) {
            return errno;
        }
        done += put > 0 ? put : 0;
    }
    return 0;
}

enum cs_code cs_seal_check(int fd, const char *path, int64_t *size, struct cs_error *error)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0) {
        return cs_fail(error, CS_ERROR_INPUT, "%s cannot be read: %s.", path, strerror(errno));
    }
    char head[8] = {0};
    char seal[CS_SEAL_SIZE];
    static const char signature[8] = {'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
    *size = (int64_t)facts.st_size - CS_SEAL_SIZE;
    int status = *size < (int64_t)sizeof head ? 0 : read_all(fd, head, (int64_t)sizeof head, 0);
    if (status == 0 && memcmp(head, signature, sizeof head) != 0) {
        return cs_fail(error, CS_ERROR_INPUT, "%s is not a result file: it does not begin like an HDF5 file.", path);
    }
    status = status != 0 ? status : read_all(fd, seal, CS_SEAL_SIZE, *size);
    if (status != 0) {
        return cs_fail(error, CS_ERROR_INPUT, "%s cannot be read: %s.", path, strerror(status));
    }
    static const char mark[] = "\ncs_sweep CRC-32 ";
    if (memcmp(seal, mark, sizeof mark - 1) != 0) {
        return cs_fail(error, CS_ERROR_INPUT,
                       "%s does not end with the checksum that cs_sweep writes: it was cut short, or another program "
                       "wrote or changed it.",
                       path);
    }
    uint32_t crc;
    status = crc_of_file(fd, *size, &crc);
    if (status != 0) {
        return cs_fail(error, CS_ERROR_INPUT, "%s cannot be read: %s.", path, strerror(status));
    }
    char expected[CS_SEAL_SIZE];
    seal_text(expected, crc, *size);
    if (memcmp(seal, expected, sizeof seal) != 0) {
        return cs_fail(error, CS_ERROR_INPUT, "%s is damaged: its checksum does not fit its contents.", path);
    }
    return CS_OK;
}
