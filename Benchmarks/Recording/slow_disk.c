/* A disk that takes 100 ms for each write to a recording: preloaded into a server. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

ssize_t write(int fd, const void *bytes, size_t length) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t named = readlink(link, path, sizeof path);
    if (named > 5 && memcmp(path + named - 5, ".vrec", 5) == 0) nanosleep(&(struct timespec){0, 100000000}, NULL);
    return real(fd, bytes, length);
}
