extension HEICStructure {
    /// A HEIC of these parts: item 1 is the primary picture, and every item has one place in the file.
    var written: [UInt8] {
        var items = Items()
        let primary = items.add(self.primary, others: [])
        if let alpha {
            let auxiliary = items.add(alpha, others: [("auxC", [0, 0, 0, 0] + Array("urn:mpeg:hevc:2015:auxid:1".utf8) + [0])])
            items.references += Bytes.box("auxl", Bytes.number(auxiliary, 2) + Bytes.number(1, 2) + Bytes.number(primary, 2))
        }
        let start = Bytes.box("ftyp", Array("heic".utf8) + [0, 0, 0, 0] + Array("mif1heic".utf8))
        // Numbers in it have the same length wherever the data begins.
        let length = start.count + items.meta(dataStart: 0).count
        return start + items.meta(dataStart: length + 8) + Bytes.box("mdat", items.data)
    }

    private struct Items {
        private var types: [BoxType] = []
        /// Boxes with how many an item has.
        private var properties: [[UInt8]] = []
        private var associations: [[Int]] = []
        private var places: [(offset: Int, length: Int)] = []
        var references: [UInt8] = []
        private(set) var data: [UInt8] = []

        /// - Returns: the item's number, 1 and more.
        mutating func add(_ picture: Picture, others: [(type: BoxType, content: [UInt8])]) -> Int {
            let size = [0, 0, 0, 0] + Bytes.number(picture.width, 4) + Bytes.number(picture.height, 4)
            var all: [(type: BoxType, content: [UInt8])] = [("ispe", size)]
            let content: [UInt8]
            switch picture.pixels {
            case .coded(let sets, let slices):
                all.insert(("hvcC", sets.written), at: 0)
                content = slices
                types.append("hvc1")
            case .grid(let rows, let columns, _):
                content = [0, 1, UInt8(rows - 1), UInt8(columns - 1)] + Bytes.number(picture.width, 4) + Bytes.number(picture.height, 4)
                types.append("grid")
            }
            associations.append((all + others + picture.properties).map { place(Bytes.box($0.type, $0.content)) })
            places.append((data.count, content.count))
            data += content
            let item = types.count
            if case .grid(_, _, let tiles) = picture.pixels {
                let numbers = tiles.map { add($0, others: []) }
                references += Bytes.box("dimg", Bytes.number(item, 2) + Bytes.number(numbers.count, 2) + numbers.flatMap { Bytes.number($0, 2) })
            }
            return item
        }

        /// A property's number; what many tiles share is written once.
        private mutating func place(_ property: [UInt8]) -> Int {
            if let known = properties.firstIndex(of: property) { return known + 1 }
            properties.append(property)
            return properties.count
        }

        func meta(dataStart: Int) -> [UInt8] {
            let version: [UInt8] = [0, 0, 0, 0]
            var entries = Bytes.number(types.count, 2)
            var locations: [UInt8] = [0x44, 0] + Bytes.number(types.count, 2)
            var associated = Bytes.number(types.count, 4)
            for (index, type) in types.enumerated() {
                let item = Bytes.number(index + 1, 2)
                entries += Bytes.box("infe", [2, 0, 0, 0] + item + [0, 0] + Bytes.number(type.code, 4) + [0])
                locations += item + [0, 0, 0, 1] + Bytes.number(dataStart + places[index].offset, 4) + Bytes.number(places[index].length, 4)
                associated += item + [UInt8(associations[index].count)] + associations[index].flatMap { Bytes.number($0, 2) }
            }
            var boxes = Bytes.box("hdlr", version + version + Array("pict".utf8) + [UInt8](repeating: 0, count: 13))
            boxes += Bytes.box("pitm", version + [0, 1])
            boxes += Bytes.box("iloc", version + locations)
            boxes += Bytes.box("iinf", version + entries)
            if !references.isEmpty { boxes += Bytes.box("iref", version + references) }
            boxes += Bytes.box("iprp", Bytes.box("ipco", properties.flatMap { $0 }) + Bytes.box("ipma", [0, 0, 0, 1] + associated))
            return Bytes.box("meta", version + boxes)
        }
    }

    private enum Bytes {
        /// Big-endian.
        static func number(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * (count - 1 - $0)) & 255) } }

        static func box(_ type: BoxType, _ content: [UInt8]) -> [UInt8] { number(content.count + 8, 4) + number(type.code, 4) + content }
    }
}
