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

/// A server of this process, reached without a socket. What it does depends on the seed and the seats alone, if the loop's clock is virtual.
public final class InProcessTarget: ConversationTarget {
    /// Gives a connected stream on `loop` to a server for the session of `seed`, or for the one that is to be resumed.
    public typealias Connector = (_ loop: EventLoop, _ seed: UInt64, _ resuming: String) throws(LoopError) -> ByteStream

    public let loop: EventLoop
    private let seed: UInt64
    private let connector: Connector
    /// Told of all bytes that come from the server, in the order in which they come, with the loop's time.
    public var onBytes: ((ConversationSeat, _ nowUs: UInt64, UnsafeRawBufferPointer) -> Void)?

    public init(loop: EventLoop, seed: UInt64, connector: @escaping Connector) {
        self.loop = loop
        self.seed = seed
        self.connector = connector
    }

    public func connect(_ seat: ConversationSeat, _ done: @escaping (Result<ClientConnection, RPCStatus>) -> Void) {
        let own = seat.seed(seed)
        let bound = LoopBound((target: self, done: done), loop: loop)
        // What follows is this conversation's: among simultaneous events it has the place of its seed.
        loop.begin(key: own) {
            let (target, done) = bound.value
            done(target.connected(seat, own))
        }
    }

    private func connected(_ seat: ConversationSeat, _ own: UInt64) -> Result<ClientConnection, RPCStatus> {
        do {
            let stream = try connector(loop, own, seat.resuming)
            let connection = ClientConnection(over: stream)
            if let receive = stream.onBytes {
                stream.onBytes = { [weak self] bytes in
                    if let self { onBytes?(seat, loop.nowUs, bytes) }
                    receive(bytes)
                }
            }
            return .success(connection)
        } catch {
            return .failure(RPCStatus(.unavailable, "cannot connect within the process: \(error)"))
        }
    }
}

extension ConversationSeat {
    /// What everything of this conversation begins with: of the run's seed, the script's name and the repetition, not of what else is played.
    func seed(_ run: UInt64) -> UInt64 {
        // FNV-1a, 64 bit.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        var random = SeededRandom(seed: run ^ hash &+ UInt64(repetition) &* 0x9E37_79B9_7F4A_7C15)
        return random.next()
    }
}
