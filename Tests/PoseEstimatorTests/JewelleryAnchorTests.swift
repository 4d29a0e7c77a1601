import Glibc
import Testing

@testable import PoseEstimator

@Suite("Points that jewellery hangs on")
struct JewelleryAnchorTests {
    /// The canonical face at `scale` pixels a millimetre, turned by `yaw` (the person's right side away), `pitch` (the chin up) and `roll`, radians.
    private func face(yaw: Double = 0, pitch: Double = 0, roll: Double = 0, scale: Double = 1) -> DetectedFigure {
        var points = [(Double, Double, Double)](repeating: (0, 0, 0), count: 468)
        for point in CanonicalFace.points { points[point.index] = (point.x, point.y, point.z) }
        (points[152], points[132], points[361]) = ((0, 110, 7), (-65, 43, 55), (65, 43, 55))
        let landmarks = points.map { x, y, z in
            let (lowered, back) = (y * cos(pitch) + z * sin(pitch), -y * sin(pitch) + z * cos(pitch))
            let (across, depth) = (x * cos(yaw) + back * sin(yaw), -x * sin(yaw) + back * cos(yaw))
            return Landmark(
                place: Place(
                    x: 300 + (across * cos(roll) - lowered * sin(roll)) * scale, y: 200 + (across * sin(roll) + lowered * cos(roll)) * scale),
                z: depth * scale, confidence: 1)
        }
        return DetectedFigure(part: .face, confidence: 0.9, landmarks: landmarks, box: Box(left: 200, top: 100, right: 400, bottom: 300))
    }

    private func body(shoulders: Double, confidence: Double = 0.9) -> DetectedFigure {
        var places = [Place](repeating: Place(x: 300, y: 230), count: 33)
        (places[11], places[12]) = (Place(x: 300 + shoulders / 2, y: 410), Place(x: 300 - shoulders / 2, y: 410))
        let landmarks = places.map { Landmark(place: $0, z: 0, confidence: confidence) }
        return DetectedFigure(part: .body, confidence: 0.8, landmarks: landmarks, box: Box(left: 0, top: 0, right: 9, bottom: 9))
    }

    private func anchors(_ figures: [DetectedFigure]) -> [String: JewelleryAnchor] {
        Dictionary(uniqueKeysWithValues: JewelleryAnchors.derive(from: figures).map { ($0.name, $0) })
    }

    @Test("nobody in the picture, no anchors")
    func nobody() {
        #expect(JewelleryAnchors.derive(from: []).isEmpty)
    }

