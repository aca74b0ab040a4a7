/* SPDX-License-Identifier: BSD-3-Clause */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cs_sweep/number.h"

/* Ranks of a run that mpirun killed live on for some 2 s (Open MPI 4.1), and a requeued job starts while they do. */
static const double patience_seconds = 10.0;
static const long pause_nanoseconds = 100000000;

enum { HOST_SIZE = 256, JOB_SIZE = 40, HOLDER_SIZE = 320 };

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void own_host(char *host, size_t size)
{
    if (gethostname(host, size) != 0) {
        (void)snprintf(host, size, "unknown");
    }
    host[size - 1] = '\0';
}

/* A job that SLURM puts back into its queue keeps its number and counts its restarts: "JOB.RESTARTS", empty outside. */
static void own_job(char *job, size_t size)
{
    const char *number = getenv("SLURM_JOB_ID"), *restarts = getenv("SLURM_RESTART_COUNT");
    *job = '\0';
    if (number != NULL && *number != '\0') {
        (void)snprintf(job, size, "%.20s.%.10s", number, restarts != NULL ? restarts : "0");
    }
}

/* What the file says: "HOST PID" or "HOST PID JOB.RESTARTS". */
struct holder {
    char host[HOST_SIZE], pid[16], job[JOB_SIZE]; /* empty where it says nothing */
};

/* Takes a word from the front of the text. */
static const char *take_word(const char *text, char *word, size_t size)
{
    text += strspn(text, " ");
    const size_t length = strcspn(text, " \n");
    (void)snprintf(word, size, "%.*s", (int)length, text);
    return text + length;
}

/* False where the file holds something else, so that it is no lock of ours. */
static bool read_holder(int fd, struct holder *holder)
{
    char text[HOLDER_SIZE];
    int64_t pid;
    const ssize_t got = pread(fd, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = '\0';
    const char *rest = take_word(text, holder->host, sizeof holder->host);
    rest = take_word(rest, holder->pid, sizeof holder->pid);
    rest = take_word(rest, holder->job, sizeof holder->job);
    if (got == 0 || (strcmp(rest, "\n") == 0 && cs_parse_count(holder->pid, 1, INT32_MAX, &pid))) {
        return true;
    }
    *holder->host = '\0';
    return false;
}

static void write_holder(int fd)
{
    char host[HOST_SIZE], job[JOB_SIZE], text[HOLDER_SIZE];
    own_host(host, sizeof host);
    own_job(job, sizeof job);
    const int length = snprintf(text, sizeof text, "%s %ld%s%s\n", host, (long)getpid(), *job != '\0' ? " " : "", job);
    /* On a full disk the lock holds all the same; it only cannot say whose it is. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length) {
        (void)ftruncate(fd, 0);
    }
}

/* Both are of one SLURM job, and the holder is of an earlier start of it: SLURM has ended that process, on whatever
 * host it ran, before it put the job back into the queue. */
static bool before_restart(const char *theirs, const char *own)
{
    const size_t number = strcspn(own, ".");
    return *own != '\0' && strncmp(theirs, own, number + 1) == 0 && strcmp(theirs, own) != 0;
}

/* Whether the name still means the file that was locked: its last holder may have removed it in between. */
static bool is_current(int folder, const char *name, int fd)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/* On file systems that cannot lock (some Lustre mounts) only the text tells whether the lock is held: by a process of
 * this host that lives, or by any process of another host unless its job has been started again since. */
static bool held_by_text(int fd)
{
    struct holder holder;
    char host[HOST_SIZE], job[JOB_SIZE];
    int64_t pid;
    (void)read_holder(fd, &holder);
    own_host(host, sizeof host);
    own_job(job, sizeof job);
    if (*holder.host == '\0' || before_restart(holder.job, job)) {
        return false;
    }
    if (strcmp(holder.host, host) != 0) {
        return true;
    }
    return cs_parse_count(holder.pid, 1, INT32_MAX, &pid) && pid != (int64_t)getpid() &&
           (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* The file under the name is a lock or new; any other file is left alone, or its contents would be lost. */
static bool is_lock(int fd)
{
    struct holder holder;
    struct stat facts;
    return fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_nlink <= 1 && read_holder(fd, &holder);
}

enum attempt { TAKEN, BUSY, AGAIN, FAILED, FOREIGN };

static enum attempt try_lock(int folder, const char *name, int *fd, struct holder *holder)
{
    *fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (*fd < 0) {
        return FAILED;
    }
    if (!is_lock(*fd)) {
        (void)close(*fd);
        *fd = -1;
        return FOREIGN;
    }
    bool busy = false;
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0) {
        busy = errno == EWOULDBLOCK || errno == EINTR || held_by_text(*fd);
    }
    const bool current = !busy && is_current(folder, name, *fd);
    if (current) {
        write_holder(*fd);
        return TAKEN;
    }
    (void)read_holder(*fd, holder);
    (void)close(*fd);
    *fd = -1;
    return busy ? BUSY : AGAIN;
}

enum cs_code cs_lock_take(int folder, const char *name, const char *path, int *fd, struct cs_error *error)
{
    const double end = now() + patience_seconds;
    struct holder holder = {.host = ""};
    for (;;) {
        const enum attempt attempt = try_lock(folder, name, fd, &holder);
        if (attempt == TAKEN) {
            return CS_OK;
        }
        if (attempt == FAILED) {
            return cs_fail(error, CS_ERROR_CREATE,
                           "%s.lock cannot be created: %s. The results need a folder that can "
                           "be written.",
                           path, errno == ELOOP ? "it is a symbolic link" : strerror(errno));
        }
        if (attempt == FOREIGN) {
            return cs_fail(error, CS_ERROR_CREATE,
                           "%s.lock is not the lock of a run: it would be lost. Give another --output, or move it.",
                           path);
        }
        if (now() >= end) {
            break;
        }
        if (attempt == BUSY) {
            const struct timespec pause = {0, pause_nanoseconds};
            (void)nanosleep(&pause, NULL);
        }
    }
    if (*holder.host == '\0') {
        return cs_fail(error, CS_ERROR_CREATE, "Another run holds %s; wait for it, or give another --output.", path);
    }
    return cs_fail(error, CS_ERROR_CREATE,
                   "Another run holds %s: process %s on %s. Wait for it, or give another --output. (If that run is "
                   "certainly gone, remove %s.lock.)",
                   path, holder.pid, holder.host, path);
}

void cs_lock_release(int folder, const char *name, int fd)
{
    if (fd >= 0) {
        if (is_current(folder, name, fd)) {
            (void)unlinkat(folder, name, 0);
        }
        (void)close(fd);
    }
}
