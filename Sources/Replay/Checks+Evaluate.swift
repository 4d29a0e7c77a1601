import Wire

extension RecommendationsCheck {
    func failure(_ found: Recommendations) -> String? {
        countFailure(found.items.count) ?? placesFailure(found.items.map(\.productID)) ?? filtersFailure(found.filters) ?? languageFailure(found)
            ?? found.items.lazy.compactMap(itemFailure).first
    }

    private func countFailure(_ count: Int) -> String? {
        if count < countMin { return "\(count) products came; at least \(countMin) were expected" }
        if let countMax, count > countMax { return "\(count) products came; at most \(countMax) were expected" }
        return nil
    }

    private func placesFailure(_ ids: [String]) -> String? {
        let first = Array(ids.prefix(top))
        if let lacking = products.first(where: { !first.contains($0) }) { return "\(lacking) is not among the first \(top): \(first)" }
        if !anyOf.isEmpty, !first.contains(where: anyOf.contains) { return "none of \(anyOf) is among the first \(top): \(first)" }
        if let shown = ids.first(where: noneOf.contains) { return "\(shown) must not be shown: \(ids)" }
        return nil
    }

    private func filtersFailure(_ understood: [AppliedFilter]) -> String? {
        let have = understood.map { "\($0.field) \($0.operator) \($0.value)" }
        if let lacking = filters.first(where: { !have.contains($0) }) { return "the filter '\(lacking)' was not understood; understood were \(have)" }
        for slot in slots {
            let wanted =
                ["=", "!=", "<=", ">=", "<", ">", "in"].contains { slot.value.hasPrefix($0 + " ") }
                ? "\(slot.field) \(slot.value)" : "\(slot.field) = \(slot.value)"
            if !have.contains(wanted) { return "the slot '\(wanted)' was not filled; filled were \(have)" }
        }
        if let filled = slotsAbsent.first(where: { name in understood.contains { $0.field == name } }) {
            return "the slot '\(filled)' must be empty; filled were \(have)"
        }
        return nil
    }

    private func languageFailure(_ found: Recommendations) -> String? {
        guard let language, found.language != language else { return nil }
        return "the products are described in '\(found.language)', not '\(language)'"
    }

    private func itemFailure(_ item: Recommendation) -> String? {
        let title = item.title.lowercased()
        if !titlesContain.isEmpty, !titlesContain.contains(where: { title.contains($0.lowercased()) }) {
            return "\"\(item.title)\" contains none of \(titlesContain)"
        }
        if let price = item.price {
            if let most = priceMinorMax, price.amountMinor > most {
                return "\(item.productID) costs \(price.amountMinor) minor units; at most \(most) were expected"
            }
            if let least = priceMinorMin, price.amountMinor < least {
                return "\(item.productID) costs \(price.amountMinor) minor units; at least \(least) were expected"
            }
        } else if priceMinorMax != nil || priceMinorMin != nil {
            return "\(item.productID) has no price"
        }
        if let inStock, item.inStock != inStock { return "\(item.productID) is \(item.inStock ? "in stock" : "sold out")" }
        return reasonsFailure(item)
    }

    private func reasonsFailure(_ item: Recommendation) -> String? {
        let shares = item.reasons.reduce(Float(0)) { $0 + $1.share }
        if sharesAddUp, abs(shares - 1) > 0.001 { return "the shares of \(item.productID)'s reasons add up to \(shares)" }
        if let lacking = modalities.first(where: { wanted in !item.reasons.contains { $0.modality == wanted } }) {
            return "\(item.productID) has no reason from \(lacking); it has \(item.reasons.map(\.modality))"
        }
        for wanted in reasons {
            let met = item.reasons.contains { reason in
                (wanted.modality.map { $0 == reason.modality } ?? true) && reason.share >= wanted.shareMin
                    && wanted.contains.allSatisfy { reason.text.lowercased().contains($0.lowercased()) }
            }
            if !met {
                let have = item.reasons.map { "\($0.modality) \($0.share): \($0.text)" }
                return "\(item.productID) lacks the reason (\(describe(wanted))); it has \(have)"
            }
        }
        return nil
    }

