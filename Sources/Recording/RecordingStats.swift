import Wire

/// What a recording amounts to.
public struct RecordingStats: Sendable, Equatable {
    public struct Row: Sendable, Equatable {
        /// "in", "out", "outside", "read", "marker".
        public var direction: String
        public var kind: String
        public var records = 0
        /// In the file, with heads and seals.
        public var bytes: UInt64 = 0
        public var withheld = 0
    }

    public var sessionID: String
    public var durationUs: UInt64
    public var fileBytes: UInt64
    public var records: Int
    public var turns: Int
    /// From the first input of a turn to its end, microseconds, in order of the turns that ended.
    public var turnsTookUs: [UInt64]
    public var rows: [Row]
    /// "closed", "disk_full" …; "" when it was cut off.
    public var end: String
    public var damages: Int

    public init(_ recording: Recording) {
        sessionID = recording.header.sessionID
        durationUs = recording.durationUs
        fileBytes = recording.fileBytes
        records = recording.entries.count
        let spans = recording.turns
        turns = spans.count
        turnsTookUs = spans.compactMap(\.tookUs)
        end = recording.end?.reason.name ?? ""
        damages = recording.damages.count
        var rows: [Row] = []
        for entry in recording.entries {
            let (direction, kind, lacks) = RecordingStats.place(entry)
            let index = rows.firstIndex { $0.direction == direction && $0.kind == kind } ?? rows.count
            if index == rows.count { rows.append(Row(direction: direction, kind: kind)) }
            rows[index].records += 1
            rows[index].bytes += UInt64(entry.bytes)
            rows[index].withheld += lacks ? 1 : 0
        }
        self.rows = rows.sorted { ($0.direction, $0.kind) < ($1.direction, $1.kind) }
    }

    private static func place(_ entry: RecordedEntry) -> (String, String, Bool) {
        switch entry.what {
        case .frame(let direction, _, let withheld, _):
            let kind =
                switch entry.message {
                case .client(let message): message.kindName
                case .server(let message): message.kindName
                case .control(let kind): kind.name
                case .broken, nil: "unreadable"
                }
            return (direction == .in ? "in" : "out", kind, withheld != .nothing)
        case .sealed(let direction, _): return (direction == .in ? "in" : direction == .out ? "out" : "outside", "sealed", false)
        case .outside(let name, _, let withheld): return ("outside", name, withheld != .nothing)
        case .read(let read): return ("read", read.store, false)
        case .sealedRead: return ("read", "sealed", false)
        case .marker(let marker): return ("marker", "\(marker.kind)", false)
        }
    }
}
