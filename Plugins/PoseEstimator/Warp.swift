// Unsafe: reads pixels and writes a model's input. Invariants: `image.rgb` has width × height × 3 bytes (DecodedImage checks), every
// read is of a pixel whose coordinates were clamped to the picture, `target` has exactly side × side × 3 floats.

import Glibc
import ImageDecoding

/// The range a model wants its pixels in.
enum PixelRange: Sendable {
    /// 0 to 1.
    case unit
    /// −1 to 1.
    case symmetric

    var scale: Float { self == .unit ? 1 / 255 : 2 / 255 }
    var offset: Float { self == .unit ? 0 : -1 }
}

/// What lies beyond the picture's edge.
enum PixelBorder: Sendable {
    case black
    /// The pixels of the edge.
    case repeated
}

/// Cuts squares out of pictures as MediaPipe does: the square's corner is the first pixel's middle, places are rounded to 1/32 of a pixel, values to
/// whole ones (OpenCV's warpPerspective). The landmark models answer to such a half pixel: bodies move by tens of pixels without it.
enum Warp {
    /// Steps of a pixel that places are rounded to.
    static let steps = 32

    /// Cuts `region` out of `image` by bilinear interpolation into `side` × `side` pixels of R, G, B.
    /// - Parameter mirrored: left and right are exchanged.
    static func cut(
        _ image: DecodedImage, _ region: Region, side: Int, range: PixelRange, border: PixelBorder = .black, mirrored: Bool = false,
        into target: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(target.count == side * side * 3, "the target has three floats a pixel")
        guard let output = target.baseAddress, image.width > 0, image.height > 0 else { return }
        let step = region.side / Double(side) * Double(steps)
        let (alongX, alongY) = (cos(region.rotation) * step, sin(region.rotation) * step)
        let corner = region.place(0, 0) * Double(steps)
        image.rgb.withUnsafeBufferPointer { pixels in
            guard let source = pixels.baseAddress else { return }
            let sampler = Sampler(
                source: source, width: image.width, height: image.height, border: border, scale: range.scale, offset: range.offset)
            for row in 0..<side {
                let x = corner.x - Double(row) * alongY
                let y = corner.y + Double(row) * alongX
                for column in 0..<side {
                    let at = mirrored ? side - 1 - column : column
                    sampler.sample(x + Double(column) * alongX, y + Double(column) * alongY, into: output + (row * side + at) * 3)
                }
            }
        }
    }
}

struct Sampler {
    let source: UnsafePointer<UInt8>
    let width: Int
    let height: Int
    let border: PixelBorder
    let scale: Float
    let offset: Float

    /// Places farther out than this are all alike.
    private static var farthest: Double { 1e9 }

    /// The nearest whole number, of two the even one, for less than 2⁵¹: beyond 1.5 · 2⁵² a Double has no fraction left, and the addition rounds.
    /// The same as `rounded(.toNearestOrEven)`, which is a call into the C library for processors before SSE 4.1.
    @inline(__always)
    static func nearest(_ x: Double) -> Double { (x + 6_755_399_441_055_744) - 6_755_399_441_055_744 }

    /// `x` and `y` in steps.
    @inline(__always)
    func sample(_ x: Double, _ y: Double, into pixel: UnsafeMutablePointer<Float>) {
        // Also false for not-a-number.
        guard abs(x) < Sampler.farthest, abs(y) < Sampler.farthest else {
            for channel in 0..<3 { pixel[channel] = offset }
            return
        }
        let (column, row) = (Int(Sampler.nearest(x)), Int(Sampler.nearest(y)))
        let (left, top) = (column >> 5, row >> 5)
        let (fx, fy) = (Int32(truncatingIfNeeded: column & 31), Int32(truncatingIfNeeded: row & 31))
        if left >= 0, top >= 0, left < width - 1, top < height - 1 {
            let upper = source + (top * width + left) * 3
            let lower = upper + width * 3
            for channel in 0..<3 {
                let above = Int32(upper[channel]) * (32 - fx) + Int32(upper[channel + 3]) * fx
                let below = Int32(lower[channel]) * (32 - fx) + Int32(lower[channel + 3]) * fx
                pixel[channel] = value(above * (32 - fy) + below * fy)
            }
            return
        }
        for channel in 0..<3 {
            let above = edge(left, top, channel) * (32 - fx) + edge(left + 1, top, channel) * fx
            let below = edge(left, top + 1, channel) * (32 - fx) + edge(left + 1, top + 1, channel) * fx
            pixel[channel] = value(above * (32 - fy) + below * fy)
        }
    }

    /// Of 1,024 times a pixel's value, rounded.
    @inline(__always)
    private func value(_ sum: Int32) -> Float { Float((sum + 512) >> 10) * scale + offset }

    private func edge(_ column: Int, _ row: Int, _ channel: Int) -> Int32 {
        let inside = column >= 0 && row >= 0 && column < width && row < height
        if !inside, border == .black { return 0 }
        let (x, y) = (min(max(column, 0), width - 1), min(max(row, 0), height - 1))
        return Int32(source[(y * width + x) * 3 + channel])
    }
}
