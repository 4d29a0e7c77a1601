/* HEIC (the pictures of telephones) through libheif, which turns and mirrors them as the file says. libheif decodes on threads that it starts and
 * ends within the call. It follows whatever the file's items refer to, and takes memory by what their coded data says: it is for files whose structure
 * was checked. */
#include "image_codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libheif/heif.h>

struct ic_heic {
    struct heif_context *context;
    struct heif_image_handle *handle;
};

static ic_result failure(struct heif_error error, char *reason) {
    snprintf(reason, IC_REASON_MAX, "%s", error.message && *error.message ? error.message : "it cannot be read");
    switch (error.code) {
    case heif_error_Memory_allocation_error:
        return error.subcode == heif_suberror_Security_limit_exceeded ? IC_CORRUPT : IC_NO_MEMORY;
    case heif_error_Unsupported_feature:
    case heif_error_Unsupported_filetype:
        return IC_UNSUPPORTED;
    default:
        return IC_CORRUPT;
    }
}

static void close_heic(struct ic_heic *heic) {
    if (heic->handle) heif_image_handle_release(heic->handle);
    if (heic->context) heif_context_free(heic->context);
}

static ic_result open_heic(struct ic_heic *heic, const uint8_t *data, size_t length, uint32_t side_max, char *reason) {
    memset(heic, 0, sizeof *heic);
    heic->context = heif_context_alloc();
    if (!heic->context) {
        snprintf(reason, IC_REASON_MAX, "out of memory");
        return IC_NO_MEMORY;
    }
    heif_context_set_maximum_image_size_limit(heic->context, (int)side_max + 1);
    heif_context_set_max_decoding_threads(heic->context, 0);
    struct heif_error error = heif_context_read_from_memory_without_copy(heic->context, data, length, NULL);
    if (error.code == heif_error_Ok) error = heif_context_get_primary_image_handle(heic->context, &heic->handle);
    if (error.code == heif_error_Ok) return IC_OK;
    ic_result result = failure(error, reason);
    close_heic(heic);
    return result;
}

ic_result ic_heic_header(const uint8_t *data, size_t length, uint32_t side_max, ic_header *header, char *reason) {
    struct ic_heic heic;
    memset(header, 0, sizeof *header);
    ic_result result = open_heic(&heic, data, length, side_max, reason);
    if (result != IC_OK) return result;
    int width = heif_image_handle_get_width(heic.handle), height = heif_image_handle_get_height(heic.handle);
    header->width = width > 0 ? (uint32_t)width : 0;
    header->height = height > 0 ? (uint32_t)height : 0;
    enum heif_color_profile_type kind = heif_image_handle_get_color_profile_type(heic.handle);
    size_t bytes = kind == heif_color_profile_type_rICC || kind == heif_color_profile_type_prof
                       ? heif_image_handle_get_raw_color_profile_size(heic.handle)
                       : 0;
    if (bytes > 0 && bytes <= IC_ICC_BYTES_MAX && (header->icc = malloc(bytes))) {
        if (heif_image_handle_get_raw_color_profile(heic.handle, header->icc).code == heif_error_Ok) {
            header->icc_length = bytes;
            header->channels = 3;
        }
    }
    close_heic(&heic);
    return IC_OK;
}

ic_result ic_heic_decode(
    const uint8_t *data, size_t length, uint32_t side_max, uint32_t width, uint32_t height, uint8_t *rgb, char *reason) {
    struct ic_heic heic;
    ic_result result = open_heic(&heic, data, length, side_max, reason);
    if (result != IC_OK) return result;
    struct heif_image *image = NULL;
    int transparent = heif_image_handle_has_alpha_channel(heic.handle);
    struct heif_error error = heif_decode_image(
        heic.handle, &image, heif_colorspace_RGB, transparent ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, NULL);
    int stride = 0;
    const uint8_t *pixels = error.code == heif_error_Ok ? heif_image_get_plane_readonly(image, heif_channel_interleaved, &stride) : NULL;
    if (error.code != heif_error_Ok) {
        result = failure(error, reason);
    } else if (!pixels || (uint32_t)heif_image_get_primary_width(image) != width || (uint32_t)heif_image_get_primary_height(image) != height) {
        snprintf(reason, IC_REASON_MAX, "its pixels are not as many as its header says");
        result = IC_CORRUPT;
    } else {
        for (uint32_t y = 0; y < height; y++) {
            const uint8_t *from = pixels + (size_t)y * (size_t)stride;
            uint8_t *to = rgb + (size_t)y * width * 3;
            if (!transparent) {
                memcpy(to, from, (size_t)width * 3);
                continue;
            }
            for (uint32_t x = 0; x < width; x++, from += 4, to += 3) {
                unsigned alpha = from[3];
                for (int channel = 0; channel < 3; channel++) to[channel] = (uint8_t)((from[channel] * alpha + 255u * (255u - alpha) + 127u) / 255u);
            }
        }
    }
    if (image) heif_image_release(image);
    close_heic(&heic);
    return result;
}
