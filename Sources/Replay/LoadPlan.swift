/// When conversations begin under a load, as a value.
///
/// With a rate R the k-th conversation is due when the integral of the rate reaches k: the rate rises evenly from 0 to R during the ramp T, so that
/// R·t²/(2T) are due by t ≤ T and R·(t − T/2) after. These times do not depend on how fast the server answers: whoever has to wait for a free client
/// has waited since the due time (Gil Tene's coordinated omission, "How NOT to Measure Latency", 2013). Without a rate each client begins its
/// next conversation when its last is over, and the clients themselves begin one after the other during the ramp.
public struct LoadPlan: Sendable, Equatable {
    public var clients: Int
    public var rampSeconds: Double
    /// Conversations a second, all clients together; nil = as fast as they are answered.
    public var ratePerSecond: Double?
    public var durationSeconds: Double

    public static let clientsMax = 10_000

    public init(clients: Int, rampSeconds: Double = 0, ratePerSecond: Double? = nil, durationSeconds: Double) {
        self.clients = clients
        self.rampSeconds = rampSeconds
        self.ratePerSecond = ratePerSecond
        self.durationSeconds = durationSeconds
    }

    /// When the k-th conversation (from 0) is due, seconds after the start; nil without a rate and after the end.
    public func due(_ k: Int) -> Double? {
        guard let rate = ratePerSecond, rate > 0 else { return nil }
        let ramp = min(rampSeconds, durationSeconds)
        let inRamp = rate * ramp / 2
        let time = Double(k) < inRamp ? (2 * ramp * Double(k) / rate).squareRoot() : ramp / 2 + Double(k) / rate
        return time < durationSeconds ? time : nil
    }

    /// When a client begins its first conversation without a rate, seconds after the start.
    public func firstStart(client: Int) -> Double { clients > 1 ? rampSeconds * Double(client) / Double(clients) : 0 }
}
