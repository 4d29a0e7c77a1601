import ImageDecoding
import Testing

@Suite("What a HEIC may consist of")
struct HEICStructureTests {
    let parts: HEICFile.Parts
    let whole: [UInt8]

    init() throws {
        whole = try HEICTests.file("gradient.heic")
        parts = HEICFile.Parts(of: whole)
    }

    /// Refused with these words, which are the check's own: no codec has seen it.
    private func expectRefusal(_ file: HEICFile, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) {
        do {
            _ = try decoded(file.bytes)
            Issue.record("decoded; expected “\(words)”", sourceLocation: sourceLocation)
        } catch {
            #expect(error.description.contains(words), "\(error)", sourceLocation: sourceLocation)
        }
    }

    /// A grid of coded pictures of 96 x 64 pixels as the primary picture.
    private func grid(_ rows: Int, _ columns: Int, _ width: Int, _ height: Int, of tiles: [Int]? = nil, size: (Int, Int)? = nil) -> HEICFile {
        var file = HEICFile(parts)
        while tiles == nil, file.items.count < rows * columns { file.items.append(file.items[0]) }
        let stated = file.add("ispe", HEICFile.size(size?.0 ?? width, size?.1 ?? height))
        let named = tiles ?? Array(1...file.items.count)
        file.primary = file.add(.init(type: "grid", properties: [stated], data: HEICFile.grid(rows, columns, width, height), isInItself: true))
        file.references = [("dimg", file.primary, named)]
        return file
    }

    /// A coded picture with another item as its transparency.
    private func withAlpha(_ item: HEICFile.Item, width: Int = 96, height: Int = 64) -> HEICFile {
        var file = HEICFile(parts)
        let (type, size) = (file.add("auxC", HEICFile.alphaType), file.add("ispe", HEICFile.size(width, height)))
        var item = item
        item.properties += [type, size]
        let number = file.add(item)
        file.references = [("auxl", number, [1])]
        return file
    }

    @Test("one coded picture, a grid of them, and transparency of either kind are decoded")
    func allowed() throws {
        let picture = try decoded(whole)
        #expect(try decoded(HEICFile(parts).bytes).rgb == picture.rgb)
        let pair = try decoded(grid(1, 2, 180, 64).bytes)
        #expect((pair.width, pair.height) == (180, 64))
        for (x, from) in [(0, 0), (95, 95), (96, 0), (179, 83)] {
            // Colours were coded at half the resolution, and are smoothed across tiles.
            let off = (0..<3).map { abs(Int(pair.rgb[(30 * 180 + x) * 3 + $0]) - Int(picture.rgb[(30 * 96 + from) * 3 + $0])) }
            #expect(off.max() ?? 255 < 24, "column \(x)")
        }
        let clear = try decoded(withAlpha(.init(type: "hvc1", properties: [1], data: parts.slices)).bytes)
        #expect((clear.width, clear.height) == (96, 64) && clear.rgb != picture.rgb)
    }

    @Test("a telephone's layout: hidden tiles, turned as a whole, with thumbnail, Exif and a gain map")
    func telephone() throws {
        let image = try decoded(try HEICTests.file("tiles-turned.heic"))
        #expect((image.width, image.height) == (80, 112) && (image.originalWidth, image.originalHeight) == (80, 112))
        let stored = Pictures.gradient(width: 112, height: 80)
        var off = 0
        // Turned by 270 degrees anticlockwise: what was at the left is at the top.
        for place in 0..<(112 * 80 * 3) {
            let (x, y) = (place / 3 % 80, place / 240)
            off += abs(Int(image.rgb[place]) - Int(stored[((79 - x) * 112 + y) * 3 + place % 3]))
        }
        #expect(off / (112 * 80 * 3) < 4)
    }

    @Test("parts that refer to one another in a circle are refused")
    func circles() {
        var file = withAlpha(.init(type: "iovl", data: HEICFile.overlay(1, 96, 64)))
        file.references.append(("dimg", 2, [1]))
        expectRefusal(file, "item 2 is of type iovl; allowed are")
        expectRefusal(grid(1, 1, 96, 64, of: [2]), "tile 2 is not coded")
        file = withAlpha(.init(type: "grid", data: HEICFile.grid(1, 1, 96, 64)))
        file.references.append(("dimg", 2, [2]))
        expectRefusal(file, "tile 2 is not coded")
        file = HEICFile(parts)
        file.primary = file.add(.init(type: "iden", properties: [2], data: []))
        file.references = [("dimg", 2, [2])]
        expectRefusal(file, "of type iden")
    }

    @Test("a canvas that is larger than the header says, or than its tiles, is refused")
    func canvases() {
        expectRefusal(grid(1, 1, 6000, 6000, size: (96, 64)), "grid 2 is 6000 x 6000 pixels, its header says 96 x 64")
        expectRefusal(grid(1, 1, 6000, 6000), "do not cover")
        expectRefusal(grid(1, 1, 12_288, 12_288), "pixels in all")
        var overlay = HEICFile(parts)
        overlay.primary = overlay.add(.init(type: "iovl", properties: [2], data: HEICFile.overlay(1, 6000, 6000)))
        overlay.references = [("dimg", 2, [1])]
        expectRefusal(overlay, "of type iovl")
        // Cut to a small piece, the picture is still decoded whole.
        var cut = HEICFile(parts)
        cut.properties[1].content = HEICFile.size(12_288, 12_288)
        cut.items[0].properties.append(cut.add("clap", [8, 1, 8, 1, 0, 1, 0, 1].flatMap { HEICFile.number($0, 4) }))
        expectRefusal(cut, "12288 x 12288")
    }

