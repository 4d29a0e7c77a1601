/* PNG through libpng: its errors leave by longjmp to the function that set the environment up. */
#include "image_codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

struct source {
    const uint8_t *data;
    size_t length;
    size_t position;
    char *reason;
};

struct sink {
    uint8_t *data;
    size_t length;
    size_t capacity;
};

static void fail(png_structp png, png_const_charp message) {
    struct source *source = png_get_error_ptr(png);
    if (source) snprintf(source->reason, IC_REASON_MAX, "%s", message);
    png_longjmp(png, 1);
}

static void quiet(png_structp png, png_const_charp message) {
    (void)png;
    (void)message;
}

static void take(png_structp png, png_bytep target, size_t count) {
    struct source *source = png_get_io_ptr(png);
    if (count > source->length - source->position) png_error(png, "the file ends early");
    memcpy(target, source->data + source->position, count);
    source->position += count;
}

/* NULL when there is no memory. Ancillary chunks are bounded, so that a small file cannot inflate text for ever. */
static png_structp reader(struct source *source, png_infop *info) {
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, source, fail, quiet);
    if (!png) return NULL;
    *info = png_create_info_struct(png);
    if (!*info) {
        png_destroy_read_struct(&png, NULL, NULL);
        return NULL;
    }
    png_set_read_fn(png, source, take);
    png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
    png_set_chunk_malloc_max(png, IC_ICC_BYTES_MAX);
    png_set_chunk_cache_max(png, 64);
    return png;
}

ic_result ic_png_header(const uint8_t *data, size_t length, ic_header *header, char *reason) {
    struct source source = {data, length, 0, reason};
    png_infop info = NULL;
    memset(header, 0, sizeof *header);
    png_structp png = reader(&source, &info);
    if (!png) return IC_NO_MEMORY;
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        ic_header_free(header);
        return IC_CORRUPT;
    }
    png_read_info(png, info);
    header->width = png_get_image_width(png, info);
    header->height = png_get_image_height(png, info);
    header->channels = png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR ? 3 : 1;
    png_charp name = NULL;
    int compression = 0;
    png_bytep icc = NULL;
    png_uint_32 icc_length = 0;
    if (png_get_iCCP(png, info, &name, &compression, &icc, &icc_length) == PNG_INFO_iCCP && icc_length <= IC_ICC_BYTES_MAX) {
        header->icc = malloc(icc_length);
        if (header->icc) {
            memcpy(header->icc, icc, icc_length);
            header->icc_length = icc_length;
        }
    }
    png_destroy_read_struct(&png, &info, NULL);
    return IC_OK;
}

static void on_white(const uint8_t *rgba, uint8_t *rgb, size_t pixels) {
    for (size_t i = 0; i < pixels; i++, rgba += 4, rgb += 3) {
        unsigned alpha = rgba[3];
        for (int channel = 0; channel < 3; channel++) rgb[channel] = (uint8_t)((rgba[channel] * alpha + 255u * (255u - alpha) + 127u) / 255u);
    }
}

ic_result ic_png_decode(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgb, char *reason) {
    struct source source = {data, length, 0, reason};
    png_infop info = NULL;
    png_structp png = reader(&source, &info);
    if (!png) return IC_NO_MEMORY;
    uint8_t *volatile buffer = NULL; /* one row, or the whole picture when it is interlaced */
    if (setjmp(png_jmpbuf(png))) {
        free(buffer);
        png_destroy_read_struct(&png, &info, NULL);
        return IC_CORRUPT;
    }
    png_read_info(png, info);
    if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height) png_error(png, "the header changed");
    int transparent = (png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS);
    png_set_expand(png); /* palette to RGB, 1-4 bit grey to 8, tRNS to alpha */
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    size_t channels = transparent ? 4 : 3;
    if (png_get_rowbytes(png, info) != width * channels) png_error(png, "unexpected row size");
    if (!transparent) {
        for (int pass = 0; pass < passes; pass++)
            for (uint32_t y = 0; y < height; y++) png_read_row(png, rgb + (size_t)y * width * 3, NULL);
    } else if (passes == 1) {
        buffer = malloc((size_t)width * 4);
        if (!buffer) png_error(png, "out of memory");
        for (uint32_t y = 0; y < height; y++) {
            png_read_row(png, buffer, NULL);
            on_white(buffer, rgb + (size_t)y * width * 3, width);
        }
    } else {
        buffer = calloc((size_t)width * 4, height);
        if (!buffer) png_error(png, "out of memory");
        for (int pass = 0; pass < passes; pass++)
            for (uint32_t y = 0; y < height; y++) png_read_row(png, buffer + (size_t)y * width * 4, NULL);
        on_white(buffer, rgb, (size_t)width * height);
    }
    free(buffer);
    png_destroy_read_struct(&png, &info, NULL);
    return IC_OK;
}

static void give(png_structp png, png_bytep bytes, size_t count) {
    struct sink *sink = png_get_io_ptr(png);
    if (count > sink->capacity - sink->length) {
        size_t capacity = (sink->capacity + count) * 2;
        uint8_t *grown = realloc(sink->data, capacity);
        if (!grown) png_error(png, "out of memory");
        sink->data = grown;
        sink->capacity = capacity;
    }
    memcpy(sink->data + sink->length, bytes, count);
    sink->length += count;
}

static void flush(png_structp png) { (void)png; }

ic_result ic_png_encode(const uint8_t *samples, uint32_t width, uint32_t height, unsigned components, unsigned bits, int interlaced,
                        uint8_t **out, size_t *out_length) {
    static const int types[5] = {0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGB_ALPHA};
    struct sink sink = {NULL, 0, 0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, quiet);
    if (!png) return IC_NO_MEMORY;
    png_infop info = png_create_info_struct(png);
    if (!info || setjmp(png_jmpbuf(png))) {
        free(sink.data);
        png_destroy_write_struct(&png, &info);
        return IC_NO_MEMORY;
    }
    png_set_write_fn(png, &sink, give, flush);
    png_set_IHDR(png, info, width, height, (int)bits, types[components], interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    int passes = png_set_interlace_handling(png);
    size_t stride = (size_t)width * components * (bits / 8);
    for (int pass = 0; pass < passes; pass++)
        for (uint32_t y = 0; y < height; y++) png_write_row(png, samples + y * stride);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    *out = sink.data;
    *out_length = sink.length;
    return IC_OK;
}
