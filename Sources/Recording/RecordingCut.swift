public import Wire

extension Recording {
    /// The part from `fromUs` to `toUs` on the session's time line, both included. What opened the streams is kept, so that the rest still means
    /// something; where something is gone stands a marker.
    ///
    /// - Throws: FAILED_PRECONDITION when something in it is sealed: a cut is sealed anew, under its own file id.
    public func cut(fromUs: UInt64, toUs: UInt64) throws(RPCStatus) -> Recording {
        try requireOpen("cut")
        var part = self
        part.damages = []
        part.entries = []
        var lost = false
        var lostAtEnd = false
        for entry in entries {
            if entry.timeUs >= fromUs, entry.timeUs <= toUs {
                if lost { part.entries.append(RecordedEntry(timeUs: entry.timeUs, what: .marker(RecordingMarker(kind: .cut)))) }
                lost = false
                part.entries.append(entry)
            } else if entry.timeUs < fromUs, entry.isOpening {
                part.entries.append(entry)
            } else {
                lost = true
                lostAtEnd = entry.timeUs > toUs
            }
        }
        if lostAtEnd || end == nil { part.end = RecordingEnd(reason: .cut) }
        return part
    }

    /// The turns from `first` to `last` by their numbers, with everything that was said for them.
    ///
    /// - Throws: NOT_FOUND when there is no such turn.
    public func cut(turns range: ClosedRange<UInt64>) throws(RPCStatus) -> Recording {
        let spans = turns.filter { range.contains($0.id) }
        guard let from = spans.map(\.fromUs).min(), let to = spans.map(\.toUs).max() else {
            let all = turns.map(\.id)
            throw RPCStatus(
                .notFound, "there is no turn from \(range.lowerBound) to \(range.upperBound); there are \(all.isEmpty ? "none" : "\(all)")")
        }
        return try cut(fromUs: from, toUs: to)
    }

    /// Writes it into a new file, sealed with `key`, or in the clear when that is nil.
    public func write(_ path: String, key: RecordingKey?) throws(RPCStatus) {
        try requireOpen("written")
        var encoder = RecordingEncoder(header, key: key)
        var bytes: [UInt8] = []
        encoder.begin(into: &bytes)
        for entry in entries { encoder.entry(entry, into: &bytes) }
        encoder.end(timeUs: durationUs, end?.reason ?? .cut, end?.message ?? "", into: &bytes)
        try FileAccess.create(path, bytes, mode: 0o600)
    }

    func requireOpen(_ what: String) throws(RPCStatus) {
        if isSealed {
            throw RPCStatus(.failedPrecondition, "a recording whose key \(header.keyID) is not here cannot be \(what): say where the keys are")
        }
    }
}

extension RecordedEntry {
    /// What later records need to be understood: Open, SessionStarted, markers.
    fileprivate var isOpening: Bool {
        switch what {
        case .marker: return true
        case .frame:
            switch message {
            case .control(.open): return true
            case .server(let message): if case .session = message.kind { return true } else { return false }
            default: return false
            }
        default: return false
        }
    }
}
