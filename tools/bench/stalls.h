/*
 * When the machine itself stood still: a virtual machine's processors are taken away for milliseconds at a time, whatever runs on them.
 *
 * One thread a processor, before all others of the machine (SCHED_FIFO), sleeps a millisecond at a time. When one wakes `STALL_NS` too late nothing
 * could run on its processor: the host had taken it away, or the kernel was in a call that it does not interrupt.
 */
#ifndef STALLS_H
#define STALLS_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "load.h"

enum { STALLS_MAX = 1 << 16, STALL_NS = 2000000, STALL_NAP_NS = 1000000 };
/* What waited meanwhile is worked off for so long after a stall. */
static const uint64_t STALL_RECOVERY_NS = 10000000;

typedef struct {
    uint64_t from_ns, to_ns;
} stall;

static stall stalls_seen[STALLS_MAX];
static _Atomic size_t stalls_count;
static _Atomic int stalls_watched;

static void *stalls_watch(void *processor) {
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET((int)(intptr_t)processor, &own);
    struct sched_param first = {.sched_priority = 50};
    if (sched_setaffinity(0, sizeof own, &own) != 0 || sched_setscheduler(0, SCHED_FIFO, &first) != 0) return NULL;
    atomic_fetch_add(&stalls_watched, 1);
    for (uint64_t due = load_now_ns();;) {
        due += STALL_NAP_NS;
        struct timespec until = {.tv_sec = (time_t)(due / 1000000000u), .tv_nsec = (long)(due % 1000000000u)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        uint64_t now = load_now_ns();
        if (now < due + STALL_NS) continue;
        size_t place = atomic_load(&stalls_count);
        do {
            if (place == STALLS_MAX) return NULL;
        } while (!atomic_compare_exchange_weak(&stalls_count, &place, place + 1));
        stalls_seen[place] = (stall){due, now};
        due = now;
    }
}

/* Begins to watch; gives how many processors are watched: 0 where the system does not let us. */
static int stalls_begin(void) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    for (long processor = 0; processor < processors; processor++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, stalls_watch, (void *)(intptr_t)processor) == 0) pthread_detach(thread);
    }
    usleep(100000);
    return atomic_load(&stalls_watched);
}

static int stalls_compare(const void *a, const void *b) {
    uint64_t first = ((const stall *)a)->from_ns, second = ((const stall *)b)->from_ns;
    return (first > second) - (first < second);
}

/* Brings what was seen into the order of time, without overlaps, each with the time after it; to be called when all is over. Gives how many there are. */
static size_t stalls_settle(void) {
    size_t count = atomic_load(&stalls_count), kept = 0;
    qsort(stalls_seen, count, sizeof *stalls_seen, stalls_compare);
    for (size_t at = 0; at < count; at++) {
        stall next = {stalls_seen[at].from_ns, stalls_seen[at].to_ns + STALL_RECOVERY_NS};
        if (kept > 0 && next.from_ns <= stalls_seen[kept - 1].to_ns) {
            if (next.to_ns > stalls_seen[kept - 1].to_ns) stalls_seen[kept - 1].to_ns = next.to_ns;
        } else {
            stalls_seen[kept++] = next;
        }
    }
    return kept;
}

/* Whether a processor stood still between two moments, or shortly before the first. `count`: as `stalls_settle` gave it. */
static int stalls_between(size_t count, uint64_t from_ns, uint64_t to_ns) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (stalls_seen[middle].to_ns <= from_ns) low = middle + 1;
        else high = middle;
    }
    return low < count && stalls_seen[low].from_ns < to_ns;
}

#endif
