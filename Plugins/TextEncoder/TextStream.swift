import PluginKit
import Wire

/// One stream: texts in, vectors out, each on its own. Closes after the last answer once the input has ended.
final class TextStream: StreamHandler {
    private let stream: PluginStream
    private let plugin: TextEncoderPlugin
    private var unanswered = 0
    private var ended = false

    init(_ stream: PluginStream, _ plugin: TextEncoderPlugin) {
        self.stream = stream
        self.plugin = plugin
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard message.kind == ClientMessageKind.text else { return }
        let origin = Origin(message)
        unanswered += 1
        let text: String
        do throws(PluginError) {
            guard case .text(let input) = try message.content else { throw PluginError(.invalidArgument, "the message is no text") }
            text = input.text
        } catch {
            return answer(origin, .failure(error))
        }
        tokenise(text, origin)
    }

    func halfClosed() {
        ended = true
        closeWhenDone()
    }

    private func tokenise(_ text: String, _ origin: Origin) {
        let tokenizer = plugin.tokenizer
        if text.utf8.count <= TextLimits.inlineBytesMax || text.utf8.count > TextLimits.textBytesMax {
            return windows(TextWindows.cut(text, tokenizer), origin)
        }
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> [[Int64]] in
            try TextWindows.cut(text, tokenizer).get()
        } then: { [self] result in
            windows(result, origin)
        }
    }

    private func windows(_ result: Result<[[Int64]], PluginError>, _ origin: Origin) {
        let windows: [[Int64]]
        switch result {
        case .success(let cut): windows = cut
        case .failure(let error): return answer(origin, .failure(error))
        }
        let parts = Parts(count: windows.count)
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
                finish(parts, index, Result { () throws(PluginError) -> [Float] in try Self.vector(result.get()) }, origin)
            }
        }
    }

    private static func vector(_ tensors: [Tensor]) throws(PluginError) -> [Float] {
        guard tensors.count == 1, tensors[0].count == TextEncoderPlugin.dimensions else {
            throw PluginError(
                .failedPrecondition, "the text model gave outputs of \(tensors.map(\.shape)), not \(TextEncoderPlugin.dimensions) numbers")
        }
        return tensors[0].floats()
    }

    /// The windows of one text, as they come.
    private final class Parts {
        var vectors: [[Float]?]
        var missing: Int
        var isAnswered = false

        init(count: Int) {
            vectors = Array(repeating: nil, count: count)
            missing = count
        }
    }

    private func finish(_ parts: Parts, _ index: Int, _ result: Result<[Float], PluginError>, _ origin: Origin) {
        if parts.isAnswered { return }
        switch result {
        case .failure(let error):
            parts.isAnswered = true
            answer(origin, .failure(error))
        case .success(let vector):
            parts.vectors[index] = vector
            parts.missing -= 1
            if parts.missing > 0 { return }
            parts.isAnswered = true
            guard let mean = TextWindows.mean(parts.vectors.compactMap(\.self)) else {
                return answer(origin, .failure(PluginError(.internalError, "the text model gave no finite vector")))
            }
            answer(origin, .success(Embedding(spaceID: plugin.spaceID, shape: [UInt32(mean.count)], values: mean)))
        }
    }

    private func answer(_ origin: Origin, _ result: Result<Embedding, PluginError>) {
        guard !stream.isClosed else { return }
        unanswered -= 1
        do throws(PluginError) {
            switch result {
            case .success(let embedding): try stream.emit(origin.output(.embedding(embedding)))
            case .failure(let error):
                try stream.emit(origin.output(.problem(InputProblem(code: error.status.code.rawValue, message: error.status.message))))
            }
        } catch {
            return stream.close(error.status)
        }
        closeWhenDone()
    }

    private func closeWhenDone() {
        if ended, unanswered == 0 { stream.close() }
    }
}

/// What an answer repeats of its input.
struct Origin {
    let turnID: UInt64
    let revision: UInt32
    let captureTimeUs: UInt64
    let deadlineUs: UInt64

    init(_ message: InputMessage) {
        turnID = message.turnID
        revision = message.revision
        captureTimeUs = message.captureTimeUs
        deadlineUs = message.deadlineUs
    }

    func output(_ kind: PluginOutput.Kind) -> PluginOutput {
        PluginOutput(turnID: turnID, revision: revision, captureTimeUs: captureTimeUs, kind: kind, modality: "text")
    }
}
