import CProtobufC
import CVitrineProto

@testable import Wire

/// SplitMix64: the same numbers in every run.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
    mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }
}

/// Every value type of the module.
let allValues: [any WireMessage.Type] = [
    Frame.self, Open.self, MetadataEntry.self, HalfClose.self, Cancel.self, Status.self, StatusDetail.self, Credit.self, Ping.self,
    Pong.self, GoAway.self, ClientMessage.self, TextInput.self, AudioChunk.self, ImagePart.self, VideoFrame.self,
    BehaviourEvent.self, Control.self, SetLanguage.self, Consent.self, Acknowledge.self, Played.self, TryOnRequest.self,
    ServerMessage.self, SessionStarted.self, Limits.self, TurnEvent.self, ReplyDelta.self, Source.self, Recommendations.self,
    AppliedFilter.self, Recommendation.self, Money.self, Reason.self, TryOn.self, Overlay.self, Progress.self, Problem.self,
    Trace.self, Wire.Span.self, PluginOutput.self, InputProblem.self, Transcript.self, Slot.self, FrameFeatures.self, SpeechEvent.self,
    SpokenAudio.self, SpokenUnit.self,
    Embedding.self, Label.self, SparseVector.self, WrittenLine.self, PictureText.self,
    Labels.self, Point.self, Figure.self, Anchor.self, Pose.self, PluginManifest.self, DescribeRequest.self, OutputPort.self, ModelRequirement.self,
    Option.self, InferRequest.self, InferReply.self, WireTensor.self, LogLine.self, ConfigurationRequest.self,
    StartRequest.self, OptionValue.self, ModelFile.self, RunRequest.self, RunReply.self, MetricSample.self,
    ExportStateRequest.self, ExportStateReply.self, ImportStateRequest.self,
    ConfigurationReply.self, ClockReply.self, HealthReply.self, ChangePluginRequest.self, ChangePluginReply.self, ChangeStep.self,
    UnloadPluginRequest.self, WatchPluginRequest.self, PluginLogLine.self, ListPluginsReply.self, LoadedPlugin.self, DrainRequest.self,
    DrainReply.self, RecordingHeader.self, ConsentGiven.self, NamedHash.self, RecordedFrame.self, RecordedRead.self,
    StoreRead.self, RecordingRecord.self, RecordingMarker.self, RecordingEnd.self, SessionState.self, TurnRecord.self,
    Dialogue.self, DialogueSlot.self, ListHandoffsRequest.self, ListHandoffsReply.self, HandoffInfo.self, UpdateHandoffRequest.self,
    HandoffTake.self, HandoffAnswer.self,
]

/// Builds well-formed serialized messages from protobuf-c's descriptors, without the code under test.
struct MessageBuilder {
    var seed: Seeded
    /// Fields in any order, repeated singular fields, several members of a oneof, unknown fields, unpacked arrays.
    var wild: Bool
    /// Enum values beyond the schema's.
    var unknownEnums = false

    init(seed: UInt64, wild: Bool) {
        self.seed = Seeded(seed)
        self.wild = wild
    }

    mutating func message(_ type: MessageType) -> [UInt8] { message(type.descriptor) }

    mutating func message(_ descriptor: UnsafePointer<ProtobufCMessageDescriptor>) -> [UInt8] {
        var fields: [[UInt8]] = []
        var oneofs: Set<UInt32> = []
        for index in 0..<Int(descriptor.pointee.n_fields) where seed.chance(70) {
            let field = descriptor.pointee.fields[index]
            let oneof = field.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0
            if oneof, !wild, !oneofs.insert(field.quantifier_offset).inserted { continue }
            if field.label == PROTOBUF_C_LABEL_REPEATED {
                fields += repeated(field)
            } else {
                for _ in 0..<(wild && seed.chance(20) ? 2 : 1) { fields.append(one(field)) }
            }
        }
        if wild {
            if seed.chance(30) { fields.append(unknown()) }
            fields.shuffle(using: &seed)
        }
        return Array(fields.joined())
    }

    private mutating func unknown() -> [UInt8] {
        let number = UInt32(200 + seed.below(1_000_000))
        var out: [UInt8] = []
        switch seed.below(4) {
        case 0: ProtoWriter.varint(number, seed.next(), into: &out)
        case 1: ProtoWriter.fixed32(number, 7, into: &out)
        case 2: ProtoWriter.fixed64(number, 7, into: &out)
        default: ProtoWriter.bytes(number, seed.bytes(seed.below(9)), into: &out)
        }
        return out
    }

    private mutating func repeated(_ field: ProtobufCFieldDescriptor) -> [[UInt8]] {
        let count = seed.below(4)
        guard let wire = scalarWire(field.type), !(wild && seed.chance(30)) else { return (0..<count).map { _ in one(field) } }
        if count == 0 { return [] }
        var contents: [UInt8] = []
        for _ in 0..<count { contents += scalar(field, wire) }
        var out: [UInt8] = []
        ProtoWriter.bytes(field.id, contents, into: &out)
        return [out]
    }

