import CheckedYAML
import Fusion
import Testing

private let manifests: [String: PluginPorts] = [
    "speech-recognizer": PluginPorts(consumes: ["audio"], produces: [.init(kind: "transcript")]),
    "text-encoder": PluginPorts(consumes: ["text"], produces: [.init(kind: "embedding", dtype: "f32", shape: [512], spaceID: "t")]),
    "vision-encoder": PluginPorts(consumes: ["image"], produces: [.init(kind: "embedding", dtype: "f32", shape: [1408], spaceID: "v")]),
]

private let shop = """
    graph: 1
    name: shop
    nodes:
      - {id: hear, type: plugin, plugin: speech-recognizer, in: [client.audio]}
      - {id: read, type: plugin, plugin: text-encoder, in: [client.text, hear.transcript]}
      - {id: see, type: plugin, plugin: vision-encoder, in: [client.image]}
      - {id: turn, type: align, in: {text: read.embedding, image: see.embedding}, deadline_ms: 900}
      - {id: query, type: fuse, operator: concatenation, in: [turn.text, turn.image], weights: [0.4, 0.6]}
      - {id: route, type: decide, operator: decision_level, in: [turn.text, turn.image]}
      - {id: recommend, type: agent, agent: recommendation, query: query, when: route}
    """

private func refusal(_ text: String) -> String {
    do throws(YAMLError) {
        _ = try GraphPlan.parse(text, file: "g.yaml", ports: { manifests[$0] })
        return "accepted"
    } catch {
        return error.description
    }
}

@Suite("A graph is checked before it runs")
struct GraphCheckerTests {
    @Test("Names become indices: inputs, edges, modalities, steps, agents")
    func plan() throws {
        let plan = try GraphPlan.parse(shop, ports: { manifests[$0] })
        #expect(plan.streams.map(\.id) == ["hear", "read", "see"])
        #expect(plan.ingress == [.audio: [0], .text: [1], .image: [2]])
        #expect(plan.streams[0].downstream == [.init(output: "transcript", node: 1)])
        #expect(plan.streams.map(\.modality) == [nil, "text", "image"])
        #expect(plan.align.deadlineMs == 900)
        #expect(plan.steps.map(\.inputs) == [["text", "image"], ["text", "image"]])
        #expect(plan.steps[0].weights == [0.4, 0.6])
        #expect(plan.agents == [AgentNode(id: "recommend", agent: "recommendation", query: "query", when: "route")])
    }

    @Test("An unknown node is named with the ones there are")
    func unknownNode() {
        #expect(
            refusal(shop.replacing("hear.transcript", with: "ear.transcript"))
                == "g.yaml:5: 'read' names the node 'ear', which does not exist; there are hear, read, see, turn, query, route, recommend")
    }

    @Test("An output that the plugin does not give is named with the ones it gives")
    func unknownPort() {
        #expect(
            refusal(shop.replacing("image: see.embedding", with: "image: see.vector"))
                == "g.yaml:7: 'see.vector': plugin 'vision-encoder' gives embedding, not 'vector'")
    }

    @Test("A kind that the plugin does not take is refused with both ports")
    func wrongKind() {
        #expect(
            refusal(shop.replacing("in: [client.image]", with: "in: [client.audio]"))
                == "g.yaml:6: 'client.audio' gives audio; 'see' (plugin 'vision-encoder') takes image")
    }

    @Test("A sum of vectors of two spaces is refused with both")
    func wrongShape() {
        #expect(
            refusal(shop.replacing("operator: concatenation", with: "operator: weighted_sum"))
                == "g.yaml:8: 'query' adds vectors of one space: 'read.embedding' is embedding f32[512] in space t, 'see.embedding' is embedding f32[1408] in space v"
        )
    }

    @Test("A cycle is drawn")
    func cycle() {
        let text = """
            graph: 1
            name: loop
            nodes:
              - {id: a, type: pass, in: [client.audio, c]}
              - {id: b, type: pass, in: [a]}
              - {id: c, type: pass, in: [b]}
            """
        #expect(refusal(text) == "g.yaml:4: a cycle: a → c → b → a")
    }

    @Test("A modality that the turn does not have, an unknown plugin, a wrong weight count")
    func others() {
        #expect(
            refusal(shop.replacing("[turn.text, turn.image], weights", with: "[turn.text, turn.smell], weights"))
                == "g.yaml:8: the turn 'turn' has no modality 'smell'; it has text, image")
        #expect(refusal(shop.replacing("plugin: vision-encoder", with: "plugin: nose")).contains("no plugin is called 'nose'"))
        #expect(refusal(shop.replacing("weights: [0.4, 0.6]", with: "weights: [1]")).contains("1 weights for 2 inputs"))
        #expect(refusal(shop.replacing("when: route", with: "when: query")).contains("answers when a decide node says so"))
    }

    @Test("The drawing shows every edge")
    func drawing() throws {
        let plan = try GraphPlan.parse(shop)
        #expect(plan.dot().contains("\"hear\" -> \"read\" [label=\"transcript\"];"))
        #expect(plan.text().contains("← client.text"))
    }
}
