import Foundation
import Fusion

/// Where what was trained is written, and what a run that was cut off left.
enum ModelFolder {
    /// Makes it and the folders above it, unless it is there.
    static func make(_ folder: String) throws(TrainingError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw TrainingError("the folder \(folder) cannot be made: \(error.localizedDescription)")
        }
    }
}
