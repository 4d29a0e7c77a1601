/// A plugin in C that does what the first byte of a message says and reports by emitting short texts: it drives every service of the host, rightly
/// and wrongly. It is compiled by the tests; `manifest_bytes` is put before it.
let probeSource = #"""
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    #include "vitrine_plugin.h"

    #define LABELS 13u
    #ifndef TABLE_BYTES
    #define TABLE_BYTES sizeof(vt_plugin)
    #endif

    typedef struct { const vt_host *host; vt_instance *instance; int sleep_us; vt_operation last; } probe;

    static vt_status say(probe *p, vt_stream stream, const char *text) {
        return p->host->emit(p->instance, stream, LABELS, p->host->buffer_make(text, strlen(text)));
    }

    static vt_status create(const vt_plugin *plugin, const vt_host *host, vt_instance *instance, void **state, char *error, size_t capacity) {
        (void)plugin;
        const char *greeting = host->config(instance, "greeting");
        if (greeting && strcmp(greeting, "refuse") == 0) {
            snprintf(error, capacity, "refusing as told");
            return VT_FAILED_PRECONDITION;
        }
        probe *p = calloc(1, sizeof *p);
        p->host = host;
        p->instance = instance;
        *state = p;
        host->log(instance, VT_LOG_INFO, greeting ? greeting : "no greeting");
        return VT_OK;
    }

    static void destroy(void *state) {
        probe *p = state;
        p->host->log(p->instance, VT_LOG_INFO, "destroyed");
        free(p);
    }

    static vt_status open_stream(void *state, vt_stream stream, const vt_open *open) {
        probe *p = state;
        if (open->turn_id == 13) {
            p->host->close(p->instance, stream, VT_OUT_OF_RANGE, "not on the 13th");
            return VT_OUT_OF_RANGE;
        }
        return VT_OK;
    }

    static vt_status job(void *context) { usleep((unsigned)*(int *)context); return VT_OK; }
    static vt_status failing(void *context) { (void)context; return VT_DATA_LOSS; }

    static vt_status infer(probe *p, vt_stream stream, const char *second, int64_t columns) {
        float values[4] = {1, 2, 3, 4};
        vt_shape shape = {2, {1, columns}};
        vt_tensor *tensor = p->host->tensor_make(p->instance, stream, VT_F32, &shape, values);
        if (!tensor) return say(p, stream, "no tensor");
        vt_named_tensor inputs[] = {{"a", tensor}, {second, tensor}};
        const char *outputs[] = {"sum"};
        vt_infer request = {sizeof request, p->host->model(p->instance, "add"), VT_FINAL, 0, 2, inputs, 1, outputs};
        vt_status status = p->host->infer(p->instance, stream, &request, &p->last);
        p->host->tensor_release(tensor);
        return status;
    }

    /* Everything that names nothing: counts the INVALID_ARGUMENTs. */
    static int misuse(probe *p, vt_stream stream) {
        int refused = 0;
        vt_operation operation = 0;
        vt_shape shape = {1, {1}}, deep = {9, {0}};
        refused += p->host->emit(p->instance, stream + 1000, LABELS, p->host->buffer_make("x", 1)) == VT_INVALID_ARGUMENT;
        refused += p->host->emit(p->instance, stream, 999, p->host->buffer_make("x", 1)) == VT_INVALID_ARGUMENT;
        refused += p->host->emit(p->instance, stream, LABELS, NULL) == VT_INVALID_ARGUMENT;
        refused += p->host->timer(p->instance, stream + 1000, 1, &operation) == VT_INVALID_ARGUMENT;
        refused += p->host->timer(p->instance, stream, 1, NULL) == VT_INVALID_ARGUMENT;
        refused += p->host->compute(p->instance, stream + 1000, job, NULL, 0, &operation) == VT_INVALID_ARGUMENT;
        refused += p->host->compute(p->instance, stream, NULL, NULL, 0, &operation) == VT_INVALID_ARGUMENT;
        vt_infer request = {sizeof request, 77, VT_FINAL, 0, 0, NULL, 0, NULL};
        refused += p->host->infer(p->instance, stream, &request, &operation) == VT_INVALID_ARGUMENT;
        request.model = 1;
        request.priority = 88;
        refused += p->host->infer(p->instance, stream, &request, &operation) == VT_INVALID_ARGUMENT;
        request.priority = VT_FINAL;
        request.input_count = 3;
        refused += p->host->infer(p->instance, stream, &request, &operation) == VT_INVALID_ARGUMENT;
        refused += p->host->tensor_make(p->instance, stream + 1000, VT_F32, &shape, NULL) == NULL;
        refused += p->host->tensor_make(p->instance, stream, 99, &shape, NULL) == NULL;
        refused += p->host->tensor_make(p->instance, stream, VT_F32, &deep, NULL) == NULL;
        refused += p->host->model(p->instance, "nonesuch") == 0;
        p->host->abandon(p->instance, 4711);
        p->host->close(p->instance, stream + 1000, VT_OK, NULL);
        return refused;
    }

    static vt_status data(void *state, vt_stream stream, const vt_message *message) {
        probe *p = state;
        vt_operation operation;
        char text[64];
        switch (message->payload->length ? message->payload->data[0] : 0) {
        case 'e':
            message->payload->retain(message->payload);
            return p->host->emit(p->instance, stream, LABELS, message->payload);
        case 'c': p->sleep_us = 20000; return p->host->compute(p->instance, stream, job, &p->sleep_us, 0, &p->last);
        case 'd': return p->host->compute(p->instance, stream, failing, NULL, 0, &operation);
        case 't': return p->host->timer(p->instance, stream, 10000, &p->last);
        case 'T': return p->host->timer(p->instance, stream, 60000000, &p->last);
        case 'a': p->host->abandon(p->instance, p->last); return VT_OK;
        case 'i': return infer(p, stream, "b", 3);
        case 'j': return infer(p, stream, "nonesuch", 3);
        case 'k': return infer(p, stream, "b", 4);
        case 'x': p->host->close(p->instance, stream, VT_NOT_FOUND, "gone"); return VT_OK;
        case 'm': snprintf(text, sizeof text, "refused %d", misuse(p, stream)); return say(p, stream, text);
        case 'f': {
            int count = 0;
            while (say(p, stream, "flood") == VT_OK) count++;
            p->host->metric_add(p->instance, "flooded", count);
            return VT_OK;
        }
        case 'r': return VT_OUT_OF_RANGE;
        case 'n':
            snprintf(text, sizeof text, "random %d", p->host->random(p->instance, stream) != p->host->random(p->instance, stream));
            return say(p, stream, text);
        case 'p': return say(p, stream, p->host->model_path(p->instance, "add"));
        }
        return VT_INVALID_ARGUMENT;
    }

    static void half_close(void *state, vt_stream stream) {
        probe *p = state;
        say(p, stream, "last");
        p->host->close(p->instance, stream, VT_OK, "");
    }

    static void cancel(void *state, vt_stream stream) {
        probe *p = state;
        (void)stream;
        p->host->metric_add(p->instance, "cancel", 1);
    }

    static void completed(void *state, vt_stream stream, const vt_completion *completion) {
        probe *p = state;
        char text[256];
        const char *kinds[] = {"?", "infer", "compute", "timer"};
        snprintf(text, sizeof text, "%s %d %s", kinds[completion->kind], completion->status, completion->message);
        if (completion->output_count == 1) {
            const float *sum = p->host->tensor_data(completion->outputs[0].tensor);
            snprintf(text, sizeof text, "%s = %g %g %g", completion->outputs[0].name, sum[0], sum[1], sum[2]);
        }
        p->host->metric_add(p->instance, completion->status == VT_CANCELLED ? "cancelled" : "completed", 1);
        say(p, stream, text);
    }

    static uint32_t pending(void *state) { (void)state; return 0; }

    __attribute__((visibility("default"))) const vt_plugin *vitrine_plugin(uint32_t abi) {
        static const vt_plugin plugin = {
            .struct_size = TABLE_BYTES, .abi_version = VT_ABI_VERSION, .manifest = manifest_bytes, .manifest_length = sizeof manifest_bytes,
            .create = create, .destroy = destroy, .open = open_stream, .data = data, .half_close = half_close, .cancel = cancel,
            .completed = completed, .pending = pending,
        };
        return abi == VT_ABI_VERSION ? &plugin : NULL;
    }
    """#
