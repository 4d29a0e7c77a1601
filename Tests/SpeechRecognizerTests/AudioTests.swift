import PluginKit
import Testing
import Wire

@testable import SpeechRecognizer

struct AudioFormatTests {
    private func bytes<T: FixedWidthInteger>(_ values: [T]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    }

    private func mono(_ format: AudioFormat, _ bytes: [UInt8]) throws(PluginError) -> [Float] {
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(PluginError) -> [Float] in try format.mono(bytes) } }
        return try result.get()
    }

    private func code(_ body: () throws(PluginError) -> Void) -> StatusCode {
        do throws(PluginError) {
            try body()
            return .ok
        } catch { return error.status.code }
    }

    @Test func sixteenBitSamplesHaveFullScaleOne() throws {
        let format = try AudioFormat(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1)
        #expect(try mono(format, bytes([Int16.min, 0, 16_384])) == [-1, 0, 0.5])
    }

    @Test func channelsAreMixedToTheirMean() throws {
        let format = try AudioFormat(encoding: .f32le, sampleRateHz: 48_000, channels: 2)
        #expect(try mono(format, bytes([Float(0.5), 0.25, -1, 1].map(\.bitPattern))) == [0.375, 0])
    }

    @Test func loudFloatsAreClipped() throws {
        let format = try AudioFormat(encoding: .f32le, sampleRateHz: 8_000, channels: 1)
        #expect(try mono(format, bytes([Float(7), -7].map(\.bitPattern))) == [1, -1])
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func floatsThatAreNoNumbersAreRefused(value: Float) throws {
        let format = try AudioFormat(encoding: .f32le, sampleRateHz: 16_000, channels: 1)
        #expect(code { () throws(PluginError) in _ = try mono(format, bytes([Float(0), value].map(\.bitPattern))) } == .invalidArgument)
    }

    @Test(arguments: [1, 3, 5, 7]) func aPieceThatEndsWithinASampleIsRefused(count: Int) throws {
        let format = try AudioFormat(encoding: .pcm16le, sampleRateHz: 16_000, channels: 2)
        #expect(code { () throws(PluginError) in _ = try mono(format, [UInt8](repeating: 0, count: count)) } == .invalidArgument)
    }

    @Test(arguments: [(0, 1), (7_999, 1), (192_001, 1), (16_000, 0), (16_000, 9), (-1, 1)])
    func whatCannotBeReadIsRefusedWithWhatIsAllowed(rate: Int, channels: Int) {
        do throws(PluginError) {
            _ = try AudioFormat(encoding: .pcm16le, sampleRateHz: rate, channels: channels)
            Issue.record("accepted \(rate) Hz, \(channels) channels")
        } catch {
            #expect(error.status.code == .invalidArgument)
            #expect(error.status.message.contains("allowed are"))
        }
    }

    @Test func anEncodingIsNeeded() {
        #expect(
            code { () throws(PluginError) in _ = try AudioFormat(encoding: .unspecified, sampleRateHz: 16_000, channels: 1) }
                == .invalidArgument)
    }
}

struct StreamResamplerTests {
    /// A 440 Hz tone at `rate`, resampled in pieces of odd sizes.
    private func resampled(_ rate: Int, pieces: [Int]) throws -> [Float] {
        let tone = (0..<rate).map { index -> Float in
            // Two full turns of a triangle wave every 1/220 s: no trigonometry needed.
            let phase = Float(index * 440 % rate) / Float(rate)
            return 4 * abs(phase - 0.5) - 1
        }
        let resampler = try StreamResampler(fromHz: rate)
        var result: [Float] = []
        var start = 0
        var turn = 0
        while start < tone.count {
            let end = min(tone.count, start + pieces[turn % pieces.count])
            result += try resampler.process(Array(tone[start..<end]))
            (start, turn) = (end, turn + 1)
        }
        return try result + resampler.flush()
    }

    @Test(arguments: [8_000, 11_025, 44_100, 48_000, 96_000, 176_400, 192_000]) func oneSecondStaysOneSecond(rate: Int) throws {
        #expect(abs(try resampled(rate, pieces: [rate]).count - 16_000) <= 1)
    }

    @Test func thePiecesLeaveNoSeams() throws {
        let whole = try resampled(44_100, pieces: [44_100])
        let pieces = try resampled(44_100, pieces: [1, 441, 7, 10_000, 333])
        #expect(whole.count == pieces.count)
        #expect(zip(whole, pieces).allSatisfy { abs($0 - $1) < 1e-4 })
    }
}

