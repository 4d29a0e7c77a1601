/* OpenVINO's asynchronous queue by itself: a few requests, started as soon as an input is ready, on OpenVINO's own threads.
 *
 * What a server can be compared with: no connection, no session, no scheduling. Feeder threads make inputs (decode, tokenise) and wait for a
 * free request; main waits for the time to pass. Include it once; `queue_run` takes the feeder, which runs until `over`. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "openvino_shim.h"

enum { QUEUE_REQUESTS_MAX = 64 };

typedef struct queue_slot {
    cov_request *request;
    cov_tensor *input;
    struct queue *queue;
    int started;
} queue_slot;

typedef struct queue {
    cov_library *library;
    cov_model *model;
    queue_slot slots[QUEUE_REQUESTS_MAX];
    int free[QUEUE_REQUESTS_MAX], free_count, requests;
    pthread_mutex_t lock;
    pthread_cond_t available;
    atomic_ulong next, done;
    atomic_int over;
} queue;

static cov_error queue_error;

static void queue_check(int status) {
    if (status == 0) return;
    fprintf(stderr, "%s\n", queue_error.text);
    exit(1);
}

static void queue_finished(void *context) {
    queue_slot *slot = context;
    queue *q = slot->queue;
    atomic_fetch_add(&q->done, 1);
    pthread_mutex_lock(&q->lock);
    q->free[q->free_count++] = (int)(slot - q->slots);
    pthread_cond_signal(&q->available);
    pthread_mutex_unlock(&q->lock);
}

static void queue_open(queue *q, const char *library, const char *model, int streams, int requests) {
    const char *keys[] = {"INFERENCE_NUM_THREADS", "NUM_STREAMS", "INFERENCE_PRECISION_HINT"};
    char threads[16], count[16];
    snprintf(threads, sizeof threads, "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    snprintf(count, sizeof count, "%d", streams);
    const char *values[] = {threads, count, "f32"};
    memset(q, 0, sizeof *q);
    queue_check(cov_library_open(library, &q->library, &queue_error));
    queue_check(cov_model_compile(q->library, model, 3, keys, values, &q->model, &queue_error));
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->available, NULL);
    q->requests = requests;
    for (int i = 0; i < requests; i++) {
        q->slots[i].queue = q;
        queue_check(cov_request_make(q->model, queue_finished, &q->slots[i], &q->slots[i].request, &queue_error));
        q->free[q->free_count++] = i;
    }
}

/* A request that runs nothing; waits for one. */
static queue_slot *queue_take(queue *q) {
    pthread_mutex_lock(&q->lock);
    while (q->free_count == 0) pthread_cond_wait(&q->available, &q->lock);
    queue_slot *slot = &q->slots[q->free[--q->free_count]];
    pthread_mutex_unlock(&q->lock);
    cov_error error;
    if (slot->started && cov_request_wait(slot->request, &error) != 0) {
        fprintf(stderr, "%s\n", error.text);
        exit(1);
    }
    if (slot->input) cov_tensor_free(slot->input);
    slot->input = NULL;
    return slot;
}

static void queue_start(queue_slot *slot, int32_t type, size_t rank, const int64_t *dims, const void *data) {
    cov_error error;
    if (cov_tensor_make(slot->queue->library, type, rank, dims, &slot->input, &error) == 0) {
        memcpy(cov_tensor_data(slot->input), data, cov_tensor_bytes(slot->input));
        slot->started = 1;
        if (cov_request_set_input(slot->request, 0, slot->input, &error) == 0 && cov_request_start(slot->request, &error) == 0) return;
    }
    fprintf(stderr, "%s\n", error.text);
    exit(1);
}

static double queue_cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* Runs `feeders` threads of `feed` for a second, then for `seconds` that count; prints {"items":…, "seconds":…, "cpu_s":…}. */
static void queue_run(queue *q, void *(*feed)(void *), void *context, int feeders, double seconds) {
    pthread_t threads[64];
    for (int i = 0; i < feeders; i++) pthread_create(&threads[i], NULL, feed, context);
    sleep(1);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    unsigned long before = atomic_load(&q->done);
    double used = queue_cpu_seconds();
    usleep((useconds_t)(seconds * 1e6));
    clock_gettime(CLOCK_MONOTONIC, &end);
    unsigned long items = atomic_load(&q->done) - before;
    used = queue_cpu_seconds() - used;
    atomic_store(&q->over, 1);
    for (int i = 0; i < feeders; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < q->requests; i++) queue_take(q);
    double took = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    printf("{\"items\": %lu, \"seconds\": %.3f, \"cpu_s\": %.3f}\n", items, took, used);
}
