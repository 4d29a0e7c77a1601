public import Fusion

/// The life of one turn as a value: events in, actions out, no clock and no I/O of its own.
///
///     collecting ──seal──▶ sealed ──nothing awaited──▶ deciding ──▶ answering ──▶ done
///         │                  └──▶ awaiting {modalities} ──last one in, or deadline──▲
///         │                                                                          │ late feature, policy amend:
///         └── interrupt at any time ──▶ interrupted      collect limit without input ──▶ expired   revision + 1
///
/// Where networks decide, deciding goes by way of judging and back: deciding ──asked──▶ judging ──all answered, or deadline──▶ deciding.
/// To clients both are one.
///
/// Modalities are counted, since one turn may hold several photos: a modality is awaited while fewer
/// features than inputs have come. The epoch goes up whenever answers in the making become worthless
/// (interruption, amendment); what carries an older epoch is to be dropped.
public struct TurnMachine: Sendable, Equatable {
    public enum State: Sendable, Equatable {
        case collecting, awaiting, deciding, judging, answering, done, interrupted, expired
    }

    public enum Event: Sendable, Equatable {
        /// An input was taken in from which a feature of this modality is expected.
        case expect(String)
        /// A feature came.
        case feature(String)
        /// The expected feature will not come.
        case failed(String)
        /// The customer has said what they wanted to say.
        case seal
        /// The deadline set by `startDeadline` has passed.
        case deadline
        /// The turn was open for as long as it may be.
        case collectLimit
        /// What is there was fused; so many networks were asked what they make of it.
        case asked(networks: Int)
        /// A network has answered, or will not.
        case judged
        /// Answers are being made by this many agents.
        case decided(agents: Int)
        /// One agent has finished.
        case agentFinished
        case interrupt
    }

    public enum Action: Sendable, Equatable {
        /// Wake the machine with `.deadline` after so many milliseconds.
        case startDeadline(ms: Int)
        case cancelDeadline
        /// Fuse and decide with what is there; `missing` is sorted.
        case decide(missing: [String], revision: UInt32)
        /// Choose the agents with what the graph's steps and networks have said.
        case conclude
        /// Answers of networks that are under way are of no use any more.
        case cancelNetworks
        /// Stop agents that still answer for an older epoch.
        case cancelAnswers
        /// The turn's state as the client sees it has changed.
        case report
        /// Nothing of this turn will change any more, but for an amendment.
        case finish
    }

    public let policy: AlignPolicy
    public private(set) var state: State = .collecting
    public private(set) var revision: UInt32 = 0
    public private(set) var epoch: UInt32 = 0
    /// Modalities of which something was accepted, in order of appearance.
    public private(set) var modalities: [String] = []
    /// Modalities that were awaited and not there when it was decided, sorted.
    public private(set) var missing: [String] = []
    private var awaited: [Awaited] = []
    private var networksAsked = 0
    private var agentsAnswering = 0

    private struct Awaited: Sendable, Equatable {
        var modality: String
        var count: Int
    }

    public init(policy: AlignPolicy) { self.policy = policy }

    /// Nothing awaited and nothing said.
    public var isEmpty: Bool { modalities.isEmpty }
    public var isOver: Bool { state == .done || state == .interrupted || state == .expired }
    /// Inputs are still welcome.
    public var isCollecting: Bool { state == .collecting }

    /// Modalities whose features have not all come, sorted.
    public var outstanding: [String] { awaited.map(\.modality).sorted() }

    public mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .expect(let modality): return expect(modality)
        case .feature(let modality): return arrived(modality)
        case .failed(let modality): return gaveUp(modality)
        case .seal: return seal()
        case .deadline: return deadline()
        case .collectLimit: return collectLimit()
        case .asked(let networks): return asked(networks)
        case .judged: return judged()
        case .decided(let agents): return decided(agents)
        case .agentFinished: return agentFinished()
        case .interrupt: return interrupt()
        }
    }

    private mutating func expect(_ modality: String) -> [Action] {
        guard state == .collecting || state == .awaiting else { return [] }
        if !modalities.contains(modality) { modalities.append(modality) }
        if let index = awaited.firstIndex(where: { $0.modality == modality }) {
            awaited[index].count += 1
        } else {
            awaited.append(Awaited(modality: modality, count: 1))
        }
        return []
    }

    private mutating func arrived(_ modality: String) -> [Action] {
        settle(modality)
        switch state {
        case .awaiting:
            return awaited.isEmpty ? [.cancelDeadline] + decide() : []
        case .answering, .done, .deciding, .judging:
            guard policy.late == .amend, missing.contains(modality), revision < UInt32(policy.revisionsMax) else { return [] }
            missing.removeAll { $0 == modality }
            revision += 1
            epoch += 1
            agentsAnswering = 0
            let halted = haltJudging()
            state = .deciding
            return halted + [.cancelAnswers, .report, .decide(missing: missing, revision: revision)]
        case .collecting, .interrupted, .expired:
            return []
        }
    }

    private mutating func gaveUp(_ modality: String) -> [Action] {
        settle(modality)
        return state == .awaiting && awaited.isEmpty ? [.cancelDeadline] + decide() : []
    }

    private mutating func settle(_ modality: String) {
        guard let index = awaited.firstIndex(where: { $0.modality == modality }) else { return }
        awaited[index].count -= 1
        if awaited[index].count == 0 { awaited.remove(at: index) }
    }

    private mutating func seal() -> [Action] {
        guard state == .collecting else { return [] }
        if awaited.isEmpty { return decide() }
        state = .awaiting
        return [.startDeadline(ms: policy.deadlineMs), .report]
    }

    private mutating func decide() -> [Action] {
        state = .deciding
        missing = outstanding
        // Reported first: deciding leads on to other states at once.
        return [.report, .decide(missing: missing, revision: revision)]
    }

    private mutating func deadline() -> [Action] {
        switch state {
        case .awaiting: return decide()
        case .judging:
            state = .deciding
            return [.cancelNetworks, .conclude]
        case .collecting, .deciding, .answering, .done, .interrupted, .expired: return []
        }
    }

    private mutating func asked(_ networks: Int) -> [Action] {
        guard state == .deciding else { return [] }
        guard networks > 0 else { return [.conclude] }
        networksAsked = networks
        state = .judging
        return [.startDeadline(ms: policy.decideMs)]
    }

    private mutating func judged() -> [Action] {
        guard state == .judging else { return [] }
        networksAsked -= 1
        guard networksAsked == 0 else { return [] }
        state = .deciding
        return [.cancelDeadline, .conclude]
    }

    /// What stops the networks when something else comes first.
    private func haltJudging() -> [Action] { state == .judging ? [.cancelDeadline, .cancelNetworks] : [] }

    private mutating func collectLimit() -> [Action] {
        guard state == .collecting else { return [] }
        if !isEmpty { return seal() }
        state = .expired
        return [.report, .finish]
    }

    private mutating func decided(_ agents: Int) -> [Action] {
        guard state == .deciding else { return [] }
        agentsAnswering = agents
        if agents == 0 {
            state = .done
            return [.report, .finish]
        }
        state = .answering
        return [.report]
    }

    private mutating func agentFinished() -> [Action] {
        guard state == .answering else { return [] }
        agentsAnswering -= 1
        guard agentsAnswering == 0 else { return [] }
        state = .done
        return [.report, .finish]
    }

    private mutating func interrupt() -> [Action] {
        guard !isOver else { return [] }
        let halted = state == .awaiting ? [.cancelDeadline] : haltJudging()
        state = .interrupted
        epoch += 1
        return halted + [.cancelAnswers, .report, .finish]
    }
}
