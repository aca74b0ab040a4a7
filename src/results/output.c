/* SPDX-License-Identifier: BSD-3-Clause */
#include "internal.h"

#include "cs_sweep/format.h"
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { NAME_SIZE = NAME_MAX + 1 };

struct cs_output {
    char path[PATH_MAX]; /* as given, for messages */
    char partial_path[PATH_MAX + 16];
    int folder; /* every name below is looked up in this open folder */
    char name[NAME_SIZE], partial[NAME_SIZE], temporary[NAME_SIZE], stop[NAME_SIZE], lock_name[NAME_SIZE];
    int lock;
    bool replace;    /* the final name may be taken from another file: --force */
    int32_t resumes; /* of the file that this run continues */
    double elapsed_seconds;
    double written; /* bytes of the last checkpoint, 0 for none */
};

/* ---- opening ---- */
/* The folder of a path, whose name goes to `folder`; -1 where it cannot be opened. */
static int open_folder(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    const size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
    (void)snprintf(folder, PATH_MAX, "%.*s", slash == NULL ? 1 : (int)length, slash == NULL ? "." : path);
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static enum cs_code split_path(const char *path, struct cs_output *output, struct cs_error *error)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const size_t longest = strlen(".partial.tmp");
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        return cs_fail(error, CS_ERROR_CREATE, "The output '%s' does not name a file.", path);
    }
    if (strlen(name) + longest > NAME_MAX || strlen(path) >= sizeof output->path) {
        return cs_fail(error, CS_ERROR_CREATE, "The output's name is too long (%d characters at most): %s",
                       (int)(NAME_MAX - longest), path);
    }
    (void)snprintf(output->path, sizeof output->path, "%s", path);
    (void)snprintf(output->partial_path, sizeof output->partial_path, "%s.partial", path);
    (void)snprintf(output->name, NAME_SIZE, "%s", name);
    (void)snprintf(output->partial, NAME_SIZE, "%.243s.partial", name);
    (void)snprintf(output->temporary, NAME_SIZE, "%.243s.partial.tmp", name);
    (void)snprintf(output->stop, NAME_SIZE, "%.243s.stop", name);
    (void)snprintf(output->lock_name, NAME_SIZE, "%.243s.lock", name);
    char folder[PATH_MAX];
    output->folder = open_folder(path, folder);
    if (output->folder < 0) {
        return cs_fail(error, CS_ERROR_CREATE, "%s cannot be created: the folder %s cannot be opened (%s).", path,
                       folder, strerror(errno));
    }
    return CS_OK;
}

/* What stands under a name; nothing there is no error. */
static enum cs_code look(const struct cs_output *output, const char *name, const char *path, bool *found,
                         struct stat *facts, struct cs_error *error)
{
    *found = fstatat(output->folder, name, facts, AT_SYMLINK_NOFOLLOW) == 0;
    if (*found && !S_ISREG(facts->st_mode)) {
        const char *kind = S_ISDIR(facts->st_mode)   ? "a folder"
                           : S_ISLNK(facts->st_mode) ? "a symbolic link"
                                                     : "not a regular file";
        return cs_fail(error, CS_ERROR_CREATE, "%s cannot be written: it is %s. Give the name of a file.", path, kind);
    }
    if (!*found && errno != ENOENT) {
        return cs_fail(error, CS_ERROR_CREATE, "%s cannot be looked up: %s.", path, strerror(errno));
    }
    return CS_OK;
}

/* The temporary name, made anew: never through a link, never into a file that somebody else has open. What is there is
 * of a run that died, because the lock is ours. */
