public import Catalog
import EventLoop
import Foundation
import Locks

/// One call as it stands in a recording: what was asked and what came of it.
public struct SaidOutside: Sendable, Equatable, Codable {
    static let layout = 1

    var version = SaidOutside.layout
    var method: BackEndRequest.Method
    var path: String
    var body: String
    /// 0 = no answer.
    var status: Int
    var answer: String
    /// A failure's name; nil = it was answered.
    var failure: BackEndFailure.Code?
    var message: String
    var mayHaveActed: Bool
    var tookUs: UInt64

    init(_ request: BackEndRequest, _ outcome: BackEndOutcome, tookUs: UInt64) {
        method = request.method
        path = request.path
        body = request.body
        self.tookUs = tookUs
        switch outcome {
        case .answer(let status, let body):
            self.status = status
            answer = String(decoding: body, as: UTF8.self)
            failure = nil
            message = ""
            mayHaveActed = false
        case .failure(let reason):
            status = 0
            answer = ""
            failure = reason.code
            message = reason.message
            mayHaveActed = reason.mayHaveActed
        }
    }

    /// - Throws: `.corrupted` for bytes that are no such call, or are of a newer layout.
    public init(recorded bytes: [UInt8]) throws(StoreError) {
        guard let read = BackEndJSON.read(SaidOutside.self, bytes), read.version == SaidOutside.layout else {
            throw StoreError(.corrupted, "what was said to the back end cannot be read from the recording (redacted, or of another version)")
        }
        self = read
    }

    func answers(_ request: BackEndRequest) -> Bool { method == request.method && path == request.path && body == request.body }

    var outcome: BackEndOutcome {
        failure.map { .failure(BackEndFailure($0, message, mayHaveActed: mayHaveActed)) } ?? .answer(status: status, body: Array(answer.utf8))
    }
}

/// Answers as a back end did in a recorded conversation, after the time that it took then; nobody is spoken with.
///
/// Each recorded call answers once, in its order; a question that is asked more often than then gets the last answer again. What was not asked
/// then has no answer: a write is not done, a read fails.
public final class PlayedBackCalls: BackEndCalls, Sendable {
    private struct State {
        var left: [SaidOutside]
        var used: [SaidOutside] = []
    }

    private let state: Lock<State>
    private let onMiss: @Sendable (String) -> Void

    /// - Parameter onMiss: told of each call that the recording has no answer to.
    public init(_ said: [SaidOutside], onMiss: @escaping @Sendable (String) -> Void = { _ in }) {
        state = Lock(State(left: said))
        self.onMiss = onMiss
    }

    nonisolated(nonsending) public func call(_ request: BackEndRequest, isSound: @escaping @Sendable ([UInt8]) -> Bool) async -> BackEndOutcome {
        guard let said = next(request) else {
            let why = "the recording has no answer to \(request.method.rawValue) \(request.path)"
            onMiss("\(why): the back end is played as unreachable")
            return .failure(BackEndFailure(.notRecorded, why, mayHaveActed: false))
        }
        await EventLoop.current?.pass(us: said.tookUs)
        return said.outcome
    }

    private func next(_ request: BackEndRequest) -> SaidOutside? {
        state.withLock { state in
            guard let index = state.left.firstIndex(where: { $0.answers(request) }) else {
                return request.method == .get ? state.used.last { $0.answers(request) } : nil
            }
            let said = state.left.remove(at: index)
            state.used.append(said)
            return said
        }
    }
}
