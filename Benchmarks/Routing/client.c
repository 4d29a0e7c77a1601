/* Load generator for length-prefixed frames: N sessions, each with `window` frames under way, until `frames` have come back.
 *
 *   client HOST PORT vitrine|echo SESSIONS WINDOW FRAMES     prints {"seconds":…, "frames":…, "p50_us":…, "p99_us":…}
 *   client HOST PORT idle|rate SESSIONS … : see main
 *
 * One thread, epoll. Frames are built once; replies are counted by their length prefix, and by the Data tag in Vitrine's protocol.
 * The audio lane's window (256 KiB) is never reached: at most WINDOW frames are under way and the server grants credit in halves. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 640, FRAME_MAX = 1024, BUFFER = 1 << 16, STAMPS = 64 };

typedef struct session {
    int fd;
    uint64_t sent, received;
    size_t have; /* bytes of `in` that are filled */
    uint8_t in[BUFFER];
    uint64_t stamps[STAMPS]; /* when frame n was sent, by n % STAMPS */
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

static size_t field_bytes(uint8_t *out, int field, const uint8_t *bytes, size_t length) {
    size_t n = varint(out, (uint64_t)(field << 3 | 2));
    n += varint(out + n, length);
    memcpy(out + n, bytes, length);
    return n + length;
}

static size_t frame_prefix(uint8_t *out, size_t length) {
    out[0] = 0;
    out[1] = (uint8_t)(length >> 24), out[2] = (uint8_t)(length >> 16), out[3] = (uint8_t)(length >> 8), out[4] = (uint8_t)length;
    return 5;
}

/* Frame{stream_id 1, data ClientMessage{turn_id, capture_time_us, audio AudioChunk{pcm16, 16 kHz, 1, 640 bytes}}}: 670 bytes. */
static size_t audio_frame(uint8_t *out) {
    uint8_t samples[SAMPLES], chunk[FRAME_MAX], message[FRAME_MAX], frame[FRAME_MAX];
    for (int i = 0; i < SAMPLES; i++) samples[i] = (uint8_t)(i * 31);
    size_t n = 0;
    chunk[n++] = 0x08, chunk[n++] = 1;
    chunk[n++] = 0x10, n += varint(chunk + n, 16000);
    chunk[n++] = 0x18, chunk[n++] = 1;
    n += field_bytes(chunk + n, 4, samples, SAMPLES);
    size_t m = 0;
    message[m++] = 0x10, message[m++] = 1;
    message[m++] = 0x20, m += varint(message + m, 1000000);
    m += field_bytes(message + m, 11, chunk, n);
    size_t f = 0;
    frame[f++] = 0x08, frame[f++] = 1;
    f += field_bytes(frame + f, 3, message, m);
    size_t p = frame_prefix(out, f);
    memcpy(out + p, frame, f);
    return p + f;
}

static size_t open_frame(uint8_t *out) {
    static const char method[] = "/vitrine.v1.Sessions/Converse";
    uint8_t open[128], frame[160];
    size_t n = field_bytes(open, 1, (const uint8_t *)method, sizeof method - 1);
    size_t f = 0;
    frame[f++] = 0x08, frame[f++] = 1;
    f += field_bytes(frame + f, 2, open, n);
    size_t p = frame_prefix(out, f);
    memcpy(out + p, frame, f);
    return p + f;
}

static int dial(const char *host, int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, host, &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("connect");
        exit(1);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void write_all(int fd, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n <= 0) {
            perror("write");
            exit(1);
        }
        bytes += n, length -= (size_t)n;
    }
}

