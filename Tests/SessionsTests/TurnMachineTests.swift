import EventLoop
import Fusion
import Testing

@testable import Sessions

@Suite("A turn's life")
struct TurnMachineTests {
    private func machine(_ policy: AlignPolicy = AlignPolicy()) -> TurnMachine { TurnMachine(policy: policy) }

    @Test("Sealed with nothing awaited, it is decided at once")
    func atOnce() {
        var turn = machine()
        _ = turn.handle(.expect("text"))
        _ = turn.handle(.feature("text"))
        #expect(turn.handle(.seal) == [.report, .decide(missing: [], revision: 0)])
        #expect(turn.state == .deciding)
    }

    @Test("Sealed while a feature is awaited, it is decided when the last one comes")
    func awaiting() {
        var turn = machine()
        _ = turn.handle(.expect("text"))
        _ = turn.handle(.expect("image"))
        #expect(turn.handle(.seal) == [.startDeadline(ms: 3_000), .report])
        #expect(turn.handle(.feature("text")) == [])
        #expect(turn.handle(.feature("image")) == [.cancelDeadline, .report, .decide(missing: [], revision: 0)])
    }

    @Test("At the deadline it is decided with what is there, and what is missing is named")
    func deadline() {
        var turn = machine()
        for modality in ["text", "image", "selfie"] { _ = turn.handle(.expect(modality)) }
        _ = turn.handle(.feature("text"))
        _ = turn.handle(.seal)
        #expect(turn.handle(.deadline) == [.report, .decide(missing: ["image", "selfie"], revision: 0)])
        #expect(turn.missing == ["image", "selfie"])
    }

    @Test("Two photos are two features: one does not do for both")
    func counted() {
        var turn = machine()
        _ = turn.handle(.expect("image"))
        _ = turn.handle(.expect("image"))
        _ = turn.handle(.seal)
        #expect(turn.handle(.feature("image")) == [])
        #expect(turn.state == .awaiting)
        #expect(turn.handle(.failed("image")) == [.cancelDeadline, .report, .decide(missing: [], revision: 0)])
    }

    @Test("A late feature amends the turn, up to the limit of revisions")
    func amend() {
        var turn = machine(AlignPolicy(revisionsMax: 1))
        for modality in ["text", "image", "selfie"] { _ = turn.handle(.expect(modality)) }
        _ = turn.handle(.seal)
        _ = turn.handle(.deadline)
        _ = turn.handle(.decided(agents: 1))
        #expect(turn.handle(.feature("image")) == [.cancelAnswers, .report, .decide(missing: ["selfie", "text"], revision: 1)])
        #expect(turn.epoch == 1)
        _ = turn.handle(.decided(agents: 1))
        #expect(turn.handle(.feature("text")) == [], "the limit of one revision is reached")
    }

    @Test("Under the policy 'drop' a late feature changes nothing")
    func drop() {
        var turn = machine(AlignPolicy(late: .drop))
        _ = turn.handle(.expect("text"))
        _ = turn.handle(.seal)
        _ = turn.handle(.deadline)
        #expect(turn.handle(.feature("text")) == [])
        #expect(turn.revision == 0)
    }

    @Test("It is over when its last agent has finished")
    func agents() {
        var turn = machine()
        _ = turn.handle(.expect("text"))
        _ = turn.handle(.feature("text"))
        _ = turn.handle(.seal)
        _ = turn.handle(.decided(agents: 2))
        #expect(turn.handle(.agentFinished) == [])
        #expect(turn.handle(.agentFinished) == [.report, .finish])
        #expect(turn.state == .done)
    }

    @Test("An interruption stops the answers and raises the epoch, once")
    func interrupt() {
        var turn = machine()
        _ = turn.handle(.expect("text"))
        _ = turn.handle(.seal)
        #expect(turn.handle(.interrupt) == [.cancelDeadline, .cancelAnswers, .report, .finish])
        #expect(turn.epoch == 1)
        #expect(turn.handle(.interrupt) == [])
        #expect(turn.handle(.agentFinished) == [])
    }

