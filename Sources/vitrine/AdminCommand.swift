import ArgumentParser
import Client
import EventLoop
import Foundation
import Wire

/// How to reach a running server's admin socket.
struct AdminConnection: ParsableArguments, Sendable {
    @Option(name: [.customLong("server"), .customLong("admin-socket")], help: ArgumentHelp("The server's admin socket.", valueName: "path"))
    var adminSocket: String

    /// One request, one reply.
    func call<Reply>(
        _ method: MethodDescriptor, _ request: [UInt8], timeoutMs: Int = 30_000, _ decode: @escaping (UnsafeRawBufferPointer) throws -> Reply
    ) throws -> Reply {
        do {
            return try ask(method, request, timeoutMs: timeoutMs, decode)
        } catch {
            throw Environment.fail("\(error)")
        }
    }

    /// As `call`, for whoever wants to know what went wrong.
    func ask<Reply>(
        _ method: MethodDescriptor, _ request: [UInt8], timeoutMs: Int = 30_000, _ decode: @escaping (UnsafeRawBufferPointer) throws -> Reply
    ) throws -> Reply {
        let loop = try EventLoop(name: "admin")
        let call = UnaryCall<Reply>(loop: loop, timeoutMs: timeoutMs, decode: decode)
        run(loop, call) { [adminSocket] in $0.start(.unix(path: adminSocket), method, request) }
        switch call.result {
        case .success(let reply): return reply
        case .failure(let error): throw error
        case nil: throw RPCStatus(.unavailable, "the server gave no reply")
        }
    }
}

private final class UnaryCall<Reply> {
    private let loop: EventLoop
    private let timeoutMs: Int
    private let decode: (UnsafeRawBufferPointer) throws -> Reply
    private var connection: ClientConnection?
    private(set) var result: Result<Reply, any Error>?

    init(loop: EventLoop, timeoutMs: Int, decode: @escaping (UnsafeRawBufferPointer) throws -> Reply) {
        self.loop = loop
        self.timeoutMs = timeoutMs
        self.decode = decode
    }

    func start(_ address: SocketAddress, _ method: MethodDescriptor, _ request: [UInt8]) {
        ClientConnection.connect(address, loop: loop) { [self] connected in
            switch connected {
            case .failure(let status): end(status)
            case .success(let connection):
                self.connection = connection
                let stream = connection.open(
                    method, timeoutUs: UInt64(timeoutMs) * 1_000, onData: { [self] bytes in result = Result { try decode(bytes) } },
                    onEnd: { [self] in end($0) })
                do throws(RPCStatus) { try stream.send(request) } catch { return end(error) }
                stream.halfClose()
            }
        }
    }

    private func end(_ status: RPCStatus) {
        if status.code != .ok { result = .failure(status) }
        connection?.close()
        loop.stop()
    }
}

struct AdminCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin", abstract: "Ask a running server how it is, or let it drain.", subcommands: [Health.self, Drain.self])

    struct Health: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the server's state as JSON; exits with 1 when it is not ready.")
        @OptionGroup var admin: AdminConnection

        func run() throws {
            let health = try admin.call(.adminHealth, HealthRequest().encoded()) { try HealthReply(decoding: $0) }
            printLine(try health.encoded().withUnsafeBytes { try ProtoJSON.encode($0, as: .healthReply) })
            if !health.ready { throw ExitCode(1) }
        }
    }

    struct Drain: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take no new sessions, finish the open ones, then stop.")
        @OptionGroup var admin: AdminConnection

        func run() throws {
            let reply = try admin.call(.adminDrain, DrainRequest().encoded()) { try DrainReply(decoding: $0) }
            printLine("\(reply.sessionsLeft) sessions left")
        }
    }
}
