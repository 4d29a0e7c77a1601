// Unsafe: mappings and descriptors. Invariants: a MemoryFile's bytes are mapped from init to deinit; the file behind them is sealed against shrinking
// before anything else reads them, so that no access can fault, whatever the other process does.

import CMemoryFile
import Glibc
import Inference
import Wire

/// A piece of memory that two processes can see. Its bytes may be changed by the other process while it lives: what was checked must be copied first.
final class MemoryFile: TensorMemory, @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    /// Maps what another process has sent; takes the descriptor.
    /// - Throws: INVALID_ARGUMENT when it is not sealed or its size is another one, RESOURCE_EXHAUSTED when it cannot be mapped.
    init(descriptor: Int32, count: Int) throws(RPCStatus) {
        defer { close(descriptor) }
        let size = vmf_sealed_size(descriptor)
        guard size >= 0 else { throw RPCStatus(.invalidArgument, "a descriptor that was sent is no memory file sealed with F_SEAL_SHRINK") }
        guard size == Int64(count) else {
            throw RPCStatus(.invalidArgument, "a memory file has \(size) bytes where the tensor's shape needs \(count)")
        }
        bytes = try Self.map(descriptor, count, shared: false)
    }

    private init(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes = bytes }

    /// A copy of `source` in a file that can be sent. The caller closes the descriptor.
    static func descriptor(holding source: UnsafeRawBufferPointer) throws(RPCStatus) -> Int32 {
        let descriptor = vmf_create(source.count)
        guard descriptor >= 0 else { throw failure("a memory file of \(source.count) bytes cannot be made") }
        do throws(RPCStatus) {
            let file = MemoryFile(try map(descriptor, source.count, shared: true))
            file.bytes.copyMemory(from: source)
            guard vmf_seal(descriptor) == 0 else { throw failure("a memory file cannot be sealed") }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { munmap(bytes.baseAddress, bytes.count) }

    /// A private mapping sees the file, and keeps what is written to itself.
    private static func map(_ descriptor: Int32, _ count: Int, shared: Bool) throws(RPCStatus) -> UnsafeMutableRawBufferPointer {
        guard count > 0, let address = mmap(nil, count, PROT_READ | PROT_WRITE, shared ? MAP_SHARED : MAP_PRIVATE, descriptor, 0),
            address != MAP_FAILED
        else { throw failure("a memory file of \(count) bytes cannot be mapped") }
        return UnsafeMutableRawBufferPointer(start: address, count: count)
    }

    private static func failure(_ what: String) -> RPCStatus {
        RPCStatus(.resourceExhausted, "\(what): \(String(cString: strerror(errno)))")
    }
}

/// One end of the socket that carries descriptors beside the frames. Confined to a loop.
///
/// A descriptor is sent before the frame that names its number, so that it is there when the frame is read.
final class DescriptorSocket {
    private let socket: Int32
    private var sent: UInt32 = 0
    /// Came before the frame that names them.
    private var waiting: [(number: UInt32, descriptor: Int32)] = []

    /// Descriptors that may have come and not been named.
    static let waitingItemsMax = 64

    /// Takes the descriptor of the socket.
    init(_ socket: Int32) { self.socket = socket }

    /// Two ends.
    static func pair() throws(RPCStatus) -> (Int32, Int32) {
        var pair: [Int32] = [-1, -1]
        guard vmf_socket_pair(&pair) == 0 else {
            throw RPCStatus(.resourceExhausted, "cannot make a pair of sockets: \(String(cString: strerror(errno)))")
        }
        return (pair[0], pair[1])
    }

    deinit {
        for item in waiting { close(item.descriptor) }
        close(socket)
    }

    /// Sends a copy of `bytes`.
    /// - Returns: what to call it in the frame; nil when the other end does not read what was sent.
    func send(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) -> UInt32? {
        let descriptor = try MemoryFile.descriptor(holding: bytes)
        defer { close(descriptor) }
        guard vmf_send(socket, sent + 1, descriptor) == 0 else { return nil }
        sent += 1
        return sent
    }

    /// The memory file with this number, mapped.
    /// - Throws: INVALID_ARGUMENT when there is none, or it is not what a tensor of `count` bytes needs.
    func take(_ number: UInt32, count: Int) throws(RPCStatus) -> MemoryFile {
        while !waiting.contains(where: { $0.number == number }) {
            guard waiting.count < Self.waitingItemsMax else {
                throw RPCStatus(.invalidArgument, "\(waiting.count) memory files were sent that no message has named")
            }
            var came: UInt32 = 0
            let descriptor = vmf_receive(socket, &came)
            guard descriptor >= 0 else { throw RPCStatus(.invalidArgument, "no memory file \(number) was sent") }
            waiting.append((came, descriptor))
        }
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { throw RPCStatus(.internalError, "a memory file was lost") }
        return try MemoryFile(descriptor: waiting.remove(at: index).descriptor, count: count)
    }
}
