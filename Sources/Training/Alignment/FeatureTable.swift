import Foundation
import LinearAlgebra

/// Pictures' and titles' features, kept on disk between runs, so that each picture is encoded once.
public struct FeatureTable: Sendable {
    /// By name of the file (relative to the images' folder) and its content's hash.
    private var rows: [String: Int] = [:]
    private var names: [String] = []
    private var values: [Float] = []
    private let width: Int

    public static let pictureWidth = 1_280 + 1_000 + PictureMeasures.histogramCount + PictureMeasures.thumbnailCount
    /// New rows between two writings: what a stopped run loses at most.
    public static let unsavedRowsMax = 2_048

    public init(width: Int) { self.width = width }

    public mutating func set(_ name: String, _ row: [Float]) {
        precondition(row.count == width, "the rows of a feature table are equally long")
        if let known = rows[name] {
            values.replaceSubrange(known * width..<(known + 1) * width, with: row)
        } else {
            rows[name] = names.count
            names.append(name)
            values.append(contentsOf: row)
        }
    }

    public subscript(_ name: String) -> ArraySlice<Float>? { rows[name].map { values[$0 * width..<($0 + 1) * width] } }

    public var count: Int { names.count }

    public func write(_ path: String) throws(TrainingError) {
        var file = TensorFile()
        file.set("features", Matrix(names.count, width, values))
        file.metadata = ["names": names.joined(separator: "\n")]
        do {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw TrainingError("the folder of \(path) cannot be made")
        }
        try file.write(path)
    }

    /// An empty table when there is no such file.
    /// - Throws: when the file is damaged or of another width: it is to be removed then.
    public static func read(_ path: String, width: Int) throws(TrainingError) -> FeatureTable {
        var table = FeatureTable(width: width)
        guard FileManager.default.fileExists(atPath: path) else { return table }
        let file = try TensorFile.read(path)
        let matrix = try file.matrix("features")
        let names = (file.metadata["names"] ?? "").split(separator: "\n").map(String.init)
        guard matrix.columns == width, names.count == matrix.rows else {
            throw TrainingError("\(path) holds features of another kind: remove it to have them made again")
        }
        table.names = names
        table.values = matrix.values
        table.rows = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return table
    }
}
