/* SPDX-License-Identifier: BSD-3-Clause */
/* libhdf5 1.10 crashes on some damaged files and reads others wrongly, whatever its own checksums say, so a file
 * that is to be trusted is verified before HDF5 sees it. HDF5 ignores what stands after its end of file: there, one
 * line of text gives the CRC-32 (zlib's, which other programs can make as well) and the number of the bytes before
 * it. */
#include "internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 1 << 20 };

int cs_read_at(int fd, void *buffer, int64_t size, int64_t offset)
{
    for (int64_t done = 0; done < size;) {
        const ssize_t got = pread(fd, (char *)buffer + done, (size_t)(size - done), (off_t)(offset + done));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return got == 0 ? EIO : errno;
        }
        done += got > 0 ? got : 0;
    }
    return 0;
}

int cs_write_at(int fd, const void *bytes, int64_t size, int64_t offset)
{
    for (int64_t done = 0; done < size;) {
        const ssize_t put = pwrite(fd, (const char *)bytes + done, (size_t)(size - done), (off_t)(offset + done));
        if (put < 0 && errno != EINTR) {
            return errno;
        }
        done += put > 0 ? put : 0;
    }
    return 0;
}

static int crc_of_file(int fd, int64_t size, const struct cs_run_info *info, uint32_t *crc)
{
    char *buffer = malloc(BLOCK);
    if (buffer == NULL) {
        return ENOMEM;
    }
    uLong sum = crc32(0, NULL, 0);
    int status = 0;
    for (int64_t offset = 0; offset < size && status == 0;) {
        const int64_t part = size - offset < BLOCK ? size - offset : BLOCK;
        status = cs_interrupted(info) ? ECANCELED : cs_read_at(fd, buffer, part, offset);
        if (status == 0) {
            sum = crc32(sum, (const Bytef *)buffer, (uInt)part);
        }
        offset += part;
    }
    free(buffer);
    *crc = (uint32_t)sum;
    return status;
}

static void seal_text(char *seal, uint32_t crc, int64_t size)
{
    char words[CS_SEAL_SIZE], line[CS_SEAL_SIZE + 1];
    (void)snprintf(words, sizeof words, "\ncs_sweep CRC-32 %08" PRIx32 " of %020" PRId64 " bytes", crc, size);
    (void)snprintf(line, sizeof line, "%-*s\n", CS_SEAL_SIZE - 1, words);
    memcpy(seal, line, CS_SEAL_SIZE);
}

int cs_seal_write(int fd, int64_t size, const struct cs_run_info *info)
{
    uint32_t crc;
    char seal[CS_SEAL_SIZE];
    const int status = crc_of_file(fd, size, info, &crc);
    if (status != 0) {
        return status;
    }
    seal_text(seal, crc, size);
    return cs_write_at(fd, seal, CS_SEAL_SIZE, size);
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
    int status = *size < (int64_t)sizeof head ? 0 : cs_read_at(fd, head, (int64_t)sizeof head, 0);
    if (status == 0 && memcmp(head, signature, sizeof head) != 0) {
        return cs_fail(error, CS_ERROR_INPUT, "%s is not a result file: it does not begin like an HDF5 file.", path);
    }
    status = status != 0 ? status : cs_read_at(fd, seal, CS_SEAL_SIZE, *size);
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
    status = crc_of_file(fd, *size, NULL, &crc);
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
