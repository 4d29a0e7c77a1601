// Words for whom and what a piece is for and for its style: value of a product's attribute, then phrases separated by "|". Only values that a
// catalogue has are understood (`FilterLexicon.knowing`); a value of occasion or style is a word for itself.

extension FilterLexicon {
    /// Attributes that such words ask of.
    public static let giftFields = ["recipient", "occasion", "style"]

    static let gifts: [String: [String: String]] = [
        "recipient": [
            "him": people(
                "man|men|male|gentleman|gentlemen|husband|boyfriend|dad|daddy|father|brother|grandfather|grandpa|grandad|son|uncle|fiancé")
                + "|for him|mens|男士|男人|男生|男款|男式|男性|老公|丈夫|男朋友|男友|爸爸|爸|父亲|老爸|爷爷|外公|哥哥|弟弟|儿子|岳父|公公",
            "her": people("woman|women|female|lady|ladies|wife|girlfriend|mum|mom|mummy|mother|sister|grandmother|grandma|granny|daughter|aunt|girl")
                + "|for her|womens|girls|女士|女人|女生|女款|女式|女性|老婆|妻子|太太|女朋友|女友|妈妈|妈|母亲|老妈|奶奶|外婆|姐姐|妹妹|女儿|闺蜜|岳母|婆婆",
            "unisex": "unisex|for everybody|for everyone|for anyone|中性|男女皆宜|男女通用",
        ],
        "occasion": [
            "everyday": "every day|daily|everyday wear|日常|每天|平时|通勤",
            "party": "parties|派对|聚会|晚宴|宴会|舞会",
            "birthday": "birthdays|birthday's|生日",
            "anniversary": "anniversaries|纪念日|结婚纪念日|周年|周年纪念|周年纪念日",
            "wedding": "weddings|bridal|bride|婚礼|结婚|新娘",
            "graduation": "graduating|毕业|毕业典礼",
            "mothers_day": "mother's day|mothers' day|mother day|母亲节",
            "valentines": "valentine|valentine's|valentine's day|valentines day|情人节|七夕",
            "engagement": "proposal|propose|proposing|订婚|求婚",
        ],
        "style": [
            "classic": "classical|timeless|经典", "modern": "contemporary|现代|现代感", "romantic": "浪漫", "bohemian": "boho|波西米亚|波希米亚",
            "minimalist": "minimal|minimalistic|simple|simpler|plainer|less fancy|less flashy|understated|简约|极简|简单|简洁",
            "statement": "bold|bolder|fancier|more striking|eye catching|夸张|抢眼|醒目",
            "vintage": "retro|antique|复古|古典", "nature": "floral|botanical|nature inspired|花卉", "celestial": "星月|星空",
        ],
    ]

    /// Each with its genitive: "wife", "wife's".
    private static func people(_ nouns: String) -> String {
        nouns.split(separator: "|").map { "\($0)|\($0)'s" }.joined(separator: "|")
    }
}
