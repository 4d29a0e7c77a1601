/*
 * Approximate nearest neighbours by inner product (hnswlib) behind a C interface.
 *
 * Higher score is nearer. The graph keeps each row as 8-bit codes with one scale: a quarter of the memory, and of the
 * time to fetch it, of single precision. The caller keeps the rows themselves (`vt_hnsw_block`, in memory or mapped from
 * a file); a search ranks its best candidates by them again, so that scores are exact.
 *
 * No C++ exception crosses: every call returns a vt_hnsw_status and, on failure, writes a reason into `error` (always
 * terminated). One writer at a time and no search meanwhile; searches may run side by side. Labels are row numbers below
 * the capacity.
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

/* Columns of the rows that the graph stands for: row r begins at rows + r·dim. The dims of all blocks add up to the
 * index's. A label beyond `count` has zeros in this block. */
typedef struct vt_hnsw_block {
    const float *rows;
    size_t count;
    size_t dim;
} vt_hnsw_block;

/* How a search went about it. */
typedef struct vt_hnsw_effort {
    uint32_t compared;  /* codes that were compared with the query's */
    uint32_t scanned;   /* 1 = the allowed rows were looked at one by one, 0 = the graph was walked */
} vt_hnsw_effort;

/* `links` is HNSW's M, `ef_construction` the width of the search while building. Equal rows added in equal order by one
 * thread give an equal index: the level generator has a fixed seed. */
vt_hnsw_status vt_hnsw_make(
    uint32_t dim, uint32_t capacity, uint32_t links, uint32_t ef_construction, vt_hnsw **index, char *error, size_t error_capacity);
void vt_hnsw_free(vt_hnsw *index);

/* Rows ever added, with those marked deleted; and those alone. */
uint32_t vt_hnsw_count(const vt_hnsw *index);
uint32_t vt_hnsw_deleted(const vt_hnsw *index);

/* Adds the rows first … first + count - 1 of `blocks` under their numbers. More than one thread is faster, but the graph
 * then depends on their timing. A row that is there already is refused: what changes gets a new label. */
vt_hnsw_status vt_hnsw_add_rows(
    vt_hnsw *index, const vt_hnsw_block *blocks, size_t block_count, uint32_t first, uint32_t count, uint32_t threads, char *error,
    size_t error_capacity);
/* The row is never found again, though it still leads to its neighbours. */
vt_hnsw_status vt_hnsw_mark_deleted(vt_hnsw *index, uint32_t label, char *error, size_t error_capacity);
/* Room for more rows. */
vt_hnsw_status vt_hnsw_reserve(vt_hnsw *index, uint32_t capacity, char *error, size_t error_capacity);

/* The best `k` rows, best first (equal scores by label). `allowed` (NULL = all) has one byte for each label below
 * `allowed_count`; a row whose byte is 0 leads to its neighbours but takes no place among the `ef` best, so the filter
 * costs no recall. Where few rows are allowed they are compared one by one instead, and also when a walk has compared
 * more codes than that would. The best 4·k + 32 candidates are ranked again by `blocks` (block_count 0 = not). `ef` is
 * raised to `k`. `effort` may be NULL. */
vt_hnsw_status vt_hnsw_search(
    const vt_hnsw *index, const float *query, uint32_t k, uint32_t ef, const uint8_t *allowed, size_t allowed_count,
    const vt_hnsw_block *blocks, size_t block_count, vt_hnsw_hit *hits, uint32_t *hit_count, vt_hnsw_effort *effort, char *error,
    size_t error_capacity);

/* Writes the graph; the caller sees to it that a file is whole (checksum, rename). */
vt_hnsw_status vt_hnsw_save(vt_hnsw *index, const char *path, char *error, size_t error_capacity);
/* Reads a file whose checksum the caller has verified. Refuses another dimension, count or shape, and links or labels that lead nowhere: whatever is in
 * the file, a search of what was read stays within it. */
vt_hnsw_status vt_hnsw_load(
    const char *path, uint32_t dim, uint32_t count, uint32_t capacity, vt_hnsw **index, char *error, size_t error_capacity);

/* Σ aᵢbᵢ, single precision, with the widest vectors this machine has. */
float vt_dot(const float *a, const float *b, size_t count);
/* scores[r] += weight · Σ rows[r·dim + i] · query[i], for `count` rows. */
void vt_dot_rows(const float *rows, size_t count, size_t dim, const float *query, float weight, float *scores);
/* sums[i] += Σ weights[r] · rows[r·dim + i], over `count` rows one after the other: equal bit for bit on every machine. */
void vt_add_rows(const float *rows, size_t count, size_t dim, const float *weights, float *sums);
/* Σ aᵢbᵢ of 8-bit codes; exact on every machine for up to 133,000 codes. */
int32_t vt_dot_codes(const int8_t *a, const int8_t *b, size_t count);

#ifdef __cplusplus
}
#endif
#endif
