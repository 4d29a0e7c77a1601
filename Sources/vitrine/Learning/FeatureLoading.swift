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
        var configuration = ServerConfiguration()
        configuration.pluginFolder = Environment.pluginFolder
        configuration.modelsFolder = Environment.cacheFolder + "/models"
        configuration.runtimeFolder = Environment.cacheFolder + "/openvino/libs"
        configuration.inferenceThreads = max(1, threads)
        do throws(ServerError) {
            let encoder = try TextFeatures(configuration)
            defer { encoder.close() }
            let bar = ProgressBar()
            let (space, vectors) = try encoder.embed(texts) { bar.show(stage: "encoding texts", done: $0, total: texts.count) }
            bar.end()
            return (space, Matrix(vectors))
        } catch {
            throw Environment.fail(error.message)
        }
    }
}
