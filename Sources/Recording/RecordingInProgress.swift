import Glibc
import Wire

/// A recording being written: its file, and what was written last. Confined to the writer's thread.
final class RecordingInProgress {
    let recorder: Recorder
    private var encoder: RecordingEncoder?
    private var output: (any RecordingOutput)?
    private(set) var isClosed = false
    private var spare = Recorder.Pending()
    private var buffer: [UInt8] = []
    /// Where the last records written end: what the file may be cut back to.
    private var marks: [RecordingEncoder.Mark] = []
    private var lastUs: UInt64 = 0

    /// Bytes that are written at once.
    private static let chunkBytes = 1 << 20
    /// Records that may be given up for the closing record to fit on a full disk.
    private static let marksMax = 8

    init(_ recorder: Recorder) { self.recorder = recorder }

    var isOpen: Bool { output != nil }

    func take() -> Recorder.Pending { recorder.take(exchange(&spare, with: Recorder.Pending())) }

    func begin(_ encoder: RecordingEncoder, _ output: any RecordingOutput) {
        self.encoder = encoder
        self.output = output
        self.encoder?.begin(into: &buffer)
        mark()
    }

    /// There is no file: nothing is recorded.
    func abandon(_ status: RPCStatus, _ observer: any RecordingObserver) {
        shut(.failed, status.message, observer)
    }

    func write(_ pending: Recorder.Pending, _ limits: RecordingLimits, _ hashes: inout FileHashes, _ observer: any RecordingObserver) {
        defer { spare = pending }
        for (timeUs, item) in pending.items where !isClosed {
            add(timeUs, item, pending.bytes, &hashes)
            if let size = encoder?.offset, size > limits.fileBytesMax {
                recorder.stop()
                close(.tooLarge, "the file has reached \(limits.fileBytesMax) bytes", observer)
            } else if buffer.count >= RecordingInProgress.chunkBytes {
                flush(observer)
            }
        }
        if let end = pending.end {
            close(end.reason, end.message, observer, timeUs: end.timeUs)
        } else {
            flush(observer)
        }
    }

    private func add(_ timeUs: UInt64, _ item: Recorder.Pending.Item, _ bytes: [UInt8], _ hashes: inout FileHashes) {
        lastUs = max(lastUs, timeUs)
        switch item {
        case .frame(let direction, let withheld, let withheldBytes, let outside, let range):
            bytes.withUnsafeBytes {
                encoder?.frame(
                    timeUs: timeUs, direction, UnsafeRawBufferPointer(rebasing: $0[range]), withheld: withheld, withheldBytes: withheldBytes,
                    outside: outside, into: &buffer)
            }
        case .read(let read): encoder?.read(timeUs: timeUs, read, into: &buffer)
        case .consent(let consent): encoder?.marker(timeUs: timeUs, RecordingMarker(kind: .consent, consent: consent), into: &buffer)
        case .deployment(let versions): encoder?.marker(timeUs: timeUs, hashes.marker(versions), into: &buffer)
        }
        mark()
    }

    private func mark() {
        if let encoder { marks.append(encoder.mark) }
    }

    /// Writes the buffer. When the disk does not take it, ends the recording at the last whole record that it did take.
    private func flush(_ observer: any RecordingObserver) {
        guard !buffer.isEmpty, let output, let encoder, !isClosed else { return }
        let start = encoder.offset - UInt64(buffer.count)
        let (written, error) = buffer.withUnsafeBytes { output.write($0) }
        let records = marks.reduce(0) { $0 + ($1.offset > start && $1.offset <= start + UInt64(written) ? 1 : 0) }
        observer.recordingWrote(records: records, bytes: written)
        buffer.removeAll(keepingCapacity: buffer.capacity <= RecordingInProgress.chunkBytes)
        if error == 0 {
            marks.removeFirst(max(0, marks.count - RecordingInProgress.marksMax))
            return
        }
        recorder.stop()
        marks.removeAll { $0.offset > start + UInt64(written) }
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(error)
        closeCutBack(isFull ? .diskFull : .failed, String(cString: strerror(error)), observer)
    }

    /// Ends a recording whose disk refuses more: cuts back to a whole record and puts the closing record there, giving up records until it fits.
    private func closeCutBack(_ reason: EndReason, _ message: String, _ observer: any RecordingObserver) {
        while let last = marks.popLast(), let output, output.truncate(to: last.offset) {
            var closing: [UInt8] = []
            encoder?.rewind(to: last)
            // Short: there may be room for little.
            encoder?.end(timeUs: lastUs, reason, into: &closing)
            if closing.withUnsafeBytes({ output.write($0) }).error == 0 { break }
            // Nothing fits any more: the file ends with a whole record at least.
            if marks.isEmpty { _ = output.truncate(to: last.offset) }
        }
        shut(reason, message, observer)
    }

    func close(_ reason: EndReason, _ message: String, _ observer: any RecordingObserver, timeUs: UInt64 = 0) {
        guard !isClosed, isOpen else { return }
        flush(observer)
        guard !isClosed else { return }
        encoder?.end(timeUs: max(lastUs, timeUs), reason, message, into: &buffer)
        guard let output else { return }
        let error = buffer.withUnsafeBytes { output.write($0) }.error
        buffer = []
        if error == 0 { return shut(reason, message, observer) }
        closeCutBack([ENOSPC, EDQUOT, EFBIG].contains(error) ? .diskFull : .failed, String(cString: strerror(error)), observer)
    }

    private func shut(_ reason: EndReason, _ message: String, _ observer: any RecordingObserver) {
        recorder.stop()
        recorder.close()
        output?.close()
        output = nil
        isClosed = true
        buffer = []
        marks = []
        observer.recordingEnded(session: recorder.start.sessionID, reason: reason, message: message)
    }
}
