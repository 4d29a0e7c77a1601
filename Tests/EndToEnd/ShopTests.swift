import EventLoop
import Foundation
import Testing

@Suite("The example shop, over the real wire, with real plugins and models", .serialized)
struct ShopTests {
    @Test("All of it: import, conversations, bad input, admin, drain", .timeLimit(.minutes(30)))
    func shop() throws {
        let shop = try ShopProcess()
        try conversations(shop)
        try virtualTime(shop)
        try fromLife(shop)
        try seededBugs(shop)
        try badInput(shop)
        try manyAtOnce(shop)
        try admin(shop)
        try restart(shop)
        try languageModel(shop)
        try backEnd(shop)
        try importWhileItServes(shop)
        #expect(shop.stop() == 0, "SIGTERM ends the server in order")
    }

    @Test("Broken plugins are found by the example conversations; a recording is answered alike when the shop has moved on", .timeLimit(.minutes(30)))
    func replays() throws {
        let shop = try ShopProcess()
        try against(shop)
        try seededPlugins(shop)
        #expect(shop.stop() == 0)
    }

    /// A server that is killed in the middle: what was shown, and what waits for a yes, is there in the next one.
    private func restart(_ shop: ShopProcess) throws {
        let token = "demo-customer-token"
        var (chat, said) = try shop.begin(token, say: "I'm after gold rings with a ruby", until: "TURN_STATE_DONE")
        let id = try #require(said.firstMatch(of: /"session[iI]d":"([0-9a-f]+)"/)?.1)
        try shop.restartAfterKill()
        chat.terminate()
        (chat, said) = try shop.begin(
            token, resuming: "\(id):\(try last(said))", say: "put the second one into my cart please", until: "TURN_STATE_DONE")
        #expect(said.contains("\"resumed\":true"), "\(said)")
        #expect(said.contains("in your cart"), "'the second one' is of what was shown before: \(said)")
        // An action that was confirmed by nobody yet.
        (chat, said) = try shop.begin(token, say: "the clasp of my pendant broke, I want it repaired", until: "TURN_STATE_DONE")
        let other = try #require(said.firstMatch(of: /"session[iI]d":"([0-9a-f]+)"/)?.1)
        try shop.restartAfterKill()
        chat.terminate()
        let gone = try shop.chat(["--json", "--token", "another-customer-token", "--resume", "\(other):1", "--text", "hello"])
        #expect(gone.output.contains("there is no session"), "somebody else's is none: \(gone.output)")
        let after = try shop.chat(["--json", "--token", token, "--resume", "\(other):\(try last(said))", "--text", "never mind"])
        #expect(after.status == 0 && after.output.contains("leave it as it is"), "what was under way is known: \(after.output)")
        let over = try shop.chat(["--json", "--token", token, "--resume", "\(other):99", "--text", "hello"])
        #expect(over.output.contains("there is no session"), "it was ended by its customer: \(over.output)")
    }

