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
    private enum Topic: Int, CaseIterable {
        case cancel, address, repair, resize, status, shipping, returns, product, nowhere

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
            case .nowhere: "out_of_scope"
            }
        }
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private let orders = [
        Order(id: "VT-10008", user: "ann", status: "paid", items: [Order.Item(productID: "RING-1", quantity: 1, priceMinor: 1)], version: 4),
        Order(id: "VT-10009", user: "ann", status: "placed", version: 2),
        Order(id: "VT-10003", user: "ann", status: "delivered", items: [Order.Item(productID: "RING-1", quantity: 1, priceMinor: 1)]),
        Order(id: "VT-10004", user: "ann", status: "delivered", items: [Order.Item(productID: "RING-1", quantity: 1, priceMinor: 1)]),
    ]

    private func agent(_ stores: FakeStores, _ policy: DialoguePolicy?) throws -> ServiceAgent {
        let examples = Topic.allCases.flatMap { topic in
            (0..<3).map {
                IntentExample(
                    intent: topic.intent, agent: "customer_service", language: "en", text: "\(topic.intent) sentence \($0)",
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
            price: Price(amountMinor: 40_000, currency: "USD"), stock: 1)
        return ServiceAgent(
            snapshot: try CatalogSnapshot(products: [ring], documents: documents, intents: examples),
            stores: ServiceStores(orders: stores, catalog: stores, handoffs: stores, desk: stores),
            intents: IntentClassifier(model: try IntentClassifier.train(examples)),
            policy: try policy ?? DialoguePolicy.load(ServiceDialogueTests.root + "/examples/jewelry/dialogue.yaml"))
    }

    private func talk(
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
            [("cancel VT-10009", .cancel), ("yes but which order is that", .status), ("好，不过先等一下", .nowhere), ("no problem, go ahead", .nowhere)], stores)
        #expect(said[1].text.hasPrefix("Order VT-10009"))
        #expect(said[1].text.hasSuffix("And shall we go on with what we began?"))
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
}
