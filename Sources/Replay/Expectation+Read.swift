import CheckedYAML
import Wire

private enum ReplyKindName: String, CaseIterable {
    case answer, clarify
    case noAnswer = "no_answer"
}

extension Expectation {
    private static let kinds = "event, recommendations, reply, transcript, try_on, problem, missing, status, order"

    /// `spoken` are the words that the step has synthesised.
    static func read(_ item: YAMLValue, spoken: String? = nil) throws(YAMLError) -> Expectation {
        if item.isScalar { return Expectation(file: item.file, line: item.line, check: .event(try item.choice(EventKind.self)), text: item.flowText) }
        try item.fields(
            "event", "recommendations", "reply", "transcript", "try_on", "problem", "missing", "status", "order", "absent", "not", "optional",
            "count",
            "within_ms")
        let withinMs = item["within_ms"].exists ? try item["within_ms"].int(in: 1...600_000) : nil
        return Expectation(
            file: item.file, line: item.line, check: try check(item, spoken), amount: try amount(item), withinMs: withinMs,
            text: String(item.flowText.dropFirst().dropLast()))
    }

    private static let amountKeys = ["absent", "not", "optional", "count"]

    private static func amount(_ item: YAMLValue) throws(YAMLError) -> Amount {
        guard amountKeys.count(where: { item[$0].exists }) <= 1 else {
            throw item.error("at most one of absent, not, optional and count may be said")
        }
        var amounts: [Amount] = []
        if try item["absent"].bool(or: false) { amounts.append(.absent) }
        if try item["not"].bool(or: false) { amounts.append(.never) }
        if try item["optional"].bool(or: false) { amounts.append(.optional) }
        let count = item["count"]
        if count.isMapping {
            try count.fields("min", "max")
            let min = try count["min"].int(in: 0...10_000, or: 0)
            let max = count["max"].exists ? try count["max"].int(in: 0...10_000) : Int.max
            guard min <= max else { throw count.error("min is above max") }
            amounts.append(.count(min...max))
        } else if count.exists {
            let exactly = try count.int(in: 0...10_000)
            amounts.append(.count(exactly...exactly))
        }
        return amounts.first ?? .some
    }

    private static func check(_ item: YAMLValue, _ spoken: String?) throws(YAMLError) -> Check {
        var checks: [Check] = []
        if item["event"].exists { checks.append(.event(try item["event"].choice(EventKind.self))) }
        if item.names("recommendations") { checks.append(.recommendations(try .read(item["recommendations"]))) }
        if item.names("reply") { checks.append(.reply(try .read(item["reply"]))) }
        if item.names("transcript") { checks.append(.transcript(try .read(item["transcript"], spoken))) }
        if item.names("try_on") { checks.append(.tryOn(try .read(item["try_on"]))) }
        if item.names("problem") { checks.append(.problem(try .read(item["problem"]))) }
        if item["missing"].exists { checks.append(.missing(try item["missing"].strings())) }
        if item.names("status") { checks.append(.status(try .read(item["status"]))) }
        if item["order"].exists {
            var all: [Expectation] = []
            for member in try item["order"].items() {
                let expected = try read(member, spoken: spoken)
                guard !amountKeys.contains(where: { member[$0].exists }) else {
                    throw member.error("what comes in order comes: absent, not, optional and count are not allowed")
                }
                if case .order = expected.check { throw member.error("an order has no order within") }
                all.append(expected)
            }
            guard !item["count"].exists, !item["optional"].exists else {
                throw item.error("an order comes or does not: beside it, within_ms, absent and not are allowed")
            }
            guard all.count >= 2 else { throw item["order"].error("at least two things are in order") }
            checks.append(.order(all))
        }
        guard let only = checks.first, checks.count == 1 else { throw item.error("expect one of \(kinds)") }
        return only
    }
}

extension YAMLValue {
    /// Whether the key is there, with or without a value: "reply:" expects any reply.
    fileprivate func names(_ key: String) -> Bool { self[key].exists || self[key].isEmptyValue }
}

extension TextCheck {
    /// `value` is the mapping that the text's fields stand in.
    static func read(_ value: YAMLValue) throws(YAMLError) -> TextCheck {
        var check = TextCheck()
        check.contains = try value["contains"].strings()
        check.anyOf = try value["any_of"].strings()
        check.lacks = try value["lacks"].strings()
        if value["matches"].exists { check.matches = try pattern(value["matches"]) }
        if value["similar"].isMapping {
            try value["similar"].fields("to", "min")
            check.similar = Similar(to: try value["similar"]["to"].string(), min: try value["similar"]["min"].number(in: -1...1, or: 0.6))
        } else if value["similar"].exists {
            check.similar = Similar(to: try value["similar"].string(), min: 0.6)
        }
        return check
    }
}

extension TextCheck {
    /// A regular expression that can be compiled.
    static func pattern(_ value: YAMLValue) throws(YAMLError) -> String {
        let pattern = try value.string()
        do { _ = try Regex(pattern) } catch { throw value.error("'\(pattern)' is no regular expression: \(error)") }
        return pattern
    }
}

