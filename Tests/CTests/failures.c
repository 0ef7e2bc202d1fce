/*
 * failures.c: what the core needs is refused, once for each time that it asks: memory, threads, and
 * every operation on files. Fails unless each refusal gives the status that it should, no file is lost
 * or half written, and nothing is left behind: no file, no descriptor, no thread.
 *
 *     cc -O2 -Iinclude Tests/CTests/failures.c Sources/CBackprop/(all .c files) -lm -pthread \
 *         $(sed 's/^/-Wl,--wrap=/' Tests/CTests/failures.txt) && ./a.out [FOLDER]
 *
 * The linker sends every call of a function that failures.txt lists to the one here.
 */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backprop.h"

static int failures, checks, faults;

static void expect(int holds, const char *what) {
    checks++;
    if (holds) return;
    failures++;
    printf("failed: %s\n", what);
}

/* ---- What stands in the place of the system's functions ---- */

enum { NOTHING, MEMORY, THREADS, FILES };
enum { NONE = -1 };

/* Which call of a kind is refused, counted from 1, and how. */
static struct {
    int kind, at, calls;
    int error;       /* errno, 0 to do but a part, or NONE to do nothing */
    int and_later;   /* 1 if all calls after it are refused too */
    const char *hit; /* the function that was refused first */
} fault;

static atomic_int allocations; /* of any thread, while memory is watched */
static int threads, descriptors;

static void arm(int kind, int at, int error, int and_later) {
    fault.at = at;
    fault.calls = 0;
    fault.error = error;
    fault.and_later = and_later;
    fault.hit = NULL;
    fault.kind = kind;
}

static void disarm(void) { fault.kind = NOTHING; }

static int is_refused(int kind, const char *name) {
    if (fault.kind != kind) return 0;
    fault.calls++;
    if (fault.calls != fault.at && !(fault.and_later && fault.calls > fault.at)) return 0;
    if (!fault.hit) fault.hit = name;
    errno = fault.error;
    return 1;
}

#define ALLOCATION(name, parameters, arguments)    \
    void *__real_##name parameters;                \
    void *__wrap_##name parameters;                \
    void *__wrap_##name parameters {               \
        if (fault.kind == MEMORY) allocations++;   \
        return __real_##name arguments;            \
    }

ALLOCATION(malloc, (size_t bytes), (bytes))
ALLOCATION(calloc, (size_t count, size_t bytes), (count, bytes))
ALLOCATION(realloc, (void *old, size_t bytes), (old, bytes))
ALLOCATION(aligned_alloc, (size_t alignment, size_t bytes), (alignment, bytes))

