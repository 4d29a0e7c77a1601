/* What test plugins know of their streams: a list with an entry for each open one, and what comes before it in every plugin of theirs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vitrine_plugin.h"
#include "vitrine_wire.h"

typedef struct entry {
    vt_stream stream;
    /* Chunks that the stream has had. */
    uint64_t count;
    int jobs;
    bool half_closed;
    struct entry *next;
} entry;

typedef struct {
    const vt_host *host;
    vt_instance *instance;
    entry *streams;
} plugin_state;

static entry *find(plugin_state *self, vt_stream stream) {
    entry *at = self->streams;
    while (at && at->stream != stream) at = at->next;
    return at;
}

static void forget(plugin_state *self, vt_stream stream) {
    for (entry **at = &self->streams; *at; at = &(*at)->next) {
        if ((*at)->stream != stream) continue;
        entry *gone = *at;
        *at = gone->next;
        free(gone);
        return;
    }
}

static void remember(plugin_state *self, vt_stream stream) {
    entry *made = calloc(1, sizeof *made);
    made->stream = stream;
    made->next = self->streams;
    self->streams = made;
}

static plugin_state *make_state(const vt_host *host, vt_instance *instance) {
    plugin_state *self = calloc(1, sizeof *self);
    self->host = host;
    self->instance = instance;
    return self;
}

static void destroy(void *state) { free(state); }

/* A transcript of these bytes, as the serialized PluginOutput { transcript = 10 { text = 1 } }. */
static vt_status emit_transcript(plugin_state *self, vt_stream stream, uint32_t kind, const uint8_t *text, size_t length) {
    uint8_t inner[512], outer[768];
    vt_writer transcript = {inner, sizeof inner, 0, false}, output = {outer, sizeof outer, 0, false};
    vt_put_bytes(&transcript, 1, text, length);
    vt_put_message(&output, 10, &transcript);
    return self->host->emit(self->instance, stream, kind, self->host->buffer_make(outer, output.length));
}
