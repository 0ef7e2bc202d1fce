/*
 * file.c: files on disk, in POSIX and in Windows.
 */
#ifndef BP_NO_FILES

#if defined(__APPLE__)
#define _DARWIN_C_SOURCE /* for F_FULLFSYNC */
#elif !defined(_WIN32)
#define _POSIX_C_SOURCE 200809L
#endif

#include <stdio.h>
#include <string.h>

#include "internal.h"

/* Room for a path with what a temporary file's name has more. */
enum { PATH_BYTES = 4096 + 64 };

/* The name beside a file that it is written to at first. Returns 0 if it is too long. */
static int temporary_path(char to[PATH_BYTES], const char *path, unsigned long process, unsigned attempt) {
    const int count = snprintf(to, PATH_BYTES, "%s.%lu-%u.tmp", path, process, attempt);
    return count > 0 && count < PATH_BYTES;
}

/* Another process of the same number, on another machine or dead, may have left files. */
enum { ATTEMPTS = 100 };

/* What a file is called once so many newer ones were written. Returns 0 if it is too long. */
static int older_path(char to[PATH_BYTES], const char *path, unsigned age) {
    const int count = snprintf(to, PATH_BYTES, "%s.%u", path, age);
    return count > 0 && count < PATH_BYTES;
}

bp_status bp_file_write(const char *path, const uint8_t *bytes, size_t count, int *system_error) {
    return bp_file_write_keeping(path, bytes, count, 0, system_error);
}

#if defined(_WIN32)

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static bp_status fail(bp_status status, int *system_error) {
    if (system_error) *system_error = (int)GetLastError();
    return status;
}

/* Closes a file and tells what went wrong before. */
static bp_status fail_and_close(HANDLE file, bp_status status, int *system_error) {
    (void)fail(status, system_error);
    CloseHandle(file);
    return status;
}

static int wide_path(WCHAR to[PATH_BYTES], const char *path) {
    return MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, to, PATH_BYTES) > 0;
}

/* One call reads or writes at most this many bytes. */
static DWORD portion(size_t count) { return count < (1u << 30) ? (DWORD)count : 1u << 30; }

static bp_status read_all(HANDLE file, uint8_t *bytes, size_t capacity, size_t *count, int *system_error) {
    LARGE_INTEGER size;
    if (GetFileType(file) != FILE_TYPE_DISK) return BP_ERROR_FILE_KIND;
    if (!GetFileSizeEx(file, &size)) return fail(BP_ERROR_FILE_READ, system_error);
    if ((ULONGLONG)size.QuadPart > SIZE_MAX) return BP_ERROR_TOO_LARGE;
    *count = (size_t)size.QuadPart;
    if (!bytes) return BP_OK;
    if (*count > capacity) return BP_ERROR_MEMORY;
    size_t done = 0;
    for (DWORD part = 1; done < *count && part > 0; done += part)
        if (!ReadFile(file, bytes + done, portion(*count - done), &part, NULL))
            return fail(BP_ERROR_FILE_READ, system_error);
    *count = done;
    return BP_OK;
}

bp_status bp_file_read(const char *path, uint8_t *bytes, size_t capacity, size_t *count, int *system_error) {
    WCHAR wide[PATH_BYTES];
    if (system_error) *system_error = 0;
    if (!path || !count) return BP_ERROR_NULL;
    if (!wide_path(wide, path)) return fail(BP_ERROR_FILE_OPEN, system_error);
    const DWORD attributes = GetFileAttributesW(wide);
    if (attributes != INVALID_FILE_ATTRIBUTES && attributes & FILE_ATTRIBUTE_DIRECTORY) return BP_ERROR_FILE_KIND;
    HANDLE file = CreateFileW(wide, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) return fail(BP_ERROR_FILE_OPEN, system_error);
    const bp_status status = read_all(file, bytes, capacity, count, system_error);
    CloseHandle(file);
    return status;
}

