/// A new plugin in C: one source file, a Makefile, and the two headers; it needs a C compiler and nothing else.
enum CTemplate {
    static func files(_ names: TemplateNames) -> [(path: String, text: String)] {
        [("\(names.snake).c", plugin(names)), ("test.c", test(names)), ("Makefile", makefile(names))]
    }

    /// Copied from the source tree.
    static let headers = ["vitrine_plugin.h", "vitrine_wire.h"]

    private static func makefile(_ names: TemplateNames) -> String {
        """
        # make: builds \(names.name).so; make test: tries it without a server. Linked by clang, so that the server may unload it.
        CC := clang
        CFLAGS := -std=c17 -O2 -g -fPIC -fvisibility=hidden -Wall -Wextra -Werror -Iinclude

        .build/\(names.name).so: \(names.snake).c $(wildcard include/*.h)
        \t@mkdir -p .build
        \t$(CC) $(CFLAGS) -shared -o $@.new $< && mv $@.new $@

        test: .build/\(names.name).so
        \t$(CC) $(CFLAGS) -o .build/test test.c -ldl && .build/test .build/\(names.name).so

        clean:
        \trm -rf .build

        .PHONY: test clean

        """
    }

    private static func plugin(_ names: TemplateNames) -> String {
        """
        /* \(names.name): answers each text with the same words in capitals, as a transcript that the customer sees. */
        #include <stdlib.h>

        #include "vitrine_plugin.h"
        #include "vitrine_wire.h"

        enum { CONSUMED_TEXT = 10, PRODUCED_TRANSCRIPT = 10, TEXT_BYTES_MAX = 4096 };

        /* One for each event loop of the server. */
        typedef struct {
            const vt_host *host;
            vt_instance *instance;
        } plugin_state;

        static vt_status create(const vt_plugin *plugin, const vt_host *host, vt_instance *instance, void **state, char *error, size_t capacity) {
            (void)plugin, (void)error, (void)capacity;
            plugin_state *self = calloc(1, sizeof *self);
            if (!self) return VT_RESOURCE_EXHAUSTED;
            self->host = host;
            self->instance = instance;
            *state = self;
            return VT_OK;
        }

        static void destroy(void *state) { free(state); }

        static vt_status open_stream(void *state, vt_stream stream, const vt_open *open) {
            (void)state, (void)stream, (void)open;
            return VT_OK;
        }

        /* Called on the loop: return soon. What takes longer than 50 microseconds goes through host->compute or host->infer. */
        static vt_status data(void *state, vt_stream stream, const vt_message *message) {
            plugin_state *self = state;
            vt_field input, text;
            if (!vt_find(message->payload->data, message->payload->length, CONSUMED_TEXT, &input) || !vt_find(input.bytes, input.length, 1, &text)
                || text.length > TEXT_BYTES_MAX || !vt_is_text(text.bytes, text.length))
                return VT_INVALID_ARGUMENT;
            uint8_t words[TEXT_BYTES_MAX], inner[TEXT_BYTES_MAX + 32], outer[TEXT_BYTES_MAX + 64];
            for (size_t i = 0; i < text.length; i++) words[i] = text.bytes[i] >= 'a' && text.bytes[i] <= 'z' ? text.bytes[i] - 32 : text.bytes[i];
            /* PluginOutput { turn_id = 1, transcript = 10 { text = 1, final = 3 } } */
            vt_writer transcript = {inner, sizeof inner, 0, false}, output = {outer, sizeof outer, 0, false};
            vt_put_bytes(&transcript, 1, words, text.length);
            vt_put_uint(&transcript, 3, 1);
            vt_put_uint(&output, 1, message->turn_id);
            vt_put_message(&output, PRODUCED_TRANSCRIPT, &transcript);
            vt_buffer *buffer = self->host->buffer_make(outer, output.length);
            return buffer ? self->host->emit(self->instance, stream, PRODUCED_TRANSCRIPT, buffer) : VT_RESOURCE_EXHAUSTED;
        }

        static void half_close(void *state, vt_stream stream) {
            plugin_state *self = state;
            self->host->close(self->instance, stream, VT_OK, "");
        }

        static void cancel(void *state, vt_stream stream) { (void)state, (void)stream; }

        static void completed(void *state, vt_stream stream, const vt_completion *completion) { (void)state, (void)stream, (void)completion; }

        static uint32_t pending(void *state) {
            (void)state;
            return 0;
        }

        __attribute__((visibility("default"))) const vt_plugin *vitrine_plugin(uint32_t host_abi_version) {
            static uint8_t manifest_bytes[256], port_bytes[32];
            static vt_plugin plugin = {
                .struct_size = sizeof plugin,
                .abi_version = VT_ABI_VERSION,
                .create = create,
                .destroy = destroy,
                .open = open_stream,
                .data = data,
                .half_close = half_close,
                .cancel = cancel,
                .completed = completed,
                .pending = pending,
            };
            if (host_abi_version != VT_ABI_VERSION) return NULL;
            /* PluginManifest { name = 1, version = 2, description = 3, consumes = 4, produces = 5 { kind = 1 } } */
            vt_writer port = {port_bytes, sizeof port_bytes, 0, false}, manifest = {manifest_bytes, sizeof manifest_bytes, 0, false};
            vt_put_text(&port, 1, "transcript");
            vt_put_text(&manifest, 1, "\(names.name)");
            vt_put_text(&manifest, 2, "0.1.0");
            vt_put_text(&manifest, 3, "Says it louder");
            vt_put_text(&manifest, 4, "text");
            vt_put_message(&manifest, 5, &port);
            plugin.manifest = manifest_bytes;
            plugin.manifest_length = manifest.length;
            return manifest.failed ? NULL : &plugin;
        }

        """
    }

