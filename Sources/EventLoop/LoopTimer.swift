/// A timer of one loop; `cancel` is called on that loop.
///
/// Timers fire in the order (time, creation).
public final class LoopTimer {
    /// When it fires next, on the loop's clock in microseconds.
    public internal(set) var dueUs: UInt64
    /// Creation order among all timers of the loop; its name on a virtual clock.
    var order: UInt64
    /// 0 = fires once.
    let periodUs: UInt64
    /// Nil after firing (one shot) or cancelling; a cancelled timer holds on to nothing.
    var body: (() -> Void)?
    /// Place in the loop's heap; -1 = not in it.
    var place = -1
    unowned let loop: EventLoop

    init(dueUs: UInt64, order: UInt64, periodUs: UInt64, loop: EventLoop, body: @escaping () -> Void) {
        self.dueUs = dueUs
        self.order = order
        self.periodUs = periodUs
        self.loop = loop
        self.body = body
    }

    /// True until it has fired (one shot) or was cancelled.
    public var isActive: Bool { body != nil }

    /// The body is not called any more, not even when the timer is due in this very iteration. Cancelling twice is harmless.
    public func cancel() {
        guard body != nil else { return }
        loop.preconditionCurrent()
        body = nil
        if let clock = loop.virtualClock {
            clock.cancel(self)
        } else if place >= 0 {
            loop.timers.remove(at: place)
        }
    }
}

/// A binary heap of timers; each timer knows its place, so that cancelling costs O(log n).
struct TimerHeap {
    private var heap: [LoopTimer] = []

    var first: LoopTimer? { heap.first }
    var count: Int { heap.count }

    mutating func insert(_ timer: LoopTimer) {
        precondition(timer.place < 0, "a timer is in the heap at most once")
        heap.append(timer)
        timer.place = heap.count - 1
        siftUp(timer.place)
    }

    mutating func popFirst() -> LoopTimer? {
        guard let first = heap.first else { return nil }
        remove(at: 0)
        return first
    }

    mutating func remove(at place: Int) {
        heap[place].place = -1
        let last = heap.removeLast()
        guard place < heap.count else { return }
        heap[place] = last
        last.place = place
        siftDown(place)
        siftUp(last.place)
    }

    /// Drops every timer, and with the timers' bodies what those hold.
    mutating func removeAll() {
        let dropped = heap
        heap = []
        for timer in dropped {
            timer.place = -1
            timer.body = nil
        }
    }

    @inline(__always)
    private func precedes(_ left: LoopTimer, _ right: LoopTimer) -> Bool {
        left.dueUs != right.dueUs ? left.dueUs < right.dueUs : left.order < right.order
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard precedes(heap[place], heap[parent]) else { return }
            swap(place, parent)
            place = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in (2 * place + 1)...(2 * place + 2) where child < heap.count && precedes(heap[child], heap[least]) { least = child }
            if least == place { return }
            swap(place, least)
            place = least
        }
    }

    private mutating func swap(_ left: Int, _ right: Int) {
        heap.swapAt(left, right)
        heap[left].place = left
        heap[right].place = right
    }
}
