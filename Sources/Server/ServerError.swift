/// Why a server could not start or go on, in words for whoever starts it.
public struct ServerError: Error, Sendable, Equatable, CustomStringConvertible {
    public var message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}

/// The version of this program.
public enum ServerVersion {
    public static let text = "0.1.0"
}
