import Foundation
import Testing

/// Customer service with a real language model behind a real endpoint, as `make demo-llm` shows it.
@Suite("A language model", .serialized)
struct LanguageModelTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "vitrine-llm-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private static var cache: String {
        let environment = ProcessInfo.processInfo.environment
        return environment["VITRINE_CACHE"] ?? environment["XDG_CACHE_HOME"].map { $0 + "/vitrine" } ?? "\(environment["HOME"] ?? "")/.cache/vitrine"
    }

    /// A port that nobody listens on just now.
    private func freePort() throws -> Int {
        let found = try ShopProcess.run(
            ["-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"], program: "/usr/bin/python3")
        return try #require(Int(found.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    private func start(_ program: String, _ arguments: [String], log: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        // The endpoint keeps its own logs in its user's home.
        process.environment = ProcessInfo.processInfo.environment.merging(["HOME": folder, "VITRINE_CACHE": Self.cache]) { $1 }
        try Data().write(to: URL(fileURLWithPath: log))
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        try process.run()
        return process
    }

    @Test("phrases what the facts support, and without it the found words stand", .timeLimit(.minutes(3)))
    func phrased() throws {
        defer { clean() }
        let port = try freePort()
        let model = try start(
            Self.cache + "/dasllama/dasllama-server.exe",
            [
                "--gpu", "off", "--threads", "2", "--streams", "2", "--ctx", "2048", "--port", "\(port)", "--model",
                Self.cache + "/models/smollm2/model.gguf",
            ], log: folder + "/model.log")
        defer { model.terminate() }
        let shop = ShopProcess.root + "/examples/jewelry"
        try """
        listen: 127.0.0.1:0
        shop: jewelry
        metrics: 127.0.0.1:0
        graph: \(shop)/graph.yaml
        catalog: {folder: \(shop)/catalog, database: \(folder)/shop.sqlite, intents: \(shop)/intents.yaml, dialogue: \(shop)/dialogue.yaml}
        plugins:
          folder: \(ShopProcess.build)
          load: [{name: speech-recognizer}, {name: text-encoder}, {name: vision-encoder}, {name: pose-estimator}]
        limits: {answer_ms_max: 20000}
        language_model: {url: "http://127.0.0.1:\(port)/v1", model: model.gguf, budget_ms_max: 20000, tokens_max: 60}
        """.write(toFile: folder + "/shop.yaml", atomically: true, encoding: .utf8)
        let imported = try ShopProcess.run(["catalog", "import", "--config", folder + "/shop.yaml", shop])
        try #require(imported.status == 0, "\(imported.output)")
        let server = try start(
            ShopProcess.build + "/vitrine", ["serve", "--config", folder + "/shop.yaml", "--address-file", folder + "/address"],
            log: folder + "/server.log")
        defer { server.terminate() }
        for _ in 0..<1_200 where server.isRunning && !FileManager.default.fileExists(atPath: folder + "/address") { usleep(50_000) }
        for _ in 0..<600 where model.isRunning && !contents("model.log").contains("model.gguf") { usleep(50_000) }
        try #require(model.isRunning && server.isRunning, "\(contents("model.log"))\n\(contents("server.log"))")

        struct Reply {
            var pieces: [String] = []
            var quote = ""
            var text: String { pieces.joined() }
        }
        func ask(_ text: String) throws -> Reply {
            let run = try ShopProcess.run(["chat", "--server", "@\(folder)/address", "--text", text, "--json"])
            #expect(run.status == 0, "\(run.output)")
            var reply = Reply()
            for line in run.output.split(separator: "\n") {
                guard let message = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any],
                    let piece = message["reply"] as? [String: Any]
                else { continue }
                reply.pieces.append(piece["text"] as? String ?? "")
                if let source = (piece["sources"] as? [[String: Any]])?.first { reply.quote = source["quote"] as? String ?? "" }
            }
            return reply
        }

        // The model's weights are read at the first question; it may be late then.
        _ = try ask("How do I clean silver?")
        let questions = [
            "How do I clean silver?", "How long does standard delivery take?", "Can I return earrings?", "How do I store pearls?",
            "Which cards do you take?",
            "What does the warranty cover?",
        ]
        var phrased = 0
        for question in questions {
            let reply = try ask(question)
            #expect(!reply.quote.isEmpty, "every answer has its source: \(question)")
            if !reply.text.contains(reply.quote) {
                phrased += 1
                // What it says in its own words has no number that the source does not have.
                let numbers = reply.text.split { !$0.isNumber }.filter { !reply.quote.contains($0) }
                #expect(numbers.isEmpty, "\(reply.text)")
            }
        }
        #expect(phrased >= 1, "\(contents("server.log"))")

        // Chinese is not asked of a model that does not speak it.
        let chinese = try ask("标准配送要多久？")
        #expect(chinese.text == chinese.quote && !chinese.quote.isEmpty)

        model.terminate()
        while model.isRunning { usleep(5_000) }
        let alone = try ask("How do I clean silver?")
        #expect(alone.text == alone.quote && alone.pieces.count == 1)
        #expect(contents("server.log").contains("outcome=failed"), "\(contents("server.log"))")
    }

    private func clean() {
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) was not removed: \(error)") }
    }

    private func contents(_ name: String) -> String { (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? "" }
}
