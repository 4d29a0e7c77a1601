import ArgumentParser
import Fusion
import Server

/// Where the text encoder is, and sentences as unit vectors of its space.
struct EncoderOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server's configuration, for its models and plugins; without it, the usual folders.", valueName: "file"))
    var config: String?

    func embed(_ texts: [String], _ bar: ProgressBar) throws -> (values: [[Float]], spaceID: String) {
        do {
            let embedder = try PluginEmbedder(configuration())
            defer { embedder.close() }
            let total = texts.count
            let features = try embedder.embed(texts) { bar.show(stage: "embedding", done: $0, total: total) }
            return (features.map { $0.normalised().values }, features.first?.spaceID ?? "")
        } catch let error as ServerError {
            throw Environment.fail(error.message)
        }
    }

    private func configuration() throws -> ServerConfiguration {
        if let config {
            do {
                var configuration = try ServerConfiguration.load(config, cacheFolder: Environment.cacheFolder)
                if configuration.pluginFolder.isEmpty { configuration.pluginFolder = Environment.pluginFolder }
                return configuration
            } catch {
                throw Environment.fail("\(error)", code: 78)
            }
        }
        var configuration = ServerConfiguration()
        configuration.pluginFolder = Environment.pluginFolder
        configuration.modelsFolder = Environment.cacheFolder + "/models"
        configuration.runtimeFolder = Environment.cacheFolder + "/openvino/libs"
        return configuration
    }
}
