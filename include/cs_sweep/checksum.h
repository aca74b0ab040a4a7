/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 (FIPS 180-4): whether two configurations, or two files, are the same. */
#ifndef CS_SWEEP_CHECKSUM_H
#define CS_SWEEP_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

struct cs_sha256 {
    uint32_t state[8];
    uint64_t bytes;
    unsigned char block[64];
};
void cs_sha256_begin(struct cs_sha256 *sha);
void cs_sha256_add(struct cs_sha256 *sha, const void *data, size_t size);
void cs_sha256_end(struct cs_sha256 *sha, unsigned char digest[32]);
/* Of one text, as 64 lower-case hexadecimal digits and a NUL. */
void cs_sha256_text(const char *text, size_t size, char hex[65]);

#endif
