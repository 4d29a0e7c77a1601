import EventLoop
import Fusion

/// Vectors of texts by the shipped text encoder. For commands: blocks.
public final class TextFeatures {
    private let runtime: PluginRuntime
    private let loop: EventLoop
    private let features: PluginFeatureSource

    /// `configuration` names the folders of plugins, models and the inference runtime; its plugins are replaced by the text encoder.
    public init(_ configuration: ServerConfiguration) throws(ServerError) {
        var configuration = configuration
        configuration.plugins = [PluginChoice(name: "text-encoder")]
        configuration.logLevel = .warning
        runtime = try PluginRuntime(configuration)
        do {
            loop = try EventLoop(name: "texts")
        } catch {
            throw ServerError("\(error)")
        }
        loop.start()
        features = try runtime.features(on: loop)
    }

    /// A unit vector a text, all in one space, whose id is given with them. `done` is told how many are finished.
    public func embed(_ texts: [String], done: @escaping @Sendable (Int) -> Void) throws(ServerError) -> (spaceID: String, vectors: [[Float]]) {
        do {
            return try Blocking.run(on: loop) { [features] () async throws -> (String, [[Float]]) in
                var vectors: [[Float]] = []
                var spaceID = ""
                for (index, text) in texts.enumerated() {
                    let feature = try await features.embedText(text)
                    spaceID = feature.spaceID
                    vectors.append(feature.values)
                    done(index + 1)
                }
                return (spaceID, vectors)
            }
        } catch let error as ServerError {
            throw error
        } catch {
            throw ServerError("a text cannot be encoded: \(error)")
        }
    }

    public func close() {
        features.retire(runtime)
        loop.stop()
        loop.join()
        runtime.shutdown()
    }
}
