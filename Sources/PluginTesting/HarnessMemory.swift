// Unsafe: vt_buffers and vt_tensors that the harness owns. Invariants: a buffer's header is the first part of a Layout whose `owner` is retained
// once for each reference the C side holds; a tensor's handle is a HarnessTensor retained likewise; both count themselves in `Alive`.

import CVitrinePlugin
import Synchronization

/// How many buffers and tensors a plugin still holds. Any thread.
final class Alive: Sendable {
    let buffers = Atomic<Int>(0)
    let tensors = Atomic<Int>(0)

    var total: Int { buffers.load(ordering: .acquiring) + tensors.load(ordering: .acquiring) }
}

/// Bytes in the clothes of a vt_buffer.
final class HarnessBuffer: @unchecked Sendable {
    private struct Layout {
        var buffer: vt_buffer
        var owner: Unmanaged<HarnessBuffer>?
    }

    private let alive: Alive
    private let layout: UnsafeMutablePointer<Layout>
    private let bytes: UnsafeMutableRawBufferPointer

    private init(_ source: UnsafeRawBufferPointer, _ alive: Alive) {
        self.alive = alive
        bytes = .allocate(byteCount: max(source.count, 1), alignment: 16)
        bytes.copyMemory(from: source)
        layout = .allocate(capacity: 1)
        var buffer = vt_buffer()
        buffer.struct_size = UInt32(MemoryLayout<vt_buffer>.size)
        buffer.data = source.isEmpty ? nil : UnsafePointer(bytes.bindMemory(to: UInt8.self).baseAddress)
        buffer.length = source.count
        buffer.retain = { _ = HarnessBuffer.owner($0)?.retain() }
        buffer.release = { HarnessBuffer.owner($0)?.release() }
        layout.initialize(to: Layout(buffer: buffer, owner: nil))
        layout.pointee.owner = Unmanaged.passUnretained(self)
        alive.buffers.add(1, ordering: .relaxed)
    }

    deinit {
        alive.buffers.subtract(1, ordering: .relaxed)
        layout.deallocate()
        bytes.deallocate()
    }

    /// A buffer with one reference, which is the caller's.
    static func make(_ source: UnsafeRawBufferPointer, _ alive: Alive) -> UnsafeMutablePointer<vt_buffer> {
        let made = HarnessBuffer(source, alive)
        _ = Unmanaged.passRetained(made)
        return UnsafeMutableRawPointer(made.layout).assumingMemoryBound(to: vt_buffer.self)
    }

    private static func owner(_ buffer: UnsafeMutablePointer<vt_buffer>?) -> Unmanaged<HarnessBuffer>? {
        guard let buffer else { return nil }
        return UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: Layout.self).pointee.owner
    }
}

/// What a model is given or gives: row-major elements of one type.
public final class HarnessTensor: @unchecked Sendable {
    // Invariant: the address never changes; who writes is the plugin's business, as with the host's own tensors.
    /// The ABI's number of the element type: 1 f32, 2 i64, 3 i32, 4 u8, 5 f16, 6 boolean.
    public let dtype: Int32
    public let shape: [Int]
    public let bytes: UnsafeMutableRawBufferPointer
    private let alive: Alive?

    /// Zeros. nil when type or shape is none.
    init?(dtype: Int32, shape: [Int], alive: Alive?) {
        let sizes: [Int32: Int] = [1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1]
        guard let size = sizes[dtype], shape.allSatisfy({ $0 >= 0 && $0 < 1 << 31 }) else { return nil }
        let count = shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard count >= 0, count <= Self.elementsMax else { return nil }
        self.dtype = dtype
        self.shape = shape
        self.alive = alive
        bytes = .allocate(byteCount: max(count * size, 1), alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        alive?.tensors.add(1, ordering: .relaxed)
    }

    /// Elements of one tensor, at most.
    public static let elementsMax = 64 << 20

    /// An f32 tensor, to answer an inference with. nil when shape and values do not fit.
    public convenience init?(_ shape: [Int], _ values: [Float]) {
        guard shape.reduce(1, *) == values.count else { return nil }
        self.init(dtype: 1, shape: shape, alive: nil)
        values.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }

    /// A tensor of any of the ABI's types with these bytes. nil when they do not fit.
    public convenience init?(dtype: Int32, shape: [Int], bytes source: UnsafeRawBufferPointer) {
        self.init(dtype: dtype, shape: shape, alive: nil)
        guard source.count <= bytes.count else { return nil }
        bytes.copyMemory(from: source)
    }

    deinit {
        alive?.tensors.subtract(1, ordering: .relaxed)
        bytes.deallocate()
    }

    /// The elements of an f32 tensor.
    public var floats: [Float] { dtype == 1 ? Array(bytes.bindMemory(to: Float.self).prefix(shape.reduce(1, *))) : [] }

    /// The same elements, counted as given to the plugin.
    func counted(_ alive: Alive) -> HarnessTensor? {
        guard let copy = HarnessTensor(dtype: dtype, shape: shape, alive: alive) else { return nil }
        copy.bytes.copyMemory(from: UnsafeRawBufferPointer(bytes))
        return copy
    }

    var abiShape: vt_shape {
        var result = vt_shape()
        result.rank = UInt32(shape.count)
        withUnsafeMutableBytes(of: &result.dims) { dims in
            let dims = dims.bindMemory(to: Int64.self)
            for (index, dimension) in shape.prefix(dims.count).enumerated() { dims[index] = Int64(dimension) }
        }
        return result
    }

    static func of(_ pointer: OpaquePointer) -> HarnessTensor {
        Unmanaged<HarnessTensor>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    func handOut() -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }
}
