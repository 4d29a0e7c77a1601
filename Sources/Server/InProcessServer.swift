import Catalog
public import EventLoop
public import Wire

#if canImport(Glibc)
    import Glibc
#endif

/// A server for this process alone: for replays, which must neither listen nor write to the shop.
///
/// It is the server that `serve` runs, with the same plugins and models, on a copy of the shop's database, and it is reached by `connect`. On a
/// virtual clock its answers depend on the configuration, the models and the seeds alone, whatever the number of loops.
public final class InProcessServer: Sendable {
    private let server: VitrineServer
    private let folder: String

    /// Loads plugins and models, copies the database, starts the loops. Blocks.
    /// - Parameter clock: shared with the loops that connect; nil = the real one.
    public init(_ configuration: ServerConfiguration, clock: VirtualClock?) throws(ServerError) {
        var own = configuration
        own.isVirtual = clock != nil
        // Whoever may run replays may read the shop, and nobody else comes in.
        own.limits.drainMsMax = 0
        folder = RunFolder.make()
        // What is played again is not recorded again.
        own.recording = nil
        mkdir(folder, 0o700)
        do {
            if !configuration.databaseFile.isEmpty {
                own.databaseFile = "\(folder)/shop.sqlite"
                try InProcessServer.copy(configuration.databaseFile, to: own.databaseFile)
            }
            server = try VitrineServer(own, at: .process(clock))
            try server.start()
        } catch {
            RunFolder.remove(folder)
            throw error
        }
    }

    private static func copy(_ database: String, to copy: String) throws(ServerError) {
        guard access(database, R_OK) == 0 else {
            throw ServerError("\(database): \(String(cString: strerror(errno))); fill it with `vitrine catalog import`")
        }
        unlink(copy)
        do throws(StoreError) { try SQLiteStores.copy(database, to: copy) } catch { throw ServerError("\(database): \(error.message)") }
    }

    /// Connects from `loop`, on that loop. A new session's id and chances are those of `seed`; a session to be resumed is named.
    public func connect(from loop: EventLoop, seed: UInt64, resuming: String = "") throws(LoopError) -> ByteStream {
        let id = resuming.isEmpty ? SessionTable.id(from: seed) : resuming
        let owner = server.loops[SessionTable.owner(of: id, loops: server.loops.count)]
        return try ByteStream.connectWithin(loop, to: owner) { [workers = server.workers] stream in
            workers.on(owner).accept(stream, isAdmin: false, initial: [], seed: seed)
        }
    }

    /// What answers: for reports.
    public var plugins: ListPluginsReply { server.loadedPlugins() }

    /// Ends every session and stops. Blocks; not on a loop.
    public func stop() {
        server.drain()
        server.waitUntilStopped()
        RunFolder.remove(folder)
    }
}

extension ServerConfiguration {
    /// Puts a candidate's file in the place of the plugin of that name. False when the configuration loads no such plugin.
    public mutating func replacePlugin(_ name: String, by file: String) -> Bool {
        guard let index = plugins.firstIndex(where: { $0.name == name }) else { return false }
        plugins[index].file = file
        plugins[index].command = []
        return true
    }
}
