public import Catalog
import EventLoop
public import Fusion
import Router
import Wire

/// Features of texts and pictures, made by the same plugins that serve conversations: for catalogue imports and example utterances.
public final class PluginFeatureSource: FeatureSource {
    private let loop: EventLoop
    private let nodes: LoopBound<[String: any Node]>
    private let spaces: ProductSpaces?

    /// `nodes` are the plugin instances of `loop`, by plugin name.
    init(loop: EventLoop, nodes: [String: any Node], spaces: ProductSpaces?) {
        self.loop = loop
        self.nodes = LoopBound(nodes, loop: loop)
        self.spaces = spaces
    }

    public var sharedSpace: String { spaces?.id ?? "" }

    public func shared(titles: [String], image: Feature?) async throws -> [Feature] {
        guard let spaces else { return [] }
        var said: [(text: String, sentence: Feature)] = []
        for title in titles where !title.isEmpty { said.append((title, try await embedText(title).normalised())) }
        return try spaces.features(titles: said, image: image)
    }

    /// Lets the plugin instances go. Blocks; not on a loop.
    func retire(_ runtime: PluginRuntime) {
        Blocking.run(on: loop) { [nodes] () async in
            runtime.retire(nodes.value.values.sorted { $0.name < $1.name })
        }
    }

    public func embedText(_ text: String) async throws -> Feature {
        let message = ClientMessage(kind: .text(TextInput(text: text)))
        return try await embedding(of: message, kind: ClientMessageKind.text, plugin: "text-encoder", modality: Modality.text)
    }

    public func embedImage(_ file: [UInt8]) async throws -> Feature {
        // No query: the shop's own photo, of which nothing is to be left out.
        let message = ClientMessage(kind: .image(ImagePart(last: true, data: file)))
        return try await embedding(of: message, kind: ClientMessageKind.image, plugin: "vision-encoder", modality: Modality.image)
    }

    private func embedding(of message: ClientMessage, kind: UInt32, plugin: String, modality: String) async throws -> Feature {
        let payload = SharedBuffer(message.encoded())
        return try await withCheckedThrowingContinuation { continuation in
            loop.submit { [nodes] in
                do throws(RPCStatus) {
                    guard let node = nodes.value[plugin] else { throw RPCStatus(.failedPrecondition, "the plugin '\(plugin)' is not loaded") }
                    let collector = EmbeddingCollector(modality: modality) { continuation.resume(with: $0) }
                    let stream = try node.open(StreamOpen(sessionKey: 0), events: collector)
                    collector.stream = stream
                    stream.data(RoutedMessage(kind: kind, turnID: 0, revision: 0, captureTimeUs: 0, payload: payload))
                    stream.halfClose()
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

/// Waits for the one embedding of a stream; answers once, when the stream has closed.
private final class EmbeddingCollector: NodeEvents {
    private let modality: String
    private var answer: ((Result<Feature, any Error>) -> Void)?
    private var result: Result<Feature, any Error>?
    /// Keeps stream and collector alive until the stream has closed.
    var stream: (any NodeStream)?
    private var itself: EmbeddingCollector?

    init(modality: String, answer: @escaping (Result<Feature, any Error>) -> Void) {
        self.modality = modality
        self.answer = answer
        itself = self
    }

    func nodeStream(_ stream: any NodeStream, emitted kind: UInt32, payload: SharedBuffer) {
        do throws(RPCStatus) {
            switch try PluginOutput(decoding: payload.bytes).kind {
            case .embedding(let embedding):
                result = .success(Feature(modality: modality, spaceID: embedding.spaceID, values: embedding.values))
            case .problem(let problem):
                result = .failure(RPCStatus(StatusCode(rawValue: problem.code) ?? .unknown, problem.message))
            default: break
            }
        } catch {
            result = .failure(error)
        }
    }

    func nodeStream(_ stream: any NodeStream, closed status: RPCStatus) {
        let outcome = result ?? .failure(status.code == .ok ? RPCStatus(.internalError, "the plugin gave no embedding") : status)
        answer?(outcome)
        answer = nil
        self.stream = nil
        itself = nil
    }
}
