public import Wire

/// What bounds a recording.
public struct RecordingLimits: Sendable, Equatable {
    /// Bytes of one recording that wait for the writer. When the disk is too slow for more, the recording stops, the conversation does not.
    public var queueBytesMax = 8 << 20
    /// Size of one recording's file; beyond it the recording stops.
    public var fileBytesMax: UInt64 = 1 << 30
    /// Recordings being written at the same time; sessions beyond it are not recorded.
    public var recordingsMax = 1_000
    /// From a record to the disk, at most, while the disk keeps up. Records that come meanwhile are written together.
    public var flushMs = 10

    public init() {}
}

/// Told what the writer does, on its thread or the loop's: for metrics and logs.
public protocol RecordingObserver: Sendable {
    func recordingBegan(session: String)
    /// It could not even begin.
    func recordingRefused(session: String, message: String)
    func recordingWrote(records: Int, bytes: Int)
    /// It was closed. Anything but `.closed` and `.serverStopped` means that the conversation went on without it.
    func recordingEnded(session: String, reason: EndReason, message: String)
}

/// A file whose hash goes into a recording.
public struct RecordedFile: Sendable, Equatable, Hashable {
    public var name: String
    public var path: String

    public init(name: String, path: String) {
        self.name = name
        self.path = path
    }
}

/// What answers a conversation: goes into the header, and into a marker when it changes.
public final class RecordedVersions: Sendable {
    public let serverVersion: String
    public let openvinoVersion: String
    public let instructionSet: String
    public let precision: String
    public let models: [RecordedFile]
    public let plugins: [NamedHash]
    public let graph: RecordedFile?
    public let configuration: RecordedFile?
    public let catalogue: NamedHash?

    public init(
        serverVersion: String, openvinoVersion: String = "", instructionSet: String = "", precision: String = "", models: [RecordedFile] = [],
        plugins: [NamedHash] = [], graph: RecordedFile? = nil, configuration: RecordedFile? = nil, catalogue: NamedHash? = nil
    ) {
        self.serverVersion = serverVersion
        self.openvinoVersion = openvinoVersion
        self.instructionSet = instructionSet
        self.precision = precision
        self.models = models
        self.plugins = plugins
        self.graph = graph
        self.configuration = configuration
        self.catalogue = catalogue
    }
}

/// How a session's recording begins.
public struct RecordingStart: Sendable {
    public var sessionID: String
    public var subject: RecordingSubject
    public var seed: UInt64
    public var consent: ConsentGiven
    public var versions: RecordedVersions

    public init(sessionID: String, subject: RecordingSubject, seed: UInt64, consent: ConsentGiven, versions: RecordedVersions) {
        self.sessionID = sessionID
        self.subject = subject
        self.seed = seed
        self.consent = consent
        self.versions = versions
    }
}

extension EndReason {
    /// As metrics and people read it: "disk_full".
    public var name: String {
        switch self {
        case .unspecified: "unspecified"
        case .closed: "closed"
        case .serverStopped: "server_stopped"
        case .diskFull: "disk_full"
        case .diskSlow: "disk_slow"
        case .tooLarge: "too_large"
        case .failed: "failed"
        case .cut: "cut"
        }
    }
}
