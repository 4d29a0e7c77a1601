/// A token bucket on a given clock: `perSecond` on average, twice as many at once.
struct RateLimit {
    private let perSecond: UInt64
    private var tokensMicro: UInt64
    private var lastUs: UInt64 = 0

    init(perSecond: Int) {
        self.perSecond = UInt64(perSecond)
        tokensMicro = UInt64(perSecond) * 2_000_000
    }

    mutating func take(nowUs: UInt64) -> Bool {
        let elapsed = nowUs > lastUs ? nowUs - lastUs : 0
        lastUs = nowUs
        tokensMicro = min(tokensMicro + min(elapsed, 2_000_000) * perSecond, perSecond * 2_000_000)
        guard tokensMicro >= 1_000_000 else { return false }
        tokensMicro -= 1_000_000
        return true
    }
}