    /// A back end of the shop's own: it is asked and changed, its being slow or gone is said, and a recording of it plays back without it.
    private func backEnd(_ shop: ShopProcess) throws {
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        program.arguments = [
            "python3", ShopProcess.root + "/examples/back-end/back_end.py", "--orders", ShopProcess.root + "/examples/jewelry/orders.jsonl",
        ]
        let output = Pipe()
        program.standardOutput = output
        try program.run()
        // A program started from a test's thread has that thread's blocked signals, SIGTERM among them.
        defer { kill(program.processIdentifier, SIGKILL) }
        let port = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        try shop.restart(
            adding: "back_end: {kind: http, url: \"http://127.0.0.1:\(port)\", request_ms_max: 1000, total_ms_max: 3000, backoff_ms: 10}")
        func play(_ name: String, _ steps: String) throws {
            let script = "\(shop.folder)/\(name).yaml"
            try "conversation: \(name)\ntoken: demo-customer-token\nsteps:\n\(steps)".write(toFile: script, atomically: true, encoding: .utf8)
            let played = try ShopProcess.run(["replay", "--server", shop.address, script])
            #expect(played.status == 0, "\(played.output)")
        }
        let before = try recordings(shop)
        try play(
            "there",
            """
              - say: "please cancel VT-10037"
                expect: [{reply: {kind: clarify, contains: ["VT-10037"]}}]
              - say: "yes"
                expect: [{reply: {contains: ["cancelled"]}}]
              - say: "where is VT-10037?"
                expect: [{reply: {contains: ["is cancelled"]}}]

            """)
        // A server that ends in order has written its recordings.
        try shop.restart(adding: "")
        let there = try recordings(shop).subtracting(before)
        kill(program.processIdentifier, SIGKILL)
        while program.isRunning { usleep(5_000) }
        try play(
            "gone",
            """
              - say: "where is VT-10037?"
                expect: [{reply: {kind: no_answer, contains: ["does not answer just now"]}}]
              - say: "what is your return policy?"
                expect: [{reply: {kind: answer}}]

            """)
        let recording = shop.folder + "/recordings/" + (try #require(there.first { $0.hasSuffix(".vrec") }))
        let shown = try ShopProcess.run(["recording", "show", recording])
        #expect(shown.output.contains("back end"), "\(shown.output)")
        let again = try ShopProcess.run(
            ["replay", "--against", recording, "--config", shop.folder + "/shop.yaml", "--token", "demo-customer-token"])
        #expect(again.status == 0 && again.output.contains("3 turns, all answered as they were"), "\(again.output)")
    }

    /// Number of the last message that came.
    private func last(_ said: String) throws -> UInt64 {
        try #require(said.matches(of: /"sequence":"?([0-9]+)"?/).compactMap { UInt64($0.1) }.max(), "\(said)")
    }

    private func recordings(_ shop: ShopProcess) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: shop.folder + "/recordings"))
    }

    private func conversations(_ shop: ShopProcess) throws {
        let folder = ShopProcess.root + "/examples/jewelry/conversations"
        let played = try ShopProcess.run(["replay", "--server", shop.address, "--jobs", "2", folder])
        #expect(played.status == 0, "\(played.output)")
        #expect(played.output.contains(" passed, 0 failed"))
    }

    /// What was recorded becomes a script, and the script is fulfilled.
    private func fromLife(_ shop: ShopProcess) throws {
        struct Stats: Decodable {
            var file: String
            var turns: Int
            var damages: Int
            var end: String?
        }
        let before = try recordings(shop)
        let demo = ShopProcess.root + "/examples/jewelry/conversations/demo.yaml"
        let live = try ShopProcess.run(["replay", "--server", shop.address, demo])
        #expect(live.status == 0, "\(live.output)")
        let made = try recordings(shop).subtracting(before).filter { $0.hasSuffix(".vrec") }
        let file = shop.folder + "/recordings/" + (try #require(made.first))
        #expect(made.count == 1, "\(made)")
        // The last record is written once the server has seen the client leave.
        var stats: Stats
        var asked = 0
        repeat {
            let counted = try ShopProcess.run(["recording", "stats", "--json", file])
            #expect(counted.status == 0, "\(counted.output)")
            stats = try JSONDecoder().decode(Stats.self, from: Data(counted.output.utf8))
            asked += 1
        } while stats.end != "closed" && asked < 100
        #expect(stats.turns >= 8 && stats.damages == 0 && stats.end == "closed")
        let script = shop.folder + "/from-life.yaml"
        let written = try ShopProcess.run(["recording", "to-script", file, "--token", "demo-customer-token", "-o", script])
        #expect(written.status == 0, "\(written.output)")
        let played = try ShopProcess.run(["replay", "--server", shop.address, script])
        let text = try String(contentsOfFile: script, encoding: .utf8)
        #expect(played.status == 0 && played.output.contains("1 passed, 0 failed"), "\(played.output)\n\(text)")
        #expect(text.contains("order:VT-10023") && text.contains("ring-solitaire-ruby-gold"), "\(text)")
        // Nobody agreed to be heard or seen: speech is typed, the selfie is left out.
        #expect(text.contains("a picture was not recorded"))
        let shown = try ShopProcess.run(["recording", "show", file])
        #expect(shown.status == 0 && shown.output.contains("audio withheld") && shown.output.contains("picture withheld"), "\(shown.output)")
        #expect(shown.output.contains("orders VT-10023"), "what was read of the customer's orders is there: \(shown.output)")
        let same = try ShopProcess.run(["recording", "replay", file, "--server", shop.address, "--token", "demo-customer-token", "--json"])
        struct Shadow: Decodable {
            struct Difference: Decodable { var turn: Int }
            var turns: Int
            var differences: [Difference]
        }
        let shadow = try JSONDecoder().decode(Shadow.self, from: Data(same.output.utf8))
        // The first turn was spoken and is typed now; the last one lacks its selfie. The same version answers all others as it did.
        #expect(shadow.turns == stats.turns && Set(shadow.differences.map(\.turn)).isSubset(of: [1, stats.turns]), "\(same.output)")
        let redacted = try ShopProcess.run(["recording", "redact", file, "--plain", "-o", shop.folder + "/redacted.vrec"])
        #expect(redacted.status == 0, "\(redacted.output)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: shop.folder + "/redacted.vrec"))
        #expect(bytes.range(of: Data("10023".utf8)) == nil && bytes.range(of: Data("rings".utf8)) != nil)
    }

    /// A script that expects the wrong thing exits with 1 and shows what came instead.
    @Test("A replay that fails says what was expected and what came")
    func failingReplay() throws {
        let file = NSTemporaryDirectory() + "vitrine-failing-\(UInt32.random(in: 0...(.max))).yaml"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "conversation: nobody there\nsteps:\n  - {say: hello}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let played = try ShopProcess.run(["replay", "--server", "127.0.0.1:1", file])
        #expect(played.status == 69)
        #expect(played.output.contains("cannot connect to 127.0.0.1:1"))
        try "conversation: wrong\nsteps:\n  - {sya: hello}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let broken = try ShopProcess.run(["replay", file])
        #expect(broken.status == 65)
        #expect(broken.output.contains(":3: steps[0]: unknown key 'sya'; allowed: say"))
    }

    private func badInput(_ shop: ShopProcess) throws {
        let folder = shop.folder
        // A PNG of 69 bytes that claims 60,000 × 60,000 pixels; half a JPEG; nothing; text.
        let bomb = try #require(
            Data(base64Encoded: "iVBORw0KGgoAAAANSUhEUgAA6mAAAOpgCAIAAAAPsOIVAAAADElEQVR4nGNgoAwAAABAAAG3NHzvAAAAAElFTkSuQmCC"))
        let photo = try Data(contentsOf: URL(fileURLWithPath: ShopProcess.root + "/examples/jewelry/catalog/images/ring-signet-gold.jpg"))
        let cases: [(name: String, data: Data, code: String)] = [
            ("bomb.png", bomb, "pixel"), ("half.jpg", photo.prefix(photo.count / 4), "INVALID_ARGUMENT"),
            ("empty.jpg", Data(), "INVALID_ARGUMENT"),
            ("text.jpg", Data("no picture".utf8), "INVALID_ARGUMENT"), ("huge.jpg", photo + Data(count: 17 << 20), "RESOURCE_EXHAUSTED"),
        ]
        for bad in cases {
            let path = folder + "/" + bad.name
            try bad.data.write(to: URL(fileURLWithPath: path))
            let answer = try shop.chat(["--image", path])
            #expect(answer.output.contains(bad.code), "\(bad.name): \(answer.output)")
            #expect(answer.output.contains("problem"), "\(bad.name): \(answer.output)")
            #expect(shop.isRunning)
        }
        // After all that, the next customer is served.
        let answer = try shop.chat(["--text", "silver earrings"])
        #expect(answer.status == 0 && answer.output.contains("shop"), "\(answer.output)")
    }

    private func manyAtOnce(_ shop: ShopProcess) throws {
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 8
        let failures = Failures()
        for n in 0..<24 {
            queue.addOperation {
                do {
                    let answer = try shop.chat(["--text", n % 2 == 0 ? "show me gold rings" : "玫瑰金的耳环，两百美元以下"])
                    if answer.status != 0 || !answer.output.contains("1. ") { failures.add("\(n): \(answer.output)") }
                } catch {
                    failures.add("\(n): \(error)")
                }
            }
        }
        queue.waitUntilAllOperationsAreFinished()
        #expect(failures.all.isEmpty, "\(failures.all)")
    }

    /// An import that is killed changes nothing; the next one is seen without a restart.
    private func importWhileItServes(_ shop: ShopProcess) throws {
        let folder = shop.folder + "/changed"
        try FileManager.default.copyItem(atPath: ShopProcess.root + "/examples/jewelry/catalog", toPath: folder)
        let file = folder + "/products.jsonl"
        let rows = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
        let first = try #require(rows.first)
        var row = try #require(try JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any])
        (row["id"], row["title"]) = ("ring-nightingale", ["en": "Nightingale Ring in Platinum", "zh": "夜莺铂金戒指"])
        let added = String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self)
        try (rows.map(String.init) + [added]).joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        let arguments = ["catalog", "import", "--config", shop.folder + "/shop.yaml", folder]
        for milliseconds: UInt32 in [400, 900, 1_500] {
            let killed = Process()
            killed.executableURL = URL(fileURLWithPath: ShopProcess.build + "/vitrine")
            (killed.arguments, killed.standardOutput, killed.standardError) = (arguments, FileHandle.nullDevice, FileHandle.nullDevice)
            try killed.run()
            usleep(milliseconds * 1_000)
            kill(killed.processIdentifier, SIGKILL)
            let answer = try shop.chat(["--text", "silver earrings"])
            #expect(answer.status == 0 && shop.isRunning, "\(answer.output)")
        }
        let imported = try ShopProcess.run(arguments)
        #expect(imported.status == 0, "\(imported.output)")
        var found = ""
        for _ in 0..<100 where !found.contains("Nightingale") {
            found = try shop.chat(["--text", "the Nightingale ring, please show me one"]).output
            usleep(100_000)
        }
        #expect(found.contains("Nightingale") && shop.isRunning, "what was imported is not shown: \(found)")
    }

    private func admin(_ shop: ShopProcess) throws {
        let socket = shop.folder + "/admin.sock"
        let attributes = try FileManager.default.attributesOfItem(atPath: socket)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let health = try ShopProcess.run(["admin", "health", "--admin-socket", socket])
        #expect(health.status == 0 && health.output.contains("\"ready\":true"), "\(health.output)")
        let plugins = try ShopProcess.run(["plugin", "list", "--admin-socket", socket])
        for name in ["speech-recognizer", "text-encoder", "vision-encoder", "pose-estimator"] { #expect(plugins.output.contains(name)) }
        // The conversation port has no Admin service.
        let refused = try ShopProcess.run(["chat", "--server", shop.address, "--token", "not-a-known-token", "--text", "x"])
        #expect(refused.output.contains("UNAUTHENTICATED"), "\(refused.output)")
    }
}

