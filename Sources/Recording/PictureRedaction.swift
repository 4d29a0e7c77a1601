import CZlib

// Unsafe: zlib compresses from one borrowed buffer into another whose size it was told, within the call.

/// A grey picture of the same size as another: what stands in a redacted recording instead of a photo.
enum PictureRedaction {
    struct Size: Equatable {
        var width: Int
        var height: Int
    }

    /// Largest edge of a replacement; what claims more gets a smaller one.
    static let edgeMax = 16_384
    /// Instead of what is no picture that can be measured.
    static let fallback = Size(width: 64, height: 64)

    /// From the header of a JPEG, PNG or WebP file; nil when it is none, or cut off before that.
    static func size(_ bytes: [UInt8]) -> Size? {
        func text(_ wanted: String, at offset: Int) -> Bool {
            bytes.count >= offset + wanted.utf8.count && bytes[offset..<(offset + wanted.utf8.count)].elementsEqual(wanted.utf8)
        }
        func big(_ offset: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 << 8 | Int(bytes[offset + $1]) } }
        func little(_ offset: Int, _ count: Int) -> Int { (0..<count).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) } }
        if text("PNG", at: 1), text("IHDR", at: 12), bytes.count >= 24 { return Size(width: big(16, 4), height: big(20, 4)) }
        if text("RIFF", at: 0), text("WEBP", at: 8), bytes.count >= 30 {
            if text("VP8X", at: 12) { return Size(width: little(24, 3) + 1, height: little(27, 3) + 1) }
            if text("VP8L", at: 12) { return Size(width: little(21, 2) & 0x3fff + 1, height: (little(22, 3) >> 6) & 0x3fff + 1) }
            if text("VP8 ", at: 12) { return Size(width: little(26, 2) & 0x3fff, height: little(28, 2) & 0x3fff) }
        }
        guard bytes.count > 4, bytes[0] == 0xff, bytes[1] == 0xd8 else { return nil }
        var position = 2
        while position + 9 <= bytes.count, bytes[position] == 0xff {
            let marker = bytes[position + 1]
            // Start of frame: C0 to CF without the tables among them.
            if (0xc0...0xcf).contains(marker), ![0xc4, 0xc8, 0xcc].contains(marker) {
                return Size(width: big(position + 7, 2), height: big(position + 5, 2))
            }
            position += 2 + big(position + 2, 2)
        }
        return nil
    }

    /// A PNG file of that size, all grey.
    static func grey(_ wanted: Size) -> [UInt8] {
        let width = min(max(wanted.width, 1), edgeMax)
        let height = min(max(wanted.height, 1), edgeMax)
        // Each row: filter 0, then one byte a pixel.
        let row: [UInt8] = [0] + [UInt8](repeating: 128, count: width)
        var rows: [UInt8] = []
        rows.reserveCapacity(row.count * height)
        for _ in 0..<height { rows += row }
        var length = compressBound(UInt(rows.count))
        var packed = [UInt8](repeating: 0, count: Int(length))
        let status = compress2(&packed, &length, rows, UInt(rows.count), 9)
        precondition(status == Z_OK, "zlib compresses into what it asked for")
        func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
            let body = Array(name.utf8) + data
            return number(data.count) + body + number(Int(body.withUnsafeBytes { Checksum.crc32($0) }))
        }
        let header = number(width) + number(height) + [8, 0, 0, 0, 0]
        return [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + chunk("IHDR", header) + chunk("IDAT", Array(packed.prefix(Int(length))))
            + chunk("IEND", [])
    }
}
