import EventLoop
import Fusion

/// The text encoder alone, for commands that compare meanings: blocks.
public final class SentenceEncoder {
    private let runtime: PluginRuntime
    private let loop: EventLoop
    private let features: PluginFeatureSource

    /// Loads the text-encoder plugin and its model.
    public init(pluginFolder: String, modelsFolder: String, runtimeFolder: String) throws(ServerError) {
        var configuration = ServerConfiguration()
        configuration.pluginFolder = pluginFolder
        configuration.modelsFolder = modelsFolder
        configuration.runtimeFolder = runtimeFolder
        configuration.inferenceThreads = 1
        configuration.logLevel = .warning
        configuration.plugins = [PluginChoice(name: "text-encoder")]
        runtime = try PluginRuntime(configuration)
        do throws(LoopError) { loop = try EventLoop(name: "sentences") } catch { throw ServerError("\(error)") }
        loop.start()
        features = try runtime.features(on: loop)
    }

    /// A unit vector. Not on a loop that the encoder uses; any other thread may wait here.
    public func encode(_ text: String) throws(ServerError) -> [Float] {
        do {
            return try Blocking.run(on: loop) { [features] in try await features.embedText(text) }.values
        } catch {
            throw ServerError("\(error)")
        }
    }

    public func close() {
        features.retire(runtime)
        loop.stop()
        loop.join()
        runtime.shutdown()
    }
}
