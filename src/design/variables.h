/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of a design point, as a list of variables: those of the result file, and of "values" in what cs_point
 * tells machines. */
#ifndef CS_DESIGN_VARIABLES_H
#define CS_DESIGN_VARIABLES_H

#include "cs_sweep/design.h"

enum cs_type { CS_INT8, CS_INT32, CS_INT64, CS_FLOAT64, CS_TEXT }; /* a text is not of a variable */
int64_t cs_type_size(enum cs_type type);
/* A value of the type, which stands at its own alignment. Counts are far below 2^53, so that a double holds each. */
double cs_load(enum cs_type type, const void *from);

/* Besides enum cs_scope: which axes a variable depends on. */
enum {
    CS_ON_YEAR = 0x40,      /* the year axis alone */
    CS_ON_MODEL = 0x100,    /* the model axis alone */
    CS_ON_HARDWARE = 0x200, /* hardware, year, projection.* */
    CS_ON_REGION = 0x400,   /* the region axis alone */
    CS_ON_LEAST = 0x80,     /* the axes of the searches: of the least-carbon plan */
    CS_ON_FIELD = 0x1000,   /* times 1 + enum of the device's field, with CS_ON_HARDWARE: the axis over it */
    CS_ON_PLAN = 0x800      /* the axes of the searches, the region where it is searched, alternative */
};

enum cs_source {
    CS_FROM_RECORD, /* offset in struct cs_record: of the least-carbon plan where CS_ON_LEAST */
    CS_FROM_POINT,  /* the index of an expression of struct cs_design_point */
    CS_FROM_DEVICE, /* offset in struct cs_embodied, of one device */
    CS_FROM_KWH,    /* offset in struct cs_footprint, J there and kWh in the file */
    CS_FROM_KG,     /* offset in struct cs_footprint: kg, L, USD */
    CS_FROM_REGION, /* offset in struct cs_place */
    CS_SOURCE_COUNT
};

struct cs_variable {
    const char *name;
    enum cs_type type;
    const char *units;
    const char *long_name;
    unsigned on;
    enum cs_source source;
    int64_t offset;    /* see enum cs_source */
    enum cs_type kept; /* CS_FROM_RECORD: the member's type there */
    const char *flags; /* flag_meanings: names of 0, 1, ..., "a|b"; NULL: no codes */
    bool filled;       /* has a fill value, and holds it wherever the record is not feasible */
};
const struct cs_variable *cs_variables(int32_t *count);
/* The files of this grid hold it: those of the least-carbon plan are there only where it is searched. */
bool cs_variable_present(const struct cs_grid *grid, const struct cs_variable *variable);
/* A variable of the least-carbon plan has the name of the plan's own behind this. */
#define CS_LEAST_PREFIX "least_carbon_"
/* The value in the file's unit; `from` is what the variable's source names. */
double cs_variable_value(const struct cs_variable *variable, const void *from);

#endif
