import EventLoop
import PluginHost
import Wire

/// The Admin service: on the 0600 Unix socket only.
enum AdminMethods {
    static func all(_ server: VitrineServer, on loop: EventLoop) -> [Method] {
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
            change(.adminLoadPlugin, server, loop) { (changes, request, done) throws(RPCStatus) in
                changes.change(try ChangePluginRequest(decoding: request), isSwap: false, done: done)
            },
            change(.adminSwapPlugin, server, loop) { (changes, request, done) throws(RPCStatus) in
                changes.change(try ChangePluginRequest(decoding: request), isSwap: true, done: done)
            },
            change(.adminUnloadPlugin, server, loop) { (changes, request, done) throws(RPCStatus) in
                changes.unload(try UnloadPluginRequest(decoding: request), done: done)
            },
            Method(descriptor: .adminWatchPlugin) { context in
                WatchHandler(call: context.call, loop: loop, hub: server.pluginLog)
            },
        ] + HandoffMethods.all { [weak server] in server?.sharedState }
    }

    private typealias Done = @Sendable (Result<ChangePluginReply, RPCStatus>) -> Void

    private static func change(
        _ descriptor: MethodDescriptor, _ server: VitrineServer, _ loop: EventLoop,
        _ ask: @escaping (PluginChanges, UnsafeRawBufferPointer, @escaping Done) throws(RPCStatus) -> Void
    ) -> Method {
        Method(descriptor: descriptor) { [unowned server] context in
            DeferredHandler(call: context.call, loop: loop) { (request, done) throws(RPCStatus) in
                guard let changes = server.changes else { throw RPCStatus(.unavailable, "the server is starting") }
                try ask(changes, request) { result in done(result.map { $0.encoded() }) }
            }
        }
    }
}

/// Sends what plugins log until the client cancels.
private final class WatchHandler: StreamHandler {
    private let call: StreamCall
    private let loop: EventLoop
    private let hub: PluginLogHub
    private var watching: UInt64?

    init(call: StreamCall, loop: EventLoop, hub: PluginLogHub) {
        self.call = call
        self.loop = loop
        self.hub = hub
    }

    func data(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) {
        guard watching == nil else { throw RPCStatus(.invalidArgument, "a second request on a method that takes one") }
        let request = try WatchPluginRequest(decoding: payload)
        let bound = LoopBound(self, loop: loop)
        watching = hub.watch(request.plugin) { line in
            bound.loop.submit {
                if bound.value.watching != nil { bound.value.call.send(line.encoded()) }
            }
        }
    }

    func halfClose() {
        if watching == nil { call.close(RPCStatus(.invalidArgument, "the method needs one request; none was sent")) }
    }

    func cancel() {
        if let watching { hub.unwatch(watching) }
        watching = nil
    }
}
