public import Fusion

// What agents and sessions see of the shop's data: asynchronous calls that take the principal. SQLite is one
// implementation (SQLiteStores); nothing here says so. `nonisolated(nonsending)`: a call goes on where its caller
// runs, so a task on a loop stays on it while the work happens on the store's own threads.
//
// Writes carry the version the caller knows (0 = "not there yet"; another one in the store → `.conflict`) and an
// idempotency key ("" = none): a repeat of a key gives the first answer again and writes nothing.

/// Orders. What is not the principal's is `.notFound`, like what does not exist.
public protocol OrderStore: Sendable {
    /// The principal's own orders, newest first (placed at descending, id ascending), at most `limit`.
    nonisolated(nonsending) func orders(of principal: Principal, limit: Int) async throws(StoreError) -> [Order]
    nonisolated(nonsending) func order(_ id: String, as principal: Principal) async throws(StoreError) -> Order
}

/// Profiles. Each principal has its own.
public protocol ProfileStore: Sendable {
    /// The principal's profile; an empty one of version 0 when nothing is stored.
    nonisolated(nonsending) func profile(of principal: Principal) async throws(StoreError) -> Profile
    /// Stores `profile` for the principal if the stored version is `profile.version`; gives the new version.
    nonisolated(nonsending) func putProfile(_ profile: Profile, idempotencyKey: String, as principal: Principal) async throws(StoreError) -> Int64
}

/// Sessions at rest.
public protocol SessionStore: Sendable {
    /// nil when there is none of that id, it was kept longer ago, or it is somebody else's.
    nonisolated(nonsending) func session(_ id: String, keptWithinHours hours: Int, as principal: Principal) async throws(StoreError) -> StoredSession?
    /// Stores if the stored version is `expectedVersion`; gives the new version.
    nonisolated(nonsending) func putSession(
        _ id: String, state: [UInt8], expectedVersion: Int64, as principal: Principal
    ) async throws(StoreError) -> Int64
    nonisolated(nonsending) func deleteSession(_ id: String, as principal: Principal) async throws(StoreError)
}

/// What customers did. Append only.
public protocol EventLog: Sendable {
    nonisolated(nonsending) func append(_ events: [LoggedEvent], idempotencyKey: String, as principal: Principal) async throws(StoreError)
    /// The principal's own events, newest first, at most `limit`.
    nonisolated(nonsending) func recentEvents(of principal: Principal, limit: Int) async throws(StoreError) -> [LoggedEvent]
}

/// Conversations that wait for a person.
public protocol HandoffQueue: Sendable {
    /// Gives the ticket's number; it stays the same for a repeated key.
    nonisolated(nonsending) func enqueue(_ handoff: Handoff, idempotencyKey: String, as principal: Principal) async throws(StoreError) -> Int64
    /// Oldest first. Needs the scope "admin", else `.permissionDenied`.
    nonisolated(nonsending) func waitingHandoffs(limit: Int, as principal: Principal) async throws(StoreError) -> [HandoffTicket]
    /// All of them, newest first. Needs the scope "admin".
    nonisolated(nonsending) func allHandoffs(limit: Int, as principal: Principal) async throws(StoreError) -> [HandoffTicket]
    /// Adds what the customer said meanwhile to the ticket's summary. For the customer it belongs to, or an admin.
    nonisolated(nonsending) func noteHandoff(_ number: Int64, _ text: String, as principal: Principal) async throws(StoreError)
    /// Takes or releases. Needs the scope "admin"; `.failedPrecondition` when another person has it, or it was released.
    nonisolated(nonsending) func updateHandoff(
        _ number: Int64, to state: HandoffTicket.State, person: String, as principal: Principal
    ) async throws(StoreError) -> HandoffTicket
    nonisolated(nonsending) func handoff(_ number: Int64, as principal: Principal) async throws(StoreError) -> HandoffTicket
}

/// Word search and reviews over the imported catalogue.
public protocol CatalogStore: Sendable {
    /// Products whose titles, descriptions, tags or attributes have words of `query`; BM25, best first, ids ascending among equals.
    nonisolated(nonsending) func searchProducts(words query: String, language: String, limit: Int) async throws(StoreError) -> [WordHit]
    /// Policy sections in `language` ("" = any) with words of `query`.
    nonisolated(nonsending) func searchDocuments(words query: String, language: String, limit: Int) async throws(StoreError) -> [WordHit]
    /// Best rated first, then by id.
    nonisolated(nonsending) func reviews(of productID: String, limit: Int) async throws(StoreError) -> [Review]
    /// What a model read in the product's reviews, review by review; empty when none has.
    nonisolated(nonsending) func opinions(of productID: String, limit: Int) async throws(StoreError) -> [Opinion]
    /// Sentences of the product's reviews that are near a question, by words of it (BM25) and by its meaning (cosine), at most `limit` of each.
    nonisolated(nonsending) func searchOpinions(
        of productID: String, words: String, meaning: Feature?, limit: Int
    ) async throws(StoreError) -> SentenceHits<Opinion>
    /// Sentences that the shop says of the product, near a question in the same way. Those without a language are in all.
    nonisolated(nonsending) func searchDescription(
        of productID: String, words: String, meaning: Feature?, limit: Int
    ) async throws(StoreError) -> SentenceHits<DescriptionSentence>
    /// What is in the store now, read whole into memory. Immutable: a turn pins the one it began with.
    nonisolated(nonsending) func snapshot() async throws(StoreError) -> CatalogSnapshot
}
