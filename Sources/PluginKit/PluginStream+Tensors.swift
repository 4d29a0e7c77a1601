// Unsafe: copies arrays into the host's tensors. Invariant: the host reads `data` only during tensor_make, and exactly rank product × element size
// bytes of it, which is checked against the array here.

import CVitrinePlugin
import Wire

extension PluginStream {
    /// An f32 tensor with a copy of `values`, row-major.
    /// - Throws: INVALID_ARGUMENT when `shape` and `values` do not fit, RESOURCE_EXHAUSTED when the stream's memory
    ///   budget is used up, FAILED_PRECONDITION when the stream is closed.
    public func tensor(_ shape: [Int], _ values: [Float]) throws(PluginError) -> Tensor {
        try make(.f32, shape, copying: values)
    }

    /// An i64 tensor with a copy of `values`; errors as for floats.
    public func tensor(_ shape: [Int], _ values: [Int64]) throws(PluginError) -> Tensor {
        try make(.i64, shape, copying: values)
    }

    /// An i32 tensor with a copy of `values`; errors as for floats.
    public func tensor(_ shape: [Int], _ values: [Int32]) throws(PluginError) -> Tensor {
        try make(.i32, shape, copying: values)
    }

    /// A u8 tensor with a copy of `values`; errors as for floats.
    public func tensor(_ shape: [Int], _ values: [UInt8]) throws(PluginError) -> Tensor {
        try make(.u8, shape, copying: values)
    }

    /// A tensor of zeros; errors as for floats.
    public func zero(dtype: TensorType = .f32, shape: [Int]) throws(PluginError) -> Tensor {
        try make(dtype, shape, from: nil)
    }

    /// A tensor that `fill` writes (it is zero before).
    public func tensor(
        dtype: TensorType = .f32, shape: [Int], fill: (UnsafeMutableRawBufferPointer) -> Void
    ) throws(PluginError) -> Tensor {
        let tensor = try make(dtype, shape, from: nil)
        tensor.withUnsafeMutableBytes(fill)
        return tensor
    }

    private func make<Element: BitwiseCopyable>(
        _ dtype: TensorType, _ shape: [Int], copying values: [Element]
    ) throws(PluginError) -> Tensor {
        let expected = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard expected == values.count else {
            throw PluginError(.invalidArgument, "shape \(shape) has \(expected) elements, but \(values.count) were given")
        }
        // The pointer is used before the closure returns; `Result` carries the typed error through the rethrowing call.
        let made = values.withUnsafeBytes { bytes in
            Result { () throws(PluginError) -> Tensor in try make(dtype, shape, from: bytes.isEmpty ? nil : bytes.baseAddress) }
        }
        return try made.get()
    }

    private func make(_ dtype: TensorType, _ shape: [Int], from data: UnsafeRawPointer?) throws(PluginError) -> Tensor {
        let instance = try opened()
        guard shape.count <= Int(VT_RANK_MAX) else {
            throw PluginError(.invalidArgument, "a tensor has at most \(VT_RANK_MAX) dimensions, not \(shape.count)")
        }
        guard shape.allSatisfy({ $0 >= 0 }) else { throw PluginError(.invalidArgument, "shape \(shape) has a negative dimension") }
        var size = vt_shape()
        size.rank = UInt32(shape.count)
        withUnsafeMutableBytes(of: &size.dims) { dims in
            let dims = dims.bindMemory(to: Int64.self)
            for (index, dimension) in shape.enumerated() { dims[index] = Int64(dimension) }
        }
        let raw = instance.calls.table.pointee.tensor_make(instance.calls.instance, token, dtype.rawValue, &size, data)
        guard let raw, let tensor = Tensor(owning: raw, calls: instance.calls) else {
            throw PluginError(.resourceExhausted, "no tensor of shape \(shape) within the stream's memory budget")
        }
        return tensor
    }
}
