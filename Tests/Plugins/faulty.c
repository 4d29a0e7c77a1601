/*
 * faulty: a real plugin with one thing wrong. It loads the plugin that -DREAL="\"/path/libX.so\"" names, passes every call and every answer on, and
 * spoils what the environment's SEEDED_FAULT says ("" = nothing). The example conversations must notice each of them (Tests/EndToEnd).
 *
 * What is changed on the way in:  drops_frames  hangs_up  refuses  never_closes
 * What is changed on the way out: late  stale  scrambled  wrong_kind  deaf  repeats_final  empties_text  swaps_languages  reverses_words
 *                                 misreads_numbers  nan  other_embedding  swaps_sides  shifts_anchors  loses_anchors
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vitrine_plugin.h"
#include "vitrine_wire.h"

/* Fields of PluginOutput's oneof. */
enum { TRANSCRIPT = 10, SPEECH = 11, EMBEDDING = 12, LABELS = 13, POSE = 14 };
enum { LATE_US = 25000000, SHIFT_PX = 20, INSTANCES_MAX = 64, KINDS = 32 };

/* An answer that is kept back. */
typedef struct held {
    vt_operation timer;
    vt_stream stream;
    uint32_t kind;
    vt_buffer *payload;
    struct held *next;
} held;

/* A stream that the real plugin has closed while answers of it are kept back. */
typedef struct closing {
    vt_stream stream;
    vt_status code;
    struct closing *next;
} closing;

typedef struct {
    vt_host host; /* what the real plugin sees */
    const vt_host *outer;
    vt_instance *instance;
    void *real;
    held *held;
    closing *closing;
    uint64_t inputs;
    vt_buffer *last[KINDS]; /* answer of each kind */
} shim;

static const vt_plugin *real;
static const char *fault = "";
/* One for each loop; they are made one after the other and never given back. */
static shim *shims[INSTANCES_MAX];
static unsigned shim_count;

static bool is(const char *name) { return strcmp(fault, name) == 0; }

static shim *shim_of(vt_instance *instance) {
    for (unsigned i = 0; i < shim_count; i++)
        if (shims[i]->instance == instance) return shims[i];
    abort();
}

/* MARK: spoiling a message */

/* Writes something else for a field; false leaves it as it is. */
typedef bool (*edit)(const vt_field *field, vt_writer *out);

static void rewrite(const uint8_t *bytes, size_t length, edit change, vt_writer *out) {
    vt_reader reader = vt_read(bytes, length);
    vt_field field;
    for (const uint8_t *from = reader.at; vt_next(&reader, &field) == 1; from = reader.at)
        if (!change(&field, out)) vt_put_raw(out, from, (size_t)(reader.at - from));
}

static bool rewritten(const vt_field *field, edit change, vt_writer *out) {
    size_t capacity = field->length * 2 + 256;
    vt_writer inner = {malloc(capacity), capacity, 0, false};
    rewrite(field->bytes, field->length, change, &inner);
    vt_put_message(out, field->number, &inner);
    free(inner.bytes);
    return true;
}

static void reverse_words(const vt_field *field, vt_writer *out) {
    char *text = calloc(field->length + 2, 1);
    size_t written = 0;
    for (size_t end = field->length; end > 0;) {
        size_t start = end;
        while (start > 0 && field->bytes[start - 1] != ' ') start--;
        memcpy(text + written, field->bytes + start, end - start);
        written += end - start;
        end = start;
        if (end > 0) text[written++] = ' ', end--;
    }
    vt_put_bytes(out, field->number, text, written);
    free(text);
}

static bool transcript(const vt_field *field, vt_writer *out) {
    if (field->number == 2 && is("swaps_languages")) {
        vt_put_text(out, 2, field->length == 2 && memcmp(field->bytes, "en", 2) == 0 ? "zh" : "en");
        return true;
    }
    if (field->number == 7 && (is("empties_text") || is("reverses_words"))) return true;
    if (field->number != 1) return false;
    if (is("empties_text")) return true;
    if (is("reverses_words")) return reverse_words(field, out), true;
    if (!is("misreads_numbers")) return false;
    uint8_t *text = malloc(field->length + 1);
    for (size_t i = 0; i < field->length; i++) text[i] = field->bytes[i] == '5' ? '9' : field->bytes[i];
    vt_put_bytes(out, 1, text, field->length);
    free(text);
    return true;
}

