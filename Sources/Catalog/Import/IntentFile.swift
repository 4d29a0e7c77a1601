import CheckedYAML

/// Reads intents.yaml: `agents:` agent → language → sentences, and `intents:` intent (of customer service) → language → sentences.
enum IntentFile {
    /// The agent that intents belong to.
    static let intentAgent = "customer_service"

    /// Examples with their lines.
    static func examples(_ text: String, file: String) throws(YAMLError) -> [(example: IntentExample, line: Int)] {
        let root = try YAMLValue.parse(text, file: file)
        var examples: [(IntentExample, Int)] = []
        try read(root["agents"]) { name, language, sentence, line in
            examples.append((IntentExample(intent: "", agent: name, language: language, text: sentence), line))
        }
        try read(root["intents"]) { name, language, sentence, line in
            examples.append((IntentExample(intent: name, agent: intentAgent, language: language, text: sentence), line))
        }
        if examples.isEmpty { throw root.error("holds no example under agents or intents") }
        return examples
    }

    private static func read(_ names: YAMLValue, _ each: (String, String, String, Int) -> Void) throws(YAMLError) {
        guard names.exists else { return }
        for (name, languages) in try names.entries() {
            for (language, sentences) in try languages.entries() {
                for sentence in try sentences.items() { each(name, language, try sentence.string(), sentence.line) }
            }
        }
    }
}
