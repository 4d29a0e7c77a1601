/*
 * Vitrine plugin ABI, version 1.
 *
 * A plugin is a shared object that exports one symbol, `vitrine_plugin`. It turns the messages of a
 * stream (serialized vitrine.v1.ClientMessage) into others (serialized vitrine.v1.PluginOutput).
 *
 *   load ──▶ vitrine_plugin() ──▶ create ──▶ open ──▶ data … ──▶ half_close ──▶ (emit …) close ──▶ destroy
 *                                   │          └──▶ cancel ─┘ at any time
 *                                   └ one instance per (generation, loop)
 *
 * Threads. Every function of vt_plugin is called on the loop that owns the instance, and only there,
 * except `create`, which may come on a loader thread before the loop has seen the instance (it may read files; calls for several
 * loops' instances come one after the other), and `self_test`, which runs in a probe process. A vt_job runs on a pool thread and may touch nothing
 * but its own context. Every function of vt_host is called on the instance's loop, except `log`, `metric_add`,
 * `now_us` and the buffer and tensor functions other than `tensor_make`, which any thread may call. Nothing here
 * blocks; a plugin starts no thread that its manifest does not declare (PluginManifest.own_threads). The host never
 * calls into a plugin from within one of the plugin's own calls to the host. The vt_host table lives as long as the process,
 * a vt_instance until `destroy` returns.
 *
 * Completions. `infer`, `compute` and `timer` start an operation that carries {instance, stream, operation}.
 * Each accepted operation is completed exactly once through vt_plugin.completed. After a stream has closed (by
 * `close`, `cancel`, or the host) every outstanding operation is completed once with VT_CANCELLED, then the
 * stream is never named again. A compute job is completed only after it has returned or can no longer start, so its
 * context may be freed then. `destroy` comes when no operation is outstanding.
 *
 * Memory. A vt_buffer is reference-counted. Input is borrowed until the call returns unless retained; `emit`
 * takes over the caller's reference, also when it fails. No Swift or C++ object, exception, closure or global crosses.
 *
 * Growth. Every struct begins with its size. A reader looks at no field beyond the size it was given.
 */
#ifndef VITRINE_PLUGIN_H
#define VITRINE_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VT_ABI_VERSION 1u
#define VT_ENTRY_POINT "vitrine_plugin"

/* gRPC's status codes, the only error vocabulary. */
typedef int32_t vt_status;
enum {
    VT_OK = 0,
    VT_CANCELLED = 1,
    VT_UNKNOWN = 2,
    VT_INVALID_ARGUMENT = 3,
    VT_DEADLINE_EXCEEDED = 4,
    VT_NOT_FOUND = 5,
    VT_ALREADY_EXISTS = 6,
    VT_PERMISSION_DENIED = 7,
    VT_RESOURCE_EXHAUSTED = 8,
    VT_FAILED_PRECONDITION = 9,
    VT_ABORTED = 10,
    VT_OUT_OF_RANGE = 11,
    VT_UNIMPLEMENTED = 12,
    VT_INTERNAL = 13,
    VT_UNAVAILABLE = 14,
    VT_DATA_LOSS = 15,
    VT_UNAUTHENTICATED = 16
};

/* Tokens, never pointers. 0 names nothing. */
typedef uint64_t vt_stream;
typedef uint64_t vt_operation;
typedef uint32_t vt_model;

typedef struct vt_instance vt_instance; /* the host's side of one instance */

/* Bytes with an owner. `length` bytes at `data`, immutable while shared. */
typedef struct vt_buffer {
    uint32_t struct_size;
    const uint8_t *data;
    size_t length;
    void (*retain)(struct vt_buffer *buffer);
    void (*release)(struct vt_buffer *buffer);
} vt_buffer;

typedef int32_t vt_dtype;
enum { VT_F32 = 1, VT_I64 = 2, VT_I32 = 3, VT_U8 = 4, VT_F16 = 5, VT_BOOLEAN = 6 };
#define VT_RANK_MAX 8u

