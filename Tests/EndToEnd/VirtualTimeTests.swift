import Foundation
import Testing

extension ShopTests {
    /// The conversations that may be held again and again: those of the folder itself. The service's cancel and return orders, once.
    static func repeatable() throws -> [String] {
        let folder = ShopProcess.root + "/examples/jewelry/conversations"
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("_") }.sorted()
            .map { folder + "/" + $0 }
    }

    /// The example conversations in process, with real plugins and models: the same bytes on every run, on one loop and on two.
    func virtualTime(_ shop: ShopProcess) throws {
        let conversations = ShopProcess.root + "/examples/jewelry/conversations"
        let database = shop.folder + "/shop.sqlite"
        let before = try Data(contentsOf: URL(fileURLWithPath: database))
        var first = Data()
        for (run, loops) in [1, 2, 1].enumerated() {
            let frames = "\(shop.folder)/frames-\(run)"
            let arguments = ["replay", "--config", shop.folder + "/shop.yaml", "--loops", "\(loops)", "--frames", frames]
            let played = try ShopProcess.run(arguments + ["--filter", "!line"] + ShopTests.repeatable())
            #expect(played.status == 0 && played.output.contains(" passed, 0 failed"), "\(played.output)")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: frames))
            #expect(bytes.count > 5_000)
            if run == 0 { first = bytes }
            #expect(bytes == first, "run \(run), \(loops) loops")
        }
        // Shared between two servers, each with a clock of its own: every conversation hears the same.
        let frames = "\(shop.folder)/frames-shared"
        let shared = try ShopProcess.run(
            ["replay", "--config", shop.folder + "/shop.yaml", "--servers", "2", "--frames", frames, "--filter", "!line"] + ShopTests.repeatable())
        #expect(shared.status == 0 && shared.output.contains(" passed, 0 failed"), "\(shared.output)")
        let (alone, apart) = (Self.heard(first), Self.heard(try Data(contentsOf: URL(fileURLWithPath: frames))))
        #expect(alone.count > 10 && alone.keys.sorted() == apart.keys.sorted())
        // Speech events tell when they were decided, on the server's clock.
        for (conversation, bytes) in alone where !conversation.hasPrefix("A spoken") { #expect(apart[conversation] == bytes, "\(conversation)") }
        #expect(try Data(contentsOf: URL(fileURLWithPath: database)) == before, "a replay writes nothing to the shop")
        let unknown = try ShopProcess.run(
            ["replay", "--config", shop.folder + "/shop.yaml", "--plugin", "none=x.so", conversations + "/demo.yaml"])
        #expect(unknown.status == 64 && unknown.output.contains("loads no plugin 'none'; it loads speech-recognizer"), "\(unknown.output)")
        for (arguments, complaint) in [
            (["--config", shop.folder + "/shop.yaml", "--servers", "0"], "from 1 to 64"),
            (["--config", shop.folder + "/shop.yaml", "--servers", "2", "--real-time"], "is for virtual time"),
            (["--servers", "2"], "give its --config"),
        ] {
            let refused = try ShopProcess.run(["replay"] + arguments + [conversations + "/demo.yaml"])
            #expect(refused.status == 64 && refused.output.contains(complaint), "\(refused.output)")
        }
    }

    /// What each conversation of a file of `--frames` heard, without the times at which it did.
    private static func heard(_ frames: Data) -> [String: Data] {
        var all: [String: Data] = [:]
        var rest = frames[...]
        while let end = rest.firstIndex(of: 10) {
            // "TIME CONVERSATION… #REPETITION BYTES"
            let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            let count = words.last.flatMap { Int($0) } ?? 0
            all[words.dropFirst().dropLast().joined(separator: " "), default: Data()] += rest[(end + 1)...].prefix(count)
            rest = rest[(end + 2 + count)...]
        }
        return all
    }
}
