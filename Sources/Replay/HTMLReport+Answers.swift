/// What the shop answered, as people see it.
extension HTMLReport {
    mutating func answers(_ step: StepReport, selfie: String?) -> String {
        var out = ""
        var reply = ""
        for message in step.messages {
            let body = message.message
            switch message.kind {
            case "transcript":
                let heard = body["transcript"]
                out +=
                    "<p class=\"heard\">“\(escaped(heard?["text"]?.string ?? ""))” <small>"
                    + "\(escaped(heard?["language"]?.string ?? ""))\(after(message))"
                    + "</small></p>"
            case "recommendations": out += products(body["recommendations"] ?? .null, message)
            case "reply_start": reply += body["reply"]?["text"]?.string ?? ""
            case "reply":
                out += self.reply(body["reply"] ?? .null, text: reply + (body["reply"]?["text"]?.string ?? ""), message)
                reply = ""
            case "try_on": out += tryOn(body["tryOn"] ?? .null, selfie: selfie, message)
            case "problem":
                let problem = body["problem"]
                out += "<p class=\"problem\"><b>\(escaped(FailureText.code(problem)))</b> \(escaped(problem?["message"]?.string ?? ""))</p>"
            case "turn_interrupted": out += "<p class=\"deed\">interrupted\(after(message))</p>"
            case "turn_expired": out += "<p class=\"deed\">the turn expired</p>"
            case "resumed": out += "<p class=\"deed\">the session was resumed</p>"
            case "status": out += "<p class=\"deed\">the stream ended: \(escaped(message.status ?? ""))</p>"
            default: break
            }
        }
        if !reply.isEmpty { out += "<p class=\"bubble cut\">\(escaped(reply))…</p>" }
        return out
    }

    private func after(_ message: MessageReport) -> String { " · \(Self.duration(message.afterMs))" }

    private func reply(_ reply: JSONValue, text: String, _ message: MessageReport) -> String {
        let sources = (reply["sources"]?.items ?? []).map { source in
            "<span class=\"source\" title=\"\(escaped(source["quote"]?.string ?? ""))\">\(escaped(source["kind"]?.string ?? "")) "
                + "\(escaped(source["title"]?.string ?? source["id"]?.string ?? ""))</span>"
        }
        var facts: [String] = []
        for key in ["agent", "intent", "language"] { if let fact = reply[key]?.string, !fact.isEmpty, !facts.contains(fact) { facts.append(fact) } }
        return
            "<div class=\"bubble\"><p>\(escaped(text))</p>\(sources.joined())"
            + "<small>\(escaped(facts.joined(separator: " · ")))\(after(message))</small></div>"
    }

    // MARK: Products

    private mutating func products(_ recommendations: JSONValue, _ message: MessageReport) -> String {
        let filters = (recommendations["filters"]?.items ?? []).map { filter in
            "<span class=\"tag\">\(escaped(["field", "operator", "value"].compactMap { filter[$0]?.string }.joined(separator: " ")))</span>"
        }
        let cards = (recommendations["items"]?.items ?? []).enumerated().map { card($1, place: $0 + 1) }
        return "<div class=\"shelf\"><p>\(filters.joined())<small>\(cards.count) products\(after(message))</small></p>"
            + "<div class=\"cards\">\(cards.joined())</div></div>"
    }

    private mutating func card(_ item: JSONValue, place: Int) -> String {
        let id = item["productId"]?.string ?? ""
        let picture =
            products[id]?.picture.flatMap { source("product \(id)", $0) }.map { "<img alt=\"\" \($0)>" } ?? "<i class=\"nopicture\">\(place)</i>"
        let price = item["price"].flatMap { price -> String? in
            guard let minor = price["amountMinor"]?.number else { return nil }
            let cents = Int(minor) % 100
            return "\(price["currency"]?.string ?? "") \(Int(minor) / 100).\(cents < 10 ? "0" : "")\(cents)"
        }
        let reasons = (item["reasons"]?.items ?? []).map { reason in
            let share = Int(((reason["share"]?.number ?? 0) * 100).rounded())
            return "<span title=\"\(escaped(reason["text"]?.string ?? ""))\" style=\"flex-grow:\(max(1, share))\" class=\"r-"
                + "\(escaped(reason["modality"]?.string ?? ""))\">\(escaped(reason["modality"]?.string ?? "")) \(share) %</span>"
        }
        return "<div class=\"card\" title=\"\(escaped(id))\">\(picture)<b>\(escaped(item["title"]?.string ?? id))</b>"
            + "<small>\(escaped(price ?? ""))\(item["inStock"]?.isTrue == true ? "" : " · sold out")</small>"
            + "<div class=\"reasons\">\(reasons.joined())</div></div>"
    }

    // MARK: Try-on

