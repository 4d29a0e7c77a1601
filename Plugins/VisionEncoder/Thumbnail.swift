/// Grey levels of a picture on a coarse grid: what tells two pictures of a camera apart that show the same.
///
/// Each cell is the mean of some 260 pixels, so that a sensor's noise (a few steps a pixel) vanishes and a hand's movement does not.
struct Thumbnail: Equatable, Sendable {
    /// Cells a row, and rows.
    static let side = 16
    private(set) var cells: [Float]

    /// - Parameters:
    ///   - rgb: rows of `pixels` × 3 bytes, square.
    init(rgb: UnsafeRawBufferPointer, pixels: Int) {
        precondition(rgb.count == pixels * pixels * 3 && pixels >= Thumbnail.side, "the picture is square, three bytes a pixel")
        cells = [Float](repeating: 0, count: Thumbnail.side * Thumbnail.side)
        var counts = cells
        for y in 0..<pixels {
            let row = y * Thumbnail.side / pixels * Thumbnail.side
            for x in 0..<pixels {
                let (cell, at) = (row + x * Thumbnail.side / pixels, (y * pixels + x) * 3)
                // Luma of ITU-R BT.601 in 256ths.
                cells[cell] += Float((77 * Int(rgb[at]) + 150 * Int(rgb[at + 1]) + 29 * Int(rgb[at + 2])) >> 8)
                counts[cell] += 1
            }
        }
        for cell in cells.indices { cells[cell] /= counts[cell] }
    }

    /// Mean absolute difference, 0 to 255.
    func difference(from other: Thumbnail) -> Float {
        zip(cells, other.cells).reduce(0) { $0 + abs($1.0 - $1.1) } / Float(cells.count)
    }
}
