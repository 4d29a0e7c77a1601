import Testing
import Wire

@Suite struct WorkerMessageTests {
    private let message = ClientMessage(sequence: 9, turnID: 2, kind: .text(TextInput(text: "ring 戒指")))

    @Test func anInputIsWhatTheGeneratedTypeSaysAndIsPeekedWithoutDecoding() throws {
        var bytes: [UInt8] = []
        message.encoded().withUnsafeBytes {
            RunEncoder.input(sequence: 7, turnID: 3, revision: 1, captureTimeUs: 55, timeoutUs: 900, message: $0, into: &bytes)
        }
        #expect(bytes == RunRequest(sequence: 7, turnID: 3, revision: 1, captureTimeUs: 55, timeoutUs: 900, message: message).encoded())
        let peek = try bytes.withUnsafeBytes { try RunRequestPeek($0) }
        #expect(peek.sequence == 7 && peek.turnID == 3 && peek.revision == 1 && peek.captureTimeUs == 55 && peek.timeoutUs == 900)
        #expect(try ClientMessage(decoding: Array(bytes[peek.message])) == message)
    }

    @Test func aReplyIsWhatTheGeneratedTypeSaysAndIsPeekedWithoutDecoding() throws {
        let output = PluginOutput(turnID: 3, kind: .labels(Labels(scheme: "level")), modality: "speech")
        var bytes: [UInt8] = []
        output.encoded().withUnsafeBytes { RunEncoder.reply(acknowledged: 7, output: $0, into: &bytes) }
        #expect(bytes == RunReply(acknowledged: 7, given: output).encoded())
        let peek = try bytes.withUnsafeBytes { try RunReplyPeek($0) }
        #expect(peek.acknowledged == 7)
        #expect(try peek.output.map { try PluginOutput(decoding: Array(bytes[$0])) } == output)

        bytes = []
        RunEncoder.reply(acknowledged: 8, output: nil, into: &bytes)
        #expect(bytes == RunReply(acknowledged: 8).encoded())
        #expect(try bytes.withUnsafeBytes { try RunReplyPeek($0) }.output == nil)
    }

    @Test(arguments: [[0x12, 0xff], [0x08], [0x0a, 0x01, 0x00], [0x52, 0x05, 0x00]] as [[UInt8]]) func tornMessagesAreRefused(bytes: [UInt8]) {
        let reply = #expect(throws: RPCStatus.self) { try bytes.withUnsafeBytes { try RunReplyPeek($0) } }
        let input = #expect(throws: RPCStatus.self) { try bytes.withUnsafeBytes { try RunRequestPeek($0) } }
        #expect(reply?.code == .invalidArgument && input?.code == .invalidArgument)
    }
}
