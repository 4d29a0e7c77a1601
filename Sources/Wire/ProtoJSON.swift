import CProtobufC
import CVitrineProto

/// A value that `ProtoJSON` puts in front of a message's own fields.
public enum JSONScalar: Sendable, Equatable {
    case string(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
}

/// Canonical proto3 JSON (protobuf's "ProtoJSON" mapping) of a serialized message.
///
/// Names in lowerCamelCase, 64-bit integers as strings, enums by name (by number when unknown), bytes as base64, floats
/// with the fewest digits that read back the same, "NaN", "Infinity" and "-Infinity". Fields come in the order of their
/// numbers, on one line. Unknown fields are left out, as are fields with their default value unless asked for.
///
/// Pointer invariant: offsets and types come from protobuf-c's own descriptors, and are applied only to the struct
/// that protobuf-c unpacked for that descriptor.
public enum ProtoJSON {
    /// - Parameters:
    ///   - prefixFields: written first, as they are.
    ///   - emitDefaults: also write fields that have their default value (not members of oneofs or unset messages).
    /// - Throws: INVALID_ARGUMENT or RESOURCE_EXHAUSTED as `WireMessage.init(decoding:)`.
    public static func encode(
        _ bytes: UnsafeRawBufferPointer, as type: MessageType, prefixFields: [(String, JSONScalar)] = [], emitDefaults: Bool = false
    ) throws(RPCStatus) -> String {
        try DecodingArena.withUnpacked(bytes, as: type) { message in
            var printer = Printer(emitDefaults: emitDefaults)
            printer.message(UnsafeRawPointer(message), type.descriptor, prefixFields)
            return String(decoding: printer.out, as: UTF8.self)
        }
    }

