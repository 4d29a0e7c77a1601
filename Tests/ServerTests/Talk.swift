import Client
import EventLoop
import Foundation
import Testing
import Wire

/// A conversation held with the Client module on a loop of its own; what comes back is kept for the test's thread.
final class Talk: @unchecked Sendable {
    struct Seen {
        var messages: [ServerMessage] = []
        var status: RPCStatus?
        var closed: RPCStatus?
        var failure: RPCStatus?
        var isConnected = false
        var isGoingAway = false
    }
    // Invariant: `seen` is touched under `condition`; connection and conversation on the loop.
    private let loop: EventLoop
    private let condition = NSCondition()
    private var seen = Seen()
    private var connection: ClientConnection?
    private var conversation: Conversation?

    init(_ address: SocketAddress, token: String = "", resuming: (sessionID: String, after: UInt64)? = nil) throws {
        loop = try EventLoop(name: "talk")
        loop.start()
        loop.submit { [self] in
            ClientConnection.connect(address, loop: loop) { [self] result in
                switch result {
                case .failure(let status): note { $0.failure = status }
                case .success(let made):
                    connection = made
                    made.onClose = { [self] reason in note { $0.closed = reason } }
                    conversation = Conversation(
                        on: made, token: token, resuming: resuming, onMessage: { [self] message in note { $0.messages.append(message) } },
                        onEnd: { [self] status in note { $0.status = status } })
                    note { $0.isConnected = true }
                }
            }
        }
        _ = try wait { $0.isConnected || $0.failure != nil }
    }

    private func note(_ change: (inout Seen) -> Void) {
        condition.lock()
        change(&seen)
        condition.broadcast()
        condition.unlock()
    }

    /// Waits at most 10 s.
    @discardableResult
    func wait(_ wanted: (Seen) -> Bool) throws -> Seen {
        condition.lock()
        defer { condition.unlock() }
        let limit = Date(timeIntervalSinceNow: 10)
        while !wanted(seen) {
            guard condition.wait(until: limit) else { throw TimedOut(description: "it did not come within 10 s; this came: \(seen)") }
        }
        return seen
    }

    /// Does something with the conversation on its loop.
    func act(_ body: @escaping @Sendable (Conversation) throws(RPCStatus) -> Void) {
        loop.submit { [self] in
            guard let conversation else { return }
            do { try body(conversation) } catch { Issue.record(error) }
        }
    }

    /// The first message's session id.
    func sessionID() throws -> String { try wait { !$0.messages.isEmpty }.messages[0].started?.sessionID ?? "" }

    /// What a lost network looks like.
    func abort() throws {
        loop.submit { [self] in connection?.abort() }
        try wait { $0.closed != nil }
    }

    var isGoingAway: Bool {
        get throws {
            loop.submit { [self] in
                let going = connection?.isGoingAway ?? false
                note { $0.isGoingAway = going }
            }
            return try wait { $0.isGoingAway }.isGoingAway
        }
    }

    func end() {
        loop.submit { [self] in
            connection?.close()
            connection = nil
            conversation = nil
        }
        loop.stop()
        loop.join()
    }
}
