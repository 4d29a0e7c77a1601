// Runs another program with a text as its standard input, and takes what it says on its standard output. Blocks: never on a loop.
#ifndef VITRINE_PROGRAM_PIPE_H
#define VITRINE_PROGRAM_PIPE_H

#include <stddef.h>

enum vt_program_result {
    VT_PROGRAM_OK = 0,
    // `reason` is an errno value: there is no such program, or it may not be run.
    VT_PROGRAM_NOT_STARTED = 1,
    // It said nothing for `silence_ms_max`, or did not end, and was killed.
    VT_PROGRAM_SILENT = 2,
    // It said more than `capacity` bytes, and was killed.
    VT_PROGRAM_TOO_MUCH = 3,
    // `reason` is what waitpid gave.
    VT_PROGRAM_FAILED = 4,
};

// `arguments`: argv, ended by NULL; its first is a name that is looked for in PATH, or a path. `input` must be smaller than a pipe (64 KiB).
// The program inherits no descriptor but these, and no blocked signal.
int vt_program_run(
    const char *const *arguments, const void *input, size_t input_length, char *output, size_t capacity, int silence_ms_max, size_t *length,
    int *reason);

#endif
