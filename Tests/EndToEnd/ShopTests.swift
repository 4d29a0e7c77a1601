import Foundation
import Testing

@Suite("The example shop, over the real wire, with real plugins and models", .serialized)
struct ShopTests {
    @Test("All of it: import, conversations, bad input, admin, drain", .timeLimit(.minutes(10)))
    func shop() throws {
        let shop = try ShopProcess()
        try conversations(shop)
        try virtualTime(shop)
        try badInput(shop)
        try manyAtOnce(shop)
        try admin(shop)
        #expect(shop.stop() == 0, "SIGTERM ends the server in order")
    }

    private func conversations(_ shop: ShopProcess) throws {
        let folder = ShopProcess.root + "/examples/jewelry/conversations"
        let scripts = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }.sorted().map { folder + "/" + $0 }
        #expect(scripts.count >= 2)
        let played = try ShopProcess.run(["replay", "--server", shop.address] + scripts)
        #expect(played.status == 0, "\(played.output)")
        #expect(played.output.contains("\(scripts.count) passed, 0 failed"))
    }

    /// A script that expects the wrong thing exits with 1 and shows what came instead.
    @Test("A replay that fails says what was expected and what came")
    func failingReplay() throws {
        let file = NSTemporaryDirectory() + "vitrine-failing-\(UInt32.random(in: 0...(.max))).yaml"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try "conversation: nobody there\nsteps:\n  - {say: hello}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let played = try ShopProcess.run(["replay", "--server", "127.0.0.1:1", file])
        #expect(played.status == 1)
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
            ("text.jpg", Data("no picture".utf8), "INVALID_ARGUMENT"), ("huge.jpg", photo + Data(count: 9 << 20), "RESOURCE_EXHAUSTED"),
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
        #expect(run.output.contains("has no plugin 'nose'; it has pose-estimator, speech-recognizer, text-encoder, vision-encoder"), "\(run.output)")
    }

    @Test("Missing models are said to be missing, with the way to get them")
    func missingModels() throws {
        let run = try ShopProcess.run(["plugin", "run", "text-encoder", "--plugins", ShopProcess.build, "--models", "/nowhere", "-"], input: "x\n")
        #expect(run.status == 1)
        #expect(run.output.contains("make setup"), "\(run.output)")
    }
}