/* A function that returns 0, or what 'refused' is where it doesn't. */
#define FUNCTION(kind, type, refused, name, parameters, arguments) \
    type __real_##name parameters;                                 \
    type __wrap_##name parameters;                                 \
    type __wrap_##name parameters {                                \
        if (is_refused(kind, #name)) return refused;               \
        return __real_##name arguments;                            \
    }

FUNCTION(FILES, int, -1, stat, (const char *path, struct stat *to), (path, to))
FUNCTION(FILES, int, -1, fstat, (int file, struct stat *to), (file, to))
FUNCTION(FILES, int, -1, fchmod, (int file, mode_t mode), (file, mode))
FUNCTION(FILES, int, -1, fsync, (int file), (file))
FUNCTION(FILES, int, -1, rename, (const char *from, const char *to), (from, to))
FUNCTION(FILES, int, -1, link, (const char *from, const char *to), (from, to))
FUNCTION(FILES, int, -1, unlink, (const char *path), (path))

/* What is made must be destroyed, once. */
#define MADE(kind, parameter, attributes)                                                           \
    static int kind##s;                                                                             \
    int __real_pthread_##kind##_init(parameter * made, const attributes *how);                      \
    int __wrap_pthread_##kind##_init(parameter * made, const attributes *how);                      \
    int __wrap_pthread_##kind##_init(parameter * made, const attributes *how) {                     \
        if (is_refused(THREADS, "pthread_" #kind "_init")) return fault.error;                      \
        kind##s++;                                                                                  \
        return __real_pthread_##kind##_init(made, how);                                             \
    }                                                                                               \
    int __real_pthread_##kind##_destroy(parameter * made);                                          \
    int __wrap_pthread_##kind##_destroy(parameter * made);                                          \
    int __wrap_pthread_##kind##_destroy(parameter * made) {                                         \
        kind##s--;                                                                                  \
        return __real_pthread_##kind##_destroy(made);                                               \
    }

MADE(mutex, pthread_mutex_t, pthread_mutexattr_t)
MADE(cond, pthread_cond_t, pthread_condattr_t)

/* Parts of what is asked, where parts are. */
#define TRANSFER(name, buffer)                                                      \
    ssize_t __real_##name(int file, buffer, size_t count);                          \
    ssize_t __wrap_##name(int file, buffer, size_t count);                          \
    ssize_t __wrap_##name(int file, buffer, size_t count) {                         \
        if (is_refused(FILES, #name)) {                                             \
            if (fault.error == NONE) return errno = EINTR, 0; /* of an older call */ \
            if (fault.error != 0) return -1;                                        \
            count = count < 3 ? count : 3;                                          \
        }                                                                           \
        return __real_##name(file, bytes, count);                                   \
    }

TRANSFER(read, void *bytes)
TRANSFER(write, const void *bytes)

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = va_arg(more, mode_t);
    va_end(more);
    if (is_refused(FILES, "open")) return -1;
    const int file = __real_open(path, flags, mode);
    descriptors += file >= 0;
    return file;
}

/* A descriptor is free also where close() fails. */
int __real_close(int file);
int __wrap_close(int file);
int __wrap_close(int file) {
    descriptors--;
    const int result = __real_close(file);
    return is_refused(FILES, "close") ? -1 : result;
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *context) {
    if (is_refused(THREADS, "pthread_create")) return fault.error;
    threads++;
    return __real_pthread_create(thread, attributes, run, context);
}

int __real_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_join(pthread_t thread, void **result) {
    threads--;
    return __real_pthread_join(thread, result);
}

long __real_sysconf(int name);
long __wrap_sysconf(int name);
long __wrap_sysconf(int name) { return is_refused(THREADS, "sysconf") ? -1 : __real_sysconf(name); }

/* ---- Memory: the core allocates nothing, and takes no byte more than it asked for ---- */

/* The memory of one thing after the other; 'cut' is the one that is a byte too small. */
enum { NETWORK, POOL, PREDICT, TRAIN, WRITE, OPEN, ROOMS };
static const char *const room_names[] = {"network", "pool", "prediction", "training", "written file", "opened file"};

static void *room(size_t *bytes, int which, int cut) {
    *bytes -= which == cut;
    return __real_malloc(*bytes);
}

enum { INPUTS = 5, OUTPUTS = 3, SAMPLES = 7 };

typedef struct trial {
    const bp_network *network;
    bp_pool *pool;
    float parameters[128], gradients[128], slots[256];
    int cut;
} trial;

