import Router
import Wire

/// What a Run stream's Open carries as metadata.
enum RunMetadata {
    static let sessionKey = "vitrine-session-key"
    static let turnID = "vitrine-turn-id"
    static let epoch = "vitrine-epoch"
    static let language = "vitrine-language"

    /// As a worker reads it.
    /// - Parameter nowUs: the worker's clock.
    static func opening(_ open: Open, nowUs: UInt64) -> StreamOpen {
        func value(_ key: String) -> String { open.metadata.first { $0.key == key }.map { String(decoding: $0.value, as: UTF8.self) } ?? "" }
        return StreamOpen(
            sessionKey: UInt64(value(sessionKey)) ?? 0, turnID: UInt64(value(turnID)) ?? 0, epoch: UInt32(value(epoch)) ?? 0,
            deadlineUs: open.timeoutUs == 0 ? 0 : nowUs &+ open.timeoutUs, language: value(language))
    }
}
