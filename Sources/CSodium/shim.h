#ifndef VITRINE_SODIUM_SHIM_H
#define VITRINE_SODIUM_SHIM_H
#include <sodium.h>
#include <sys/prctl.h>

/* prctl is variadic, which Swift cannot call. */
static inline void vitrine_name_writer_thread(void) { prctl(PR_SET_NAME, "recordings", 0, 0, 0); }

#endif
