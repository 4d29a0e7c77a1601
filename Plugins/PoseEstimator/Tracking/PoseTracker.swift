/// Follows figures from one picture of a camera to the next: landmarks say where to look next, a detector runs only for what is lost or was not
/// there (MediaPipe's rules; but what is not there is looked for, and a body measured, a few times a second and not in every picture). A value:
/// what was found in, where to look out. Nothing but places is kept.
///
///     plan ─▶ (PoseChain) ─▶ finished ─▶ plan of the next picture …
struct PoseTracker: Equatable, Sendable {
    struct Track: Equatable, Sendable {
        var kind: PoseChainKind
        var id: UInt32
        var region: Region
        /// Of a hand: that it is the right one, averaged over the pictures.
        var rightHand: Double
        var smoother = LandmarkSmoother()
        /// When and as what it was last measured, and where the largest face was then.
        var measuredUs: UInt64 = 0
        var figure: DetectedFigure?
        var face: Region?
        /// Of a body: that its last measurement found it elsewhere.
        var moved = false
        /// Of a face: its irises, as `DetectedFigure.irisesOfEyes` has them.
        var irises: [Place] = []
    }

    /// A chain's search for what is not there.
    struct Search: Equatable, Sendable {
        var lastUs: UInt64?
        /// A figure was lost a little while ago: until then every picture is searched.
        var urgentUntilUs: UInt64 = 0
    }

    let options: PoseOptions
    // What a hand-over carries (PoseHandOver).
    var tracks: [Track] = []
    var searches = [Search](repeating: Search(), count: PoseChainKind.allCases.count)
    var lastID: UInt32 = 0
    var lastUs: UInt64?
    var size: [Int] = []
    var irisUs: UInt64?

    /// Overlap (IoU) from which a detection is a figure that is followed already.
    static var sameOverlap: Double { 0.5 }
    /// Share of a picture in what is believed of a hand's side.
    static var handShare: Double { 0.2 }
    /// A body is cut out where it was before while where it should be overlaps that so much and is turned less: the model answers to how it is cut
    /// out, and a region that follows each answer wanders by tens of pixels on a still.
    static var stayOverlap: Double { 0.9 }
    static var stayTurn: Double { 5 * .pi / 180 }
    /// A body in motion is measured so many times as often as one at rest.
    static var motionTimes: Int { 3 }

    init(options: PoseOptions) { self.options = options }

    /// Figures that are followed.
    var followed: Int { tracks.count }

    /// Where to look in the picture taken at `atUs`. A picture of another size, or after a long gap, begins anew.
    mutating func plan(atUs: UInt64, width: Int, height: Int) -> PosePlan {
        let gap = lastUs.map { atUs > $0 ? atUs - $0 : $0 - atUs } ?? 0
        if size != [width, height] || gap > UInt64(options.trackGapMs) * 1_000 {
            tracks = []
            searches = searches.map { _ in Search() }
            irisUs = nil
        }
        size = [width, height]
        lastUs = atUs
        var search: [PoseChainKind] = []
        let measuresBody = tracks.contains { $0.kind == .body && !rests($0, atUs) }
        for kind in PoseChainKind.allCases {
            let missing = options.figuresMax(kind, video: true) - tracks.count { $0.kind == kind }
            guard missing > 0, isDue(searches[kind.rawValue], atUs, waits: measuresBody) else { continue }
            searches[kind.rawValue].lastUs = atUs
            search.append(kind)
        }
        return PosePlan(
            tracks: tracks.filter { !rests($0, atUs) }.map { PosePlan.Track(kind: $0.kind, id: $0.id, region: $0.region) }, search: search,
            figuresMax: PoseChainKind.allCases.map { options.figuresMax($0, video: true) }, iris: irisesAreDue(atUs))
    }

    private mutating func irisesAreDue(_ atUs: UInt64) -> Bool {
        guard options.iris, options.videoIris else { return false }
        if let last = irisUs, atUs >= last, atUs - last < UInt64(options.irisEveryMs) * 1_000 { return false }
        irisUs = atUs
        return true
    }

    /// A body that was measured a moment ago. Of one that moves, or whose face does, a moment is shorter.
    private func rests(_ track: Track, _ atUs: UInt64) -> Bool {
        guard track.kind == .body, atUs >= track.measuredUs else { return false }
        let stays = !track.moved && PoseTracker.stays(track.face, largestFace)
        let restUs = UInt64(options.bodyEveryMs) * 1_000 / UInt64(stays ? 1 : PoseTracker.motionTimes)
        return atUs - track.measuredUs < restUs
    }

    private var largestFace: Region? { tracks.first { $0.kind == .face }?.region }

    private static func stays(_ before: Region?, _ now: Region?) -> Bool {
        guard let before, let now else { return before == now }
        return before.overlap(now) >= stayOverlap && abs(normalized(before.rotation - now.rotation)) < stayTurn
    }

    /// - Parameter waits: the picture has much to measure already. A search that is due then comes with the next picture, or when twice its time
    ///   is over.
    private func isDue(_ search: Search, _ atUs: UInt64, waits: Bool) -> Bool {
        guard let last = search.lastUs, atUs >= last else { return true }
        return atUs <= search.urgentUntilUs || atUs - last >= UInt64(options.searchEveryMs) * 1_000 * (waits ? 2 : 1)
    }

    /// What was found in the picture that `plan` was made for. Gives it back smoothed, with hands that do not change sides.
    mutating func finished(_ found: [FoundFigure], atUs: UInt64) -> [DetectedFigure] {
        let before = tracks
        let resting = tracks.filter { rests($0, atUs) }
        tracks = []
        var result: [DetectedFigure] = []
        for found in found {
            var track =
                before.first { $0.kind == found.kind && $0.id == found.track }
                ?? Track(kind: found.kind, id: nextID(), region: found.next, rightHand: found.rightHand)
            track.rightHand += PoseTracker.handShare * (found.rightHand - track.rightHand)
            track.moved = found.kind != .body || !PoseTracker.stays(track.region, found.next)
            if track.moved || !track.region.isUsable { track.region = found.next }
            var figure = found.figure
            if found.kind == .face, options.videoIris {
                track.irises = figure.irisesOfEyes ?? track.irises
                figure.putIrises(track.irises)
            }
            if options.smoothing {
                figure.landmarks = track.smoother.smooth(figure.landmarks, atUs: atUs, side: (figure.box.width + figure.box.height) / 2)
                figure.box = Box(around: figure.landmarks.lazy.map(\.place)) ?? figure.box
            }
            if found.kind == .hand { figure.part = track.rightHand > 0.5 ? .rightHand : .leftHand }
            result.append(figure)
            if found.kind == .body { (track.measuredUs, track.figure) = (atUs, figure) }
            if track.region.isUsable { tracks.append(track) }
        }
        for index in tracks.indices where tracks[index].kind == .body { tracks[index].face = largestFace }
        // The body comes last, among tracks and figures.
        tracks += resting
        result += resting.compactMap(\.figure)
        for kind in PoseChainKind.allCases where before.contains(where: { old in old.kind == kind && !tracks.contains { $0.id == old.id } }) {
            searches[kind.rawValue].urgentUntilUs = atUs &+ UInt64(options.searchUrgentMs) * 1_000
        }
        return result
    }

    private mutating func nextID() -> UInt32 {
        lastID &+= 1
        return lastID
    }
}