static bp_status write_all(HANDLE file, const uint8_t *bytes, size_t count, int *system_error) {
    DWORD part;
    for (size_t done = 0; done < count; done += part)
        if (!WriteFile(file, bytes + done, portion(count - done), &part, NULL) || part == 0)
            return fail_and_close(file, BP_ERROR_FILE_WRITE, system_error);
    if (!FlushFileBuffers(file)) return fail_and_close(file, BP_ERROR_FILE_SYNC, system_error);
    return CloseHandle(file) ? BP_OK : fail(BP_ERROR_FILE_WRITE, system_error);
}

/* MoveFileEx() replaces a file as a whole, and with MOVEFILE_WRITE_THROUGH returns when that is on the disk. */
static int move(const WCHAR *from, const WCHAR *to) {
    return MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) != 0;
}

/* Opens a new file beside a path. */
static HANDLE open_temporary(const char *path, WCHAR wide[PATH_BYTES]) {
    char temporary[PATH_BYTES];
    HANDLE file = INVALID_HANDLE_VALUE;
    SetLastError(ERROR_FILE_EXISTS);
    for (unsigned attempt = 0; attempt < ATTEMPTS && GetLastError() == ERROR_FILE_EXISTS; attempt++) {
        SetLastError(ERROR_FILENAME_EXCED_RANGE);
        if (!temporary_path(temporary, path, GetCurrentProcessId(), attempt) || !wide_path(wide, temporary)) break;
        file = CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
        if (file != INVALID_HANDLE_VALUE) break;
    }
    return file;
}

/* Gives the file at a path a second name beside it. Returns whether it is there, or -1. */
static int link_previous(const char *path, const WCHAR *wide, WCHAR previous[PATH_BYTES]) {
    char temporary[PATH_BYTES];
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (!temporary_path(temporary, path, GetCurrentProcessId(), attempt) || !wide_path(previous, temporary))
            return -1;
        if (CreateHardLinkW(previous, wide, NULL)) return 1;
        if (GetLastError() == ERROR_FILE_NOT_FOUND) return 0;
        if (GetLastError() != ERROR_ALREADY_EXISTS) return -1;
    }
    return -1;
}

/* Makes room among the older files and puts the previous one first. */
static int keep_previous(const char *path, const WCHAR *previous, unsigned keep) {
    char older[PATH_BYTES];
    WCHAR from[PATH_BYTES], to[PATH_BYTES];
    for (unsigned age = keep; age > 0; age--) {
        if (!older_path(older, path, age) || !wide_path(to, older)) return 0;
        if (age == 1) return move(previous, to);
        if (!older_path(older, path, age - 1) || !wide_path(from, older)) return 0;
        if (!move(from, to) && GetLastError() != ERROR_FILE_NOT_FOUND) return 0;
    }
    return 1;
}

bp_status bp_file_write_keeping(const char *path, const uint8_t *bytes, size_t count, unsigned keep,
                                int *system_error) {
    WCHAR wide[PATH_BYTES], temporary[PATH_BYTES], previous[PATH_BYTES];
    int has_previous = 0;
    if (system_error) *system_error = 0;
    if (!path || (count > 0 && !bytes)) return BP_ERROR_NULL;
    if (keep > BP_KEEP_MAX) return BP_ERROR_OPTION;
    if (!wide_path(wide, path)) return fail(BP_ERROR_FILE_OPEN, system_error);
    const HANDLE file = open_temporary(path, temporary);
    if (file == INVALID_HANDLE_VALUE) return fail(BP_ERROR_FILE_OPEN, system_error);
    bp_status status = write_all(file, bytes, count, system_error);
    if (status == BP_OK && keep > 0 && (has_previous = link_previous(path, wide, previous)) < 0)
        status = fail(BP_ERROR_FILE_RENAME, system_error);
    if (status == BP_OK && !move(temporary, wide)) status = fail(BP_ERROR_FILE_RENAME, system_error);
    if (status != BP_OK) DeleteFileW(temporary);
    else if (has_previous > 0 && !keep_previous(path, previous, keep)) status = fail(BP_ERROR_FILE_RENAME, system_error);
    if (status != BP_OK && has_previous > 0) DeleteFileW(previous);
    return status;
}

#else

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bp_status fail(bp_status status, int *system_error) {
    if (system_error) *system_error = errno;
    return status;
}

