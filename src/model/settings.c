/* SPDX-License-Identifier: BSD-3-Clause */
#include "cs_sweep/settings.h"

#include <stddef.h>
#include <string.h>

/* The rows below know their section by this name, redefined before each section's table. */
#define SECTION
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define AT(member) (int64_t) offsetof(struct cs_settings, SECTION.member)

#define ROW_REAL(member, value, low, high, unit, scopes, meaning)                                                      \
    {TEXT(SECTION), #member, CS_REAL, AT(member), low, high, NULL, unit, meaning, scopes},
#define ROW_COUNT(member, value, low, high, unit, scopes, meaning)                                                     \
    {TEXT(SECTION), #member, CS_COUNT, AT(member), low, high, NULL, unit, meaning, scopes},
#define ROW_FLAG(member, value, scopes, meaning)                                                                       \
    {TEXT(SECTION), #member, CS_FLAG, AT(member), 0, 1, NULL, "1", meaning, scopes},
#define ROW_CHOICE(member, value, names, scopes, meaning)                                                              \
    {TEXT(SECTION), #member, CS_CHOICE, AT(member), 0, 0, names, "1", meaning, scopes},
#define ROW_SET(member, value, names, scopes, meaning)                                                                 \
    {TEXT(SECTION), #member, CS_SET, AT(member), 0, 0, names, "1", meaning, scopes},
#define ROW_LIST(member, names, scopes, meaning)                                                                       \
    {TEXT(SECTION), #member, CS_LIST, AT(member), 1, 1000000, names, "1", meaning, scopes},
#define ROWS(TABLE) TABLE(ROW_REAL, ROW_COUNT, ROW_FLAG, ROW_CHOICE, ROW_SET, ROW_LIST)

static const struct cs_setting rows[] = {
#undef SECTION
#define SECTION scaling_law
    ROWS(CS_SCALING_LAW_SETTINGS)
#undef SECTION
#define SECTION training
        ROWS(CS_TRAINING_SETTINGS)
#undef SECTION
#define SECTION search
            ROWS(CS_SEARCH_SETTINGS)
#undef SECTION
#define SECTION projection
                ROWS(CS_PROJECTION_SETTINGS)
#undef SECTION
#define SECTION power
                    ROWS(CS_POWER_SETTINGS)
#undef SECTION
#define SECTION carbon
                        ROWS(CS_CARBON_SETTINGS)
#undef SECTION
#define SECTION water
                            ROWS(CS_WATER_SETTINGS)
#undef SECTION
#define SECTION cost
                                ROWS(CS_COST_SETTINGS)
#undef SECTION
#define SECTION limits
                                    ROWS(CS_LIMITS_SETTINGS)
#undef SECTION
#define SECTION output
                                        ROWS(CS_OUTPUT_SETTINGS)
#undef SECTION
};

/* A section that CS_SECTIONS names and the table above lacks would change this count. */
#define ONE(...) +1
#define ROWS_OF(section, type, table) table(ONE, ONE, ONE, ONE, ONE, ONE)
_Static_assert(sizeof rows / sizeof rows[0] == 0 CS_SECTIONS(ROWS_OF), "a section is missing in the table");

const struct cs_setting *cs_settings_table(int32_t *count)
{
    *count = (int32_t)(sizeof rows / sizeof rows[0]);
    return rows;
}

const struct cs_setting *cs_setting_find(const char *path)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t length = strlen(rows[i].section);
        if (strncmp(path, rows[i].section, length) == 0 && path[length] == '.' &&
            strcmp(path + length + 1, rows[i].name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

double cs_setting_get(const struct cs_settings *settings, const struct cs_setting *row)
{
    const char *at = (const char *)settings + row->offset;
    switch (row->type) {
    case CS_REAL: {
        double value;
        memcpy(&value, at, sizeof value);
        return value;
    }
    case CS_COUNT: {
        int64_t value;
        memcpy(&value, at, sizeof value);
        return (double)value;
    }
    case CS_FLAG: {
        bool value;
        memcpy(&value, at, sizeof value);
        return value ? 1.0 : 0.0;
    }
    case CS_CHOICE: {
        int32_t value;
        memcpy(&value, at, sizeof value);
        return (double)value;
    }
    case CS_SET: {
        uint32_t value;
        memcpy(&value, at, sizeof value);
        return (double)value;
    }
    case CS_LIST:
    default:
        return 0.0;
    }
}

void cs_setting_put(struct cs_settings *settings, const struct cs_setting *row, double value)
{
    char *at = (char *)settings + row->offset;
    switch (row->type) {
    case CS_REAL:
        memcpy(at, &value, sizeof value);
        break;
    case CS_COUNT:
        memcpy(at, &(int64_t){(int64_t)value}, sizeof(int64_t));
        break;
    case CS_FLAG:
        memcpy(at, &(bool){value != 0.0}, sizeof(bool));
        break;
    case CS_CHOICE:
        memcpy(at, &(int32_t){(int32_t)value}, sizeof(int32_t));
        break;
    case CS_SET:
        memcpy(at, &(uint32_t){(uint32_t)value}, sizeof(uint32_t));
        break;
    case CS_LIST:
    default:
        break;
    }
}

struct cs_list *cs_setting_list(struct cs_settings *settings, const struct cs_setting *row)
{
    return (struct cs_list *)(void *)((char *)settings + row->offset);
}

#define SET_REAL(member, value, low, high, unit, scopes, meaning) section->member = (value);
#define SET_COUNT(member, value, low, high, unit, scopes, meaning) section->member = (value);
#define SET_FLAG(member, value, scopes, meaning) section->member = (value);
#define SET_CHOICE(member, value, names, scopes, meaning) section->member = cs_choice_index(names, value);
#define SET_SET(member, value, names, scopes, meaning) section->member = (value);
#define SET_LIST(member, names, scopes, meaning) section->member.count = section->member.name = 0;
#define SET_SECTION(name, type, table)                                                                                 \
    {                                                                                                                  \
        struct type *section = &settings->name;                                                                        \
        table(SET_REAL, SET_COUNT, SET_FLAG, SET_CHOICE, SET_SET, SET_LIST)                                            \
    }

void cs_settings_default(struct cs_settings *settings)
{
    memset(settings, 0, sizeof *settings);
    CS_SECTIONS(SET_SECTION)
}

void cs_settings_apply_preset(struct cs_settings *settings)
{
    if (settings->carbon.preset != CS_PRESET_PAPER) {
        return;
    }
    struct cs_carbon_settings *const carbon = &settings->carbon;
    struct cs_power *const power = &settings->power;
    carbon->attribution = CS_ATTRIBUTION_FULL;
    carbon->cpa_set = CS_CPA_LLMCARBON;
    carbon->hbm_kg_per_gb = 0.4; /* LLMCarbon hardware.csv */
    carbon->cooling_kg_per_w = carbon->board_kg = carbon->host_kg = carbon->network_kg = 0.0;
    carbon->transport_fraction = carbon->end_of_life_fraction = 0.0;
    carbon->assembly_factor = carbon->construction_factor = 1.0;
    carbon->declared = carbon->host = false;
    carbon->lifetime_years = 6.0; /* CarbonScaling 5.1 */
    carbon->lifetime_use = 1.0;
    carbon->pue = 1.1;
    carbon->pue_per_region = false;
    carbon->fleet = CS_FLEET_UNNAMED;
    power->static_fraction = 0.70;
    power->dynamic_fraction = 0.30;
    power->idle_apart = false;
    power->server_fraction = power->network_w = 0.0;
}
