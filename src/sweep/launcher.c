/* SPDX-License-Identifier: BSD-3-Clause */
#include "launcher.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

/* ---- the end of mpirun ---- */
/* The first line of a file of a process; false where the process is gone, or the system has no /proc. */
static bool read_of_process(pid_t process, const char *file, char text[256])
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)process, file);
    FILE *from = fopen(path, "r");
    const bool read = from != NULL && fgets(text, 256, from) != NULL;
    if (from != NULL) {
        (void)fclose(from);
    }
    return read;
}

/* "NUMBER (NAME) STATE PARENT ..." (proc(5)); a name may hold blanks and brackets. 0: unknown. */
static pid_t parent_of(pid_t process)
{
    char text[256];
    int64_t parent = 0;
    char *at = read_of_process(process, "stat", text) ? strrchr(text, ')') : NULL;
    if (at != NULL && strlen(at) > 4) {
        at += strlen(") S ");
        at[strcspn(at, " ")] = '\0';
        (void)cs_parse_count(at, 0, INT32_MAX, &parent);
    }
    return (pid_t)parent;
}

static bool is_mpirun(pid_t process)
{
    static const char *const names[] = {"mpirun", "mpiexec", "orterun", "prterun"};
    char name[256];
    const bool read = read_of_process(process, "comm", name);
    for (size_t i = 0; read && i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(name, names[i], strlen(names[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* A script may stand between mpirun and this process. 0: none. */
static pid_t find_mpirun(void)
{
    pid_t process = getppid();
    while (process > 1 && !is_mpirun(process)) {
        process = parent_of(process);
    }
    return process > 1 ? process : 0;
}

static void pause_for(double seconds)
{
    const struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&pause, NULL);
}

/* In a process of its own, as mpirun kills those that it started at the first signal. */
static void end_process(pid_t process)
{
    static const struct {
        double wait; /* s before it: for what is still to be printed, for mpirun's own end, for one that hangs */
        int number;
    } steps[] = {{0.5, SIGTERM}, {1.0, SIGTERM}, {2.0, SIGKILL}};
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGTERM, &ignore, NULL);
    (void)setsid();
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        pause_for(steps[i].wait);
        if (is_mpirun(process)) {
            (void)kill(process, steps[i].number);
        }
    }
}

bool cs_launcher_end(void)
{
    const pid_t mpirun = getenv("OMPI_COMM_WORLD_RANK") != NULL ? find_mpirun() : 0;
    const pid_t child = mpirun > 0 ? fork() : -1;
    if (child < 0) {
        return false;
    }
    if (child == 0) {
        end_process(mpirun);
        _exit(0);
    }
    enum { LOOKS = 100 };
    const double between = 0.05; /* s */
    for (int i = 0; i < LOOKS && is_mpirun(mpirun); i++) {
        pause_for(between);
    }
    return true;
}
