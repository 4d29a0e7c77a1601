import Inference
public import Wire

extension PluginManifest {
    /// Decodes and checks what a plugin says of itself.
    /// - Throws: INVALID_ARGUMENT that names the field, what it holds and what is allowed.
    public static func checked(_ bytes: UnsafeRawBufferPointer) throws(RPCStatus) -> PluginManifest {
        try WireValidator.validate(bytes, as: .pluginManifest)
        let manifest = try PluginManifest(decoding: bytes)
        try manifest.check()
        return manifest
    }

    private func check() throws(RPCStatus) {
        guard Self.isName(name) else { throw bad("name", name, "lower-case letters, digits and '-'") }
        guard Self.isVersion(version) else { throw bad("version", version, "three numbers with dots between") }
        guard !consumes.isEmpty else { throw bad("consumes", "", "at least one kind of ClientMessage") }
        for kind in consumes where ClientMessageKind.tag(named: kind) == nil {
            throw bad("consumes", kind, "text, audio, image, video, behaviour, control")
        }
        for port in produces where PluginOutputKind.tag(named: port.kind) == nil {
            throw bad("produces.kind", port.kind, "transcript, speech, embedding, labels, pose, problem, features, audio, sparse, writing")
        }
        for model in models {
            guard !model.name.isEmpty else { throw bad("models.name", "", "a name within the plugin") }
            guard Self.isBelow(model.path) else { throw bad("models.path", model.path, "a path below the models folder, without '..'") }
            guard model.precision.isEmpty || InferencePrecision(rawValue: model.precision) != nil else {
                throw bad("models.precision", model.precision, InferencePrecision.allCases.map(\.rawValue).joined(separator: ", "))
            }
            guard model.requests <= 64 else { throw bad("models.requests", "\(model.requests)", "at most 64") }
        }
        guard Set(models.map(\.name)).count == models.count else { throw bad("models.name", "a repeated one", "each name once") }
        try checkWarmUp()
        for option in options where option.key.isEmpty { throw bad("options.key", "", "a name") }
        for condition in produces.map(\.when) + models.map(\.when) where !condition.isEmpty {
            guard let (key, _) = Self.parts(of: condition), options.contains(where: { $0.key == key }) else {
                throw bad("when", condition, "an option's key, '=' and a value")
            }
        }
    }

    /// Inputs that warm an instance up, and their bytes together.
    static let warmUpInputsMax = 8
    static let warmUpBytesMax = 256 * 1_024

    private func checkWarmUp() throws(RPCStatus) {
        guard warmUp.count <= Self.warmUpInputsMax else { throw bad("warm_up", "\(warmUp.count) inputs", "at most \(Self.warmUpInputsMax)") }
        var bytes = 0
        for input in warmUp {
            let encoded = SharedBuffer(input.encoded())
            bytes += encoded.bytes.count
            let kind = ClientMessageKind.name(of: try MessagePeek(clientMessage: encoded.bytes).kind) ?? ""
            guard consumes.contains(kind) else { throw bad("warm_up", kind, consumes.joined(separator: ", ")) }
        }
        guard bytes <= Self.warmUpBytesMax else { throw bad("warm_up", "\(bytes) bytes", "at most \(Self.warmUpBytesMax)") }
    }

    private func bad(_ field: String, _ value: String, _ allowed: String) -> RPCStatus {
        RPCStatus(.invalidArgument, "the manifest's \(field) is \"\(value)\"; allowed: \(allowed)")
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64 && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
    }

    private static func isVersion(_ text: String) -> Bool {
        let core = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)[0]
        let numbers = core.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 3 && numbers.allSatisfy { UInt32($0) != nil }
    }

    private static func isBelow(_ path: String) -> Bool {
        !path.isEmpty && !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
    }
}
