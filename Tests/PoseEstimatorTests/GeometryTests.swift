import Glibc
import ImageDecoding
import Testing

@testable import PoseEstimator

/// Numbers that look random and are the same in every run.
struct Numbers {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next(_ range: ClosedRange<Double>) -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return range.lowerBound + Double(state >> 11) / Double(1 << 53) * (range.upperBound - range.lowerBound)
    }
}

@Suite("Regions and warping")
struct RegionTests {
    @Test("places are rounded to the nearest whole step, of two to the even one, as the standard library rounds")
    func wholeSteps() {
        var numbers = Numbers(31)
        for _ in 0..<2_000 {
            let x = numbers.next(-1e9...1e9)
            for value in [x, x.rounded() + 0.5, x / 1e6, (x / 1e6).rounded() + 0.5] {
                #expect(Sampler.nearest(value) == value.rounded(.toNearestOrEven))
            }
        }
    }

    @Test("to the picture and back is where one came from, for any region")
    func inverse() {
        var numbers = Numbers(1)
        for _ in 0..<500 {
            let region = Region(
                centre: Place(x: numbers.next(-500...500), y: numbers.next(-500...500)), side: numbers.next(1...2000),
                rotation: numbers.next(-4...4))
            let (u, v) = (numbers.next(-1...2), numbers.next(-1...2))
            let back = region.coordinates(of: region.place(u, v))
            #expect(abs(back.u - u) < 1e-9 && abs(back.v - v) < 1e-9)
        }
    }

    @Test("angles are normalized to one turn about zero")
    func angles() {
        var numbers = Numbers(2)
        for _ in 0..<200 {
            let angle = numbers.next(-50...50)
            let result = normalized(angle)
            #expect(result >= -.pi && result < .pi)
            #expect(abs(sin(result) - sin(angle)) < 1e-9 && abs(cos(result) - cos(angle)) < 1e-9)
        }
    }

    private func warped(
        _ image: DecodedImage, _ region: Region, _ side: Int, _ range: PixelRange = .unit, border: PixelBorder = .black, mirrored: Bool = false
    ) -> [Float] {
        var result = [Float](repeating: -9, count: side * side * 3)
        result.withUnsafeMutableBufferPointer {
            Warp.cut(image, region, side: side, range: range, border: border, mirrored: mirrored, into: $0)
        }
        return result
    }

    @Test("a region of the picture's own size and place is the picture")
    func identity() {
        let image = DecodedImage(width: 16, height: 16, rgb: (0..<768).map { UInt8($0 * 31 & 255) })
        let result = warped(image, .letterbox(width: 16, height: 16), 16)
        #expect(zip(result, image.rgb).allSatisfy { abs($0 * 255 - Float($1)) < 1e-3 })
    }

    @Test("beyond the picture it is black, in the model's range; a letterbox leaves the borders black")
    func borders() {
        let white = DecodedImage(width: 20, height: 10, rgb: [UInt8](repeating: 255, count: 600))
        let result = warped(white, .letterbox(width: 20, height: 10), 20, .symmetric)
        for y in 0..<20 { #expect(result[y * 60 + 30] == (y < 5 || y >= 15 ? -1 : 1)) }
        let away = Region(centre: Place(x: 1e9, y: -1e12), side: 5, rotation: 1)
        #expect(warped(white, away, 4).allSatisfy { $0 == 0 })
        #expect(warped(white, Region(centre: Place(x: .nan, y: 0), side: 5, rotation: 0), 4).allSatisfy { $0 == 0 })
    }

    @Test("a quarter turn clockwise puts the region's up at the picture's right")
    func turned() {
        let image = DecodedImage(width: 8, height: 8, rgb: (0..<64).flatMap { [UInt8($0 % 8 * 30), 0, 0] })
        let result = warped(image, Region(centre: Place(x: 4, y: 4), side: 8, rotation: .pi / 2), 8, border: .repeated)
        #expect(result[0] > result[7 * 8 * 3])
        #expect(abs(result[0] * 255 - 210) < 0.01)
    }

    @Test("the pixels of the edge go on beyond it where a model wants that; a mirrored cut is the same the other way round")
    func repeatedAndMirrored() {
        let image = DecodedImage(width: 8, height: 4, rgb: (0..<32).flatMap { (n: Int) -> [UInt8] in [UInt8(n % 8 * 30), UInt8(n / 8 * 60), 0] })
        let around = Region(centre: Place(x: 4, y: 2), side: 16, rotation: 0)
        let result = warped(image, around, 16, border: .repeated)
        #expect(result[0] == 0 && abs(result[15 * 3] * 255 - 210) < 0.01 && abs(result[15 * 16 * 3 + 1] * 255 - 180) < 0.01)
        let mirrored = warped(image, around, 16, border: .repeated, mirrored: true)
        for row in 0..<16 {
            for column in 0..<16 {
                let (here, there) = ((row * 16 + column) * 3, (row * 16 + 15 - column) * 3)
                #expect(mirrored[here] == result[there])
            }
        }
    }

    @Test("between pixels it is their mean by distance in steps of 1/32, rounded to whole values as MediaPipe's pictures are")
    func rounding() {
        let image = DecodedImage(width: 2, height: 1, rgb: [0, 0, 0, 255, 255, 255])
        for (x, expected) in [(0.5, 128.0), (0.25, 64), (1.0 / 64, 0), (1.0 / 32, 8)] {
            let value = warped(image, Region(centre: Place(x: x + 0.5, y: 0.5), side: 1, rotation: 0), 1, border: .repeated)[0] * 255
            #expect(abs(Double(value) - expected) < 0.01, "at \(x)")
        }
    }

    @Test("landmarks in the square land where the region says")
    func projection() throws {
        let region = Region(centre: Place(x: 100, y: 50), side: 40, rotation: .pi / 2)
        let values: [Float] = [96, 96, 19.2, 192, 96, 0]
        let landmarks = values.withUnsafeBufferPointer { Landmarks.project($0, count: 2, stride: 3, inputSide: 192, region: region) }
        #expect(landmarks[0].place == Place(x: 100, y: 50) && abs(landmarks[0].z - 4) < 1e-5)
        #expect(abs(landmarks[1].place.x - 100) < 1e-9 && abs(landmarks[1].place.y - 70) < 1e-9)
    }
}

@Suite("Detecting")
struct DetectorTests {
    private let detectors = Detectors()

