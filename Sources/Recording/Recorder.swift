import Locks
import Synchronization
public import Wire

/// One session's recording as a loop sees it: what happens is copied into a bounded buffer and left to the writer. Never waits for the disk.
///
///     recording ──▶ (queue full | disk full | too large) ──▶ stopped ──▶ end
///
/// Once stopped it takes nothing more; the file says why. Any thread, one at a time for each recorder's order to mean something.
public final class Recorder: Sendable {
    public let start: RecordingStart
    private let writer: RecordingWriter
    private let queueBytesMax: Int
    private let state: Lock<State>
    private let stopped = Atomic<Bool>(false)
    private let closed = Atomic<Bool>(false)

    /// What waits for the writer.
    struct Pending {
        enum Item {
            case frame(Direction, Withheld, withheldBytes: UInt64, outside: String, bytes: Range<Int>)
            case read(StoreRead)
            case consent(ConsentGiven)
            case deployment(RecordedVersions)
        }
        var items: [(timeUs: UInt64, item: Item)] = []
        /// Frames, one after the other.
        var bytes: [UInt8] = []
        var end: (timeUs: UInt64, reason: EndReason, message: String)?
    }

    private struct State {
        var pending = Pending()
        /// The writer has been told that there is something.
        var isQueued = false
    }

    /// Buffers larger than this are given back when they are empty.
    private static let keptBytesMax = 256 << 10

    init(_ start: RecordingStart, writer: RecordingWriter, queueBytesMax: Int) {
        self.start = start
        self.writer = writer
        self.queueBytesMax = queueBytesMax
        state = Lock(State())
    }

    /// Nothing more is taken: the session is over, or goes on unrecorded.
    public var isStopped: Bool { stopped.load(ordering: .relaxed) }

    /// A frame of the conversation, or what was said to or by somebody `outside`.
    /// - Parameters:
    ///   - timeUs: on the session's time line.
    ///   - prefixBytes: how much of what `writing` appends comes before the frame and is left out.
    ///   - writing: appends the frame, and nothing else, to the buffer.
    public func frame(
        timeUs: UInt64, _ direction: Direction, withheld: Withheld = .nothing, withheldBytes: UInt64 = 0, outside: String = "",
        prefixBytes: Int = 0, writing: (inout [UInt8]) -> Void
    ) {
        add(timeUs) { pending in
            let from = pending.bytes.count + prefixBytes
            writing(&pending.bytes)
            return .frame(direction, withheld, withheldBytes: withheldBytes, outside: outside, bytes: from..<pending.bytes.count)
        }
    }

    /// An answer of the order or profile store.
    /// - Parameter value: as JSON.
    public func read(timeUs: UInt64, store: String, key: String, value: String) {
        add(timeUs) { _ in .read(StoreRead(store: store, key: key, sha256: Sodium.sha256(Array(value.utf8)), value: value)) }
    }

    public func consent(timeUs: UInt64, _ consent: ConsentGiven) { add(timeUs) { _ in .consent(consent) } }

    /// Something else answers from here on.
    public func deployment(timeUs: UInt64, _ versions: RecordedVersions) { add(timeUs) { _ in .deployment(versions) } }

    /// The session is over, or shall not be recorded any more. Calls after the first do nothing.
    public func end(timeUs: UInt64, _ reason: EndReason, _ message: String = "") {
        guard !stopped.exchange(true, ordering: .relaxed) else { return }
        enqueue { $0.end = (timeUs, reason, message) }
    }

    private func add(_ timeUs: UInt64, _ item: (inout Pending) -> Pending.Item) {
        guard !isStopped else { return }
        var isFull = false
        enqueue { pending in
            guard pending.bytes.count + pending.items.count * 64 <= queueBytesMax else {
                isFull = true
                return
            }
            let made = item(&pending)
            pending.items.append((timeUs, made))
        }
        if isFull { end(timeUs: timeUs, .diskSlow, "more than \(queueBytesMax) bytes were waiting for the disk") }
    }

    private func enqueue(_ change: (inout Pending) -> Void) {
        let wasQueued = state.withLock { state -> Bool in
            change(&state.pending)
            defer { state.isQueued = true }
            return state.isQueued
        }
        if !wasQueued { writer.enqueue(self) }
    }

    // MARK: The writer's side

    /// What waits; `emptied` is the last batch's buffer, to be used again.
    func take(_ emptied: Pending) -> Pending {
        var next = emptied
        next.items.removeAll(keepingCapacity: true)
        next.bytes.removeAll(keepingCapacity: next.bytes.capacity <= Recorder.keptBytesMax)
        next.end = nil
        return state.withLock { state in
            state.isQueued = false
            return exchange(&state.pending, with: next)
        }
    }

    /// The writer could not go on.
    func stop() { stopped.store(true, ordering: .relaxed) }

    /// The file is closed: what still comes from a loop that did not know is dropped.
    var isClosed: Bool { closed.load(ordering: .relaxed) }
    func close() { closed.store(true, ordering: .relaxed) }
}