struct SampleBufferTests {
    @Test func samplesKeepTheirPlaceWhenOlderOnesGo() {
        var buffer = SampleBuffer()
        buffer.append((0..<100).map(Float.init))
        buffer.discard(before: 60)
        #expect(buffer.start == 60)
        buffer.append([100])
        #expect(buffer[98..<101] == [98, 99, 100])
    }

    @Test func whatIsUnknownIsSilence() {
        var buffer = SampleBuffer()
        buffer.append([1, 2])
        #expect(buffer[-2..<4] == [0, 0, 1, 2, 0, 0])
        #expect(buffer[7..<9] == [0, 0])
    }

    @Test func discardingBeyondTheEndKeepsThePlaces() {
        var buffer = SampleBuffer()
        buffer.append([1, 2, 3])
        buffer.discard(before: 10)
        #expect(buffer.end == 3)
    }
}

struct SpeechTimelineTests {
    @Test func samplesAreCountedFromTheFirstPiece() {
        var timeline = SpeechTimeline()
        timeline.note(sample: 0, capturedUs: 1_000_000, fresh: true)
        #expect(timeline.us(at: 16_000) == 2_000_000)
    }

    @Test func jitterAndAFileSentFasterThanItPlaysDoNotMoveTheLine() {
        var timeline = SpeechTimeline()
        timeline.note(sample: 0, capturedUs: 0, fresh: true)
        timeline.note(sample: 16_000, capturedUs: 1_200_000, fresh: false)
        timeline.note(sample: 32_000, capturedUs: 3, fresh: false)
        #expect(timeline.us(at: 48_000) == 3_000_000)
    }

    @Test func aGapInTheSignalMovesWhatComesAfterIt() {
        var timeline = SpeechTimeline()
        timeline.note(sample: 0, capturedUs: 0, fresh: true)
        timeline.note(sample: 16_000, capturedUs: 5_000_000, fresh: false)
        #expect(timeline.us(at: 8_000) == 500_000)
        #expect(timeline.us(at: 24_000) == 5_500_000)
        timeline.discard(before: 20_000)
        #expect(timeline.us(at: 24_000) == 5_500_000)
    }
}

struct SpeechOptionsTests {
    @Test func theManifestStatesTheDefaults() throws {
        let stated = try SpeechOptions { key in SpeechOptions.manifest.first { $0.key == key }?.defaultValue }
        var expected = SpeechOptions()
        expected.languages = ["en", "zh"]
        #expect(stated == expected)
    }

    @Test(arguments: [
        ("mode", "fast"), ("endpoint_silence_ms", "0"), ("endpoint_silence_ms", "much"), ("speech_threshold", "2"), ("beam", "9"),
        ("post_roll_ms", "501"), ("end_of_turn", "maybe"), ("end_of_turn_threshold", "1"), ("end_of_turn_silence_ms", "199"),
        ("end_of_turn_silence_ms", "501"), ("partial_interval_ms", "100"), ("utterance_ms_max", "30000"), ("features", "plp"),
    ])
    func aWrongValueIsRefusedByName(key: String, value: String) {
        do throws(PluginError) {
            _ = try SpeechOptions { $0 == key ? value : nil }
            Issue.record("accepted \(key) = \(value)")
        } catch {
            #expect(error.status.code == .invalidArgument && error.status.message.contains(key))
        }
    }

    @Test func aFileIsSplitOnlyAtLongPauses() throws {
        #expect(try SpeechOptions { $0 == "mode" ? "file" : nil }.endpoint.silenceEnd == 63)
        #expect(SpeechOptions().endpoint.silenceEnd == 16)
    }

    @Test func aCompleteSentenceEndsNoLaterThanAnyOther() throws {
        #expect(SpeechOptions().endpoint.silenceEndComplete == 10)
        let hasty = try SpeechOptions { ["endpoint_silence_ms": "250"][$0] }
        #expect(hasty.endOfTurnSilenceMs == 250 && hasty.endpoint.silenceEndComplete == hasty.endpoint.silenceEnd)
        let patient = try SpeechOptions { ["endpoint_silence_ms": "1200", "post_roll_ms": "400", "end_of_turn": "on"][$0] }
        #expect(patient.endOfTurnSilenceMs == 400 && patient.hearsEndOfTurn)
    }
}
