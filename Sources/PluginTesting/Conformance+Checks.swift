import Glibc
import Wire

extension Conformance {
    func selfTest() throws -> [String] {
        let harness = try harness()
        try harness.selfTest()
        return finish(harness, [])
    }

    func lifecycle() throws -> [String] {
        let harness = try harness()
        var problems: [String] = []
        let samples = samples(harness)
        if samples.isEmpty { problems.append("the manifest names no kind of message that it takes") }
        // Nothing at all, then everything, then everything at once.
        let silent = try harness.open()
        if let late = end(silent, harness, after: "a stream without messages") { problems.append(late) }
        problems += try conversation(harness)
        let hasty = try harness.open(turnID: 2, language: "")
        for message in samples { hasty.send(message) }
        if let late = end(hasty, harness, after: "messages all at once") { problems.append(late) }
        return finish(harness, problems)
    }

    func instances() throws -> [String] {
        let (one, two) = (try harness(), try harness())
        let (first, second) = (try one.open(), try two.open(sessionKey: 2))
        var problems: [String] = []
        for message in samples(one) {
            first.send(message)
            second.send(message)
            two.step()
            one.step()
        }
        if let late = end(second, two, after: "the second of two instances") { problems.append(late) }
        problems += finish(two, [])
        if let late = end(first, one, after: "the first of two instances, after the second was destroyed") { problems.append(late) }
        return finish(one, problems)
    }

    /// Points of a stream at which it is cancelled, at most.
    static let cancelPointsMax = 60

    func cancel() throws -> [String] {
        let harness = try harness()
        let samples = samples(harness)
        for point in 0..<Self.cancelPointsMax {
            let stream = try harness.open(turnID: UInt64(point + 1))
            var left = point
            // An event of the plugin's life each: a message, a completion, the half-close, or a second that goes by.
            func happens(_ event: () -> Void) -> Bool {
                guard left > 0, stream.isOpen else { return false }
                left -= 1
                event()
                return true
            }
            for message in samples {
                _ = happens { stream.send(message) }
                while harness.outstanding > 0, happens({ if !harness.step() { harness.advance(byUs: 100_000) } }) {}
            }
            _ = happens { stream.halfClose() }
            while harness.outstanding > 0, happens({ if !harness.step() { harness.advance(byUs: 1_000_000) } }) {}
            let isOver = left > 0
            stream.cancel()
            harness.settle()
            if harness.outstanding > 0 {
                return finish(harness, ["cancelled after \(point) events: \(harness.outstanding) operations are still under way"])
            }
            if isOver { break }
        }
        return finish(harness, [])
    }

    func credit() throws -> [String] {
        var problems: [String] = []
        for items in [1, 0] {
            let harness = try harness()
            harness.outputItemsMax = items
            problems += finish(harness, try conversation(harness, "a queue of \(items) outputs"))
        }
        return problems
    }

    func refusals() throws -> [String] {
        var problems: [String] = []
        for code in [StatusCode.resourceExhausted, .unavailable] {
            let harness = try harness()
            harness.refusal = code
            problems += finish(harness, try conversation(harness, "operations refused with \(code.name)"))
        }
        let failing = try harness()
        failing.infer = { (_: HarnessInference) throws(RPCStatus) -> [HarnessTensor] in throw RPCStatus(.deadlineExceeded, "too late") }
        return problems + finish(failing, try conversation(failing, "inferences that fail"))
    }

    func malformed() throws -> [String] {
        let harness = try harness()
        var problems: [String] = []
        for (index, input) in SampleInputs.malformed(for: harness.manifest.consumes).enumerated() {
            let stream = try harness.open(turnID: UInt64(index + 1))
            stream.send(payload: input.bytes, kind: input.kind)
            harness.settle()
            stream.send(payload: input.bytes, kind: input.kind)
            if let late = end(stream, harness, after: "malformed payload \(index) (\(input.bytes.count) bytes as kind \(input.kind))") {
                problems.append(late)
            }
        }
        problems += try conversation(harness, "a good stream after the malformed ones")
        return finish(harness, problems)
    }

