import Glibc
import Testing

@testable import Telemetry

@Suite("Metrics")
struct MetricsTests {
    @Test("the text has HELP and TYPE once a name, names and labels in order, values as numbers")
    func text() {
        let registry = MetricsRegistry()
        registry.counter("z_total", help: "Last.").add(3)
        registry.counter("frames_total", help: "Frames seen.", labels: ["loop": "1"]).add(2)
        registry.counter("frames_total", help: "Frames seen.", labels: ["loop": "0"]).add(number: 0.5)
        registry.gauge("queue_items", help: "Waiting.").set(-1.25)
        registry.gauge("read_bytes", help: "Read when asked.") { 1e20 }
        let expected = """
            # HELP frames_total Frames seen.
            # TYPE frames_total counter
            frames_total{loop="0"} 0.5
            frames_total{loop="1"} 2
            # HELP queue_items Waiting.
            # TYPE queue_items gauge
            queue_items -1.25
            # HELP read_bytes Read when asked.
            # TYPE read_bytes gauge
            read_bytes 1e+20
            # HELP z_total Last.
            # TYPE z_total counter
            z_total 3
            # HELP vitrine_metrics_dropped_series Time series that were refused because the registry's limit was reached.
            # TYPE vitrine_metrics_dropped_series gauge
            vitrine_metrics_dropped_series 0

            """
        #expect(registry.exposition() == expected)
    }

    @Test("a histogram counts up to and including each bound, cumulatively, and ends with +Inf, sum and count")
    func histogram() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("latency_ms", help: "Latency.", labels: ["kind": "text"], bounds: [1, 2.5])
        for value in [0.5, 1, 1.5, 2.5, 100, .nan] { histogram.observe(value) }
        let text = registry.exposition()
        #expect(
            text.contains(
                """
                latency_ms_bucket{kind="text",le="1"} 2
                latency_ms_bucket{kind="text",le="2.5"} 4
                latency_ms_bucket{kind="text",le="+Inf"} 5
                latency_ms_sum{kind="text"} 105.5
                latency_ms_count{kind="text"} 5

                """))
    }

    @Test("backslash, quote and line feed are escaped in labels; backslash and line feed in help texts")
    func escaping() {
        let registry = MetricsRegistry()
        registry.gauge("g", help: "a\\b\n\"c\"", labels: ["path": "C:\\x\n\"y\"\r\n", "empty": ""]).set(.infinity)
        let text = registry.exposition()
        #expect(text.contains("# HELP g a\\\\b\\n\"c\"\n"))
        #expect(text.contains("g{path=\"C:\\\\x\\n\\\"y\\\"\r\\n\",empty=\"\"} +Inf\n"))
    }

    @Test("the same name and labels give the same metric")
    func same() {
        let registry = MetricsRegistry()
        let first = registry.counter("c_total", help: "C.", labels: ["a": "1"])
        #expect(first === registry.counter("c_total", help: "C.", labels: ["a": "1"]))
        #expect(first !== registry.counter("c_total", help: "C.", labels: ["a": "2"]))
    }

    @Test("series beyond the limit work but are not shown, and are counted")
    func limit() {
        let registry = MetricsRegistry(seriesMax: 2)
        for shop in 0..<5 { registry.counter("c_total", help: "C.", labels: ["shop": String(shop)]).add() }
        let text = registry.exposition()
        #expect(text.contains("c_total{shop=\"1\"} 1\n"))
        #expect(!text.contains("shop=\"2\""))
        #expect(text.contains("vitrine_metrics_dropped_series 3\n"))
    }

    @Test("a counter does not fall, whatever is added")
    func counterRises() {
        let counter = MetricsRegistry().counter("c_total", help: "C.")
        for amount in [1.5, -3, .nan, .infinity] { counter.add(number: amount) }
        counter.add(2)
        #expect(counter.value == 3.5)
    }

    @Test("updates from several threads are all counted")
    func threads() async {
        let registry = MetricsRegistry()
        let counter = registry.counter("c_total", help: "C.")
        let gauge = registry.gauge("g", help: "G.")
        let histogram = registry.histogram("h", help: "H.", bounds: [1])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<5_000 {
                        counter.add()
                        counter.add(number: 0.5)
                        gauge.add(1)
                        histogram.observe(2)
                    }
                    _ = registry.exposition()
                }
            }
        }
        #expect(counter.value == 30_000)
        #expect(gauge.value == 20_000)
        #expect(histogram.snapshot.cumulative == [0, 20_000])
        #expect(histogram.snapshot.sum == 40_000)
    }

    @Test("names are judged as Prometheus does")
    func names() {
        for name in ["a", "_a:b9", ":x"] { #expect(MetricsRegistry.isValidName(name)) }
        for name in ["", "9a", "a-b", "ä", "a b"] { #expect(!MetricsRegistry.isValidName(name)) }
        for label in ["a", "_a9"] { #expect(MetricsRegistry.isValidLabel(label)) }
        for label in ["", "9", "a:b", "__a"] { #expect(!MetricsRegistry.isValidLabel(label)) }
    }
}
