/// Cuts a review into what is read one by one.
public enum ReviewSentences {
    /// Sentences of one review that are read; the rest is left out.
    public static let sentencesMax = 50

    public static func split(_ text: String) -> [String] {
        text.split { ".!?。！？\n".contains($0) }.map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }.prefix(sentencesMax).map(String.init)
    }
}
