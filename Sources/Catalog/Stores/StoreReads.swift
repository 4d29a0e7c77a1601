/// Lets whoever runs an agent learn what it was told from outside the conversation: a customer's own data (orders and profiles), what became of what
/// they asked for, and what was said with the shop's back end or a language model. A recording keeps it, so that a replay can give the same answers
/// when the shop has moved on (`PlayedBackStores`).
public enum StoreReads {
    public enum Noted: Sendable, Equatable {
        /// - store: "orders", "profiles", or "requests" for what was asked of the service desk.
        /// - key: what was asked for: an order's number, "own" for the customer's own, a request's kind and details.
        /// - value: the answer as JSON, or why there was none (`StoreRefusal`).
        case read(store: String, key: String, value: String)
        /// Who was spoken with, and what was said, as JSON.
        case outside(String, String)
    }

    /// Who wants to know. A value around a function, since the compiler's optimiser loses the type of a task-local that is a function alone.
    public struct Note: Sendable {
        let tell: @Sendable (Noted) -> Void

        public init(_ tell: @escaping @Sendable (Noted) -> Void) { self.tell = tell }
    }

    /// Told of each answer in the task that set it, and in those it starts. nil = nobody wants to know, and nothing is encoded.
    @TaskLocal public static var note: Note?

    public static func tell(_ store: String, _ key: String, _ value: some Encodable) throws(StoreError) {
        if let note { note.tell(.read(store: store, key: key, value: try StoredJSON.encode(value))) }
    }

    public static func tellOutside<Failure: Error>(_ name: String, _ said: () throws(Failure) -> String) throws(Failure) {
        if let note { note.tell(.outside(name, try said())) }
    }
}
