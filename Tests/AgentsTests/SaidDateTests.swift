import FoundationEssentials
import Sessions
import Testing

@testable import Agents

@Suite("Dates in what people say")
struct SaidDateTests {
    @Test(
        "A day or a month, with its year or without",
        arguments: [
            ("where is my order from September 19th?", SaidDate.day(year: nil, month: 9, day: 19)),
            ("the one of Sept. 19, 2026 please", .day(year: 2026, month: 9, day: 19)),
            ("I ordered it on the 3rd of May", .day(year: nil, month: 5, day: 3)), ("placed 19 Sep 2026", .day(year: 2026, month: 9, day: 19)),
            ("2026-09-19", .day(year: 2026, month: 9, day: 19)), ("the ring from October", .day(year: nil, month: 10, day: nil)),
            ("the 2 rings from September 19", .day(year: nil, month: 9, day: 19)),
            ("the order of September 19th has not arrived", .day(year: nil, month: 9, day: 19)),
            ("我9月19号下的单", .day(year: nil, month: 9, day: 19)), ("2026年9月19日的订单", .day(year: 2026, month: 9, day: 19)),
            ("9月份买的戒指", .day(year: nil, month: 9, day: nil)), ("9月买的那个", .day(year: nil, month: 9, day: nil)),
        ])
    func said(words: String, date: SaidDate) { #expect(SaidDate.find(in: words) == date) }

    @Test(
        "What is no date, or that of something else",
        arguments: [
            "order VT-10023", "a ring of 19 mm", "the 19 rings", "march on", "3个月的保修", "February 45", "13月1日",
            "2026-13-40", "", "yesterday", "my order arrived on September 19th", "I got it on the 3rd of May", "9月19日收到的订单",
            "it was supposed to come on September 22nd", "delivery by September 3rd", "9月22日应该到的",
        ])
    func none(words: String) { #expect(SaidDate.find(in: words) == nil) }

    @Test("A store's time is of the day that was said, in the year that was said")
    func matches() {
        let day = SaidDate.day(year: nil, month: 9, day: 19)
        #expect(day.matches("2026-09-19T05:01:00Z") && day.matches("2025-09-19") && !day.matches("2026-09-20T05:01:00Z"))
        #expect(!SaidDate.day(year: 2025, month: 9, day: 19).matches("2026-09-19"))
        let month = SaidDate.day(year: nil, month: 9, day: nil)
        #expect(month.matches("2026-09-01") && !SaidDate.day(year: nil, month: 8, day: nil).matches("2026-09-01"))
        #expect(!day.matches("") && !day.matches("soon"))
    }

    // MARK: Counted from today

    /// Wednesday, 2026-09-23, half past midnight in Shanghai; in London it is the 22nd still.
    static let shanghai = CustomerCalendar(LocalTime(unixSeconds: 1_790_094_600, offsetSeconds: 8 * 3_600))
    static let london = CustomerCalendar(LocalTime(unixSeconds: 1_790_094_600, offsetSeconds: 0))

    @Test(
        "A day, a week or a month that is counted from today: from the first day on, up to the last",
        arguments: [
            ("where is the order I placed yesterday?", "2026-09-22", "2026-09-22"),
            ("the order from the day before yesterday", "2026-09-21", "2026-09-21"),
            ("I ordered it three days ago", "2026-09-20", "2026-09-20"), ("the ring I bought 10 days ago", "2026-09-13", "2026-09-13"),
            ("the order from last week", "2026-09-14", "2026-09-20"), ("what I ordered a week ago", "2026-09-14", "2026-09-20"),
            ("the one I ordered two months ago", "2026-07-01", "2026-07-31"), ("last month's order", "2026-08-01", "2026-08-31"),
            ("the order I placed today", "2026-09-23", "2026-09-23"), ("the order from this week", "2026-09-21", "2026-09-27"),
            ("I ordered last Monday", "2026-09-21", "2026-09-21"), ("the order from Wednesday", "2026-09-16", "2026-09-16"),
            ("昨天下的订单", "2026-09-22", "2026-09-22"), ("前天买的耳环", "2026-09-21", "2026-09-21"), ("大前天的订单", "2026-09-20", "2026-09-20"),
            ("三天前下的单", "2026-09-20", "2026-09-20"), ("两个星期前的订单", "2026-09-07", "2026-09-13"),
            ("last Monday’s order", "2026-09-21", "2026-09-21"), ("上周三买的", "2026-09-16", "2026-09-16"), ("上星期天下的单", "2026-09-20", "2026-09-20"),
            ("上个月的订单", "2026-08-01", "2026-08-31"),
            ("今天下的单", "2026-09-23", "2026-09-23"), ("去年买的戒指", "2025-01-01", "2025-12-31"),
        ])
    func relative(words: String, first: String, last: String) throws {
        let calendar = Self.shanghai
        let date = try #require(SaidDate.find(in: words, calendar))
        #expect(date.matches(first, calendar) && date.matches(last, calendar))
        for (day, offset) in [(first, -1), (last, 1)] {
            let components = try #require(calendar.day(of: day))
            let midnight = try #require(calendar.calendar.date(from: components))
            let beside = try #require(calendar.calendar.date(byAdding: .day, value: offset, to: midnight))
            #expect(!date.matches(beside.formatted(.iso8601), calendar), "\(words): \(beside)")
        }
    }

    @Test(
        "The present is when something is said, and a day of arrival is none of ordering",
        arguments: [
            "cancel my order today", "please send the order this week", "it arrived yesterday", "my order came last Monday", "昨天收到的订单",
            "今天取消订单", "everyday earrings", "two days", "in three weeks", "这周能到吗",
        ])
    func present(words: String) { #expect(SaidDate.find(in: words, Self.shanghai) == nil) }

    @Test("A day begins where the customer is")
    func zones() throws {
        let yesterday = "my order from yesterday"
        // 23:00 UTC on the 21st is seven in the morning of the 22nd in Shanghai.
        let time = "2026-09-21T23:00:00Z"
        #expect(try #require(SaidDate.find(in: yesterday, Self.shanghai)).matches(time, Self.shanghai))
        #expect(try #require(SaidDate.find(in: yesterday, Self.london)).matches(time, Self.london))
        let morning = "2026-09-21T15:00:00Z"
        #expect(try !#require(SaidDate.find(in: yesterday, Self.shanghai)).matches(morning, Self.shanghai))
        #expect(SaidDate.day(year: nil, month: 9, day: 22).matches(time, Self.shanghai))
        #expect(Self.shanghai.isOver("2026-09-22") && !Self.london.isOver("2026-09-22") && !Self.shanghai.isOver("2026-09-23T01:00:00Z"))
        #expect(!Self.shanghai.isOver(""))
    }
}
