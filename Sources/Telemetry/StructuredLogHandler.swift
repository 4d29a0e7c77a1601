import Glibc
public import Logging
import Privacy

/// A swift-log backend: one line per event, as logfmt or JSON, to standard error by default.
///
/// A line is handed over with one write, so that lines of several threads do not mix (on a pipe, up to 4096 bytes). Nothing is locked or buffered.
public struct StructuredLogHandler: LogHandler {
    /// The form of a line.
    public enum Format: String, Sendable, CaseIterable {
        /// `ts=… level=info logger=… msg="…" key=value`
        case logfmt
        /// `{"ts":"…","level":"info","logger":"…","msg":"…","key":"value"}`
        case json
    }

    /// Wall-clock time: seconds since 1970 and nanoseconds.
    public struct Time: Sendable {
        public var seconds: Int64
        public var nanoseconds: Int64

        public init(seconds: Int64, nanoseconds: Int64) {
            self.seconds = seconds
            self.nanoseconds = nanoseconds
        }

        /// CLOCK_REALTIME.
        public static func now() -> Time {
            var time = timespec()
            let status = clock_gettime(CLOCK_REALTIME, &time)
            precondition(status == 0, "CLOCK_REALTIME exists on every Linux")
            return Time(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
        }
    }

    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level
    private let label: String
    private let format: Format
    private let now: @Sendable () -> Time
    private let write: @Sendable ([UInt8]) -> Void
    private let redacts: Bool

    /// - Parameters:
    ///   - redacts: personal data is taken out of messages and values (`LogRedaction`).
    ///   - now: the time stamp of a line.
    ///   - write: takes a line with its line feed; any thread.
    public init(
        label: String, format: Format = .logfmt, level: Logger.Level = .info, redacts: Bool = true,
        now: @escaping @Sendable () -> Time = Time.now,
        write: @escaping @Sendable ([UInt8]) -> Void = StructuredLogHandler.writeToStandardError
    ) {
        self.label = label
        self.format = format
        logLevel = level
        self.now = now
        self.write = write
        self.redacts = redacts
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var merged = metadataProvider?.get() ?? [:]
        merged.merge(metadata) { _, own in own }
        if let given = event.metadata { merged.merge(given) { _, given in given } }
        if let error = event.error { merged["error"] = .string("\(error)") }
        var line = LogLine(format)
        line.add("ts", text: Self.timestamp(now()))
        line.add("level", text: event.level.rawValue)
        line.add("logger", text: label)
        line.add("msg", text: redacted(event.message.description))
        // Sorted, so that equal events give equal lines.
        for (key, value) in merged.sorted(by: { $0.key < $1.key }) { line.add(key, value: redacted(value)) }
        write(line.finished())
    }

    private func redacted(_ text: String) -> String {
        guard redacts else { return text }
        guard text.utf8.count > LogLine.valueBytesMax else { return LogRedaction.text(text) }
        // What is beyond is cut off in any case, and counted.
        let kept = String(text.prefix(LogLine.valueBytesMax))
        return LogRedaction.text(kept) + String(repeating: " ", count: text.utf8.count - kept.utf8.count)
    }

    private func redacted(_ value: Logger.MetadataValue, depth: Int = 0) -> Logger.MetadataValue {
        guard redacts else { return value }
        switch value {
        case .string(let text): return .string(redacted(text))
        case .stringConvertible(let convertible): return .string(redacted(convertible.description))
        // What is too deep is not written.
        case _ where depth >= LogLine.depthMax: return value
        case .array(let values): return .array(values.map { redacted($0, depth: depth + 1) })
        case .dictionary(let values): return .dictionary(values.mapValues { redacted($0, depth: depth + 1) })
        }
    }

    /// Writes to descriptor 2.
    public static func writeToStandardError(_ line: [UInt8]) {
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let written = Glibc.write(2, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written > 0 {
                    rest = rest.dropFirst(written)
                } else if errno != EINTR {
                    // Nobody is left to be told that standard error is gone or full.
                    return
                }
            }
        }
    }

    /// RFC 3339, UTC, milliseconds.
    static func timestamp(_ time: Time) -> String {
        var seconds = time_t(time.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let date = "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
        let clock = "\(padded(parts.tm_hour, 2)):\(padded(parts.tm_min, 2)):\(padded(parts.tm_sec, 2))"
        return "\(date)T\(clock).\(padded(Int32(time.nanoseconds / 1_000_000), 3))Z"
    }
}
