/* JPEG through libjpeg-turbo: its errors leave by longjmp to the function that set the environment up. */
#include "image_codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

struct ic_jpeg_errors {
    struct jpeg_error_mgr base;
    jmp_buf escape;
    ic_result result;
    char *reason;
};

static void fail(j_common_ptr info) {
    struct ic_jpeg_errors *errors = (struct ic_jpeg_errors *)info->err;
    char text[JMSG_LENGTH_MAX];
    errors->base.format_message(info, text);
    snprintf(errors->reason, IC_REASON_MAX, "%s", text);
    if (errors->base.msg_code == JERR_OUT_OF_MEMORY) errors->result = IC_NO_MEMORY;
    longjmp(errors->escape, 1);
}

/* libjpeg calls damage a warning and fills the rest with grey; here damaged pixels are an error. Harmless oddities pass. */
static void warn(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_ARITH_BAD_CODE:
        fail(info);
        break;
    default:
        break;
    }
}

static void quiet(j_common_ptr info) { (void)info; }

static void limit_scans(j_common_ptr info) {
    if (!info->is_decompressor) return;
    struct jpeg_decompress_struct *decoder = (struct jpeg_decompress_struct *)info;
    struct ic_jpeg_errors *errors = (struct ic_jpeg_errors *)info->err;
    if (decoder->input_scan_number > (int)IC_JPEG_SCANS_MAX) {
        snprintf(errors->reason, IC_REASON_MAX, "progressive JPEG with more than %u scans", IC_JPEG_SCANS_MAX);
        longjmp(errors->escape, 1);
    }
}

static struct jpeg_error_mgr *set_up(struct ic_jpeg_errors *errors, char *reason) {
    struct jpeg_error_mgr *base = jpeg_std_error(&errors->base);
    errors->base.error_exit = fail;
    errors->base.emit_message = warn;
    errors->base.output_message = quiet;
    errors->result = IC_CORRUPT;
    errors->reason = reason;
    return base;
}

static int is_cmyk(const struct jpeg_decompress_struct *decoder) {
    return decoder->jpeg_color_space == JCS_CMYK || decoder->jpeg_color_space == JCS_YCCK;
}

ic_result ic_jpeg_header(const uint8_t *data, size_t length, ic_header *header, char *reason) {
    struct jpeg_decompress_struct decoder;
    struct ic_jpeg_errors errors;
    memset(header, 0, sizeof *header);
    decoder.err = set_up(&errors, reason);
    if (setjmp(errors.escape)) {
        jpeg_destroy_decompress(&decoder);
        ic_header_free(header);
        return errors.result;
    }
    jpeg_create_decompress(&decoder);
    jpeg_mem_src(&decoder, data, length);
    jpeg_save_markers(&decoder, JPEG_APP0 + 2, 0xFFFF);
    jpeg_read_header(&decoder, TRUE);
    header->width = decoder.image_width;
    header->height = decoder.image_height;
    header->row_by_row = !jpeg_has_multiple_scans(&decoder);
    header->channels = decoder.jpeg_color_space == JCS_GRAYSCALE ? 1 : is_cmyk(&decoder) ? 4 : 3;
    JOCTET *icc = NULL;
    unsigned icc_length = 0;
    if (jpeg_read_icc_profile(&decoder, &icc, &icc_length)) {
        if (icc_length <= IC_ICC_BYTES_MAX) {
            header->icc = icc;
            header->icc_length = icc_length;
        } else {
            free(icc);
        }
    }
    jpeg_destroy_decompress(&decoder);
    return IC_OK;
}

void ic_jpeg_scaled_size(uint32_t width, uint32_t height, unsigned eighths, uint32_t *scaled_width, uint32_t *scaled_height) {
    *scaled_width = (uint32_t)(((uint64_t)width * eighths + 7) / 8);
    *scaled_height = (uint32_t)(((uint64_t)height * eighths + 7) / 8);
}

/* Adobe writes CMYK inverted: 255 is no ink. */
static void cmyk_to_rgb(const uint8_t *from, uint8_t *to, uint32_t width, int inverted) {
    for (uint32_t x = 0; x < width; x++, from += 4, to += 3) {
        unsigned key = inverted ? from[3] : 255u - from[3];
        for (int channel = 0; channel < 3; channel++) {
            unsigned ink = inverted ? from[channel] : 255u - from[channel];
            to[channel] = (uint8_t)((ink * key + 127) / 255);
        }
    }
}

