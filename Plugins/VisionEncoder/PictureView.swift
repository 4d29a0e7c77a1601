import ImageDecoding
import PluginKit
import Wire

/// A part of a picture that the model looks at, about its middle.
///
/// Things that customers photograph lie in the middle more often than any measure of saliency finds them: several views about the middle, their
/// vectors added, leave the clutter about it out. They are for pictures with the purpose QUERY alone: the shop's own photos are looked at whole.
struct PictureView: Equatable, Sendable {
    enum Base: String, CaseIterable {
        /// All of it, in its own proportions.
        case whole
        /// The largest square about the middle.
        case square
    }

    static let viewsMax = 4
    static let percentMin = 10

    var base: Base
    /// Of the sides of `base`: 10 to 100.
    var percent: Int

    static let whole = PictureView(base: .whole, percent: 100)

    /// "whole70,square"
    /// - Throws: INVALID_ARGUMENT that says what is allowed.
    static func list(_ text: String) throws(PluginError) -> [PictureView] {
        let words = text.split(separator: ",", omittingEmptySubsequences: false)
        guard words.count <= viewsMax else {
            throw PluginError(.invalidArgument, "option views names \(words.count) parts of a picture; at most \(viewsMax) are allowed")
        }
        return try words.map { (word) throws(PluginError) -> PictureView in
            let trimmed = word.filter { $0 != " " }
            for base in Base.allCases where trimmed.hasPrefix(base.rawValue) {
                let rest = trimmed.dropFirst(base.rawValue.count)
                if rest.isEmpty { return PictureView(base: base, percent: 100) }
                if let percent = Int(rest), (percentMin...100).contains(percent) { return PictureView(base: base, percent: percent) }
            }
            throw PluginError(
                .invalidArgument, "option views has \"\(trimmed)\"; allowed are whole and square, alone or with \(percentMin) to 100: whole70")
        }
    }

    /// Pixels of a picture of this size: left, top, width, height; at least one each way.
    func region(width: Int, height: Int) -> (left: Int, top: Int, width: Int, height: Int) {
        let side = min(width, height)
        let (fullWidth, fullHeight) = base == .whole ? (width, height) : (side, side)
        let (w, h) = (max(1, (fullWidth * percent + 50) / 100), max(1, (fullHeight * percent + 50) / 100))
        return ((width - w) / 2, (height - h) / 2, w, h)
    }
}
