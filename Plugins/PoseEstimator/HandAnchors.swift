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

    /// A ring sits where the ring finger leaves the palm, a little before the middle of its first segment (joints 13 to 14); a bracelet
    /// at the wrist (joint 0).
    static func derive(_ hand: DetectedFigure) -> [JewelleryAnchor] {
        let side = hand.part == .leftHand ? "left" : "right"
        // Fingers that point at the camera are measured worst: the median of four.
        let scales = zip([(5, 6), (9, 10), (13, 14), (17, 18)], proximalPhalangesMm).map { hand.distance($0.0, $0.1) / $1 }.sorted()
        let scale = (scales[1] + scales[2]) / 2
        let (base, joint) = (hand.landmarks[Hand.ringBase], hand.landmarks[Hand.ringJoint])
        let (wrist, middle) = (hand.landmarks[Hand.wrist], hand.landmarks[Hand.middleBase])
        let (index, little) = (hand.landmarks[Hand.indexBase], hand.landmarks[Hand.littleBase])
        let yaw = atan2(little.z - index.z, max((little.place - index.place).length, 1e-9))
        return [("ring_finger", base, joint, 0.45), ("wrist", wrist, middle, 0)].map { name, from, to, share in
            let along = to.place - from.place
            let pitch = atan2(to.z - from.z, max(along.length, 1e-9))
            return JewelleryAnchor(
                name: "\(side)_\(name)", place: from.place.towards(to.place, share), confidence: hand.confidence, pixelsPerMillimetre: scale,
                rotation: atan2(along.x, -along.y), yaw: yaw, pitch: pitch, hidden: hiddenShare(pitch: pitch))
        }
    }

    /// A finger or arm that points at the camera hides what is worn behind its tip: nothing up to 50°, all of it from 80°.
    static func hiddenShare(pitch: Double) -> Double {
        let (from, to) = (50 * Double.pi / 180, 80 * Double.pi / 180)
        return min(1, max(0, (abs(pitch) - from) / (to - from)))
    }
}