static bool embedding(const vt_field *field, vt_writer *out) {
    if (field->number != 3) return false;
    size_t count = field->length / sizeof(float);
    float *values = malloc(field->length + sizeof(float));
    memcpy(values, field->bytes, field->length);
    if (is("nan") && count > 0) values[0] = NAN;
    for (size_t i = 0; is("other_embedding") && i < count / 2; i++) {
        float kept = values[i];
        values[i] = -values[count - 1 - i];
        values[count - 1 - i] = kept;
    }
    vt_put_bytes(out, 3, values, field->length);
    free(values);
    return true;
}

static bool anchor(const vt_field *field, vt_writer *out) {
    if (field->number == 1 && is("swaps_sides") && field->length > 5) {
        bool is_left = memcmp(field->bytes, "left_", 5) == 0, is_right = memcmp(field->bytes, "right_", 6) == 0;
        if (!is_left && !is_right) return false;
        char name[64];
        size_t skipped = is_left ? 5 : 6;
        int length = snprintf(name, sizeof name, "%s%.*s", is_left ? "right_" : "left_", (int)(field->length - skipped), field->bytes + skipped);
        vt_put_bytes(out, 1, name, (size_t)length);
        return true;
    }
    if (field->number == 3 && is("shifts_anchors")) {
        float y;
        memcpy(&y, field->bytes, sizeof y);
        vt_put_float(out, 3, y + SHIFT_PX);
        return true;
    }
    return false;
}

static bool pose(const vt_field *field, vt_writer *out) {
    if (field->number != 4) return false;
    return is("loses_anchors") || rewritten(field, anchor, out);
}

static bool output(const vt_field *field, vt_writer *out) {
    switch (field->number) {
    case TRANSCRIPT: return rewritten(field, transcript, out);
    case EMBEDDING:
        if (is("wrong_kind")) return vt_put_text(out, LABELS, ""), true;
        return rewritten(field, embedding, out);
    case POSE: return rewritten(field, pose, out);
    default: return false;
    }
}

static bool is_final(const vt_buffer *payload) {
    vt_field found, last;
    return vt_find(payload->data, payload->length, TRANSCRIPT, &found) && vt_find(found.bytes, found.length, 3, &last) && last.value;
}

/* MARK: what the real plugin asks of its host */

static bool has_held(shim *self, vt_stream stream) {
    for (held *at = self->held; at; at = at->next)
        if (at->stream == stream) return true;
    return false;
}

/* The newest comes first. */
static void hold(shim *self, vt_stream stream, uint32_t kind, vt_buffer *payload, vt_operation timer) {
    held *made = calloc(1, sizeof *made);
    *made = (held){timer, stream, kind, payload, self->held};
    self->held = made;
}

/* Sends or drops what is kept back, the newest first: of a timer, or all of a stream when `timer` is 0. */
static void let_go(shim *self, vt_stream stream, vt_operation timer, bool sends) {
    for (held **at = &self->held; *at;) {
        held *one = *at;
        if (one->stream != stream || (timer && one->timer != timer)) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        if (sends) self->outer->emit(self->instance, stream, one->kind, one->payload);
        else one->payload->release(one->payload);
        free(one);
    }
    for (closing **at = &self->closing; *at && !has_held(self, stream); at = &(*at)->next) {
        closing *one = *at;
        if (one->stream != stream) continue;
        *at = one->next;
        if (sends) self->outer->close(self->instance, stream, one->code, "");
        free(one);
        return;
    }
}

