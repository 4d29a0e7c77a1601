import EventLoop
public import Fusion

/// Embeds many texts with the text encoder's plugin, as conversations do. For commands: blocks.
public final class TextEmbedder {
    /// Texts that are in the making at a time: enough to keep the inference threads busy.
    static let inFlightMax = 16

    private let runtime: PluginRuntime
    private let loop: EventLoop
    private let features: PluginFeatureSource

    /// Loads the text encoder alone, whatever other plugins the configuration names.
    public init(_ configuration: ServerConfiguration) throws(ServerError) {
        var own = configuration
        own.plugins = configuration.plugins.filter { $0.name == "text-encoder" }
        if own.plugins.isEmpty { own.plugins = [PluginChoice(name: "text-encoder")] }
        own.logLevel = .warning
        runtime = try PluginRuntime(own)
        do {
            loop = try EventLoop(name: "embed")
        } catch {
            throw ServerError("\(error)")
        }
        loop.start()
        features = try runtime.features(on: loop)
    }

    /// One feature a text, in their order.
    public func embed(_ texts: [String], progress: @escaping @Sendable (Int) -> Void = { _ in }) throws(ServerError) -> [Feature] {
        do {
            return try Blocking.run(on: loop) { [features] () async throws in
                try await Self.embed(texts, features, progress)
            }
        } catch {
            throw ServerError("\(error)")
        }
    }

    private nonisolated(nonsending) static func embed(
        _ texts: [String], _ features: PluginFeatureSource, _ progress: @escaping @Sendable (Int) -> Void
    ) async throws -> [Feature] {
        var found = [Feature?](repeating: nil, count: texts.count)
        var done = 0
        try await withThrowingTaskGroup(of: (Int, Feature).self) { group in
            var next = 0
            func add() {
                guard next < texts.count else { return }
                let index = next
                group.addTask { (index, try await features.embedText(texts[index])) }
                next += 1
            }
            for _ in 0..<inFlightMax { add() }
            while let (index, feature) = try await group.next() {
                found[index] = feature
                done += 1
                if done % 256 == 0 || done == texts.count { progress(done) }
                add()
            }
        }
        return found.compactMap { $0 }
    }

    public func close() {
        features.retire(runtime)
        loop.stop()
        loop.join()
        runtime.shutdown()
    }
}
