// ImageDecoding: untrusted JPEG, PNG, WebP, GIF and HEIC bytes to upright 8-bit sRGB pixels.
//
// It owns the limits on pictures, the sniffing of formats, EXIF orientation and the resampling. It must never decode a
// pixel before the header has passed the limits, start a thread, keep anything between calls, or run on a loop: the callers
// are compute jobs, several at once.

import CImageCodec

/// Upright 8-bit sRGB pixels.
public struct DecodedImage: Sendable, Equatable {
    /// Pixels of `rgb`.
    public var width: Int
    public var height: Int
    /// Rows from the top, 3 bytes a pixel in the order R, G, B, no padding: width × height × 3 bytes.
    public var rgb: [UInt8]
    /// Size of the whole picture, upright, before it was made smaller.
    public var originalWidth: Int
    public var originalHeight: Int

    public init(width: Int, height: Int, rgb: [UInt8], originalWidth: Int? = nil, originalHeight: Int? = nil) {
        precondition(rgb.count == width * height * 3, "a picture has three bytes a pixel")
        self.width = width
        self.height = height
        self.rgb = rgb
        self.originalWidth = originalWidth ?? width
        self.originalHeight = originalHeight ?? height
    }
}

/// What is to come out of decoding.
public enum ImageFit: Sendable, Equatable {
    /// The whole picture in its proportions, made smaller when its longer side exceeds `sideMax` pixels.
    case full(sideMax: Int)
    /// The whole picture squashed to exactly this size.
    case exactly(width: Int, height: Int, kernel: ResampleKernel)
}

/// How colours are treated.
public enum ColourHandling: Sendable, Equatable {
    /// By an embedded profile, of RGB, grey or CMYK, to sRGB.
    case sRGB
    /// The stored numbers, for models that look at shapes.
    case asStored
}

public enum ImageDecoder {
    /// Decodes one still picture. Grey, CMYK, palette and 16-bit pictures become 8-bit RGB, transparency lies on white, the
    /// EXIF orientation is applied.
    /// - Throws: `ImageError`; damaged or truncated data is an error, never a half picture.
    public static func decode(
        _ data: UnsafeRawBufferPointer, limits: ImageLimits = ImageLimits(), fit: ImageFit, colour: ColourHandling = .sRGB
    ) throws(ImageError) -> DecodedImage {
        let format = try sniffed(data, limits)
        let bytes = data.bindMemory(to: UInt8.self)
        let header = try PictureHeader(format: format, bytes: bytes, limits: limits)
        try limits.check(header)
        let orientation = ExifOrientation.find(in: bytes, format: format)
        let upright = orientation.upright(width: header.width, height: header.height)
        let plan = DecodePlan(format: format, width: header.width, height: header.height, fit: fit, swapped: orientation.swapsSides)
        try limits.check(header, plan)
        var image = try header.decode(bytes, plan, colour)
        if plan.width != image.width || plan.height != image.height {
            image = Resampler.resize(image, width: plan.width, height: plan.height, kernel: plan.kernel)
        }
        if colour == .sRGB { header.convertToSRGB(&image.rgb) }
        image = orientation.apply(to: image)
        image.originalWidth = upright.width
        image.originalHeight = upright.height
        return image
    }

    /// Upright size of a picture from its header alone.
    public static func size(
        _ data: UnsafeRawBufferPointer, limits: ImageLimits = ImageLimits()
    ) throws(ImageError) -> (width: Int, height: Int) {
        let format = try sniffed(data, limits)
        let bytes = data.bindMemory(to: UInt8.self)
        let header = try PictureHeader(format: format, bytes: bytes, limits: limits)
        try limits.check(header)
        return ExifOrientation.find(in: bytes, format: format).upright(width: header.width, height: header.height)
    }

    private static func sniffed(_ data: UnsafeRawBufferPointer, _ limits: ImageLimits) throws(ImageError) -> ImageFormat {
        guard !data.isEmpty else { throw .empty }
        guard data.count <= limits.bytesMax else { throw .tooManyBytes(data.count, max: limits.bytesMax) }
        guard let format = ImageFormat(sniffing: data) else { throw .unknownFormat }
        return format
    }
}

/// How a picture is decoded and then resampled, in stored (not yet upright) coordinates.
struct DecodePlan: Equatable {
    /// A JPEG is decoded at eighths/8 of its size straight from its DCT coefficients.
    var eighths = 8
    /// The size to resample to.
    var width: Int
    var height: Int
    var kernel: ResampleKernel

    init(format: ImageFormat, width: Int, height: Int, fit: ImageFit, swapped: Bool) {
        switch fit {
        case .exactly(let targetWidth, let targetHeight, let kernel):
            (self.width, self.height) = swapped ? (targetHeight, targetWidth) : (targetWidth, targetHeight)
            self.kernel = kernel
            // Half, quarter and eighth size have fast paths; at least 1.5 times the target is left for the antialiasing kernel.
            while format == .jpeg, eighths > 1, width * eighths / 8 >= self.width * 3, height * eighths / 8 >= self.height * 3 {
                eighths /= 2
            }
        case .full(let sideMax):
            kernel = .cubic
            let side = max(width, height)
            guard side > sideMax else {
                (self.width, self.height) = (width, height)
                return
            }
            while format == .jpeg, eighths > 1, (side * eighths + 7) / 8 > sideMax { eighths -= 1 }
            if format == .jpeg, (side * eighths + 7) / 8 <= sideMax {
                (self.width, self.height) = DecodePlan.scaled(width, height, eighths)
            } else {
                // Also of a JPEG that is too large at an eighth.
                self.width = max(1, (width * sideMax + side / 2) / side)
                self.height = max(1, (height * sideMax + side / 2) / side)
            }
        }
    }

    static func scaled(_ width: Int, _ height: Int, _ eighths: Int) -> (Int, Int) {
        var scaledWidth: UInt32 = 0
        var scaledHeight: UInt32 = 0
        ic_jpeg_scaled_size(UInt32(width), UInt32(height), UInt32(eighths), &scaledWidth, &scaledHeight)
        return (Int(scaledWidth), Int(scaledHeight))
    }
}
