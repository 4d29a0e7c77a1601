/// Something that a customer did, or was shown, as learning and counting need it: who, what, with which product.
public struct CustomerEvent: Sendable, Equatable {
    /// The customer, or a guest's session.
    public var customer: String
    /// As `LoggedEvent.kind`.
    public var kind: String
    public var productID: String
    /// As `LoggedEvent.quantity`: of what was shown, its place.
    public var quantity: Int
    /// As `LoggedEvent.signals`.
    public var signals: [String: Float]

    public init(customer: String, kind: String, productID: String, quantity: Int = 1, signals: [String: Float] = [:]) {
        self.customer = customer
        self.kind = kind
        self.productID = productID
        self.quantity = quantity
        self.signals = signals
    }
}

extension SQLiteStores {
    /// What customers did with products that the catalogue has, oldest first. Blocks: for commands, never on a loop.
    /// - Parameters:
    ///   - since: seconds since 1970; 0 = everything.
    ///   - withConsent: only what was done while its customer agreed to be learnt from (`personalise`).
    public func customerEvents(since: Int64 = 0, withConsent: Bool) throws(StoreError) -> [CustomerEvent] {
        let connection = try Connection(path: path, readOnly: true)
        let sql = """
            SELECT user, session_id, kind, product_id, quantity, signals FROM events
            WHERE kept_at >= ? AND (personalise OR NOT ?) AND product_id IN (SELECT id FROM products) ORDER BY number
            """
        return try connection.rows(sql, [.integer(since), .int(withConsent ? 1 : 0)]) { row throws(StoreError) in
            let isGuest = row.text(0).isEmpty || row.text(0) == Principal.guestUser
            return CustomerEvent(
                customer: isGuest ? "session \(row.text(1))" : row.text(0), kind: row.text(2), productID: row.text(3), quantity: row.int(4),
                signals: SignalText.read(row.text(5)))
        }
    }

    /// Notes whose behaviour stands in a file that was written from `customerEvents(since:withConsent: true)`. Blocks: for commands.
    /// - Parameter hash: SHA-256 of the file.
    public func noteLearntFrom(hash: String, since: Int64) throws(StoreError) {
        let sql = """
            INSERT OR IGNORE INTO learnt_from(hash, user)
            SELECT DISTINCT ?, user FROM events WHERE kept_at >= ? AND personalise AND user <> '' AND user <> ?
            """
        try Connection(path: path, readOnly: false).run(sql, [.text(hash), .integer(since), .text(Principal.guestUser)])
    }

    /// SHA-256 of the files for learning that hold somebody's behaviour who was erased since: what was made from them is not to be used. Blocks:
    /// for start-up and commands.
    public func staleFiles() throws(StoreError) -> Set<String> {
        Set(try Connection(path: path, readOnly: true).rows("SELECT hash FROM stale_files ORDER BY hash") { $0.text(0) })
    }
}

/// Histories to learn from: `user item item …` lines without names.
public struct BehaviourSequences: Sendable, Equatable {
    /// What each customer turned to, in the order of time, customers in the order of their first event. The last item of those who have a target is
    /// not among it.
    public private(set) var sequences: [(user: String, items: [String])] = []
    /// What each customer turned to last, of those who have turned to at least two items.
    public private(set) var targets: [(user: String, item: String)] = []

    /// Kinds that say that a customer turned to a product. What was disliked or only shown was not turned to.
    public static let kinds: Set<String> = ["view", "click", "like", "add_to_cart", "buy"]

    /// - Parameter holdsOut: whether the last items become targets.
    public init(_ events: [CustomerEvent], holdsOut: Bool) {
        var places: [String: Int] = [:]
        for event in events where Self.kinds.contains(event.kind) {
            let place: Int
            if let known = places[event.customer] {
                place = known
            } else {
                place = sequences.count
                places[event.customer] = place
                // A number in the place of a name: who it was is of no use for learning.
                sequences.append((user: "\(place + 1)", items: []))
            }
            // Seen, put into the cart and bought is turned to once.
            if sequences[place].items.last != event.productID { sequences[place].items.append(event.productID) }
        }
        guard holdsOut else { return }
        for place in sequences.indices where sequences[place].items.count > 1 {
            targets.append((sequences[place].user, sequences[place].items.removeLast()))
        }
    }

    public static func == (a: BehaviourSequences, b: BehaviourSequences) -> Bool {
        a.sequences.elementsEqual(b.sequences) { $0 == $1 } && a.targets.elementsEqual(b.targets) { $0 == $1 }
    }

    /// The lines of the sequences' file, and of the targets'.
    public var lines: (sequences: String, targets: String) {
        (
            sequences.map { "\($0.user) \($0.items.joined(separator: " "))\n" }.joined(),
            targets.map { "\($0.user) \($0.item)\n" }.joined()
        )
    }

    /// The first item that cannot stand in a line, since it holds white space.
    public var unusable: String? {
        sequences.lazy.flatMap(\.items).first { $0.contains(where: \.isWhitespace) }
            ?? targets.first { $0.item.contains(where: \.isWhitespace) }?.item
    }
}
