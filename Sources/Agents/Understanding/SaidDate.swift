/// A day, or a month, that a sentence names: "September 19th", "the 19th of Sept. 2026", "2026-09-19", "9月19日", "in September", "9月份".
///
/// What depends on today ("yesterday", "last week") is none: agents know the loop's clock, which stands still in replays.
struct SaidDate: Equatable {
    var year: Int?
    var month: Int
    var day: Int?

    /// Characters that are looked at.
    static let charactersMax = 2_000

    /// Whether a time as stores keep it ("2026-09-19T05:01:00Z") is of that day.
    func matches(_ time: String) -> Bool {
        let parts = time.prefix { $0 != "T" && $0 != " " }.split(separator: "-").map { Int($0) }
        guard parts.count == 3, parts[1] == month else { return false }
        return (year == nil || parts[0] == year) && (day == nil || parts[2] == day)
    }

    /// The first that is named; dates that no calendar has are none.
    static func find(in words: String) -> SaidDate? {
        let text = words.prefix(charactersMax).lowercased()
        let all = [numbers(text), english(text), chinese(text), months(text)].compactMap { $0 }
        return all.first { (1...12).contains($0.month) && ($0.day.map((1...31).contains) ?? true) }
    }

    private static func numbers(_ text: String) -> SaidDate? {
        guard let found = text.firstMatch(of: /\b(\d{4})-(\d{1,2})-(\d{1,2})\b/), let month = Int(found.2) else { return nil }
        return SaidDate(year: Int(found.1), month: month, day: Int(found.3))
    }

    private static func english(_ text: String) -> SaidDate? {
        for found in text.matches(of: /\b([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(\d{4})\b)?/) {
            if let month = month(found.1) { return SaidDate(year: found.3.flatMap { Int($0) }, month: month, day: Int(found.2)) }
        }
        for found in text.matches(of: /\b(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+([a-z]{3,9})\b\.?(?:,?\s+(\d{4})\b)?/) {
            if let month = month(found.2) { return SaidDate(year: found.3.flatMap { Int($0) }, month: month, day: Int(found.1)) }
        }
        return nil
    }

    private static func chinese(_ text: String) -> SaidDate? {
        guard let found = text.firstMatch(of: /(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]/), let month = Int(found.2) else { return nil }
        return SaidDate(year: found.1.flatMap { Int($0) }, month: month, day: Int(found.3))
    }

    /// A month alone has a word before it, since "may" and "march" are others as well, or 份 or 的 behind it, since 3个月 is a time.
    private static func months(_ text: String) -> SaidDate? {
        for found in text.matches(of: /\b(?:in|from|of|since)\s+([a-z]{3,9})\b\.?(?:\s+(\d{4})\b)?/) {
            if let month = month(found.1) { return SaidDate(year: found.2.flatMap { Int($0) }, month: month) }
        }
        guard let found = text.firstMatch(of: /(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月(?:份|的|下的|买的|订的)/), let month = Int(found.2) else { return nil }
        return SaidDate(year: found.1.flatMap { Int($0) }, month: month)
    }

    private static let names = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]

    /// By its name or its first three letters; September also by four.
    private static func month(_ name: Substring) -> Int? {
        names.firstIndex { $0 == name || $0.prefix(3) == name || (name == "sept" && $0.hasPrefix("sept")) }.map { $0 + 1 }
    }
}
