import Languages

/// In which language a customer writes, and in which of the two that the shop speaks they are answered.
struct Language: Equatable {
    /// "en" or "zh".
    var answered: String
    /// The customer's own, when it is neither and there is hardly a doubt; else "".
    var foreign: String

    /// Surer than this, a text is in a language that is not spoken here.
    private static let foreignMin: Float = 0.9

    init(answered: String, foreign: String = "") {
        self.answered = answered
        self.foreign = foreign
    }

    /// By the words of a text.
    init(of text: String) {
        let best = Languages.guesses(of: text).first
        self.init(answered: best?.code == "zh" ? "zh" : "en")
        if let best, !["en", "zh"].contains(best.code), best.confidence >= Self.foreignMin { foreign = best.code }
    }

    /// As a client or a recogniser names it (BCP 47).
    init(tag: String) {
        let primary = tag.prefix { $0 != "-" && $0 != "_" }.lowercased()
        self.init(answered: primary == "zh" ? "zh" : "en", foreign: ["", "en", "zh"].contains(primary) ? "" : primary)
    }

    /// That answers come in English or Chinese, in the customer's own language; "" for one that there is no such sentence in.
    var notice: String { Self.notices[foreign] ?? "" }

    private static let notices = [
        "ar": "يمكنني الرد بالإنجليزية أو الصينية فقط.", "de": "Ich kann nur auf Englisch oder Chinesisch antworten.",
        "es": "Solo puedo responder en inglés o en chino.", "fr": "Je ne peux répondre qu'en anglais ou en chinois.",
        "it": "Posso rispondere solo in inglese o in cinese.", "ja": "お返事は英語か中国語のみとなります。",
        "ko": "답변은 영어 또는 중국어로만 드릴 수 있습니다.", "nl": "Ik kan alleen in het Engels of Chinees antwoorden.",
        "pl": "Mogę odpowiadać tylko po angielsku lub chińsku.", "pt": "Só posso responder em inglês ou em chinês.",
        "ru": "Я могу отвечать только на английском или китайском.", "th": "ตอบได้เฉพาะภาษาอังกฤษหรือภาษาจีนเท่านั้น",
        "tr": "Yalnızca İngilizce veya Çince yanıt verebilirim.",
    ]
}
