import ImageDecoding
import PluginKit
import Testing
import Wire

@testable import VisionEncoder

@Suite("Parts of a photo that are looked at")
struct PictureViewTests {
    @Test("names of views are read")
    func names() throws {
        #expect(try PictureView.list("whole") == [.whole])
        let expected = [(PictureView.Base.square, 100), (.whole, 70), (.square, 50), (.whole, 100)].map { PictureView(base: $0.0, percent: $0.1) }
        #expect(try PictureView.list("square, whole70,square50,whole100") == expected)
    }

    @Test(
        "what is no view is refused saying what is allowed",
        arguments: ["", "whole,", "middle", "whole9", "whole101", "whole7.5", "whole,whole,whole,whole,whole"])
    func refused(_ text: String) {
        let error = #expect(throws: PluginError.self) { try PictureView.list(text) }
        #expect(error?.status.code == .invalidArgument && error?.status.message.contains("allowed") == true)
    }

    @Test("regions lie about the middle and within the picture")
    func regions() {
        #expect(PictureView(base: .whole, percent: 70).region(width: 400, height: 200) == (60, 30, 280, 140))
        #expect(PictureView(base: .square, percent: 100).region(width: 400, height: 200) == (100, 0, 200, 200))
        #expect(PictureView(base: .square, percent: 50).region(width: 400, height: 200) == (150, 50, 100, 100))
        for (width, height) in [(1, 1), (1, 900), (3, 2), (4096, 17)] {
            for percent in [10, 33, 100] {
                for base in PictureView.Base.allCases {
                    let region = PictureView(base: base, percent: percent).region(width: width, height: height)
                    #expect(region.left >= 0 && region.top >= 0 && region.width >= 1 && region.height >= 1)
                    #expect(region.left + region.width <= width && region.top + region.height <= height)
                }
            }
        }
    }

    @Test("a part of a picture has that part's pixels")
    func part() {
        let pixels = Pictures.gradient(width: 9, height: 6)
        let image = DecodedImage(width: 9, height: 6, rgb: pixels)
        let part = image.part(left: 2, top: 1, width: 4, height: 3)
        for y in 0..<3 {
            for x in 0..<4 {
                let (from, to) = (((y + 1) * 9 + x + 2) * 3, (y * 4 + x) * 3)
                #expect(Array(part.rgb[to..<to + 3]) == Array(pixels[from..<from + 3]))
            }
        }
        #expect(image.part(left: 0, top: 0, width: 9, height: 6) == image)
    }

    @Test("vectors are added as directions")
    func sum() throws {
        #expect(try #require(UnitVector.sum([[3, 0], [0, 40]])).map { ($0 * 1000).rounded() } == [707, 707])
        #expect(UnitVector.sum([[5, 0]]) == [1, 0])
        #expect(UnitVector.sum([[1, 0], [0, 0]]) == nil && UnitVector.sum([[1, 0], [-1, 0]]) == nil && UnitVector.sum([]) == nil)
        #expect(UnitVector.mean([[1, 2], [3, 6]]) == [2, 4])
    }

    @Test("a thumbnail tells noise from movement")
    func thumbnails() {
        let side = 260
        func picture(shift: Int, noise: UInt64) -> [UInt8] {
            var state = noise
            return (0..<side * side).flatMap { place -> [UInt8] in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let jitter = noise == 0 ? 0 : Int(state >> 60) - 8
                let level = ((place % side + shift) / 40 + place / side / 40) % 2 == 0 ? 60 : 190
                return Array(repeating: UInt8(level + jitter), count: 3)
            }
        }
        func thumbnail(_ pixels: [UInt8]) -> Thumbnail { pixels.withUnsafeBytes { Thumbnail(rgb: $0, pixels: side) } }
        let still = thumbnail(picture(shift: 0, noise: 0))
        #expect(still.difference(from: still) == 0)
        #expect(still.difference(from: thumbnail(picture(shift: 0, noise: 5))) < 1.5)
        #expect(still.difference(from: thumbnail(picture(shift: 4, noise: 7))) > 5)
    }
}
