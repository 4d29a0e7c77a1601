// The words themselves: meaning, then phrases separated by "|", English and Chinese side by side. Values are those of
// products' attributes. Order matters only among equal phrases, which then have several meanings.

extension FilterLexicon {
    static let table: [(Meaning, String)] = categories + materials + gems + colors + garments + others + grammar + prices

    private static let categories: [(Meaning, String)] = [
        (.values(field: "category", ["ring"]), "ring|rings|戒指|指环|戒子|婚戒|对戒|戒"),
        (
            .values(field: "category", ["earrings"]),
            "earring|earrings|ear ring|ear rings|耳环|耳饰"
        ),
        (.kindOf(field: "category", "earrings"), "ear stud|ear studs|stud|studs|hoops|hoop earrings|ear cuff|耳钉|耳坠|耳夹|耳线|耳圈|耳扣"),
        (.values(field: "category", ["necklace"]), "necklace|necklaces|项链"),
        (.kindOf(field: "category", "necklace"), "choker|chokers|颈链|锁骨链|毛衣链"),
        (.values(field: "category", ["pendant"]), "pendant|pendants|吊坠|坠子|挂坠|项坠"),
        (.kindOf(field: "category", "pendant"), "locket|lockets"),
        (.values(field: "category", ["bracelet"]), "bracelet|bracelets|手链"),
        (.kindOf(field: "category", "bracelet"), "bangle|bangles|手镯|手环|镯子|手串"),
        // What another shop sells: who asks for it is not shown something else.
        (.values(field: "category", ["brooch"]), "brooch|brooches|lapel pin|lapel pins|胸针|别针"),
        (.values(field: "category", ["anklet"]), "anklet|anklets|ankle bracelet|ankle bracelets|脚链|脚镯"),
        (.values(field: "category", ["cufflinks"]), "cufflink|cufflinks|cuff link|cuff links|袖扣"),
        (.values(field: "category", ["tie clip"]), "tie clip|tie clips|tie pin|tie pins|tie bar|领带夹"),
        (.values(field: "category", ["watch"]), "wrist watch|wristwatch|wristwatches|watches|手表|腕表"),
        (.values(field: "category", ["toe ring"]), "toe ring|toe rings|脚趾戒|脚趾戒指|趾环"),
        (.values(field: "category", ["body jewellery"]), "nose ring|nose rings|nose stud|belly ring|navel ring|鼻环|鼻钉|脐环|脐钉"),
        (.values(field: "category", ["hair jewellery"]), "hair clip|hair clips|hairpin|hairpins|tiara|tiaras|发夹|发簪|发饰|皇冠"),
        (.several([.values(field: "category", ["ring"]), .values(field: "gem", ["diamond"])]), "钻戒"),
        // Parts of the body, sizes and services that only sound like goods.
        (.nothing, "ring size|ring sizes|ring finger|ring sizer|戒指尺寸|戒指号|无名指|指环号|戒指大小"),
    ]

    private static let materials: [(Meaning, String)] = [
        (
            .values(field: "material", ["rose_gold"]),
            "rose gold|rosegold|pink gold|red gold|rose golden|rose gold colored|玫瑰金|粉金|红金|玫瑰金色|k玫瑰金"
        ),
        (.values(field: "material", ["white_gold"]), "white gold|白k金|k白金|白色k金"),
        (.values(field: "material", ["platinum"]), "platinum|platinium|铂金|白金|铂|pt"),
        (
            .values(field: "material", ["silver"]),
            "silver|silvery|sterling silver|sterling|silver colored|银|纯银|银质|银色|银饰|白银|足银|银子"
        ),
        (
            .values(field: "material", ["gold"]),
            "gold|golden|yellow gold|gold colored|solid gold|金|黄金|k金|足金|纯金|金子|金色|金饰|黄色金|真金"
        ),
        (
            .nothing,
            """
            gold card|gold member|gold membership|silver lining|silver member|silver card|现金|金额|押金|定金|订金|奖金|基金|资金|佣金|租金|税金|金钱|美金卡|\
            金卡|银卡|银行|银行卡|收银|银联|五金
            """
        ),
    ]

