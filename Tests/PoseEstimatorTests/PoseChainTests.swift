import Inference
import ImageDecoding
import TestSupport
import Testing
import Wire

@testable import PoseEstimator
@testable import PluginKit

/// Gives `body` all arrays' elements, valid until it returns.
func withBuffers<R>(of arrays: [[Float]], _ body: ([UnsafeBufferPointer<Float>]) -> R) -> R {
    func open(_ index: Int, _ buffers: [UnsafeBufferPointer<Float>]) -> R {
        guard index < arrays.count else { return body(buffers) }
        return arrays[index].withUnsafeBufferPointer { open(index + 1, buffers + [$0]) }
    }
    return open(0, [])
}

/// Runs the chains on the calling thread.
private func figures(in image: DecodedImage, options: PoseOptions = PoseOptions()) throws -> [DetectedFigure] {
    var models: [PoseModel: ModelRunner] = [:]
    var chain = PoseChain(width: image.width, height: image.height, options: options)
    var jobs = chain.start()
    while !jobs.isEmpty {
        let job = jobs.removeFirst()
        let runner = try models[job.model] ?? ModelRunner(job.model.path)
        models[job.model] = runner
        let side = job.model.inputSide
        var input = [Float](repeating: 0, count: side * side * 3)
        input.withUnsafeMutableBufferPointer { job.cut(image, into: $0) }
        let outputs = try runner.run(input, type: Inference.TensorType.f32, shape: [1, Int64(side), Int64(side), 3], outputs: job.model.outputs)
        #expect(outputs.map(\.count) == job.model.outputCounts)
        jobs += withBuffers(of: outputs) { chain.finished(job, $0) }
    }
    #expect(chain.isDone)
    return chain.figures
}

@Suite("The chains")
struct PoseChainTests {
    @Test("on the sample picture every landmark is where the prototype has it")
    func parity() throws {
        let file = try contents(of: ModelRunner.cache + "/samples/astronaut.png")
        let image = try file.withUnsafeBytes { bytes in
            Result { () throws(ImageError) -> DecodedImage in try ImageDecoder.decode(bytes, fit: .full(sideMax: 4096), colour: .asStored) }
        }.get()
        let found = try figures(in: image)
        #expect(found.map(\.part) == [.face, .body])
        for (figure, expected) in zip(found, [AstronautLandmarks.face, AstronautLandmarks.body]) {
            try #require(figure.landmarks.count >= expected.count)
            for (landmark, place) in zip(figure.landmarks, expected) {
                #expect((landmark.place - Place(x: place.x, y: place.y)).length < 0.5)
            }
        }
        // The irises against those of another model (MediaPipe's with attention): within a pixel and a half.
        try #require(found[0].landmarks.count == 478)
        for (landmark, place) in zip(found[0].landmarks[468...], AstronautLandmarks.iris) {
            #expect((landmark.place - Place(x: place.x, y: place.y)).length < 1.5)
        }
        let anchors = JewelleryAnchors.derive(from: found)
        #expect(anchors.map(\.name) == ["left_ear_lobe", "right_ear_lobe", "glasses", "neck", "pendant"])
        #expect(anchors.allSatisfy { $0.confidence > 0.5 && (0.6...0.8).contains($0.pixelsPerMillimetre) })
    }

    @Test("an empty picture has no figures")
    func nobody() throws {
        let grey = DecodedImage(width: 64, height: 48, rgb: [UInt8](repeating: 128, count: 64 * 48 * 3))
        #expect(try figures(in: grey).isEmpty)
    }

    @Test("what is switched off is not run")
    func switchedOff() {
        var chain = PoseChain(width: 10, height: 10, options: PoseOptions(facesMax: 0, handsMax: 1, body: false))
        #expect(chain.start().map(\.model) == [.palmDetector])
        var none = PoseChain(width: 10, height: 10, options: PoseOptions(facesMax: 0, handsMax: 0, body: false))
        #expect(none.start().isEmpty && none.isDone)
    }

