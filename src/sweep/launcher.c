/* SPDX-License-Identifier: BSD-3-Clause */
#include "launcher.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cs_sweep/number.h"
#include "cs_sweep/sweep.h"

/* Set by the launchers of Open MPI, PMIx, MPICH and its relatives, MVAPICH, Cray PALS and SLURM. */
static const char *const rank_variables[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK",   "PMI_RANK",
                                             "MV2_COMM_WORLD_RANK",  "PALS_RANKID", "SLURM_PROCID"};
/* The same launchers' numbers of processes, the innermost first: mpirun starts its own processes inside of SLURM's. */
static const char *const size_variables[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MV2_COMM_WORLD_SIZE",
                                             "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"};

static bool read_variable(const char *name, int64_t least, int *value)
{
    const char *text = getenv(name);
    int64_t count;
    if (text == NULL || !cs_parse_count(text, least, INT32_MAX, &count)) {
        return false;
    }
    *value = (int)count;
    return true;
}

bool cs_launcher_launched(int *rank)
{
    for (size_t i = 0; i < sizeof rank_variables / sizeof rank_variables[0]; i++) {
        if (read_variable(rank_variables[i], 0, rank)) {
            return strcmp(rank_variables[i], "SLURM_PROCID") != 0;
        }
    }
    *rank = 0;
    return false;
}

int cs_launcher_rank(void)
{
    int rank;
    cs_launcher_launched(&rank);
    return rank;
}

/* In a batch script and in a shell of salloc SLURM_NTASKS is what the job asked for, and one process runs. sbatch sets
 * ENVIRONMENT, which srun's tasks inherit beside the variables of their step; a shell of salloc has no SLURM_PROCID
 * (SLURM 22.05). */
static bool is_shell_of_job(void)
{
    const char *environment = getenv("ENVIRONMENT");
    const bool step = getenv("SLURM_STEP_ID") != NULL || getenv("SLURM_STEPID") != NULL;
    return getenv("SLURM_PROCID") == NULL || (!step && environment != NULL && strcmp(environment, "BATCH") == 0);
}

int cs_launcher_size(const char **variable)
{
    int size;
    for (size_t i = 0; i < sizeof size_variables / sizeof size_variables[0]; i++) {
        *variable = size_variables[i];
        const bool of_job = strcmp(*variable, "SLURM_NTASKS") == 0;
        if (!(of_job && is_shell_of_job()) && read_variable(*variable, 1, &size)) {
            return size;
        }
    }
    *variable = "";
    return 0;
}

void cs_launcher_prepare(void)
{
    if (getenv("OMPI_COMM_WORLD_RANK") != NULL || getenv("PMIX_RANK") != NULL) {
        return;
    }
    /* Without mpirun Open MPI would start a daemon of its own, of which a sweep needs nothing. */
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    if (getenv("PMI_RANK") == NULL && strncmp(cs_mpi_library(), "Open MPI", strlen("Open MPI")) == 0) {
        /* Open MPI 4 ends a task of srun that no PMI serves inside MPI_Init, with status 1. Without this variable it
         * starts it as a process by itself: one alone then works, and of several we can say what is wrong. */
        unsetenv("SLURM_STEP_ID");
    }
}
