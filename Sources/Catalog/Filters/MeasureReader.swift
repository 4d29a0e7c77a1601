/// What a sentence says of a weight, a length or a size: "under 3 g", "45 cm", "at least 50 cm long", "3克以下", "in size 7".
public struct SaidMeasure: Sendable, Equatable {
    /// Attributes that may state it, in grams, millimetres or US sizes; the first that a product has counts.
    public var attributes: [String]
    public var least: Double?
    public var most: Double?
    /// As it was said: "at least 50 cm".
    public var phrase = ""
    /// UTF-8 bytes of the text the phrase takes.
    public var range: Range<Int>

    /// Whether a product states the measure, and within what was said; of several sizes ("US 4-9") one.
    public func fits(_ product: Product) -> Bool {
        guard let stated = attributes.lazy.compactMap({ product.attribute($0).flatMap(SaidMeasure.stated) }).first else { return false }
        return stated.upperBound >= least ?? -.infinity && stated.lowerBound <= most ?? .infinity
    }

    /// "450", "US 4-9".
    private static func stated(_ text: String) -> ClosedRange<Double>? {
        let numbers = (text.split(separator: " ").last ?? "").split(separator: "-").compactMap { Double($0) }
        guard let first = numbers.first, let last = numbers.last, numbers.count <= 2, first <= last else { return nil }
        return first...last
    }
}

/// Reads measures: a number with a unit of weight or length, and what stands beside it.
///
/// A number without a comparison means that much give or take `aboutShare`, and at least `aboutMin` millimetres or tenths of a gram.
struct MeasureReader {
    let parser: FilterParser
    let tokens: [TextToken]

    static let aboutShare = 0.06
    static let aboutMin = 1.0
    /// Tokens before and behind a measure in which its dimension may be named.
    static let hintTokens = 3

    private enum Dimension {
        case weight, length, width, height, unknown

        var attributes: [String] {
            switch self {
            case .weight: ["weight_g"]
            case .length: ["length_mm"]
            case .width: ["band_width_mm", "width_mm", "pendant_width_mm", "diameter_mm"]
            case .height: ["pendant_height_mm", "length_mm"]
            case .unknown: ["length_mm", "diameter_mm", "band_width_mm", "width_mm"]
            }
        }
    }

    private enum Side { case least, most, about }

    /// What begins at `start`; nil = no measure does.
    /// - Parameter negated: what a comparison says is not wanted: "nothing heavier than 3 g".
    func read(at start: Int, negated: Bool = false) -> (measure: SaidMeasure, count: Int)? {
        if let size = size(start) { return size }
        var index = start
        var side = Side.about
        var dimension: Dimension?
        if let (found, named, count) = comparison(index) {
            (side, dimension) = (found, named)
            index += count
        }
        index += parser.lexicon.price(tokens, at: index, [.aboutBefore]) ?? 0
        guard let (value, count) = Numerals.read(tokens, at: index), value > 0 else { return nil }
        index += count
        guard let unit = unit(index) else { return nil }
        index += unit.count
        if let (found, named, count) = comparisonBehind(index) {
            (side, dimension) = (found, named ?? dimension)
            index += count
        }
        if negated, side != .about { side = side == .most ? .least : .most }
        let isWeight = unit.dimension == .weight
        let said = isWeight ? .weight : dimension ?? hint(start..<index) ?? (unit.dimension == .unknown ? .unknown : .length)
        let amount = value * unit.factor
        let about = max(amount * Self.aboutShare, isWeight ? Self.aboutMin / 10 : Self.aboutMin)
        let bytes = tokens[start].range.lowerBound..<tokens[index - 1].range.upperBound
        let measure = SaidMeasure(
            attributes: said.attributes, least: side == .most ? nil : side == .least ? amount : amount - about,
            most: side == .least ? nil : side == .most ? amount : amount + about, range: bytes)
        return (measure, index - start)
    }

