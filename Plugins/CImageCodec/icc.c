/* Colour profiles through Little CMS, with a context of its own for each call: no global handler, no shared cache. */
#include "image_codec.h"

#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

void ic_header_free(ic_header *header) {
    free(header->icc);
    header->icc = NULL;
    header->icc_length = 0;
    header->channels = 0;
}

void ic_free(void *memory) { free(memory); }

/* Does nothing to any colour, to within what rounding does: most photos have such a profile of sRGB, whatever it is called. */
static int changes_nothing(cmsHTRANSFORM transform) {
    enum { STEPS = 6, PATCHES = STEPS * STEPS * STEPS, OFF_MAX = 2 };
    uint8_t from[PATCHES * 3], to[PATCHES * 3];
    for (int patch = 0; patch < PATCHES; patch++) {
        from[patch * 3] = (uint8_t)(patch % STEPS * 255 / (STEPS - 1));
        from[patch * 3 + 1] = (uint8_t)(patch / STEPS % STEPS * 255 / (STEPS - 1));
        from[patch * 3 + 2] = (uint8_t)(patch / (STEPS * STEPS) * 255 / (STEPS - 1));
    }
    cmsDoTransform(transform, from, to, PATCHES);
    for (int i = 0; i < PATCHES * 3; i++)
        if (abs(from[i] - to[i]) > OFF_MAX) return 0;
    return 1;
}

/* The same for greys, which are sRGB's as they are when all three channels come out as what goes in. */
static void convert_grey(cmsHTRANSFORM transform, uint8_t *rgb, size_t pixels) {
    uint8_t levels[256], colours[256 * 3];
    for (int level = 0; level < 256; level++) levels[level] = (uint8_t)level;
    cmsDoTransform(transform, levels, colours, 256);
    for (size_t i = 0; i < pixels; i++) memcpy(rgb + i * 3, colours + rgb[i * 3] * 3, 3);
}

/* NULL when the profile cannot be read, or is not for pixels of this kind. Done with by `close_transform`. */
static cmsHTRANSFORM open_transform(const uint8_t *icc, size_t length, cmsColorSpaceSignature space, cmsUInt32Number format, cmsContext *context) {
    cmsHTRANSFORM transform = NULL;
    if (!icc || length == 0 || length > IC_ICC_BYTES_MAX) return NULL;
    *context = cmsCreateContext(NULL, NULL);
    if (!*context) return NULL;
    cmsHPROFILE from = cmsOpenProfileFromMemTHR(*context, icc, (cmsUInt32Number)length);
    cmsHPROFILE to = cmsCreate_sRGBProfileTHR(*context);
    if (from && to && cmsGetColorSpace(from) == space)
        transform = cmsCreateTransformTHR(*context, from, format, to, TYPE_RGB_8, INTENT_PERCEPTUAL, 0);
    if (from) cmsCloseProfile(from);
    if (to) cmsCloseProfile(to);
    if (!transform) cmsDeleteContext(*context);
    return transform;
}

static void close_transform(cmsHTRANSFORM transform, cmsContext context) {
    cmsDeleteTransform(transform);
    cmsDeleteContext(context);
}

int ic_to_srgb(const uint8_t *icc, size_t icc_length, unsigned channels, uint8_t *rgb, size_t pixels) {
    if (pixels > UINT32_MAX || (channels != 1 && channels != 3)) return 0;
    cmsContext context;
    cmsHTRANSFORM transform = channels == 1 ? open_transform(icc, icc_length, cmsSigGrayData, TYPE_GRAY_8, &context)
                                            : open_transform(icc, icc_length, cmsSigRgbData, TYPE_RGB_8, &context);
    if (!transform) return 0;
    int converts = channels == 1 || !changes_nothing(transform);
    if (channels == 1) {
        convert_grey(transform, rgb, pixels);
    } else if (converts) {
        cmsDoTransform(transform, rgb, rgb, (cmsUInt32Number)pixels);
    }
    close_transform(transform, context);
    return converts;
}

struct ic_cmyk {
    cmsContext context;
    cmsHTRANSFORM transform;
};

ic_cmyk *ic_cmyk_open(const uint8_t *icc, size_t icc_length, int inverted) {
    ic_cmyk *cmyk = malloc(sizeof *cmyk);
    if (!cmyk) return NULL;
    cmyk->transform = open_transform(icc, icc_length, cmsSigCmykData, inverted ? TYPE_CMYK_8_REV : TYPE_CMYK_8, &cmyk->context);
    if (cmyk->transform) return cmyk;
    free(cmyk);
    return NULL;
}

void ic_cmyk_convert(ic_cmyk *cmyk, const uint8_t *from, uint8_t *rgb, uint32_t pixels) { cmsDoTransform(cmyk->transform, from, rgb, pixels); }

void ic_cmyk_close(ic_cmyk *cmyk) {
    if (!cmyk) return;
    close_transform(cmyk->transform, cmyk->context);
    free(cmyk);
}
