import Testing

@testable import EventLoop

@Suite("Seeded random numbers")
struct SeededRandomTests {
    @Test("SplitMix64 gives the published sequence for seed 1234567")
    func splitMix() {
        var generator = SplitMix64(state: 1_234_567)
        #expect(generator.next() == 6_457_827_717_110_365_317)
        #expect(generator.next() == 3_203_168_211_198_807_973)
        #expect(generator.next() == 9_817_491_932_198_370_423)
    }

    @Test("xoshiro256** gives the published sequence for the state 1, 2, 3, 4")
    func xoshiro() {
        var generator = SeededRandom(state: (1, 2, 3, 4))
        let drawn = (0..<4).map { _ in generator.next() }
        #expect(drawn == [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240])
    }

    @Test("a split generator does not depend on later use of its parent")
    func split() {
        var parent = SeededRandom(seed: 5)
        var other = SeededRandom(seed: 5)
        var child = parent.split()
        var twin = other.split()
        _ = parent.next()
        #expect(child.next() == twin.next())
        #expect(child != parent)
    }
}