    /// "size 7", "size US 7", "US 7.5": of rings, as the catalogue states their sizes.
    private func size(_ start: Int) -> (measure: SaidMeasure, count: Int)? {
        var index = start
        while tokens.indices.contains(index), ["size", "us"].contains(tokens[index].text) { index += 1 }
        guard index > start, index - start <= 3, tokens.indices.contains(index), let number = tokens[index].number, Self.sizes.contains(number) else {
            return nil
        }
        let bytes = tokens[start].range.lowerBound..<tokens[index].range.upperBound
        return (SaidMeasure(attributes: ["size_range"], least: number, most: number, range: bytes), index + 1 - start)
    }

    /// US ring sizes.
    private static let sizes = 1.0...20.0

    /// Factor to grams or millimetres. An inch or a centimetre of jewellery is a length, a millimetre may be anything.
    private static let units: [String: (factor: Double, dimension: Dimension)] = {
        var units: [String: (factor: Double, dimension: Dimension)] = [:]
        for name in ["g", "gram", "grams", "gramme", "grammes", "克"] { units[name] = (1, .weight) }
        for name in ["mm", "millimeter", "millimeters", "millimetre", "millimetres", "毫米"] { units[name] = (1, .unknown) }
        for name in ["cm", "centimeter", "centimeters", "centimetre", "centimetres", "厘米", "公分"] { units[name] = (10, .length) }
        for name in ["inch", "inches", "英寸"] { units[name] = (25.4, .length) }
        return units
    }()

    private func unit(_ at: Int) -> (factor: Double, dimension: Dimension, count: Int)? {
        guard tokens.indices.contains(at) else { return nil }
        // A Chinese character is a token of its own.
        let pair = tokens[at].kind == .ideograph && tokens.indices.contains(at + 1) ? tokens[at].text + tokens[at + 1].text : ""
        if let unit = Self.units[pair] { return (unit.factor, unit.dimension, 2) }
        return Self.units[tokens[at].text].map { ($0.factor, $0.dimension, 1) }
    }

    /// "shorter than", "under", "不超过".
    private func comparison(_ at: Int) -> (Side, Dimension?, count: Int)? {
        guard tokens.indices.contains(at) else { return nil }
        if tokens.indices.contains(at + 1), tokens[at + 1].text == "than", let (side, dimension) = Self.comparatives[tokens[at].text] {
            return (side, dimension, 2)
        }
        if let count = parser.lexicon.price(tokens, at: at, [.atMostBefore]) { return (.most, nil, count) }
        if let count = parser.lexicon.price(tokens, at: at, [.atLeastBefore]) { return (.least, nil, count) }
        return nil
    }

    /// "or longer", "or less", "以上".
    private func comparisonBehind(_ at: Int) -> (Side, Dimension?, count: Int)? {
        guard tokens.indices.contains(at) else { return nil }
        if tokens[at].text == "or", tokens.indices.contains(at + 1), let (side, dimension) = Self.comparatives[tokens[at + 1].text] {
            return (side, dimension, 2)
        }
        if let count = parser.lexicon.price(tokens, at: at, [.atMostAfter]) { return (.most, nil, count) }
        if let count = parser.lexicon.price(tokens, at: at, [.atLeastAfter]) { return (.least, nil, count) }
        return nil
    }

    private static let comparatives: [String: (Side, Dimension?)] = [
        "shorter": (.most, .length), "longer": (.least, .length), "lighter": (.most, .weight), "heavier": (.least, .weight),
        "narrower": (.most, .width), "thinner": (.most, .width), "wider": (.least, .width), "thicker": (.least, .width), "smaller": (.most, nil),
        "bigger": (.least, nil), "larger": (.least, nil),
    ]

    /// The dimension that is named around a measure.
    private func hint(_ range: Range<Int>) -> Dimension? {
        let behind = tokens[range.upperBound...].prefix(Self.hintTokens)
        let before = tokens[..<range.lowerBound].suffix(Self.hintTokens).reversed()
        return (behind + before).lazy.compactMap { Self.hints[$0.text] }.first
    }

    private static let hints: [String: Dimension] = [
        "long": .length, "length": .length, "chain": .length, "长": .length, "链": .length, "wide": .width, "width": .width, "band": .width,
        "diameter": .width, "across": .width, "thick": .width, "宽": .width, "粗": .width, "直": .width, "high": .height, "tall": .height,
        "height": .height, "高": .height,
    ]
}
