/* How loud a piece of audio is: the arithmetic of the two level meters, the plugin and the worker. */
#ifndef LEVEL_H
#define LEVEL_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "vitrine/v1/sessions.pb-c.h"

/* Level of the samples in dB relative to full scale; -infinity for silence. Returns false when they are not what `encoding` says. */
static inline bool level_of(Vitrine__V1__AudioEncoding encoding, const uint8_t *bytes, size_t length, double *dbfs) {
    size_t size;
    switch (encoding) {
    case VITRINE__V1__AUDIO_ENCODING__AUDIO_ENCODING_PCM16LE: size = 2; break;
    case VITRINE__V1__AUDIO_ENCODING__AUDIO_ENCODING_F32LE: size = 4; break;
    default: return false;
    }
    if (length == 0 || length % size != 0) return false;
    double sum = 0;
    for (size_t at = 0; at < length; at += size) {
        double sample;
        if (size == 4) {
            float value;
            memcpy(&value, bytes + at, sizeof value);
            if (!isfinite(value)) return false;
            sample = value;
        } else {
            sample = (int16_t)(uint16_t)(bytes[at] | bytes[at + 1] << 8) / 32768.0;
        }
        sum += sample * sample;
    }
    *dbfs = 10 * log10(sum / (double)(length / size));
    return true;
}

/* "silent" below -60 dB relative to full scale, "quiet" and "loud" by the two thresholds, "normal" between them. */
static inline const char *level_name(double dbfs, double quiet_dbfs, double loud_dbfs) {
    return dbfs < -60.0 ? "silent" : dbfs < quiet_dbfs ? "quiet" : dbfs > loud_dbfs ? "loud" : "normal";
}

#endif