ic_result ic_jpeg_decode(const uint8_t *data, size_t length, unsigned eighths, uint32_t width, uint32_t height, const uint8_t *icc, size_t icc_length,
                         uint8_t *rgb, char *reason) {
    ic_cmyk *volatile profile = NULL;
    struct jpeg_decompress_struct decoder;
    struct ic_jpeg_errors errors;
    struct jpeg_progress_mgr progress = {.progress_monitor = limit_scans};
    decoder.err = set_up(&errors, reason);
    if (setjmp(errors.escape)) {
        jpeg_destroy_decompress(&decoder);
        ic_cmyk_close(profile);
        return errors.result;
    }
    jpeg_create_decompress(&decoder);
    decoder.progress = &progress;
    jpeg_mem_src(&decoder, data, length);
    jpeg_read_header(&decoder, TRUE);
    int four = is_cmyk(&decoder);
    decoder.out_color_space = four ? JCS_CMYK : JCS_RGB;
    decoder.scale_num = eighths;
    decoder.scale_denom = 8;
    jpeg_start_decompress(&decoder);
    if (decoder.output_width != width || decoder.output_height != height) {
        snprintf(reason, IC_REASON_MAX, "the header says %u x %u, the picture is %u x %u", width, height, decoder.output_width,
                 decoder.output_height);
        jpeg_destroy_decompress(&decoder);
        return IC_CORRUPT;
    }
    JSAMPARRAY row = NULL;
    if (four && icc_length > 0) profile = ic_cmyk_open(icc, icc_length, decoder.saw_Adobe_marker);
    if (four) row = decoder.mem->alloc_sarray((j_common_ptr)&decoder, JPOOL_IMAGE, width * 4, 1);
    while (decoder.output_scanline < height) {
        uint8_t *target = rgb + (size_t)decoder.output_scanline * width * 3;
        if (four) {
            jpeg_read_scanlines(&decoder, row, 1);
            if (profile) {
                ic_cmyk_convert(profile, row[0], target, width);
            } else {
                cmyk_to_rgb(row[0], target, width, decoder.saw_Adobe_marker);
            }
        } else {
            JSAMPROW rows[1] = {target};
            jpeg_read_scanlines(&decoder, rows, 1);
        }
    }
    ic_cmyk_close(profile);
    jpeg_destroy_decompress(&decoder); /* what follows the last row does not matter */
    return IC_OK;
}

ic_result ic_jpeg_encode(const uint8_t *samples, uint32_t width, uint32_t height, unsigned components, int quality, int progressive,
                         uint8_t **out, size_t *out_length) {
    struct jpeg_compress_struct encoder;
    struct ic_jpeg_errors errors;
    char reason[IC_REASON_MAX];
    unsigned char *memory = NULL;
    unsigned long size = 0;
    encoder.err = set_up(&errors, reason);
    if (setjmp(errors.escape)) {
        jpeg_destroy_compress(&encoder);
        return errors.result;
    }
    jpeg_create_compress(&encoder);
    jpeg_mem_dest(&encoder, &memory, &size);
    encoder.image_width = width;
    encoder.image_height = height;
    encoder.input_components = (int)components;
    encoder.in_color_space = components == 1 ? JCS_GRAYSCALE : components == 4 ? JCS_CMYK : JCS_RGB;
    jpeg_set_defaults(&encoder);
    jpeg_set_quality(&encoder, quality, TRUE);
    if (progressive) jpeg_simple_progression(&encoder);
    jpeg_start_compress(&encoder, TRUE);
    while (encoder.next_scanline < height) {
        JSAMPROW rows[1] = {(JSAMPROW)(samples + (size_t)encoder.next_scanline * width * components)};
        jpeg_write_scanlines(&encoder, rows, 1);
    }
    jpeg_finish_compress(&encoder);
    jpeg_destroy_compress(&encoder);
    *out = memory;
    *out_length = size;
    return IC_OK;
}
