#define _GNU_SOURCE
#include "program_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int start(const char *const *arguments, int input, int output, pid_t *child) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int status = posix_spawn_file_actions_init(&actions);
    if (status != 0) return status;
    status = posix_spawnattr_init(&attributes);
    if (status != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return status;
    }
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_adddup2(&actions, input, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    status = posix_spawnp(child, arguments[0], &actions, &attributes, (char *const *)arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return status;
}

// What the program does not take it has not asked for. It may be gone already: no signal for that.
static void give(int descriptor, const char *input, size_t length) {
    sigset_t broken, before;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, &before);
    while (length > 0) {
        ssize_t count = write(descriptor, input, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        input += count;
        length -= (size_t)count;
    }
    struct timespec now = {0, 0};
    if (!sigismember(&before, SIGPIPE)) sigtimedwait(&broken, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int take(int descriptor, char *output, size_t capacity, int silence_ms_max, size_t *length) {
    for (;;) {
        struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
        int ready = poll(&waiting, 1, silence_ms_max);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return VT_PROGRAM_SILENT;
        char more;
        int is_full = *length == capacity;
        ssize_t count = is_full ? read(descriptor, &more, 1) : read(descriptor, output + *length, capacity - *length);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return VT_PROGRAM_SILENT;
        if (count == 0) return VT_PROGRAM_OK;
        if (is_full) return VT_PROGRAM_TOO_MUCH;
        *length += (size_t)count;
    }
}

int vt_program_run(
    const char *const *arguments, const void *input, size_t input_length, char *output, size_t capacity, int silence_ms_max, size_t *length,
    int *reason) {
    int into[2], out[2];
    *length = 0;
    *reason = 0;
    if (pipe2(into, O_CLOEXEC) != 0) {
        *reason = errno;
        return VT_PROGRAM_NOT_STARTED;
    }
    if (pipe2(out, O_CLOEXEC) != 0) {
        *reason = errno;
        close(into[0]);
        close(into[1]);
        return VT_PROGRAM_NOT_STARTED;
    }
    pid_t child = 0;
    *reason = start(arguments, into[0], out[1], &child);
    close(into[0]);
    close(out[1]);
    if (*reason != 0) {
        close(into[1]);
        close(out[0]);
        return VT_PROGRAM_NOT_STARTED;
    }
    give(into[1], input, input_length);
    close(into[1]);
    int result = take(out[0], output, capacity, silence_ms_max, length);
    close(out[0]);
    // One that has closed its output and stays has nothing to stay for.
    if (result != VT_PROGRAM_OK) kill(child, SIGKILL);
    int status = 0;
    for (int waited_ms = 0; waitpid(child, &status, waited_ms < silence_ms_max ? WNOHANG : 0) == 0; waited_ms++) {
        poll(NULL, 0, 1);
        if (waited_ms + 1 == silence_ms_max) {
            kill(child, SIGKILL);
            result = VT_PROGRAM_SILENT;
        }
    }
    *reason = status;
    return result == VT_PROGRAM_OK && status != 0 ? VT_PROGRAM_FAILED : result;
}
