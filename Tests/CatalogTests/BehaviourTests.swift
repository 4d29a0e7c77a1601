import Testing

@testable import Catalog

@Suite("What customers did, to learn from")
struct BehaviourTests {
    private func stores(_ folder: TemporaryFolder) throws -> SQLiteStores {
        let path = "\(folder.path)/shop.db"
        let stores = try SQLiteStores(path: path, shop: "t")
        let connection = try Connection(path: path, readOnly: false)
        for id in ["ring", "mug", "lamp"] {
            try connection.run(
                """
                INSERT INTO products(id, category, json, row_hash, price_minor, currency, stock, words_title, words_body)
                VALUES(?, '', '{}', '', 0, '', 1, '', '')
                """, [.text(id)])
        }
        return stores
    }

    private func did(_ kind: String, _ product: String, session: String = "s", consent: Bool = true) -> LoggedEvent {
        LoggedEvent(sessionID: session, kind: kind, productID: product, timeUs: 1, mayBeLearntFrom: consent)
    }

    @Test("only what was consented to, of products that there are, is given for learning; guests are their sessions")
    func consent() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        defer { stores.close() }
        let (anna, guest) = (Principal(user: "anna", shop: "t"), Principal(user: Principal.guestUser, shop: "t"))
        try await stores.append([did("view", "ring"), did("click", "mug", consent: false)], idempotencyKey: "", as: anna)
        try await stores.append([did("view", "mug", session: "g1")], idempotencyKey: "", as: guest)
        try await stores.append([did("view", "lamp", session: "g2"), did("view", "nothing", session: "g2")], idempotencyKey: "", as: guest)
        #expect(
            try stores.customerEvents(withConsent: true) == [
                CustomerEvent(customer: "anna", kind: "view", productID: "ring"),
                CustomerEvent(customer: "session g1", kind: "view", productID: "mug"),
                CustomerEvent(customer: "session g2", kind: "view", productID: "lamp"),
            ])
        #expect(try stores.customerEvents(withConsent: false).count == 4)
        #expect(try await stores.recentEvents(of: anna, limit: 2).map(\.mayBeLearntFrom) == [false, true])
        #expect(try stores.customerEvents(since: 4_000_000_000, withConsent: false).isEmpty)
        _ = try await stores.erasePersonalData(of: "anna", as: anna)
        #expect(try stores.customerEvents(withConsent: true).count == 2, "who was erased is not learnt from")
    }

    @Test("a file that was written for learning is stale once somebody in it was erased, even when their events are gone; the mark tells")
    func stale() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        defer { stores.close() }
        let (anna, ben) = (Principal(user: "anna", shop: "t"), Principal(user: "ben", shop: "t"))
        try await stores.append([did("view", "ring")], idempotencyKey: "", as: anna)
        try await stores.append([did("view", "mug", consent: false)], idempotencyKey: "", as: ben)
        try stores.noteLearntFrom(hash: "first", since: 0)
        try stores.noteLearntFrom(hash: "late", since: 4_000_000_000)
        let mark = try stores.loadCatalogueMark(models: [])
        _ = try await stores.erasePersonalData(of: "ben", as: ben)
        #expect(try stores.staleFiles().isEmpty, "ben's behaviour was in no file")
        #expect(try stores.loadCatalogueMark(models: []) == mark)
        #expect(try await stores.forget(behaviourOlderThanDays: -1) == 1)
        let erased = try await stores.erasePersonalData(of: "anna", as: anna)
        #expect(erased.first { $0.name == "learnt_from" }?.count == 1)
        #expect(try stores.staleFiles() == ["first"])
        #expect(try stores.loadCatalogueMark(models: []) != mark)
        #expect(try await stores.exportPersonalData(of: "anna", as: anna).allSatisfy { $0.count == 0 })
    }

    @Test("what was known of a product that was shown is kept with its place, and comes back")
    func signals() async throws {
        let folder = try TemporaryFolder()
        let stores = try stores(folder)
        defer { stores.close() }
        let anna = Principal(user: "anna", shop: "t")
        let shown = LoggedEvent(
            sessionID: "s", kind: "exposure", productID: "mug", quantity: 2, timeUs: 1, mayBeLearntFrom: true,
            signals: ["similarity": 0.625, "taste": -0.25])
        try await stores.append([shown], idempotencyKey: "", as: anna)
        #expect(try await stores.recentEvents(of: anna, limit: 1) == [shown])
        #expect(
            try stores.customerEvents(withConsent: true) == [
                CustomerEvent(customer: "anna", kind: "exposure", productID: "mug", quantity: 2, signals: shown.signals)
            ])
        #expect(SignalText.read("a=1 b= c=nan d") == ["a": 1])
    }

    @Test("lists that were shown: what became of each product, how popular it was by then, and nobody's name")
    func lists() {
        func shown(_ customer: String, _ product: String, _ place: Int, _ kind: String = "exposure") -> CustomerEvent {
            CustomerEvent(customer: customer, kind: kind, productID: product, quantity: place, signals: ["similarity": 0.5])
        }
        let found = ExposureLists([
            event("ben", "ring"), shown("anna", "ring", 1), shown("anna", "mug", 2), event("anna", "mug", "click"), event("anna", "mug", "buy"),
            // Another list, in an experiment; then one without signals and one of a single product, which choose nothing.
            shown("anna", "mug", 1, "exposure:e/x"), shown("anna", "lamp", 2, "exposure:e/x"), event("anna", "lamp", "add_to_cart"),
            event("anna", "ring", "dislike"), event("cleo", "ring", "exposure"), shown("cleo", "lamp", 1), event("cleo", "ring", "click"),
        ]).lists
        #expect(found.map(\.customer) == ["1", "1"])
        #expect(found.map { $0.shown.map(\.productID) } == [["ring", "mug"], ["mug", "lamp"]])
        #expect(found.map { $0.shown.map(\.gain) } == [[0, 3], [0, 2]])
        // Ben's look at the ring; then Anna's two turns to the mug, of which her look is none.
        #expect(found[0].shown.map { $0.signals["popularity"] } == [1, 0])
        #expect(found[1].shown.map { $0.signals["popularity"] } == [1, 0] && found[1].shown[0].signals["similarity"] == 0.5)
    }

    private func event(_ customer: String, _ product: String, _ kind: String = "view") -> CustomerEvent {
        CustomerEvent(customer: customer, kind: kind, productID: product)
    }

    @Test("histories are in the order of time, without names and repetitions; what was disliked or shown is not in them")
    func sequences() {
        let events = [
            event("anna", "ring"), event("ben", "mug"), event("anna", "ring", "add_to_cart"), event("anna", "lamp", "dislike"),
            event("anna", "mug", "exposure:e/x"), event("anna", "lamp", "buy"), event("anna", "ring", "like"), event("cleo", "lamp", "dislike"),
        ]
        let whole = BehaviourSequences(events, holdsOut: false)
        #expect(whole.lines.sequences == "1 ring lamp ring\n2 mug\n" && whole.lines.targets.isEmpty)
        let held = BehaviourSequences(events, holdsOut: true)
        #expect(held.lines.sequences == "1 ring lamp\n2 mug\n")
        #expect(held.lines.targets == "1 ring\n")
        #expect(held.unusable == nil && BehaviourSequences([event("a", "two words")], holdsOut: false).unusable == "two words")
    }
}