static int is_reply(const uint8_t *frame, size_t length, int vitrine) {
    if (!vitrine) return 1;
    /* Frame: 08 01 1a … = data; inside ServerMessage the audio kind is large, everything else is small. */
    return length > SAMPLES && frame[0] == 0x08 && frame[2] == 0x1a;
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: client HOST PORT vitrine|echo SESSIONS WINDOW FRAMES\n       client HOST PORT idle SESSIONS   (opens them, prints 'ready', waits for end of input)\n");
        return 2;
    }
    int vitrine = strcmp(argv[3], "echo") != 0, idle = strcmp(argv[3], "idle") == 0, sessions = atoi(argv[4]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    uint8_t open[256], audio[FRAME_MAX];
    size_t open_length = open_frame(open), audio_length = audio_frame(audio);
    session *all = calloc((size_t)(idle ? 1 : sessions), sizeof *all);
    int *idle_fds = calloc((size_t)sessions, sizeof *idle_fds);
    for (int i = 0; i < sessions; i++) {
        int fd = dial(argv[1], atoi(argv[2]));
        if (vitrine) write_all(fd, open, open_length);
        if (idle) {
            uint8_t some[512];
            idle_fds[i] = fd;
            if (read(fd, some, sizeof some) <= 0) {
                perror("read");
                return 1;
            }
        } else
            all[i].fd = fd;
    }
    if (idle) {
        printf("ready\n");
        fflush(stdout);
        while (getchar() != EOF) {}
        return 0;
    }
    if (argc < 7) return 2;
    uint64_t window = strtoull(argv[5], NULL, 10), frames = strtoull(argv[6], NULL, 10), done = 0, samples = 0;
    uint64_t each = frames / (uint64_t)sessions;
    frames = each * (uint64_t)sessions;
    uint32_t *latency = malloc(sizeof *latency * frames);
    int poll = epoll_create1(0);
    for (int i = 0; i < sessions; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event);
    }
    uint64_t begin = now_ns();
    for (int i = 0; i < sessions; i++)
        for (uint64_t n = 0; n < window && n < each; n++) {
            all[i].stamps[all[i].sent++ % STAMPS] = now_ns();
            write_all(all[i].fd, audio, audio_length);
        }
    while (done < frames) {
        struct epoll_event events[64];
        int n = epoll_wait(poll, events, 64, 10000);
        if (n <= 0) {
            fprintf(stderr, "no reply for 10 s: %llu of %llu frames\n", (unsigned long long)done, (unsigned long long)frames);
            return 1;
        }
        for (int e = 0; e < n; e++) {
            session *s = events[e].data.ptr;
            ssize_t got = read(s->fd, s->in + s->have, sizeof s->in - s->have);
            if (got <= 0) {
                fprintf(stderr, "the server closed a connection\n");
                return 1;
            }
            s->have += (size_t)got;
            size_t at = 0;
            uint64_t now = now_ns(), replies = 0;
            while (s->have - at >= 5) {
                size_t length = (size_t)s->in[at + 1] << 24 | (size_t)s->in[at + 2] << 16 | (size_t)s->in[at + 3] << 8 | s->in[at + 4];
                if (s->have - at < 5 + length) break;
                if (is_reply(s->in + at + 5, length, vitrine)) {
                    latency[samples++] = (uint32_t)(now - s->stamps[s->received++ % STAMPS]);
                    replies++;
                }
                at += 5 + length;
            }
            memmove(s->in, s->in + at, s->have - at);
            s->have -= at;
            done += replies;
            /* All frames that a read freed go out in one write, as a busy client's would. */
            static uint8_t burst[STAMPS * FRAME_MAX];
            size_t filled = 0;
            for (uint64_t r = 0; r < replies && s->sent < each; r++) {
                s->stamps[s->sent++ % STAMPS] = now;
                memcpy(burst + filled, audio, audio_length);
                filled += audio_length;
            }
            if (filled) write_all(s->fd, burst, filled);
        }
    }
    double seconds = (double)(now_ns() - begin) / 1e9;
    qsort(latency, samples, sizeof *latency, compare);
    printf("{\"seconds\": %.6f, \"frames\": %llu, \"frame_bytes\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", seconds, (unsigned long long)done, audio_length,
           latency[samples / 2] / 1e3, latency[samples * 99 / 100] / 1e3);
    return 0;
}
