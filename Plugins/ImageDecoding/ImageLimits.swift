/// What a picture may be. Checked against the header, before pixels are decoded.
public struct ImageLimits: Sendable, Equatable {
    /// Size of the file.
    public var bytesMax: Int
    /// Width times height of what is decoded.
    public var pixelsMax: Int
    /// Width times height of a JPEG in one scan, of which no more than `pixelsMax` are decoded: such a picture is made smaller row by row. Cameras of
    /// telephones have up to 200 million pixels.
    public var rowByRowPixelsMax: Int
    /// Width and height each.
    public var sidePixelsMax: Int

    public init(
        bytesMax: Int = 32 << 20, pixelsMax: Int = 40_000_000, rowByRowPixelsMax: Int = 200_000_000, sidePixelsMax: Int = 16_384
    ) {
        self.bytesMax = bytesMax
        self.pixelsMax = pixelsMax
        self.rowByRowPixelsMax = rowByRowPixelsMax
        self.sidePixelsMax = sidePixelsMax
    }

    func check(_ header: PictureHeader) throws(ImageError) {
        let most = header.isRowByRow ? max(pixelsMax, rowByRowPixelsMax) : pixelsMax
        try check(header.format, width: header.width, height: header.height, pixelsMax: most)
    }

    /// Of a picture that passed as it is: what of it is decoded.
    func check(_ header: PictureHeader, _ plan: DecodePlan) throws(ImageError) {
        let size = header.decodedSize(plan)
        guard size.width * size.height <= pixelsMax else { throw .tooLarge(width: header.width, height: header.height, limits: self) }
    }

    func check(_ format: ImageFormat, width: Int, height: Int) throws(ImageError) {
        try check(format, width: width, height: height, pixelsMax: pixelsMax)
    }

    private func check(_ format: ImageFormat, width: Int, height: Int, pixelsMax: Int) throws(ImageError) {
        guard width > 0, height > 0 else { throw .damaged(format, "it has no pixels") }
        guard width <= sidePixelsMax, height <= sidePixelsMax, width * height <= pixelsMax else {
            throw .tooLarge(width: width, height: height, limits: self)
        }
    }
}

/// Why a picture cannot be used. All of these are the sender's: INVALID_ARGUMENT.
public enum ImageError: Error, Sendable, Equatable, CustomStringConvertible {
    case empty
    case tooManyBytes(Int, max: Int)
    case unknownFormat
    case tooLarge(width: Int, height: Int, limits: ImageLimits)
    /// The codec's reason, in one line.
    case damaged(ImageFormat, String)
    case unsupported(ImageFormat, String)
    /// Not the sender's fault: the memory for the pixels could not be had.
    case noMemory

    public var description: String {
        switch self {
        case .empty: "the picture is empty; allowed are JPEG, PNG, WebP, GIF and HEIC"
        case .tooManyBytes(let count, let max): "the picture has \(count) bytes; at most \(max) are allowed"
        case .unknownFormat: "the data is not a picture that is understood; allowed are JPEG, PNG, WebP, GIF and HEIC"
        case .tooLarge(let width, let height, let limits):
            "the picture is \(width) x \(height) pixels; allowed are sides up to \(limits.sidePixelsMax) and \(limits.pixelsMax) pixels in all, "
                + "\(limits.rowByRowPixelsMax) of a JPEG in one scan that is to be made smaller"
        case .damaged(let format, let reason): "the \(format.name) picture is damaged or incomplete: \(reason)"
        case .unsupported(let format, let reason): "the \(format.name) picture cannot be decoded: \(reason)"
        case .noMemory: "there is not enough memory for the picture"
        }
    }
}

/// The formats that are decoded, told by their first bytes and never by a name.
public enum ImageFormat: Sendable, Equatable, CaseIterable {
    case jpeg
    case png
    case webp
    /// Its first picture.
    case gif
    /// Its primary picture.
    case heic

    public var name: String {
        switch self {
        case .jpeg: "JPEG"
        case .png: "PNG"
        case .webp: "WebP"
        case .gif: "GIF"
        case .heic: "HEIC"
        }
    }

    /// Major brands of pictures coded as HEVC (ISO/IEC 23008-12, annex B), and of pictures coded as their parts say.
    private static let heicBrands = ["heic", "heix", "heim", "heis", "mif1"].map { Array($0.utf8) }

    public init?(sniffing data: UnsafeRawBufferPointer) {
        if data.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if data.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if data.starts(with: Array("RIFF".utf8)), data.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            self = .webp
        } else if data.starts(with: Array("GIF87a".utf8)) || data.starts(with: Array("GIF89a".utf8)) {
            self = .gif
        } else if data.dropFirst(4).starts(with: Array("ftyp".utf8)), Self.heicBrands.contains(where: { data.dropFirst(8).starts(with: $0) }) {
            self = .heic
        } else {
            return nil
        }
    }
}
