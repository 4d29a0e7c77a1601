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
                let plugins = try plugins(for: picture, route)
                video?.owing = plugins
                for node in plugins {
                    try route.send(picture, toNode: node, opening: StreamOpen(sessionKey: key, language: language), isFeed: true)
                }
                if video?.owing.isEmpty == true { nextPicture() }
            }
        } catch {
            video?.forget()
            problem(error)
        }
    }

    /// A picture of the customer goes to those that look for people, one of a thing to those that tell what it looks like; while something is
    /// tried on live, and where the graph has no such plugin, to all that take video.
    private func plugins(for picture: RoutedMessage, _ route: Route) throws(RPCStatus) -> [Int] {
        let all = route.plugins(of: .video)
        let peek = try MessagePeek(clientMessage: picture.payload.bytes)
        let wanted: String
        switch try VideoFrameView(peek.contents(in: picture.payload.bytes)).purpose {
        case .selfie: wanted = Modality.selfie
        case .query where liveTryOn == nil: wanted = Modality.image
        default: return all
        }
        let fitting = all.filter { $0 < route.plan.streams.count && route.plan.streams[$0].modality == wanted }
        return fitting.isEmpty ? all : fitting
    }

    private func nextPicture() {
        guard !ended else { return }
        look { $0.answered(nowUs: $1) }
    }

    func isVideo(_ turnID: UInt64) -> Bool { turnID == 0 && video != nil }

    /// A plugin has found something in the picture in the making.
    func videoGave(_ node: Int, feature: Feature? = nil, pose: Pose? = nil, captureTimeUs: UInt64) {
        guard let capturedUs = video?.currentCapturedUs else { return }
        if let feature {
            video?.timeline.add(.init(capturedUs: capturedUs, feature: feature))
            // Which picture of the camera is meant is chosen when the turn is decided.
            settleCamera(node) { _ in }
        }
        if let pose {
            let picture = video?.current.map(TurnPicture.init)
            video?.pose = pose
            video?.picture = picture
        }
        video?.seenUs = loop.nowUs
        if let pose {
            let picture = video?.picture
            settleCamera(node) { turn in if turn.picture == nil { (turn.pose, turn.picture) = (pose, picture) } }
            follow(pose, captureTimeUs)
        }
        videoAnswered(node)
    }

    /// A plugin has answered the picture in the making, if only with a refusal, or never will: the next one may come when all have.
    func videoAnswered(_ node: Int) {
        guard let index = video?.owing.firstIndex(of: node) else { return }
        video?.owing.remove(at: index)
        if video?.owing.isEmpty == true { nextPicture() }
        // A turn that waits for what the camera shows goes on without it, unless the next picture is being looked at.
        if video?.owing.contains(node) != true { settleCamera(node, nil) }
    }

    /// What turns that wait for the camera have been waiting for; nil = it will not come.
    private func settleCamera(_ node: Int, _ take: ((Turn) -> Void)?) {
        for turn in turns + [lastOver].compactMap(\.self) {
            guard let wait = turn.camera, wait.node == node else { continue }
            turn.camera = nil
            if let take { arrived(wait.modality, node: node, turnID: turn.id, take) } else { failed(wait.modality, node: node, in: turn) }
        }
    }

    /// A camera that was just turned on has shown a picture that nobody has looked at yet: a turn that is about it waits, so that no customer in
    /// front of the camera is asked for a selfie, and none who holds a ring up is told about another.
    private func awaitCamera(_ modality: String, _ turn: Turn) {
        guard turn.camera == nil, let video, let route else { return }
        let streams = route.plan.streams
        guard let node = video.owing.first(where: { streams.indices.contains($0) && streams[$0].modality == modality }) else { return }
        turn.camera = (node, modality)
        expect(modality, from: node, in: turn)
    }

    /// The turn's words may be about what the camera shows.
    func awaitPointedAt(in turn: Turn) {
        guard let video, PointingWords.moment(in: turn.words) != nil, video.timeline.chosen(for: pointing(turn)) == nil else { return }
        awaitCamera(Modality.image, turn)
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
        if turn.picture == nil, let video, freshPose(of: video) == nil { awaitCamera(Modality.selfie, turn) }
        restartQuiet(turn)
    }

    /// Where the customer is, as long as it is not too long ago.
    func freshPose(of video: VideoSlot) -> Pose? {
        video.seenUs + UInt64(limits.videoFreshMs) * 1_000 >= loop.nowUs ? video.pose : nil
    }

    /// Answers a camera's picture while a product is tried on live.
    private func follow(_ pose: Pose, _ captureTimeUs: UInt64) {
        guard let productID = liveTryOn, let follower = deployment().cameraFollower else { return }
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
