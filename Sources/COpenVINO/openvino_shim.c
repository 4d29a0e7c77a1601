#define _GNU_SOURCE /* pthread_setname_np, pthread_tryjoin_np */
#include "openvino_shim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The pinned version; see the header. */
#define VERSION_PREFIX "2026.4."

/* OpenVINO's own types, by their layout in 2026.4. */
typedef int32_t ov_status;
typedef struct { int64_t rank; int64_t *dims; } ov_shape;
typedef struct { int64_t min; int64_t max; } ov_dimension;
typedef struct { ov_dimension rank; ov_dimension *dims; } ov_partial_shape;
typedef struct { const char *key; const void *value; } ov_property;
typedef struct { const char *build_number; const char *description; } ov_version;
typedef struct { void (*function)(void *arguments); void *arguments; } ov_callback;

/* Every function used: result, name without "ov_", parameters. */
#define OV_FUNCTIONS(F) \
    F(ov_status, get_openvino_version, (ov_version *)) \
    F(void, version_free, (ov_version *)) \
    F(const char *, get_error_info, (ov_status)) \
    F(const char *, get_last_err_msg, (void)) \
    F(void, free, (const char *)) \
    F(ov_status, core_create, (void **)) \
    F(ov_status, core_compile_model_from_file_props, (const void *, const char *, const char *, size_t, const ov_property *, void **)) \
    F(void, compiled_model_free, (void *)) \
    F(ov_status, compiled_model_inputs_size, (const void *, size_t *)) \
    F(ov_status, compiled_model_outputs_size, (const void *, size_t *)) \
    F(ov_status, compiled_model_input_by_index, (const void *, size_t, void **)) \
    F(ov_status, compiled_model_output_by_index, (const void *, size_t, void **)) \
    F(ov_status, compiled_model_output_by_name, (const void *, const char *, void **)) \
    F(ov_status, compiled_model_create_infer_request, (const void *, void **)) \
    F(ov_status, port_get_any_name, (const void *, char **)) \
    F(ov_status, port_get_partial_shape, (const void *, ov_partial_shape *)) \
    F(ov_status, port_get_element_type, (const void *, int32_t *)) \
    F(void, output_const_port_free, (void *)) \
    F(void, partial_shape_free, (ov_partial_shape *)) \
    F(void, infer_request_free, (void *)) \
    F(ov_status, infer_request_set_callback, (void *, const ov_callback *)) \
    F(ov_status, infer_request_set_input_tensor_by_index, (void *, size_t, const void *)) \
    F(ov_status, infer_request_set_output_tensor_by_index, (void *, size_t, const void *)) \
    F(ov_status, infer_request_get_output_tensor_by_index, (const void *, size_t, void **)) \
    F(ov_status, infer_request_start_async, (void *)) \
    F(ov_status, infer_request_wait, (void *)) \
    F(ov_status, tensor_create, (int32_t, ov_shape, void **)) \
    F(ov_status, tensor_create_from_host_ptr, (int32_t, ov_shape, void *, void **)) \
    F(void, tensor_free, (void *)) \
    F(ov_status, tensor_data, (const void *, void **)) \
    F(ov_status, tensor_get_byte_size, (const void *, size_t *)) \
    F(ov_status, tensor_get_element_type, (const void *, int32_t *)) \
    F(ov_status, tensor_get_shape, (const void *, ov_shape *)) \
    F(void, shape_free, (ov_shape *))

struct cov_library {
#define MEMBER(result, name, parameters) result(*name) parameters;
    OV_FUNCTIONS(MEMBER)
#undef MEMBER
    char version[128];
    void *core;
};

struct cov_model {
    const cov_library *library;
    void *handle;
};

/* OpenVINO keeps the pointer to the callback: it lives as long as the request. */
struct cov_request {
    const cov_library *library;
    void *handle;
    ov_callback callback;
};

