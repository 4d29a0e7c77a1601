import Testing
import Wire

@testable import Replay

@Suite("A printed transcript")
struct TranscriptPrinterTests {
    private let plain = TranscriptPrinter(colours: false)

    @Test(
        "What the customer does is one line",
        arguments: [
            (ClientAction.say("hello", language: ""), "customer  hello"), (.speak(file: "/a/b.wav"), "customer  🎙  b.wav"),
            (.speak(.spoken(SpokenText(text: "gold")), noise: nil, pace: 0), "customer  🎙  “gold” (en-us)"), (.cancel, "customer  (cancels)"),
            (.consent(Consent(recordAudio: true, personalise: true)), "customer  consent: audio, personal"),
            (.show(file: "ring.jpg"), "customer  🖼  ring.jpg"), (.selfie(file: "x/me.png"), "customer  🤳 me.png"),
            (.tryOn(TryOnRequest(productID: "R")), "customer  try on R"),
            (.behaviour(.addToCart, product: "R"), "customer  addToCart R"), (.language("zh"), "customer  language: zh"),
            (.language(""), "customer  language: as spoken"), (.bargeIn, "customer  (interrupts)"),
            (.silence(ms: 300), "customer  (300 ms of silence)"),
        ])
    func action(action: ClientAction, line: String) {
        #expect(plain.action(action) == line)
    }

    @Test("Recommendations are numbered, with price and reasons")
    func recommendations() {
        let message = received(
            .recommendations(
                Recommendations(items: [
                    Recommendation(
                        productID: "A", title: "Gold ring", price: Money(amountMinor: 45_005, currency: "USD"),
                        reasons: [Reason(modality: "text", share: 0.256, text: "fits"), Reason(modality: "image", share: 1, text: "alike")],
                        inStock: true),
                    Recommendation(productID: "B", title: "Pearl", inStock: false),
                ])))
        #expect(
            plain.lines(message) == [
                "shop      1. Gold ring · USD 450.05", "                26 % text: fits", "               100 % image: alike",
                "          2. Pearl · sold out",
            ])
    }

    @Test("Replies, transcripts, try-ons and problems are told with what they rest on")
    func others() {
        let reply = ReplyDelta(
            text: "Yes.", last: true, sources: [Source(kind: "policy", id: "returns", title: "Returns"), Source(kind: "order", id: "VT-1")])
        #expect(
            plain.lines(received(.reply(reply))) == [
                "shop      Yes.", "               source: policy returns – Returns", "               source: order VT-1",
            ])
        #expect(plain.lines(received(.transcript(Transcript(text: "rings", language: "en", final: true)))) == ["heard     “rings” (en)"])
        let tryOn = TryOn(productID: "R", imageWidth: 640, imageHeight: 480, overlays: [Overlay(anchor: "neck", x: 10.7, y: 20, scale: 0.3333)])
        #expect(plain.lines(received(.tryOn(tryOn))) == ["shop      try-on of R on 640 × 480", "               neck at (10, 20), scale 0.33"])
        #expect(plain.lines(received(.problem(Problem(code: 3, message: "empty")))) == ["problem   INVALID_ARGUMENT: empty"])
    }

    @Test("What only machines want is no line")
    func silent() {
        #expect(plain.lines(received(.turn(TurnEvent(state: .done)))).isEmpty)
        #expect(plain.lines(received(.transcript(Transcript(text: "ri", final: false)))).isEmpty)
        #expect(plain.lines(received(.reply(ReplyDelta()))).isEmpty)
    }

    @Test("Colours are for terminals only")
    func colours() {
        #expect(TranscriptPrinter(colours: true).action(.bargeIn) == "\u{1B}[36mcustomer\u{1B}[0m  (interrupts)")
        #expect(!plain.action(.bargeIn).contains("\u{1B}"))
    }
}
