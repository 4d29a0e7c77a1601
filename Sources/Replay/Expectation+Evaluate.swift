import Wire

extension Expectation {
    /// Why the messages of a step do not fulfil this, or nil when they do. Every reason says what was expected and what came instead.
    public func failure(in messages: [ReceivedMessage]) -> String? {
        var reasons: [String] = []
        for received in candidates(messages) {
            var reason = check(received.message, all: messages)
            if reason == nil, let withinMs, received.afterMs > Double(withinMs) {
                reason = "it came after \(Int(received.afterMs)) ms; \(withinMs) ms were allowed"
            }
            guard let reason else { return absent ? "this must not come, and did: \(describe(received.message))" : nil }
            reasons.append(reason)
        }
        if absent { return nil }
        return reasons.isEmpty ? "no \(name) came" : reasons.joined(separator: "; ")
    }

    var name: String {
        switch check {
        case .recommendations: "recommendations"
        case .reply: "reply"
        case .transcript: "transcript"
        case .tryOn: "try_on"
        case .problem: "problem"
        case .missing: "missing modality"
        }
    }

    /// Messages of the kind this is about; a reply counts once, when it is whole.
    private func candidates(_ messages: [ReceivedMessage]) -> [ReceivedMessage] {
        messages.filter { received in
            switch (check, received.message.kind) {
            case (.recommendations, .recommendations), (.tryOn, .tryOn), (.problem, .problem): true
            case (.reply, .reply(let reply)): reply.last
            case (.transcript, .transcript(let transcript)): transcript.final
            case (.missing, .turn(let turn)): turn.state == .done
            default: false
            }
        }
    }

    private func check(_ message: ServerMessage, all: [ReceivedMessage]) -> String? {
        switch (check, message.kind) {
        case (.recommendations(let check), .recommendations(let found)): check.failure(found)
        case (.reply(let check), .reply(let last)): check.failure(last, text: wholeReply(message, all))
        case (.transcript(let contains, let language), .transcript(let found)): transcriptFailure(contains, language, found)
        case (.tryOn(let check), .tryOn(let found)): check.failure(found)
        case (.problem(let code, let contains), .problem(let found)): problemFailure(code, contains, found)
        case (.missing(let names), .turn(let turn)):
            turn.missing.sorted() == names.sorted() ? nil : "missing were \(turn.missing), not \(names)"
        default: "not a \(name)"
        }
    }

    private func wholeReply(_ last: ServerMessage, _ all: [ReceivedMessage]) -> String {
        guard case .reply(let closing) = last.kind else { return "" }
        return all.compactMap { received -> String? in
            guard received.message.turnID == last.turnID, received.message.revision == last.revision, case .reply(let piece) = received.message.kind,
                piece.agent.isEmpty || closing.agent.isEmpty || piece.agent == closing.agent
            else { return nil }
            return piece.text
        }.joined()
    }

    private func transcriptFailure(_ contains: [String], _ language: String?, _ found: Transcript) -> String? {
        if let language, found.language != language {
            return "the transcript's language is '\(found.language)', not '\(language)': \"\(found.text)\""
        }
        return missingText(contains, in: found.text).map { "the transcript lacks \($0): \"\(found.text)\"" }
    }

    private func problemFailure(_ code: String, _ contains: [String], _ found: Problem) -> String? {
        let name = StatusCode(rawValue: found.code)?.name ?? "\(found.code)"
        if !code.isEmpty, code != name { return "the problem is \(name), not \(code): \(found.message)" }
        return missingText(contains, in: found.message).map { "the problem lacks \($0): \(found.message)" }
    }

    private func describe(_ message: ServerMessage) -> String { message.kind.map { "\($0)" }.map { String($0.prefix(200)) } ?? "" }
}

/// Text is compared without regard to case.
private func missingText(_ wanted: [String], in text: String) -> String? {
    let lower = text.lowercased()
    return wanted.first { !lower.contains($0.lowercased()) }.map { "\"\($0)\"" }
}

extension RecommendationsCheck {
    func failure(_ found: Recommendations) -> String? {
        let ids = found.items.map(\.productID)
        if found.items.count < countMin { return "\(found.items.count) products came; at least \(countMin) were expected" }
        if !anyOf.isEmpty, !ids.prefix(top).contains(where: anyOf.contains) {
            return "none of \(anyOf) is among the first \(top): \(ids.prefix(top))"
        }
        for item in found.items {
            if !titlesContain.isEmpty, missingText(titlesContain, in: item.title) != nil,
                titlesContain.allSatisfy({ missingText([$0], in: item.title) != nil })
            {
                return "\"\(item.title)\" contains none of \(titlesContain)"
            }
            if let most = priceMinorMax, let price = item.price, price.amountMinor > most {
                return "\(item.productID) costs \(price.amountMinor) minor units; at most \(most) were expected"
            }
            let shares = item.reasons.reduce(Float(0)) { $0 + $1.share }
            if sharesAddUp, abs(shares - 1) > 0.001 { return "the shares of \(item.productID)'s reasons add up to \(shares)" }
            if let lacking = modalities.first(where: { wanted in !item.reasons.contains { $0.modality == wanted } }) {
                return "\(item.productID) has no reason from \(lacking); it has \(item.reasons.map(\.modality))"
            }
        }
        let have = found.filters.map { "\($0.field) \($0.operator) \($0.value)" }
        if let lacking = filters.first(where: { !have.contains($0) }) { return "the filter '\(lacking)' was not understood; understood were \(have)" }
        return nil
    }
}

extension ReplyCheck {
    func failure(_ last: ReplyDelta, text: String) -> String? {
        if let language, last.language != language { return "the reply's language is '\(last.language)', not '\(language)': \"\(text)\"" }
        if let intent, last.intent != intent { return "the intent was '\(last.intent)', not '\(intent)': \"\(text)\"" }
        if let kind, last.replyKind != kind { return "the reply's kind is \(last.replyKind), not \(kind): \"\(text)\"" }
        if let lacking = missingText(contains, in: text) { return "the reply lacks \(lacking): \"\(text)\"" }
        if !anyOf.isEmpty, anyOf.allSatisfy({ missingText([$0], in: text) != nil }) { return "the reply has none of \(anyOf): \"\(text)\"" }
        if let found = lacks.first(where: { missingText([$0], in: text) == nil }) { return "the reply must not have \"\(found)\": \"\(text)\"" }
        if let source, !last.sources.contains(where: { $0.kind == source || $0.id == source || "\($0.kind):\($0.id)" == source }) {
            return "the source \(source) is not named; named are \(last.sources.map { "\($0.kind):\($0.id)" })"
        }
        return nil
    }
}

extension TryOnCheck {
    func failure(_ found: TryOn) -> String? {
        if let product, found.productID != product { return "the try-on shows \(found.productID), not \(product)" }
        if found.overlays.count < overlaysMin { return "\(found.overlays.count) overlays came; at least \(overlaysMin) were expected" }
        for point in anchors {
            guard let anchor = found.anchors.first(where: { $0.name == point.name }) else {
                return "there is no anchor '\(point.name)'; there are \(found.anchors.map(\.name))"
            }
            let distance = ((anchor.x - point.x) * (anchor.x - point.x) + (anchor.y - point.y) * (anchor.y - point.y)).squareRoot()
            if distance > point.withinPx {
                return
                    "anchor '\(point.name)' is at (\(anchor.x), \(anchor.y)), \(distance) px from (\(point.x), \(point.y)); "
                    + "\(point.withinPx) px were allowed"
            }
        }
        return nil
    }
}