static bp_status predict_and_train(trial *t) {
    float inputs[SAMPLES * INPUTS], outputs[SAMPLES * OUTPUTS], value;
    const int32_t classes[SAMPLES] = {0, 1, 2, 0, 1, 2, 0};
    bp_random random = bp_random_make(1, 1);
    bp_random_uniform_f32(&random, 1, inputs, SAMPLES * INPUTS);
    size_t bytes = bp_predict_size_f32(t->network, SAMPLES);
    const bp_workspace predicting = {room(&bytes, PREDICT, t->cut), bytes, t->pool};
    bp_status status = bp_predict_f32(t->network, t->parameters, inputs, SAMPLES, outputs, &predicting);
    free(predicting.memory);
    bytes = bp_train_size_f32(t->network, SAMPLES);
    const bp_workspace training = {room(&bytes, TRAIN, t->cut), bytes, t->pool};
    const bp_batch_f32 batch = {.samples = SAMPLES, .inputs = inputs, .classes = classes};
    const bp_objective_f32 objective = {.size = sizeof objective, .loss = BP_CROSS_ENTROPY};
    bp_optimizer_f32 adam;
    bp_state_f32 state = {0, t->slots, t->gradients};
    if (status == BP_OK) status = bp_optimizer_init_f32(&adam, sizeof adam, BP_ADAM, 0.01f);
    if (status == BP_OK) status = bp_loss_f32(t->network, t->parameters, &batch, &objective, &training, &value);
    if (status == BP_OK)
        status = bp_step_f32(t->network, t->parameters, &batch, &objective, &adam, &state, &training, &value);
    free(training.memory);
    return status;
}

static bp_status write_model(const trial *t, uint8_t *bytes, size_t capacity, size_t *count) {
    bp_writer writer;
    bp_writer_begin(&writer, bytes, capacity);
    bp_writer_seal(&writer, BP_MODEL_FORMAT, BP_MODEL_VERSION);
    bp_writer_network(&writer, t->network, BP_F32);
    bp_writer_parameters_f32(&writer, t->network, t->parameters);
    return bp_writer_end(&writer, count);
}

static bp_status write_and_read(trial *t) {
    size_t count = 0, size = 0;
    unsigned version;
    bp_layer_tensors layers[2];
    const bp_tensors *file;
    bp_status status = write_model(t, NULL, 0, &count);
    uint8_t *const bytes = room(&count, WRITE, t->cut);
    if (status == BP_OK) status = write_model(t, bytes, count, &count);
    if (status == BP_OK) status = bp_tensors_size(bytes, count, &size, NULL);
    void *const memory = room(&size, OPEN, t->cut);
    if (status == BP_OK) status = bp_tensors_open(memory, size, bytes, count, &file, NULL);
    if (status == BP_OK) status = bp_tensors_verify(file, BP_MODEL_FORMAT, BP_MODEL_VERSION, &version, NULL);
    if (status == BP_OK) status = bp_network_match(t->network, file, layers, NULL);
    if (status == BP_OK) status = bp_network_load_f32(t->network, file, layers, t->parameters, NULL);
    free(memory);
    free(bytes);
    return status;
}

/* Everything that takes memory, one after the other, with one of the rooms cut. */
static bp_status use_everything(int cut) {
    const bp_layer layers[] = {{.outputs = 6, .activation = BP_GELU}, {.outputs = OUTPUTS, .activation = BP_SOFTMAX}};
    trial t = {.cut = cut};
    size_t network_bytes = bp_network_size(2), pool_bytes = bp_pool_size(3);
    void *const network_memory = room(&network_bytes, NETWORK, cut), *const pool_memory = room(&pool_bytes, POOL, cut);
    bp_status status = bp_network_init(network_memory, network_bytes, bp_kernels_for(BP_ISA_SCALAR), INPUTS, layers, 2,
                                       &t.network);
    if (status == BP_OK) status = bp_pool_start(pool_memory, pool_bytes, 3, &t.pool);
    if (status == BP_OK) {
        bp_initialize_f32(t.network, 1, t.parameters);
        status = predict_and_train(&t);
    }
    if (status == BP_OK) status = write_and_read(&t);
    bp_pool_stop(t.pool);
    free(network_memory);
    free(pool_memory);
    return status;
}

static void test_memory(void) {
    for (int cut = 0; cut < ROOMS; cut++) {
        faults++;
        expect(use_everything(cut) == BP_ERROR_MEMORY, room_names[cut]);
    }
    arm(MEMORY, 0, 0, 0);
    expect(use_everything(ROOMS) == BP_OK, "everything works in the memory that it asked for");
    disarm();
    expect(allocations == 0, "the core allocates nothing");
    expect(threads == 0 && mutexs == 0 && conds == 0, "all threads have ended, and nothing is left");
}

