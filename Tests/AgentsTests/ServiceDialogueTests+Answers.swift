import Catalog
import Testing
import Wire

@testable import Agents

/// What customers answer to the dialogue's questions, and what is none of an answer.
extension ServiceDialogueTests {
    @Test(
        "What refuses, or keeps the order, cancels nothing",
        arguments: ["keep it", "no wait, don't", "actually keep it", "Okay, continue with my order", "Yes, I want my order", "等等，我再想想", "先别"])
    func refused(words: String) throws {
        let stores = FakeStores(orders: orders)
        let said = try talk([("cancel VT-10008", .cancel), (words, .nowhere), ("yes", .nowhere)], stores)
        #expect(["All right, I leave it as it is.", "好的，不做任何更改。"].contains(said[1].text))
        #expect(stores.requests.isEmpty)
    }

    @Test(
        "What asks for the same again, or leaves it open, has it confirmed again",
        arguments: [("I want to cancel my order", Topic.cancel), ("Yes, I want to be sure", .nowhere), ("cancel that", .cancel)])
    func confirmedAgain(words: String, topic: Topic) throws {
        let stores = FakeStores(orders: orders)
        let said = try talk([("cancel VT-10008", .cancel), (words, topic)], stores)
        #expect(said[1].text.hasSuffix("Shall I cancel order VT-10008 (Gold ring)?"))
        #expect(stores.requests.isEmpty)
    }

    @Test("A yes to a question for a description is no description: it is asked again, and a no ends it")
    func describedByYes() throws {
        let stores = FakeStores(orders: orders)
        let asked = "What is wrong with it?"
        let said = try talk(
            [
                ("my ring VT-10003 broke, repair it", .repair), ("Do you ship this worldwide?", .shipping), ("yes", .nowhere),
                ("I don't know", .nowhere),
                ("wait, I mean order VT-10004", .nowhere), ("订单VT-10004，谢谢您", .nowhere), ("no thanks", .nowhere),
            ], stores)
        #expect(said[0].text == asked)
        #expect(said[1].text == "Everywhere. \(asked)")
        #expect(said[2...4].map(\.text) == [asked, asked, asked])
        #expect(said[5].text == "请描述一下出了什么问题。")
        #expect(said[6].text == "All right, I leave it as it is.")
        #expect(stores.requests.isEmpty)
    }

    @Test(
        "What asks something, or for a person, is no description either",
        arguments: [("what's your phone number?", Topic.person, "A person of the shop"), ("do you deliver to Rome?", .shipping, "Everywhere.")])
    func notADescription(words: String, topic: Topic, start: String) throws {
        let said = try talk([("my ring VT-10003 broke, repair it", .repair), (words, topic)])
        #expect(said[1].text.hasPrefix(start) && said[1].text.hasSuffix("What is wrong with it?"))
    }

    @Test(
        "The order of the day that is named is meant, if it is one; to be asked about, and to be done something with",
        arguments: ["Sept 17th", "9月17日"])
    func orderOfADay(day: String) throws {
        func orders(_ days: [String]) -> FakeStores {
            FakeStores(
                orders: days.enumerated().map { Order(id: "VT-1000\($0)", user: "ann", status: "paid", placedAt: "2026-\($1)T07:11:00Z") })
        }
        let three = ["09-16", "09-17", "09-18"]
        #expect(try talk([("where is my order of \(day)", .status)], orders(three))[0].text.contains("VT-10001"))
        #expect(try talk([("cancel the order of \(day)", .cancel)], orders(three))[0].text.contains("VT-10001"))
        let twice = try talk([("cancel the order of \(day)", .cancel)], orders(["09-17", "09-17"]))[0]
        #expect(twice.text.contains("VT-10000") && twice.text.contains("VT-10001"), "which of the two is asked")
    }

    @Test("Which order? The second one, the newest, or the one that something is in", arguments: ["the second one", "第二个", "VT-10004", "10004"])
    func whichOrder(words: String) throws {
        let said = try talk([("I want something of mine repaired", .repair), (words, .nothing)])
        #expect(said[0].text.hasPrefix("Which order is the piece from?"))
        #expect(["What is wrong with it?", "请描述一下出了什么问题。"].contains(said[1].text))
        let named = try talk([("my Gold ring is not wanted any more", .cancel)])
        #expect(named[0].text == "Shall I cancel order VT-10008 (Gold ring)?")
    }

    @Test("What is wanted of another order is no answer about this one: it is answered, or begun instead")
    func anotherOrder() throws {
        let stores = FakeStores(orders: orders)
        let said = try talk(
            [("cancel VT-10008", .cancel), ("where is VT-10003?", .status), ("please return VT-10003", .sendBack), ("yes", .nowhere)], stores)
        #expect(said[1].text == "Order VT-10003 (Gold ring) is delivered. Shall I cancel order VT-10008 (Gold ring)?")
        #expect(said[2].text == "Shall I start the return of order VT-10003 (Gold ring)?")
        #expect(stores.requests.map(\.request.kind) == [.returning])
        let put = try talk([("cancel VT-10008", .cancel), ("no, VT-10009", .nowhere)])
        #expect(put[1].text == "Shall I cancel order VT-10009 ()?")
    }

