import Recording
import Wire

// libFuzzer target: the bytes of a recording's file. Whatever they are, reading ends, stays within them and says where it found something; what is
// whole can be described, cut, redacted and written again.

func check(_ bytes: [UInt8]) {
    var reader = RecordingReader(bytes)
    var position: UInt64 = 0
    var found = 0
    while let next = reader.next() {
        found += 1
        switch next {
        case .record(let offset, let size, _):
            precondition(offset >= position && size >= RecordFormat.headBytes, "records come one after the other")
            position = offset + UInt64(size)
            precondition(position <= UInt64(bytes.count), "a record lies in the file")
        case .damage(let damage): precondition(damage.offset <= UInt64(bytes.count), "damage is in the file")
        }
        precondition(found <= 2 * bytes.count + 2, "reading ends")
    }
    guard let recording = try? Recording(reading: bytes) else { return }
    for entry in recording.entries { _ = RecordingLines.line(entry) }
    _ = RecordingLines.lines(recording.header)
    _ = RecordingStats(recording)
    _ = try? recording.cut(fromUs: 0, toUs: recording.durationUs / 2)
    if let redacted = try? recording.redacted(RedactionOptions(everyWord: bytes.count % 2 == 0)) {
        precondition(redacted.entries.count == recording.entries.count, "redaction keeps every record")
    }
}

/// Called by libFuzzer's own main. The first byte says how: as it is, or with the checks of heads and bodies put right, so that what lies behind
/// them is reached.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    guard let data, size > 0 else { return 0 }
    let bytes = [UInt8](UnsafeBufferPointer(start: data + 1, count: size - 1))
    if data[0] % 2 == 0 { check(bytes) } else { check(repaired(bytes)) }
    return 0
}

/// Bodies one after the other, each behind two bytes for its length, as a file whose checks fit.
func repaired(_ bytes: [UInt8]) -> [UInt8] {
    var file = RecordFormat.magic
    var position = 0
    while position + 2 <= bytes.count {
        let length = min(Int(bytes[position]) | Int(bytes[position + 1]) << 8, bytes.count - position - 2)
        RecordFormat.appendRaw(Array(bytes[(position + 2)..<(position + 2 + length)]), into: &file)
        position += 2 + length
    }
    return file
}
