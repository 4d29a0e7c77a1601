import CheckedYAML
import Testing

@testable import LanguageModel

@Suite("What a configuration says about the language model")
struct ChatChoiceTests {
    private func read(_ text: String, isInsecure: Bool = false) throws -> ChatChoice? {
        try ChatChoice.read(YAMLValue.parse(text, file: "shop.yaml")["language_model"], isInsecure: isInsecure) { (value, or) throws(YAMLError) in
            try value.string(or: or)
        }
    }

    @Test("none, or an endpoint with its limits")
    func whole() throws {
        #expect(try read("shop: gold") == nil)
        var wanted = ChatChoice(url: "https://models.example/v1")
        (wanted.model, wanted.languages, wanted.budgetMs, wanted.tokensMax, wanted.callsMax) = ("large", ["en", "zh"], 900, 60, 2)
        #expect(
            try read(
                """
                language_model:
                  url: https://models.example/v1/
                  model: large
                  languages: [en, zh]
                  budget_ms_max: 900
                  tokens_max: 60
                  calls_max: 2
                """) == wanted)
    }

    @Test(
        "what is wrong is named, with what is allowed",
        arguments: [
            ("language_model: {}", "language_model.url"), ("language_model: {url: 'http://models.example/v1'}", "unencrypted"),
            ("language_model: {url: 'https://x', languages: [fr]}", "en, zh"),
            ("language_model: {url: 'https://x', budget_ms_max: 5}", "100 to 60000"),
            ("language_model: {url: 'https://x', tokens_max: 0}", "8 to 1000"), ("language_model: {url: 'https://x', temperature: 1}", "temperature"),
            ("language_model: {url: 'https://x', token_file: /nowhere/token}", "cannot be read"),
            ("language_model: {url: 'https://x', certificates: /nowhere/model.pem}", "cannot be read"),
        ])
    func wrong(text: String, names: String) throws {
        let error = #expect(throws: YAMLError.self) { _ = try read(text) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(names), "\(error.map { "\($0)" } ?? "")")
    }
}
