import FoundationEssentials

/// A time that a sentence names: a day or a month ("September 19th", "2026-09-19", "9月19日", "in September", "9月份"), or, where the customer's clock
/// is known, one that is counted from today ("yesterday", "two weeks ago", "last Monday", "上个月").
enum SaidDate: Equatable {
    case day(year: Int?, month: Int, day: Int?)
    /// From a midnight to another, where the customer is.
    case span(Range<Date>)

    /// Characters that are looked at: a sentence that names a day is short, and the expressions are slow.
    static let charactersMax = 300

    /// The first that is named; dates that no calendar has are none, and neither is the day on which something came ("it arrived on Monday").
    /// - Parameter calendar: the customer's; nil = it is not known what today is.
    static func find(in words: String, _ calendar: CustomerCalendar? = nil) -> SaidDate? {
        let text = String(words.prefix(charactersMax).lowercased())
        let named = [numbers(text), english(text), chinese(text), months(text)].compactMap { $0 }.first { $0.date.isInCalendar }
        guard let found = named ?? calendar.flatMap({ RelativeDate.find(in: text, $0) }), !isOfArrival(found.place, in: text) else { return nil }
        // "Cancel my order today": the present is when it is said, unless it stands beside what was done.
        if case .span(let days) = found.date, let calendar, days.contains(calendar.now), !isOfOrder(found.place, in: text) { return nil }
        return found.date
    }

    /// A date, and where in the sentence it stands.
    typealias Found = (date: SaidDate, place: Range<String.Index>)

    /// Whether a time as stores keep it ("2026-09-19T05:01:00Z", "2026-09-19") is of that day: of the customer's, if that is known.
    func matches(_ time: String, _ calendar: CustomerCalendar? = nil) -> Bool {
        guard let stored = (calendar ?? .utc).day(of: time) else { return false }
        switch self {
        case .day(let year, let month, let day):
            return stored.month == month && (year == nil || stored.year == year) && (day == nil || stored.day == day)
        case .span(let days):
            return (calendar ?? .utc).calendar.date(from: stored).map(days.contains) ?? false
        }
    }

    private var isInCalendar: Bool {
        guard case .day(_, let month, let day) = self else { return true }
        return (1...12).contains(month) && (day.map((1...31).contains) ?? true)
    }

    /// "it arrived on …", "it was to come by …", "… 收到的": the day on which it came or should says nothing of the day it was ordered.
    private static func isOfArrival(_ place: Range<String.Index>, in text: String) -> Bool {
        let before = text[..<place.lowerBound], after = text[place.upperBound...]
        let came =
            #/
            \b(?:arrived?|c[ao]me|received?|deliver(?:y|ed)|got|get|due|expected|here)
            (?:\ (?:it|them|this|that|here))?(?:\ (?:on|in|at|by|only|before))?(?:\ the)?\s*$
            /#
        return before.firstMatch(of: came) != nil || after.prefixMatch(of: /\s*(?:才|就|已经|刚刚?)?(?:应该|能|会)?(?:收到|送到|送达|到|签收)/) != nil
    }

    /// "ordered today", "from this week", "今天下的单".
    private static func isOfOrder(_ place: Range<String.Index>, in text: String) -> Bool {
        let before = text[..<place.lowerBound], after = text[place.upperBound...]
        let ordered = /\b(?:ordered|bought|purchased|placed|made|from|of)(?: (?:it|them|this|that))?(?: only)?\s*$/
        return before.firstMatch(of: ordered) != nil || after.prefixMatch(of: /\s*(?:早上|上午|中午|下午|晚上)?(?:才|刚|刚刚)?(?:下|买|订|的)/) != nil
    }

    private static func numbers(_ text: String) -> Found? {
        guard let found = text.firstMatch(of: /\b(\d{4})-(\d{1,2})-(\d{1,2})\b/), let month = Int(found.2) else { return nil }
        return (.day(year: Int(found.1), month: month, day: Int(found.3)), found.range)
    }

    private static func english(_ text: String) -> Found? {
        for found in text.matches(of: /\b([a-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(\d{4})\b)?/) {
            if let month = month(found.1) { return (.day(year: found.3.flatMap { Int($0) }, month: month, day: Int(found.2)), found.range) }
        }
        for found in text.matches(of: /\b(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+([a-z]{3,9})\b\.?(?:,?\s+(\d{4})\b)?/) {
            if let month = month(found.2) { return (.day(year: found.3.flatMap { Int($0) }, month: month, day: Int(found.1)), found.range) }
        }
        return nil
    }

    private static func chinese(_ text: String) -> Found? {
        guard let found = text.firstMatch(of: /(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]/), let month = Int(found.2) else { return nil }
        return (.day(year: found.1.flatMap { Int($0) }, month: month, day: Int(found.3)), found.range)
    }

    /// A month alone has a word before it, since "may" and "march" are others as well, or 份 or 的 behind it, since 3个月 is a time.
    private static func months(_ text: String) -> Found? {
        for found in text.matches(of: /\b(?:in|from|of|since)\s+([a-z]{3,9})\b\.?(?:\s+(\d{4})\b)?/) {
            if let month = month(found.1) { return (.day(year: found.2.flatMap { Int($0) }, month: month, day: nil), found.range) }
        }
        guard let found = text.firstMatch(of: /(?:(\d{4})\s*年\s*)?(\d{1,2})\s*月(?:份|的|下的|买的|订的)/), let month = Int(found.2) else { return nil }
        return (.day(year: found.1.flatMap { Int($0) }, month: month, day: nil), found.range)
    }

    private static let names = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ]

    /// By its name or its first three letters; September also by four.
    private static func month(_ name: Substring) -> Int? {
        names.firstIndex { $0 == name || $0.prefix(3) == name || (name == "sept" && $0.hasPrefix("sept")) }.map { $0 + 1 }
    }
}
