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
        #expect(try Data(contentsOf: URL(fileURLWithPath: database)) == before, "a replay writes nothing to the shop")
        let unknown = try ShopProcess.run(
            ["replay", "--config", shop.folder + "/shop.yaml", "--plugin", "none=x.so", conversations + "/demo.yaml"])
        #expect(unknown.status == 64 && unknown.output.contains("loads no plugin 'none'; it loads speech-recognizer"), "\(unknown.output)")
    }
}
