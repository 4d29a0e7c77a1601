import Catalog
import FoundationEssentials

/// Times that are counted from today: "yesterday", "three days ago", "last week", "on Monday", "前天", "上周三", "两个月前".
///
/// A number of weeks or months ago is rarely meant to the day: it is that whole week or month.
enum RelativeDate {
    /// - Parameter text: lower case.
    static func find(in text: String, _ calendar: CustomerCalendar) -> SaidDate.Found? {
        for read in [days, ago, units, weekdays, chineseAgo, chineseUnits] {
            if let found = read(text, calendar), !found.days.isEmpty { return (.span(found.days), found.place) }
        }
        return nil
    }

    private typealias Found = (days: Range<Date>, place: Range<String.Index>)

    private static func days(_ text: String, _ calendar: CustomerCalendar) -> Found? {
        // The longer before the shorter that they hold.
        let words = [
            ("the day before yesterday", -2), ("yesterday", -1), ("last night", -1), ("today", 0), ("this morning", 0), ("this afternoon", 0),
            ("大前天", -3), ("前天", -2), ("前日", -2), ("昨天", -1), ("昨日", -1), ("昨晚", -1), ("今天", 0), ("今日", 0), ("今早", 0),
        ]
        for (word, offset) in words {
            if let place = text.firstRange(of: word), let days = calendar.span(.day, from: offset) { return (days, place) }
        }
        return nil
    }

    private static func ago(_ text: String, _ calendar: CustomerCalendar) -> Found? {
        guard let found = text.firstMatch(of: /\b([a-z]+|\d{1,3})\s+(day|week|month|year)s?\s+ago\b/),
            let count = found.1 == "a" || found.1 == "an" ? 1 : number(found.1), let unit = unit(found.2)
        else { return nil }
        return calendar.span(unit, from: -count).map { ($0, found.range) }
    }

    private static func units(_ text: String, _ calendar: CustomerCalendar) -> Found? {
        guard let found = text.firstMatch(of: /\b(last|this)\s+(week|month|year)(?:['’]s)?\b/), let unit = unit(found.2) else { return nil }
        return calendar.span(unit, from: found.1 == "last" ? -1 : 0).map { ($0, found.range) }
    }

    private static func weekdays(_ text: String, _ calendar: CustomerCalendar) -> Found? {
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        guard let found = text.firstMatch(of: /\b(?:last|on|from|this)\s+([a-z]+day)(?:['’]s)?\b/),
            let weekday = names.firstIndex(of: String(found.1))
        else { return nil }
        return calendar.last(weekday: weekday).map { ($0, found.range) }
    }

    private static func chineseAgo(_ text: String, _ calendar: CustomerCalendar) -> Found? {
        guard let found = text.firstMatch(of: /(\d{1,3}|[一二两三四五六七八九十]{1,3})\s*个?(天|星期|礼拜|周|月|年)(?:以|之)?前/),
            let count = number(found.1), let unit = unit(found.2)
        else { return nil }
        return calendar.span(unit, from: -count).map { ($0, found.range) }
    }

    private static func chineseUnits(_ text: String, _ calendar: CustomerCalendar) -> Found? {
        if let found = text.firstMatch(of: /(上|这|本)个?(?:星期|礼拜|周)([一二三四五六日天])?/) {
            let week = found.1 == "上" ? -1 : 0
            guard let day = found.2 else { return calendar.span(.weekOfYear, from: week).map { ($0, found.range) } }
            let place = day == "天" ? 6 : Array("一二三四五六日").firstIndex(of: day[day.startIndex]) ?? 0
            return calendar.day(place, ofWeek: week).map { ($0, found.range) }
        }
        if let found = text.firstMatch(of: /(上|这|本)个?月/) { return calendar.span(.month, from: found.1 == "上" ? -1 : 0).map { ($0, found.range) } }
        guard let found = text.firstMatch(of: /(?:去|今)年/) else { return nil }
        return calendar.span(.year, from: text[found.range].hasPrefix("去") ? -1 : 0).map { ($0, found.range) }
    }

    private static func unit(_ word: Substring) -> Calendar.Component? {
        switch word {
        case "day", "天": .day
        case "week", "星期", "礼拜", "周": .weekOfYear
        case "month", "月": .month
        case "year", "年": .year
        default: nil
        }
    }

    private static func number(_ word: Substring) -> Int? {
        SaidNumber.all(in: String(word)).first.flatMap { Int(exactly: $0.value) }.flatMap { (0...1_000).contains($0) ? $0 : nil }
    }
}
