// Unsafe: pixel and weight buffers in the inner loops. Invariants: a tap table's ranges lie within the source's rows and columns
// (`Taps.init` clamps them), sources have width × height × 3 bytes, targets the same of their own size.

/// Weight functions of separable resampling. All of them widen when shrinking, so that nothing aliases.
public enum ResampleKernel: Sendable, Equatable {
    /// Keys' cubic convolution with a = −0.5 (IEEE Trans. ASSP 29(6), 1981), support 2.
    case cubic
    /// Triangle, support 1.
    case linear

    var support: Double {
        switch self {
        case .cubic: 2
        case .linear: 1
        }
    }

    func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .linear: return max(0, 1 - x)
        case .cubic:
            if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
            return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
        }
    }
}

/// For each target position the first source position and the weights of it and its followers; they add up to 1.
struct Taps {
    let starts: [Int]
    let counts: [Int]
    /// `stride` weights a target position, those beyond its count are 0.
    let weights: [Float]
    let stride: Int

    init(from source: Int, to target: Int, kernel: ResampleKernel) {
        let scale = Double(source) / Double(target)
        let stretch = max(scale, 1)
        let reach = kernel.support * stretch
        var starts: [Int] = []
        var counts: [Int] = []
        let stride = 2 * Int(reach.rounded(.up)) + 1
        var weights = [Float](repeating: 0, count: stride * target)
        for position in 0..<target {
            let centre = (Double(position) + 0.5) * scale
            let first = max(0, Int(centre - reach + 0.5))
            let last = min(source, Int(centre + reach + 0.5))
            let raw = (first..<max(last, first)).map { kernel.weight((Double($0) + 0.5 - centre) / stretch) }
            let sum = raw.reduce(0, +)
            if sum == 0 {
                starts.append(min(first, source - 1))
                counts.append(1)
                weights[position * stride] = 1
            } else {
                starts.append(first)
                counts.append(raw.count)
                for (index, weight) in raw.enumerated() { weights[position * stride + index] = Float(weight / sum) }
            }
        }
        self.starts = starts
        self.counts = counts
        self.weights = weights
        self.stride = stride
    }
}

extension DecodedImage {
    /// A rectangle of the picture, which must lie within it.
    public func part(left: Int, top: Int, width: Int, height: Int) -> DecodedImage {
        precondition(
            left >= 0 && top >= 0 && width > 0 && height > 0 && left + width <= self.width && top + height <= self.height,
            "a part of a picture lies within it")
        if width == self.width, height == self.height { return self }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for y in top..<(top + height) { pixels.append(contentsOf: rgb[((y * self.width + left) * 3)..<((y * self.width + left + width) * 3)]) }
        return DecodedImage(width: width, height: height, rgb: pixels, originalWidth: originalWidth, originalHeight: originalHeight)
    }

    /// The picture squashed to this size, antialiased.
    public func resized(width: Int, height: Int, kernel: ResampleKernel) -> DecodedImage {
        precondition(width > 0 && height > 0, "a picture has a pixel")
        if width == self.width, height == self.height { return self }
        return Resampler.resize(self, width: width, height: height, kernel: kernel)
    }
}

enum Resampler {
    /// Separable, first down the columns (contiguous rows, which the compiler vectorises), then along the rows. Between the passes
    /// values stay in floating point.
    static func resize(_ image: DecodedImage, width: Int, height: Int, kernel: ResampleKernel) -> DecodedImage {
        let rows = Taps(from: image.height, to: height, kernel: kernel)
        let columns = Taps(from: image.width, to: width, kernel: kernel)
        let lineCount = image.width * 3
        let rgb = [UInt8](unsafeUninitializedCapacity: width * height * 3) { target, count in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: lineCount) { line in
                image.rgb.withUnsafeBufferPointer { source in
                    for y in 0..<height {
                        mixRows(source, line, tap: rows, at: y)
                        mixColumns(line, UnsafeMutableBufferPointer(rebasing: target[(y * width * 3)..<((y + 1) * width * 3)]), columns)
                    }
                }
            }
            count = width * height * 3
        }
        return DecodedImage(
            width: width, height: height, rgb: rgb, originalWidth: image.originalWidth, originalHeight: image.originalHeight)
    }

    private static func mixRows(
        _ source: UnsafeBufferPointer<UInt8>, _ line: UnsafeMutableBufferPointer<Float>, tap: Taps, at y: Int
    ) {
        guard let from = source.baseAddress, let to = line.baseAddress else { return }
        let count = line.count
        for index in 0..<tap.counts[y] {
            let weight = tap.weights[y * tap.stride + index]
            let row = from + (tap.starts[y] + index) * count
            if index == 0 {
                for i in 0..<count { to[i] = weight * Float(row[i]) }
            } else {
                for i in 0..<count { to[i] += weight * Float(row[i]) }
            }
        }
    }

    private static func mixColumns(_ line: UnsafeMutableBufferPointer<Float>, _ target: UnsafeMutableBufferPointer<UInt8>, _ taps: Taps) {
        guard let from = line.baseAddress, let to = target.baseAddress else { return }
        taps.weights.withUnsafeBufferPointer { weights in
            for x in 0..<taps.starts.count {
                var sum = SIMD3<Float>(repeating: 0.5)
                var pixel = from + taps.starts[x] * 3
                for index in 0..<taps.counts[x] {
                    sum += SIMD3(pixel[0], pixel[1], pixel[2]) * weights[x * taps.stride + index]
                    pixel += 3
                }
                let clamped = sum.clamped(lowerBound: SIMD3(repeating: 0), upperBound: SIMD3(repeating: 255))
                to[x * 3] = UInt8(clamped.x)
                to[x * 3 + 1] = UInt8(clamped.y)
                to[x * 3 + 2] = UInt8(clamped.z)
            }
        }
    }
}
