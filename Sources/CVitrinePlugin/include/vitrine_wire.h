/*
 * Protobuf's wire format for plugins in C that want no library: a writer into a buffer of fixed size, and a reader that goes
 * through a message field by field. Neither allocates; both keep within their bounds whatever they are given.
 *
 * The messages (ClientMessage, PluginOutput, PluginManifest) and their field numbers are in proto/vitrine/v1.
 */
#ifndef VITRINE_WIRE_H
#define VITRINE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Writes into `bytes`; what does not fit sets `failed` and is left out. */
typedef struct vt_writer {
    uint8_t *bytes;
    size_t capacity;
    size_t length;
    bool failed;
} vt_writer;

static inline void vt_put_raw(vt_writer *writer, const void *data, size_t length) {
    if (writer->failed || length > writer->capacity - writer->length) {
        writer->failed = true;
        return;
    }
    if (length) memcpy(writer->bytes + writer->length, data, length);
    writer->length += length;
}

static inline void vt_put_varint(vt_writer *writer, uint64_t value) {
    uint8_t bytes[10];
    size_t count = 0;
    do {
        bytes[count++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    vt_put_raw(writer, bytes, count);
}

/* uint32, uint64, bool, enum. */
static inline void vt_put_uint(vt_writer *writer, uint32_t field, uint64_t value) {
    vt_put_varint(writer, (uint64_t)field << 3);
    vt_put_varint(writer, value);
}

static inline void vt_put_float(vt_writer *writer, uint32_t field, float value) {
    uint8_t bytes[4];
    memcpy(bytes, &value, 4);
    vt_put_varint(writer, (uint64_t)field << 3 | 5);
    vt_put_raw(writer, bytes, 4);
}

/* bytes, and messages written by another writer. */
static inline void vt_put_bytes(vt_writer *writer, uint32_t field, const void *data, size_t length) {
    vt_put_varint(writer, (uint64_t)field << 3 | 2);
    vt_put_varint(writer, length);
    vt_put_raw(writer, data, length);
}

static inline void vt_put_text(vt_writer *writer, uint32_t field, const char *text) { vt_put_bytes(writer, field, text, strlen(text)); }

static inline void vt_put_message(vt_writer *writer, uint32_t field, const vt_writer *inner) {
    if (inner->failed) writer->failed = true;
    vt_put_bytes(writer, field, inner->bytes, inner->length);
}

/* Whether the bytes are text as protobuf has it: UTF-8 (RFC 3629). What is emitted must be. */
static inline bool vt_is_text(const uint8_t *bytes, size_t length) {
    for (size_t at = 0; at < length;) {
        uint8_t first = bytes[at++];
        if (first < 0x80) continue;
        unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first < 0xc2 || first > 0xf4 || length - at < more) return false;
        uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80, high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        if (bytes[at] < low || bytes[at] > high) return false;
        for (at++; --more; at++)
            if ((bytes[at] & 0xc0) != 0x80) return false;
    }
    return true;
}

/* One field: `value` for numbers, `bytes` and `length` for bytes, texts and messages. */
typedef struct vt_field {
    uint32_t number;
    uint64_t value;
    const uint8_t *bytes;
    size_t length;
} vt_field;

typedef struct vt_reader {
    const uint8_t *at;
    const uint8_t *end;
} vt_reader;

static inline vt_reader vt_read(const uint8_t *bytes, size_t length) {
    vt_reader reader = {bytes, bytes ? bytes + length : bytes};
    return reader;
}

static inline bool vt_next_varint(vt_reader *reader, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (reader->at == reader->end) return false;
        uint8_t byte = *reader->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) return true;
    }
    return false;
}

/* 1 = `field` is the next one, 0 = the message is over, -1 = it is damaged. */
static inline int vt_next(vt_reader *reader, vt_field *field) {
    uint64_t key;
    if (reader->at == reader->end) return 0;
    if (!vt_next_varint(reader, &key) || key >> 3 == 0 || key >> 3 > 0x1fffffff) return -1;
    memset(field, 0, sizeof *field);
    field->number = (uint32_t)(key >> 3);
    uint64_t length = 0;
    switch (key & 7) {
    case 0: return vt_next_varint(reader, &field->value) ? 1 : -1;
    case 1: length = 8; break;
    case 2:
        if (!vt_next_varint(reader, &length)) return -1;
        break;
    case 5: length = 4; break;
    default: return -1;
    }
    if (length > (uint64_t)(reader->end - reader->at)) return -1;
    field->bytes = reader->at;
    field->length = (size_t)length;
    reader->at += length;
    if ((key & 7) != 2)
        for (size_t i = 0; i < field->length; i++) field->value |= (uint64_t)field->bytes[i] << (8 * i);
    return 1;
}

/* The first field of this number; false when there is none or the message is damaged before it. */
static inline bool vt_find(const uint8_t *bytes, size_t length, uint32_t number, vt_field *field) {
    vt_reader reader = vt_read(bytes, length);
    while (vt_next(&reader, field) == 1)
        if (field->number == number) return true;
    return false;
}

#endif
