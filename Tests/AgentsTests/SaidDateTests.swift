import Testing

@testable import Agents

@Suite("Dates in what people say")
struct SaidDateTests {
    @Test(
        "A day or a month, with its year or without",
        arguments: [
            ("where is my order from September 19th?", SaidDate(month: 9, day: 19)),
            ("the one of Sept. 19, 2026 please", SaidDate(year: 2026, month: 9, day: 19)),
            ("I ordered it on the 3rd of May", SaidDate(month: 5, day: 3)), ("placed 19 Sep 2026", SaidDate(year: 2026, month: 9, day: 19)),
            ("2026-09-19", SaidDate(year: 2026, month: 9, day: 19)), ("the ring from October", SaidDate(month: 10)),
            ("the 2 rings from September 19", SaidDate(month: 9, day: 19)),
            ("我9月19号下的单", SaidDate(month: 9, day: 19)), ("2026年9月19日的订单", SaidDate(year: 2026, month: 9, day: 19)),
            ("9月份买的戒指", SaidDate(month: 9)), ("9月买的那个", SaidDate(month: 9)),
        ])
    func said(words: String, date: SaidDate) { #expect(SaidDate.find(in: words) == date) }

    @Test(
        "What is no date",
        arguments: [
            "order VT-10023", "a ring of 19 mm", "the 19 rings", "march on", "3个月的保修", "February 45", "13月1日",
            "2026-13-40", "", "yesterday",
        ])
    func none(words: String) { #expect(SaidDate.find(in: words) == nil) }

    @Test("A store's time is of the day that was said, in the year that was said")
    func matches() {
        let day = SaidDate(month: 9, day: 19)
        #expect(day.matches("2026-09-19T05:01:00Z") && day.matches("2025-09-19") && !day.matches("2026-09-20T05:01:00Z"))
        #expect(!SaidDate(year: 2025, month: 9, day: 19).matches("2026-09-19"))
        #expect(SaidDate(month: 9).matches("2026-09-01") && !SaidDate(month: 8).matches("2026-09-01"))
        #expect(!day.matches("") && !day.matches("soon"))
    }
}
