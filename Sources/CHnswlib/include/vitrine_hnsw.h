/*
 * Approximate nearest neighbours by inner product (hnswlib) behind a C interface.
 *
 * Higher score is nearer. No C++ exception crosses: every call returns a vt_hnsw_status and, on failure, writes a
 * reason into `error` (always terminated). One writer at a time and no search meanwhile; searches may run side by
 * side. Labels are row numbers below the capacity.
 */
#ifndef VITRINE_HNSW_H
#define VITRINE_HNSW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vt_hnsw vt_hnsw;

typedef int32_t vt_hnsw_status;
enum {
    VT_HNSW_OK = 0,
    VT_HNSW_INVALID = 1,   /* an argument is out of range */
    VT_HNSW_FULL = 2,      /* more rows than the capacity */
    VT_HNSW_NO_MEMORY = 3,
    VT_HNSW_CORRUPT = 4,   /* the file is not an index of this kind, or damaged */
    VT_HNSW_IO = 5,
    VT_HNSW_INTERNAL = 6
};

typedef struct vt_hnsw_hit {
    uint32_t label;
    float score;
} vt_hnsw_hit;

/* `links` is HNSW's M, `ef_construction` the width of the search while building. Equal input in equal order gives an
 * equal index: the level generator has a fixed seed. */
vt_hnsw_status vt_hnsw_make(
    uint32_t dim, uint32_t capacity, uint32_t links, uint32_t ef_construction, vt_hnsw **index, char *error, size_t error_capacity);
void vt_hnsw_free(vt_hnsw *index);

uint32_t vt_hnsw_count(const vt_hnsw *index);

/* Adds a row, or replaces the one of that label. */
vt_hnsw_status vt_hnsw_add(vt_hnsw *index, uint32_t label, const float *vector, char *error, size_t error_capacity);
/* The row is never found again, though it still leads to its neighbours. */
vt_hnsw_status vt_hnsw_mark_deleted(vt_hnsw *index, uint32_t label, char *error, size_t error_capacity);

/* The best `k` rows, best first (equal scores by label). `allowed` (NULL = all) has one byte for each label below
 * `allowed_count`; a row whose byte is 0 leads to its neighbours but takes no place among the `ef` best, so the
 * filter costs no recall. `ef` is raised to `k`. */
vt_hnsw_status vt_hnsw_search(
    const vt_hnsw *index, const float *query, uint32_t k, uint32_t ef, const uint8_t *allowed, size_t allowed_count, vt_hnsw_hit *hits,
    uint32_t *hit_count, char *error, size_t error_capacity);

/* Writes `path` and `path`.check (dimension, count, checksum), each complete or not at all. */
vt_hnsw_status vt_hnsw_save(vt_hnsw *index, const char *path, char *error, size_t error_capacity);
/* Refuses a file whose checksum, dimension or count does not fit. */
vt_hnsw_status vt_hnsw_load(const char *path, uint32_t dim, uint32_t capacity, vt_hnsw **index, char *error, size_t error_capacity);

/* Σ aᵢbᵢ, single precision, with the widest vectors this machine has. */
float vt_dot(const float *a, const float *b, size_t count);
/* scores[r] += weight · Σ rows[r·dim + i] · query[i], for `count` rows. */
void vt_dot_rows(const float *rows, size_t count, size_t dim, const float *query, float weight, float *scores);

#ifdef __cplusplus
}
#endif
#endif
