import Catalog
import Testing
import Wire

@testable import Agents

@Suite("Answers to a question")
struct AssentTests {
    @Test(
        "Yes, no and forget it, in both languages",
        arguments: [
            ("Yes, please.", Assent.yes), ("sure", .yes), ("是的", .yes), ("好的。", .yes), ("No, thanks!", .no), ("不要", .no), ("never mind", .stop),
            ("算了", .stop),
        ])
    func read(words: String, meaning: Assent) { #expect(Assent.read(words) == meaning) }

    @Test(
        "What adds nothing to a yes or a no leaves it one",
        arguments: [
            ("Yes, cancel it.", Assent.yes), ("yes I am sure", .yes), ("Yes, that is correct, thank you", .yes),
            ("ok, please cancel the order", .yes),
            ("no problem, go ahead", .yes), ("No worries.", .yes), ("yes please do", .yes), ("sure, go ahead", .yes), ("yes of course", .yes),
            ("没问题", .yes), ("好的，取消吧", .yes), ("是的，麻烦了", .yes), ("可以，谢谢", .yes), ("行，办吧", .yes), ("嗯，好的", .yes),
            ("no, keep it", .no), ("no, I changed my mind", .no), ("no thanks, leave it as it is", .no), ("Nope.", .no),
            ("no, that's not right", .no),
            ("不，先留着", .no), ("不用了，谢谢", .no), ("不要取消", .no), ("别取消了", .no),
            ("yup", .yes), ("please go ahead", .yes), ("I'm sure", .yes), ("Sounds good!", .yes), ("that's correct", .yes),
            ("cancel it please", .yes),
            ("yes just cancel it", .yes), ("yes, I want to cancel my order", .yes), ("please continue", .yes), ("alright then", .yes),
            ("取消吧", .yes), ("我确定", .yes), ("继续", .yes), ("要的", .yes), ("需要", .yes), ("好的麻烦了", .yes), ("那就取消吧", .yes), ("好的，订单取消吧", .yes),
            ("no wait, don't", .no), ("actually keep it", .no), ("please don't", .no), ("keep my order", .no), ("I'd rather keep it, thank you", .no),
            ("wait, let me think about it", .no), ("hang on a moment", .no), ("don't cancel it", .no), ("I don't want to cancel", .no),
            ("I changed my mind", .no), ("I'm not sure", .no), ("not yet", .no), ("Okay, continue with my order", .no), ("Yes, I want my order", .no),
            ("I still want it", .no), ("等等，我再想想", .no), ("先别", .no), ("先不取消", .no), ("好的，不取消了", .no), ("我还要这个订单", .no), ("还是留着吧", .no),
            ("我再考虑一下", .no), ("等一下", .no), ("继续订单", .no),
        ])
    func more(words: String, meaning: Assent) { #expect(Assent.read(words, to: "cancel") == meaning) }

    @Test(
        "What says more than that is no answer",
        arguments: [
            "no, size 8", "where is my order", "yes but first tell me how long it takes to be shipped to me", "yes but which order is that",
            "yes, wait", "ok but not the ring", "yes, and how long does that take", "sure, what is it", "yes?", "yes, the other one",
            "yes, return it",
            "no problem but which order", "no wait, first tell me what is in it", "no, the other one", "no, how about exchanging it", "yesterday",
            "okay what do you mean", "yes if I get my money back", "no go ahead", "Yes, I want to be sure", "cancel my order", "I want to cancel",
            "cancel that", "I don't want to keep it", "don't cancel it, exchange it instead", "I'm fine, thanks", "thank you", "I don't know",
            "wait, which order is it", "one", "the order", "要不取消吧", "别的订单", "我要订单", "取消订单", "不锈钢的", "等一下，那个多少钱",
            "好，不过先告诉我是哪个订单", "可以，但是要多久", "好像不对", "好的，退货吧", "是哪个订单？", "可以吗", "不好意思，等一下", "不知道", "不，换另一个", "对不起", "行不行",
        ])
    func further(words: String) { #expect(Assent.read(words, to: "cancel") == nil) }

    @Test("What would be done is said again only where it is what would be done")
    func operations() {
        #expect(Assent.read("yes, return it", to: "return") == .yes)
        #expect(Assent.read("yes, cancel it", to: "return") == nil)
        #expect(Assent.read("是的，退货", to: "return") == .yes)
        #expect(Assent.read("是的，取消", to: "return") == nil)
        #expect(Assent.read("yes, cancel it") == .yes)
        #expect(Assent.read("ok, cancel my order", to: "") == nil)
        #expect(Assent.read("cancel", to: "return") == .stop && Assent.read("取消吧", to: "return") == .stop)
        #expect(Assent.read("I changed my mind", to: "address") == .no)
        #expect(Assent.read("不换了", to: "exchange") == .no && Assent.read("换吧", to: "exchange") == .yes)
    }

    @Test(
        "Where a description was asked for, only what is nothing else is an answer",
        arguments: [
            ("yes", Assent.yes), ("yes please", .yes), ("no", .no), ("no thanks", .no), ("forget it", .stop), ("算了", .stop), ("好的", .yes),
            ("不用了", .no),
            ("等等，我再想想", .no), ("no, never mind", .no), ("no clasp any more", nil), ("it won't keep it closed", nil), ("不亮了", nil), ("不，链子断了", nil),
            ("gold please", nil), ("no, the stone fell out", nil),
        ])
    func bare(words: String, meaning: Assent?) { #expect(Assent.bare(words, to: "repair") == meaning) }

    @Test("What puts right what is about to be confirmed is no refusal")
    func corrections() {
        func read(_ words: String, _ slot: String, _ value: String) -> String? {
            let dialogue = Dialogue(state: "sure", slots: [DialogueSlot(name: "order", value: "VT-1"), DialogueSlot(name: slot, value: value)])
            return Correction.read(words, dialogue, FilterParser())?.1
        }
        for (words, value) in [
            ("no, in rose gold", "in rose gold"), ("actually silver", "silver"), ("make it rose gold", "make it rose gold"), ("不，换成玫瑰金的", "换成玫瑰金的"),
            ("no, size 8", "size 8"), ("No, it's the clasp that broke", "it's the clasp that broke"),
        ] { #expect(read(words, "detail", "gold please") == value, "\(words)") }
        for words in [
            "no", "no thanks", "no, keep it", "gold rings", "do you have it in silver?", "no, show me gold rings", "yes", "不要了", "no, it's fine",
        ] {
            #expect(read(words, "detail", "gold please") == nil, "\(words)")
        }
        #expect(read("no, 7.5", "size", "US 7") == "US 7.5" && read("不，八号", "size", "US 7") == "US 8")
        #expect(read("no, 14 Baker Street", "address", "1 Main Street") == "14 Baker Street")
        #expect(read("7.5", "size", "US 7") == nil)
    }
}
