/* Load generator for length-prefixed frames: N sessions, each with `window` frames under way, until `frames` have come back.
 *
 *   client HOST PORT vitrine|echo SESSIONS WINDOW FRAMES     prints {"seconds":…, "frames":…, "p50_us":…, "p99_us":…}
 *   client HOST PORT vitrine|echo SESSIONS @RATE FRAMES     open loop: RATE frames/s a session, whatever comes back; a frame's latency
 *                                                           counts from when it was due, so that a late one is not forgiven
 *   client HOST PORT idle SESSIONS     opens them, prints 'ready', waits for the end of its input
 *
 * One thread, epoll. Frames are built once; replies are counted by their length prefix, and by the Data tag in Vitrine's protocol.
 * The audio lane's window (256 KiB) is never reached: at most WINDOW frames are under way and the server grants credit in halves. */
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#include "load.h"

enum { STAMPS = 64 };

typedef struct session {
    load_line line;
    uint64_t sent, received;
    uint64_t stamps[STAMPS]; /* when frame n was sent, by n % STAMPS */
} session;

static void dial(load_line *line, const char *host, int port) {
    if (load_dial(line, host, port)) return;
    perror("connect");
    exit(1);
}

static void write_all(load_line *line, const uint8_t *bytes, size_t length) {
    if (load_send(line, bytes, length)) return;
    perror("write");
    exit(1);
}

/* One frame in `interval` ns, the sessions in turn, until `frames` have been sent; each is counted from when it was due. */
typedef struct schedule {
    uint64_t begin, interval, sent, frames;
} schedule;

static int send_due(schedule *plan, session *all, int sessions, const uint8_t *audio, size_t length) {
    for (; plan->sent < plan->frames; plan->sent++) {
        uint64_t due = plan->begin + plan->sent * plan->interval;
        if (due > load_now_ns()) return 1;
        session *s = &all[plan->sent % (uint64_t)sessions];
        if (s->sent - s->received == STAMPS) {
            fprintf(stderr, "a session is %d frames behind\n", STAMPS);
            return 0;
        }
        s->stamps[s->sent++ % STAMPS] = due;
        write_all(&s->line, audio, length);
    }
    return 1;
}

/* Waits for replies, or until the next frame is due: epoll's own milliseconds are too coarse for that. */
static int wait_for(int poll, struct epoll_event *events, int most, const schedule *plan) {
    if (!plan->interval || plan->sent == plan->frames) return epoll_wait(poll, events, most, 10000);
    uint64_t due = plan->begin + plan->sent * plan->interval, now = load_now_ns(), left = due > now ? due - now : 0;
    struct timespec span = {.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
    return epoll_pwait2(poll, events, most, &span, NULL);
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: client HOST PORT vitrine|echo SESSIONS WINDOW|@RATE FRAMES\n       client HOST PORT idle SESSIONS   (opens them, prints 'ready', waits for end of input)\n");
        return 2;
    }
    int vitrine = strcmp(argv[3], "echo") != 0, idle = strcmp(argv[3], "idle") == 0, sessions = atoi(argv[4]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    uint8_t open[LOAD_FRAME_MAX], audio[LOAD_FRAME_MAX];
    size_t open_length = load_open(open, NULL), audio_length = load_audio_20ms(audio, 1, 1000000);
    session *all = calloc((size_t)(idle ? 1 : sessions), sizeof *all);
    for (int i = 0; i < sessions; i++) {
        load_line *line = &all[idle ? 0 : i].line;
        dial(line, argv[1], atoi(argv[2]));
        if (vitrine) write_all(line, open, open_length);
        /* Sessions that only wait keep their sockets, not a buffer each. */
        if (idle && !load_read(line)) {
            perror("read");
            return 1;
        }
    }
    if (idle) {
        printf("ready\n");
        fflush(stdout);
        while (getchar() != EOF) {}
        return 0;
    }
    if (argc < 7) return 2;
    uint64_t rate = argv[5][0] == '@' ? strtoull(argv[5] + 1, NULL, 10) : 0, window = rate ? 0 : strtoull(argv[5], NULL, 10), frames = strtoull(argv[6], NULL, 10), done = 0, samples = 0;
    uint64_t each = frames / (uint64_t)sessions;
    frames = each * (uint64_t)sessions;
    uint32_t *latency = malloc(sizeof *latency * frames);
    int poll = epoll_create1(0);
    for (int i = 0; i < sessions; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].line.fd, &event);
    }
    schedule plan = {.begin = load_now_ns(), .interval = rate ? 1000000000 / (rate * (uint64_t)sessions) : 0, .frames = rate ? frames : 0};
    for (int i = 0; i < sessions; i++)
        for (uint64_t n = 0; n < window && n < each; n++) {
            all[i].stamps[all[i].sent++ % STAMPS] = load_now_ns();
            write_all(&all[i].line, audio, audio_length);
        }
    while (done < frames) {
        struct epoll_event events[64];
        if (!send_due(&plan, all, sessions, audio, audio_length)) return 1;
        int n = wait_for(poll, events, 64, &plan);
        if (n < 0 || (n == 0 && plan.sent == plan.frames)) {
            fprintf(stderr, "no reply for 10 s: %llu of %llu frames\n", (unsigned long long)done, (unsigned long long)frames);
            return 1;
        }
        for (int e = 0; e < n; e++) {
            session *s = events[e].data.ptr;
            if (!load_read(&s->line)) {
                fprintf(stderr, "the server closed a connection\n");
                return 1;
            }
            const uint8_t *frame;
            size_t at = 0, length;
            uint64_t now = load_now_ns(), replies = 0;
            while (load_next(&s->line, &at, &frame, &length)) {
                if (vitrine && !load_is_audio(frame, length)) continue;
                latency[samples++] = (uint32_t)(now - s->stamps[s->received++ % STAMPS]);
                replies++;
            }
            done += replies;
            /* All frames that a read freed go out in one write, as a busy client's would. */
            static uint8_t burst[STAMPS * LOAD_FRAME_MAX];
            size_t filled = 0;
            for (uint64_t r = 0; !rate && r < replies && s->sent < each; r++) {
                s->stamps[s->sent++ % STAMPS] = now;
                memcpy(burst + filled, audio, audio_length);
                filled += audio_length;
            }
            if (filled) write_all(&s->line, burst, filled);
        }
    }
    double seconds = (double)(load_now_ns() - plan.begin) / 1e9;
    qsort(latency, samples, sizeof *latency, load_compare);
    printf("{\"seconds\": %.6f, \"frames\": %llu, \"frame_bytes\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", seconds, (unsigned long long)done, audio_length,
           latency[samples / 2] / 1e3, latency[samples * 99 / 100] / 1e3);
    return 0;
}
