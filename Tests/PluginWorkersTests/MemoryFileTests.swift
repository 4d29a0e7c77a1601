// Unsafe: one control message, laid out in an array that lives through the call.

import CMemoryFile
import Glibc
import Inference
import Testing
import Wire

@testable import PluginWorkers

@Suite("Tensors that come from another process")
struct MemoryFileTests {
    /// Sends `descriptors` in one message under a number.
    private func send(_ descriptors: [Int32], number: UInt32, over socket: Int32) -> Int {
        // A cmsghdr: its length, level and type; then the descriptors.
        var control = [UInt8]()
        let length = 16 + descriptors.count * 4
        withUnsafeBytes(of: UInt(length)) { control += $0 }
        withUnsafeBytes(of: SOL_SOCKET) { control += $0 }
        // SCM_RIGHTS.
        withUnsafeBytes(of: Int32(1)) { control += $0 }
        for descriptor in descriptors { withUnsafeBytes(of: descriptor) { control += $0 } }
        while control.count % 8 != 0 { control.append(0) }
        var number = number
        return withUnsafeMutableBytes(of: &number) { payload in
            var part = iovec(iov_base: payload.baseAddress, iov_len: payload.count)
            return control.withUnsafeMutableBytes { control in
                withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr(
                        msg_name: nil, msg_namelen: 0, msg_iov: part, msg_iovlen: 1, msg_control: control.baseAddress, msg_controllen: control.count,
                        msg_flags: 0)
                    return sendmsg(socket, &message, 0)
                }
            }
        }
    }

    @Test("more than one descriptor in a message is refused, and none of them stays open", arguments: [2, 3, 100])
    func several(count: Int) throws {
        var pair: [Int32] = [-1, -1]
        #expect(vmf_socket_pair(&pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        // Not for the processes that other tests start meanwhile: they would keep the pipe open.
        for end in ends { #expect(fcntl(end, F_SETFD, FD_CLOEXEC) == 0) }
        defer { close(ends[0]) }
        #expect(send([Int32](repeating: ends[1], count: count), number: 7, over: pair[0]) == 4)
        var number: UInt32 = 0
        #expect(vmf_receive(pair[1], &number) == -1 && errno == EPROTO)
        // The last copy of a pipe's writing end that is closed ends the pipe.
        close(ends[1])
        var polled = pollfd(fd: ends[0], events: 0, revents: 0)
        #expect(poll(&polled, 1, 5_000) == 1 && polled.revents & Int16(POLLHUP) != 0)
        // The next one is taken.
        let file = vmf_create(64)
        defer { close(file) }
        #expect(send([file], number: 8, over: pair[0]) == 4)
        let taken = vmf_receive(pair[1], &number)
        #expect(taken >= 0 && number == 8)
        close(taken)
    }

    @Test("a shape without its data is refused before memory is made for it")
    func emptyData() throws {
        let (ours, theirs) = try DescriptorSocket.pair()
        defer { close(theirs) }
        let coder = TensorCoder(descriptors: DescriptorSocket(ours), inlineBytesMax: 1_000)
        let message = WireTensor(name: "huge", dtype: "u8", shape: [1 << 28], data: [])
        #expect {
            try coder.decode(message, budget: nil) { (_, _) throws(RPCStatus) in
                Issue.record("a tensor was made")
                throw RPCStatus(.internalError, "made")
            }
        } throws: { error in
            (error as? RPCStatus)?.code == .invalidArgument
        }
    }
}