/* Closes a file and tells what went wrong before. */
static bp_status fail_and_close(int file, bp_status status, int *system_error) {
    (void)fail(status, system_error);
    close(file);
    return status;
}

/* Like open(), but a signal doesn't end it. */
static int open_file(const char *path, int flags, mode_t mode) {
    int file;
    do file = open(path, flags | O_CLOEXEC, mode);
    while (file < 0 && errno == EINTR);
    return file;
}

/* Systems refuse portions of more than INT_MAX or SSIZE_MAX bytes. */
static size_t portion(size_t count) { return count < (1u << 30) ? count : 1u << 30; }

/* Reads until the end or 'capacity'; then one byte more tells whether there is more. */
static bp_status read_bytes(int file, uint8_t *bytes, size_t capacity, size_t *count, int *system_error) {
    uint8_t beyond;
    for (*count = 0;;) {
        const int is_full = *count == capacity;
        const ssize_t part = read(file, is_full ? &beyond : bytes + *count, is_full ? 1 : portion(capacity - *count));
        if (part < 0 && errno == EINTR) continue;
        if (part < 0) return fail(BP_ERROR_FILE_READ, system_error);
        if (part == 0) return BP_OK;
        if (is_full) return BP_ERROR_MEMORY;
        *count += (size_t)part;
    }
}

bp_status bp_file_read(const char *path, uint8_t *bytes, size_t capacity, size_t *count, int *system_error) {
    struct stat status_of;
    if (system_error) *system_error = 0;
    if (!path || !count) return BP_ERROR_NULL;
    /* Without O_NONBLOCK a pipe would be waited for before it can be told from a file. */
    const int file = open_file(path, O_RDONLY | O_NONBLOCK, 0);
    if (file < 0) return fail(BP_ERROR_FILE_OPEN, system_error);
    bp_status status = BP_OK;
    if (fstat(file, &status_of) != 0) status = fail(BP_ERROR_FILE_READ, system_error);
    else if (!S_ISREG(status_of.st_mode)) status = BP_ERROR_FILE_KIND;
    else if ((uintmax_t)status_of.st_size > SIZE_MAX) status = BP_ERROR_TOO_LARGE;
    else if (bytes) status = read_bytes(file, bytes, capacity, count, system_error);
    else *count = (size_t)status_of.st_size;
    close(file);
    return status;
}

/* fsync() of macOS leaves bytes in the disk's cache; F_FULLFSYNC doesn't, where the disk has it. */
static int flush(int file) {
    int result;
#if defined(F_FULLFSYNC)
    if (fcntl(file, F_FULLFSYNC) == 0) return 0;
#endif
    do result = fsync(file);
    while (result != 0 && errno == EINTR);
    return result;
}

/* Writes all bytes, flushes and closes. */
static bp_status write_all(int file, const uint8_t *bytes, size_t count, int *system_error) {
    for (size_t done = 0; done < count;) {
        const ssize_t part = write(file, bytes + done, portion(count - done));
        if (part < 0 && errno == EINTR) continue;
        if (part == 0) errno = ENOSPC;
        if (part <= 0) return fail_and_close(file, BP_ERROR_FILE_WRITE, system_error);
        done += (size_t)part;
    }
    if (flush(file) != 0) return fail_and_close(file, BP_ERROR_FILE_SYNC, system_error);
    /* Where close() is interrupted the file is closed all the same, and its bytes were flushed. */
    if (close(file) != 0 && errno != EINTR) return fail(BP_ERROR_FILE_WRITE, system_error);
    return BP_OK;
}

/* Flushes the folder of a path, as renaming changed it. Some file systems can't, and say EINVAL. */
static bp_status flush_folder(const char *path, int *system_error) {
    char folder[PATH_BYTES];
    const char *const slash = strrchr(path, '/');
    const size_t count = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    memcpy(folder, path, count);
    memcpy(folder + count, count ? "" : ".", count ? 1 : 2);
    const int file = open_file(folder, O_RDONLY, 0);
    if (file < 0) return fail(BP_ERROR_FILE_SYNC, system_error);
    if (flush(file) != 0 && errno != EINVAL) return fail_and_close(file, BP_ERROR_FILE_SYNC, system_error);
    close(file);
    return BP_OK;
}

