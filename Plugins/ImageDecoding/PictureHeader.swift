// Unsafe: calls into the C codecs. Invariants: `bytes` outlives each call; the target has exactly width × height × 3 bytes,
// which the codec is told; the profile that the C side allocated is copied and freed before `init` returns.

import CImageCodec

/// A picture's header: its stored size and its colour profile.
struct PictureHeader {
    let format: ImageFormat
    let width: Int
    let height: Int
    /// Decoding takes memory for the pixels that come out, and for a few rows more.
    let isRowByRow: Bool
    /// Of the pixels as stored: 1 grey, 3 RGB, 4 CMYK.
    private let channels: UInt32
    /// The embedded profile; empty when there is none.
    private let profile: [UInt8]
    /// What of a HEIC is decoded, and its longest side.
    private let checked: (file: [UInt8], sideMax: UInt32)

    init(format: ImageFormat, bytes: UnsafeBufferPointer<UInt8>, limits: ImageLimits) throws(ImageError) {
        let structure = format == .heic ? try HEICStructure(bytes, limits: limits) : nil
        let checked = (file: structure?.written ?? [], sideMax: UInt32(structure?.sideMax ?? 0))
        var header = ic_header()
        var reason = Reason()
        let result = reason.fill { reason in
            switch format {
            case .jpeg: ic_jpeg_header(bytes.baseAddress, bytes.count, &header, reason)
            case .png: ic_png_header(bytes.baseAddress, bytes.count, &header, reason)
            case .webp: ic_webp_header(bytes.baseAddress, bytes.count, &header, reason)
            case .gif: ic_gif_header(bytes.baseAddress, bytes.count, &header, reason)
            case .heic: ic_heic_header(checked.file, checked.file.count, checked.sideMax, &header, reason)
            }
        }
        defer { ic_header_free(&header) }
        try reason.check(result, format)
        self.format = format
        self.checked = checked
        width = Int(header.width)
        height = Int(header.height)
        isRowByRow = header.row_by_row != 0
        channels = format == .webp ? 3 : header.channels
        if format == .webp {
            let chunk = RiffChunks(bytes).find("ICCP")
            profile = chunk.map { Array(bytes[$0]) } ?? []
        } else if let icc = header.icc {
            profile = Array(UnsafeBufferPointer(start: icc, count: header.icc_length))
        } else {
            profile = []
        }
    }

    /// What `decode` gives with this plan, pixels.
    func decodedSize(_ plan: DecodePlan) -> (width: Int, height: Int) {
        format == .jpeg ? DecodePlan.scaled(width, height, plan.eighths) : (width, height)
    }

    /// All pixels, at the plan's scale for a JPEG, not yet upright. CMYK is sRGB then, where colours are to be.
    func decode(_ bytes: UnsafeBufferPointer<UInt8>, _ plan: DecodePlan, _ colour: ColourHandling) throws(ImageError) -> DecodedImage {
        let (width, height) = decodedSize(plan)
        let inks = colour == .sRGB && channels == 4 ? profile : []
        var reason = Reason()
        var result = IC_OK
        let rgb = [UInt8](unsafeUninitializedCapacity: width * height * 3) { target, count in
            result = reason.fill { reason in
                switch format {
                case .jpeg:
                    ic_jpeg_decode(
                        bytes.baseAddress, bytes.count, UInt32(plan.eighths), UInt32(width), UInt32(height), inks, inks.count, target.baseAddress,
                        reason)
                case .png: ic_png_decode(bytes.baseAddress, bytes.count, UInt32(width), UInt32(height), target.baseAddress, reason)
                case .webp: ic_webp_decode(bytes.baseAddress, bytes.count, UInt32(width), UInt32(height), target.baseAddress, reason)
                case .gif: ic_gif_decode(bytes.baseAddress, bytes.count, UInt32(width), UInt32(height), target.baseAddress, reason)
                case .heic:
                    ic_heic_decode(
                        checked.file, checked.file.count, checked.sideMax, UInt32(width), UInt32(height), target.baseAddress, reason)
                }
            }
            if result != IC_OK { target.update(repeating: 255) }
            count = target.count
        }
        try reason.check(result, format)
        return DecodedImage(width: width, height: height, rgb: rgb)
    }

    /// Converts in place; pixels without a profile, or with one that is sRGB or cannot be read, stay as they are.
    func convertToSRGB(_ rgb: inout [UInt8]) {
        guard !profile.isEmpty else { return }
        let pixels = rgb.count / 3
        rgb.withUnsafeMutableBufferPointer { target in
            _ = ic_to_srgb(profile, profile.count, channels, target.baseAddress, pixels)
        }
    }
}

/// The codec's message of a failure.
struct Reason {
    private var text = [CChar](repeating: 0, count: Int(IC_REASON_MAX))

    mutating func fill(_ body: (UnsafeMutablePointer<CChar>?) -> ic_result) -> ic_result {
        text.withUnsafeMutableBufferPointer { body($0.baseAddress) }
    }

    func check(_ result: ic_result, _ format: ImageFormat) throws(ImageError) {
        switch result {
        case IC_OK: return
        case IC_NO_MEMORY: throw .noMemory
        case IC_UNSUPPORTED: throw .unsupported(format, line)
        default: throw .damaged(format, line)
        }
    }

    private var line: String {
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes.map { $0 < 32 ? 32 : $0 }, as: UTF8.self)
    }
}
