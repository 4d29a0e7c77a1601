/// Names one turn's way through the server: 128 bits, written as 32 hexadecimal digits, as in W3C Trace Context.
public struct TraceID: Sendable, Hashable, CustomStringConvertible {
    public let high: UInt64
    public let low: UInt64

    /// Takes its bits from the caller's seeded generator. All zero would mean "no trace" and becomes 1.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = high | low == 0 ? 1 : low
    }

    /// Reads 32 hexadecimal digits of either case, not all of them 0.
    public init?(_ text: String) {
        guard text.utf8.count == 32, text.utf8.allSatisfy(Self.isHexDigit) else { return nil }
        guard let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16), high | low != 0 else { return nil }
        self.high = high
        self.low = low
    }

    /// 32 lower-case hexadecimal digits.
    public var description: String { Self.hex(high) + Self.hex(low) }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }
}

/// One stretch of a turn's time: which node had it, from when, how long.
public struct Span: Sendable, Equatable {
    /// A node's name in the fusion graph, or a stage of the server.
    public var node: String
    /// On the loop's clock, microseconds.
    public var startUs: UInt64
    public var durationUs: UInt64

    public init(node: String, startUs: UInt64, durationUs: UInt64) {
        self.node = node
        self.startUs = startUs
        self.durationUs = durationUs
    }
}

/// The spans of one turn, in the order in which they were recorded, up to a limit.
public struct SpanRecorder: Sendable, Equatable {
    public let traceID: TraceID
    /// Spans kept at most; the first ones are kept.
    public let spansMax: Int
    public private(set) var spans: [Span] = []
    /// Spans that were recorded beyond the limit.
    public private(set) var droppedSpans = 0

    public init(traceID: TraceID, spansMax: Int = 64) {
        precondition(spansMax >= 0, "a limit is not negative")
        self.traceID = traceID
        self.spansMax = spansMax
    }

    public mutating func record(node: String, startUs: UInt64, durationUs: UInt64) {
        guard spans.count < spansMax else {
            droppedSpans += 1
            return
        }
        spans.append(Span(node: node, startUs: startUs, durationUs: durationUs))
    }
}
