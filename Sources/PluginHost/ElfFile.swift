import CVitrinePlugin
public import Wire

/// What the host must know of a shared object before it maps it, read from the file's bytes.
///
/// A pure parser of ELF64, little-endian (System V gABI, chapters 4 and 5): every offset is checked against the file.
public struct ElfFile: Sendable, Equatable {
    /// A library that it needs, and where in the file that name stands, without its zero.
    struct Need: Sendable, Equatable {
        var name: String
        var bytes: Range<Int>
    }

    private(set) var needs: [Need] = []
    /// Whether the dynamic linker looks for them in the folder that the file itself lies in.
    public private(set) var looksBesideItself = false
    /// Whether it exports the symbol that makes a library a plugin.
    public private(set) var isPlugin = false
    /// Libraries it needs, in their order.
    public var needed: [String] { needs.map(\.name) }
    /// Names of its sections, in their order.
    public var sections: [String] = []

    /// Whether it carries no Swift: such a library may be unloaded.
    public var isPureC: Bool {
        !sections.contains { $0.hasPrefix("swift5_") || $0.hasPrefix(".swift") } && !needed.contains { $0.hasPrefix("libswift") }
    }

    /// Sections of a file, at most; a linker makes some tens.
    public static let sectionsMax = 4_096

    /// - Throws: FAILED_PRECONDITION when the file is not a shared object for this machine, INVALID_ARGUMENT when it is damaged.
    public init(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) {
        let reader = Reader(bytes: bytes)
        guard bytes.count >= 64, bytes.prefix(4).elementsEqual([0x7f, 0x45, 0x4c, 0x46]) else {
            throw RPCStatus(.failedPrecondition, "it is not an ELF file")
        }
        guard bytes[4] == 2, bytes[5] == 1 else { throw RPCStatus(.failedPrecondition, "it is not a 64-bit little-endian ELF file") }
        guard try reader.u16(16) == 3 else { throw RPCStatus(.failedPrecondition, "it is not a shared object") }
        let machine = try reader.u16(18)
        guard machine == Self.machine else {
            throw RPCStatus(.failedPrecondition, "it is for another processor (ELF machine \(machine), this is \(Self.machine))")
        }
        let table = try reader.offset(40)
        let size = Int(try reader.u16(58))
        let count = Int(try reader.u16(60))
        let namesIndex = Int(try reader.u16(62))
        guard size >= 64, count > 0, count <= Self.sectionsMax, namesIndex < count else { throw Reader.damaged("its section table") }

        func header(_ index: Int) throws(RPCStatus) -> Section {
            let at = table + index * size
            // What the file does not hold (.bss) may be larger than it.
            let type = try reader.u32(at + 4)
            guard type != Section.noBits else { return Section(name: Int(try reader.u32(at)), type: type, offset: 0, size: 0, link: 0) }
            return Section(
                name: Int(try reader.u32(at)), type: type, offset: try reader.offset(at + 24), size: try reader.offset(at + 32),
                link: Int(try reader.u32(at + 40)))
        }
        let names = try header(namesIndex)
        for index in 0..<count {
            let section = try header(index)
            sections.append(String(decoding: try reader.text(in: names, at: section.name), as: UTF8.self))
            guard section.type == Section.dynamic || section.type == Section.dynamicSymbols else { continue }
            guard section.link < count else { throw Reader.damaged("what its dynamic linker reads") }
            let strings = try header(section.link)
            if section.type == Section.dynamic {
                try readDynamic(section, strings, reader)
            } else if !isPlugin {
                isPlugin = try Self.exportsEntryPoint(section, strings, reader)
            }
        }
    }

    private mutating func readDynamic(_ section: Section, _ strings: Section, _ reader: Reader) throws(RPCStatus) {
        for index in 0..<section.size / 16 {
            let at = section.offset + index * 16
            let tag = try reader.u64(at)
            if tag == 0 { break }
            let isPath = tag == Self.path || tag == Self.runPath
            guard tag == Self.need || isPath else { continue }
            let bytes = try reader.text(in: strings, at: try reader.offset(at + 8))
            let text = String(decoding: bytes, as: UTF8.self)
            if isPath {
                looksBesideItself = looksBesideItself || text.split(separator: ":").contains { ["$ORIGIN", "${ORIGIN}"].contains($0) }
            } else {
                needs.append(Need(name: text, bytes: bytes.startIndex..<bytes.endIndex))
            }
        }
    }

    // Tags of the dynamic section: DT_NEEDED, DT_RPATH, DT_RUNPATH.
    private static let need: UInt64 = 1
    private static let path: UInt64 = 15
    private static let runPath: UInt64 = 29

    private static func exportsEntryPoint(_ section: Section, _ strings: Section, _ reader: Reader) throws(RPCStatus) -> Bool {
        let wanted = Array(VT_ENTRY_POINT.utf8) + [0]
        for index in 0..<section.size / 24 {
            let at = section.offset + index * 24
            // Section 0: what it wants of others.
            guard try reader.u16(at + 6) != 0 else { continue }
            if try reader.holds(wanted, in: strings, at: Int(try reader.u32(at))) { return true }
        }
        return false
    }

    private struct Section {
        static let dynamic: UInt32 = 6
        static let dynamicSymbols: UInt32 = 11
        static let noBits: UInt32 = 8
        var name: Int
        var type: UInt32
        var offset: Int
        var size: Int
        var link: Int
    }

    private struct Reader {
        let bytes: UnsafeRawBufferPointer

        static func damaged(_ what: String) -> RPCStatus { RPCStatus(.invalidArgument, "the ELF file is damaged: \(what)") }

        func u16(_ offset: Int) throws(RPCStatus) -> UInt16 { try load(offset) }
        func u32(_ offset: Int) throws(RPCStatus) -> UInt32 { try load(offset) }
        func u64(_ offset: Int) throws(RPCStatus) -> UInt64 { try load(offset) }

        /// A 64-bit offset or size that lies within the file.
        func offset(_ at: Int) throws(RPCStatus) -> Int {
            let value = try u64(at)
            guard value <= UInt64(bytes.count) else { throw Self.damaged("an offset beyond its end") }
            return Int(value)
        }

        /// The bytes up to a zero.
        func text(in section: Section, at start: Int) throws(RPCStatus) -> Slice<UnsafeRawBufferPointer> {
            try rest(of: section, from: start).prefix { $0 != 0 }
        }

        private func rest(of section: Section, from start: Int) throws(RPCStatus) -> Slice<UnsafeRawBufferPointer> {
            let first = section.offset + start
            guard start < section.size, first < bytes.count else { throw Self.damaged("a name beyond its table") }
            return bytes[first..<min(section.offset + section.size, bytes.count)]
        }

        /// Whether a text is this one, with its zero at the end; without making it, since a library may have ten thousands of names.
        func holds(_ text: [UInt8], in section: Section, at start: Int) throws(RPCStatus) -> Bool {
            try rest(of: section, from: start).prefix(text.count).elementsEqual(text)
        }

        private func load<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) throws(RPCStatus) -> Value {
            guard offset >= 0, offset <= bytes.count - MemoryLayout<Value>.size else { throw Self.damaged("it is cut off") }
            return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
    }

    private static var machine: UInt16 {
        #if arch(arm64)
            183
        #else
            62
        #endif
    }
}
