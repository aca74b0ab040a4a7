/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/hardware.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cs_sweep/number.h"

void cs_precision_bf16(struct cs_precision *precision)
{
    memset(precision, 0, sizeof *precision);
    snprintf(precision->name, sizeof precision->name, "off");
    precision->format = CS_FORMAT_BF16;
    precision->weight_bytes = 2.0;
    precision->activation_bytes = 2.0;
    precision->communication_bytes = 2.0;
    precision->dispatch_bytes = 2.0;
    precision->gradient_communication_bytes = 0.0;
}

double cs_device_peak(const struct cs_device *device, enum cs_format format)
{
    switch (format) {
    case CS_FORMAT_INT8:
        return device->peak_flops * device->int8_multiplier;
    case CS_FORMAT_FP8:
        return device->peak_flops * device->fp8_multiplier;
    case CS_FORMAT_BF16:
    default:
        return device->peak_flops;
    }
}

static double dynamic_power(const struct cs_device *device, enum cs_activity activity)
{
    if (activity == CS_ACTIVITY_PRODUCT_8BIT && device->product_8bit_power > 0.0) {
        return device->product_8bit_power;
    }
    if (activity == CS_ACTIVITY_ATTENTION && device->attention_power > 0.0) {
        return device->attention_power;
    }
    return device->product_power;
}

double cs_activity_clock(const struct cs_device *device, enum cs_activity activity)
{
    const double least = 0.1; /* firmware does not stop the clock: a limit below static power is not kept */
    const double dynamic = dynamic_power(device, activity), room = device->tdp - device->static_power;
    if (!(dynamic > room)) {
        return 1.0;
    }
    return room > 0.0 ? cs_max(pow(room / dynamic, 1.0 / device->clock_exponent), least) : least;
}

double cs_activity_power(const struct cs_device *device, enum cs_activity activity)
{
    const double dynamic = dynamic_power(device, activity);
    if (!(dynamic > 0.0)) {
        return 0.0;
    }
    return device->static_power + dynamic * pow(cs_activity_clock(device, activity), device->clock_exponent);
}

double cs_device_slowest(const struct cs_device *device, double devices)
{
    const double four_pi = 12.566370614359172;
    if (devices < 2.0 || !(device->speed_spread > 0.0)) {
        return 1.0;
    }
    const double root = sqrt(2.0 * log(devices));
    return 1.0 + device->speed_spread * (root - 0.5 * (log(log(devices)) + log(four_pi)) / root);
}

double cs_largest_of(double n)
{
    const double scale = 0.759, exponent = 0.808;
    return n > 1.0 ? scale * pow(log(n), exponent) : 0.0;
}

void cs_device_project(const struct cs_device *device, const struct cs_projection *projection, double years,
                       struct cs_device *out)
{
    const double compute = pow(projection->peak_compute, years);
    const double link = pow(projection->link, years);
    *out = *device;
    out->peak_flops = device->peak_flops * compute;
    /* The units stay, so each one's rate carries the growth: as if by its clock, which a systolic array counts. */
    out->clock = device->clock * compute;
    out->sram_bytes = device->sram_bytes * pow(projection->sram, years);
    out->die_area = device->die_area * pow(projection->die_area, years);
    out->hbm_bandwidth = device->hbm_bandwidth * pow(projection->hbm_bandwidth, years);
    out->hbm_capacity = device->hbm_capacity * pow(projection->hbm_capacity, years);
    out->hbm_nominal_gb = device->hbm_nominal_gb * pow(projection->hbm_capacity, years);
    out->link_bandwidth = device->link_bandwidth * link;
    out->in_switch_bandwidth = device->in_switch_bandwidth * link;
    out->scale_out_bandwidth = device->scale_out_bandwidth * pow(projection->scale_out, years);
    /* Host memory stays: it is bought with the server, and carbon.host_dram_gb counts the same every year. */
    out->host_link = device->host_link * pow(projection->host_link, years);
    const double power = pow(projection->tdp, years);
    out->tdp = device->tdp * power;
    out->static_power = device->static_power * power;
    out->product_power = device->product_power * power;
    out->product_8bit_power = device->product_8bit_power * power;
    out->attention_power = device->attention_power * power;
}
