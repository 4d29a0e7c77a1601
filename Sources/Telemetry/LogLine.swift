import Logging

/// Builds one log line. Whatever a value contains, the line stays one line and its fields can be told apart.
struct LogLine {
    /// Bytes of one text value; what is beyond is cut off and counted.
    static let valueBytesMax = 8 * 1024
    /// Dictionaries and arrays within each other; what is deeper is written as text.
    static let depthMax = 8
    /// Fields that every line has; metadata of that name gets a leading underscore.
    static let reserved = ["ts", "level", "logger", "msg"]

    private let format: StructuredLogHandler.Format
    private var bytes: [UInt8] = []

    init(_ format: StructuredLogHandler.Format) {
        self.format = format
        bytes.reserveCapacity(256)
    }

    mutating func add(_ field: String, text: String) {
        begin(field)
        switch format {
        case .json: Self.appendQuoted(text, to: &bytes)
        case .logfmt: appendLogfmt(text)
        }
    }

    mutating func add(_ key: String, value: Logger.MetadataValue) {
        let field = Self.reserved.contains(key) ? "_" + key : key
        switch (format, value) {
        case (_, .string(let text)): add(field, text: text)
        case (_, .stringConvertible(let convertible)): add(field, text: convertible.description)
        case (.json, _):
            begin(field)
            Self.appendJSON(value, depth: 0, to: &bytes)
        case (.logfmt, _):
            var nested: [UInt8] = []
            Self.appendJSON(value, depth: 0, to: &nested)
            add(field, text: String(decoding: nested, as: UTF8.self))
        }
    }

    /// The line with its line feed.
    consuming func finished() -> [UInt8] {
        if format == .json { bytes.append(UInt8(ascii: "}")) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private mutating func begin(_ field: String) {
        switch format {
        case .json:
            bytes.append(bytes.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ","))
            Self.appendQuoted(field, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
        case .logfmt:
            if !bytes.isEmpty { bytes.append(UInt8(ascii: " ")) }
            // A key cannot be quoted.
            bytes.append(contentsOf: field.isEmpty ? [UInt8(ascii: "_")] : field.utf8.map { Self.isPlain($0) ? $0 : UInt8(ascii: "_") })
            bytes.append(UInt8(ascii: "="))
        }
    }

    private mutating func appendLogfmt(_ text: String) {
        if !text.isEmpty && text.utf8.count <= Self.valueBytesMax && text.utf8.allSatisfy(Self.isPlain) {
            bytes.append(contentsOf: text.utf8)
        } else {
            Self.appendQuoted(text, to: &bytes)
        }
    }

    /// Neither space, control character, `=`, `"` nor backslash.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte != 0x7F && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    private static func appendJSON(_ value: Logger.MetadataValue, depth: Int, to bytes: inout [UInt8]) {
        switch value {
        case .string(let text): appendQuoted(text, to: &bytes)
        case .stringConvertible(let convertible): appendQuoted(convertible.description, to: &bytes)
        case _ where depth >= depthMax: appendQuoted("…", to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                appendJSON(element, depth: depth + 1, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let fields):
            bytes.append(UInt8(ascii: "{"))
            for (index, (key, element)) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                appendQuoted(key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                appendJSON(element, depth: depth + 1, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// A JSON string (RFC 8259, section 7), which logfmt's readers take as well.
    private static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var count = 0
        for scalar in text.unicodeScalars {
            count += UTF8.width(scalar)
            if count > valueBytesMax {
                bytes.append(contentsOf: "… (\(text.utf8.count) bytes)".utf8)
                break
            }
            switch scalar {
            case "\"": bytes.append(contentsOf: "\\\"".utf8)
            case "\\": bytes.append(contentsOf: "\\\\".utf8)
            case "\n": bytes.append(contentsOf: "\\n".utf8)
            case "\r": bytes.append(contentsOf: "\\r".utf8)
            case "\t": bytes.append(contentsOf: "\\t".utf8)
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                bytes.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8)
            default: bytes.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
