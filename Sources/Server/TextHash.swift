/// Tells one list of texts from another: FNV-1a, 64 bit, beside a second mix. Not against anybody who wants them to be taken for each other.
struct TextHash {
    private var a: UInt64 = 0xcbf2_9ce4_8422_2325
    private var b: UInt64 = 0x8422_2325_cbf2_9ce4

    /// - Parameter version: of whatever is made from the texts.
    init(_ version: String) { add(version) }

    mutating func add(_ text: String) {
        for byte in text.utf8 + [0] {
            a = (a ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            b = (b &+ UInt64(byte)) &* 0x9E37_79B9_7F4A_7C15
        }
    }

    var hex: String { String(a, radix: 16) + String(b, radix: 16) }
}
