/*
 * The part of OpenVINO's C API that Vitrine uses, found at run time.
 *
 * The library is opened from a folder with dlopen, so that nothing of OpenVINO is needed to build. The declarations in
 * openvino_shim.c follow the headers of version 2026.4; cov_library_open refuses any other, because the values of the
 * enumerations move between versions.
 *
 * Every function that returns int gives 0 on success; otherwise `error` holds OpenVINO's message, NUL-terminated. Objects may be
 * used on any thread, one call at a time for each object.
 */
#ifndef VITRINE_OPENVINO_SHIM_H
#define VITRINE_OPENVINO_SHIM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cov_library cov_library;
typedef struct cov_model cov_model;
typedef struct cov_request cov_request;
typedef struct cov_tensor cov_tensor;

#define COV_ERROR_BYTES_MAX 1024
typedef struct cov_error {
    char text[COV_ERROR_BYTES_MAX];
} cov_error;

/* OpenVINO's element types, as far as tensors of Vitrine have them. */
enum { COV_BOOLEAN = 1, COV_F16 = 3, COV_F32 = 4, COV_I32 = 9, COV_I64 = 10, COV_U8 = 16 };

#define COV_RANK_MAX 8
#define COV_NAME_BYTES_MAX 256

/* One input or output of a model. A dimension from 0 or 1 to INT64_MAX or -1 is dynamic. */
typedef struct cov_port {
    char name[COV_NAME_BYTES_MAX];
    int32_t element_type;
    int32_t rank; /* -1 = the rank itself is dynamic */
    int64_t min[COV_RANK_MAX];
    int64_t max[COV_RANK_MAX]; /* -1 = without bound */
} cov_port;

/* The library and its one core stay for the process's life, because its threads outlive every model; opened again it is the same. */
int cov_library_open(const char *path, cov_library **library, cov_error *error);
/* "2026.4.1-22982-…" */
void cov_library_version(const cov_library *library, char *version, size_t capacity);

/* Reads (ONNX, TFLite, IR) and compiles for the CPU; blocks. */
int cov_model_compile(
    const cov_library *library, const char *path, size_t property_count, const char *const *keys, const char *const *values, cov_model **model,
    cov_error *error);
void cov_model_free(cov_model *model);
size_t cov_model_input_count(const cov_model *model);
size_t cov_model_output_count(const cov_model *model);
int cov_model_input(const cov_model *model, size_t index, cov_port *port, cov_error *error);
int cov_model_output(const cov_model *model, size_t index, cov_port *port, cov_error *error);
/* An output can have several names, of which a port tells one: finds it by any. 0 = found. */
int cov_model_output_named(const cov_model *model, const char *name, size_t *index);

/* `done` is called with `context` on a thread of OpenVINO after each start, when the outcome is about to be there. */
int cov_request_make(const cov_model *model, void (*done)(void *context), void *context, cov_request **request, cov_error *error);
void cov_request_free(cov_request *request);
int cov_request_set_input(cov_request *request, size_t index, const cov_tensor *tensor, cov_error *error);
int cov_request_set_output(cov_request *request, size_t index, const cov_tensor *tensor, cov_error *error);
int cov_request_start(cov_request *request, cov_error *error);
/* Blocks until the started inference has ended, and tells how. Not from within `done`. */
int cov_request_wait(cov_request *request, cov_error *error);
/* The tensor shares its memory with the request's output. */
int cov_request_output(cov_request *request, size_t index, cov_tensor **tensor, cov_error *error);

int cov_tensor_make(const cov_library *library, int32_t element_type, size_t rank, const int64_t *dims, cov_tensor **tensor, cov_error *error);
/* A tensor in memory of the caller's, which outlives it. */
int cov_tensor_wrap(
    const cov_library *library, int32_t element_type, size_t rank, const int64_t *dims, void *data, cov_tensor **tensor, cov_error *error);
void cov_tensor_free(cov_tensor *tensor);
void *cov_tensor_data(const cov_tensor *tensor);
size_t cov_tensor_bytes(const cov_tensor *tensor);
int32_t cov_tensor_element_type(const cov_tensor *tensor);
/* Returns the rank, or -1 if it is above COV_RANK_MAX. */
int32_t cov_tensor_shape(const cov_tensor *tensor, int64_t dims[COV_RANK_MAX]);

/* Names the calling thread, for debuggers; at most 15 bytes count. */
void cov_name_thread(const char *name);

/* Joins a thread that has ended: true; false, at once, while it runs. */
bool cov_join_if_over(pthread_t thread);

#endif
