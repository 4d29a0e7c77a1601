/// Why the catalogue or a store could not do what was asked. The message names what was wrong and what is allowed.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// There is no such thing, or it is not the principal's: the two are not told apart.
        case notFound
        case invalidArgument
        /// The thing was changed by somebody else since the version the caller knows.
        case conflict
        case permissionDenied
        /// A limit is reached; the message names it.
        case resourceExhausted
        /// The space of a feature does not fit the catalogue's.
        case failedPrecondition
        case diskFull
        /// The database file is damaged or is no database of this kind.
        case corrupted
        /// The file cannot be opened, is locked by another process, or the store is closed.
        case unavailable
        /// It was asked for, and nobody knows whether it was done. Asking again with the same idempotency key is safe.
        case outcomeUnknown
        case `internal`
    }
    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { "\(code.rawValue): \(message)" }
}

/// The name the catalogue's own calls use; one vocabulary for both.
public typealias CatalogError = StoreError
