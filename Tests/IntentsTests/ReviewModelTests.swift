import CheckedYAML
import Foundation
import Testing

@testable import Intents

@Suite("Reading reviews")
struct ReviewModelTests {
    /// Two aspects and two moods as directions of a small space, with some noise that is the same in every run.
    private static func examples() -> (examples: [ReviewExample], embeddings: [[Float]]) {
        var examples: [ReviewExample] = []
        var embeddings: [[Float]] = []
        for index in 0..<48 {
            let (aspect, isPraise) = (index % 2, index / 2 % 2 == 0)
            examples.append(
                ReviewExample(text: "\(index) \(aspect == 0 ? "lock" : "parcel")", aspect: aspect == 0 ? "clasp" : "delivery", isPraise: isPraise))
            embeddings.append(vector(aspect, isPraise, noise: Float(index % 5) * 0.05))
        }
        return (examples, embeddings)
    }

    private static func vector(_ aspect: Int, _ isPraise: Bool, noise: Float = 0) -> [Float] {
        let values: [Float] = [aspect == 0 ? 1 : 0, aspect == 1 ? 1 : 0, isPraise ? 0.8 : 0, isPraise ? 0 : 0.8, noise]
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return values.map { $0 / length }
    }

    private static let model = Result { try ReviewModel.train(examples().examples, embeddings: examples().embeddings, spaceID: "made") }

    @Test("tells what a sentence is about and whether it praises", arguments: [(0, true), (0, false), (1, true), (1, false)])
    func reads(aspect: Int, isPraise: Bool) throws {
        let reading = try ReviewModelTests.model.get().read(Utterance(text: "new words", embedding: ReviewModelTests.vector(aspect, isPraise)))
        #expect(reading.aspect == ["clasp", "delivery"][aspect])
        #expect((reading.praise > 0.5) == isPraise)
        #expect((0...1).contains(reading.praise) && (0...1).contains(reading.certainty))
    }

    @Test("the review's stars move what the words leave open, and three of them nothing")
    func stars() throws {
        let model = try ReviewModelTests.model.get()
        let between = Utterance(text: "x", embedding: [1, 0, 0, 0, 0])
        let praise = (1...5).map { model.read(between, stars: $0).praise }
        #expect(praise == praise.sorted() && praise[0] < praise[4] - 0.3)
        #expect(praise[2] == model.read(between).praise)
        #expect(model.read(between, stars: 99) == model.read(between))
    }

    @Test("a file gives the same model; a damaged one is refused, wherever it is cut")
    func file() throws {
        let model = try ReviewModelTests.model.get()
        let bytes = try model.encoded()
        let again = try ReviewModel(decoding: bytes)
        let sentence = Utterance(text: "lock", embedding: ReviewModelTests.vector(0, false))
        #expect(again.read(sentence) == model.read(sentence))
        #expect(again.spaceID == "made")
        for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
            #expect(throws: IntentError.self) { _ = try ReviewModel(decoding: Array(bytes[..<length])) }
        }
        var long = bytes
        long[15] = 0xFF
        #expect(throws: IntentError.self) { _ = try ReviewModel(decoding: long) }
    }

    @Test("what was kept aside is counted by aspect and by mood, with and without stars")
    func evaluation() throws {
        let sentences = (0..<4).map { index in
            (
                example: ReviewExample(text: "s", aspect: index % 2 == 0 ? "clasp" : "delivery", isPraise: index < 2),
                embedding: ReviewModelTests.vector(index % 2, index < 2), stars: index == 0 ? 5 : nil
            )
        }
        let result = ReviewEvaluation(try ReviewModelTests.model.get(), sentences)
        #expect(result.sentences == 4 && result.aspectAccuracy == 1 && result.moodAccuracy == 1)
        #expect(result.starred == 1 && result.starredMoodAccuracy == 1)
        #expect(result.aspects.map(\.name) == ["clasp", "delivery"] && result.aspects.map(\.count) == [2, 2])
        var wrong = sentences
        wrong[0].example.aspect = "delivery"
        wrong[1].example.isPraise = false
        let worse = ReviewEvaluation(try ReviewModelTests.model.get(), wrong)
        #expect(worse.aspectAccuracy == 0.75 && worse.moodAccuracy == 0.75)
    }

    private func yaml(_ text: String) throws -> [ReviewExample] {
        let path = NSTemporaryDirectory() + "vitrine-reviews-\(UUID().uuidString).yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { unlink(path) }
        return try ReviewExample.yaml(path)
    }

    @Test("examples are read from the shop's file; what is wrong there is named")
    func file_of_examples() throws {
        let read = try yaml("reviews: 1\naspects:\n  clasp:\n    good: {en: [holds well], zh: [很牢]}\n    bad: {en: [broke]}\n")
        #expect(
            read == [
                ReviewExample(text: "holds well", aspect: "clasp", isPraise: true), ReviewExample(text: "很牢", aspect: "clasp", isPraise: true),
                ReviewExample(text: "broke", aspect: "clasp", isPraise: false),
            ])
        for (text, names) in [
            ("reviews: 2\naspects: {}", "reviews"), ("reviews: 1\naspects: {clasp: {fine: {en: [x]}}}", "fine"),
            ("reviews: 1\naspects: {a/b: {good: {en: [x]}}}", "aspect"), ("reviews: 1\naspects: {}", "no example"),
        ] {
            let error = #expect(throws: YAMLError.self) { _ = try yaml(text) }
            #expect(error?.message.contains(names) == true || error?.description.contains(names) == true, "\(error?.description ?? "")")
        }
    }
}
