import PluginKit
import PluginTesting
import TestSupport
import Testing
import Wire

@testable import SpeechRecognizer

@Suite("Audio that waits to be recognised")
struct BacklogTests {
    /// Hears silence alone.
    private func harness(_ options: [String: String] = [:]) throws -> PluginHarness {
        let harness = try PluginHarness(
            SpeechRecognizer.self, options: options, modelFiles: ["decoder": Cache.folder + "/models/whisper-base-i8/decoder.xml"])
        harness.infer = { _ in
            let memory = [Float](repeating: 0, count: SpeechHandOver.voiceCount)
            return [HarnessTensor([1, 1], [0.01]), HarnessTensor(SpeechHandOver.voiceShape, memory)].compactMap { $0 }
        }
        return harness
    }

    private func problems(_ stream: HarnessStream) -> [InputProblem] {
        stream.outputs.compactMap { if case .problem(let problem)? = $0.kind { problem } else { nil } }
    }

    @Test("is bounded in pieces too, however short they are; what is dropped is told")
    func pieces() throws {
        let harness = try harness()
        let stream = try harness.open()
        for _ in 0..<SpeechLimits.piecesMax + 11 { stream.send(samples: [0]) }
        // One is in work.
        #expect(problems(stream).map(\.code) == [UInt32](repeating: StatusCode.resourceExhausted.rawValue, count: 10))
        #expect(problems(stream).first?.message.contains("8192 pieces") == true)
        stream.cancel()
        harness.settle()
        #expect(harness.finish() == [])
    }

    @Test("may be an hour, where a file is there at once; else a minute", arguments: [("60000", 1), ("3600000", 0)])
    func minutes(most: String, dropped: Int) throws {
        let harness = try harness(["audio_backlog_ms_max": most])
        let stream = try harness.open()
        let piece = [Int16](repeating: 0, count: 8_000)
        // 90 s in pieces of half a second, the first of which is in work.
        for _ in 0..<180 { stream.send(samples: piece) }
        #expect(problems(stream).count == dropped * 59)
        stream.cancel()
        harness.settle()
        #expect(harness.finish() == [])
    }

    @Test("counts no piece without samples, unless it is the last")
    func empty() throws {
        let harness = try harness()
        let stream = try harness.open()
        stream.send(samples: [0])
        stream.send(samples: [])
        #expect(problems(stream).map(\.code) == [StatusCode.invalidArgument.rawValue])
        for _ in 0..<SpeechLimits.piecesMax * 2 { stream.send(samples: [], last: true) }
        stream.send(samples: [0])
        stream.halfClose()
        harness.settle()
        #expect(problems(stream).count == 1 && stream.status == .ok)
        #expect(harness.finish() == [])
    }

    @Test("that the host computes nothing for is told piece by piece, and the stream ends in order")
    func refused() throws {
        let harness = try harness()
        let stream = try harness.open()
        for _ in 0..<500 { stream.send(samples: [0]) }
        harness.refusal = .resourceExhausted
        harness.settle()
        harness.refusal = nil
        stream.halfClose()
        harness.settle()
        // The first one was taken before.
        #expect(problems(stream).count == 499)
        #expect(stream.status == .ok)
        #expect(harness.finish() == [])
    }

    @Test("is taken in the order it came in")
    func order() {
        var queue = WorkQueue<Int>()
        var taken: [Int] = []
        for number in 0..<1_000 {
            queue.append(number)
            if number % 3 == 2, let first = queue.popFirst() { taken.append(first) }
        }
        #expect(queue.count == 667 && queue.last == 999)
        while let next = queue.popFirst() { taken.append(next) }
        #expect(taken == Array(0..<1_000) && queue.isEmpty && queue.last == nil)
    }
}
