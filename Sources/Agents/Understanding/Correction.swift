import Catalog
import Wire

/// What is put right in what is about to be confirmed: "no, in rose gold", "不，换成玫瑰金的", "no, size 8".
enum Correction {
    /// Words of a correction that denies nothing: "make it rose gold".
    private static let wordsMax = 8
    /// Slots that words alone can put right; an order is named by its number.
    private static let correctable: [DialoguePolicy.Slot] = [.size, .address, .detail]
    private static let describing = ["it's ", "its ", "it is ", "the ", "my ", "是", "应该"]

    /// The slot and its new value; nil when the words put nothing right.
    static func read(_ words: String, _ dialogue: Dialogue, _ parser: FilterParser) -> (DialoguePolicy.Slot, String)? {
        guard let name = dialogue.slots.last(where: { slot in correctable.contains { $0.rawValue == slot.name } })?.name,
            let slot = DialoguePolicy.Slot(rawValue: name), !SentenceForm.isQuestion(words), OrderNumber.all(in: words).allSatisfy({ !$0.isSure })
        else { return nil }
        let (rest, isDenied) = SentenceForm.withoutDenial(words)
        guard !rest.isEmpty, Assent.read(rest) == nil else { return nil }
        guard slot == .detail else { return SlotReader.read(slot, rest, isAsked: isDenied).map { (slot, $0) } }
        guard isDenied || SentenceForm.changes(rest), !SentenceForm.isWish(rest),
            rest.split(whereSeparator: \.isWhitespace).count <= wordsMax
        else { return nil }
        let lower = rest.lowercased()
        let isDescribed = isDenied && describing.contains(where: lower.hasPrefix) && rest.count > 8
        guard isDescribed || !parser.parse(rest).matches.isEmpty || SlotReader.size(rest, isAsked: isDenied) != nil else { return nil }
        return SlotReader.read(.detail, rest).map { (slot, $0) }
    }
}