/* ---- Threads ---- */

static void test_threads(void) {
    enum { COUNT = 5 };
    const size_t bytes = bp_pool_size(COUNT);
    void *const memory = __real_malloc(bytes);
    bp_status status = BP_OK;
    int n = 0;
    do {
        bp_pool *pool = NULL;
        arm(THREADS, ++n, EAGAIN, 0);
        status = bp_pool_start(memory, bytes, COUNT, &pool);
        const char *const hit = fault.hit;
        disarm();
        /* That the system doesn't say how many processors there are is no reason to fail. */
        if (hit && strcmp(hit, "sysconf") != 0) expect(status == BP_ERROR_THREADS && !pool, hit);
        else expect(status == BP_OK && bp_pool_threads(pool) == COUNT, "a pool starts");
        bp_pool_stop(pool);
        expect(threads == 0 && mutexs == 0 && conds == 0, "all threads have ended, and nothing is left");
        if (!hit) break;
        faults++;
    } while (1);
    expect(n == COUNT + 3, "a mutex, a condition, the processors and each thread but the first were refused");
    free(memory);
}

/* ---- Files ---- */

static const uint8_t old_bytes[] = "what was there before", new_bytes[] = "what is to be there, which is longer";

static int has(const char *path, const uint8_t *bytes, size_t count) {
    uint8_t found[64];
    size_t size = 0;
    return bp_file_read(path, found, sizeof found, &size, NULL) == BP_OK && size == count &&
           memcmp(found, bytes, count) == 0;
}

/* How many files there are, and removes those that are temporary. */
static int count_files(const char *folder) {
    char path[PATH_MAX + 64];
    int count = 0;
    DIR *const entries = opendir(folder);
    for (struct dirent *entry; (entry = readdir(entries));) {
        count += entry->d_name[0] != '.';
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strstr(entry->d_name, ".tmp")) expect(remove(path) == 0, "a temporary file is removed");
    }
    closedir(entries);
    return count;
}

/* What bp_file_write() should return where a function was refused; 'in_place' if the file was renamed by then. */
static bp_status write_status(const char *hit, int error, int in_place) {
    const int is_retried = error == EINTR && (strcmp(hit, "open") == 0 || strcmp(hit, "write") == 0 ||
                                              strcmp(hit, "fsync") == 0 || strcmp(hit, "close") == 0 ||
                                              strcmp(hit, "fchmod") == 0 || strcmp(hit, "rename") == 0 ||
                                              strcmp(hit, "link") == 0);
    if (is_retried || (error == 0 && strcmp(hit, "write") == 0)) return BP_OK;
    if (strcmp(hit, "close") == 0) return in_place ? BP_OK : BP_ERROR_FILE_WRITE;
    /* Some file systems can't flush a folder. */
    if (in_place) return error == EINVAL && strcmp(hit, "fsync") == 0 ? BP_OK : BP_ERROR_FILE_SYNC;
    if (strcmp(hit, "write") == 0) return BP_ERROR_FILE_WRITE;
    if (strcmp(hit, "fsync") == 0) return BP_ERROR_FILE_SYNC;
    return strcmp(hit, "rename") == 0 || strcmp(hit, "link") == 0 ? BP_ERROR_FILE_RENAME : BP_ERROR_FILE_OPEN;
}

static void check_written(const char *path, const char *folder, bp_status status, int system_error) {
    struct stat information;
    const int in_place = has(path, new_bytes, sizeof new_bytes);
    const bp_status expected = write_status(fault.hit, fault.error, in_place);
    const int files = count_files(folder);
    expect(in_place || has(path, old_bytes, sizeof old_bytes), "a file is the old one or the new one");
    expect(in_place || status != BP_OK, "what was written is there");
    expect(status == expected, fault.hit);
    if (status != expected) printf("  error %d: found %s\n", fault.error, bp_status_text(status));
    expect(status == BP_OK || system_error == fault.error, "the system's error is told");
    expect(stat(path, &information) == 0 && (information.st_mode & 07777) == 0640, "permissions are kept");
    expect(descriptors == 0, "what was opened is closed");
    expect(files == 1 || fault.and_later, "nothing is left beside");
}

