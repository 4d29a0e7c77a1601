// The ISO base media file format (ISO/IEC 14496-12): boxes within boxes. Untrusted bytes: every read is checked, every walk moves forward.

/// A box's kind: four characters.
struct BoxType: Equatable, ExpressibleByStringLiteral, CustomStringConvertible {
    let code: Int

    init(code: Int) { self.code = code }
    init(stringLiteral text: String) { code = text.utf8.reduce(0) { $0 << 8 | Int($1) } }

    /// What cannot be printed is a question mark.
    var description: String {
        String(decoding: [24, 16, 8, 0].map { UInt8(code >> $0 & 255) }.map { (33...126).contains($0) ? $0 : 63 }, as: UTF8.self)
    }
}

struct Box {
    var type: BoxType
    /// Without size and type.
    var content: ByteView
}

/// Reads big-endian numbers one after the other.
struct BoxCursor {
    private let view: ByteView
    private var offset: Int

    init(_ view: ByteView, from offset: Int = 0) { (self.view, self.offset) = (view, offset) }

    var isAtEnd: Bool { offset >= view.count }

    /// - Parameter bytes: 0 to 8; of no bytes the number is 0.
    mutating func number(_ bytes: Int) throws(ImageError) -> Int {
        guard let value = view.number(at: offset, bytes: bytes, bigEndian: true), value >= 0 else { throw Self.cut }
        offset += bytes
        return value
    }

    mutating func part(_ count: Int) throws(ImageError) -> ByteView {
        guard count >= 0, count <= view.count - offset else { throw Self.cut }
        defer { offset += count }
        return view.part(offset..<offset + count)
    }

    /// The box that begins here; `nil` at the end.
    mutating func box() throws(ImageError) -> Box? {
        guard !isAtEnd else { return nil }
        let start = offset
        var size = try number(4)
        let type = BoxType(code: try number(4))
        if size == 1 { size = try number(8) }
        if size == 0 { size = view.count - start }
        guard size >= offset - start else { throw .damaged(.heic, "a box \(type) says it has \(size) bytes") }
        return Box(type: type, content: try part(size - (offset - start)))
    }

    static let cut = ImageError.damaged(.heic, "a box ends early")
}

extension ByteView {
    /// The first box of a type among those that follow each other here.
    func first(_ type: BoxType) throws(ImageError) -> Box? {
        var cursor = BoxCursor(self)
        while let box = try cursor.box() {
            if box.type == type { return box }
        }
        return nil
    }
}
