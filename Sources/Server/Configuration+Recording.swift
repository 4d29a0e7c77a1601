import CheckedYAML
public import Recording

/// What a configuration says about recordings.
public struct RecordingChoice: Sendable, Equatable {
    /// Where they are written.
    public var folder: String
    /// The key store; "" = "keys" in the folder.
    public var keysFolder: String
    /// Every session, or only those whose client asks ("vitrine-record: on").
    public var recordsAll: Bool
    public var limits: RecordingLimits

    public init(folder: String, keysFolder: String = "", recordsAll: Bool = true, limits: RecordingLimits = RecordingLimits()) {
        self.folder = folder
        self.keysFolder = keysFolder
        self.recordsAll = recordsAll
        self.limits = limits
    }

    /// Files and keys.
    var files: RecordingFolder { RecordingFolder(folder, keys: keysFolder.isEmpty ? nil : keysFolder) }

    private enum Sessions: String, CaseIterable {
        case all, asked
    }

    static func read(
        _ value: YAMLValue, _ located: (YAMLValue, String) throws(YAMLError) -> String
    ) throws(YAMLError) -> RecordingChoice? {
        guard value.exists else { return nil }
        try value.fields("folder", "keys", "sessions", "queue_bytes_max", "file_bytes_max", "recordings_max", "flush_ms")
        var choice = RecordingChoice(folder: try located(value["folder"], ""), keysFolder: try located(value["keys"], ""))
        guard !choice.folder.isEmpty else { throw value.error("'folder' is needed: where recordings are written") }
        choice.recordsAll = try value["sessions"].choice(Sessions.self, or: .all) == .all
        let limits = RecordingLimits()
        choice.limits.queueBytesMax = try value["queue_bytes_max"].int(in: (64 << 10)...(1 << 30), or: limits.queueBytesMax)
        choice.limits.fileBytesMax = UInt64(try value["file_bytes_max"].int(in: (64 << 10)...(1 << 40), or: Int(limits.fileBytesMax)))
        choice.limits.recordingsMax = try value["recordings_max"].int(in: 1...100_000, or: limits.recordingsMax)
        choice.limits.flushMs = try value["flush_ms"].int(in: 1...1_000, or: limits.flushMs)
        return choice
    }
}
