import Fusion
import Testing
import Wire

@testable import Sessions

@Suite("The next deployment")
struct DeploymentTests {
    private struct Nobody: Agent {
        let name: String
        func answer(_ turn: TurnQuery, to reply: ReplySink) async throws(RPCStatus) {}
    }

    private struct Anything: ModalityClassifier {
        func probabilities(_ feature: Feature) -> [ClassProbability]? { nil }
    }

    /// Everything that a deployment is, as text.
    private func contents(_ deployment: Deployment) -> [String: String] {
        var all: [String: String] = [:]
        for child in Mirror(reflecting: deployment).children { all[child.label ?? ""] = "\(child.value)" }
        return all
    }

    private var before: Deployment {
        Deployment(
            number: 3, plan: GraphPlan(name: "graph", streams: [], ingress: [:], align: AlignPolicy(), steps: [], agents: []),
            generations: [Deployment.PluginGenerationName(plugin: "p", generation: 2, sha256: "aa")], agents: [Nobody(name: "old")],
            classifier: nil, catalogueHash: "h1", voice: "speech-synthesizer")
    }

    @Test("differs by what was changed alone: plugins, or what the agents know")
    func kept() {
        let plugins = before.with(generations: [Deployment.PluginGenerationName(plugin: "p", generation: 3, sha256: "bb")])
        #expect(changed(plugins) == ["generations", "number"])
        #expect(plugins.number == 4 && plugins.generations.map(\.generation) == [3])
        let catalogue = before.with(agents: [Nobody(name: "new")], classifier: Anything(), catalogueHash: "h2")
        #expect(changed(catalogue) == ["agents", "catalogueHash", "classifier", "number"])
        #expect(catalogue.number == 4 && catalogue.voice == "speech-synthesizer")
    }

    private func changed(_ next: Deployment) -> [String] {
        let (old, new) = (contents(before), contents(next))
        return old.keys.filter { old[$0] != new[$0] }.sorted()
    }
}
