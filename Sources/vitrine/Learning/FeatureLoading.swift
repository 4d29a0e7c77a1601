import ArgumentParser
import Evaluation
import Foundation
import Fusion
import LinearAlgebra
import Server
import Training

/// Where pictures and encoders are, and where their features are kept.
struct FeatureOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Folder of the pictures that 'image' names; the data's own when left out.", valueName: "folder"))
    var images: String?

    @Option(help: ArgumentHelp("Folder in which features are kept, so that each picture is encoded once.", valueName: "folder"))
    var features: String?

    @Option(help: "Threads for inference.")
    var threads = 2

    private var folder: String { features ?? Environment.cacheFolder + "/features" }

    /// Features of the named pictures, a row each; nil rows are pictures that cannot be used (reported on standard error).
    func pictures(_ names: [String], beside data: String) throws -> [[Float]?] {
        let base = images ?? URL(fileURLWithPath: data).deletingLastPathComponent().path
        var keys: [String: String] = [:]
        for name in names where keys[name] == nil { keys[name] = try? FileHash.sha256("\(base)/\(name)") }
        var table = try FeatureTable(folder, kind: PictureEncoder.modelName, width: PictureLayout.width, keys: Set(keys.values))
        var wanted: [(name: String, key: String)] = []
        var seen: Set<String> = []
        var refused = 0
        func refuse(_ why: String) {
            refused += 1
            if refused <= 10 { printError("refused  \(why)") }
        }
        for name in names where seen.insert(name).inserted {
            guard let key = keys[name] else {
                refuse("\(base)/\(name): no such file, or it cannot be read")
                continue
            }
            if table[key] == nil, seen.insert("content \(key)").inserted { wanted.append((name, key)) }
        }
        if !wanted.isEmpty {
            let encoder = try PictureEncoder(
                models: Environment.cacheFolder + "/models", runtime: Environment.cacheFolder + "/openvino/libs", threads: max(1, threads))
            defer { encoder.close() }
            let bar = ProgressBar()
            for start in stride(from: 0, to: wanted.count, by: FeatureTable.unsavedRowsMax) {
                let part = Array(wanted[start..<min(wanted.count, start + FeatureTable.unsavedRowsMax)])
                let total = wanted.count
                let results = encoder.encode(part.map { "\(base)/\($0.name)" }) {
                    bar.show(stage: "encoding pictures", done: start + $0, total: total)
                }
                for (picture, result) in zip(part, results) {
                    switch result {
                    case .success(let row): try table.set(picture.key, row)
                    case .failure(let error): refuse(error.message)
                    }
                }
            }
            bar.end()
            try table.save()
        }
        if refused > 0 { printError("\(refused) of \(seen.count) pictures were refused") }
        return names.map { name in keys[name].flatMap { table[$0] } }
    }

    /// Sentence vectors, a row a text, and their space.
    func sentences(_ texts: [String]) throws -> (space: String, vectors: Matrix<Float>) {
        let keys = texts.map { FileHash.sha256(Data($0.utf8)) }
        let found = try encoded("text-encoder", keys: keys, stage: "encoding texts") { encoder, wanted, progress in
            try encoder.embed(wanted.map { texts[$0] }, progress: progress).map { .success($0) }
        }
        return (found.space, Matrix(found.rows.compactMap { $0 }))
    }

    /// What the server's own vision encoder says of the named pictures, as a conversation's turn has it, and its space; nil rows are pictures that
    /// cannot be used (reported on standard error).
    func pluginPictures(_ names: [String], beside data: String) throws -> (space: String, rows: [[Float]?]) {
        let base = images ?? URL(fileURLWithPath: data).deletingLastPathComponent().path
        let keys = names.map { (try? FileHash.sha256("\(base)/\($0)")) ?? "" }
        return try encoded("vision-encoder", keys: keys, stage: "encoding pictures") { encoder, wanted, progress in
            let files = wanted.map { (try? Data(contentsOf: URL(fileURLWithPath: "\(base)/\(names[$0])"))).map { Array($0) } ?? [] }
            return try encoder.embed(pictures: files, progress: progress)
        } refused: { place, error in
            "\(base)/\(names[place]): \(error.message)"
        }
    }

    /// Rows of what a plugin encodes, kept by content and by the space that they are in; nil = refused.
    /// - Parameter encode: the inputs in these places.
    private func encoded(
        _ plugin: String, keys: [String], stage: String,
        _ encode: (PluginEmbedder, [Int], @escaping @Sendable (Int) -> Void) throws -> [Result<Feature, ServerError>],
        refused: (Int, ServerError) -> String = { "input \($0 + 1): \($1.message)" }
    ) throws -> (space: String, rows: [[Float]?]) {
        var configuration = ServerConfiguration()
        configuration.pluginFolder = Environment.pluginFolder
        configuration.modelsFolder = Environment.cacheFolder + "/models"
        configuration.runtimeFolder = Environment.cacheFolder + "/openvino/libs"
        configuration.inferenceThreads = max(1, threads)
        do {
            let encoder = try PluginEmbedder(configuration, plugins: [plugin])
            defer { encoder.close() }
            // The first that can be encoded says which space it is.
            var first: Feature?
            for place in keys.indices where first == nil { first = try? encode(encoder, [place], { _ in }).first?.get() }
            guard let first else { return ("", keys.map { _ in nil }) }
            let kind = "\(plugin)-\(FileHash.sha256(Data(first.spaceID.utf8)).prefix(16))"
            var table = try FeatureTable(folder, kind: kind, width: first.values.count, keys: Set(keys))
            var seen: Set<String> = []
            let wanted = keys.indices.filter { table[keys[$0]] == nil && seen.insert(keys[$0]).inserted }
            let bar = ProgressBar()
            for start in stride(from: 0, to: wanted.count, by: FeatureTable.unsavedRowsMax) {
                let part = Array(wanted[start..<min(wanted.count, start + FeatureTable.unsavedRowsMax)])
                let found = try encode(encoder, part) { bar.show(stage: stage, done: start + $0, total: wanted.count) }
                for (place, result) in zip(part, found) {
                    switch result {
                    case .success(let feature): try table.set(keys[place], feature.values)
                    case .failure(let error): printError("refused  \(refused(place, error))")
                    }
                }
            }
            bar.end()
            try table.save()
            return (first.spaceID, keys.map { table[$0] })
        } catch let error as ServerError {
            throw Environment.fail(error.message)
        }
    }
}