    /// The customer's picture with the product on it, and the points that it hangs on.
    private mutating func tryOn(_ tryOn: JSONValue, selfie: String?, _ message: MessageReport) -> String {
        let width = tryOn["imageWidth"]?.number ?? 1
        let height = tryOn["imageHeight"]?.number ?? 1
        let id = tryOn["productId"]?.string ?? ""
        let picture = selfie.flatMap { source($0) }.map { "<image width=\"\(width)\" height=\"\(height)\" \($0)/>" } ?? ""
        let worn = (tryOn["overlays"]?.items ?? []).map { overlay(id, $0) }
        // Of the picture's longer side, which is drawn some 280 pixels long: rings of 3.5 pixels and letters of 12 for people to see.
        let size = max(width, height) / 80
        let anchors = tryOn["anchors"]?.items ?? []
        let points = anchors.map { anchor in
            let x = anchor["x"]?.number ?? 0
            let y = anchor["y"]?.number ?? 0
            let name = escaped(anchor["name"]?.string ?? "").replacing("_", with: " ")
            // Names stand outside of what they name.
            let isLeft = x < width / 2
            return "<g class=\"anchor\"><circle cx=\"\(x)\" cy=\"\(y)\" r=\"\(size)\" stroke-width=\"\(size / 3)\"/>"
                + "<text x=\"\(x + (isLeft ? -2 : 2) * size)\" y=\"\(y + size)\" font-size=\"\(size * 3.2)\""
                + " text-anchor=\"\(isLeft ? "end" : "start")\">\(name)</text></g>"
        }
        let shown = picture + worn.joined()
        return "<div class=\"tryon\"><figure><svg viewBox=\"0 0 \(width) \(height)\">\(shown)\(points.joined())</svg>"
            + "<figcaption>try-on of \(escaped(id)) <small>\(after(message))</small></figcaption></figure>"
            + "\(closeUp(tryOn, shown, width, height))</div>"
    }

    /// The part of the picture that the jewellery hangs in, without marks.
    private func closeUp(_ tryOn: JSONValue, _ shown: String, _ width: Double, _ height: Double) -> String {
        let worn = tryOn["overlays"]?.items ?? []
        let xs = worn.compactMap { $0["x"]?.number }
        let ys = worn.compactMap { $0["y"]?.number }
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max() else { return "" }
        let side = max((right - left) * 1.9, bottom - top, width * 0.22)
        let x = (left + right - side) / 2
        let y = (top + bottom - side) / 2
        return "<figure><svg viewBox=\"\(x) \(y) \(side) \(side)\">\(shown)</svg><figcaption>close up</figcaption></figure>"
    }

    private mutating func overlay(_ product: String, _ overlay: JSONValue) -> String {
        guard let media = products[product]?.overlay, let size = PictureSize.of(media.bytes), let source = source("overlay \(product)", media) else {
            return ""
        }
        return "<image width=\"\(size.width)\" height=\"\(size.height)\" transform=\"\(Self.transform(overlay))\" \(source)/>"
    }

    /// The overlay's anchor point goes onto x, y; scaled, its width stretched, and turned about that point.
    static func transform(_ overlay: JSONValue) -> String {
        func number(_ key: String) -> Double { overlay[key]?.number ?? 0 }
        let degrees = number("rotation") * 180 / Double.pi
        // 0 = as wide as it is.
        let stretch = number("stretch") == 0 ? 1 : number("stretch")
        return "translate(\(number("x")) \(number("y"))) rotate(\(degrees)) scale(\(number("scale") * stretch) \(number("scale"))) "
            + "translate(\(-number("imageAnchorX")) \(-number("imageAnchorY")))"
    }
}

/// Width and height of a WebP or PNG file from its header.
enum PictureSize {
    static func of(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        if bytes.count > 24, bytes[0] == 0x89, bytes[1] == 0x50 { return (big(bytes, 16, 4), big(bytes, 20, 4)) }
        if bytes.count > 30, Array(bytes[8..<12]) == Array("WEBP".utf8) { return webp(bytes) }
        return nil
    }

    /// RFC 9649: VP8X has 24 bits less one; VP8L 14 bits less one each; VP8 14 bits after its start code.
    private static func webp(_ bytes: [UInt8]) -> (width: Int, height: Int)? {
        switch String(decoding: bytes[12..<16], as: UTF8.self) {
        case "VP8X": return (little(bytes, 24, 3) + 1, little(bytes, 27, 3) + 1)
        case "VP8L":
            let bits = little(bytes, 21, 4)
            return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case "VP8 ": return (little(bytes, 26, 2) & 0x3FFF, little(bytes, 28, 2) & 0x3FFF)
        default: return nil
        }
    }

    private static func little(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
    private static func big(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int { (0..<count).reduce(0) { $0 << 8 | Int(bytes[at + $1]) } }
}
