/// Which of the two answering languages a text is written in.
enum Language {
    /// "zh" when there are at least as many Han characters as words in other letters, else "en": Chinese shoppers mix in brand names, sizes and
    /// product numbers, of any length; a number with hyphens is one word.
    static func guess(_ text: String) -> String {
        var han = 0
        var words = 0
        var isInWord = false
        for scalar in text.unicodeScalars {
            if (0x4E00...0x9FFF).contains(scalar.value) || (0x3400...0x4DBF).contains(scalar.value) {
                han += 1
                isInWord = false
            } else if scalar.properties.isAlphabetic {
                words += isInWord ? 0 : 1
                isInWord = true
            } else if scalar != "-" && scalar != "'" && scalar != "’" && scalar.properties.numericType == nil {
                isInWord = false
            }
        }
        return han > 0 && han >= words ? "zh" : "en"
    }
}
