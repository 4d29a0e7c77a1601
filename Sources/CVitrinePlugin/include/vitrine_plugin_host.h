/* For hosts only: what a host written in Swift cannot say itself. */
#ifndef VITRINE_PLUGIN_HOST_H
#define VITRINE_PLUGIN_HOST_H

#include <malloc.h>

#include "vitrine_plugin.h"

/* Bytes that the process has allocated, in all arenas. */
static inline size_t vt_heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* Calls the entry point that dlsym has found. */
static inline const vt_plugin *vt_call_entry_point(void *symbol, uint32_t host_abi_version) {
    return ((vt_entry_point)symbol)(host_abi_version);
}

#endif
