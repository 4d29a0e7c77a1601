public import CheckedYAML
import Foundation

/// What a configuration says about the shop's back end.
public struct BackEndChoice: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// The embedded shop: orders lie in the shop's own database.
        case sqlite
        case http
    }

    /// "https://shop.example/vitrine", without a slash at the end.
    public var url: String
    /// Shown as a bearer token; "" = none.
    public var token = ""
    /// A PEM file of certificates to trust; "" = the system's.
    public var certificates = ""
    /// Until a connection stands, for one attempt, and for all attempts of a call.
    public var connectMs = 500
    public var requestMs = 2_000
    public var totalMs = 5_000
    /// Of one call, the first included.
    public var attemptsMax = 3
    /// Before the second attempt; doubled before each further one.
    public var backoffMs = 100
    public var answerBytesMax = 256 << 10
    /// Under way on one loop at the same time.
    public var callsMax = 64
    /// Failures in a row after which a loop leaves the back end alone, and for how long.
    public var circuitFailuresMax = 5
    public var circuitOpenMs = 10_000

    /// Bytes of a token file.
    static let tokenBytesMax = 8 << 10

    public init(url: String) { self.url = url }

    /// nil = the embedded shop.
    /// - Parameters:
    ///   - located: makes a path of the file's folder of one that stands in it.
    ///   - isInsecure: HTTP without TLS is allowed beyond this machine.
    public static func read(
        _ value: YAMLValue, isInsecure: Bool, _ located: (YAMLValue, String) throws(YAMLError) -> String
    ) throws(YAMLError) -> BackEndChoice? {
        guard value.exists else { return nil }
        try value.fields(
            "kind", "url", "token_file", "certificates", "connect_ms_max", "request_ms_max", "total_ms_max", "attempts_max", "backoff_ms",
            "answer_bytes_max", "calls_max", "circuit")
        guard try value["kind"].choice(Kind.self) == .http else {
            for name in ["url", "token_file", "certificates", "circuit"] where value[name].exists { throw value[name].error("is for 'kind: http'") }
            return nil
        }
        var choice = BackEndChoice(url: try address(value["url"], isInsecure: isInsecure))
        choice.certificates = try certificates(try located(value["certificates"], ""), value["certificates"])
        let file = try located(value["token_file"], "")
        if !file.isEmpty { choice.token = try token(file, value["token_file"]) }
        choice.connectMs = try value["connect_ms_max"].int(in: 10...60_000, or: choice.connectMs)
        choice.requestMs = try value["request_ms_max"].int(in: 10...60_000, or: choice.requestMs)
        choice.totalMs = try value["total_ms_max"].int(in: 10...120_000, or: max(choice.totalMs, choice.requestMs))
        guard choice.totalMs >= choice.requestMs else {
            throw value["total_ms_max"].error("is \(choice.totalMs), less than request_ms_max (\(choice.requestMs)) for a single attempt")
        }
        choice.attemptsMax = try value["attempts_max"].int(in: 1...10, or: choice.attemptsMax)
        choice.backoffMs = try value["backoff_ms"].int(in: 0...10_000, or: choice.backoffMs)
        choice.answerBytesMax = try value["answer_bytes_max"].int(in: 1_024...(16 << 20), or: choice.answerBytesMax)
        choice.callsMax = try value["calls_max"].int(in: 1...10_000, or: choice.callsMax)
        let circuit = value["circuit"]
        if circuit.exists { try circuit.fields("failures_max", "open_ms") }
        choice.circuitFailuresMax = try circuit["failures_max"].int(in: 1...1_000, or: choice.circuitFailuresMax)
        choice.circuitOpenMs = try circuit["open_ms"].int(in: 10...3_600_000, or: choice.circuitOpenMs)
        return choice
    }

    package static func address(_ value: YAMLValue, isInsecure: Bool) throws(YAMLError) -> String {
        var text = try value.string()
        while text.hasSuffix("/") { text.removeLast() }
        guard let parts = URLComponents(string: text), let scheme = parts.scheme, ["http", "https"].contains(scheme), let host = parts.host,
            !host.isEmpty, parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else {
            throw value.error("is no address of a back end: http:// or https://, a host, and a path if there is one")
        }
        guard scheme == "https" || isInsecure || ["127.0.0.1", "[::1]", "localhost"].contains(host) else {
            throw value.error("sends customers' data over the network unencrypted: use https://, or say 'insecure: true'")
        }
        return text
    }

    /// Looked at when the configuration is read, since libcurl would say it at the first call.
    package static func certificates(_ file: String, _ value: YAMLValue) throws(YAMLError) -> String {
        guard file.isEmpty || FileManager.default.isReadableFile(atPath: file) else { throw value.error("\(file) cannot be read") }
        return file
    }

    package static func token(_ file: String, _ value: YAMLValue) throws(YAMLError) -> String {
        guard let handle = FileHandle(forReadingAtPath: file), let bytes = try? handle.read(upToCount: tokenBytesMax + 1) else {
            throw value.error("\(file) cannot be read")
        }
        let token = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, bytes.count <= tokenBytesMax, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw value.error("\(file) holds no token: one line of printable ASCII without spaces, at most \(tokenBytesMax) bytes")
        }
        return token
    }
}
