/*
 * Unicode's compatibility composition (form NFKC, Unicode Standard Annex 15) through ICU. In C because ICU renames its functions by macros. Every
 * function is re-entrant and keeps nothing between calls.
 */
#ifndef VITRINE_TEXT_FORMS_H
#define VITRINE_TEXT_FORMS_H

#include <stddef.h>
#include <stdint.h>

/* Writes the composed form of `length` UTF-16 units and gives its length; more than `capacity` when it did not fit, and nothing is written then.
 * SIZE_MAX when ICU has no data or no memory, or the text is too long for it. */
size_t vt_compose_compatibly(const uint16_t *text, size_t length, uint16_t *out, size_t capacity);

#endif
