public import Catalog
public import Sessions
public import Wire

/// Puts a product on the customer's picture: anchors, and where the overlay goes.
public struct TryOnAgent: Agent {
    public let name = AgentName.tryOn
    private let snapshot: CatalogSnapshot

    public init(snapshot: CatalogSnapshot) { self.snapshot = snapshot }

    public func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        let say = Phrases(turn.language)
        guard let pose = turn.pose else { return done(say.needsSelfie, .clarify, turn, reply) }
        guard let id = turn.tryOnProduct ?? mentioned(turn.words) ?? turn.context.focusedProduct else {
            return done(say.tryOnWhat, .clarify, turn, reply)
        }
        guard let product = snapshot.product(id) else {
            throw RPCStatus(.notFound, "there is no product '\(id)' in this shop")
        }
        guard let overlay = product.overlay else { return done(say.cannotTryOn(product.title(in: turn.language)), .noAnswer, turn, reply) }
        let overlays = OverlayPlacement.place(overlay, on: pose)
        reply.focus(onProduct: id)
        reply.send(
            .tryOn(TryOn(productID: id, imageWidth: pose.imageWidth, imageHeight: pose.imageHeight, anchors: pose.anchors, overlays: overlays)))
        let title = product.title(in: turn.language)
        done(
            overlays.isEmpty ? say.cannotSee(overlay.anchorKind) : say.onYou(title), overlays.isEmpty ? .clarify : .answer, turn, reply,
            sources: [Source(kind: "product", id: id, title: title)])
    }

    /// A product whose id stands in the words.
    private func mentioned(_ words: String) -> String? {
        words.split(whereSeparator: { $0.isWhitespace || $0 == "," }).map(String.init).first { snapshot.product($0) != nil }
    }

    private func done(_ text: String, _ kind: ReplyKind, _ turn: TurnQuery, _ reply: ReplySink, sources: [Source] = []) {
        reply.send(
            .reply(ReplyDelta(text: text, language: turn.language, last: true, replyKind: kind, sources: sources, intent: "try_on", agent: name)))
    }
}
