import Glibc

/// A point that jewellery hangs on, in picture pixels.
struct JewelleryAnchor: Equatable, Sendable {
    var name: String
    var place: Place
    /// 0 to 1.
    var confidence: Double
    var pixelsPerMillimetre: Double
    /// Clockwise roll, radians; 0 when the head, neck, finger or forearm is upright in the picture.
    var rotation: Double
}

/// Derives the anchors from landmarks. Sizes in millimetres are averages of adults, so that a scale is good to about a tenth.
enum JewelleryAnchors {
    /// Between the outer corners of the eyes, measured in space so that turning the head does not shorten it: mean of women (86.8) and men
    /// (89.4), Farkas, Anthropometry of the Head and Face, 2nd ed. 1994.
    static let outerEyeDistanceMm = 88.1
    /// Proximal phalanges of the index to the little finger: Buryanov & Kotiuk, Proportions of Hand Segments, Int. J. Morphol. 28(3),
    /// 2010, table I.
    static var proximalPhalangesMm: [Double] { [39.78, 44.63, 41.37, 32.74] }
    /// Between the shoulder joints: biacromial breadth (Gordon et al., ANSUR II, 2014: 416 men, 365 women) less 40 mm a side.
    static let shoulderJointDistanceMm = 310.0

    /// Of the first face and body and the first left and right hand.
    static func derive(from figures: [DetectedFigure]) -> [JewelleryAnchor] {
        let face = figures.first { $0.part == .face }
        var result: [JewelleryAnchor] = []
        if let face { result += earLobes(face) }
        if let neck = neck(face: face, body: figures.first { $0.part == .body }) { result.append(neck) }
        for part in [FigurePart.leftHand, .rightHand] {
            if let hand = figures.first(where: { $0.part == part }) { result += self.hand(hand) }
        }
        return result
    }

    // MARK: Face

    // Computed, so that nothing is set up lazily on several threads.
    private enum Face {
        static var forehead: Int { 10 }
        static var chin: Int { 152 }
        static var rightEye: Int { 33 }
        static var leftEye: Int { 263 }
        static var rightSide: Int { 234 }
        static var leftSide: Int { 454 }
        static var rightLobe: Int { 177 }
        static var leftLobe: Int { 401 }
    }

    /// How far the head is turned about its upright axis, radians; positive when the person's right side is farther away.
    static func yaw(_ face: DetectedFigure) -> Double {
        let (right, left) = (face.landmarks[Face.rightSide], face.landmarks[Face.leftSide])
        return atan2(right.z - left.z, max((left.place - right.place).length, 1e-9))
    }

    /// How much of an ear is seen whose side is turned away by `angle` radians: all of it up to 10°, nothing from 40°.
    static func earVisibility(turnedAway angle: Double) -> Double {
        let (full, none) = (10 * Double.pi / 180, 40 * Double.pi / 180)
        return min(1, max(0, (none - angle) / (none - full)))
    }

    static func earLobes(_ face: DetectedFigure) -> [JewelleryAnchor] {
        let scale = face.distance(Face.rightEye, Face.leftEye) / outerEyeDistanceMm
        let eyes = face.landmarks[Face.leftEye].place - face.landmarks[Face.rightEye].place
        let roll = atan2(eyes.y, eyes.x)
        let yaw = yaw(face)
        return [("left_ear_lobe", Face.leftLobe, -yaw), ("right_ear_lobe", Face.rightLobe, yaw)].map { name, index, away in
            JewelleryAnchor(
                name: name, place: face.landmarks[index].place, confidence: face.confidence * earVisibility(turnedAway: away),
                pixelsPerMillimetre: scale, rotation: roll)
        }
    }

    // MARK: Neck

    private enum Body {
        static var leftShoulder: Int { 11 }
        static var rightShoulder: Int { 12 }
        static var leftMouth: Int { 9 }
        static var rightMouth: Int { 10 }
    }

    /// The pit of the throat, where a short necklace lies: a quarter of the way from the line between the shoulder joints to the chin.
    /// Without a body it is guessed half a face height below the chin, with half the confidence.
    static func neck(face: DetectedFigure?, body: DetectedFigure?) -> JewelleryAnchor? {
        let faceScale = face.map { $0.distance(Face.rightEye, Face.leftEye) / outerEyeDistanceMm }
        if let body {
            let (left, right) = (body.landmarks[Body.leftShoulder], body.landmarks[Body.rightShoulder])
            let across = left.place - right.place
            let middle = left.place.towards(right.place, 0.5)
            // The same person's chin, or else just below the mouth.
            let mouth = body.landmarks[Body.leftMouth].place.towards(body.landmarks[Body.rightMouth].place, 0.5)
            let chin = face.map { $0.landmarks[Face.chin].place }
            let near = chin.map { ($0 - mouth).length < max(across.length, 1) * 0.5 } ?? false
            let top = near ? chin ?? mouth : mouth
            let seen = min(left.confidence, right.confidence)
            if seen >= 0.5 {
                return JewelleryAnchor(
                    name: "neck", place: middle.towards(top, 0.25), confidence: body.confidence * seen,
                    pixelsPerMillimetre: near ? faceScale ?? 0 : body.distance(Body.leftShoulder, Body.rightShoulder) / shoulderJointDistanceMm,
                    rotation: atan2(across.y, across.x))
            }
        }
        guard let face, let faceScale else { return nil }
        let (forehead, chin) = (face.landmarks[Face.forehead].place, face.landmarks[Face.chin].place)
        let eyes = face.landmarks[Face.leftEye].place - face.landmarks[Face.rightEye].place
        return JewelleryAnchor(
            name: "neck", place: chin + (chin - forehead) * 0.5, confidence: face.confidence * 0.5,
            pixelsPerMillimetre: faceScale, rotation: atan2(eyes.y, eyes.x))
    }

    // MARK: Hand

    /// A ring sits where the ring finger leaves the palm, a little before the middle of its first segment (joints 13 to 14); a bracelet
    /// at the wrist (joint 0).
    static func hand(_ hand: DetectedFigure) -> [JewelleryAnchor] {
        let side = hand.part == .leftHand ? "left" : "right"
        // Fingers that point at the camera are measured worst: the median of four.
        let scales = zip([(5, 6), (9, 10), (13, 14), (17, 18)], proximalPhalangesMm).map { hand.distance($0.0, $0.1) / $1 }.sorted()
        let scale = (scales[1] + scales[2]) / 2
        let (base, joint) = (hand.landmarks[13], hand.landmarks[14])
        let (wrist, middle) = (hand.landmarks[0], hand.landmarks[9])
        return [
            JewelleryAnchor(
                name: "\(side)_ring_finger", place: base.place.towards(joint.place, 0.45), confidence: hand.confidence,
                pixelsPerMillimetre: scale, rotation: fromUpright(joint.place - base.place)),
            JewelleryAnchor(
                name: "\(side)_wrist", place: wrist.place, confidence: hand.confidence,
                pixelsPerMillimetre: scale, rotation: fromUpright(middle.place - wrist.place)),
        ]
    }

    /// Clockwise angle from straight up.
    private static func fromUpright(_ direction: Place) -> Double { atan2(direction.x, -direction.y) }
}
