import ArgumentParser
import Evaluation
import Foundation
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
        let key = try FileHash.sha256(data).prefix(16)
        let file = "\(folder)/pictures-\(key).safetensors"
        var table = try FeatureTable.read(file, width: FeatureTable.pictureWidth)
        var wanted: [String] = []
        var seen: Set<String> = []
        for name in names where table[name] == nil && seen.insert(name).inserted { wanted.append(name) }
        if !wanted.isEmpty {
            let encoder = try PictureEncoder(
                models: Environment.cacheFolder + "/models", runtime: Environment.cacheFolder + "/openvino/libs", threads: max(1, threads))
            defer { encoder.close() }
            let bar = ProgressBar()
            var refused = 0
            for start in stride(from: 0, to: wanted.count, by: FeatureTable.unsavedRowsMax) {
                let part = Array(wanted[start..<min(wanted.count, start + FeatureTable.unsavedRowsMax)])
                let total = wanted.count
                let results = encoder.encode(part.map { "\(base)/\($0)" }) { bar.show(stage: "encoding pictures", done: start + $0, total: total) }
                for (name, result) in zip(part, results) {
                    switch result {
                    case .success(let features): table.set(name, features.row)
                    case .failure(let error):
                        refused += 1
                        if refused <= 10 { printError("refused  \(error.message)") }
                    }
                }
                try table.write(file)
            }
            bar.end()
            if refused > 0 { printError("\(refused) of \(wanted.count) pictures were refused") }
        }
        return names.map { table[$0].map { Array($0) } }
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
