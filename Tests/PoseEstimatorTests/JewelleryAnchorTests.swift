import Glibc
import Testing

@testable import PoseEstimator

@Suite("Points that jewellery hangs on")
struct JewelleryAnchorTests {
    /// A face straight on, eyes 88.1 pixels apart, turned by `yaw` (the person's right side away) and `roll`, radians.
    private func face(yaw: Double = 0, roll: Double = 0) -> DetectedFigure {
        var points = [(Double, Double, Double)](repeating: (0, 0, 0), count: 468)
        points[33] = (-44.05, -30, 0)
        points[263] = (44.05, -30, 0)
        points[10] = (0, -90, 0)
        points[152] = (0, 90, 0)
        points[234] = (-70, 0, 30)
        points[454] = (70, 0, 30)
        points[177] = (-65, 30, 30)
        points[401] = (65, 30, 30)
        let landmarks = points.map { x, y, z in
            let (a, depth) = (x * cos(yaw) - z * sin(yaw), -x * sin(yaw) + z * cos(yaw))
            return Landmark(place: Place(x: 300 + a * cos(roll) - y * sin(roll), y: 200 + a * sin(roll) + y * cos(roll)), z: depth, confidence: 1)
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
        #expect(left.place.x > 300 && right.place.x < 300)
        #expect(abs(left.confidence - 0.9) < 1e-9 && abs(right.confidence - 0.9) < 1e-9)
        #expect(abs(left.pixelsPerMillimetre - 1) < 1e-9 && abs(left.rotation) < 1e-9)
    }

    @Test("the ear that the head turns away loses its confidence, the other keeps it, and the scale stays")
    func turned() throws {
        let found = anchors([face(yaw: 0.6)])
        let (left, right) = (try #require(found["left_ear_lobe"]), try #require(found["right_ear_lobe"]))
        #expect(right.confidence < 0.2 && abs(left.confidence - 0.9) < 1e-9)
        #expect(abs(left.pixelsPerMillimetre - 1) < 1e-9)
        let other = anchors([face(yaw: -0.6)])
        #expect(try #require(other["left_ear_lobe"]).confidence < 0.2)
    }

    @Test("a tilted head tilts its anchors clockwise")
    func rolled() throws {
        #expect(abs(try #require(anchors([face(roll: 0.3)])["left_ear_lobe"]).rotation - 0.3) < 1e-9)
    }

    @Test("a necklace lies between the shoulders and the chin; unseen shoulders leave a guess below the chin")
    func neck() throws {
        let sure = try #require(anchors([face(), body(shoulders: 320)])["neck"])
        #expect(abs(sure.place.x - 300) < 1e-9 && abs(sure.place.y - (410 - 30)) < 1e-9)
        #expect(abs(sure.confidence - 0.72) < 1e-9 && abs(sure.pixelsPerMillimetre - 1) < 1e-9)
        let guess = try #require(anchors([face(), body(shoulders: 320, confidence: 0.1)])["neck"])
        #expect(abs(guess.place.y - 380) < 1e-9 && abs(guess.confidence - 0.45) < 1e-9)
        let alone = try #require(anchors([body(shoulders: 310)])["neck"])
        #expect(abs(alone.pixelsPerMillimetre - 1) < 1e-9)
    }

    @Test("a hand gives its ring finger's base and its wrist, upright hands without rotation")
    func hand() throws {
        for (part, side) in [(FigurePart.leftHand, "left"), (.rightHand, "right")] {
            var places = [Place](repeating: Place(x: 0, y: 100), count: 21)
            for (index, base) in [5, 9, 13, 17].enumerated() {
                places[base] = Place(x: Double(index) * 20 - 20, y: 0)
                places[base + 1] = Place(x: Double(index) * 20 - 20, y: -2 * JewelleryAnchors.proximalPhalangesMm[index])
            }
            (places[0], places[9].x, places[10].x) = (Place(x: 0, y: 100), 0, 0)
            let figure = DetectedFigure(
                part: part, confidence: 0.7, landmarks: places.map { Landmark(place: $0, z: 0, confidence: 1) },
                box: Box(left: 0, top: 0, right: 1, bottom: 1))
            let found = anchors([figure])
            let (ring, wrist) = (try #require(found["\(side)_ring_finger"]), try #require(found["\(side)_wrist"]))
            #expect(ring.place.x == 20 && ring.place.y < 0 && ring.place.y > places[14].y)
            #expect(abs(ring.pixelsPerMillimetre - 2) < 1e-9 && abs(ring.rotation) < 1e-9)
            #expect(wrist.place == Place(x: 0, y: 100) && abs(wrist.rotation) < 1e-9 && wrist.confidence == 0.7)
        }
    }
}
