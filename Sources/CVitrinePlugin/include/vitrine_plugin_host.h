/* For hosts only: what a host written in Swift cannot say itself. */
#ifndef VITRINE_PLUGIN_HOST_H
#define VITRINE_PLUGIN_HOST_H

#include "vitrine_plugin.h"

/* Calls the entry point that dlsym has found. */
static inline const vt_plugin *vt_call_entry_point(void *symbol, uint32_t host_abi_version) {
    return ((vt_entry_point)symbol)(host_abi_version);
}

#endif
