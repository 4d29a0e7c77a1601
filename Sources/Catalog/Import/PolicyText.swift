/// Reads a policy: front matter (id, title, language) between lines of "---", then sections under "## " headings.
enum PolicyText {
    static func documents(_ text: String) throws(RowError) -> [Document] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.hasSuffix("\r") ? $0.dropLast() : $0 }
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
            throw RowError("expected front matter between two lines of ---")
        }
        var front: [String: String] = [:]
        for line in lines[1..<end] {
            guard let colon = line.firstIndex(of: ":") else { continue }
            front[trimmed(line[..<colon])] = trimmed(line[line.index(after: colon)...])
        }
        lines.removeFirst(end + 1)
        for name in ["id", "title", "language"] where front[name, default: ""].isEmpty { throw RowError("front matter: \(name) is missing") }
        let (policy, title, language) = (front["id", default: ""], front["title", default: ""], front["language", default: ""])
        var documents: [Document] = []
        var section = ""
        var body: [Substring] = []
        func finish() {
            let text = trimmed(Substring(body.joined(separator: "\n")))
            body = []
            if text.isEmpty { return }
            let id = "\(policy)/\(language)/\(documents.count + 1)"
            documents.append(Document(id: id, policy: policy, language: language, title: title, section: section, text: text))
        }
        for line in lines {
            if line.hasPrefix("## ") {
                finish()
                section = trimmed(line.dropFirst(3))
            } else {
                body.append(line)
            }
        }
        finish()
        if documents.isEmpty { throw RowError("the policy has no text") }
        return documents
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first?.isWhitespace ?? false { text.removeFirst() }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }
}
