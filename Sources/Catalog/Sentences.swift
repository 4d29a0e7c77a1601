/// Cuts a text of a shop or a buyer into what is read one by one.
public enum Sentences {
    /// Sentences of one text that are read; the rest is left out.
    public static let countMax = 50

    /// Without what ends them. A point between two digits ends none: "2.2 mm".
    public static func split(_ text: String) -> [String] {
        var found: [String] = []
        var sentence = ""
        func end() {
            let whole = sentence.drop { $0 == " " }
            if !whole.isEmpty { found.append(String(whole)) }
            sentence = ""
        }
        var rest = text[...]
        while let character = rest.popFirst() {
            if found.count == countMax { return found }
            let isDecimal = character == "." && sentence.last?.isNumber == true && rest.first?.isNumber == true
            if ".!?。！？\n".contains(character), !isDecimal { end() } else { sentence.append(character) }
        }
        if found.count < countMax { end() }
        return found
    }
}
