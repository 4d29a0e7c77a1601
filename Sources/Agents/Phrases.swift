import Catalog

/// What agents say, in the two languages. Sentences only; facts come in as arguments.
struct Phrases {
    let isChinese: Bool

    init(_ language: String) { isChinese = language == "zh" }

    func of(_ english: String, _ chinese: String) -> String { isChinese ? chinese : english }

    // MARK: Try-on

    var needsSelfie: String { of("Please show me a picture of yourself, so that I can put it on you.", "请发一张您的照片，我来帮您试戴。") }
    var tryOnWhat: String { of("Which piece would you like to try on?", "您想试戴哪一件？") }
    func cannotTryOn(_ title: String) -> String { of("There is no try-on picture of \(title) yet.", "\(title) 暂时没有试戴图片。") }
    func onYou(_ title: String) -> String { of("This is how \(title) looks on you.", "这是 \(title) 戴在您身上的效果。") }

    var showsPalm: String { of("I see the palm of your hand; please turn its back to the camera.", "我看到的是您的手心，请把手背转向镜头。") }
    func cannotSee(_ anchor: String) -> String {
        switch anchor {
        case "ear_lobe": of("I cannot see your ears well enough; please turn a little or show more of the picture.", "我看不清您的耳朵，请稍微转一下头再拍一张。")
        case "glasses": of("I cannot see your face well enough; please look into the camera.", "我看不清您的脸，请正对镜头再拍一张。")
        case "neck", "pendant": of("I cannot see your neck well enough; please show your shoulders too.", "我看不清您的颈部，请把肩膀也拍进来。")
        case "wrist": of("I cannot see your wrist; please show your hand and wrist.", "我看不到您的手腕，请把手和手腕拍进来。")
        default: of("I cannot see your hand; please show it with the fingers spread.", "我看不到您的手，请张开手指拍一张。")
        }
    }

    // MARK: Recommendation

    func found(_ count: Int, _ filters: String) -> String {
        if filters.isEmpty { return of(count == 1 ? "This fits best." : "These \(count) fit best.", "为您找到 \(count) 款最合适的。") }
        return of(count == 1 ? "I found one for \(filters)." : "I found \(count) for \(filters).", "为您找到 \(count) 款符合“\(filters)”的。")
    }

    func nothing(_ filters: String, isRefined: Bool = false) -> String {
        if isRefined, !filters.isEmpty {
            return of("Nothing in the shop fits \(filters) together with what you said before.", "加上之前的条件，店里没有符合“\(filters)”的商品。")
        }
        if filters.isEmpty { return of("Nothing in the shop fits that.", "店里没有符合要求的商品。") }
        return of("Nothing in the shop fits \(filters).", "店里没有符合“\(filters)”的商品。")
    }
    var noMore: String { of("That is all there is of the kind.", "这一类就这些了，没有更多了。") }
    /// - Parameter isRefined: conditions of turns before count as well.
    func nearest(_ filters: String, isRefined: Bool = false) -> String {
        if isRefined, !filters.isEmpty {
            return of(
                "Nothing fits \(filters) together with what you said before; these come nearest.", "加上之前的条件，没有完全符合“\(filters)”的，这些最接近。")
        }
        if filters.isEmpty { return of("Nothing fits that exactly; these come nearest.", "没有完全符合要求的，这些最接近。") }
        return of("Nothing fits \(filters) exactly; these come nearest.", "没有完全符合“\(filters)”的，这些最接近。")
    }
    var tellMore: String { of("What are you looking for? Say it or show me a photo.", "您想找什么？可以描述一下，或者发一张照片。") }
    func likePhoto(_ cosine: Int) -> String { of("looks like your photo (\(cosine) % alike)", "与您的照片相似（\(cosine)%）") }
    func likeWords(_ cosine: Int) -> String { of("fits your words (\(cosine) % alike)", "符合您的描述（\(cosine)%）") }
    func is_(_ values: String) -> String { of("is \(values)", "\(values)") }

    // MARK: Service

