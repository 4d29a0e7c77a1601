import CVitrinePlugin
public import Wire

/// What an answer repeats of its input.
public struct InputOrigin: Sendable {
    public let turnID: UInt64
    public let revision: UInt32
    public let captureTimeUs: UInt64
    /// On the host's clock, microseconds; 0 = none.
    public let deadlineUs: UInt64
    /// Which input modality the answer speaks for: "text", "image", "selfie", "video".
    public var modality: String

    public init(_ message: InputMessage, modality: String) {
        turnID = message.turnID
        revision = message.revision
        captureTimeUs = message.captureTimeUs
        deadlineUs = message.deadlineUs
        self.modality = modality
    }

    public func output(_ kind: PluginOutput.Kind) -> PluginOutput {
        PluginOutput(turnID: turnID, revision: revision, captureTimeUs: captureTimeUs, kind: kind, modality: modality)
    }
}

/// The bookkeeping of a stream whose inputs are answered each on its own: every input gets one answer, a refused one a problem, and the stream is
/// closed after the last answer once the input has ended. Confined to the loop.
public final class AnsweringStream {
    public let stream: PluginStream
    private var unanswered = 0
    private var ended = false

    public init(_ stream: PluginStream) {
        self.stream = stream
    }

    /// An input has come that will be answered.
    public func expect(_ message: InputMessage, modality: String) -> InputOrigin {
        unanswered += 1
        return InputOrigin(message, modality: modality)
    }

    /// An input that is one whole photo or camera picture will be answered. What is none is answered with a problem here.
    /// - Returns: nil when there is nothing left to do.
    public func expectPicture(_ message: InputMessage) -> (origin: InputOrigin, image: ImageInput)? {
        let isVideo = message.kind == ClientMessageKind.video
        guard isVideo || message.kind == ClientMessageKind.image else { return nil }
        var origin = expect(message, modality: isVideo ? "video" : "image")
        do throws(PluginError) {
            let image: ImageInput
            switch try message.content {
            case .image(let input), .video(let input): image = input
            default: throw PluginError(.invalidArgument, "the message is no picture")
            }
            if !isVideo { origin.modality = image.purpose == .selfie ? "selfie" : "image" }
            guard image.part == 0, image.last || isVideo else {
                throw PluginError(.invalidArgument, "a picture must come whole: part 0 with last set")
            }
            return (origin, image)
        } catch {
            answer(origin, .failure(error))
            return nil
        }
    }

    /// Answers one input, once. When the stream cannot take the answer it is closed with the reason.
    public func answer(_ origin: InputOrigin, _ result: Result<[PluginOutput.Kind], PluginError>) {
        guard !stream.isClosed else { return }
        unanswered -= 1
        do throws(PluginError) {
            switch result {
            case .success(let kinds): for kind in kinds { try stream.emit(origin.output(kind)) }
            case .failure(let error):
                try stream.emit(origin.output(.problem(InputProblem(code: error.status.code.rawValue, message: error.status.message))))
            }
        } catch {
            return stream.close(error.status)
        }
        closeWhenDone()
    }

    /// The input has ended: `StreamHandler.halfClosed`.
    public func halfClosed() {
        ended = true
        closeWhenDone()
    }

    private func closeWhenDone() {
        if ended, unanswered == 0 { stream.close() }
    }
}
