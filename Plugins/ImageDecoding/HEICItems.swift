/// What a HEIC's `meta` box says of its items (ISO/IEC 14496-12, 8.11; ISO/IEC 23008-12, 9.3): of which type they are, where their data lies, which
/// properties they have, which refer to which. Nothing is believed yet but that it lies within the file.
struct HEICItems {
    static let itemsMax = 4096
    static let propertiesMax = 4096
    /// Items that are referred to, each time that they are.
    static let referencesMax = 16_384
    /// Pieces of one item's data.
    static let extentsMax = 64

    let primary: Int
    private let file: ByteView
    private let ownData: ByteView?
    private var types: [Int: BoxType] = [:]
    private var properties: [Box] = []
    private var associations: [Int: [Int]] = [:]
    private var locations: [Int: Location] = [:]
    private var references: [(type: BoxType, from: Int, to: [Int])] = []

    private struct Location {
        var method: Int
        var isElsewhere: Bool
        var extents: [(offset: Int, length: Int)]
    }

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(ImageError) {
        file = ByteView(bytes)
        guard let meta = try file.first("meta") else { throw .damaged(.heic, "it has no meta box") }
        // Behind version and flags.
        let boxes = meta.content.part(4..<max(4, meta.content.count))
        func needed(_ type: BoxType, in boxes: ByteView) throws(ImageError) -> ByteView {
            guard let box = try boxes.first(type) else { throw .damaged(.heic, "it has no box \(type)") }
            return box.content
        }
        ownData = try boxes.first("idat")?.content
        var cursor = BoxCursor(try needed("pitm", in: boxes))
        primary = try cursor.number(4) >> 24 == 0 ? try cursor.number(2) : try cursor.number(4)
        try readTypes(try needed("iinf", in: boxes))
        try readLocations(try needed("iloc", in: boxes))
        let all = try needed("iprp", in: boxes)
        try readProperties(try needed("ipco", in: all))
        try readAssociations(try needed("ipma", in: all))
        if let box = try boxes.first("iref") { try readReferences(box.content) }
    }

    /// - Returns: `nil` when there is no such item.
    func type(of item: Int) -> BoxType? { types[item] }

    /// In the order in which they apply, with a number that is the property's own.
    func properties(of item: Int) -> [(index: Int, box: Box)] {
        (associations[item] ?? []).compactMap { $0 > 0 && $0 <= properties.count ? ($0, properties[$0 - 1]) : nil }
    }

    /// The items that `item` is made of.
    func parts(of item: Int) -> [Int] { references.first { $0.type == "dimg" && $0.from == item }?.to ?? [] }

    /// The items that add something to `item`.
    func auxiliaries(of item: Int) -> [Int] { references.filter { $0.type == "auxl" && $0.to.contains(item) }.map(\.from) }

    /// An item's data.
    /// - Parameter bytesMax: is made less by what the data has.
    func data(of item: Int, bytesMax: inout Int) throws(ImageError) -> [UInt8] {
        guard let location = locations[item], !location.isElsewhere, location.method <= 1, let source = location.method == 0 ? file : ownData else {
            throw .unsupported(.heic, "item \(item) has no data in the file")
        }
        var data: [UInt8] = []
        for extent in location.extents {
            guard extent.offset <= source.count, extent.length <= source.count - extent.offset else {
                throw .damaged(.heic, "item \(item) lies behind the file's end")
            }
            bytesMax -= extent.length
            guard bytesMax >= 0 else { throw .damaged(.heic, "its items have more data than the file") }
            data += source.part(extent.offset..<extent.offset + extent.length).array
        }
        return data
    }

    private mutating func readTypes(_ box: ByteView) throws(ImageError) {
        var cursor = BoxCursor(box)
        let count = try cursor.number(4) >> 24 == 0 ? try cursor.number(2) : try cursor.number(4)
        try Self.check(count, "items", max: Self.itemsMax)
        for _ in 0..<count {
            guard let entry = try cursor.box() else { throw BoxCursor.cut }
            var fields = BoxCursor(entry.content)
            let version = try fields.number(4) >> 24
            // Before version 2 an item has no type: it is no picture.
            guard entry.type == "infe", version >= 2 else { continue }
            let item = try fields.number(version == 2 ? 2 : 4)
            _ = try fields.number(2)
            guard types.updateValue(BoxType(code: try fields.number(4)), forKey: item) == nil else { throw Self.twice(item) }
        }
    }

