/*
 * Sends numbered audio chunks on many streams at a steady pace and counts what comes back.
 *
 *   client PORT STREAMS FRAMES_PER_SECOND      runs until its standard input ends, then waits for what is under way and prints one JSON object
 *
 * The plugin (Tests/Plugins/sequencer.c, or the one in Swift) answers chunk NUMBER with the transcript "NUMBER COUNT BUILD". A frame counts as lost
 * when its number has not come back, as repeated when it has come before, as out of order when a later one came first; COUNT must go on by one
 * (the state that builds hand over). "line N" on standard input marks the beginning of a new part, with figures of its own; p99 also of the frames
 * that were not under way while the machine stood still (stalls.h).
 */
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "load.h"
#include "stalls.h"

enum { STAMPS = 1 << 12, MARKS = 64 };

typedef struct {
    load_line line;
    int closed;
    uint64_t sent, last, received, count_errors, repeated, reordered;
    uint64_t stamps[STAMPS];
} stream;

typedef struct {
    uint64_t at_us;
    uint32_t took_us;
} latency;

static latency *latencies;
static size_t latency_count, latency_capacity, marks[MARKS + 1], mark_count;
static uint64_t restarts, problems;

static uint64_t now_us(void) { return load_now_ns() / 1000; }

static int dial(stream *s, int port) {
    uint8_t open[LOAD_FRAME_MAX];
    s->closed = 0;
    return load_dial(&s->line, "127.0.0.1", port) && load_send(&s->line, open, load_open(open, NULL));
}

static void send_chunk(stream *s) {
    uint8_t samples[32] = {0}, out[LOAD_FRAME_MAX];
    s->sent++;
    memcpy(samples, &s->sent, 8);
    s->stamps[s->sent % STAMPS] = now_us();
    if (!s->closed && !load_send(&s->line, out, load_audio(out, samples, sizeof samples, 0, 0))) s->closed = 1;
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
    uint64_t at = now_us();
    latencies[latency_count++] = (latency){at, (uint32_t)(at - s->stamps[number % STAMPS])};
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

/* Of `count` frames, sorted: so much as `share` of them took at most. */
static uint32_t percentile(const uint32_t *sorted, size_t count, double share) {
    if (count == 0) return 0;
    size_t place = (size_t)((double)count * share);
    return sorted[place < count ? place : count - 1];
}

static void receive(stream *s) {
    if (!load_read(&s->line)) {
        s->closed = 1;
        return;
    }
    const uint8_t *frame;
    size_t at = 0, length;
    while (load_next(&s->line, &at, &frame, &length)) take(s, frame, length);
}

int main(int argc, char **argv) {
    if (argc != 4) return fprintf(stderr, "usage: client PORT STREAMS FRAMES_PER_SECOND\n"), 2;
    int port = atoi(argv[1]), count = atoi(argv[2]), rate = atoi(argv[3]);
    stream *all = calloc((size_t)count, sizeof *all);
    int watched = stalls_begin();
    int poll_fd = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    for (int i = 0; i < count; i++) {
        if (!dial(&all[i], port)) return perror("connect"), 1;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, all[i].line.fd, &event);
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
                    epoll_ctl(poll_fd, EPOLL_CTL_DEL, s->line.fd, NULL);
                    close(s->line.fd);
                    s->line.fd = -1;
                }
                continue;
            }
            uint64_t ticks = 0;
            if (read(timer, &ticks, 8) != 8) continue;
            for (; ticks && !stopping; ticks--) {
                stream *s = &all[next];
                next = (next + 1) % count;
                if (s->line.fd < 0 && dial(s, port)) {
                    restarts++;
                    struct epoll_event again = {.events = EPOLLIN, .data.ptr = s};
                    epoll_ctl(poll_fd, EPOLL_CTL_ADD, s->line.fd, &again);
                } else if (s->line.fd < 0) {
                    s->line.fd = -1;
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
    printf("{\"sent\": %llu, \"lost\": %lld, \"repeated\": %llu, \"gaps\": %llu, \"count_errors\": %llu, \"problems\": %llu, \"reconnects\": %llu, \"watched\": %d, \"parts\": [",
        (unsigned long long)sent, (long long)(sent - received + repeated), (unsigned long long)repeated, (unsigned long long)reordered,
        (unsigned long long)wrong, (unsigned long long)problems, (unsigned long long)restarts, watched);
    marks[mark_count] = latency_count;
    size_t stalls = stalls_settle();
    uint32_t *all_us = calloc(latency_count + 1, sizeof *all_us), *clear_us = calloc(latency_count + 1, sizeof *clear_us);
    for (size_t part = 0; part < mark_count; part++) {
        size_t frames = 0, clear = 0;
        for (size_t at = marks[part]; at < marks[part + 1]; at++) {
            latency one = latencies[at];
            all_us[frames++] = one.took_us;
            if (!stalls_between(stalls, (one.at_us - one.took_us) * 1000, one.at_us * 1000)) clear_us[clear++] = one.took_us;
        }
        qsort(all_us, frames, sizeof *all_us, load_compare);
        qsort(clear_us, clear, sizeof *clear_us, load_compare);
        printf("%s{\"frames\": %zu, \"p50_us\": %u, \"p99_us\": %u, \"p999_us\": %u, \"max_us\": %u, \"clear_frames\": %zu, \"clear_p99_us\": %u, "
            "\"clear_max_us\": %u}", part ? ", " : "", frames, percentile(all_us, frames, 0.5), percentile(all_us, frames, 0.99),
            percentile(all_us, frames, 0.999), percentile(all_us, frames, 1), clear, percentile(clear_us, clear, 0.99), percentile(clear_us, clear, 1));
    }
    printf("]}\n");
    return 0;
}
