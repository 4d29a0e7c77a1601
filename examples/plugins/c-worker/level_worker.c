/*
 * level-worker: a Vitrine plugin that is a program of its own, in plain C with protobuf-c and nothing else of Vitrine's.
 *
 * It does what the level meter in ../c does, from the other side of a socket. It shows what any worker needs: frames, the two questions of the
 * handshake (Describe, Start), streams that are answered, acknowledged and closed, credit that is given back, and an answer to each ping.
 * The protocol is proto/vitrine/v1/frame.proto and plugins.proto.
 *
 * Build with `make`; name it in shop.yaml as a `command`, or try it with `vitrine plugin run --worker`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "level.h"
#include "vitrine/v1/features.pb-c.h"
#include "vitrine/v1/frame.pb-c.h"
#include "vitrine/v1/plugins.pb-c.h"

enum { PREFIX = 5, FRAME_BYTES_MAX = 64 << 20, STREAMS_MAX = 1024, AUDIO_WINDOW = 256 << 10, OUTPUT_WINDOW = 1 << 20 };
enum { OK = 0, INVALID_ARGUMENT = 3, RESOURCE_EXHAUSTED = 8, UNIMPLEMENTED = 12 };

static int host; /* the socket */
static double quiet_dbfs = -40.0, loud_dbfs = -10.0;
static int64_t output_window = OUTPUT_WINDOW; /* credit for answers that each stream begins with */

/* An answer that waits until the host takes more. */
typedef struct answer {
    struct answer *next;
    size_t cost; /* bytes of the PluginOutput, which is what credit counts */
    Vitrine__V1__Lane lane;
    size_t input; /* bytes of the input that it answers */
    size_t length;
    uint8_t bytes[]; /* a RunReply */
} answer;

/* A stream that the host has opened. What it was asked is kept until the host has said that this was all. */
typedef struct {
    uint64_t id; /* 0 = this place is free */
    enum { DESCRIBE, START, RUN } method;
    uint64_t done;     /* the last input that was answered */
    uint64_t returned; /* bytes of input that were taken and not given back as credit */
    int64_t credit;    /* bytes of answers that the host still takes; the last one may overdraw it */
    answer *first, *last;
    int half_closed;
} stream;

static stream streams[STREAMS_MAX];

static stream *find(uint64_t id) {
    for (int index = 0; index < STREAMS_MAX; index++)
        if (streams[index].id == id) return &streams[index];
    return NULL;
}

/* The host is gone, or cannot be understood any more: so is this program's purpose. */
static void stop(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

/* What goes to the host is collected and written once for everything that was read. */
static uint8_t *out;
static size_t out_length, out_capacity;

static void flush(void) {
    for (size_t at = 0; at < out_length;) {
        ssize_t count = write(host, out + at, out_length - at);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) stop("the host is gone");
        at += (size_t)count;
    }
    out_length = 0;
}

static void send_frame(uint64_t id, Vitrine__V1__Frame *frame) {
    frame->stream_id = id;
    size_t length = vitrine__v1__frame__get_packed_size(frame);
    if (out_length + PREFIX + length > out_capacity) {
        out_capacity = 2 * (out_length + PREFIX + length);
        out = realloc(out, out_capacity);
        if (!out) stop("out of memory");
    }
    uint8_t *at = out + out_length;
    at[0] = 0; /* not compressed */
    for (int index = 0; index < 4; index++) at[1 + index] = (uint8_t)(length >> (24 - 8 * index));
    vitrine__v1__frame__pack(frame, at + PREFIX);
    out_length += PREFIX + length;
}

static void send_bytes(uint64_t id, uint8_t *bytes, size_t length) {
    Vitrine__V1__Frame frame = VITRINE__V1__FRAME__INIT;
    frame.body_case = VITRINE__V1__FRAME__BODY_DATA;
    frame.data = (ProtobufCBinaryData){length, bytes};
    send_frame(id, &frame);
}

static void send_data(uint64_t id, const ProtobufCMessage *message) {
    size_t length = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(length ? length : 1);
    if (!bytes) stop("out of memory");
    protobuf_c_message_pack(message, bytes);
    send_bytes(id, bytes, length);
    free(bytes);
}

static void forget(stream *self) {
    while (self->first) {
        answer *gone = self->first;
        self->first = gone->next;
        free(gone);
    }
    self->id = 0;
}

static void send_status(stream *ended, uint32_t code, const char *message) {
    Vitrine__V1__Status status = VITRINE__V1__STATUS__INIT;
    status.code = code;
    status.message = (char *)message;
    Vitrine__V1__Frame frame = VITRINE__V1__FRAME__INIT;
    frame.body_case = VITRINE__V1__FRAME__BODY_STATUS;
    frame.status = &status;
    send_frame(ended->id, &frame);
    forget(ended);
}

