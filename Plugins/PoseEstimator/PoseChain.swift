import ImageDecoding

/// One run of a model on one part of the picture.
struct PoseJob: Equatable, Sendable {
    var model: PoseModel
    var region: Region
    /// Place among the jobs of the same model; for an iris, of the face's.
    var rank: Int
    /// The figure that it goes on from, of the picture before; nil for what a detector has found.
    var track: UInt32? = nil
    /// The person's left eye is shown to the model as its mirror image.
    var mirrored = false

    /// Writes what the model sees.
    func cut(_ image: DecodedImage, into target: UnsafeMutableBufferPointer<Float>) {
        Warp.cut(image, region, side: model.inputSide, range: model.range, border: model.border, mirrored: mirrored, into: target)
    }
}

/// What is looked for in a picture, and where.
struct PosePlan: Equatable, Sendable {
    struct Track: Equatable, Sendable {
        var kind: PoseChainKind
        var id: UInt32
        var region: Region
    }

    /// Figures that are where the picture before says.
    var tracks: [Track] = []
    /// Chains whose detectors run.
    var search: [PoseChainKind]
    /// Of each kind, indexed by `PoseChainKind.rawValue`.
    var figuresMax: [Int]
    var iris: Bool

    /// A picture that stands alone.
    init(photo options: PoseOptions) {
        figuresMax = PoseChainKind.allCases.map { options.figuresMax($0) }
        search = PoseChainKind.allCases.filter { options.figuresMax($0) > 0 }
        iris = options.iris
    }

    init(tracks: [Track], search: [PoseChainKind], figuresMax: [Int], iris: Bool = false) {
        self.iris = iris
        self.tracks = tracks
        self.search = search
        self.figuresMax = figuresMax
    }
}

/// A figure with what the next picture needs of it.
struct FoundFigure: Equatable, Sendable {
    var figure: DetectedFigure
    var kind: PoseChainKind
    var rank: Int
    /// Of the picture before, when it is followed.
    var track: UInt32?
    /// Where it is looked for in the next picture.
    var next: Region
    /// Of a hand: that it is the person's right one, 0 to 1, in a picture that is not mirrored.
    var rightHand: Double
}

/// The three chains over one picture: detect, or go on from the picture before, then find the landmarks of each. A value: outputs in, jobs out.
///
///     start ─▶ faceDetector ─▶ faceLandmarks × n ─▶ irisLandmarks × 2n ─┐
///           ─▶ palmDetector ─▶ handLandmarks × n ───────────────────────┼─▶ isDone, found
///           ─▶ bodyDetector ─▶ bodyLandmarks ───────────────────────────┘
///     What is followed begins at its landmarks.
struct PoseChain {
    let width: Int
    let height: Int
    let options: PoseOptions
    let plan: PosePlan
    private let detectors: Detectors
    private(set) var outstanding = 0
    private var figuresFound: [FoundFigure] = []
    private var irises: [Int: [Iris]] = [:]

    init(width: Int, height: Int, options: PoseOptions, plan: PosePlan? = nil, detectors: Detectors = Detectors()) {
        self.detectors = detectors
        self.width = width
        self.height = height
        self.options = options
        self.plan = plan ?? PosePlan(photo: options)
    }

    var isDone: Bool { outstanding == 0 }

    /// The first jobs: landmarks of what is followed, and detectors.
    mutating func start() -> [PoseJob] {
        let whole = Region.letterbox(width: width, height: height)
        var jobs = PoseChainKind.allCases.flatMap { kind in
            plan.tracks.filter { $0.kind == kind }.prefix(plan.figuresMax[kind.rawValue]).enumerated().map { rank, track in
                PoseJob(model: kind.landmarks, region: track.region, rank: rank, track: track.id)
            }
        }
        jobs += plan.search.map { PoseJob(model: $0.detector, region: whole, rank: 0) }
        outstanding = jobs.count
        return jobs
    }

    /// A job's outputs have come, in the order of `PoseModel.outputs`. Gives the jobs that follow from them.
    mutating func finished(_ job: PoseJob, _ outputs: [UnsafeBufferPointer<Float>]) -> [PoseJob] {
        precondition(outstanding > 0, "a job finishes once")
        outstanding -= 1
        var next: [PoseJob] = []
        if let detector = detectors.detector(of: job.model) {
            next = follow(job, detector, outputs)
        } else if job.model == .irisLandmarks {
            if let iris = Iris(job, outputs[0]) { irises[job.rank, default: []].append(iris) }
        } else if let found = LandmarkReading.figure(of: job, outputs, presenceMin: options.presenceMin) {
            figuresFound.append(found)
            if found.kind == .face, plan.iris { next = Iris.jobs(found) }
        }
        outstanding += next.count
        return next
    }

    /// Faces and hands by size, largest first: the customer is nearest. Faces, then hands, then the body.
    var found: [FoundFigure] {
        let inOrder = figuresFound.sorted { a, b in
            if a.kind != b.kind { return a.kind.rawValue < b.kind.rawValue }
            if a.figure.box.area != b.figure.box.area { return a.figure.box.area > b.figure.box.area }
            return a.rank < b.rank
        }
        var result: [FoundFigure] = []
        for var found in inOrder {
            // Two detections can lead to one and the same hand or face.
            if result.contains(where: { $0.kind == found.kind && $0.figure.box.overlap(found.figure.box) > 0.6 }) { continue }
            if found.kind == .face, let both = irises[found.rank], both.count == 2 { found.figure.append(both) }
            result.append(found)
        }
        return result
    }

    var figures: [DetectedFigure] { found.map(\.figure) }

    /// Detections that no followed figure covers, as landmark jobs. Ranks go on from those of the followed ones.
    private func follow(_ job: PoseJob, _ detector: Detector, _ outputs: [UnsafeBufferPointer<Float>]) -> [PoseJob] {
        let kind = job.model.chain
        let followed = plan.tracks.filter { $0.kind == kind }
        let most = plan.figuresMax[kind.rawValue]
        let candidates = detector.candidates(rows: outputs[0], logits: outputs[1], threshold: options.detectionMin)
        let regions = Detection.merged(candidates, overlap: options.overlapMax, countMax: most).map { detection in
            let detection = detection.inPicture(job.region)
            switch kind {
            case .face: return Region.face(detection)
            case .hand: return Region.hand(detection)
            case .body: return Region.body(detection)
            }
        }
        return regions.filter { region in region.isUsable && !followed.contains { $0.region.overlap(region) > PoseTracker.sameOverlap } }
            .prefix(max(0, most - followed.count)).enumerated().map { PoseJob(model: kind.landmarks, region: $1, rank: followed.count + $0) }
    }
}