typedef struct vt_shape {
    uint32_t rank;
    int64_t dims[VT_RANK_MAX];
} vt_shape;

/* A host-owned tensor, charged to the memory budget of the stream it was made for. One request's output can be
 * the next one's input without a copy. Its address, shape and type never change. */
typedef struct vt_tensor vt_tensor;

typedef struct vt_named_tensor {
    const char *name;
    vt_tensor *tensor;
} vt_named_tensor;

typedef int32_t vt_priority;
enum { VT_FINAL = 0, VT_INTERACTIVE = 1, VT_PARTIAL = 2, VT_VIDEO = 3, VT_BACKGROUND = 4 };

typedef int32_t vt_log_level;
enum { VT_LOG_DEBUG = 0, VT_LOG_INFO = 1, VT_LOG_WARNING = 2, VT_LOG_ERROR = 3 };

typedef struct vt_open {
    uint32_t struct_size;
    uint64_t session_key; /* fairness key and seed of whatever is random */
    uint64_t turn_id;
    uint32_t epoch;       /* raised by cancellation; emissions of an older epoch are dropped */
    uint64_t deadline_us; /* on the host's clock; 0 = none */
    const char *language; /* BCP 47 or "" */
} vt_open;

/* One message. `kind` is the tag of ClientMessage's oneof; `payload` is the serialized ClientMessage. */
typedef struct vt_message {
    uint32_t struct_size;
    uint32_t kind;
    uint32_t revision;
    uint64_t turn_id;
    uint64_t capture_time_us; /* clamped to arrival */
    uint64_t deadline_us;     /* 0 = none */
    vt_buffer *payload;
} vt_message;

typedef int32_t vt_operation_kind;
enum { VT_OPERATION_INFER = 1, VT_OPERATION_COMPUTE = 2, VT_OPERATION_TIMER = 3 };

/* What came of an operation. Tensors are borrowed until `completed` returns unless retained. */
typedef struct vt_completion {
    uint32_t struct_size;
    vt_operation_kind kind;
    vt_operation operation;
    vt_status status;
    const char *message; /* why, when status is not VT_OK; "" otherwise */
    uint32_t output_count;
    const vt_named_tensor *outputs; /* in the order asked for */
} vt_completion;

/* Runs on a pool thread. Must return soon after `deadline`; what it returns becomes the completion's status. */
typedef vt_status (*vt_job)(void *context);

typedef struct vt_infer {
    uint32_t struct_size;
    vt_model model;
    vt_priority priority;
    uint64_t deadline_us; /* 0 = the stream's */
    uint32_t input_count;
    const vt_named_tensor *inputs; /* retained by the host until completion */
    uint32_t output_count;
    const char *const *outputs;
} vt_infer;