struct cov_tensor {
    const cov_library *library;
    void *handle;
};

static void say(cov_error *error, const char *what, const char *why) {
    snprintf(error->text, sizeof error->text, "%s%s%s", what, why[0] ? ": " : "", why);
}

/* 0 when `status` is OK; otherwise fills `error`. The message is the calling thread's last. */
static int failed(const cov_library *library, ov_status status, const char *what, cov_error *error) {
    if (status == 0) return 0;
    const char *message = library->get_last_err_msg();
    if (!message || !message[0]) message = library->get_error_info(status);
    say(error, what, message ? message : "");
    return 1;
}

static int out_of_memory(cov_error *error) {
    say(error, "out of memory", "");
    return 1;
}

static int open_library(const char *path, cov_library **out, cov_error *error) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) {
        const char *why = dlerror();
        say(error, "OpenVINO cannot be loaded", why ? why : path);
        return 1;
    }
    cov_library *library = calloc(1, sizeof *library);
    if (!library) {
        dlclose(handle);
        return out_of_memory(error);
    }
    const char *missing = NULL;
#define FIND(result, name, parameters) \
    if (!missing && !(library->name = (result(*) parameters)dlsym(handle, "ov_" #name))) missing = "ov_" #name;
    OV_FUNCTIONS(FIND)
#undef FIND
    ov_version version = {NULL, NULL};
    if (missing) {
        say(error, "the OpenVINO library lacks a function", missing);
    } else if (!failed(library, library->get_openvino_version(&version), "OpenVINO does not tell its version", error)) {
        snprintf(library->version, sizeof library->version, "%s", version.build_number ? version.build_number : "");
        library->version_free(&version);
        if (strncmp(library->version, VERSION_PREFIX, strlen(VERSION_PREFIX)) != 0) {
            say(error, "OpenVINO " VERSION_PREFIX "x is needed, this is", library->version);
        } else if (!failed(library, library->core_create(&library->core), "OpenVINO does not start", error)) {
            *out = library;
            return 0;
        }
    }
    free(library);
    dlclose(handle);
    return 1;
}

/* One for the process: whatever was opened first. */
int cov_library_open(const char *path, cov_library **out, cov_error *error) {
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static cov_library *opened;
    pthread_mutex_lock(&mutex);
    int bad = opened ? 0 : open_library(path, &opened, error);
    *out = opened;
    pthread_mutex_unlock(&mutex);
    return bad;
}

void cov_library_version(const cov_library *library, char *version, size_t capacity) {
    snprintf(version, capacity, "%s", library->version);
}

int cov_model_compile(
    const cov_library *library, const char *path, size_t property_count, const char *const *keys, const char *const *values, cov_model **out,
    cov_error *error) {
    cov_model *model = calloc(1, sizeof *model);
    ov_property *properties = calloc(property_count + 1, sizeof *properties);
    if (!model || !properties) {
        free(model);
        free(properties);
        return out_of_memory(error);
    }
    for (size_t i = 0; i < property_count; i++) properties[i] = (ov_property){keys[i], values[i]};
    model->library = library;
    ov_status status = library->core_compile_model_from_file_props(library->core, path, "CPU", property_count, properties, &model->handle);
    free(properties);
    if (failed(library, status, "the model cannot be compiled", error)) {
        free(model);
        return 1;
    }
    *out = model;
    return 0;
}

void cov_model_free(cov_model *model) {
    model->library->compiled_model_free(model->handle);
    free(model);
}

size_t cov_model_input_count(const cov_model *model) {
    size_t count = 0;
    return model->library->compiled_model_inputs_size(model->handle, &count) == 0 ? count : 0;
}

size_t cov_model_output_count(const cov_model *model) {
    size_t count = 0;
    return model->library->compiled_model_outputs_size(model->handle, &count) == 0 ? count : 0;
}

/* Takes over `handle`. */
static int describe(const cov_library *library, void *handle, cov_port *port, cov_error *error) {
    memset(port, 0, sizeof *port);
    char *name = NULL;
    /* A port without a name is legal; it is then known by its index only. */
    if (library->port_get_any_name(handle, &name) == 0 && name) {
        snprintf(port->name, sizeof port->name, "%s", name);
        library->free(name);
    }
    ov_partial_shape shape = {{0, 0}, NULL};
    int bad = failed(library, library->port_get_element_type(handle, &port->element_type), "a port without element type", error) ||
              failed(library, library->port_get_partial_shape(handle, &shape), "a port without shape", error);
    library->output_const_port_free(handle);
    if (bad) return 1;
    port->rank = shape.rank.min == shape.rank.max ? (int32_t)shape.rank.max : -1;
    if (port->rank > COV_RANK_MAX) {
        library->partial_shape_free(&shape);
        say(error, "a port has more than 8 dimensions", port->name);
        return 1;
    }
    for (int32_t i = 0; i < port->rank; i++) {
        port->min[i] = shape.dims[i].min;
        port->max[i] = shape.dims[i].max == INT64_MAX ? -1 : shape.dims[i].max;
    }
    library->partial_shape_free(&shape);
    return 0;
}

int cov_model_input(const cov_model *model, size_t index, cov_port *port, cov_error *error) {
    void *handle = NULL;
    ov_status status = model->library->compiled_model_input_by_index(model->handle, index, &handle);
    return failed(model->library, status, "no such input", error) || describe(model->library, handle, port, error);
}

int cov_model_output(const cov_model *model, size_t index, cov_port *port, cov_error *error) {
    void *handle = NULL;
    ov_status status = model->library->compiled_model_output_by_index(model->handle, index, &handle);
    return failed(model->library, status, "no such output", error) || describe(model->library, handle, port, error);
}

int cov_model_output_named(const cov_model *model, const char *name, size_t *index) {
    const cov_library *library = model->library;
    void *wanted = NULL;
    if (library->compiled_model_output_by_name(model->handle, name, &wanted) != 0) return 1;
    cov_port port, other;
    cov_error ignored;
    int found = describe(library, wanted, &port, &ignored) == 0 ? 1 : -1;
    /* Ports have no number of their own: two handles are of one output when OpenVINO gives them the same first name. */
    for (size_t i = 0; found == 1 && i < cov_model_output_count(model); i++) {
        if (cov_model_output(model, i, &other, &ignored) == 0 && strcmp(other.name, port.name) == 0) {
            *index = i;
            return 0;
        }
    }
    return 1;
}

int cov_request_make(const cov_model *model, void (*done)(void *context), void *context, cov_request **out, cov_error *error) {
    cov_request *request = calloc(1, sizeof *request);
    if (!request) return out_of_memory(error);
    request->library = model->library;
    request->callback = (ov_callback){done, context};
    if (failed(model->library, model->library->compiled_model_create_infer_request(model->handle, &request->handle), "no inference request", error)) {
        free(request);
        return 1;
    }
    if (failed(model->library, model->library->infer_request_set_callback(request->handle, &request->callback), "no callback", error)) {
        cov_request_free(request);
        return 1;
    }
    *out = request;
    return 0;
}

void cov_request_free(cov_request *request) {
    request->library->infer_request_free(request->handle);
    free(request);
}

int cov_request_set_input(cov_request *request, size_t index, const cov_tensor *tensor, cov_error *error) {
    ov_status status = request->library->infer_request_set_input_tensor_by_index(request->handle, index, tensor->handle);
    return failed(request->library, status, "the input does not fit", error);
}

int cov_request_set_output(cov_request *request, size_t index, const cov_tensor *tensor, cov_error *error) {
    ov_status status = request->library->infer_request_set_output_tensor_by_index(request->handle, index, tensor->handle);
    return failed(request->library, status, "the output does not fit", error);
}

int cov_request_start(cov_request *request, cov_error *error) {
    return failed(request->library, request->library->infer_request_start_async(request->handle), "the inference does not start", error);
}

int cov_request_wait(cov_request *request, cov_error *error) {
    return failed(request->library, request->library->infer_request_wait(request->handle), "the inference failed", error);
}

static int wrap(const cov_library *library, void *handle, cov_tensor **out, cov_error *error) {
    cov_tensor *tensor = calloc(1, sizeof *tensor);
    if (!tensor) {
        library->tensor_free(handle);
        return out_of_memory(error);
    }
    tensor->library = library;
    tensor->handle = handle;
    *out = tensor;
    return 0;
}

int cov_request_output(cov_request *request, size_t index, cov_tensor **tensor, cov_error *error) {
    void *handle = NULL;
    ov_status status = request->library->infer_request_get_output_tensor_by_index(request->handle, index, &handle);
    return failed(request->library, status, "no such output", error) || wrap(request->library, handle, tensor, error);
}

int cov_tensor_make(const cov_library *library, int32_t element_type, size_t rank, const int64_t *dims, cov_tensor **tensor, cov_error *error) {
    int64_t copy[COV_RANK_MAX];
    if (rank > COV_RANK_MAX) {
        say(error, "a tensor has at most 8 dimensions", "");
        return 1;
    }
    memcpy(copy, dims, rank * sizeof *dims);
    void *handle = NULL;
    ov_status status = library->tensor_create(element_type, (ov_shape){(int64_t)rank, copy}, &handle);
    return failed(library, status, "no such tensor", error) || wrap(library, handle, tensor, error);
}

int cov_tensor_wrap(
    const cov_library *library, int32_t element_type, size_t rank, const int64_t *dims, void *data, cov_tensor **tensor, cov_error *error) {
    int64_t copy[COV_RANK_MAX];
    if (rank > COV_RANK_MAX) {
        say(error, "a tensor has at most 8 dimensions", "");
        return 1;
    }
    memcpy(copy, dims, rank * sizeof *dims);
    void *handle = NULL;
    ov_status status = library->tensor_create_from_host_ptr(element_type, (ov_shape){(int64_t)rank, copy}, data, &handle);
    return failed(library, status, "no such tensor", error) || wrap(library, handle, tensor, error);
}

void cov_tensor_free(cov_tensor *tensor) {
    tensor->library->tensor_free(tensor->handle);
    free(tensor);
}

void *cov_tensor_data(const cov_tensor *tensor) {
    void *data = NULL;
    return tensor->library->tensor_data(tensor->handle, &data) == 0 ? data : NULL;
}

size_t cov_tensor_bytes(const cov_tensor *tensor) {
    size_t bytes = 0;
    return tensor->library->tensor_get_byte_size(tensor->handle, &bytes) == 0 ? bytes : 0;
}

int32_t cov_tensor_element_type(const cov_tensor *tensor) {
    int32_t type = 0;
    return tensor->library->tensor_get_element_type(tensor->handle, &type) == 0 ? type : 0;
}

int32_t cov_tensor_shape(const cov_tensor *tensor, int64_t dims[COV_RANK_MAX]) {
    ov_shape shape = {0, NULL};
    if (tensor->library->tensor_get_shape(tensor->handle, &shape) != 0) return -1;
    int32_t rank = shape.rank <= COV_RANK_MAX ? (int32_t)shape.rank : -1;
    for (int32_t i = 0; i < rank; i++) dims[i] = shape.dims[i];
    tensor->library->shape_free(&shape);
    return rank;
}

void cov_name_thread(const char *name) {
    char cut[16];
    snprintf(cut, sizeof cut, "%s", name);
    pthread_setname_np(pthread_self(), cut);
}

bool cov_join_if_over(pthread_t thread) { return pthread_tryjoin_np(thread, NULL) == 0; }
