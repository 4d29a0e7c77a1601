/// Which event of a virtual clock comes next, and when: the order of everything that happens in a replay.
///
/// Events are timers and completions of outside operations. Their total order is (due time, session key, sequence): the key makes
/// simultaneous events of different sessions come in an order that depends on neither the number of loops nor who was started first; within
/// a session the sequence is the order in which its own events were scheduled.
///
///     scheduled(ready) ──────────────────────▶ fired
///     reserved ──ready──▶ scheduled(ready)       ▲   only if nothing outside is held and it is the first;
///         └──cancel──▶ gone ◀──cancel──┘         │   its key then holds for all that follows from it
///
/// A reservation that comes first and is not ready holds everything behind it back, so a real completion never changes the order;
/// before that moment other events pass it, so that operations run side by side. A value: events in, decisions out; no clock, no threads.
struct VirtualTime {
    /// What to do when nothing is left to compute.
    enum Decision: Equatable {
        /// Time has moved to this event: run it, and what follows from it, before asking again.
        case fire(UInt64)
        /// This reservation comes next; wait until it is ready or cancelled.
        case awaitCompletion(UInt64)
        /// Somebody outside holds the time; wait until nobody does.
        case held
        /// Nothing is planned.
        case idle
    }

    private struct Event {
        var dueUs: UInt64
        var key: UInt64
        var sequence: UInt64

        static func < (left: Event, right: Event) -> Bool {
            if left.dueUs != right.dueUs { return left.dueUs < right.dueUs }
            return left.key != right.key ? left.key < right.key : left.sequence < right.sequence
        }
    }

    /// Microseconds; never goes back.
    private(set) var nowUs: UInt64
    /// The session whose event fired last; 0 = none's.
    private(set) var key: UInt64 = 0
    private var nextSequence: UInt64 = 1
    /// A binary heap, with events that were cancelled until they come first or are swept out.
    private var heap: [Event] = []
    /// Events that are neither fired nor cancelled: whether they are ready.
    private var isReady: [UInt64: Bool] = [:]

    /// Cancelled events are swept out when there are more than so many and more of them than of others.
    static let cancelledItemsKept = 1_024

    init(nowUs: UInt64 = LoopClock.startUs) { self.nowUs = nowUs }

    /// Events that are planned.
    var count: Int { isReady.count }

    /// Plans an event for `dueUs`, not before now.
    /// - Parameters:
    ///   - key: the session; nil = the one whose event fired last.
    ///   - ready: false for a completion that is still outside.
    /// - Returns: the event's name, its sequence.
    mutating func schedule(dueUs: UInt64, key: UInt64? = nil, ready: Bool = true) -> UInt64 {
        let sequence = nextSequence
        nextSequence += 1
        isReady[sequence] = ready
        heap.append(Event(dueUs: max(dueUs, nowUs), key: key ?? self.key, sequence: sequence))
        siftUp(heap.count - 1)
        return sequence
    }

    /// What was reserved has come. Nothing for an event that is gone.
    mutating func ready(_ sequence: UInt64) {
        if isReady[sequence] != nil { isReady[sequence] = true }
    }

    /// The event will not fire.
    mutating func cancel(_ sequence: UInt64) {
        guard isReady.removeValue(forKey: sequence) != nil else { return }
        let cancelled = heap.count - isReady.count
        if cancelled > Self.cancelledItemsKept && cancelled > isReady.count { sweep() }
    }

    /// Something came from outside that belongs to no session.
    mutating func outside() { key = 0 }

    /// To be asked when nothing is left to compute.
    /// - Parameter heldBy: outside operations without a modelled cost that are under way.
    mutating func next(heldBy: Int) -> Decision {
        if heldBy > 0 { return .held }
        while let first = heap.first {
            guard let ready = isReady[first.sequence] else {
                removeFirst()
                continue
            }
            guard ready else { return .awaitCompletion(first.sequence) }
            removeFirst()
            isReady[first.sequence] = nil
            nowUs = max(nowUs, first.dueUs)
            key = first.key
            return .fire(first.sequence)
        }
        return .idle
    }

    private mutating func sweep() {
        let left = heap.filter { isReady[$0.sequence] != nil }.sorted(by: <)
        // A sorted array is a heap.
        heap = left
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var place = 0
        while true {
            var least = place
            for child in (2 * place + 1)...(2 * place + 2) where child < heap.count && heap[child] < heap[least] { least = child }
            if least == place { return }
            heap.swapAt(place, least)
            place = least
        }
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0, heap[place] < heap[(place - 1) / 2] {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }
}
