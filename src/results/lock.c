/* SPDX-License-Identifier: BSD-3-Clause */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cs_sweep/number.h"

/* Ranks of a run that mpirun killed live on for some 2 s (Open MPI 4.1), and a requeued job starts while they do. */
static const double patience_seconds = 10.0;
static const long pause_nanoseconds = 100000000;

enum { HOLDER_SIZE = 320 };

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

/* "host pid", or empty. */
static void read_holder(int fd, char *holder)
{
    const ssize_t got = pread(fd, holder, HOLDER_SIZE - 1, 0);
    holder[got > 0 ? got : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
}

static void write_holder(int fd)
{
    char host[256], holder[HOLDER_SIZE];
    own_host(host, sizeof host);
    const int length = snprintf(holder, sizeof holder, "%s %ld\n", host, (long)getpid());
    /* On a full disk the lock holds all the same; it only cannot say whose it is. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, (size_t)length, 0) != length) {
        (void)ftruncate(fd, 0);
    }
}

/* Whether the name still means the file that was locked: its last holder may have removed it in between. */
static bool is_current(int folder, const char *name, int fd)
{
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/* On file systems that cannot lock (some Lustre mounts) the text alone must do: held by a process of this host that
 * lives, or by any of another host. */
static bool held_by_text(int fd)
{
    char holder[HOLDER_SIZE], host[256];
    read_holder(fd, holder);
    own_host(host, sizeof host);
    const char *blank = strrchr(holder, ' ');
    if (blank == NULL) {
        return false;
    }
    if (strncmp(holder, host, (size_t)(blank - holder)) != 0 || host[blank - holder] != '\0') {
        return true;
    }
    int64_t pid;
    return cs_parse_count(blank + 1, 1, INT32_MAX, &pid) && pid != (int64_t)getpid() &&
           (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

enum attempt { TAKEN, BUSY, AGAIN, FAILED };

static enum attempt try_lock(int folder, const char *name, int *fd, char *holder)
{
    *fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (*fd < 0) {
        return FAILED;
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
    read_holder(*fd, holder);
    (void)close(*fd);
    *fd = -1;
    return busy ? BUSY : AGAIN;
}

enum cs_code cs_lock_take(int folder, const char *name, const char *path, int *fd, struct cs_error *error)
{
    const double end = now() + patience_seconds;
    char holder[HOLDER_SIZE] = "";
    for (;;) {
        const enum attempt attempt = try_lock(folder, name, fd, holder);
        if (attempt == TAKEN) {
            return CS_OK;
        }
        if (attempt == FAILED) {
            return cs_fail(error, CS_ERROR_CREATE,
                           "%s.lock cannot be created: %s. The results need a folder that can "
                           "be written.",
                           path, errno == ELOOP ? "it is a symbolic link" : strerror(errno));
        }
        if (now() >= end) {
            break;
        }
        if (attempt == BUSY) {
            const struct timespec pause = {0, pause_nanoseconds};
            (void)nanosleep(&pause, NULL);
        }
    }
    char *blank = strrchr(holder, ' ');
    if (blank == NULL) {
        return cs_fail(error, CS_ERROR_CREATE, "Another run holds %s; wait for it, or give another --output.", path);
    }
    *blank = '\0';
    return cs_fail(error, CS_ERROR_CREATE,
                   "Another run holds %s: process %s on %s. Wait for it, or give another --output. (If that run is "
                   "certainly gone, remove %s.lock.)",
                   path, blank + 1, holder, path);
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
