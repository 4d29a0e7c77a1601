/*
 * sequencer: answers each audio chunk with a partial transcript "NUMBER COUNT BUILD": the number in the chunk's first eight bytes, how many chunks
 * the stream has had, and the build. Tests and the hot-swap benchmark count frames by it: with the state handed over, COUNT goes on over a swap.
 *
 * -DSILENT answers nothing (what the way to a plugin costs). -DBUILD=n -DPRODUCES="\"labels\"" -DNEVER_RESTS -DHANG_FILE="\"/path\""
 * -DSELF_TEST=n (1 fails, 2 crashes, 3 hangs) -DWARM_UP=n (chunk number 7 warms it up; BUILD is 100 higher where that was done; 2 refuses the chunk,
 * 3 does not end the stream, 4 names text) -DNO_STATE -DSTATELESS (COUNT is NUMBER, nothing is kept between chunks)
 * -DEXPORT=n (export_state answers n; -1: "not now" at odd counts, -2: after 3 s) -DIMPORT=n (import_state answers n; -1: crashes) make other builds.
 */
#include "streams.h"

#ifndef BUILD
#define BUILD 1
#endif
#ifndef PRODUCES
#define PRODUCES "transcript"
#endif
#ifndef SELF_TEST
#define SELF_TEST 0
#endif
#ifndef WARM_UP
#define WARM_UP 0
#endif
#ifndef EXPORT
#define EXPORT 0
#endif
#ifndef IMPORT
#define IMPORT 0
#endif

/* Of the newest instance: what warms it up was worked off. */
static int is_warm;

static vt_status create(const vt_plugin *plugin, const vt_host *host, vt_instance *instance, void **state, char *error, size_t capacity) {
    (void)plugin, (void)error, (void)capacity;
#ifdef HANG_FILE
    /* The first time (the probe's) it leaves a mark; from then on it hangs. */
    if (access(HANG_FILE, F_OK) == 0) {
        for (;;) pause();
    }
    FILE *mark = fopen(HANG_FILE, "w");
    if (mark) fclose(mark);
#endif
    *state = make_state(host, instance);
    is_warm = 0;
    return VT_OK;
}

static vt_status open_stream(void *state, vt_stream stream, const vt_open *open) {
    (void)open;
    remember(state, stream);
    return VT_OK;
}

#ifdef NEVER_RESTS
static vt_status endless(void *context) {
    (void)context;
    sleep(4);
    return VT_OK;
}
#endif

static vt_status data(void *state, vt_stream stream, const vt_message *message) {
#ifdef SILENT
    (void)state, (void)stream, (void)message;
    return VT_OK;
#endif
    plugin_state *self = state;
    entry *known = find(self, stream);
    vt_field audio, samples;
    if (!known || !vt_find(message->payload->data, message->payload->length, 11, &audio) || !vt_find(audio.bytes, audio.length, 4, &samples)
        || samples.length < 8)
        return VT_INVALID_ARGUMENT;
    uint64_t number;
    memcpy(&number, samples.bytes, 8);
    if (WARM_UP == 2 && number == 7) return VT_INVALID_ARGUMENT;
#ifdef STATELESS
    known->count = number;
#else
    known->count++;
#endif
#ifdef NEVER_RESTS
    vt_operation operation;
    if (known->count == 1) self->host->compute(self->instance, stream, endless, NULL, 0, &operation);
#endif
    char text[96];
    int length = snprintf(text, sizeof text, "%llu %llu %d", (unsigned long long)number, (unsigned long long)known->count, BUILD + 100 * is_warm);
    return emit_transcript(self, stream, 10, (const uint8_t *)text, (size_t)length);
}

static void half_close(void *state, vt_stream stream) {
    plugin_state *self = state;
    if (WARM_UP == 3) return;
    is_warm = WARM_UP;
    forget(self, stream);
    self->host->close(self->instance, stream, VT_OK, "");
}

static void cancel(void *state, vt_stream stream) { forget(state, stream); }

static void completed(void *state, vt_stream stream, const vt_completion *completion) { (void)state, (void)stream, (void)completion; }

static uint32_t pending(void *state) {
    (void)state;
    return 0;
}

#ifndef NO_STATE
static vt_status export_state(void *state, vt_stream stream, vt_buffer **bytes) {
    plugin_state *self = state;
    entry *known = find(self, stream);
    if (!known) return VT_NOT_FOUND;
    if (EXPORT > 0) return EXPORT;
    if (EXPORT == -1 && known->count % 2) return VT_UNAVAILABLE;
    if (EXPORT == -2) sleep(3);
    *bytes = self->host->buffer_make(&known->count, sizeof known->count);
    return VT_OK;
}

static vt_status import_state(void *state, vt_stream stream, const vt_buffer *bytes) {
    entry *known = find(state, stream);
    if (IMPORT == -1) abort();
    if (IMPORT) return IMPORT;
    if (!known || bytes->length != sizeof known->count) return VT_INVALID_ARGUMENT;
    memcpy(&known->count, bytes->data, sizeof known->count);
    return VT_OK;
}
#endif

static vt_status self_test(void *state, char *error, size_t capacity) {
    (void)state;
    if (SELF_TEST == 1) {
        snprintf(error, capacity, "failing as told");
        return VT_FAILED_PRECONDITION;
    }
    if (SELF_TEST == 2) abort();
    if (SELF_TEST == 3) {
        for (;;) pause();
    }
    return VT_OK;
}

__attribute__((visibility("default"))) const vt_plugin *vitrine_plugin(uint32_t host_abi_version) {
    static uint8_t bytes[256], port_bytes[64];
    vt_writer port = {port_bytes, sizeof port_bytes, 0, false}, manifest = {bytes, sizeof bytes, 0, false};
    vt_put_text(&port, 1, PRODUCES);
    vt_put_text(&manifest, 1, "sequencer");
    vt_put_text(&manifest, 2, "1.0.0");
    vt_put_text(&manifest, 4, "audio");
    vt_put_message(&manifest, 5, &port);
#ifndef STATELESS
    vt_put_uint(&manifest, 8, 1);
#endif
#if WARM_UP
    uint8_t audio_bytes[32], input_bytes[64];
    vt_writer audio = {audio_bytes, sizeof audio_bytes, 0, false}, input = {input_bytes, sizeof input_bytes, 0, false};
    uint64_t number = 7;
    vt_put_bytes(&audio, 4, &number, sizeof number);
    vt_put_message(&input, WARM_UP == 4 ? 10 : 11, &audio);
    vt_put_message(&manifest, 14, &input);
#endif
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
#ifndef NO_STATE
        .export_state = export_state,
        .import_state = import_state,
#endif
    };
    plugin.manifest = bytes;
    plugin.manifest_length = manifest.length;
#ifdef WRONG_ABI
    return NULL;
#endif
    return host_abi_version == VT_ABI_VERSION ? &plugin : NULL;
}
