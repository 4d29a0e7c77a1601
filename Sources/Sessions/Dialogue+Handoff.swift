public import Catalog
public import Wire

extension Dialogue {
    /// Takes over what the queue says of the conversation's hand-over.
    /// - Parameter ticket: nil = the queue knows none of this number.
    public mutating func follow(_ ticket: HandoffTicket.State?) {
        withPerson = ticket == .taken
        guard ticket == nil || ticket == .released else { return }
        (handoff, misses) = (0, 0)
    }
}
