import Catalog
import Foundation
import Fusion
import Sessions
import Testing
import Wire

@testable import Agents

/// Conversations with the example shop's dialogue policy.
@Suite("Conversations with customer service")
struct ServiceDialogueTests {
    enum Topic: Int, CaseIterable {
        case cancel, address, repair, resize, status, shipping, returns, product, nowhere, exchange, sendBack, cart, person, complaint, risk, wish
        /// No example speaks of it.
        case nothing

        var intent: String {
            switch self {
            case .cancel: "cancel_order"
            case .address: "change_address"
            case .repair: "repair_item"
            case .resize: "ring_resize"
            case .status: "order_status"
            case .shipping: "shipping/Where"
            case .returns: "returns/How long"
            case .product: "product_question"
            case .exchange: "exchange_item"
            case .sendBack: "return_item"
            case .cart: "add_to_cart"
            case .person: "human_agent"
            case .complaint: "complaint"
            case .risk: "risk"
            case .wish: ""
            case .nowhere, .nothing: "out_of_scope"
            }
        }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    let orders = [
        Order(id: "VT-10008", user: "ann", status: "paid", items: [Order.Item(productID: "RING-1", quantity: 1, priceMinor: 1)], version: 4),
        Order(id: "VT-10009", user: "ann", status: "placed", version: 2),
        Order(id: "VT-10003", user: "ann", status: "delivered", items: [Order.Item(productID: "RING-1", quantity: 1, priceMinor: 1)]),
        Order(id: "VT-10004", user: "ann", status: "delivered", items: [Order.Item(productID: "RING-1", quantity: 1, priceMinor: 1)]),
    ]

    func agent(_ stores: FakeStores, _ policy: DialoguePolicy?) throws -> ServiceAgent {
        let examples = Topic.allCases.filter { $0 != .nothing }.flatMap { topic in
            (0..<3).map {
                IntentExample(
                    intent: topic.intent, agent: topic == .wish ? "recommendation" : "customer_service", language: "en",
                    text: "\(topic.intent) sentence \($0)",
                    feature: axis(topic.rawValue))
            }
        }
        let documents = [
            Document(
                id: "shipping/en/1", policy: "shipping", language: "en", title: "Shipping", section: "Where", text: "Everywhere.",
                feature: axis(Topic.shipping.rawValue)),
            Document(
                id: "returns/en/1", policy: "returns", language: "en", title: "Returns", section: "How long", text: "30 days.",
                feature: axis(Topic.returns.rawValue)),
        ]
        let ring = Product(
            id: "RING-1", category: "ring", title: ["en": "Gold ring"], attributes: ["weight_g": .number(3), "length_mm": .number(20)],
            price: Price(amountMinor: 40_000, currency: "USD"), stock: 5)
        let studs = Product(
            id: "STUD-1", category: "earrings", title: ["en": "Pearl Studs", "zh": "珍珠耳钉"],
            attributes: ["gem": .text("pearl"), "material": .text("silver")],
            price: Price(amountMinor: 9_000, currency: "USD"), stock: 0)
        return ServiceAgent(
            snapshot: try CatalogSnapshot(products: [ring, studs], documents: documents, intents: examples),
            stores: ServiceStores(orders: stores, catalog: stores, handoffs: stores, desk: stores),
            intents: IntentClassifier(model: try IntentClassifier.train(examples)),
            policy: try policy ?? DialoguePolicy.load(ServiceDialogueTests.root + "/examples/jewelry/dialogue.yaml"))
    }

    func talk(
        _ turns: [(String, Topic)], _ stores: FakeStores? = nil, policy: DialoguePolicy? = nil, looking: Bool = false
    ) throws -> [ReplyDelta] {
        let texts = Dictionary(turns.map { ($0.0, axis($0.1.rawValue)) }, uniquingKeysWith: { first, _ in first })
        let harness = try AgentHarness(agent(stores ?? FakeStores(orders: orders), policy), texts: texts)
        let looked = ClientMessage.Kind.behaviour(BehaviourEvent(behaviour: .view, productID: "RING-1"))
        return try harness.run(turns.enumerated().map { ($0 == 0 && looking ? [looked] : []) + [.text(TextInput(text: $1.0))] })
            .map { $0.replies.first ?? ReplyDelta() }
    }

    @Test("A yes that asks something cancels nothing: the question is answered, of the order that is about to be cancelled")
    func yesBut() throws {
        let stores = FakeStores(orders: orders)
        let said = try talk(
            [("cancel VT-10009", .cancel), ("yes but which order is that", .status), ("好，不过先等一下", .nowhere), ("no problem, go ahead", .nowhere)],
            stores)
        #expect(said[1].text.hasPrefix("Order VT-10009"))
        #expect(said[1].text.hasSuffix(" Shall I cancel order VT-10009 ()?"))
        #expect(said[3].text.hasPrefix("Order VT-10009 is cancelled."))
        #expect(stores.requests.count == 1)
    }

    @Test("An American address is an address: its state and postcode are no order")
    func postcode() throws {
        let stores = FakeStores(orders: orders)
        let said = try talk(
            [
                ("change the address of vt 10008", .address), ("350 5th Ave, New York, NY 10118", .nowhere),
                ("no, to 1 Main Street, Austin TX 78701", .nowhere), ("yes", .nowhere),
            ], stores)
        #expect(said[0].text.hasPrefix("What is the new address"))
        #expect(said[1].text == "Shall order VT-10008 go to 350 5th Ave, New York, NY 10118?")
        #expect(said[2].text.hasPrefix("Shall order VT-10008 go to ") && said[2].text.hasSuffix("1 Main Street, Austin TX 78701?"))
        #expect(stores.requests.map(\.request.kind) == [.address])
    }

