import ImageDecoding
import PluginKit
import Wire

/// Whether a photo shows what a shop does not want to see: labels of the scheme "moderation".
enum Moderation {
    static let modelName = "moderation"
    static let path = "moderation/moderation.xml"
    /// Sides of the model's input u8[1, side, side, 3].
    static let side = 224
    /// The whole picture is squashed to this, of which the model sees the middle: as it was trained.
    static let squashedSide = 256
    /// In the order of the model's output.
    static let names = [(english: "harmless", chinese: "正常"), (english: "explicit", chinese: "露骨")]

    /// The model's picture. For compute jobs.
    /// - Throws: INVALID_ARGUMENT for a picture that cannot be used.
    static func fill(_ input: Tensor, from data: SharedBytes) throws(PluginError) {
        let whole = try Preprocessing.decode(data, .exactly(width: squashedSide, height: squashedSide, kernel: .linear))
        let edge = (squashedSide - side) / 2
        let middle = whole.part(left: edge, top: edge, width: side, height: side)
        input.withUnsafeMutableBytes { $0.copyBytes(from: middle.rgb) }
    }

    /// Both classes, the likelier first.
    static func labels(_ outputs: [Tensor]) throws(PluginError) -> Labels {
        guard outputs.count == 1, outputs[0].count == names.count else {
            throw PluginError(.failedPrecondition, "the moderation model gave outputs of \(outputs.map(\.shape)), not \(names.count) numbers")
        }
        let labels = zip(names, outputs[0].floats()).map { Label(name: $0.english, probability: $1, nameZh: $0.chinese) }
        guard labels.allSatisfy({ $0.probability.isFinite }) else {
            throw PluginError(.internalError, "the moderation model gave no finite numbers")
        }
        return Labels(scheme: modelName, labels: labels.sorted { $0.probability > $1.probability })
    }
}

extension VisionStream {
    func moderate(_ data: SharedBytes, _ origin: InputOrigin, _ done: @escaping (Result<[PluginOutput.Kind], PluginError>) -> Void) {
        guard let model = plugin.moderation else { return done(.success([])) }
        let input: Tensor
        do throws(PluginError) {
            input = try stream.zero(dtype: .u8, shape: [1, Moderation.side, Moderation.side, 3])
        } catch {
            return done(.failure(error))
        }
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> Void in
            try Moderation.fill(input, from: data)
        } then: { [self] filled in
            if case .failure(let error) = filled { return done(.failure(error)) }
            stream.infer(
                model, inputs: [("image", input)], outputs: ["probabilities"], priority: .interactive, deadlineUs: origin.deadlineUs
            ) { result in
                done(Result { () throws(PluginError) -> [PluginOutput.Kind] in [.labels(try Moderation.labels(result.get()))] })
            }
        }
    }
}
