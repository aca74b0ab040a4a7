/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CS_RESULTS_PACK_H
#define CS_RESULTS_PACK_H

#include <stdbool.h>
#include <stdint.h>

struct cs_packer;
/* level 1 to 9, deflate's. NULL: no memory. */
struct cs_packer *cs_packer_create(int level);
void cs_packer_destroy(struct cs_packer *packer);
/* Bytes that a packed chunk of so many bytes may take. */
int64_t cs_pack_bound(int64_t bytes);
/* Shuffles (where values are longer than a byte) and deflates count values, at most 2^31 bytes of them; returns the
 * bytes of the result, which go through HDF5's shuffle and deflate filters to read; negative: no memory. */
int64_t cs_pack(struct cs_packer *packer, int level, int64_t type_size, int64_t count, const void *values,
                void *packed);

#endif
