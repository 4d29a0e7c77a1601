// Unsafe: the memory of tensors. Invariants: a HostTensor owns its cov_tensor, if it has one, from init to deinit; address, size and shape are read
// once it has its final shape and do not change afterwards; memory that is not OpenVINO's belongs to `memory`, which the tensor holds.

import COpenVINO
public import Wire

/// Element types of tensors; the raw values are those of the plugin ABI.
public enum TensorType: Int32, Sendable, CaseIterable {
    case f32 = 1
    case i64 = 2
    case i32 = 3
    case u8 = 4
    case f16 = 5
    case boolean = 6

    public var elementBytes: Int {
        switch self {
        case .i64: 8
        case .f32, .i32: 4
        case .f16: 2
        case .u8, .boolean: 1
        }
    }

    var openVINO: Int32 {
        switch self {
        case .f32: Int32(COV_F32)
        case .i64: Int32(COV_I64)
        case .i32: Int32(COV_I32)
        case .u8: Int32(COV_U8)
        case .f16: Int32(COV_F16)
        case .boolean: Int32(COV_BOOLEAN)
        }
    }

    init?(openVINO value: Int32) {
        guard let type = TensorType.allCases.first(where: { $0.openVINO == value }) else { return nil }
        self = type
    }

    /// "f32", as manifests write it.
    public var name: String { "\(self)" }
}

/// A row-major tensor in OpenVINO's memory or somebody else's, counted against its stream's budget until the last reference goes.
///
/// One request's output can be the next one's input without a copy. Sendable: the memory stays where it is, and callers
/// write only before they give the tensor away.
public final class HostTensor: @unchecked Sendable {
    /// Sizes of the dimensions; [] is a scalar.
    public let shape: [Int]
    public let type: TensorType
    /// The elements; at least one valid address even when empty.
    public let bytes: UnsafeMutableRawBufferPointer
    /// nil where OpenVINO does not know of it.
    let raw: OpaquePointer?
    /// What the bytes belong to when they are not OpenVINO's.
    public let memory: (any TensorMemory)?
    private let budget: MemoryBudget?

    /// A tensor in memory that is there already, such as a mapping that another process shares.
    /// - Throws: INVALID_ARGUMENT when the shape is impossible or needs another number of bytes, RESOURCE_EXHAUSTED when the budget is used up.
    public init(_ type: TensorType, _ shape: [Int], in memory: any TensorMemory, budget: MemoryBudget? = nil) throws(RPCStatus) {
        let count = try Self.byteCount(type: type, shape: shape)
        guard memory.bytes.count == count else {
            throw RPCStatus(.invalidArgument, "a tensor of \(type.name) \(shape) has \(count) bytes; \(memory.bytes.count) were given")
        }
        if let budget, !budget.take(count) { throw Self.tooMuch(count, budget) }
        raw = nil
        self.type = type
        self.shape = shape
        self.memory = memory
        self.budget = budget
        bytes = memory.bytes
    }

    /// A tensor that OpenVINO knows of, in the memory of `other`.
    init(_ library: OpenVINOLibrary, wrapping other: HostTensor) throws(RPCStatus) {
        let dims = other.shape.map(Int64.init)
        var made: OpaquePointer?
        var error = cov_error()
        guard cov_tensor_wrap(library.raw, other.type.openVINO, dims.count, dims, other.bytes.baseAddress, &made, &error) == 0 else {
            throw RPCStatus(.resourceExhausted, error.message)
        }
        raw = made
        type = other.type
        shape = other.shape
        memory = other
        budget = nil
        bytes = other.bytes
    }

    /// A tensor of zeros.
    /// - Throws: INVALID_ARGUMENT for an impossible shape, RESOURCE_EXHAUSTED when the budget is used up.
    static func make(
        _ library: OpenVINOLibrary, type: TensorType, shape: [Int], budget: MemoryBudget?, zeroed: Bool = true
    ) throws(RPCStatus) -> HostTensor {
        let count = try byteCount(type: type, shape: shape)
        if let budget, !budget.take(count) {
            throw tooMuch(count, budget)
        }
        let dims = shape.map(Int64.init)
        var raw: OpaquePointer?
        var error = cov_error()
        let failed = cov_tensor_make(library.raw, type.openVINO, dims.count, dims, &raw, &error)
        guard failed == 0, let raw, let data = cov_tensor_data(raw) else {
            budget?.give(count)
            throw RPCStatus(.resourceExhausted, error.message)
        }
        if zeroed { data.initializeMemory(as: UInt8.self, repeating: 0, count: count) }
        return HostTensor(raw: raw, type: type, shape: shape, bytes: UnsafeMutableRawBufferPointer(start: data, count: count), budget: budget)
    }

    /// Takes over a tensor that a request has made, with the shape it has now.
    /// - Throws: UNIMPLEMENTED for an element type or rank that the ABI does not have.
    init(takingOver raw: OpaquePointer, budget: MemoryBudget?) throws(RPCStatus) {
        var dims = [Int64](repeating: 0, count: Int(COV_RANK_MAX))
        let rank = cov_tensor_shape(raw, &dims)
        guard rank >= 0, let type = TensorType(openVINO: cov_tensor_element_type(raw)), let data = cov_tensor_data(raw) else {
            cov_tensor_free(raw)
            throw RPCStatus(.unimplemented, "an output has an element type or a rank that tensors do not have")
        }
        self.raw = raw
        self.type = type
        memory = nil
        self.budget = budget
        shape = dims.prefix(Int(rank)).map(Int.init)
        bytes = UnsafeMutableRawBufferPointer(start: data, count: cov_tensor_bytes(raw))
        budget?.charge(bytes.count)
    }

    private init(raw: OpaquePointer, type: TensorType, shape: [Int], bytes: UnsafeMutableRawBufferPointer, budget: MemoryBudget?) {
        self.raw = raw
        self.type = type
        self.shape = shape
        self.bytes = bytes
        self.budget = budget
        memory = nil
    }

    deinit {
        budget?.give(bytes.count)
        if let raw { cov_tensor_free(raw) }
    }

    /// A copy of an f32 tensor's elements; [] for other types.
    public func floats() -> [Float] {
        type == .f32 ? Array(bytes.bindMemory(to: Float.self)) : []
    }

    /// Bytes of one tensor, at most; an IR whose shape overflows this is nonsense.
    public static let bytesMax = 1 << 31

    private static func tooMuch(_ count: Int, _ budget: MemoryBudget) -> RPCStatus {
        RPCStatus(
            .resourceExhausted, "a tensor of \(count) bytes does not fit: \(budget.usedBytes) of the stream's \(budget.bytesMax) bytes are in use")
    }

    /// Bytes of a tensor of this type and shape.
    /// - Throws: INVALID_ARGUMENT for an impossible shape or one beyond `bytesMax`.
    public static func byteCount(type: TensorType, shape: [Int]) throws(RPCStatus) -> Int {
        guard shape.count <= Int(COV_RANK_MAX), shape.allSatisfy({ $0 >= 0 }) else {
            throw RPCStatus(.invalidArgument, "shape \(shape) is impossible: at most \(COV_RANK_MAX) dimensions, none negative")
        }
        var count = type.elementBytes
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow, product <= bytesMax else {
                throw RPCStatus(.invalidArgument, "shape \(shape) has more than \(bytesMax) bytes")
            }
            count = product
        }
        return count
    }
}

/// Memory that tensors may lie in. Its bytes stay where they are as long as it lives.
public protocol TensorMemory: AnyObject, Sendable {
    var bytes: UnsafeMutableRawBufferPointer { get }
}

extension HostTensor: TensorMemory {}
