import Catalog

/// One thing that a back end is asked.
public struct BackEndRequest: Sendable, Equatable {
    public enum Method: String, Sendable, Codable {
        case get = "GET"
        case post = "POST"
    }

    public var method: Method
    /// Behind the configured address: "/orders/VT-1", escaped.
    public var path: String
    /// JSON; "" = none.
    public var body: String
    public var customer: String
    public var shop: String
    /// "" = it must not be sent twice.
    public var idempotencyKey: String

    init(_ method: Method, _ path: String, body: String = "", customer: String, shop: String, idempotencyKey: String = "") {
        self.method = method
        self.path = path
        self.body = body
        self.customer = customer
        self.shop = shop
        self.idempotencyKey = idempotencyKey
    }

    /// Whether doing it twice is doing it once.
    var mayBeRepeated: Bool { method == .get || !idempotencyKey.isEmpty }

    /// RFC 3986: what is not unreserved is escaped, so that a value can neither leave its place in a path nor end a header.
    static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.utf8.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}

/// What came of it.
public enum BackEndOutcome: Sendable, Equatable {
    /// Checked when the status is 2xx.
    case answer(status: Int, body: [UInt8])
    case failure(BackEndFailure)
}

/// Why there is no answer.
public struct BackEndFailure: Error, Sendable, Equatable {
    public enum Code: String, Sendable, Codable {
        case unreachable
        case timedOut = "timed_out"
        case answerTooLarge = "answer_too_large"
        /// No HTTP, no JSON, or not what was asked for.
        case rubbish
        case circuitOpen = "circuit_open"
        /// Too many calls are under way.
        case busy
        /// Refused at last, after an attempt that may have been done.
        case unsettled
        case stopped
        case notRecorded = "not_recorded"
    }

    public var code: Code
    public var message: String
    /// The back end may have got it, and done it.
    public var mayHaveActed: Bool

    init(_ code: Code, _ message: String, mayHaveActed: Bool) {
        self.code = code
        self.message = message
        self.mayHaveActed = mayHaveActed
    }

    func storeError(isWrite: Bool) -> StoreError {
        if isWrite, mayHaveActed { return StoreError(.outcomeUnknown, "the back end may have done it: \(message)") }
        return StoreError(code == .busy && isWrite ? .resourceExhausted : .unavailable, "the back end: \(message)")
    }
}

/// The way to a back end.
public protocol BackEndCalls: Sendable {
    /// Ends within the configured time, whatever the other side does. On a loop.
    /// - Parameter isSound: whether the body of a 2xx answer is what was asked for.
    nonisolated(nonsending) func call(_ request: BackEndRequest, isSound: @escaping @Sendable ([UInt8]) -> Bool) async -> BackEndOutcome
}
