import Wire

/// "Yes", "no" and "forget it" as answers to a question of ours, in English and Chinese.
enum Assent: Equatable {
    case yes, no, stop

    /// Words of an answer that is nothing but one; a longer sentence says more and is understood by its intent.
    static let wordsMax = 8

    private static let yesWords: Set<String> = [
        "yes", "yes please", "yeah", "yep", "sure", "ok", "okay", "correct", "right", "exactly", "please do", "go ahead", "do it", "confirm",
        "confirmed", "yes do it", "yes go ahead", "of course", "fine", "that's right", "thats right", "absolutely", "yes that one", "yes cancel it",
        "是", "是的", "好", "好的", "可以", "行", "对", "对的", "确认", "没错", "嗯", "嗯嗯", "请吧", "就这样", "好啊", "可以的", "同意", "确定", "是的请",
        "好的请办理", "是的取消",
    ]
    private static let noWords: Set<String> = [
        "no", "nope", "no thanks", "no thank you", "don't", "dont", "do not", "rather not", "not that", "wrong", "no don't", "no dont", "better not",
        "不", "不是", "不要", "不用", "不用了", "不对", "别", "不行", "不了", "先不", "先不要", "还是不要了",
    ]
    private static let stopWords: Set<String> = [
        "stop", "forget it", "never mind", "nevermind", "leave it", "cancel that", "skip it", "drop it", "no forget it", "not now", "let it be",
        "算了", "不弄了", "没事了", "先不弄了", "当我没说", "不办了", "先算了",
    ]

    static func read(_ words: String) -> Assent? {
        let plain = plain(words)
        if stopWords.contains(plain) { return .stop }
        if noWords.contains(plain) { return .no }
        if yesWords.contains(plain) { return .yes }
        let first = plain.split(separator: " ").prefix(1).joined()
        guard plain.split(separator: " ").count <= wordsMax, !plain.contains(where: \.isNumber) else { return nil }
        if ["yes", "yeah", "yep", "sure"].contains(first) { return .yes }
        if ["no", "nope"].contains(first) { return .no }
        return nil
    }

    /// Whether the words answer what the dialogue waits for.
    static func answers(_ words: String, _ dialogue: Dialogue) -> Bool {
        guard !dialogue.state.isEmpty else { return false }
        // A description in the customer's own words may name wares.
        let awaits = dialogue.slots.last { $0.name == DialogueSlots.awaits }?.value
        if awaits == DialoguePolicy.Slot.detail.rawValue, !dialogue.slots.contains(where: { $0.name == awaits }) { return true }
        return read(words) != nil || OrderNumber.find(in: words) != nil || OrderNumber.bareDigits(words) != nil
            || SlotReader.looksLikeDetail(words)
    }

    private static func plain(_ words: String) -> String {
        var kept = ""
        for character in words.lowercased() {
            if character.isLetter || character.isNumber || character == "'" {
                kept.append(character)
            } else if character == "’" {
                kept.append("'")
            } else if kept.last != " ", !kept.isEmpty {
                kept.append(" ")
            }
        }
        while kept.last == " " { kept.removeLast() }
        return kept
    }
}
