import Synchronization

/// Payload bytes that the sessions of all loops hold on their way in. Any thread, lock-free.
public final class IngressBudget: Sendable {
    public let bytesMax: Int
    private let used = Atomic<Int>(0)

    public init(bytesMax: Int) { self.bytesMax = bytesMax }

    public var usedBytes: Int { used.load(ordering: .relaxed) }

    /// New streams are refused while it is used up.
    public var isUsedUp: Bool { usedBytes >= bytesMax }

    /// False when so many bytes do not fit; nothing is taken then.
    func take(_ bytes: Int) -> Bool {
        guard used.add(bytes, ordering: .relaxed).newValue <= bytesMax else {
            used.subtract(bytes, ordering: .relaxed)
            return false
        }
        return true
    }

    func give(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }
}
