import PluginKit
import PluginTesting
import TestSupport
import Testing
import Wire

@testable import SpeechRecognizer

@Suite("Models that are not those of this build")
struct ModelOutputsTests {
    @Test("a shape or a number of values that is not expected is told with both")
    func check() throws {
        try ModelOutputs.check([1, 80, 300], is: [1, 80, nil], of: "it")
        try ModelOutputs.check(values: 3, are: 3, of: "it")
        for shape in [[], [1, 80], [2, 80, 300], [1, 13, 300], [1, 80, 300, 1]] {
            let error = #expect(throws: PluginError.self) { try ModelOutputs.check(shape, is: [1, 80, nil], of: "its output") }
            #expect(error?.status.code == .failedPrecondition)
            #expect(error?.status.message.contains("its output has the shape \(shape), expected is [1, 80, any]") == true)
        }
        let error = #expect(throws: PluginError.self) { try ModelOutputs.check(values: 0, are: 3, of: "it") }
        #expect(error?.status.message.contains("0 values, expected are 3") == true)
    }

    /// A second of speech and two of silence, heard by made models.
    private func heard(
        voice: [Int] = [1, 1], memory: [Int] = SpeechHandOver.voiceShape, features: [Int] = [1, 13, 100], logits: [Int] = [1, 7]
    ) throws -> HarnessStream {
        let harness = try PluginHarness(
            SpeechRecognizer.self, options: ["features": "mfcc", "partial_interval_ms": "0"],
            modelFiles: ["decoder": Cache.folder + "/models/whisper-base-i8/decoder.xml"])
        func tensor(_ shape: [Int], _ value: Float = 0) -> HarnessTensor? {
            HarnessTensor(shape, [Float](repeating: value, count: shape.reduce(1, *)))
        }
        var frames = 0
        harness.infer = { request in
            let made: [HarnessTensor?]
            switch request.model {
            case "voice":
                frames += 1
                made = [tensor(voice, frames < 32 ? 0.95 : 0.01), tensor(memory)]
            case "features": made = [tensor(features)]
            case "decoder": made = [tensor(logits)] + request.outputs.dropFirst().map { _ in tensor([1, 8, 1, 64]) }
            default: made = request.outputs.map { _ in tensor([1, 1]) }
            }
            return made.compactMap { $0 }
        }
        let stream = try harness.open()
        stream.send(samples: [Int16](repeating: 1_000, count: 48_000), last: true)
        harness.settle()
        stream.cancel()
        harness.settle()
        #expect(harness.finish() == [])
        return stream
    }

    private func problems(_ stream: HarnessStream) -> [String] {
        stream.outputs.compactMap { if case .problem(let problem)? = $0.kind { "\(problem.code) \(problem.message)" } else { nil } }
    }

    private static let code = StatusCode.failedPrecondition.rawValue

    @Test("a voice model whose probabilities or memory are something else ends the stream", arguments: [[1, 0], [1, 2]])
    func voice(shape: [Int]) throws {
        let stream = try heard(voice: shape)
        #expect(stream.status?.code == .failedPrecondition && stream.status?.message.contains("\"output\"") == true, "\(stream.status as Any)")
        let other = try heard(memory: [1, 128])
        #expect(other.status?.code == .failedPrecondition && other.status?.message.contains("\"stateN\"") == true, "\(other.status as Any)")
    }

    @Test("a stream that ends in the midst of its words holds up nobody: the next one gets partial transcripts")
    func letsGo() throws {
        let harness = try PluginHarness(SpeechRecognizer.self, modelFiles: ["decoder": Cache.folder + "/models/whisper-base-i8/decoder.xml"])
        var frames = 0
        var isBroken = false
        var isFirst = true
        var partials = 0
        harness.infer = { request in
            func tensor(_ shape: [Int], _ value: Float = 0) -> HarnessTensor? {
                HarnessTensor(shape, [Float](repeating: value, count: shape.reduce(1, *)))
            }
            let made: [HarnessTensor?]
            switch request.model {
            case "voice":
                frames += 1
                made = [tensor([1, isBroken ? 2 : 1], isFirst && frames > 32 ? 0.01 : 0.95), tensor(SpeechHandOver.voiceShape)]
            case "front-end":
                // The final words' picture is of ten seconds, the others are shorter.
                if isFirst, request.inputs[0].tensor.shape == [1, 160_000] { isBroken = true }
                if !isFirst { partials += 1 }
                made = request.outputs.map { _ in tensor([1, 1]) }
            default: made = request.outputs.map { _ in tensor([1, 1]) }
            }
            return made.compactMap { $0 }
        }
        let first = try harness.open(sessionKey: 1)
        // More at once than the detector hears, so that the final words are still in work when the next frame fails.
        first.send(samples: [Int16](repeating: 1_000, count: 64_000))
        harness.settle()
        try #require(isBroken && first.status != nil && first.status?.code != .ok, "\(first.status as Any)")
        (isFirst, isBroken) = (false, false)
        let second = try harness.open(sessionKey: 2)
        second.send(samples: [Int16](repeating: 1_000, count: 32_000))
        harness.settle()
        #expect(partials > 0)
        second.cancel()
        harness.settle()
    }

    @Test("features and logits of another width are the utterance's problem; the stream goes on")
    func words() throws {
        let problems = problems(try heard(features: [1, 80]))
        #expect(problems.contains { $0.hasPrefix("\(Self.code) ") && $0.contains("\"mfcc\"") }, "\(problems)")
        #expect(problems.contains { $0.hasPrefix("\(Self.code) ") && $0.contains("\"logits\" has 7 values") }, "\(problems)")
    }
}
