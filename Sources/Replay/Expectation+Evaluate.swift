import Wire

extension Expectation {
    /// Why the messages of a step do not fulfil this, or nil when they do. Every reason says what was expected and what came instead.
    ///
    /// - Parameter similarity: the sentence encoder; only needed where `needsSimilarity`.
    public func failure(in messages: [ReceivedMessage], similarity: (any TextSimilarity)? = nil) -> String? {
        if case .order(let wanted) = check {
            let reason = orderFailure(wanted, messages, similarity)
            guard amount == .absent || amount == .never else { return reason }
            return reason == nil ? "this order must not come, and did: \(Replies.kinds(messages))" : nil
        }
        let found = candidates(messages)
        let reasons = found.map { reason($0, messages, similarity) }
        let fulfilled = reasons.count { $0 == nil }
        let others = reasons.compactMap(\.self)
        switch amount {
        case .some:
            if fulfilled > 0 { return nil }
            return reasons.isEmpty ? "no \(name) came" : others.joined(separator: "; ")
        case .optional:
            return fulfilled > 0 || reasons.isEmpty ? nil : others.joined(separator: "; ")
        case .absent:
            guard let index = reasons.firstIndex(where: { $0 == nil }) else { return nil }
            return "this must not come, and did: \(describe(found[index]))"
        case .never:
            if reasons.isEmpty { return "no \(name) came" }
            // Late or not: what must not be so is not so because it came too late.
            if let wrong = found.first(where: { content($0, messages, similarity) == nil }) { return "it must not be so, and is: \(describe(wrong))" }
            let late = found.compactMap(lateness)
            return late.count == found.count ? late.joined(separator: "; ") : nil
        case .count(let range):
            if range.contains(fulfilled) { return nil }
            return "\(fulfilled) came as described; expected were \(describe(range))"
                + (others.isEmpty ? "" : ". Not so: " + others.joined(separator: "; "))
        }
    }

    /// What people call it.
    public var name: String {
        switch check {
        case .event(let kind): kind.rawValue
        case .recommendations: "recommendations"
        case .reply: "reply"
        case .transcript: "transcript"
        case .tryOn: "try_on"
        case .problem: "problem"
        case .missing: "missing modality"
        case .status: "status"
        case .order: "order"
        }
    }

    /// Messages of the kind this is about; a reply counts once, when it is whole.
    private func candidates(_ messages: [ReceivedMessage]) -> [ReceivedMessage] {
        messages.filter { received in
            switch (check, received.message.kind) {
            case (.event(let kind), _): kind.matches(received)
            case (.status, _): received.ended != nil
            case (.recommendations, .recommendations), (.tryOn, .tryOn), (.problem, .problem): true
            case (.reply, .reply(let reply)): reply.last
            case (.transcript, .transcript(let transcript)): transcript.final
            case (.missing, .turn(let turn)): turn.state == .done
            default: false
            }
        }
    }

    /// Why one message is not what was expected, or nil.
    private func reason(_ received: ReceivedMessage, _ all: [ReceivedMessage], _ similarity: (any TextSimilarity)?) -> String? {
        content(received, all, similarity) ?? lateness(received)
    }

    private func lateness(_ received: ReceivedMessage) -> String? {
        guard let withinMs, received.afterMs > Double(withinMs) else { return nil }
        return "it came after \(Int(received.afterMs)) ms; \(withinMs) ms were allowed"
    }

    private func content(_ received: ReceivedMessage, _ all: [ReceivedMessage], _ similarity: (any TextSimilarity)?) -> String? {
        switch (check, received.message.kind) {
        case (.event, _): return nil
        case (.status(let check), _):
            guard let ended = received.ended else { return "the stream has not ended" }
            return check.failure(code: ended.code.name, text: ended.message, what: "status", similarity)
        case (.recommendations(let check), .recommendations(let found)): return check.failure(found)
        case (.reply(let check), .reply(let last)): return check.failure(last, text: Replies.whole(received.message, all), similarity)
        case (.transcript(let check), .transcript(let found)): return check.failure(found, all: all, similarity)
        case (.tryOn(let check), .tryOn(let found)): return check.failure(found)
        case (.problem(let check), .problem(let found)):
            let code = StatusCode(rawValue: found.code)?.name ?? "\(found.code)"
            return check.failure(code: code, text: found.message, what: "problem", similarity)
        case (.missing(let names), .turn(let turn)):
            return turn.missing.sorted() == names.sorted() ? nil : "missing were \(turn.missing), not \(names)"
        default: return "not a \(name)"
        }
    }

