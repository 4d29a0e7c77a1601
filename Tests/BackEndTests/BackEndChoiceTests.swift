import CheckedYAML
import Testing

@testable import BackEnd

@Suite("What a configuration says about the back end")
struct BackEndChoiceTests {
    private func read(_ text: String, isInsecure: Bool = false) throws -> BackEndChoice? {
        try BackEndChoice.read(YAMLValue.parse(text, file: "shop.yaml")["back_end"], isInsecure: isInsecure) { (value, or) throws(YAMLError) in
            try value.string(or: or)
        }
    }

    @Test("the embedded shop, or HTTP with its limits")
    func whole() throws {
        #expect(try read("shop: gold") == nil)
        #expect(try read("back_end: {kind: sqlite}") == nil)
        var wanted = BackEndChoice(url: "https://shop.example/vitrine")
        (wanted.connectMs, wanted.requestMs, wanted.totalMs, wanted.attemptsMax) = (100, 300, 900, 2)
        (wanted.backoffMs, wanted.answerBytesMax, wanted.callsMax, wanted.circuitFailuresMax, wanted.circuitOpenMs) = (20, 4_096, 8, 3, 2_000)
        #expect(
            try read(
                """
                back_end:
                  kind: http
                  url: https://shop.example/vitrine/
                  connect_ms_max: 100
                  request_ms_max: 300
                  total_ms_max: 900
                  attempts_max: 2
                  backoff_ms: 20
                  answer_bytes_max: 4096
                  calls_max: 8
                  circuit: {failures_max: 3, open_ms: 2000}
                """) == wanted)
    }

    @Test(
        "what is wrong is named, with what is allowed",
        arguments: [
            ("back_end: {}", "back_end.kind"), ("back_end: {kind: soap}", "sqlite, http"), ("back_end: {kind: http}", "back_end.url"),
            ("back_end: {kind: http, url: 'ftp://x'}", "http:// or https://"), ("back_end: {kind: http, url: 'https://a:b@x'}", "no address"),
            ("back_end: {kind: http, url: 'http://shop.example'}", "unencrypted"), ("back_end: {kind: sqlite, url: 'https://x'}", "kind: http"),
            ("back_end: {kind: http, url: 'https://x', attempts_max: 0}", "from 1 to 10"),
            ("back_end: {kind: http, url: 'https://x', request_ms_max: 900, total_ms_max: 500}", "request_ms_max"),
            ("back_end: {kind: http, url: 'https://x', token_file: /nowhere/token}", "cannot be read"),
            ("back_end: {kind: http, url: 'https://x', certificates: /nowhere/shop.pem}", "cannot be read"),
            ("back_end: {kind: http, url: 'https://x', retries: 3}", "retries"),
        ])
    func wrong(text: String, names: String) throws {
        let error = #expect(throws: YAMLError.self) { _ = try read(text) }
        #expect(error?.description.contains(names) == true, "\(error?.description ?? "")")
        #expect(error?.line == 1)
    }

    @Test("HTTP without TLS needs a word of its own beyond this machine")
    func insecure() throws {
        #expect(try read("back_end: {kind: http, url: 'http://shop.example'}", isInsecure: true)?.url == "http://shop.example")
        #expect(try read("back_end: {kind: http, url: 'http://127.0.0.1:8090'}")?.url == "http://127.0.0.1:8090")
    }
}
