/// What operations outside the loops take on a virtual clock: the pinned table of replays.
///
/// A replay's times, and with them its bytes, depend on these values: a change is a change of every recorded expectation of time, and raises
/// `version`. They are estimates for a two-core machine, rounded; `vitrine replay --real-time --costs` says what a machine takes. Stores' costs stand
/// with the stores.
enum ModelledCosts {
    static let version = 1

    /// A job of a plugin on the compute pool: decoding, resampling, tokenising. Microseconds.
    static let computeUs: UInt64 = 1_000

    /// One inference of a network that decides, with a row for each modality left out.
    static let networkUs: UInt64 = 1_000

    /// One inference by the model's path in the manifest, microseconds; other models take 5,000.
    static let inferenceUs: [String: UInt64] = [
        "efficientnet-lite2/efficientnet-lite2.xml": 9_000,
        "e5/e5.xml": 5_000,
        "mediapipe/face_detection_short_range.tflite": 2_000,
        "mediapipe/face_landmark.tflite": 3_000,
        "mediapipe/hand_landmark_full.tflite": 8_000,
        "mediapipe-lean/iris_landmark.xml": 3_000,
        "mediapipe/palm_detection_full.tflite": 10_000,
        "mediapipe/pose_detection.tflite": 8_000,
        "mediapipe-lean/pose_landmark_full.xml": 9_000,
        "moderation/moderation.xml": 8_000,
        "muse-i8/muse.xml": 500,
        "piper-joe/decoder.xml": 60_000,
        "piper-joe/flow.xml": 50_000,
        "piper-joe/text.xml": 60_000,
        "silero-vad/silero-vad.onnx": 150,
        "whisper-base-i8/decoder.xml": 8_000,
        "whisper-base-i8/encoder.xml": 80_000,
        "whisper-base-i8/features.xml": 2_000,
        "whisper-base-i8/logmel.xml": 3_000,
        "writing/writing-find.xml": 60_000,
        "writing/writing-read.xml": 12_000,
    ]
}