    private static func test(_ names: TemplateNames) -> String {
        """
        /* Tries \(names.name).so without a server: a host of a few lines. `vitrine plugin check` tries much more. */
        #include <dlfcn.h>
        #include <stdio.h>
        #include <stdlib.h>

        #include "vitrine_plugin.h"
        #include "vitrine_wire.h"

        static char heard[256];
        static int closed;

        static void keep(vt_buffer *buffer) { (void)buffer; }

        static void release(vt_buffer *buffer) { free(buffer); }

        static vt_buffer *buffer_make(const void *data, size_t length) {
            vt_buffer *buffer = malloc(sizeof *buffer + length);
            uint8_t *bytes = (uint8_t *)(buffer + 1);
            if (length) memcpy(bytes, data, length);
            *buffer = (vt_buffer){sizeof *buffer, bytes, length, keep, release};
            return buffer;
        }

        static vt_status emit(vt_instance *instance, vt_stream stream, uint32_t kind, vt_buffer *payload) {
            (void)instance, (void)stream;
            vt_field transcript, text;
            if (vt_find(payload->data, payload->length, kind, &transcript) && vt_find(transcript.bytes, transcript.length, 1, &text))
                snprintf(heard, sizeof heard, "%.*s", (int)text.length, (const char *)text.bytes);
            payload->release(payload);
            return VT_OK;
        }

        static void close_stream(vt_instance *instance, vt_stream stream, vt_status code, const char *message) {
            (void)instance, (void)stream, (void)message;
            closed += code == VT_OK;
        }

        int main(int count, char **arguments) {
            void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
            vt_entry_point entry = library ? (vt_entry_point)dlsym(library, VT_ENTRY_POINT) : NULL;
            const vt_plugin *plugin = entry ? entry(VT_ABI_VERSION) : NULL;
            if (!plugin) return fprintf(stderr, "no plugin there\\n"), 1;
            vt_host host = {
                .struct_size = sizeof host, .abi_version = VT_ABI_VERSION, .emit = emit, .close = close_stream, .buffer_make = buffer_make};
            void *state = NULL;
            if (plugin->create(plugin, &host, NULL, &state, heard, sizeof heard) != VT_OK) return fprintf(stderr, "it does not start\\n"), 1;

            vt_open open = {.struct_size = sizeof open, .turn_id = 1, .language = "en"};
            uint8_t inner[64], outer[96];
            vt_writer text = {inner, sizeof inner, 0, false}, message = {outer, sizeof outer, 0, false};
            vt_put_text(&text, 1, "a gold ring");
            vt_put_message(&message, 10, &text);
            vt_buffer *payload = buffer_make(outer, message.length);
            vt_message given = {.struct_size = sizeof given, .kind = 10, .turn_id = 1, .payload = payload};
            vt_status status = plugin->open(state, 1, &open);
            if (status == VT_OK) status = plugin->data(state, 1, &given);
            plugin->half_close(state, 1);
            payload->release(payload);
            plugin->destroy(state);
            if (status != VT_OK || strcmp(heard, "A GOLD RING") != 0 || closed != 1)
                return fprintf(stderr, "status %d, heard \\"%s\\", closed %d times\\n", status, heard, closed), 1;
            puts("passed");
            return 0;
        }

        """
    }
}
