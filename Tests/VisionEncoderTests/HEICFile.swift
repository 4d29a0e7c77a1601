/// A HEIC written box by box, right or wrong: the parts of a good one put together anew.
struct HEICFile {
    struct Item {
        var type: String
        /// Places in `properties`, from 1.
        var properties: [Int] = []
        var data: [UInt8]
        var isInItself = false
    }

    /// Item 1 is the first.
    var items: [Item] = []
    var primary = 1
    var properties: [(type: String, content: [UInt8])] = []
    var references: [(type: String, from: Int, to: [Int])] = []
    /// Bytes that belong to nobody.
    var spare = 0

    /// What `gradient.heic` is made of.
    struct Parts {
        let parameters: [UInt8]
        let slices: [UInt8]

        init(of file: [UInt8]) {
            func content(_ type: String) -> [UInt8] {
                guard let place = file.indices.first(where: { file[$0...].starts(with: Array(type.utf8)) }) else { return [] }
                let size = file[place - 4..<place].reduce(0) { $0 << 8 | Int($1) }
                return Array(file[place + 4..<place - 4 + size])
            }
            (parameters, slices) = (content("hvcC"), content("mdat"))
        }

        /// The parameter sets of a type (32 to 34).
        func sets(_ type: UInt8) -> [UInt8] {
            let places = parameters.indices.dropFirst(23)
            guard let place = places.first(where: { parameters[$0] & 0x3F == type && parameters[($0 + 1)...].starts(with: [0, 1]) }) else {
                return []
            }
            let length = Int(parameters[place + 3]) << 8 | Int(parameters[place + 4])
            return Array(parameters[place + 5..<place + 5 + length])
        }
    }

    /// One coded picture of 96 x 64 pixels.
    init(_ parts: Parts) {
        properties = [("hvcC", parts.parameters), ("ispe", Self.size(96, 64))]
        items = [Item(type: "hvc1", properties: [1, 2], data: parts.slices)]
    }

    static func size(_ width: Int, _ height: Int) -> [UInt8] { [0, 0, 0, 0] + number(width, 4) + number(height, 4) }
    static func grid(_ rows: Int, _ columns: Int, _ width: Int, _ height: Int) -> [UInt8] {
        [0, 1, UInt8(rows - 1), UInt8(columns - 1)] + number(width, 4) + number(height, 4)
    }
    /// The background, the canvas, and for each item where it lies.
    static func overlay(_ count: Int, _ width: Int, _ height: Int) -> [UInt8] {
        [0, 1, 0, 0, 0, 0, 0, 0, 0, 0] + number(width, 4) + number(height, 4) + [UInt8](repeating: 0, count: 8 * count)
    }
    static let alphaType = [0, 0, 0, 0] + Array("urn:mpeg:hevc:2015:auxid:1".utf8) + [0]

    /// - Returns: the property's place.
    mutating func add(_ type: String, _ content: [UInt8]) -> Int {
        properties.append((type, content))
        return properties.count
    }

    /// - Returns: the item's number.
    mutating func add(_ item: Item) -> Int {
        items.append(item)
        return items.count
    }

    static func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * (count - 1 - $0)) & 255) } }
    static func box(_ type: String, _ content: [UInt8]) -> [UInt8] { number(content.count + 8, 4) + Array(type.utf8) + content }

    var bytes: [UInt8] {
        let start = Self.box("ftyp", Array("heic".utf8) + [0, 0, 0, 0] + Array("mif1heic".utf8))
        let place = start.count + meta(0).count + 8
        return start + meta(place) + Self.box("mdat", items.flatMap { $0.isInItself ? [] : $0.data } + [UInt8](repeating: 0, count: spare))
    }

    private func meta(_ dataStart: Int) -> [UInt8] {
        let none: [UInt8] = [0, 0, 0, 0]
        var (entries, places, associations) = (Self.number(items.count, 2), [0x44, 0] + Self.number(items.count, 2), Self.number(items.count, 4))
        var (inFile, own) = (dataStart, [UInt8]())
        for (index, item) in items.enumerated() {
            let number = Self.number(index + 1, 2)
            entries += Self.box("infe", [2, 0, 0, 0] + number + [0, 0] + Array(item.type.utf8) + [0])
            places += number + [0, item.isInItself ? 1 : 0, 0, 0, 0, 1] + Self.number(item.isInItself ? own.count : inFile, 4)
            places += Self.number(item.data.count, 4)
            associations += number + [UInt8(item.properties.count)] + item.properties.map { UInt8($0) }
            if item.isInItself { own += item.data } else { inFile += item.data.count }
        }
        let named = references.flatMap { reference in
            Self.box(reference.type, ([reference.from, reference.to.count] + reference.to).flatMap { Self.number($0, 2) })
        }
        var boxes = Self.box("hdlr", none + none + Array("pict".utf8) + [UInt8](repeating: 0, count: 13))
        boxes += Self.box("pitm", none + Self.number(primary, 2))
        boxes += Self.box("iinf", none + entries)
        boxes += Self.box("iref", none + named)
        boxes += Self.box("iprp", Self.box("ipco", properties.flatMap { Self.box($0.type, $0.content) }) + Self.box("ipma", none + associations))
        boxes += Self.box("idat", own)
        boxes += Self.box("iloc", [1, 0, 0, 0] + places)
        return Self.box("meta", none + boxes)
    }
}