/* Every call fails, for each error alone or with all that follow it. Returns how many calls there are. */
static int test_writing(const char *path, const char *folder, int error, int and_later) {
    for (int n = 1;; n++) {
        int system_error = 0;
        expect(bp_file_write(path, old_bytes, sizeof old_bytes, NULL) == BP_OK && chmod(path, 0640) == 0, "a file");
        arm(FILES, n, error, and_later);
        const bp_status status = bp_file_write(path, new_bytes, sizeof new_bytes, &system_error);
        disarm();
        if (!fault.hit) return expect(status == BP_OK, "nothing is refused"), n - 1;
        faults++;
        check_written(path, folder, status, system_error);
    }
}

/* ---- Files of which older ones are kept ---- */

static const uint8_t oldest_bytes[] = "what was there first";

/* A file with an older one beside it, before a third text is written. */
static void make_older(const char *path) {
    expect(bp_file_write(path, oldest_bytes, sizeof oldest_bytes, NULL) == BP_OK &&
               bp_file_write_keeping(path, old_bytes, sizeof old_bytes, 2, NULL) == BP_OK && chmod(path, 0640) == 0,
           "a file and an older one");
}

/* Whether all is as it was before writing, or as it is after it. */
static int is_before(const char *path, const char *first) {
    return has(path, old_bytes, sizeof old_bytes) && has(first, oldest_bytes, sizeof oldest_bytes);
}

static int is_after(const char *path, const char *first, const char *second) {
    return has(path, new_bytes, sizeof new_bytes) && has(first, old_bytes, sizeof old_bytes) &&
           has(second, oldest_bytes, sizeof oldest_bytes);
}

/*
 * Every call fails. Before the new bytes are in place nothing has changed; after it the file has them, and of what
 * it held before only what couldn't be renamed is lost.
 */
static int test_keeping(const char *path, const char *folder, int error) {
    char first[PATH_MAX + 16], second[PATH_MAX + 16];
    (void)snprintf(first, sizeof first, "%s.1", path);
    (void)snprintf(second, sizeof second, "%s.2", path);
    for (int n = 1;; n++) {
        int system_error = 0;
        make_older(path);
        arm(FILES, n, error, 0);
        const bp_status status = bp_file_write_keeping(path, new_bytes, sizeof new_bytes, 2, &system_error);
        disarm();
        const int is_in_place = has(path, new_bytes, sizeof new_bytes);
        const int is_last = !fault.hit, files = count_files(folder);
        if (is_last) expect(status == BP_OK, "nothing is refused");
        else {
            faults++;
            const bp_status expected = strcmp(fault.hit, "rename") == 0 && error != EINTR
                                           ? BP_ERROR_FILE_RENAME
                                           : write_status(fault.hit, error, is_in_place);
            expect(status == expected, fault.hit);
            expect(status == BP_OK || system_error == error, "the system's error is told");
        }
        expect(status != BP_OK || is_after(path, first, second), "what is kept is kept");
        expect(is_in_place || is_before(path, first), "a file and the older one are as they were");
        expect(is_in_place || status != BP_OK, "what was written is there");
        expect(files == 2 + is_after(path, first, second) || status == BP_ERROR_FILE_RENAME, "nothing is left beside");
        expect(descriptors == 0, "what was opened is closed");
        expect(remove(path) == 0 && (remove(first) == 0 || status != BP_OK), "files are removed");
        (void)remove(second);
        if (is_last) return n - 1;
    }
}

