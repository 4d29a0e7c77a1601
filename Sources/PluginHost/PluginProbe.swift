import Glibc
public import Wire

/// Tries a candidate in a process of its own, where it may crash or hang: load, manifest, create, one stream, self-test.
///
/// The process is `program` + ["plugin", "probe", …]; it says on standard output how far it got, one word a line, and gives the manifest as
/// `manifest HEX`; why it failed stands on standard error.
public struct PluginProbe: Sendable {
    /// The program that has the `plugin probe` command.
    public var program: String
    public var modelsFolder: String
    /// For the whole probe.
    public var msMax: Int

    public init(program: String, modelsFolder: String, msMax: Int) {
        self.program = program
        self.modelsFolder = modelsFolder
        self.msMax = msMax
    }

    /// Bytes of what the probe says, at most.
    public static let outputBytesMax = 1 << 20

    /// Blocks; for loader threads.
    /// - Parameter options: of each plugin by its name, since it is the candidate that says which of them it is.
    /// - Throws: FAILED_PRECONDITION or what the candidate itself said when it does not pass, DEADLINE_EXCEEDED when it hangs; both say how far it
    ///   got.
    public func manifest(of candidate: PluginCandidate, options: [String: [String: String]]) throws(RPCStatus) -> PluginManifest {
        var arguments = [program, "plugin", "probe", candidate.copy, "--models", modelsFolder]
        for (plugin, own) in options.sorted(by: { $0.key < $1.key }) {
            for (key, value) in own.sorted(by: { $0.key < $1.key }) { arguments += ["--option", "\(plugin):\(key)=\(value)"] }
        }
        let run = try ChildRun.run(arguments, msMax: msMax, outputBytesMax: Self.outputBytesMax)
        let lines = run.output.split(separator: "\n")
        let stage = lines.last { !$0.hasPrefix("manifest ") }.map(String.init) ?? "load"
        // The probe names the copy; people know the file.
        let said = run.errors.split(separator: "\n").last.map { $0.replacing(candidate.copy, with: candidate.path) } ?? ""
        switch run.end {
        case .timedOut:
            throw RPCStatus(.deadlineExceeded, "\(candidate.path): the candidate hangs in \(stage): it was stopped after \(msMax) ms")
        case .signal(let signal):
            throw RPCStatus(.failedPrecondition, "\(candidate.path): the candidate crashed in \(stage) (\(String(cString: strsignal(signal))))")
        case .exit(0): break
        case .exit(let code):
            throw RPCStatus(
                .failedPrecondition, said.isEmpty ? "\(candidate.path): the candidate failed in \(stage) (exit code \(code))" : "\(said)")
        }
        guard let line = lines.last(where: { $0.hasPrefix("manifest ") }), let bytes = Self.bytes(hex: line.dropFirst(9)) else {
            throw RPCStatus(.internalError, "\(candidate.path): the probe gave no manifest")
        }
        do {
            return try bytes.withUnsafeBytes { try PluginManifest.checked($0) }
        } catch {
            throw error as? RPCStatus ?? RPCStatus(.internalError, "\(error)")
        }
    }

    private static func bytes(hex: Substring) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for at in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
