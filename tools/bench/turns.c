/* Whole turns under load: N clients, each with one turn under way, in a closed loop.
 *
 *   turns HOST PORT CLIENTS SECONDS image FILE…     a photo a turn
 *   turns HOST PORT CLIENTS SECONDS text FILE       a line of the file a turn
 *
 * prints {"turns":…, "seconds":…, "cpu_s":…, "mean_ms":…, "p50_ms":…, "p99_ms":…}. A turn's time is from its message's first byte written to
 * its DONE read. The first second warms up and is not counted. One thread; messages are built once. A Problem is an error. */
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "load.h"

enum { MESSAGES_MAX = 1 << 16, ENVELOPE = 128, STATE_DONE = 6, END = 6, TURN_STATE = 11, PROBLEM = 18 };

typedef struct message {
    uint8_t *bytes;
    size_t length;
} message;

typedef struct client {
    load_line line;
    size_t next, written;
    uint64_t began;
} client;

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

/* ClientMessage{end_of_turn, `field` content} in its frame. */
static message turn(uint32_t field, const vt_writer *content) {
    size_t room = content->length + ENVELOPE;
    message result = {malloc(room), 0};
    vt_writer body = {malloc(room), room, 0, false};
    vt_put_uint(&body, 5, 1);
    vt_put_message(&body, field, content);
    if (!(result.length = load_frame_into(result.bytes, room, LOAD_DATA, &body))) fail("a message does not fit");
    free(body.bytes);
    return result;
}

static message photo(const uint8_t *data, size_t length) {
    vt_writer part = {malloc(length + ENVELOPE), length + ENVELOPE, 0, false};
    vt_put_uint(&part, 1, 1); /* purpose QUERY */
    vt_put_uint(&part, 4, 1); /* last */
    vt_put_bytes(&part, 5, data, length);
    message result = turn(12, &part);
    free(part.bytes);
    return result;
}

static message words(const char *line) {
    size_t room = strlen(line) + ENVELOPE;
    vt_writer text = {malloc(room), room, 0, false};
    vt_put_text(&text, 1, line);
    vt_put_text(&text, 2, "en");
    message result = turn(10, &text);
    free(text.bytes);
    return result;
}

static uint8_t *whole_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) fail(path);
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*length + 1);
    if (fread(bytes, 1, *length, file) != *length) fail(path);
    bytes[*length] = 0;
    fclose(file);
    return bytes;
}

/* Whether the frame says that a turn is over. */
static bool is_done(const uint8_t *bytes, size_t length) {
    vt_field data, part, value;
    if (vt_find(bytes, length, END, &data)) fail("the server ended a stream");
    if (!vt_find(bytes, length, LOAD_DATA, &data)) return false;
    if (vt_find(data.bytes, data.length, PROBLEM, &part)) {
        if (vt_find(part.bytes, part.length, 2, &value)) fprintf(stderr, "%.*s\n", (int)value.length, (const char *)value.bytes);
        fail("the server reported a problem");
    }
    return vt_find(data.bytes, data.length, TURN_STATE, &part) && vt_find(part.bytes, part.length, 1, &value) && value.value == STATE_DONE;
}

static void flush(client *c, const message *m, int poll) {
    while (c->written < m->length) {
        ssize_t n = send(c->line.fd, m->bytes + c->written, m->length - c->written, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0 && errno != EINTR) fail("cannot write");
        if (n > 0) c->written += (size_t)n;
    }
    struct epoll_event event = {.events = EPOLLIN | (c->written < m->length ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(poll, EPOLL_CTL_MOD, c->line.fd, &event);
}

static double cpu_seconds(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
    if (argc < 7) fail("usage: turns HOST PORT CLIENTS SECONDS image|text FILE…");
    size_t clients = (size_t)atoi(argv[3]), count = 0, turns = 0, room = 1 << 16;
    message *messages = calloc(MESSAGES_MAX, sizeof *messages);
    if (strcmp(argv[5], "image") == 0) {
        for (int i = 6; i < argc && count < MESSAGES_MAX; i++) {
            size_t length;
            uint8_t *data = whole_file(argv[i], &length);
            messages[count++] = photo(data, length);
            free(data);
        }
    } else {
        size_t length;
        char *text = (char *)whole_file(argv[6], &length);
        for (char *line = strtok(text, "\n"); line && count < MESSAGES_MAX; line = strtok(NULL, "\n")) messages[count++] = words(line);
    }
    if (count == 0 || clients == 0) fail("there is nothing to send");
    uint8_t open[LOAD_FRAME_MAX];
    size_t open_length = load_open(open, NULL);
    client *all = calloc(clients, sizeof *all);
    int poll = epoll_create1(0);
    uint64_t counted = load_now_ns() + 1000000000u, end = counted + (uint64_t)(atof(argv[4]) * 1e9), now = 0;
    for (size_t i = 0; i < clients; i++) {
        if (!load_dial(&all[i].line, argv[1], atoi(argv[2])) || !load_send(&all[i].line, open, open_length)) fail("cannot connect");
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].line.fd, &event);
        all[i].next = i % count;
        all[i].began = load_now_ns();
        flush(&all[i], &messages[all[i].next], poll);
    }
    uint32_t *times = malloc(room * sizeof *times); /* microseconds */
    double used = 0, sum = 0;
    bool warm = false;
    while (now < end) {
        struct epoll_event events[64];
        int n = epoll_wait(poll, events, 64, 10000);
        if (n <= 0) fail("no answer for 10 s");
        now = load_now_ns();
        if (!warm && now >= counted) warm = true, used = cpu_seconds(), counted = now;
        for (int e = 0; e < n; e++) {
            client *c = events[e].data.ptr;
            if (events[e].events & EPOLLOUT) flush(c, &messages[c->next], poll);
            if (!(events[e].events & EPOLLIN)) continue;
            if (!load_read(&c->line)) fail("the server closed a connection");
            const uint8_t *frame;
            size_t at = 0, length;
            bool over = false;
            while (load_next(&c->line, &at, &frame, &length)) over |= is_done(frame, length);
            if (!over) continue;
            now = load_now_ns();
            if (warm && c->began >= counted) {
                if (turns == room) times = realloc(times, (room *= 2) * sizeof *times);
                times[turns++] = (uint32_t)((now - c->began) / 1000);
            }
            c->next = (c->next + clients) % count;
            c->written = 0;
            c->began = now;
            flush(c, &messages[c->next], poll);
        }
    }
    if (turns == 0) fail("no turn was answered");
    for (size_t i = 0; i < turns; i++) sum += times[i];
    qsort(times, turns, sizeof *times, load_compare);
    printf("{\"turns\": %zu, \"seconds\": %.3f, \"cpu_s\": %.3f, \"mean_ms\": %.4f, \"p50_ms\": %.4f, \"p99_ms\": %.4f}\n", turns,
           (double)(now - counted) / 1e9, cpu_seconds() - used, sum / (double)turns / 1e3, times[turns / 2] / 1e3, times[turns * 99 / 100] / 1e3);
    return 0;
}
