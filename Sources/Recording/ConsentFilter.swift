public import Wire

/// What may be kept of a message, given what the customer agreed to. A value, pure.
///
/// Audio needs consent to audio; pictures that may show a face need consent to faces: every photo and camera picture that does not say it is of a
/// product (`QUERY`). What is withheld is replaced by the same message without its samples or its picture, so that order, numbers and times stay.
/// Credentials are never kept.
public struct ConsentFilter: Sendable, Equatable {
    public var consent: ConsentGiven

    public init(_ consent: ConsentGiven) { self.consent = consent }

    /// A message as it is recorded instead, with what it lacks.
    public struct Substitute: Equatable {
        public var message: [UInt8]
        public var withheld: Withheld
        /// Size of the samples or the picture.
        public var bytes: UInt64
    }

    /// Nil when the serialized ClientMessage may be kept as it is.
    public func substitute(forClient payload: UnsafeRawBufferPointer) -> Substitute? {
        guard let peek = try? MessagePeek(clientMessage: payload) else {
            // Nobody knows what it holds, and the session will refuse it as well.
            return consent.audio && consent.faces ? nil : Substitute(message: [], withheld: .audio, bytes: UInt64(payload.count))
        }
        let contents = peek.contents(in: payload)
        let kind: ClientMessage.Kind
        let lacks: (Withheld, Int)
        switch peek.kind {
        case ClientMessageKind.audio where !consent.audio:
            let chunk = try? AudioChunkView(contents)
            kind = .audio(ConsentFilter.silenced(chunk))
            lacks = (.audio, chunk?.samples.count ?? contents.count)
        case ClientMessageKind.image where !consent.faces:
            let part = try? ImagePartView(contents)
            if let part, part.purpose == .query { return nil }
            kind = .image(
                ImagePart(purpose: part?.purpose ?? .unspecified, imageID: part?.imageID ?? 0, part: part?.part ?? 0, last: part?.last ?? false))
            lacks = (.face, part?.data.count ?? contents.count)
        case ClientMessageKind.video where !consent.faces:
            let frame = try? VideoFrameView(contents)
            if let frame, frame.purpose == .query { return nil }
            kind = .video(VideoFrame(purpose: frame?.purpose ?? .unspecified))
            lacks = (.face, frame?.data.count ?? contents.count)
        default:
            return nil
        }
        let message = ClientMessage(
            sequence: peek.sequence, turnID: peek.turnID, revision: peek.revision, captureTimeUs: peek.captureTimeUs, endOfTurn: peek.endOfTurn,
            kind: kind)
        return Substitute(message: message.encoded(), withheld: lacks.0, bytes: UInt64(lacks.1))
    }

    /// Nil when the serialized ServerMessage may be kept as it is. Audio on its way back may be the customer's own; a preview shows their face.
    public func substitute(forServer payload: UnsafeRawBufferPointer) -> Substitute? {
        guard let peek = try? MessagePeek(serverMessage: payload) else { return nil }
        if peek.kind == ServerMessageKind.tryOn, !consent.faces { return withoutPreview(payload) }
        guard peek.kind == ServerMessageKind.audio, !consent.audio else { return nil }
        let chunk = try? AudioChunkView(peek.contents(in: payload))
        let message = ServerMessage(
            sequence: peek.sequence, turnID: peek.turnID, revision: peek.revision, timeUs: peek.captureTimeUs,
            kind: .audio(ConsentFilter.silenced(chunk)))
        return Substitute(message: message.encoded(), withheld: .audio, bytes: UInt64(chunk?.samples.count ?? peek.kindRange.count))
    }

    private func withoutPreview(_ payload: UnsafeRawBufferPointer) -> Substitute? {
        guard var message = try? ServerMessage(decoding: payload), case .tryOn(var tryOn) = message.kind, !tryOn.preview.isEmpty else { return nil }
        let bytes = UInt64(tryOn.preview.count)
        tryOn.preview = []
        message.kind = .tryOn(tryOn)
        return Substitute(message: message.encoded(), withheld: .face, bytes: bytes)
    }

    /// The Open without what must not be kept: of metadata that is not Vitrine's own, the keys alone.
    public static func open(_ open: Open) -> Open {
        var kept = open
        kept.metadata = open.metadata.map { $0.key.hasPrefix("vitrine-") ? $0 : MetadataEntry(key: $0.key) }
        return kept
    }

    private static func silenced(_ chunk: AudioChunkView?) -> AudioChunk {
        guard let chunk else { return AudioChunk() }
        return AudioChunk(encoding: chunk.encoding, sampleRateHz: chunk.sampleRateHz, channels: chunk.channels, samples: [], last: chunk.last)
    }
}

extension Consent {
    /// From the metadata "vitrine-consent": names separated by commas, "audio, faces, personalise"; nothing = none. Throws INVALID_ARGUMENT.
    public init(metadata: String?) throws(RPCStatus) {
        self.init()
        for name in (metadata ?? "").split(whereSeparator: { $0 == "," || $0 == " " }) {
            switch name {
            case "audio": recordAudio = true
            case "faces": recordFaces = true
            case "personalise": personalise = true
            default: throw RPCStatus(.invalidArgument, "'vitrine-consent' names '\(name.prefix(64))'; it may name audio, faces, personalise")
            }
        }
    }
}
