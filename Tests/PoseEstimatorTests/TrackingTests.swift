import Glibc
import PluginKit
import Testing

@testable import PoseEstimator

@Suite("One-Euro smoothing")
struct OneEuroTests {
    private let settings = OneEuroSettings.landmarks

    @Test("a value at rest stays as it is, whatever the times")
    func rest() {
        var numbers = Numbers(11)
        var filter = OneEuroFilter(42)
        for _ in 0..<200 { #expect(filter.add(42, seconds: numbers.next(0.001...2), unit: 100, settings) == 42) }
    }

    @Test("what comes out lies within what has gone in")
    func hull() {
        var numbers = Numbers(12)
        for _ in 0..<50 {
            var (low, high) = (0.0, 0.0)
            var filter = OneEuroFilter(0)
            for _ in 0..<60 {
                let sample = numbers.next(-500...500)
                (low, high) = (min(low, sample), max(high, sample))
                let smooth = filter.add(sample, seconds: numbers.next(0.001...0.5), unit: numbers.next(1...400), settings)
                #expect(smooth >= low - 1e-9 && smooth <= high + 1e-9)
            }
        }
    }

    @Test("noise at rest comes out less than half as strong; a value that moves on is followed")
    func noise() {
        var numbers = Numbers(13)
        var filter = OneEuroFilter(0)
        var (inside, outside) = (0.0, 0.0)
        for index in 0..<900 {
            let sample = numbers.next(-0.5...0.5) + numbers.next(-0.5...0.5)
            let smooth = filter.add(sample, seconds: 1.0 / 30, unit: 200, settings)
            if index >= 30 { (inside, outside) = (inside + sample * sample, outside + smooth * smooth) }
        }
        #expect(outside.squareRoot() < inside.squareRoot() / 2)
        for _ in 0..<60 { _ = filter.add(100, seconds: 1.0 / 30, unit: 200, settings) }
        #expect(abs(filter.value - 100) < 0.5)
    }

    @Test("the formula is the paper's: α = 1 / (1 + τ/Δt)")
    func formula() {
        let tau = 1 / (2 * Double.pi * 3)
        #expect(abs(OneEuroSettings.share(cutoffHz: 3, seconds: 0.04) - 1 / (1 + tau / 0.04)) < 1e-12)
        var filter = OneEuroFilter(0)
        let speed = OneEuroSettings.share(cutoffHz: 1, seconds: 0.1) * 10 / 0.1
        let expected = OneEuroSettings.share(cutoffHz: 0.05 + 80 * speed / 50, seconds: 0.1) * 10
        #expect(abs(filter.add(10, seconds: 0.1, unit: 50, settings) - expected) < 1e-12)
    }

    @Test("times that stand still or run back do no harm")
    func times() {
        var smoother = LandmarkSmoother()
        let landmark = { (x: Double) in [Landmark(place: Place(x: x, y: 0), z: 0, confidence: 1)] }
        for (us, x) in [(UInt64(1_000_000), 0.0), (1_000_000, 5), (500_000, 9), (UInt64.max, 3), (0, 1)] {
            #expect(smoother.smooth(landmark(x), atUs: us, side: 0).allSatisfy { $0.isFinite })
        }
    }
}

@Suite("Following figures from picture to picture")
struct PoseTrackerTests {
    private let options = PoseOptions(bodyEveryMs: 0, smoothing: false)

    private func found(_ kind: PoseChainKind, track: UInt32? = nil, at x: Double = 100, right: Double = 0.9) -> FoundFigure {
        let places = [Place(x: x, y: 100), Place(x: x + 50, y: 150)]
        let part: FigurePart = kind == .face ? .face : kind == .body ? .body : .rightHand
        return FoundFigure(
            figure: DetectedFigure(
                part: part, confidence: 1, landmarks: places.map { Landmark(place: $0, z: 0, confidence: 1) },
                box: Box(left: x, top: 100, right: x + 50, bottom: 150)),
            kind: kind, rank: 0, track: track, next: Region(centre: Place(x: x, y: 100), side: 80, rotation: 0), rightHand: right)
    }

