/* SPDX-License-Identifier: BSD-3-Clause */
/* FIPS 180-4, sections 4.1.2, 4.2.2, 5 and 6.2. */
#include "cs_sweep/checksum.h"

#include <string.h>

static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned bits)
{
    return (x >> bits) | (x << (32 - bits));
}

/* Sums are modulo 2^32 by definition; in 64 bits no sanitizer takes the wrap for an accident. */
static uint32_t sum(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    return (uint32_t)((a + b + c + d + e) & 0xffffffffu);
}

static void absorb(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[64], v[8];
    for (unsigned i = 0; i < 16; i++) {
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8 |
               (uint32_t)block[4 * i + 3];
    }
    for (unsigned i = 16; i < 64; i++) {
        const uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ (w[i - 15] >> 3);
        const uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = sum(w[i - 16], s0, w[i - 7], s1, 0);
    }
    memcpy(v, state, sizeof v);
    for (unsigned i = 0; i < 64; i++) {
        const uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
        const uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
        const uint32_t first = sum(v[7], s1, choice, round_constants[i], w[i]);
        const uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
        const uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        memmove(v + 1, v, 7 * sizeof v[0]);
        v[4] = sum(v[4], first, 0, 0, 0);
        v[0] = sum(first, s0, majority, 0, 0);
    }
    for (unsigned i = 0; i < 8; i++) {
        state[i] = sum(state[i], v[i], 0, 0, 0);
    }
}

void cs_sha256_begin(struct cs_sha256 *sha)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memset(sha, 0, sizeof *sha);
    memcpy(sha->state, start, sizeof start);
}

void cs_sha256_add(struct cs_sha256 *sha, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    size_t held = (size_t)(sha->bytes % 64);
    sha->bytes += size;
    while (size > 0) {
        if (held == 0 && size >= 64) {
            absorb(sha->state, bytes);
            bytes += 64;
            size -= 64;
            continue;
        }
        const size_t part = size < 64 - held ? size : 64 - held;
        memcpy(sha->block + held, bytes, part);
        held += part;
        bytes += part;
        size -= part;
        if (held == 64) {
            absorb(sha->state, sha->block);
            held = 0;
        }
    }
}

void cs_sha256_end(struct cs_sha256 *sha, unsigned char digest[32])
{
    const uint64_t bits = sha->bytes * 8;
    unsigned char length[8];
    for (unsigned i = 0; i < 8; i++) {
        length[i] = (unsigned char)(bits >> (56 - 8 * i) & 0xff);
    }
    cs_sha256_add(sha, "\x80", 1);
    while (sha->bytes % 64 != 56) {
        cs_sha256_add(sha, "", 1);
    }
    cs_sha256_add(sha, length, sizeof length);
    for (unsigned i = 0; i < 32; i++) {
        digest[i] = (unsigned char)(sha->state[i / 4] >> (24 - 8 * (i % 4)) & 0xff);
    }
}

void cs_sha256_text(const char *text, size_t size, char hex[65])
{
    static const char hexadecimal[] = "0123456789abcdef";
    struct cs_sha256 sha;
    unsigned char digest[32];
    cs_sha256_begin(&sha);
    cs_sha256_add(&sha, text, size);
    cs_sha256_end(&sha, digest);
    for (unsigned i = 0; i < 32; i++) {
        hex[2 * i] = hexadecimal[digest[i] >> 4];
        hex[2 * i + 1] = hexadecimal[digest[i] & 15];
    }
    hex[64] = '\0';
}
