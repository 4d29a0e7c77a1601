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
#define WIDEST __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(ONE_VERSION) && __has_feature(thread_sanitizer)
// Watched number by number, a training of seconds takes minutes; who calls has touched what is passed, and that is watched.
#define WIDEST __attribute__((disable_sanitizer_instrumentation))
#else
#define WIDEST
#endif

// Eight numbers, wherever they lie. A processor without registers of that width takes two for each.
typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));

// Thirty-two partial sums in four registers whose additions do not wait for each other, summed in a fixed order.
static inline __attribute__((always_inline)) float sum_of_products(const float *a, const float *b, size_t count) {
    eight first = {0}, second = {0}, third = {0}, fourth = {0};
    size_t at = 0;
    for (; at + 32 <= count; at += 32) {
        first += *(const eight *)(a + at) * *(const eight *)(b + at);
        second += *(const eight *)(a + at + 8) * *(const eight *)(b + at + 8);
        third += *(const eight *)(a + at + 16) * *(const eight *)(b + at + 16);
        fourth += *(const eight *)(a + at + 24) * *(const eight *)(b + at + 24);
    }
    first = (first + second) + (third + fourth);
    float sum = ((first[0] + first[4]) + (first[2] + first[6])) + ((first[1] + first[5]) + (first[3] + first[7]));
    for (; at < count; at++) sum += a[at] * b[at];
    return sum;
}

WIDEST float vt_dot(const float *a, const float *b, size_t count) { return sum_of_products(a, b, count); }

WIDEST void vt_dot_rows(const float *rows, size_t count, size_t dim, const float *query, float weight, float *scores) {
    for (size_t row = 0; row < count; row++) scores[row] += weight * sum_of_products(rows + row * dim, query, dim);
}

WIDEST void vt_add_rows(const float *rows, size_t count, size_t dim, const float *weights, float *restrict sums) {
    // A product that is rounded by itself is so on every processor.
#pragma clang fp contract(off)
    for (size_t row = 0; row < count; row++) {
        for (size_t at = 0; at < dim; at++) sums[at] += weights[row] * rows[row * dim + at];
    }
}

WIDEST int32_t vt_dot_codes(const int8_t *a, const int8_t *b, size_t count) {
    int32_t sum = 0;
    // Left alone, the compiler takes half registers.
#pragma clang loop vectorize_width(16) interleave_count(4)
    for (size_t at = 0; at < count; at++) sum += (int32_t)((int16_t)a[at] * (int16_t)b[at]);
    return sum;
}