/* Lets the host send more, a quarter of the window at a time. */
static void give_back(stream *self, Vitrine__V1__Lane lane, size_t bytes) {
    self->returned += bytes;
    if (self->returned < AUDIO_WINDOW / 4) return;
    Vitrine__V1__Credit credit = VITRINE__V1__CREDIT__INIT;
    credit.lane = lane;
    credit.bytes = self->returned;
    Vitrine__V1__Frame frame = VITRINE__V1__FRAME__INIT;
    frame.body_case = VITRINE__V1__FRAME__BODY_CREDIT;
    frame.credit = &credit;
    send_frame(self->id, &frame);
    self->returned = 0;
}

/* Sends what the host takes. An input's bytes go back only with its answer, so that few answers ever wait. */
static void send_answers(stream *self) {
    while (self->first && self->credit > 0) {
        answer *next = self->first;
        self->first = next->next;
        self->credit -= (int64_t)next->cost;
        send_bytes(self->id, next->bytes, next->length);
        give_back(self, next->lane, next->input);
        free(next);
    }
    if (!self->first && self->half_closed) send_status(self, OK, "");
}

static void answer_with(stream *self, const Vitrine__V1__RunReply *reply, Vitrine__V1__Lane lane, size_t input) {
    size_t length = vitrine__v1__run_reply__get_packed_size(reply);
    answer *made = malloc(sizeof *made + length);
    if (!made) stop("out of memory");
    *made = (answer){.cost = vitrine__v1__plugin_output__get_packed_size(reply->given), .lane = lane, .input = input, .length = length};
    vitrine__v1__run_reply__pack(reply, made->bytes);
    if (self->first) self->last->next = made;
    else self->first = made;
    self->last = made;
    send_answers(self);
}

static void describe(stream *self) {
    Vitrine__V1__OutputPort port = VITRINE__V1__OUTPUT_PORT__INIT;
    port.kind = "labels";
    Vitrine__V1__OutputPort *ports[] = {&port};
    Vitrine__V1__Option quiet = VITRINE__V1__OPTION__INIT, loud = VITRINE__V1__OPTION__INIT;
    quiet.key = "quiet_dbfs";
    quiet.default_value = "-40";
    quiet.description = "chunks below this level (dB relative to full scale) are quiet";
    loud.key = "loud_dbfs";
    loud.default_value = "-10";
    loud.description = "chunks above this level are loud";
    Vitrine__V1__Option *options[] = {&quiet, &loud};
    char *consumes[] = {"audio"};
    Vitrine__V1__PluginManifest manifest = VITRINE__V1__PLUGIN_MANIFEST__INIT;
    manifest.name = "level-worker";
    manifest.version = "1.0.0";
    manifest.description = "How loud a piece of audio is, told by a process of its own";
    manifest.n_consumes = 1;
    manifest.consumes = consumes;
    manifest.n_produces = 1;
    manifest.produces = ports;
    manifest.n_options = 2;
    manifest.options = options;
    manifest.idempotent = 1;
    send_data(self->id, &manifest.base);
    send_status(self, OK, "");
}

static void start(stream *self, ProtobufCBinaryData bytes) {
    Vitrine__V1__StartRequest *request = vitrine__v1__start_request__unpack(NULL, bytes.len, bytes.data);
    if (!request) return send_status(self, INVALID_ARGUMENT, "that is no StartRequest");
    for (size_t index = 0; index < request->n_options; index++) {
        double *value = strcmp(request->options[index]->key, "quiet_dbfs") == 0 ? &quiet_dbfs : &loud_dbfs;
        char *end;
        double given = strtod(request->options[index]->value, &end);
        if (end != request->options[index]->value && isfinite(given)) *value = given;
    }
    if (request->output_window_bytes > 0 && request->output_window_bytes < INT64_MAX) output_window = (int64_t)request->output_window_bytes;
    vitrine__v1__start_request__free_unpacked(request, NULL);
    Vitrine__V1__StartReply reply = VITRINE__V1__START_REPLY__INIT;
    send_data(self->id, &reply.base);
    send_status(self, OK, "");
}

static void input(stream *self, ProtobufCBinaryData bytes) {
    Vitrine__V1__RunRequest *given = vitrine__v1__run_request__unpack(NULL, bytes.len, bytes.data);
    if (!given || !given->message) {
        if (given) vitrine__v1__run_request__free_unpacked(given, NULL);
        return send_status(self, INVALID_ARGUMENT, "that is no RunRequest");
    }
    Vitrine__V1__PluginOutput output = VITRINE__V1__PLUGIN_OUTPUT__INIT;
    output.turn_id = given->turn_id;
    output.revision = given->revision;
    output.capture_time_us = given->capture_time_us;
    output.modality = "speech";
    Vitrine__V1__InputProblem problem = VITRINE__V1__INPUT_PROBLEM__INIT;
    Vitrine__V1__Label label = VITRINE__V1__LABEL__INIT;
    Vitrine__V1__Label *all[] = {&label};
    Vitrine__V1__Labels labels = VITRINE__V1__LABELS__INIT;
    const Vitrine__V1__ClientMessage *message = given->message;
    double dbfs = 0;
    if (message->kind_case != VITRINE__V1__CLIENT_MESSAGE__KIND_AUDIO) {
        problem.message = "level-worker takes audio only";
    } else if (!level_of(message->audio->encoding, message->audio->samples.data, message->audio->samples.len, &dbfs)) {
        problem.message = "the samples are not whole PCM16LE or finite F32LE samples, as the encoding says";
    }
    if (problem.message[0]) {
        problem.code = INVALID_ARGUMENT;
        output.kind_case = VITRINE__V1__PLUGIN_OUTPUT__KIND_PROBLEM;
        output.problem = &problem;
    } else {
        label.name = (char *)level_name(dbfs, quiet_dbfs, loud_dbfs);
        label.probability = 1;
        labels.scheme = "level";
        labels.n_labels = 1;
        labels.labels = all;
        output.kind_case = VITRINE__V1__PLUGIN_OUTPUT__KIND_LABELS;
        output.labels = &labels;
    }
    Vitrine__V1__RunReply reply = VITRINE__V1__RUN_REPLY__INIT;
    reply.acknowledged = self->done = given->sequence;
    reply.given = &output;
    int is_audio = message->kind_case == VITRINE__V1__CLIENT_MESSAGE__KIND_AUDIO;
    answer_with(self, &reply, is_audio ? VITRINE__V1__LANE__LANE_AUDIO : VITRINE__V1__LANE__LANE_CONTROL, bytes.len);
    vitrine__v1__run_request__free_unpacked(given, NULL);
}

