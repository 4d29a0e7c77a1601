/// Words that say little by themselves.
enum SmallWords {
    private static let fillers: Set<String> = [
        "ok", "okay", "hm", "hmm", "hmmm", "mm", "mhm", "uh", "um", "huh", "next", "so", "well", "and", "right", "sure", "not sure", "why not",
        "maybe",
        "wait", "one moment", "just a moment", "嗯", "哦", "噢", "额", "呃", "行", "行吧", "好", "好吧", "好的", "等一下", "等等", "稍等", "然后呢", "然后", "继续", "下一个",
    ]

    /// A yes, a no or less, where nothing was asked.
    static func sayNothing(_ words: String) -> Bool {
        let plain = Assent.plain(words)
        if ["thank", "thx", "bye", "谢", "拜", "再见"].contains(where: plain.contains) { return false }
        return fillers.contains(plain) || Assent.bare(words) != nil
    }

    private static let calls: PhraseSet = [
        "help", "help me", "what now", "what should i do", "what shall i do", "what do i do", "anybody there", "anyone there", "is anybody",
        "is anyone",
        "still waiting", "hello?", "怎么办", "救命", "有人吗", "在吗", "有人在吗", "还在等", "帮帮我", "我该怎么",
    ]
    private static let callCharactersMax = 40

    /// "Help!", "有人吗": of somebody who waits for a person.
    static func callsForHelp(_ words: String) -> Bool {
        words.count <= callCharactersMax && SaidWords(words).contains(anyOf: calls)
    }
}

/// What is wanted of the cart.
enum CartWords {
    private static let adding: PhraseSet = [
        "add", "put", "take", "buy", "get", "order", "want", "i'll have", "throw", "drop", "place", "加", "放", "买", "要", "来", "拿", "下单", "订",
    ]
    private static let removing: PhraseSet = [
        "don't want", "dont want", "do not want", "no longer want", "不要", "不想要", "remove", "delete", "take out", "take it out", "empty", "clear",
        "what is in", "what's in", "whats in", "is it in", "show my cart",
        "show me my cart", "how many are in", "删", "移除", "去掉", "拿掉", "拿出", "清空", "购物车里有", "在购物车里吗", "看看购物车", "查看购物车",
    ]

    private static let cart: PhraseSet = ["cart", "basket", "bag", "trolley", "购物车", "购物袋"]

    static func nameCart(_ words: String) -> Bool { SaidWords(words).contains(anyOf: cart) }

    /// Something is to be put into it; what else is asked about it must not do that.
    static func adds(_ words: String) -> Bool {
        let said = SaidWords(words)
        return said.contains(anyOf: adding) && !said.contains(anyOf: removing)
    }
}
