import Locks
import Logging
import Synchronization
import Testing

@testable import Telemetry

@Suite("Log lines")
struct StructuredLogHandlerTests {
    private final class Lines: Sendable {
        private let lines = Lock<[String]>([])
        func append(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        var all: [String] { lines.withLock { $0 } }
    }

    private func logger(_ format: StructuredLogHandler.Format, _ lines: Lines) -> Logger {
        Logger(label: "test") { label in
            StructuredLogHandler(
                label: label, format: format, now: { .init(seconds: 951_827_696, nanoseconds: 7_999_999) }, write: { lines.append($0) })
        }
    }

    @Test("logfmt: one line, fixed fields first, metadata sorted, quoted where needed")
    func logfmt() {
        let lines = Lines()
        var logger = logger(.logfmt, lines)
        logger[metadataKey: "session"] = "s1"
        logger.info("turn \"sealed\"\nok", metadata: ["b": "two words", "a": "\(1)", "empty": "", "level": "x", "bad key=": "v"])
        let expected =
            "ts=2000-02-29T12:34:56.007Z level=info logger=test msg=\"turn \\\"sealed\\\"\\nok\" a=1 b=\"two words\" bad_key_=v "
            + "empty=\"\" _level=x session=s1\n"
        #expect(lines.all == [expected])
    }

    @Test("personal data is taken out of messages and values, at any depth, unless that is switched off")
    func redacted() {
        let lines = Lines()
        let log = logger(.logfmt, lines)
        log.info(
            "my name is Ann Lee, call +44 20 7946 0958", metadata: ["mail": "ann@mail.example", "nested": .array(["13912345678"]), "port": "17401"])
        #expect(lines.all.count == 1)
        for personal in ["Ann", "7946", "ann@mail.example", "13912345678"] { #expect(!lines.all[0].contains(personal)) }
        #expect(lines.all[0].contains("port=17401"))
        let plain = Lines()
        Logger(label: "test") { StructuredLogHandler(label: $0, redacts: false, write: { plain.append($0) }) }.info("call +44 20 7946 0958")
        #expect(plain.all[0].contains("+44 20 7946 0958"))
    }

    @Test("JSON: one object a line, nested metadata kept, control characters escaped")
    func json() {
        let lines = Lines()
        let logger = logger(.json, lines)
        logger.error("a\\b\u{1}\r\t价", metadata: ["d": .dictionary(["y": .array(["1", "2"]), "x": "z"]), "k\"": "v"])
        let expected =
            #"{"ts":"2000-02-29T12:34:56.007Z","level":"error","logger":"test","msg":"a\\b\u0001\r\t价","#
            + #""d":{"x":"z","y":["1","2"]},"k\"":"v"}"# + "\n"
        #expect(lines.all == [expected])
    }

    @Test("nested metadata in logfmt is one quoted value")
    func nestedLogfmt() {
        let lines = Lines()
        logger(.logfmt, lines).info("m", metadata: ["d": ["x": ["1", "2"]]])
        #expect(lines.all.first?.hasSuffix(" d=\"{\\\"x\\\":[\\\"1\\\",\\\"2\\\"]}\"\n") == true)
    }

    @Test("what is below the level is not written")
    func level() {
        let lines = Lines()
        var logger = logger(.logfmt, lines)
        logger.debug("no")
        logger.logLevel = .debug
        logger.debug("yes")
        #expect(lines.all.count == 1)
    }

    @Test("a huge value is cut and says how long it was; deep nesting ends", arguments: StructuredLogHandler.Format.allCases)
    func bounded(_ format: StructuredLogHandler.Format) {
        let lines = Lines()
        var deep: Logger.MetadataValue = "bottom"
        for _ in 0..<1_000 { deep = .array([deep]) }
        logger(format, lines).info("\(String(repeating: "x", count: 1_000_000))", metadata: ["deep": deep])
        #expect(lines.all.first?.utf8.count ?? 0 < 9_000)
        #expect(lines.all.first?.contains("… (1000000 bytes)") == true)
        #expect(lines.all.first?.contains("bottom") == false)
    }

    @Test("the metadata of the call wins over the logger's, and that over the provider's")
    func precedence() {
        let lines = Lines()
        var handler = StructuredLogHandler(label: "l", write: { lines.append($0) })
        handler.metadataProvider = Logger.MetadataProvider { ["a": "provider", "b": "provider", "c": "provider"] }
        handler.metadata = ["b": "logger", "c": "logger"]
        let fixed = handler
        Logger(label: "l") { _ in fixed }.info("m", metadata: ["c": "call"])
        #expect(lines.all.first?.hasSuffix(" a=provider b=logger c=call\n") == true)
    }
}
