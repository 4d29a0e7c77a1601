import EventLoop
import Sessions
import Wire

/// The sessions of one loop, attached and waiting to be resumed.
final class SessionTable {
    private var sessions: [String: Session] = [:]
    private var expiry: [String: LoopTimer] = [:]
    /// Sessions in the order in which they lost their streams; those that were resumed or ended since are passed over. `lapse` tells a second loss
    /// of the same session from the first.
    private var lost: [(id: String, lapse: UInt64)] = []
    private var lapses: [String: UInt64] = [:]
    private var nextLapse: UInt64 = 0
    private let loop: EventLoop
    private let index: UInt64
    private let loops: UInt64
    private var random: SeededRandom

    init(loop: EventLoop, loops: Int, seed: UInt64) {
        self.loop = loop
        index = UInt64(loop.index)
        self.loops = UInt64(loops)
        random = SeededRandom(seed: seed &+ UInt64(loop.index) &* 0x9E37_79B9_7F4A_7C15)
    }

    var count: Int { sessions.count }

    /// Which loop owns a session: the hash of its id decides, wherever the connection arrives.
    static func owner(of id: String, loops: Int) -> Int { Int(key(of: id) % UInt64(loops)) }

    /// FNV-1a, 64 bit.
    static func key(of id: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash
    }

    /// A fresh id whose hash names this loop: 128 bits as hex.
    func newID() -> String { newID(from: &random) }

    /// An id and a seed for a new session: of this loop's chance, or of the seed that was given.
    func newSession(seed: UInt64?) -> (id: String, seed: UInt64) {
        guard let seed else { return (newID(), random.next()) }
        var chance = SeededRandom(seed: seed)
        return (newID(from: &chance), chance.next())
    }

    /// What the chances of a session begin with that had its id before.
    func newSeed() -> UInt64 { random.next() }

    private func newID(from chance: inout SeededRandom) -> String {
        while true {
            let id = SessionTable.id(from: &chance)
            if SessionTable.key(of: id) % loops == index, sessions[id] == nil { return id }
        }
    }

    private static func id(from chance: inout SeededRandom) -> String {
        [chance.next(), chance.next()].map { value in
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// The id that a session of this seed gets on the loop that owns it.
    static func id(from seed: UInt64) -> String {
        var chance = SeededRandom(seed: seed)
        return id(from: &chance)
    }

    func add(_ session: Session) { sessions[session.id] = session }

    func find(_ id: String) -> Session? { sessions[id] }

    /// The session's stream is gone; it may be resumed for a while.
    func await(_ session: Session, resumeWithinMs ms: Int) {
        let id = session.id
        expiry[id]?.cancel()
        nextLapse += 1
        lapses[id] = nextLapse
        lost.append((id, nextLapse))
        if lost.count > 2 * lapses.count + 64 { lost.removeAll { lapses[$0.id] != $0.lapse } }
        expiry[id] = loop.after(UInt64(ms) * 1_000) { [weak self] in
            guard let self, let session = self.sessions[id], !session.isAttached else { return }
            session.end(.ok)
        }
    }

    func resumed(_ session: Session) { stopWaiting(session) }

    func remove(_ session: Session) {
        stopWaiting(session)
        sessions.removeValue(forKey: session.id)
    }

    private func stopWaiting(_ session: Session) {
        expiry.removeValue(forKey: session.id)?.cancel()
        lapses[session.id] = nil
    }

    /// The session that has waited longest to be resumed.
    var longestLost: Session? {
        guard let place = lost.firstIndex(where: { lapses[$0.id] == $0.lapse }) else {
            lost = []
            return nil
        }
        lost.removeFirst(place)
        return sessions[lost[0].id]
    }

    /// Sessions in the order of their ids: for drains and reports.
    var all: [Session] { sessions.values.sorted { $0.id < $1.id } }
}
