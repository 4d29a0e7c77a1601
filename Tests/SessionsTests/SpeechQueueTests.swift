import Testing

@testable import Sessions

@Suite("What of a reply is spoken")
struct SpeechQueueTests {
    private func queue(_ sentences: [String], turnID: UInt64 = 1) -> SpeechQueue {
        var queue = SpeechQueue()
        for sentence in sentences { add(sentence, to: &queue, turnID: turnID) }
        return queue
    }

    private func add(_ sentence: String, to queue: inout SpeechQueue, turnID: UInt64, revision: UInt32 = 0) {
        let isAdded = queue.add(sentence, language: "en", turnID: turnID, revision: revision, nowUs: 0)
        #expect(isAdded)
    }

    /// Speaks the next unit whole, `us` long.
    private func give(_ queue: inout SpeechQueue, us: UInt64, nowUs: UInt64 = 0) {
        guard case .speak = queue.next(nowUs: nowUs) else { Issue.record("nothing to speak"); return }
        _ = queue.gave(us: us, nowUs: nowUs)
        queue.ended()
    }

    @Test("Sentences are spoken one at a time, in their order, and counted in each turn")
    func order() {
        var queue = queue(["One. ", "Two."])
        add("Three.", to: &queue, turnID: 2)
        var said: [String] = []
        while case .speak(let unit) = queue.next(nowUs: 0) {
            said.append("\(unit.turnID).\(unit.number) \(unit.text)")
            let second = queue.next(nowUs: 0)
            #expect(second == nil, "one at a time")
            let pieces = [queue.gave(us: 1_000, nowUs: 0), queue.gave(us: 1_000, nowUs: 0)]
            #expect(pieces == [true, false], "the first piece is the unit's first")
            queue.ended()
        }
        #expect(said == ["1.1 One. ", "1.2 Two.", "2.1 Three."])
        #expect(!queue.isBusy)
    }

    @Test("Speech is made only so far ahead of what is heard; reports bring it on, and so does time")
    func pace() {
        var queue = queue(["A.", "B.", "C.", "D."])
        give(&queue, us: 5_000_000)
        give(&queue, us: 4_000_000)
        let wait = queue.next(nowUs: 1_000_000)
        #expect(wait == .wait(us: 2_000_000))
        var late = queue
        guard case .speak = late.next(nowUs: 3_000_000) else { Issue.record("time brings it on"); return }
        var unpaced = queue
        guard case .speak = unpaced.next(nowUs: 1_000_000, isPaced: false) else { Issue.record("nobody can interrupt"); return }
        queue.played(turnID: 1, unit: 1, upToUs: 5_000_000)
        guard case .speak = queue.next(nowUs: 1_000_000) else { Issue.record("the report brings it on"); return }
    }

    @Test("An interruption keeps what was heard, to the last whole word, and forgets the rest")
    func interrupted() {
        var queue = queue(["First one. ", "The second has six words here. ", "Third."])
        for _ in 0..<3 { give(&queue, us: 1_000_000) }
        queue.played(turnID: 1, unit: 2, upToUs: 500_000)
        let cut = queue.interrupt(nowUs: 0)
        #expect(cut == [SpeechQueue.Cut(turnID: 1, revision: 0, unit: 2, delivered: "First one. The second has ")])
        let after = queue.next(nowUs: 0)
        #expect(after == nil && !queue.isBusy)
        let cut2 = queue.interrupt(nowUs: 0)
        #expect(cut2.isEmpty)
    }

    @Test("What was heard to its end is not cut; what nobody reported was not heard")
    func heard() {
        var first = queue(["All of it."])
        give(&first, us: 1_000_000)
        var silent = first
        first.played(turnID: 1, unit: 1, upToUs: 950_000)
        let cut3 = first.interrupt(nowUs: 0)
        #expect(cut3.isEmpty)
        let cut4 = silent.interrupt(nowUs: 0)
        #expect(cut4 == [SpeechQueue.Cut(turnID: 1, revision: 0, unit: 1, delivered: "")])
    }

    @Test("A client that reports nothing is spoken to without end, and an interruption cuts the turn that is being played alone")
    func silentClient() {
        var queue = SpeechQueue()
        for turn in 1...UInt64(SpeechQueue.unitsMax + 1) {
            let isAdded = queue.add("One sentence.", language: "en", turnID: turn, revision: 0, nowUs: turn * 10_000_000)
            #expect(isAdded)
            give(&queue, us: 1_000_000, nowUs: turn * 10_000_000)
        }
        let last = UInt64(SpeechQueue.unitsMax + 1)
        var playing = queue
        #expect(playing.interrupt(nowUs: last * 10_000_000 + 400_000).map(\.turnID) == [last])
        #expect(queue.interrupt(nowUs: last * 10_000_000 + 2_000_000).isEmpty, "by the clock all of it was played")
    }

