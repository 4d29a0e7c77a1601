import ImageDecoding
import PluginKit
import Wire

/// One stream: pictures in, vectors and labels out, each on its own. Closes after the last answer once the input has ended.
final class VisionStream: StreamHandler {
    private let answers: AnsweringStream
    private let plugin: VisionEncoderPlugin
    private var stream: PluginStream { answers.stream }

    init(_ stream: PluginStream, _ plugin: VisionEncoderPlugin) {
        answers = AnsweringStream(stream)
        self.plugin = plugin
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard let (origin, image) = answers.expectPicture(message) else { return }
        encode(image.data, origin)
    }

    func halfClosed() { answers.halfClosed() }

    private func encode(_ data: SharedBytes, _ origin: InputOrigin) {
        let side = VisionEncoderPlugin.inputSide
        let input: Tensor
        do {
            input = try stream.zero(dtype: .u8, shape: [1, side, side, 3])
        } catch {
            answers.answer(origin, .failure(error))
            return
        }
        let colours = plugin.colours
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> [ColourNames.Share] in
            try Preprocessing.fill(input, from: data)
            guard colours > 0 else { return [] }
            return input.withUnsafeBytes { ColourNames.largest(colours, in: PictureSample(rgb: $0, pixels: side, step: Preprocessing.colourStep)) }
        } then: { [self] result in
            switch result {
            case .success(let shares): infer(input, shares, origin)
            case .failure(let error): answers.answer(origin, .failure(error))
            }
        }
    }

    private func infer(_ input: Tensor, _ shares: [ColourNames.Share], _ origin: InputOrigin) {
        stream.infer(
            plugin.model, inputs: [("image", input)], outputs: ["embedding", "logits"], priority: origin.modality == "video" ? .video : .interactive,
            deadlineUs: origin.deadlineUs
        ) { [self] result in
            answers.answer(origin, Result { () throws(PluginError) -> [PluginOutput.Kind] in try outputs(result.get(), shares) })
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
