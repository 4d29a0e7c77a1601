import ImageDecoding
import Testing

@Suite("GIF pictures")
struct GIFTests {
    private let palette: [UInt8] = [200, 0, 0, 0, 180, 0, 0, 0, 160, 250, 250, 10]
    private let indexes: [UInt8] = (0..<273).map { (place: Int) -> UInt8 in UInt8((place * 7 + place / 21) % 4) }

    private func colour(_ index: UInt8) -> [UInt8] {
        let start = Int(index) * 3
        return Array(palette[start..<start + 3])
    }

    @Test("the first picture comes out as it was stored, interlaced or not", arguments: [false, true])
    func pixels(interlaced: Bool) throws {
        let image = try decoded(Pictures.gif(indexes, 21, 13, palette: palette, interlaced: interlaced))
        #expect((image.width, image.height) == (21, 13))
        let expected: [UInt8] = indexes.flatMap(colour)
        #expect(image.rgb == expected)
    }

    @Test("transparent places are white")
    func transparency() throws {
        let image = try decoded(Pictures.gif(indexes, 21, 13, palette: palette, transparent: 1))
        for (place, index) in indexes.enumerated() {
            let expected: [UInt8] = index == 1 ? [255, 255, 255] : colour(index)
            #expect(Array(image.rgb[place * 3..<place * 3 + 3]) == expected)
        }
    }

    @Test("every cut and every flipped byte is refused or decoded, never more than the canvas")
    func damage() throws {
        let file = Pictures.gif(indexes, 21, 13, palette: palette)
        for length in 0..<(file.count - 2) {
            #expect(throws: ImageError.self, "\(length) of \(file.count) bytes") { try decoded(Array(file[..<length])) }
        }
        let small = ImageLimits(bytesMax: 1 << 20, pixelsMax: 10_000, sidePixelsMax: 100)
        flippedBytesAreBounded(file, step: 1, limits: small)
    }

    @Test("a canvas beyond the limits is refused by its header")
    func canvas() throws {
        var file = Pictures.gif(indexes, 21, 13, palette: palette)
        file.replaceSubrange(6..<10, with: [0xFF, 0xFF, 0xFF, 0xFF])
        #expect {
            try decoded(file)
        } throws: { error in
            guard case .tooLarge(65_535, 65_535, _)? = error as? ImageError else { return false }
            return true
        }
    }
}