/* Like fchmod(), rename() and link(), but a signal doesn't end them: network file systems let it. */
static int change_mode(int file, mode_t mode) {
    int result;
    do result = fchmod(file, mode);
    while (result != 0 && errno == EINTR);
    return result;
}

static int move(const char *from, const char *to) {
    int result;
    do result = rename(from, to);
    while (result != 0 && errno == EINTR);
    return result;
}

static int link_file(const char *from, const char *to) {
    int result;
    do result = link(from, to);
    while (result != 0 && errno == EINTR);
    return result;
}

/* Opens a new file beside a path, with the permissions of the file that is there. */
static int open_temporary(const char *path, char temporary[PATH_BYTES]) {
    struct stat old;
    int file = -1;
    const int is_there = stat(path, &old) == 0;
    /* Whose permissions can't be found out is not replaced by what others may read. */
    if (!is_there && errno != ENOENT) return -1;
    errno = EEXIST;
    for (unsigned attempt = 0; attempt < ATTEMPTS && file < 0 && errno == EEXIST; attempt++) {
        errno = ENAMETOOLONG;
        if (!temporary_path(temporary, path, (unsigned long)getpid(), attempt)) return -1;
        file = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, is_there ? 0600 : 0666);
    }
    if (file >= 0 && is_there && change_mode(file, old.st_mode & 07777) != 0) {
        const int error = errno;
        close(file);
        unlink(temporary);
        errno = error;
        return -1;
    }
    return file;
}

/* Gives the file at a path a second name beside it. Returns whether it is there, or -1. */
static int link_previous(const char *path, char previous[PATH_BYTES]) {
    errno = EEXIST;
    for (unsigned attempt = 0; attempt < ATTEMPTS && errno == EEXIST; attempt++) {
        errno = ENAMETOOLONG;
        if (!temporary_path(previous, path, (unsigned long)getpid(), attempt)) return -1;
        if (link_file(path, previous) == 0) return 1;
    }
    return errno == ENOENT ? 0 : -1;
}

/* Makes room among the older files and puts the previous one first. */
static int keep_previous(const char *path, const char *previous, unsigned keep) {
    char from[PATH_BYTES], to[PATH_BYTES];
    errno = ENAMETOOLONG;
    for (unsigned age = keep; age > 1; age--) {
        if (!older_path(from, path, age - 1) || !older_path(to, path, age)) return -1;
        if (move(from, to) != 0 && errno != ENOENT) return -1;
    }
    return older_path(to, path, 1) ? move(previous, to) : -1;
}

bp_status bp_file_write_keeping(const char *path, const uint8_t *bytes, size_t count, unsigned keep,
                                int *system_error) {
    char temporary[PATH_BYTES], previous[PATH_BYTES];
    int has_previous = 0;
    if (system_error) *system_error = 0;
    if (!path || (count > 0 && !bytes)) return BP_ERROR_NULL;
    if (keep > BP_KEEP_MAX) return BP_ERROR_OPTION;
    const int file = open_temporary(path, temporary);
    if (file < 0) return fail(BP_ERROR_FILE_OPEN, system_error);
    bp_status status = write_all(file, bytes, count, system_error);
    if (status == BP_OK && keep > 0 && (has_previous = link_previous(path, previous)) < 0)
        status = fail(BP_ERROR_FILE_RENAME, system_error);
    if (status == BP_OK && move(temporary, path) != 0) status = fail(BP_ERROR_FILE_RENAME, system_error);
    if (status != BP_OK) {
        unlink(temporary);
        if (has_previous > 0) unlink(previous);
        return status;
    }
    if (has_previous > 0 && keep_previous(path, previous, keep) != 0) {
        status = fail(BP_ERROR_FILE_RENAME, system_error);
        unlink(previous);
    }
    return status == BP_OK ? flush_folder(path, system_error) : status;
}

#endif

#else

#include "internal.h" /* a source file has at least a declaration */

#endif
