import Catalog
import EventLoop
import Logging
import Sessions
import Wire

/// Keeps the sessions of one loop in a store, so that a conversation goes on after the process has ended. Confined to the loop.
///
/// Saved is what a session is after each turn, one write at a time for each session, the newest state when the last write is done. A session that its
/// customer ended, or that nobody came back to in time, is removed; one that the server gave up because it stops, or that it never could end, stays.
final class SessionKeeper {
    private final class Entry {
        let principal: Principal
        /// Of the stored state; 0 = nothing is stored.
        var version: Int64
        /// The newest state that is not written yet.
        var next: [UInt8]?
        var isWriting = false
        var isOver = false

        init(_ principal: Principal, version: Int64) {
            self.principal = principal
            self.version = version
        }
    }

    private let store: any SessionStore
    private let loop: EventLoop
    private let log: Logger
    private var entries: [String: Entry] = [:]
    private var writes = 0
    /// Called whenever nothing is left to write.
    var onIdle: () -> Void = {}

    init(_ store: any SessionStore, loop: EventLoop, log: Logger) {
        self.store = store
        self.loop = loop
        self.log = log
    }

    var isIdle: Bool { writes == 0 }

    /// What the session is now is to be kept.
    func save(_ session: Session) {
        let entry = entries[session.id] ?? Entry(session.principal, version: 0)
        entries[session.id] = entry
        entry.next = session.state.encoded()
        write(session.id, entry)
    }

    /// The session is over.
    /// - Parameter mayReturn: the customer may want to go on with it, with another process.
    func ended(_ session: Session, mayReturn: Bool) {
        guard let entry = entries[session.id] else { return }
        if mayReturn {
            if !entry.isWriting { entries[session.id] = nil }
        } else {
            entry.next = nil
            entry.isOver = true
            write(session.id, entry)
        }
    }

    private func write(_ id: String, _ entry: Entry) {
        guard !entry.isWriting else { return }
        entry.isWriting = true
        writes += 1
        let bound = LoopBound((keeper: self, entry: entry), loop: loop)
        Task(executorPreference: loop) { await bound.value.keeper.writeOut(id, bound.value.entry) }
    }

    private nonisolated(nonsending) func writeOut(_ id: String, _ entry: Entry) async {
        do throws(StoreError) {
            while let state = entry.next.take() {
                entry.version = try await store.putSession(id, state: state, expectedVersion: entry.version, as: entry.principal)
            }
            if entry.isOver { try await store.deleteSession(id, as: entry.principal) }
        } catch {
            entry.next = nil
            // The conversation goes on; after a restart it is where it was last kept.
            log.error("a session's state could not be kept", metadata: ["session": "\(id)", "reason": "\(error)"])
        }
        entry.isWriting = false
        if entry.isOver { entries[id] = nil }
        writes -= 1
        if writes == 0 { onIdle() }
    }

    /// What is kept of a session that this process does not have; nil when there is nothing, or it is somebody else's.
    nonisolated(nonsending) func load(_ id: String, as principal: Principal) async throws(RPCStatus) -> (state: SessionState, version: Int64)? {
        // What ended here is over, even while its removal is on the way.
        guard entries[id] == nil else { return nil }
        let stored: StoredSession?
        do throws(StoreError) {
            stored = try await store.session(id, as: principal)
        } catch {
            throw RPCStatus(.unavailable, "the session cannot be looked up just now; try again")
        }
        guard let stored else { return nil }
        return (try SessionState(decoding: stored.state), stored.version)
    }

    /// The session was taken up again from version `version` of its state.
    func took(_ session: Session, version: Int64) { entries[session.id] = Entry(session.principal, version: version) }
}
