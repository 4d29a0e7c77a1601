// Inner products. One source, compiled for three instruction sets; the loader picks the widest the machine has, so
// results are equal bit for bit on equal instruction sets only.
#include "vitrine_hnsw.h"

// Sanitizers are not set up yet when the loader picks, and crash there: under them there is one version.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ONE_VERSION
#endif
#endif

#if defined(__x86_64__) && !defined(ONE_VERSION)
#define WIDEST __attribute__((target_clones("avx512f", "arch=haswell", "default")))
#else
#define WIDEST
#endif

enum { lanes = 64 };

// Sixty-four partial sums: four wide registers whose additions do not wait for each other, summed in a fixed order.
#define SUM_INTO(result, a, b, count)                                                          \
    do {                                                                                       \
        float partial[lanes] = {0};                                                            \
        size_t at = 0;                                                                         \
        for (; at + lanes <= (count); at += lanes)                                             \
            for (size_t lane = 0; lane < lanes; lane++) partial[lane] += (a)[at + lane] * (b)[at + lane]; \
        float rest = 0;                                                                        \
        for (; at < (count); at++) rest += (a)[at] * (b)[at];                                  \
        for (size_t width = lanes / 2; width > 0; width /= 2)                                  \
            for (size_t lane = 0; lane < width; lane++) partial[lane] += partial[lane + width]; \
        (result) = partial[0] + rest;                                                          \
    } while (0)

WIDEST float vt_dot(const float *a, const float *b, size_t count) {
    float result;
    SUM_INTO(result, a, b, count);
    return result;
}

WIDEST void vt_dot_rows(const float *rows, size_t count, size_t dim, const float *query, float weight, float *scores) {
    for (size_t row = 0; row < count; row++) {
        const float *values = rows + row * dim;
        float sum;
        SUM_INTO(sum, values, query, dim);
        scores[row] += weight * sum;
    }
}

WIDEST int32_t vt_dot_codes(const int8_t *a, const int8_t *b, size_t count) {
    int32_t sum = 0;
    // Left alone, the compiler takes half registers.
#pragma clang loop vectorize_width(16) interleave_count(4)
    for (size_t at = 0; at < count; at++) sum += (int32_t)((int16_t)a[at] * (int16_t)b[at]);
    return sum;
}
