import ImageDecoding
import Wire

extension Pose {
    /// In pixels of the upright original, whatever size the chains ran on.
    init(_ figures: [DetectedFigure], _ image: DecodedImage) {
        let scale = PictureScale(
            x: Double(image.originalWidth) / Double(image.width), y: Double(image.originalHeight) / Double(image.height))
        self.init(
            imageWidth: UInt32(image.originalWidth), imageHeight: UInt32(image.originalHeight), figures: figures.map(scale.figure),
            anchors: JewelleryAnchors.derive(from: figures).map(scale.anchor))
    }
}

/// From the picture that the chains saw to the original.
private struct PictureScale {
    let x: Double
    let y: Double

    func figure(_ figure: DetectedFigure) -> Figure {
        Figure(
            part: figure.part.rawValue, confidence: Float(figure.confidence),
            landmarks: figure.landmarks.map { landmark in
                Point(
                    x: Float(landmark.place.x * x), y: Float(landmark.place.y * y), z: Float(landmark.z * x),
                    confidence: Float(landmark.confidence))
            },
            box: [figure.box.left * x, figure.box.top * y, figure.box.right * x, figure.box.bottom * y].map { Float($0) })
    }

    func anchor(_ anchor: JewelleryAnchor) -> Anchor {
        Anchor(
            name: anchor.name, x: Float(anchor.place.x * x), y: Float(anchor.place.y * y), confidence: Float(anchor.confidence),
            pixelsPerMm: Float(anchor.pixelsPerMillimetre * x), rotation: Float(anchor.rotation), yaw: Float(anchor.yaw), pitch: Float(anchor.pitch),
            hidden: Float(anchor.hidden))
    }
}
