/* SPDX-License-Identifier: BSD-3-Clause */
/* The carbon of a point for people, by term, and what is asked for beside it. */
#include "point.h"

#include "cs_sweep/units.h"

#include <math.h>
#include <stdio.h>

/* What planners ask for beside carbon, and carbon by functional unit (Green Software Foundation, SCI for AI). */
static void print_beside(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_footprint *const all = &point->carbon.all;
    const struct cs_law *const law = &point->design.problem.law;
    cs_row(style, "water", "%s m3, %s L per kWh of the site", cs_text_number(all->water / CS_LITRES_PER_M3).at,
           cs_text_number(point->place.l_per_kwh).at);
    if (isfinite(all->cost)) {
        cs_row(style, "cost", "%s US dollars", cs_text_count(round(all->cost)).at);
    } else {
        cs_row(style, "cost", "no price is known: set cost.device_hour_usd, or cost.device_usd");
    }
    if (law->tokens > 0.0) {
        cs_row(style, "SCI", "%s g CO2e per million tokens, %s per EFLOP, %s per thousand parameters",
               cs_text_number(all->total * CS_GRAMS_PER_KG * 1e6 / law->tokens).at,
               cs_text_number(all->total * CS_GRAMS_PER_KG * 1e18 / law->compute).at,
               cs_text_number(all->total * CS_GRAMS_PER_KG * 1e3 / law->parameters_total).at);
    }
}

/* Energy by boundary: what a meter at the devices, at the servers and at the site would read. */
static void print_energy(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_footprint *const all = &point->carbon.all;
    const double seconds = (double)point->best[0].plan.devices * point->best[0].step.training_seconds;
    const double node = all->energy + all->energy_servers;
    const double site = (node + all->energy_network) * point->place.pue;
    cs_row(style, "energy",
           "%s of devices (%.0f W each), %s with their servers (%.0f W), %s of the site, with network and PUE",
           cs_text_energy(all->energy).at, all->energy / seconds, cs_text_energy(node).at, node / seconds,
           cs_text_energy(site).at);
}

void cs_point_print_carbon(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_point_carbon *const carbon = &point->carbon;
    char note[256];
    snprintf(note, sizeof note, "%s CO2e at %s, %s g/kWh, PUE %s", cs_text_mass(carbon->all.total).at, point->region,
             cs_text_number(point->place.g_per_kwh).at, cs_text_number(point->place.pue).at);
    cs_heading(style, "Carbon", note);
    for (int32_t i = 0; i < CS_CARBON_TERMS; i++) {
        const struct cs_carbon_term *const term = &carbon->terms[i];
        char words[96];
        snprintf(words, sizeof words, "%-10s %s", cs_text_mass(term->kg).at, term->part);
        if (term->kg != 0.0) {
            cs_share_row(style, term->label, carbon->all.total > 0 ? term->kg / carbon->all.total : 0, words);
        }
    }
    cs_row(style, "accounting", "%s",
           point->design.settings.carbon.preset == CS_PRESET_PAPER ? "preset paper" : "preset measured");
    cs_row(style, "operational", "%s", cs_text_mass(carbon->all.total - carbon->all.embodied).at);
    print_energy(point, style);
    cs_row(style, "embodied", "%s charged (%s), of %s in the hardware and its buildings",
           cs_text_mass(carbon->all.embodied).at,
           point->design.carbon.carbon.attribution == CS_ATTRIBUTION_FULL ? "whole devices" : "by share of their life",
           cs_text_mass(carbon->all.inventory).at);
    print_beside(point, style);
}

/* The plan that a site which counts carbon would take, beside the answer. */
void cs_point_print_least(const struct cs_point *point, const struct cs_style *style)
{
    const struct cs_search_result *const least = &point->least;
    const struct cs_plan_text words = cs_plan_describe(&least->plan);
    const double mass = point->least_carbon.all.total;
    cs_heading(style, "Least carbon",
               "of all device counts within the deadline; the plan above has the fewest devices");
    if (cs_plan_order(&least->plan, &point->best[0].plan) == 0 && least->plan.devices == point->best[0].plan.devices &&
        least->plan.data == point->best[0].plan.data) {
        cs_row(style, "plan", "the plan above has the least carbon too");
        return;
    }
    cs_row(style, "plan", "%s device%s for %s, utilisation %s: %s", cs_text_count((double)least->plan.devices).at,
           least->plan.devices == 1 ? "" : "s", cs_text_duration(least->step.training_seconds).at,
           cs_text_percent(least->step.mfu).at, words.at);
    cs_row(style, "carbon", "%s CO2e instead of %s: %s", cs_text_mass(mass).at,
           cs_text_mass(point->carbon.all.total).at, cs_text_change(mass, point->carbon.all.total).at);
}