    @Test("there is one prior for each row that the models give, all within the input")
    func priors() {
        #expect(detectors.face.priors.count == 896)
        #expect(detectors.palm.priors.count == 2016)
        #expect(detectors.body.priors.count == 2254)
        for detector in [detectors.face, detectors.palm, detectors.body] {
            #expect(detector.priors.allSatisfy { $0.x > 0 && $0.x < 1 && $0.y > 0 && $0.y < 1 })
        }
        #expect(detectors.face.priors[0] == Place(x: 0.03125, y: 0.03125) && detectors.face.priors[1] == detectors.face.priors[0])
    }

    @Test("only rows with the threshold's score come back, best first, and not-a-number is no face")
    func candidates() {
        var rows = [Float](repeating: 6.4, count: 896 * 16)
        var logits = [Float](repeating: -5, count: 896)
        (logits[3], logits[500], logits[700]) = (1, 3, 9)
        rows[700 * 16] = .nan
        let found = rows.withUnsafeBufferPointer { rows in
            logits.withUnsafeBufferPointer { detectors.face.candidates(rows: rows, logits: $0, threshold: 0.5) }
        }
        #expect(found.map(\.score) == [sigmoid(3), sigmoid(1)])
        #expect(abs(found[1].box.width - 0.05) < 1e-6 && found[1].keyPoints.count == 6)
    }

    private func detection(_ x: Double, _ y: Double, _ size: Double, _ score: Double) -> Detection {
        Detection(score: score, box: Box(left: x, top: y, right: x + size, bottom: y + size), keyPoints: [Place(x: x, y: y)])
    }

    @Test("overlapping ones become their weighted mean, others stay apart")
    func merging() {
        let merged = Detection.merged([detection(0, 0, 10, 0.9), detection(100, 0, 10, 0.8), detection(1, 0, 10, 0.6)], overlap: 0.3, countMax: 9)
        #expect(merged.count == 2)
        #expect(merged[0].score == 0.9 && abs(merged[0].box.left - 0.4) < 1e-9 && abs(merged[0].keyPoints[0].x - 0.4) < 1e-9)
        #expect(merged[1].box == detection(100, 0, 10, 0.8).box)
    }

    @Test("whatever comes in, what comes out is no more, in order, and within the hull of what came in")
    func mergingProperties() {
        var numbers = Numbers(3)
        for _ in 0..<100 {
            let all = (0..<30).map { _ in
                detection(numbers.next(0...50), numbers.next(0...50), numbers.next(0...20), numbers.next(0.5...1))
            }.sorted { $0.score > $1.score }
            let merged = Detection.merged(all, overlap: 0.3, countMax: 8)
            #expect(!merged.isEmpty && merged.count <= 8)
            #expect(merged.map(\.score) == merged.map(\.score).sorted(by: >))
            let hull = all.reduce(all[0].box) { a, b in
                Box(
                    left: min(a.left, b.box.left), top: min(a.top, b.box.top), right: max(a.right, b.box.right),
                    bottom: max(a.bottom, b.box.bottom))
            }
            #expect(merged.allSatisfy { $0.box.left >= hull.left - 1e-9 && $0.box.bottom <= hull.bottom + 1e-9 })
        }
    }

    @Test("regions turn with what was detected")
    func regionsTurn() {
        var numbers = Numbers(4)
        for _ in 0..<200 {
            let angle = numbers.next(-3.1...3.1)
            // Upright: eyes side by side; wrist below the fingers; hips below the head.
            let along = Place(x: cos(angle), y: sin(angle)) * 20
            let up = Place(x: sin(angle), y: -cos(angle)) * 20
            let origin = Place(x: 200, y: 100)
            let box = Box(left: 150, top: 50, right: 250, bottom: 150)
            let face = Region.face(Detection(score: 1, box: box, keyPoints: [origin, origin + along]))
            let hand = Region.hand(Detection(score: 1, box: box, keyPoints: [origin, origin, origin + up]))
            let body = Region.body(Detection(score: 1, box: box, keyPoints: [origin, origin + up]))
            for region in [face, hand, body] { #expect(abs(normalized(region.rotation - angle)) < 1e-9) }
            #expect(face.side == 150 && hand.side == 260 && abs(body.side - 50) < 1e-9)
            // The hand's square is moved half a palm towards the fingers.
            #expect((hand.centre - (box.centre + up * 2.5)).length < 1e-9)
        }
    }
}
