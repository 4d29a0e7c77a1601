// Evaluation: what is found, recommended and classified, measured; and the files that say what was right.
//
// It owns the readers of products, queries, sequences, runs and predictions, the measures, their intervals and tests, and the reports. It must
// never train, load a model or guess at a bad line: every error names file and line.

/// A file that cannot be used, with where and why.
public struct EvaluationError: Error, Sendable, Equatable, CustomStringConvertible {
    public var message: String
    public init(_ message: String) { self.message = message }
    public init(file: String, line: Int, _ message: String) { self.message = "\(file):\(line): \(message)" }
    public var description: String { message }
}