    func handOver() throws -> [String] {
        let (old, new) = (try harness(), try harness())
        var problems: [String] = []
        let stream = try old.open()
        let samples = samples(old)
        for message in samples.prefix(max(1, samples.count / 2)) { stream.send(message) }
        old.settle()
        // A plugin may decline; then the stream ends where it is.
        if let moved = try stream.handOver(to: new) {
            for message in samples.dropFirst(samples.count / 2) { moved.send(message) }
            if let late = end(moved, new, after: "a stream that was handed over") { problems.append(late) }
        } else if let late = end(stream, old, after: "a stream that declined to be handed over") {
            problems.append(late)
        }
        return finish(old, problems) + finish(new, [])
    }

    /// How often, and how far apart in microseconds, is looked once more before threads or memory count as left behind: 2 s in all.
    static let releasePolls = 200
    static let releasePollUs: UInt32 = 10_000

    func threads() throws -> [String] {
        let before = Self.settledThreads()
        let harness = try harness()
        // The host's own inference threads are not the plugin's.
        harness.infer = nil
        var problems = try conversation(harness)
        var own = Self.threads() - before
        // A thread that was joined may still be listed until the kernel has taken it down; one that runs stays.
        for _ in 0..<Self.releasePolls where own > Int(harness.manifest.ownThreads) {
            usleep(Self.releasePollUs)
            own = Self.threads() - before
        }
        if own > Int(harness.manifest.ownThreads) {
            problems.append("\(own) threads run that the plugin started; its manifest declares \(harness.manifest.ownThreads) (own_threads)")
        }
        return finish(harness, problems)
    }

    func blocking() throws -> [String] {
        // The best of several runs: a busy machine makes single calls late, a plugin that blocks is late in each.
        var best: (us: UInt64, name: String)?
        for _ in 0..<4 {
            let harness = try harness()
            _ = try conversation(harness)
            let longest = harness.longestCall
            if longest.us < best?.us ?? .max { best = longest }
            _ = harness.finish()
        }
        guard let best, best.us > UInt64(callMsMax) * 1_000 else { return [] }
        return ["\(best.name) holds the loop up for \(best.us / 1_000) ms (at most \(callMsMax)): give long work to compute or infer"]
    }

    /// What a stream may leave behind on average, and what all of them may: allocators and tables keep a little.
    static let leakBytesPerStreamMax = 64
    static let leakBytesMin = 16 << 10

    func leaks() throws -> [String] {
        let harness = try harness()
        let samples = samples(harness)
        let malformed = SampleInputs.malformed(for: harness.manifest.consumes)
        func run(_ streams: Int) throws {
            for index in 0..<streams {
                let stream = try harness.open(sessionKey: UInt64(index), turnID: UInt64(index + 1))
                switch index % 4 {
                case 0:
                    for message in samples { stream.send(message) }
                    _ = end(stream, harness, after: "")
                case 1:
                    for message in samples { stream.send(message) }
                    harness.step()
                case 2:
                    let input = malformed[index % malformed.count]
                    stream.send(payload: input.bytes, kind: input.kind)
                    harness.settle()
                default: break
                }
                stream.cancel()
                harness.settle()
            }
        }
        try run(leakStreams / 5)
        let before = Self.heapBytes()
        try run(leakStreams)
        let grownMax = max(Self.leakBytesMin, Self.leakBytesPerStreamMax * leakStreams)
        var grown = Self.heapBytes() - before
        // A thread of the host's that has handed over its last result may still be letting go of what it worked with; a leak stays.
        for _ in 0..<Self.releasePolls where grown > grownMax {
            usleep(Self.releasePollUs)
            grown = Self.heapBytes() - before
        }
        var problems: [String] = []
        if grown > grownMax {
            problems.append("\(leakStreams) streams left \(grown) bytes of memory behind (at most \(Self.leakBytesPerStreamMax) a stream)")
        }
        return finish(harness, problems)
    }
}
