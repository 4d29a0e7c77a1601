/* See text_forms.h. */
#include "text_forms.h"

#include <unicode/unorm2.h>

size_t vt_compose_compatibly(const uint16_t *text, size_t length, uint16_t *out, size_t capacity) {
    UErrorCode status = U_ZERO_ERROR;
    if (length > INT32_MAX || capacity > INT32_MAX) return SIZE_MAX;
    const UNormalizer2 *form = unorm2_getNFKCInstance(&status);
    if (U_FAILURE(status)) return SIZE_MAX;
    int32_t needed = unorm2_normalize(form, text, (int32_t)length, out, (int32_t)capacity, &status);
    if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR) return SIZE_MAX;
    return (size_t)needed;
}
