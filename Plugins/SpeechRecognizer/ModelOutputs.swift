import PluginKit
import Wire

/// What the models' outputs must look like before they are read: another file under a model's name is the operator's to put right.
enum ModelOutputs {
    /// - Parameter expected: `nil` where any size will do.
    /// - Throws: FAILED_PRECONDITION with both shapes.
    static func check(_ shape: [Int], is expected: [Int?], of output: String) throws(PluginError) {
        guard shape.count == expected.count, zip(shape, expected).allSatisfy({ $0 == ($1 ?? $0) }) else {
            let wanted = expected.map { $0.map(String.init) ?? "any" }.joined(separator: ", ")
            throw PluginError(.failedPrecondition, "\(output) has the shape \(shape), expected is [\(wanted)]: \(reason)")
        }
    }

    /// - Throws: FAILED_PRECONDITION with both counts.
    static func check(values count: Int, are expected: Int, of output: String) throws(PluginError) {
        guard count == expected else {
            throw PluginError(.failedPrecondition, "\(output) has \(count) values, expected are \(expected): \(reason)")
        }
    }

    private static let reason = "this is not the model that the plugin was made for; `make setup` installs that one"
}
