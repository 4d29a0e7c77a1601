import Glibc

/// A point that jewellery hangs on, in picture pixels.
struct JewelleryAnchor: Equatable, Sendable {
    var name: String
    var place: Place
    /// 0 to 1: that it is there and in view.
    var confidence: Double
    var pixelsPerMillimetre: Double
    /// Clockwise roll, radians; 0 when the head, neck, finger or forearm is upright in the picture.
    var rotation: Double
    /// Turn about the upright axis of head, shoulders or hand, radians; positive when the person's right side (of a hand: the little finger's side)
    /// is farther away. Of a hand 0 is its back, ±π its palm.
    var yaw = 0.0
    /// Lean in depth, radians; positive when the upper end (of a hand: the fingertips) is farther away.
    var pitch = 0.0
    /// How much of what is worn there is hidden by the head or hand itself, 0 to 1.
    var hidden = 0.0
}

/// Derives the anchors from landmarks. Sizes in millimetres are averages of adults, so that a scale is good to about a tenth.
enum JewelleryAnchors {
    /// Between the shoulder joints: biacromial breadth (Gordon et al., ANSUR II, 2014: 416 men, 365 women) less 40 mm a side.
    static let shoulderJointDistanceMm = 310.0
    /// From the pit of the throat down to where a pendant on a chain of 45 cm lies.
    static let pendantDropMm = 60.0

    /// Of the first face and body and the first left and right hand.
    static func derive(from figures: [DetectedFigure]) -> [JewelleryAnchor] {
        let face = figures.first { $0.part == .face }
        let pose = face.flatMap { HeadPose($0.landmarks) }
        var result: [JewelleryAnchor] = []
        if let face, let pose { result += earLobes(face, pose) + [glasses(face, pose)] }
        if let neck = neck(face: face, pose: pose, body: figures.first { $0.part == .body }) { result += [neck, pendant(below: neck)] }
        for part in [FigurePart.leftHand, .rightHand] {
            if let hand = figures.first(where: { $0.part == part }) { result += HandAnchors.derive(hand) }
        }
        return result
    }

    // MARK: Head

    // Computed, so that nothing is set up lazily on several threads.
    private enum Face {
        static var forehead: Int { 10 }
        static var chin: Int { 152 }
        static var bridge: Int { 168 }
        static var rightEdge: Int { 132 }
        static var leftEdge: Int { 361 }
    }

    /// How much of an ear is hidden whose side is turned away by `angle` radians: nothing up to 10°, all of it from 40°.
    static func earHidden(turnedAway angle: Double) -> Double {
        let (from, to) = (10 * Double.pi / 180, 40 * Double.pi / 180)
        return min(1, max(0, (angle - from) / (to - from)))
    }

    static func earLobes(_ face: DetectedFigure, _ pose: HeadPose) -> [JewelleryAnchor] {
        let offset = CanonicalFace.lobeOffset
        return [("left_ear_lobe", Face.leftEdge, 1.0), ("right_ear_lobe", Face.rightEdge, -1.0)].map { name, index, side in
            let hidden = earHidden(turnedAway: -side * pose.yaw)
            return JewelleryAnchor(
                name: name, place: face.landmarks[index].place + pose.seen(side * offset.outwards, offset.down, offset.away),
                confidence: face.confidence * (1 - hidden), pixelsPerMillimetre: pose.scale, rotation: pose.roll, yaw: pose.yaw, pitch: pose.pitch,
                hidden: hidden)
        }
    }

    /// On the bridge of the nose.
    static func glasses(_ face: DetectedFigure, _ pose: HeadPose) -> JewelleryAnchor {
        JewelleryAnchor(
            name: "glasses", place: face.landmarks[Face.bridge].place, confidence: face.confidence, pixelsPerMillimetre: pose.scale,
            rotation: pose.roll, yaw: pose.yaw, pitch: pose.pitch)
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
    static func neck(face: DetectedFigure?, pose: HeadPose?, body: DetectedFigure?) -> JewelleryAnchor? {
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
                    pixelsPerMillimetre: (near ? pose?.scale : nil)
                        ?? body.distance(Body.leftShoulder, Body.rightShoulder) / shoulderJointDistanceMm,
                    rotation: atan2(across.y, across.x), yaw: atan2(right.z - left.z, max(across.length, 1e-9)))
            }
        }
        guard let face, let pose else { return nil }
        let (forehead, chin) = (face.landmarks[Face.forehead].place, face.landmarks[Face.chin].place)
        return JewelleryAnchor(
            name: "neck", place: chin + (chin - forehead) * 0.5, confidence: face.confidence * 0.5, pixelsPerMillimetre: pose.scale,
            rotation: pose.roll, yaw: pose.yaw)
    }

    static func pendant(below neck: JewelleryAnchor) -> JewelleryAnchor {
        var pendant = neck
        pendant.name = "pendant"
        let drop = pendantDropMm * neck.pixelsPerMillimetre
        pendant.place = neck.place + Place(x: -sin(neck.rotation), y: cos(neck.rotation)) * drop
        return pendant
    }
}
