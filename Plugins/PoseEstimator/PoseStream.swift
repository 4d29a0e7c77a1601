import ImageDecoding
import PluginKit
import Wire

/// One stream: pictures in, poses out, each on its own. Closes after the last answer once the input has ended.
final class PoseStream: StreamHandler {
    private let answers: AnsweringStream
    private let plugin: PoseEstimatorPlugin

    init(_ stream: PluginStream, _ plugin: PoseEstimatorPlugin) {
        answers = AnsweringStream(stream)
        self.plugin = plugin
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard let (origin, image) = answers.expectPicture(message) else { return }
        PoseRun(answers.stream, plugin, origin) { [weak self] result in self?.answers.answer(origin, result.map { [$0] }) }.start(image.data)
    }

    func halfClosed() { answers.halfClosed() }
}

/// The chains over one picture, carried out with the host's services. `then` is called once.
///
///     compute: decode ─▶ per job, compute: cut ─▶ infer ─▶ PoseChain ─▶ further jobs … ─▶ then
private final class PoseRun {
    private let stream: PluginStream
    private let plugin: PoseEstimatorPlugin
    private let origin: InputOrigin
    private var then: ((Result<PluginOutput.Kind, PluginError>) -> Void)?
    /// There once the picture is decoded.
    private var chain: PoseChain?

    init(
        _ stream: PluginStream, _ plugin: PoseEstimatorPlugin, _ origin: InputOrigin, then: @escaping (Result<PluginOutput.Kind, PluginError>) -> Void
    ) {
        self.stream = stream
        self.plugin = plugin
        self.origin = origin
        self.then = then
    }

    func start(_ data: SharedBytes) {
        let fit = ImageFit.full(sideMax: plugin.options.imageSideMax)
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> DecodedImage in
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
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> Void in
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
        let priority: InferencePriority = origin.modality == "video" ? .video : .interactive
        stream.infer(
            model, inputs: [(job.model.inputName, input)], outputs: job.model.outputs, priority: priority, deadlineUs: origin.deadlineUs
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
        then?(.success(.pose(Pose(chain?.figures ?? [], image))))
    }

    private func fail(_ error: PluginError) {
        let then = then
        self.then = nil
        then?(.failure(error))
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
