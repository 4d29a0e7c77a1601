// Unsafe: vt_buffers that the host owns. Invariant: `header` is the first part of a Layout whose `owner` is the HostBuffer; every reference that
// the C side holds is one retain of the HostBuffer, so header and bytes live as long as any of them.

import CVitrinePlugin
import Wire

/// A SharedBuffer in the clothes of a vt_buffer.
final class HostBuffer: @unchecked Sendable {
    private struct Layout {
        var buffer: vt_buffer
        var owner: Unmanaged<HostBuffer>?
    }

    private let shared: SharedBuffer
    private let layout: UnsafeMutablePointer<Layout>

    init(_ shared: SharedBuffer) {
        self.shared = shared
        layout = .allocate(capacity: 1)
        var buffer = vt_buffer()
        buffer.struct_size = UInt32(MemoryLayout<vt_buffer>.size)
        buffer.data = shared.bytes.bindMemory(to: UInt8.self).baseAddress
        buffer.length = shared.count
        buffer.retain = { _ = HostBuffer.owner($0)?.retain() }
        buffer.release = { HostBuffer.owner($0)?.release() }
        layout.initialize(to: Layout(buffer: buffer, owner: nil))
        layout.pointee.owner = Unmanaged.passUnretained(self)
    }

    deinit { layout.deallocate() }

    /// Valid as long as a reference is held.
    var header: UnsafeMutablePointer<vt_buffer> { UnsafeMutableRawPointer(layout).assumingMemoryBound(to: vt_buffer.self) }

    /// One reference for the C side.
    func handOut() -> UnsafeMutablePointer<vt_buffer> {
        _ = Unmanaged.passRetained(self)
        return header
    }

    private static func owner(_ buffer: UnsafeMutablePointer<vt_buffer>?) -> Unmanaged<HostBuffer>? {
        guard let buffer else { return nil }
        return UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: Layout.self).pointee.owner
    }
}
