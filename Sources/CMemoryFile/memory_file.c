#define _GNU_SOURCE
#include "vitrine_memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int vmf_create(size_t bytes) {
    int descriptor = memfd_create("vitrine-tensor", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0) return -1;
    if (ftruncate(descriptor, (off_t)bytes) != 0) {
        int reason = errno;
        close(descriptor);
        errno = reason;
        return -1;
    }
    return descriptor;
}

int vmf_seal(int descriptor) { return fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL); }

int64_t vmf_sealed_size(int descriptor) {
    int seals = fcntl(descriptor, F_GET_SEALS);
    if (seals < 0) return -1;
    if (!(seals & F_SEAL_SHRINK)) {
        errno = EPERM;
        return -1;
    }
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (int64_t)status.st_size : -1;
}

int vmf_socket_pair(int pair[2]) { return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair); }

/* Room for one descriptor to send. */
typedef union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
} control;

/* What the kernel puts into one message at most (SCM_MAX_FD): the other end may send more than one, and each that comes is open here. */
enum { DESCRIPTORS_MAX = 253 };

typedef union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
} all_controls;

int vmf_send(int socket, uint32_t number, int descriptor) {
    control space;
    memset(&space, 0, sizeof space);
    struct iovec part = {&number, sizeof number};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == sizeof number ? 0 : -1;
}

int vmf_receive(int socket, uint32_t *number) {
    all_controls space;
    struct iovec part = {number, sizeof *number};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &space, .msg_controllen = sizeof space};
    ssize_t received;
    do received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    if (received < 0) return -1;
    int first = -1, came = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t at = 0; at < count; at++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + at * sizeof descriptor, sizeof descriptor);
            if (came++ == 0)
                first = descriptor;
            else
                close(descriptor);
        }
    }
    if (received == (ssize_t)sizeof *number && came == 1 && !(message.msg_flags & (MSG_CTRUNC | MSG_TRUNC))) return first;
    if (came > 0) close(first);
    errno = received == 0 ? ENODATA : EPROTO;
    return -1;
}