    @Test("one item that is named many times is refused")
    func many() {
        var overlay = HEICFile(parts)
        overlay.primary = overlay.add(.init(type: "iovl", properties: [2], data: HEICFile.overlay(2000, 96, 64)))
        overlay.references = [("dimg", 2, [Int](repeating: 1, count: 2000))]
        expectRefusal(overlay, "of type iovl")
        let named = [Int](repeating: 1, count: 1024)
        expectRefusal(grid(32, 32, 96, 64, of: named), "more data than the file")
        var long = grid(32, 32, 96, 64, of: named)
        long.spare = 2 << 20
        expectRefusal(long, "more than twice as many")
        expectRefusal(grid(64, 64, 96, 64, of: [Int](repeating: 1, count: 4096)), "at most 1024")
        expectRefusal(grid(2, 2, 96, 64, of: [1, 1]), "has 2 tiles")
    }

    @Test("coded data that is larger than the header says is refused, wherever its size is stated")
    func codedSizes() {
        var file = HEICFile(parts)
        file.properties[1].content = HEICFile.size(64, 64)
        expectRefusal(file, "says it has 64 x 64 pixels, its coded data 96 x 64")
        let alpha = HEICFile.Item(type: "hvc1", properties: [1], data: parts.slices)
        expectRefusal(withAlpha(alpha, width: 32, height: 32), "says it has 32 x 32 pixels, its coded data 96 x 64")
        // Tiles of two sizes, each as it says.
        file = grid(1, 2, 180, 64)
        let other = HEICFile.Item(type: "hvc1", properties: [1, file.add("ispe", HEICFile.size(100, 64))], data: parts.slices)
        file.items[1] = other
        expectRefusal(file, "its coded data 96 x 64")
    }

    @Test("parameter sets within the data are those of the header or refused; one picture is all that an item holds")
    func codedData() throws {
        let set = parts.sets(33)
        #expect(set.count > 20)
        func file(_ data: [UInt8]) -> HEICFile {
            var file = HEICFile(parts)
            file.items[0].data = data
            return file
        }
        func unit(_ bytes: [UInt8]) -> [UInt8] { HEICFile.number(bytes.count, 4) + bytes }
        #expect(try decoded(file(unit(set) + parts.slices).bytes).rgb == decoded(whole).rgb)
        var wide = set
        wide[wide.count - 8] ^= 4
        expectRefusal(file(unit(wide) + parts.slices), "parameter sets within its data")
        expectRefusal(file(parts.slices + parts.slices), "more than one picture")
        // A picture that others are needed for: TRAIL_R.
        expectRefusal(file(unit([0x02, 0x01, 0x80, 0, 0])), "for itself alone")
        expectRefusal(file([0, 0, 0]), "ends early")
        expectRefusal(file([0x7F, 0xFF, 0xFF, 0xFF, 0x26, 1, 0x80]), "ends early")
        expectRefusal(file([]), "no coded picture")
        let slices = (0..<40).flatMap { unit([0x26, 0x01, $0 == 0 ? 0x80 : 0, 0, 0]) }
        expectRefusal(file(slices), "more than 16 slices")
    }

    @Test("transparency has the picture's size, and there is one")
    func transparency() {
        let alpha = HEICFile.Item(type: "hvc1", properties: [1], data: parts.slices)
        var file = withAlpha(alpha)
        file.references.append(("auxl", file.add(file.items[1]), [1]))
        expectRefusal(file, "2 pictures of its transparency")
        file = grid(1, 2, 180, 64)
        let type = file.add("auxC", HEICFile.alphaType)
        file.references.append(("auxl", file.add(.init(type: "hvc1", properties: [1, 2, type], data: parts.slices)), [file.primary]))
        expectRefusal(file, "not as large as the picture")
    }

    @Test("what is missing or stated twice is named")
    func incomplete() {
        var file = HEICFile(parts)
        file.items[0].properties = [1]
        expectRefusal(file, "no size (ispe)")
        file.items[0].properties = [2]
        expectRefusal(file, "no parameter sets (hvcC)")
        file.items[0].properties = [1, 2, 2]
        expectRefusal(file, "two sizes (ispe)")
        let turned = file.add("irot", [1])
        file.items[0].properties = [1, 2, turned, turned]
        expectRefusal(file, "two properties irot")
        file.items[0].properties = [1, 2] + (0..<100).map { file.add("colr", HEICFile.number(0x6100_0000 + $0, 4)) }
        #expect(throws: Never.self) { try decoded(file.bytes) }
        file.primary = 7
        expectRefusal(file, "no item 7")
        var tile = grid(1, 2, 180, 64)
        tile.items[1].properties.append(tile.add("irot", [1]))
        expectRefusal(tile, "tile 2 is turned")
    }

    @Test("whatever a byte is changed to, or wherever the file ends, it is decoded within the limits or refused")
    func damage() throws {
        let small = ImageLimits(bytesMax: 1 << 20, pixelsMax: 40_000, sidePixelsMax: 400)
        let phone = try HEICTests.file("tiles-turned.heic")
        // The head, where all structure is: every byte; the coded data only here and there.
        let head = try #require(phone.indices.first { phone[$0...].starts(with: Array("mdat".utf8)) })
        for place in Array(0..<head) + Array(stride(from: head, to: phone.count, by: 37)) {
            var broken = phone
            broken[place] ^= place % 2 == 0 ? 0xFF : 1
            if let image = try? decoded(broken, limits: small) { #expect(image.width * image.height <= 40_000) }
        }
        #expect(throws: ImageError.self) { try decoded(Array(phone[..<24]) + [0, 0, 0, 8] + Array("meta".utf8)) }
        for length in stride(from: 0, to: head, by: 7) {
            #expect(throws: ImageError.self, "\(length)") { try decoded(Array(phone[..<length]), limits: small) }
        }
    }
}
