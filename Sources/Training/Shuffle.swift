import EventLoop

/// Orders that depend on a seed alone.
struct Shuffle {
    private var random: SeededRandom
    init(seed: UInt64) { random = SeededRandom(seed: seed) }
    mutating func order(_ count: Int) -> [Int] { Array(0..<count).shuffled(using: &random) }
}
