import Glibc

/// One landmark in the picture.
struct Landmark: Equatable, Sendable {
    var place: Place
    /// Depth in picture pixels relative to the figure's middle; nearer is smaller.
    var z: Double
    /// 0 to 1: that it is there and seen.
    var confidence: Double

    var isFinite: Bool { place.x.isFinite && place.y.isFinite && z.isFinite }
}

enum FigurePart: String, Sendable {
    case face
    case leftHand = "left_hand"
    case rightHand = "right_hand"
    case body
}

/// A face, hand or body in picture pixels.
struct DetectedFigure: Equatable, Sendable {
    var part: FigurePart
    /// 0 to 1: the landmark model's own presence.
    var confidence: Double
    var landmarks: [Landmark]
    var box: Box

    /// The point's distance in space to another, pixels.
    func distance(_ a: Int, _ b: Int) -> Double {
        let offset = landmarks[a].place - landmarks[b].place
        return (offset.x * offset.x + offset.y * offset.y + pow(landmarks[a].z - landmarks[b].z, 2)).squareRoot()
    }
}

enum Landmarks {
    /// From a landmark model's square to the picture.
    /// - Parameters:
    ///   - values: `stride` numbers a landmark: x, y, z in input pixels, and for `stride` 5 visibility and presence as logits.
    ///   - count: landmarks to take from the front.
    ///   - depthScale: what the model's depths are multiplied with.
    static func project(
        _ values: UnsafeBufferPointer<Float>, count: Int, stride: Int, inputSide: Int, region: Region, depthScale: Double = 1
    ) -> [Landmark] {
        precondition(values.count >= count * stride, "a landmark model gives all its landmarks")
        let side = Double(inputSide)
        return (0..<count).map { index in
            let row = index * stride
            let place = region.place(Double(values[row]) / side, Double(values[row + 1]) / side)
            let confidence = stride < 5 ? 1 : min(sigmoid(Double(values[row + 3])), sigmoid(Double(values[row + 4])))
            return Landmark(place: place, z: Double(values[row + 2]) / side * region.side * depthScale, confidence: confidence)
        }
    }
}
