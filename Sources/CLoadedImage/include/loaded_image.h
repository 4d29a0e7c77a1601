/* Shared objects as they lie in memory. What Swift cannot see itself: dl_iterate_phdr is hidden without GNU extensions. */
#ifndef VITRINE_LOADED_IMAGE_H
#define VITRINE_LOADED_IMAGE_H

#include <stddef.h>

/* Gives back the memory of the object around `address` that was never written: code, constants, tables. It is read from the file again when somebody
 * looks there after all. Returns how many bytes may be given back; 0 when no object lies there. The object stays mapped meanwhile. */
size_t vli_release_unwritten(const void *address);

#endif
