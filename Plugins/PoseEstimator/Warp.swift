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

enum Warp {
    /// Cuts `region` out of `image` by bilinear interpolation into `side` × `side` pixels of R, G, B. Beyond the picture it is black.
    static func cut(
        _ image: DecodedImage, _ region: Region, side: Int, range: PixelRange, into target: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(target.count == side * side * 3, "the target has three floats a pixel")
        guard let output = target.baseAddress else { return }
        let step = region.side / Double(side)
        let (alongX, alongY) = (cos(region.rotation) * step, sin(region.rotation) * step)
        let first = region.place(0.5 / Double(side), 0.5 / Double(side)) - Place(x: 0.5, y: 0.5)
        image.rgb.withUnsafeBufferPointer { pixels in
            guard let source = pixels.baseAddress else { return }
            var sampler = Sampler(source: source, width: image.width, height: image.height, scale: range.scale, offset: range.offset)
            for row in 0..<side {
                let x = first.x - Double(row) * alongY
                let y = first.y + Double(row) * alongX
                for column in 0..<side {
                    let value = sampler.sample(x + Double(column) * alongX, y + Double(column) * alongY)
                    let pixel = output + (row * side + column) * 3
                    pixel[0] = value.x
                    pixel[1] = value.y
                    pixel[2] = value.z
                }
            }
        }
    }
}

private struct Sampler {
    let source: UnsafePointer<UInt8>
    let width: Int
    let height: Int
    let scale: Float
    let offset: Float

    @inline(__always)
    mutating func sample(_ x: Double, _ y: Double) -> SIMD3<Float> {
        // Also false for not-a-number.
        guard x > -1, y > -1, x < Double(width), y < Double(height) else { return SIMD3(repeating: offset) }
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (column, row) = (Int(left), Int(top))
        let (fx, fy) = (Float(x - left), Float(y - top))
        var sum = pixel(column, row) * ((1 - fx) * (1 - fy))
        sum += pixel(column + 1, row) * (fx * (1 - fy))
        sum += pixel(column, row + 1) * ((1 - fx) * fy)
        sum += pixel(column + 1, row + 1) * (fx * fy)
        return sum * scale + SIMD3(repeating: offset)
    }

    /// Black beyond the edge.
    @inline(__always)
    private func pixel(_ column: Int, _ row: Int) -> SIMD3<Float> {
        guard column >= 0, row >= 0, column < width, row < height else { return SIMD3(repeating: 0) }
        let bytes = source + (row * width + column) * 3
        return SIMD3(Float(bytes[0]), Float(bytes[1]), Float(bytes[2]))
    }
}
