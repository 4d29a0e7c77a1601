import Glibc
import Testing

@testable import PoseEstimator

@Suite("What is not measured in every picture of a camera")
struct RestingTests {
    private let options = PoseOptions(bodyEveryMs: 100, smoothing: false)

    private func found(_ kind: PoseChainKind, _ track: UInt32? = nil, at x: Double = 100, next: Region? = nil) -> FoundFigure {
        let places = [Place(x: x, y: 100), Place(x: x + 50, y: 150)]
        return FoundFigure(
            figure: DetectedFigure(
                part: kind == .face ? .face : .body, confidence: 1, landmarks: places.map { Landmark(place: $0, z: 0, confidence: 1) },
                box: Box(left: x, top: 100, right: x + 50, bottom: 150)),
            kind: kind, rank: 0, track: track, next: next ?? Region(centre: Place(x: x, y: 100), side: 80, rotation: 0), rightHand: 0)
    }

    /// In which of eight pictures the body was measured, when face and body are found where `places` say.
    private func measured(face: (Int) -> Double, body: (Int) -> Double, sees: (Int) -> Bool = { _ in true }) -> [Int] {
        var tracker = PoseTracker(options: options)
        var (result, lastX): ([Int], Double?) = ([], nil)
        for index in 0..<8 {
            let atUs = UInt64(index) * 33_000
            let plan = tracker.plan(atUs: atUs, width: 640, height: 480)
            let searched = plan.search.contains(.body) && index == 0
            let follows = plan.tracks.contains { $0.kind == .body }
            #expect(searched == (index == 0), "a body that rests is not searched")
            var seen = [found(.face, plan.tracks.first { $0.kind == .face }?.id, at: face(index))]
            if searched || follows {
                result.append(index)
                lastX = body(index)
                seen.append(found(.body, plan.tracks.first { $0.kind == .body }?.id, at: body(index)))
            }
            let told = tracker.finished(seen, atUs: atUs)
            #expect(told.map(\.part) == [.face, .body])
            #expect(told.last?.landmarks.first?.place.x == lastX, "in between it is where it was")
        }
        return result
    }

    @Test("a body at rest is told where it was, not searched, and measured again when its time has come")
    func rest() {
        #expect(measured(face: { _ in 100 }, body: { 100 + Double($0) / 10 }) == [0, 4])
    }

    @Test("a body that moves, or whose face does, is measured three times as often")
    func motion() {
        // From the second measurement on it is known to move.
        #expect(measured(face: { _ in 100 }, body: { 100 + Double($0) * 10 }) == [0, 4, 6])
        #expect(measured(face: { 100 + Double($0) * 3 }, body: { _ in 100 }) == [0, 3, 6])
    }

    @Test("a picture from before the last measurement has no body that rests")
    func backwards() {
        var tracker = PoseTracker(options: options)
        _ = tracker.plan(atUs: 500_000, width: 640, height: 480)
        _ = tracker.finished([found(.face), found(.body)], atUs: 500_000)
        #expect(!tracker.plan(atUs: 510_000, width: 640, height: 480).tracks.contains { $0.kind == .body })
        #expect(tracker.plan(atUs: 400_000, width: 640, height: 480).tracks.contains { $0.kind == .body })
    }

    @Test("a body is cut out where it was until it has clearly moved, grown or turned")
    func stays() {
        let start = Region(centre: Place(x: 300, y: 200), side: 400, rotation: 0)
        let cases: [(Region, Bool)] = [
            (Region(centre: Place(x: 306, y: 204), side: 404, rotation: 0.04), true),
            (Region(centre: Place(x: 340, y: 200), side: 400, rotation: 0), false),
            (Region(centre: Place(x: 300, y: 200), side: 430, rotation: 0), false),
            (Region(centre: Place(x: 300, y: 200), side: 400, rotation: 0.1), false),
            (Region(centre: Place(x: 300, y: 200), side: 400, rotation: 2 * .pi - 0.04), true),
        ]
        for (next, same) in cases {
            var tracker = PoseTracker(options: PoseOptions(bodyEveryMs: 0, smoothing: false))
            _ = tracker.plan(atUs: 0, width: 640, height: 480)
            _ = tracker.finished([found(.body, next: start)], atUs: 0)
            let plan = tracker.plan(atUs: 33_000, width: 640, height: 480)
            #expect(plan.tracks.first?.region == start)
            _ = tracker.finished([found(.body, plan.tracks.first?.id, next: next)], atUs: 33_000)
            #expect(tracker.plan(atUs: 66_000, width: 640, height: 480).tracks.first?.region == (same ? start : next))
        }
    }

    // MARK: Irises

    /// A face whose eyes' corners lie on two lines of 40 pixels, the whole of it turned and moved; with irises a quarter of the way along.
    private func face(irises: Bool, turned angle: Double, by offset: Place) -> DetectedFigure {
        let place = { (x: Double, y: Double) in
            Place(x: x * cos(angle) - y * sin(angle), y: x * sin(angle) + y * cos(angle)) + offset
        }
        var landmarks = [Landmark](repeating: Landmark(place: offset, z: 0, confidence: 1), count: 468)
        for (corners, x) in [(Iris.rightEye, 0.0), (Iris.leftEye, 100.0)] {
            landmarks[corners.0].place = place(x, 0)
            landmarks[corners.1].place = place(x + 40, 0)
        }
        if irises {
            for x in [0.0, 100] {
                landmarks += [(10, 3), (14, 3), (10, -1), (6, 3), (10, 7)].map { Landmark(place: place(x + $0.0, $0.1), z: 0, confidence: 1) }
            }
        }
        return DetectedFigure(part: .face, confidence: 1, landmarks: landmarks, box: Box(left: 0, top: 0, right: 200, bottom: 100))
    }

    @Test("irises are measured ten times a second and move with their eyes in between")
    func irises() {
        var tracker = PoseTracker(options: PoseOptions(body: false, videoIris: true, smoothing: false))
        var numbers = Numbers(21)
        var measured: [Int] = []
        for index in 0..<8 {
            let atUs = UInt64(index) * 33_000
            let plan = tracker.plan(atUs: atUs, width: 640, height: 480)
            if plan.iris { measured.append(index) }
            let (angle, offset) = (numbers.next(-3...3), Place(x: numbers.next(0...300), y: numbers.next(0...300)))
            let figure = face(irises: plan.iris, turned: angle, by: offset)
            let told = tracker.finished(
                [
                    FoundFigure(
                        figure: figure, kind: .face, rank: 0, track: plan.tracks.first?.id,
                        next: Region(centre: offset, side: 200, rotation: 0), rightHand: 0)
                ], atUs: atUs)
            let expected = face(irises: true, turned: angle, by: offset)
            #expect(told.first?.landmarks.count == 478)
            for (a, b) in zip(told.first?.landmarks ?? [], expected.landmarks) { #expect((a.place - b.place).length < 1e-9) }
        }
        #expect(measured == [0, 4])
    }

    @Test("a camera's irises are left out unless they are asked for, a photo's are not")
    func asked() {
        var tracker = PoseTracker(options: PoseOptions())
        #expect(!tracker.plan(atUs: 0, width: 640, height: 480).iris)
        #expect(PosePlan(photo: PoseOptions()).iris)
    }
}
