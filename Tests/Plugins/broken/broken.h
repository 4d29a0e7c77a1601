/*
 * A plugin that keeps to the contract, unless a macro breaks it in one place: it answers each text, after a compute job, with a transcript of
 * the same bytes. Each file beside this one defines one macro and includes it.
 */
#include <pthread.h>

#include "../streams.h"

typedef struct {
    plugin_state *self;
    vt_stream stream;
    vt_operation operation;
    size_t length;
    uint8_t text[256];
} job_context;

/* Jobs under way, by operation. */
typedef struct {
    job_context *jobs[512];
} job_table;
static job_table jobs;

static vt_status emit(plugin_state *self, vt_stream stream, const uint8_t *text, size_t length) {
#ifdef WRONG_KIND
    return emit_transcript(self, stream, 13, text, length);
#else
    return emit_transcript(self, stream, 10, text, length);
#endif
}

static void finish(plugin_state *self, vt_stream stream) {
    forget(self, stream);
#ifdef NEVER_CLOSES
    return;
#endif
    self->host->close(self->instance, stream, VT_OK, "");
#ifdef DOUBLE_STATUS
    self->host->close(self->instance, stream, VT_INTERNAL, "and again");
#endif
#ifdef EMIT_AFTER_CLOSE
    emit(self, stream, (const uint8_t *)"late", 4);
#endif
}

#ifdef STARTS_THREAD
static void *idle(void *context) {
    (void)context;
    for (;;) pause();
}
#endif

static vt_status create(const vt_plugin *plugin, const vt_host *host, vt_instance *instance, void **state, char *error, size_t capacity) {
    (void)plugin, (void)error, (void)capacity;
    *state = make_state(host, instance);
#ifdef STARTS_THREAD
    pthread_t thread;
    pthread_create(&thread, NULL, idle, NULL);
#endif
    return VT_OK;
}

static vt_status open_stream(void *state, vt_stream stream, const vt_open *open) {
    (void)open;
    remember(state, stream);
#ifdef LEAKS
    char *lost = malloc(1000);
    memset(lost, 1, 1000);
    __asm__ volatile("" : : "r"(lost) : "memory");
#endif
    return VT_OK;
}

static vt_status job(void *context) {
    job_context *work = context;
#ifdef CALLS_FROM_JOB
    emit(work->self, work->stream, work->text, work->length);
#endif
    for (size_t i = 0; i < work->length; i++)
        if (work->text[i] >= 'a' && work->text[i] <= 'z') work->text[i] -= 32;
    return VT_OK;
}

static vt_status data(void *state, vt_stream stream, const vt_message *message) {
    plugin_state *self = state;
    entry *known = find(self, stream);
    vt_field input, text;
#ifdef TRUSTS_LENGTHS
    if (message->payload->length < 4) {
        volatile char *nowhere = (char *)message->payload->length;
        *nowhere = 1;
    }
#endif
    if (!known || message->kind != 10 || !vt_find(message->payload->data, message->payload->length, 10, &input)
        || !vt_find(input.bytes, input.length, 1, &text) || text.length > 200
        || !vt_is_text(text.bytes, text.length)) {
        forget(self, stream);
        return VT_INVALID_ARGUMENT;
    }
#ifdef BLOCKS_LOOP
    usleep(300000);
#endif
#ifdef LEAKS_BUFFER
    message->payload->retain(message->payload);
#endif
#ifdef OVERRUNS_CREDIT
    for (int i = 0; i < 1000; i++) emit(self, stream, text.bytes, text.length);
#endif
    int slot = 0;
    while (slot < 512 && jobs.jobs[slot]) slot++;
    if (slot == 512) return VT_RESOURCE_EXHAUSTED;
    job_context *work = calloc(1, sizeof *work);
    work->self = self;
    work->stream = stream;
    work->length = text.length;
    memcpy(work->text, text.bytes, text.length);
    vt_status status = self->host->compute(self->instance, stream, job, work, 0, &work->operation);
    if (status != VT_OK) {
        free(work);
        forget(self, stream);
        return status;
    }
    jobs.jobs[slot] = work;
    known->jobs++;
    return VT_OK;
}

static void half_close(void *state, vt_stream stream) {
    plugin_state *self = state;
    entry *known = find(self, stream);
    if (!known) return;
    known->half_closed = true;
    if (known->jobs == 0) finish(self, stream);
}

static void cancel(void *state, vt_stream stream) {
#ifndef IGNORES_CANCEL
    forget(state, stream);
#else
    (void)state, (void)stream;
#endif
}

static void completed(void *state, vt_stream stream, const vt_completion *completion) {
    plugin_state *self = state;
    for (int slot = 0; slot < 512; slot++) {
        job_context *work = jobs.jobs[slot];
        if (!work || work->self != self || work->operation != completion->operation) continue;
        jobs.jobs[slot] = NULL;
        entry *known = find(self, stream);
        if (known) {
            known->jobs--;
            emit(self, stream, work->text, work->length);
            if (known->half_closed && known->jobs == 0) finish(self, stream);
        }
        free(work);
        return;
    }
}

static uint32_t pending(void *state) {
    uint32_t count = 0;
    for (entry *at = ((plugin_state *)state)->streams; at; at = at->next) count += at->jobs > 0;
    return count;
}

static vt_status self_test(void *state, char *error, size_t capacity) {
    (void)state, (void)error, (void)capacity;
#ifdef CRASHES_IN_SELF_TEST
    abort();
#endif
    return VT_OK;
}

__attribute__((visibility("default"))) const vt_plugin *vitrine_plugin(uint32_t host_abi_version) {
    static uint8_t bytes[128], port_bytes[32];
    vt_writer port = {port_bytes, sizeof port_bytes, 0, false}, manifest = {bytes, sizeof bytes, 0, false};
    vt_put_text(&port, 1, "transcript");
    vt_put_text(&manifest, 1, "shouter");
    vt_put_text(&manifest, 2, "1.0.0");
    vt_put_text(&manifest, 4, "text");
    vt_put_message(&manifest, 5, &port);
    static vt_plugin plugin = {
        .struct_size = sizeof plugin,
        .abi_version = VT_ABI_VERSION,
        .create = create,
        .destroy = destroy,
        .open = open_stream,
        .data = data,
        .half_close = half_close,
        .cancel = cancel,
        .completed = completed,
        .pending = pending,
        .self_test = self_test,
    };
    plugin.manifest = bytes;
    plugin.manifest_length = manifest.length;
    return host_abi_version == VT_ABI_VERSION ? &plugin : NULL;
}
