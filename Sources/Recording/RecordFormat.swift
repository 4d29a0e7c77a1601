import Wire

/// How records lie in a file.
///
///     "VITREC1\n"   record   record   …
///
///     record:  length of the body   check of the body   check of the head   body (a serialized RecordingRecord)
///              4 bytes              4 bytes             4 bytes             `length` bytes
///
/// Numbers are little-endian. Both checks are CRC-32 (zlib's). The head's covers the record's offset in the file (8 bytes), the length and
/// the check of the body: a record that was moved, or a length that was damaged, is noticed before anything is read by it.
public enum RecordFormat {
    public static let magic: [UInt8] = Array("VITREC1\n".utf8)
    public static let version: UInt32 = 1
    public static let headBytes = 12
    /// The largest body: a frame at its limit of 64 MiB, sealed.
    public static let bodyBytesMax = 65 << 20

    /// Appends a record that will lie at `offset`.
    static func append(_ record: RecordingRecord, at offset: UInt64, into output: inout [UInt8]) {
        let mark = output.count
        output.append(contentsOf: repeatElement(0, count: headBytes))
        record.encode(into: &output)
        complete(at: mark, offset: offset, in: &output)
    }

    /// Appends any bytes as a body to a file that has been made so far: for tests of readers.
    public static func appendRaw(_ body: [UInt8], into file: inout [UInt8]) {
        let mark = file.count
        file.append(contentsOf: repeatElement(0, count: headBytes))
        file += body
        complete(at: mark, offset: UInt64(mark), in: &file)
    }

    /// Fills in the head at `mark`, whose body goes up to the end.
    private static func complete(at mark: Int, offset: UInt64, in output: inout [UInt8]) {
        let length = output.count - mark - headBytes
        precondition(length <= bodyBytesMax, "invariant: what is recorded fits a record")
        output.withUnsafeMutableBytes { buffer in
            let body = Checksum.crc32(UnsafeRawBufferPointer(rebasing: buffer[(mark + headBytes)...]))
            buffer.storeBytes(of: UInt32(length).littleEndian, toByteOffset: mark, as: UInt32.self)
            buffer.storeBytes(of: body.littleEndian, toByteOffset: mark + 4, as: UInt32.self)
            let head = headCheck(offset: offset, length: UInt32(length), body: body)
            buffer.storeBytes(of: head.littleEndian, toByteOffset: mark + 8, as: UInt32.self)
        }
    }

    static func headCheck(offset: UInt64, length: UInt32, body: UInt32) -> UInt32 {
        let covered = (offset.littleEndian, length.littleEndian, body.littleEndian)
        return withUnsafeBytes(of: covered) { Checksum.crc32($0) }
    }

    struct Head {
        var length: Int
        var body: UInt32
    }

    /// Reads the head at `position`, where at least `headBytes` are left; nil when its check does not fit.
    static func head(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Head? {
        func number(_ index: Int) -> UInt32 { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 4 * index, as: UInt32.self)) }
        let (length, body) = (number(0), number(1))
        guard headCheck(offset: UInt64(position), length: length, body: body) == number(2) else { return nil }
        return Head(length: Int(length), body: body)
    }
}

/// Something wrong with a file, and where.
public struct RecordingDamage: Error, Sendable, Equatable, CustomStringConvertible {
    public enum What: Sendable, Equatable {
        /// It does not begin as a recording does.
        case notARecording
        /// The file ends within a record.
        case torn(bytes: Int)
        /// The head of a record is damaged; up to the next whole record nothing can be read.
        case head
        /// The body of a record is damaged.
        case body(length: Int)
        /// The record says it is longer than any may be.
        case length(Int)
        /// The checks fit and the contents make no sense: a newer format, a wrong key, or somebody's hand.
        case contents(String)
        /// A record where it must not be.
        case order(String)
        /// The last record does not say that it is the last: the writer was killed, or is still writing.
        case unfinished
        /// Bytes that cannot be read as records up to the end of the file.
        case unreadable(bytes: Int)
    }

    /// In the file, bytes.
    public var offset: UInt64
    public var what: What

    public init(offset: UInt64, what: What) {
        self.offset = offset
        self.what = what
    }

    public var description: String {
        let text =
            switch what {
            case .notARecording: "the file does not begin as a recording does"
            case .torn(let bytes): "the last record is cut off; \(bytes) bytes of it are there"
            case .head: "the head of a record is damaged"
            case .body(let length): "the body of a record, \(length) bytes, is damaged"
            case .length(let length): "a record of \(length) bytes; at most \(RecordFormat.bodyBytesMax) are allowed"
            case .contents(let why): "a record cannot be understood: \(why)"
            case .order(let why): why
            case .unfinished: "there is no closing record: the recording was cut off here, or is still being written"
            case .unreadable(let bytes): "\(bytes) bytes up to the end cannot be read"
            }
        return "byte \(offset): \(text)"
    }

    /// Whether this is what a killed writer leaves: everything before it is whole.
    public var isCutOff: Bool {
        switch what {
        case .torn, .unfinished: true
        default: false
        }
    }
}