    @Test("the first picture is searched for everything; one in which all was found for nothing")
    func first() {
        var tracker = PoseTracker(options: options)
        let plan = tracker.plan(atUs: 0, width: 640, height: 480)
        #expect(plan.tracks.isEmpty && plan.search == [.face, .hand, .body])
        _ = tracker.finished([found(.face), found(.hand), found(.hand, at: 300), found(.body)], atUs: 0)
        let next = tracker.plan(atUs: 33_000, width: 640, height: 480)
        #expect(next.search.isEmpty && next.tracks.map(\.kind) == [.face, .hand, .hand, .body])
        #expect(next.tracks[0].region == Region(centre: Place(x: 100, y: 100), side: 80, rotation: 0))
    }

    @Test("what is lost is looked for in the next pictures, what was never there a few times a second")
    func lost() {
        var tracker = PoseTracker(options: options)
        _ = tracker.plan(atUs: 0, width: 640, height: 480)
        _ = tracker.finished([found(.face)], atUs: 0)
        var searches: [[PoseChainKind]] = []
        for index in 1...16 {
            let plan = tracker.plan(atUs: UInt64(index) * 33_000, width: 640, height: 480)
            searches.append(plan.search)
            // The face is lost in the fifth picture and found again in the seventh.
            let sees = index < 5 || index > 6
            _ = tracker.finished(sees ? [found(.face, track: plan.tracks.first?.id)] : [], atUs: UInt64(index) * 33_000)
        }
        #expect(searches.filter { $0.contains(.hand) }.count == 2, "at 250 and 500 of 528 ms")
        #expect(searches.indices.filter { searches[$0].contains(.face) } == [5, 6])
    }

    @Test("the next build goes on from there as if it had been there all the time; one that does not know the state begins anew")
    func handOver() throws {
        let options = PoseOptions(bodyEveryMs: 0)
        var old = PoseTracker(options: options)
        func picture(_ number: Int, _ tracker: inout PoseTracker) -> (PosePlan, [DetectedFigure]) {
            let (atUs, x) = (UInt64(number) * 33_000, 100 + Double(number * number))
            let plan = tracker.plan(atUs: atUs, width: 640, height: 480)
            let tracks = plan.tracks.isEmpty ? [nil, nil, nil] : plan.tracks.map { Optional($0.id) }
            return (plan, tracker.finished(zip([.face, .hand, .body], tracks).map { found($0, track: $1, at: x) }, atUs: atUs))
        }
        for number in 1...4 { _ = picture(number, &old) }
        let bytes = old.exported()
        var next = PoseTracker(options: options)
        try bytes.withUnsafeBytes { try next.resume($0) }
        #expect(next.followed == 3)
        for number in 5...8 {
            let (before, after) = (picture(number, &old), picture(number, &next))
            #expect(before.0 == after.0 && before.1 == after.1, "picture \(number)")
        }
        var fewer = PoseTracker(options: PoseOptions(handsMax: 0))
        try bytes.withUnsafeBytes { try fewer.resume($0) }
        #expect(fewer.followed == 2, "what the options do not allow is let go")
        for count in [1, 2, 10, bytes.count / 2, bytes.count - 1] {
            #expect(throws: PluginError.self) { try bytes.prefix(count).withUnsafeBytes { try fewer.resume($0) } }
        }
        #expect(fewer.followed == 2, "what cannot be read changes nothing")
        var other = PoseTracker(options: options)
        try ([PoseTracker.version + 1] + bytes.dropFirst()).withUnsafeBytes { try other.resume($0) }
        #expect(other.followed == 0)
    }

    @Test("a gap, a picture of another size or a clock that jumps back begin anew")
    func anew() {
        for (us, width) in [(UInt64(1_100_000), 640), (33_000, 320), (5_000_000, 640)] {
            var tracker = PoseTracker(options: options)
            _ = tracker.plan(atUs: 0, width: 640, height: 480)
            _ = tracker.finished([found(.face)], atUs: 0)
            #expect(tracker.followed == 1)
            #expect(tracker.plan(atUs: us, width: width, height: 480).search.contains(.face))
            #expect(tracker.followed == 0)
        }
    }

    @Test("a hand keeps its side when one picture is read the other way round")
    func side() {
        var tracker = PoseTracker(options: options)
        var parts: [FigurePart] = []
        for (index, right) in [0.9, 0.95, 0.2, 0.9, 0.1, 0.9].enumerated() {
            let plan = tracker.plan(atUs: UInt64(index) * 33_000, width: 640, height: 480)
            parts += tracker.finished([found(.hand, track: plan.tracks.first?.id, right: right)], atUs: UInt64(index) * 33_000).map(\.part)
        }
        #expect(parts == [FigurePart](repeating: .rightHand, count: 6))
    }

