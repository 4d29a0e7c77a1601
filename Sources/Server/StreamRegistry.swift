import Wire

/// The streams of one connection as a value: which ids are open, and what late frames mean.
///
/// Ids only grow and are never used again. A frame for a stream that has ended is late, not wrong; a frame for one that was never
/// opened breaks the protocol.
struct StreamRegistry<Handler> {
    private struct Entry {
        var id: UInt64
        var handler: Handler
        var remoteClosed: Bool
    }

    let streamsMax: Int
    private(set) var lastOpened: UInt64 = 0
    private(set) var isGoingAway = false
    private var entries: [Entry] = []

    init(streamsMax: Int) { self.streamsMax = streamsMax }

    var count: Int { entries.count }
    var handlers: [(id: UInt64, handler: Handler)] { entries.map { ($0.id, $0.handler) } }

    enum Opening: Equatable {
        case accepted
        /// The stream ends at once with this status; the connection goes on.
        case refused(RPCStatus)
        /// The peer does not keep to the protocol: the connection ends.
        case broken(RPCStatus)
    }

    /// What to do with an Open for `id`. When it is accepted the caller registers a handler next.
    mutating func opening(_ id: UInt64) -> Opening {
        guard id > lastOpened else {
            return .broken(RPCStatus(.invalidArgument, "stream \(id) was opened after stream \(lastOpened); ids grow, from 1, and are used once"))
        }
        lastOpened = id
        if isGoingAway { return .refused(RPCStatus(.unavailable, "the server is going away; open the stream elsewhere")) }
        if entries.count >= streamsMax {
            return .refused(RPCStatus(.resourceExhausted, "\(entries.count) streams are open on this connection; at most \(streamsMax) may be"))
        }
        return .accepted
    }

    mutating func register(_ id: UInt64, _ handler: Handler) {
        precondition(id == lastOpened, "a stream is registered right after it was accepted")
        entries.append(Entry(id: id, handler: handler, remoteClosed: false))
    }

    enum Delivery {
        case to(Handler)
        /// The stream has ended; the peer did not know yet.
        case late
        case broken(RPCStatus)
    }

    /// Where a Data, HalfClose, Cancel or Credit frame goes.
    func delivery(_ id: UInt64, isData: Bool) -> Delivery {
        // Nearly every connection has one stream: a scan beats a hash table here.
        for entry in entries where entry.id == id {
            if isData, entry.remoteClosed { return .broken(RPCStatus(.invalidArgument, "data on stream \(id) after its half-close")) }
            return .to(entry.handler)
        }
        if id == 0 || id > lastOpened { return .broken(RPCStatus(.invalidArgument, "stream \(id) was never opened")) }
        return .late
    }

    mutating func halfClosed(_ id: UInt64) {
        if let index = entries.firstIndex(where: { $0.id == id }) { entries[index].remoteClosed = true }
    }

    mutating func remove(_ id: UInt64) -> Handler? {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return nil }
        return entries.remove(at: index).handler
    }

    mutating func goAway() { isGoingAway = true }
}
