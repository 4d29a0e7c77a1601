/// How the camera was held: the value of EXIF tag 0x0112 (Exif 2.32, section 4.6.4). The name says what the stored first row and
/// first column are in the scene.
public enum ExifOrientation: UInt16, Sendable, CaseIterable {
    case topLeft = 1
    case topRight = 2
    case bottomRight = 3
    case bottomLeft = 4
    case leftTop = 5
    case rightTop = 6
    case rightBottom = 7
    case leftBottom = 8

    /// Width and height change places.
    public var swapsSides: Bool { rawValue >= 5 }

    func upright(width: Int, height: Int) -> (width: Int, height: Int) {
        swapsSides ? (height, width) : (width, height)
    }

    /// The orientation that the file states; `topLeft` when it states none or nonsense.
    static func find(in bytes: UnsafeBufferPointer<UInt8>, format: ImageFormat) -> ExifOrientation {
        let range: Range<Int>? =
            switch format {
            case .jpeg: JpegSegments(bytes).findExif()
            case .png: PngChunks(bytes).find("eXIf")
            case .webp: RiffChunks(bytes).find("EXIF")
            case .gif, .heic: nil
            }
        guard let range else { return .topLeft }
        return TiffDirectory(ByteView(bytes, range)).orientation ?? .topLeft
    }

    /// The picture as the camera saw it.
    func apply(to image: DecodedImage) -> DecodedImage {
        guard self != .topLeft else { return image }
        let (width, height) = upright(width: image.width, height: image.height)
        // Source offset of the upright pixel (x, y) is start + x * right + y * down.
        let (w, h) = (image.width, image.height)
        let (start, right, down): (Int, Int, Int) =
            switch self {
            case .topLeft: (0, 1, w)
            case .topRight: (w - 1, -1, w)
            case .bottomRight: (w * h - 1, -1, -w)
            case .bottomLeft: (w * (h - 1), 1, -w)
            case .leftTop: (0, w, 1)
            case .rightTop: (w * (h - 1), -w, 1)
            case .rightBottom: (w * h - 1, -w, -1)
            case .leftBottom: (w - 1, w, -1)
            }
        let rgb = [UInt8](unsafeUninitializedCapacity: width * height * 3) { target, count in
            image.rgb.withUnsafeBufferPointer { source in
                var to = 0
                for y in 0..<height {
                    var from = (start + y * down) * 3
                    for _ in 0..<width {
                        target[to] = source[from]
                        target[to + 1] = source[from + 1]
                        target[to + 2] = source[from + 2]
                        to += 3
                        from += right * 3
                    }
                }
            }
            count = width * height * 3
        }
        return DecodedImage(width: width, height: height, rgb: rgb, originalWidth: image.originalWidth, originalHeight: image.originalHeight)
    }
}
