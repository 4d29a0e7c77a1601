import PluginHost
import Testing
import Wire

@Suite("Inputs that warm an instance up")
struct WarmUpInputTests {
    private func refusal(_ inputs: [ClientMessage]) -> String? {
        let manifest = PluginManifest(name: "reader", version: "1.0.0", consumes: ["text"], warmUp: inputs)
        do {
            _ = try manifest.encoded().withUnsafeBytes { bytes in try PluginManifest.checked(bytes) }
            return nil
        } catch { return (error as? RPCStatus)?.message }
    }

    @Test("are of the kinds that it takes, few and small")
    func checked() {
        func text(_ bytes: Int) -> ClientMessage { ClientMessage(kind: .text(TextInput(text: String(repeating: "a", count: bytes)))) }
        #expect(refusal([text(3), text(5)]) == nil)
        #expect(refusal([ClientMessage(kind: .audio(AudioChunk(samples: [0, 0])))])?.contains("warm_up is \"audio\"; allowed: text") == true)
        #expect(refusal([ClientMessage()])?.contains("allowed: text") == true)
        #expect(refusal([ClientMessage](repeating: text(1), count: 9))?.contains("9 inputs") == true)
        #expect(refusal([text(200_000), text(80_000)])?.contains("at most 262144") == true)
    }
}
