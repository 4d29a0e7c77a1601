import FoundationEssentials
public import Wire

/// The time on a customer's own clock, with its distance from UTC: what "yesterday" counts from.
///
/// It is the client that says it, in the metadata `vitrine-time`. So the answers depend on no clock of the server's, a day begins where the customer
/// lives, and a replay has the time in its input.
public struct LocalTime: Sendable, Equatable {
    /// Seconds since 1970, UTC.
    public var unixSeconds: Int64
    /// East of Greenwich.
    public var offsetSeconds: Int

    public init(unixSeconds: Int64, offsetSeconds: Int) {
        self.unixSeconds = unixSeconds
        self.offsetSeconds = offsetSeconds
    }

    /// From "2026-09-21T14:05:00+02:00" (RFC 3339, whole seconds).
    /// - Throws: INVALID_ARGUMENT for anything else.
    public init(_ text: String) throws(RPCStatus) {
        guard let found = text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|([+-])(\d\d):(\d\d))/),
            let date = try? Date(text, strategy: .iso8601)
        else { throw LocalTime.malformed(text) }
        var offset = 0
        if let sign = found.1, let hours = found.2.flatMap({ Int($0) }), let minutes = found.3.flatMap({ Int($0) }) {
            guard hours <= LocalTime.offsetHoursMax, minutes < 60 else { throw LocalTime.malformed(text) }
            offset = (sign == "-" ? -1 : 1) * (hours * 3_600 + minutes * 60)
        }
        // The parser takes the 31st of September for the 1st of October.
        guard let zone = TimeZone(secondsFromGMT: offset), date.formatted(Date.ISO8601FormatStyle(timeZone: zone)).prefix(19) == text.prefix(19)
        else { throw LocalTime.malformed(text) }
        self.init(unixSeconds: Int64(date.timeIntervalSince1970), offsetSeconds: offset)
    }

    /// So much later, microseconds.
    func after(us: UInt64) -> LocalTime { LocalTime(unixSeconds: unixSeconds + Int64(us / 1_000_000), offsetSeconds: offsetSeconds) }

    /// No place is further from Greenwich.
    private static let offsetHoursMax = 14

    private static func malformed(_ text: String) -> RPCStatus {
        let given = text.prefix(40).filter { !$0.isNewline }
        return RPCStatus(.invalidArgument, "'vitrine-time' is the customer's time, like 2026-09-21T14:05:00+02:00, and not '\(given)'")
    }
}
