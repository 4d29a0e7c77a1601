// Unsafe: calls into the C codecs. Invariant: `bytes` outlives each call; the target has exactly width × height × 4 bytes, which the codec is told.

import CImageCodec

/// A picture with transparency: what is drawn onto another.
public struct ClearImage: Sendable, Equatable {
    public var width: Int
    public var height: Int
    /// Rows from the top, 4 bytes a pixel in the order R, G, B, A, no padding; colours are not multiplied by alpha.
    public var rgba: [UInt8]

    public init(width: Int, height: Int, rgba: [UInt8]) {
        precondition(rgba.count == width * height * 4, "a clear picture has four bytes a pixel")
        self.width = width
        self.height = height
        self.rgba = rgba
    }

    /// Decodes a WebP or PNG picture.
    /// - Throws: `ImageError`; other formats have no transparency and are `unsupported`.
    public init(decoding data: UnsafeRawBufferPointer, limits: ImageLimits) throws(ImageError) {
        guard !data.isEmpty else { throw .empty }
        guard data.count <= limits.bytesMax else { throw .tooManyBytes(data.count, max: limits.bytesMax) }
        guard let format = ImageFormat(sniffing: data) else { throw .unknownFormat }
        guard format == .webp || format == .png else { throw .unsupported(format, "it has no transparency; allowed are WebP and PNG") }
        let bytes = data.bindMemory(to: UInt8.self)
        let header = try PictureHeader(format: format, bytes: bytes, limits: limits)
        try limits.check(header)
        var reason = Reason()
        var result = IC_OK
        let rgba = [UInt8](unsafeUninitializedCapacity: header.width * header.height * 4) { target, count in
            target.initialize(repeating: 0)
            result = reason.fill { reason in
                let decode = format == .webp ? ic_webp_decode_alpha : ic_png_decode_alpha
                return decode(bytes.baseAddress, bytes.count, UInt32(header.width), UInt32(header.height), target.baseAddress, reason)
            }
            count = target.count
        }
        try reason.check(result, format)
        self.init(width: header.width, height: header.height, rgba: rgba)
    }
}
