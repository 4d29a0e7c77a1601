/* Pictures with their transparency, for what is drawn onto others: WebP through libwebp, PNG through libpng's simplified interface. */
#include "image_codec.h"

#include <stdio.h>
#include <string.h>

#include <png.h>
#include <webp/decode.h>

static ic_result damaged(char *reason, const char *what) {
    snprintf(reason, IC_REASON_MAX, "%s", what);
    return IC_CORRUPT;
}

ic_result ic_webp_decode_alpha(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgba, char *reason) {
    int found_width = 0, found_height = 0;
    if (!WebPGetInfo(data, length, &found_width, &found_height)) return damaged(reason, "the bitstream is damaged");
    if ((uint32_t)found_width != width || (uint32_t)found_height != height) return damaged(reason, "the header changed");
    if (!WebPDecodeRGBAInto(data, length, rgba, (size_t)width * height * 4, (int)(width * 4)))
        return damaged(reason, "the bitstream is damaged");
    return IC_OK;
}

ic_result ic_png_decode_alpha(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgba, char *reason) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_memory(&image, data, length)) return damaged(reason, image.message);
    if (image.width != width || image.height != height) {
        png_image_free(&image);
        return damaged(reason, "the header changed");
    }
    image.format = PNG_FORMAT_RGBA;
    if (!png_image_finish_read(&image, NULL, rgba, (png_int_32)(width * 4), NULL)) return damaged(reason, image.message);
    return IC_OK;
}
