import PluginHost
import Testing
import Wire

@Suite("What of a manifest depends on options")
struct ManifestConditionTests {
    private func manifest(_ condition: String) -> PluginManifest {
        PluginManifest(
            name: "reader", version: "1.0.0", consumes: ["text"],
            produces: [OutputPort(kind: "embedding", when: condition), OutputPort(kind: "labels")],
            models: [ModelRequirement(name: "large", path: "large.xml", when: condition), ModelRequirement(name: "small", path: "small.xml")],
            options: [Option(key: "model", defaultValue: "small")])
    }

    private func checked(_ manifest: PluginManifest) throws -> PluginManifest {
        try manifest.encoded().withUnsafeBytes { bytes in try PluginManifest.checked(bytes) }
    }

    @Test("models and outputs are there when the option has their value, or has it by default")
    func conditions() throws {
        let manifest = try checked(self.manifest("model=large"))
        #expect(manifest.models(with: [:]).map(\.name) == ["small"] && manifest.produces(with: [:]).map(\.kind) == ["labels"])
        #expect(manifest.models(with: ["model": "large"]).map(\.name) == ["large", "small"])
        #expect(manifest.produces(with: ["model": "large"]).map(\.kind) == ["embedding", "labels"])
        #expect(manifest.models(with: ["model": "other"]).map(\.name) == ["small"])
        #expect(try checked(self.manifest("model=small")).models(with: [:]).count == 2)
    }

    @Test("a condition that names no option of the manifest is refused", arguments: ["model", "=large", "size=large"])
    func refused(_ condition: String) throws {
        #expect {
            try checked(manifest(condition))
        } throws: { error in
            guard let status = error as? RPCStatus else { return false }
            return status.code == .invalidArgument && status.message.contains("when") && status.message.contains(condition)
        }
    }
}
