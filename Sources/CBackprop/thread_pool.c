/*
 * thread_pool.c: threads that wait to share the work of one call.
 *
 * A worker spins for a few microseconds after its last task, since the next one
 * usually follows at once, and then parks on a condition variable; with more threads
 * than processors it parks at once. Threads split results, never sums, so it does not
 * matter for the bits who took part.
 */
#include "internal.h"

BP_INTERNAL bp_range bp_team_range(const bp_team *team, size_t n, size_t grain) {
    const size_t grains = n / grain + (n % grain != 0);
    const size_t share = grains / team->threads, extra = grains % team->threads;
    const size_t t = team->thread;
    const size_t first = t * share + (t < extra ? t : extra);
    const size_t count = share + (t < extra);
    const bp_range range = {first * grain < n ? first * grain : n,
                            (first + count) * grain < n ? (first + count) * grain : n};
    return range;
}

#if defined(BP_NO_THREADS)

struct bp_pool {
    size_t threads;
};

BP_INTERNAL void bp_pool_run(bp_pool *pool, bp_task *task, void *context) {
    const bp_team alone = {pool, 0, 1};
    task(&alone, context);
}

BP_INTERNAL void bp_team_wait(const bp_team *team) { (void)team; }

size_t bp_pool_size(size_t threads) { return threads == 1 ? sizeof(bp_pool) : 0; }

bp_status bp_pool_start(void *memory, size_t bytes, size_t threads, bp_pool **pool) {
    if (!memory || !pool) return BP_ERROR_NULL;
    if (threads != 1) return BP_ERROR_OPTION;
    if (bytes < sizeof(bp_pool)) return BP_ERROR_MEMORY;
    *pool = memory;
    (*pool)->threads = 1;
    return BP_OK;
}

void bp_pool_stop(bp_pool *pool) { (void)pool; }

#else

#include <stdatomic.h>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
typedef HANDLE thread_handle;
typedef SRWLOCK thread_mutex;
typedef CONDITION_VARIABLE thread_condition;
#define THREAD_RESULT DWORD WINAPI
static int mutex_init(thread_mutex *m) { return InitializeSRWLock(m), 1; }
static void mutex_lock(thread_mutex *m) { AcquireSRWLockExclusive(m); }
static void mutex_unlock(thread_mutex *m) { ReleaseSRWLockExclusive(m); }
static void mutex_destroy(thread_mutex *m) { (void)m; }
static int condition_init(thread_condition *c) { return InitializeConditionVariable(c), 1; }
static void condition_wait(thread_condition *c, thread_mutex *m) { SleepConditionVariableSRW(c, m, INFINITE, 0); }
static void condition_broadcast(thread_condition *c) { WakeAllConditionVariable(c); }
static void condition_destroy(thread_condition *c) { (void)c; }
static void thread_join(thread_handle t) { WaitForSingleObject(t, INFINITE); CloseHandle(t); }
static void thread_yield(void) { SwitchToThread(); }
static size_t processor_count(void) { return GetActiveProcessorCount(ALL_PROCESSOR_GROUPS); }
#else
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
typedef pthread_t thread_handle;
typedef pthread_mutex_t thread_mutex;
typedef pthread_cond_t thread_condition;
#define THREAD_RESULT void *
/* Some systems allocate here, and may fail. */
static int mutex_init(thread_mutex *m) { return pthread_mutex_init(m, NULL) == 0; }
static void mutex_lock(thread_mutex *m) { pthread_mutex_lock(m); }
static void mutex_unlock(thread_mutex *m) { pthread_mutex_unlock(m); }
static void mutex_destroy(thread_mutex *m) { pthread_mutex_destroy(m); }
static int condition_init(thread_condition *c) { return pthread_cond_init(c, NULL) == 0; }
static void condition_wait(thread_condition *c, thread_mutex *m) { pthread_cond_wait(c, m); }
static void condition_broadcast(thread_condition *c) { pthread_cond_broadcast(c); }
static void condition_destroy(thread_condition *c) { pthread_cond_destroy(c); }
static void thread_join(thread_handle t) { pthread_join(t, NULL); }
static void thread_yield(void) { sched_yield(); }

/* 1 where the system doesn't say. */
static size_t processor_count(void) {
#if defined(_SC_NPROCESSORS_ONLN)
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count > 0 ? (size_t)count : 1;
#else
    return 1;
#endif
}
#endif

enum {
    MAXIMUM_THREADS = 1024,
    SPINS = 4000 /* some 50 us with the pause instruction; then a worker parks, and a waiting thread yields */
};

typedef struct worker {
    bp_pool *pool;
    size_t thread;
    thread_handle handle;
} worker;

struct bp_pool {
    size_t threads;
    int spins; /* 0 with more threads than processors, where whoever spins keeps from running what it waits for */
    atomic_flag busy;

    /* The task: written by whoever holds 'busy', read by workers after 'generation' changed. */
    bp_task *task;
    void *context;
    int stopping;
    atomic_size_t generation;
    atomic_size_t running; /* workers that have not finished it */

    /* The barrier within a task. */
    atomic_size_t arrived;
    atomic_size_t phase;

    thread_mutex mutex;
    thread_condition wake;
    atomic_size_t parked;

    worker workers[];
};

static void pause_briefly(void) {
#if BP_HAS_X86
    __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
    __asm__ volatile("yield");
#endif
}

