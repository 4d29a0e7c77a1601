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
                image: overlay.image, imageAnchorX: Float(overlay.anchorX), imageAnchorY: Float(overlay.anchorY))
        }
    }

    /// Earrings come in pairs; a ring or bracelet goes on one hand, the surer one.
    private static func isPair(_ kind: String) -> Bool { kind == "ear_lobe" }

    /// The anchors that a kind of jewellery hangs on.
    static func anchorNames(_ kind: String) -> [String] {
        switch kind {
        case "ear_lobe": ["left_ear_lobe", "right_ear_lobe"]
        case "neck": ["neck"]
        case "ring_finger": ["left_ring_finger", "right_ring_finger"]
        case "wrist": ["left_wrist", "right_wrist"]
        default: []
        }
    }
}
