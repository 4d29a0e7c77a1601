public import ImageDecoding

/// What is measured on a picture's pixels without a network: the colours of the item before its background, and a tiny copy.
public enum PictureMeasures {
    /// Levels of each colour channel in the histogram.
    static let levels = 6
    /// Width and height of the tiny copy.
    static let thumbnail = (width: 15, height: 20)
    /// A pixel whose darkest channel is at least this counts as background: shop pictures stand on white.
    static let backgroundFrom: UInt8 = 235
    /// With fewer foreground pixels than this every pixel counts.
    static let foregroundMin = 30

    public static let histogramCount = levels * levels * levels
    public static let thumbnailCount = thumbnail.width * thumbnail.height * 3

    /// Square roots of the parts that each of 6×6×6 colours has in the foreground (so that their distance is Hellinger's). Length 1.
    public static func histogram(_ image: DecodedImage) -> [Float] {
        var counts = [Float](repeating: 0, count: histogramCount)
        var total: Float = 0
        func count(_ all: Bool) {
            for pixel in 0..<image.width * image.height {
                let (r, g, b) = (image.rgb[pixel * 3], image.rgb[pixel * 3 + 1], image.rgb[pixel * 3 + 2])
                guard all || min(r, g, b) < backgroundFrom else { continue }
                counts[(Int(r) * levels / 256 * levels + Int(g) * levels / 256) * levels + Int(b) * levels / 256] += 1
                total += 1
            }
        }
        count(false)
        if total < Float(foregroundMin) {
            counts = [Float](repeating: 0, count: histogramCount)
            total = 0
            count(true)
        }
        return counts.map { ($0 / max(total, 1)).squareRoot() }
    }

    /// A picture of `thumbnail` size as numbers from 0 to 1.
    public static func tiny(_ image: DecodedImage) -> [Float] {
        precondition(image.width == thumbnail.width && image.height == thumbnail.height, "the tiny copy has its size")
        return image.rgb.map { Float($0) / 255 }
    }
}
