import Languages
import PluginKit
import Wire

/// One stream: texts in, vectors and words' weights out, each on its own. Closes after the last answer once the input has ended.
final class TextStream: StreamHandler {
    private let answers: AnsweringStream
    private let plugin: TextEncoderPlugin
    private var stream: PluginStream { answers.stream }

    init(_ stream: PluginStream, _ plugin: TextEncoderPlugin) {
        answers = AnsweringStream(stream)
        self.plugin = plugin
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard message.kind == ClientMessageKind.text else { return }
        let origin = answers.expect(message, modality: "text")
        let text: String
        do throws(PluginError) {
            guard case .text(let input) = try message.content else { throw PluginError(.invalidArgument, "the message is no text") }
            text = input.text
        } catch {
            return answers.answer(origin, .failure(error))
        }
        tokenise(text, origin)
    }

    func halfClosed() { answers.halfClosed() }

    /// What is made of a text before the model sees it.
    private struct Cut: Sendable {
        var windows: [[Int64]]
        /// What is told of it besides the vector.
        var besides: [PluginOutput.Kind]
    }

    /// Languages told of a text at most, and how sure one must be.
    private static let languagesMax = 3
    private static let languageMin: Float = 0.05

    private static func language(of text: String) -> PluginOutput.Kind {
        let likely = Languages.guesses(of: text).prefix(languagesMax).filter { $0.confidence >= languageMin }
        return .labels(Labels(scheme: "language", labels: likely.map { Label(name: $0.code, probability: $0.confidence) }))
    }

    private func tokenise(_ text: String, _ origin: InputOrigin) {
        let (tokenizer, kind, terms, tellsLanguage) = (plugin.tokenizer, plugin.kind, plugin.terms, plugin.tellsLanguage)
        @Sendable func cut() throws(PluginError) -> Cut {
            Cut(
                windows: try TextWindows.cut(text, tokenizer, kind).get(),
                besides: (terms.map { [.sparse($0.vector(of: text))] } ?? []) + (tellsLanguage ? [Self.language(of: text)] : []))
        }
        if text.utf8.count <= TextLimits.inlineBytesMax || text.utf8.count > TextLimits.textBytesMax {
            return look(Result { () throws(PluginError) -> Cut in try cut() }, origin)
        }
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> Cut in
            try cut()
        } then: { [self] result in
            look(result, origin)
        }
    }

    private func look(_ result: Result<Cut, PluginError>, _ origin: InputOrigin) {
        let windows: [[Int64]]
        let besides: [PluginOutput.Kind]
        switch result {
        case .success(let cut): (windows, besides) = (cut.windows, cut.besides)
        case .failure(let error): return answers.answer(origin, .failure(error))
        }
        let parts = Parts(count: windows.count, besides: besides)
        for (index, ids) in windows.enumerated() {
            let input: Tensor
            do {
                input = try stream.tensor([ids.count], ids)
            } catch {
                finish(parts, index, .failure(error), origin)
                continue
            }
            stream.infer(
                plugin.model, inputs: [("ids", input)], outputs: ["embedding"], priority: .interactive, deadlineUs: origin.deadlineUs
            ) { [self] result in
                finish(parts, index, Result { () throws(PluginError) -> [Float] in try vector(result.get()) }, origin)
            }
        }
    }

    private func vector(_ tensors: [Tensor]) throws(PluginError) -> [Float] {
        guard tensors.count == 1, tensors[0].count == plugin.kind.dimensions else {
            throw PluginError(
                .failedPrecondition, "the text model gave outputs of \(tensors.map(\.shape)), not \(plugin.kind.dimensions) numbers")
        }
        return tensors[0].floats()
    }

    /// The windows of one text, as they come.
    private final class Parts {
        var vectors: [[Float]?]
        var missing: Int
        var isAnswered = false
        let besides: [PluginOutput.Kind]

        init(count: Int, besides: [PluginOutput.Kind]) {
            self.besides = besides
            vectors = Array(repeating: nil, count: count)
            missing = count
        }
    }

    private func finish(_ parts: Parts, _ index: Int, _ result: Result<[Float], PluginError>, _ origin: InputOrigin) {
        if parts.isAnswered { return }
        switch result {
        case .failure(let error):
            parts.isAnswered = true
            answers.answer(origin, .failure(error))
        case .success(let vector):
            parts.vectors[index] = vector
            parts.missing -= 1
            if parts.missing > 0 { return }
            parts.isAnswered = true
            guard let mean = TextWindows.mean(parts.vectors.compactMap(\.self)) else {
                return answers.answer(origin, .failure(PluginError(.internalError, "the text model gave no finite vector")))
            }
            let embedding = Embedding(spaceID: plugin.spaceID, shape: [UInt32(mean.count)], values: mean)
            answers.answer(origin, .success([.embedding(embedding)] + parts.besides))
        }
    }
}
