#define _GNU_SOURCE /* dl_iterate_phdr, madvise */
#include "loaded_image.h"

#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
    uintptr_t address;
    size_t released;
} search;

static int look(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    search *wanted = context;
    int found = 0;
    for (int at = 0; at < object->dlpi_phnum; at++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[at];
        uintptr_t start = object->dlpi_addr + part->p_vaddr;
        found |= part->p_type == PT_LOAD && wanted->address >= start && wanted->address < start + part->p_memsz;
    }
    if (!found) return 0;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int at = 0; at < object->dlpi_phnum; at++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[at];
        /* What relocations were written to lies in writable parts, also where it was made read-only afterwards. */
        if (part->p_type != PT_LOAD || part->p_flags & PF_W) continue;
        uintptr_t start = object->dlpi_addr + part->p_vaddr;
        /* Whole pages alone: one that is shared with another part stays. */
        uintptr_t first = (start + page - 1) / page * page, last = (start + part->p_filesz) / page * page;
        if (first < last && madvise((void *)first, last - first, MADV_DONTNEED) == 0) wanted->released += last - first;
    }
    return 1;
}

size_t vli_release_unwritten(const void *address) {
    search wanted = {(uintptr_t)address, 0};
    dl_iterate_phdr(look, &wanted);
    return wanted.released;
}
