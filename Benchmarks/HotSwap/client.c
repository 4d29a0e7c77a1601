/*
 * Sends numbered audio chunks on many streams at a steady pace and counts what comes back.
 *
 *   client PORT STREAMS FRAMES_PER_SECOND      runs until its standard input ends, then waits for what is under way and prints one JSON object
 *
 * The plugin (Tests/Plugins/sequencer.c, or the one in Swift) answers chunk NUMBER with the transcript "NUMBER COUNT BUILD". A frame counts as lost
 * when its number has not come back, as repeated when it has come before, as out of order when a later one came first; COUNT must go on by one
 * (the state that builds hand over). "line N" on standard input marks the beginning of a new part, with figures of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "vitrine_wire.h"

enum { BUFFER = 1 << 16, STAMPS = 1 << 12, MARKS = 64 };

typedef struct {
    int fd;
    int closed;
    uint64_t sent, last, received, count_errors, repeated, reordered;
    size_t have;
    uint8_t in[BUFFER];
    uint64_t stamps[STAMPS];
} stream;

static uint32_t *latencies;
static size_t latency_count, latency_capacity, marks[MARKS + 1], mark_count;
static uint64_t restarts, problems;

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000;
}

static size_t framed(uint8_t *out, const vt_writer *frame) {
    out[0] = 0;
    for (int i = 0; i < 4; i++) out[1 + i] = (uint8_t)(frame->length >> (24 - 8 * i));
    memcpy(out + 5, frame->bytes, frame->length);
    return frame->length + 5;
}

static int send_bytes(stream *s, const uint8_t *bytes, size_t length) {
    while (length) {
        ssize_t n = send(s->fd, bytes, length, MSG_NOSIGNAL);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return 0;
        bytes += n, length -= (size_t)n;
    }
    return 1;
}

static int dial(stream *s, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int one = 1;
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s->fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(s->fd);
        return 0;
    }
    setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    uint8_t a[128], b[160], out[200];
    vt_writer open = {a, sizeof a, 0, false}, frame = {b, sizeof b, 0, false};
    vt_put_text(&open, 1, "/vitrine.v1.Sessions/Converse");
    vt_put_uint(&frame, 1, 1);
    vt_put_message(&frame, 2, &open);
    s->have = 0;
    s->closed = 0;
    return send_bytes(s, out, framed(out, &frame));
}

static void send_chunk(stream *s) {
    uint8_t samples[32] = {0}, a[64], b[96], c[128], out[160];
    s->sent++;
    memcpy(samples, &s->sent, 8);
    vt_writer audio = {a, sizeof a, 0, false}, message = {b, sizeof b, 0, false}, frame = {c, sizeof c, 0, false};
    vt_put_uint(&audio, 1, 1);
    vt_put_uint(&audio, 2, 16000);
    vt_put_uint(&audio, 3, 1);
    vt_put_bytes(&audio, 4, samples, sizeof samples);
    vt_put_message(&message, 11, &audio);
    vt_put_uint(&frame, 1, 1);
    vt_put_message(&frame, 3, &message);
    s->stamps[s->sent % STAMPS] = now_us();
    if (!s->closed && !send_bytes(s, out, framed(out, &frame))) s->closed = 1;
}

static void answered(stream *s, const char *text) {
    unsigned long long number, count;
    if (sscanf(text, "%llu %llu", &number, &count) != 2) return;
    if (number <= s->last) {
        s->repeated++;
    } else {
        if (number != s->last + 1) s->reordered++;
        s->last = number;
    }
    s->received++;
    if (count != number) s->count_errors++;
    if (latency_count == latency_capacity) latencies = realloc(latencies, sizeof *latencies * (latency_capacity = latency_capacity * 2 + 4096));
    latencies[latency_count++] = (uint32_t)(now_us() - s->stamps[number % STAMPS]);
}

static void take(stream *s, const uint8_t *bytes, size_t length) {
    vt_field data, transcript, text;
    if (!vt_find(bytes, length, 3, &data)) return;
    vt_field problem;
    if (vt_find(data.bytes, data.length, 18, &problem)) problems++;
    if (!vt_find(data.bytes, data.length, 12, &transcript) || !vt_find(transcript.bytes, transcript.length, 1, &text)) return;
    char line[96];
    snprintf(line, sizeof line, "%.*s", (int)text.length, (const char *)text.bytes);
    answered(s, line);
}

static void receive(stream *s) {
    ssize_t got = read(s->fd, s->in + s->have, sizeof s->in - s->have);
    if (got <= 0) {
        s->closed = 1;
        return;
    }
    s->have += (size_t)got;
    size_t at = 0;
    while (s->have - at >= 5) {
        size_t length = (size_t)s->in[at + 1] << 24 | (size_t)s->in[at + 2] << 16 | (size_t)s->in[at + 3] << 8 | s->in[at + 4];
        if (s->have - at < 5 + length) break;
        take(s, s->in + at + 5, length);
        at += 5 + length;
    }
    memmove(s->in, s->in + at, s->have -= at);
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    if (argc != 4) return fprintf(stderr, "usage: client PORT STREAMS FRAMES_PER_SECOND\n"), 2;
    int port = atoi(argv[1]), count = atoi(argv[2]), rate = atoi(argv[3]);
    stream *all = calloc((size_t)count, sizeof *all);
    int poll_fd = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    for (int i = 0; i < count; i++) {
        if (!dial(&all[i], port)) return perror("connect"), 1;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    /* One stream's turn each tick, so that frames are spread evenly. */
    long ns = 1000000000L / ((long)count * rate);
    struct itimerspec every = {{0, ns}, {0, ns}};
    timerfd_settime(timer, 0, &every, NULL);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, timer, &event);
    int next = 0, stopping = 0;
    uint64_t stop_at = 0;
    marks[mark_count++] = 0;
    struct pollfd input = {.fd = 0, .events = POLLIN};
    for (;;) {
        struct epoll_event events[64];
        int n = epoll_wait(poll_fd, events, 64, 10);
        for (int e = 0; e < n; e++) {
            stream *s = events[e].data.ptr;
            if (s) {
                receive(s);
                if (s->closed) {
                    /* A server that restarts: what was under way is lost; dial again until it is back. */
                    epoll_ctl(poll_fd, EPOLL_CTL_DEL, s->fd, NULL);
                    close(s->fd);
                    s->fd = -1;
                }
                continue;
            }
            uint64_t ticks = 0;
            if (read(timer, &ticks, 8) != 8) continue;
            for (; ticks && !stopping; ticks--) {
                stream *s = &all[next];
                next = (next + 1) % count;
                if (s->fd < 0 && dial(s, port)) {
                    restarts++;
                    struct epoll_event again = {.events = EPOLLIN, .data.ptr = s};
                    epoll_ctl(poll_fd, EPOLL_CTL_ADD, s->fd, &again);
                } else if (s->fd < 0) {
                    s->fd = -1;
                    s->closed = 1;
                }
                send_chunk(s);
            }
        }
        if (!stopping && poll(&input, 1, 0) > 0) {
            char line[64];
            ssize_t got = read(0, line, sizeof line);
            if (got <= 0) {
                stopping = 1;
                stop_at = now_us() + 3000000;
            } else if (mark_count < MARKS) {
                marks[mark_count++] = latency_count;
            }
        }
        if (stopping) {
            uint64_t open = 0;
            for (int i = 0; i < count; i++) open += all[i].sent - all[i].received;
            if (open == 0 || now_us() > stop_at) break;
        }
    }
    uint64_t sent = 0, received = 0, repeated = 0, reordered = 0, wrong = 0;
    for (int i = 0; i < count; i++)
        sent += all[i].sent, received += all[i].received, repeated += all[i].repeated, reordered += all[i].reordered, wrong += all[i].count_errors;
    printf("{\"sent\": %llu, \"lost\": %lld, \"repeated\": %llu, \"gaps\": %llu, \"count_errors\": %llu, \"problems\": %llu, \"reconnects\": %llu, \"parts\": [",
        (unsigned long long)sent, (long long)(sent - received + repeated), (unsigned long long)repeated, (unsigned long long)reordered,
        (unsigned long long)wrong, (unsigned long long)problems, (unsigned long long)restarts);
    marks[mark_count] = latency_count;
    for (size_t part = 0; part < mark_count; part++) {
        uint32_t *from = latencies + marks[part];
        size_t frames = marks[part + 1] - marks[part];
        qsort(from, frames, sizeof *from, compare);
        printf("%s{\"frames\": %zu, \"p50_us\": %u, \"p99_us\": %u, \"p999_us\": %u, \"max_us\": %u}", part ? ", " : "", frames,
            frames ? from[frames / 2] : 0, frames ? from[frames * 99 / 100] : 0, frames ? from[frames * 999 / 1000] : 0, frames ? from[frames - 1] : 0);
    }
    printf("]}\n");
    return 0;
}
