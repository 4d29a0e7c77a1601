/// Width of a PNG or WebP picture from its header, for overlays; nil when it is neither.
enum PictureSize {
    static func width(_ bytes: [UInt8]) -> Int? {
        func matches(_ text: String, at offset: Int) -> Bool {
            bytes.count >= offset + text.utf8.count && bytes[offset..<offset + text.utf8.count].elementsEqual(text.utf8)
        }
        guard bytes.count >= 30 else { return nil }
        if matches("PNG", at: 1), matches("IHDR", at: 12) {
            return bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
        }
        guard matches("RIFF", at: 0), matches("WEBP", at: 8) else { return nil }
        if matches("VP8X", at: 12) { return 1 + Int(bytes[24]) + Int(bytes[25]) << 8 + Int(bytes[26]) << 16 }
        if matches("VP8L", at: 12) { return 1 + (Int(bytes[21]) | Int(bytes[22]) << 8) & 0x3FFF }
        if matches("VP8 ", at: 12) { return (Int(bytes[26]) | Int(bytes[27]) << 8) & 0x3FFF }
        return nil
    }
}
