import CVitrinePlugin
public import Wire

/// What a client said, as far as a plugin is concerned.
public enum InputContent: Sendable {
    case text(TextInput)
    case audio(AudioInput)
    case image(ImageInput)
    case video(ImageInput)
    case behaviour(BehaviourEvent)
    case control(Control)
}

/// A piece of one microphone's signal. Channels are interleaved.
public struct AudioInput: Sendable {
    public var encoding: AudioEncoding
    public var sampleRateHz: Int
    public var channels: Int
    /// The microphone was switched off after this piece.
    public var last: Bool
    public var samples: SharedBytes
}

/// A complete photo or camera picture, as the client sent it: JPEG, PNG or WebP.
public struct ImageInput: Sendable {
    public var purpose: ImagePurpose
    /// 0 for video.
    public var imageID: UInt64
    public var part: Int
    public var last: Bool
    public var data: SharedBytes
}

/// One message of a stream, with its routing fields. The payload is decoded on demand, once.
public final class InputMessage {
    /// Tag of `ClientMessage`'s oneof, see `ClientMessageKind`.
    public let kind: UInt32
    public let turnID: UInt64
    /// Raised when the same input is sent again, corrected.
    public let revision: UInt32
    /// Microseconds on the session's time line, clamped to arrival.
    public let captureTimeUs: UInt64
    /// On the host's clock, microseconds; 0 = none.
    public let deadlineUs: UInt64

    private let payload: BufferReference
    private var decoded: Result<InputContent, PluginError>?

    init(_ message: vt_message, payload: UnsafeMutablePointer<vt_buffer>) {
        kind = message.kind
        turnID = message.turn_id
        revision = message.revision
        captureTimeUs = message.capture_time_us
        deadlineUs = message.deadline_us
        self.payload = BufferReference(retaining: payload)
    }

    /// - Throws: INVALID_ARGUMENT when the payload is not a `ClientMessage` or is empty.
    public var content: InputContent {
        get throws(PluginError) {
            if let decoded { return try decoded.get() }
            let result: Result<InputContent, PluginError>
            do {
                result = .success(try InputDecoding.content(of: payload))
            } catch {
                result = .failure(error)
            }
            decoded = result
            return try result.get()
        }
    }
}
