/// What a HEIC may consist of, checked before a codec sees any of it: the primary picture and its transparency, each one coded picture or a grid of
/// coded tiles. libheif follows whatever refers to whatever and takes memory by what the coded data says, so it is given a file of our own
/// writing (`written`), which holds these parts alone.
struct HEICStructure {
    static let tilesMax = 1024
    /// Pixels that tiles may have above twice the grid's: those at the edges stand out.
    static let tilePixelsSpare = 1 << 20
    /// Coded pixels that are not shown, to the right and below: whole blocks are coded.
    static let codedSpare = 64
    /// Slices of a coded picture; usual is one. Each may go over the whole picture.
    static let slicesMax = 16

    let primary: Picture
    let alpha: Picture?

    struct Picture {
        var width: Int
        var height: Int
        /// Properties that are kept: type and content.
        var properties: [(type: BoxType, content: [UInt8])]
        var pixels: Pixels
    }

    indirect enum Pixels {
        /// Slices with their lengths before them.
        case coded(HEVCParameterSets, [UInt8])
        case grid(rows: Int, columns: Int, tiles: [Picture])
    }

    init(_ bytes: UnsafeBufferPointer<UInt8>, limits: ImageLimits) throws(ImageError) {
        var reader = try HEICReader(items: HEICItems(bytes), limits: limits, bytesLeft: bytes.count)
        primary = try reader.picture(reader.items.primary, keeping: ["colr", "pixi", "clap", "irot", "imir"])
        let alphas = reader.items.auxiliaries(of: reader.items.primary).filter { reader.isAlpha($0) }
        guard alphas.count <= 1 else { throw .unsupported(.heic, "it has \(alphas.count) pictures of its transparency; one is allowed") }
        alpha = try alphas.first.map { item throws(ImageError) -> Picture in try reader.picture(item, keeping: ["pixi"]) }
        if let alpha, (alpha.width, alpha.height) != (primary.width, primary.height) {
            throw .unsupported(.heic, "its transparency is not as large as the picture")
        }
    }

    /// The longest side of the picture and of what it is made of, in pixels.
    var sideMax: Int {
        [primary, alpha].compactMap { $0 }.map { picture in
            guard case .grid(_, _, let tiles) = picture.pixels, let tile = tiles.first else { return max(picture.width, picture.height) }
            return max(picture.width, picture.height, tile.width, tile.height)
        }.max() ?? 0
    }
}

/// From items to pictures.
private struct HEICReader {
    let items: HEICItems
    let limits: ImageLimits
    /// All items together have no more data than the file.
    var bytesLeft: Int
    /// Tiles share theirs: read once.
    private var parameters: [Int: HEVCParameterSets] = [:]

    init(items: HEICItems, limits: ImageLimits, bytesLeft: Int) {
        (self.items, self.limits, self.bytesLeft) = (items, limits, bytesLeft)
    }

    /// ISO/IEC 23008-12, 6.6.2.1.1 and annex; the last is that of ISO/IEC 23091-2.
    private static let alphaTypes = [
        "urn:mpeg:hevc:2015:auxid:1", "urn:mpeg:avc:2015:auxid:1", "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
    ]

    func isAlpha(_ item: Int) -> Bool {
        items.properties(of: item).contains { property in
            property.box.type == "auxC" && Self.alphaTypes.contains { Array($0.utf8) + [0] == property.box.content.part(4..<5 + $0.utf8.count).array }
        }
    }

    mutating func picture(_ item: Int, keeping kept: [BoxType]) throws(ImageError) -> HEICStructure.Picture {
        guard let type = items.type(of: item) else { throw .damaged(.heic, "it has no item \(item)") }
        guard type == "hvc1" || type == "grid" else {
            throw .unsupported(.heic, "item \(item) is of type \(type); allowed are pictures coded as HEVC (hvc1) and grids of them (grid)")
        }
        return type == "grid" ? try grid(item, keeping: kept) : try coded(item, keeping: kept)
    }

    private mutating func coded(_ item: Int, keeping kept: [BoxType]) throws(ImageError) -> HEICStructure.Picture {
        var picture = try described(item, keeping: kept)
        guard let box = items.properties(of: item).first(where: { $0.box.type == "hvcC" }) else {
            throw .damaged(.heic, "item \(item) has no parameter sets (hvcC)")
        }
        let sets: HEVCParameterSets
        if let known = parameters[box.index] { sets = known } else { sets = try HEVCParameterSets(box.box.content) }
        parameters[box.index] = sets
        let format = sets.format
        guard (format.width, format.height) == (picture.width, picture.height), format.codedWidth - format.width <= HEICStructure.codedSpare,
            format.codedHeight - format.height <= HEICStructure.codedSpare
        else {
            let (stated, coded) = ("\(picture.width) x \(picture.height)", "\(format.codedWidth) x \(format.codedHeight)")
            throw .damaged(.heic, "item \(item) says it has \(stated) pixels, its coded data \(coded)")
        }
        picture.pixels = .coded(sets, try slices(item, sets))
        return picture
    }

