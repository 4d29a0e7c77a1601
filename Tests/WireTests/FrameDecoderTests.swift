import Testing

@testable import Wire

@Suite struct FrameDecoderTests {
    /// Feeds `bytes` in pieces and returns the frames.
    private func frames(_ decoder: inout FrameDecoder, _ pieces: [[UInt8]]) throws -> [[UInt8]] {
        var found: [[UInt8]] = []
        for piece in pieces {
            try on(piece) { bytes throws(RPCStatus) in
                try decoder.feed(bytes) { frame throws(RPCStatus) in found.append([UInt8](frame)) }
            }
        }
        return found
    }

    @Test func anyCuttingGivesTheSameFrames() throws {
        var seed = Seeded(1)
        for _ in 0..<300 {
            let sent = (0..<seed.below(8)).map { _ in
                [UInt8](repeating: UInt8(seed.below(256)), count: seed.pick([0, 1, 4, 5, 6, 100, 3000, 20_000]))
            }
            let bytes = Array(sent.map { framed($0) }.joined())
            var pieces: [[UInt8]] = []
            var at = 0
            let step = seed.pick([3, 10, 2000, 200_000])
            while at < bytes.count {
                let next = min(bytes.count, at + 1 + seed.below(step))
                pieces.append(Array(bytes[at..<next]))
                at = next
            }
            var decoder = FrameDecoder()
            let found = try frames(&decoder, pieces)
            if found != sent || !decoder.isIdle || decoder.keptBytes != 0 { Issue.record("cut at most \(step) apart: \(sent.map(\.count))") }
        }
    }

    @Test func aWholeFrameIsLentWhereItIs() throws {
        let bytes = framed([1, 2, 3]) + framed([4])
        var offsets: [Int] = []
        var decoder = FrameDecoder()
        try on(bytes) { buffer throws(RPCStatus) in
            try decoder.feed(buffer) { frame throws(RPCStatus) in offsets.append(frame.baseAddress! - buffer.baseAddress!) }
        }
        #expect(offsets == [5, 13])
    }

    @Test func anEndInTheMiddleOfAFrameIsNotIdle() throws {
        var decoder = FrameDecoder()
        #expect(decoder.isIdle)
        _ = try frames(&decoder, [[0, 0]])
        #expect(!decoder.isIdle)
        _ = try frames(&decoder, [[0, 0, 1]])
        #expect(!decoder.isIdle)
        #expect(try frames(&decoder, [[9]]) == [[9]])
        #expect(decoder.isIdle)
    }

    @Test func memoryFollowsWhatArrivedAndNotWhatWasClaimed() throws {
        var decoder = FrameDecoder()
        _ = try frames(&decoder, [[0, 0, 64, 0, 0, 1, 2, 3]])
        #expect(decoder.keptBytes == 8)
        #expect(decoder.keptCapacity <= 512)
        for _ in 0..<100 { _ = try frames(&decoder, [[UInt8](repeating: 7, count: 1000)]) }
        #expect(decoder.keptCapacity <= 2 * decoder.keptBytes + 512)
    }

    @Test func aFullSizeFrameKeepsNoMoreThanItself() throws {
        var decoder = FrameDecoder(frameBytesMax: 100_000)
        let frame = framed([UInt8](repeating: 7, count: 100_000))
        _ = try frames(&decoder, [Array(frame.prefix(5)), Array(frame[5..<99_000])])
        #expect(decoder.keptCapacity <= 100_005 + 64)
        #expect(try frames(&decoder, [Array(frame[99_000...])]).count == 1)
        #expect(decoder.keptCapacity == 0)
    }

    @Test(arguments: [1, 3, 129, 255] as [UInt8])
    func aCompressedFrameIsUnimplemented(_ flags: UInt8) {
        var decoder = FrameDecoder()
        let error = status { () throws(RPCStatus) in try on(framed([1], flags: flags)) { bytes throws(RPCStatus) in try decoder.feed(bytes) { _ in } }
        }
        #expect(error?.code == .unimplemented)
    }

    @Test(arguments: [2, 4, 128] as [UInt8])
    func anyOtherFlagIsInvalid(_ flags: UInt8) {
        var decoder = FrameDecoder()
        let error = status { () throws(RPCStatus) in try on(framed([1], flags: flags)) { bytes throws(RPCStatus) in try decoder.feed(bytes) { _ in } }
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("\(flags)") == true)
    }

    @Test func aFrameAboveTheLimitIsNamedWithBothNumbers() throws {
        var decoder = FrameDecoder(frameBytesMax: 1000)
        #expect(try frames(&decoder, [framed([UInt8](repeating: 0, count: 1000))]).count == 1)
        let error = status { () throws(RPCStatus) in try on([0, 0, 0, 3, 233]) { bytes throws(RPCStatus) in try decoder.feed(bytes) { _ in } } }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message == "a frame of 1001 bytes: at most 1000 are allowed")
    }

    @Test func anErrorIsFinal() {
        var decoder = FrameDecoder()
        let first = status { () throws(RPCStatus) in try on(framed([], flags: 2)) { bytes throws(RPCStatus) in try decoder.feed(bytes) { _ in } } }
        let second = status { () throws(RPCStatus) in try on(framed([])) { bytes throws(RPCStatus) in try decoder.feed(bytes) { _ in } } }
        #expect(first != nil && first == second)
        #expect(!decoder.isIdle)
    }

    @Test func whatTheReceiverThrowsEndsDecoding() {
        var decoder = FrameDecoder()
        var seen = 0
        let bytes = framed([1]) + framed([2])
        let error = status { () throws(RPCStatus) in
            try on(bytes) { buffer throws(RPCStatus) in
                try decoder.feed(buffer) { _ throws(RPCStatus) in
                    seen += 1
                    throw RPCStatus(.aborted, "enough")
                }
            }
        }
        #expect(error == RPCStatus(.aborted, "enough"))
        #expect(seen == 1)
    }
}
