import Foundation
import Testing

extension ShopTests {
    /// A recorded conversation that cancels an order, played again when the order is cancelled already: it is answered as it was, since the orders
    /// are the recording's. What another build answers otherwise is shown.
    func against(_ shop: ShopProcess) throws {
        // Made with the first recording.
        func recordings() -> Set<String> { Set((try? FileManager.default.contentsOfDirectory(atPath: shop.folder + "/recordings")) ?? []) }
        let before = recordings()
        let script = shop.folder + "/cancelled.yaml"
        try """
        conversation: cancelled
        token: demo-customer-token
        steps:
          - {say: "please cancel VT-10037", expect: [{reply: {kind: clarify}}]}
          - {say: "yes", expect: [{reply: {contains: cancelled}}]}
          - {say: "where is VT-10037?", expect: [{reply: {contains: "is cancelled"}}]}
        """.write(toFile: script, atomically: true, encoding: .utf8)
        let said = try ShopProcess.run(["replay", "--server", shop.address, script])
        #expect(said.status == 0, "\(said.output)")
        // The writer has its own pace.
        func made() -> String? { recordings().subtracting(before).first { $0.hasSuffix(".vrec") } }
        for _ in 0..<200 where made() == nil { usleep(50_000) }
        let recording = shop.folder + "/recordings/" + (try #require(made()))
        for _ in 0..<200 where !(try ShopProcess.run(["recording", "stats", recording]).output.contains("ended: closed")) { usleep(50_000) }
        let play = ["replay", "--against", recording, "--config", shop.folder + "/shop.yaml", "--token", "demo-customer-token"]
        let again = try ShopProcess.run(play)
        #expect(again.status == 0 && again.output.contains("3 turns, all answered as they were"), "\(again.output)")
        #expect(!again.output.contains("note:"), "the recording holds all of it: \(again.output)")

        let faulty = try faulty(.text, folder: shop.folder)
        let other = try ShopProcess.run(play + ["--plugin", "text-encoder=\(faulty)"], environment: ["SEEDED_FAULT": "nan"])
        #expect(other.status == 1 && other.output.contains("answered otherwise"), "\(other.output)")
        #expect(other.output.contains("note: other builds than then: text-encoder"), "\(other.output)")
    }
}
