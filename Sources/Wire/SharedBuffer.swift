/// Immutable bytes with a reference count: the one copy of a message that leaves the read buffer.
///
/// Sendable because the bytes are written once, in `init`, before anybody else can see them.
public final class SharedBuffer: @unchecked Sendable {
    public let bytes: UnsafeRawBufferPointer

    /// Copies `source`.
    public init(copying source: UnsafeRawBufferPointer) {
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 16)
        storage.copyMemory(from: source)
        bytes = UnsafeRawBufferPointer(storage)
    }

    /// `count` bytes that `fill` writes.
    public init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        fill(storage)
        bytes = UnsafeRawBufferPointer(storage)
    }

    public convenience init(_ array: [UInt8]) {
        self.init(count: array.count) { target in array.withUnsafeBytes { target.copyMemory(from: $0) } }
    }

    public var count: Int { bytes.count }

    deinit { bytes.deallocate() }
}
