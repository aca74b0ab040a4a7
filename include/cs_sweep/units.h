/* SPDX-License-Identifier: BSD-3-Clause */
/* Units that people give and read, in the SI units that every number inside has. Exact by definition. */
#ifndef CS_SWEEP_UNITS_H
#define CS_SWEEP_UNITS_H

#define CS_JOULES_PER_KWH 3.6e6
#define CS_KG_PER_GRAM 1e-3
#define CS_GRAMS_PER_KG 1e3
#define CS_LITRES_PER_M3 1e3
#define CS_SECONDS_PER_HOUR 3600.0
#define CS_SECONDS_PER_DAY 86400.0
#define CS_SECONDS_PER_YEAR 31536e3   /* 365 days: LLMCarbon's five years are 1,825 days */
#define CS_BYTES_PER_GIB 1073741824.0 /* 2^30; IEC 80000-13 */

#endif