/// What went wrong on several threads.
final class Failures: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [String] = []
    func add(_ failure: String) { lock.withLock { list.append(failure) } }
    var all: [String] { lock.withLock { list } }
}

@Suite("Plugins alone, on files")
struct PluginRunTests {
    @Test("The speech recogniser writes down what was said")
    func speech() throws {
        let run = try ShopProcess.run([
            "plugin", "run", "speech-recognizer", "--plugins", ShopProcess.build, ShopProcess.root + "/examples/jewelry/audio/where-is-my-order.flac",
        ])
        #expect(run.status == 0)
        #expect(run.output.lowercased().contains("my order"), "\(run.output)")
        #expect(run.output.contains("\"file\":\"\(ShopProcess.root)/examples/jewelry/audio/where-is-my-order.flac\""))
    }

    @Test("The text encoder puts translations near each other and other texts far")
    func text() throws {
        let run = try ShopProcess.run(
            ["plugin", "run", "text-encoder", "--plugins", ShopProcess.build, "-"], input: "silver earrings\n银耳环\nwhere is my parcel\n")
        #expect(run.status == 0, "\(run.output)")
        let vectors = try run.output.split(separator: "\n").map { line -> [Double] in
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            return try #require((object["embedding"] as? [String: Any])?["values"] as? [Double])
        }
        try #require(vectors.count == 3 && vectors.allSatisfy { $0.count == 512 })
        func cosine(_ a: Int, _ b: Int) -> Double { zip(vectors[a], vectors[b]).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(abs(cosine(0, 0) - 1) < 1e-3)
        #expect(cosine(0, 1) > 0.6)
        #expect(cosine(0, 2) < 0.4)
    }

    @Test("An unknown plugin is refused with the names of those there are")
    func unknown() throws {
        let run = try ShopProcess.run(["plugin", "run", "nose", "--plugins", ShopProcess.build, "x"])
        #expect(run.status == 1)
        let names = "pose-estimator, speech-recognizer, speech-synthesizer, text-encoder, vision-encoder"
        #expect(run.output.contains("has no plugin 'nose'; it has \(names)"), "\(run.output)")
    }

    @Test("Missing models are said to be missing, with the way to get them")
    func missingModels() throws {
        let run = try ShopProcess.run(["plugin", "run", "text-encoder", "--plugins", ShopProcess.build, "--models", "/nowhere", "-"], input: "x\n")
        #expect(run.status == 1)
        #expect(run.output.contains("make setup"), "\(run.output)")
    }
}

extension ShopTests {
    /// Every seeded bug is found by the example script that it names, for the reason that it names; the same line without a bug changes nothing.
    func seededBugs(_ shop: ShopProcess) throws {
        #expect(SeededBug.all.count >= 15 && SeededBug.all.count + SeededPlugin.all.count >= 40)
        let address = try SocketAddress(parsing: shop.address)
        let folder = ShopProcess.root + "/examples/jewelry/conversations"
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 4
        let failures = Failures()
        let clean = SeededBug(name: "none", script: "", says: "")
        for bug in SeededBug.all + [clean] {
            queue.addOperation {
                do {
                    let line = try FaultyLine(to: address, bug: bug)
                    defer { line.close() }
                    let scripts = bug.script.isEmpty ? try ShopTests.repeatable() : [folder + "/" + bug.script]
                    let played = try ShopProcess.run(["replay", "--server", line.address] + scripts)
                    let isFound = bug.script.isEmpty ? played.status == 0 : played.status == 1 && played.output.contains(bug.says)
                    if !isFound { failures.add("\(bug.name): \(played.status): \(played.output)") }
                } catch {
                    failures.add("\(bug.name): \(error)")
                }
            }
        }
        queue.waitUntilAllOperationsAreFinished()
        for failure in failures.all { Issue.record("\(failure)") }
    }
}
