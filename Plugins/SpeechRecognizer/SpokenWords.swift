/// A text as words to compare: lower case, numbers and units written out, each ideograph a word.
enum SpokenWords {
    private static let units = [
        "oz": "ounce", "ozs": "ounces", "ml": "millilitres", "cl": "centilitres", "kg": "kilos", "lb": "pound", "lbs": "pounds",
    ]
    private static let small = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
        "sixteen", "seventeen", "eighteen", "nineteen",
    ]
    private static let tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

    static func words(of text: String) -> [String] {
        enum Kind { case letters, digits, ideograph, other }
        func kind(_ scalar: Unicode.Scalar) -> Kind {
            if (0x3400...0x9fff).contains(scalar.value) || (0x20000...0x323af).contains(scalar.value) { return .ideograph }
            if scalar.properties.numericType == .decimal { return .digits }
            return scalar.properties.isAlphabetic || scalar == "'" ? .letters : .other
        }
        var pieces: [(Kind, String)] = []
        var last = Kind.other
        for scalar in text.lowercased().unicodeScalars {
            let now = kind(scalar)
            if now == last, now == .letters || now == .digits, !pieces.isEmpty {
                pieces[pieces.count - 1].1.unicodeScalars.append(scalar)
            } else if now != .other {
                pieces.append((now, String(scalar)))
            }
            last = now
        }
        return pieces.flatMap { kind, piece in
            switch kind {
            case .digits: Int(piece).flatMap(spelled) ?? [piece]
            default: [units[piece] ?? piece]
            }
        }
    }

    /// A number below one thousand in English words; nil for others.
    private static func spelled(_ number: Int) -> [String]? {
        switch number {
        case 0..<20: [small[number]]
        case 20..<100: [tens[number / 10]] + (number % 10 == 0 ? [] : [small[number % 10]])
        case 100..<1_000: [small[number / 100], "hundred"] + (number % 100 == 0 ? [] : spelled(number % 100) ?? [])
        default: nil
        }
    }
}
