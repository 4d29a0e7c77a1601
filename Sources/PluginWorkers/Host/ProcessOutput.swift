import EventLoop
import PluginHost
import Wire

/// What a worker writes to its standard output and error: lines for the log, bounded in length and number. Confined to the loop.
final class ProcessOutput {
    /// Called once, when the other end is closed.
    var onEnd: (() -> Void)?
    private(set) var isClosed = false
    /// The last line that was not empty, shortened: often why a program has ended.
    private(set) var lastLine = ""
    private let stream: ByteStream
    private let plugin: WorkerPlugin
    private var rate: RateWindow
    private var line: [UInt8] = []

    /// Longer lines are cut. Bytes.
    static let lineBytesMax = 2_048
    /// Of the last line in messages. Characters.
    static let lastLineCharactersMax = 300

    init(_ stream: ByteStream, _ plugin: WorkerPlugin) throws {
        self.stream = stream
        self.plugin = plugin
        rate = RateWindow(perSecondMax: plugin.limits.logLinesPerSecondMax)
        stream.onBytes = { [unowned self] in receive($0) }
        stream.onClose = { [self] _ in closed() }
        stream.startReading()
    }

    func close() { stream.close() }

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                endLine()
            } else if line.count < Self.lineBytesMax {
                line.append(byte)
            }
        }
    }

    private func endLine() {
        defer { line.removeAll(keepingCapacity: true) }
        // What does not print stays out of people's terminals.
        let text = String(decoding: line.filter { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }, as: UTF8.self)
        guard !text.isEmpty else { return }
        lastLine = String(text.prefix(Self.lastLineCharactersMax))
        let isAdmitted = rate.admit(nowUs: stream.loop.nowUs)
        let suppressed = rate.takeSuppressed()
        if suppressed > 0 { plugin.observer.log(plugin.name, .warning, "\(suppressed) lines of the worker's output were left out") }
        if isAdmitted { plugin.observer.log(plugin.name, .info, text) }
    }

    private func closed() {
        if !line.isEmpty { endLine() }
        isClosed = true
        onEnd?()
        onEnd = nil
    }
}
