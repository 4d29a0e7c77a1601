import Catalog
import Fusion
import Testing

@testable import Agents

@Suite("The intent classifier")
struct IntentClassifierTests {
    private func example(_ agent: String, _ intent: String, _ feature: Feature?) -> IntentExample {
        IntentExample(intent: intent, agent: agent, language: "en", text: "", feature: feature)
    }

    @Test("The nearest example's class wins, and probabilities add up to 1 in class order")
    func nearest() throws {
        let classifier = IntentClassifier(classes: ["a", "b", "c"], examples: [("a", axis(0)), ("b", axis(1)), ("c", axis(2))])
        for (topic, name) in ["a", "b", "c"].enumerated() {
            let all = try #require(classifier.probabilities(axis(topic)))
            #expect(all.map(\.name) == ["a", "b", "c"])
            #expect(abs(all.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
            #expect(classifier.best(axis(topic))?.name == name)
            #expect(try #require(classifier.best(axis(topic))).probability > 0.99)
        }
    }

    @Test("A difference of the temperature in the cosine is a factor e in weight")
    func temperature() throws {
        let classifier = IntentClassifier(classes: ["a", "b"], examples: [("a", axis(0)), ("b", axis(1))])
        // cos with a and b: x and y, x² + y² = 1, x − y = 0.06.
        let y = (Float(2 - 0.06 * 0.06).squareRoot() - 0.06) / 2
        var feature = axis(0)
        feature.values[0] = y + 0.06
        feature.values[1] = y
        let all = try #require(classifier.probabilities(feature))
        #expect(abs(all[0].probability / all[1].probability - 2.718_28) < 0.01)
    }

    @Test("A class does not win by having many examples that are far away")
    func unbalanced() throws {
        let many = (0..<100).map { _ in ("many", axis(1)) }
        let classifier = IntentClassifier(classes: ["many", "few"], examples: many + [("few", axis(0))])
        #expect(classifier.best(between(0, 1, 0.2))?.name == "few")
    }

    @Test("Length does not matter, direction does")
    func scaled() throws {
        let classifier = IntentClassifier(classes: ["a", "b"], examples: [("a", axis(0)), ("b", axis(1))])
        var long = between(0, 1, 0.3)
        let short = try #require(classifier.probabilities(long))
        long.values = long.values.map { $0 * 50 }
        let scaled = try #require(classifier.probabilities(long))
        for (a, b) in zip(short, scaled) { #expect(abs(a.probability - b.probability) < 1e-4) }
    }

    @Test("Another space, another length, or no examples: it says nothing")
    func silent() {
        let classifier = IntentClassifier(classes: ["a"], examples: [("a", axis(0))])
        #expect(classifier.probabilities(Feature(modality: "text", spaceID: "other", values: axis(0).values)) == nil)
        #expect(classifier.probabilities(Feature(modality: "text", spaceID: "made", values: [1, 0])) == nil)
        #expect(IntentClassifier(classes: [], examples: []).probabilities(axis(0)) == nil)
    }

    @Test("Examples of another space than the first's are left out")
    func mixed() throws {
        let other = Feature(modality: "text", spaceID: "other", values: [1])
        let classifier = IntentClassifier(classes: ["a", "b"], examples: [("a", axis(0)), ("b", other)])
        #expect(classifier.probabilities(axis(1))?.map(\.probability) == [1, 0])
    }

    @Test("A photo alone asks for things like it; a selfie alone asks to try something on")
    func presence() throws {
        let classifier = IntentClassifier.agents([
            example("customer_service", "care", axis(0)), example("recommendation", "", axis(1)), example("try_on", "", nil),
        ])
        func winner(_ feature: Feature) -> String? { classifier.probabilities(feature)?.max { $0.probability < $1.probability }?.name }
        #expect(winner(Feature(modality: Modality.image, spaceID: "", values: [])) == AgentName.recommendation)
        #expect(winner(Feature(modality: Modality.selfie, spaceID: "", values: [])) == AgentName.tryOn)
        #expect(winner(axis(0)) == AgentName.customerService)
        for modality in [Modality.image, Modality.selfie] {
            let all = try #require(classifier.probabilities(Feature(modality: modality, spaceID: "", values: [])))
            #expect(abs(all.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
        }
    }

    @Test("Customer service knows its own intents only")
    func service() {
        let classifier = IntentClassifier.service([
            example("customer_service", "care", axis(0)), example("recommendation", "gift", axis(1)), example("customer_service", "", axis(2)),
            example("customer_service", "returns", axis(3)), example("customer_service", "care", axis(4)),
        ])
        #expect(classifier.classes == ["care", "returns"])
    }
}