static vt_status emit(vt_instance *instance, vt_stream stream, uint32_t kind, vt_buffer *payload) {
    shim *self = shim_of(instance);
    if (kind == SPEECH && is("deaf")) return payload->release(payload), VT_OK;
    size_t capacity = payload->length * 2 + 1024;
    vt_writer out = {malloc(capacity), capacity, 0, false};
    rewrite(payload->data, payload->length, output, &out);
    bool final = is_final(payload);
    payload->release(payload);
    payload = self->outer->buffer_make(out.bytes, out.length);
    free(out.bytes);
    if (kind == EMBEDDING && is("wrong_kind")) kind = LABELS;
    if (is("late")) {
        vt_operation timer;
        if (self->outer->timer(instance, stream, LATE_US, &timer) == VT_OK) return hold(self, stream, kind, payload, timer), VT_OK;
    }
    if (is("scrambled")) return hold(self, stream, kind, payload, 0), VT_OK;
    if (is("stale") && kind < KINDS) {
        /* The first one is what it should be; from then on each input gets the answer of the one before. */
        vt_buffer *earlier = self->last[kind];
        payload->retain(payload);
        self->last[kind] = payload;
        if (earlier) return payload->release(payload), self->outer->emit(instance, stream, kind, earlier);
    }
    if (final && is("repeats_final")) {
        payload->retain(payload);
        self->outer->emit(instance, stream, kind, payload);
    }
    return self->outer->emit(instance, stream, kind, payload);
}

static void close_stream(vt_instance *instance, vt_stream stream, vt_status code, const char *message) {
    shim *self = shim_of(instance);
    if (is("scrambled")) let_go(self, stream, 0, true);
    if (!has_held(self, stream)) return self->outer->close(instance, stream, code, message);
    closing *made = calloc(1, sizeof *made);
    *made = (closing){stream, code, self->closing};
    self->closing = made;
}

/* MARK: what the host asks of the plugin */

static vt_status create(const vt_plugin *plugin, const vt_host *host, vt_instance *instance, void **state, char *error, size_t capacity) {
    (void)plugin;
    if (shim_count == INSTANCES_MAX) return snprintf(error, capacity, "%d instances are enough", INSTANCES_MAX), VT_RESOURCE_EXHAUSTED;
    shim *self = calloc(1, sizeof *self);
    self->host = *host;
    self->host.emit = emit;
    self->host.close = close_stream;
    self->outer = host;
    self->instance = instance;
    shims[shim_count++] = self;
    *state = self;
    return real->create(real, &self->host, instance, &self->real, error, capacity);
}

static void destroy(void *state) { real->destroy(((shim *)state)->real); }

static vt_status open_stream(void *state, vt_stream stream, const vt_open *open) { return real->open(((shim *)state)->real, stream, open); }

static vt_status data(void *state, vt_stream stream, const vt_message *message) {
    shim *self = state;
    if (is("refuses")) return VT_INTERNAL;
    if (is("drops_frames") && self->inputs++ % 2 == 0) return VT_OK;
    vt_status status = real->data(self->real, stream, message);
    /* Before the answer is there. */
    if (is("hangs_up") && status == VT_OK) self->outer->close(self->instance, stream, VT_OK, "");
    return status;
}

static void half_close(void *state, vt_stream stream) {
    if (!is("never_closes")) real->half_close(((shim *)state)->real, stream);
}

static void cancel(void *state, vt_stream stream) {
    /* What waits for a timer is dropped when that is completed, as it will be. */
    if (!is("late")) let_go(state, stream, 0, false);
    real->cancel(((shim *)state)->real, stream);
}

static void completed(void *state, vt_stream stream, const vt_completion *completion) {
    shim *self = state;
    for (held *at = self->held; at; at = at->next)
        if (at->timer == completion->operation && at->stream == stream) return let_go(self, stream, at->timer, completion->status == VT_OK);
    real->completed(self->real, stream, completion);
}

static uint32_t pending(void *state) { return real->pending(((shim *)state)->real); }

__attribute__((visibility("default"))) const vt_plugin *vitrine_plugin(uint32_t host_abi_version) {
    static vt_plugin plugin;
    const char *named = getenv("SEEDED_FAULT");
    if (named) fault = strdup(named);
    void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    vt_entry_point entry = library ? (vt_entry_point)dlsym(library, VT_ENTRY_POINT) : NULL;
    real = entry ? entry(host_abi_version) : NULL;
    if (!real) return NULL;
    plugin = (vt_plugin){
        .struct_size = sizeof plugin,
        .abi_version = VT_ABI_VERSION,
        .manifest = real->manifest,
        .manifest_length = real->manifest_length,
        .create = create,
        .destroy = destroy,
        .open = open_stream,
        .data = data,
        .half_close = half_close,
        .cancel = cancel,
        .completed = completed,
        .pending = pending,
    };
    return &plugin;
}
