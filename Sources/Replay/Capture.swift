import CheckedYAML
import Wire

/// A value that a step takes out of what comes, for the steps after it: `${name}` stands for it there.
public struct Capture: Sendable, Equatable {
    public enum Source: Sendable, Equatable {
        /// What a regular expression finds: its first group, or all of it when it has none.
        case reply(String)
        case transcript(String)
        case problem(String)
        /// The id of the n-th product that is shown, from 1.
        case product(Int)
        /// What a transcript's slot was filled with.
        case slot(String)
    }

    public var name: String
    public var line: Int
    public var source: Source

    /// Longer values are cut off there.
    public static let valueBytesMax = 1_024

    /// The value, or why there is none.
    func value(in messages: [ReceivedMessage]) -> Result<String, CaptureFailure> {
        switch source {
        case .reply(let pattern):
            return found(
                pattern, "reply",
                messages.compactMap { received in
                    if case .reply(let reply)? = received.message.kind, reply.last { Replies.whole(received.message, messages) } else { nil }
                })
        case .transcript(let pattern):
            return found(
                pattern, "transcript",
                messages.compactMap { if case .transcript(let heard)? = $0.message.kind, heard.final { heard.text } else { nil } })
        case .problem(let pattern):
            return found(
                pattern, "problem", messages.compactMap { if case .problem(let problem)? = $0.message.kind { problem.message } else { nil } })
        case .product(let place):
            let shown = messages.compactMap { received -> [String]? in
                if case .recommendations(let all)? = received.message.kind { all.items.map(\.productID) } else { nil }
            }
            guard let last = shown.last else { return .failure(CaptureFailure(why: "no products came")) }
            guard place <= last.count else { return .failure(CaptureFailure(why: "\(last.count) products came: \(last)")) }
            return .success(last[place - 1])
        case .slot(let slot):
            let slots = messages.flatMap { received -> [Slot] in
                if case .transcript(let heard)? = received.message.kind, heard.final { heard.slots } else { [] }
            }
            guard let filled = slots.last(where: { $0.name == slot }) else {
                return .failure(CaptureFailure(why: "the slot '\(slot)' was not heard; heard were \(slots.map(\.name))"))
            }
            return .success(filled.value)
        }
    }

    private func found(_ pattern: String, _ what: String, _ texts: [String]) -> Result<String, CaptureFailure> {
        guard !texts.isEmpty else { return .failure(CaptureFailure(why: "no \(what) came")) }
        do {
            // As in TextCheck: compiled when the script was read, and no value that may cross threads.
            let regex = try Regex(pattern).ignoresCase()
            for text in texts {
                guard let match = try regex.firstMatch(in: text) else { continue }
                let part = match.output.dropFirst().lazy.compactMap(\.substring).first ?? text[match.range]
                return .success(String(decoding: part.utf8.prefix(Self.valueBytesMax), as: UTF8.self))
            }
        } catch {
            return .failure(CaptureFailure(why: "/\(pattern)/ cannot be matched: \(error)"))
        }
        return .failure(CaptureFailure(why: "/\(pattern)/ is not in the \(what): \(texts.map { "\"\($0)\"" }.joined(separator: "; "))"))
    }
}

struct CaptureFailure: Error, Equatable {
    var why: String
}

/// A value as it was captured.
public struct CapturedValue: Codable, Sendable, Equatable {
    public var name: String
    public var value: String
}

extension Capture {
    /// Reads `capture: {name: {reply: PATTERN}, …}`.
    static func read(_ value: YAMLValue) throws(YAMLError) -> [Capture] {
        var captures: [Capture] = []
        for (name, item) in try value.entries() {
            guard ScriptReader.isName(name) else { throw item.error("a variable's name has letters, digits and '_', not '\(name)'") }
            try item.fields("reply", "transcript", "problem", "product", "slot")
            var sources: [Source] = []
            if item["reply"].exists { sources.append(.reply(try TextCheck.pattern(item["reply"]))) }
            if item["transcript"].exists { sources.append(.transcript(try TextCheck.pattern(item["transcript"]))) }
            if item["problem"].exists { sources.append(.problem(try TextCheck.pattern(item["problem"]))) }
            if item["product"].exists { sources.append(.product(try item["product"].int(in: 1...100))) }
            if item["slot"].exists { sources.append(.slot(try item["slot"].string())) }
            guard let only = sources.first, sources.count == 1 else {
                throw item.error("a value comes from one of reply, transcript, problem (what a pattern finds), product (a place), slot (a name)")
            }
            captures.append(Capture(name: name, line: item.line, source: only))
        }
        return captures
    }
}

/// A step whose texts have captured values in them: it is read again when they are known.
public struct DeferredStep: Sendable {
    /// The step as the script has it, on one line, with the variables that are known when the script is read.
    let text: String
    let variables: [String: String]
    let file: String
    let line: Int
    /// As it was read with values that stand in for those to come.
    let expectationLines: [Int]
    let cacheFolder: String

    /// The step with the values that were captured.
    func step(_ captured: [String: String]) throws(YAMLError) -> Step {
        let values = variables.merging(captured) { _, later in later }
        let padding = String(repeating: "\n", count: max(0, line - 1))
        let items = try YAMLValue.parse("\(padding)[\(text)]", file: file).items()
        guard let item = try items.first?.replacing(values) else { preconditionFailure("invariant: a step is there") }
        var step = try Step.read(item) { ScriptReader.located($0, from: file, cacheFolder: cacheFolder) }
        for (index, line) in zip(step.expectations.indices, expectationLines) { step.expectations[index].line = line }
        return step
    }
}
