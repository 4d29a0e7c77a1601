import Foundation
import ImageDecoding
import PluginKit
import TestSupport
import Testing
import Wire

@testable import VisionEncoder

@Suite("Rectangles around places")
struct RotatedBoxTests {
    @Test("the smallest rectangle lies as the places do", arguments: [0, 10, 30, -25, 44] as [Float])
    func tilted(_ degrees: Float) throws {
        let radians: Float = degrees * .pi / 180
        let (sine, cosine): (Float, Float) = (sin(radians), cos(radians))
        var places: [Place] = []
        for x in 0...40 {
            for y in 0...10 {
                let (along, across) = (Place(x: cosine, y: sine) * Float(x), Place(x: -sine, y: cosine) * Float(y))
                places.append(Place(x: 100, y: 100) + along + across)
            }
        }
        let box = try #require(RotatedBox(around: places))
        #expect(abs(box.width - 40) < 0.5 && abs(box.height - 10) < 0.5)
        #expect(abs(box.direction.x - cosine) < 0.02 && abs(box.direction.y - sine) < 0.02)
        #expect(places.allSatisfy { box.expanded(by: 0.01).contains($0) } && !box.contains(Place(x: 50, y: 50)))
        let corners = box.corners
        #expect(abs(corners[0].x - 100) < 0.6 && abs(corners[0].y - 100) < 0.6)
    }

    @Test("one place, two, and a row of them are rectangles without area; none is none")
    func small() throws {
        #expect(RotatedBox(around: []) == nil)
        for places in [[Place(x: 3, y: 4)], [Place(x: 3, y: 4), Place(x: 9, y: 4)], (0..<9).map { Place(x: Float($0), y: 2) }] {
            let box = try #require(RotatedBox(around: places))
            #expect(box.height == 0 && box.direction == Place(x: 1, y: 0))
        }
    }
}

@Suite("Lines of writing in a map")
struct WritingFinderTests {
    private func map(_ boxes: [(x: ClosedRange<Int>, y: ClosedRange<Int>, likelihood: Float)]) -> [Float] {
        var map = [Float](repeating: 0, count: 128 * 96)
        for box in boxes {
            for y in box.y { for x in box.x { map[y * 128 + x] = box.likelihood } }
        }
        return map
    }

    @Test("lines come in reading order, grown, and what is faint or small is left out")
    func lines() {
        let found = WritingFinder.lines(
            map([(70...110, 10...18, 0.9), (10...50, 12...20, 0.8), (20...90, 50...60, 0.9), (100...120, 50...60, 0.35), (5...6, 80...81, 0.9)]),
            width: 128)
        #expect(found.map { Int($0.middle.x) } == [30, 90, 55])
        #expect(found.allSatisfy { $0.height > 12 && $0.height < 30 })
    }

    @Test("an empty map, one of writing alone and one of no numbers give no, one and no line")
    func extremes() {
        #expect(WritingFinder.lines(map([]), width: 128).isEmpty)
        #expect(WritingFinder.lines([Float](repeating: 1, count: 64 * 64), width: 64).count == 1)
        #expect(WritingFinder.lines([Float](repeating: .nan, count: 64 * 64), width: 64).isEmpty)
    }

    @Test("more lines than are read are left out")
    func many() {
        let boxes = (0..<40).map { (x: (($0 % 5) * 25)...(($0 % 5) * 25 + 18), y: (($0 / 5) * 12)...(($0 / 5) * 12 + 6), likelihood: Float(0.9)) }
        #expect(WritingFinder.lines(map(boxes), width: 128).count == WritingFinder.linesMax)
    }

    @Test("sides are multiples of 32 between the bounds", arguments: [(320, 320), (4_000, 3_000), (1, 16_384), (500, 20), (736, 736)])
    func sizes(_ width: Int, _ height: Int) {
        let size = WritingSizes.find(width: width, height: height)
        #expect(size.width % 32 == 0 && size.height % 32 == 0 && min(size.width, size.height) >= 32)
        #expect((736...960).contains(max(size.width, size.height)))
    }
}

