public import Wire

/// What a redaction replaces.
public struct RedactionOptions: Sendable, Equatable {
    /// Every word of every text; otherwise what looks personal: e-mail addresses, numbers of five digits or more, names after "my name is".
    public var everyWord = false
    public var keepsAudio = false
    /// Photos of products; what may show a face is always replaced.
    public var keepsPhotos = false

    public init(everyWord: Bool = false, keepsAudio: Bool = false, keepsPhotos: Bool = false) {
        self.everyWord = everyWord
        self.keepsAudio = keepsAudio
        self.keepsPhotos = keepsPhotos
    }
}

extension Recording {
    /// The same conversation without personal data, marked as such. Everything keeps its type, its order and its time: silence of the same length
    /// instead of speech, a grey picture of the same size instead of a photo, letters instead of letters.
    ///
    /// The same recording is always redacted to the same. The salt is a hash of the recording itself, which whoever has only the result does
    /// not know.
    /// - Throws: FAILED_PRECONDITION when something in it is sealed.
    public func redacted(_ options: RedactionOptions = RedactionOptions()) throws(RPCStatus) -> Recording {
        try requireOpen("redacted")
        var redaction = RecordingRedaction(options, salt: salt)
        var result = self
        result.header.redacted = true
        result.damages = []
        result.entries = entries.map { redaction.entry($0) }
        return result
    }

    /// 64 bytes that depend on everything that was said.
    private var salt: [UInt8] {
        var salt: [UInt8] = []
        for entry in entries {
            let said: [UInt8] =
                switch entry.what {
                case .frame(_, let frame, _, _): frame.encoded()
                case .outside(_, let bytes, _): bytes
                case .read(let read): read.encoded()
                case .marker, .sealed, .sealedRead: []
                }
            salt = Sodium.hash(said, key: salt, count: 64)
        }
        return salt.isEmpty ? [UInt8](repeating: 0, count: 64) : salt
    }
}

/// Redacts one entry after the other.
struct RecordingRedaction {
    private let options: RedactionOptions
    private let text: TextRedaction
    /// The replacement of the photo whose parts are under way.
    private var photo: (id: UInt64, rest: [UInt8])?
    /// A sound file is under way, whose replacement went out with its first piece.
    private var isInSoundFile = false

    init(_ options: RedactionOptions, salt: [UInt8]) {
        self.options = options
        text = TextRedaction(salt: salt, everyWord: options.everyWord)
    }

    mutating func entry(_ entry: RecordedEntry) -> RecordedEntry {
        switch entry.what {
        case .frame(let direction, var frame, let withheld, let bytes):
            switch entry.message {
            case .client(let message):
                let (changed, lacks) = client(message)
                return entry.with(changed, withheld: withheld == .nothing && lacks > 0 ? .redacted : withheld, bytes: max(bytes, lacks))
            case .server(let message):
                let (changed, lacks) = server(message)
                return entry.with(changed, withheld: withheld == .nothing && lacks > 0 ? .redacted : withheld, bytes: max(bytes, lacks))
            case .broken, nil:
                frame.kind = .data([])
                return RecordedEntry(timeUs: entry.timeUs, what: .frame(direction, frame, .redacted, withheldBytes: bytes))
            case .control(.status(var status)):
                status.message = text.text(status.message)
                status.details = []
                frame.kind = .status(status)
            case .control(.cancel(let cancel)): frame.kind = .cancel(Cancel(reason: text.text(cancel.reason)))
            case .control: break
            }
            return RecordedEntry(timeUs: entry.timeUs, what: .frame(direction, frame, withheld, withheldBytes: bytes))
        case .outside(let name, _, _): return RecordedEntry(timeUs: entry.timeUs, what: .outside(name, [], .redacted))
        case .read(var read):
            read.key = text.text(read.key)
            read.value = options.everyWord ? "" : text.text(read.value)
            // A hash of the original would tell it to whoever guesses it: a phone number has few values.
            read.sha256 = Sodium.sha256(Array(read.value.utf8))
            return RecordedEntry(timeUs: entry.timeUs, what: .read(read))
        case .marker: return RecordedEntry(timeUs: entry.timeUs, what: entry.what)
        case .sealed, .sealedRead: preconditionFailure("invariant: nothing is sealed here")
        }
    }

