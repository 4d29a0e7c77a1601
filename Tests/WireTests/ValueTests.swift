import CProtobufC
import CVitrineProto
import Testing

@testable import Wire

/// The generated values against protobuf-c.
@Suite struct ValueTests {
    private func decodeAndEncode<M: WireMessage>(_ type: M.Type, _ bytes: [UInt8]) throws -> [UInt8] { try M(decoding: bytes).encoded() }

    @Test(arguments: MessageType.allCases)
    func encodingEqualsProtobufCsOwn(_ type: MessageType) throws {
        guard let value = allValues.first(where: { $0.messageType == type }) else { return }
        for number in 0..<150 {
            var builder = MessageBuilder(seed: UInt64(number), wild: false)
            let bytes = builder.message(type)
            #expect(try decodeAndEncode(value, bytes) == repackedByProtobufC(bytes, as: type), "\(type) \(number)")
        }
    }

    @Test(arguments: MessageType.allCases)
    func wildOrderAndMutationsDecodeAsProtobufCDoes(_ type: MessageType) throws {
        guard let value = allValues.first(where: { $0.messageType == type }) else { return }
        for number in 0..<150 {
            var builder = MessageBuilder(seed: UInt64(number), wild: true)
            var bytes = builder.message(type)
            if number % 2 == 1 { bytes = builder.mutate(bytes) }
            guard let ours = try? decodeAndEncode(value, bytes) else {
                #expect(number % 2 == 1, "a well-formed \(type) is decoded")
                continue
            }
            // Packing keeps unknown fields and unknown enum values, which the values drop: compare what is known.
            let theirs = try #require(repackedByProtobufC(bytes, as: type))
            #expect(try decodeAndEncode(value, theirs) == ours)
        }
    }

    @Test func everyMessageWithFieldsHasAValue() {
        let missing = MessageType.allCases.filter { type in
            type.descriptor.pointee.n_fields > 0 && !allValues.contains { $0.messageType == type }
        }
        #expect(missing.isEmpty)
        for type in MessageType.allCases { #expect(String(cString: type.descriptor.pointee.name) == type.name) }
    }

    @Test func aValueSurvivesTheWire() throws {
        let message = ServerMessage(
            sequence: 7, turnID: 3, revision: 1, timeUs: 1_000_000,
            kind: .recommendations(
                Recommendations(
                    items: [
                        Recommendation(
                            productID: "R-1", title: "戒指", price: Money(amountMinor: -5, currency: "EUR"), score: 0.5,
                            reasons: [Reason(modality: "text", share: 1, text: "")], inStock: true)
                    ], filters: [AppliedFilter(field: "price", operator: "<=", value: "200")], language: "zh")))
        #expect(try ServerMessage(decoding: message.encoded()) == message)
    }

    @Test func anUnknownEnumValueIsUnspecified() throws {
        let chunk = try AudioChunk(decoding: [0x08, 0x4d, 0x10, 0x01])
        #expect(chunk.encoding == .unspecified && chunk.sampleRateHz == 1)
    }

    @Test func lengthsOfEverySizeAreWrittenMinimally() throws {
        for count in [0, 1, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152] {
            let message = ClientMessage(kind: .image(ImagePart(data: [UInt8](repeating: 5, count: count))))
            #expect(repackedByProtobufC(message.encoded(), as: .clientMessage) == message.encoded())
            #expect(try ClientMessage(decoding: message.encoded()) == message)
        }
    }

    @Test func decodingIsRefusedAboveTheArenasLimit() {
        let labels = Labels(labels: (0..<1000).map { Label(name: "label \($0)", probability: 1) }).encoded()
        let error = status { () throws(RPCStatus) in
            try on(labels) { b throws(RPCStatus) in try DecodingArena.withUnpacked(b, as: .labels, limit: 10_000) { _ in } }
        }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message.contains("10000") == true)
    }

    /// The default limit refuses nothing that the validator admits, for the messages that cost most for their size.
    @Test(arguments: [1, 100, 5000, 16_000])
    func theDefaultLimitFitsWhatTheValidatorAdmits(_ count: Int) throws {
        let labels = Labels(labels: [Label](repeating: Label(), count: count))
        #expect(try Labels(decoding: labels.encoded()) == labels)
        let plugins = ListPluginsReply(plugins: [LoadedPlugin](repeating: LoadedPlugin(manifest: PluginManifest()), count: count))
        #expect(try ListPluginsReply(decoding: plugins.encoded()) == plugins)
        let tensor = WireTensor(shape: [Int64](repeating: 1, count: count * 20))
        #expect(try WireTensor(decoding: tensor.encoded()) == tensor)
        let unknown = [UInt8]([0xf8, 0x3f, 0x01].flatMap { [$0] })
        #expect(try Ping(decoding: Array([[UInt8]](repeating: unknown, count: count).joined())) == Ping())
    }

    @Test func statusesTravel() {
        #expect(RPCStatus(Status(RPCStatus(.notFound, "no such ring"))) == RPCStatus(.notFound, "no such ring"))
        #expect(RPCStatus(Status(code: 99, message: "?")).code == .unknown)
    }

    @Test func methodsAreFoundByPath() {
        #expect(MethodDescriptor.named("/vitrine.v1.Sessions/Converse") == .sessionsConverse)
        #expect(MethodDescriptor.sessionsConverse.request == .clientMessage)
        #expect(MethodDescriptor.named("/vitrine.v1.Sessions/Nothing") == nil)
    }

    @Test func tagsAndNamesOfAOneofBelongTogether() {
        #expect(ClientMessageKind.text == 10 && ClientMessageKind.name(of: 10) == "text")
        #expect(ClientMessageKind.tag(named: "behaviour") == ClientMessageKind.behaviour)
        #expect(ClientMessageKind.name(of: 9) == nil && ClientMessageKind.tag(named: "smell") == nil)
        #expect(ControlKind.name(of: ControlKind.tryOn) == "try_on")
    }
}
