public import CheckedYAML

/// Example sentences from a shop's intents.yaml: `agents:` agent → language → sentences, `intents:` intent → language → sentences.
public enum IntentExamples {
    /// The label of a sentence is its intent, or its agent where no intent is given.
    public static func yaml(_ path: String) throws(YAMLError) -> [Utterance] {
        let root = try YAMLValue.load(path)
        var found: [Utterance] = []
        for group in [root["agents"], root["intents"]] where group.exists {
            for (name, languages) in try group.entries() {
                for (_, sentences) in try languages.entries() {
                    for sentence in try sentences.items() { found.append(Utterance(text: try sentence.string(), intent: name)) }
                }
            }
        }
        if found.isEmpty { throw root.error("holds no example under agents or intents") }
        return found
    }
}
