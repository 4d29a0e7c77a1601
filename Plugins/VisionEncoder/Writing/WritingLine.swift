import ImageDecoding
import PluginKit
import Wire

/// Sizes of the writing models' inputs.
enum WritingLimits {
    static let findPath = "writing/writing-find.xml"
    static let readPath = "writing/writing-read.xml"
    /// Longer side of the picture that lines are cut from.
    static let pictureSideMax = 1_920
    /// Longer side of the picture in which lines are looked for; smaller ones are enlarged to the lower bound, so that small writing is seen.
    static let findSides = 736...960
    /// Sides of that picture are multiples of it.
    static let findStep = 32
    static let lineHeight = 48
    /// Widths of a line as the model sees it; the shorter ones are filled up with grey.
    static let lineWidths = 320...1_280
    static let lineStep = 32
    static let grey: UInt8 = 128
    /// A line that is so much higher than wide is written downwards, or the picture lies on its side.
    static let uprightRatioMin: Float = 1.5
    /// Mean probability of a line's characters.
    static let confidenceMin: Float = 0.5
    static let charactersFileBytesMax = 1 << 20
    static let characters = 18_708
}

/// The sizes of a picture in which lines are looked for.
enum WritingSizes {
    static func find(width: Int, height: Int) -> (width: Int, height: Int) {
        let side = max(width, height)
        let wanted = min(max(side, WritingLimits.findSides.lowerBound), WritingLimits.findSides.upperBound)
        func scaled(_ length: Int) -> Int {
            let steps = (length * wanted + side * WritingLimits.findStep / 2) / (side * WritingLimits.findStep)
            return max(1, steps) * WritingLimits.findStep
        }
        return (scaled(width), scaled(height))
    }
}

/// A line cut out of a picture, upright.
struct LineCut: Sendable {
    /// Rows of `width` × 3 bytes, 48 of them.
    let rgb: [UInt8]
    let width: Int

    /// - Parameter corners: in pixels of the picture, from the upper left, clockwise.
    init(_ image: DecodedImage, corners: [Place]) {
        precondition(corners.count == 4, "a line has four corners")
        var (start, right, down) = (corners[0], corners[1] - corners[0], corners[3] - corners[0])
        var (length, height) = (right.dot(right).squareRoot(), down.dot(down).squareRoot())
        if height >= WritingLimits.uprightRatioMin * length {
            (start, right, down) = (corners[1], down, right * -1)
            swap(&length, &height)
        }
        let lineHeight = WritingLimits.lineHeight
        let most = WritingLimits.lineWidths.upperBound
        let filled = min(most, max(1, Int((length / max(height, 1) * Float(lineHeight)).rounded(.up))))
        let step = WritingLimits.lineStep
        width = min(most, max(WritingLimits.lineWidths.lowerBound, (filled + step - 1) / step * step))
        var rgb = [UInt8](repeating: WritingLimits.grey, count: width * lineHeight * 3)
        for y in 0..<lineHeight {
            let row = start + down * ((Float(y) + 0.5) / Float(lineHeight))
            for x in 0..<filled {
                let at = row + right * ((Float(x) + 0.5) / Float(filled))
                LineCut.sample(image, at, &rgb, (y * width + x) * 3)
            }
        }
        self.rgb = rgb
    }

    /// Bilinear; what lies beyond the picture is its border.
    private static func sample(_ image: DecodedImage, _ at: Place, _ target: inout [UInt8], _ place: Int) {
        let (x, y) = (min(max(at.x - 0.5, 0), Float(image.width - 1)), min(max(at.y - 0.5, 0), Float(image.height - 1)))
        let (left, top) = (Int(x), Int(y))
        let (right, bottom) = (min(left + 1, image.width - 1), min(top + 1, image.height - 1))
        let (fx, fy) = (x - Float(left), y - Float(top))
        for channel in 0..<3 {
            func pixel(_ x: Int, _ y: Int) -> Float { Float(image.rgb[(y * image.width + x) * 3 + channel]) }
            let upper = pixel(left, top) * (1 - fx) + pixel(right, top) * fx
            let lower = pixel(left, bottom) * (1 - fx) + pixel(right, bottom) * fx
            target[place + channel] = UInt8(upper * (1 - fy) + lower * fy + 0.5)
        }
    }
}

/// What the reader's classes stand for.
struct Characters: Sendable {
    private let texts: [String]

    /// Reads characters.txt. Blocks: for the start of an instance.
    /// - Throws: NOT_FOUND when it is missing, FAILED_PRECONDITION when it is not the model's.
    init(file path: String) throws(PluginError) {
        let bytes = try FileBytes.read(
            path, bytesMax: WritingLimits.charactersFileBytesMax, advice: "`tools/setup/setup --with writing` fetches it")
        texts = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        guard texts.count == WritingLimits.characters else {
            throw PluginError(.failedPrecondition, "\(path) has \(texts.count) characters; the model has \(WritingLimits.characters)")
        }
    }

    /// The text of a line by the likeliest class of each step (CTC: a class that goes on is one character, class 0 is none), and the mean of its
    /// characters' probabilities; nil when there is no character.
    func text(best: [Float], probabilities: [Float]) -> (text: String, confidence: Float)? {
        var text = ""
        var (sum, count): (Float, Float) = (0, 0)
        var last = 0
        for (step, probability) in zip(best, probabilities) {
            let kind = Int(exactly: step) ?? 0
            defer { last = kind }
            guard kind != last, kind > 0, kind <= texts.count + 1 else { continue }
            text += kind <= texts.count ? texts[kind - 1] : " "
            sum += probability
            count += 1
        }
        let trimmed = String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        return count > 0 && !trimmed.isEmpty ? (trimmed, sum / count) : nil
    }
}