    @Test("A place with a postcode is asked about as a place; what the customer may mean as an order is looked up")
    func deliverTo() throws {
        #expect(try talk([("Do you deliver to Austin TX 78701?", .shipping)])[0].text == "Everywhere.")
        #expect(try talk([("where is vt 10009", .status)])[0].text.hasPrefix("Order VT-10009"))
        #expect(try talk([("where is vt 99999", .status)])[0].text == "There is no order VT-99999 in your account.")
        #expect(try talk([("what of order AB 99999", .status)])[0].text == "There is no order AB-99999 in your account.")
    }

    @Test("An order named where something else was asked is taken, and what was asked is read beside it or asked again: no empty answer")
    func orderInBetween() throws {
        let stores = FakeStores(orders: orders)
        let said = try talk(
            [("my ring VT-10004 broke, repair it", .repair), ("The stone of VT-10003 fell out", .nowhere), ("yes", .nowhere)], stores)
        #expect(said[0].text == "What is wrong with it?")
        #expect(said[1].text == "Shall I book a repair for order VT-10003 (Gold ring): “The stone of VT-10003 fell out”?")
        #expect(stores.requests.map(\.request.orderID) == ["VT-10003"])
        let sized = try talk([("resize the ring of VT-10004", .resize), ("order VT-10003, size 7", .nowhere)])
        #expect(sized[1].text == "Shall I book the ring of order VT-10003 for resizing to US 7?")
        let again = try talk([("my ring VT-10004 broke, repair it", .repair), ("sorry, order VT-10003", .nowhere), ("the stone fell out", .repair)])
        #expect(again[1].text == "What is wrong with it?")
        #expect(again[2].text == "Shall I book a repair for order VT-10003 (Gold ring): “the stone fell out”?")
    }

    @Test("What a policy asks after it has done something is asked, and a second thing done has a key of its own")
    func afterDoing() throws {
        let policy = try DialoguePolicy.parse(
            """
            dialogue: 1
            start: listen
            states:
              listen: {on: {cancel_order: cancel}}
              cancel: {ask: order, for: cancel, say: {en: "Which?", zh: "哪个？"}, next: sure}
              sure: {confirm: {en: "Cancel {order}?", zh: "取消 {order}？"}, yes: act, no: listen}
              act: {do: cancel, say: {en: "Cancelled, {number}.", zh: "已取消 {number}。"}, next: why}
              why: {ask: detail, say: {en: "Why, for {order}?", zh: "为什么？"}, next: note}
              note: {do: repair, say: {en: "Noted, {number}.", zh: "已记下 {number}。"}, next: thanks}
              thanks: {say: {en: "Thanks for {order}.", zh: "谢谢。"}, next: listen}
            """)
        let stores = FakeStores(orders: orders)
        let said = try talk([("cancel VT-10008", .cancel), ("yes", .nowhere), ("it was too small", .cancel)], stores, policy: policy)
        #expect(said[1].text == "Cancelled, 7. Why, for VT-10008?")
        #expect(said[1].replyKind == .clarify)
        #expect(said[2].text == "Noted, 8. Thanks for VT-10008.")
        #expect(stores.keysSeen.count == 2 && stores.keysSeen[1] == "\(stores.keysSeen[0])/1")
        #expect(stores.requests.last?.request.details == ["detail": "it was too small"])
    }

    @Test("Shall I ask a person? Yes calls one, no does not, and neither does a yes later")
    func offer() throws {
        let stores = FakeStores(orders: orders)
        let yes = try talk([("zyx quux", .nothing), ("yes please", .nowhere)], stores)
        #expect(yes[0].text.hasSuffix("Shall I ask a person?"))
        #expect(yes[1].text == "A person of the shop will take over; your number is 41.")
        #expect(stores.waiting.map(\.handoff.reason) == ["asked for a person"])
        let no = FakeStores(orders: orders)
        #expect(try talk([("zyx quux", .nothing), ("no thanks", .nowhere)], no)[1].text == "All right, I leave it as it is.")
        _ = try talk([("zyx quux", .nothing), ("Do you ship this worldwide?", .shipping), ("yes", .nowhere)], no)
        #expect(no.waiting.isEmpty)
    }

    @Test("With an action under way a yes is about that: no person is offered beside it")
    func noOfferBeside() throws {
        let stores = FakeStores(orders: orders)
        let said = try talk([("cancel VT-10008", .cancel), ("zyx quux foo bar", .nothing), ("yes", .nowhere)], stores)
        #expect(!said[1].text.contains("Shall I ask a person?"))
        #expect(said[2].text.hasPrefix("Order VT-10008 is cancelled."))
        #expect(stores.waiting.isEmpty)
    }

    @Test(
        "With a product in view, questions about delivery, cost of delivery and returns are answered from the shop's texts",
        arguments: ["How long will it take to arrive?", "How much does it cost to ship it?", "Do you ship this worldwide?"])
    func policyInView(words: String) throws {
        #expect(try talk([(words, .shipping)], looking: true)[0].text == "Everywhere.")
        #expect(try talk([("how heavy is it?", .product)], looking: true)[0].text == "Gold ring: it weighs 3 g.")
        #expect(try talk([("how long is the Gold ring?", .shipping)], looking: true)[0].text == "Gold ring: it is 20 mm long.")
        #expect(try talk([("how long is it open for returns", .returns)], looking: true)[0].text == "30 days.")
    }
}
