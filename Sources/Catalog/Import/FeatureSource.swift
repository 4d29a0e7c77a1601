public import Fusion

/// Makes the features an import stores: the server's own plugins, so that catalogue and queries meet in one space.
///
/// An error is taken to be about the one text or picture, whose row is then reported; if the first `encoderFailuresMax` calls of one kind
/// all fail, the import ends, since the source itself must be broken.
public protocol FeatureSource: Sendable {
    func embedText(_ text: String) async throws -> Feature
    /// A whole picture file (JPEG, PNG, WebP, GIF).
    func embedImage(_ file: [UInt8]) async throws -> Feature
    /// Of the vectors that `shared` gives; "" = it gives none.
    var sharedSpace: String { get }
    /// A product in a space that words and pictures share: vectors beside the encoders' own.
    /// - Parameter image: what `embedImage` gave; nil = the product has no picture.
    func shared(titles: [String], image: Feature?) async throws -> [Feature]
}

extension FeatureSource {
    public var sharedSpace: String { "" }
    public func shared(titles: [String], image: Feature?) async throws -> [Feature] { [] }
}

/// What an import did.
public struct ImportReport: Sendable, Equatable {
    /// A row (or file) that was not imported, and why.
    public struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
        /// Relative to the imported folder.
        public var file: String
        /// From 1; 0 = the whole file.
        public var line: Int
        public var reason: String

        public init(file: String, line: Int, reason: String) {
            self.file = file
            self.line = line
            self.reason = reason
        }

        public var description: String { line > 0 ? "\(file):\(line): \(reason)" : "\(file): \(reason)" }
    }
    /// Rows of one table.
    public struct Count: Sendable, Equatable {
        public var added = 0
        public var updated = 0
        public var unchanged = 0
        public init() {}
        public var total: Int { added + updated + unchanged }
    }
    public var products = Count()
    public var documents = Count()
    public var intents = Count()
    public var orders = Count()
    public var users = Count()
    public var reviews = Count()
    /// Texts and pictures that went through the encoders.
    public var textsEncoded = 0
    public var imagesEncoded = 0
    /// In the order of files and lines; at most `problemsMax`, `problemCount` counts them all.
    public var problems: [Problem] = []
    public var problemCount = 0
    /// The snapshot's hash after the import.
    public var catalogHash = ""

    public static let problemsMax = 1_000

    public init() {}

    mutating func add(_ problem: Problem) {
        problemCount += 1
        if problems.count < Self.problemsMax { problems.append(problem) }
    }
}

/// How far an import is.
public struct ImportProgress: Sendable, Equatable {
    /// "products", "policies", "intents", "orders", "users", "reviews", "storing".
    public var stage: String
    public var done: Int
    public var total: Int

    public init(stage: String, done: Int, total: Int) {
        self.stage = stage
        self.done = done
        self.total = total
    }
}
