import FoundationEssentials
import Sessions

/// Days as a customer counts them: from midnight to midnight where they are, in weeks that begin on Monday.
struct CustomerCalendar {
    let calendar: Calendar
    /// When they ask.
    let now: Date

    init(_ time: LocalTime) {
        self.init(offsetSeconds: time.offsetSeconds, now: Date(timeIntervalSince1970: Double(time.unixSeconds)))
    }

    /// For customers whose clock is not known; its `now` is none.
    static let utc = CustomerCalendar(offsetSeconds: 0, now: .distantPast)

    private init(offsetSeconds: Int, now: Date) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: offsetSeconds) ?? .gmt
        calendar.firstWeekday = 2
        calendar.minimumDaysInFirstWeek = 4
        self.calendar = calendar
        self.now = now
    }

    /// The day of a time as stores keep it: "2026-09-19T05:01:00Z", or a day alone, which is the same everywhere.
    func day(of time: String) -> DateComponents? {
        if let date = try? Date(time, strategy: .iso8601) { return calendar.dateComponents([.year, .month, .day], from: date) }
        let parts = time.prefix { $0 != "T" && $0 != " " }.split(separator: "-").map { Int($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2] else { return nil }
        return DateComponents(year: year, month: month, day: day)
    }

    /// Whether the day of a time as stores keep it is over.
    func isOver(_ time: String) -> Bool {
        guard let day = day(of: time).flatMap({ calendar.date(from: $0) }) else { return false }
        return day < calendar.startOfDay(for: now)
    }

    /// The day, week (from Monday), month or year that lies so many of them from the present one.
    func span(_ unit: Calendar.Component, from offset: Int) -> Range<Date>? {
        guard let date = calendar.date(byAdding: unit, value: offset, to: now), let span = calendar.dateInterval(of: unit, for: date) else {
            return nil
        }
        return span.start..<span.end
    }

    /// The last such day before today.
    /// - Parameter weekday: from 0, Monday.
    func last(weekday: Int) -> Range<Date>? {
        // Calendars count from Sunday, 1.
        let today = (calendar.component(.weekday, from: now) + 5) % 7
        let daysAgo = (today - weekday + 6) % 7 + 1
        return span(.day, from: -daysAgo)
    }

    /// That day of the week which lies so many weeks from the present one.
    func day(_ weekday: Int, ofWeek offset: Int) -> Range<Date>? {
        guard let week = span(.weekOfYear, from: offset), let day = calendar.date(byAdding: .day, value: weekday, to: week.lowerBound),
            let end = calendar.date(byAdding: .day, value: 1, to: day)
        else { return nil }
        return day..<end
    }
}