    private func scalarWire(_ type: ProtobufCType) -> WireType? {
        switch type {
        case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE: nil
        case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32: .fixed32
        case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64: .fixed64
        default: .varint
        }
    }

    private mutating func scalar(_ field: ProtobufCFieldDescriptor, _ wire: WireType) -> [UInt8] {
        var out: [UInt8] = []
        switch wire {
        case .fixed32: ProtoWriter.raw32(Float.random(in: -1e6...1e6, using: &seed).bitPattern, into: &out)
        case .fixed64: ProtoWriter.raw64(Double.random(in: -1e6...1e6, using: &seed).bitPattern, into: &out)
        default:
            var value = seed.next() >> UInt64(seed.below(64))
            switch field.type {
            case PROTOBUF_C_TYPE_BOOL: value &= 1
            case PROTOBUF_C_TYPE_ENUM:
                let values = UnsafeRawPointer(field.descriptor!).assumingMemoryBound(to: ProtobufCEnumDescriptor.self).pointee.n_values
                value = unknownEnums && seed.chance(20) ? 77 : UInt64(seed.below(Int(values)))
            case PROTOBUF_C_TYPE_UINT32: value &= 0xffff_ffff
            case PROTOBUF_C_TYPE_INT32: value = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
            default: break
            }
            ProtoWriter.rawVarint(value, into: &out)
        }
        return out
    }

    private mutating func one(_ field: ProtobufCFieldDescriptor) -> [UInt8] {
        var out: [UInt8] = []
        if let wire = scalarWire(field.type) {
            ProtoWriter.key(field.id, wire, into: &out)
            return out + scalar(field, wire)
        }
        switch field.type {
        case PROTOBUF_C_TYPE_STRING:
            let text = seed.pick(["", "ring", "耳环 ✨", "a longer text that is about a ring of rose gold", String(repeating: "z", count: 130)])
            ProtoWriter.string(field.id, text, into: &out)
        case PROTOBUF_C_TYPE_BYTES: ProtoWriter.bytes(field.id, seed.bytes(seed.below(40)), into: &out)
        default:
            let nested = UnsafeRawPointer(field.descriptor!).assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
            ProtoWriter.bytes(field.id, message(nested), into: &out)
        }
        return out
    }

    /// Changes, cuts, doubles or inserts a few bytes.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0...seed.below(3) {
            if result.isEmpty { return seed.bytes(3) }
            let at = seed.below(result.count)
            switch seed.below(5) {
            case 0: result[at] = UInt8.random(in: 0...255, using: &seed)
            case 1: result[at] ^= 1 << UInt8(seed.below(8))
            case 2: result.removeSubrange(at...)
            case 3: result.insert(UInt8.random(in: 0...255, using: &seed), at: at)
            default: result += result[at...].prefix(12)
            }
        }
        return result
    }
}

/// What protobuf-c makes of the bytes, with its own allocator and no validation: packed again, or nil when it refuses.
func repackedByProtobufC(_ bytes: [UInt8], as type: MessageType) -> [UInt8]? {
    withProtobufC(bytes, as: type) { message in
        var out = [UInt8](repeating: 0, count: protobuf_c_message_get_packed_size(message))
        let written = out.withUnsafeMutableBufferPointer { protobuf_c_message_pack(message, $0.baseAddress) }
        precondition(written == out.count, "protobuf-c packs what it said")
        return out
    }
}

/// Lends the message that protobuf-c unpacks; nil when it refuses the bytes.
func withProtobufC<R>(_ bytes: [UInt8], as type: MessageType, _ body: (UnsafeMutablePointer<ProtobufCMessage>) -> R) -> R? {
    guard let message = protobuf_c_message_unpack(type.descriptor, nil, bytes.count, bytes) else { return nil }
    defer { protobuf_c_message_free_unpacked(message, nil) }
    return body(message)
}

/// Runs a throwing body on the bytes of an array.
func on<R>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws(RPCStatus) -> R) throws(RPCStatus) -> R {
    let result = bytes.withUnsafeBytes { buffer in Result { () throws(RPCStatus) in try body(buffer) } }
    return try result.get()
}

/// The status a body throws; nil when it throws none.
func status(_ body: () throws(RPCStatus) -> Void) -> RPCStatus? {
    do { try body() } catch { return error }
    return nil
}

/// A frame with its prefix.
func framed(_ bytes: [UInt8], flags: UInt8 = 0) -> [UInt8] {
    let length = UInt32(bytes.count)
    return [flags, UInt8(length >> 24), UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)] + bytes
}
