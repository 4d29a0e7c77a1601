import Glibc

/// Where rings and bracelets sit.
enum HandAnchors {
    /// Proximal phalanges of the index to the little finger: Buryanov & Kotiuk, Proportions of Hand Segments, Int. J. Morphol. 28(3),
    /// 2010, table I.
    static var proximalPhalangesMm: [Double] { [39.78, 44.63, 41.37, 32.74] }

    private enum Hand {
        static var wrist: Int { 0 }
        static var indexBase: Int { 5 }
        static var middleBase: Int { 9 }
        static var ringBase: Int { 13 }
        static var ringJoint: Int { 14 }
        static var littleBase: Int { 17 }
    }

    /// From the wrist's joint down to where a bracelet lies, over the narrow end of the forearm.
    static var braceletDropMm: Double { 20 }

    /// A ring sits where the ring finger leaves the palm, a little before the middle of its first segment (joints 13 to 14); a bracelet on the
    /// forearm, which is taken to go on as the hand does (from joint 9 to joint 0).
    static func derive(_ hand: DetectedFigure) -> [JewelleryAnchor] {
        let side = hand.part == .leftHand ? "left" : "right"
        // Fingers that point at the camera are measured worst: the median of four.
        let scales = zip([(5, 6), (9, 10), (13, 14), (17, 18)], proximalPhalangesMm).map { hand.distance($0.0, $0.1) / $1 }.sorted()
        let scale = (scales[1] + scales[2]) / 2
        let (base, joint) = (hand.landmarks[Hand.ringBase], hand.landmarks[Hand.ringJoint])
        let (wrist, middle) = (hand.landmarks[Hand.wrist], hand.landmarks[Hand.middleBase])
        let turn = turn(hand)
        let length = max(hand.distance(Hand.wrist, Hand.middleBase), 1e-9)
        let bracelet = wrist.place + (wrist.place - middle.place) * (braceletDropMm * scale / length)
        return [
            ("ring_finger", base, joint, base.place.towards(joint.place, 0.45), stoneHiddenShare(turn: turn)),
            ("wrist", wrist, middle, bracelet, 0),
        ].map { name, from, to, place, turnedAway in
            let along = to.place - from.place
            let pitch = atan2(to.z - from.z, max(along.length, 1e-9))
            let hidden = max(turnedAway, hiddenShare(pitch: pitch))
            return JewelleryAnchor(
                name: "\(side)_\(name)", place: place, confidence: hand.confidence * (1 - hidden), pixelsPerMillimetre: scale,
                rotation: atan2(along.x, -along.y), yaw: turn, pitch: pitch, hidden: hidden)
        }
    }

    /// The hand's turn about its own length, radians: 0 when its back faces the camera, ±π when its palm does, positive when the little finger is
    /// farther away than the index. A left hand that points upwards and shows its palm has its little finger on the right.
    static func turn(_ hand: DetectedFigure) -> Double {
        let (wrist, middle) = (hand.landmarks[Hand.wrist].place, hand.landmarks[Hand.middleBase].place)
        let (index, little) = (hand.landmarks[Hand.indexBase], hand.landmarks[Hand.littleBase])
        let (along, across) = (middle - wrist, little.place - index.place)
        let littleIsClockwise = along.x * across.y - along.y * across.x > 0
        let showsPalm = littleIsClockwise == (hand.part == .leftHand)
        return atan2(little.z - index.z, max(across.length, 1e-9) * (showsPalm ? -1 : 1))
    }

    /// A ring's stone is on the back of the hand: seen from there and from the side, hidden when the palm is turned half to the camera or more.
    static func stoneHiddenShare(turn: Double) -> Double { min(1, max(0, -cos(turn) / 0.5)) }

    /// A finger or arm that points at the camera hides what is worn behind its tip: nothing up to 50°, all of it from 80°.
    static func hiddenShare(pitch: Double) -> Double {
        let (from, to) = (50 * Double.pi / 180, 80 * Double.pi / 180)
        return min(1, max(0, (abs(pitch) - from) / (to - from)))
    }
}