    /// The slices of the one picture that the item's data holds.
    private mutating func slices(_ item: Int, _ sets: HEVCParameterSets) throws(ImageError) -> [UInt8] {
        let data = try items.data(of: item, bytesMax: &bytesLeft)
        var slices: [UInt8] = []
        var (offset, count) = (0, 0)
        while offset < data.count {
            guard data.count - offset >= 4 else { throw BoxCursor.cut }
            let length = data[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= data.count - offset - 4 else { throw .damaged(.heic, "the data of item \(item) ends early") }
            let bytes = data[offset..<offset + 4 + length]
            let unit = HEVCUnit(Array(bytes.dropFirst(4)))
            offset += bytes.count
            // Other layers are other views of the picture.
            guard unit.isOfBaseLayer else { continue }
            switch unit.kind {
            case .sequence, .otherParameters:
                guard sets.contains(unit) else { throw .unsupported(.heic, "item \(item) has parameter sets within its data") }
            case .otherSlice: throw .unsupported(.heic, "item \(item) is not coded for itself alone (as IDR)")
            case .wholePictureSlice:
                guard unit.isFirstSlice == (count == 0) else { throw .unsupported(.heic, "item \(item) has more than one picture") }
                count += 1
                guard count <= HEICStructure.slicesMax else {
                    throw .unsupported(.heic, "item \(item) has more than \(HEICStructure.slicesMax) slices")
                }
                slices += bytes
            case .rest: break
            }
        }
        guard count > 0 else { throw .damaged(.heic, "item \(item) has no coded picture") }
        return slices
    }

    /// ISO/IEC 23008-12, 6.6.2.3.
    private mutating func grid(_ item: Int, keeping kept: [BoxType]) throws(ImageError) -> HEICStructure.Picture {
        var picture = try described(item, keeping: kept)
        let data = try items.data(of: item, bytesMax: &bytesLeft)
        guard data.count >= 8, data[0] == 0 else { throw .damaged(.heic, "grid \(item) does not say what it is") }
        let bytes = data[1] & 1 == 1 ? 4 : 2
        guard data.count >= 4 + 2 * bytes else { throw .damaged(.heic, "grid \(item) does not say what it is") }
        let (rows, columns) = (Int(data[2]) + 1, Int(data[3]) + 1)
        let sides = [4, 4 + bytes].map { start in data[start..<start + bytes].reduce(0) { $0 << 8 | Int($1) } }
        guard sides == [picture.width, picture.height] else {
            throw .damaged(.heic, "grid \(item) is \(sides[0]) x \(sides[1]) pixels, its header says \(picture.width) x \(picture.height)")
        }
        let parts = items.parts(of: item)
        guard parts.count == rows * columns, parts.count <= HEICStructure.tilesMax else {
            let allowed = "rows times columns, at most \(HEICStructure.tilesMax)"
            throw .unsupported(.heic, "grid \(item) of \(rows) x \(columns) has \(parts.count) tiles; allowed are \(allowed)")
        }
        var tiles: [HEICStructure.Picture] = []
        for part in parts {
            guard items.type(of: part) == "hvc1" else { throw .unsupported(.heic, "tile \(part) is not coded as HEVC; allowed is hvc1") }
            guard !items.properties(of: part).contains(where: { ["clap", "irot", "imir"].contains($0.box.type) }) else {
                throw .unsupported(.heic, "tile \(part) is turned, mirrored or cut; allowed is that of the whole picture")
            }
            tiles.append(try coded(part, keeping: ["pixi"]))
            guard Self.agree(tiles[0], tiles[tiles.count - 1]) else {
                throw .unsupported(.heic, "the tiles of grid \(item) are of several sizes or kinds")
            }
        }
        let (width, height) = (tiles[0].width, tiles[0].height)
        guard width * columns >= picture.width, height * rows >= picture.height else {
            throw .damaged(.heic, "the tiles of grid \(item) do not cover its \(picture.width) x \(picture.height) pixels")
        }
        guard width * height * tiles.count <= picture.width * picture.height * 2 + HEICStructure.tilePixelsSpare else {
            throw .unsupported(.heic, "the tiles of grid \(item) have \(width * height * tiles.count) pixels, more than twice as many as the picture")
        }
        picture.pixels = .grid(rows: rows, columns: columns, tiles: tiles)
        return picture
    }

    private static func agree(_ one: HEICStructure.Picture, _ other: HEICStructure.Picture) -> Bool {
        guard case .coded(let sets, _) = one.pixels, case .coded(let others, _) = other.pixels else { return false }
        return (one.width, one.height) == (other.width, other.height) && sets.format.samples == others.format.samples
    }

    /// A picture without pixels yet.
    private func described(_ item: Int, keeping kept: [BoxType]) throws(ImageError) -> HEICStructure.Picture {
        var picture = HEICStructure.Picture(width: 0, height: 0, properties: [], pixels: .grid(rows: 0, columns: 0, tiles: []))
        var hasSize = false
        for (_, box) in items.properties(of: item) {
            if box.type == "ispe" {
                guard !hasSize else { throw .damaged(.heic, "item \(item) has two sizes (ispe)") }
                var cursor = BoxCursor(box.content, from: 4)
                (picture.width, picture.height) = (try cursor.number(4), try cursor.number(4))
                hasSize = true
            } else if kept.contains(box.type) {
                // Of colours one profile and one set of code points; of what is done to a picture each once.
                let sort = box.type == "colr" ? box.content.part(0..<4).array : []
                guard box.type != "colr" || Self.colourSorts.contains(sort) else { continue }
                guard !picture.properties.contains(where: { $0.type == box.type && $0.content.starts(with: sort) }) else {
                    throw .damaged(.heic, "item \(item) has two properties \(box.type)")
                }
                guard box.content.count <= (box.type == "colr" ? Self.profileBytesMax : Self.propertyBytesMax) else { continue }
                picture.properties.append((box.type, box.content.array))
            }
        }
        guard hasSize else { throw .damaged(.heic, "item \(item) has no size (ispe)") }
        try limits.check(.heic, width: picture.width, height: picture.height)
        return picture
    }

    private static let colourSorts = ["nclx", "prof", "rICC"].map { Array($0.utf8) }
    /// A larger colour profile is left out, as from other formats.
    private static let profileBytesMax = 4 << 20
    private static let propertyBytesMax = 64
}
