import CProtobufC
import CVitrineProto
import Testing

@testable import Wire

/// Peeks against protobuf-c's own decode.
@Suite struct PeekTests {
    /// Bytes of a well-formed or, for odd numbers, mutated message.
    private func input(_ number: UInt64, _ type: MessageType) -> [UInt8] {
        var builder = MessageBuilder(seed: number, wild: true)
        let bytes = builder.message(type)
        return number % 2 == 0 ? bytes : builder.mutate(bytes)
    }

    /// What validates is peeked, and unpacked by protobuf-c to the same fields.
    @Test func aClientMessagePeeksAsProtobufCDecodes() throws {
        for number in 0..<6000 { try checkAClientMessagePeeksAsProtobufCDecodes(UInt64(number)) }
    }

    private func checkAClientMessagePeeksAsProtobufCDecodes(_ number: UInt64) throws {
        let bytes = input(number, .clientMessage)
        let valid =
            status { () throws(RPCStatus) in try on(bytes) { b throws(RPCStatus) in try WireValidator.validate(b, as: .clientMessage) } } == nil
        let peek = try? on(bytes) { b throws(RPCStatus) in try MessagePeek(clientMessage: b) }
        if number % 2 == 0, !valid { Issue.record("a well-formed message passes: \(bytes)") }
        if valid, peek == nil { Issue.record("what validates is peeked: \(bytes)") }
        guard let peek else { return }
        let agreed: Bool? = withProtobufC(bytes, as: .clientMessage) { message in
            UnsafeMutableRawPointer(message).withMemoryRebound(to: Vitrine__V1__ClientMessage.self, capacity: 1) { c in
                let m = c.pointee
                return m.sequence == peek.sequence && m.turn_id == peek.turnID && m.revision == peek.revision
                    && m.capture_time_us == peek.captureTimeUs && (m.end_of_turn != 0) == peek.endOfTurn
                    && m.kind_case.rawValue == peek.kind
            }
        }
        if agreed == false || (agreed == nil && valid) { Issue.record("the peek differs: \(bytes)") }
        guard agreed == true, peek.kind == ClientMessageKind.text else { return }
        let text = withProtobufC(bytes, as: .clientMessage) { message in
            UnsafeMutableRawPointer(message).withMemoryRebound(to: Vitrine__V1__ClientMessage.self, capacity: 1) {
                String(cString: $0.pointee.text.pointee.text)
            }
        }
        let other = withProtobufC(Array(bytes[peek.kindRange]), as: .textInput) { message in
            UnsafeMutableRawPointer(message).withMemoryRebound(to: Vitrine__V1__TextInput.self, capacity: 1) {
                String(cString: $0.pointee.text)
            }
        }
        if text != other { Issue.record("the range differs: \(bytes)") }
    }

    @Test func aPluginOutputPeeksAsProtobufCDecodes() throws {
        for number in 0..<6000 { try checkAPluginOutputPeeksAsProtobufCDecodes(UInt64(number)) }
    }

    private func checkAPluginOutputPeeksAsProtobufCDecodes(_ number: UInt64) throws {
        let bytes = input(number, .pluginOutput)
        let valid =
            status { () throws(RPCStatus) in try on(bytes) { b throws(RPCStatus) in try WireValidator.validate(b, as: .pluginOutput) } } == nil
        let peek = try? on(bytes) { b throws(RPCStatus) in try MessagePeek(pluginOutput: b) }
        if number % 2 == 0, !valid { Issue.record("a well-formed message passes: \(bytes)") }
        if valid, peek == nil { Issue.record("what validates is peeked: \(bytes)") }
        guard let peek else { return }
        let agreed: Bool? = withProtobufC(bytes, as: .pluginOutput) { message in
            UnsafeMutableRawPointer(message).withMemoryRebound(to: Vitrine__V1__PluginOutput.self, capacity: 1) { c in
                let m = c.pointee
                return m.turn_id == peek.turnID && m.revision == peek.revision && m.capture_time_us == peek.captureTimeUs
                    && m.kind_case.rawValue == peek.kind
            }
        }
        if agreed == false || (agreed == nil && valid) { Issue.record("the peek differs: \(bytes)") }
    }

