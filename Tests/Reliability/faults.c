/*
 * faults.c: every call of the system that writes a file fails in turn, until none is left. Fails
 * unless the file is the old one or the new one, whole, those that are kept are whole, nothing is left
 * beside them, what a signal interrupted or did in part is done all the same, and everything else told.
 *
 * Tests/Reliability/faults.sh compiles it: the linker puts the functions __wrap_… between the core and the system.
 */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backprop.h"

enum { OPEN, WRITE, FSYNC, CLOSE, RENAME, LINK, FCHMOD, CALLS };
static const char *const names[] = {"open", "write", "fsync", "close", "rename", "link", "fchmod"};

/* Which call fails, by which error; SHORT writes in part. */
enum { SHORT = -1 };
static int failing, error_of_call, left, fired, together;

/* Whether this call is the one that fails. */
static int fails(int call) {
    if (call != failing || fired >= together || left-- > 0) return 0;
    left = 0;
    fired++;
    errno = error_of_call;
    return 1;
}

int __real_open(const char *path, int flags, mode_t mode);
ssize_t __real_write(int file, const void *bytes, size_t count);
int __real_fsync(int file);
int __real_close(int file);
int __real_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __real_fchmod(int file, mode_t mode);

int __wrap_open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return fails(OPEN) ? -1 : __real_open(path, flags, mode);
}

ssize_t __wrap_write(int file, const void *bytes, size_t count) {
    if (!fails(WRITE)) return __real_write(file, bytes, count);
    return error_of_call == SHORT ? __real_write(file, bytes, (count + 1) / 2) : -1;
}

int __wrap_fsync(int file) { return fails(FSYNC) ? -1 : __real_fsync(file); }

/* Where close() fails the file is closed all the same. */
int __wrap_close(int file) {
    const int result = __real_close(file);
    return fails(CLOSE) ? -1 : result;
}

int __wrap_rename(const char *from, const char *to) { return fails(RENAME) ? -1 : __real_rename(from, to); }
int __wrap_link(const char *from, const char *to) { return fails(LINK) ? -1 : __real_link(from, to); }
int __wrap_fchmod(int file, mode_t mode) { return fails(FCHMOD) ? -1 : __real_fchmod(file, mode); }

/* ---- Files ---- */

enum { BYTES = 5000, KEEP = 2 };
static char folder[4000], path[4100];

/* What the file held at its n-th writing. */
static void fill(uint8_t *bytes, int version) {
    for (int i = 0; i < BYTES; i++) bytes[i] = (uint8_t)(version * 31 + i);
}

static void check(int holds, const char *what) {
    if (holds) return;
    printf("failed: %s, by %s of %s\n", what, error_of_call == SHORT ? "a part" : strerror(error_of_call),
           names[failing]);
    exit(1);
}

/* The version that a file holds, or 0 where there is none. */
static int version_of(const char *file) {
    uint8_t found[BYTES], expected[BYTES];
    size_t count = 0;
    if (bp_file_read(file, NULL, 0, &count, NULL) != BP_OK) return 0;
    check(count == BYTES && bp_file_read(file, found, BYTES, &count, NULL) == BP_OK, "a file is whole");
    fill(expected, found[0] / 31);
    check(memcmp(found, expected, BYTES) == 0, "a file is what was written once");
    return found[0] / 31;
}

static bp_status write_version(int version, int *error) {
    uint8_t bytes[BYTES];
    fill(bytes, version);
    return bp_file_write_keeping(path, bytes, BYTES, KEEP, error);
}

/* Removes every file, and returns how many there were. */
static int clear(void) {
    int count = 0;
    DIR *const files = opendir(folder);
    for (struct dirent *entry; (entry = readdir(files));) {
        char file[5000];
        snprintf(file, sizeof file, "%s/%s", folder, entry->d_name);
        count += entry->d_name[0] != '.' && unlink(file) == 0;
    }
    closedir(files);
    return count;
}

/* ---- Faults ---- */

static void check_files(int is_told) {
    char older[5000];
    const int newest = version_of(path);
    check(is_told ? newest == 3 || newest == 4 : newest == 4, "the path has the old file or the new one");
    int last = newest, count = 1;
    for (int age = 1; age <= KEEP + 1; age++) {
        snprintf(older, sizeof older, "%s.%d", path, age);
        const int version = version_of(older);
        if (version == 0) continue;
        check(version < last, "older files are older");
        last = version;
        count++;
    }
    check(is_told ? count >= 2 : count == KEEP + 1, "older files are kept");
    check(clear() == count, "nothing is left beside them");
}

/* The n-th of these calls fails. Returns whether there was one. */
static int try_fault(int n) {
    int error = 0;
    fired = 0;
    left = 1 << 30;
    for (int version = 1; version <= 3; version++) check(write_version(version, NULL) == BP_OK, "files to begin with");
    left = n;
    const bp_status status = write_version(4, &error);
    const int was_fired = fired;
    fired = together;
    /* What a disk says is told; signals and parts are not, nor what there is to say when a flushed folder is closed. */
    const int is_told = was_fired && error_of_call != EINTR && error_of_call != SHORT && !(failing == CLOSE && n == 1);
    check((status != BP_OK) == is_told, is_told ? "the fault is told" : "the file is written");
    check(!is_told || (status >= BP_ERROR_FILE_OPEN && status <= BP_ERROR_FILE_RENAME && error == error_of_call),
          "the error is that of the system");
    check_files(is_told);
    return was_fired;
}

int main(int count, char **words) {
    static const int errors[] = {5 /* EIO */, ENOSPC, EINTR, SHORT};
    int faults = 0;
    if (count < 2) return 1;
    snprintf(folder, sizeof folder, "%s/files", words[1]);
    snprintf(path, sizeof path, "%s/file", folder);
    if (mkdir(folder, 0700) != 0) return 1;
    for (failing = 0; failing < CALLS; failing++) {
        for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++) {
            error_of_call = errors[e];
            if (error_of_call == SHORT && failing != WRITE) continue;
            /* A signal may come a hundred times. */
            together = error_of_call == EINTR && failing != CLOSE ? 100 : 1;
            int n = 0;
            while (try_fault(n)) n++;
            check(n > 0, "there is such a call");
            faults += n;
        }
    }
    printf("%d faults of the C core's calls: 0 files lost or damaged, all told, interrupted ones done\n", faults);
    return 0;
}
