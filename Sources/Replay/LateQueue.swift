import EventLoop

/// Things that happen late, one after the other: a line with a delay. What is put in later never happens earlier. Confined to its loop.
final class LateQueue {
    private let loop: EventLoop
    private var waiting: [(dueUs: UInt64, body: () -> Void)] = []
    private var head = 0
    private var lastUs: UInt64 = 0
    private var timer: LoopTimer?

    init(_ loop: EventLoop) { self.loop = loop }

    /// Happens at once when nothing waits and nothing is to be late.
    func put(lateUs: UInt64, _ body: @escaping () -> Void) {
        guard lateUs > 0 || head < waiting.count else { return body() }
        lastUs = max(lastUs, loop.nowUs + lateUs)
        waiting.append((lastUs, body))
        arm()
    }

    func cancel() {
        timer?.cancel()
        timer = nil
        waiting = []
        head = 0
    }

    private func arm() {
        guard timer == nil, head < waiting.count else { return }
        timer = loop.after(waiting[head].dueUs - min(waiting[head].dueUs, loop.nowUs)) { [weak self] in self?.release() }
    }

    private func release() {
        timer = nil
        let now = loop.nowUs
        while head < waiting.count, waiting[head].dueUs <= now {
            head += 1
            waiting[head - 1].body()
        }
        if head == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            head = 0
        }
        arm()
    }
}
