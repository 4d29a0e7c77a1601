/*
 * JPEG, PNG, WebP, GIF and HEIC to 8-bit RGB through libjpeg-turbo, libpng, libwebp, giflib and libheif, and ICC profiles to sRGB through Little
 * CMS.
 *
 * In C because libjpeg and libpng report errors by longjmp, which may not cross Swift frames. Every function is
 * re-entrant, starts no thread (but see heic.c) and keeps nothing between calls. The caller owns all memory but `icc`.
 */
#ifndef VITRINE_IMAGE_CODEC_H
#define VITRINE_IMAGE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#define IC_REASON_MAX 256u          /* bytes of an error message with its NUL */
#define IC_ICC_BYTES_MAX 4194304u   /* a larger colour profile is ignored */
#define IC_JPEG_SCANS_MAX 100u      /* a progressive JPEG with more is refused: each scan costs a pass over the picture */

typedef enum ic_result { IC_OK = 0, IC_CORRUPT = 1, IC_UNSUPPORTED = 2, IC_NO_MEMORY = 3 } ic_result;

/* What the header says, before any pixel is decoded. */
typedef struct ic_header {
    uint32_t width; /* pixels, as stored: EXIF is not applied */
    uint32_t height;
    int row_by_row;       /* decoding keeps a few rows, not the whole picture at its full size: a JPEG in one scan */
    unsigned channels;    /* that the pixels have as stored, and that `icc` must describe: 1 grey, 3 RGB, 4 CMYK */
    uint8_t *icc;         /* malloc'ed profile or NULL; ic_header_free */
    size_t icc_length;
} ic_header;

void ic_header_free(ic_header *header);

/* `reason` has IC_REASON_MAX bytes and holds one line after a failure. */
ic_result ic_jpeg_header(const uint8_t *data, size_t length, ic_header *header, char *reason);
ic_result ic_png_header(const uint8_t *data, size_t length, ic_header *header, char *reason);
ic_result ic_webp_header(const uint8_t *data, size_t length, ic_header *header, char *reason);
/* The size is the canvas, which holds the first picture; no profile. */
ic_result ic_gif_header(const uint8_t *data, size_t length, ic_header *header, char *reason);
/* The primary picture, as it is to be shown: turned and mirrored. Only for files whose structure was checked (HEICStructure.swift); `side_max` is the
 * longest side of any picture in it, in pixels. */
ic_result ic_heic_header(const uint8_t *data, size_t length, uint32_t side_max, ic_header *header, char *reason);

/* Decode into `rgb`, rows of width * 3 bytes without padding. Transparency lies on white. Data that ends early or does
 * not decode is IC_CORRUPT: a half picture is never given. */

/* The size that ic_jpeg_decode gives for `eighths` (1 to 8). */
void ic_jpeg_scaled_size(uint32_t width, uint32_t height, unsigned eighths, uint32_t *scaled_width, uint32_t *scaled_height);
/* Decoded at eighths/8 of its size straight from the DCT coefficients. width and height are the scaled ones. CMYK is converted by the profile where
 * there is one (it is used for nothing else), and by plain arithmetic otherwise. */
ic_result ic_jpeg_decode(const uint8_t *data, size_t length, unsigned eighths, uint32_t width, uint32_t height, const uint8_t *icc, size_t icc_length,
                         uint8_t *rgb, char *reason);
ic_result ic_png_decode(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgb, char *reason);
ic_result ic_webp_decode(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgb, char *reason);
/* The first picture of the file on its canvas. */
ic_result ic_gif_decode(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgb, char *reason);
ic_result ic_heic_decode(const uint8_t *data, size_t length, uint32_t side_max, uint32_t width, uint32_t height, uint8_t *rgb, char *reason);

/* With their transparency: `rgba` holds rows of width * 4 bytes, colours not multiplied by alpha. */
ic_result ic_png_decode_alpha(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgba, char *reason);
ic_result ic_webp_decode_alpha(const uint8_t *data, size_t length, uint32_t width, uint32_t height, uint8_t *rgba, char *reason);

/* Converts `pixels` RGB pixels in place from the profile to sRGB (perceptual); `channels` is 3, or 1 for a picture that was grey. 1 = converted; 0 =
 * left alone, because the profile is as good as sRGB, is of other channels, or cannot be read. */
int ic_to_srgb(const uint8_t *icc, size_t icc_length, unsigned channels, uint8_t *rgb, size_t pixels);

/* CMYK to sRGB by a profile, row by row. NULL when the profile cannot be used; `inverted`: 255 is no ink. */
typedef struct ic_cmyk ic_cmyk;
ic_cmyk *ic_cmyk_open(const uint8_t *icc, size_t icc_length, int inverted);
void ic_cmyk_convert(ic_cmyk *cmyk, const uint8_t *from, uint8_t *rgb, uint32_t pixels);
void ic_cmyk_close(ic_cmyk *cmyk);

/* Encoders, for previews and for tests that make their own pictures. *out is malloc'ed; ic_free. */
ic_result ic_jpeg_encode(const uint8_t *samples, uint32_t width, uint32_t height, unsigned components, int quality, int progressive,
                         uint8_t **out, size_t *out_length);
ic_result ic_png_encode(const uint8_t *samples, uint32_t width, uint32_t height, unsigned components, unsigned bits, int interlaced,
                        uint8_t **out, size_t *out_length);
ic_result ic_webp_encode(const uint8_t *samples, uint32_t width, uint32_t height, unsigned components, uint8_t **out, size_t *out_length);
/* Indexes into a palette of `colours` (a power of two up to 256) RGB entries, as the only picture of a GIF; `transparent` is an index or -1. */
ic_result ic_gif_encode(const uint8_t *indexes, uint32_t width, uint32_t height, const uint8_t *palette, int colours, int transparent,
                        int interlaced, uint8_t **out, size_t *out_length);
void ic_free(void *memory);

#endif