    var greeting: String { of("Hello! Ask me for jewellery, or about an order, delivery or returns.", "您好！想找首饰，或者查询订单、配送、退换货，都可以问我。") }
    var welcome: String { of("You are welcome.", "不客气。") }
    var goodbye: String { of("Goodbye, and come again.", "再见，欢迎再来。") }
    var signIn: String { of("I can only show orders to the customer they belong to; please sign in.", "订单只能由本人查看，请先登录。") }
    var noOrders: String { of("There are no orders in your account.", "您的账户里没有订单。") }
    /// - Parameter latest: what the customer did order, as a list.
    func noOrderOfThatTime(_ latest: String) -> String {
        of("None of your orders is from that time. Your latest: \(latest).", "您在那段时间没有下过订单。最近的订单：\(latest)。")
    }
    func severalOrders(_ orders: String) -> String {
        of("Several orders of yours are from then: \(orders). Which one?", "那段时间您有几个订单：\(orders)。请问是哪一个？")
    }
    func orderPlaced(_ order: Order, items: String) -> String {
        of("\(order.id) of \(order.placedAt.prefix(10)) (\(items))", "\(order.id)，\(order.placedAt.prefix(10))（\(items)）")
    }
    func orderState(_ order: Order, items: String) -> String {
        of(
            "\(order.id) of \(order.placedAt.prefix(10)) (\(items)): \(status(order.status))",
            "\(order.id)，\(order.placedAt.prefix(10))（\(items)）：\(status(order.status))")
    }
    func orders(_ list: String, isAll: Bool) -> String {
        of("Your \(isAll ? "" : "latest ")orders: \(list).", "您\(isAll ? "的订单" : "最近的订单")：\(list)。")
    }
    func orderTotal(_ total: Price) -> String { of("It came to \(price(total)) in all.", "合计 \(price(total))。") }
    var cartElsewhere: String {
        of(
            "I can put pieces into your cart; what is in it, and taking something out, is on the cart's own page.",
            "我可以把商品加入购物车；查看或删除购物车里的商品，请到购物车页面操作。")
    }
    var sayAddIt: String { of("If you would like it, say “add it to my cart”.", "喜欢的话，说“加入购物车”就可以。") }
    var onePieceAtATime: String { of("I take one piece at a time: please name the next.", "我一次处理一件，请再告诉我下一件。") }
    var whatElse: String { of("All right. What can I do for you?", "好的。请问需要什么？") }
    func noSuchOrder(_ id: String) -> String { of("There is no order \(id) in your account.", "您的账户里没有订单 \(id)。") }
    var noSupport: String { of("I found nothing about that in the shop's own texts, so I would rather not guess.", "店内资料里没有相关内容，我不便猜测。") }
    var offerPerson: String { of("Shall I ask a person?", "需要转人工客服吗？") }
    var whichProduct: String { of("Which piece do you mean?", "您指的是哪一件？") }
    func handedOver(_ number: Int64) -> String { of("A person of the shop will take over; your number is \(number).", "已为您转接人工客服，您的排队号是 \(number)。") }
    var outOfScope: String {
        of("I can help with jewellery, orders, delivery, returns, care and sizes; this is beyond me.", "我可以帮您挑选首饰，或解答订单、配送、退换货、保养和尺寸问题，这个我帮不上忙。")
    }

    var dropped: String { of("All right, I leave it as it is.", "好的，不做任何更改。") }
    var notNow: String { of("The shop's system does not answer just now. Nothing was done; please try again in a while.", "系统暂时没有响应，没有做任何更改，请稍后再试。") }
    /// Something was done in the same turn, and what was to follow was not.
    var restNotNow: String { of("The shop's system does not answer now, so I could not go on from there.", "系统现在没有响应，后面的步骤还没有办理。") }
    func soldOut(_ title: String) -> String { of("\(title) is sold out, so I put none into your cart.", "\(title) 已售罄，没有加入购物车。") }
    func onlyLeft(_ count: Int, _ title: String) -> String {
        of("Only \(count) of \(title) are left, so I put none into your cart.", "\(title) 只剩 \(count) 件，没有加入购物车。")
    }
    var uncertain: String {
        of(
            "The shop's system has not answered, so I do not know whether that was done. Say yes and I will ask it again; it will not be done twice.",
            "系统没有回复，我还不能确定是否已经办好。您回复“是”，我再确认一次，不会重复办理。")
    }
    var leftUncertain: String {
        of(
            "All right. Whether it was done I do not know; please ask me about the order in a while.",
            "好的。我还不能确定是否已经办好，请稍后再问我订单的情况。")
    }
    var refusedLater: String {
        of(
            "The shop's system now says that it is not possible. It may have been done when you asked first.",
            "系统现在答复无法办理。您第一次提出时，可能已经办好了。")
    }
    func changedMeanwhile(_ order: String) -> String {
        of("That is not possible any more, so I have changed nothing.", "现在已经无法办理，我没有做任何更改。")
    }

