/// Words that point at what is shown: "how much is this one?", "这个多少钱".
public enum PointingWords {
    private static let english: Set<String> = ["this", "that", "these", "those", "it", "one"]
    private static let chinese = ["这", "那", "它"]

    /// Where in an utterance, from 0 to 1, the first pointing word stands, by its share of the letters before its middle: speech is even enough for
    /// frames. nil when nothing points.
    public static func moment(in text: String) -> Double? {
        let letters = Array(text.lowercased())
        guard !letters.isEmpty else { return nil }
        var start: Int?
        for place in 0...letters.count {
            let isLetter = place < letters.count && letters[place].isLetter && letters[place].isASCII
            if isLetter {
                start = start ?? place
            } else if let from = start {
                if english.contains(String(letters[from..<place])) { return Double(from + place) / 2 / Double(letters.count) }
                start = nil
            }
            if place < letters.count, chinese.contains(String(letters[place])) { return (Double(place) + 0.5) / Double(letters.count) }
        }
        return nil
    }
}
