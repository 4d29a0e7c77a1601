import Foundation
public import Fusion
import LinearAlgebra

/// Pictures' features, kept on disk between runs, so that each picture is encoded once, whatever it is called and wherever it lies.
///
/// A folder holds files of rows, each written once; a row's key is the hash of the picture's content. What was written stays when a run is stopped.
public struct FeatureTable: Sendable {
    private let folder: String
    private let width: Int
    private var rows: [String: [Float]] = [:]
    private var unsaved: [String] = []

    /// New rows in memory: what a stopped run loses at most.
    public static let unsavedRowsMax = 2_048
    private static let suffix = ".safetensors"

    /// Reads the rows of `keys` that the folder has.
    /// - Parameter kind: names what encoded them: rows of another kind are not found.
    /// - Throws: when a file is damaged or of another width: it is to be removed then.
    public init(_ folder: String, kind: String, width: Int, keys: Set<String>) throws(TrainingError) {
        self.folder = "\(folder)/\(kind)"
        self.width = width
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self.folder)) ?? []
        for name in names.sorted() where name.hasSuffix(Self.suffix) {
            let path = "\(self.folder)/\(name)"
            let file = try TensorFile.read(path)
            let known = (file.metadata["keys"] ?? "").split(separator: "\n").map(String.init)
            let matrix = try file.matrix("features")
            guard matrix.columns == width, known.count == matrix.rows else {
                throw TrainingError("\(path) holds features of another kind: remove it to have them made again")
            }
            for (row, key) in known.enumerated() where keys.contains(key) { rows[key] = Array(matrix.row(row)) }
        }
    }

    public subscript(_ key: String) -> [Float]? { rows[key] }

    public var count: Int { rows.count }

    /// Writes by itself when `unsavedRowsMax` rows are new.
    public mutating func set(_ key: String, _ row: [Float]) throws(TrainingError) {
        precondition(row.count == width, "the rows of a feature table are equally long")
        guard rows.updateValue(row, forKey: key) == nil else { return }
        unsaved.append(key)
        if unsaved.count >= Self.unsavedRowsMax { try save() }
    }

    /// Writes what is new.
    public mutating func save() throws(TrainingError) {
        guard !unsaved.isEmpty else { return }
        try ModelFolder.make(folder)
        var file = TensorFile()
        file.set("features", Matrix(unsaved.map { rows[$0] ?? [] }))
        let keys = unsaved.joined(separator: "\n")
        file.metadata = ["keys": keys]
        // Named by what is in it: two runs at once do not write over each other.
        try file.write("\(folder)/\(FileHash.sha256(Data(keys.utf8)).prefix(24))\(Self.suffix)")
        unsaved.removeAll()
    }
}
