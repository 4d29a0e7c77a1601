import Glibc

/// The models of the three chains, with what each takes and gives.
enum PoseModel: String, CaseIterable, Sendable {
    case faceDetector = "face_detection"
    case faceLandmarks = "face_landmark"
    case palmDetector = "palm_detection"
    case handLandmarks = "hand_landmark"
    case bodyDetector = "pose_detection"
    case bodyLandmarks = "pose_landmark"

    /// File below the models folder.
    var path: String {
        switch self {
        case .faceDetector: "mediapipe/face_detection_short_range.tflite"
        case .faceLandmarks: "mediapipe/face_landmark.tflite"
        case .palmDetector: "mediapipe/palm_detection_full.tflite"
        case .handLandmarks: "mediapipe/hand_landmark_full.tflite"
        case .bodyDetector: "mediapipe/pose_detection.tflite"
        case .bodyLandmarks: "mediapipe/pose_landmark_full.tflite"
        }
    }

    /// The input is f32[1, side, side, 3].
    var inputSide: Int {
        switch self {
        case .faceDetector: 128
        case .faceLandmarks, .palmDetector: 192
        case .handLandmarks, .bodyDetector: 224
        case .bodyLandmarks: 256
        }
    }

    var inputName: String { self == .faceDetector ? "input" : "input_1" }

    var range: PixelRange { self == .faceDetector || self == .bodyDetector ? .symmetric : .unit }

    /// Names of the outputs that are used. Detectors: rows, scores. Landmark models: landmarks, presence (and handedness).
    var outputs: [String] {
        switch self {
        case .faceDetector: ["regressors", "classificators"]
        case .faceLandmarks: ["conv2d_21", "conv2d_31"]
        case .palmDetector, .bodyDetector, .bodyLandmarks: ["Identity", "Identity_1"]
        case .handLandmarks: ["Identity", "Identity_1", "Identity_2"]
        }
    }

    /// Numbers in each of `outputs`.
    var outputCounts: [Int] {
        switch self {
        case .faceDetector: [896 * 16, 896]
        case .faceLandmarks: [468 * 3, 1]
        case .palmDetector: [2016 * 18, 2016]
        case .handLandmarks: [21 * 3, 1, 1]
        case .bodyDetector: [2254 * 12, 2254]
        case .bodyLandmarks: [39 * 5, 1]
        }
    }
}

/// What the chains look for.
struct PoseOptions: Equatable, Sendable {
    /// Faces and hands that are followed up, best first; 0 switches a chain off.
    var facesMax = 4
    var handsMax = 4
    var body = true
    /// Score from which a detection counts, and presence from which landmarks do; 0 to 1.
    var detectionMin = 0.5
    var presenceMin = 0.5
    /// Overlap (IoU) from which two detections are one.
    var overlapMax = 0.3
    /// A picture is made smaller before anything else when its longer side has more pixels.
    var imageSideMax = 4096
}

/// One run of a model on one part of the picture.
struct PoseJob: Equatable, Sendable {
    var model: PoseModel
    var region: Region
    /// Place among the jobs of the same model.
    var rank: Int
}

/// The three chains over one picture: detect, then find the landmarks of each that was found. A value: outputs in, jobs out.
///
///     start ─▶ faceDetector ─▶ faceLandmarks × n ─┐
///           ─▶ palmDetector ─▶ handLandmarks × n ─┼─▶ isDone, figures
///           ─▶ bodyDetector ─▶ bodyLandmarks ─────┘
struct PoseChain {
    let width: Int
    let height: Int
    let options: PoseOptions
    private let detectors: Detectors
    private(set) var outstanding = 0
    private var found: [(job: PoseJob, figure: DetectedFigure)] = []

    init(width: Int, height: Int, options: PoseOptions, detectors: Detectors = Detectors()) {
        self.detectors = detectors
        self.width = width
        self.height = height
        self.options = options
    }

    var isDone: Bool { outstanding == 0 }

    /// The detectors' jobs.
    mutating func start() -> [PoseJob] {
        let whole = Region.letterbox(width: width, height: height)
        var jobs: [PoseJob] = []
        if options.facesMax > 0 { jobs.append(PoseJob(model: .faceDetector, region: whole, rank: 0)) }
        if options.handsMax > 0 { jobs.append(PoseJob(model: .palmDetector, region: whole, rank: 0)) }
        if options.body { jobs.append(PoseJob(model: .bodyDetector, region: whole, rank: 0)) }
        outstanding = jobs.count
        return jobs
    }

