public import Agents
public import Catalog
import EventLoop
import Foundation

/// One answer of a language model as it stands in a recording: what was asked, each piece with its time, how it ended.
public struct SaidByModel: Sendable, Equatable, Codable {
    /// The name under which it stands in recordings.
    public static let outsideName = "language model"
    static let layout = 1

    struct Piece: Sendable, Equatable, Codable {
        /// Since the question, microseconds.
        var us: UInt64
        var text: String
    }

    enum End: String, Sendable, Codable {
        case complete, stopped, late, failed
        case cutOff = "cut_off"
    }

    var version = SaidByModel.layout
    var system: String
    var user: String
    var pieces: [Piece]
    var end: End
    /// Why it failed.
    var message: String
    var tookUs: UInt64

    init(_ prompt: ChatPrompt, pieces: [Piece], end: ChatEnd, tookUs: UInt64) {
        system = prompt.system
        user = prompt.user
        self.pieces = pieces
        self.tookUs = tookUs
        message = ""
        switch end {
        case .complete: self.end = .complete
        case .cutOff: self.end = .cutOff
        case .stopped: self.end = .stopped
        case .late: self.end = .late
        case .failed(let why):
            self.end = .failed
            message = why
        }
    }

    /// - Throws: `.corrupted` for bytes that are no such answer, or are of a newer layout.
    public init(recorded bytes: [UInt8]) throws(StoreError) {
        guard let read = try? JSONDecoder().decode(SaidByModel.self, from: Data(bytes)), read.version == SaidByModel.layout else {
            throw StoreError(.corrupted, "what the language model said cannot be read from the recording (redacted, or of another version)")
        }
        self = read
    }

    func answers(_ prompt: ChatPrompt) -> Bool { system == prompt.system && user == prompt.user }

    var chatEnd: ChatEnd {
        switch end {
        case .complete: .complete
        case .cutOff: .cutOff
        case .stopped: .stopped
        case .late: .late
        case .failed: .failed(message)
        }
    }
}

/// A language model as a recording needs it: whole answers are told to `StoreReads` with the times of their pieces.
public struct ToldChat: ChatModel {
    private let base: any ChatModel

    public init(_ base: any ChatModel) { self.base = base }

    /// What has come. Touched by one answer, on its loop.
    private final class Heard {
        var pieces: [SaidByModel.Piece] = []
    }

    nonisolated(nonsending) public func complete(_ prompt: ChatPrompt, onText: @escaping (String) -> Bool) async -> ChatEnd {
        guard StoreReads.note != nil, let loop = EventLoop.current else { return await base.complete(prompt, onText: onText) }
        let heard = Heard()
        loop.refreshClock()
        let beganUs = loop.nowUs
        let end = await base.complete(prompt) { text in
            loop.refreshClock()
            heard.pieces.append(SaidByModel.Piece(us: loop.nowUs - beganUs, text: text))
            return onText(text)
        }
        loop.refreshClock()
        let said = SaidByModel(prompt, pieces: heard.pieces, end: end, tookUs: loop.nowUs - beganUs)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(said) else { preconditionFailure("strings and numbers are always JSON") }
        StoreReads.tellOutside(SaidByModel.outsideName) { String(decoding: bytes, as: UTF8.self) }
        return end
    }
}
