import Catalog
import EventLoop
import Wire

/// The server's side of one open stream. Called on the connection's loop.
protocol StreamHandler: AnyObject {
    /// One serialized request message, borrowed until return. Throwing ends the stream with that status.
    func data(_ payload: UnsafeRawBufferPointer) throws(RPCStatus)
    func halfClose()
    /// The peer wants nothing more, or the connection is gone. No call follows; nothing can be sent any more.
    func cancel()
}

/// What a handler is given when its stream opens.
struct MethodContext {
    let call: StreamCall
    let principal: Principal
    let metadata: [MetadataEntry]

    func metadata(_ key: String) -> String? {
        metadata.first { $0.key == key }.map { String(decoding: $0.value, as: UTF8.self) }
    }
}

/// One method of the table: the same table serves every transport.
struct Method {
    let descriptor: MethodDescriptor
    let open: (MethodContext) throws(RPCStatus) -> any StreamHandler
}

/// A method with one request and one reply, answered on the loop at once.
final class UnaryHandler: StreamHandler {
    private let call: StreamCall
    private let answer: (UnsafeRawBufferPointer) throws(RPCStatus) -> [UInt8]
    private var reply: [UInt8]?

    init(call: StreamCall, answer: @escaping (UnsafeRawBufferPointer) throws(RPCStatus) -> [UInt8]) {
        self.call = call
        self.answer = answer
    }

    func data(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) {
        guard reply == nil else { throw RPCStatus(.invalidArgument, "a second request on a method that takes one") }
        reply = try answer(payload)
    }

    func halfClose() {
        guard let reply else { return call.close(RPCStatus(.invalidArgument, "the method needs one request; none was sent")) }
        call.send(reply)
        call.close(.ok)
    }

    func cancel() {}
}

/// A method with one request and one reply that comes later, from any thread.
final class DeferredHandler: StreamHandler {
    typealias Done = @Sendable (Result<[UInt8], RPCStatus>) -> Void

    private let call: StreamCall
    private let loop: EventLoop
    private let ask: (UnsafeRawBufferPointer, @escaping Done) throws(RPCStatus) -> Void
    private var isAsked = false
    private var isOver = false

    init(call: StreamCall, loop: EventLoop, ask: @escaping (UnsafeRawBufferPointer, @escaping Done) throws(RPCStatus) -> Void) {
        self.call = call
        self.loop = loop
        self.ask = ask
    }

    func data(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) {
        guard !isAsked else { throw RPCStatus(.invalidArgument, "a second request on a method that takes one") }
        isAsked = true
        let bound = LoopBound(self, loop: loop)
        try ask(payload) { result in
            bound.loop.submit { bound.value.answer(result) }
        }
    }

    private func answer(_ result: Result<[UInt8], RPCStatus>) {
        guard !isOver else { return }
        isOver = true
        switch result {
        case .success(let reply):
            call.send(reply)
            call.close(.ok)
        case .failure(let status): call.close(status)
        }
    }

    func halfClose() {
        if !isAsked { call.close(RPCStatus(.invalidArgument, "the method needs one request; none was sent")) }
    }

    func cancel() { isOver = true }
}
