import EventLoop
import PluginHost
import Router
import TestSupport
import Testing
import Wire

/// The plain C example, built by its own Makefile and loaded like any plugin.
@Suite struct LevelMeterTests {
    @Test func theExamplePluginInCTellsHowLoudAChunkIs() async throws {
        let workshop = try Workshop()
        try #require(shell("make -s -C '\(sourceRoot)/examples/plugins/c' OUT='\(workshop.path)'") == 0)
        let host = try workshop.host(options: ["level-meter": ["loud_dbfs": "-3"]])
        let generation = try host.load("level-meter")
        #expect(generation.library.isPureC)
        let inputs = [chunk(0), chunk(100), chunk(3_000), chunk(16_000), chunk(32_000), chunk(1, bytes: [1, 2, 3])]
        let outputs: [PluginOutput] = try await withLoop { loop, done in
            let instance = try host.instance(of: generation, on: loop)
            let events = Events { events in
                guard events.closed == [.ok] else { return }
                instance.retire()
                done(events.emitted.compactMap { try? PluginOutput(decoding: $0) })
            }
            let stream = try instance.open(StreamOpen(sessionKey: 1), events: events)
            for (index, input) in inputs.enumerated() {
                stream.data(
                    RoutedMessage(
                        kind: ClientMessageKind.audio, turnID: 4, revision: 1, captureTimeUs: UInt64(index), payload: SharedBuffer(input.encoded())))
            }
            stream.halfClose()
        }
        let labels = outputs.map { output in
            if case .labels(let labels) = output.kind { return labels.labels.map(\.name).joined() }
            if case .problem(let problem) = output.kind { return "problem \(problem.code)" }
            return "?"
        }
        #expect(labels == ["silent", "quiet", "normal", "normal", "loud", "problem 3"])
        #expect(outputs.allSatisfy { $0.turnID == 4 && $0.revision == 1 && $0.modality == "speech" })
        #expect(outputs.map(\.captureTimeUs) == [0, 1, 2, 3, 4, 5])
    }

    /// 10 ms at 16 kHz of a square wave with this amplitude.
    private func chunk(_ amplitude: Int16, bytes: [UInt8]? = nil) -> ClientMessage {
        let samples = (0..<160).flatMap { index -> [UInt8] in
            let sample = UInt16(bitPattern: index % 2 == 0 ? amplitude : -amplitude)
            return [UInt8(sample & 0xff), UInt8(sample >> 8)]
        }
        return ClientMessage(turnID: 4, kind: .audio(AudioChunk(encoding: .pcm16le, sampleRateHz: 16_000, channels: 1, samples: bytes ?? samples)))
    }
}
