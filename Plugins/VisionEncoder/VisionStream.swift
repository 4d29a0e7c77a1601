import PluginKit
import Wire

/// One stream: pictures in, vectors and labels out, each on its own. Closes after the last answer once the input has ended.
///
/// A camera picture that looks like the one before gets that one's answer again: it is decoded, but the model does not see it.
final class VisionStream: StreamHandler {
    private let answers: AnsweringStream
    private let plugin: VisionEncoderPlugin
    private var stream: PluginStream { answers.stream }
    /// The last camera picture that the model saw.
    private var lastSeen: (thumbnail: Thumbnail, answer: [PluginOutput.Kind])?

    /// What a compute job finds besides the model's inputs.
    private struct Found: Sendable {
        var colours: [ColourNames.Share] = []
        /// Of a camera picture.
        var thumbnail: Thumbnail?
    }

    init(_ stream: PluginStream, _ plugin: VisionEncoderPlugin) {
        answers = AnsweringStream(stream)
        self.plugin = plugin
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard let (origin, image) = answers.expectPicture(message) else { return }
        plugin.begun()
        encode(image.data, image.purpose == .query ? plugin.views : [.whole], origin)
    }

    func halfClosed() { answers.halfClosed() }

    private func answer(_ origin: InputOrigin, _ result: Result<[PluginOutput.Kind], PluginError>) {
        plugin.ended()
        answers.answer(origin, result)
    }

    private func encode(_ data: SharedBytes, _ views: [PictureView], _ origin: InputOrigin) {
        let side = VisionEncoderPlugin.inputSide
        let (colours, isVideo) = (plugin.colours, origin.modality == "video")
        let inputs: [Tensor]
        do throws(PluginError) {
            inputs = try views.map { (_) throws(PluginError) -> Tensor in try stream.zero(dtype: .u8, shape: [1, side, side, 3]) }
        } catch {
            return answer(origin, .failure(error))
        }
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> Found in
            try Preprocessing.fill(inputs, views, from: data)
            return inputs[0].withUnsafeBytes { pixels in
                var found = Found()
                if isVideo { found.thumbnail = Thumbnail(rgb: pixels, pixels: side) }
                if colours > 0 {
                    found.colours = ColourNames.largest(colours, in: PictureSample(rgb: pixels, pixels: side, step: Preprocessing.colourStep))
                }
                return found
            }
        } then: { [self] result in
            switch result {
            case .success(let found): look(inputs, found, origin)
            case .failure(let error): answer(origin, .failure(error))
            }
        }
    }

    private func look(_ inputs: [Tensor], _ found: Found, _ origin: InputOrigin) {
        if let thumbnail = found.thumbnail, let lastSeen, thumbnail.difference(from: lastSeen.thumbnail) < plugin.duplicateDifference {
            return answer(origin, .success(lastSeen.answer))
        }
        let seen = SeenViews(count: inputs.count)
        for (index, input) in inputs.enumerated() {
            stream.infer(
                plugin.model, inputs: [("image", input)], outputs: ["embedding", "logits"],
                priority: origin.modality == "video" ? .video : .interactive, deadlineUs: origin.deadlineUs
            ) { [self] result in
                guard let whole = seen.add(index, result) else { return }
                let result = Result { () throws(PluginError) -> [PluginOutput.Kind] in try outputs(whole.get(), found.colours) }
                if let thumbnail = found.thumbnail, case .success(let kinds) = result { lastSeen = (thumbnail, kinds) }
                answer(origin, result)
            }
        }
    }

    private func outputs(_ views: [[Tensor]], _ shares: [ColourNames.Share]) throws(PluginError) -> [PluginOutput.Kind] {
        for tensors in views where tensors.map(\.count) != [VisionEncoderPlugin.dimensions, VisionEncoderPlugin.classes] {
            let expected = "\(VisionEncoderPlugin.dimensions) and \(VisionEncoderPlugin.classes)"
            throw PluginError(.failedPrecondition, "the image model gave outputs of \(tensors.map(\.shape)), not \(expected) numbers")
        }
        guard let vector = UnitVector.sum(views.map { $0[0].floats() }) else {
            throw PluginError(.internalError, "the image model gave no finite vector")
        }
        var kinds: [PluginOutput.Kind] = [.embedding(Embedding(spaceID: plugin.spaceID, shape: [UInt32(vector.count)], values: vector))]
        if plugin.topK > 0 {
            let best = Probabilities.top(plugin.topK, logits: UnitVector.mean(views.map { $0[1].floats() }))
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

/// The views of one picture, as they come back from the model.
private final class SeenViews {
    private var views: [[Tensor]]
    private var missing: Int
    private var isOver = false

    init(count: Int) {
        views = Array(repeating: [], count: count)
        missing = count
    }

    /// - Returns: all views once the last has come, or the first failure; nil otherwise.
    func add(_ index: Int, _ result: Result<[Tensor], PluginError>) -> Result<[[Tensor]], PluginError>? {
        guard !isOver else { return nil }
        switch result {
        case .success(let tensors):
            views[index] = tensors
            missing -= 1
            guard missing == 0 else { return nil }
            isOver = true
            return .success(views)
        case .failure(let error):
            isOver = true
            return .failure(error)
        }
    }
}