    @Test("whatever is found, no more is followed than was planned, and every plan can be carried out")
    func properties() {
        var numbers = Numbers(14)
        for _ in 0..<60 {
            var tracker = PoseTracker(options: PoseOptions(videoFacesMax: 2, videoHandsMax: 2, smoothing: true))
            var us: UInt64 = 0
            for _ in 0..<40 {
                us += UInt64(numbers.next(0...60_000))
                let plan = tracker.plan(atUs: us, width: 640, height: 480)
                let resting = tracker.followed - plan.tracks.count
                #expect((0...1).contains(resting), "nothing but the body rests")
                for kind in PoseChainKind.allCases { #expect(plan.tracks.count { $0.kind == kind } <= plan.figuresMax[kind.rawValue]) }
                #expect(plan.tracks.allSatisfy { $0.region.isUsable })
                #expect(Set(plan.tracks.map(\.id)).count == plan.tracks.count)
                var seen: [FoundFigure] = plan.tracks.filter { _ in numbers.next(0...1) < 0.8 }.map {
                    found($0.kind, track: $0.id, at: numbers.next(0...600))
                }
                for kind in plan.search where numbers.next(0...1) < 0.5 && seen.count(where: { $0.kind == kind }) < plan.figuresMax[kind.rawValue] {
                    seen.append(found(kind, at: numbers.next(0...600)))
                }
                let given = tracker.finished(seen, atUs: us)
                #expect(given.count == seen.count + resting && given.allSatisfy { $0.landmarks.allSatisfy { $0.isFinite } })
            }
        }
    }

    @Test("a plan's detector and landmarks: a followed figure is not found a second time")
    func chain() {
        let region = Region(centre: Place(x: 50, y: 50), side: 60, rotation: 0)
        let plan = PosePlan(tracks: [PosePlan.Track(kind: .face, id: 7, region: region)], search: [.face], figuresMax: [2, 0, 0])
        var chain = PoseChain(width: 100, height: 100, options: PoseOptions(), plan: plan)
        let jobs = chain.start()
        #expect(jobs.map(\.model) == [.faceLandmarks, .faceDetector] && jobs[0].track == 7 && jobs[0].region == region)
        var rows = [Float](repeating: 0, count: 896 * 16)
        var logits = [Float](repeating: -9, count: 896)
        // One where the followed face is (40 wide, so that its region is 60), one at the corner.
        for (prior, size) in [(240, Float(51)), (0, 12)] {
            logits[prior] = 4
            (rows[prior * 16 + 2], rows[prior * 16 + 3], rows[prior * 16 + 6]) = (size, size, 8)
        }
        let next = withBuffers(of: [rows, logits]) { chain.finished(jobs[1], $0) }
        #expect(next.count == 1 && next[0].track == nil && next[0].rank == 1)
        #expect(next[0].region.centre.x < 20)
    }

    @Test("landmarks say where to look next: the region turns and grows with them")
    func regions() {
        var numbers = Numbers(15)
        for _ in 0..<200 {
            let (angle, size) = (numbers.next(-3.1...3.1), numbers.next(20...300))
            let turn = { (x: Double, y: Double) in
                Landmark(
                    place: Place(x: 400 + (x * cos(angle) - y * sin(angle)) * size, y: 300 + (x * sin(angle) + y * cos(angle)) * size), z: 0,
                    confidence: 1)
            }
            var hand = [Landmark](repeating: turn(0, 0), count: 21)
            for (index, x, y) in [(0, 0.0, 0.5), (1, -0.2, 0.4), (5, -0.2, -0.3), (9, 0, -0.4), (13, 0.2, -0.3), (17, 0.25, -0.2)] {
                hand[index] = turn(x, y)
            }
            for index in [2, 3, 6, 10, 14, 18] { hand[index] = turn(0, 0) }
            let region = Region.hand(following: hand)
            #expect(abs(region.side - 2 * 0.9 * size) < 1e-6 * size)
            #expect(abs(normalized(region.rotation - angle)) < 1e-9)
            var body = [Landmark](repeating: turn(0, 0), count: 35)
            body[34] = turn(0, -1)
            let around = Region.body(following: body)
            #expect(abs(around.side - 2.5 * size) < 1e-6 * size && abs(normalized(around.rotation - angle)) < 1e-9)
        }
    }
}
