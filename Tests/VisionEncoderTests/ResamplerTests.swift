import Testing

@testable import ImageDecoding

@Suite("Resampling")
struct ResamplerTests {
    @Test("the weights of every target pixel add up to one and lie within the source")
    func weights() {
        for kernel in [ResampleKernel.cubic, .linear] {
            for (source, target) in [(1, 1), (1, 7), (7, 1), (100, 33), (33, 100), (1280, 260), (260, 260)] {
                let taps = Taps(from: source, to: target, kernel: kernel)
                for x in 0..<target {
                    let weights = taps.weights[(x * taps.stride)..<(x * taps.stride + taps.counts[x])]
                    #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
                    #expect(taps.starts[x] >= 0 && taps.starts[x] + taps.counts[x] <= source)
                }
            }
        }
    }

    private func repeated(_ pixels: [UInt8], _ count: Int) -> [UInt8] {
        (0..<count).flatMap { _ in pixels }
    }

    @Test("one colour stays that colour, and the same size stays the same picture")
    func constants() {
        let grey = DecodedImage(width: 50, height: 30, rgb: repeated([10, 128, 255], 1500))
        let small = Resampler.resize(grey, width: 13, height: 7, kernel: .cubic)
        #expect(small.rgb == repeated([10, 128, 255], 91))
        let pattern = DecodedImage(width: 9, height: 5, rgb: (0..<135).map { (index: Int) -> UInt8 in UInt8(index * 37 & 255) })
        #expect(Resampler.resize(pattern, width: 9, height: 5, kernel: .cubic) == pattern)
    }

    @Test("shrinking a fine pattern gives its mean: nothing aliases")
    func antialiasing() {
        let stripes = DecodedImage(width: 120, height: 120, rgb: repeated([0, 0, 0, 200, 200, 200], 7200))
        let small = Resampler.resize(stripes, width: 10, height: 10, kernel: .cubic)
        #expect(small.rgb.allSatisfy { abs(Int($0) - 100) <= 3 })
    }

    @Test("a JPEG is decoded small when the target is much smaller, but never below 1.5 times the target")
    func shrinkOnLoad() {
        func eighths(_ width: Int, _ height: Int, _ format: ImageFormat = .jpeg) -> Int {
            DecodePlan(format: format, width: width, height: height, fit: .exactly(width: 260, height: 260, kernel: .cubic), swapped: false).eighths
        }
        #expect(eighths(1280, 960) == 4)
        #expect(eighths(1300, 779) == 8)
        #expect(eighths(4160, 4160) == 1 && eighths(3119, 4160) == 2)
        #expect(eighths(4160, 4160, .png) == 8)
        #expect(eighths(16000, 500) == 8)
    }
}
