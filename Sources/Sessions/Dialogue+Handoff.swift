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

    /// Looks up what became of the conversation's hand-over while its customer was away.
    /// - Throws: what kept it from being known. Then a person is taken to have it: the next turn asks again, and until it knows nobody else answers.
    nonisolated(nonsending) public mutating func catchUp(with queue: any HandoffQueue, as principal: Principal) async throws(StoreError) {
        guard handoff != 0 else { return }
        do throws(StoreError) {
            follow(try await queue.handoff(handoff, as: principal).state)
        } catch {
            guard error.code != .notFound else { return follow(nil) }
            withPerson = true
            throw error
        }
    }
}
