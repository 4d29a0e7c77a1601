import Foundation

/// What an ONNX file says of itself: inputs, outputs and texts. The rest is for who runs it. (Field numbers: onnx.proto, "ModelProto", "GraphProto",
/// "ValueInfoProto", "TypeProto", "TensorShapeProto", "StringStringEntryProto".)
struct OnnxInterface: Equatable {
    struct Port: Equatable {
        var name: String
        /// Whether its elements are f32.
        var isFloat: Bool
        /// nil when the file does not say it; a side is nil when it is left open.
        var shape: [Int?]?

        var text: String {
            let sides = shape.map { "[\($0.map { $0.map(String.init) ?? "?" }.joined(separator: ", "))]" } ?? " of a shape that is not said"
            return "\(isFloat ? "f32" : "not f32,")\(sides)"
        }
    }

    /// Those that are to be given: not the file's own constants.
    var inputs: [Port] = []
    var outputs: [Port] = []
    var texts: [String: String] = [:]

    static let fileBytesMax = 1 << 30
}

extension OnnxInterface {
    /// - Throws: for a file that cannot be read or is no ONNX.
    static func read(_ path: String) throws(ModelError) -> OnnxInterface {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) else {
            throw ModelError("\(path): no such file, or it cannot be read")
        }
        guard data.count <= fileBytesMax else { throw ModelError("\(path) has \(data.count) bytes; at most \(fileBytesMax) are read") }
        do {
            return try OnnxInterface([UInt8](data)[...])
        } catch {
            throw ModelError("\(path) is no ONNX file: \(error.message)")
        }
    }

    init(_ bytes: ArraySlice<UInt8>) throws(ModelError) {
        var hasGraph = false
        for case (let field, .bytes(let content)) in try ProtoMessage.fields(bytes) {
            if field == 7 {
                hasGraph = true
                try take(graph: content)
            } else if field == 14 {
                let entry = try ProtoMessage.fields(content)
                if let key = Self.text(1, entry) { texts[key] = Self.text(2, entry) ?? "" }
            }
        }
        guard hasGraph else { throw ModelError("there is no graph in it") }
    }

    private mutating func take(graph: ArraySlice<UInt8>) throws(ModelError) {
        var constants: Set<String> = []
        for case (let field, .bytes(let content)) in try ProtoMessage.fields(graph) {
            switch field {
            case 5: if let name = Self.text(8, try ProtoMessage.fields(content)) { constants.insert(name) }
            case 11: inputs.append(try Self.port(content))
            case 12: outputs.append(try Self.port(content))
            default: break
            }
        }
        inputs.removeAll { constants.contains($0.name) }
    }

    private static func port(_ bytes: ArraySlice<UInt8>) throws(ModelError) -> Port {
        let fields = try ProtoMessage.fields(bytes)
        var port = Port(name: text(1, fields) ?? "", isFloat: false, shape: nil)
        guard let type = content(2, fields), let tensor = content(1, try ProtoMessage.fields(type)) else { return port }
        for (field, value) in try ProtoMessage.fields(tensor) {
            switch (field, value) {
            case (1, .number(let type)): port.isFloat = type == 1
            case (2, .bytes(let sides)):
                var shape: [Int?] = []
                for case (1, .bytes(let side)) in try ProtoMessage.fields(sides) { shape.append(try Self.side(side)) }
                port.shape = shape
            default: break
            }
        }
        return port
    }

    private static func side(_ bytes: ArraySlice<UInt8>) throws(ModelError) -> Int? {
        for case (1, .number(let side)) in try ProtoMessage.fields(bytes) {
            // Some writers say -1 or 0 for a side that is open.
            if let count = Int(exactly: side), count > 0 { return count }
        }
        return nil
    }

    private static func content(_ number: Int, _ fields: [(number: Int, value: ProtoMessage.Value)]) -> ArraySlice<UInt8>? {
        for case (number, .bytes(let content)) in fields { return content }
        return nil
    }

    private static func text(_ number: Int, _ fields: [(number: Int, value: ProtoMessage.Value)]) -> String? {
        content(number, fields).map { String(decoding: $0, as: UTF8.self) }
    }
}