    /// Each is looked for behind the one before it.
    private func orderFailure(_ wanted: [Expectation], _ messages: [ReceivedMessage], _ similarity: (any TextSimilarity)?) -> String? {
        var from = 0
        for (place, expected) in wanted.enumerated() {
            let next = messages.indices.dropFirst(from).first { index in
                let found = expected.candidates([messages[index]])
                return !found.isEmpty && expected.reason(messages[index], messages, similarity) == nil
            }
            guard let next else {
                let before = place == 0 ? "" : " after \(wanted[place - 1].name)"
                let why = expected.failure(in: messages, similarity: similarity)
                return "\(expected.name) did not come\(before): " + (why ?? "it came before") + "; the order was \(Replies.kinds(messages))"
            }
            from = next + 1
        }
        return from > 0 ? lateness(messages[from - 1]) : nil
    }

    private func describe(_ received: ReceivedMessage) -> String {
        if let ended = received.ended { return "\(ended)" }
        return received.message.kind.map { String("\($0)".prefix(200)) } ?? ""
    }

    private func describe(_ range: ClosedRange<Int>) -> String {
        if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
        return range.upperBound == Int.max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    }
}

/// What belongs together among the messages of a step.
enum Replies {
    /// All pieces of the reply that this message closes.
    static func whole(_ last: ServerMessage, _ all: [ReceivedMessage]) -> String {
        guard case .reply(let closing) = last.kind else { return "" }
        return all.compactMap { received -> String? in
            guard received.message.turnID == last.turnID, received.message.revision == last.revision, case .reply(let piece) = received.message.kind,
                piece.agent.isEmpty || closing.agent.isEmpty || piece.agent == closing.agent
            else { return nil }
            return piece.text
        }.joined()
    }

    /// The kinds of messages in their order, without those that only machines want.
    static func kinds(_ messages: [ReceivedMessage]) -> String {
        let kinds = messages.compactMap { received in
            EventKind.allCases.first {
                $0 != .trace && $0 != .progress && $0.matches(received) && ($0 != .replyStart || !EventKind.reply.matches(received))
            }
        }
        return kinds.isEmpty ? "nothing" : kinds.map(\.rawValue).joined(separator: ", ")
    }
}

extension TextCheck {
    /// `what` begins the reason: "the reply".
    func failure(in text: String, what: String, _ similarity: (any TextSimilarity)?) -> String? {
        let lower = text.lowercased()
        func has(_ part: String) -> Bool { lower.contains(part.lowercased()) }
        if let lacking = contains.first(where: { !has($0) }) { return "\(what) lacks \"\(lacking)\": \"\(text)\"" }
        if !anyOf.isEmpty, !anyOf.contains(where: has) { return "\(what) has none of \(anyOf): \"\(text)\"" }
        if let found = lacks.first(where: has) { return "\(what) must not have \"\(found)\": \"\(text)\"" }
        if let matches {
            // The pattern was compiled when the script was read; a Regex itself cannot be kept in a value that crosses threads.
            do {
                if try Regex(matches).ignoresCase().firstMatch(in: text) == nil { return "\(what) does not match /\(matches)/: \"\(text)\"" }
            } catch {
                return "/\(matches)/ cannot be matched: \(error)"
            }
        }
        guard let similar else { return nil }
        guard let similarity else { return "no sentence encoder is there to compare \(what) with \"\(similar.to)\"" }
        do throws(RPCStatus) {
            let near = try similarity.similarity(of: text, and: similar.to)
            if near < similar.min {
                return "\(what) is as near as \((near * 1_000).rounded() / 1_000) to \"\(similar.to)\"; \(similar.min) was expected: \"\(text)\""
            }
            return nil
        } catch {
            return "\(what) could not be compared with \"\(similar.to)\": \(error)"
        }
    }
}
