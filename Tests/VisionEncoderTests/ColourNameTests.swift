import Testing

@testable import VisionEncoder

@Suite("The names of colours")
struct ColourNameTests {
    /// A square of one colour on a background, a quarter of the picture.
    private func named(_ colour: [UInt8], on background: [UInt8] = [255, 255, 255]) -> [ColourNames.Share] {
        let side = 100
        var rgb: [UInt8] = []
        for y in 0..<side {
            for x in 0..<side { rgb += (25..<75).contains(x) && (25..<75).contains(y) ? colour : background }
        }
        return rgb.withUnsafeBytes { ColourNames.largest(3, in: PictureSample(rgb: $0, pixels: side, step: 4)) }
    }

    @Test(
        "what is shown is named, not what lies behind it",
        arguments: [
            ([200, 20, 30], "red", "红色"), ([30, 60, 200], "blue", "蓝色"), ([20, 120, 50], "green", "绿色"), ([10, 10, 12], "black", "黑色"),
            ([245, 210, 40], "yellow", "黄色"), ([120, 50, 140], "purple", "紫色"), ([240, 120, 170], "pink", "粉色"), ([110, 65, 35], "brown", "棕色"),
        ] as [([UInt8], String, String)])
    func names(_ colour: [UInt8], english: String, chinese: String) throws {
        for background: [UInt8] in [[255, 255, 255], [128, 128, 128]] {
            let first = try #require(named(colour, on: background).first)
            #expect(first.english == english && first.chinese == chinese, "\(colour) on \(background)")
            #expect(first.share > 0.4)
        }
    }

    @Test("a picture of one colour is named by it, and shares never exceed the whole")
    func plain() throws {
        let shares = named([200, 20, 30], on: [200, 20, 30])
        #expect(shares.first?.english == "red")
        #expect(shares.map(\.share).reduce(0, +) <= 1.0001)
        #expect(zip(shares, shares.dropFirst()).allSatisfy { $0.share >= $1.share })
    }

    @Test("white, red and blue have Oklab's published values")
    func oklab() {
        let expected: [([UInt8], Oklab)] = [
            ([255, 255, 255], Oklab(lightness: 1, a: 0, b: 0)),
            ([255, 0, 0], Oklab(lightness: 0.62796, a: 0.22486, b: 0.12585)),
            ([0, 0, 255], Oklab(lightness: 0.45201, a: -0.03246, b: -0.31153)),
        ]
        for (rgb, colour) in expected { #expect(Oklab(red: rgb[0], green: rgb[1], blue: rgb[2]).difference(from: colour) < 0.001) }
    }
}
