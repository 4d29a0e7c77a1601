import PluginHost
import Wire

/// The Admin service: on the 0600 Unix socket only.
enum AdminMethods {
    static func all(_ server: VitrineServer) -> [Method] {
        [
            Method(descriptor: .adminHealth) { context in
                UnaryHandler(call: context.call) { [unowned server] _ in server.health().encoded() }
            },
            Method(descriptor: .adminListPlugins) { context in
                UnaryHandler(call: context.call) { [unowned server] _ in server.loadedPlugins().encoded() }
            },
            Method(descriptor: .adminDrain) { context in
                UnaryHandler(call: context.call) { [unowned server] (request) throws(RPCStatus) in
                    _ = try DrainRequest(decoding: request)
                    server.drain()
                    return DrainReply(sessionsLeft: UInt32(clamping: server.sessionCount)).encoded()
                }
            },
        ]
    }
}
