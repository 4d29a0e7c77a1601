/// The parameter sets of a picture coded as HEVC, from an `hvcC` box (ISO/IEC 14496-15, 8.3.2): what libde265 takes its memory by.
struct HEVCParameterSets {
    /// Video, sequence and picture parameter sets of one picture; usual are three.
    static let countMax = 16
    /// All of them; usual are 100.
    static let bytesMax = 4096

    /// The box without its parameter sets, with the samples that these say.
    private let configuration: [UInt8]
    private let sets: [[UInt8]]
    let format: Format

    struct Format: Equatable {
        /// Pixels that are shown.
        var width: Int
        var height: Int
        /// Pixels that are coded, at least as many.
        var codedWidth: Int
        var codedHeight: Int
        /// chroma_format_idc and bit depths, which tiles share.
        var samples: [Int]
    }

    init(_ box: ByteView) throws(ImageError) {
        var cursor = BoxCursor(box)
        var configuration = try cursor.part(22).array
        guard configuration[21] & 3 == 3 else { throw .unsupported(.heic, "its coded data does not have lengths of four bytes") }
        var sets: [[UInt8]] = []
        var format: Format?
        for _ in 0..<(try cursor.number(1)) {
            _ = try cursor.number(1)
            for _ in 0..<(try cursor.number(2)) {
                let unit = HEVCUnit(try cursor.part(try cursor.number(2)).array)
                guard unit.isOfBaseLayer, unit.isParameterSet else { continue }
                sets.append(unit.bytes)
                guard sets.count <= Self.countMax, sets.reduce(0, { $0 + $1.count }) <= Self.bytesMax else {
                    throw .unsupported(.heic, "it has more than \(Self.countMax) parameter sets or \(Self.bytesMax) bytes of them")
                }
                guard unit.kind == .sequence else { continue }
                let said = try Self.format(unit)
                guard format == nil || format == said else { throw .unsupported(.heic, "its parameter sets are of several sizes") }
                format = said
            }
        }
        guard let format else { throw .damaged(.heic, "its coded picture has no sequence parameter set") }
        for (place, value) in zip([16, 17, 18], format.samples) { configuration[place] = (place == 16 ? 0xFC : 0xF8) | UInt8(value) }
        (self.configuration, self.sets, self.format) = (configuration, sets, format)
    }

    func contains(_ unit: HEVCUnit) -> Bool { sets.contains(unit.bytes) }

    /// The content of an `hvcC` box with these parameter sets and nothing else.
    var written: [UInt8] {
        var box = configuration + [UInt8(sets.count)]
        for set in sets {
            let length = [UInt8(set.count >> 8), UInt8(set.count & 255)]
            box += [0x80 | UInt8(HEVCUnit(set).type), 0, 1] + length + set
        }
        return box
    }

    /// ITU-T H.265, 7.3.2.2.1, down to the bit depths.
    private static func format(_ unit: HEVCUnit) throws(ImageError) -> Format {
        var bits = HEVCBits(unit)
        try bits.skip(4)
        let subLayers = try bits.number(3)
        try bits.skip(1)
        // profile_tier_level: 88 bits of profile, 8 of level; what follows tells which of them each sub-layer has.
        try bits.skip(88 + 8)
        if subLayers > 0 {
            var skipped = 0
            for layer in 0..<8 {
                let has = try bits.number(2)
                if layer < subLayers { skipped += (has >> 1) * 88 + (has & 1) * 8 }
            }
            try bits.skip(skipped)
        }
        _ = try bits.exponential()
        let chroma = try bits.exponential()
        guard chroma <= 3 else { throw .damaged(.heic, "its chroma format is \(chroma)") }
        if chroma == 3 { try bits.skip(1) }
        let (width, height) = (try bits.exponential(), try bits.exponential())
        var (shownWidth, shownHeight) = (width, height)
        if try bits.number(1) == 1 {
            let (left, right, top, bottom) = (
                try bits.exponential(), try bits.exponential(), try bits.exponential(), try bits.exponential()
            )
            shownWidth -= (left + right) * (chroma == 1 || chroma == 2 ? 2 : 1)
            shownHeight -= (top + bottom) * (chroma == 1 ? 2 : 1)
        }
        let depths = [try bits.exponential(), try bits.exponential()]
        // Profiles for stills have up to 16 bits, and the box has room for 15.
        guard depths.allSatisfy({ $0 < 8 }) else { throw .unsupported(.heic, "its samples have more than 15 bits") }
        return Format(width: shownWidth, height: shownHeight, codedWidth: width, codedHeight: height, samples: [chroma] + depths)
    }
}

/// A network abstraction layer unit (ITU-T H.265, 7.3.1).
struct HEVCUnit {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    enum Kind { case sequence, otherParameters, wholePictureSlice, otherSlice, rest }

    var type: Int { bytes.isEmpty ? 63 : Int(bytes[0] >> 1 & 63) }
    var isOfBaseLayer: Bool { bytes.count > 2 && bytes[0] & 1 == 0 && bytes[1] >> 3 == 0 }
    var isParameterSet: Bool { kind == .sequence || kind == .otherParameters }
    /// first_slice_segment_in_pic_flag
    var isFirstSlice: Bool { bytes[2] & 0x80 != 0 }

    var kind: Kind {
        switch type {
        case 33: .sequence
        case 32, 34: .otherParameters
        case 19, 20: .wholePictureSlice
        case 0..<32: .otherSlice
        default: .rest
        }
    }
}

/// Reads a unit's payload bit by bit.
private struct HEVCBits {
    private let bytes: [UInt8]
    private var offset = 0

    /// Leaves out the header and the bytes that keep start codes from arising (00 00 03).
    init(_ unit: HEVCUnit) {
        var kept: [UInt8] = []
        var zeros = 0
        for byte in unit.bytes.dropFirst(2) {
            if zeros >= 2, byte == 3 {
                zeros = 0
                continue
            }
            zeros = byte == 0 ? zeros + 1 : 0
            kept.append(byte)
        }
        bytes = kept
    }

    mutating func skip(_ count: Int) throws(ImageError) {
        guard count <= bytes.count * 8 - offset else { throw Self.cut }
        offset += count
    }

    /// - Parameter count: 32 bits at most.
    mutating func number(_ count: Int) throws(ImageError) -> Int {
        let start = offset
        try skip(count)
        return (start..<offset).reduce(0) { $0 << 1 | Int(bytes[$1 / 8] >> (7 - $1 % 8) & 1) }
    }

    /// ue(v): as many zeros as the number has bits behind its first.
    mutating func exponential() throws(ImageError) -> Int {
        var zeros = 0
        while try number(1) == 0 {
            zeros += 1
            guard zeros < 32 else { throw Self.cut }
        }
        return (1 << zeros | (try number(zeros))) - 1
    }

    private static let cut = ImageError.damaged(.heic, "a parameter set ends early")
}