    private static let gems: [(Meaning, String)] = [
        (.values(field: "gem", ["diamond"]), "diamond|diamonds|钻石|钻|真钻|碎钻|带钻|镶钻"),
        (.values(field: "gem", ["ruby"]), "ruby|rubies|红宝石|红宝"),
        (.values(field: "gem", ["sapphire"]), "sapphire|sapphires|蓝宝石|蓝宝"),
        (.values(field: "gem", ["emerald"]), "emerald|emeralds|祖母绿|绿宝石|绿宝"),
        (.values(field: "gem", ["amethyst"]), "amethyst|amethysts|紫水晶|紫晶"),
        (.values(field: "gem", ["topaz"]), "topaz|blue topaz|托帕石|托帕|黄玉|蓝托帕石|蓝色托帕石"),
        (.values(field: "gem", ["citrine"]), "citrine|citrines|黄水晶|黄晶"),
        (.values(field: "gem", ["garnet"]), "garnet|garnets|石榴石"),
        (.values(field: "gem", ["peridot"]), "peridot|peridots|橄榄石"),
        (.values(field: "gem", ["pearl", "black_pearl"]), "pearl|pearls|珍珠"),
        (.values(field: "gem", ["pearl"]), "white pearl|white pearls|freshwater pearl|freshwater pearls|白珍珠|白色珍珠|淡水珍珠"),
        (.values(field: "gem", ["black_pearl"]), "black pearl|black pearls|黑珍珠|黑色珍珠|tahitian pearl|tahitian pearls"),
        (.values(field: "gem", ["opal"]), "opal|opals|欧泊|蛋白石|澳宝"),
        (.values(field: "gem", ["turquoise"]), "turquoise|turquoises|绿松石|松石"),
        (.values(field: "gem", ["onyx"]), "onyx|black onyx|agate|黑玛瑙|玛瑙"),
        (.values(field: "gem", ["jade"]), "jade|jadeite|翡翠|玉|玉石"),
        (.values(field: "gem", ["lapis"]), "lapis|lapis lazuli|青金石|青金"),
        (.values(field: "gem", ["coral"]), "coral|corals|珊瑚"),
        (.values(field: "gem", ["moonstone"]), "moonstone|moonstones|月光石|月长石"),
        (.values(field: "gem", ["rose_quartz"]), "rose quartz|pink quartz|粉晶|粉水晶|芙蓉石"),
        (
            .values(field: "gem", ["none"]),
            """
            no stone|no stones|no gem|no gems|no gemstone|no gemstones|without stone|without stones|without a stone|without gems|\
            without gemstones|without any stones|without any gems|stoneless|only metal|无钻|无石|不带宝石|没有宝石|不镶宝石|不要宝石|无宝石|不带石头|不要石头|没有石头|\
            不要镶石头|不镶石头|不要镶嵌|无镶嵌|不镶嵌
            """
        ),
        (.several([.values(field: "gem", ["none"]), .values(field: "material", ["gold"])]), "素金|素金的"),
        (.several([.values(field: "gem", ["none"]), .values(field: "material", ["silver"])]), "素银|素银的"),
        (.several([.values(field: "gem", ["none"]), .values(field: "category", ["ring"])]), "素圈|素戒|素圈戒指"),
        (.nothing, "diamond cut|diamond shape|diamond shaped|mother of pearl|man made|玉米|玉兰|玉兰花|钻研"),
    ]

    private static let colors: [(Meaning, String)] = [
        (.values(field: "color", ["red"]), "red|红色|红色系|红的|大红|大红色|酒红|酒红色"),
        (.values(field: "color", ["blue"]), "blue|蓝色|蓝的|蓝色系|天蓝|天蓝色|深蓝|深蓝色|浅蓝|浅蓝色"),
        (.values(field: "color", ["green"]), "green|绿色|绿的|绿色系|墨绿|墨绿色"),
        (.values(field: "color", ["purple"]), "purple|violet|lilac|紫色|紫的|紫色系"),
        (.values(field: "color", ["yellow"]), "yellow|黄色|黄的"),
        (.values(field: "color", ["pink"]), "pink|粉色|粉红|粉红色|粉的|粉色系"),
        (.values(field: "color", ["black"]), "black|黑色|黑的"),
        (.values(field: "color", ["white"]), "white|白色|白的"),
        (.nothing, "green light|black friday|black box|white box|blue box|红包|黑五|白送|绿色通道"),
    ]

    // "a blue dress" is no blue ring.
    private static let garments: [(Meaning, String)] = {
        let worn = ["dress", "suit", "shirt", "blouse", "gown", "coat", "sweater", "裙子", "裙", "衣服", "礼服", "西装", "衬衫", "毛衣", "大衣"]
        let named = colors.filter { $0.0 != .nothing }.flatMap { $0.1.split(separator: "|") }
        return named.map { color in (.nothing, worn.flatMap { ["\(color) \($0)", "\(color)的\($0)"] }.joined(separator: "|")) }
    }()

    private static let others: [(Meaning, String)] = [
        (.inStock, "in stock|available now|available today|ready to ship|ships now|有货|现货|有库存|有现货|能马上发货"),
        (.nothing, "back in stock|out of stock|没货|缺货|没有货|不是现货"),
        (
            .nickelFree,
            """
            nickel free|nickelfree|no nickel|without nickel|without any nickel|free of nickel|nickel allergy|allergic to nickel|\
            allergy to nickel|hypoallergenic|hypo allergenic|anti allergy|无镍|不含镍|没有镍|不带镍|镍过敏|对镍过敏|防过敏|抗过敏|低敏
            """
        ),
        (.nothing, "is it nickel free|含镍吗"),
    ]

