import ImageDecoding
import PluginKit
import Wire

/// One stream: pictures in, vectors and labels out, each on its own. Closes after the last answer once the input has ended.
final class VisionStream: StreamHandler {
    private let stream: PluginStream
    private let plugin: VisionEncoderPlugin
    private var unanswered = 0
    private var ended = false

    init(_ stream: PluginStream, _ plugin: VisionEncoderPlugin) {
        self.stream = stream
        self.plugin = plugin
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard message.kind == ClientMessageKind.image || message.kind == ClientMessageKind.video else { return }
        var picture = PictureContext(message)
        unanswered += 1
        let image: ImageInput
        do throws(PluginError) {
            switch try message.content {
            case .image(let input), .video(let input): image = input
            default: throw PluginError(.invalidArgument, "the message is no picture")
            }
        } catch {
            answer(picture, .failure(error))
            return
        }
        if !picture.isVideo { picture.modality = image.purpose == .selfie ? "selfie" : "image" }
        guard image.part == 0, image.last || picture.isVideo else {
            answer(picture, .failure(PluginError(.invalidArgument, "a picture must come whole: part 0 with last set")))
            return
        }
        encode(image.data, picture)
    }

    func halfClosed() {
        ended = true
        closeWhenDone()
    }

    private func encode(_ data: SharedBytes, _ picture: PictureContext) {
        let side = VisionEncoderPlugin.inputSide
        let input: Tensor
        do {
            input = try stream.zero(dtype: .u8, shape: [1, side, side, 3])
        } catch {
            answer(picture, .failure(error))
            return
        }
        let colours = plugin.colours
        stream.compute(deadlineUs: picture.deadlineUs) { () throws(PluginError) -> [ColourNames.Share] in
            try Preprocessing.fill(input, from: data)
            guard colours > 0 else { return [] }
            return input.withUnsafeBytes { ColourNames.largest(colours, in: PictureSample(rgb: $0, pixels: side, step: Preprocessing.colourStep)) }
        } then: { [self] result in
            switch result {
            case .success(let shares): infer(input, shares, picture)
            case .failure(let error): answer(picture, .failure(error))
            }
        }
    }

    private func infer(_ input: Tensor, _ shares: [ColourNames.Share], _ picture: PictureContext) {
        stream.infer(
            plugin.model, inputs: [("image", input)], outputs: ["embedding", "logits"], priority: picture.isVideo ? .video : .interactive,
            deadlineUs: picture.deadlineUs
        ) { [self] result in
            answer(picture, Result { () throws(PluginError) -> [PluginOutput.Kind] in try outputs(result.get(), shares) })
        }
    }

    private func outputs(_ tensors: [Tensor], _ shares: [ColourNames.Share]) throws(PluginError) -> [PluginOutput.Kind] {
        guard tensors.map(\.count) == [VisionEncoderPlugin.dimensions, VisionEncoderPlugin.classes] else {
            let expected = "\(VisionEncoderPlugin.dimensions) and \(VisionEncoderPlugin.classes)"
            throw PluginError(.failedPrecondition, "the image model gave outputs of \(tensors.map(\.shape)), not \(expected) numbers")
        }
        guard let vector = UnitVector.normalized(tensors[0].floats()) else {
            throw PluginError(.internalError, "the image model gave no finite vector")
        }
        let embedding = Embedding(spaceID: plugin.spaceID, shape: [UInt32(vector.count)], values: vector)
        var kinds: [PluginOutput.Kind] = [.embedding(embedding)]
        if plugin.topK > 0 {
            let best = Probabilities.top(plugin.topK, logits: tensors[1].floats())
            let labels = best.map { Label(name: plugin.labels[$0.index], probability: $0.probability) }
            kinds.append(.labels(Labels(scheme: "imagenet", labels: labels)))
        }
        if plugin.colours > 0 {
            let labels = shares.map { Label(name: $0.english, probability: $0.share, nameZh: $0.chinese) }
            kinds.append(.labels(Labels(scheme: "colours", labels: labels)))
        }
        return kinds
    }

    private func answer(_ picture: PictureContext, _ result: Result<[PluginOutput.Kind], PluginError>) {
        guard !stream.isClosed else { return }
        unanswered -= 1
        do throws(PluginError) {
            switch result {
            case .success(let kinds): for kind in kinds { try stream.emit(picture.output(kind)) }
            case .failure(let error):
                let problem = InputProblem(code: error.status.code.rawValue, message: error.status.message)
                try stream.emit(picture.output(.problem(problem)))
            }
        } catch {
            stream.close(error.status)
            return
        }
        closeWhenDone()
    }

    private func closeWhenDone() {
        if ended, unanswered == 0 { stream.close() }
    }
}

/// What an answer repeats of its input.
struct PictureContext {
    let turnID: UInt64
    let revision: UInt32
    let captureTimeUs: UInt64
    let deadlineUs: UInt64
    let isVideo: Bool
    var modality: String

    init(_ message: InputMessage) {
        turnID = message.turnID
        revision = message.revision
        captureTimeUs = message.captureTimeUs
        deadlineUs = message.deadlineUs
        isVideo = message.kind == ClientMessageKind.video
        modality = isVideo ? "video" : "image"
    }

    func output(_ kind: PluginOutput.Kind) -> PluginOutput {
        PluginOutput(turnID: turnID, revision: revision, captureTimeUs: captureTimeUs, kind: kind, modality: modality)
    }
}

/// The picture as the model takes it. For compute jobs.
enum Preprocessing {
    /// Every how many pixels of the model's square one is asked for its colour.
    static let colourStep = 5

    /// The whole picture, squashed; part of what the embedding space is.
    static let fit = ImageFit.exactly(width: VisionEncoderPlugin.inputSide, height: VisionEncoderPlugin.inputSide, kernel: .cubic)

    /// - Throws: INVALID_ARGUMENT for a picture that cannot be used.
    static func fill(_ input: Tensor, from data: SharedBytes) throws(PluginError) {
        let decoded = data.withUnsafeBytes { bytes in
            Result { () throws(ImageError) -> DecodedImage in try ImageDecoder.decode(bytes, fit: fit) }
        }
        switch decoded {
        case .success(let image): input.withUnsafeMutableBytes { $0.copyBytes(from: image.rgb) }
        case .failure(let error):
            throw PluginError(error == .noMemory ? .resourceExhausted : .invalidArgument, error.description)
        }
    }
}
