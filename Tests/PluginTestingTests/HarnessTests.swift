import PluginKit
import PluginTesting
import Testing
import Wire

/// Repeats what it hears, later and in capitals.
private final class Parrot: VitrinePlugin {
    static let manifest = PluginManifest(
        name: "parrot", version: "1.0.0", consumes: ["text"], produces: [OutputPort(kind: "transcript")],
        models: [ModelRequirement(name: "sum", path: "sum.xml")], options: [Option(key: "prefix", defaultValue: "")], stateful: true)
    let host: HostServices

    init(host: HostServices) throws(PluginError) {
        if host.configuration("prefix") == "refuse" { throw PluginError(.failedPrecondition, "refusing as told") }
        self.host = host
    }

    func open(_ stream: PluginStream) throws(PluginError) -> any StreamHandler { ParrotStream(stream, host) }
}

private final class ParrotStream: StreamHandler, StateHandOver {
    let stream: PluginStream
    let host: HostServices
    var heard = 0

    init(_ stream: PluginStream, _ host: HostServices) {
        self.stream = stream
        self.host = host
    }

    func receive(_ message: InputMessage) throws(PluginError) {
        guard case .text(let input) = try message.content else { throw PluginError(.invalidArgument, "text only") }
        heard += 1
        switch input.text {
        case "later": stream.after(5_000_000) { [self] in say("now") }
        case "twice":
            stream.close()
            throw PluginError(.invalidArgument, "and again")
        case "sum":
            let tensor = try stream.tensor([2], [1, 2] as [Float])
            stream.infer(try host.model("sum"), inputs: [("in", tensor)], outputs: ["out"], priority: .final) { [self] result in
                say("\((try? result.get())?.first?.floats() ?? [])")
            }
        default:
            stream.compute {
                input.text.uppercased()
            } then: { [self] result in
                say((try? result.get()) ?? "failed")
            }
        }
    }

    func say(_ text: String) {
        do {
            try stream.emit(PluginOutput(kind: .transcript(Transcript(text: "\(heard) \(text)"))))
        } catch {
            host.log(.warning, "\(error)")
        }
    }

    func halfClosed() { stream.close() }
    func exportState() throws(PluginError) -> [UInt8] { [UInt8(heard)] }
    func importState(_ bytes: UnsafeRawBufferPointer) throws(PluginError) { heard = Int(bytes.first ?? 0) }
}

extension HarnessStream {
    fileprivate var texts: [String] { outputs.map { if case .transcript(let words)? = $0.kind { words.text } else { "?" } } }
}

@Suite("The test harness")
struct HarnessTests {
    @Test("The library stays until the instance in it is destroyed")
    func libraryIsKept() throws {
        final class Library {}
        var library: Library? = Library()
        weak let kept = library
        let table = try #require(PluginEntry.table(for: Parrot.self, abi: 1))
        var harness: PluginHarness? = try PluginHarness(table: table, of: library)
        library = nil
        #expect(kept != nil && harness?.finish() == [])
        harness = nil
        #expect(kept == nil)
    }

    @Test("runs jobs, timers and inferences when it is told, and everything is given back")
    func operations() throws {
        let harness = try PluginHarness(Parrot.self)
        harness.infer = { request in
            let sum = request.inputs[0].tensor.floats.reduce(0, +)
            return [HarnessTensor([1], [sum])].compactMap { $0 }
        }
        let stream = try harness.open()
        stream.send(text: "hello")
        #expect(stream.texts == [])
        harness.settle()
        #expect(stream.texts == ["1 HELLO"])
        stream.send(text: "later")
        stream.send(text: "sum")
        harness.settle()
        #expect(stream.texts == ["1 HELLO", "3 [3.0]"])
        harness.advance(byUs: 5_000_000)
        #expect(stream.texts.last == "3 now")
        stream.halfClose()
        #expect(stream.status == .ok)
        #expect(harness.finish() == [])
    }

    @Test("tells what a plugin says when it cannot start, and its options reach it")
    func refusal() throws {
        #expect(throws: PluginError(.failedPrecondition, "refusing as told")) { try PluginHarness(Parrot.self, options: ["prefix": "refuse"]) }
    }

    @Test("completes operations of a cancelled stream as cancelled, after which nothing is emitted")
    func cancelled() throws {
        let harness = try PluginHarness(Parrot.self)
        let stream = try harness.open()
        for text in ["hello", "later", "sum"] { stream.send(text: text) }
        stream.cancel()
        #expect(harness.outstanding == 3)
        harness.settle()
        #expect(harness.outstanding == 0 && stream.outputs.isEmpty && harness.violations == [])
    }

    @Test("hands a stream over with its state")
    func handOver() throws {
        let old = try PluginHarness(Parrot.self)
        let new = try PluginHarness(Parrot.self)
        let stream = try old.open()
        stream.send(text: "one")
        #expect(try stream.handOver(to: new) == nil, "not while something is under way")
        old.settle()
        let moved = try #require(try stream.handOver(to: new))
        moved.send(text: "two")
        new.settle()
        #expect(moved.texts == ["2 TWO"])
        #expect(old.finish() == [] && new.finish() == [])
    }

    @Test("a full queue and refused operations reach the plugin as errors")
    func limits() throws {
        let harness = try PluginHarness(Parrot.self)
        let stream = try harness.open()
        harness.refusal = .resourceExhausted
        stream.send(text: "hello")
        harness.outputItemsMax = 0
        #expect(stream.texts == ["1 failed"])
        stream.send(text: "hello")
        #expect(stream.texts == ["1 failed"] && harness.log.last?.contains("RESOURCE_EXHAUSTED") == true)
        stream.halfClose()
        #expect(harness.finish() == [])
    }
}