    @Test("a face straight on has both lobes, the person's right at the picture's left, at one pixel a millimetre")
    func frontal() throws {
        let found = anchors([face()])
        let (left, right) = (try #require(found["left_ear_lobe"]), try #require(found["right_ear_lobe"]))
        #expect(abs(left.place.x - 373.5) < 1e-6 && abs(right.place.x - 226.5) < 1e-6 && abs(left.place.y - 237) < 1e-6)
        #expect(abs(left.confidence - 0.9) < 1e-9 && abs(right.confidence - 0.9) < 1e-9 && left.hidden == 0)
        #expect(abs(left.pixelsPerMillimetre - 1) < 1e-6 && abs(left.rotation) < 1e-6)
        let glasses = try #require(found["glasses"])
        #expect(abs(glasses.place.x - 300) < 1e-9 && abs(glasses.yaw) < 1e-6 && abs(glasses.pitch) < 1e-6)
    }

    @Test("the fit gives back how a head was turned, sized and placed, for any turn that a camera sees")
    func fit() throws {
        var numbers = Numbers(21)
        for _ in 0..<300 {
            let (yaw, pitch, roll) = (numbers.next(-1.2...1.2), numbers.next(-0.9...0.9), numbers.next(-3.1...3.1))
            let scale = numbers.next(0.05...20)
            let pose = try #require(HeadPose(face(yaw: yaw, pitch: pitch, roll: roll, scale: scale).landmarks))
            #expect(abs(pose.yaw - yaw) < 1e-6 && abs(pose.pitch - pitch) < 1e-6 && abs(normalized(pose.roll - roll)) < 1e-6)
            #expect(abs(pose.scale / scale - 1) < 1e-6 && (pose.origin - Place(x: 300, y: 200)).length < 1e-5 * scale)
            #expect(pose.residual < 1e-5 * scale)
        }
    }

    @Test("noise of two millimetres moves a head's turn by less than four degrees")
    func noisyFit() throws {
        var numbers = Numbers(22)
        for _ in 0..<50 {
            let yaw = numbers.next(-0.6...0.6)
            var noisy = face(yaw: yaw, pitch: 0.1, scale: 2)
            for index in noisy.landmarks.indices {
                noisy.landmarks[index].place = noisy.landmarks[index].place + Place(x: numbers.next(-4...4), y: numbers.next(-4...4))
                noisy.landmarks[index].z += numbers.next(-8...8)
            }
            let pose = try #require(HeadPose(noisy.landmarks))
            #expect(abs(pose.yaw - yaw) < 0.07 && abs(pose.pitch - 0.1) < 0.07 && abs(pose.scale - 2) < 0.1)
        }
    }

    @Test("landmarks that lie in one place or are no numbers have no pose and no anchors")
    func degenerate() {
        for value in [0.0, .nan, .infinity] {
            let landmarks = [Landmark](repeating: Landmark(place: Place(x: value, y: value), z: value, confidence: 1), count: 468)
            #expect(HeadPose(landmarks) == nil)
            let figure = DetectedFigure(part: .face, confidence: 1, landmarks: landmarks, box: Box(left: 0, top: 0, right: 1, bottom: 1))
            #expect(JewelleryAnchors.derive(from: [figure]).isEmpty)
        }
    }

    @Test("the ear that the head turns away is hidden and loses its confidence, the other keeps it, and the scale stays")
    func turned() throws {
        let found = anchors([face(yaw: 0.6)])
        let (left, right) = (try #require(found["left_ear_lobe"]), try #require(found["right_ear_lobe"]))
        #expect(right.confidence < 0.2 && right.hidden > 0.75 && abs(left.confidence - 0.9) < 1e-9 && left.hidden == 0)
        #expect(abs(left.pixelsPerMillimetre - 1) < 1e-6 && abs(left.yaw - 0.6) < 1e-6)
        let other = anchors([face(yaw: -0.6)])
        #expect(try #require(other["left_ear_lobe"]).confidence < 0.2)
    }

    @Test("a tilted head tilts its anchors clockwise")
    func rolled() throws {
        #expect(abs(try #require(anchors([face(roll: 0.3)])["left_ear_lobe"]).rotation - 0.3) < 1e-6)
    }

    @Test("a necklace lies between the shoulders and the chin; unseen shoulders leave a guess below the chin")
    func neck() throws {
        let sure = try #require(anchors([face(), body(shoulders: 320)])["neck"])
        #expect(abs(sure.place.x - 300) < 1e-9 && abs(sure.place.y - (410 - 25)) < 1e-9)
        #expect(abs(sure.confidence - 0.72) < 1e-9 && abs(sure.pixelsPerMillimetre - 1) < 1e-6 && abs(sure.yaw) < 1e-9)
        let pendant = try #require(anchors([face(), body(shoulders: 320)])["pendant"])
        #expect(abs(pendant.place.x - 300) < 1e-6 && abs(pendant.place.y - sure.place.y - JewelleryAnchors.pendantDropMm) < 1e-4)
        let guess = try #require(anchors([face(), body(shoulders: 320, confidence: 0.1)])["neck"])
        #expect(abs(guess.place.y - 389.5) < 1e-6 && abs(guess.confidence - 0.45) < 1e-9)
        let alone = try #require(anchors([body(shoulders: 310)])["neck"])
        #expect(abs(alone.pixelsPerMillimetre - 1) < 1e-9)
    }

    @Test("a finger that points at the camera hides its ring; how far hand and finger are turned is told")
    func pointing() throws {
        var landmarks = (0..<21).map { Landmark(place: Place(x: Double($0), y: 100 - Double($0) * 4), z: 0, confidence: 1) }
        landmarks[14].z = landmarks[13].z - 400
        landmarks[17].z = landmarks[5].z + 12
        landmarks[17].place = landmarks[5].place + Place(x: 12, y: 0)
        let hand = DetectedFigure(part: .leftHand, confidence: 1, landmarks: landmarks, box: Box(left: 0, top: 0, right: 1, bottom: 1))
        let found = anchors([hand])
        let (ring, wrist) = (try #require(found["left_ring_finger"]), try #require(found["left_wrist"]))
        #expect(ring.hidden == 1 && ring.pitch < -1.5 && wrist.hidden == 0)
        // A left hand with the little finger on the right shows its palm.
        #expect(abs(ring.yaw - 3 * .pi / 4) < 1e-9)
    }

    @Test("a ring's stone is hidden when the palm is shown, half hidden or not at all from the side; a bracelet never is")
    func palm() throws {
        /// A hand upright in the picture, its palm broad or turned by `turn` from the back, on the side where `part`'s little finger is then.
        func hand(_ part: FigurePart, turn: Double) -> DetectedFigure {
            let outwards = part == .leftHand ? -1.0 : 1
            var landmarks = [Landmark](repeating: Landmark(place: Place(x: 0, y: 100), z: 0, confidence: 1), count: 21)
            for (index, base) in [5, 9, 13, 17].enumerated() {
                let across = Double(index - 1) * 20
                landmarks[base] = Landmark(place: Place(x: outwards * across * cos(turn), y: 0), z: across * sin(turn), confidence: 1)
                landmarks[base + 1] = landmarks[base]
                landmarks[base + 1].place.y = -40
            }
            return DetectedFigure(part: part, confidence: 1, landmarks: landmarks, box: Box(left: -40, top: -40, right: 40, bottom: 100))
        }
        for (part, side) in [(FigurePart.leftHand, "left"), (.rightHand, "right")] {
            for (turn, hidden) in [(0.0, 0.0), (1.2, 0), (-1.2, 0), (1.75, 0.3565), (2.2, 1), (-2.5, 1), (Double.pi, 1)] {
                let found = anchors([hand(part, turn: turn)])
                let (ring, wrist) = (try #require(found["\(side)_ring_finger"]), try #require(found["\(side)_wrist"]))
                #expect(abs(normalized(ring.yaw - turn)) < 1e-6 && abs(ring.hidden - hidden) < 1e-3 && abs(ring.confidence - (1 - hidden)) < 1e-3)
                #expect(wrist.hidden == 0 && wrist.confidence == 1)
            }
        }
    }

    @Test("a hand gives its ring finger's base and its wrist, upright hands without rotation")
    func hand() throws {
        for (part, side) in [(FigurePart.leftHand, "left"), (.rightHand, "right")] {
            var places = [Place](repeating: Place(x: 0, y: 100), count: 21)
            for (index, base) in [5, 9, 13, 17].enumerated() {
                places[base] = Place(x: Double(index) * 20 - 20, y: 0)
                places[base + 1] = Place(x: Double(index) * 20 - 20, y: -2 * HandAnchors.proximalPhalangesMm[index])
            }
            (places[0], places[9].x, places[10].x) = (Place(x: 0, y: 100), 0, 0)
            let figure = DetectedFigure(
                part: part, confidence: 0.7, landmarks: places.map { Landmark(place: $0, z: 0, confidence: 1) },
                box: Box(left: 0, top: 0, right: 1, bottom: 1))
            let found = anchors([figure])
            let (ring, wrist) = (try #require(found["\(side)_ring_finger"]), try #require(found["\(side)_wrist"]))
            #expect(ring.place.x == 20 && ring.place.y < 0 && ring.place.y > places[14].y)
            #expect(abs(ring.pixelsPerMillimetre - 2) < 1e-9 && abs(ring.rotation) < 1e-9)
            #expect((wrist.place - Place(x: 0, y: 100 + 2 * HandAnchors.braceletDropMm)).length < 1e-9 && abs(wrist.rotation) < 1e-9)
            #expect(wrist.confidence == 0.7)
        }
    }
}
