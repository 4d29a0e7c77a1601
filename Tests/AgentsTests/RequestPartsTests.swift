import Testing

@testable import Agents

@Suite("Several requests in one sentence, by form")
struct RequestPartsTests {
    @Test(
        "A sentence is cut where something joins two that ask or wish",
        arguments: [
            (
                "Where is my order 1042 and can I return it if it does not fit?",
                ["Where is my order 1042", "can I return it if it does not fit?"]
            ),
            ("cancel my order and show me silver rings", ["cancel my order", "show me silver rings"]),
            ("Where is my order? Also, how do I clean silver?", ["Where is my order?", "how do I clean silver?"]),
            ("please track VT-10023, and do you ship to Canada", ["please track VT-10023", "do you ship to Canada"]),
            (
                "where is my order, what is your return policy and show me gold hoops",
                ["where is my order", "what is your return policy", "show me gold hoops"]
            ),
            ("please cancel order VT-10037 and start a return for VT-10005", ["please cancel order VT-10037", "start a return for VT-10005"]),
            ("我的订单到哪了,还有怎么保养银饰", ["我的订单到哪了", "怎么保养银饰"]),
            ("取消我的订单，给我看看银戒指", ["取消我的订单", "给我看看银戒指"]),
            ("我的订单到哪了？另外请问你们可以寄到加拿大吗？", ["我的订单到哪了？", "你们可以寄到加拿大吗？"]),
            ("我的订单到哪了顺便问一下怎么保养银饰", ["我的订单到哪了", "怎么保养银饰"]),
        ])
    func cut(words: String, parts: [String]) {
        #expect(RequestParts.split(words) == parts)
    }

    @Test(
        "A list, a condition, a reason, a number and a story are no second request",
        arguments: [
            "show me rings and earrings", "do you have gold and silver hoops?", "rings under $4.50, please", "I ordered a ring and it broke",
            "my order is late and I am not happy", "can I return it if it does not fit, and the box is open?", "Hello, where is my order?",
            "gold, silver and rose gold", "", "and", "?", "and show me rings", "如果尺寸不合适，可以退吗", "你们店里还有什么戒指", "金的，银的，玫瑰金的", "我买的戒指，太大了，怎么办", "你好，请问",
        ])
    func whole(words: String) {
        #expect(RequestParts.split(words).isEmpty)
    }

    @Test("At most three are cut off, and the rest stays together: nothing is dropped")
    func many() {
        let words = "where is my order and how do I clean silver and do you ship to Canada and show me rings and what is your return policy"
        let parts = RequestParts.split(words)
        #expect(parts.count == 4)
        #expect(parts.last == "show me rings and what is your return policy")
        #expect(RequestParts.split(String(repeating: "where is my order and ", count: 200)).isEmpty)
    }
}
