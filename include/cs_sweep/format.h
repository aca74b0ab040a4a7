/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers for people, with as many digits as they read and the unit that fits; "-" where a value is not a number. Each
 * text is returned by value, so that several fit in one printf. */
#ifndef CS_SWEEP_FORMAT_H
#define CS_SWEEP_FORMAT_H

struct cs_text {
    char at[48];
};

struct cs_text cs_text_count(double value);  /* 1,234,567 */
struct cs_text cs_text_number(double value); /* four significant digits: 0.01234, 12.3, 1,234 */
struct cs_text cs_text_si(double value,
                          const char *unit);              /* 1.98 PFLOP/s, 5.24 MB; prefixes k to Y, plain below 1000 */
struct cs_text cs_text_scale(double value);               /* 1.05 T; thousands as K, M, B, T as LLM sizes are given */
struct cs_text cs_text_bytes(double bytes);               /* 79.6 GiB: memory */
struct cs_text cs_text_duration(double seconds);          /* 12.3 us, 4.56 s, 89.1 days */
struct cs_text cs_text_clock(double seconds);             /* of a run: 12.3 s, 4:05, 1:02:03 */
struct cs_text cs_text_mass(double kg);                   /* 12.3 kg, 1,234 t */
struct cs_text cs_text_energy(double joule);              /* 12.3 kWh, 4.56 GWh */
struct cs_text cs_text_percent(double fraction);          /* 43.7% */
struct cs_text cs_text_change(double now, double before); /* +3.2%, -0.0%, x12.3 */

#endif
