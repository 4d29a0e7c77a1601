/* The image model on OpenVINO's own queue, fed with the same files through the same decoders and the same resampling as the plugin's.
 *
 *   queue LIBRARY MODEL STREAMS REQUESTS SECONDS FILE…     JPEG files; prints {"items":…, "seconds":…, "cpu_s":…} */
#include "../../tools/bench/queue.h"

#include <math.h>

#include "image_codec.h"

enum { SIDE = 260 };

typedef struct work {
    queue queue;
    size_t count;
    uint8_t **files;
    size_t *lengths;
} work;

static double cubic(double distance) {
    double x = fabs(distance);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/* As Plugins/ImageDecoding/Resampler.swift: first the rows are mixed, then the columns. */
static void resize(const uint8_t *source, int width, int height, uint8_t *target) {
    int sizes[2] = {height, width}, *starts[2], *counts[2], strides[2];
    float *weights[2];
    for (int axis = 0; axis < 2; axis++) {
        double scale = (double)sizes[axis] / SIDE, stretch = scale > 1 ? scale : 1, reach = 2 * stretch;
        strides[axis] = 2 * (int)ceil(reach) + 1;
        starts[axis] = calloc(SIDE, sizeof(int)), counts[axis] = calloc(SIDE, sizeof(int));
        weights[axis] = calloc((size_t)(strides[axis] * SIDE), sizeof(float));
        for (int i = 0; i < SIDE; i++) {
            double centre = (i + 0.5) * scale, sum = 0;
            int first = (int)fmax(0, centre - reach + 0.5), last = (int)fmin(sizes[axis], centre + reach + 0.5);
            for (int k = first; k < last; k++) sum += cubic((k + 0.5 - centre) / stretch);
            starts[axis][i] = first, counts[axis][i] = last - first;
            for (int k = first; k < last; k++) weights[axis][i * strides[axis] + k - first] = (float)(cubic((k + 0.5 - centre) / stretch) / sum);
        }
    }
    float *line = malloc((size_t)width * 3 * sizeof(float));
    for (int y = 0; y < SIDE; y++) {
        for (int tap = 0; tap < counts[0][y]; tap++) {
            const uint8_t *row = source + (size_t)(starts[0][y] + tap) * (size_t)width * 3;
            float weight = weights[0][y * strides[0] + tap];
            if (tap == 0)
                for (int i = 0; i < width * 3; i++) line[i] = weight * row[i];
            else
                for (int i = 0; i < width * 3; i++) line[i] += weight * row[i];
        }
        for (int x = 0; x < SIDE; x++) {
            float sum[3] = {0.5f, 0.5f, 0.5f};
            const float *pixel = line + starts[1][x] * 3, *weight = weights[1] + x * strides[1];
            for (int tap = 0; tap < counts[1][x]; tap++, pixel += 3)
                for (int c = 0; c < 3; c++) sum[c] += pixel[c] * weight[tap];
            for (int c = 0; c < 3; c++) target[(y * SIDE + x) * 3 + c] = (uint8_t)(sum[c] < 0 ? 0 : sum[c] > 255 ? 255 : sum[c]);
        }
    }
    free(line);
    for (int axis = 0; axis < 2; axis++) free(starts[axis]), free(counts[axis]), free(weights[axis]);
}

static void *feed(void *context) {
    work *w = context;
    uint8_t *square = malloc(SIDE * SIDE * 3);
    int64_t dims[] = {1, SIDE, SIDE, 3};
    char reason[IC_REASON_MAX];
    while (!atomic_load(&w->queue.over)) {
        size_t index = atomic_fetch_add(&w->queue.next, 1) % w->count;
        ic_header header;
        memset(&header, 0, sizeof header);
        if (ic_jpeg_header(w->files[index], w->lengths[index], &header, reason) != IC_OK) exit(1);
        unsigned eighths = 8;
        while (eighths > 1 && header.width * eighths / 8 >= SIDE * 3 && header.height * eighths / 8 >= SIDE * 3) eighths /= 2;
        uint32_t width, height;
        ic_jpeg_scaled_size(header.width, header.height, eighths, &width, &height);
        uint8_t *rgb = malloc((size_t)width * height * 3);
        if (ic_jpeg_decode(w->files[index], w->lengths[index], eighths, width, height, rgb, reason) != IC_OK) exit(1);
        resize(rgb, (int)width, (int)height, square);
        if (header.icc) ic_to_srgb(header.icc, header.icc_length, square, SIDE * SIDE);
        free(rgb);
        ic_header_free(&header);
        queue_start(queue_take(&w->queue), COV_U8, 4, dims, square);
    }
    free(square);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc < 7) return 2;
    work *w = calloc(1, sizeof *w);
    queue_open(&w->queue, argv[1], argv[2], atoi(argv[3]), atoi(argv[4]));
    w->count = (size_t)(argc - 6);
    w->files = calloc(w->count, sizeof *w->files), w->lengths = calloc(w->count, sizeof *w->lengths);
    for (size_t i = 0; i < w->count; i++) {
        FILE *file = fopen(argv[6 + i], "rb");
        if (!file) return 1;
        fseek(file, 0, SEEK_END);
        w->lengths[i] = (size_t)ftell(file);
        rewind(file);
        w->files[i] = malloc(w->lengths[i]);
        if (fread(w->files[i], 1, w->lengths[i], file) != w->lengths[i]) return 1;
        fclose(file);
    }
    queue_run(&w->queue, feed, w, 2, atof(argv[5]));
    return 0;
}