/* Nothing is kept of a file that isn't there yet; and of each that is, no more than was asked. */
static void test_keeping_first(const char *path, const char *folder) {
    char first[PATH_MAX + 16];
    (void)snprintf(first, sizeof first, "%s.1", path);
    expect(bp_file_write_keeping(path, old_bytes, sizeof old_bytes, 1, NULL) == BP_OK && count_files(folder) == 1,
           "the first file has none before it");
    for (int i = 0; i < 3; i++) {
        const uint8_t *const bytes = i % 2 ? old_bytes : new_bytes, *const before = i % 2 ? new_bytes : old_bytes;
        const size_t count = i % 2 ? sizeof old_bytes : sizeof new_bytes;
        expect(bp_file_write_keeping(path, bytes, count, 1, NULL) == BP_OK && has(path, bytes, count) &&
                   has(first, before, sizeof old_bytes + sizeof new_bytes - count) && count_files(folder) == 2,
               "one is kept");
    }
    expect(bp_file_write(path, old_bytes, sizeof old_bytes, NULL) == BP_OK &&
               has(first, old_bytes, sizeof old_bytes) && count_files(folder) == 2,
           "without keeping none changes");
    expect(remove(first) == 0, "the older one is removed");
}

/* A disk that takes no more bytes, and says so by taking none. */
static void test_full(const char *path, const char *folder) {
    int n = 0, error = 0;
    do {
        arm(FILES, ++n, NONE, 0);
        const bp_status status = bp_file_write(path, new_bytes, sizeof new_bytes, &error);
        disarm();
        if (!fault.hit || strcmp(fault.hit, "write") != 0) continue;
        faults++;
        expect(status == BP_ERROR_FILE_WRITE && error == ENOSPC, "a full disk is told");
        expect(has(path, old_bytes, sizeof old_bytes) && count_files(folder) == 1, "a full disk costs nothing");
        return;
    } while (fault.hit);
    expect(0, "the file is written");
}

static int test_reading(const char *path, int error) {
    for (int n = 1;; n++) {
        uint8_t found[sizeof old_bytes];
        size_t count = 0;
        int system_error = 0;
        arm(FILES, n, error, 0);
        const bp_status status = bp_file_read(path, found, sizeof found, &count, &system_error);
        disarm();
        const char *const hit = fault.hit ? fault.hit : "close";
        const int is_read = strcmp(hit, "read") == 0, is_open = strcmp(hit, "open") == 0;
        const int is_harmless = strcmp(hit, "close") == 0 || (is_read && error == 0) ||
                                (error == EINTR && (is_read || is_open));
        expect(status == (is_harmless ? BP_OK : is_open ? BP_ERROR_FILE_OPEN : BP_ERROR_FILE_READ), hit);
        expect(status == BP_OK ? count == sizeof old_bytes && memcmp(found, old_bytes, count) == 0
                               : system_error == error,
               "bytes are read, or the system's error is told");
        expect(descriptors == 0, "what was opened is closed");
        if (!fault.hit) return n - 1;
        faults++;
    }
}

/* Temporary files of a dead process of the same number are in the way, at first one and then all. */
static void test_leftovers(const char *path, const char *folder) {
    char name[PATH_MAX + 64];
    int error = 0;
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof name, "%s.%lu-%d.tmp", path, (unsigned long)getpid(), i);
        expect(bp_file_write(path, new_bytes, sizeof new_bytes, NULL) == BP_OK, "a name that is free is taken");
        const int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
        expect(file >= 0 && close(file) == 0, "a leftover");
    }
    expect(bp_file_write(path, old_bytes, sizeof old_bytes, &error) == BP_ERROR_FILE_OPEN && error == EEXIST,
           "no name is free");
    expect(has(path, new_bytes, sizeof new_bytes), "what was there is there");
    expect(count_files(folder) == 101, "leftovers of others are left alone");
}

