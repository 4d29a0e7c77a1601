/* Memory that two processes share: sealed memory files, and their descriptors over a Unix socket. What Swift cannot call itself (control
 * messages are macros, fcntl is variadic). All return -1 with errno when they fail. */
#ifndef VITRINE_MEMORY_FILE_H
#define VITRINE_MEMORY_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A memory file of this size, close-on-exec. */
int vmf_create(size_t bytes);
/* Nobody can change its size any more: a mapping of it cannot fault. */
int vmf_seal(int descriptor);
/* The size of a file that was sealed against shrinking; fails with EPERM for any other. */
int64_t vmf_sealed_size(int descriptor);
/* A pair of connected sockets that keep messages apart, close-on-exec and non-blocking. */
int vmf_socket_pair(int pair[2]);
/* Sends a descriptor under a number; EAGAIN when the other end does not read. */
int vmf_send(int socket, uint32_t number, int descriptor);
/* Takes the next one, close-on-exec. EAGAIN when there is none, ENODATA when the other end is closed, EPROTO for a message that holds
 * none or several, all of which are closed. */
int vmf_receive(int socket, uint32_t *number);

#endif
