import ImageDecoding
import PluginKit
import Wire

/// One stream: pictures in, poses out, each on its own. Closes after the last answer once the input has ended.
final class PoseStream: StreamHandler {
    private let stream: PluginStream
    private let plugin: PoseEstimatorPlugin
    private var unanswered = 0
    private var ended = false

    init(_ stream: PluginStream, _ plugin: PoseEstimatorPlugin) {
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
            answer(picture, .problem(InputProblem(error)))
            return
        }
        if !picture.isVideo { picture.modality = image.purpose == .selfie ? "selfie" : "image" }
        guard image.part == 0, image.last || picture.isVideo else {
            answer(picture, .problem(InputProblem(.invalidArgument, "a picture must come whole: part 0 with last set")))
            return
        }
        PoseRun(stream, plugin, picture) { [weak self] kind in self?.answer(picture, kind) }.start(image.data)
    }

    func halfClosed() {
        ended = true
        closeWhenDone()
    }

    private func answer(_ picture: PictureContext, _ kind: PluginOutput.Kind) {
        guard !stream.isClosed else { return }
        unanswered -= 1
        do {
            try stream.emit(picture.output(kind))
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

extension InputProblem {
    init(_ code: StatusCode, _ message: String) {
        self.init(code: code.rawValue, message: message)
    }

    init(_ error: PluginError) {
        self.init(error.status.code, error.status.message)
    }
}

/// The chains over one picture, carried out with the host's services. `then` is called once.
///
///     compute: decode ─▶ per job, compute: cut ─▶ infer ─▶ PoseChain ─▶ further jobs … ─▶ then
private final class PoseRun {
    private let stream: PluginStream
    private let plugin: PoseEstimatorPlugin
    private let picture: PictureContext
    private var then: ((PluginOutput.Kind) -> Void)?
    /// There once the picture is decoded.
    private var chain: PoseChain?

    init(_ stream: PluginStream, _ plugin: PoseEstimatorPlugin, _ picture: PictureContext, then: @escaping (PluginOutput.Kind) -> Void) {
        self.stream = stream
        self.plugin = plugin
        self.picture = picture
        self.then = then
    }

    func start(_ data: SharedBytes) {
        let fit = ImageFit.full(sideMax: plugin.options.imageSideMax)
        stream.compute(deadlineUs: picture.deadlineUs) { () throws(PluginError) -> DecodedImage in
            try decode(data, fit, .asStored)
        } then: { [self] result in
            switch result {
            case .success(let image):
                var chain = PoseChain(width: image.width, height: image.height, options: plugin.options, detectors: plugin.detectors)
                let jobs = chain.start()
                self.chain = chain
                if jobs.isEmpty { finish(image) }
                for job in jobs { run(job, image) }
            case .failure(let error): fail(error)
            }
        }
    }

    private func run(_ job: PoseJob, _ image: DecodedImage) {
        guard then != nil else { return }
        let side = job.model.inputSide
        let input: Tensor
        do {
            input = try stream.zero(shape: [1, side, side, 3])
        } catch {
            fail(error)
            return
        }
        stream.compute(deadlineUs: picture.deadlineUs) { () throws(PluginError) -> Void in
            input.withMutableFloats { Warp.cut(image, job.region, side: side, range: job.model.range, into: $0) }
        } then: { [self] result in
            switch result {
            case .success: infer(job, input, image)
            case .failure(let error): fail(error)
            }
        }
    }

    private func infer(_ job: PoseJob, _ input: Tensor, _ image: DecodedImage) {
        guard then != nil, let model = plugin.models[job.model] else { return }
        let priority: InferencePriority = picture.isVideo ? .video : .interactive
        stream.infer(
            model, inputs: [(job.model.inputName, input)], outputs: job.model.outputs, priority: priority, deadlineUs: picture.deadlineUs
        ) { [self] result in
            switch result {
            case .success(let outputs): advance(job, outputs, image)
            case .failure(let error): fail(error)
            }
        }
    }

    private func advance(_ job: PoseJob, _ outputs: [Tensor], _ image: DecodedImage) {
        guard then != nil else { return }
        guard outputs.map(\.count) == job.model.outputCounts else {
            fail(PluginError(.failedPrecondition, "model \(job.model.rawValue) gave outputs of \(outputs.map(\.shape)), not those of its release"))
            return
        }
        let values = outputs.map { $0.floats() }
        let next = withBuffers(of: values) { chain?.finished(job, $0) ?? [] }
        for following in next { run(following, image) }
        if chain?.isDone ?? true { finish(image) }
    }

    private func finish(_ image: DecodedImage) {
        let then = then
        self.then = nil
        then?(.pose(Pose(chain?.figures ?? [], image)))
    }

    private func fail(_ error: PluginError) {
        let then = then
        self.then = nil
        then?(.problem(InputProblem(error)))
    }
}

/// Gives `body` all arrays' elements, valid until it returns.
func withBuffers<R>(of arrays: [[Float]], _ body: ([UnsafeBufferPointer<Float>]) -> R) -> R {
    func open(_ index: Int, _ buffers: [UnsafeBufferPointer<Float>]) -> R {
        guard index < arrays.count else { return body(buffers) }
        return arrays[index].withUnsafeBufferPointer { open(index + 1, buffers + [$0]) }
    }
    return open(0, [])
}

/// For compute jobs: a picture that cannot be used is INVALID_ARGUMENT.
private func decode(_ data: SharedBytes, _ fit: ImageFit, _ colour: ColourHandling) throws(PluginError) -> DecodedImage {
    let result = data.withUnsafeBytes { bytes in
        Result { () throws(ImageError) -> DecodedImage in try ImageDecoder.decode(bytes, fit: fit, colour: colour) }
    }
    switch result {
    case .success(let image): return image
    case .failure(let error): throw PluginError(error == .noMemory ? .resourceExhausted : .invalidArgument, error.description)
    }
}
