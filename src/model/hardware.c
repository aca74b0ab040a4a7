/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/hardware.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

double cs_device_slowest(const struct cs_device *device, double devices)
{
    const double four_pi = 12.566370614359172;
    if (devices < 2.0 || !(device->speed_spread > 0.0)) {
        return 1.0;
    }
    const double root = sqrt(2.0 * log(devices));
    return 1.0 + device->speed_spread * (root - 0.5 * (log(log(devices)) + log(four_pi)) / root);
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
    out->tdp = device->tdp * pow(projection->tdp, years);
}
