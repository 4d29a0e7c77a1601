import CProtobufC
import CVitrineProto
import Glibc

/// Walks serialized bytes along a message's descriptor, before anything decodes them.
///
/// What passes is well formed to the last nested message: keys, lengths, wire types, UTF-8 without NUL in every string
/// (protobuf-c checks neither), nesting and the number of fields, unknown ones included, within `Limits`. Nothing is
/// allocated unless something is wrong.
public enum WireValidator {
    /// How much one message may hold.
    public struct Limits: Sendable, Equatable {
        /// Levels of nesting; the message itself is the first.
        public var depthMax: Int
        /// Fields of all levels together; the elements of a packed array are one field.
        public var fieldsMax: Int

        public init(depthMax: Int = 16, fieldsMax: Int = 32_768) {
            self.depthMax = depthMax
            self.fieldsMax = fieldsMax
        }
    }

    /// Checks one serialized message.
    ///
    /// - Throws: INVALID_ARGUMENT with the path of the field and what is wrong: "ClientMessage.text.language: …".
    public static func validate(_ bytes: UnsafeRawBufferPointer, as type: MessageType, limits: Limits = Limits()) throws(RPCStatus) {
        _ = try countFields(bytes, as: type, limits: limits)
    }

    /// Checks one serialized message and says how many fields it has.
    static func countFields(
        _ bytes: UnsafeRawBufferPointer, as type: MessageType, limits: Limits = Limits()
    ) throws(RPCStatus) -> Int {
        var walk = Walk(bytes: bytes, limits: limits)
        do {
            try walk.message(0..<bytes.count, type.descriptor, depth: 1)
        } catch {
            let path = ([String(cString: type.descriptor.pointee.short_name)] + error.path.reversed()).joined(separator: ".")
            throw error.fault.status(at: path)
        }
        return walk.fields
    }

    /// A fault and where it is, innermost field first.
    private struct Problem: Error {
        var fault: WireFault
        var path: [String] = []
    }

    private struct Walk {
        let bytes: UnsafeRawBufferPointer
        let limits: Limits
        var fields = 0

        mutating func message(
            _ range: Range<Int>, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, depth: Int
        ) throws(Problem) {
            if depth > limits.depthMax { throw Problem(fault: .depth) }
            var cursor = ProtoCursor(bytes, range)
            var hint = 0
            while !cursor.atEnd {
                let key: ProtoCursor.Key
                do { key = try cursor.key() } catch { throw Problem(fault: error) }
                fields += 1
                if fields > limits.fieldsMax { throw Problem(fault: .fields) }
                guard let field = Self.field(key.field, of: descriptor, &hint) else {
                    do { try cursor.skip(key.wire) } catch { throw Problem(fault: error, path: ["field \(key.field)"]) }
                    continue
                }
                do { try value(&cursor, key, field, depth) } catch {
                    throw Problem(fault: error.fault, path: error.path + [String(cString: field.pointee.name)])
                }
            }
        }

        /// Fields mostly come in order: the hint is the index after the last one found.
        private static func field(
            _ number: UInt32, of descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ hint: inout Int
        ) -> UnsafePointer<ProtobufCFieldDescriptor>? {
            guard let fields = descriptor.pointee.fields else { return nil }
            if hint < Int(descriptor.pointee.n_fields), fields[hint].id == number {
                hint += 1
                return fields + (hint - 1)
            }
            guard let found = protobuf_c_message_descriptor_get_field(descriptor, number) else { return nil }
            hint = found - fields + 1
            return found
        }

        private mutating func value(
            _ cursor: inout ProtoCursor, _ key: ProtoCursor.Key, _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ depth: Int
        ) throws(Problem) {
            do {
                switch field.pointee.type {
                case PROTOBUF_C_TYPE_STRING: try text(cursor.contents(key))
                case PROTOBUF_C_TYPE_BYTES: _ = try cursor.contents(key)
                case PROTOBUF_C_TYPE_MESSAGE: break
                default: try scalar(&cursor, key, field)
                }
            } catch {
                throw Problem(fault: error)
            }
            if field.pointee.type == PROTOBUF_C_TYPE_MESSAGE {
                let range: Range<Int>
                do { range = try cursor.contents(key) } catch { throw Problem(fault: error) }
                guard let nested = field.pointee.descriptor else { preconditionFailure("a message field has a descriptor") }
                try message(range, nested.assumingMemoryBound(to: ProtobufCMessageDescriptor.self), depth: depth + 1)
            }
        }

        private func text(_ range: Range<Int>) throws(WireFault) {
            guard let start = bytes.baseAddress, !range.isEmpty else { return }
            let first = (start + range.lowerBound).assumingMemoryBound(to: UInt8.self)
            if memchr(first, 0, range.count) != nil { throw .nul }
            let text = UnsafeBufferPointer(start: first, count: range.count)
            if (try? UTF8Span(validating: text.span)) == nil { throw .utf8 }
        }

        private func scalar(
            _ cursor: inout ProtoCursor, _ key: ProtoCursor.Key, _ field: UnsafePointer<ProtobufCFieldDescriptor>
        ) throws(WireFault) {
            let wire = Self.wireType(field.pointee.type)
            if key.wire == wire { return try cursor.skip(wire) }
            guard key.wire == .length, field.pointee.label == PROTOBUF_C_LABEL_REPEATED else { throw .mismatch }
            let range = try cursor.contents()
            switch wire {
            case .fixed32: if range.count % 4 != 0 { throw .truncatedValue }
            case .fixed64: if range.count % 8 != 0 { throw .truncatedValue }
            default:
                var elements = ProtoCursor(bytes, range)
                while !elements.atEnd { _ = try elements.varint() }
            }
        }

        private static func wireType(_ type: ProtobufCType) -> WireType {
            switch type {
            case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32: .fixed32
            case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64: .fixed64
            default: .varint
            }
        }
    }
}
