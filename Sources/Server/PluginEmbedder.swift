import EventLoop
public import Fusion

/// Embeds many texts and pictures with the encoders' plugins, as conversations do. For commands: blocks.
public final class PluginEmbedder {
    /// Inputs that are in the making at a time: enough to keep the inference threads busy.
    static let inFlightMax = 16

    private let runtime: PluginRuntime
    private let loop: EventLoop
    private let features: PluginFeatureSource

    /// Loads these encoders alone, whatever other plugins the configuration names.
    public init(_ configuration: ServerConfiguration, plugins: [String] = ["text-encoder"]) throws(ServerError) {
        var own = configuration
        own.plugins = plugins.map { name in configuration.plugins.first { $0.name == name } ?? PluginChoice(name: name) }
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
        var found: [Feature] = []
        for result in try all(texts, progress, { try await $0.embedText($1) }) { found.append(try result.get()) }
        return found
    }

    /// What each picture's file says, in their order; a picture that the encoder refuses is a failure of its own.
    public func embed(
        pictures: [[UInt8]], progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(ServerError) -> [Result<Feature, ServerError>] {
        try all(pictures, progress) { try await $0.embedImage($1) }
    }

    private func all<Input: Sendable>(
        _ inputs: [Input], _ progress: @escaping @Sendable (Int) -> Void,
        _ one: @escaping @Sendable (PluginFeatureSource, Input) async throws -> Feature
    ) throws(ServerError) -> [Result<Feature, ServerError>] {
        do {
            return try Blocking.run(on: loop) { [features] () async throws in
                try await Self.all(inputs, features, progress, one)
            }
        } catch {
            throw ServerError("\(error)")
        }
    }

    /// Runs `one` for every input, some at a time, on the loop that this is called on.
    nonisolated(nonsending) static func all<Input: Sendable>(
        _ inputs: [Input], _ features: PluginFeatureSource, _ progress: @escaping @Sendable (Int) -> Void,
        _ one: @escaping @Sendable (PluginFeatureSource, Input) async throws -> Feature
    ) async throws -> [Result<Feature, ServerError>] {
        var found = [Result<Feature, ServerError>](repeating: .failure(ServerError("no encoder answered")), count: inputs.count)
        var done = 0
        await withTaskGroup(of: (Int, Result<Feature, ServerError>).self) { group in
            var next = 0
            func add() {
                guard next < inputs.count else { return }
                let index = next
                group.addTask {
                    do {
                        return (index, .success(try await one(features, inputs[index])))
                    } catch {
                        return (index, .failure(ServerError("\(error)")))
                    }
                }
                next += 1
            }
            for _ in 0..<inFlightMax { add() }
            while let (index, result) = await group.next() {
                found[index] = result
                done += 1
                if done % 256 == 0 || done == inputs.count { progress(done) }
                add()
            }
        }
        return found
    }

    public func close() {
        features.retire(runtime)
        loop.stop()
        loop.join()
        runtime.shutdown()
    }
}

extension PluginFeatureSource {
    /// One feature a text, in their order, of length 1. Blocks.
    func embedTexts(_ texts: [String], on loop: EventLoop) throws -> [Feature] {
        let results = try Blocking.run(on: loop) { [self] () async throws in
            try await PluginEmbedder.all(texts, self, { _ in }) { try await $0.embedText($1) }
        }
        return try results.map { try $0.get().normalised() }
    }
}