extension RecommendationsCheck {
    fileprivate static func read(_ value: YAMLValue) throws(YAMLError) -> RecommendationsCheck {
        var check = RecommendationsCheck()
        guard value.exists else { return check }
        try value.fields(
            "count_min", "count_max", "products", "any_of", "none_of", "top", "titles_contain", "price_min", "price_max", "filters", "slots",
            "slots_absent", "shares_add_up", "modalities", "reasons", "in_stock", "language")
        check.countMin = try value["count_min"].int(in: 0...100, or: 1)
        check.countMax = value["count_max"].exists ? try value["count_max"].int(in: 0...100) : nil
        check.products = try value["products"].strings()
        check.anyOf = try value["any_of"].strings()
        check.noneOf = try value["none_of"].strings()
        check.top = try value["top"].int(in: 1...100, or: 5)
        check.titlesContain = try value["titles_contain"].strings()
        check.priceMinorMin = try minor(value["price_min"])
        check.priceMinorMax = try minor(value["price_max"])
        check.filters = try value["filters"].strings()
        for (field, wanted) in try value["slots"].entries() { check.slots.append((field, try wanted.string())) }
        check.slotsAbsent = try value["slots_absent"].strings()
        check.sharesAddUp = try value["shares_add_up"].bool(or: true)
        check.modalities = try value["modalities"].strings()
        for item in try value["reasons"].items() {
            try item.fields("modality", "share_min", "contains")
            check.reasons.append(
                ReasonCheck(
                    modality: try item["modality"].optionalString(), shareMin: Float(try item["share_min"].number(in: 0...1, or: 0)),
                    contains: try item["contains"].strings()))
        }
        check.inStock = value["in_stock"].exists ? try value["in_stock"].bool(or: true) : nil
        check.language = try value["language"].optionalString()
        return check
    }

    private static func minor(_ value: YAMLValue) throws(YAMLError) -> Int64? {
        value.exists ? Int64((try value.number(in: 0...1e9) * 100).rounded()) : nil
    }
}

extension ReplyCheck {
    fileprivate static func read(_ value: YAMLValue) throws(YAMLError) -> ReplyCheck {
        var check = ReplyCheck()
        guard value.exists else { return check }
        try value.fields("contains", "any_of", "lacks", "matches", "similar", "language", "intent", "agent", "source", "kind")
        check.text = try TextCheck.read(value)
        check.language = try value["language"].optionalString()
        check.intent = try value["intent"].optionalString()
        check.agent = try value["agent"].optionalString()
        check.source = try value["source"].optionalString()
        if value["kind"].exists {
            switch try value["kind"].choice(ReplyKindName.self) {
            case .answer: check.kind = .answer
            case .clarify: check.kind = .clarify
            case .noAnswer: check.kind = .noAnswer
            }
        }
        return check
    }
}

extension TranscriptCheck {
    fileprivate static func read(_ value: YAMLValue, _ spoken: String?) throws(YAMLError) -> TranscriptCheck {
        var check = TranscriptCheck()
        guard value.exists else { return check }
        try value.fields("contains", "any_of", "lacks", "matches", "similar", "language", "wer", "slots")
        check.text = try TextCheck.read(value)
        check.language = try value["language"].optionalString()
        for (name, wanted) in try value["slots"].entries() { check.slots.append((name, try wanted.string())) }
        let errors = value["wer"]
        guard errors.exists else { return check }
        var max = 0.0
        var reference = spoken
        if errors.isMapping {
            try errors.fields("of", "max")
            max = try errors["max"].number(in: 0...10)
            reference = try errors["of"].optionalString() ?? spoken
        } else {
            max = try errors.number(in: 0...10)
        }
        guard let reference, !WordErrorRate.words(reference).isEmpty else {
            throw errors.error("'of' gives the words that were really said (only what the step synthesises is known without it)")
        }
        check.wordErrors = WordErrors(of: reference, max: max)
        return check
    }
}

extension TryOnCheck {
    fileprivate static func read(_ value: YAMLValue) throws(YAMLError) -> TryOnCheck {
        var check = TryOnCheck()
        guard value.exists else { return check }
        try value.fields("product", "anchors", "overlays_min", "preview")
        if value["preview"].exists { check.preview = try value["preview"].choice(PreviewName.self).onWire }
        check.product = try value["product"].optionalString()
        check.overlaysMin = try value["overlays_min"].int(in: 0...16, or: 1)
        for item in try value["anchors"].items() {
            try item.fields("name", "x", "y", "within_px")
            check.anchors.append(
                Point(
                    name: try item["name"].string(), x: Float(try item["x"].number(in: 0...100_000)), y: Float(try item["y"].number(in: 0...100_000)),
                    withinPx: Float(try item["within_px"].number(in: 0...10_000, or: 10))))
        }
        return check
    }
}

extension StatusCheck {
    fileprivate static func read(_ value: YAMLValue) throws(YAMLError) -> StatusCheck {
        var check = StatusCheck()
        guard value.exists else { return check }
        try value.fields("code", "contains", "any_of", "lacks", "matches", "similar")
        check.text = try TextCheck.read(value)
        if value["code"].exists {
            let name = try value["code"].string()
            guard let code = StatusCode.allCases.first(where: { $0.name == name }) else {
                throw value["code"].error("one of \(StatusCode.allCases.map(\.name).joined(separator: ", ")) is needed here, not '\(name)'")
            }
            check.code = code
        }
        return check
    }
}