    private func describe(_ wanted: ReasonCheck) -> String {
        let words = wanted.contains.isEmpty ? "" : " with \(wanted.contains)"
        return "\(wanted.modality ?? "any") of at least \(wanted.shareMin)\(words)"
    }
}

extension ReplyCheck {
    func failure(_ last: ReplyDelta, text: String, _ similarity: (any TextSimilarity)?) -> String? {
        if let language, last.language != language { return "the reply's language is '\(last.language)', not '\(language)': \"\(text)\"" }
        if let intent, last.intent != intent { return "the intent was '\(last.intent)', not '\(intent)': \"\(text)\"" }
        if let agent, last.agent != agent { return "the agent was '\(last.agent)', not '\(agent)': \"\(text)\"" }
        if let kind, last.replyKind != kind { return "the reply's kind is \(last.replyKind), not \(kind): \"\(text)\"" }
        if let failure = self.text.failure(in: text, what: "the reply", similarity) { return failure }
        if let source, !last.sources.contains(where: { $0.kind == source || $0.id == source || "\($0.kind):\($0.id)" == source }) {
            return "the source \(source) is not named; named are \(last.sources.map { "\($0.kind):\($0.id)" })"
        }
        return nil
    }
}

extension TranscriptCheck {
    func failure(_ found: Transcript, all: [ReceivedMessage], _ similarity: (any TextSimilarity)?) -> String? {
        if let language, found.language != language {
            return "the transcript's language is '\(found.language)', not '\(language)': \"\(found.text)\""
        }
        if let failure = text.failure(in: found.text, what: "the transcript", similarity) { return failure }
        for slot in slots where !found.slots.contains(where: { $0.name == slot.name && $0.value.lowercased() == slot.value.lowercased() }) {
            let heard = found.slots.map { "\($0.name) = \($0.value)" }
            return "the slot '\(slot.name) = \(slot.value)' was not heard; heard were \(heard): \"\(found.text)\""
        }
        guard let wordErrors else { return nil }
        // One utterance may be cut in two by a pause: all that was heard in the step counts.
        let heard = all.compactMap { received -> String? in
            if case .transcript(let transcript) = received.message.kind, transcript.final { transcript.text } else { nil }
        }.joined(separator: " ")
        let errors = WordErrorRate(of: heard, against: wordErrors.of)
        guard errors.rate > wordErrors.max else { return nil }
        let rate = (errors.rate * 1_000).rounded() / 10
        return "\(errors.errors) of \(errors.words) words are wrong (\(rate) %; \(wordErrors.max * 100) % were allowed): "
            + "\"\(heard)\" instead of \"\(wordErrors.of)\""
    }
}

extension TryOnCheck {
    func failure(_ found: TryOn) -> String? {
        if let product, found.productID != product { return "the try-on shows \(found.productID), not \(product)" }
        if found.overlays.count < overlaysMin { return "\(found.overlays.count) overlays came; at least \(overlaysMin) were expected" }
        if let preview {
            let start: [UInt8] = preview == .png ? [0x89, 0x50, 0x4E, 0x47] : [0xFF, 0xD8, 0xFF]
            guard found.previewFormat == preview, found.preview.starts(with: start) else {
                return "no preview came as \(preview): \(found.preview.count) bytes, said to be \(found.previewFormat)"
            }
        }
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

extension StatusCheck {
    func failure(code found: String, text message: String, what: String, _ similarity: (any TextSimilarity)?) -> String? {
        if let code, code.name != found { return "the \(what) is \(found), not \(code.name): \(message)" }
        return text.failure(in: message, what: "the \(what)", similarity)
    }
}
