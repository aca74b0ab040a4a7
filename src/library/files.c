/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading a text whole, and finding the data files that come with the program. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cs_build.h"
#include "read.h"

static enum cs_code no_memory(const char *name, struct cs_error *error)
{
    return cs_fail(error, CS_ERROR_MEMORY, "Not enough memory to read %s.", name);
}

/* Reads until the end of the file, because a pipe does not tell its size. */
static enum cs_code read_all(int file, const char *path, char **text, size_t *length, struct cs_error *error)
{
    size_t capacity = 65536, used = 0;
    char *buffer = malloc(capacity + 1);
    while (buffer != NULL) {
        const ssize_t got = read(file, buffer + used, capacity - used);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            const int reason = errno;
            free(buffer);
            return cs_fail(error, CS_ERROR_INPUT, "%s: cannot be read: %s.", path, strerror(reason));
        }
        if (got == 0) {
            buffer[used] = '\0';
            *text = buffer;
            *length = used;
            return CS_OK;
        }
        used += (size_t)got;
        if (used > CS_JSON_SIZE_MAX) {
            free(buffer);
            return cs_fail(error, CS_ERROR_CONFIG, "%s: larger than %d MiB.", path, CS_JSON_SIZE_MAX >> 20);
        }
        if (used == capacity) {
            capacity *= 2;
            char *larger = realloc(buffer, capacity + 1);
            if (larger == NULL) {
                free(buffer);
            }
            buffer = larger;
        }
    }
    return no_memory(path, error);
}

enum cs_code cs_text_read(const char *path, char **text, struct cs_error *error)
{
    struct stat status;
    size_t length = 0;
    *text = NULL;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return cs_fail(error, CS_ERROR_INPUT, "%s: cannot be opened: %s.", path, strerror(errno));
    }
    if (fstat(file, &status) == 0 && S_ISDIR(status.st_mode)) {
        (void)close(file);
        return cs_fail(error, CS_ERROR_INPUT, "%s: is a directory; a file in JSON is expected.", path);
    }
    const enum cs_code code = read_all(file, path, text, &length, error);
    (void)close(file);
    if (code == CS_OK && strlen(*text) != length) {
        const size_t zero = strlen(*text);
        free(*text);
        *text = NULL;
        return cs_fail(error, CS_ERROR_CONFIG, "%s: byte %zu is zero: the file is not text in UTF-8.", path, zero + 1);
    }
    return code;
}

/* ---- where data files are ---- */
static bool is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
}

/* Directory of the running program; false where the system does not say. */
static bool program_directory(char *path, size_t size)
{
    const ssize_t length = readlink("/proc/self/exe", path, size - 1);
    if (length <= 0) {
        return false;
    }
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    return true;
}

enum cs_code cs_data_file(const char *name, char *path, size_t size, struct cs_error *error)
{
    const char *directory = getenv("CS_SWEEP_DATA");
    if (directory != NULL && directory[0] != '\0') {
        (void)snprintf(path, size, "%s/%s", directory, name);
        return CS_OK; /* the user named the folder, so no other is tried */
    }
    /* Beside the build, or in the prefix that the program was installed or moved to. */
    static const char *const beside[] = {"../configs", "../share/cs_sweep"};
    char program[4096];
    if (program_directory(program, sizeof program)) {
        for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
            const int length = snprintf(path, size, "%s/%s/%s", program, beside[i], name);
            if (length > 0 && (size_t)length < size && is_file(path)) {
                return CS_OK;
            }
        }
    }
    (void)snprintf(path, size, "%s/%s", CS_BUILD_DATADIR, name);
    if (!is_file(path)) {
        return cs_fail(
            error, CS_ERROR_INPUT,
            "%s was found neither beside the program nor in %s; set CS_SWEEP_DATA to the folder that holds it.", name,
            CS_BUILD_DATADIR);
    }
    return CS_OK;
}

bool cs_data_path(const char *name, char *path, size_t size)
{
    return cs_data_file(name, path, size, NULL) == CS_OK && is_file(path);
}
