// Recording: conversations on disk, and back from there.
//
// Owns: the file format (RecordingEncoder, RecordingReader: pure), the keys that payloads are sealed with (RecordingKeys), the thread that writes
// (RecordingWriter, Recorder), what may be kept at all (ConsentFilter), and what can be done with a file (cut, redact, describe). It must never make
// a loop wait: `Recorder` only copies into a bounded buffer, everything else happens on the writer's thread or in a command. It knows neither
// sessions nor agents; whoever taps a conversation hands in its frames.
//
// Where unsafe pointers live: Checksum (zlib), Sealing (libsodium), FileAccess (system calls).

public import Wire

/// A whole recording in memory, opened as far as its key is there.
public struct Recording: Sendable {
    public var header: RecordingHeader
    /// What follows the header, in order, without the end.
    public var entries: [RecordedEntry]
    /// How it ended; nil when it was cut off, or the end cannot be read.
    public var end: RecordingEnd?
    /// What is wrong with the file, in order of the offset.
    public var damages: [RecordingDamage]
    /// Size of the file, bytes.
    public var fileBytes: UInt64

    public init(header: RecordingHeader, entries: [RecordedEntry], end: RecordingEnd?, damages: [RecordingDamage] = [], fileBytes: UInt64 = 0) {
        self.header = header
        self.entries = entries
        self.end = end
        self.damages = damages
        self.fileBytes = fileBytes
    }

    /// Whether something in it could not be opened: its key is gone, or not in the key store given.
    public var isSealed: Bool {
        entries.contains {
            switch $0.what {
            case .sealed, .sealedRead: true
            case .frame, .outside, .read, .marker: false
            }
        }
    }

    /// Of the last entry, microseconds on the session's time line.
    public var durationUs: UInt64 { entries.reduce(0) { max($0, $1.timeUs) } }

    /// Reads and opens a file of at most `fileBytesMax` bytes.
    ///
    /// Damage does not throw: what is whole is there, and `damages` says the rest.
    /// - Parameter keys: where the key may be; nil leaves sealed what is sealed.
    /// - Throws: NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED for a file that is too large, INVALID_ARGUMENT for one that is no recording,
    ///   DATA_LOSS for one whose header cannot be read.
    public static func load(_ path: String, keys: RecordingKeys? = nil) throws(RPCStatus) -> Recording {
        let bytes = try FileAccess.read(path, bytesMax: fileBytesMax)
        do throws(RPCStatus) {
            return try Recording(reading: bytes, keys: keys)
        } catch {
            throw RPCStatus(error.code, "\(path): \(error.message)")
        }
    }

    /// The same of bytes in memory.
    public init(reading bytes: [UInt8], keys: RecordingKeys? = nil) throws(RPCStatus) {
        var reader = RecordingReader(bytes)
        var header: RecordingHeader?
        var key: RecordingKey?
        self.init(header: RecordingHeader(), entries: [], end: nil, fileBytes: UInt64(bytes.count))
        while let found = reader.next() {
            switch found {
            case .damage(let damage): damages.append(damage)
            case .record(let offset, let size, let record):
                switch record.kind {
                case .header(let first):
                    header = first
                    key = try first.keyID.isEmpty ? nil : keys?.key(id: first.keyID)
                case .end(let last): end = last
                case .frame, .read, .marker:
                    do throws(RPCStatus) {
                        entries.append(try RecordedEntry(record, offset: offset, bytes: size, header: header ?? RecordingHeader(), key: key))
                    } catch {
                        damages.append(RecordingDamage(offset: offset, what: .contents(error.message)))
                    }
                case nil: break
                }
            }
        }
        guard let header else {
            if damages.first?.what == .notARecording { throw RPCStatus(.invalidArgument, "this is not a recording") }
            throw RPCStatus(.dataLoss, "the header of the recording cannot be read: \(damages.first?.description ?? "the file is empty")")
        }
        self.header = header
    }

    /// Largest file that is read as a whole: 2 GiB.
    public static let fileBytesMax = 2 << 30
}

/// One record of an opened recording.
public struct RecordedEntry: Sendable, Equatable {
    public enum What: Sendable, Equatable {
        case frame(Direction, Frame, Withheld, withheldBytes: UInt64)
        /// Its key is not here; the size of what is inside is what it takes sealed.
        case sealed(Direction, bytes: Int)
        case outside(String, [UInt8], Withheld)
        case read(StoreRead)
        case sealedRead
        case marker(RecordingMarker)
    }

    /// Microseconds on the session's time line.
    public var timeUs: UInt64
    public var what: What
    /// Where its record begins in the file, and how long it is with its head.
    public var offset: UInt64
    public var bytes: Int

    public init(timeUs: UInt64, what: What, offset: UInt64 = 0, bytes: Int = 0) {
        self.timeUs = timeUs
        self.what = what
        self.offset = offset
        self.bytes = bytes
    }

    init(_ record: RecordingRecord, offset: UInt64, bytes: Int, header: RecordingHeader, key: RecordingKey?) throws(RPCStatus) {
        self.init(timeUs: record.timeUs, what: .sealedRead, offset: offset, bytes: bytes)
        let seal = Seal(fileID: header.fileID, offset: offset)
        switch record.kind {
        case .frame(let frame):
            guard header.keyID.isEmpty || key != nil else {
                what = .sealed(frame.direction, bytes: frame.frame.count)
                return
            }
            let plain = try key.map { (key) throws(RPCStatus) in try seal.open(frame.frame, key, associated: frame.associated(timeUs: timeUs)) }
            let opened = plain ?? frame.frame
            what =
                frame.direction == .outside
                ? .outside(frame.outside, opened, frame.withheld)
                : .frame(frame.direction, try Frame(decoding: opened), frame.withheld, withheldBytes: frame.withheldBytes)
        case .read(let read):
            guard header.keyID.isEmpty || key != nil else { return }
            let plain = try key.map { (key) throws(RPCStatus) in try seal.open(read.read, key, associated: read.associated(timeUs: timeUs)) }
            what = .read(try StoreRead(decoding: plain ?? read.read))
        case .marker(let marker): what = .marker(marker)
        case .header, .end, nil: preconditionFailure("invariant: a header or an end is no entry")
        }
    }
}

/// The consent that a customer gave, as recordings need it.
extension ConsentGiven {
    public init(_ consent: Consent) { self.init(audio: consent.recordAudio, faces: consent.recordFaces) }
}
