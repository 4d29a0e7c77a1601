/* WebP through libwebp. Still pictures only. The colour profile lies in a RIFF chunk that the caller finds. */
#include "image_codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/encode.h>

static ic_result failure(VP8StatusCode status, char *reason) {
    switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
        snprintf(reason, IC_REASON_MAX, "out of memory");
        return IC_NO_MEMORY;
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        snprintf(reason, IC_REASON_MAX, "it uses a feature that is not supported");
        return IC_UNSUPPORTED;
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        snprintf(reason, IC_REASON_MAX, "the file ends early");
        return IC_CORRUPT;
    default:
        snprintf(reason, IC_REASON_MAX, "the bitstream is damaged");
        return IC_CORRUPT;
    }
}

ic_result ic_webp_header(const uint8_t *data, size_t length, ic_header *header, char *reason) {
    WebPBitstreamFeatures features;
    memset(header, 0, sizeof *header);
    VP8StatusCode status = WebPGetFeatures(data, length, &features);
    if (status != VP8_STATUS_OK) return failure(status, reason);
    if (features.has_animation) {
        snprintf(reason, IC_REASON_MAX, "it is animated; send a still picture");
        return IC_UNSUPPORTED;
    }
    header->width = (uint32_t)features.width;
    header->height = (uint32_t)features.height;
    return IC_OK;
}

ic_result ic_webp_decode(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgb, char *reason) {
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        snprintf(reason, IC_REASON_MAX, "libwebp does not fit the headers it was built with");
        return IC_UNSUPPORTED;
    }
    VP8StatusCode status = WebPGetFeatures(data, length, &config.input);
    if (status != VP8_STATUS_OK) return failure(status, reason);
    if ((uint32_t)config.input.width != width || (uint32_t)config.input.height != height) return failure(VP8_STATUS_BITSTREAM_ERROR, reason);
    int transparent = config.input.has_alpha;
    size_t channels = transparent ? 4 : 3;
    uint8_t *pixels = transparent ? malloc((size_t)width * height * 4) : rgb;
    if (!pixels) return failure(VP8_STATUS_OUT_OF_MEMORY, reason);
    config.output.colorspace = transparent ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)(width * channels);
    config.output.u.RGBA.size = (size_t)width * height * channels;
    status = WebPDecode(data, length, &config);
    WebPFreeDecBuffer(&config.output);
    if (status == VP8_STATUS_OK && transparent) {
        const uint8_t *from = pixels;
        uint8_t *to = rgb;
        for (size_t i = 0; i < (size_t)width * height; i++, from += 4, to += 3) {
            unsigned alpha = from[3];
            for (int channel = 0; channel < 3; channel++) to[channel] = (uint8_t)((from[channel] * alpha + 255u * (255u - alpha) + 127u) / 255u);
        }
    }
    if (transparent) free(pixels);
    return status == VP8_STATUS_OK ? IC_OK : failure(status, reason);
}

ic_result ic_webp_encode(const uint8_t *samples, uint32_t width, uint32_t height, unsigned components, uint8_t **out, size_t *out_length) {
    uint8_t *bytes = NULL;
    int stride = (int)(width * components);
    size_t count = components == 4 ? WebPEncodeLosslessRGBA(samples, (int)width, (int)height, stride, &bytes)
                                   : WebPEncodeLosslessRGB(samples, (int)width, (int)height, stride, &bytes);
    if (!count) return IC_NO_MEMORY;
    *out = malloc(count);
    if (*out) memcpy(*out, bytes, count);
    *out_length = count;
    WebPFree(bytes);
    return *out ? IC_OK : IC_NO_MEMORY;
}
