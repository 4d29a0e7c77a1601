import Catalog
import EventLoop
import Locks

/// Calls over HTTP, each on the loop that it is made on: connections, breaker and limits are the loop's own.
public final class LoopCalls: BackEndCalls, Sendable {
    private let choice: BackEndChoice
    private let callers = Lock<[ObjectIdentifier: LoopBound<HTTPCaller>]>([:])

    public init(_ choice: BackEndChoice) { self.choice = choice }

    nonisolated(nonsending) public func call(_ request: BackEndRequest, isSound: @escaping @Sendable ([UInt8]) -> Bool) async -> BackEndOutcome {
        guard let loop = EventLoop.current, loop.mode == .real else {
            preconditionFailure("invariant: a back end is called on a loop, and never under virtual time")
        }
        let caller = callers.withLock { callers in
            let made = callers[ObjectIdentifier(loop)] ?? LoopBound(HTTPCaller(choice, loop: loop), loop: loop)
            callers[ObjectIdentifier(loop)] = made
            return made
        }
        return await caller.value.call(request, isSound: isSound)
    }
}

/// One loop's calls. Confined to it.
final class HTTPCaller {
    private let choice: BackEndChoice
    private let loop: EventLoop
    private let transfers: HTTPTransfers
    private var breaker: CircuitBreaker
    private var underWay = 0

    init(_ choice: BackEndChoice, loop: EventLoop) {
        self.choice = choice
        self.loop = loop
        transfers = HTTPTransfers(loop: loop, connectionsMax: choice.callsMax)
        breaker = CircuitBreaker(failuresMax: choice.circuitFailuresMax, openUs: UInt64(choice.circuitOpenMs) * 1_000)
    }

    nonisolated(nonsending) func call(_ request: BackEndRequest, isSound: ([UInt8]) -> Bool) async -> BackEndOutcome {
        guard underWay < choice.callsMax else {
            return .failure(BackEndFailure(.busy, "\(choice.callsMax) calls are under way, which is the limit", mayHaveActed: false))
        }
        underWay += 1
        defer { underWay -= 1 }
        loop.refreshClock()
        let beganUs = loop.nowUs
        let ownUs = UInt64(choice.totalMs) * 1_000
        let totalUs = min(ownUs, StoreDeadline.left(at: beganUs) ?? ownUs)
        guard totalUs > 0 else { return .failure(BackEndFailure(.timedOut, "the turn's time is over", mayHaveActed: false)) }
        var plan = RetryPlan(
            attemptsMax: choice.attemptsMax, backoffUs: UInt64(choice.backoffMs) * 1_000, requestUs: UInt64(choice.requestMs) * 1_000,
            totalUs: totalUs, mayBeRepeated: request.mayBeRepeated, seed: HTTPCaller.seed(request))
        while true {
            guard let permit = breaker.admit(nowUs: loop.nowUs) else {
                let failure = BackEndFailure(.circuitOpen, "it failed again and again and is left alone for a while", mayHaveActed: plan.mayHaveActed)
                return .failure(failure)
            }
            let timeoutUs = plan.begin(elapsedUs: loop.nowUs - beganUs)
            let outcome = await attempt(request, timeoutUs: timeoutUs, isSound: isSound)
            loop.refreshClock()
            // Less time than it is given otherwise says nothing of the back end.
            let wasCut = totalUs < ownUs && timeoutUs < UInt64(choice.requestMs) * 1_000
            if wasCut, case .failure(let failure) = outcome, failure.code == .timedOut {
                breaker.abandoned(permit, nowUs: loop.nowUs)
            } else {
                breaker.ended(permit, isFailure: outcome.isFailure, nowUs: loop.nowUs)
            }
            switch plan.next(after: outcome.attempt, elapsedUs: loop.nowUs - beganUs) {
            case .retry(let afterUs):
                await loop.pass(us: afterUs)
                if loop.isStopping { return .failure(BackEndFailure(.stopped, "the server is stopping", mayHaveActed: plan.mayHaveActed)) }
            case .give: return plan.settled(outcome, isWrite: request.method == .post)
            }
        }
    }

    private nonisolated(nonsending) func attempt(
        _ request: BackEndRequest, timeoutUs: UInt64, isSound: ([UInt8]) -> Bool
    ) async -> BackEndOutcome {
        let result = await withCheckedContinuation { waiting in
            let continuation = CertainContinuation<Result<HTTPTransfers.Answer, BackEndFailure>>(
                waiting, otherwise: .failure(BackEndFailure(.stopped, "the server is stopping", mayHaveActed: true)))
            transfers.start(form(request, timeoutUs)) { continuation.resume(returning: $0) }
        }
        switch result {
        case .failure(let failure): return .failure(failure)
        case .success(let answer):
            guard !(200..<300).contains(answer.status) || isSound(answer.body) else {
                return .failure(BackEndFailure(.rubbish, "status \(answer.status) with a body that is not what was asked for", mayHaveActed: true))
            }
            return .answer(status: answer.status, body: answer.body)
        }
    }

    private func form(_ request: BackEndRequest, _ timeoutUs: UInt64) -> HTTPTransfers.Request {
        var headers = [
            "Accept: application/json", "Vitrine-Shop: \(BackEndRequest.escaped(request.shop))",
            "Vitrine-Customer: \(BackEndRequest.escaped(request.customer))", "User-Agent: vitrine",
        ]
        if !choice.token.isEmpty { headers.append("Authorization: Bearer \(choice.token)") }
        if request.method == .post {
            // "Expect:" without a value: no waiting for "100 Continue".
            headers += ["Content-Type: application/json", "Expect:"]
            if !request.idempotencyKey.isEmpty { headers.append("Idempotency-Key: \(BackEndRequest.escaped(request.idempotencyKey))") }
        }
        return HTTPTransfers.Request(
            method: request.method, url: choice.url + request.path, headers: headers, body: request.body, timeoutUs: timeoutUs,
            connectUs: min(timeoutUs, UInt64(choice.connectMs) * 1_000), certificates: choice.certificates, answerBytesMax: choice.answerBytesMax)
    }

    /// FNV-1a of what is asked: waits differ between calls and not between runs.
    private static func seed(_ request: BackEndRequest) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in (request.path + request.idempotencyKey).utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash
    }
}

extension BackEndOutcome {
    /// Whether it speaks against the back end itself: a refusal is an answer.
    fileprivate var isFailure: Bool {
        switch self {
        case .answer(let status, _): status >= 500
        case .failure: true
        }
    }

    fileprivate var attempt: RetryPlan.Attempt {
        switch self {
        // These say themselves that nothing was done.
        case .answer(429, _), .answer(503, _): .failed(mayHaveActed: false)
        case .answer(502, _), .answer(504, _): .failed(mayHaveActed: true)
        case .answer: .answered
        case .failure(let failure):
            switch failure.code {
            case .unreachable, .timedOut, .rubbish: .failed(mayHaveActed: failure.mayHaveActed)
            case .answerTooLarge, .circuitOpen, .busy, .unsettled, .stopped, .notRecorded: .hopeless(mayHaveActed: failure.mayHaveActed)
            }
        }
    }
}