static void open_stream(uint64_t id, const Vitrine__V1__Open *open) {
    stream *made = find(0);
    if (!made) {
        stream refused = {.id = id};
        return send_status(&refused, RESOURCE_EXHAUSTED, "1024 streams are open, which is this worker's limit");
    }
    *made = (stream){.id = id, .credit = output_window};
    if (strcmp(open->method, "/vitrine.v1.Plugin/Describe") == 0) made->method = DESCRIBE;
    else if (strcmp(open->method, "/vitrine.v1.Plugin/Start") == 0) made->method = START;
    else if (strcmp(open->method, "/vitrine.v1.Plugin/Run") == 0) made->method = RUN;
    else send_status(made, UNIMPLEMENTED, "a worker serves Describe, Start and Run");
}

static void take(const Vitrine__V1__Frame *frame) {
    if (frame->body_case == VITRINE__V1__FRAME__BODY_PING) {
        Vitrine__V1__Pong pong = VITRINE__V1__PONG__INIT;
        pong.token = frame->ping->token;
        Vitrine__V1__Frame answer = VITRINE__V1__FRAME__INIT;
        answer.body_case = VITRINE__V1__FRAME__BODY_PONG;
        answer.pong = &pong;
        return send_frame(0, &answer);
    }
    if (frame->stream_id == 0) return;
    if (frame->body_case == VITRINE__V1__FRAME__BODY_OPEN) return open_stream(frame->stream_id, frame->open);
    stream *to = find(frame->stream_id);
    if (!to) return; /* it has ended, and the host did not know yet */
    switch (frame->body_case) {
    case VITRINE__V1__FRAME__BODY_DATA:
        if (to->method == START) start(to, frame->data);
        if (to->method == RUN) input(to, frame->data);
        break;
    case VITRINE__V1__FRAME__BODY_HALF_CLOSE:
        if (to->method == DESCRIBE) describe(to);
        to->half_closed = to->method == RUN;
        if (to->half_closed) send_answers(to);
        break;
    case VITRINE__V1__FRAME__BODY_CANCEL: forget(to); break;
    case VITRINE__V1__FRAME__BODY_CREDIT:
        to->credit += (int64_t)frame->credit->bytes;
        if (to->method == RUN) send_answers(to);
        break;
    default: break;
    }
}

int main(void) {
    const char *number = getenv("VITRINE_WORKER_SOCKET");
    if (!number) stop("a server starts this program: VITRINE_WORKER_SOCKET names the socket");
    host = atoi(number);
    size_t capacity = 1 << 16, kept = 0;
    uint8_t *bytes = malloc(capacity);
    while (bytes) {
        ssize_t count = read(host, bytes + kept, capacity - kept);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return 0; /* the host has closed the socket */
        kept += (size_t)count;
        size_t at = 0;
        while (kept - at >= PREFIX) {
            const uint8_t *prefix = bytes + at;
            size_t length = (size_t)prefix[1] << 24 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 8 | prefix[4];
            if (prefix[0] != 0 || length > FRAME_BYTES_MAX) stop("the host does not keep to the protocol");
            if (kept - at - PREFIX < length) {
                if (PREFIX + length > capacity) {
                    capacity = PREFIX + length;
                    memmove(bytes, bytes + at, kept - at);
                    kept -= at, at = 0;
                    bytes = realloc(bytes, capacity);
                    if (!bytes) stop("out of memory");
                }
                break;
            }
            Vitrine__V1__Frame *frame = vitrine__v1__frame__unpack(NULL, length, prefix + PREFIX);
            if (!frame) stop("the host sent no Frame");
            take(frame);
            vitrine__v1__frame__free_unpacked(frame, NULL);
            at += PREFIX + length;
        }
        memmove(bytes, bytes + at, kept - at);
        kept -= at;
        flush();
    }
    stop("out of memory");
}
