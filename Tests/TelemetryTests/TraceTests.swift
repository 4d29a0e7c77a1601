import Telemetry
import Testing

@Suite("Traces")
struct TraceTests {
    @Test("a trace id is 32 hexadecimal digits both ways, and never zero")
    func identifiers() {
        let id = TraceID(high: 0xAB, low: 1)
        #expect(id.description == "00000000000000ab0000000000000001")
        #expect(TraceID(id.description) == id)
        #expect(TraceID("00000000000000AB0000000000000001") == id)
        #expect(TraceID(high: 0, low: 0).low == 1)
        for text in ["", "ab", String(repeating: "0", count: 32), String(repeating: "g", count: 32), "+0000000000000ab0000000000000001"] {
            #expect(TraceID(text) == nil)
        }
    }

    @Test("a recorder keeps the first spans up to its limit and counts the rest")
    func recorder() {
        var recorder = SpanRecorder(traceID: TraceID(high: 1, low: 2), spansMax: 2)
        for start in 0..<5 { recorder.record(node: "n\(start)", startUs: UInt64(start), durationUs: 10) }
        #expect(recorder.spans == [Span(node: "n0", startUs: 0, durationUs: 10), Span(node: "n1", startUs: 1, durationUs: 10)])
        #expect(recorder.droppedSpans == 3)
    }
}
