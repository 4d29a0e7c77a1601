public import Logging
import Telemetry

extension ServerConfiguration {
    /// A logger with the file's level and format, to standard error.
    public func logger(_ label: String) -> Logger {
        let level: Logger.Level =
            switch logLevel {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        let format: StructuredLogHandler.Format = logFormat == .json ? .json : .logfmt
        return Logger(label: label) { [redactsLog] in StructuredLogHandler(label: $0, format: format, level: level, redacts: redactsLog) }
    }
}
