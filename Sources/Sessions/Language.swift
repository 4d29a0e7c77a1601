/// Which of the two answering languages a text is written in.
enum Language {
    /// "zh" when at least a fifth of its letters are Han characters, else "en": Chinese shoppers mix in brand names and sizes.
    static func guess(_ text: String) -> String {
        var han = 0
        var letters = 0
        for scalar in text.unicodeScalars {
            if (0x4E00...0x9FFF).contains(scalar.value) || (0x3400...0x4DBF).contains(scalar.value) {
                han += 1
                letters += 1
            } else if scalar.properties.isAlphabetic {
                letters += 1
            }
        }
        return han > 0 && han * 5 >= letters ? "zh" : "en"
    }
}
