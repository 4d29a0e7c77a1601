/// Where each part of a picture's features stands in a row, as the encoder gives them and tables keep them.
public enum PictureLayout {
    /// Mean over the network's last feature map.
    public static let mean = 0..<1_280
    /// Largest value over the last feature map.
    public static let max = 1_280..<2_560
    /// Root mean squares of the channels of three stages in the middle of the network.
    public static let middle = [2_560..<2_648, 2_648..<2_768, 2_768..<2_976]
    /// ImageNet logits.
    public static let logits = 2_976..<3_976
    /// Colours before the background (`PictureMeasures.histogram`).
    public static let colours = 3_976..<3_976 + PictureMeasures.histogramCount
    /// The tiny copy (`PictureMeasures.tiny`).
    public static let tiny = colours.upperBound..<colours.upperBound + PictureMeasures.thumbnailCount
    public static let width = tiny.upperBound
}

/// A part of what is known of a picture or a title, for choosing what to learn from.
public enum AlignmentPart: String, Sendable, CaseIterable, Codable {
    case mean, max, middle, logits, colours, tiny
    /// The vector that the server's own vision encoder gives, in the place of all of these: a model of it serves in conversations.
    case embedding
    /// The title's sentence vector.
    case sentence
    /// The title's words and pairs of words.
    case words

    static let ofPictures: [AlignmentPart] = [.mean, .max, .middle, .logits, .colours, .tiny, .embedding]

    /// What is learnt from when nothing else is said: of layers, and of what the server's encoders give.
    public static let ofLayers = allCases.filter { $0 != .embedding }
    public static let ofPlugins: [AlignmentPart] = [.embedding, .sentence, .words]

    /// Blocks of a row of layers; each is brought to length 1 and then weighted.
    var blocks: [Range<Int>] {
        switch self {
        case .mean: [PictureLayout.mean]
        case .max: [PictureLayout.max]
        case .middle: PictureLayout.middle
        case .logits: [PictureLayout.logits]
        case .colours: [PictureLayout.colours]
        case .tiny: [PictureLayout.tiny]
        case .embedding, .sentence, .words: []
        }
    }

    /// Whether the mean over the training pictures is taken off before the length is made 1.
    var isCentred: Bool { self == .logits || self == .tiny }

    /// How much it counts beside the others: found on a part of the training half of the fashion catalogue that was held out (Benchmarks/Retrieval/
    /// weights.py; there it is as well without the logits).
    public var weight: Float {
        switch self {
        case .mean, .embedding, .sentence, .words: 1
        case .middle, .tiny: 1.4
        case .max, .colours: 0.5
        case .logits: 0.35
        }
    }
}