    private mutating func client(_ original: ClientMessage) -> (ClientMessage, UInt64) {
        var message = original
        switch original.kind {
        case .text(var input):
            input.text = text.text(input.text)
            message.kind = .text(input)
        case .audio(let chunk) where !options.keepsAudio:
            message.kind = .audio(silence(chunk))
            return (message, UInt64(chunk.samples.count))
        case .image(var part) where !(options.keepsPhotos && part.purpose == .query):
            let lacks = UInt64(part.data.count)
            part.data = replacement(part)
            message.kind = .image(part)
            return (message, lacks)
        case .video(var frame) where !(options.keepsPhotos && frame.purpose == .query):
            let lacks = UInt64(frame.data.count)
            if lacks > 0 { frame.data = PictureRedaction.grey(PictureRedaction.size(frame.data) ?? PictureRedaction.fallback) }
            message.kind = .video(frame)
            return (message, lacks)
        default: break
        }
        return (message, 0)
    }

    /// A photo in parts is replaced by a picture in as many parts.
    private mutating func replacement(_ part: ImagePart) -> [UInt8] {
        if part.data.isEmpty { return [] }
        if part.part == 0 || photo?.id != part.imageID {
            photo = (part.imageID, PictureRedaction.grey(PictureRedaction.size(part.data) ?? PictureRedaction.fallback))
        }
        guard var rest = photo?.rest else { return [] }
        // A few bytes for each part but the last, which takes what is left.
        let count = part.last ? rest.count : min(16, max(1, rest.count - 1))
        let piece = Array(rest.prefix(count))
        rest.removeFirst(min(count, rest.count))
        photo = part.last ? nil : (part.imageID, rest)
        return piece
    }

    private mutating func server(_ original: ServerMessage) -> (ServerMessage, UInt64) {
        var message = original
        switch original.kind {
        case .transcript(var transcript):
            transcript.text = text.text(transcript.text)
            for index in transcript.slots.indices { transcript.slots[index].value = text.text(transcript.slots[index].value) }
            message.kind = .transcript(transcript)
        case .reply(var reply):
            reply.text = text.text(reply.text)
            for index in reply.sources.indices {
                reply.sources[index].quote = text.text(reply.sources[index].quote)
                reply.sources[index].title = text.text(reply.sources[index].title)
                reply.sources[index].id = text.text(reply.sources[index].id)
            }
            message.kind = .reply(reply)
        case .spoken(var unit):
            unit.text = text.text(unit.text)
            message.kind = .spoken(unit)
        case .problem(var problem):
            problem.message = text.text(problem.message)
            message.kind = .problem(problem)
        case .recommendations(var found):
            for index in found.filters.indices { found.filters[index].value = text.text(found.filters[index].value) }
            for item in found.items.indices {
                for reason in found.items[item].reasons.indices {
                    found.items[item].reasons[reason].text = text.text(found.items[item].reasons[reason].text)
                }
            }
            message.kind = .recommendations(found)
        case .audio(let chunk) where !options.keepsAudio:
            message.kind = .audio(silence(chunk))
            return (message, UInt64(chunk.samples.count))
        case .tryOn(var tryOn) where !tryOn.preview.isEmpty:
            let lacks = UInt64(tryOn.preview.count)
            tryOn.preview = PictureRedaction.grey(PictureRedaction.size(tryOn.preview) ?? PictureRedaction.fallback)
            message.kind = .tryOn(tryOn)
            return (message, lacks)
        default: break
        }
        return (message, 0)
    }

    /// Something of the same encoding that says nothing.
    private mutating func silence(_ chunk: AudioChunk) -> AudioChunk {
        var silent = chunk
        switch chunk.encoding {
        // 20 ms of silence, as encoders write it.
        case .opus: silent.samples = chunk.samples.isEmpty ? [] : [0xf8, 0xff, 0xfe]
        case .file:
            silent.samples = isInSoundFile ? [] : RecordingRedaction.silentFile
            isInSoundFile = !chunk.last
        case .pcm16le, .f32le, .unspecified: silent.samples = [UInt8](repeating: 0, count: chunk.samples.count)
        }
        return silent
    }

    /// A WAV file: a tenth of a second at 16 kHz.
    private static let silentFile: [UInt8] =
        Array("RIFF".utf8) + [0xa4, 0x0c, 0, 0] + Array("WAVEfmt ".utf8) + [16, 0, 0, 0, 1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0]
        + Array("data".utf8) + [0x80, 0x0c, 0, 0] + [UInt8](repeating: 0, count: 3_200)
}