static void test_paths(const char *folder) {
    static char path[8192];
    int error = 0;
    memset(path, 'x', sizeof path - 1);
    expect(bp_file_write(path, old_bytes, 1, &error) == BP_ERROR_FILE_OPEN && error == ENAMETOOLONG, "a long name");
    expect(bp_file_read(path, NULL, 0, &(size_t){0}, NULL) == BP_ERROR_FILE_OPEN, "a long name to read");
    expect(bp_file_write(NULL, old_bytes, 1, &error) == BP_ERROR_NULL, "no name");
    expect(bp_file_write("x", NULL, 1, &error) == BP_ERROR_NULL, "no bytes");
    expect(bp_file_read(NULL, NULL, 0, &(size_t){0}, &error) == BP_ERROR_NULL, "no name to read");
    expect(bp_file_read("x", NULL, 0, NULL, &error) == BP_ERROR_NULL, "no place for the size");
    /* As long as a path may be, with what is added to it. */
    const size_t before = strlen(folder);
    (void)snprintf(path, sizeof path, "%s", folder);
    for (size_t i = before; i < 4060; i++) path[i] = "/."[(i - before) % 2];
    (void)snprintf(path + 4060 - (4060 - before) % 2, 8, "/long");
    expect(bp_file_write_keeping(path, old_bytes, sizeof old_bytes, 2, NULL) == BP_OK &&
               bp_file_write_keeping(path, new_bytes, sizeof new_bytes, 2, NULL) == BP_OK && has(path, new_bytes, sizeof new_bytes),
           "a long path");
    expect(remove(path) == 0 && remove(strcat(path, ".1")) == 0, "files of long paths are removed");
    /* A name without a folder is in the one that the process is in. */
    expect(chdir(folder) == 0 && bp_file_write("x", NULL, 0, &error) == BP_OK, "an empty file in this folder");
    expect(has("x", old_bytes, 0) && remove("x") == 0, "which is empty");
    expect(bp_file_write("/", old_bytes, 1, &error) == BP_ERROR_FILE_RENAME || error == EACCES, "the root");
    expect(mkfifo("pipe", 0600) == 0 && bp_file_read("pipe", NULL, 0, &(size_t){0}, NULL) == BP_ERROR_FILE_KIND,
           "a pipe is not waited for");
    expect(remove("pipe") == 0, "the pipe is removed");
}

int main(int count, char **words) {
    static const int errors[] = {EIO, ENOSPC, EINTR, EINVAL, EACCES, 0};
    char relative[512], folder[PATH_MAX], path[PATH_MAX + 8];
    (void)snprintf(relative, sizeof relative, "%s/failures-XXXXXX", count > 1 ? words[1] : ".");
    expect(mkdtemp(relative) && realpath(relative, folder), "a folder is made");
    (void)snprintf(path, sizeof path, "%s/file", folder);
    test_memory();
    test_threads();
    int calls = 0;
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++) {
        calls = test_writing(path, folder, errors[e], 0);
        if (errors[e] != 0 && errors[e] != EINTR) (void)test_writing(path, folder, errors[e], 1);
        expect(bp_file_write(path, old_bytes, sizeof old_bytes, NULL) == BP_OK, "a file to read");
        expect(test_reading(path, errors[e]) >= 5, "the calls of reading");
    }
    expect(calls >= 10, "the calls of writing");
    expect(bp_file_write(path, old_bytes, sizeof old_bytes, NULL) == BP_OK, "a file");
    test_full(path, folder);
    expect(remove(path) == 0, "it is removed");
    for (size_t e = 0; e < sizeof errors / sizeof *errors; e++)
        expect(test_keeping(path, folder, errors[e]) >= 13, "the calls of keeping");
    test_keeping_first(path, folder);
    test_leftovers(path, folder);
    expect(remove(path) == 0, "the file is removed");
    test_paths(folder);
    expect(rmdir(folder) == 0, "the folder is empty");
    printf("%d refusals of memory, threads and files; %d checks, %d failed\n", faults, checks, failures);
    return failures != 0;
}
