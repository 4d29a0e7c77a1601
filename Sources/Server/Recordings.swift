import Catalog
import Glibc
import Logging
import Recording
import Sessions
import Telemetry
import Wire

/// Which sessions a server records, where, and who answered them. Any thread; a session's own part is `SessionTap`.
final class Recordings: Sendable {
    private let choice: RecordingChoice
    private let writer: RecordingWriter
    private let versions: @Sendable (Deployment) -> RecordedVersions

    /// - Parameter versions: what a deployment consists of; called on loops, so it must be quick.
    init(_ choice: RecordingChoice, registry: MetricsRegistry, log: Logger, versions: @escaping @Sendable (Deployment) -> RecordedVersions) {
        self.choice = choice
        self.versions = versions
        writer = RecordingWriter(
            folder: choice.files, limits: choice.limits,
            observer: RecordingMetrics(registry: registry, log: log))
    }

    /// Begins to record a session if that is wanted.
    ///
    /// Metadata "vitrine-record: off" refuses, "on" asks for it where only what is asked for is recorded.
    /// - Throws: INVALID_ARGUMENT for metadata that says something else.
    func tap(_ session: Session, seed: UInt64, asked: String?, deployment: Deployment) throws(RPCStatus) -> SessionTap? {
        switch asked {
        case "off": return nil
        case "on": break
        case nil: guard choice.recordsAll else { return nil }
        default: throw RPCStatus(.invalidArgument, "'vitrine-record' is on or off")
        }
        let consent = ConsentGiven(session.consent)
        let start = RecordingStart(
            sessionID: session.id, subject: Recordings.subject(session), seed: seed, consent: consent, versions: versions(deployment))
        return writer.begin(start).map { SessionTap(session, recorder: $0, consent: consent, deployment: deployment.number) }
    }

    /// Notes in a recording that something else answers now.
    func deployed(_ deployment: Deployment, to tap: SessionTap) { tap.deployed(deployment.number) { versions(deployment) } }

    /// Guests are many under one name: each of their sessions has a key of its own.
    private static func subject(_ session: Session) -> RecordingSubject {
        let user = session.principal.user
        return session.principal.isGuest ? .session(session.id) : .user(user, shop: session.principal.shop)
    }

    /// Writes what is left. Blocks.
    func close() { writer.close() }

    /// What of the processor's instructions decides the last bits of a result.
    static let instructionSet: String = {
        let decisive = ["sse4_2", "avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve", "bf16"]
        var machine = utsname()
        let name =
            uname(&machine) == 0
            ? withUnsafeBytes(of: &machine.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) } : "unknown"
        guard let file = fopen("/proc/cpuinfo", "r") else { return name }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 16_384)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix("flags") || text.hasPrefix("Features") else { continue }
            let words = Set(text.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init))
            return ([name] + decisive.filter(words.contains)).joined(separator: " ")
        }
        return name
    }()
}

/// What recordings cost and how they end.
private final class RecordingMetrics: RecordingObserver {
    private let registry: MetricsRegistry
    private let log: Logger
    private let open: Gauge
    private let records: Counter
    private let bytes: Counter

    init(registry: MetricsRegistry, log: Logger) {
        self.registry = registry
        self.log = log
        open = registry.gauge("vitrine_recordings", help: "Recordings that are being written.")
        records = registry.counter("vitrine_recorded_records_total", help: "Records written to recordings.")
        bytes = registry.counter("vitrine_recorded_bytes_total", help: "Bytes written to recordings.")
    }

    func recordingBegan(session: String) { open.add(1) }

    func recordingWrote(records count: Int, bytes size: Int) {
        records.add(UInt64(count))
        bytes.add(UInt64(size))
    }

    func recordingRefused(session: String, message: String) { lost(session, .failed, message) }

    func recordingEnded(session: String, reason: EndReason, message: String) {
        open.add(-1)
        if reason != .closed && reason != .serverStopped { lost(session, reason, message) }
    }

    private func lost(_ session: String, _ reason: EndReason, _ message: String) {
        let name = reason.name
        registry.counter(
            "vitrine_recordings_stopped_total", help: "Recordings that ended before their conversation, by reason.", labels: ["reason": name]
        ).add()
        log.error("a recording stopped; the conversation goes on", metadata: ["session": "\(session)", "reason": "\(name)", "message": "\(message)"])
    }
}
