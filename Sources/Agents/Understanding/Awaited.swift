import Catalog
import Wire

/// What the dialogue with customer service waits for, and whether words are the answer to it: such words are customer service's, whatever else
/// they might ask for.
enum Awaited: Equatable {
    case nothing
    /// "Shall I ask a person?"
    case offer
    case slot(DialoguePolicy.Slot)
    /// A yes or a no.
    case decision

    init(_ dialogue: Dialogue) {
        func value(_ name: String) -> String? { dialogue.slots.last { $0.name == name }?.value }
        if dialogue.state.isEmpty {
            self = value(DialogueSlots.offer) == nil ? .nothing : .offer
        } else if let asked = value(DialogueSlots.awaits).flatMap({ DialoguePolicy.Slot(rawValue: $0) }), value(asked.rawValue) == nil {
            self = .slot(asked)
        } else {
            self = .decision
        }
    }

    /// - Parameter names: of the shop's products.
    static func isAnswered(by words: String, _ dialogue: Dialogue, _ parser: FilterParser, _ names: ProductNames?) -> Bool {
        let awaited = Awaited(dialogue)
        switch awaited {
        case .nothing: return false
        case .offer: return Assent.read(words, to: "") != nil
        case .slot, .decision: break
        }
        if Assent.read(words) != nil || OrderNumber.find(in: words) != nil || OrderNumber.bareDigits(words) != nil { return true }
        guard case .slot(let slot) = awaited else { return Correction.read(words, dialogue, parser) != nil }
        if Assent.isIgnorance(words) { return true }
        switch slot {
        case .order: return SentenceForm.points(words, orNames: true)
        case .product: return SentenceForm.points(words) || !(names?.find(in: words).isEmpty ?? true)
        case .size, .quantity, .address: return SlotReader.read(slot, words, isAsked: true) != nil
        // A description in the customer's own words may name wares; a question or a wish to see some is none.
        case .detail: return !SentenceForm.isQuestion(words) && !SentenceForm.isWish(words)
        }
    }
}
