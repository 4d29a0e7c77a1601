/// Lets whoever runs an agent learn what it was told of a customer's own data: orders and profiles. A recording keeps it, so that a replay
/// can give the same answers when the shop has moved on.
public enum StoreReads {
    /// - Parameters:
    ///   - store: "orders" or "profiles".
    ///   - key: what was asked for: an order's number, "own" for the customer's own.
    ///   - value: the answer as JSON.
    public typealias Note = @Sendable (_ store: String, _ key: String, _ value: String) -> Void

    /// Told of each answer in the task that set it, and in those it starts. nil = nobody wants to know, and nothing is encoded.
    @TaskLocal public static var note: Note?

    static func tell(_ store: String, _ key: String, _ value: some Encodable) throws(StoreError) {
        if let note { note(store, key, try StoredJSON.encode(value)) }
    }
}