    /// A job's outputs have come, in the order of `PoseModel.outputs`. Gives the jobs that follow from them.
    mutating func finished(_ job: PoseJob, _ outputs: [UnsafeBufferPointer<Float>]) -> [PoseJob] {
        precondition(outstanding > 0, "a job finishes once")
        outstanding -= 1
        if let detector = detectors.detector(of: job.model) {
            let next = follow(job, detector, outputs)
            outstanding += next.count
            return next
        }
        if let figure = figure(of: job, outputs) { found.append((job, figure)) }
        return []
    }

    /// Faces and hands by size, largest first: the customer is nearest. Faces, then hands, then the body.
    var figures: [DetectedFigure] {
        let inOrder = found.sorted { a, b in
            if a.job.model != b.job.model { return order(a.job.model) < order(b.job.model) }
            if a.figure.box.area != b.figure.box.area { return a.figure.box.area > b.figure.box.area }
            return a.job.rank < b.job.rank
        }
        var result: [DetectedFigure] = []
        for (_, figure) in inOrder {
            // Two detections can lead to one and the same hand or face.
            let seen = result.contains { $0.part.kind == figure.part.kind && $0.box.overlap(figure.box) > 0.6 }
            if !seen { result.append(figure) }
        }
        return result
    }

    private func order(_ model: PoseModel) -> Int {
        switch model {
        case .faceLandmarks: 0
        case .handLandmarks: 1
        default: 2
        }
    }

    private func follow(_ job: PoseJob, _ detector: Detector, _ outputs: [UnsafeBufferPointer<Float>]) -> [PoseJob] {
        let candidates = detector.candidates(rows: outputs[0], logits: outputs[1], threshold: options.detectionMin)
        let (next, countMax): (PoseModel, Int) =
            switch job.model {
            case .faceDetector: (.faceLandmarks, options.facesMax)
            case .palmDetector: (.handLandmarks, options.handsMax)
            default: (.bodyLandmarks, 1)
            }
        let detections = Detection.merged(candidates, overlap: options.overlapMax, countMax: countMax)
        return detections.enumerated().compactMap { rank, detection in
            let detection = detection.inPicture(job.region)
            let region: Region =
                switch next {
                case .faceLandmarks: .face(detection)
                case .handLandmarks: .hand(detection)
                default: .body(detection)
                }
            return region.side > 0 && region.side.isFinite ? PoseJob(model: next, region: region, rank: rank) : nil
        }
    }

    private func figure(of job: PoseJob, _ outputs: [UnsafeBufferPointer<Float>]) -> DetectedFigure? {
        let raw = Double(outputs[1][0])
        // The face model gives a logit, the others a probability.
        let presence = job.model == .faceLandmarks ? sigmoid(raw) : raw
        guard presence >= options.presenceMin else { return nil }
        let (part, count, stride): (FigurePart, Int, Int) =
            switch job.model {
            case .faceLandmarks: (.face, 468, 3)
            case .handLandmarks: (handSide(outputs[2][0]), 21, 3)
            default: (.body, 33, 5)
            }
        var landmarks = Landmarks.project(outputs[0], count: count, stride: stride, inputSide: job.model.inputSide, region: job.region)
        guard landmarks.allSatisfy({ $0.place.x.isFinite && $0.place.y.isFinite && $0.z.isFinite }) else { return nil }
        if stride < 5 { for index in landmarks.indices { landmarks[index].confidence = min(max(presence, 0), 1) } }
        guard let box = Box(around: landmarks.lazy.map(\.place)) else { return nil }
        return DetectedFigure(part: part, confidence: min(max(presence, 0), 1), landmarks: landmarks, box: box)
    }

    /// The probability that it is the right hand, in a plain (not mirrored) photo. MediaPipe names it left: it assumes a mirror.
    private func handSide(_ value: Float) -> FigurePart { value > 0.5 ? .rightHand : .leftHand }
}

extension FigurePart {
    /// Both hands are one kind of thing.
    fileprivate var kind: String { self == .leftHand || self == .rightHand ? "hand" : rawValue }
}
