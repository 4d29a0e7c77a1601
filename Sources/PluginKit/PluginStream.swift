import CVitrinePlugin
public import Wire

/// One turn or utterance of one conversation, as a plugin sees it. Confined to the loop.
///
/// Closed by the plugin (`close`, a throwing `receive`) or by the host (cancel); afterwards everything here fails with
/// FAILED_PRECONDITION, and the closures of operations still under way get CANCELLED.
public final class PluginStream {
    /// Fairness key, and seed of whatever is random on the stream.
    public let sessionKey: UInt64
    public let turnID: UInt64
    /// Raised by cancellation; the host drops emissions of an older epoch.
    public let epoch: UInt32
    /// On the host's clock, microseconds; 0 = none.
    public let deadlineUs: UInt64
    /// BCP 47, or "" when it is not known.
    public let language: String

    let token: vt_stream
    /// nil once the stream has closed.
    private(set) var instance: InstanceState?
    /// Operations that have not completed.
    var outstanding = 0

    init(token: vt_stream, open: vt_open, instance: InstanceState) {
        self.token = token
        self.instance = instance
        sessionKey = open.session_key
        turnID = open.turn_id
        epoch = open.epoch
        deadlineUs = open.deadline_us
        language = open.language.map { String(cString: $0) } ?? ""
    }

    public var isClosed: Bool { instance == nil }

    /// Gives one output to the session.
    /// - Throws: RESOURCE_EXHAUSTED when the stream's output queue is full, FAILED_PRECONDITION when the stream is
    ///   closed, INVALID_ARGUMENT when `output` has no kind.
    public func emit(_ output: PluginOutput) throws(PluginError) {
        let instance = try opened()
        guard let tag = output.kind.map(tag(of:)) else { throw PluginError(.invalidArgument, "an output needs a kind") }
        let buffer = try instance.calls.makeBuffer(output.encoded())
        let status = instance.calls.table.pointee.emit(instance.calls.instance, token, tag, buffer)
        guard status == StatusCode.ok.abi else { throw PluginError(refused: status, "an output") }
    }

    /// Ends the stream from the plugin's side. What was emitted before still arrives. A second call does nothing.
    public func close(_ status: RPCStatus = .ok) {
        guard let instance else { return }
        detach()
        instance.calls.table.pointee.close(instance.calls.instance, token, status.code.abi, status.message)
    }

    /// The next number of the stream's own generator, seeded by the session. 0 when the stream is closed.
    public func random() -> UInt64 {
        guard let instance else { return 0 }
        return instance.calls.table.pointee.random(instance.calls.instance, token)
    }

    func opened() throws(PluginError) -> InstanceState {
        guard let instance else { throw .streamClosed }
        return instance
    }

    /// The instance forgets the stream; operations under way are completed to their closures all the same.
    func detach() {
        instance?.forget(token)
        instance = nil
    }

    private func tag(of kind: PluginOutput.Kind) -> UInt32 {
        switch kind {
        case .transcript: PluginOutputKind.transcript
        case .speech: PluginOutputKind.speech
        case .embedding: PluginOutputKind.embedding
        case .labels: PluginOutputKind.labels
        case .pose: PluginOutputKind.pose
        case .problem: PluginOutputKind.problem
        case .features: PluginOutputKind.features
        case .audio: PluginOutputKind.audio
        }
    }
}
