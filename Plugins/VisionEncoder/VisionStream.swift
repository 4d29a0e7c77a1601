import PluginKit
import Wire

/// One stream: pictures in; vectors, labels and what is switched on besides out, each on its own. Closes after the last answer once the input has
/// ended.
///
/// A camera picture that looks like the one before gets that one's answer again: it is decoded, but the model does not see it.
final class VisionStream: StreamHandler {
    private let answers: AnsweringStream
    let plugin: VisionEncoderPlugin
    var stream: PluginStream { answers.stream }
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
        let parts = Gathering<[PluginOutput.Kind]>(count: 3)
        func given(_ index: Int) -> (Result<[PluginOutput.Kind], PluginError>) -> Void {
            { [self] result in
                guard let all = parts.add(index, result) else { return }
                plugin.ended()
                answers.answer(origin, all.map { $0.flatMap(\.self) })
            }
        }
        encode(image.data, image.purpose == .query ? plugin.views : [.whole], origin, given(0))
        // Cameras send what was in the picture before: what is written in it, and whether it may be shown, is asked of photos.
        let isPhoto = origin.modality != "video"
        if isPhoto { moderate(image.data, origin, given(1)) } else { given(1)(.success([])) }
        if isPhoto { read(image.data, origin, given(2)) } else { given(2)(.success([])) }
    }

    func halfClosed() { answers.halfClosed() }

    private func encode(_ data: SharedBytes, _ views: [PictureView], _ origin: InputOrigin, _ done: @escaping Done) {
        let side = VisionEncoderPlugin.inputSide
        let (colours, isVideo) = (plugin.colours, origin.modality == "video")
        let inputs: [Tensor]
        do throws(PluginError) {
            inputs = try views.map { (_) throws(PluginError) -> Tensor in try stream.zero(dtype: .u8, shape: [1, side, side, 3]) }
        } catch {
            return done(.failure(error))
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
            case .success(let found): look(inputs, found, origin, done)
            case .failure(let error): done(.failure(error))
            }
        }
    }

    private func look(_ inputs: [Tensor], _ found: Found, _ origin: InputOrigin, _ done: @escaping Done) {
        if let thumbnail = found.thumbnail, let lastSeen, thumbnail.difference(from: lastSeen.thumbnail) < plugin.duplicateDifference {
            return done(.success(lastSeen.answer))
        }
        let seen = Gathering<[Tensor]>(count: inputs.count)
        for (index, input) in inputs.enumerated() {
            stream.infer(
                plugin.model, inputs: [("image", input)], outputs: ["embedding", "logits"],
                priority: origin.modality == "video" ? .video : .interactive, deadlineUs: origin.deadlineUs
            ) { [self] result in
                guard let whole = seen.add(index, result) else { return }
                let result = Result { () throws(PluginError) -> [PluginOutput.Kind] in try outputs(whole.get(), found.colours) }
                if let thumbnail = found.thumbnail, case .success(let kinds) = result { lastSeen = (thumbnail, kinds) }
                done(result)
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
