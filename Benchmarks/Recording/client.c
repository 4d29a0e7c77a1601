/* Customers who speak: N sessions, each sending 20 ms of audio every 20 ms for some seconds, through a server whose graph sends it back.
 *
 *   client HOST PORT SESSIONS SECONDS     prints {"frames":…, "p50_us":…, "p99_us":…, "received":[…]}
 *
 * Latency counts from when a frame was due, not from when it could be sent. All sessions agree to be recorded. When the server goes away, the
 * frames received by then are printed: what a killed server had answered. */
#include <stdio.h>
#include <sys/epoll.h>

#include "load.h"

enum { PERIOD_NS = 20000000 };

typedef struct session {
    load_line line;
    uint64_t sent, received;
} session;

static uint64_t due(uint64_t begin, uint64_t i, uint64_t n, uint64_t sessions) { return begin + n * PERIOD_NS + i * PERIOD_NS / sessions; }

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: client HOST PORT SESSIONS SECONDS\n");
        return 2;
    }
    uint64_t sessions = strtoull(argv[3], NULL, 10), each = (uint64_t)(atof(argv[4]) * 1e9) / PERIOD_NS, samples = 0, next = 0;
    uint8_t open[LOAD_FRAME_MAX], audio[LOAD_FRAME_MAX];
    size_t open_length = load_open(open, "audio"), audio_length = load_audio_20ms(audio, 0, 0);
    session *all = calloc(sessions, sizeof *all);
    uint32_t *latency = calloc(sessions * each + 1, sizeof *latency);
    int poll = epoll_create1(0), gone = 0;
    for (uint64_t i = 0; i < sessions; i++) {
        if (!load_dial(&all[i].line, argv[1], atoi(argv[2]))) {
            perror("connect");
            return 1;
        }
        if (!load_send(&all[i].line, open, open_length)) gone = 1;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].line.fd, &event);
    }
    uint64_t begin = load_now_ns() + PERIOD_NS, total = sessions * each;
    while (!gone && (next < total || samples < total)) {
        uint64_t now = load_now_ns();
        /* Frame number `next` over all sessions: they are due one after the other. */
        while (next < total && due(begin, next % sessions, next / sessions, sessions) <= now) {
            if (!load_send(&all[next % sessions].line, audio, audio_length)) gone = 1;
            next++;
        }
        int wait = next < total ? (int)((due(begin, next % sessions, next / sessions, sessions) - now) / 1000000) : 5000;
        struct epoll_event events[64];
        int n = epoll_wait(poll, events, 64, wait);
        if (n == 0 && next == total) break;
        for (int e = 0; e < n; e++) {
            session *s = events[e].data.ptr;
            if (!load_read(&s->line)) {
                gone = 1;
                break;
            }
            const uint8_t *frame;
            size_t at = 0, length;
            now = load_now_ns();
            while (load_next(&s->line, &at, &frame, &length))
                if (load_is_audio(frame, length) && samples < total)
                    latency[samples++] = (uint32_t)(now - due(begin, (uint64_t)(s - all), s->received++, sessions));
        }
    }
    qsort(latency, samples, sizeof *latency, load_compare);
    printf("{\"frames\": %llu, \"p50_us\": %.1f, \"p99_us\": %.1f, \"received\": [", (unsigned long long)samples,
           samples ? latency[samples / 2] / 1e3 : 0, samples ? latency[samples * 99 / 100] / 1e3 : 0);
    for (uint64_t i = 0; i < sessions; i++) printf("%s%llu", i ? ", " : "", (unsigned long long)all[i].received);
    printf("]}\n");
    return 0;
}
