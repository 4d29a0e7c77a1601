/*
 * SentencePiece's tokenizer behind a C interface. No C++ exception crosses; a failure returns non-zero and writes a
 * reason into `error` (always terminated). A loaded model is immutable: any thread may encode with it.
 */
#ifndef VITRINE_SENTENCEPIECE_H
#define VITRINE_SENTENCEPIECE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vt_sentencepiece vt_sentencepiece;

/* NULL when the file cannot be read or is no SentencePiece model. */
vt_sentencepiece *vt_sentencepiece_load(const char *path, char *error, size_t error_capacity);
void vt_sentencepiece_free(vt_sentencepiece *model);

int32_t vt_sentencepiece_vocabulary_size(const vt_sentencepiece *model);

/* Normalises with the model's own rules and cuts into pieces. Writes at most `capacity` ids; *count is how many there
 * are, which may be more. `length` is in bytes; the text need not be terminated. */
int32_t vt_sentencepiece_encode(
    const vt_sentencepiece *model, const char *text, size_t length, int64_t *ids, size_t capacity, size_t *count, char *error,
    size_t error_capacity);

#ifdef __cplusplus
}
#endif
#endif
