import EventLoop
import Fusion
import Router
import Wire

/// A camera: what the plugins work on; what was seen is remembered for the words that point at it.
struct VideoSlot {
    var intake: VideoIntake<RoutedMessage>
    /// What the plugins work on, and those of them that have not answered it.
    var current: SharedBuffer?
    var currentCapturedUs: UInt64 = 0
    var owing: [Int] = []
    /// What was seen, by when it was taken.
    var timeline: FrameTimeline
    var pose: Pose?
    /// The picture that `pose` was found in.
    var picture: TurnPicture?
    var seenUs: UInt64 = 0

    /// Whoever had the picture is gone, or never got it.
    mutating func forget() {
        owing = []
        intake.forget()
    }
}

/// A camera: only its newest picture counts; which are looked at is `VideoIntake`'s decision. Its plugins' streams last until the session ends, so
/// that what is seen can be followed.
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
        if video == nil {
            video = VideoSlot(
                intake: VideoIntake(framesPerSecondMax: limits.videoFramesPerSecondMax), timeline: FrameTimeline(policy: route.plan.align.frames))
        }
        let picture = routed(SharedBuffer(copying: payload), peek, turnID: 0)
        look { $0.came(picture, nowUs: $1) }
    }

    /// Asks which picture is next and gives it to the plugins. The route is settled first, since a new one forgets what the old one had.
    private func look(_ ask: (inout VideoIntake<RoutedMessage>, UInt64) -> VideoIntake<RoutedMessage>.Action?) {
        do throws(RPCStatus) {
            let route = try currentRoute()
            guard var intake = video?.intake else { return }
            let action = ask(&intake, loop.nowUs)
            video?.intake = intake
            switch action {
            case nil: break
            case .wait(let us):
                videoTimer = loop.after(us) { [weak self] in
                    guard let self, !ended else { return }
                    look { $0.due(nowUs: $1) }
                }
            case .send(let picture):
                video?.current = picture.payload
                video?.currentCapturedUs = picture.captureTimeUs
                video?.owing = route.plugins(of: .video)
                try route.send(picture, to: .video, opening: StreamOpen(sessionKey: key, language: language))
                if video?.owing.isEmpty == true { nextPicture() }
            }
        } catch {
            video?.forget()
            problem(error)
        }
    }

    private func nextPicture() {
        guard !ended else { return }
        look { $0.answered(nowUs: $1) }
    }

    func isVideo(_ turnID: UInt64) -> Bool { turnID == 0 && video != nil }

    /// A plugin has found something in the picture in the making.
    func videoGave(_ node: Int, feature: Feature? = nil, pose: Pose? = nil, captureTimeUs: UInt64) {
        guard let capturedUs = video?.currentCapturedUs else { return }
        if let feature { video?.timeline.add(.init(capturedUs: capturedUs, feature: feature)) }
        if let pose {
            let picture = video?.current.map(TurnPicture.init)
            video?.pose = pose
            video?.picture = picture
        }
        video?.seenUs = loop.nowUs
        if let pose { follow(pose, captureTimeUs) }
        videoAnswered(node)
    }

    /// A plugin has answered the picture in the making, if only with a refusal, or never will: the next one may come when all have.
    func videoAnswered(_ node: Int) {
        guard let index = video?.owing.firstIndex(of: node) else { return }
        video?.owing.remove(at: index)
        if video?.owing.isEmpty == true { nextPicture() }
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
