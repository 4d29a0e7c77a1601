/// Numbers that are somebody's, by their form.
extension LogRedaction {
    /// Digits that belong together, without what stands between them.
    private typealias Group = Range<Int>

    /// Groups of one number: "4111 1111 1111 1111 111".
    private static let groupsMax = 5

    static func numbers(_ text: [Character]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var position = 0
        while position < text.count {
            guard isASCIIDigit(text[position]) else {
                position += 1
                continue
            }
            if let end = pointed(text, position) {
                found.append(position..<end)
                position = end
                continue
            }
            let parts = groups(text, from: position)
            let span = position..<parts[parts.count - 1].upperBound
            let hasPlus = position > 0 && text[position - 1] == "+"
            if !isWithin(span, text, isCertain: false), isPersonal(Array(text[span]), hasPlus: hasPlus) {
                found.append((hasPlus ? position - 1 : position)..<span.upperBound)
            } else {
                // Not one number; it may be several side by side.
                found += certain(parts, text)
            }
            position = span.upperBound
        }
        return found
    }

    /// The digits from a place on, with at most two characters between groups that a telephone number may have there.
    private static func groups(_ text: [Character], from start: Int) -> [Group] {
        var groups: [Group] = []
        var from = start
        while true {
            var end = from
            while end < text.count, isASCIIDigit(text[end]) { end += 1 }
            // A Chinese identity number may end in X.
            if end - from == 17, end < text.count, "xX".contains(text[end]) { end += 1 }
            groups.append(from..<end)
            var next = end
            while next < text.count, next - end < 2, " -()".contains(text[next]) { next += 1 }
            guard next > end, next < text.count, isASCIIDigit(text[next]) else { return groups }
            from = next
        }
    }

    /// Numbers that are somebody's whatever stands beside them: the longest of neighbouring groups first.
    private static func certain(_ groups: [Group], _ text: [Character]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var first = 0
        while first < groups.count {
            let counts = (1...min(groupsMax, groups.count - first)).reversed()
            let count = counts.first { count in
                let some = groups[first..<(first + count)]
                let span = groups[first].lowerBound..<groups[first + count - 1].upperBound
                return isCertain(some.map { Array(text[$0]) }) && !isWithin(span, text, isCertain: true)
            }
            if let count { found.append(groups[first].lowerBound..<groups[first + count - 1].upperBound) }
            first += count ?? 1
        }
        return found
    }

    /// A mobile number, one with its area, a card, an identity number: as they are written, in one piece or in the usual ones.
    private static func isCertain(_ groups: [[Character]]) -> Bool {
        let digits = groups.joined().compactMap(\.wholeNumberValue)
        if groups.count == 1 { return isPersonal(groups[0], hasPlus: false) }
        let isInPieces = isMobile(digits) && groups.count <= 3 && groups[0].count >= 3
        let hasArea = digits[0] == 0 && groups[0].count >= 2 && groups.count <= 4 && (9...12).contains(digits.count)
        let isWrittenAsCard = groups.dropLast().allSatisfy { (4...6).contains($0.count) }
        return isInPieces || hasArea || (isWrittenAsCard && (13...19).contains(digits.count) && isCard(digits))
    }

    /// Where a telephone number with points ends that begins here: "020.7946.0958". Addresses and versions have shorter parts, or fewer.
    private static func pointed(_ text: [Character], _ start: Int) -> Int? {
        var parts: [Group] = []
        var from = start
        while true {
            var end = from
            while end < text.count, isASCIIDigit(text[end]) { end += 1 }
            parts.append(from..<end)
            guard end + 1 < text.count, text[end] == ".", isASCIIDigit(text[end + 1]) else { break }
            from = end + 1
        }
        let end = parts[parts.count - 1].upperBound
        let isNumber =
            parts.count >= 3 && parts[0].count >= 2 && parts.contains { $0.count >= 4 } && isCertain(parts.map { Array(text[$0]) })
            && !isWithin(start..<end, text, isCertain: true)
        return isNumber ? end : nil
    }

    /// Part of a word, as in an id, or of a number with points, as in an address: nobody's.
    /// - Parameter isCertain: its form alone says what it is; then it may stand in a path, a file's name or behind an underscore.
    private static func isWithin(_ range: Range<Int>, _ text: [Character], isCertain: Bool) -> Bool {
        func isPart(_ c: Character) -> Bool { c.isASCII && (c.isLetter || c.isNumber || (c == "_" && !isCertain)) }
        if range.lowerBound > 0, case let before = text[range.lowerBound - 1], isPart(before) || before == "." || (before == "/" && !isCertain) {
            return true
        }
        guard range.upperBound < text.count else { return false }
        let next = text[range.upperBound]
        // A point may end a sentence, or begin the end of a file's name.
        guard next == ".", range.upperBound + 1 < text.count else { return isPart(next) }
        let behind = text[range.upperBound + 1]
        return isPart(behind) && !(isCertain && behind.isLetter)
    }

    private static func isPersonal(_ span: [Character], hasPlus: Bool) -> Bool {
        let digits = span.compactMap(\.wholeNumberValue)
        if hasPlus { return digits.count >= 7 }
        if !span.contains(where: { " -()".contains($0) }) {
            return isMobile(digits) || (17...18).contains(digits.count) || ((13...19).contains(digits.count) && isCard(digits))
        }
        // A day, as in "2026-11-21 18".
        if span.count >= 10, span[4] == "-", span[7] == "-", digits.count <= 14, span[..<4].allSatisfy(isASCIIDigit) { return false }
        return (8...19).contains(digits.count)
    }

    private static func isMobile(_ digits: [Int]) -> Bool { digits.count == 11 && digits[0] == 1 && digits[1] >= 3 }

    /// Luhn's check digit (ISO/IEC 7812-1, annex B).
    private static func isCard(_ digits: [Int]) -> Bool {
        var sum = 0
        for (index, digit) in digits.reversed().enumerated() {
            let doubled = digit * 2
            sum += index % 2 == 0 ? digit : doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0
    }

    static func isASCIIDigit(_ c: Character) -> Bool { ("0"..."9").contains(c) }
}
