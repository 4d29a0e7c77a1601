/* Customers who speak: N sessions, each sending 20 ms of audio every 20 ms for some seconds, through a server whose graph sends it back.
 *
 *   client HOST PORT SESSIONS SECONDS     prints {"frames":…, "p50_us":…, "p99_us":…, "received":[…]}
 *
 * Latency counts from when a frame was due, not from when it could be sent. All sessions agree to be recorded. When the server goes away, the
 * frames received by then are printed: what a killed server had answered. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 640, FRAME_MAX = 1024, BUFFER = 1 << 16, PERIOD_NS = 20000000 };

typedef struct session {
    int fd;
    uint64_t sent, received;
    size_t have;
    uint8_t in[BUFFER];
} session;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static size_t varint(uint8_t *out, uint64_t value) {
    size_t n = 0;
    do {
        out[n++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    return n;
}

static size_t field(uint8_t *out, int number, const void *bytes, size_t length) {
    size_t n = varint(out, (uint64_t)(number << 3 | 2));
    n += varint(out + n, length);
    memcpy(out + n, bytes, length);
    return n + length;
}

/* Frame{stream_id 1, field `body`: contents} behind its prefix. */
static size_t frame(uint8_t *out, int body, const uint8_t *contents, size_t length) {
    size_t n = 5;
    out[n++] = 0x08, out[n++] = 1;
    n += field(out + n, body, contents, length);
    size_t all = n - 5;
    out[0] = 0, out[1] = (uint8_t)(all >> 24), out[2] = (uint8_t)(all >> 16), out[3] = (uint8_t)(all >> 8), out[4] = (uint8_t)all;
    return n;
}

/* ClientMessage{audio AudioChunk{pcm16, 16 kHz, 1 channel, 640 bytes}}. */
static size_t audio_frame(uint8_t *out) {
    uint8_t samples[SAMPLES], chunk[FRAME_MAX], message[FRAME_MAX];
    for (int i = 0; i < SAMPLES; i++) samples[i] = (uint8_t)(i * 31);
    size_t n = 0;
    chunk[n++] = 0x08, chunk[n++] = 1;
    chunk[n++] = 0x10, n += varint(chunk + n, 16000);
    chunk[n++] = 0x18, chunk[n++] = 1;
    n += field(chunk + n, 4, samples, SAMPLES);
    size_t m = field(message, 11, chunk, n);
    return frame(out, 3, message, m);
}

/* Open{method, metadata [vitrine-consent: audio]}. */
static size_t open_frame(uint8_t *out) {
    static const char method[] = "/vitrine.v1.Sessions/Converse", key[] = "vitrine-consent", value[] = "audio";
    uint8_t entry[64], open[128];
    size_t e = field(entry, 1, key, sizeof key - 1);
    e += field(entry + e, 2, value, sizeof value - 1);
    size_t n = field(open, 1, method, sizeof method - 1);
    n += field(open + n, 2, entry, e);
    return frame(out, 2, open, n);
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t due(uint64_t begin, uint64_t i, uint64_t n, uint64_t sessions) { return begin + n * PERIOD_NS + i * PERIOD_NS / sessions; }

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: client HOST PORT SESSIONS SECONDS\n");
        return 2;
    }
    uint64_t sessions = strtoull(argv[3], NULL, 10), each = (uint64_t)(atof(argv[4]) * 1e9) / PERIOD_NS, samples = 0, next = 0;
    uint8_t open[256], audio[FRAME_MAX];
    size_t open_length = open_frame(open), audio_length = audio_frame(audio);
    session *all = calloc(sessions, sizeof *all);
    uint32_t *latency = calloc(sessions * each + 1, sizeof *latency);
    int poll = epoll_create1(0), gone = 0;
    for (uint64_t i = 0; i < sessions; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2]))};
        inet_pton(AF_INET, argv[1], &address.sin_addr);
        int one = 1;
        all[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(all[i].fd, (struct sockaddr *)&address, sizeof address) < 0) {
            perror("connect");
            return 1;
        }
        setsockopt(all[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (send(all[i].fd, open, open_length, MSG_NOSIGNAL) < 0) gone = 1;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    uint64_t begin = now_ns() + PERIOD_NS, total = sessions * each;
    while (!gone && (next < total || samples < total)) {
        uint64_t now = now_ns();
        /* Frame number `next` over all sessions: they are due one after the other. */
        while (next < total && due(begin, next % sessions, next / sessions, sessions) <= now) {
            if (send(all[next % sessions].fd, audio, audio_length, MSG_NOSIGNAL) < 0) gone = 1;
            next++;
        }
        int wait = next < total ? (int)((due(begin, next % sessions, next / sessions, sessions) - now) / 1000000) : 5000;
        struct epoll_event events[64];
        int n = epoll_wait(poll, events, 64, wait);
        if (n == 0 && next == total) break;
        for (int e = 0; e < n; e++) {
            session *s = events[e].data.ptr;
            ssize_t got = read(s->fd, s->in + s->have, sizeof s->in - s->have);
            if (got <= 0) {
                gone = 1;
                break;
            }
            s->have += (size_t)got;
            size_t at = 0;
            now = now_ns();
            while (s->have - at >= 5) {
                uint8_t *f = s->in + at;
                size_t length = (size_t)f[1] << 24 | (size_t)f[2] << 16 | (size_t)f[3] << 8 | f[4];
                if (s->have - at < 5 + length) break;
                /* Data that is larger than the samples is audio on its way back. */
                if (length > SAMPLES && f[5] == 0x08 && f[7] == 0x1a && samples < total)
                    latency[samples++] = (uint32_t)(now - due(begin, (uint64_t)(s - all), s->received++, sessions));
                at += 5 + length;
            }
            memmove(s->in, s->in + at, s->have - at);
            s->have -= at;
        }
    }
    qsort(latency, samples, sizeof *latency, compare);
    printf("{\"frames\": %llu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"received\": [", (unsigned long long)samples,
           samples ? latency[samples / 2] / 1e3 : 0, samples ? latency[samples * 99 / 100] / 1e3 : 0);
    for (uint64_t i = 0; i < sessions; i++) printf("%s%llu", i ? ", " : "", (unsigned long long)all[i].received);
    printf("]}\n");
    return 0;
}
