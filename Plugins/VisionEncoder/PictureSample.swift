/// A coarse grid of a picture's colours and how much each cell belongs to the thing that is shown.
///
/// What is shown is taken to differ from the picture's border and to lie about its middle: true of product photos, often of others.
struct PictureSample {
    /// Cells a row and rows.
    let side: Int
    let colours: [Oklab]
    /// 0 to 1 a cell. Where nothing differs from the border, only the distance from the middle counts.
    let weights: [Float]

    /// Difference from the border's median above which a cell is foreground.
    static let differenceMin: Float = 0.12
    /// Standard deviation of the weight around the middle, in sides of the picture.
    static let spread: Float = 0.25
    /// Less foreground than this part of the whole is none.
    static let foregroundMin: Float = 0.02

    /// - Parameters:
    ///   - rgb: rows of `pixels` × 3 bytes, square.
    ///   - step: every how many pixels one is looked at.
    init(rgb: UnsafeRawBufferPointer, pixels: Int, step: Int) {
        precondition(rgb.count == pixels * pixels * 3, "the picture is square, three bytes a pixel")
        let places = Array(stride(from: step / 2, to: pixels, by: step))
        let side = places.count
        var colours: [Oklab] = []
        colours.reserveCapacity(side * side)
        for y in places {
            for x in places {
                let at = (y * pixels + x) * 3
                colours.append(Oklab(red: rgb[at], green: rgb[at + 1], blue: rgb[at + 2]))
            }
        }
        self.side = side
        self.colours = colours
        weights = PictureSample.foreground(colours, side: side)
    }

    private static func foreground(_ colours: [Oklab], side: Int) -> [Float] {
        let ring = (0..<side * side).filter { cell in
            let (x, y) = (cell % side, cell / side)
            return min(x, y, side - 1 - x, side - 1 - y) < 2
        }.map { colours[$0] }
        let border = Oklab(lightness: median(ring.map(\.lightness)), a: median(ring.map(\.a)), b: median(ring.map(\.b)))
        let middle = (0..<side).map { place in
            let offset = (Float(place) + 0.5) / Float(side) - 0.5
            return Exponential.of(-offset * offset / (2 * spread * spread))
        }
        var all: [Float] = []
        all.reserveCapacity(colours.count)
        for y in 0..<side {
            for x in 0..<side { all.append(middle[x] * middle[y]) }
        }
        let found = zip(all, colours).map { $1.difference(from: border) > differenceMin ? $0 : 0 }
        return found.reduce(0, +) < foregroundMin * all.reduce(0, +) ? all : found
    }

    private static func median(_ values: [Float]) -> Float {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
