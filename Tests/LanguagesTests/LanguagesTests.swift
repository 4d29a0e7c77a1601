import Testing

@testable import Languages

/// Sentences of customers, none of them written with the tables in view.
private let sentences: [String: [String]] = [
    "en": [
        "gold rings under 500 dollars", "Do you have these in silver?", "Where is my order?", "something for my sister's birthday",
        "the second one, please",
        "I'd like to send this back", "How long does it take to Canada", "show me cheaper earrings", "matching bracelet", "opal",
    ],
    "fr": [
        "Bonjour, je cherche une bague en or pour ma femme", "Avez-vous des boucles d'oreilles en argent ?", "Où est ma commande ?",
        "un collier à moins de 200 euros", "Quel est le délai de livraison ?", "Puis-je retourner cet article", "l'anneau le moins cher",
    ],
    "de": [
        "Ich suche einen goldenen Ring für meine Frau", "Haben Sie Ohrringe aus Silber?", "Wo ist meine Bestellung?", "eine Halskette unter 200 Euro",
        "Kann ich das zurückschicken?", "Wie lange dauert der Versand nach Österreich", "Zeigen Sie mir etwas Günstigeres",
    ],
    "es": [
        "Busco un anillo de oro para mi mujer", "¿Tienen pendientes de plata?", "¿Dónde está mi pedido?", "un collar por menos de 200 euros",
        "¿Puedo devolver este artículo?", "cuánto tarda el envío a Chile", "Muéstrame algo más barato",
    ],
    "it": [
        "Cerco un anello d'oro per mia moglie", "Avete orecchini in argento?", "Dov'è il mio ordine?", "una collana sotto i 200 euro",
        "Posso restituire questo articolo?", "quanto tempo ci vuole per la consegna", "Mostrami qualcosa di meno caro",
    ],
    "pt": [
        "Procuro um anel de ouro para a minha mulher", "Vocês têm brincos de prata?", "Onde está a minha encomenda?",
        "um colar por menos de 200 euros",
        "Posso devolver este artigo?", "quanto tempo demora a entrega", "Mostre-me algo mais barato, por favor",
    ],
    "nl": [
        "Ik zoek een gouden ring voor mijn vrouw", "Heeft u oorbellen van zilver?", "Waar is mijn bestelling?", "een ketting onder de 200 euro",
        "Kan ik dit terugsturen?", "hoe lang duurt de levering naar België", "Laat me iets goedkopers zien",
    ],
    "pl": [
        "Szukam złotego pierścionka dla żony", "Czy mają państwo srebrne kolczyki?", "Gdzie jest moje zamówienie?", "naszyjnik do 200 złotych",
        "Czy mogę to zwrócić?", "ile trwa dostawa do Krakowa", "proszę pokazać coś tańszego",
    ],
    "tr": [
        "Eşim için altın bir yüzük arıyorum", "Gümüş küpeniz var mı?", "Siparişim nerede?", "200 liranın altında bir kolye",
        "Bunu iade edebilir miyim?",
        "teslimat ne kadar sürer", "daha ucuz bir şey gösterin",
    ],
    "ru": ["Ищу золотое кольцо для жены", "Где мой заказ?", "серьги из серебра"], "ar": ["أبحث عن خاتم ذهب لزوجتي", "أين طلبي؟"],
    "th": ["อยากได้แหวนทองให้ภรรยา", "ของที่สั่งอยู่ที่ไหน"], "ko": ["아내에게 줄 금반지를 찾고 있어요", "주문한 상품은 어디에 있나요?", "18k 반지"],
    "ja": [
        "妻に贈る金の指輪を探しています", "純金指輪を探す", "注文番号VT-10023の配送状況確認をお願いします", "シルバーのピアスはありますか", "真珠の首飾りを見たい",
        "返品交換可能期間を教えて", "ネックレス",
    ],
    "zh": [
        "我想要一条金项链", "我想要 iPhone 的挂坠", "玫瑰金耳环", "VT-10023 到哪了", "有沒有便宜一點的戒指", "优の良品家的戒指有吗", "500元以下的18K金戒指",
        "bracelet-link-silver有货吗？",
    ],
]

@Suite("Which language a text is in")
struct LanguagesTests {
    @Test("Sentences of customers are told apart", arguments: sentences.keys.sorted())
    func sentence(language: String) {
        for text in sentences[language] ?? [] { #expect(Languages.guess(text) == language, "\(text): \(Languages.guesses(of: text).prefix(3))") }
    }

    @Test("All languages that are known have sentences here")
    func complete() { #expect(Set(Languages.known) == Set(sentences.keys)) }

    @Test(
        "What has no letters is in no language; Latin letters without a sign of another are English",
        arguments: [("", nil), ("42 !", nil), ("VT-7", "en")])
    func nothing(text: String, language: String?) { #expect(Languages.guess(text) == language) }

    @Test("Shares add up to one, and are surer the more there is to go by")
    func shares() {
        for text in sentences.values.flatMap(\.self) where Languages.guess(text).map(LatinWords.languages.contains) == true {
            #expect(abs(Languages.guesses(of: text).reduce(0) { $0 + $1.confidence } - 1) < 1e-4)
        }
        let (short, long) = (Languages.guesses(of: "bague")[0], Languages.guesses(of: "je cherche une bague pour ma mère")[0])
        #expect(short.code == "fr" && long.code == "fr" && short.confidence < long.confidence && long.confidence > 0.95)
    }

    @Test("Accents count however they are written, and a long text is read at its beginning")
    func forms() {
        #expect(Languages.guesses(of: "bague dore\u{301}e") == Languages.guesses(of: "bague dorée"))
        #expect(Languages.guess(String(repeating: "где мой заказ ", count: 100_000)) == "ru")
    }
}