/* Waits, spinning and then yielding, until *value is no longer 'old'. */
static void wait_while(const bp_pool *pool, atomic_size_t *value, size_t old) {
    for (int spin = 0; atomic_load_explicit(value, memory_order_acquire) == old;) {
        if (spin < pool->spins) {
            pause_briefly();
            spin++;
        } else {
            thread_yield();
        }
    }
}

/* Waits for a task after 'seen', and parks if none comes soon. Returns its generation. */
static size_t wait_for_task(bp_pool *pool, size_t seen) {
    for (int spin = 0; spin < pool->spins; spin++) {
        const size_t generation = atomic_load_explicit(&pool->generation, memory_order_acquire);
        if (generation != seen) return generation;
        pause_briefly();
    }
    mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->parked, 1);
    size_t generation;
    while ((generation = atomic_load(&pool->generation)) == seen) condition_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->parked, 1);
    mutex_unlock(&pool->mutex);
    return generation;
}

static THREAD_RESULT work(void *argument) {
    const worker *self = argument;
    bp_pool *pool = self->pool;
    size_t generation = 0;
    for (;;) {
        generation = wait_for_task(pool, generation);
        if (pool->stopping) return 0;
        const bp_team team = {pool, self->thread, pool->threads};
        pool->task(&team, pool->context);
        atomic_fetch_sub_explicit(&pool->running, 1, memory_order_release);
    }
}

/* Lets the workers see what the caller, who holds 'busy', has written. */
static void announce(bp_pool *pool) {
    /* In sequence with 'parked': a worker that is not counted yet will see the new generation. */
    atomic_fetch_add(&pool->generation, 1);
    if (atomic_load(&pool->parked) == 0) return;
    mutex_lock(&pool->mutex);
    condition_broadcast(&pool->wake);
    mutex_unlock(&pool->mutex);
}

BP_INTERNAL void bp_pool_run(bp_pool *pool, bp_task *task, void *context) {
    if (!pool || pool->threads == 1 || atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire)) {
        const bp_team alone = {NULL, 0, 1};
        task(&alone, context);
        return;
    }
    pool->task = task;
    pool->context = context;
    atomic_store_explicit(&pool->running, pool->threads - 1, memory_order_relaxed);
    announce(pool);
    const bp_team team = {pool, 0, pool->threads};
    task(&team, context);
    size_t left;
    while ((left = atomic_load_explicit(&pool->running, memory_order_acquire)) != 0)
        wait_while(pool, &pool->running, left);
    atomic_flag_clear_explicit(&pool->busy, memory_order_release);
}

BP_INTERNAL void bp_team_wait(const bp_team *team) {
    if (team->threads == 1) return;
    bp_pool *pool = team->pool;
    const size_t phase = atomic_load_explicit(&pool->phase, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) + 1 == team->threads) {
        atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->phase, phase + 1, memory_order_release);
    } else {
        wait_while(pool, &pool->phase, phase);
    }
}

static int start_worker(worker *w) {
#if defined(_WIN32)
    w->handle = CreateThread(NULL, 0, work, w, 0, NULL);
    return w->handle != NULL;
#else
    return pthread_create(&w->handle, NULL, work, w) == 0;
#endif
}

size_t bp_pool_size(size_t threads) {
    if (threads == 0 || threads > MAXIMUM_THREADS) return 0;
    return sizeof(bp_pool) + (threads - 1) * sizeof(worker);
}

/* Ends the first 'started' workers. */
static void end_workers(bp_pool *pool, size_t started) {
    pool->stopping = 1;
    announce(pool);
    for (size_t i = 0; i < started; i++) thread_join(pool->workers[i].handle);
    condition_destroy(&pool->wake);
    mutex_destroy(&pool->mutex);
}

bp_status bp_pool_start(void *memory, size_t bytes, size_t threads, bp_pool **result) {
    if (!memory || !result) return BP_ERROR_NULL;
    if (threads == 0 || threads > MAXIMUM_THREADS) return BP_ERROR_OPTION;
    if (bytes < bp_pool_size(threads)) return BP_ERROR_MEMORY;
    bp_pool *pool = memory;
    pool->threads = threads;
    pool->spins = threads <= processor_count() ? SPINS : 0;
    pool->stopping = 0;
    atomic_flag_clear(&pool->busy);
    atomic_init(&pool->generation, 0);
    atomic_init(&pool->running, 0);
    atomic_init(&pool->arrived, 0);
    atomic_init(&pool->phase, 0);
    atomic_init(&pool->parked, 0);
    if (!mutex_init(&pool->mutex)) return BP_ERROR_THREADS;
    if (!condition_init(&pool->wake)) {
        mutex_destroy(&pool->mutex);
        return BP_ERROR_THREADS;
    }
    for (size_t i = 0; i + 1 < threads; i++) {
        pool->workers[i].pool = pool;
        pool->workers[i].thread = i + 1;
        if (!start_worker(&pool->workers[i])) {
            end_workers(pool, i);
            return BP_ERROR_THREADS;
        }
    }
    *result = pool;
    return BP_OK;
}

void bp_pool_stop(bp_pool *pool) {
    if (pool) end_workers(pool, pool->threads - 1);
}

#endif

size_t bp_pool_threads(const bp_pool *pool) { return pool ? pool->threads : 1; }
