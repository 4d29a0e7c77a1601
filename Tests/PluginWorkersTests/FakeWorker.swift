/// A worker in C that speaks the protocol by hand, well or badly, as its first argument says; its second is a file that remembers that it ran before.
/// It understands the words at the end of what it is told: "die", "exit", "garbage", "flood", "hang", "eat", "overack", "close", "late", "quiet".
let fakeWorkerSource = #"""
    #include <signal.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    static int host;
    static char *volatile kept; /* so that the compiler leaves what is eaten in */
    static const char *mode, *marker;
    static uint8_t frame[1 << 16];

    static void put(const void *bytes, size_t length) {
        for (size_t at = 0; at < length;) {
            ssize_t count = write(host, (const uint8_t *)bytes + at, length - at);
            if (count <= 0) exit(1);
            at += (size_t)count;
        }
    }

    static size_t varint(uint8_t *at, uint64_t value) {
        size_t length = 0;
        do {
            at[length] = (uint8_t)(value & 0x7f) | (value > 0x7f ? 0x80 : 0);
            value >>= 7;
            length++;
        } while (value);
        return length;
    }

    /* One frame: stream, tag of the body, its bytes. */
    static void say(uint64_t id, int body, const uint8_t *bytes, size_t length) {
        static uint8_t out[1 << 16];
        size_t at = 5;
        if (id) { out[at++] = 0x08; at += varint(out + at, id); }
        at += varint(out + at, (uint64_t)body << 3 | 2);
        at += varint(out + at, length);
        if (length) memcpy(out + at, bytes, length);
        at += length;
        size_t size = at - 5;
        out[0] = 0; out[1] = (uint8_t)(size >> 24); out[2] = (uint8_t)(size >> 16); out[3] = (uint8_t)(size >> 8); out[4] = (uint8_t)size;
        put(out, at);
    }

    static void status(uint64_t id, int code, const char *why) {
        uint8_t bytes[256] = {0x08, (uint8_t)code, 0x12, (uint8_t)strlen(why)};
        memcpy(bytes + 4, why, strlen(why));
        say(id, 6, bytes, 4 + strlen(why));
    }

    /* A RunReply with an acknowledgement and labels whose scheme is `text`. */
    static void give(uint64_t id, uint64_t acknowledged, const char *text, size_t length) {
        uint8_t bytes[4096];
        size_t at = 0;
        if (acknowledged) { bytes[at++] = 0x08; at += varint(bytes + at, acknowledged); }
        if (text) {
            bytes[at++] = 0x12; at += varint(bytes + at, length + 4);
            bytes[at++] = 0x6a; at += varint(bytes + at, length + 2);
            bytes[at++] = 0x0a; at += varint(bytes + at, length);
            memcpy(bytes + at, text, length); at += length;
        }
        say(id, 3, bytes, at);
    }

    static uint64_t read_varint(const uint8_t **at) {
        uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            uint8_t byte = *(*at)++;
            value |= (uint64_t)(byte & 0x7f) << shift;
            if (!(byte & 0x80)) return value;
        }
    }

    static void fill(void *target, size_t length) {
        for (size_t at = 0; at < length;) {
            ssize_t count = read(host, (uint8_t *)target + at, length - at);
            if (count <= 0) exit(0);
            at += (size_t)count;
        }
    }

    static int ends(const uint8_t *bytes, size_t length, const char *word) {
        size_t size = strlen(word);
        return length >= size && memcmp(bytes + length - size, word, size) == 0;
    }

    static void input(uint64_t id, const uint8_t *bytes, size_t length) {
        const uint8_t *at = bytes + 1;
        uint64_t sequence = read_varint(&at);
        int again = marker && access(marker, F_OK) == 0;
        if (ends(bytes, length, "die-once") || ends(bytes, length, "loose-once")) {
            if (!again) {
                if (ends(bytes, length, "loose-once")) { give(id, 0, "loose", 5); usleep(50000); }
                fclose(fopen(marker, "w"));
                kill(getpid(), SIGKILL);
            }
            return give(id, sequence, "again", 5);
        }
        if (ends(bytes, length, "die")) kill(getpid(), SIGKILL);
        if (ends(bytes, length, "exit")) { fprintf(stderr, "some words\nI leave\n"); exit(3); }
        if (ends(bytes, length, "garbage")) put("this is no frame at all, is it?", 31);
        if (ends(bytes, length, "flood")) for (;;) give(id, 0, "water", 5);
        if (ends(bytes, length, "talk")) for (;;) { printf("blah\n"); fflush(stdout); }
        if (ends(bytes, length, "ping")) for (;;) say(0, 8, (const uint8_t *)"\x08\x01", 2);
        if (ends(bytes, length, "hang")) for (;;) pause();
        if (ends(bytes, length, "eat")) for (;;) { kept = malloc(1 << 20); if (!kept) abort(); memset(kept, 1, 1 << 20); }
        if (ends(bytes, length, "overack")) return give(id, sequence + 7, "x", 1);
        if (ends(bytes, length, "kindless")) { say(id, 3, (const uint8_t *)"\x12\x02\x08\x01", 4); return; }
        if (ends(bytes, length, "stranger")) { say(99, 3, (const uint8_t *)"", 0); return; }
        if (ends(bytes, length, "close")) { close(host); for (;;) pause(); }
        if (ends(bytes, length, "quiet")) return;
        if (ends(bytes, length, "refuse")) return status(id, 3, "not this");
        /* The text is what is left behind the keys; printable bytes from the end. */
        size_t start = length;
        while (start > 0 && bytes[start - 1] >= 0x20 && bytes[start - 1] < 0x7f) start--;
        give(id, sequence, (const char *)bytes + start, length - start);
    }

    int main(int count, char **arguments) {
        static const uint8_t manifest[] = {MANIFEST}, other[] = {OTHER};
        host = atoi(getenv("VITRINE_WORKER_SOCKET"));
        mode = count > 1 ? arguments[1] : "";
        marker = count > 2 ? arguments[2] : NULL;
        if (!strcmp(mode, "mute")) for (;;) pause();
        if (!strcmp(mode, "gone")) { fprintf(stderr, "module not found\n"); return 3; }
        if (!strcmp(mode, "noise")) { put("noise noise noise", 17); for (;;) pause(); }
        for (;;) {
            uint8_t prefix[5];
            fill(prefix, 5);
            size_t length = (size_t)prefix[1] << 24 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 8 | prefix[4];
            if (length > sizeof frame) exit(9);
            fill(frame, length);
            const uint8_t *at = frame;
            uint64_t id = 0;
            if (*at == 0x08) { at++; id = read_varint(&at); }
            int body = (int)(read_varint(&at) >> 3);
            size_t size = read_varint(&at);
            if (body == 8) say(0, 9, at, size);
            if (body == 3 && id > 3) input(id, at, size);
            if (body == 4 && id == 1) {
                int changed = !strcmp(mode, "changed") && access(marker, F_OK) == 0;
                if (changed) say(1, 3, other, sizeof other); else say(1, 3, manifest, sizeof manifest);
                if (!strcmp(mode, "changed")) fclose(fopen(marker, "w"));
                status(1, 0, "");
            }
            if (body == 4 && id == 3) {
                if (!strcmp(mode, "unable")) status(3, 9, "no vocabulary"); else { say(3, 3, NULL, 0); status(3, 0, ""); }
            }
            if (body == 4 && id > 3) status(id, 0, "");
        }
    }
    """#
