/* What the benchmarks' clients in C share: a line to a server, frames as they go over it, times. One stream a line, its id 1. */
#ifndef VITRINE_LOAD_H
#define VITRINE_LOAD_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "vitrine_wire.h"

enum { LOAD_SAMPLES = 640, LOAD_FRAME_MAX = 1024, LOAD_BUFFER = 1 << 16, LOAD_OPEN = 2, LOAD_DATA = 3 };

/* A connection and what came over it and is no whole frame yet. */
typedef struct load_line {
    int fd;
    size_t have;
    uint8_t in[LOAD_BUFFER];
} load_line;

static inline uint64_t load_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* False with errno when nobody listens. */
static inline bool load_dial(load_line *line, const char *host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    int one = 1;
    line->have = 0;
    line->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (line->fd < 0) return false;
    if (connect(line->fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(line->fd);
        line->fd = -1;
        return false;
    }
    setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return true;
}

/* False when the server is gone. */
static inline bool load_send(load_line *line, const uint8_t *bytes, size_t length) {
    while (length) {
        ssize_t n = send(line->fd, bytes, length, MSG_NOSIGNAL);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return false;
        bytes += n, length -= (size_t)n;
    }
    return true;
}

/* Frame{stream_id 1, field `body`: contents} behind its prefix, into `room` bytes; its length. */
static inline size_t load_frame_into(uint8_t *out, size_t room, uint32_t body, const vt_writer *contents) {
    vt_writer frame = {out + 5, room - 5, 0, false};
    vt_put_uint(&frame, 1, 1);
    vt_put_message(&frame, body, contents);
    out[0] = 0;
    for (int i = 0; i < 4; i++) out[1 + i] = (uint8_t)(frame.length >> (24 - 8 * i));
    return frame.failed ? 0 : frame.length + 5;
}

/* The same into the LOAD_FRAME_MAX bytes of `out`. */
static inline size_t load_frame(uint8_t *out, uint32_t body, const vt_writer *contents) {
    return load_frame_into(out, LOAD_FRAME_MAX, body, contents);
}

/* Open{method Converse, metadata [vitrine-consent: consent]}; NULL = without. */
static inline size_t load_open(uint8_t *out, const char *consent) {
    uint8_t a[128], b[256];
    vt_writer entry = {a, sizeof a, 0, false}, open = {b, sizeof b, 0, false};
    vt_put_text(&open, 1, "/vitrine.v1.Sessions/Converse");
    if (consent) {
        vt_put_text(&entry, 1, "vitrine-consent");
        vt_put_text(&entry, 2, consent);
        vt_put_message(&open, 2, &entry);
    }
    return load_frame(out, LOAD_OPEN, &open);
}

/* ClientMessage{audio AudioChunk{pcm16, 16 kHz, 1 channel, samples}}; with turn id and capture time, as clients send them. */
static inline size_t load_audio(uint8_t *out, const uint8_t *samples, size_t length, uint64_t turn, uint64_t capture_us) {
    uint8_t a[LOAD_FRAME_MAX], b[LOAD_FRAME_MAX];
    vt_writer audio = {a, sizeof a, 0, false}, message = {b, sizeof b, 0, false};
    vt_put_uint(&audio, 1, 1);
    vt_put_uint(&audio, 2, 16000);
    vt_put_uint(&audio, 3, 1);
    vt_put_bytes(&audio, 4, samples, length);
    if (turn) vt_put_uint(&message, 2, turn);
    if (capture_us) vt_put_uint(&message, 4, capture_us);
    vt_put_message(&message, 11, &audio);
    return load_frame(out, LOAD_DATA, &message);
}

/* The same chunk of 20 ms each time. */
static inline size_t load_audio_20ms(uint8_t *out, uint64_t turn, uint64_t capture_us) {
    uint8_t samples[LOAD_SAMPLES];
    for (int i = 0; i < LOAD_SAMPLES; i++) samples[i] = (uint8_t)(i * 31);
    return load_audio(out, samples, sizeof samples, turn, capture_us);
}

/* Reads what is there; false when the server is gone. */
static inline bool load_read(load_line *line) {
    ssize_t got = read(line->fd, line->in + line->have, sizeof line->in - line->have);
    if (got <= 0) return false;
    line->have += (size_t)got;
    return true;
}

/* The whole frame at `*at` of what was read, without its prefix; moves on behind it. False when there is none: what is left is kept. */
static inline bool load_next(load_line *line, size_t *at, const uint8_t **frame, size_t *length) {
    if (line->have - *at >= 5) {
        const uint8_t *p = line->in + *at;
        *length = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
        if (line->have - *at >= 5 + *length) {
            *frame = p + 5;
            *at += 5 + *length;
            return true;
        }
    }
    memmove(line->in, line->in + *at, line->have - *at);
    line->have -= *at;
    return false;
}

/* Whether it is audio on its way back: Frame 08 01 1a … = data, and larger than the samples; everything else is small. */
static inline bool load_is_audio(const uint8_t *frame, size_t length) {
    return length > LOAD_SAMPLES && frame[0] == 0x08 && frame[2] == 0x1a;
}

static inline int load_compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

#endif
