import Agents
import Catalog
import EventLoop
import Sessions
import Wire

/// Hand-overs on the admin socket: a person of the shop lists, takes, answers and releases conversations.
enum HandoffMethods {
    /// Characters of one answer.
    static let answerCharactersMax = 4_000
    static let listMax = 500

    static func all(_ state: @escaping @Sendable () -> ServerState?) -> [Method] {
        [
            Method(descriptor: .adminListHandoffs) { context in
                let principal = context.principal
                return AsyncUnaryHandler(call: context.call) { (request) async throws(RPCStatus) in
                    let list = try decode(request) { (bytes) throws(RPCStatus) in try ListHandoffsRequest(decoding: bytes) }
                    return try await HandoffMethods.list(list, state, principal).encoded()
                }
            },
            Method(descriptor: .adminUpdateHandoff) { context in
                let principal = context.principal
                return AsyncUnaryHandler(call: context.call) { (request) async throws(RPCStatus) in
                    let update = try decode(request) { (bytes) throws(RPCStatus) in try UpdateHandoffRequest(decoding: bytes) }
                    return try await HandoffMethods.update(update, state, principal).encoded()
                }
            },
        ]
    }

    private static func decode<Request>(
        _ request: [UInt8], _ body: (UnsafeRawBufferPointer) throws(RPCStatus) -> Request
    ) throws(RPCStatus) -> Request {
        let buffer = SharedBuffer(request)
        defer { withExtendedLifetime(buffer) {} }
        return try body(buffer.bytes)
    }

    private static func queue(_ state: () -> ServerState?) throws(RPCStatus) -> (ServerState, any HandoffQueue) {
        guard let state = state(), let queue = state.handoffs else {
            throw RPCStatus(.failedPrecondition, "this server has no shop, so nobody waits")
        }
        return (state, queue)
    }

    private nonisolated(nonsending) static func list(
        _ request: ListHandoffsRequest, _ state: () -> ServerState?, _ principal: Principal
    ) async throws(RPCStatus) -> ListHandoffsReply {
        let (state, queue) = try queue(state)
        let limit = request.limit == 0 ? 50 : min(Int(request.limit), listMax)
        let tickets: [HandoffTicket]
        do throws(StoreError) {
            tickets =
                request.all ? try await queue.allHandoffs(limit: limit, as: principal) : try await queue.waitingHandoffs(limit: limit, as: principal)
        } catch {
            throw RPCStatus(storeError: error)
        }
        var infos: [HandoffInfo] = []
        for ticket in tickets { infos.append(info(ticket, connected: await state.session(ticket.handoff.sessionID) { $0?.isAttached ?? false })) }
        return ListHandoffsReply(handoffs: infos)
    }

    private nonisolated(nonsending) static func update(
        _ request: UpdateHandoffRequest, _ state: () -> ServerState?, _ principal: Principal
    ) async throws(RPCStatus) -> HandoffInfo {
        let (state, queue) = try queue(state)
        let number = request.number
        do throws(StoreError) {
            switch request.kind {
            case .take(let take):
                guard !take.person.isEmpty, take.person.count <= 80 else {
                    throw StoreError(.invalidArgument, "a person has a name of 1 to 80 characters")
                }
                let ticket = try await queue.updateHandoff(number, to: .taken, person: take.person, as: principal)
                return info(ticket, connected: await state.hand(ticket.handoff.sessionID, toPerson: true, handoff: number))
            case .answer(let answer):
                guard !answer.text.isEmpty, answer.text.count <= answerCharactersMax else {
                    throw StoreError(.invalidArgument, "an answer has 1 to \(answerCharactersMax) characters")
                }
                let ticket = try await queue.handoff(number, as: principal)
                guard ticket.state == .taken else {
                    throw StoreError(.failedPrecondition, "hand-over \(number) is \(ticket.state.rawValue); take it first")
                }
                try await queue.noteHandoff(number, "\(ticket.person): \(answer.text)", as: principal)
                let language = ticket.handoff.language
                let sent = await state.session(ticket.handoff.sessionID) { session in
                    session?.say(
                        ReplyDelta(text: answer.text, language: language, last: true, replyKind: .answer, intent: "human_agent", agent: "person"))
                    return session != nil
                }
                guard sent else {
                    throw StoreError(.failedPrecondition, "the customer of hand-over \(number) is no longer connected; it was noted only")
                }
                return info(ticket, connected: true)
            case .release:
                let ticket = try await queue.updateHandoff(number, to: .released, person: "", as: principal)
                return info(ticket, connected: await state.hand(ticket.handoff.sessionID, toPerson: false, handoff: 0))
            case nil: throw StoreError(.invalidArgument, "the request says neither take, answer nor release")
            }
        } catch {
            throw RPCStatus(storeError: error)
        }
    }

    private static func info(_ ticket: HandoffTicket, connected: Bool) -> HandoffInfo {
        HandoffInfo(
            number: ticket.number, sessionID: ticket.handoff.sessionID, user: ticket.user, reason: ticket.handoff.reason,
            summary: ticket.handoff.summary,
            language: ticket.handoff.language, state: ticket.state.rawValue, person: ticket.person, timeUs: ticket.handoff.timeUs,
            connected: connected)
    }
}

extension RPCStatus {
    init(storeError: StoreError) { self.init(StatusCode(storeError: storeError), storeError.message) }
}

/// A method with one request and one reply that waits for stores.
final class AsyncUnaryHandler: StreamHandler {
    private let call: StreamCall
    private let answer: @Sendable ([UInt8]) async throws(RPCStatus) -> [UInt8]
    private var request: [UInt8]?
    private var cancelled = false

    init(call: StreamCall, answer: @escaping @Sendable ([UInt8]) async throws(RPCStatus) -> [UInt8]) {
        self.call = call
        self.answer = answer
    }

    func data(_ payload: UnsafeRawBufferPointer) throws(RPCStatus) {
        guard request == nil else { throw RPCStatus(.invalidArgument, "a second request on a method that takes one") }
        request = Array(payload)
    }

    func halfClose() {
        guard let request, let loop = EventLoop.current else {
            return call.close(RPCStatus(.invalidArgument, "the method needs one request; none was sent"))
        }
        let bound = LoopBound(self, loop: loop)
        Task(executorPreference: loop) { [answer] in
            let result: Result<[UInt8], RPCStatus>
            do throws(RPCStatus) { result = .success(try await answer(request)) } catch { result = .failure(error) }
            bound.value.end(result)
        }
    }

    private func end(_ result: Result<[UInt8], RPCStatus>) {
        guard !cancelled else { return }
        switch result {
        case .success(let reply):
            call.send(reply)
            call.close(.ok)
        case .failure(let status): call.close(status)
        }
    }

    func cancel() { cancelled = true }
}
