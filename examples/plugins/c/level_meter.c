/*
 * level-meter: a Vitrine plugin in plain C.
 *
 * It takes audio and says of each chunk how loud it is: one PluginOutput with the label "silent", "quiet", "normal" or
 * "loud", by the root mean square of its samples relative to full scale. It shows what any plugin needs: a manifest, one
 * instance per loop, a stream that is answered and closed, and errors that say what was wrong.
 *
 * Build with `make`; the host loads the result by its path.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "level.h"
#include "vitrine/v1/features.pb-c.h"
#include "vitrine/v1/plugins.pb-c.h"
#include "vitrine/v1/sessions.pb-c.h"
#include "vitrine_plugin.h"

typedef struct {
    const vt_host *host;
    vt_instance *instance;
    double quiet_dbfs; /* below it: "quiet" */
    double loud_dbfs;  /* above it: "loud" */
} meter;

/* Options come as text; what is no number keeps its default. */
static double option(const vt_host *host, vt_instance *instance, const char *key, double otherwise) {
    const char *text = host->config(instance, key);
    char *end = NULL;
    double value = text ? strtod(text, &end) : otherwise;
    return text && end != text && isfinite(value) ? value : otherwise;
}

static vt_status create(const vt_plugin *plugin, const vt_host *host, vt_instance *instance, void **state, char *error, size_t capacity) {
    (void)plugin;
    meter *made = calloc(1, sizeof *made);
    if (!made) {
        snprintf(error, capacity, "out of memory");
        return VT_RESOURCE_EXHAUSTED;
    }
    made->host = host;
    made->instance = instance;
    made->quiet_dbfs = option(host, instance, "quiet_dbfs", -40.0);
    made->loud_dbfs = option(host, instance, "loud_dbfs", -10.0);
    *state = made;
    return VT_OK;
}

static void destroy(void *state) { free(state); }

/* Nothing is kept for a stream: each chunk is answered at once. */
static vt_status open_stream(void *state, vt_stream stream, const vt_open *open) {
    (void)state, (void)stream, (void)open;
    return VT_OK;
}

static void half_close(void *state, vt_stream stream) {
    meter *self = state;
    self->host->close(self->instance, stream, VT_OK, "");
}

static void cancel(void *state, vt_stream stream) { (void)state, (void)stream; }

/* It starts no operation, so none completes. */
static void completed(void *state, vt_stream stream, const vt_completion *completion) { (void)state, (void)stream, (void)completion; }

static uint32_t pending(void *state) {
    (void)state;
    return 0;
}

static vt_status emit(meter *self, vt_stream stream, Vitrine__V1__PluginOutput *output) {
    size_t length = vitrine__v1__plugin_output__get_packed_size(output);
    uint8_t *bytes = malloc(length);
    if (!bytes) return VT_RESOURCE_EXHAUSTED;
    vitrine__v1__plugin_output__pack(output, bytes);
    vt_buffer *buffer = self->host->buffer_make(bytes, length);
    free(bytes);
    return buffer ? self->host->emit(self->instance, stream, (uint32_t)output->kind_case, buffer) : VT_RESOURCE_EXHAUSTED;
}

static vt_status problem(meter *self, vt_stream stream, Vitrine__V1__PluginOutput *output, const char *message) {
    Vitrine__V1__InputProblem value = VITRINE__V1__INPUT_PROBLEM__INIT;
    value.code = VT_INVALID_ARGUMENT;
    value.message = (char *)message;
    output->kind_case = VITRINE__V1__PLUGIN_OUTPUT__KIND_PROBLEM;
    output->problem = &value;
    return emit(self, stream, output);
}

static vt_status data(void *state, vt_stream stream, const vt_message *message) {
    meter *self = state;
    Vitrine__V1__PluginOutput output = VITRINE__V1__PLUGIN_OUTPUT__INIT;
    output.turn_id = message->turn_id;
    output.revision = message->revision;
    output.capture_time_us = message->capture_time_us;
    output.modality = "speech";

    Vitrine__V1__ClientMessage *input = vitrine__v1__client_message__unpack(NULL, message->payload->length, message->payload->data);
    if (!input) return problem(self, stream, &output, "the message is not a ClientMessage");
    vt_status status;
    double dbfs = 0;
    if (input->kind_case != VITRINE__V1__CLIENT_MESSAGE__KIND_AUDIO) {
        status = problem(self, stream, &output, "level-meter takes audio only");
    } else if (!level_of(input->audio->encoding, input->audio->samples.data, input->audio->samples.len, &dbfs)) {
        status = problem(self, stream, &output, "the samples are not whole PCM16LE or finite F32LE samples, as the encoding says");
    } else {
        const char *name = level_name(dbfs, self->quiet_dbfs, self->loud_dbfs);
        Vitrine__V1__Label label = VITRINE__V1__LABEL__INIT;
        label.name = (char *)name;
        label.probability = 1;
        Vitrine__V1__Label *all[] = {&label};
        Vitrine__V1__Labels labels = VITRINE__V1__LABELS__INIT;
        labels.scheme = "level";
        labels.n_labels = 1;
        labels.labels = all;
        output.kind_case = VITRINE__V1__PLUGIN_OUTPUT__KIND_LABELS;
        output.labels = &labels;
        status = emit(self, stream, &output);
    }
    vitrine__v1__client_message__free_unpacked(input, NULL);
    return status;
}

/* What the plugin says of itself, packed once into `bytes`. */
static size_t manifest(uint8_t *bytes, size_t capacity) {
    Vitrine__V1__OutputPort port = VITRINE__V1__OUTPUT_PORT__INIT;
    port.kind = "labels";
    Vitrine__V1__OutputPort *ports[] = {&port};
    Vitrine__V1__Option quiet = VITRINE__V1__OPTION__INIT, loud = VITRINE__V1__OPTION__INIT;
    quiet.key = "quiet_dbfs";
    quiet.default_value = "-40";
    quiet.description = "chunks below this level (dB relative to full scale) are quiet";
    loud.key = "loud_dbfs";
    loud.default_value = "-10";
    loud.description = "chunks above this level are loud";
    Vitrine__V1__Option *options[] = {&quiet, &loud};
    char *consumes[] = {"audio"};

    Vitrine__V1__PluginManifest value = VITRINE__V1__PLUGIN_MANIFEST__INIT;
    value.name = "level-meter";
    value.version = "1.0.0";
    value.description = "How loud a piece of audio is";
    value.n_consumes = 1;
    value.consumes = consumes;
    value.n_produces = 1;
    value.produces = ports;
    value.n_options = 2;
    value.options = options;
    value.idempotent = true;
    size_t length = vitrine__v1__plugin_manifest__get_packed_size(&value);
    return length <= capacity ? vitrine__v1__plugin_manifest__pack(&value, bytes) : 0;
}

__attribute__((visibility("default"))) const vt_plugin *vitrine_plugin(uint32_t host_abi_version) {
    static uint8_t manifest_bytes[1024];
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
    };
    if (host_abi_version != VT_ABI_VERSION) return NULL;
    plugin.manifest = manifest_bytes;
    plugin.manifest_length = manifest(manifest_bytes, sizeof manifest_bytes);
    return &plugin;
}
