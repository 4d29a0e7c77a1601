import Synchronization

/// Bytes that one stream's tensors may take. Any thread.
public final class MemoryBudget: Sendable {
    /// The default for a stream: room for Whisper's cross keys and values (12 MB), its past and a picture many times over.
    public static let streamTensorBytesMax = 256 << 20

    public let bytesMax: Int
    private let used = Atomic<Int>(0)

    public init(bytesMax: Int = MemoryBudget.streamTensorBytesMax) {
        self.bytesMax = bytesMax
    }

    public var usedBytes: Int { used.load(ordering: .relaxed) }

    /// - Returns: false, with nothing taken, when it does not fit.
    func take(_ bytes: Int) -> Bool {
        let before = used.add(bytes, ordering: .relaxed).oldValue
        if bytes <= bytesMax - before { return true }
        used.subtract(bytes, ordering: .relaxed)
        return false
    }

    /// What a model has made anyway: it counts, and what is asked for next is refused.
    func charge(_ bytes: Int) { used.add(bytes, ordering: .relaxed) }

    func give(_ bytes: Int) { used.subtract(bytes, ordering: .relaxed) }
}