@Suite("Writing and moderation as outputs", .serialized)
struct WritingStreamTests {
    private func made(_ options: [String: String] = [:]) throws -> PictureHost {
        try PictureHost(try #require(PluginEntry.table(for: VisionEncoderPlugin.self, abi: 1)), VisionEncoderPlugin.manifest, options: options)
    }

    private func photo(_ data: [UInt8], video: Bool = false) -> ClientMessage {
        if video { return ClientMessage(turnID: 1, kind: .video(VideoFrame(data: data))) }
        return ClientMessage(turnID: 1, kind: .image(ImagePart(purpose: .query, imageID: 1, last: true, data: data)))
    }

    private func lines(_ host: PictureHost) throws -> [WrittenLine] {
        let found = host.outputs.compactMap { if case .writing(let text) = $0.kind { text.lines } else { nil } }
        return try #require(found.first)
    }

    @Test("a label is read, upright and tilted", arguments: ["label.png", "label-tilted.jpg"])
    func reads(_ file: String) throws {
        let host = try made(["writing": "on"])
        host.send(photo(try HEICTests.file(file)))
        try host.settle()
        let lines = try lines(host)
        #expect(lines.map { $0.text.filter { $0 != " " } } == ["GOLDRING", "18KNo.4711", "$499.00"])
        #expect(lines.allSatisfy { $0.confidence > 0.8 && $0.corners.count == 4 })
        // As rapidocr finds the first line, to a few pixels.
        let expected: [(Float, Float)] =
            file == "label.png" ? [(120, 74), (358, 74), (358, 117), (120, 117)] : [(133, 158), (367, 99), (378, 144), (145, 203)]
        for (corner, place) in zip(try #require(lines.first).corners, expected) {
            #expect(abs(corner.x - place.0) < 9 && abs(corner.y - place.1) < 9, "\(corner) beside \(place)")
        }
    }

    @Test("a picture without writing has no lines; a camera's is not asked; both outputs are off unless switched on")
    func nothing() throws {
        let grey = Pictures.png([UInt8](repeating: 128, count: 64 * 48 * 3), 64, 48)
        let host = try made(["writing": "on"])
        host.send(photo(grey))
        host.send(photo(grey, video: true))
        try host.settle()
        #expect(try lines(host).isEmpty)
        #expect(host.inferredModels.filter { $0 == WritingModels.findName }.count == 1)
        let plain = try made()
        plain.send(photo(grey))
        try plain.settle()
        #expect(plain.inferredModels == [VisionEncoderPlugin.modelName] && plain.outputs.count == 3)
    }

    @Test("moderation calls a portrait harmless, as the original does")
    func moderation() throws {
        let host = try made(["moderation": "on"])
        host.send(photo(try contents(of: ModelRunner.cache + "/samples/astronaut.png")))
        try host.settle()
        let labels = host.outputs.compactMap { if case .labels(let labels) = $0.kind, labels.scheme == "moderation" { labels.labels } else { nil } }
        let found = try #require(labels.first)
        #expect(found.map(\.name) == ["harmless", "explicit"])
        // The original gives .032 after another pass through JPEG.
        #expect(abs(found[1].probability - 0.032) < 0.03 && abs(found[0].probability + found[1].probability - 1) < 1e-3)
    }

    @Test("what cannot be decoded is one problem, not three, and a wrong option is refused")
    func bad() throws {
        let host = try made(["writing": "on", "moderation": "on"])
        for data in [[], Array("GIF89a".utf8), [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3]] as [[UInt8]] { host.send(photo(data)) }
        try host.settle()
        #expect(host.outputs.count == 3 && host.closed == nil)
        for output in host.outputs {
            guard case .problem(let problem) = output.kind else {
                Issue.record("\(output) is no problem")
                continue
            }
            #expect(problem.code == StatusCode.invalidArgument.rawValue)
        }
        #expect { try made(["writing": "yes"]) } throws: { "\($0)".contains("off and on") }
        #expect { try made(["moderation": "1"]) } throws: { "\($0)".contains("off and on") }
    }

    @Test("classes that go on are one character, class 0 parts equal ones, and numbers that are no class are nothing")
    func characters() throws {
        let characters = try Characters(file: ModelRunner.cache + "/models/writing/characters.txt")
        let (space, none) = (Float(WritingLimits.characters + 1), Float(WritingLimits.characters + 2))
        let found = try #require(
            characters.text(best: [0, 1, 1, 0, 1, space, 2, none, .nan, space], probabilities: [1, 0.5, 0.1, 1, 1, 1, 0.5, 1, 1, 1]))
        #expect(found.text == "!! \"" && abs(found.confidence - 0.8) < 1e-5)
        #expect(characters.text(best: [0, 0, space], probabilities: [1, 1, 1]) == nil)
        #expect(throws: PluginError.self) { try Characters(file: "/nowhere/characters.txt") }
    }
}
