/// Follows figures from one picture of a camera to the next: landmarks say where to look next, a detector runs only for what is lost or was not
/// there (MediaPipe's rules; but what is not there is looked for, and a body measured, a few times a second and not in every picture). A value: what was found in, where to
/// look out. Nothing but places is kept.
///
///     plan ─▶ (PoseChain) ─▶ finished ─▶ plan of the next picture …
struct PoseTracker: Equatable, Sendable {
    private struct Track: Equatable, Sendable {
        var kind: PoseChainKind
        var id: UInt32
        var region: Region
        /// Of a hand: that it is the right one, averaged over the pictures.
        var rightHand: Double
        var smoother = LandmarkSmoother()
        /// When and as what it was last measured.
        var measuredUs: UInt64 = 0
        var figure: DetectedFigure?
    }

    /// A chain's search for what is not there.
    private struct Search: Equatable, Sendable {
        var lastUs: UInt64?
        /// A figure was lost a little while ago: until then every picture is searched.
        var urgentUntilUs: UInt64 = 0
    }

    let options: PoseOptions
    private var tracks: [Track] = []
    private var searches = [Search](repeating: Search(), count: PoseChainKind.allCases.count)
    private var lastID: UInt32 = 0
    private var lastUs: UInt64?
    private var size: [Int] = []

    /// Overlap (IoU) from which a detection is a figure that is followed already.
    static var sameOverlap: Double { 0.5 }
    /// Share of a picture in what is believed of a hand's side.
    static var handShare: Double { 0.2 }

    init(options: PoseOptions) { self.options = options }

    /// Figures that are followed.
    var followed: Int { tracks.count }

    /// Where to look in the picture taken at `atUs`. A picture of another size, or after a long gap, begins anew.
    mutating func plan(atUs: UInt64, width: Int, height: Int) -> PosePlan {
        let gap = lastUs.map { atUs > $0 ? atUs - $0 : $0 - atUs } ?? 0
        if size != [width, height] || gap > UInt64(options.trackGapMs) * 1_000 {
            tracks = []
            searches = searches.map { _ in Search() }
        }
        size = [width, height]
        lastUs = atUs
        var search: [PoseChainKind] = []
        for kind in PoseChainKind.allCases {
            let missing = options.figuresMax(kind, video: true) - tracks.count { $0.kind == kind }
            guard missing > 0, isDue(searches[kind.rawValue], atUs) else { continue }
            searches[kind.rawValue].lastUs = atUs
            search.append(kind)
        }
        return PosePlan(
            tracks: tracks.filter { !rests($0, atUs) }.map { PosePlan.Track(kind: $0.kind, id: $0.id, region: $0.region) }, search: search,
            figuresMax: PoseChainKind.allCases.map { options.figuresMax($0, video: true) }, iris: options.iris && options.videoIris)
    }

    /// A body that was measured a moment ago.
    private func rests(_ track: Track, _ atUs: UInt64) -> Bool {
        track.kind == .body && atUs >= track.measuredUs && atUs - track.measuredUs < UInt64(options.bodyEveryMs) * 1_000
    }

    private func isDue(_ search: Search, _ atUs: UInt64) -> Bool {
        guard let last = search.lastUs else { return true }
        return atUs <= search.urgentUntilUs || atUs < last || atUs - last >= UInt64(options.searchEveryMs) * 1_000
    }

    /// What was found in the picture that `plan` was made for. Gives it back smoothed, with hands that do not change sides.
    mutating func finished(_ found: [FoundFigure], atUs: UInt64) -> [DetectedFigure] {
        let before = tracks
        tracks = tracks.filter { rests($0, atUs) }
        let resting = tracks.compactMap(\.figure)
        var result: [DetectedFigure] = []
        for found in found {
            var track =
                before.first { $0.kind == found.kind && $0.id == found.track }
                ?? Track(kind: found.kind, id: nextID(), region: found.next, rightHand: found.rightHand)
            track.rightHand += PoseTracker.handShare * (found.rightHand - track.rightHand)
            track.region = found.next
            var figure = found.figure
            if options.smoothing {
                figure.landmarks = track.smoother.smooth(
                    figure.landmarks, atUs: atUs, side: (figure.box.width + figure.box.height) / 2, found.kind == .body ? .body : .landmarks)
                figure.box = Box(around: figure.landmarks.lazy.map(\.place)) ?? figure.box
            }
            if found.kind == .hand { figure.part = track.rightHand > 0.5 ? .rightHand : .leftHand }
            result.append(figure)
            (track.measuredUs, track.figure) = (atUs, figure)
            if track.region.isUsable { tracks.append(track) }
        }
        for kind in PoseChainKind.allCases where before.contains(where: { old in old.kind == kind && !tracks.contains { $0.id == old.id } }) {
            searches[kind.rawValue].urgentUntilUs = atUs &+ UInt64(options.searchUrgentMs) * 1_000
        }
        // The body comes last.
        return result + resting
    }

    private mutating func nextID() -> UInt32 {
        lastID &+= 1
        return lastID
    }
}
