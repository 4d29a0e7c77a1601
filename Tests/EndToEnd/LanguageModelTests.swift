import Foundation
import Testing

extension ShopTests {
    private struct Said {
        var pieces: [String] = []
        var quote = ""
        var text: String { pieces.joined() }
    }

    /// Customer service with a real language model behind a real endpoint, as `make demo-llm` shows it: it phrases what the facts support, and without
    /// it the found words stand.
    func languageModel(_ shop: ShopProcess) throws {
        let port = try freePort()
        let model = try startModel(port, folder: shop.folder)
        defer { kill(model.process.processIdentifier, SIGKILL) }
        try shop.restart(
            adding: """
                limits: {answer_ms_max: 20000}
                language_model: {url: "http://127.0.0.1:\(port)/v1", model: model.gguf, budget_ms_max: 20000, tokens_max: 60}
                """)
        for _ in 0..<600 where model.process.isRunning && !model.log().contains("model.gguf") { usleep(50_000) }
        try #require(model.process.isRunning, "the language model's server did not start: \(model.log())")

        // The model's weights are read at the first question; it may be late then.
        _ = try ask(shop, "How do I clean silver?")
        var phrased = 0
        for question in ["How do I clean silver?", "How long does standard delivery take?", "Can I return earrings?", "Which cards do you take?"] {
            let said = try ask(shop, question)
            #expect(!said.quote.isEmpty, "every answer has its source: \(question)")
            if !said.text.contains(said.quote) {
                phrased += 1
                // What it says in its own words has no number that the source does not have.
                let numbers = said.text.split { !$0.isNumber }.filter { !said.quote.contains($0) }
                #expect(numbers.isEmpty, "\(said.text)")
            }
        }
        #expect(phrased >= 1, "\(model.log())")

        // Chinese is not asked of a model that does not speak it.
        let chinese = try ask(shop, "标准配送要多久？")
        #expect(chinese.text == chinese.quote && !chinese.quote.isEmpty)

        // Not SIGTERM: a test's thread has it blocked, and a program inherits that.
        kill(model.process.processIdentifier, SIGKILL)
        while model.process.isRunning { usleep(5_000) }
        let alone = try ask(shop, "How do I clean silver?")
        #expect(alone.text == alone.quote && alone.pieces.count == 1)
    }

    private func ask(_ shop: ShopProcess, _ text: String) throws -> Said {
        let run = try shop.chat(["--text", text, "--json"])
        #expect(run.status == 0, "\(run.output)")
        var said = Said()
        for line in run.output.split(separator: "\n") {
            guard let message = (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any],
                let piece = message["reply"] as? [String: Any]
            else { continue }
            said.pieces.append(piece["text"] as? String ?? "")
            if let source = (piece["sources"] as? [[String: Any]])?.first { said.quote = source["quote"] as? String ?? "" }
        }
        return said
    }

    /// A port that nobody listens on just now.
    private func freePort() throws -> Int {
        let found = try ShopProcess.run(
            ["-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"], program: "/usr/bin/python3")
        return try #require(Int(found.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    private func startModel(_ port: Int, folder: String) throws -> (process: Process, log: () -> String) {
        let environment = ProcessInfo.processInfo.environment
        let cache =
            environment["VITRINE_CACHE"] ?? environment["XDG_CACHE_HOME"].map { $0 + "/vitrine" } ?? "\(environment["HOME"] ?? "")/.cache/vitrine"
        let log = folder + "/model.log"
        try Data().write(to: URL(fileURLWithPath: log))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: cache + "/dasllama/dasllama-server.exe")
        process.arguments = [
            "--gpu", "off", "--threads", "2", "--streams", "2", "--ctx", "2048", "--port", "\(port)", "--model", cache + "/models/smollm2/model.gguf",
        ]
        // It keeps its own logs in its user's home.
        process.environment = environment.merging(["HOME": folder]) { $1 }
        process.standardOutput = FileHandle(forWritingAtPath: log)
        process.standardError = process.standardOutput
        try process.run()
        return (process, { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" })
    }
}
