import CVitrinePlugin
import PluginKit
import Wire

/// The same as Tests/Plugins/sequencer.c, in Swift: answers audio chunk NUMBER with "NUMBER COUNT 1".
public final class Sequencer: VitrinePlugin {
    public static var manifest: PluginManifest {
        PluginManifest(name: "sequencer", version: "1.0.0", consumes: ["audio"], produces: [OutputPort(kind: "transcript")], stateful: true)
    }

    public init(host: HostServices) throws(PluginError) {}

    public func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler { SequencerStream(stream) }
}

final class SequencerStream: StateHandOver {
    private let stream: PluginStream
    private var count: UInt64 = 0

    init(_ stream: PluginStream) { self.stream = stream }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard case .audio(let audio) = try message.content, audio.samples.count >= 8 else {
            throw PluginError(.invalidArgument, "numbered audio only")
        }
        let number = audio.samples.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        count += 1
        try stream.emit(PluginOutput(kind: .transcript(Transcript(text: "\(number) \(count) 1"))))
    }

    func halfClosed() { stream.close() }

    func exportState() throws(PluginError) -> [UInt8] { withUnsafeBytes(of: count) { Array($0) } }

    func importState(_ bytes: UnsafeRawBufferPointer) throws(PluginError) {
        guard bytes.count == 8 else { throw PluginError(.invalidArgument, "not a count") }
        count = bytes.loadUnaligned(as: UInt64.self)
    }
}

@_cdecl("vitrine_plugin")
public func entryPoint(_ abi: UInt32) -> UnsafePointer<vt_plugin>? { PluginEntry.table(for: Sequencer.self, abi: abi) }