    @Test("A client that reports is believed about the last turn, whatever the clock says; of earlier turns the clock is enough")
    func reportingClient() {
        var queue = queue(["Two words here."])
        give(&queue, us: 1_000_000)
        queue.played(turnID: 1, unit: 1, upToUs: 600_000)
        var paused = queue
        #expect(paused.interrupt(nowUs: 60_000_000).map(\.delivered) == ["Two "])
        _ = queue.add("Next.", language: "en", turnID: 2, revision: 0, nowUs: 60_000_000)
        #expect(queue.interrupt(nowUs: 60_000_000).map(\.turnID) == [2])
    }

    @Test("Reports of what was never given count for nothing")
    func lies() {
        var queue = queue(["One two three.", "Four."])
        give(&queue, us: 1_000_000)
        queue.played(turnID: 9, unit: 1, upToUs: .max)
        queue.played(turnID: 1, unit: 7, upToUs: .max)
        queue.played(turnID: 1, unit: 2, upToUs: .max)
        let cut5 = queue.interrupt(nowUs: 0)
        #expect(cut5.first?.unit == 2, "the first was given and is before the second; the second was not given")
    }

    @Test("What the voice cannot say stays text, with the rest of its turn, and counts as delivered")
    func textOnly() {
        var queue = queue(["你好。", "再见。"])
        add("Next.", to: &queue, turnID: 2)
        _ = queue.next(nowUs: 0)
        let failed = queue.failed()
        #expect(failed?.number == 1)
        guard case .speak(let unit) = queue.next(nowUs: 0) else { Issue.record("the next turn is spoken"); return }
        #expect(unit.turnID == 2)
        let cut6 = queue.interrupt(nowUs: 0)
        #expect(cut6.map(\.turnID) == [2])
    }

    @Test("An amended reply takes the place of what was to be said")
    func amended() {
        var queue = queue(["Old."])
        let forgotten = [queue.forget(turnID: 1, before: 1), queue.forget(turnID: 1, before: 1)]
        #expect(forgotten == [true, false])
        add("New.", to: &queue, turnID: 1, revision: 1)
        guard case .speak(let unit) = queue.next(nowUs: 0) else { Issue.record("nothing"); return }
        #expect(unit.text == "New." && unit.number == 1)
    }

    @Test("The queue is bounded, and turns that were heard make room")
    func bounded() {
        var queue = SpeechQueue()
        for _ in 0..<SpeechQueue.unitsMax { add("a.", to: &queue, turnID: 1) }
        let isAdded = queue.add("b.", language: "en", turnID: 1, revision: 0, nowUs: 0)
        #expect(!isAdded)
        _ = queue.next(nowUs: 0)
        _ = queue.failed()
        add("c.", to: &queue, turnID: 2)
    }
}

@Suite("Sentences of a text that comes in pieces")
struct SentenceCutterTests {
    private func cut(_ text: String, every count: Int) -> [String] {
        var cutter = SentenceCutter()
        var found: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            found += cutter.add(String(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return found + (cutter.finish().map { [$0] } ?? [])
    }

    @Test("The same sentences, however the text is cut up; joined they are the text", arguments: [1, 3, 7, 1_000])
    func pieces(count: Int) {
        let text = "It costs USD 3.50. “Really?” Yes! 有货。要吗？ Good...\nDone"
        let sentences = cut(text, every: count)
        #expect(sentences == ["It costs USD 3.50. ", "“Really?” ", "Yes! ", "有货。", "要吗？ ", "Good...\n", "Done"])
    }

    @Test("A text without an end is cut behind a word, and one without words anywhere")
    func endless() {
        for text in [String(repeating: "word ", count: 700), String(repeating: "字", count: 1_500)] {
            let sentences = cut(text, every: 64)
            #expect(sentences.joined() == text)
            #expect(sentences.allSatisfy { $0.utf8.count <= SentenceCutter.sentenceBytesMax + 256 } && sentences.count >= 3)
        }
    }

    @Test("White space alone is no sentence")
    func blank() {
        var cutter = SentenceCutter()
        let sentences = cutter.add("  ")
        #expect(sentences.isEmpty)
        #expect(cutter.finish() == nil)
    }
}