    private static let grammar: [(Meaning, String)] = [
        (
            .negator,
            """
            not|no|non|nothing|nothing from|without|except|except for|excluding|exclude|but not|other than|anything but|apart from|rather than|\
            instead of|don't|dont|do not|never|isn't|aren't|hate|dislike|avoid|neither|nor|allergic to|allergy to|can't wear|cant wear|cannot wear|\
            react to|sensitive to|不|不要|不想要|不想|不是|不含|不带|不喜欢|不爱|非|无|没有|没|别|\
            别给我|除了|除|除去|排除|讨厌|拒绝|不需要|不用
            """
        ),
        (
            .filler,
            """
            a|an|any|even|the|in|of|made|made of|made from|made out of|with|from|want|wanting|like|be|me|show|show me|give|give me|it|is|\
            to|see|wear|have|anything|something|either|too much|need|buy|pay|spend|really|for|要|想|花|是|喜欢|用|的|有|带|任何|含|给我|看|那种|做|做的|\
            材质|戴|买|选
            """
        ),
        (.connective, "or|nor|and|/|,|、|和|或|或者|跟|与|以及|还有|也"),
        (.rejection, "不要|不行|不喜欢|除外|不考虑|不算|过敏|戴不了"),
        (
            .nothing,
            """
            not only|not just|nothing but|nothing else|nothing special|why not|no problem|no idea|no preference|\
            no rush|not sure|don't know|dont know|don't mind|dont mind|\
            don't care|not bad|not too|not very|no thanks|no thank you|if not|or not|whether or not|不仅|不只|不光|不错|不好意思|不太|不贵|不知道|不一定|\
            不限|不同|不过|不久|不会|不能|不可以|要不要|要不|是不是|有没有|能不能|可不可以|可不|会不会|好不好|行不行|没关系|没问题|没事|特别|别人|别的|分别|区别|别致|级别|非常|非洲|无论|无所谓|无限|除夕|不锈钢
            """
        ),
    ]

    private static let prices: [(Meaning, String)] = [
        (
            .price(.atMostBefore),
            """
            under|below|less than|lower than|cheaper than|up to|at most|max|maximum|maximum of|max of|no more than|not more than|\
            not over|not above|not exceeding|no higher than|within|up until|<|<=|=<|≤|budget|budget of|budget is|budget's|\
            budget around|can spend|to spend|spend|for less than|不超过|不高于|不多于|不要超过|别超过|低于|少于|小于|最多|至多|便宜于|预算|预算是|预算在|上限|不能超过|别高于|控制在
            """
        ),
        (
            .price(.atMostAfter),
            """
            or less|or under|or below|or cheaper|and under|and below|max|maximum|at most|tops|to spend|budget|以下|以内|之内|之下|内|封顶|及以下|\
            或以下|的预算|预算|不到
            """
        ),
        (
            .price(.atLeastBefore),
            """
            over|above|more than|higher than|greater than|at least|minimum|min|starting at|starting from|upwards of|no less than|\
            not less than|not under|not below|from|>|>=|=>|≥|高于|超过|大于|至少|最少|不低于|不少于|多于|起码|贵于
            """
        ),
        (.price(.atLeastAfter), "or more|or above|or over|and up|and above|and over|plus|upwards|+|以上|起|之上|往上|及以上|或以上|起步"),
        (.price(.aboutBefore), "around|about|approximately|roughly|circa|near|close to|~|about the|大约|大概|差不多|约|接近"),
        (.price(.aboutAfter), "or so|ish|左右|上下|前后|附近|出头"),
        (
            .price(.rangeStart),
            """
            between|from|in the range of|range|anywhere from|somewhere between|介于|在|从|价位|价格|价格在|预算|预算在|控制在|price|priced
            """
        ),
        (.price(.rangeJoin), "and|to|-|~|到|至|和|与|through|—"),
        (.price(.rangeEnd), "之间|之內|之内|以内|区间|的预算|间|price range|range|的价位|左右"),
        (
            .price(.currency("")),
            "块|块钱|元|元钱|圆|buck|bucks"
        ),
        (.price(.currency("USD")), "$|us$|usd|us dollars|us dollar|dollar|dollars|美元|美金|美刀|刀"),
        (.price(.currency("CNY")), "¥|cny|rmb|yuan|renminbi|人民币|元人民币|块人民币"),
        (.price(.currency("EUR")), "€|eur|euro|euros|欧元|欧"),
        (.price(.currency("GBP")), "£|gbp|pounds|pound|英镑|镑"),
        (.price(.currency("JPY")), "jpy|yen|日元|日圆"),
        (.price(.currency("HKD")), "hk$|hkd|港币|港元"),
        (
            .price(.otherUnit),
            """
            g|gram|grams|kg|mm|cm|m|meter|meters|millimeter|millimeters|millimetre|millimetres|centimeter|centimeters|centimetre|\
            centimetres|inch|inches|in|carat|carats|ct|k|karat|kt|%|percent|day|days|week|weeks|month|months|year|years|hour|hours|\
            minutes|pm|am|people|pieces|pcs|stars|miles|克|公斤|毫米|厘米|公分|米|寸|英寸|克拉|分|天|日|周|星期|个|个月|月|年|岁|小时|分钟|点|号|码|件|对|只|条|枚|颗|款|粒|折|\
            人|次|位|星|k金
            """
        ),
    ]
}
