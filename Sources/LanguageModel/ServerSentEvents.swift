/// The data of server-sent events (WHATWG HTML, section 9.2), as bytes come: a value, bytes in, events out.
struct ServerSentEvents: Sendable, Equatable {
    /// Of one event.
    static let eventBytesMax = 64 << 10

    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var endedWithReturn = false
    /// An event was longer than is read; nothing more comes.
    private(set) var isTooLong = false

    init() {}

    /// The data of the events that these bytes complete.
    mutating func add(_ bytes: some Sequence<UInt8>) -> [[UInt8]] {
        var events: [[UInt8]] = []
        for byte in bytes where !isTooLong {
            switch byte {
            case UInt8(ascii: "\n") where endedWithReturn: endedWithReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                endedWithReturn = byte == UInt8(ascii: "\r")
                if let event = endLine() { events.append(event) }
            default:
                endedWithReturn = false
                line.append(byte)
                if line.count + data.count > Self.eventBytesMax { isTooLong = true }
            }
        }
        return events
    }

    private mutating func endLine() -> [UInt8]? {
        defer { line = [] }
        if line.isEmpty {
            defer { data = [] }
            return data.isEmpty ? nil : Array(data.dropLast())
        }
        // Comments, names, ids and retry times are of no use here.
        let field = line.prefix { $0 != UInt8(ascii: ":") }
        guard field.elementsEqual("data".utf8) else { return nil }
        var value = line.dropFirst(field.count + 1)
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        data += value + [UInt8(ascii: "\n")]
        return nil
    }
}