    private func judging(_ networks: Int) -> TurnMachine {
        var turn = machine(AlignPolicy(decideMs: 70))
        _ = turn.handle(.expect("text"))
        _ = turn.handle(.expect("image"))
        _ = turn.handle(.seal)
        _ = turn.handle(.feature("text"))
        _ = turn.handle(.deadline)
        #expect(turn.handle(.asked(networks: networks)) == (networks == 0 ? [.conclude] : [.startDeadline(ms: 70)]))
        return turn
    }

    @Test("Where no network is asked it is concluded at once")
    func unasked() {
        var turn = judging(0)
        #expect(turn.state == .deciding)
        #expect(turn.handle(.judged) == [])
        #expect(turn.handle(.decided(agents: 1)) == [.report])
    }

    @Test("With networks it is concluded when the last has answered, or at their deadline without it")
    func judged() {
        var turn = judging(2)
        #expect(turn.state == .judging)
        #expect(turn.handle(.decided(agents: 1)) == [], "nobody answers before it is decided")
        #expect(turn.handle(.judged) == [])
        #expect(turn.handle(.judged) == [.cancelDeadline, .conclude])
        #expect(turn.state == .deciding)
        var late = judging(1)
        #expect(late.handle(.deadline) == [.cancelNetworks, .conclude])
        #expect(late.handle(.judged) == [], "an answer that comes after is no second conclusion")
    }

    @Test("An interruption and a late feature stop the networks")
    func halted() {
        var turn = judging(1)
        #expect(turn.handle(.interrupt) == [.cancelDeadline, .cancelNetworks, .cancelAnswers, .report, .finish])
        #expect(turn.handle(.judged) == [])
        var amended = judging(1)
        #expect(
            amended.handle(.feature("image")) == [
                .cancelDeadline, .cancelNetworks, .cancelAnswers, .report, .decide(missing: [], revision: 1),
            ])
        #expect(amended.handle(.judged) == [])
    }

    @Test("Without any input it expires; with one it is sealed")
    func collectLimit() {
        var empty = machine()
        #expect(empty.handle(.collectLimit) == [.report, .finish])
        #expect(empty.state == .expired)
        var said = machine()
        _ = said.handle(.expect("text"))
        #expect(said.handle(.collectLimit) == [.startDeadline(ms: 3_000), .report])
    }

    @Test("Whatever happens in whatever order: it finishes at most once per revision, epochs never fall, decisions need a seal", arguments: 0..<300)
    func anyOrder(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        var turn = machine(AlignPolicy(revisionsMax: 2))
        var sealed = false
        var finishes = 0
        var decisions = 0
        for _ in 0..<60 {
            let modality = ["text", "image", "selfie"][Int(random.next() % 3)]
            let event: TurnMachine.Event =
                switch random.next() % 11 {
                case 0, 1: .expect(modality)
                case 2, 3: .feature(modality)
                case 4: .failed(modality)
                case 5: .seal
                case 6: .deadline
                case 7: .decided(agents: Int(random.next() % 3))
                case 8: .asked(networks: Int(random.next() % 3))
                case 9: .judged
                default: random.next() % 4 == 0 ? .interrupt : .agentFinished
                }
            let before = turn
            let actions = turn.handle(event)
            if event == .seal || event == .collectLimit { sealed = true }
            #expect(turn.epoch >= before.epoch)
            #expect(turn.revision >= before.revision && turn.revision <= 2)
            for action in actions {
                if case .decide = action {
                    decisions += 1
                    #expect(sealed)
                    #expect(turn.state == .deciding)
                }
                if action == .conclude { #expect(turn.state == .deciding && [.deciding, .judging].contains(before.state)) }
                // Whoever is asked is waited for with a limit, and let go when something else comes first.
                if before.state == .judging, turn.state != .judging { #expect(actions.contains { [.cancelDeadline, .cancelNetworks].contains($0) }) }
                if action == .finish {
                    finishes += 1
                    #expect(turn.isOver)
                }
            }
            if before.state == .interrupted || before.state == .expired { #expect(turn.state == before.state && actions.isEmpty) }
        }
        #expect(finishes <= 1 + Int(turn.revision))
        #expect(decisions <= 1 + Int(turn.revision))
    }
}
