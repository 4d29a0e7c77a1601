public import Catalog
public import Previews
public import Sessions
public import Wire

/// Puts a product on the customer's picture: anchors, where the overlay goes, and the picture with the product on it if that is wished for.
public struct TryOnAgent: CameraFollower {
    public let name = AgentName.tryOn
    private let snapshot: CatalogSnapshot
    private let painter: PreviewPainter?

    /// - Parameter painter: nil = this server draws no previews.
    public init(snapshot: CatalogSnapshot, painter: PreviewPainter? = nil) {
        self.snapshot = snapshot
        self.painter = painter
    }

    public func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {
        let say = Phrases(turn.language)
        guard let pose = turn.pose else { return done(say.needsSelfie, .clarify, turn, reply) }
        guard let id = turn.tryOn?.productID ?? mentioned(turn.words) ?? turn.context.focusedProduct else {
            return done(say.tryOnWhat, .clarify, turn, reply)
        }
        let product = try product(id)
        guard let overlay = product.overlay else { return done(say.cannotTryOn(product.title(in: turn.language)), .noAnswer, turn, reply) }
        let overlays = OverlayPlacement.place(overlay, on: pose)
        reply.focus(onProduct: id)
        var shown = TryOn(
            productID: id, imageWidth: pose.imageWidth, imageHeight: pose.imageHeight, anchors: pose.anchors, overlays: overlays)
        var failure: RPCStatus?
        if let wish = turn.tryOn, wish.preview != .unspecified, !overlays.isEmpty {
            do throws(RPCStatus) {
                shown.preview = try await preview(turn, overlays, wish)
                shown.previewFormat = wish.preview
            } catch {
                failure = error
            }
        }
        reply.send(.tryOn(shown))
        let title = product.title(in: turn.language)
        done(
            overlays.isEmpty ? unseen(overlay, pose, say) : say.onYou(title), overlays.isEmpty ? .clarify : .answer, turn, reply,
            sources: [Source(kind: "product", id: id, title: title)])
        // The answer stands without the picture; why there is none is told beside it.
        if let failure { throw failure }
    }

    public func overlays(of productID: String, on pose: Pose) throws(RPCStatus) -> [Overlay] {
        guard let overlay = try product(productID).overlay else {
            throw RPCStatus(.failedPrecondition, "the product '\(productID)' cannot be tried on")
        }
        return OverlayPlacement.place(overlay, on: pose)
    }

    /// Why nothing could be put on: what is to be seen is turned away, or is not there.
    private func unseen(_ overlay: ProductOverlay, _ pose: Pose, _ say: Phrases) -> String {
        OverlayPlacement.isTurnedAway(overlay.anchorKind, on: pose) ? say.showsPalm : say.cannotSee(overlay.anchorKind)
    }

    private func preview(_ turn: TurnQuery, _ overlays: [Overlay], _ wish: TryOnRequest) async throws(RPCStatus) -> [UInt8] {
        guard let painter else { throw RPCStatus(.unimplemented, "this server draws no previews") }
        guard let picture = turn.picture else { throw RPCStatus(.failedPrecondition, "there is no picture to draw the preview on") }
        return try await painter.paint(try picture.file(), overlays, format: wish.preview, sideMax: Int(wish.previewSidePxMax))
    }

    private func product(_ id: String) throws(RPCStatus) -> Product {
        guard let product = snapshot.product(id) else { throw RPCStatus(.notFound, "there is no product '\(id)' in this shop") }
        return product
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