typedef struct vt_host {
    uint32_t struct_size;
    uint32_t abi_version;

    /* Streams. `emit` gives one serialized PluginOutput, whose oneof tag is `kind`; VT_RESOURCE_EXHAUSTED when the
     * stream's output queue is full. `close` ends the stream from the plugin's side, once. */
    vt_status (*emit)(vt_instance *instance, vt_stream stream, uint32_t kind, vt_buffer *payload);
    void (*close)(vt_instance *instance, vt_stream stream, vt_status code, const char *message);

    /* Operations. On VT_OK *operation names it and it will be completed; otherwise nothing was started. */
    vt_status (*infer)(vt_instance *instance, vt_stream stream, const vt_infer *request, vt_operation *operation);
    vt_status (*compute)(vt_instance *instance, vt_stream stream, vt_job job, void *context, uint64_t deadline_us, vt_operation *operation);
    vt_status (*timer)(vt_instance *instance, vt_stream stream, uint64_t delay_us, vt_operation *operation);
    void (*abandon)(vt_instance *instance, vt_operation operation); /* completed with VT_CANCELLED, later, as always */

    /* Models named in the manifest are compiled before `create`. 0 = the manifest does not name it. */
    vt_model (*model)(vt_instance *instance, const char *name);
    const char *(*model_path)(vt_instance *instance, const char *name); /* for vocabularies beside a model */

    /* Tensors. Made with one reference, zero-filled when `data` is NULL. NULL when the budget is used up or the shape is invalid. */
    vt_tensor *(*tensor_make)(vt_instance *instance, vt_stream stream, vt_dtype dtype, const vt_shape *shape, const void *data);
    void *(*tensor_data)(vt_tensor *tensor);
    size_t (*tensor_bytes)(const vt_tensor *tensor);
    vt_dtype (*tensor_dtype)(const vt_tensor *tensor);
    vt_shape (*tensor_shape)(const vt_tensor *tensor);
    void (*tensor_retain)(vt_tensor *tensor);
    void (*tensor_release)(vt_tensor *tensor);

    /* A buffer that the host owns, with a copy of `data`. */
    vt_buffer *(*buffer_make)(const void *data, size_t length);

    /* Clock (the host's, which can be virtual), randomness (seeded by the session), configuration, log, metrics. */
    uint64_t (*now_us)(vt_instance *instance);
    uint64_t (*random)(vt_instance *instance, vt_stream stream);
    const char *(*config)(vt_instance *instance, const char *key); /* NULL = not set; lives as long as the instance */
    void (*log)(vt_instance *instance, vt_log_level level, const char *message);
    void (*metric_add)(vt_instance *instance, const char *name, double value); /* a counter */
} vt_host;

typedef struct vt_plugin vt_plugin;
struct vt_plugin {
    uint32_t struct_size;
    uint32_t abi_version;
    void *user; /* the plugin's own, for `create`, which gets the table back */

    /* Serialized vitrine.v1.PluginManifest; lives as long as the library. */
    const uint8_t *manifest;
    size_t manifest_length;

    /* *state is the instance's own; given back as the first argument of everything below. Until `create`
     * returns only `model`, `model_path`, `config`, `log` and `now_us` may be called on the host. On failure `error` (of
     * error_capacity bytes) may be filled with a reason. */
    vt_status (*create)(const vt_plugin *plugin, const vt_host *host, vt_instance *instance, void **state, char *error, size_t error_capacity);
    void (*destroy)(void *state);

    /* Anything but VT_OK refuses the stream; a reason can be given by calling the host's `close` before returning. */
    vt_status (*open)(void *state, vt_stream stream, const vt_open *open);
    /* Anything but VT_OK closes the stream with that status. */
    vt_status (*data)(void *state, vt_stream stream, const vt_message *message);
    void (*half_close)(void *state, vt_stream stream);
    void (*cancel)(void *state, vt_stream stream);
    void (*completed)(void *state, vt_stream stream, const vt_completion *completion);

    /* Streams with work that has not been emitted yet. */
    uint32_t (*pending)(void *state);

    /* Optional (NULL): checks in a probe process that the plugin works at all. */
    vt_status (*self_test)(void *state, char *error, size_t error_capacity);
    /* Optional (NULL): hand a stream's state to the next generation, at a moment when no operation of the stream is under way and
     * all it emitted was delivered. Ownership of *bytes passes on; NULL = nothing to carry. VT_UNAVAILABLE: not now, ask again when
     * the stream rests next; VT_UNIMPLEMENTED: never. After an export that the next generation took, `cancel` ends the stream here.
     * import_state follows `open` in the new generation; `bytes` is borrowed as input is. A plugin whose manifest says that it is
     * not stateful has its streams moved without either. */
    vt_status (*export_state)(void *state, vt_stream stream, vt_buffer **bytes);
    vt_status (*import_state)(void *state, vt_stream stream, const vt_buffer *bytes);
};

/* The one exported symbol, called once per load. Returns NULL when the plugin cannot serve this ABI version. */
typedef const vt_plugin *(*vt_entry_point)(uint32_t host_abi_version);

#ifdef __cplusplus
}
#endif
#endif
