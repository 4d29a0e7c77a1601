import Glibc
import ImageDecoding
import Wire

/// A picture to draw with, in halves of its size down to one pixel, so that it can be drawn much smaller without losing thin lines. Colours are
/// multiplied by alpha.
struct Sprite: Equatable {
    struct Level: Equatable {
        var width: Int
        var height: Int
        var pixels: [SIMD4<Float>]

        /// (0, 0) is the middle of the first pixel; clear beyond the edge.
        func at(_ x: Double, _ y: Double) -> SIMD4<Float> {
            guard x > -1, y > -1, x < Double(width), y < Double(height) else { return SIMD4(repeating: 0) }
            let (left, top) = (x.rounded(.down), y.rounded(.down))
            let (fx, fy) = (Float(x - left), Float(y - top))
            let (column, row) = (Int(left), Int(top))
            let above = pixel(column, row) * (1 - fx) + pixel(column + 1, row) * fx
            let below = pixel(column, row + 1) * (1 - fx) + pixel(column + 1, row + 1) * fx
            return above * (1 - fy) + below * fy
        }

        private func pixel(_ column: Int, _ row: Int) -> SIMD4<Float> {
            guard column >= 0, row >= 0, column < width, row < height else { return SIMD4(repeating: 0) }
            return pixels[row * width + column]
        }

        /// Half as large: means of 2 × 2 pixels; clear ones beyond an odd edge.
        var half: Level {
            let (w, h) = ((width + 1) / 2, (height + 1) / 2)
            var smaller = [SIMD4<Float>](repeating: SIMD4(repeating: 0), count: w * h)
            for y in 0..<h {
                for x in 0..<w {
                    let sum = pixel(2 * x, 2 * y) + pixel(2 * x + 1, 2 * y) + pixel(2 * x, 2 * y + 1) + pixel(2 * x + 1, 2 * y + 1)
                    smaller[y * w + x] = sum * 0.25
                }
            }
            return Level(width: w, height: h, pixels: smaller)
        }
    }

    private(set) var levels: [Level]

    init(_ image: ClearImage) {
        let pixels = (0..<image.width * image.height).map { index -> SIMD4<Float> in
            let alpha = Float(image.rgba[index * 4 + 3]) / 255
            return SIMD4(
                Float(image.rgba[index * 4]) * alpha, Float(image.rgba[index * 4 + 1]) * alpha, Float(image.rgba[index * 4 + 2]) * alpha, alpha)
        }
        levels = [Level(width: image.width, height: image.height, pixels: pixels)]
        while let last = levels.last, max(last.width, last.height) > 1 { levels.append(last.half) }
    }
}

/// A customer's picture that overlays are drawn on.
struct Canvas {
    private(set) var image: DecodedImage

    init(_ image: DecodedImage) { self.image = image }

    /// Draws the sprite as the protocol defines an Overlay: its anchor point on (x, y), scaled, stretched, then turned clockwise about that point.
    /// - Parameter share: canvas pixels per pixel of the picture that the overlay's place and scale are in.
    mutating func draw(_ sprite: Sprite, _ overlay: Overlay, share: Double) {
        let stretch = overlay.stretch == 0 ? 1 : Double(overlay.stretch)
        let (down, across) = (Double(overlay.scale) * share, Double(overlay.scale) * share * stretch)
        // Half a pixel: places count from the middle of the first pixel, sizes from its edge.
        let (x, y) = ((Double(overlay.x) + 0.5) * share - 0.5, (Double(overlay.y) + 0.5) * share - 0.5)
        let (cosine, sine) = (cos(Double(overlay.rotation)), sin(Double(overlay.rotation)))
        guard down > 0, down.isFinite, across != 0, across.isFinite, x.isFinite, y.isFinite, cosine.isFinite else { return }
        // The level whose pixels are at least as large as half the canvas's and at most as large.
        var level = 0
        while level + 1 < sprite.levels.count, max(down, abs(across)) * Double(1 << level) < 0.75 { level += 1 }
        let pixels = sprite.levels[level]
        let size = Double(1 << level)
        let (anchorX, anchorY) = (Double(overlay.imageAnchorX), Double(overlay.imageAnchorY))
        guard let area = area(sprite.levels[0], anchorX, anchorY, across, down, cosine, sine, x, y) else { return }
        for row in area.rows {
            for column in area.columns {
                let (dx, dy) = (Double(column) - x, Double(row) - y)
                let u = (dx * cosine + dy * sine) / across + anchorX
                let v = (dy * cosine - dx * sine) / down + anchorY
                let source = pixels.at((u + 0.5) / size - 0.5, (v + 0.5) / size - 0.5)
                if source.w > 0 { blend(source, column, row) }
            }
        }
    }

    /// The canvas's part that the sprite can reach.
    private func area(
        _ level: Sprite.Level, _ anchorX: Double, _ anchorY: Double, _ across: Double, _ down: Double, _ cosine: Double, _ sine: Double, _ x: Double,
        _ y: Double
    ) -> (columns: ClosedRange<Int>, rows: ClosedRange<Int>)? {
        var (left, right, top, bottom) = (Double.infinity, -Double.infinity, Double.infinity, -Double.infinity)
        for (u, v) in [(-1.0, -1.0), (Double(level.width), -1), (-1, Double(level.height)), (Double(level.width), Double(level.height))] {
            let (a, b) = ((u - anchorX) * across, (v - anchorY) * down)
            let (px, py) = (x + a * cosine - b * sine, y + a * sine + b * cosine)
            (left, right, top, bottom) = (min(left, px), max(right, px), min(top, py), max(bottom, py))
        }
        // A pixel more on each side: small levels reach beyond the picture's edge.
        let columns = (max(0, left.rounded(.down) - 1), min(Double(image.width - 1), right.rounded(.up) + 1))
        let rows = (max(0, top.rounded(.down) - 1), min(Double(image.height - 1), bottom.rounded(.up) + 1))
        guard columns.0 <= columns.1, rows.0 <= rows.1 else { return nil }
        return (Int(columns.0)...Int(columns.1), Int(rows.0)...Int(rows.1))
    }

    private mutating func blend(_ source: SIMD4<Float>, _ column: Int, _ row: Int) {
        let index = (row * image.width + column) * 3
        for channel in 0..<3 {
            let below = Float(image.rgb[index + channel]) * (1 - source.w)
            image.rgb[index + channel] = UInt8(min(255, max(0, (source[channel] + below).rounded())))
        }
    }
}
