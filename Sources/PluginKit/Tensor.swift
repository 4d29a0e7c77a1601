// Unsafe: the memory of the host's tensors. Invariant: a Tensor holds one reference to its vt_tensor from init to deinit; the pointer that
// tensor_data gives and the shape stay the same for that long; tensor_bytes is rank product × element size.

import CVitrinePlugin

/// Element types of tensors.
public enum TensorType: Int32, Sendable {
    case f32 = 1
    case i64 = 2
    case i32 = 3
    case u8 = 4
    case f16 = 5
    case boolean = 6

    /// Bytes of one element.
    public var elementBytes: Int {
        switch self {
        case .i64: 8
        case .f32, .i32: 4
        case .f16: 2
        case .u8, .boolean: 1
        }
    }
}

/// A tensor that the host owns, row-major, charged to its stream's memory budget until the last reference goes.
///
/// It may be read in a compute job. Writing is for whoever made it, before it is given to `infer`; the caller keeps
/// writers and readers apart.
public final class Tensor: @unchecked Sendable {
    let raw: OpaquePointer
    private let calls: HostCalls

    /// Sizes of the dimensions; [] is a scalar.
    public let shape: [Int]
    public let dtype: TensorType
    /// Number of elements.
    public let count: Int

    /// Takes over one reference. nil (and the reference is given back) when the element type is unknown here.
    init?(owning raw: OpaquePointer, calls: HostCalls) {
        let host = calls.table.pointee
        let size = host.tensor_shape(raw)
        guard let dtype = TensorType(rawValue: host.tensor_dtype(raw)), size.rank <= VT_RANK_MAX else {
            host.tensor_release(raw)
            return nil
        }
        self.raw = raw
        self.calls = calls
        self.dtype = dtype
        shape = Swift.withUnsafeBytes(of: size.dims) { dims in
            dims.bindMemory(to: Int64.self).prefix(Int(size.rank)).map(Int.init)
        }
        count = host.tensor_bytes(raw) / dtype.elementBytes
    }

    deinit { calls.table.pointee.tensor_release(raw) }

    /// The elements' bytes, valid until `body` returns.
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(mutableBytes))
    }

    /// As `withUnsafeBytes`, to write.
    public func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) throws -> R) rethrows -> R {
        try body(mutableBytes)
    }

    /// The elements in row-major order; converted into a temporary copy when the tensor is not f32.
    public func withFloats<R>(_ body: (UnsafeBufferPointer<Float>) throws -> R) rethrows -> R {
        if dtype == .f32 { return try body(UnsafeBufferPointer(mutableBytes.bindMemory(to: Float.self))) }
        return try converted { $0 }.withUnsafeBufferPointer(body)
    }

    /// The elements in row-major order; converted into a temporary copy when the tensor is not i64 (what fits no
    /// Int64 becomes 0).
    public func withInt64s<R>(_ body: (UnsafeBufferPointer<Int64>) throws -> R) rethrows -> R {
        switch dtype {
        case .i64: return try body(UnsafeBufferPointer(mutableBytes.bindMemory(to: Int64.self)))
        case .i32: return try mutableBytes.bindMemory(to: Int32.self).map(Int64.init).withUnsafeBufferPointer(body)
        default: return try converted { Int64(exactly: $0.rounded()) ?? 0 }.withUnsafeBufferPointer(body)
        }
    }

    /// To write an f32 tensor that this plugin made.
    public func withMutableFloats<R>(_ body: (UnsafeMutableBufferPointer<Float>) throws -> R) rethrows -> R {
        precondition(dtype == .f32, "withMutableFloats is for a tensor made as f32")
        return try body(mutableBytes.bindMemory(to: Float.self))
    }

    /// To write an i64 tensor that this plugin made.
    public func withMutableInt64s<R>(_ body: (UnsafeMutableBufferPointer<Int64>) throws -> R) rethrows -> R {
        precondition(dtype == .i64, "withMutableInt64s is for a tensor made as i64")
        return try body(mutableBytes.bindMemory(to: Int64.self))
    }

    /// A copy of all elements.
    public func floats() -> [Float] { withFloats { Array($0) } }

    /// A copy of all elements.
    public func int64s() -> [Int64] { withInt64s { Array($0) } }

    private var mutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: calls.table.pointee.tensor_data(raw), count: calls.table.pointee.tensor_bytes(raw))
    }

    private func converted<Element>(_ convert: (Float) -> Element) -> [Element] {
        let bytes = mutableBytes
        switch dtype {
        case .f32: return bytes.bindMemory(to: Float.self).map(convert)
        case .i64: return bytes.bindMemory(to: Int64.self).map { convert(Float($0)) }
        case .i32: return bytes.bindMemory(to: Int32.self).map { convert(Float($0)) }
        case .u8, .boolean: return bytes.bindMemory(to: UInt8.self).map { convert(Float($0)) }
        case .f16: return bytes.bindMemory(to: UInt16.self).map { convert(Tensor.float(half: $0)) }
        }
    }

    /// IEEE 754 binary16 → binary32; Swift has Float16 not on every platform.
    private static func float(half bits: UInt16) -> Float {
        let sign: Float = bits & 0x8000 == 0 ? 1 : -1
        let exponent = Int(bits >> 10 & 0x1f)
        let fraction = Float(bits & 0x3ff) / 1024
        switch exponent {
        case 0: return sign * Float(sign: .plus, exponent: -14, significand: fraction)
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction)
        }
    }
}
