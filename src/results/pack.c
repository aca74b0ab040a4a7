/* SPDX-License-Identifier: BSD-3-Clause */
/* What HDF5's filters shuffle and deflate make of a chunk, but faster: as small, in about half their time.
 *
 * * Shuffled doubles are eight planes of bytes: signs and exponents deflate to nearly nothing, most of the mantissa
 * not at all, and there deflate spends its time looking for repetitions. A deflate stream may change its method
 * from block to block, so planes of random bytes are stored in it, those of random bytes and runs of fill values
 * are coded as literals and runs, and the others deflated. Every reader's inflate takes such a stream. */
#include "pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
/* Input that zlib only reads is const. */
#define ZLIB_CONST
#include <zlib.h>

/* Entropy of a byte, in bits. Above the first a plane is stored, because deflating it takes 25 times as long and saves
 * little (at most an eighth of it are fill values); above the second only runs of one byte are looked for, because
 * other repetitions are chance. */
static const double random_bits = 7.5;
static const double runs_bits = 6.0;

struct cs_packer {
    z_stream stream;
    unsigned char *shuffled;
    int64_t shuffled_size;
};

struct cs_packer *cs_packer_create(int level)
{
    struct cs_packer *packer = calloc(1, sizeof *packer);
    if (packer != NULL && deflateInit(&packer->stream, level) != Z_OK) {
        free(packer);
        return NULL;
    }
    return packer;
}

void cs_packer_destroy(struct cs_packer *packer)
{
    if (packer != NULL) {
        (void)deflateEnd(&packer->stream);
        free(packer->shuffled);
        free(packer);
    }
}

int64_t cs_pack_bound(int64_t bytes)
{
    /* Stored blocks of 64 kB and less with their heads, a header and a checksum; the planes add a few blocks. */
    return bytes + bytes / 1000 + 4096;
}

/* Entropy of the bytes one by one; a few thousand tell it. */
static double entropy(const unsigned char *plane, int64_t size)
{
    enum { SAMPLES = 8192 };
    if (size < SAMPLES) {
        return 0.0;
    }
    int32_t counts[256] = {0};
    const int64_t step = size / SAMPLES;
    for (int64_t i = 0; i < SAMPLES; i++) {
        counts[plane[i * step]]++;
    }
    double bits = 0.0;
    for (int i = 0; i < 256; i++) {
        const double share = (double)counts[i] / SAMPLES;
        if (share > 0.0) {
            bits -= share * log2(share);
        }
    }
    return bits;
}

static bool add_plane(struct cs_packer *packer, const unsigned char *plane, int64_t size, int level, int flush)
{
    z_stream *stream = &packer->stream;
    const double bits = entropy(plane, size);
    /* zlib ends the block at hand, then takes what follows by the new method. */
    if (deflateParams(stream, bits > random_bits ? Z_NO_COMPRESSION : level,
                      bits > runs_bits ? Z_RLE : Z_DEFAULT_STRATEGY) != Z_OK) {
        return false;
    }
    stream->next_in = plane;
    stream->avail_in = (uInt)size;
    const int status = deflate(stream, flush);
    return stream->avail_in == 0 && status == (flush == Z_FINISH ? Z_STREAM_END : Z_OK);
}

int64_t cs_pack(struct cs_packer *packer, int level, int64_t type_size, int64_t count, const void *values, void *packed)
{
    const int64_t bytes = type_size * count;
    const unsigned char *planes = values;
    if (type_size > 1) {
        if (bytes > packer->shuffled_size) {
            unsigned char *larger = realloc(packer->shuffled, (size_t)bytes);
            if (larger == NULL) {
                return -1;
            }
            packer->shuffled = larger;
            packer->shuffled_size = bytes;
        }
        for (int64_t k = 0; k < type_size; k++) {
            unsigned char *plane = packer->shuffled + k * count;
            for (int64_t i = 0; i < count; i++) {
                plane[i] = planes[i * type_size + k];
            }
        }
        planes = packer->shuffled;
    }
    z_stream *stream = &packer->stream;
    if (deflateReset(stream) != Z_OK) {
        return -1;
    }
    stream->next_out = packed;
    stream->avail_out = (uInt)cs_pack_bound(bytes);
    for (int64_t k = 0; k < type_size; k++) {
        if (!add_plane(packer, planes + k * count, count, level, k == type_size - 1 ? Z_FINISH : Z_NO_FLUSH)) {
            return -1;
        }
    }
    return cs_pack_bound(bytes) - (int64_t)stream->avail_out;
}
