/* Colour profiles through Little CMS, with a context of its own for each call: no global handler, no shared cache. */
#include "image_codec.h"

#include <stdlib.h>
#include <string.h>

#include <lcms2.h>

void ic_header_free(ic_header *header) {
    free(header->icc);
    header->icc = NULL;
    header->icc_length = 0;
    header->has_rgb_icc = 0;
}

void ic_free(void *memory) { free(memory); }

/* Most profiles in photos say that they are sRGB: nothing to convert. */
static int is_srgb(cmsHPROFILE profile) {
    char text[64] = "";
    cmsGetProfileInfoASCII(profile, cmsInfoDescription, "en", "US", text, sizeof text);
    return strstr(text, "sRGB") != NULL;
}

int ic_to_srgb(const uint8_t *icc, size_t icc_length, uint8_t *rgb, size_t pixels) {
    if (!icc || icc_length > IC_ICC_BYTES_MAX || pixels > UINT32_MAX) return 0;
    int converted = 0;
    cmsContext context = cmsCreateContext(NULL, NULL);
    if (!context) return 0;
    cmsHPROFILE from = cmsOpenProfileFromMemTHR(context, icc, (cmsUInt32Number)icc_length);
    cmsHPROFILE to = cmsCreate_sRGBProfileTHR(context);
    if (from && to && cmsGetColorSpace(from) == cmsSigRgbData && !is_srgb(from)) {
        cmsHTRANSFORM transform = cmsCreateTransformTHR(context, from, TYPE_RGB_8, to, TYPE_RGB_8, INTENT_PERCEPTUAL, 0);
        if (transform) {
            cmsDoTransform(transform, rgb, rgb, (cmsUInt32Number)pixels);
            cmsDeleteTransform(transform);
            converted = 1;
        }
    }
    if (from) cmsCloseProfile(from);
    if (to) cmsCloseProfile(to);
    cmsDeleteContext(context);
    return converted;
}
