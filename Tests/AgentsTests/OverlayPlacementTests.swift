import Catalog
import EventLoop
import Testing
import Wire

@testable import Agents

@Suite("Where an overlay goes")
struct OverlayPlacementTests {
    /// Where a point of the overlay picture comes to lie on the customer's, by the protocol's definition of Overlay.
    private func place(_ x: Double, _ y: Double, _ overlay: Overlay) -> (x: Double, y: Double) {
        let (dx, dy) = ((x - Double(overlay.imageAnchorX)) * Double(overlay.scale), (y - Double(overlay.imageAnchorY)) * Double(overlay.scale))
        let (sin, cos) = (sine(Double(overlay.rotation)), sine(Double(overlay.rotation) + .pi / 2))
        return (Double(overlay.x) + dx * cos - dy * sin, Double(overlay.y) + dx * sin + dy * cos)
    }

    /// Taylor's series, after reduction: enough for a test, and no library.
    private func sine(_ angle: Double) -> Double {
        let x = angle - (angle / (2 * .pi)).rounded() * 2 * .pi
        var (term, sum) = (x, x)
        for n in 1..<20 {
            term *= -x * x / Double((2 * n) * (2 * n + 1))
            sum += term
        }
        return sum
    }

    @Test("For any pose: the anchor point lies on the anchor, and the overlay is as wide as in the world")
    func property() {
        var random = SeededRandom(seed: 20)
        for _ in 0..<500 {
            let anchor = Anchor(
                name: "neck", x: .random(in: 0...4_000, using: &random), y: .random(in: 0...3_000, using: &random),
                confidence: .random(in: 0.3...1, using: &random), pixelsPerMm: .random(in: 0.05...20, using: &random),
                rotation: .random(in: -3.1...3.1, using: &random))
            let product = ProductOverlay(
                image: "o.png", anchorKind: "neck", anchorX: .random(in: 0...512, using: &random), anchorY: .random(in: 0...512, using: &random),
                widthMm: .random(in: 2...300, using: &random), widthPx: .random(in: 64...1_024, using: &random))
            let placed = OverlayPlacement.place(product, on: Pose(imageWidth: 4_000, imageHeight: 3_000, anchors: [anchor]))
            guard let overlay = placed.first, placed.count == 1 else { Issue.record("no overlay for \(anchor)"); return }
            let middle = place(product.anchorX, product.anchorY, overlay)
            #expect(abs(middle.x - Double(anchor.x)) < 0.01 && abs(middle.y - Double(anchor.y)) < 0.01)
            let (left, right) = (place(0, 50, overlay), place(Double(product.widthPx), 50, overlay))
            let width = ((right.x - left.x) * (right.x - left.x) + (right.y - left.y) * (right.y - left.y)).squareRoot()
            let expected = product.widthMm * Double(anchor.pixelsPerMm)
            #expect(abs(width - expected) < expected * 1e-4)
        }
    }

    private func pose(_ anchors: (String, Float)...) -> Pose {
        Pose(imageWidth: 840, imageHeight: 600, anchors: anchors.map { Anchor(name: $0.0, x: 1, y: 2, confidence: $0.1, pixelsPerMm: 2) })
    }

    private func names(_ kind: String, _ pose: Pose) -> [String] {
        OverlayPlacement.place(ProductOverlay(image: "o", anchorKind: kind, anchorX: 0, anchorY: 0, widthMm: 10), on: pose).map(\.anchor)
    }

    @Test("Earrings go on every ear that is seen well enough; a ring or a bracelet on the one hand that is seen best")
    func which() {
        let all = pose(
            ("left_ear_lobe", 0.9), ("right_ear_lobe", 0.31), ("neck", 0.8), ("left_ring_finger", 0.5), ("right_ring_finger", 0.7),
            ("left_wrist", 0.6),
            ("right_wrist", 0.4))
        #expect(names("ear_lobe", all) == ["left_ear_lobe", "right_ear_lobe"])
        #expect(names("neck", all) == ["neck"])
        #expect(names("ring_finger", all) == ["right_ring_finger"])
        #expect(names("wrist", all) == ["left_wrist"])
        #expect(names("nose", all) == [])
    }

    @Test("An anchor that is not certain is not used")
    func uncertain() {
        #expect(names("ear_lobe", pose(("left_ear_lobe", 0.29), ("right_ear_lobe", 0.3))) == ["right_ear_lobe"])
        #expect(names("wrist", pose(("left_wrist", 0.1))) == [])
    }

    @Test("Without a measure the picture is taken for a portrait: a face of 140 mm across a third of it")
    func fallback() {
        let unmeasured = Pose(imageWidth: 840, imageHeight: 600, anchors: [Anchor(name: "neck", confidence: 1)])
        let overlay = ProductOverlay(image: "o", anchorKind: "neck", anchorX: 0, anchorY: 0, widthMm: 100, widthPx: 200)
        #expect(OverlayPlacement.place(overlay, on: unmeasured).map(\.scale) == [1])
    }
}