    /// The same of an array.
    public static func encode(
        _ bytes: [UInt8], as type: MessageType, prefixFields: [(String, JSONScalar)] = [], emitDefaults: Bool = false
    ) throws(RPCStatus) -> String {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(RPCStatus) in
                try encode(buffer, as: type, prefixFields: prefixFields, emitDefaults: emitDefaults)
            }
        }
        return try result.get()
    }

    private struct Printer {
        let emitDefaults: Bool
        var out: [UInt8] = []

        mutating func message(
            _ message: UnsafeRawPointer, _ descriptor: UnsafePointer<ProtobufCMessageDescriptor>, _ prefix: [(String, JSONScalar)] = []
        ) {
            JSONText.append("{", to: &out)
            var first = true
            for (name, value) in prefix {
                separate(&first)
                JSONText.appendQuoted(name.utf8, to: &out)
                JSONText.append(":", to: &out)
                JSONText.append(value, to: &out)
            }
            for index in 0..<Int(descriptor.pointee.n_fields) {
                let field = descriptor.pointee.fields + index
                let count = Self.count(of: field, in: message)
                let shown = field.pointee.label == PROTOBUF_C_LABEL_REPEATED ? count > 0 || emitDefaults : count > 0 || defaulted(field)
                guard shown else { continue }
                separate(&first)
                name(field)
                self.field(field, message, count)
            }
            JSONText.append("}", to: &out)
        }

        /// Whether a singular field without a value is written all the same.
        private func defaulted(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Bool {
            emitDefaults && field.pointee.type != PROTOBUF_C_TYPE_MESSAGE && !Self.isOneof(field)
        }

        private static func isOneof(_ field: UnsafePointer<ProtobufCFieldDescriptor>) -> Bool {
            field.pointee.flags & UInt32(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) != 0
        }

        private mutating func separate(_ first: inout Bool) {
            if !first { JSONText.append(",", to: &out) }
            first = false
        }

        /// Elements of a repeated field; 1 or 0 for a singular one that has a value or not.
        private static func count(of field: UnsafePointer<ProtobufCFieldDescriptor>, in message: UnsafeRawPointer) -> Int {
            if field.pointee.label == PROTOBUF_C_LABEL_REPEATED {
                return message.load(fromByteOffset: Int(field.pointee.quantifier_offset), as: Int.self)
            }
            if isOneof(field) {
                return message.load(fromByteOffset: Int(field.pointee.quantifier_offset), as: UInt32.self) == field.pointee.id ? 1 : 0
            }
            let member = message + Int(field.pointee.offset)
            let zero: Bool =
                switch field.pointee.type {
                case PROTOBUF_C_TYPE_BOOL, PROTOBUF_C_TYPE_ENUM, PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32,
                    PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32:
                    member.load(as: UInt32.self) == 0
                case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_UINT64,
                    PROTOBUF_C_TYPE_FIXED64:
                    member.load(as: UInt64.self) == 0
                case PROTOBUF_C_TYPE_FLOAT: member.load(as: UInt32.self) == 0
                case PROTOBUF_C_TYPE_DOUBLE: member.load(as: UInt64.self) == 0
                case PROTOBUF_C_TYPE_STRING: member.load(as: UnsafePointer<CChar>?.self).map { $0.pointee == 0 } ?? true
                case PROTOBUF_C_TYPE_BYTES: member.load(as: ProtobufCBinaryData.self).len == 0
                default: member.load(as: UnsafeRawPointer?.self) == nil
                }
            return zero ? 0 : 1
        }

        private mutating func name(_ field: UnsafePointer<ProtobufCFieldDescriptor>) {
            JSONText.append("\"", to: &out)
            var upper = false
            var next = UnsafeRawPointer(field.pointee.name!).assumingMemoryBound(to: UInt8.self)
            while next.pointee != 0 {
                let byte = next.pointee
                if byte == UInt8(ascii: "_") {
                    upper = true
                } else {
                    let lower = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
                    out.append(upper && lower ? byte - 32 : byte)
                    upper = false
                }
                next += 1
            }
            JSONText.append("\":", to: &out)
        }

        private mutating func field(_ field: UnsafePointer<ProtobufCFieldDescriptor>, _ message: UnsafeRawPointer, _ count: Int) {
            let member = message + Int(field.pointee.offset)
            guard field.pointee.label == PROTOBUF_C_LABEL_REPEATED else { return value(member, field) }
            JSONText.append("[", to: &out)
            if count > 0, let elements = member.load(as: UnsafeRawPointer?.self) {
                let size = Self.elementBytes(field.pointee.type)
                for index in 0..<count {
                    if index > 0 { JSONText.append(",", to: &out) }
                    value(elements + index * size, field)
                }
            }
            JSONText.append("]", to: &out)
        }

        /// Size of an element of a repeated field, as protobuf-c stores it.
        private static func elementBytes(_ type: ProtobufCType) -> Int {
            switch type {
            case PROTOBUF_C_TYPE_BYTES: MemoryLayout<ProtobufCBinaryData>.stride
            case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_MESSAGE: MemoryLayout<UnsafeRawPointer>.stride
            case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_UINT64,
                PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_DOUBLE:
                8
            default: 4
            }
        }

        private mutating func value(_ member: UnsafeRawPointer, _ field: UnsafePointer<ProtobufCFieldDescriptor>) {
            switch field.pointee.type {
            case PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SFIXED32:
                JSONText.append("\(member.load(as: Int32.self))", to: &out)
            case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_FIXED32: JSONText.append("\(member.load(as: UInt32.self))", to: &out)
            case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64:
                JSONText.append("\"\(member.load(as: Int64.self))\"", to: &out)
            case PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64: JSONText.append("\"\(member.load(as: UInt64.self))\"", to: &out)
            case PROTOBUF_C_TYPE_FLOAT:
                let number = member.load(as: Float.self)
                JSONText.appendNumber(number, number.description, to: &out)
            case PROTOBUF_C_TYPE_DOUBLE:
                let number = member.load(as: Double.self)
                JSONText.appendNumber(number, number.description, to: &out)
            case PROTOBUF_C_TYPE_BOOL: JSONText.append(member.load(as: Int32.self) != 0 ? "true" : "false", to: &out)
            case PROTOBUF_C_TYPE_ENUM: enumValue(member.load(as: Int32.self), field)
            case PROTOBUF_C_TYPE_STRING: string(member.load(as: UnsafePointer<CChar>?.self))
            case PROTOBUF_C_TYPE_BYTES:
                let data = member.load(as: ProtobufCBinaryData.self)
                JSONText.appendBase64(UnsafeRawBufferPointer(start: data.data, count: data.data == nil ? 0 : data.len), to: &out)
            default:
                guard let nested = field.pointee.descriptor, let message = member.load(as: UnsafeRawPointer?.self) else {
                    preconditionFailure("a message field that has a value has a message and a descriptor")
                }
                self.message(message, nested.assumingMemoryBound(to: ProtobufCMessageDescriptor.self))
            }
        }

        private mutating func string(_ value: UnsafePointer<CChar>?) {
            guard let value else { return JSONText.append("\"\"", to: &out) }
            let start = UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self)
            var count = 0
            while start[count] != 0 { count += 1 }
            JSONText.appendQuoted(UnsafeBufferPointer(start: start, count: count), to: &out)
        }

        private mutating func enumValue(_ number: Int32, _ field: UnsafePointer<ProtobufCFieldDescriptor>) {
            guard let descriptor = field.pointee.descriptor?.assumingMemoryBound(to: ProtobufCEnumDescriptor.self) else {
                preconditionFailure("an enum field has a descriptor")
            }
            if let value = protobuf_c_enum_descriptor_get_value(descriptor, number) {
                JSONText.append("\"\(String(cString: value.pointee.name))\"", to: &out)
            } else {
                JSONText.append("\(number)", to: &out)
            }
        }
    }
}
