#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <uv.h>

/// Names the calling thread; the kernel keeps 15 bytes. (prctl is variadic, and pthread_setname_np hidden without GNU extensions.)
static inline void vitrine_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
