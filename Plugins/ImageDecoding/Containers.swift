// Where the metadata of a file lies. Untrusted bytes: every read is checked, every walk moves forward, nothing allocates.

/// Numbers at places that may not exist.
struct ByteView {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let range: Range<Int>

    /// The part of `range` that lies within `bytes`.
    init(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range.clamped(to: 0..<bytes.count)
    }

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.init(bytes, 0..<bytes.count) }

    var count: Int { range.count }
    var array: [UInt8] { Array(bytes[range]) }

    /// A part of this part: what of `part` lies within it.
    func part(_ part: Range<Int>) -> ByteView {
        let kept = part.clamped(to: 0..<count)
        return ByteView(bytes, range.lowerBound + kept.lowerBound..<range.lowerBound + kept.upperBound)
    }

    subscript(offset: Int) -> UInt8? {
        offset >= 0 && offset < range.count ? bytes[range.lowerBound + offset] : nil
    }

    func number(at offset: Int, bytes count: Int, bigEndian: Bool) -> Int? {
        guard offset >= 0, count <= self.count, offset <= self.count - count else { return nil }
        var value = 0
        for index in 0..<count {
            let byte = Int(bytes[range.lowerBound + offset + index])
            value |= byte << (8 * (bigEndian ? count - 1 - index : index))
        }
        return value
    }

    func matches(_ text: StaticString, at offset: Int) -> Bool {
        guard offset >= 0, offset <= count - text.utf8CodeUnitCount else { return false }
        return (0..<text.utf8CodeUnitCount).allSatisfy { bytes[range.lowerBound + offset + $0] == text.utf8Start[$0] }
    }
}

/// JPEG: marker segments before the scan.
struct JpegSegments {
    private let view: ByteView

    init(_ bytes: UnsafeBufferPointer<UInt8>) { view = ByteView(bytes) }

    /// The TIFF block of the first APP1 segment that begins with "Exif".
    func findExif() -> Range<Int>? {
        var offset = 2
        while let mark = view[offset], let marker = view[offset + 1] {
            guard mark == 0xFF else { return nil }
            if marker == 0xFF {
                offset += 1
                continue
            }
            if marker == 0xDA || marker == 0xD9 { return nil }
            if marker == 0x01 || (0xD0...0xD7).contains(marker) {
                offset += 2
                continue
            }
            guard let length = view.number(at: offset + 2, bytes: 2, bigEndian: true), length >= 2 else { return nil }
            if marker == 0xE1, length >= 8, view.matches("Exif\0\0", at: offset + 4) {
                return (offset + 10)..<(offset + 2 + length)
            }
            offset += 2 + length
        }
        return nil
    }
}

/// PNG: length, name, data, checksum.
struct PngChunks {
    private let view: ByteView

    init(_ bytes: UnsafeBufferPointer<UInt8>) { view = ByteView(bytes) }

    func find(_ name: StaticString) -> Range<Int>? {
        var offset = 8
        while let length = view.number(at: offset, bytes: 4, bigEndian: true), length <= view.count {
            if view.matches(name, at: offset + 4) { return (offset + 8)..<min(offset + 8 + length, view.count) }
            offset += 12 + length
        }
        return nil
    }
}

/// WebP: RIFF chunks, padded to even lengths.
struct RiffChunks {
    private let view: ByteView

    init(_ bytes: UnsafeBufferPointer<UInt8>) { view = ByteView(bytes) }

    func find(_ name: StaticString) -> Range<Int>? {
        var offset = 12
        while let length = view.number(at: offset + 4, bytes: 4, bigEndian: false), length <= view.count {
            if view.matches(name, at: offset) {
                let start = offset + 8
                return start <= view.count ? start..<min(start + length, view.count) : nil
            }
            offset += 8 + length + length & 1
        }
        return nil
    }
}

/// The first image file directory of a TIFF block (TIFF 6.0, section 2).
struct TiffDirectory {
    private static let entriesMax = 512
    private let view: ByteView

    init(_ view: ByteView) { self.view = view }

    var orientation: ExifOrientation? {
        // Some writers put the JPEG prefix into other containers too.
        let base = view.matches("Exif\0\0", at: 0) ? 6 : 0
        let bigEndian: Bool
        if view.matches("II", at: base) {
            bigEndian = false
        } else if view.matches("MM", at: base) {
            bigEndian = true
        } else {
            return nil
        }
        guard view.number(at: base + 2, bytes: 2, bigEndian: bigEndian) == 42,
            let directory = view.number(at: base + 4, bytes: 4, bigEndian: bigEndian),
            let count = view.number(at: base + directory, bytes: 2, bigEndian: bigEndian)
        else { return nil }
        for index in 0..<min(count, Self.entriesMax) {
            let entry = base + directory + 2 + index * 12
            guard let tag = view.number(at: entry, bytes: 2, bigEndian: bigEndian) else { return nil }
            guard tag == 0x0112 else { continue }
            let short = 3
            guard view.number(at: entry + 2, bytes: 2, bigEndian: bigEndian) == short,
                let value = view.number(at: entry + 8, bytes: 2, bigEndian: bigEndian)
            else { return nil }
            return ExifOrientation(rawValue: UInt16(value))
        }
        return nil
    }
}
