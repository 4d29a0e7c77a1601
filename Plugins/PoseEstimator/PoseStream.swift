import ImageDecoding
import PluginKit
import Wire

/// One stream: pictures in, poses out. Photos stand alone; a camera's pictures are worked on one after the other, each going on from the one
/// before. Closes after the last answer once the input has ended.
final class PoseStream: StreamHandler {
    private let answers: AnsweringStream
    private let plugin: PoseEstimatorPlugin
    var tracker: PoseTracker
    /// A camera's pictures that wait for the one before them.
    private var waiting: [(origin: InputOrigin, data: SharedBytes)] = []
    private(set) var isFollowing = false

    /// Pictures of a camera that may wait on one stream: a session sends one at a time.
    static let videoWaitingItemsMax = 8

    init(_ stream: PluginStream, _ plugin: PoseEstimatorPlugin) {
        answers = AnsweringStream(stream)
        self.plugin = plugin
        tracker = PoseTracker(options: plugin.options)
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard let (origin, image) = answers.expectPicture(message) else { return }
        if origin.modality == "video" { return follow(origin, image.data) }
        let options = plugin.options
        PoseRun(answers.stream, plugin, origin, sideMax: options.imageSideMax, plan: { _ in PosePlan(photo: options) }) { [weak self] result in
            self?.answers.answer(origin, result.map { [.pose(Pose($0.found.map(\.figure), $0.image))] })
        }.start(image.data)
    }

    func halfClosed() { answers.halfClosed() }

    private func follow(_ origin: InputOrigin, _ data: SharedBytes) {
        guard !isFollowing else {
            guard waiting.count < PoseStream.videoWaitingItemsMax else {
                let most = PoseStream.videoWaitingItemsMax
                return answers.answer(origin, .failure(PluginError(.resourceExhausted, "\(most) camera pictures wait already, which is the limit")))
            }
            return waiting.append((origin, data))
        }
        isFollowing = true
        let timeUs = origin.captureTimeUs
        let plan = { [weak self] (image: DecodedImage) -> PosePlan in
            self?.tracker.plan(atUs: timeUs, width: image.width, height: image.height) ?? PosePlan(tracks: [], search: [], figuresMax: [0, 0, 0])
        }
        PoseRun(answers.stream, plugin, origin, sideMax: plugin.options.videoSideMax, plan: plan) { [weak self] result in
            guard let self else { return }
            isFollowing = false
            answers.answer(origin, result.map { [.pose(Pose(self.tracker.finished($0.found, atUs: timeUs), $0.image))] })
            if !waiting.isEmpty, !answers.stream.isClosed {
                let next = waiting.removeFirst()
                follow(next.origin, next.data)
            }
        }.start(data)
    }
}

/// What the chains found in a picture.
private typealias PoseResult = Result<(found: [FoundFigure], image: DecodedImage), PluginError>

/// The chains over one picture, carried out with the host's services. `then` is called once.
///
///     compute: decode ─▶ plan ─▶ per job, compute: cut ─▶ infer ─▶ PoseChain ─▶ further jobs … ─▶ then
private final class PoseRun {
    private let stream: PluginStream
    private let plugin: PoseEstimatorPlugin
    private let origin: InputOrigin
    private let sideMax: Int
    private let plan: (DecodedImage) -> PosePlan
    private var then: ((PoseResult) -> Void)?
    /// There once the picture is decoded.
    private var chain: PoseChain?

    init(
        _ stream: PluginStream, _ plugin: PoseEstimatorPlugin, _ origin: InputOrigin, sideMax: Int, plan: @escaping (DecodedImage) -> PosePlan,
        then: @escaping (PoseResult) -> Void
    ) {
        self.stream = stream
        self.plugin = plugin
        self.origin = origin
        self.sideMax = sideMax
        self.plan = plan
        self.then = then
    }

    func start(_ data: SharedBytes) {
        let fit = ImageFit.full(sideMax: sideMax)
        stream.compute(deadlineUs: origin.deadlineUs) { () throws(PluginError) -> DecodedImage in
            try decode(data, fit, .asStored)
        } then: { [self] result in
            switch result {
            case .success(let image):
                var chain = PoseChain(
                    width: image.width, height: image.height, options: plugin.options, plan: plan(image), detectors: plugin.detectors)
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
            input.withMutableFloats { job.cut(image, into: $0) }
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
        let next = withFloats(of: outputs[...]) { chain?.finished(job, $0) ?? [] }
        for following in next { run(following, image) }
        if chain?.isDone ?? true { finish(image) }
    }

    private func finish(_ image: DecodedImage) {
        let then = then
        self.then = nil
        then?(.success((chain?.found ?? [], image)))
    }

    private func fail(_ error: PluginError) {
        let then = then
        self.then = nil
        then?(.failure(error))
    }
}

/// Gives `body` all tensors' elements, valid until it returns.
private func withFloats<R>(of tensors: ArraySlice<Tensor>, _ buffers: [UnsafeBufferPointer<Float>] = [], _ body: ([UnsafeBufferPointer<Float>]) -> R)
    -> R
{
    guard let first = tensors.first else { return body(buffers) }
    return first.withFloats { withFloats(of: tensors.dropFirst(), buffers + [$0], body) }
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
