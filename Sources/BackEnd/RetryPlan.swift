import EventLoop

/// How often, when and for how long a call is tried. A value: what came of an attempt in, what to do next out.
///
/// Waits grow by powers of two with a part that depends on the call ("full jitter", so that many callers do not come back together), which makes
/// them the same in every run.
struct RetryPlan: Equatable {
    /// What came of one attempt.
    enum Attempt: Equatable {
        case answered
        /// An answer, or a failure, after which another attempt may do better.
        case failed(mayHaveActed: Bool)
        /// Another attempt would be the same again.
        case hopeless(mayHaveActed: Bool)
    }

    enum Next: Equatable {
        case retry(afterUs: UInt64)
        case give
    }

    let attemptsMax: Int
    let backoffUs: UInt64
    let requestUs: UInt64
    let totalUs: UInt64
    let mayBeRepeated: Bool
    let seed: UInt64
    private(set) var attempts = 0
    /// Some attempt may have reached the other side.
    private(set) var mayHaveActed = false

    init(attemptsMax: Int, backoffUs: UInt64, requestUs: UInt64, totalUs: UInt64, mayBeRepeated: Bool, seed: UInt64) {
        self.attemptsMax = attemptsMax
        self.backoffUs = backoffUs
        self.requestUs = requestUs
        self.totalUs = totalUs
        self.mayBeRepeated = mayBeRepeated
        self.seed = seed
    }

    /// An attempt begins: how long it may take.
    mutating func begin(elapsedUs: UInt64) -> UInt64 {
        attempts += 1
        return max(1, min(requestUs, totalUs > elapsedUs ? totalUs - elapsedUs : 0))
    }

    mutating func next(after attempt: Attempt, elapsedUs: UInt64) -> Next {
        switch attempt {
        case .answered: return .give
        case .hopeless(let acted):
            if acted { mayHaveActed = true }
            return .give
        case .failed(let acted):
            if acted { mayHaveActed = true }
            guard mayBeRepeated, attempts < attemptsMax else { return .give }
            let wait = waitUs
            // What could not even begin before the end of its time is not waited for.
            return elapsedUs &+ wait < totalUs ? .retry(afterUs: wait) : .give
        }
    }

    /// What the call came to when its last attempt came to `last`. A refusal speaks for that attempt alone: an earlier one may have been done.
    func settled(_ last: BackEndOutcome, isWrite: Bool) -> BackEndOutcome {
        switch last {
        case .failure(var failure):
            failure.mayHaveActed = mayHaveActed
            return .failure(failure)
        case .answer(let status, _):
            guard isWrite, mayHaveActed, !(200..<300).contains(status) else { return last }
            return .failure(BackEndFailure(.unsettled, "it answered \(status) after an attempt that may have been done", mayHaveActed: true))
        }
    }

    private var waitUs: UInt64 {
        let whole = backoffUs << UInt64(min(attempts - 1, 16))
        var random = SeededRandom(seed: seed &+ UInt64(attempts))
        return whole / 2 + (whole == 0 ? 0 : random.next() % (whole / 2 + 1))
    }
}