    @Test("the larger of two faces comes first; one below the presence limit or with broken numbers is dropped")
    func order() {
        var chain = PoseChain(width: 100, height: 100, options: PoseOptions(handsMax: 0, body: false, iris: false))
        let detector = chain.start()[0]
        var rows = [Float](repeating: 0, count: 896 * 16)
        var logits = [Float](repeating: -9, count: 896)
        for (prior, size) in [(0, Float(20)), (60, 30), (200, 40), (400, 50)] {
            logits[prior] = 4
            (rows[prior * 16 + 2], rows[prior * 16 + 3], rows[prior * 16 + 6]) = (size, size, 8)
        }
        let jobs = withBuffers(of: [rows, logits]) { chain.finished(detector, $0) }
        #expect(jobs.count == 4 && jobs.allSatisfy { $0.model == .faceLandmarks })
        let spread = (0..<(468 * 3)).map { Float($0 % 192) }
        for (job, presence) in zip(jobs, [Float(5), 5, -5, 5]) {
            let values = job.rank == 3 ? [Float](repeating: .nan, count: 468 * 3) : spread
            #expect(withBuffers(of: [values, [presence]]) { chain.finished(job, $0) }.isEmpty)
        }
        #expect(chain.isDone && chain.figures.count == 2)
        #expect(chain.figures[0].box.area > chain.figures[1].box.area)
    }

    @Test("the side of a hand is the person's own, in a photo that is not mirrored", arguments: [(Float(0.98), "right_hand"), (0.02, "left_hand")])
    func handSide(_ value: Float, _ part: String) {
        var chain = PoseChain(width: 100, height: 100, options: PoseOptions(facesMax: 0, body: false))
        let detector = chain.start()[0]
        var rows = [Float](repeating: 0, count: 2016 * 18)
        var logits = [Float](repeating: -9, count: 2016)
        logits[900] = 4
        for (column, number) in [(2, Float(40)), (3, 40), (9, -30)] { rows[900 * 18 + column] = number }
        let jobs = withBuffers(of: [rows, logits]) { chain.finished(detector, $0) }
        #expect(jobs.map(\.model) == [.handLandmarks])
        let landmarks = (0..<63).map { Float($0 * 3) }
        #expect(withBuffers(of: [landmarks, [0.99], [value]]) { chain.finished(jobs[0], $0) }.isEmpty)
        #expect(chain.figures.map(\.part.rawValue) == [part])
    }

    @Test("options out of range are refused by name")
    func options() throws {
        #expect(try PoseOptions(reading: { _ in nil }) == PoseOptions())
        #expect(try PoseOptions(reading: { ["hands_max": "2", "body": "false"][$0] }).handsMax == 2)
        for (key, value) in [("faces_max", "99"), ("hands_max", "x"), ("body", "maybe"), ("presence_min", "1.5"), ("image_side_px_max", "1")] {
            #expect { _ = try PoseOptions(reading: { $0 == key ? value : nil }) } throws: { "\($0)".contains(key) }
        }
    }

    @Test("landmarks of a reduced picture are told in pixels of the original")
    func originalPixels() {
        let image = DecodedImage(width: 100, height: 50, rgb: [UInt8](repeating: 0, count: 15000), originalWidth: 400, originalHeight: 200)
        let figure = DetectedFigure(
            part: .face, confidence: 1, landmarks: (0..<468).map { _ in Landmark(place: Place(x: 10, y: 20), z: 1, confidence: 1) },
            box: Box(left: 1, top: 2, right: 3, bottom: 4))
        let pose = Pose([figure], image)
        #expect((pose.imageWidth, pose.imageHeight) == (400, 200))
        #expect(pose.figures[0].landmarks[0] == Point(x: 40, y: 80, z: 4, confidence: 1))
        #expect(pose.figures[0].box == [4, 8, 12, 16])
    }
}
