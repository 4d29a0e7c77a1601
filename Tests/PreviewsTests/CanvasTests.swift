import CImageCodec
import ImageDecoding
import Testing
import Wire

@testable import Previews

@Suite("Drawing an overlay")
struct CanvasTests {
    private func grey(_ width: Int, _ height: Int) -> Canvas {
        Canvas(DecodedImage(width: width, height: height, rgb: [UInt8](repeating: 100, count: width * height * 3)))
    }

    /// Red, opaque, `side` pixels wide.
    private func square(_ side: Int, alpha: UInt8 = 255) -> Sprite {
        Sprite(ClearImage(width: side, height: side, rgba: (0..<side * side).flatMap { _ in [255, 0, 0, alpha] as [UInt8] }))
    }

    private func pixel(_ canvas: Canvas, _ x: Int, _ y: Int) -> [UInt8] {
        let index = (y * canvas.image.width + x) * 3
        return Array(canvas.image.rgb[index..<index + 3])
    }

    @Test("at scale one it is drawn pixel by pixel, its anchor point on the place")
    func identity() {
        var canvas = grey(40, 30)
        canvas.draw(square(4), Overlay(x: 10, y: 20, scale: 1, imageAnchorX: 1, imageAnchorY: 2), share: 1)
        for y in 0..<30 {
            for x in 0..<40 {
                let inside = (9...12).contains(x) && (18...21).contains(y)
                #expect(pixel(canvas, x, y) == (inside ? [255, 0, 0] : [100, 100, 100]), "at \(x), \(y)")
            }
        }
    }

    @Test("half transparent is half of both")
    func alpha() {
        var canvas = grey(10, 10)
        canvas.draw(square(6, alpha: 128), Overlay(x: 5, y: 5, scale: 1, imageAnchorX: 3, imageAnchorY: 3), share: 1)
        #expect(abs(Int(pixel(canvas, 5, 5)[0]) - 178) <= 1 && abs(Int(pixel(canvas, 5, 5)[1]) - 50) <= 1)
    }

    @Test("a quarter turn clockwise puts the overlay's right below; a negative stretch is its mirror image")
    func turned() {
        // White on its left, red on its right.
        let two = Sprite(ClearImage(width: 2, height: 1, rgba: [255, 255, 255, 255, 255, 0, 0, 255]))
        var canvas = grey(9, 9)
        canvas.draw(two, Overlay(x: 4, y: 4, scale: 1, rotation: .pi / 2, imageAnchorX: 0, imageAnchorY: 0), share: 1)
        #expect(pixel(canvas, 4, 4) == [255, 255, 255] && pixel(canvas, 4, 5)[1] < 5)
        var mirrored = grey(9, 9)
        mirrored.draw(two, Overlay(x: 4, y: 4, scale: 1, imageAnchorX: 0, imageAnchorY: 0, stretch: -1), share: 1)
        #expect(pixel(mirrored, 4, 4) == [255, 255, 255] && pixel(mirrored, 3, 4) == [255, 0, 0])
    }

    @Test("however small or large, it covers the area that its size in the world asks for")
    func area() {
        for scale in [0.03, 0.1, 0.26, 0.5, 0.9, 1.7, 3.3] {
            var canvas = grey(400, 400)
            canvas.draw(
                square(100), Overlay(x: 200, y: 200, scale: Float(scale), rotation: 0.4, imageAnchorX: 49.5, imageAnchorY: 49.5), share: 1)
            var covered = 0.0
            for index in stride(from: 1, to: canvas.image.rgb.count, by: 3) { covered += (100 - Double(canvas.image.rgb[index])) / 100 }
            let wanted = 100 * scale * 100 * scale
            #expect(abs(covered / wanted - 1) < 0.15, "at \(scale): \(covered) of \(wanted)")
        }
    }

    @Test("nothing is drawn, and nothing breaks, outside the picture or with numbers that are none")
    func absurd() {
        for overlay in [
            Overlay(x: -5_000, y: 10, scale: 1), Overlay(x: 5, y: 5, scale: 0), Overlay(x: .nan, y: 5, scale: 1),
            Overlay(x: 5, y: 5, scale: .infinity),
            Overlay(x: 5, y: 5, scale: 1, rotation: .nan), Overlay(x: 5, y: 5, scale: -3), Overlay(x: 3e38, y: -3e38, scale: 1),
            Overlay(x: 5, y: 5, scale: 1, stretch: .nan),
        ] {
            var canvas = grey(10, 10)
            canvas.draw(square(4), overlay, share: 1)
            #expect(canvas.image == grey(10, 10).image)
        }
        var full = grey(10, 10)
        full.draw(square(4), Overlay(x: 5, y: 5, scale: 1e6, imageAnchorX: 2, imageAnchorY: 2), share: 1)
        #expect(pixel(full, 5, 5) == [255, 0, 0])
    }
}
