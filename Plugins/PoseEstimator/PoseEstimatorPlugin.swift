// PoseEstimator: faces, hands and the body of the customer in a picture, and the points that jewellery hangs on.
//
// It owns MediaPipe's chains (detect, cut out, landmarks) and the derivation of anchors. It must never decode or cut pictures
// on the loop, keep a picture once it is answered, or remember anybody: of a camera's pictures it keeps where things were, while the stream lasts.

public import CVitrinePlugin
import ImageDecoding
public import PluginKit
public import Wire

/// One instance of the plugin: the models' handles and the options.
public final class PoseEstimatorPlugin: VitrinePlugin {
    /// What it takes and gives. Landmarks and anchors are in pixels of the upright picture.
    public static var manifest: PluginManifest {
        let defaults = PoseOptions()
        return PluginManifest(
            name: "pose-estimator",
            version: "0.2.0",
            description: "Face, hand and body landmarks, and the anchors that jewellery hangs on, in picture pixels",
            consumes: ["image", "video"],
            produces: [OutputPort(kind: "pose")],
            models: PoseModel.allCases.map { ModelRequirement(name: $0.rawValue, path: $0.path, precision: "f32", requests: $0.requests) },
            options: [
                Option(key: "faces_max", defaultValue: "\(defaults.facesMax)", description: "faces followed up, 0 to 8; 0 = no faces"),
                Option(key: "hands_max", defaultValue: "\(defaults.handsMax)", description: "hands followed up, 0 to 8; 0 = no hands"),
                Option(
                    key: "video_faces_max", defaultValue: "\(defaults.videoFacesMax)", description: "faces followed in a camera's pictures, 0 to 8"),
                Option(
                    key: "video_hands_max", defaultValue: "\(defaults.videoHandsMax)", description: "hands followed in a camera's pictures, 0 to 8"),
                Option(key: "body", defaultValue: "true", description: "whether the body is looked for: true or false"),
                Option(key: "iris", defaultValue: "true", description: "whether the irises of faces are measured: true or false"),
                Option(
                    key: "video_iris", defaultValue: "false", description: "whether they are in a camera's pictures too, with iris: true or false"),
                Option(
                    key: "iris_every_ms", defaultValue: "\(defaults.irisEveryMs)",
                    description: "how often they are in a camera's pictures, 0 to 1000; 0 = in every picture"),
                Option(
                    key: "body_every_ms", defaultValue: "\(defaults.bodyEveryMs)",
                    description: "how often a body at rest is measured in a camera's pictures, 0 to 1000 (three times as often in motion); "
                        + "0 = in every picture"),
                Option(key: "detection_min", defaultValue: "\(defaults.detectionMin)", description: "score from which a detection counts, 0 to 1"),
                Option(key: "presence_min", defaultValue: "\(defaults.presenceMin)", description: "presence from which landmarks count, 0 to 1"),
                Option(
                    key: "image_side_px_max", defaultValue: "\(defaults.imageSideMax)",
                    description: "longer side that a larger picture is reduced to before the chains, 256 to 16384"),
                Option(
                    key: "video_side_px_max", defaultValue: "\(defaults.videoSideMax)",
                    description: "the same for a camera's pictures, 256 to 16384"),
                Option(
                    key: "smoothing", defaultValue: "true",
                    description: "whether landmarks of a camera's pictures are smoothed over time: true or false"),
                Option(
                    key: "search_every_ms", defaultValue: "\(defaults.searchEveryMs)",
                    description: "how often a part that is not in a camera's pictures is looked for, 0 to 10000; 0 = in every picture"),
            ],
            // Where a camera's figures are goes along to the next build; a process that dies may lose it, since detectors find them again.
            stateful: false, idempotent: true, streamsMax: 4096, ownThreads: 0, licence: "Apache-2.0 (models: MediaPipe, Apache-2.0)",
            warmUp: [ClientMessage(kind: .image(ImagePart(purpose: .selfie, imageID: 1, last: true, data: SamplePicture.png)))])
    }

    let host: HostServices
    let models: [PoseModel: ModelHandle]
    let options: PoseOptions
    let detectors = Detectors()

    /// - Throws: NOT_FOUND for a missing model, INVALID_ARGUMENT for an option out of range.
    public init(host: HostServices) throws(PluginError) {
        self.host = host
        var models: [PoseModel: ModelHandle] = [:]
        for model in PoseModel.allCases { models[model] = try host.model(model.rawValue) }
        self.models = models
        options = try PoseOptions(reading: host.configuration)
    }

    /// Each picture of a stream is answered with one pose or one problem.
    public func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler {
        PoseStream(stream, self)
    }
}

extension PoseOptions {
    /// - Throws: INVALID_ARGUMENT naming the option and what is allowed.
    init(reading configuration: (String) -> String?) throws(PluginError) {
        func number<Value: LosslessStringConvertible & Comparable>(
            _ key: String, _ fallback: Value, _ allowed: ClosedRange<Value>
        ) throws(PluginError) -> Value {
            guard let text = configuration(key), !text.isEmpty else { return fallback }
            guard let value = Value(text), allowed.contains(value) else {
                throw PluginError(.invalidArgument, "option \(key) is \"\(text)\"; allowed is \(allowed.lowerBound) to \(allowed.upperBound)")
            }
            return value
        }
        func flag(_ key: String, _ standard: Bool) throws(PluginError) -> Bool {
            switch configuration(key) ?? "" {
            case "": return standard
            case "true": return true
            case "false": return false
            case let text: throw PluginError(.invalidArgument, "option \(key) is \"\(text)\"; allowed are true and false")
            }
        }
        self.init()
        facesMax = try number("faces_max", facesMax, 0...8)
        handsMax = try number("hands_max", handsMax, 0...8)
        videoFacesMax = try number("video_faces_max", videoFacesMax, 0...8)
        videoHandsMax = try number("video_hands_max", videoHandsMax, 0...8)
        detectionMin = try number("detection_min", detectionMin, 0...1)
        presenceMin = try number("presence_min", presenceMin, 0...1)
        imageSideMax = try number("image_side_px_max", imageSideMax, 256...16384)
        videoSideMax = try number("video_side_px_max", videoSideMax, 256...16384)
        searchEveryMs = try number("search_every_ms", searchEveryMs, 0...10_000)
        irisEveryMs = try number("iris_every_ms", irisEveryMs, 0...1000)
        bodyEveryMs = try number("body_every_ms", bodyEveryMs, 0...1000)
        body = try flag("body", body)
        iris = try flag("iris", iris)
        videoIris = try flag("video_iris", videoIris)
        smoothing = try flag("smoothing", smoothing)
    }
}

/// The one exported symbol.
@_cdecl("vitrine_plugin")
public func poseEstimatorEntry(_ abi: UInt32) -> UnsafePointer<vt_plugin>? {
    PluginEntry.table(for: PoseEstimatorPlugin.self, abi: abi)
}
