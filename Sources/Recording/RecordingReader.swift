public import Wire

/// Reads records from the bytes of a file. Pure; whatever the bytes are, it ends, and stays within them.
public struct RecordingReader {
    public enum Found: Sendable {
        /// A whole record, where it begins, and how long it is with its head.
        case record(offset: UInt64, bytes: Int, RecordingRecord)
        /// Something wrong. Reading goes on after it where that is possible.
        case damage(RecordingDamage)
    }

    private let bytes: [UInt8]
    private var position = 0
    private var isDone = false
    private var records: UInt64 = 0
    private var hasHeader = false
    private var hasEnd = false
    /// Damage to be told after what was found.
    private var pending: [Found] = []

    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next record or damage; nil when all is read.
    public mutating func next() -> Found? {
        if !pending.isEmpty { return pending.removeFirst() }
        if isDone { return nil }
        if position == 0, let damage = begin() { return damage }
        while true {
            guard position < bytes.count else { return finish() }
            let rest = bytes.count - position
            guard rest >= RecordFormat.headBytes else { return stop(.torn(bytes: rest)) }
            guard let head = bytes.withUnsafeBytes({ RecordFormat.head($0, at: position) }) else { return resynchronise() }
            guard head.length <= RecordFormat.bodyBytesMax else { return stop(.length(head.length)) }
            guard head.length <= rest - RecordFormat.headBytes else { return stop(.torn(bytes: rest)) }
            return body(head)
        }
    }

    private mutating func begin() -> Found? {
        let shared = min(bytes.count, RecordFormat.magic.count)
        if let wrong = (0..<shared).first(where: { bytes[$0] != RecordFormat.magic[$0] }) {
            // One damaged byte is no reason to lose the rest.
            position = RecordFormat.magic.count
            if !isHead(position) { isDone = true }
            return .damage(RecordingDamage(offset: UInt64(wrong), what: .notARecording))
        }
        position = shared
        guard shared == RecordFormat.magic.count else { return stop(.torn(bytes: shared), at: 0) }
        return nil
    }

    private mutating func body(_ head: RecordFormat.Head) -> Found {
        let offset = UInt64(position)
        let range = (position + RecordFormat.headBytes)..<(position + RecordFormat.headBytes + head.length)
        position = range.upperBound
        let result = bytes.withUnsafeBytes { bytes -> Result<RecordingRecord, RecordingDamage> in
            let body = UnsafeRawBufferPointer(rebasing: bytes[range])
            guard Checksum.crc32(body) == head.body else { return .failure(RecordingDamage(offset: offset, what: .body(length: head.length))) }
            do throws(RPCStatus) {
                return .success(try RecordingRecord(decoding: body))
            } catch {
                return .failure(RecordingDamage(offset: offset, what: .contents(error.message)))
            }
        }
        records += 1
        switch result {
        case .failure(let damage): return .damage(damage)
        case .success(let record):
            if let problem = order(record) { return .damage(RecordingDamage(offset: offset, what: problem)) }
            return .record(offset: offset, bytes: RecordFormat.headBytes + head.length, record)
        }
    }

    /// Header first and once, end last and with the right count.
    private mutating func order(_ record: RecordingRecord) -> RecordingDamage.What? {
        if hasEnd { return .order("a record after the closing one") }
        switch record.kind {
        case nil: return .contents("it is of no kind this version knows")
        case .header(let header):
            guard !hasHeader else { return .order("a second header") }
            hasHeader = true
            guard header.version == RecordFormat.version else { return .contents("format \(header.version); this version reads 1") }
            guard header.keyID.isEmpty || header.fileID.count == Seal.fileIDBytes else { return .contents("a sealed file needs an id of 16 bytes") }
        case .end(let end):
            hasEnd = true
            if end.records != records - 1 { return .order("the closing record counts \(end.records) records before it; there are \(records - 1)") }
            if !hasHeader { return .order("the closing record comes before a header") }
        case .frame, .read, .marker:
            if !hasHeader { return .order("a record before the header") }
        }
        return nil
    }

    private func isHead(_ position: Int) -> Bool {
        guard bytes.count - position >= RecordFormat.headBytes else { return false }
        return bytes.withUnsafeBytes { RecordFormat.head($0, at: position) != nil }
    }

    /// Looks for the next whole record behind a damaged head.
    private mutating func resynchronise() -> Found {
        let from = position
        records += 1
        var candidate = from + 1
        while candidate + RecordFormat.headBytes <= bytes.count {
            if isHead(candidate) {
                position = candidate
                return .damage(RecordingDamage(offset: UInt64(from), what: .head))
            }
            candidate += 1
        }
        isDone = true
        pending.append(.damage(RecordingDamage(offset: UInt64(from), what: .unreadable(bytes: bytes.count - from))))
        return .damage(RecordingDamage(offset: UInt64(from), what: .head))
    }

    private mutating func finish() -> Found? {
        isDone = true
        return hasEnd ? nil : .damage(RecordingDamage(offset: UInt64(position), what: .unfinished))
    }

    private mutating func stop(_ what: RecordingDamage.What, at offset: Int? = nil) -> Found {
        isDone = true
        return .damage(RecordingDamage(offset: UInt64(offset ?? position), what: what))
    }
}
