import Glibc

// Unsafe: `base` points at `count` floats that this object owns: memory of its own, freed in deinit, or a mapping of a file, unmapped in deinit.
// Nothing writes to either after init, so it may be read from any thread.

/// Numbers of many rows, one row after another: in memory, or mapped from a file, whose pages the system may drop and fetch again.
public final class VectorRows: @unchecked Sendable {
    /// `count` floats.
    let base: UnsafePointer<Float>
    let count: Int
    private let mappedBytes: Int?

    init(_ values: [Float]) {
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(values.count, 1))
        memory.initialize(repeating: 0, count: max(values.count, 1))
        values.withUnsafeBufferPointer { if let from = $0.baseAddress { memory.update(from: from, count: values.count) } }
        base = UnsafePointer(memory)
        count = values.count
        mappedBytes = nil
    }

    /// Maps the first `count` floats of a file, in the byte order of this machine.
    /// - Throws: `.corrupted` when the file is shorter or not there, `.unavailable` when it cannot be opened or mapped.
    init(mapping path: String, count: Int) throws(StoreError) {
        let bytes = count * MemoryLayout<Float>.stride
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw StoreError(errno == ENOENT ? .corrupted : .unavailable, "\(path): cannot be opened (\(String(cString: strerror(errno))))")
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size >= bytes else {
            throw StoreError(.corrupted, "\(path): has \(status.st_size) bytes, \(bytes) are needed")
        }
        guard let memory = mmap(nil, max(bytes, 1), PROT_READ, MAP_SHARED, file, 0), memory != MAP_FAILED else {
            throw StoreError(.unavailable, "\(path): cannot be mapped (\(String(cString: strerror(errno))))")
        }
        base = UnsafePointer(memory.assumingMemoryBound(to: Float.self))
        self.count = count
        mappedBytes = max(bytes, 1)
    }

    deinit {
        if let mappedBytes {
            munmap(UnsafeMutableRawPointer(mutating: base), mappedBytes)
        } else {
            base.deallocate()
        }
    }

    /// The bytes of all rows, for checksums.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws(StoreError) -> Result) throws(StoreError) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Float>.stride))
    }
}
