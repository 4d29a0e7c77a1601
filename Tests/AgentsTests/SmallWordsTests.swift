import Testing

@testable import Agents

@Suite("Words that say little, and words of the cart")
struct SmallWordsTests {
    @Test(
        "A yes, a no or less, where nothing was asked",
        arguments: ["ok", "OK!", "no", "hmm", "not sure", "Next.", "yes please", "嗯", "好的", "等一下", "不用了"])
    func nothing(words: String) { #expect(SmallWords.sayNothing(words)) }

    @Test("What is more", arguments: ["hello", "thanks, ok", "bye", "谢谢，好的", "再见", "gold", "戒指", "next day delivery", "no gold"])
    func something(words: String) { #expect(!SmallWords.sayNothing(words)) }

    @Test(
        "Somebody waits for a person", arguments: ["help", "what now", "Is anybody there?", "what should I do?", "有人吗", "怎么办", "在吗？"])
    func calls(words: String) { #expect(SmallWords.callsForHelp(words)) }

    @Test(
        "Who wants something else does not",
        arguments: [
            "helpful advice on ring sizes", "show me gold rings", "where is my order",
            "I would like you to help me find a ring for my wife's birthday",
        ])
    func elsewhere(words: String) { #expect(!SmallWords.callsForHelp(words)) }

    @Test(
        "Something is to be put into the cart",
        arguments: ["add it to my cart", "put two of them in the basket", "I'll take the first one", "I want to buy this", "加入购物车", "买这个", "来两条"])
    func adds(words: String) { #expect(CartWords.adds(words)) }

    @Test(
        "The cart is only spoken of",
        arguments: [
            "is it in my cart?", "what's in my cart", "remove it from my cart", "take it out of the cart", "empty my cart", "删掉购物车里的戒指", "购物车里有什么",
            "清空购物车",
            "I don't want it in my cart any more", "购物车里的戒指不要了",
        ])
    func looks(words: String) { #expect(!CartWords.adds(words) && CartWords.nameCart(words)) }
}

@Suite("What is not to be done")
struct CallingOffTests {
    @Test(
        "Nothing is wanted any more",
        arguments: [
            "don't cancel it", "please do not return it", "I don't want to cancel my order", "不取消了", "别取消", "不要取消", "不退了", "算了不换了", "我不想退货了", "还是别退了",
        ])
    func callsOff(words: String) { #expect(Assent.callsOff(words)) }

    @Test(
        "Something is wanted, asked, or said of something else",
        arguments: [
            "cancel it", "don't cancel it, change the address", "why can't I cancel it", "can't I return it?", "don't you cancel VT-10023",
            "no, cancel my order",
            "取消订单", "不能退吗", "要不要取消", "不退了，换一个", "能不能不取消", "不要金的", "为什么不取消",
        ])
    func doesNot(words: String) { #expect(!Assent.callsOff(words)) }

    @Test(
        "What is under way is dropped, where any words could be a description",
        arguments: ["actually cancel that exchange", "never mind the repair", "forget about it", "算了我不想换了", "不换了，谢谢", "cancel the whole thing"])
    func abandons(words: String) { #expect(Assent.abandons(words, "exchange")) }

    @Test(
        "A description is one",
        arguments: ["the clasp does not close any more", "in rose gold please", "换成玫瑰金的", "搭扣不能用了", "a size that cancels out the swelling"])
    func describes(words: String) { #expect(!Assent.abandons(words, "exchange")) }

    @Test("\"Cancel\" is no end of a cancellation") func cancels() { #expect(!Assent.abandons("cancel that order", "cancel")) }

    @Test("A yes and a no at once does nothing", arguments: ["ok but not now", "yes, actually no", "好像不用了", "还是算了"])
    func wavers(words: String) { #expect(Assent.read(words, to: "cancel") == .no) }
}
