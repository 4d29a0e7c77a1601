public import Wire

/// Makes the bytes of a recording, front to back. A value.
public struct RecordingEncoder: Sendable {
    public let header: RecordingHeader
    private let key: RecordingKey?
    /// Where the next record will lie.
    public private(set) var offset: UInt64 = 0
    public private(set) var records: UInt64 = 0

    /// - Parameter key: what payloads are sealed with; nil leaves them in the clear. The header's version, key id and file id are filled in.
    public init(_ header: RecordingHeader, key: RecordingKey?) {
        var header = header
        header.version = RecordFormat.version
        header.keyID = key?.id ?? ""
        header.fileID = Sodium.random(Seal.fileIDBytes)
        self.header = header
        self.key = key
    }

    /// The end of a record.
    struct Mark {
        var offset: UInt64
        var records: UInt64
    }

    var mark: Mark { Mark(offset: offset, records: records) }

    /// Takes back what came after `mark`. Only the closing record may follow: nothing may be sealed twice with one nonce.
    mutating func rewind(to mark: Mark) {
        precondition(mark.offset <= offset, "a recording is rewound, not wound on")
        (offset, records) = (mark.offset, mark.records)
    }

    /// The first bytes of the file: must be called first.
    public mutating func begin(into output: inout [UInt8]) {
        precondition(offset == 0, "a recording begins once")
        output.append(contentsOf: RecordFormat.magic)
        offset = UInt64(RecordFormat.magic.count)
        append(RecordingRecord(kind: .header(header)), into: &output)
    }

    /// A frame of the conversation, or what was said with somebody outside. `frame` is a serialized Frame without its prefix.
    public mutating func frame(
        timeUs: UInt64, _ direction: Direction, _ frame: UnsafeRawBufferPointer, withheld: Withheld = .nothing, withheldBytes: UInt64 = 0,
        outside: String = "", into output: inout [UInt8]
    ) {
        var recorded = RecordedFrame(direction: direction, outside: outside, withheld: withheld, withheldBytes: withheldBytes)
        recorded.frame = sealed(frame, recorded.associated(timeUs: timeUs))
        append(RecordingRecord(timeUs: timeUs, kind: .frame(recorded)), into: &output)
    }

    public mutating func read(timeUs: UInt64, _ read: StoreRead, into output: inout [UInt8]) {
        var recorded = RecordedRead()
        recorded.read = read.encoded().withUnsafeBytes { sealed($0, recorded.associated(timeUs: timeUs)) }
        append(RecordingRecord(timeUs: timeUs, kind: .read(recorded)), into: &output)
    }

    public mutating func marker(timeUs: UInt64, _ marker: RecordingMarker, into output: inout [UInt8]) {
        append(RecordingRecord(timeUs: timeUs, kind: .marker(marker)), into: &output)
    }

    /// The closing record: nothing may follow.
    public mutating func end(timeUs: UInt64, _ reason: EndReason, _ message: String = "", into output: inout [UInt8]) {
        append(RecordingRecord(timeUs: timeUs, kind: .end(RecordingEnd(reason: reason, message: message, records: records))), into: &output)
    }

    /// An entry of an opened recording. Not for what is still sealed.
    mutating func entry(_ entry: RecordedEntry, into output: inout [UInt8]) {
        switch entry.what {
        case .frame(let direction, let frame, let withheld, let bytes):
            frame.encoded().withUnsafeBytes {
                self.frame(timeUs: entry.timeUs, direction, $0, withheld: withheld, withheldBytes: bytes, into: &output)
            }
        case .outside(let name, let said, let withheld):
            said.withUnsafeBytes { frame(timeUs: entry.timeUs, .outside, $0, withheld: withheld, outside: name, into: &output) }
        case .read(let read): self.read(timeUs: entry.timeUs, read, into: &output)
        case .marker(let marker): self.marker(timeUs: entry.timeUs, marker, into: &output)
        case .sealed, .sealedRead: preconditionFailure("invariant: what is sealed is not written again")
        }
    }

    private func sealed(_ plain: UnsafeRawBufferPointer, _ associated: [UInt8]) -> [UInt8] {
        guard let key else { return [UInt8](plain) }
        return Seal(fileID: header.fileID, offset: offset).seal(plain, key, associated: associated)
    }

    private mutating func append(_ record: RecordingRecord, into output: inout [UInt8]) {
        let before = output.count
        RecordFormat.append(record, at: offset, into: &output)
        offset += UInt64(output.count - before)
        records += 1
    }
}
