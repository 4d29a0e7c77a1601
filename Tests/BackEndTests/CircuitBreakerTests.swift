import Testing

@testable import BackEnd

@Suite("The circuit breaker")
struct CircuitBreakerTests {
    /// A breaker after so many failures, all before time 100.
    private func breaker(failures: Int) throws -> CircuitBreaker {
        var breaker = CircuitBreaker(failuresMax: 3, openUs: 1_000)
        for time in 0..<failures {
            let permit = try admitted(&breaker, UInt64(time))
            breaker.ended(permit, isFailure: true, nowUs: UInt64(time))
        }
        return breaker
    }

    private func admitted(_ breaker: inout CircuitBreaker, _ nowUs: UInt64) throws -> CircuitBreaker.Permit {
        let permit = breaker.admit(nowUs: nowUs)
        return try #require(permit)
    }

    @Test("opens after so many failures in a row, and not before")
    func opens() throws {
        #expect(try breaker(failures: 2).state == .closed(failuresInRow: 2))
        var open = try breaker(failures: 3)
        #expect(open.state == .open(untilUs: 1_002))
        let refused = open.admit(nowUs: 1_001)
        #expect(refused == nil)
    }

    @Test("a success in between begins the count anew")
    func successBetween() throws {
        var breaker = try breaker(failures: 2)
        let permit = try admitted(&breaker, 5)
        breaker.ended(permit, isFailure: false, nowUs: 5)
        #expect(breaker.state == .closed(failuresInRow: 0))
    }

    @Test("lets one call try when its time is over; the others wait for what comes of it")
    func probe() throws {
        var breaker = try breaker(failures: 3)
        let probe = try admitted(&breaker, 1_002)
        #expect(breaker.state == .probing)
        let refused = breaker.admit(nowUs: 5_000)
        #expect(refused == nil)
        var failed = breaker
        failed.ended(probe, isFailure: true, nowUs: 2_000)
        #expect(failed.state == .open(untilUs: 3_000))
        breaker.ended(probe, isFailure: false, nowUs: 2_000)
        #expect(breaker.state == .closed(failuresInRow: 0))
        _ = try admitted(&breaker, 2_000)
    }

    @Test("a trying call that nobody waited for says nothing: the next one tries")
    func abandoned() throws {
        var breaker = try breaker(failures: 3)
        let probe = try admitted(&breaker, 1_002)
        breaker.abandoned(probe, nowUs: 1_500)
        let next = try admitted(&breaker, 1_500)
        breaker.ended(next, isFailure: false, nowUs: 1_600)
        #expect(breaker.state == .closed(failuresInRow: 0))
        var counting = try self.breaker(failures: 2)
        counting.abandoned(try admitted(&counting, 10), nowUs: 10)
        #expect(counting.state == .closed(failuresInRow: 2))
    }

    @Test("a call that began before it opened says nothing about the time after")
    func late() throws {
        var breaker = CircuitBreaker(failuresMax: 1, openUs: 1_000)
        let early = try admitted(&breaker, 0)
        let failing = try admitted(&breaker, 0)
        breaker.ended(failing, isFailure: true, nowUs: 10)
        breaker.ended(early, isFailure: false, nowUs: 20)
        #expect(breaker.state == .open(untilUs: 1_010))
        let probe = try admitted(&breaker, 1_010)
        breaker.ended(early, isFailure: false, nowUs: 1_020)
        #expect(breaker.state == .probing, "only the probe closes it")
        breaker.ended(probe, isFailure: false, nowUs: 1_030)
        #expect(breaker.state == .closed(failuresInRow: 0))
    }
}

@Suite("How often a call is tried")
struct RetryPlanTests {
    private func plan(repeated: Bool = true, attempts: Int = 3, totalUs: UInt64 = 10_000) -> RetryPlan {
        RetryPlan(attemptsMax: attempts, backoffUs: 100, requestUs: 1_000, totalUs: totalUs, mayBeRepeated: repeated, seed: 7)
    }

    @Test("what may be repeated is, until the attempts are used up, with growing waits")
    func attempts() {
        var plan = plan()
        var waits: [UInt64] = []
        for attempt in 1...3 {
            let timeUs = plan.begin(elapsedUs: 0)
            #expect(timeUs == 1_000)
            switch plan.next(after: .failed(mayHaveActed: false), elapsedUs: 0) {
            case .retry(let us): waits.append(us)
            case .give: #expect(attempt == 3)
            }
        }
        #expect(waits.count == 2)
        #expect((50...100).contains(waits[0]) && (100...200).contains(waits[1]))
        #expect(!plan.mayHaveActed)
    }

    @Test("what could act twice is tried once")
    func once() {
        var plan = plan(repeated: false)
        _ = plan.begin(elapsedUs: 0)
        let next = plan.next(after: .failed(mayHaveActed: true), elapsedUs: 0)
        #expect(next == .give)
        #expect(plan.mayHaveActed)
    }

    @Test("a single attempt that may have acted is remembered, whatever the later ones came to")
    func uncertain() {
        var plan = plan()
        _ = plan.begin(elapsedUs: 0)
        _ = plan.next(after: .failed(mayHaveActed: true), elapsedUs: 0)
        _ = plan.begin(elapsedUs: 0)
        _ = plan.next(after: .failed(mayHaveActed: false), elapsedUs: 0)
        #expect(plan.mayHaveActed)
    }

    @Test("a refusal after it leaves the outcome of a write open; an answer, a read and a refusal alone are what they are")
    func settled() {
        var uncertain = plan()
        _ = uncertain.begin(elapsedUs: 0)
        _ = uncertain.next(after: .failed(mayHaveActed: true), elapsedUs: 0)
        let (refusal, answer) = (BackEndOutcome.answer(status: 503, body: []), BackEndOutcome.answer(status: 200, body: []))
        guard case .failure(let failure) = uncertain.settled(refusal, isWrite: true) else { return #expect(Bool(false), "it is no refusal") }
        #expect(failure.mayHaveActed && failure.code == .unsettled)
        #expect(uncertain.settled(refusal, isWrite: false) == refusal)
        #expect(uncertain.settled(answer, isWrite: true) == answer)
        #expect(plan().settled(refusal, isWrite: true) == refusal)
    }

    @Test("an attempt gets what is left of the time; nothing begins behind its end")
    func time() {
        var plan = plan(totalUs: 1_500)
        let first = plan.begin(elapsedUs: 0)
        #expect(first == 1_000)
        let rest = plan.begin(elapsedUs: 1_100)
        #expect(rest == 400)
        let late = plan.next(after: .failed(mayHaveActed: false), elapsedUs: 1_450)
        #expect(late == .give)
        let hopeless = plan.next(after: .hopeless(mayHaveActed: false), elapsedUs: 0)
        #expect(hopeless == .give)
        let answered = plan.next(after: .answered, elapsedUs: 0)
        #expect(answered == .give)
    }
}
