/* The text model on OpenVINO's own queue, fed with the same lines through the same tokenizer as the plugin's.
 *
 *   queue LIBRARY MODEL TOKENIZER STREAMS REQUESTS SECONDS FILE     prints {"items":…, "seconds":…, "cpu_s":…} */
#include "../../tools/bench/queue.h"

#include "vitrine_sentencepiece.h"

enum { IDS_MAX = 256, LINES_MAX = 1 << 16 };

typedef struct work {
    queue queue;
    vt_sentencepiece *tokenizer;
    char *lines[LINES_MAX];
    size_t count;
} work;

static void *feed(void *context) {
    work *w = context;
    char reason[256];
    while (!atomic_load(&w->queue.over)) {
        const char *line = w->lines[atomic_fetch_add(&w->queue.next, 1) % w->count];
        int64_t ids[IDS_MAX] = {1};
        size_t count = 0;
        if (vt_sentencepiece_encode(w->tokenizer, line, strlen(line), ids + 1, IDS_MAX - 2, &count, reason, sizeof reason) != 0) exit(1);
        if (count > IDS_MAX - 2) count = IDS_MAX - 2;
        ids[count + 1] = 2;
        int64_t dims[] = {(int64_t)count + 2};
        queue_start(queue_take(&w->queue), COV_I64, 1, dims, ids);
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 8) return 2;
    work *w = calloc(1, sizeof *w);
    char reason[256];
    queue_open(&w->queue, argv[1], argv[2], atoi(argv[4]), atoi(argv[5]));
    if (!(w->tokenizer = vt_sentencepiece_load(argv[3], reason, sizeof reason))) return 1;
    FILE *file = fopen(argv[7], "r");
    if (!file) return 1;
    char *line = NULL;
    size_t room = 0;
    for (ssize_t length; w->count < LINES_MAX && (length = getline(&line, &room, file)) > 1;) {
        line[length - 1] = 0;
        w->lines[w->count++] = strdup(line);
    }
    fclose(file);
    if (w->count == 0) return 1;
    queue_run(&w->queue, feed, w, 2, atof(argv[6]));
    return 0;
}
