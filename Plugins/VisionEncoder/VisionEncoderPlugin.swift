// VisionEncoder: a photo or camera picture to one vector that says what it looks like, to ImageNet labels, and to the names of its colours;
// if wanted, to what is written in it and to whether it is explicit.
//
// It owns the preprocessing (the whole picture, or views of it, squashed to the model's square), the space the vectors live in, and which
// camera pictures are too like the last one to be looked at. It must never decode on the loop, mix vectors of two models in one space, or keep a
// picture beyond a thumbnail.

public import CVitrinePlugin
import ImageDecoding
public import PluginKit
public import Wire

/// One instance of the plugin: the model's handle, its labels and the options.
public final class VisionEncoderPlugin: VitrinePlugin {
    /// Compiled for the least latency of one picture: all threads work on it.
    static let modelName = "efficientnet-lite2"
    /// The same weights compiled for several pictures at once, one thread each: a sixth more pictures a second, twice the time of one. It has one
    /// request more than a small machine has threads, so that a thread that has ended one picture finds the next already there.
    static let busyModelName = "efficientnet-lite2-busy"
    /// Sides of the model's input u8[1, side, side, 3].
    static let inputSide = 260
    static let dimensions = 1280
    static let classes = 1000

    /// What it takes and gives. The embedding has length 1, so that a dot product is the cosine.
    public static var manifest: PluginManifest {
        PluginManifest(
            name: "vision-encoder",
            version: "0.2.0",
            description: "Photos to 1280-dimensional unit vectors and ImageNet labels, and to what is written in them",
            consumes: ["image", "video"],
            produces: [
                OutputPort(kind: "embedding", dtype: "f32", shape: [Int32(dimensions)], spaceID: EmbeddingSpace.pinned),
                OutputPort(kind: "labels"),
                OutputPort(kind: "writing", when: "writing=on"),
            ],
            models: [
                ModelRequirement(name: modelName, path: "efficientnet-lite2/efficientnet-lite2.xml", precision: "f32", requests: 1),
                ModelRequirement(name: busyModelName, path: "efficientnet-lite2/efficientnet-lite2.xml", precision: "f32", requests: 3),
                ModelRequirement(
                    name: WritingModels.findName, path: WritingLimits.findPath, precision: "f32", requests: 1, when: "writing=on"),
                ModelRequirement(
                    name: WritingModels.readName, path: WritingLimits.readPath, precision: "f32", requests: 2, when: "writing=on"),
                ModelRequirement(
                    name: Moderation.modelName, path: Moderation.path, precision: "f32", requests: 1, when: "moderation=on"),
            ],
            options: [
                Option(key: "top_k", defaultValue: "5", description: "labels given, most probable first, 0 to 1000; 0 = no labels"),
                Option(
                    key: "views", defaultValue: "whole",
                    description: "parts of a photo that are looked at, up to 4, with commas: whole, square (the middle one), or either with the "
                        + "per cent of its sides, such as whole70,whole50"),
                Option(
                    key: "duplicate_difference", defaultValue: "2",
                    description: "a camera picture that differs less from the last one (mean of 255 steps of grey) is not looked at, 0 to 255"),
                Option(key: "colours", defaultValue: "3", description: "named colours given at most, largest share first, 0 to 13; 0 = none"),
                Option(key: "writing", defaultValue: "off", description: "what is written in a photo, line by line: off or on"),
                Option(key: "moderation", defaultValue: "off", description: "labels that tell explicit photos: off or on"),
            ],
            stateful: false, idempotent: true, streamsMax: 4096, ownThreads: 0,
            licence: "Apache-2.0 (models: EfficientNet-Lite2, Apache-2.0; PP-OCRv6, Apache-2.0; OpenNSFW, MIT)",
            warmUp: [ClientMessage(kind: .image(ImagePart(purpose: .query, imageID: 1, last: true, data: SamplePicture.png)))])
    }

    let host: HostServices
    private let idleModel: ModelHandle
    private let busyModel: ModelHandle
    /// Pictures that are being worked on, of all streams of this instance.
    private var underWay = 0
    let views: [PictureView]
    let duplicateDifference: Float
    let labels: [String]
    let spaceID: String
    let topK: Int
    let colours: Int
    /// nil = switched off.
    let writing: WritingModels?
    let moderation: ModelHandle?

    /// - Throws: NOT_FOUND for missing models or labels, INVALID_ARGUMENT for an option out of range.
    public init(host: HostServices) throws(PluginError) {
        self.host = host
        idleModel = try host.model(Self.modelName)
        busyModel = try host.model(Self.busyModelName)
        let path = try host.modelPath(Self.modelName)
        let folder = String(path[..<(path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex)])
        labels = try LabelList.read(folder + "imagenet-labels.txt", count: Self.classes)
        spaceID = try EmbeddingSpace.identifier(weights: path.hasSuffix(".xml") ? path.dropLast(4) + ".bin" : path)
        if spaceID != EmbeddingSpace.pinned {
            host.log(.warning, "the image model is not the pinned one: its vectors get the space \(spaceID)")
        }
        topK = try Self.count("top_k", otherwise: 5, most: Self.classes, host)
        colours = try Self.count("colours", otherwise: 3, most: ColourName.all.count, host)
        duplicateDifference = Float(try Self.count("duplicate_difference", otherwise: 2, most: 255, host))
        views = try PictureView.list(host.configuration("views") ?? "whole")
        writing = try Self.isOn("writing", host) ? WritingModels(host: host) : nil
        moderation = try Self.isOn("moderation", host) ? host.model(Moderation.modelName) : nil
    }

    private static func isOn(_ option: String, _ host: HostServices) throws(PluginError) -> Bool {
        switch host.configuration(option) ?? "off" {
        case "on": return true
        case "off": return false
        case let text: throw PluginError(.invalidArgument, "option \(option) is \"\(text)\"; allowed are off and on")
        }
    }

    /// One picture more; `ended` when it is answered.
    func begun() { underWay += 1 }
    func ended() { underWay -= 1 }

    /// The compiled form that suits how many pictures there are. Both give the same bits.
    var model: ModelHandle { underWay > 1 ? busyModel : idleModel }

    private static func count(_ option: String, otherwise: Int, most: Int, _ host: HostServices) throws(PluginError) -> Int {
        guard let text = host.configuration(option) else { return otherwise }
        guard let value = Int(text), (0...most).contains(value) else {
            throw PluginError(.invalidArgument, "option \(option) is \"\(text)\"; allowed is 0 to \(most)")
        }
        return value
    }

    /// Each picture of a stream is answered with an embedding and labels, or with one problem.
    public func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler {
        VisionStream(stream, self)
    }
}

/// The one exported symbol.
@_cdecl("vitrine_plugin")
public func visionEncoderEntry(_ abi: UInt32) -> UnsafePointer<vt_plugin>? {
    PluginEntry.table(for: VisionEncoderPlugin.self, abi: abi)
}
