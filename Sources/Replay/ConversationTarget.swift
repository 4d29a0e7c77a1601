public import Client
public import EventLoop
public import Wire

/// Which conversation a connection is for. Equal seats get equal seeds where the target chooses seeds.
public struct ConversationSeat: Sendable, Hashable {
    /// The script's name.
    public var name: String
    /// Which of several conversations by the same script, from 0.
    public var repetition: Int
    /// The session that is to be resumed; "" = a new one.
    public var resuming: String

    public init(name: String, repetition: Int = 0, resuming: String = "") {
        self.name = name
        self.repetition = repetition
        self.resuming = resuming
    }
}

/// Where runners hold their conversations: a server at an address, or one in this process.
///
/// A target says on which loop its runners live; whether that loop's clock is real or virtual is the target's business, and a runner takes all its
/// times from there.
public protocol ConversationTarget: AnyObject {
    var loop: EventLoop { get }

    /// Connects for one conversation. Call on the loop; `done` is called on it, once, later.
    func connect(_ seat: ConversationSeat, _ done: @escaping (Result<ClientConnection, RPCStatus>) -> Void)
}

/// A server that listens at an address.
public final class SocketTarget: ConversationTarget {
    public let loop: EventLoop
    private let address: SocketAddress

    public init(_ address: SocketAddress, loop: EventLoop) {
        self.address = address
        self.loop = loop
    }

    public func connect(_ seat: ConversationSeat, _ done: @escaping (Result<ClientConnection, RPCStatus>) -> Void) {
        ClientConnection.connect(address, loop: loop, done)
    }
}
