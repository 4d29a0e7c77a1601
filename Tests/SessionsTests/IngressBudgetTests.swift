import Testing
import Wire

@testable import Sessions

@Suite("Unfinished input is bounded over all sessions")
struct IngressBudgetTests {
    @Test("What does not fit is refused and takes nothing")
    func bounded() {
        let budget = IngressBudget(bytesMax: 100)
        #expect(budget.take(60))
        #expect(!budget.take(41))
        #expect(budget.usedBytes == 60)
        #expect(budget.take(40))
        #expect(budget.isUsedUp)
        budget.give(100)
        #expect(budget.usedBytes == 0)
    }

    @Test("A photo whose parts do not fit is dropped with a Problem; its bytes come back")
    func photo() throws {
        let budget = IngressBudget(bytesMax: 1_500)
        let h = try SessionHarness(ingress: budget)
        func part(_ number: UInt32, last: Bool = false) throws {
            try h.send(.image(ImagePart(purpose: .query, imageID: 1, part: number, last: last, data: [UInt8](repeating: 1, count: 1_000))))
        }
        try h.run(
            forMs: 50,
            [
                (1, { try part(0) }), (2, { #expect(budget.usedBytes == 1_000) }), (3, { try part(1) }), (4, { #expect(budget.usedBytes == 0) }),
            ])
        #expect(h.problems.map(\.code) == [StatusCode.resourceExhausted.rawValue])
    }
}