    private mutating func readLocations(_ box: ByteView) throws(ImageError) {
        var cursor = BoxCursor(box)
        let version = try cursor.number(4) >> 24
        let sizes = try cursor.number(2)
        let (offsetBytes, lengthBytes, baseBytes, indexBytes) = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, version == 0 ? 0 : sizes & 15)
        guard version <= 2, [offsetBytes, lengthBytes, baseBytes, indexBytes].allSatisfy({ [0, 4, 8].contains($0) }) else {
            throw .damaged(.heic, "its items' places are written in a way that is not known")
        }
        let count = try cursor.number(version < 2 ? 2 : 4)
        try Self.check(count, "items", max: Self.itemsMax)
        for _ in 0..<count {
            let item = try cursor.number(version < 2 ? 2 : 4)
            let method = version == 0 ? 0 : try cursor.number(2) & 15
            let isElsewhere = try cursor.number(2) != 0
            let base = try cursor.number(baseBytes)
            let extentCount = try cursor.number(2)
            try Self.check(extentCount, "pieces of item \(item)", max: Self.extentsMax)
            var extents: [(offset: Int, length: Int)] = []
            for _ in 0..<extentCount {
                _ = try cursor.number(indexBytes)
                let (offset, isTooFar) = base.addingReportingOverflow(try cursor.number(offsetBytes))
                guard !isTooFar else { throw BoxCursor.cut }
                extents.append((offset, try cursor.number(lengthBytes)))
            }
            guard locations.updateValue(Location(method: method, isElsewhere: isElsewhere, extents: extents), forKey: item) == nil else {
                throw Self.twice(item)
            }
        }
    }

    private mutating func readProperties(_ box: ByteView) throws(ImageError) {
        var cursor = BoxCursor(box)
        while let property = try cursor.box() {
            properties.append(property)
            try Self.check(properties.count, "properties", max: Self.propertiesMax)
        }
    }

    private mutating func readAssociations(_ box: ByteView) throws(ImageError) {
        var cursor = BoxCursor(box)
        let kind = try cursor.number(4)
        let (itemBytes, isWide) = (kind >> 24 == 0 ? 2 : 4, kind & 1 == 1)
        let count = try cursor.number(4)
        try Self.check(count, "items", max: Self.itemsMax)
        for _ in 0..<count {
            let item = try cursor.number(itemBytes)
            var indices: [Int] = []
            for _ in 0..<(try cursor.number(1)) {
                // The topmost bit says whether the property must be understood.
                indices.append(isWide ? try cursor.number(2) & 0x7FFF : try cursor.number(1) & 0x7F)
            }
            guard associations.updateValue(indices, forKey: item) == nil else { throw Self.twice(item) }
        }
    }

    private mutating func readReferences(_ box: ByteView) throws(ImageError) {
        var cursor = BoxCursor(box)
        let idBytes = try cursor.number(4) >> 24 == 0 ? 2 : 4
        var total = 0
        while let reference = try cursor.box() {
            var fields = BoxCursor(reference.content)
            let from = try fields.number(idBytes)
            let count = try fields.number(2)
            // Those who refer to nothing count as well.
            total += max(1, count)
            try Self.check(total, "references", max: Self.referencesMax)
            var to: [Int] = []
            for _ in 0..<count { to.append(try fields.number(idBytes)) }
            references.append((reference.type, from, to))
        }
    }

    private static func check(_ count: Int, _ what: String, max: Int) throws(ImageError) {
        guard count <= max else { throw .unsupported(.heic, "it has \(count) \(what); at most \(max) are allowed") }
    }

    private static func twice(_ item: Int) -> ImageError { .damaged(.heic, "item \(item) is described twice") }
}
