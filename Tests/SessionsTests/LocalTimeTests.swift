import Testing
import Wire

@testable import Sessions

@Suite("The customer's own time")
struct LocalTimeTests {
    @Test(
        "It is read with its distance from UTC",
        arguments: [
            ("2026-09-22T16:30:00Z", LocalTime(unixSeconds: 1_790_094_600, offsetSeconds: 0)),
            ("2026-09-23T00:30:00+08:00", LocalTime(unixSeconds: 1_790_094_600, offsetSeconds: 28_800)),
            ("2026-09-22T13:00:00-03:30", LocalTime(unixSeconds: 1_790_094_600, offsetSeconds: -12_600)),
        ])
    func read(text: String, time: LocalTime) throws { #expect(try LocalTime(text) == time) }

    @Test(
        "What is no time is refused with what is one",
        arguments: [
            "", "yesterday", "2026-09-22", "2026-09-22T16:30:00", "2026-13-22T16:30:00Z", "2026-09-31T16:30:00Z", "2026-09-22T25:30:00Z",
            "2026-09-22T16:30:00+15:00", "2026-09-22T16:30:00+01:75", "2026-09-22T16:30:00Z\n", "２０２６-09-22T16:30:00Z",
        ])
    func refused(text: String) {
        do throws(RPCStatus) {
            let time = try LocalTime(text)
            Issue.record("\(text) was read as \(time)")
        } catch {
            #expect(error.code == .invalidArgument && error.message.contains("like 2026-09-21T14:05:00+02:00"))
        }
    }

    @Test("It goes on")
    func goesOn() {
        #expect(LocalTime(unixSeconds: 100, offsetSeconds: 60).after(us: 2_500_000) == LocalTime(unixSeconds: 102, offsetSeconds: 60))
    }
}
