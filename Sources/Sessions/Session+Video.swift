import EventLoop
import Fusion
import Router
import Wire

/// A camera: one picture in the making, the newest one waiting, what it replaces gone; what was seen is remembered for the words that point at it.
struct VideoSlot {
    /// What the plugins work on, and when it was taken.
    var inFlight = false
    var current: SharedBuffer?
    var currentCapturedUs: UInt64 = 0
    var waiting: (payload: SharedBuffer, captureTimeUs: UInt64)?
    /// What was seen, by when it was taken.
    var timeline: FrameTimeline
    var pose: Pose?
    /// The picture that `pose` was found in.
    var picture: TurnPicture?
    var seenUs: UInt64 = 0
}

/// A camera: of pictures that wait only the newest counts. Its plugins' streams last until the session ends, so that what is seen can be followed.
extension Session {
    /// The largest preview that may be asked for, pixels of its longer side.
    static let previewSidePixelsMax: UInt32 = 16_384

    func receiveVideo(_ payload: UnsafeRawBufferPointer, _ peek: MessagePeek) throws(RPCStatus) {
        try ledger.spend(payload.count, on: .video)
        defer { giveBack(payload.count, on: .video) }
        guard payload.count <= limits.imageBytesMax else {
            throw RPCStatus(.resourceExhausted, "the camera picture has \(payload.count) bytes; at most \(limits.imageBytesMax) are allowed")
        }
        let route = try currentRoute()
        guard !route.targets(of: .video).isEmpty else { throw RPCStatus(.unimplemented, "this server's graph takes no video") }
        let copy = SharedBuffer(copying: payload)
        let captureTimeUs = routed(copy, peek, turnID: 0).captureTimeUs
        if video == nil { video = VideoSlot(timeline: FrameTimeline(policy: route.plan.align.frames)) }
        guard video?.inFlight == false else {
            video?.waiting = (copy, captureTimeUs)
            return
        }
        try show(copy, captureTimeUs, on: route)
    }

    /// Gives a picture to the plugins.
    private func show(_ payload: SharedBuffer, _ captureTimeUs: UInt64, on route: Route) throws(RPCStatus) {
        video?.inFlight = true
        video?.current = payload
        video?.currentCapturedUs = captureTimeUs
        let message = RoutedMessage(kind: ClientMessageKind.video, turnID: 0, revision: 0, captureTimeUs: captureTimeUs, payload: payload)
        do throws(RPCStatus) {
            try route.send(message, to: .video, opening: StreamOpen(sessionKey: key, language: language))
        } catch {
            video?.inFlight = false
            throw error
        }
    }

    func isVideo(_ turnID: UInt64) -> Bool { turnID == 0 && video != nil }

    /// A plugin has answered the picture in the making, if only with a refusal: the next one may come.
    func videoGave(feature: Feature?, pose: Pose?, captureTimeUs: UInt64) {
        guard var slot = video else { return }
        if let feature { slot.timeline.add(.init(capturedUs: slot.currentCapturedUs, feature: feature)) }
        if let pose { (slot.pose, slot.picture) = (pose, slot.current.map(TurnPicture.init)) }
        if feature != nil || pose != nil { slot.seenUs = loop.nowUs }
        slot.inFlight = false
        let next = slot.waiting
        slot.waiting = nil
        video = slot
        if let pose { follow(pose, captureTimeUs) }
        guard let next, let route, !ended else { return }
        do throws(RPCStatus) {
            try show(next.payload, next.captureTimeUs, on: route)
        } catch {
            problem(error)
        }
    }

    // MARK: Trying on

    func receive(_ request: TryOnRequest, _ peek: MessagePeek) throws(RPCStatus) {
        guard !request.productID.isEmpty else { throw RPCStatus(.invalidArgument, "a try-on names a product_id") }
        guard request.previewSidePxMax <= Session.previewSidePixelsMax else {
            throw RPCStatus(
                .invalidArgument, "a preview of \(request.previewSidePxMax) pixels was asked for; at most \(Session.previewSidePixelsMax) are allowed"
            )
        }
        let turn = try collectingTurn(peek.turnID)
        turn.tryOn = request
        liveTryOn = request.live ? request.productID : nil
        restartQuiet(turn)
    }

    /// Answers a camera's picture while a product is tried on live.
    private func follow(_ pose: Pose, _ captureTimeUs: UInt64) {
        guard let productID = liveTryOn, let follower = deployment().agents.lazy.compactMap({ $0 as? any CameraFollower }).first else { return }
        do throws(RPCStatus) {
            let overlays = try follower.overlays(of: productID, on: pose)
            emitUnkept(
                .tryOn(
                    TryOn(
                        productID: productID, imageWidth: pose.imageWidth, imageHeight: pose.imageHeight, anchors: pose.anchors, overlays: overlays,
                        captureTimeUs: captureTimeUs)))
        } catch {
            liveTryOn = nil
            problem(error)
        }
    }
}