    func notPossible(_ operation: String, _ order: Order, items: String) -> String {
        let state = status(order.status)
        return of(
            "Order \(order.id) (\(items)) is \(state); \(reason(operation))", "订单 \(order.id)（\(items)）\(state)，\(reason(operation))")
    }

    private func reason(_ operation: String) -> String {
        switch operation {
        case "cancel": of("it can be cancelled only until it is packed.", "只有打包之前可以取消。")
        case "address": of("the address can be changed only until it is packed.", "只有打包之前可以修改地址。")
        default: of("that is possible only once it was delivered.", "签收之后才能办理。")
        }
    }

    func nothingFor(_ operation: String) -> String {
        switch operation {
        case "cancel": of("You have no order that can still be cancelled.", "您没有可以取消的订单。")
        case "address": of("You have no order whose address can still be changed.", "您没有可以修改地址的订单。")
        case "resize": of("You have no delivered ring that could be resized.", "您没有已签收的戒指可以改圈。")
        default: of("You have no delivered order for that.", "您没有已签收的订单可以办理。")
        }
    }

    func passedOn(_ person: String) -> String {
        person.isEmpty
            ? of("I have passed it on; a person of the shop will answer here.", "已转达，人工客服会在这里回复您。")
            : of("I have passed it on to \(person).", "已转达给\(person)。")
    }

    func sorry(_ number: Int64) -> String {
        of("I am sorry. A person of the shop will look into this; your number is \(number).", "非常抱歉。人工客服会为您处理，您的排队号是 \(number)。")
    }

    func risk(_ number: Int64) -> String {
        of(
            "I am sorry to hear that. If you feel unwell, please see a doctor now; in an emergency call the emergency services. A person of the shop "
                + "will look into this at once; your number is \(number).",
            "非常抱歉。如果身体不适，请立即就医，紧急情况请拨打急救电话。人工客服会马上为您处理，您的排队号是 \(number)。")
    }

    func alreadyWaiting(_ number: Int64) -> String {
        of("I have added that for the person of the shop who will answer you; your number is still \(number).", "已补充给即将回复您的人工客服，您的排队号仍是 \(number)。")
    }

    func notUnderstood(_ number: Int64) -> String {
        of("I do not seem to be of help, so a person of the shop will take over; your number is \(number).", "看来我没能帮上忙，已为您转接人工客服，您的排队号是 \(number)。")
    }

    /// Of several requests in one turn, one that waits for the answer to a question about another.
    func afterwards(_ words: String) -> String { of("“\(words)” comes right after that.", "“\(words)”稍后马上为您处理。") }
    func oneByOne(_ words: String) -> String {
        of("That is more than I can answer at once; please ask again: “\(words)”", "一次问得有点多，请再问一遍：“\(words)”")
    }

    var compareWhat: String { of("Which two pieces shall I compare?", "请问要比较哪两款？") }
    func noReviews(_ title: String) -> String { of("There are no reviews of \(title) yet.", "\(title) 暂时没有评价。") }

    /// - Parameter isLate: the day on which it should have come is over.
    func order(_ order: Order, items: String, isLate: Bool = false) -> String {
        let state = status(order.status)
        var text = of("Order \(order.id) (\(items)) is \(state).", "订单 \(order.id)（\(items)）\(state)。")
        if !order.carrier.isEmpty, order.status == "shipped" {
            text += of(" \(order.carrier) carries it, tracking number \(order.tracking).", "承运商：\(order.carrier)，运单号 \(order.tracking)。")
        }
        if !order.expectedAt.isEmpty, order.status != "delivered", order.status != "cancelled", order.status != "returned" {
            let day = order.expectedAt.prefix(10)
            text +=
                isLate
                ? of(" It should have arrived by \(day): it is late.", "原定 \(day) 前送达，已经晚了。")
                : of(" It should arrive by \(day).", "预计 \(day) 前送达。")
        }
        return text
    }

    private func status(_ status: String) -> String {
        switch status {
        case "placed": of("placed, and not paid yet", "已下单，待付款")
        case "paid": of("paid, and being prepared", "已付款，正在备货")
        case "processing": of("being prepared", "正在处理")
        case "packed": of("packed, and waiting for the carrier", "已打包，等待揽收")
        case "shipped": of("on its way", "已发货，正在运输途中")
        case "delivered": of("delivered", "已送达")
        case "cancelled": of("cancelled", "已取消")
        case "returned": of("returned", "已退货")
        default: status
        }
    }

    func price(_ price: Price) -> String {
        "\(price.currency) \(price.amountMinor / 100).\(price.amountMinor % 100 < 10 ? "0" : "")\(price.amountMinor % 100)"
    }
}