    @Test("An exchange is put right while it is confirmed")
    func exchanged() throws {
        let stores = FakeStores(orders: orders)
        let said = try talk(
            [("exchange VT-10003", .exchange), ("gold please", .nowhere), ("no, in rose gold", .nothing), ("不，换成银的", .nothing), ("是的", .nowhere)],
            stores)
        #expect(said[1].text == "Shall I book an exchange for order VT-10003 (Gold ring): “gold please”?")
        #expect(said[2].text == "Shall I book an exchange for order VT-10003 (Gold ring): “in rose gold”?")
        #expect(said[4].text.hasPrefix("订单 VT-10003 的换货已登记"))
        #expect(stores.requests.map { $0.request.details["detail"] } == ["换成银的"])
    }

    @Test("An address beside the order is confirmed at once")
    func addressAtOnce() throws {
        let said = try talk([("send order VT-10008 to 15 Sunset Boulevard, Los Angeles, CA 90028", .address), ("no, 14 Baker Street", .nothing)])
        #expect(said[0].text == "Shall order VT-10008 go to 15 Sunset Boulevard, Los Angeles, CA 90028?")
        #expect(said[1].text == "Shall order VT-10008 go to 14 Baker Street?")
    }

    @Test("What is said of a cart is what is stored; a number that cannot be counted is asked for, and what is not there is not put in")
    func cart() throws {
        let stores = FakeStores(orders: orders)
        let said = try talk(
            [
                ("put three Gold ring into my cart", .cart), ("add a few of Gold ring", .cart), ("two", .nothing), ("add RING-1", .cart),
                ("add 9 of RING-1", .cart), ("add Pearl Studs", .cart),
            ], stores)
        #expect(said[0].text == "Gold ring is in your cart, 3 of it.")
        #expect(said[1].text == "How many?")
        #expect(said[2].text == "Gold ring is in your cart, 2 of it.")
        #expect(said[4].text == "Only 5 of Gold ring are left, so I put none into your cart.")
        #expect(said[5].text == "Pearl Studs is sold out, so I put none into your cart.")
        #expect(stores.requests.map { $0.request.details["quantity"] } == ["3", "2", "1"])
    }

    @Test("What was done stays said when what comes after it cannot be read, and is not said to have been left")
    func doneThenDown() throws {
        let policy = try DialoguePolicy.parse(
            """
            dialogue: 1
            start: listen
            states:
              listen: {on: {cancel_order: cancel}}
              cancel: {ask: order, for: cancel, say: {en: "Which?", zh: "哪个？"}, next: sure}
              sure: {confirm: {en: "Cancel {order}?", zh: "取消 {order}？"}, yes: act, no: listen}
              act: {do: cancel, say: {en: "Cancelled, {number}.", zh: "已取消 {number}。"}, next: more}
              more: {confirm: {en: "And return it?", zh: "还要退货吗？"}, yes: back, no: listen}
              back: {do: return, say: {en: "Booked.", zh: "已登记。"}, next: listen}
            """)
        // Read twice for the confirmation, once for the action; the reading after it fails.
        let down = StoreError(.unavailable, "refused")
        let stores = FakeStores(orders: orders, reads: [nil, nil, nil, nil, down])
        let said = try talk([("cancel VT-10008", .cancel), ("yes", .nowhere)], stores, policy: policy)
        #expect(said[1].text == "Cancelled, 7. The shop's system does not answer now, so I could not go on from there.")
        #expect(stores.requests.count == 1)
    }

    @Test("Questions that no shop answers lead to a person as well, and a session has one place in the queue")
    func oneTicket() throws {
        let nonsense = FakeStores(orders: orders)
        let said = try talk([("blah blah", .nowhere), ("blah", .nowhere), ("blah blah blah", .nowhere)], nonsense)
        #expect(said[1].text.hasPrefix("I can help with jewellery") && !said[1].text.contains("person"))
        #expect(nonsense.waiting.map(\.handoff.reason) == ["not understood"])
        let angry = FakeStores(orders: orders, tickets: [41: .waiting])
        let heard = try talk([("this is outrageous", .complaint), ("nobody helps me", .complaint)], angry)
        #expect(heard[1].text.hasSuffix("your number is still 41."))
        #expect(angry.waiting.count == 1)
        #expect(angry.noted == ["41 Customer (complaint): nobody helps me"])
    }

    @Test("Who was hurt is passed to a person, whatever is under way")
    func hurt() throws {
        let stores = FakeStores(orders: orders)
        let said = try talk([("my ring VT-10003 broke, repair it", .repair), ("it cut my finger badly", .risk)], stores)
        #expect(said[1].text.contains("see a doctor") && said[1].text.hasSuffix("What is wrong with it?"))
        #expect(stores.waiting.map(\.handoff.reason) == ["risk"])
    }

    @Test("Shall I ask a person? What asks for something else is no yes to that")
    func notTheOffer() throws {
        let stores = FakeStores(orders: orders)
        let said = try talk([("zyx quux", .nothing), ("ok, cancel my order", .cancel)], stores)
        #expect(said[0].text.hasSuffix("Shall I ask a person?"))
        #expect(said[1].text.hasPrefix("Which order shall I cancel?"))
        #expect(stores.waiting.isEmpty)
    }
}
