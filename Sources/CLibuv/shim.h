#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

/// Names the calling thread; the kernel keeps 15 bytes. (prctl is variadic, and pthread_setname_np hidden without GNU extensions.)
static inline void vitrine_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/// The calling thread, and what it starts, takes the processor for long whiles when nobody else wants it: threads with the usual, shorter slice that
/// wake up get it at once (Linux 6.12; before that nothing changes). Its nice value stays.
static inline void vitrine_take_long_slices(void) {
    extern long syscall(long number, ...);
    /* struct sched_attr as of its first version; the C library has none yet. */
    struct {
        unsigned size, policy;
        unsigned long long flags;
        int nice;
        unsigned priority;
        unsigned long long runtime_ns, deadline_ns, period_ns;
    } attributes = {.size = sizeof attributes};
    if (syscall(SYS_sched_getattr, 0, &attributes, (unsigned)sizeof attributes, 0u) != 0) return;
    /* The longest that the kernel takes. */
    attributes.runtime_ns = 100000000;
    syscall(SYS_sched_setattr, 0, &attributes, 0u);
}

/// The process's environment: a NULL-terminated array of NAME=VALUE. (A C global is no safe name in Swift.)
static inline char **vitrine_environment(void) {
    extern char **environ;
    return environ;
}

/// Sets both limits of another process of this user; 0 on success, else -1 with errno. (syscall is hidden without GNU extensions.)
static inline int vitrine_limit_process(pid_t pid, int resource, unsigned long long value) {
    extern long syscall(long number, ...);
    struct {
        unsigned long long soft, hard;
    } limit, own;
    /* A hard limit that is lower stays: raising it is not for everyone. */
    if (syscall(SYS_prlimit64, pid, resource, 0, &own) != 0) return -1;
    limit.soft = limit.hard = value < own.hard ? value : own.hard;
    return (int)syscall(SYS_prlimit64, pid, resource, &limit, 0);
}

/// Marks every descriptor above the standard ones close-on-exec, where the kernel can (since 5.11).
static inline void vitrine_close_descriptors_on_exec(void) {
    extern long syscall(long number, ...);
    const unsigned close_on_exec = 1u << 2;
    syscall(SYS_close_range, 3u, ~0u, close_on_exec);
}
