/// The models of the chains, with what each takes and gives.
enum PoseModel: String, CaseIterable, Sendable {
    case faceDetector = "face_detection"
    case faceLandmarks = "face_landmark"
    case irisLandmarks = "iris_landmark"
    case palmDetector = "palm_detection"
    case handLandmarks = "hand_landmark"
    case bodyDetector = "pose_detection"
    case bodyLandmarks = "pose_landmark"

    /// File below the models folder.
    var path: String {
        switch self {
        case .faceDetector: "mediapipe/face_detection_short_range.tflite"
        case .faceLandmarks: "mediapipe/face_landmark.tflite"
        case .irisLandmarks: "mediapipe-lean/iris_landmark.xml"
        case .palmDetector: "mediapipe/palm_detection_full.tflite"
        case .handLandmarks: "mediapipe/hand_landmark_full.tflite"
        case .bodyDetector: "mediapipe/pose_detection.tflite"
        case .bodyLandmarks: "mediapipe-lean/pose_landmark_full.xml"
        }
    }

    /// The input is f32[1, side, side, 3].
    var inputSide: Int {
        switch self {
        case .irisLandmarks: 64
        case .faceDetector: 128
        case .faceLandmarks, .palmDetector: 192
        case .handLandmarks, .bodyDetector: 224
        case .bodyLandmarks: 256
        }
    }

    var inputName: String { self == .faceDetector ? "input" : "input_1" }

    var range: PixelRange { self == .faceDetector || self == .bodyDetector ? .symmetric : .unit }

    /// What the model was given beyond the picture's edge.
    var border: PixelBorder { isDetector ? .black : .repeated }

    var isDetector: Bool { self == .faceDetector || self == .palmDetector || self == .bodyDetector }

    /// Jobs that run side by side, each on its share of the cores: networks as small as these gain nothing from a second core and lose to the waiting
    /// for each other. A hand's landmarks, the slowest part of what a picture waits for, gain a fifth.
    var requests: UInt32 { self == .handLandmarks ? 1 : 4 }

    /// Which of the chains it belongs to.
    var chain: PoseChainKind {
        switch self {
        case .faceDetector, .faceLandmarks, .irisLandmarks: .face
        case .palmDetector, .handLandmarks: .hand
        case .bodyDetector, .bodyLandmarks: .body
        }
    }

    /// Names of the outputs that are used. Detectors: rows, scores. Landmark models: landmarks, presence (and handedness, or heat maps).
    var outputs: [String] {
        switch self {
        case .faceDetector: ["regressors", "classificators"]
        case .faceLandmarks: ["conv2d_21", "conv2d_31"]
        case .irisLandmarks: ["output_iris"]
        case .palmDetector, .bodyDetector: ["Identity", "Identity_1"]
        case .handLandmarks: ["Identity", "Identity_1", "Identity_2"]
        case .bodyLandmarks: ["Identity", "Identity_1", "Identity_3"]
        }
    }

    /// Numbers in each of `outputs`.
    var outputCounts: [Int] {
        switch self {
        case .faceDetector: [896 * 16, 896]
        case .faceLandmarks: [468 * 3, 1]
        case .irisLandmarks: [5 * 3]
        case .palmDetector: [2016 * 18, 2016]
        case .handLandmarks: [21 * 3, 1, 1]
        case .bodyDetector: [2254 * 12, 2254]
        case .bodyLandmarks: [39 * 5, 1, Heatmap.side * Heatmap.side * 39]
        }
    }
}

/// The three chains.
enum PoseChainKind: Int, CaseIterable, Sendable {
    case face
    case hand
    case body

    var detector: PoseModel {
        switch self {
        case .face: .faceDetector
        case .hand: .palmDetector
        case .body: .bodyDetector
        }
    }

    var landmarks: PoseModel {
        switch self {
        case .face: .faceLandmarks
        case .hand: .handLandmarks
        case .body: .bodyLandmarks
        }
    }
}
