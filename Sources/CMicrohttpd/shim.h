#include <microhttpd.h>
#include <string.h>

/// Leaves paths as they were sent: decoding could make "/metrics" of something else, by a %00 for instance.
static inline size_t vitrine_keep_escapes(void *context, struct MHD_Connection *connection, char *path) {
    (void)context;
    (void)connection;
    return strlen(path);
}

/// Starts a daemon with its own polling thread on `address`; the variadic MHD_start_daemon cannot be called from Swift.
static inline struct MHD_Daemon *vitrine_start_http(
    const struct sockaddr *address, int ipv6, MHD_AccessHandlerCallback handler, void *context,
    unsigned int connections_max, unsigned int timeout_seconds, size_t connection_bytes_max) {
    unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | (ipv6 ? MHD_USE_IPv6 : 0);
    return MHD_start_daemon(flags, 0, NULL, NULL, handler, context, MHD_OPTION_SOCK_ADDR, address,
                            MHD_OPTION_CONNECTION_LIMIT, connections_max, MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_bytes_max,
                            MHD_OPTION_UNESCAPE_CALLBACK, vitrine_keep_escapes, NULL, MHD_OPTION_END);
}

/// The port a daemon is bound to; 0 if it is not known.
static inline uint16_t vitrine_http_port(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info == NULL ? 0 : info->port;
}
