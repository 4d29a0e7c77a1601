import Testing

@testable import Wire

@Suite struct WireValidatorTests {
    private func problem(_ bytes: [UInt8], _ type: MessageType, _ limits: WireValidator.Limits = .init()) -> RPCStatus? {
        status { () throws(RPCStatus) in
            try on(bytes) { b throws(RPCStatus) in try WireValidator.validate(b, as: type, limits: limits) }
        }
    }

    private func text(_ contents: [UInt8]) -> [UInt8] {
        var inner: [UInt8] = []
        ProtoWriter.bytes(1, contents, into: &inner)
        var out: [UInt8] = []
        ProtoWriter.bytes(10, inner, into: &out)
        return out
    }

    @Test func goodTextPasses() {
        for good in ["", "ring", "戒指", "😀", "\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}"] {
            #expect(problem(text(Array(good.utf8)), .clientMessage) == nil)
        }
    }

    /// Cut off, over-long, a surrogate, beyond U+10FFFF, a lone continuation.
    @Test(arguments: [[0xe6, 0x88], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80], [0x61, 0xff, 0x62]] as [[UInt8]])
    func invalidUTF8IsNamedWithItsField(_ bytes: [UInt8]) {
        let error = problem(text(bytes), .clientMessage)
        #expect(error == RPCStatus(.invalidArgument, "ClientMessage.text.text: the string is not valid UTF-8"))
    }

    @Test func nulInAStringIsRefused() {
        let error = problem(text(Array("a\0b".utf8)), .clientMessage)
        #expect(error == RPCStatus(.invalidArgument, "ClientMessage.text.text: the string contains NUL"))
    }

    @Test func bytesMayHoldAnything() {
        #expect(problem(ImagePart(data: [0, 0xff, 0xc0]).encoded(), .imagePart) == nil)
    }

    @Test func nestingIsLimited() {
        let bytes = ClientMessage(kind: .control(Control(kind: .tryOn(TryOnRequest(productID: "x"))))).encoded()
        #expect(problem(bytes, .clientMessage, .init(depthMax: 3)) == nil)
        let error = problem(bytes, .clientMessage, .init(depthMax: 2))
        #expect(error?.message == "ClientMessage.control.try_on: messages are nested too deeply")
    }

    @Test func fieldsAreCountedUnknownOnesIncluded() {
        let unknown = [UInt8](repeating: 0, count: 10).flatMap { _ in [0xf8, 0x3f, 0x01] as [UInt8] }
        #expect(problem(unknown, .ping, .init(fieldsMax: 10)) == nil)
        #expect(problem(unknown, .ping, .init(fieldsMax: 9))?.message == "Ping: the message has too many fields")
        let nested = Labels(labels: [Label(name: "a", probability: 1), Label(name: "b", probability: 1)]).encoded()
        #expect(problem(nested, .labels, .init(fieldsMax: 6)) == nil)
        #expect(problem(nested, .labels, .init(fieldsMax: 5))?.code == .invalidArgument)
        let packed = Embedding(values: [Float](repeating: 1, count: 100_000)).encoded()
        #expect(problem(packed, .embedding, .init(fieldsMax: 1)) == nil)
    }

    @Test func wrongWireTypesAreNamed() {
        #expect(problem([0x0a, 0x00], .ping)?.message == "Ping.token: the wire type is not the field's")
        #expect(problem([0x50, 0x01], .clientMessage)?.message == "ClientMessage.text: the wire type is not the field's")
        #expect(problem([0x0d, 0, 0, 0, 0], .textInput)?.message == "TextInput.text: the wire type is not the field's")
        #expect(problem([0x20, 0x01], .label) == nil)
        #expect(problem([0x10, 0x01], .label)?.message == "Label.probability: the wire type is not the field's")
        // A packed array for a field that is not repeated.
        #expect(problem([0x12, 0x04, 0, 0, 0, 0], .label)?.code == .invalidArgument)
    }

    @Test func packedArraysAreWalked() {
        #expect(problem([0x12, 0x03, 0x01, 0x80, 0x01], .embedding) == nil)
        #expect(problem([0x12, 0x02, 0x01, 0x80], .embedding)?.message == "Embedding.shape: a varint is cut off")
        #expect(problem([0x1a, 0x05, 0, 0, 0, 0, 0], .embedding)?.message == "Embedding.values: the value is cut off")
        // One by one is allowed as well.
        #expect(problem([0x10, 0x05, 0x1d, 0, 0, 0, 0], .embedding) == nil)
    }

    @Test func truncationAnywhereIsFoundOrLeavesAPrefix() throws {
        let whole = ClientMessage(sequence: 300, kind: .text(TextInput(text: "a gold ring", language: "en"))).encoded()
        for count in 0..<whole.count {
            let cut = Array(whole.prefix(count))
            let atBoundary = count == 0 || count == 3
            #expect((problem(cut, .clientMessage) == nil) == atBoundary, "\(count)")
        }
    }

    /// What passes, protobuf-c takes; what protobuf-c refuses, does not pass.
    @Test(arguments: MessageType.allCases)
    func whatPassesIsUnpacked(_ type: MessageType) {
        for number in 0..<300 {
            var builder = MessageBuilder(seed: UInt64(number) + 1000, wild: true)
            builder.unknownEnums = true
            let bytes = builder.mutate(builder.message(type))
            guard problem(bytes, type) == nil else { continue }
            #expect(repackedByProtobufC(bytes, as: type) != nil, "\(type) \(bytes)")
        }
    }
}
