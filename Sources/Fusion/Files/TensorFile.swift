// Unsafe: raw bytes of little-endian numbers. Invariant: a tensor's range was checked to lie in the file and to hold shape × 4 bytes.

public import Foundation

/// Named f32 and i32 tensors in one file, in the safetensors format: 8 bytes of header length, a JSON header {name: {dtype, shape,
/// data_offsets}}, the values. (Format: the safetensors README, "Format".)
public struct TensorFile: Sendable, Equatable {
    public struct Tensor: Sendable, Equatable {
        public var shape: [Int]
        public var floats: [Float]
        public var integers: [Int32]
        var isFloat: Bool { integers.isEmpty }
    }

    /// By name.
    public private(set) var tensors: [String: Tensor] = [:]
    /// Texts that belong to the tensors.
    public var metadata: [String: String] = [:]

    public static let headerBytesMax = 16 << 20
    public static let fileBytesMax = 8 << 30

    public init() {}

    /// A matrix in rows.
    public mutating func set(_ name: String, rows: Int, columns: Int, _ values: [Float]) {
        precondition(values.count == rows * columns, "a matrix has rows × columns values")
        tensors[name] = Tensor(shape: [rows, columns], floats: values, integers: [])
    }

    public mutating func set(_ name: String, _ values: [Float]) { tensors[name] = Tensor(shape: [values.count], floats: values, integers: []) }

    public mutating func set(_ name: String, integers: [Int32]) {
        tensors[name] = Tensor(shape: [integers.count], floats: [], integers: integers)
    }

    /// - Throws: when there is no such matrix, naming it.
    public func rows(_ name: String) throws(ModelError) -> (rows: Int, columns: Int, values: [Float]) {
        guard let tensor = tensors[name], tensor.shape.count == 2, tensor.floats.count == tensor.shape[0] * tensor.shape[1] else {
            throw ModelError("the weights have no matrix '\(name)'")
        }
        return (tensor.shape[0], tensor.shape[1], tensor.floats)
    }

    public func vector(_ name: String) throws(ModelError) -> [Float] {
        guard let tensor = tensors[name], tensor.shape.count == 1, tensor.integers.isEmpty else {
            throw ModelError("the weights have no vector '\(name)'")
        }
        return tensor.floats
    }

    public func integers(_ name: String) throws(ModelError) -> [Int32] {
        guard let tensor = tensors[name], tensor.shape.count == 1, tensor.floats.isEmpty else {
            throw ModelError("the weights have no integers '\(name)'")
        }
        return tensor.integers
    }

    public func encoded() -> Data {
        var header: [String: Any] = [:]
        var offset = 0
        let names = tensors.keys.sorted()
        for name in names {
            guard let tensor = tensors[name] else { continue }
            let count = max(tensor.floats.count, tensor.integers.count) * 4
            header[name] = ["dtype": tensor.isFloat ? "F32" : "I32", "shape": tensor.shape, "data_offsets": [offset, offset + count]]
            offset += count
        }
        if !metadata.isEmpty { header["__metadata__"] = metadata }
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        var text = (try? JSONSerialization.data(withJSONObject: header, options: options)) ?? Data("{}".utf8)
        // The values begin at a multiple of 8.
        while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
        var out = Data(capacity: 8 + text.count + offset)
        withUnsafeBytes(of: UInt64(text.count).littleEndian) { out.append(contentsOf: $0) }
        out.append(text)
        for name in names {
            guard let tensor = tensors[name] else { continue }
            if tensor.isFloat {
                tensor.floats.withUnsafeBytes { out.append(contentsOf: $0) }
            } else {
                tensor.integers.withUnsafeBytes { out.append(contentsOf: $0) }
            }
        }
        return out
    }

    /// - Throws: for a header that does not parse or offsets that leave the file.
    public init(_ data: Data, name: String) throws(ModelError) {
        func bad(_ why: String) -> ModelError { ModelError("\(name) is not a safetensors file: \(why)") }
        guard data.count >= 8 else { throw bad("it has \(data.count) bytes") }
        let length = data.prefix(8).enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
        guard length <= UInt64(Self.headerBytesMax), Int(length) + 8 <= data.count else { throw bad("a header of \(length) bytes") }
        let start = data.startIndex + 8
        guard let parsed = try? JSONSerialization.jsonObject(with: data[start..<start + Int(length)]), let header = parsed as? [String: Any] else {
            throw bad("its header is not JSON")
        }
        let values = data[(start + Int(length))...]
        for (key, value) in header {
            if key == "__metadata__" {
                metadata = value as? [String: String] ?? [:]
                continue
            }
            guard let entry = value as? [String: Any], let type = entry["dtype"] as? String, let shape = entry["shape"] as? [Int],
                let range = entry["data_offsets"] as? [Int], range.count == 2, shape.allSatisfy({ $0 >= 0 && $0 < 1 << 31 })
            else { throw bad("'\(key)' lacks dtype, shape or offsets") }
            guard type == "F32" || type == "I32" else { throw bad("'\(key)' is of \(type); F32 and I32 are read") }
            let (count, overflow) = shape.reduce((1, false)) { sofar, side in
                let (product, over) = sofar.0.multipliedReportingOverflow(by: side)
                return (product, sofar.1 || over)
            }
            guard !overflow, count <= values.count, range[0] >= 0, range[1] >= range[0], range[1] <= values.count, range[1] - range[0] == count * 4
            else {
                throw bad("the offsets of '\(key)' do not fit its shape and the file")
            }
            let bytes = values[(values.startIndex + range[0])..<(values.startIndex + range[1])]
            tensors[key] =
                type == "F32"
                ? Tensor(shape: shape, floats: Self.numbers(bytes, count), integers: [])
                : Tensor(shape: shape, floats: [], integers: Self.numbers(bytes, count))
        }
    }

    private static func numbers<Number>(_ bytes: Data, _ count: Int) -> [Number] {
        [Number](unsafeUninitializedCapacity: count) { buffer, initialised in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            initialised = count
        }
    }

    public static func read(_ path: String) throws(ModelError) -> TensorFile {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) else {
            throw ModelError("\(path): no such file, or it cannot be read")
        }
        guard data.count <= fileBytesMax else { throw ModelError("\(path) has \(data.count) bytes; at most \(fileBytesMax) are read") }
        return try TensorFile(data, name: path)
    }

    /// Written beside and renamed, so that a reader sees the old file or the new one.
    public func write(_ path: String) throws(ModelError) {
        do {
            try encoded().write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw ModelError("\(path) cannot be written")
        }
    }
}