static int open_temporary(const struct cs_output *output)
{
    if (unlinkat(output->folder, output->temporary, 0) != 0 && errno != ENOENT) {
        return -1;
    }
    return openat(output->folder, output->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

/* A folder that cannot be written is better found now than after hours of searching. */
static enum cs_code try_to_write(const struct cs_output *output, struct cs_error *error)
{
    const int fd = open_temporary(output);
    if (fd < 0) {
        return cs_fail(error, CS_ERROR_CREATE, "%s.tmp cannot be created: %s.", output->partial_path, strerror(errno));
    }
    (void)close(fd);
    (void)unlinkat(output->folder, output->temporary, 0);
    return CS_OK;
}

/* ---- resuming ---- */
/* A finished file lacks no search, or, of a shard, those of the other shards. */
static enum cs_code check_complete(const struct cs_file *file, const struct cs_grid *grid, struct cs_error *error)
{
    const int64_t others =
        file->shards > 1 ? grid->searches - cs_shard_searches(grid->searches, file->shard, file->shards) : 0;
    if (file->pending != others) {
        return cs_fail(error, CS_ERROR_CREATE,
                       "%s has the name of a finished file but lacks %lld searches; rename it to %s.partial to "
                       "continue it.",
                       file->path, (long long)(file->pending - others), file->path);
    }
    return CS_OK;
}

/* Reads one of the two files; into the results where `load`. */
static enum cs_code read_file(struct cs_output *output, const char *name, const char *path, struct cs_results *results,
                              bool load, struct cs_error *error)
{
    struct cs_file file;
    CS_TRY(cs_file_open(output->folder, name, path, false, &file, error));
    enum cs_code code = cs_file_match(&file, results->grid.config, error);
    if (code == CS_OK && load) {
        code = cs_file_records(&file, results, error);
        output->resumes = file.resumes + 1;
        output->elapsed_seconds = file.elapsed_seconds;
    } else if (code == CS_OK) {
        code = check_complete(&file, &results->grid, error);
    }
    cs_file_close(&file);
    return code;
}

static bool is_newer(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
                                                  : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static enum cs_code resume(struct cs_output *output, struct cs_results *results, const struct stat *final,
                           bool final_found, const struct stat *partial, bool partial_found, bool *complete,
                           struct cs_error *error)
{
    /* A partial file younger than the final one is of a run that was to replace it (--force). */
    output->replace = final_found && partial_found && is_newer(partial, final);
    if (final_found && !output->replace) {
        CS_TRY(read_file(output, output->name, output->path, results, false, error));
        *complete = true;
        (void)unlinkat(output->folder, output->partial, 0);
        return CS_OK;
    }
    if (!partial_found) {
        return CS_OK;
    }
    output->written = (double)partial->st_size;
    return read_file(output, output->partial, output->partial_path, results, true, error);
}

static enum cs_code apply_mode(struct cs_output *output, enum cs_output_mode mode, struct cs_results *results,
                               bool *complete, struct cs_error *error)
{
    struct stat final, partial;
    bool final_found, partial_found;
    CS_TRY(look(output, output->name, output->path, &final_found, &final, error));
    CS_TRY(look(output, output->partial, output->partial_path, &partial_found, &partial, error));
    switch (mode) {
    case CS_OUTPUT_RESUME:
        CS_TRY(resume(output, results, &final, final_found, &partial, partial_found, complete, error));
        break;
    case CS_OUTPUT_FORCE:
        output->replace = true;
        if (partial_found && unlinkat(output->folder, output->partial, 0) != 0) {
            return cs_fail(error, CS_ERROR_CREATE, "%s cannot be removed: %s.", output->partial_path, strerror(errno));
        }
        break;
    case CS_OUTPUT_NEW:
    default:
        if (final_found) {
            return cs_fail(error, CS_ERROR_CREATE, "%s exists; --force replaces it, --output gives another name.",
                           output->path);
        }
        if (partial_found) {
            return cs_fail(error, CS_ERROR_CREATE,
                           "%s exists, of a run that did not end; --resume continues it, --force starts again.",
                           output->partial_path);
        }
        break;
    }
    return *complete ? CS_OK : try_to_write(output, error);
}

enum cs_code cs_output_open(const char *path, enum cs_output_mode mode, struct cs_results *results,
                            struct cs_output **output, bool *complete, struct cs_error *error)
{
    *complete = false;
    *output = calloc(1, sizeof **output);
    if (*output == NULL) {
        return cs_fail(error, CS_ERROR_MEMORY, "There is no memory to open %s.", path);
    }
    (*output)->folder = -1;
    (*output)->lock = -1;
    enum cs_code code = split_path(path, *output, error);
    if (code == CS_OK) {
        code = cs_lock_take((*output)->folder, (*output)->lock_name, path, &(*output)->lock, error);
    }
    if (code == CS_OK) {
        code = apply_mode(*output, mode, results, complete, error);
    }
    if (code != CS_OK) {
        cs_output_close(*output);
        *output = NULL;
    }
    return code;
}

/* ---- writing ---- */
/* Bytes that may still be written into a folder, which may be none (-1). */
static double free_space(int folder)
{
    struct statvfs facts;
    return fstatvfs(folder, &facts) == 0 ? (double)facts.f_bavail * (double)facts.f_frsize : HUGE_VAL;
}

enum cs_code cs_output_room(const char *path, double least, double whole, struct cs_error *error)
{
    char name[PATH_MAX];
    const int folder = open_folder(path, name);
    const double there = free_space(folder);
    if (folder >= 0) {
        (void)close(folder);
    }
    if (least <= there) {
        return CS_OK;
    }
    return cs_fail(error, CS_ERROR_CREATE,
                   "%s takes %s before compression, at least %s of them in the file (limits.compressed_share), and %s "
                   "are free there. Sweep fewer values, or give an --output elsewhere.",
                   path, cs_text_si(whole, "B").at, cs_text_si(least, "B").at, cs_text_si(there, "B").at);
}

static enum cs_code fail_write(const struct cs_output *output, const char *path, int reason, struct cs_error *error)
{
    struct stat folder;
    if (fstat(output->folder, &folder) == 0 && folder.st_nlink == 0) {
        return cs_fail(error, CS_ERROR_WRITE, "%s cannot be written: its folder has been removed (%s).", path,
                       strerror(reason));
    }
    return cs_fail(error, CS_ERROR_WRITE, "%s cannot be written: %s.", path, strerror(reason));
}

/* A checkpoint stands beside the one before it, which is about as large. Writing until the disk is full would take long
 * and leave others no room. */
static enum cs_code room_for_checkpoint(const struct cs_output *output, struct cs_error *error)
{
    const double there = free_space(output->folder);
    return output->written <= there
               ? CS_OK
               : cs_fail(error, CS_ERROR_WRITE, "%s cannot be written: %s (it took %s the last time, %s are free).",
                         output->partial_path, strerror(ENOSPC), cs_text_si(output->written, "B").at,
                         cs_text_si(there, "B").at);
}

/* Writes and syncs the temporary file; removes it again on failure. */
static enum cs_code write_temporary(const struct cs_output *output, const struct cs_results *results,
                                    const struct cs_run_info *info, const char *path, struct cs_error *error)
{
    const int fd = open_temporary(output);
    if (fd < 0) {
        return fail_write(output, path, errno, error);
    }
    struct cs_run_info sum = *info;
    sum.resumes += output->resumes;
    sum.elapsed_seconds += output->elapsed_seconds;
    enum cs_code code = cs_results_write_fd(results, fd, path, &sum, error);
    if (code == CS_OK && fsync(fd) != 0) {
        code = fail_write(output, path, errno, error);
    }
    if (close(fd) != 0 && code == CS_OK) {
        code = fail_write(output, path, errno, error);
    }
    if (code != CS_OK) {
        (void)unlinkat(output->folder, output->temporary, 0);
    }
    return code;
}

static enum cs_code rename_temporary(const struct cs_output *output, const char *name, const char *path,
                                     struct cs_error *error)
{
    if (renameat(output->folder, output->temporary, output->folder, name) != 0) {
        const int reason = errno;
        (void)unlinkat(output->folder, output->temporary, 0);
        return fail_write(output, path, reason, error);
    }
    /* Some file systems cannot sync a folder; the rename has then been done as well as they can. */
    (void)fsync(output->folder);
    return CS_OK;
}

enum cs_code cs_output_checkpoint(struct cs_output *output, const struct cs_results *results,
                                  const struct cs_run_info *info, struct cs_error *error)
{
    struct stat facts;
    CS_TRY(room_for_checkpoint(output, error));
    CS_TRY(write_temporary(output, results, info, output->partial_path, error));
    if (fstatat(output->folder, output->temporary, &facts, AT_SYMLINK_NOFOLLOW) == 0) {
        output->written = (double)facts.st_size;
    }
    return rename_temporary(output, output->partial, output->partial_path, error);
}

/* Gives the temporary file its final name, which nothing has yet: a link fails where a rename would replace. */
static enum cs_code name_new(const struct cs_output *output, struct cs_error *error)
{
    if (linkat(output->folder, output->temporary, output->folder, output->name, 0) == 0) {
        (void)unlinkat(output->folder, output->temporary, 0);
        (void)fsync(output->folder);
        return CS_OK;
    }
    struct stat facts;
    if (errno != EEXIST && fstatat(output->folder, output->name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
        /* A file system without links. */
        return rename_temporary(output, output->name, output->path, error);
    }
    CS_TRY(rename_temporary(output, output->partial, output->partial_path, error));
    return cs_fail(error, CS_ERROR_CREATE,
                   "%s has appeared while this run was at work and was left alone; the results are in %s.",
                   output->path, output->partial_path);
}

enum cs_code cs_output_finish(struct cs_output *output, const struct cs_results *results,
                              const struct cs_run_info *info, struct cs_error *error)
{
    CS_TRY(write_temporary(output, results, info, output->path, error));
    if (output->replace) {
        CS_TRY(rename_temporary(output, output->name, output->path, error));
    } else {
        CS_TRY(name_new(output, error));
    }
    (void)unlinkat(output->folder, output->partial, 0);
    (void)fsync(output->folder);
    return CS_OK;
}

bool cs_output_stop_requested(struct cs_output *output)
{
    /* One that cannot be removed (a folder, or of somebody else) would stop every run that follows: no request. */
    return unlinkat(output->folder, output->stop, 0) == 0;
}

void cs_output_close(struct cs_output *output)
{
    if (output != NULL) {
        cs_lock_release(output->folder, output->lock_name, output->lock);
        if (output->folder >= 0) {
            (void)close(output->folder);
        }
        free(output);
    }
}
