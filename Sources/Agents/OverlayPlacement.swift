public import Catalog
public import Wire

/// Where a product's overlay picture goes on a customer's picture. Pure geometry.
public enum OverlayPlacement {
    /// Anchors less certain than this are not used: an ear that is turned away has no earring.
    public static let confidenceMin: Float = 0.3
    /// Picture pixels per millimetre when the figure gave no measure: a face of 140 mm across a third of the picture.
    static func fallbackPixelsPerMm(pictureWidth: UInt32) -> Float { Float(pictureWidth) / 3 / 140 }

    /// One overlay for each anchor that this kind of jewellery hangs on and that is certain enough.
    ///
    /// scale = pixels per millimetre × overlay's width in millimetres / overlay's width in pixels.
    public static func place(_ overlay: ProductOverlay, on pose: Pose) -> [Overlay] {
        let names = anchorNames(overlay.anchorKind)
        var anchors = pose.anchors.filter { names.contains($0.name) && $0.confidence >= confidenceMin }
        if !isPair(overlay.anchorKind) { anchors = anchors.max { $0.confidence < $1.confidence }.map { [$0] } ?? [] }
        return anchors.map { anchor in
            let perMm = anchor.pixelsPerMm > 0 ? anchor.pixelsPerMm : fallbackPixelsPerMm(pictureWidth: pose.imageWidth)
            let widthPx = overlay.widthPx > 0 ? Float(overlay.widthPx) : 256
            return Overlay(
                anchor: anchor.name, x: anchor.x, y: anchor.y, scale: perMm * Float(overlay.widthMm) / widthPx, rotation: anchor.rotation,
                image: overlay.image, imageAnchorX: Float(overlay.anchorX), imageAnchorY: Float(overlay.anchorY), stretch: stretch(anchor))
        }
    }

    /// Whether a hand is there for a ring, but shows its palm: the stone is on the other side.
    static func isTurnedAway(_ kind: String, on pose: Pose) -> Bool {
        let names = anchorNames(kind)
        return kind == "ring_finger" && pose.anchors.contains { names.contains($0.name) && abs($0.yaw) > .pi / 2 && $0.hidden > 0.5 }
    }

    /// What lies flat on the chest or before the eyes is seen narrower when it is turned away, at most to a third; rings, bracelets and hanging
    /// earrings are as wide from every side. The overlay of an earring is the right ear's: on the left one it is mirrored.
    static func stretch(_ anchor: Anchor) -> Float {
        switch anchor.name {
        case "left_ear_lobe": -1
        case "neck", "pendant", "glasses": max(1 / 3, cosine(anchor.yaw))
        default: 1
        }
    }

    /// cos of an angle up to a quarter turn, by the half-angle formula on Taylor's series: good to 1e-6, and no library.
    private static func cosine(_ angle: Float) -> Float {
        let half = min(abs(angle), .pi / 2) / 2
        let square = half * half
        let sine = half * (1 - square / 6 * (1 - square / 20 * (1 - square / 42)))
        return 1 - 2 * sine * sine
    }

    /// Earrings come in pairs; a ring or bracelet goes on one hand, the surer one.
    private static func isPair(_ kind: String) -> Bool { kind == "ear_lobe" }

    /// The anchors that a kind of jewellery hangs on.
    static func anchorNames(_ kind: String) -> [String] {
        switch kind {
        case "ear_lobe": ["left_ear_lobe", "right_ear_lobe"]
        case "neck": ["neck"]
        case "pendant": ["pendant"]
        case "glasses": ["glasses"]
        case "ring_finger": ["left_ring_finger", "right_ring_finger"]
        case "wrist": ["left_wrist", "right_wrist"]
        default: []
        }
    }
}
