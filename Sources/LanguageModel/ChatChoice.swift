import BackEnd
public import CheckedYAML

/// What a configuration says about the language model.
public struct ChatChoice: Sendable, Equatable {
    /// "http://127.0.0.1:8080/v1", without a slash at the end.
    public var url: String
    /// As the endpoint names it.
    public var model = ""
    /// Shown as a bearer token; "" = none.
    public var token = ""
    /// A PEM file of certificates to trust; "" = the system's.
    public var certificates = ""
    /// What it speaks well enough.
    public var languages = ["en"]
    /// From the question to the end of the answer.
    public var budgetMs = 4_000
    public var tokensMax = 120
    /// Answers under way on one loop at the same time.
    public var callsMax = 4

    /// Failures in a row after which a loop leaves the endpoint alone, and for how long.
    static let failuresMax = 3
    static let openUs: UInt64 = 30_000_000
    static let connectUs: UInt64 = 500_000
    /// What follows the end of an answer is waited for so long, so that the connection serves the next one.
    static let restUs: UInt64 = 250_000
    /// Of an answer that is no stream.
    static let refusalBytesMax = 64 << 10

    public init(url: String) { self.url = url }

    /// nil = there is none.
    /// - Parameters:
    ///   - located: makes a path of the file's folder of one that stands in it.
    ///   - isInsecure: HTTP without TLS is allowed beyond this machine.
    public static func read(
        _ value: YAMLValue, isInsecure: Bool, _ located: (YAMLValue, String) throws(YAMLError) -> String
    ) throws(YAMLError) -> ChatChoice? {
        guard value.exists else { return nil }
        try value.fields("url", "model", "token_file", "certificates", "languages", "budget_ms_max", "tokens_max", "calls_max")
        var choice = ChatChoice(url: try BackEndChoice.address(value["url"], isInsecure: isInsecure))
        choice.model = try value["model"].string(or: "")
        choice.certificates = try BackEndChoice.certificates(try located(value["certificates"], ""), value["certificates"])
        let file = try located(value["token_file"], "")
        if !file.isEmpty { choice.token = try BackEndChoice.token(file, value["token_file"]) }
        if value["languages"].exists {
            choice.languages = []
            for item in try value["languages"].items() {
                let language = try item.string()
                guard ["en", "zh"].contains(language) else { throw item.error("is not spoken here; allowed: en, zh") }
                choice.languages.append(language)
            }
        }
        choice.budgetMs = try value["budget_ms_max"].int(in: 100...60_000, or: choice.budgetMs)
        choice.tokensMax = try value["tokens_max"].int(in: 8...1_000, or: choice.tokensMax)
        choice.callsMax = try value["calls_max"].int(in: 1...1_000, or: choice.callsMax)
        return choice
    }
}
