import Foundation
import Testing

/// Spoken replies as their users hear them: the voice alone, and a conversation whose reply is recognised again.
@Suite("The voice", .serialized)
struct VoiceTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "vitrine-voice-\(UInt32.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func clean() {
        do { try FileManager.default.removeItem(atPath: folder) } catch { print("\(folder) was not removed: \(error)") }
    }

    /// Lower-case words of a text, without marks.
    private func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    private func recognise(_ file: String) throws -> [String] {
        let run = try ShopProcess.run(["plugin", "run", "speech-recognizer", "--plugins", ShopProcess.build, file, "--option", "languages=en"])
        try #require(run.status == 0, "\(run.output)")
        return try run.output.split(separator: "\n").flatMap { line -> [String] in
            let message = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let transcript = message["transcript"] as? [String: Any]
            return transcript?["final"] as? Bool == true ? words(transcript?["text"] as? String ?? "") : []
        }
    }

    @Test("Texts become audio, the same for the same text; another language is refused with a reason", .timeLimit(.minutes(10)))
    func alone() throws {
        defer { clean() }
        func run() throws -> [[String: Any]] {
            let run = try ShopProcess.run(
                ["plugin", "run", "speech-synthesizer", "--plugins", ShopProcess.build, "-"],
                input: "Gold rings, from 480 dollars.\n金戒指\n…\n")
            #expect(run.status != 0 && run.output.contains("1 of 3 inputs failed"), "\(run.output.prefix(2_000))")
            return run.output.split(separator: "\n").compactMap {
                (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
            }
        }
        let messages = try run()
        let audio = messages.filter { $0["line"] as? Int == 1 }.compactMap { $0["audio"] as? [String: Any] }
        #expect(audio.count >= 3 && audio.last?["last"] as? Bool == true && audio.allSatisfy { $0["sampleRateHz"] as? Int == 22_050 })
        let problem = messages.first { $0["line"] as? Int == 2 }?["problem"] as? [String: Any]
        #expect(problem?["code"] as? Int == 12 && (problem?["message"] as? String ?? "").contains("speaks English"), "\(messages)")
        #expect(messages.filter { $0["line"] as? Int == 3 }.count == 1, "a text without words has an end and no samples")
        func samples(_ messages: [[String: Any]]) -> [String] { messages.compactMap { ($0["audio"] as? [String: Any])?["samples"] as? String } }
        let again = try run()
        #expect(samples(again) == samples(messages))
    }

    @Test("A customer who asks for it hears the reply: the recogniser reads the same words", .timeLimit(.minutes(10)))
    func conversation() throws {
        defer { clean() }
        let shop = ShopProcess.root + "/examples/jewelry"
        try """
        listen: 127.0.0.1:0
        shop: jewelry
        log: {level: warning}
        graph: \(shop)/graph.yaml
        catalog: {folder: \(shop)/catalog, database: \(folder)/shop.sqlite, intents: \(shop)/intents.yaml, dialogue: \(shop)/dialogue.yaml}
        plugins:
          folder: \(ShopProcess.build)
          load: [{name: speech-recognizer}, {name: text-encoder}, {name: vision-encoder}, {name: pose-estimator}, {name: speech-synthesizer}]
        speech: {voice: speech-synthesizer}
        """.write(toFile: folder + "/shop.yaml", atomically: true, encoding: .utf8)
        let imported = try ShopProcess.run(["catalog", "import", "--config", folder + "/shop.yaml", shop])
        try #require(imported.status == 0, "\(imported.output)")
        let server = Process()
        server.executableURL = URL(fileURLWithPath: ShopProcess.build + "/vitrine")
        server.arguments = ["serve", "--config", folder + "/shop.yaml", "--address-file", folder + "/address"]
        server.standardOutput = FileHandle.nullDevice
        try server.run()
        defer { server.terminate() }
        for _ in 0..<6_000 where server.isRunning && !FileManager.default.fileExists(atPath: folder + "/address") { usleep(50_000) }
        let address = try String(contentsOfFile: folder + "/address", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)

        func chat(_ text: String) throws -> (messages: [[String: Any]], output: String) {
            let run = try ShopProcess.run(["chat", "--server", address, "--text", text, "--speak", folder + "/reply.wav", "--json"])
            #expect(run.status == 0, "\(run.output)")
            let messages = run.output.split(separator: "\n").compactMap { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any] }
            return (messages, run.output)
        }
        func replied(_ messages: [[String: Any]]) -> String {
            messages.compactMap { ($0["reply"] as? [String: Any])?["text"] as? String }.joined()
        }

        let english = try chat("How long does standard delivery take?")
        let said = words(replied(english.messages))
        let spoken = english.messages.compactMap { $0["spoken"] as? [String: Any] }
        #expect(spoken.compactMap { $0["text"] as? String }.joined() == replied(english.messages), "all of the reply is spoken, in its order")
        let heard = try recognise(folder + "/reply.wav")
        let letters = said.filter { $0.allSatisfy(\.isLetter) }
        let found = letters.filter(heard.contains)
        #expect(letters.count >= 10 && Double(found.count) >= 0.9 * Double(letters.count), "said \(said), heard \(heard)")

        try FileManager.default.removeItem(atPath: folder + "/reply.wav")
        let chinese = try chat("标准配送要多久？")
        #expect(!replied(chinese.messages).isEmpty && chinese.output.contains("speaks English"), "\(chinese.output)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/reply.wav"))
    }
}
