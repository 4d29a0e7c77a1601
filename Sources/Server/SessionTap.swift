import Catalog
import EventLoop
import Recording
import Sessions
import Wire

/// Listens to one session for its recording: every frame of its streams, in both directions, as far as the customer agreed. Confined to the
/// session's loop; it copies and never waits.
final class SessionTap {
    private unowned let session: Session
    private let recorder: Recorder
    private var filter: ConsentFilter
    /// The deployment that the recording names last.
    private var deployment: UInt64

    init(_ session: Session, recorder: Recorder, consent: ConsentGiven, deployment: UInt64) {
        self.session = session
        self.recorder = recorder
        filter = ConsentFilter(consent)
        self.deployment = deployment
    }

    private var nowUs: UInt64 { session.timelineUs }

    // MARK: Frames in

    func opened(_ streamID: UInt64, _ method: MethodDescriptor, _ metadata: [MetadataEntry]) {
        let open = ConsentFilter.open(Open(method: method.path, metadata: metadata))
        record(.in) { FrameEncoder.open(streamID: streamID, open, into: &$0) }
    }

    func received(_ streamID: UInt64, _ payload: UnsafeRawBufferPointer) {
        guard !recorder.isStopped else { return }
        if let substitute = filter.substitute(forClient: payload) {
            record(.in, substitute) { FrameEncoder.data(streamID: streamID, payload: substitute.message, into: &$0) }
        } else {
            record(.in) { FrameEncoder.data(streamID: streamID, payload: payload, into: &$0) }
        }
    }

    /// After the session has taken a message: what the customer agrees to may have changed by it.
    func handled() {
        let consent = ConsentGiven(session.consent)
        guard consent != filter.consent else { return }
        filter.consent = consent
        recorder.consent(timeUs: nowUs, consent)
    }

    func halfClosed(_ streamID: UInt64) { record(.in) { FrameEncoder.halfClose(streamID: streamID, into: &$0) } }

    /// The client cancelled, or its connection is gone.
    func cancelled(_ streamID: UInt64) { record(.in) { FrameEncoder.cancel(streamID: streamID, into: &$0) } }

    // MARK: Frames out

    func sent(_ streamID: UInt64, _ payload: [UInt8]) { payload.withUnsafeBytes { sent(streamID, $0) } }

    func sent(_ streamID: UInt64, writing body: (inout [UInt8]) -> Void) {
        guard !recorder.isStopped else { return }
        // Audio alone comes this way; without consent its samples are not wanted.
        guard !filter.consent.audio else { return record(.out) { FrameEncoder.data(streamID: streamID, into: &$0, writing: body) } }
        var payload: [UInt8] = []
        body(&payload)
        sent(streamID, payload)
    }

    private func sent(_ streamID: UInt64, _ payload: UnsafeRawBufferPointer) {
        guard !recorder.isStopped else { return }
        if let substitute = filter.substitute(forServer: payload) {
            record(.out, substitute) { FrameEncoder.data(streamID: streamID, payload: substitute.message, into: &$0) }
        } else {
            record(.out) { FrameEncoder.data(streamID: streamID, payload: payload, into: &$0) }
        }
    }

    func granted(_ streamID: UInt64, _ grant: CreditLedger.Grant) {
        record(.out) { FrameEncoder.credit(streamID: streamID, lane: grant.lane, bytes: grant.bytes, into: &$0) }
    }

    func closed(_ streamID: UInt64, _ status: RPCStatus) { record(.out) { FrameEncoder.status(streamID: streamID, status, into: &$0) } }

    // MARK: What is no frame

    /// An agent of this session has read from a store, or has spoken with somebody outside.
    func note(_ noted: StoreReads.Noted) {
        switch noted {
        case .read(let store, let key, let value): recorder.read(timeUs: nowUs, store: store, key: key, value: value)
        case .outside(let name, let said): recorder.frame(timeUs: nowUs, .outside, outside: name) { $0.append(contentsOf: said.utf8) }
        }
    }

    /// Something else answers from now on.
    func deployed(_ number: UInt64, _ versions: () -> RecordedVersions) {
        guard number != deployment else { return }
        deployment = number
        recorder.deployment(timeUs: nowUs, versions())
    }

    func ended() { recorder.end(timeUs: nowUs, .closed) }

    private func record(_ direction: Direction, _ substitute: ConsentFilter.Substitute? = nil, writing: (inout [UInt8]) -> Void) {
        recorder.frame(
            timeUs: nowUs, direction, withheld: substitute?.withheld ?? .nothing, withheldBytes: substitute?.bytes ?? 0,
            prefixBytes: FrameDecoder.prefixBytes, writing: writing)
    }
}
