import Catalog
import EventLoop
import Logging
import Sessions
import Wire

/// Keeps the sessions of one loop in a store, so that a conversation goes on after the process has ended. Confined to the loop.
///
/// Saved is what a session is after each turn (`SessionWrites`). A session that its customer ended, or that nobody came back to in time, is removed;
/// one that the server gave up because it stops, or that it never could end, stays.
final class SessionKeeper {
    private final class Entry {
        let principal: Principal
        var writes: SessionWrites
        /// Told when what is newest was written, or failed to be.
        var waiting: [CertainContinuation<Void>] = []

        init(_ principal: Principal, version: Int64) {
            self.principal = principal
            writes = SessionWrites(version: version)
        }
    }

    private let store: any SessionStore
    private let keptHoursMax: Int
    private let loop: EventLoop
    private let log: Logger
    private var entries: [String: Entry] = [:]
    private var busy = 0
    /// Called whenever nothing is left to write.
    var onIdle: () -> Void = {}

    /// - Parameter keptHoursMax: what was kept longer ago is not taken up any more.
    init(_ store: any SessionStore, keptHoursMax: Int, loop: EventLoop, log: Logger) {
        self.store = store
        self.keptHoursMax = keptHoursMax
        self.loop = loop
        self.log = log
    }

    var isIdle: Bool { busy == 0 }

    /// What the session is now is to be kept.
    func save(_ session: Session) {
        change(session.id, entry(of: session)) { $0.save(session.state.encoded()) }
    }

    /// The same; returns when it was written, or could not be at once.
    nonisolated(nonsending) func keep(_ session: Session) async {
        await withCheckedContinuation { waiting in
            let continuation = CertainContinuation<Void>(waiting, otherwise: ())
            let entry = entry(of: session)
            entry.waiting.append(continuation)
            change(session.id, entry) { $0.save(session.state.encoded()) }
        }
    }

    private func entry(of session: Session) -> Entry {
        let entry = entries[session.id] ?? Entry(session.principal, version: 0)
        entries[session.id] = entry
        return entry
    }

    /// The session is over.
    /// - Parameter mayReturn: the customer may want to go on with it, with another process.
    func ended(_ session: Session, mayReturn: Bool) {
        guard let entry = entries[session.id] else { return }
        change(session.id, entry) { mayReturn ? $0.leave() : $0.remove() }
    }

    private func change(_ id: String, _ entry: Entry, _ event: (inout SessionWrites) -> [SessionWrites.Action]) {
        let wasBusy = entry.writes.isBusy
        let actions = event(&entry.writes)
        busy += (entry.writes.isBusy ? 1 : 0) - (wasBusy ? 1 : 0)
        for action in actions {
            switch action {
            case .put(let state, let version): write(id, entry, state, version)
            case .remove: remove(id, entry)
            case .pause(let us): loop.after(us) { [weak self] in self?.change(id, entry) { $0.due() } }
            // The conversation goes on; after a restart it is where it was last kept.
            case .lose: log.error("a session's state could not be kept", metadata: ["session": "\(id)"])
            case .forget: entries[id] = nil
            }
        }
        if !entry.writes.isWriting {
            let waiting = entry.waiting
            entry.waiting = []
            for continuation in waiting { continuation.resume(returning: ()) }
        }
        if wasBusy, busy == 0 { onIdle() }
    }

    private func write(_ id: String, _ entry: Entry, _ state: [UInt8], _ version: Int64) {
        let bound = LoopBound((keeper: self, entry: entry), loop: loop)
        Task(executorPreference: loop) {
            let (keeper, entry) = bound.value
            do throws(StoreError) {
                let stored = try await keeper.store.putSession(id, state: state, expectedVersion: version, as: entry.principal)
                keeper.change(id, entry) { $0.wrote(stored) }
            } catch {
                keeper.failed(id, entry, error)
            }
        }
    }

    private func remove(_ id: String, _ entry: Entry) {
        let bound = LoopBound((keeper: self, entry: entry), loop: loop)
        Task(executorPreference: loop) {
            let (keeper, entry) = bound.value
            do throws(StoreError) {
                try await keeper.store.deleteSession(id, as: entry.principal)
                keeper.change(id, entry) { $0.removed() }
            } catch {
                keeper.failed(id, entry, error)
            }
        }
    }

    private func failed(_ id: String, _ entry: Entry, _ error: StoreError) {
        log.warning("a session's state was not kept", metadata: ["session": "\(id)", "reason": "\(error)"])
        change(id, entry) { $0.failed(mayHelp: [.unavailable, .resourceExhausted, .diskFull, .internal].contains(error.code)) }
    }

    /// What is kept of a session that this process does not have; nil when there is nothing, or it is somebody else's.
    nonisolated(nonsending) func load(_ id: String, as principal: Principal) async throws(RPCStatus) -> (state: SessionState, version: Int64)? {
        // What ended here is over, even while its removal is on the way.
        guard entries[id] == nil else { return nil }
        let stored: StoredSession?
        do throws(StoreError) {
            stored = try await store.session(id, keptWithinHours: keptHoursMax, as: principal)
        } catch {
            throw RPCStatus(.unavailable, "the session cannot be looked up just now; try again")
        }
        guard let stored else { return nil }
        return (try SessionState(decoding: stored.state), stored.version)
    }

    /// The session was taken up again from version `version` of its state.
    func took(_ session: Session, version: Int64) { entries[session.id] = Entry(session.principal, version: version) }
}
