import Evaluation
import Foundation
import Fusion
import LinearAlgebra
import Testing

@testable import Training

@Suite("What comes next")
struct RankerTests {
    /// Forty users go a → b → c or x → y → z; one in four goes a → y.
    private static let rows: [SequenceRow] = (0..<40).map { user in
        SequenceRow(user: "\(user)", items: user % 4 == 3 ? ["a", "y", "z"] : user % 2 == 0 ? ["a", "b", "c"] : ["x", "y", "z"])
    }

    @Test("follows the order of time, where plain neighbours do not")
    func order() {
        let behaviour = Behaviour(Self.rows)
        let model = TransitionModel(items: behaviour.items, histories: behaviour.histories, parameters: .init(backward: 0))
        let b = behaviour.items.firstIndex(of: "b") ?? 0
        #expect(behaviour.items[model.best(1, after: [b])[0].item] == "c")
        #expect(model.best(5, after: [b]).count == 1, "nothing else ever came after b")
        #expect(ItemKNN(behaviour).best(5, after: [b]).count == 2, "a and c are its neighbours")
    }

    @Test("has the weights of the formula")
    func weights() {
        let model = TransitionModel(
            items: ["a", "b", "c"], histories: [[0, 1, 2]],
            parameters: .init(backward: 0.5, gapDecay: 0.8, shrink: 3, targetExponent: 0.5, historyDecay: 0.5))
        // n = 1 each, so every weight is divided by √(1+3)·√(1+3) = 4.
        #expect(model.scores(after: [0]) == [0, 0.25, 0.2])
        #expect(model.scores(after: [1]) == [0.125, 0, 0.25])
        // c after a (age 1, decay .5) and b: .5·.2 + .25
        #expect(abs(model.scores(after: [0, 1])[2] - 0.35) < 1e-6)
    }

    @Test("knows an item without behaviour by its attributes")
    func content() {
        let items = ["a", "b", "new", "other"]
        let content = ItemContent(items: items, attributes: ItemAttributes(["a": ["ring", "gold"], "new": ["ring", "gold"], "other": ["mug"]]))
        let model = TransitionModel(items: items, histories: [[0, 1]], parameters: .init(shrink: 1, content: 0.1), content: content)
        let scores = model.scores(after: [0])
        #expect(abs(scores[2] - 0.1) < 1e-6, "cosine 1, weight 0.1")
        #expect(scores[3] == 0)
        #expect(scores[1] > 0)
    }

    @Test("is measured and found again on disk")
    func file() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vitrine-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Everybody goes round the same circle of six, from different places.
        let circle = (0..<40).map { user in SequenceRow(user: "\(user)", items: (0..<4).map { "\((user + $0) % 6)" }) }
        let behaviour = Behaviour(circle)
        let written = try RankerTraining().run(
            behaviour, attributes: ItemAttributes(["0": ["x"], "1": ["x", "y"], "2": ["y"]]), dataName: "rows", dataHash: "0123456789abcdef",
            date: "2026-01-01T00:00:00Z", folder: folder, progress: { _ in })
        let read = try RankerFile.read(folder)
        #expect(read.card == written.card)
        #expect(read.model.scores(after: [0]) == written.model.scores(after: [0]))
        #expect(try #require(read.card.metrics["validation NDCG@10"]) > 0.8)
        #expect(throws: TrainingError.self) { try ModelCard.read(folder, kind: "alignment") }
        for (name, value) in [("history_max", 1e300), ("history_max", 0.5), ("history_decay", -1), ("content", -1)] {
            var card = written.card
            card.parameters[name] = value
            try card.write(to: folder)
            #expect(throws: TrainingError.self, "\(name) \(value)") { try RankerFile.read(folder) }
        }
    }

    @Test("cannot be learnt from too little")
    func tooLittle() {
        let behaviour = Behaviour([SequenceRow(user: "1", items: ["a", "b", "c"])])
        #expect(throws: TrainingError("1 users have three items or more; at least 10 are needed to learn and judge what comes next")) {
            try TransitionSearch().run(items: behaviour.items, histories: behaviour.histories, progress: { _ in })
        }
    }

    @Test("ranks all items but the user's own, ties in the middle")
    func places() {
        let model = Popularity(Behaviour([SequenceRow(user: "1", items: ["a", "b", "b", "c", "d"])]))
        // b has 2; a, c, d have 1 each.
        #expect(model.ranking(after: [0], targets: [1, 2], top: 2).places == [0, 2])
        #expect(model.ranking(after: [1], targets: [0], top: 2).top == [0, 2])
    }

    @Test("has the area under the curve of a whole ranking, equal scores half")
    func area() {
        struct Fixed: NextItemModel {
            let items = ["a", "b", "c", "d", "e"]
            let fixed: [Float]
            func scores(after history: [Int]) -> [Float] { fixed }
        }
        let model = Fixed(fixed: [9, 4, 3, 3, 1])
        // b against c, d, e; then c against b (lost), d (equal), e; then both against d and e.
        #expect(model.ranking(after: [0], targets: [1], top: 2).area == 1)
        #expect(model.ranking(after: [0], targets: [2], top: 2).area == 0.5)
        #expect(model.ranking(after: [0], targets: [1, 2], top: 2).area == 0.875)
        #expect(model.ranking(after: [0], targets: [], top: 2).area == nil)
        #expect(Fixed(fixed: [0, 0, 0, 0, 0]).ranking(after: [], targets: [3], top: 2).area == 0.5, "nothing is known of any")
    }
}

@Suite("Weights on disk")
struct TensorFileTests {
    @Test("come back as they were")
    func roundTrip() throws {
        var file = TensorFile()
        file.set("m", Matrix(2, 2, [1, 2, 3, .pi]))
        file.set("v", [0.5])
        file.set("i", integers: [7, -1])
        file.metadata = ["space": "f32[2]"]
        let read = try TensorFile(file.encoded(), name: "x")
        #expect(read == file)
        #expect(try read.matrix("m")[1, 1] == .pi)
        #expect(throws: TrainingError.self) { try read.matrix("v") }
    }

    @Test("that are damaged are refused", arguments: [0, 4, 20, 60])
    func damaged(length: Int) {
        var file = TensorFile()
        file.set("m", Matrix(2, 2, [1, 2, 3, 4]))
        #expect(throws: TrainingError.self) { try TensorFile(file.encoded().prefix(length), name: "x") }
    }

    @Test(
        "whose offsets leave the file, or whose numbers are beyond all bounds, are refused",
        arguments: [
            ("[2]", "[0,8]"), ("[2]", "[1,-9223372036854775808]"), ("[1073741824,1073741824,4]", "[0,4]"), ("[2]", "[4,0]"), ("[2]", "[-4,4]"),
        ])
    func offsets(shape: String, range: String) {
        let header = #"{"m":{"dtype":"F32","shape":\#(shape),"data_offsets":\#(range)}}  "#
        var data = Data([UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0])
        data.append(contentsOf: header.utf8)
        data.append(contentsOf: [0, 0, 0, 0])
        #expect(throws: TrainingError.self) { try TensorFile(data, name: "x") }
    }
}