    @Test func aFramePeeksAsProtobufCDecodes() throws {
        for number in 0..<6000 { try checkAFramePeeksAsProtobufCDecodes(UInt64(number)) }
    }

    private func checkAFramePeeksAsProtobufCDecodes(_ number: UInt64) throws {
        let bytes = input(number, .frame)
        let valid = status { () throws(RPCStatus) in try on(bytes) { b throws(RPCStatus) in try WireValidator.validate(b, as: .frame) } } == nil
        let peek = try? on(bytes) { b throws(RPCStatus) in try FramePeek(b) }
        if number % 2 == 0, !valid { Issue.record("a well-formed message passes: \(bytes)") }
        if valid, peek == nil { Issue.record("what validates is peeked: \(bytes)") }
        guard let peek else { return }
        let agreed: Bool? = withProtobufC(bytes, as: .frame) { message in
            UnsafeMutableRawPointer(message).withMemoryRebound(to: Vitrine__V1__Frame.self, capacity: 1) { c in
                let m = c.pointee
                var same = m.stream_id == peek.streamID && m.body_case.rawValue == peek.body
                if same, peek.body == FrameBody.data { same = Array(bytes[peek.bodyRange]) == Unpacked.bytes(m.data) }
                return same
            }
        }
        if agreed == false || (agreed == nil && valid) { Issue.record("the peek differs: \(bytes)") }
    }

    @Test(arguments: 0..<500)
    func aServerMessagePeeksAsItsValue(_ number: UInt64) throws {
        var builder = MessageBuilder(seed: number, wild: false)
        let bytes = builder.message(.serverMessage)
        let peek = try on(bytes) { b throws(RPCStatus) in try MessagePeek(serverMessage: b) }
        let value = try ServerMessage(decoding: bytes)
        #expect(peek.sequence == value.sequence && peek.turnID == value.turnID && peek.revision == value.revision)
        #expect(peek.captureTimeUs == value.timeUs && (peek.kind == 0) == (value.kind == nil))
    }

    @Test func theLastMemberOfAOneofCounts() throws {
        var bytes = ClientMessage(turnID: 1, kind: .text(TextInput(text: "first"))).encoded()
        bytes += ClientMessage(turnID: 2, kind: .audio(AudioChunk(sampleRateHz: 16_000))).encoded()
        let peek = try on(bytes) { b throws(RPCStatus) in try MessagePeek(clientMessage: b) }
        #expect(peek.turnID == 2)
        #expect(peek.kind == ClientMessageKind.audio)
        #expect(try AudioChunk(decoding: Array(bytes[peek.kindRange])).sampleRateHz == 16_000)
    }

    @Test(
        arguments: [
            ([0x0d, 0, 0, 0, 0], "the wire type is not the field's"), ([0x08], "a varint is cut off"),
            ([0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02], "a varint is longer than 64 bits"),
            ([0x52, 0x05, 0x01], "the length goes beyond the end"), ([0x00, 0x00], "a field number is not in 1…536870911"),
            ([0xfb, 0x01], "groups (wire types 3 and 4) are not supported"), ([0xfe, 0x01], "wire types 6 and 7 do not exist"),
            ([0xf9, 0x01, 0x00], "the value is cut off"), ([0x50, 0x01], "the wire type is not the field's"),
            ([0x52, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], "the length goes beyond the end"),
        ] as [([UInt8], String)])
    func brokenBytesAreNamed(_ bytes: [UInt8], _ problem: String) {
        let error = status { () throws(RPCStatus) in _ = try on(bytes) { b throws(RPCStatus) in try MessagePeek(clientMessage: b) } }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains(problem) == true, "\(String(describing: error))")
    }

    @Test func nothingIsAFrameWithoutABody() throws {
        #expect(try FramePeek(UnsafeRawBufferPointer(start: nil, count: 0)) == on([]) { b throws(RPCStatus) in try FramePeek(b) })
    }
}
