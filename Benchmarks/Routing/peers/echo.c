/* The floor: C on libuv, bytes go back as they came. Prints its port. */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

static char buffer[65536];

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *out) {
    (void)handle, (void)size;
    *out = uv_buf_init(buffer, sizeof buffer);
}

static void on_written(uv_write_t *request, int status) {
    (void)status;
    free(request->data);
    free(request);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *in) {
    if (count < 0) {
        uv_close((uv_handle_t *)stream, (uv_close_cb)free);
        return;
    }
    uv_buf_t out = uv_buf_init(in->base, (unsigned)count);
    int written = uv_try_write(stream, &out, 1);
    if (written == (int)count) return;
    if (written < 0) written = 0;
    uv_write_t *request = malloc(sizeof *request);
    size_t left = (size_t)count - (size_t)written;
    request->data = malloc(left);
    for (size_t i = 0; i < left; i++) ((char *)request->data)[i] = in->base[(size_t)written + i];
    uv_buf_t rest = uv_buf_init(request->data, (unsigned)left);
    uv_write(request, stream, &rest, 1, on_written);
}

static void on_connection(uv_stream_t *server, int status) {
    if (status < 0) return;
    uv_tcp_t *client = malloc(sizeof *client);
    uv_tcp_init(server->loop, client);
    uv_accept(server, (uv_stream_t *)client);
    uv_tcp_nodelay(client, 1);
    uv_read_start((uv_stream_t *)client, on_alloc, on_read);
}

int main(void) {
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_t server;
    struct sockaddr_in address;
    struct sockaddr_storage bound;
    int length = sizeof bound;
    uv_tcp_init(loop, &server);
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_bind(&server, (const struct sockaddr *)&address, 0);
    if (uv_listen((uv_stream_t *)&server, 1024, on_connection)) return 1;
    uv_tcp_getsockname(&server, (struct sockaddr *)&bound, &length);
    printf("%d\n", ntohs(((struct sockaddr_in *)&bound)->sin_port));
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
