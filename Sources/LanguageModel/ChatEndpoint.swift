// LanguageModel: a chat endpoint that speaks OpenAI's protocol, as agents ask it.
//
// Owns the request, the reading of the streamed answer, when an endpoint is left alone, and what a recording has of it. It must never block a loop,
// wait longer than the budget or the turn, keep what was said otherwise, or ask anybody under virtual time. What an answer is worth is not decided
// here: agents compare it with the facts.

public import Agents
import BackEnd
import Catalog
import EventLoop
import Locks

/// One endpoint, asked from every loop: connections, breaker and limits are the loop's own.
public final class ChatEndpoint: ChatModel, Sendable {
    private let choice: ChatChoice
    private let lines = Lock<[ObjectIdentifier: LoopBound<ChatLine>]>([:])

    public init(_ choice: ChatChoice) { self.choice = choice }

    nonisolated(nonsending) public func complete(_ prompt: ChatPrompt, onText: @escaping (String) -> Bool) async -> ChatEnd {
        guard let loop = EventLoop.current, loop.mode == .real else {
            preconditionFailure("invariant: a language model is asked on a loop, and never under virtual time")
        }
        let line = lines.withLock { lines in
            let made = lines[ObjectIdentifier(loop)] ?? LoopBound(ChatLine(choice, loop: loop), loop: loop)
            lines[ObjectIdentifier(loop)] = made
            return made
        }
        let call = LoopBound(ChatCall(onText: onText), loop: loop)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<ChatEnd, Never>) in
                line.value.start(prompt, call.value) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            loop.submit { call.value.cancel() }
        }
    }
}

/// One answer under way. Confined to its loop.
private final class ChatCall {
    private var stream = ChatStream()
    private let onText: (String) -> Bool
    private var isUnwanted = false
    private var transfer: HTTPTransfers.Ticket?
    private var isCancelled = false
    /// The endpoint has answered, whatever became of it.
    private(set) var hasHeard = false
    /// Called once, when the answer is over though the exchange may not be. May be called from within libcurl.
    var onEnd: (ChatEnd) -> Void = { _ in }
    /// Whoever asked has been told.
    var isSettled = false
    /// Ends an exchange that goes on behind its answer.
    var restTimer: LoopTimer?

    init(onText: @escaping (String) -> Bool) { self.onText = onText }

    func began(_ ticket: HTTPTransfers.Ticket) {
        transfer = ticket
        if isCancelled { ticket.cancel() }
    }

    func cancel() {
        isCancelled = true
        transfer?.cancel()
    }

    /// - Returns: whether more is wanted: of an answer that is over too, since an exchange that is given up takes its connection with it.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let wasOver = stream.end != nil
        for piece in stream.add(bytes) where !isUnwanted && !isCancelled {
            hasHeard = true
            isUnwanted = !onText(piece)
        }
        guard !isUnwanted, !isCancelled else { return false }
        guard let end = stream.end else { return true }
        if case .failed = end { return false }
        if !wasOver { onEnd(end) }
        return true
    }

    func end(_ result: Result<HTTPTransfers.Answer, BackEndFailure>) -> ChatEnd {
        if isUnwanted || isCancelled { return .stopped }
        if let end = stream.end { return end }
        switch result {
        case .failure(let failure) where failure.code == .timedOut: return .late
        case .failure(let failure): return .failed(failure.message)
        case .success(let answer) where (200..<300).contains(answer.status): return .failed("the answer broke off")
        case .success(let answer): return .failed("the endpoint answered \(answer.status)")
        }
    }
}

/// One loop's way to the endpoint. Confined to it.
private final class ChatLine {
    private let choice: ChatChoice
    private let loop: EventLoop
    private let transfers: HTTPTransfers
    private var breaker: CircuitBreaker
    private var underWay = 0

    init(_ choice: ChatChoice, loop: EventLoop) {
        self.choice = choice
        self.loop = loop
        transfers = HTTPTransfers(loop: loop, connectionsMax: choice.callsMax)
        breaker = CircuitBreaker(failuresMax: ChatChoice.failuresMax, openUs: ChatChoice.openUs)
    }

    func start(_ prompt: ChatPrompt, _ call: ChatCall, done: @escaping (ChatEnd) -> Void) {
        loop.refreshClock()
        let ownUs = UInt64(prompt.budgetMs) * 1_000
        let budgetUs = min(ownUs, StoreDeadline.left(at: loop.nowUs) ?? ownUs)
        guard budgetUs > 0 else { return done(.late) }
        guard underWay < choice.callsMax else { return done(.failed("\(choice.callsMax) answers are under way, which is the limit")) }
        guard let permit = breaker.admit(nowUs: loop.nowUs) else { return done(.failed("it failed again and again and is left alone for a while")) }
        underWay += 1
        // Less time than it is given otherwise says nothing of the endpoint.
        let wasCut = budgetUs < ownUs
        func settle(_ end: ChatEnd) {
            guard !call.isSettled else { return }
            call.isSettled = true
            underWay -= 1
            loop.refreshClock()
            switch end {
            case .stopped where !call.hasHeard: breaker.abandoned(permit, nowUs: loop.nowUs)
            case .late where wasCut: breaker.abandoned(permit, nowUs: loop.nowUs)
            case .complete, .cutOff, .stopped: breaker.ended(permit, isFailure: false, nowUs: loop.nowUs)
            case .failed, .late: breaker.ended(permit, isFailure: true, nowUs: loop.nowUs)
            }
            done(end)
        }
        call.onEnd = { [loop] end in
            loop.nextTick {
                guard !call.isSettled else { return }
                call.restTimer = loop.after(ChatChoice.restUs) { call.cancel() }
                settle(end)
            }
        }
        var headers = ["Accept: text/event-stream", "Content-Type: application/json", "Expect:", "User-Agent: vitrine"]
        if !choice.token.isEmpty { headers.append("Authorization: Bearer \(choice.token)") }
        let request = HTTPTransfers.Request(
            method: .post, url: choice.url + "/chat/completions", headers: headers, body: ChatStream.request(prompt, model: choice.model),
            timeoutUs: budgetUs, connectUs: min(budgetUs, ChatChoice.connectUs), certificates: choice.certificates,
            answerBytesMax: ChatChoice.refusalBytesMax, onBytes: { call.take($0) })
        call.began(
            transfers.start(request) { result in
                call.restTimer?.cancel()
                call.onEnd = { _ in }
                settle(call.end(result))
            })
    }
}
